//! Releases of Go from the module system: what `toolchain` asks for, answered by `source`.

use std::io::Read;
use std::sync::Arc;

use crate::config::Settings;
use crate::host::http::Http;
use crate::model::patterns::matches_any;
use crate::model::{Outcome, Version};
use crate::ports::Cancel;
use crate::source::{Archives, Database, Proxies, Stage};
use crate::store::Layout;
use crate::toolchain::{Order, Releases};

/// The module that releases of Go are versions of.
const MODULE: &str = "golang.org/toolchain";

/// Releases over the configured proxies; where none are, over the go command's own.
///
/// # Errors
/// `Config` for a proxy list or a checksum database that cannot be used.
pub(super) fn open(settings: &Settings, http: Arc<Http>) -> Outcome<Box<dyn Releases>> {
    let build = &settings.build;
    let proxies = match &build.goproxy {
        Some(list) => Proxies::parse(list.expose())?,
        None => Proxies::go_default()?,
    };
    let unchecked = build.gonosumdb.as_deref().or(build.goprivate.as_deref()).unwrap_or_default();
    let database = if matches_any(unchecked, MODULE) {
        None
    } else {
        let heads = Layout::new(&settings.paths.state).heads();
        Database::parse(build.gosumdb.as_deref().unwrap_or_default(), heads)?
    };
    Ok(Box::new(Fetched(Archives::new(http, proxies, database).with_netrc(build.netrc.clone()))))
}

struct Fetched(Archives);

impl Releases for Fetched {
    fn origin(&self) -> String {
        self.0.origin()
    }

    fn versions(&mut self, module: &str, cancel: &Cancel) -> Outcome<Vec<Version>> {
        self.0.versions(module, cancel)
    }

    fn sum(&mut self, module: &str, version: &Version, cancel: &Cancel) -> Outcome<Option<(String, String)>> {
        Ok(self.0.sum(module, version, cancel)?.map(|vouched| (vouched.sum, vouched.by)))
    }

    fn fetch(
        &mut self,
        order: Order<'_>,
        on_bytes: &mut dyn FnMut(&str, u64, u64),
        on_file: &mut dyn FnMut(&str, &mut dyn Read) -> Outcome<()>,
        cancel: &Cancel,
    ) -> Outcome<()> {
        let mut on_bytes = |stage, done, total| {
            let doing = match stage {
                Stage::Download => "download",
                Stage::Check => "check",
                Stage::Unpack => "unpack",
            };
            on_bytes(doing, done, total);
        };
        let wanted = (order.module, order.version, order.sum);
        self.0.fetch(wanted, order.scratch, &mut on_bytes, on_file, cancel)
    }
}
