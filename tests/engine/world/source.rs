//! The module system.

use sentinel_updater::model::go_mod::{GoMod, path_of};
use sentinel_updater::model::{Class, Failure, Outcome, Version};
use sentinel_updater::ports::{Answer, Cancel, Info, ModuleSource};

use super::{MODULE, Port};

impl ModuleSource for Port {
    fn check(&mut self, module: &str, _: &Cancel) -> Outcome<Answer> {
        let mut host = self.0.lock();
        host.checks += 1;
        host.asked.push(module.to_owned());
        if host.source_down {
            return Err(Failure::new(Class::Network, "connection refused"));
        }
        let mut offered = host.offered();
        offered.retain(|offered| path_of(MODULE, &offered.version) == module);
        match offered.is_empty() && module != MODULE {
            true => Err(Failure::new(Class::Module, "no such module")),
            false => Ok(Answer { offered, changed: true }),
        }
    }

    fn info(&mut self, module: &str, version: &Version, _: &Cancel) -> Outcome<Info> {
        let host = self.0.lock();
        match host.release(version.as_str()).filter(|_| path_of(MODULE, version) == module) {
            Some(_) => Ok(Info { version: version.clone(), time: "2026-01-01T00:00:00Z".parse().ok() }),
            None => Err(Failure::new(Class::Module, format!("no version {version}"))),
        }
    }

    fn go_mod(&mut self, module: &str, _: &Version, _: &Cancel) -> Outcome<GoMod> {
        Ok(GoMod { module: module.to_owned(), is_real: true, ..GoMod::default() })
    }
}
