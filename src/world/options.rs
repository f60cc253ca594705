//! Settings as the options of single adapters.

use crate::config::{self, Settings};
use crate::host::http;
use crate::store::Layout;
use crate::toolchain::{Choice, Modules, Network, Options, Pin};

/// How servers are reached.
pub(super) fn http(settings: &Settings) -> http::Options {
    let build = &settings.build;
    let exposed = |secret: &Option<config::Secret>| secret.as_ref().map(|secret| secret.expose().to_owned());
    http::Options {
        ca_file: build.ca_file.clone(),
        http_proxy: exposed(&build.http_proxy),
        https_proxy: exposed(&build.https_proxy),
        no_proxy: build.no_proxy.clone(),
        user_agent: concat!("sentinel-updater/", env!("CARGO_PKG_VERSION")).to_owned(),
        limits: http::Limits::default(),
    }
}

/// How versions are built.
pub(super) fn build(settings: &Settings) -> Options {
    let build = &settings.build;
    let layout = Layout::new(&settings.paths.state);
    let exposed = |secret: &Option<config::Secret>| {
        secret.as_ref().map(|secret| secret.expose().to_owned()).unwrap_or_default()
    };
    let path = config::env::read("PATH").unwrap_or_default();
    Options {
        go: choice(build.go.as_ref()),
        cc: choice(build.cc.as_ref()),
        fetch_toolchain: build.toolchain == config::Toolchain::Auto,
        search: std::env::split_paths(&path).filter(|folder| folder.is_absolute()).collect(),
        path_extra: build.path_extra.clone(),
        cgo: build.cgo,
        tags: build.tags.clone(),
        jobs: build.jobs,
        memory_max: build.memory_max,
        timeout: build.timeout,
        user: build.user.clone(),
        keep_cache: build.keep_cache,
        modules: Modules {
            goproxy: exposed(&build.goproxy),
            gosumdb: build.gosumdb.clone().unwrap_or_default(),
            goprivate: build.goprivate.clone().unwrap_or_default(),
            gonoproxy: build.gonoproxy.clone().unwrap_or_default(),
            gonosumdb: build.gonosumdb.clone().unwrap_or_default(),
        },
        network: Network {
            http_proxy: exposed(&build.http_proxy),
            https_proxy: exposed(&build.https_proxy),
            no_proxy: build.no_proxy.clone().unwrap_or_default(),
            ca_file: build.ca_file.clone(),
            netrc: build.netrc.clone(),
        },
        cache: settings.paths.cache.join("go"),
        work: settings.paths.cache.join("work"),
        logs: layout.builds(),
        releases: settings.paths.cache.join("releases"),
        pin: build.toolchain_sum.as_deref().and_then(pin),
    }
}

fn pin(text: &str) -> Option<Pin> {
    let (release, sum) = text.split_once(' ')?;
    Some(Pin { release: release.to_owned(), sum: sum.to_owned() })
}

fn choice(path: Option<&std::path::PathBuf>) -> Choice {
    path.map_or(Choice::Auto, |path| Choice::Path(path.clone()))
}
