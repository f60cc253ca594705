//! One file from one place, and the walk over the places of a list.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::host::http::{Fault, Http, HttpError, Limits, Reply, Request, Take, Url, Validators, shown};
use crate::host::text;
use crate::model::{Class, Failure, Outcome};
use crate::ports::Cancel;

use super::escape;
use super::goproxy::{Place, Proxies};
use super::login::Login;

/// The longest words of a server that a message repeats, in characters.
const QUOTED: usize = 200;
/// The longest that a large file may take.
const LONG: Duration = Duration::from_secs(6 * 3600);
/// One read's worth of a file, in bytes.
const CHUNK: usize = 64 * 1024;

/// Why a place did not give the file.
#[derive(Debug)]
pub(super) enum Miss {
    /// It does not have it: the next place is asked.
    Absent(Failure),
    /// It may have it: the next place is asked only after `|`.
    Failed(Failure),
}

impl Miss {
    pub(super) fn into_failure(self) -> Failure {
        match self {
            Self::Absent(failure) | Self::Failed(failure) => failure,
        }
    }

    /// Judges what a whole question (or a direct lookup) came to.
    pub(super) fn of(failure: Failure) -> Self {
        if failure.class == Class::Module { Self::Absent(failure) } else { Self::Failed(failure) }
    }
}

/// What a place gave.
#[derive(Debug)]
pub(super) enum Found {
    /// The file.
    Body(Vec<u8>, Validators),
    /// The server says that it is the one seen before.
    Same,
}

/// A file in a proxy's tree.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// Its path below the proxy's base, escaped.
    pub(super) path: &'a str,
    /// The longest it may be, in bytes.
    pub(super) max_bytes: u64,
}

/// Asks the places in turn, by the rules of the list.
///
/// # Errors
/// The most telling one: what failed before what is absent; of the absent ones the first, which names
/// the others.
pub(super) fn walk<T>(
    proxies: &Proxies,
    mut ask: impl FnMut(usize, &Place) -> Result<T, Miss>,
) -> Outcome<T> {
    let mut worst: Option<Miss> = None;
    for (index, entry) in proxies.0.iter().enumerate() {
        let miss = match ask(index, &entry.place) {
            Ok(value) => return Ok(value),
            Err(miss) => miss,
        };
        let goes_on = match &miss {
            Miss::Absent(_) => true,
            Miss::Failed(failure) => failure.class != Class::Cancelled && entry.falls_back_on_error,
        };
        worst = Some(match (worst, miss) {
            (None, miss) | (Some(Miss::Absent(_)), miss @ Miss::Failed(_)) => miss,
            (Some(Miss::Absent(mut first)), Miss::Absent(next)) => {
                first.causes.push(next.what);
                Miss::Absent(first)
            }
            (Some(worst), _) => worst,
        });
        if !goes_on {
            break;
        }
    }
    let none = || Failure::new(Class::Config, "the list of module proxies has no entries");
    Err(worst.map_or_else(none, Miss::into_failure))
}

/// Gets a file from an HTTP proxy. `unless` makes the request conditional.
pub(super) fn over_http(
    http: &Arc<Http>,
    base: &Url,
    login: &Login,
    wanted: Wanted<'_>,
    unless: Option<&Validators>,
    cancel: &Cancel,
) -> Result<Found, Miss> {
    let url = address(base, wanted)?;
    let name = shown(&url);
    let unless = unless.cloned().unwrap_or_default();
    let asked_conditionally = !unless.is_empty();
    let limits = Limits { max_bytes: wanted.max_bytes, ..http.limits() };
    let request = Request { unless, auth: login.pair.clone(), limits, ..Request::get(url) };
    let reply =
        http.fetch(request, &|| cancel.requested()).map_err(|error| Miss::Failed(broken(&name, &error)))?;
    if reply.status == 304 && asked_conditionally {
        return Ok(Found::Same);
    }
    let reply = judge(&name, reply, base, login)?;
    Ok(Found::Body(reply.body, reply.validators))
}

/// How proxies are reached.
#[derive(Clone, Copy)]
pub(super) struct Access<'a> {
    pub(super) http: &'a Arc<Http>,
    /// Where credentials may be found that a proxy's address does not carry.
    pub(super) netrc: Option<&'a Path>,
}

/// The whole file at a place that has files.
pub(super) fn body(
    access: Access<'_>,
    place: &Place,
    wanted: Wanted<'_>,
    cancel: &Cancel,
) -> Result<Vec<u8>, Miss> {
    let found = match place {
        Place::Http { base, auth } => {
            let login = Login::of(base, auth.as_ref(), access.netrc).map_err(Miss::Failed)?;
            over_http(access.http, base, &login, wanted, None, cancel)?
        }
        Place::File(root) => from_disk(root, wanted)?,
        Place::Direct | Place::Off => return Err(Miss::Absent(no_files(place))),
    };
    match found {
        Found::Body(bytes, _) => Ok(bytes),
        // Only a conditional request is answered so.
        Found::Same => Ok(Vec::new()),
    }
}

/// Hands a large file over piece by piece, with the length of the whole where it is known.
pub(super) fn pieces(
    access: Access<'_>,
    place: &Place,
    wanted: Wanted<'_>,
    take: Take<'_>,
    cancel: &Cancel,
) -> Result<(), Miss> {
    let cancelled = || Failure::new(Class::Cancelled, "cancelled while downloading");
    match place {
        Place::Http { base, auth } => {
            let url = address(base, wanted)?;
            let name = shown(&url);
            // It may take as long as it likes while it moves; the caller watches the clock.
            let limits = Limits { max_bytes: wanted.max_bytes, total: LONG, ..access.http.limits() };
            let login = Login::of(base, auth.as_ref(), access.netrc).map_err(Miss::Failed)?;
            let request = Request { auth: login.pair.clone(), limits, ..Request::get(url) };
            let reply = access
                .http
                .fetch_into(request, take, &|| cancel.requested())
                .map_err(|error| Miss::Failed(broken(&name, &error)))?;
            judge(&name, reply, base, &login).map(drop)
        }
        Place::File(root) => {
            let path = root.join(wanted.path);
            let failed = |error: io::Error| match error.kind() {
                io::ErrorKind::NotFound => Miss::Absent(not_there(&path)),
                _ => Miss::Failed(Failure::io("read", &path, &error)),
            };
            let length = std::fs::metadata(&path).map_err(failed)?;
            if !length.is_file() || length.len() > wanted.max_bytes {
                return Err(Miss::Failed(no_such_file(&path, wanted.max_bytes)));
            }
            let mut file = File::open(&path).map_err(failed)?.take(wanted.max_bytes);
            let mut buffer = vec![0; CHUNK];
            loop {
                match file.read(&mut buffer).map_err(failed)? {
                    0 => return Ok(()),
                    _ if cancel.requested() => return Err(Miss::Failed(cancelled())),
                    count if take(&buffer[..count], Some(length.len())) => {}
                    _ => return Err(Miss::Failed(cancelled())),
                }
            }
        }
        Place::Direct | Place::Off => Err(Miss::Absent(no_files(place))),
    }
}

fn address(base: &Url, wanted: Wanted<'_>) -> Result<Url, Miss> {
    let address = format!("{}/{}", base.as_str().trim_end_matches('/'), escape::wire(wanted.path));
    Url::parse(&address).map_err(|error| {
        Miss::Failed(Failure::new(Class::Internal, format!("`{address}` is no URL")).because(&error))
    })
}

/// An answer with what was asked for, or why it is none.
fn judge(name: &str, reply: Reply, base: &Url, login: &Login) -> Result<Reply, Miss> {
    match reply.status {
        200 if is_web_page(&reply) => Err(Miss::Failed(web_page(name))),
        200 => Ok(reply),
        404 | 410 => Err(Miss::Absent(refused(name, &reply, Class::Module))),
        401 | 403 => Err(Miss::Failed(login.refused(base, refused(name, &reply, Class::Network)))),
        _ => Err(Miss::Failed(refused(name, &reply, Class::Network))),
    }
}

fn no_files(place: &Place) -> Failure {
    let what = match place {
        Place::Off => "looking for modules is switched off (GOPROXY=off)",
        _ => "only proxies are asked for it, and the list of proxies leads to `direct` first",
    };
    Failure::new(Class::Config, what).hint("set build.goproxy to a proxy's URL")
}

/// Gets a file from a proxy's tree on a file system.
pub(super) fn from_disk(root: &Path, wanted: Wanted<'_>) -> Result<Found, Miss> {
    let path = root.join(wanted.path);
    match read(&path, wanted.max_bytes) {
        Ok(Some(bytes)) => Ok(Found::Body(bytes, Validators::default())),
        Ok(None) => Err(Miss::Failed(no_such_file(&path, wanted.max_bytes))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(Miss::Absent(not_there(&path))),
        Err(error) => Err(Miss::Failed(Failure::io("read", &path, &error))),
    }
}

fn no_such_file(path: &Path, max_bytes: u64) -> Failure {
    let what = format!("`{}` is no file, or longer than {max_bytes} bytes", path.display());
    Failure::new(Class::Disk, what).hint("repair the proxy's tree")
}

fn not_there(path: &Path) -> Failure {
    Failure::new(Class::Module, format!("`{}` does not exist", path.display())).hint(ABSENT)
}

const ABSENT: &str = "check agent.module, and that a proxy of build.goproxy knows it";

/// The whole file; `None` when it is no regular file or too long. Anything else could block for ever.
fn read(path: &Path, max_bytes: u64) -> io::Result<Option<Vec<u8>>> {
    let metadata = std::fs::metadata(path)?;
    if !metadata.is_file() || metadata.len() > max_bytes {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(max_bytes + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= max_bytes).then_some(bytes))
}

/// Login pages of networks answer everything with 200.
fn is_web_page(reply: &Reply) -> bool {
    let start = reply.body.iter().position(|b| !b.is_ascii_whitespace()).map(|at| &reply.body[at..]);
    reply.content_type.as_deref() == Some("text/html") || start.is_some_and(|start| start.starts_with(b"<"))
}

fn web_page(name: &str) -> Failure {
    Failure::new(Class::Network, format!("`{name}` answered with a web page"))
        .cause("this is what the login page of a network does, or a server that is no module proxy")
        .hint("log in to the network, or correct build.goproxy")
}

/// A failure without a complete answer.
fn broken(name: &str, error: &HttpError) -> Failure {
    let failure = error.failure(format!("cannot get `{name}`"));
    let hint = match error.fault {
        Fault::Setup => "correct http_proxy, https_proxy or ca_file in [build]",
        Fault::Connect | Fault::Timeout(_) | Fault::Truncated(_) => {
            "check the network, build.goproxy and build.https_proxy; it is tried again"
        }
        Fault::Tls => "if the certificate comes from an authority of your own, set build.ca_file to its root",
        Fault::Redirect | Fault::TooLarge(_) | Fault::Other => {
            "check that build.goproxy names a module proxy"
        }
        Fault::Cancelled => return failure,
    };
    failure.hint(hint)
}

/// A failure by status.
fn refused(name: &str, reply: &Reply, class: Class) -> Failure {
    let mut failure = Failure::new(class, format!("`{name}` answered {}", status(reply.status)));
    failure.retry_after = reply.retry_after;
    // Other types are pages for browsers.
    if reply.content_type.as_deref() == Some("text/plain") {
        let said: String = text::clean_line(&reply.body).trim().chars().take(QUOTED).collect();
        if !said.is_empty() {
            failure = failure.cause(format!("the server says: {said}"));
        }
    }
    failure.hint(match reply.status {
        404 | 410 => ABSENT,
        407 => "put a user and a password into build.http_proxy or build.https_proxy",
        429 | 500.. => "the proxy is overloaded or broken; it is tried again",
        _ => "check that build.goproxy names a module proxy",
    })
}

fn status(code: u16) -> String {
    let reason = match code {
        304 => " Not Modified, which was not asked for",
        400 => " Bad Request",
        401 => " Unauthorized",
        403 => " Forbidden",
        404 => " Not Found",
        407 => " Proxy Authentication Required",
        410 => " Gone",
        429 => " Too Many Requests",
        500 => " Internal Server Error",
        502 => " Bad Gateway",
        503 => " Service Unavailable",
        504 => " Gateway Timeout",
        _ => "",
    };
    format!("{code}{reason}")
}
