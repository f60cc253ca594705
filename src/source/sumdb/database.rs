//! Asking the database, and believing only what it proves.

use std::path::PathBuf;

use crate::host::http::Url;
use crate::host::text;
use crate::model::{Class, Failure, Outcome, Version};
use crate::ports::Cancel;

use super::super::escape;
use super::super::fetch::{self, Access, Miss, Wanted};
use super::super::goproxy::{Place, Proxies};
use super::heads;
use super::note::Key;
use super::record::Answer;
use super::tiles::{Broken, Log, Tile};
use super::tree::{self, Head};

/// The go command's own database: its name and key are part of the protocol.
pub(super) const GO_KEY: &str = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
/// The same database under an address that more countries reach.
const GO_MIRROR: &str = "sum.golang.google.cn";
/// The longest answer to a lookup: a record of two lines and a signed head.
const MAX_ANSWER: u64 = 64 * 1024;

/// A checksum database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    key: Key,
    /// Where it is; the host of its name unless the setting says otherwise.
    url: Url,
    /// The setting named the place: proxies are not asked for it.
    is_fixed: bool,
    /// Where the newest head is remembered.
    heads: PathBuf,
}

/// A hash that a database proved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vouched {
    /// The content hash, `h1:…`.
    pub sum: String,
    /// The database's name.
    pub by: String,
}

impl Database {
    /// Reads the go command's GOSUMDB; the empty text is its default. `None`: `off`. The newest head is
    /// remembered in the folder `heads`, which is made when it is needed.
    ///
    /// # Errors
    /// `Config` saying what is wrong.
    pub fn parse(setting: &str, heads: impl Into<PathBuf>) -> Outcome<Option<Self>> {
        let wrong = |why: &str| {
            Failure::new(Class::Config, format!("`{setting}` names no checksum database: {why}"))
                .hint("set build.gosumdb to NAME+KEY, to NAME+KEY URL, or leave it empty")
        };
        let mut words = setting.split_whitespace();
        let (first, second) = (words.next().unwrap_or_default(), words.next());
        let go_name = GO_KEY.split('+').next().unwrap_or_default();
        let (key, url) = match first {
            "off" => return Ok(None),
            "" => (GO_KEY, None),
            GO_MIRROR => (GO_KEY, second.or(Some(GO_MIRROR))),
            name if name == go_name => (GO_KEY, second),
            key => (key, second),
        };
        let key = Key::parse(key).map_err(wrong)?;
        let address = url.unwrap_or(key.name());
        let address = if address.contains("://") { address.to_owned() } else { format!("https://{address}") };
        let parsed = Url::parse(&address).map_err(|_| wrong("its address is no URL"))?;
        if !matches!(parsed.scheme(), "https" | "http") {
            return Err(wrong("its address is neither https nor http"));
        }
        Ok(Some(Self { key, url: parsed, is_fixed: url.is_some(), heads: heads.into() }))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.key.name()
    }

    /// The content hash of `version` of `module`, proven.
    ///
    /// # Errors
    /// `Security` when anything does not fit, or the database knows no such version; `Network`.
    pub(in crate::source) fn sum(
        &self,
        (access, proxies): (Access<'_>, &Proxies),
        module: &str,
        version: &Version,
        cancel: &Cancel,
    ) -> Outcome<Vouched> {
        let place = self.place(access, proxies, cancel).map_err(|failure| self.unreachable(failure))?;
        let get = |path: &str, max_bytes| fetch::body(access, &place, Wanted { path, max_bytes }, cancel);
        let path = format!("lookup/{}@{}", escape::module(module)?, escape::version(version));
        let bytes = get(&path, MAX_ANSWER).map_err(|miss| match miss {
            Miss::Absent(failure) => self.lie(format!("it does not know {module} {version}"), failure.causes),
            Miss::Failed(failure) => self.unreachable(failure),
        })?;
        let text = String::from_utf8(bytes).map_err(|_| self.lie("its answer is no text", vec![]))?;
        let answer = Answer::parse(&text).ok_or_else(|| self.lie("its answer is malformed", vec![]))?;
        let newest = self.head(answer.note)?;

        let read = |tile: Tile| match (get(&tile.path(), tile.bytes()), tile.grown()) {
            // A cache may have forgotten the part when the tile became full.
            (Err(Miss::Absent(_)), Some(full)) => get(&full.path(), full.bytes())
                .map(|bytes| bytes.into_iter().take(usize::try_from(tile.bytes()).unwrap_or(0)).collect()),
            (other, _) => other,
        };
        self.prove(&answer, newest, read)?;
        let sum = answer.sum(module, version.as_str());
        let sum =
            sum.ok_or_else(|| self.lie(format!("its record is not that of {module} {version}"), vec![]))?;
        Ok(Vouched { sum: sum.to_owned(), by: self.name().to_owned() })
    }

    /// Checks the answer's record and the heads against one another, and remembers the newer head.
    fn prove(
        &self,
        answer: &Answer<'_>,
        shown: Head,
        read: impl FnMut(Tile) -> Result<Vec<u8>, Miss>,
    ) -> Outcome<()> {
        let known = heads::load(&self.heads, &self.key)?;
        let (newer, older) = match known {
            Some(known) if known.size >= shown.size => (known, Some(shown)),
            known => (shown, known),
        };
        let broken = |broken: Broken<Miss>| match broken {
            Broken::Unread(Miss::Absent(failure) | Miss::Failed(failure)) => self.unreachable(failure),
            Broken::Forged(tile) => {
                self.lie(format!("`{}` does not fit its signed head", tile.path()), vec![])
            }
        };
        let mut log = Log::open(newer, read).map_err(broken)?;
        if let Some(older) = older
            && log.root_at(older.size).map_err(broken)? != Some(older.root)
        {
            let what = format!(
                "it signed two histories: one of {} records, and one of {} that does not begin with it",
                older.size, newer.size
            );
            return Err(self.lie(what, vec![]));
        }
        let hash = log.record(answer.number).map_err(broken)?;
        if hash != Some(tree::leaf(answer.record.as_bytes())) {
            return Err(self.lie(format!("its log has another record {}", answer.number), vec![]));
        }
        if known != Some(newer) {
            heads::save(&self.heads, &self.key, answer.note)?;
        }
        Ok(())
    }

    fn head(&self, note: &str) -> Outcome<Head> {
        let text = self.key.open(note).map_err(|why| self.lie(format!("a signed head: {why}"), vec![]))?;
        Head::parse(text).ok_or_else(|| self.lie("what it signed is no head of a log", vec![]))
    }

    /// Where it is reached, by the go command's rules: the first proxy that serves it, and only that one;
    /// itself if no proxy does or the list leads to `direct` first.
    fn place(&self, access: Access<'_>, proxies: &Proxies, cancel: &Cancel) -> Outcome<Place> {
        let direct = || Place::Http { base: self.url.clone(), auth: None };
        if self.is_fixed {
            return Ok(direct());
        }
        let below = format!("sumdb/{}", self.name());
        let supported = format!("{below}/supported");
        let mut absent = false;
        let found = fetch::walk(proxies, |_, place| match place {
            Place::Direct | Place::Off => Ok(direct()),
            _ => {
                let wanted = Wanted { path: &supported, max_bytes: MAX_ANSWER };
                let asked = fetch::body(access, place, wanted, cancel);
                absent = matches!(asked, Err(Miss::Absent(_)));
                asked.map(|_| place.below(&below))
            }
        });
        match found {
            Err(_) if absent => Ok(direct()),
            found => found,
        }
    }

    fn lie(&self, why: impl Into<String>, causes: Vec<String>) -> Failure {
        let what = format!("the checksum database {} is not to be believed", self.name());
        let mut failure = Failure::new(Class::Security, what).cause(text::clean(&why.into()));
        failure.causes.extend(causes);
        failure.hint("do not trust the proxies of build.goproxy before that is understood")
    }

    fn unreachable(&self, failure: Failure) -> Failure {
        if failure.class == Class::Cancelled {
            return failure;
        }
        let mut failure = failure.context(format!("cannot ask the checksum database {}", self.name()));
        failure.class = Class::Network;
        failure.hint("let this host reach it, or a proxy of build.goproxy that passes it on")
    }
}

#[cfg(test)]
#[path = "database_tests.rs"]
mod tests;
