//! The module system as the settings describe it.

use std::sync::Arc;

use crate::config::Settings;
use crate::host::http::Http;
use crate::model::go_mod::GoMod;
use crate::model::{Class, Outcome, Version};
use crate::ports::{Answer, Cancel, Info, ModuleSource};
use crate::source::{Proxies, ProxySource};
use crate::toolchain::GoToolchain;

/// A source over the configured proxies; where none are, over those of the go command, which is looked
/// for when it is first needed: a service without Go still runs, and says what is missing.
pub(super) fn open(settings: &Settings, http: Arc<Http>) -> Outcome<Box<dyn ModuleSource>> {
    match &settings.build.goproxy {
        Some(list) => Ok(Box::new(ProxySource::new(http, Proxies::parse(list.expose())?, None))),
        None => {
            Ok(Box::new(GoDefault { builder: super::builder(settings, http.clone())?, http, source: None }))
        }
    }
}

/// The proxies that the go command uses by itself.
struct GoDefault {
    http: Arc<Http>,
    builder: GoToolchain,
    source: Option<ProxySource>,
}

impl GoDefault {
    fn source(&mut self) -> Outcome<&mut ProxySource> {
        let source = match self.source.take() {
            Some(source) => source,
            None => {
                let proxies = match self.builder.default_proxy() {
                    Ok(list) => Proxies::parse(&list)?,
                    // One will be fetched, from where this asks, too.
                    Err(failure) if failure.class == Class::Toolchain => Proxies::go_default()?,
                    Err(failure) => return Err(failure),
                };
                ProxySource::new(self.http.clone(), proxies, None)
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
