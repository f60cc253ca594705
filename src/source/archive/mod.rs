//! A module's archive: found on a proxy, compared with a hash, and only then taken apart.
//!
//! ```text
//!  proxies ─► the file ─► rules: names, lengths ─► dirhash: is it the content that was promised?
//!                                                        └─► file by file to the caller
//! ```

mod dirhash;
mod rules;

use std::fs::File;
use std::io::{BufReader, Read, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::sync::Arc;

use zip::ZipArchive;

use crate::host::http::Http;
use crate::host::text;
use crate::model::{Class, Failure, Outcome, Version};
use crate::ports::Cancel;

use super::escape;
use super::fetch::{self, Access, Miss, Wanted};
use super::goproxy::Proxies;
use super::list::Listing;
use super::sumdb::{Database, Vouched};

pub use dirhash::is_h1;

/// The longest list of versions, in bytes. Modules with a version for each platform have thousands.
const MAX_LIST: u64 = 8 << 20;

/// What is done with an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It is downloaded.
    Download,
    /// Its content is compared with its hash.
    Check,
    /// It is taken apart.
    Unpack,
}

/// Told how many bytes of how many are done; a total of 0 is not known.
pub type OnBytes<'a> = &'a mut dyn FnMut(Stage, u64, u64);
/// Given each file: its path below the archive's prefix, and its content.
pub type OnFile<'a> = &'a mut dyn FnMut(&str, &mut dyn Read) -> Outcome<()>;

/// The archives of modules on a list of proxies.
pub struct Archives {
    http: Arc<Http>,
    proxies: Proxies,
    database: Option<Database>,
    netrc: Option<PathBuf>,
}

impl Archives {
    /// Archives from `proxies`. Without a database nobody is asked for their hashes.
    pub fn new(http: Arc<Http>, proxies: Proxies, database: Option<Database>) -> Self {
        Self { http, proxies, database, netrc: None }
    }

    /// With credentials for the proxies from this netrc file.
    #[must_use]
    pub fn with_netrc(self, netrc: Option<PathBuf>) -> Self {
        Self { netrc, ..self }
    }

    fn access(&self) -> Access<'_> {
        Access { http: &self.http, netrc: self.netrc.as_deref() }
    }

    /// Where they come from, for people.
    pub fn origin(&self) -> String {
        self.proxies.to_string()
    }

    /// The tagged versions of a module, ascending.
    ///
    /// # Errors
    /// `Module` when no proxy knows it, `Network`.
    pub fn versions(&self, module: &str, cancel: &Cancel) -> Outcome<Vec<Version>> {
        let path = format!("{}/@v/list", escape::module(module)?);
        let wanted = Wanted { path: &path, max_bytes: MAX_LIST };
        let bytes = fetch::walk(&self.proxies, |_, place| fetch::body(self.access(), place, wanted, cancel))
            .map_err(|failure| failure.context(format!("cannot learn the versions of {module}")))?;
        Ok(Listing::parse(module, &bytes).versions)
    }

    /// The content hash of a version, proven by the checksum database. `None`: there is none to ask.
    ///
    /// # Errors
    /// As [`Database`]'s: `Security`, `Network`.
    pub fn sum(&self, module: &str, version: &Version, cancel: &Cancel) -> Outcome<Option<Vouched>> {
        let ask = |database: &Database| database.sum((self.access(), &self.proxies), module, version, cancel);
        self.database.as_ref().map(ask).transpose()
    }

    /// Downloads the archive of a version into `scratch`, an empty file, and hands its files over if its
    /// content has the hash `sum`: all of it is checked before the first is given.
    ///
    /// # Errors
    /// `Security` when the content is another one or the archive breaks the rules, `Network`, `Module`,
    /// `Disk`, `Cancelled`, and those of `on_file`.
    pub fn fetch(
        &self,
        (module, version, sum): (&str, &Version, &str),
        scratch: &mut File,
        on_bytes: OnBytes<'_>,
        on_file: OnFile<'_>,
        cancel: &Cancel,
    ) -> Outcome<()> {
        let path = format!("{}/@v/{}.zip", escape::module(module)?, escape::version(version));
        let context = |failure: Failure| match failure.class {
            Class::Cancelled => failure,
            _ => failure.context(format!("cannot download {module} {version}")),
        };
        let wanted = Wanted { path: &path, max_bytes: rules::MOST_BYTES };
        fetch::walk(&self.proxies, |_, place| {
            empty(scratch).map_err(|error| Miss::Failed(unwritable(&error)))?;
            let (mut done, mut trouble) = (0, None);
            let mut take = |piece: &[u8], total: Option<u64>| {
                done += piece.len() as u64;
                on_bytes(Stage::Download, done, total.unwrap_or(0));
                trouble = scratch.write_all(piece).err();
                trouble.is_none()
            };
            let got = fetch::pieces(self.access(), place, wanted, &mut take, cancel);
            match trouble {
                Some(error) => Err(Miss::Failed(unwritable(&error))),
                None => got,
            }
        })
        .map_err(context)?;

        let wrong = |why: String| lie(module, version).cause(text::clean(&why));
        let mut zip = ZipArchive::new(BufReader::new(&*scratch)).map_err(|error| wrong(error.to_string()))?;
        let members = rules::members(&mut zip, &format!("{module}@{version}/")).map_err(wrong)?;
        let total = members.iter().map(|member| member.size).sum();
        let mut seen = |done| {
            on_bytes(Stage::Check, done, total);
            !cancel.requested()
        };
        let found =
            dirhash::h1(&mut zip, &members, &mut seen).map_err(|why| why.map_or_else(cancelled, wrong))?;
        if found != sum {
            return Err(
                wrong(format!("its content has the hash {found}")).cause(format!("expected is {sum}"))
            );
        }

        let mut done = 0;
        for member in members.iter().filter(|member| !member.is_directory()) {
            if cancel.requested() {
                return Err(cancelled());
            }
            let file = zip.by_index(member.index).map_err(|error| wrong(error.to_string()))?;
            let (_, below) = member.name.split_at(module.len() + version.as_str().len() + 2);
            on_file(below, &mut file.take(member.size))?;
            done += member.size;
            on_bytes(Stage::Unpack, done, total);
        }
        Ok(())
    }
}

fn empty(file: &mut File) -> std::io::Result<()> {
    file.set_len(0)?;
    file.seek(SeekFrom::Start(0)).map(drop)
}

fn unwritable(error: &std::io::Error) -> Failure {
    let failure = Failure::new(Class::Disk, "cannot write the downloaded archive").because(error);
    failure.hint("free some space on that file system, or set paths.cache to a larger one")
}

fn cancelled() -> Failure {
    Failure::new(Class::Cancelled, "cancelled while unpacking")
}

fn lie(module: &str, version: &Version) -> Failure {
    Failure::new(Class::Security, format!("the archive of {module} {version} is not what it should be"))
        .hint("do not trust the proxies of build.goproxy before that is understood")
}
