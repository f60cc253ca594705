//! The Go toolchain.

use std::path::{Path, PathBuf};
use std::time::Duration;

use sentinel_updater::model::build_info::ModuleRef;
use sentinel_updater::model::{BuildInfo, Class, Failure, Outcome, Progress};
use sentinel_updater::ports::{BuildEvent, BuildJob, Builder, Built, Cancel};

use super::{Port, module_of};
use crate::host::Nature;

impl Builder for Port {
    fn ready(&mut self, _: Option<&str>) -> Outcome<String> {
        self.0.effect("ready", |_| Ok("go1.26.8, gcc 12".into()))
    }

    fn fingerprint(&mut self) -> String {
        self.0.lock().fingerprint.clone()
    }

    fn build(&mut self, job: &BuildJob, sink: &mut dyn FnMut(BuildEvent), cancel: &Cancel) -> Outcome<Built> {
        sink(BuildEvent::Log(format!("/state/builds/{}.log", job.run).into()));
        sink(BuildEvent::Output("compiling".into()));
        sink(BuildEvent::Progress(Progress { phase: "compile".into(), done: 1, total: 1, detail: None }));
        let version = job.version.to_string();
        self.0.effect("build", |host| {
            host.builds += 1;
            host.advance(Duration::from_secs(30));
            if cancel.requested() {
                return Err(Failure::new(Class::Cancelled, "the build was cancelled"));
            }
            match host.release(&version).map(|release| release.nature) {
                None => Err(Failure::new(Class::Module, "no such version")),
                Some(Nature::Broken) => Err(Failure::new(Class::Build, "undefined: nothing")),
                Some(_) => {
                    host.files.insert("/var/cache/out/sentinel".into(), version.clone());
                    Ok(Built {
                        binary: "/var/cache/out/sentinel".into(),
                        sum: format!("h1:{version}"),
                        packages: 1,
                    })
                }
            }
        })
    }

    fn inspect(&mut self, binary: &Path) -> Outcome<Option<BuildInfo>> {
        let host = self.0.lock();
        let kept = || host.kept.iter().find(|kept| kept.path == binary).map(|kept| kept.version.clone());
        Ok(host.files.get(binary).cloned().or_else(kept).map(|version| BuildInfo {
            go_version: if version == "v1.0.0" { "go1.25.1".into() } else { "go1.26.8".into() },
            package: format!("{}/cmd/sentinel", module_of(&version)),
            main: ModuleRef {
                path: module_of(&version),
                version: version.clone(),
                sum: format!("h1:{version}"),
                replaced_by: None,
            },
            ..BuildInfo::default()
        }))
    }

    fn check_target(&mut self, _: &Path) -> Outcome<()> {
        Ok(())
    }

    fn version_output(&mut self, _: &Path, _: &[String]) -> Option<String> {
        None
    }

    fn clean(&mut self) -> Outcome<()> {
        self.0.effect("clean build", |host| {
            host.files.remove(&PathBuf::from("/var/cache/out/sentinel"));
            Ok(())
        })
    }
}
