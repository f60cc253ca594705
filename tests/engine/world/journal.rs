//! The intent log.

use sentinel_updater::model::{Outcome, Record};
use sentinel_updater::ports::{Journal, OpenRun};

use super::Port;

impl Journal for Port {
    fn append(&mut self, record: &Record) -> Outcome<()> {
        let name = match record {
            Record::Begin { .. } => "journal begin".to_owned(),
            Record::Switch { .. } => "journal switch".to_owned(),
            Record::Enter { step, direction, .. } => format!("journal enter {step} {direction:?}"),
            Record::SnapshotTaken { .. } => "journal snapshot".to_owned(),
            Record::Turn { .. } => "journal turn".to_owned(),
            Record::Recovered { .. } => "journal recovered".to_owned(),
            Record::End { .. } => "journal end".to_owned(),
        };
        self.0.effect(&name, |host| {
            if matches!(record, Record::Begin { .. }) {
                host.journal.clear();
            }
            host.journal.push(record.clone());
            Ok(())
        })
    }

    fn open_run(&mut self) -> Outcome<OpenRun> {
        let host = self.0.lock();
        let ended = matches!(host.journal.last(), Some(Record::End { .. }) | None);
        let records = if ended { Vec::new() } else { host.journal.clone() };
        Ok(OpenRun { records, set_aside: None })
    }

    fn last_end(&mut self) -> Outcome<Option<Record>> {
        Ok(self.0.lock().journal.iter().rev().find(|record| matches!(record, Record::End { .. })).cloned())
    }
}
