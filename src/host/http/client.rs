//! The client: roots, proxies, redirects.

use std::path::Path;
use std::sync::Once;
use std::time::Duration;

use reqwest::redirect::{Attempt, Policy};
use reqwest::{Certificate, Client, ClientBuilder, NoProxy, Proxy};

use super::{Fault, HttpError, Options};

const MAX_REDIRECTS: usize = 10;
/// Idle connections beyond this age are closed: a check every minute finds its connection alive.
const KEEP_ALIVE: Duration = Duration::from_secs(90);
/// Always reached directly: no proxy can know what our own loopback is.
const LOOPBACK: &str = "localhost,127.0.0.0/8,::1";

/// A client that does what `options` say and nothing that the environment says.
pub(super) fn build(options: &Options) -> Result<Client, HttpError> {
    install_crypto();
    let extra = options.ca_file.as_deref().map(read_roots).transpose()?;
    let has_extra = extra.is_some();
    let with_system_roots = base(options)?.tls_certs_merge(extra.unwrap_or_default()).build();
    match with_system_roots {
        Ok(client) => Ok(client),
        Err(error) if has_extra => Err(HttpError::new(Fault::Setup).because_of(error)),
        // A small container has no roots at all. Plain HTTP needs none, and HTTPS then says what is missing.
        Err(_) => base(options)?
            .tls_backend_preconfigured(trust_nobody())
            .build()
            .map_err(|error| HttpError::new(Fault::Setup).because_of(error)),
    }
}

fn base(options: &Options) -> Result<ClientBuilder, HttpError> {
    let mut builder = Client::builder()
        .user_agent(options.user_agent.clone())
        .referer(false)
        .redirect(Policy::custom(redirect))
        .connect_timeout(options.limits.connect)
        .pool_max_idle_per_host(1)
        .pool_idle_timeout(KEEP_ALIVE)
        // Also switches the proxies of the environment off.
        .no_proxy();
    let direct = match &options.no_proxy {
        Some(list) => NoProxy::from_string(&format!("{LOOPBACK},{list}")),
        None => NoProxy::from_string(LOOPBACK),
    };
    // The addresses may hold a password and so stay out of the message.
    let wrong =
        |which: &str| HttpError::new(Fault::Setup).because(&format!("{which} is no address of a proxy"));
    if let Some(proxy) = &options.http_proxy {
        builder =
            builder.proxy(Proxy::http(proxy).map_err(|_| wrong("http_proxy"))?.no_proxy(direct.clone()));
    }
    if let Some(proxy) = &options.https_proxy {
        builder = builder.proxy(Proxy::https(proxy).map_err(|_| wrong("https_proxy"))?.no_proxy(direct));
    }
    Ok(builder)
}

/// Without a process-wide provider the client's constructor panics.
fn install_crypto() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error says that somebody else was first, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

fn trust_nobody() -> rustls::ClientConfig {
    rustls::ClientConfig::builder()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth()
}

fn read_roots(path: &Path) -> Result<Vec<Certificate>, HttpError> {
    let wrong =
        |why: String| HttpError::new(Fault::Setup).because(&format!("ca_file `{}`: {why}", path.display()));
    let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
    let roots = Certificate::from_pem_bundle(&pem).map_err(|error| wrong(error.to_string()))?;
    if roots.is_empty() { Err(wrong("it holds no certificate".into())) } else { Ok(roots) }
}

/// Follows redirects that end, and never out of TLS.
fn redirect(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let previous = attempt.previous();
    let why = if previous.len() > MAX_REDIRECTS {
        Some("more than 10 redirects")
    } else if previous.contains(attempt.url()) {
        Some("the redirects go in a circle")
    } else if previous.last().is_some_and(|last| last.scheme() == "https")
        && attempt.url().scheme() != "https"
    {
        Some("a redirect leads from https to http")
    } else {
        None
    };
    match why {
        Some(why) => attempt.error(why),
        None => attempt.follow(),
    }
}
