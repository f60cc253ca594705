//! A real HTTP server on loopback that plays whatever a test wants: also what no proper server does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// A request as it came over the wire.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// The path as it was sent, percent codes and all.
    pub(crate) path: String,
    /// The headers, names in small letters.
    pub(crate) headers: Vec<(String, String)>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// What the server does with a request.
pub(crate) enum Play {
    /// Answers properly and keeps the connection.
    Answer(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Announces a body of this length, sends these bytes and closes.
    BreakOff(usize, Vec<u8>),
    /// The same, but keeps the connection open and sends nothing more.
    StallInBody(usize, Vec<u8>),
    /// Announces a body of this length and sends a byte of it each time so much time has passed.
    #[allow(dead_code, reason = "this file is part of several test programs")]
    Drip(usize, std::time::Duration),
    /// Sends these bytes again and again, without an end and without saying how many.
    #[allow(dead_code, reason = "this file is part of several test programs")]
    Flood(Vec<u8>),
    /// Never answers.
    Stall,
    /// Closes the connection without a word.
    Close,
}

/// An answer of plain text.
pub(crate) fn text(status: u16, body: &str) -> Play {
    Play::Answer(status, vec![("Content-Type", "text/plain; charset=utf-8".into())], body.into())
}

type Script = dyn Fn(&Asked) -> Play + Send + Sync;

/// The server; it ends with this value.
pub(crate) struct TestServer {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    ending: Arc<AtomicBool>,
}

impl TestServer {
    pub(crate) fn start(script: impl Fn(&Asked) -> Play + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("address");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let ending = Arc::new(AtomicBool::new(false));
        let (script, log, end): (Arc<Script>, _, _) = (Arc::new(script), asked.clone(), ending.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if end.load(Ordering::SeqCst) {
                    break;
                }
                let (Ok(stream), script, log) = (stream, script.clone(), log.clone()) else { continue };
                std::thread::spawn(move || serve(stream, &*script, &log));
            }
        });
        Self { address, asked, ending }
    }

    /// The address as `http://127.0.0.1:PORT`.
    pub(crate) fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What was asked so far; forgets it.
    pub(crate) fn take_asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().expect("log"))
    }

    /// The paths asked for so far; forgets them.
    #[allow(dead_code, reason = "this file is part of several test programs")]
    pub(crate) fn take_paths(&self) -> Vec<String> {
        self.take_asked().into_iter().map(|asked| asked.path).collect()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(stream: TcpStream, script: &Script, log: &Mutex<Vec<Asked>>) {
    let _ = stream.set_nodelay(true);
    let mut reader = BufReader::new(stream);
    while let Some(asked) = read(&mut reader) {
        log.lock().expect("log").push(asked.clone());
        if !play(script(&asked), &mut reader) {
            return;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|&length| length > 0)?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|&length| length > 0)?;
        match line.split_once(':') {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.trim().to_owned())),
            None => return Some(Asked { path, headers }),
        }
    }
}

/// True when the connection stays.
fn play(play: Play, reader: &mut BufReader<TcpStream>) -> bool {
    match play {
        Play::Answer(status, headers, body) => {
            let mut bytes = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\n", body.len()).into_bytes();
            for (name, value) in headers {
                bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
            }
            bytes.extend_from_slice(b"\r\n");
            bytes.extend_from_slice(&body);
            reader.get_mut().write_all(&bytes).is_ok()
        }
        Play::BreakOff(length, body) => {
            begin(reader, length, &body);
            false
        }
        Play::StallInBody(length, body) => {
            begin(reader, length, &body);
            wait_for_close(reader)
        }
        Play::Drip(length, pause) => {
            begin(reader, length, b"");
            // The pause is what is played, not a wait for something.
            while reader.get_mut().write_all(b"v").is_ok() {
                std::thread::sleep(pause);
            }
            false
        }
        Play::Flood(bytes) => {
            let _ = reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
            while reader.get_mut().write_all(&bytes).is_ok() {}
            false
        }
        Play::Stall => wait_for_close(reader),
        Play::Close => false,
    }
}

fn begin(reader: &mut BufReader<TcpStream>, length: usize, body: &[u8]) {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
    let _ = reader.get_mut().write_all(&[head.as_bytes(), body].concat());
}

fn wait_for_close(reader: &mut BufReader<TcpStream>) -> bool {
    let _ = reader.read_to_end(&mut Vec::new());
    false
}

/// A gzip stream of zeros, compressed by the library that the archive code uses.
#[allow(dead_code, reason = "this file is part of several test programs")]
pub(crate) fn gzip_of_zeros(length: usize) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    archive.start_file("x", zip::write::SimpleFileOptions::default()).expect("an archive");
    archive.write_all(&vec![0; length]).expect("an archive");
    let mut bytes = archive.finish().expect("an archive").into_inner();
    // Local header: 30 bytes, then name and extra field; the sizes stand in the central directory.
    let central = bytes.windows(4).rposition(|four| four == b"PK\x01\x02").expect("an archive");
    let number = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("an archive"));
    let (crc, packed) = (number(central + 16), number(central + 20) as usize);
    let start = 30 + usize::from(bytes[26]) + usize::from(bytes[28]);
    let deflated: Vec<u8> = bytes.drain(start..start + packed).collect();
    let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    gzip.extend_from_slice(&deflated);
    gzip.extend_from_slice(&crc.to_le_bytes());
    gzip.extend_from_slice(&(length as u32).to_le_bytes());
    gzip
}
