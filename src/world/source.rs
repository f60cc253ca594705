//! The module system as the settings describe it.

use std::sync::Arc;

use crate::config::Settings;
use crate::host::http::Http;
use crate::model::go_mod::GoMod;
use crate::model::{Class, Outcome, Version};
use crate::ports::{Answer, Cancel, Info, ModuleSource};
use crate::source::{DirectLookup, Private, Proxies, ProxySource};
use crate::toolchain::{GoToolchain, ModuleQuestions};

/// A source over the configured proxies; where none are, over those of the go command, which is looked
/// for when it is first needed: a service without Go still runs, and says what is missing.
pub(super) fn open(settings: &Settings, http: Arc<Http>) -> Outcome<Box<dyn ModuleSource>> {
    match &settings.build.goproxy {
        Some(list) => Ok(Box::new(over(settings, http, Proxies::parse(list.expose())?)?)),
        None => {
            let builder = super::builder(settings, http.clone())?;
            Ok(Box::new(GoDefault { http, settings: settings.clone(), builder, source: None }))
        }
    }
}

fn over(settings: &Settings, http: Arc<Http>, proxies: Proxies) -> Outcome<ProxySource> {
    let build = &settings.build;
    let private = match (&build.goprivate, &build.gonoproxy) {
        (None, None) => None,
        (goprivate, gonoproxy) => Some(Private {
            goprivate: goprivate.clone().unwrap_or_default(),
            gonoproxy: gonoproxy.clone().unwrap_or_default(),
            lookup: Box::new(Repositories(ModuleQuestions::new(
                super::options::build(settings),
                super::group_runner()?,
            ))),
        }),
    };
    Ok(ProxySource::new(http, proxies, private).with_netrc(build.netrc.clone()))
}

/// The repositories of private modules, asked by the go command.
struct Repositories(ModuleQuestions);

impl DirectLookup for Repositories {
    fn versions(&mut self, module: &str, cancel: &Cancel) -> Outcome<Vec<Version>> {
        self.0.versions(module, cancel)
    }

    fn latest(&mut self, module: &str, cancel: &Cancel) -> Outcome<Version> {
        self.0.latest(module, cancel)
    }

    fn info(&mut self, module: &str, version: &Version, cancel: &Cancel) -> Outcome<Info> {
        self.0.info(module, version, cancel)
    }

    fn go_mod(&mut self, module: &str, version: &Version, cancel: &Cancel) -> Outcome<String> {
        self.0.go_mod(module, version, cancel)
    }
}

/// The proxies that the host's go uses by itself; where there is none that will do, those that every go does.
///
/// # Errors
/// `Security` when the only go found could have been planted.
pub(super) fn default_list(builder: &mut GoToolchain) -> Outcome<String> {
    match builder.default_proxy() {
        // One will be fetched, from where this asks, too.
        Err(failure) if failure.class == Class::Toolchain => {
            Proxies::go_default().map(|list| list.to_string())
        }
        list => list,
    }
}

/// The proxies that the go command uses by itself.
struct GoDefault {
    http: Arc<Http>,
    settings: Settings,
    builder: GoToolchain,
    source: Option<ProxySource>,
}

impl GoDefault {
    fn source(&mut self) -> Outcome<&mut ProxySource> {
        let source = match self.source.take() {
            Some(source) => source,
            None => {
                let proxies = Proxies::parse(&default_list(&mut self.builder)?)?;
                over(&self.settings, self.http.clone(), proxies)?
            }
        };
        Ok(self.source.insert(source))
    }
}

impl ModuleSource for GoDefault {
    fn check(&mut self, module: &str, cancel: &Cancel) -> Outcome<Answer> {
        self.source()?.check(module, cancel)
    }

    fn info(&mut self, module: &str, version: &Version, cancel: &Cancel) -> Outcome<Info> {
        self.source()?.info(module, version, cancel)
    }

    fn go_mod(&mut self, module: &str, version: &Version, cancel: &Cancel) -> Outcome<GoMod> {
        self.source()?.go_mod(module, version, cancel)
    }
}
