//! A module proxy, and repositories, behind TLS: with a certificate authority of its own, a user and a
//! password, and a forward proxy in front that leads every name here.
//!
//! The server serves files. A bare repository after `git update-server-info` is one of them.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::{Result, child};

/// The name for which the certificate stands, besides 127.0.0.1.
pub const HOST: &str = "git.corp.test";
/// Who may read.
pub const USER: &str = "reader";
/// The password.
pub const PASSWORD: &str = "hidden-from-all-3141";
/// `USER:PASSWORD` as it goes over the wire.
const BASIC: &str = "Basic cmVhZGVyOmhpZGRlbi1mcm9tLWFsbC0zMTQx";

/// Certificates of an authority that nobody knows.
pub struct Authority {
    dir: PathBuf,
}

impl Authority {
    /// Makes an authority and a server's certificate in `dir`, with the `openssl` command.
    pub fn new(dir: &Path) -> Result<Self> {
        let openssl = |args: &[&str]| -> Result<()> {
            let mut command = Command::new("openssl");
            command.current_dir(dir).args(["req", "-x509", "-newkey", "ec", "-nodes", "-days", "30"]);
            command.args(["-pkeyopt", "ec_paramgen_curve:prime256v1"]).args(args);
            child::run(command, Duration::from_secs(60))?.check().map(drop)
        };
        openssl(&["-subj", "/CN=corp root", "-keyout", "ca.key", "-out", "ca.pem"])?;
        let names = format!("subjectAltName=DNS:{HOST},IP:127.0.0.1");
        openssl(&[
            "-subj",
            "/CN=corp server",
            "-keyout",
            "server.key",
            "-out",
            "server.pem",
            "-CA",
            "ca.pem",
            "-CAkey",
            "ca.key",
            "-addext",
            &names,
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ])?;
        Ok(Self { dir: dir.to_owned() })
    }

    /// The root certificate.
    pub fn root(&self) -> PathBuf {
        self.dir.join("ca.pem")
    }

    fn server(&self) -> Result<Arc<ServerConfig>> {
        let told = |error: &dyn std::fmt::Display| format!("cannot serve TLS: {error}");
        let chain = vec![CertificateDer::from_pem_file(self.dir.join("server.pem")).map_err(|e| told(&e))?];
        let key = PrivateKeyDer::from_pem_file(self.dir.join("server.key")).map_err(|e| told(&e))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|e| told(&e))?;
        Ok(Arc::new(config))
    }
}

/// A server of the files below a directory; it lives as long as the test program.
pub struct TlsServer {
    port: u16,
    forward: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl TlsServer {
    /// Serves `root` to those who know the password.
    pub fn start(authority: &Authority, root: &Path) -> Result<Self> {
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let (config, files, log) = (authority.server()?, root.to_owned(), seen.clone());
        let port = listen(move |stream| {
            let Ok(connection) = ServerConnection::new(config.clone()) else { return };
            let mut stream = BufReader::new(StreamOwned::new(connection, stream));
            while let Some(head) = head(&mut stream) {
                let (line, answer) = answer(&files, &head);
                log.lock().expect("log").push(line);
                if stream.get_mut().write_all(&answer).and_then(|()| stream.get_mut().flush()).is_err() {
                    return;
                }
            }
            stream.get_mut().conn.send_close_notify();
            let _ = stream.get_mut().flush();
        })?;
        let forward = listen(move |stream| tunnel(stream, port))?;
        Ok(Self { port, forward, seen })
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// A forward proxy that leads every name here.
    pub fn forward_proxy(&self) -> String {
        format!("http://127.0.0.1:{}", self.forward)
    }

    /// `STATUS PATH` of each request so far.
    pub fn take_seen(&self) -> Vec<String> {
        std::mem::take(&mut self.seen.lock().expect("log"))
    }
}

/// Handles each connection to a new port in a thread of its own.
pub fn listen(handle: impl Fn(TcpStream) + Send + Sync + 'static) -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let port = listener.local_addr().map_err(|error| error.to_string())?.port();
    let handle = Arc::new(handle);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let handle = handle.clone();
            std::thread::spawn(move || handle(stream));
        }
    });
    Ok(port)
}

/// The lines of a request's head; `None` at the end.
pub fn head(stream: &mut impl BufRead) -> Option<Vec<String>> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        // A client that does not trust us ends here.
        stream.read_line(&mut line).ok().filter(|&length| length > 0)?;
        match line.trim_end() {
            "" => return Some(lines),
            line => lines.push(line.to_owned()),
        }
    }
}

fn answer(root: &Path, head: &[String]) -> (String, Vec<u8>) {
    let path = head.first().and_then(|line| line.split(' ').nth(1)).unwrap_or("/");
    let name = path.split('?').next().unwrap_or_default().replace("%21", "!");
    let knows = head.iter().any(|line| {
        line.split_once(": ")
            .is_some_and(|(name, value)| name.eq_ignore_ascii_case("authorization") && value == BASIC)
    });
    let has_tried = head.iter().any(|line| line.to_ascii_lowercase().starts_with("authorization:"));
    let file = (!name.contains("..")).then(|| root.join(name.trim_start_matches('/')));
    let (status, body) = match (knows, file.and_then(|file| fs::read(file).ok())) {
        (false, _) if has_tried => ("403 Forbidden", b"no".to_vec()),
        (false, _) => ("401 Unauthorized", b"who are you".to_vec()),
        (true, Some(body)) => ("200 OK", body),
        (true, None) if path.contains("go-get=1") => ("200 OK", go_import(&name).into_bytes()),
        (true, None) => ("404 Not Found", b"not here".to_vec()),
    };
    let mut all = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nContent-Type: {}\r\nWWW-Authenticate: Basic realm=\"corp\"\r\n\r\n",
        body.len(),
        if path.contains("go-get=1") { "text/html" } else { "text/plain" },
    )
    .into_bytes();
    all.extend(body);
    (format!("{} {path}", &status[..3]), all)
}

/// Where the repository of a module is, as git servers tell go.
fn go_import(path: &str) -> String {
    let words: Vec<&str> = path.trim_matches('/').split('/').take(2).collect();
    let module = format!("{HOST}/{}", words.join("/"));
    format!(
        "<html><head><meta name=\"go-import\" content=\"{module} git https://{module}.git\"></head></html>"
    )
}

/// A forward proxy's CONNECT, always to the same port.
fn tunnel(stream: TcpStream, port: u16) {
    let mut reader = BufReader::new(stream);
    if head(&mut reader).is_none() {
        return;
    }
    let mut client = reader.into_inner();
    let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)) else { return };
    let _ = client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n");
    let (Ok(mut up), Ok(mut down)) = (client.try_clone(), server.try_clone()) else { return };
    std::thread::spawn(move || {
        let _ = copy(&mut up, &mut server);
    });
    let _ = copy(&mut down, &mut client);
}

fn copy(from: &mut TcpStream, to: &mut TcpStream) -> std::io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    loop {
        match from.read(&mut buffer)? {
            0 => return to.shutdown(std::net::Shutdown::Write),
            length => to.write_all(&buffer[..length])?,
        }
    }
}
