//! The module source: the engine's three questions, answered from the places of a proxy list.

use std::path::PathBuf;
use std::sync::Arc;

use crate::host::http::{Http, Validators};
use crate::host::text;
use crate::model::go_mod::GoMod;
use crate::model::{Class, Failure, Outcome, Version};
use crate::ports::{Answer, Cancel, Info, ModuleSource, Offered};

use super::fetch::{self, Found, Miss, Wanted};
use super::goproxy::{Place, Proxies};
use super::list::Listing;
use super::login::Login;
use super::memory::{Cache, Seen};
use super::private::Private;
use super::question::{Listed, Question, garbled, needs_direct, nothing, unasked, unsure};
use super::{escape, info, latest};

/// The longest files that are read. A list of 1 MiB holds 100,000 versions; real go.mod files are
/// far from their limit, and a `.info` is one small object.
const MAX_LIST: u64 = 1 << 20;
const MAX_INFO: u64 = 64 << 10;
const MAX_MOD: u64 = 1 << 20;
/// For how many modules answers are remembered: the agent's, and its next major versions.
const MAX_MODULES: usize = 12;

/// A [`ModuleSource`] over a proxy list.
pub struct ProxySource {
    http: Arc<Http>,
    proxies: Arc<Proxies>,
    repository: Arc<Proxies>,
    private: Option<Private>,
    netrc: Option<PathBuf>,
    known: Vec<Known>,
    infos: Cache<Info>,
    mods: Cache<GoMod>,
}

/// What is remembered of one module.
struct Known {
    module: String,
    /// By place of the proxy list.
    lists: Vec<Option<Seen<Arc<Listing>>>>,
    latest: Vec<Option<Seen<Version>>>,
    answer: Option<Last>,
    /// Why a repository without a tag has nothing on offer: asking for its newest commit fetches it.
    nothing: Option<Failure>,
}

/// The last answer, and what it came from.
struct Last {
    offered: Vec<Offered>,
    place: usize,
    /// It needed more than the list: an unchanged list alone does not make it stand.
    asked_latest: bool,
}

impl ProxySource {
    /// A source over `proxies`. Only modules that are `private` come from their own repository, and then
    /// from nowhere else; the word `direct` in the list alone makes nobody ask a repository.
    pub fn new(http: Arc<Http>, proxies: Proxies, private: Option<Private>) -> Self {
        Self {
            http,
            proxies: Arc::new(proxies),
            repository: Arc::new(Proxies::repository()),
            private,
            netrc: None,
            known: Vec::new(),
            infos: Cache::default(),
            mods: Cache::default(),
        }
    }

    /// Takes user names and passwords for https proxies from this file.
    #[must_use]
    pub fn with_netrc(self, netrc: Option<PathBuf>) -> Self {
        Self { netrc, ..self }
    }

    /// Where a module is looked for.
    fn places(&self, ask: &Question<'_>) -> Outcome<Arc<Proxies>> {
        Ok(match &self.private {
            Some(private) if private.is_direct(ask.module)? => self.repository.clone(),
            _ => self.proxies.clone(),
        })
    }

    /// Everything about a module from one place, as the go command does: the list decides where.
    fn ask_place(
        &mut self,
        at: usize,
        place: &Place,
        slot: usize,
        ask: &Question<'_>,
    ) -> Result<Answer, Miss> {
        let (listing, is_same) = self.listing(at, place, slot, ask)?;
        if let Some(last) = &self.known[slot].answer
            && is_same
            && last.place == at
            && !last.asked_latest
        {
            return Ok(Answer { offered: last.offered.clone(), changed: false });
        }
        if !is_same {
            self.known[slot].nothing = None;
        }
        if let Some(nothing) = &self.known[slot].nothing {
            return Err(Miss::Absent(nothing.clone()));
        }
        let versions = listing.versions.as_slice();
        let counted = latest::counted(versions, |_| true, |version| self.is_real(version, ask))?;
        let mut asked_latest = None;
        let speaker = match latest::highest(counted) {
            Some(version) => version.clone(),
            None => self
                .latest(at, place, slot, &listing, ask)?
                .inspect(|v| asked_latest = Some(v.clone()))
                .ok_or_else(|| nothing(ask))?,
        };
        let rules = self.rules(&speaker, ask, Listed::Yes).map_err(|failure| {
            let what =
                format!("cannot tell which versions of {} were retracted: {speaker} says so", ask.module);
            Miss::Failed(failure.context(what))
        })?;
        let allowed = |version: &Version| rules.retracted(version).is_none();
        let counted = latest::counted(versions, allowed, |version| self.is_real(version, ask))?;
        let mut offered = latest::offered(counted, &rules);
        let mut needs_latest = asked_latest.is_some();
        if !needs_latest && offered.iter().all(|offer| offer.retracted.is_some()) {
            needs_latest = true;
            asked_latest = self.latest(at, place, slot, &listing, ask)?;
        }
        if let Some(version) = asked_latest
            && !offered.iter().any(|offer| offer.version == version)
        {
            offered.extend(latest::offered(&[version], &rules));
            offered.sort_by(|a, b| a.version.cmp(&b.version));
        }
        let known = &mut self.known[slot];
        let changed = known.answer.as_ref().is_none_or(|last| last.offered != offered);
        known.answer = Some(Last { offered: offered.clone(), place: at, asked_latest: needs_latest });
        Ok(Answer { offered, changed })
    }

    /// The list, and whether it is the one seen before.
    fn listing(
        &mut self,
        at: usize,
        place: &Place,
        slot: usize,
        ask: &Question<'_>,
    ) -> Result<(Arc<Listing>, bool), Miss> {
        if matches!(place, Place::Direct) {
            let versions = self.direct(ask)?.versions(ask.module, ask.cancel).map_err(Miss::of)?;
            let text: String = versions.iter().map(|version| format!("{version}\n")).collect();
            return Ok(
                self.remember(at, slot, text.as_bytes(), Validators::default(), |_| Listing::of(versions))
            );
        }
        let seen = self.known[slot].lists[at].as_ref();
        let path = format!("{}/@v/list", ask.path);
        let found = self.get(
            place,
            Wanted { path: &path, max_bytes: MAX_LIST },
            seen.map(|seen| &seen.validators),
            ask,
        )?;
        match (found, seen) {
            (Found::Same, Some(seen)) => Ok((seen.value.clone(), true)),
            (Found::Body(bytes, validators), _) => {
                Ok(self.remember(at, slot, &bytes, validators, |bytes| Listing::parse(ask.module, bytes)))
            }
            (Found::Same, None) => Err(unasked(place)),
        }
    }

    /// A list as it was just read, and whether it is the one seen before.
    fn remember(
        &mut self,
        at: usize,
        slot: usize,
        bytes: &[u8],
        validators: Validators,
        listing: impl FnOnce(&[u8]) -> Listing,
    ) -> (Arc<Listing>, bool) {
        let seen = &mut self.known[slot].lists[at];
        if let Some(seen) = seen.as_ref().filter(|seen| seen.is(bytes)) {
            return (seen.value.clone(), true);
        }
        let listing = Arc::new(listing(bytes));
        *seen = Some(Seen::new(bytes, validators, listing.clone()));
        (listing, false)
    }

    /// What a place's `@latest` says; without one, the newest commit of its list.
    fn latest(
        &mut self,
        at: usize,
        place: &Place,
        slot: usize,
        listing: &Listing,
        ask: &Question<'_>,
    ) -> Result<Option<Version>, Miss> {
        if matches!(place, Place::Direct) {
            let answer = self.direct(ask)?.latest(ask.module, ask.cancel).map(Some).map_err(Miss::of);
            if let Err(Miss::Absent(nothing)) = &answer
                && listing.versions.is_empty()
            {
                self.known[slot].nothing = Some(nothing.clone());
            }
            return answer;
        }
        let seen = self.known[slot].latest[at].as_ref();
        let path = format!("{}/@latest", ask.path);
        let found = self.get(
            place,
            Wanted { path: &path, max_bytes: MAX_INFO },
            seen.map(|seen| &seen.validators),
            ask,
        );
        match (found, seen) {
            (Err(Miss::Absent(_)), _) => Ok(listing.newest_commit.clone()),
            (Err(miss), _) => Err(miss),
            (Ok(Found::Same), Some(seen)) => Ok(Some(seen.value.clone())),
            (Ok(Found::Body(bytes, validators)), _) => {
                let version = info::parse(&bytes).map_err(|why| garbled(place, &path, &why))?.version;
                self.known[slot].latest[at] = Some(Seen::new(&bytes, validators, version.clone()));
                Ok(Some(version))
            }
            (Ok(Found::Same), None) => Err(unasked(place)),
        }
    }

    /// Whether a version has a go.mod that its authors wrote.
    fn is_real(&mut self, version: &Version, ask: &Question<'_>) -> Result<bool, Miss> {
        Ok(self.rules(version, ask, Listed::Yes).map_err(Miss::Failed)?.is_real)
    }

    /// A version's go.mod, from wherever it is.
    fn rules(&mut self, version: &Version, ask: &Question<'_>, listed: Listed) -> Outcome<GoMod> {
        if let Some(rules) = self.mods.get(ask.module, version) {
            return Ok(rules);
        }
        let path = format!("{}/@v/{}.mod", ask.path, escape::version(version));
        let proxies = self.places(ask)?;
        let text = fetch::walk(&proxies, |_, place| match place {
            Place::Direct => self.direct(ask)?.go_mod(ask.module, version, ask.cancel).map_err(Miss::of),
            _ => {
                let bytes = self.body(place, Wanted { path: &path, max_bytes: MAX_MOD }, ask)?;
                String::from_utf8(bytes).map_err(|error| garbled(place, &path, &error.to_string()))
            }
        })
        .map_err(|failure| if listed == Listed::Yes { unsure(failure) } else { failure })?;
        let mut rules = GoMod::parse(&text).map_err(|failure| {
            failure.context(format!("cannot read the go.mod of {}@{version}", ask.module))
        })?;
        for retraction in &mut rules.retractions {
            retraction.rationale = text::clean(&retraction.rationale);
        }
        self.mods.put(ask.module, version, rules.clone());
        Ok(rules)
    }

    /// A version's metadata; it must be that of the version asked for.
    fn metadata(&mut self, version: &Version, ask: &Question<'_>) -> Outcome<Info> {
        if let Some(info) = self.infos.get(ask.module, version) {
            return Ok(info);
        }
        let path = format!("{}/@v/{}.info", ask.path, escape::version(version));
        let proxies = self.places(ask)?;
        let info = fetch::walk(&proxies, |_, place| {
            let info = match place {
                Place::Direct => self.direct(ask)?.info(ask.module, version, ask.cancel).map_err(Miss::of)?,
                _ => {
                    let bytes = self.body(place, Wanted { path: &path, max_bytes: MAX_INFO }, ask)?;
                    info::parse(&bytes).map_err(|why| garbled(place, &path, &why))?
                }
            };
            if info.version != *version {
                let what = format!(
                    "`{place}` was asked for {}@{version} and answered with {}",
                    ask.module, info.version
                );
                let hint = "do not trust this proxy before that is understood";
                return Err(Miss::Failed(Failure::new(Class::Security, what).hint(hint)));
            }
            Ok(info)
        })?;
        self.infos.put(ask.module, version, info.clone());
        Ok(info)
    }

    /// A file that was not seen before.
    fn body(&self, place: &Place, wanted: Wanted<'_>, ask: &Question<'_>) -> Result<Vec<u8>, Miss> {
        match self.get(place, wanted, None, ask)? {
            Found::Body(bytes, _) => Ok(bytes),
            Found::Same => Err(unasked(place)),
        }
    }

    fn get(
        &self,
        place: &Place,
        wanted: Wanted<'_>,
        unless: Option<&Validators>,
        ask: &Question<'_>,
    ) -> Result<Found, Miss> {
        match place {
            Place::Http { base, auth } => {
                let login = Login::of(base, auth.as_ref(), self.netrc.as_deref()).map_err(Miss::Failed)?;
                fetch::over_http(&self.http, base, &login, wanted, unless, ask.cancel)
            }
            Place::File(root) => fetch::from_disk(root, wanted),
            Place::Direct => Err(Miss::Absent(needs_direct(ask))),
            Place::Off => Err(Miss::Absent(
                Failure::new(Class::Config, "looking for modules is switched off (GOPROXY=off)")
                    .hint("set build.goproxy to a proxy's URL"),
            )),
        }
    }

    /// Who asks the module's repository: nobody, unless it is private.
    fn direct(&mut self, ask: &Question<'_>) -> Result<&mut Box<dyn super::DirectLookup>, Miss> {
        let allowed = self.private.as_mut().filter(|private| private.is_direct(ask.module) == Ok(true));
        allowed.map(|private| &mut private.lookup).ok_or_else(|| Miss::Absent(needs_direct(ask)))
    }

    /// Where the module's memory is.
    fn slot(&mut self, module: &str) -> usize {
        if let Some(slot) = self.known.iter().position(|known| known.module == module) {
            return slot;
        }
        if self.known.len() == MAX_MODULES {
            self.known.remove(0);
        }
        let places = self.proxies.0.len();
        self.known.push(Known {
            module: module.to_owned(),
            lists: (0..places).map(|_| None).collect(),
            latest: (0..places).map(|_| None).collect(),
            answer: None,
            nothing: None,
        });
        self.known.len() - 1
    }
}

impl ModuleSource for ProxySource {
    fn check(&mut self, module: &str, cancel: &Cancel) -> Outcome<Answer> {
        let ask = Question::new(module, cancel)?;
        let slot = self.slot(module);
        self.places(&ask)
            .and_then(|places| fetch::walk(&places, |at, place| self.ask_place(at, place, slot, &ask)))
            .map_err(|failure| failure.context(format!("cannot learn the versions of {module}")))
    }

    fn info(&mut self, module: &str, version: &Version, cancel: &Cancel) -> Outcome<Info> {
        let ask = Question::new(module, cancel)?;
        self.metadata(version, &ask)
            .map_err(|failure| failure.context(format!("cannot learn about {module}@{version}")))
    }

    fn go_mod(&mut self, module: &str, version: &Version, cancel: &Cancel) -> Outcome<GoMod> {
        let ask = Question::new(module, cancel)?;
        self.rules(version, &ask, Listed::Unknown)
            .map_err(|failure| failure.context(format!("cannot get the go.mod of {module}@{version}")))
    }
}
