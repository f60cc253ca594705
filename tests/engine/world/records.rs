//! The memory.

use sentinel_updater::model::go_mod::path_of;
use sentinel_updater::model::status::{Alert, Latest, Paused};
use sentinel_updater::model::{Held, Outcome, Probation, Run, Staged, Timestamp, Version};
use sentinel_updater::ports::{Committed, Records, Seen};

use super::{MODULE, Port};

impl Records for Port {
    fn put_run(&mut self, run: &Run) -> Outcome<()> {
        self.0.effect("put_run", |host| {
            host.history.insert(run.id.clone(), run.clone());
            Ok(())
        })
    }

    fn runs(&mut self, limit: usize) -> Outcome<Vec<Run>> {
        Ok(self.0.lock().history.values().rev().take(limit).cloned().collect())
    }

    fn run(&mut self, id: &str) -> Outcome<Option<Run>> {
        Ok(self.0.lock().history.get(id).cloned())
    }

    fn held(&mut self) -> Outcome<Vec<Held>> {
        Ok(self.0.lock().held.clone())
    }

    fn hold(&mut self, held: &Held) -> Outcome<()> {
        self.0.effect("hold", |host| {
            host.held.retain(|known| known.version != held.version);
            host.held.push(held.clone());
            Ok(())
        })
    }

    fn unhold(&mut self, version: &Version) -> Outcome<bool> {
        self.0.effect("unhold", |host| {
            let before = host.held.len();
            host.held.retain(|known| known.version != *version);
            Ok(host.held.len() < before)
        })
    }

    fn note_offered(&mut self, module: &str, versions: &[Version], now: Timestamp) -> Outcome<()> {
        let mut host = self.0.lock();
        let first = !host.seen.iter().any(|seen| path_of(MODULE, &seen.version) == module);
        for version in versions {
            if !host.seen.iter().any(|seen| seen.version == *version) {
                host.seen.push(Seen {
                    version: version.clone(),
                    first_seen_at: now,
                    in_first_answer: first,
                    commit_time: None,
                });
            }
        }
        Ok(())
    }

    fn seen(&mut self, module: &str) -> Outcome<Vec<Seen>> {
        let mut seen = self.0.lock().seen.clone();
        seen.retain(|seen| path_of(MODULE, &seen.version) == module);
        Ok(seen)
    }

    fn set_commit_time(&mut self, _: &str, version: &Version, at: Timestamp) -> Outcome<()> {
        if let Some(seen) = self.0.lock().seen.iter_mut().find(|seen| seen.version == *version) {
            seen.commit_time = Some(at);
        }
        Ok(())
    }

    fn pin_sum(&mut self, _: &str, version: &Version, sum: &str) -> Outcome<String> {
        self.0.effect("pin", |host| {
            Ok(host.pins.entry(version.to_string()).or_insert_with(|| sum.to_owned()).clone())
        })
    }

    fn committed(&mut self) -> Outcome<Option<Committed>> {
        Ok(self.0.lock().committed.clone())
    }

    fn set_committed(&mut self, committed: &Committed) -> Outcome<()> {
        self.0.effect("set_committed", |host| {
            host.committed = Some(committed.clone());
            Ok(())
        })
    }

    fn paused(&mut self) -> Outcome<Option<Paused>> {
        Ok(self.0.lock().paused.clone())
    }

    fn set_paused(&mut self, paused: Option<&Paused>) -> Outcome<()> {
        self.0.lock().paused = paused.cloned();
        Ok(())
    }

    fn probation(&mut self) -> Outcome<Option<Probation>> {
        Ok(self.0.lock().probation.clone())
    }

    fn set_probation(&mut self, probation: Option<&Probation>) -> Outcome<()> {
        self.0.effect("set_probation", |host| {
            host.probation = probation.cloned();
            Ok(())
        })
    }

    fn staged(&mut self) -> Outcome<Option<Staged>> {
        Ok(self.0.lock().staged.clone())
    }

    fn set_staged(&mut self, staged: Option<&Staged>) -> Outcome<()> {
        self.0.effect("set_staged", |host| {
            host.staged = staged.cloned();
            Ok(())
        })
    }

    fn latest(&mut self) -> Outcome<Latest> {
        Ok(self.0.lock().latest.clone())
    }

    fn set_latest(&mut self, latest: &Latest) -> Outcome<()> {
        self.0.lock().latest = latest.clone();
        Ok(())
    }

    fn alerts(&mut self) -> Outcome<Vec<Alert>> {
        Ok(self.0.lock().alerts.clone())
    }

    fn set_alerts(&mut self, alerts: &[Alert]) -> Outcome<()> {
        self.0.lock().alerts = alerts.to_vec();
        Ok(())
    }

    fn stuck(&mut self) -> Outcome<Option<String>> {
        Ok(self.0.lock().stuck.clone())
    }

    fn set_stuck(&mut self, version: Option<&str>) -> Outcome<()> {
        self.0.effect("set_stuck", |host| {
            host.stuck = version.map(ToOwned::to_owned);
            Ok(())
        })
    }
}
