//! What must hold on a machine after anything that can happen to the updater.

use serde_json::Value;

use super::host::{BINARY, Host};

/// The updater's folder.
pub(crate) const STATE: &str = "/var/lib/sentinelgo/updater";
const DATABASE: &str = "/var/lib/sentinelgo/sentinel.db";

impl Host {
    /// The journal is closed, every run has its verdict and is in history, nothing staged or half written is left,
    /// the agent runs `version` from a binary that is whole, and its database is sound.
    #[track_caller]
    pub(crate) fn assert_settled(&self, version: &str) {
        let records = self.journal();
        assert_eq!(records.last().map(|last| &last["record"]), Some(&"end".into()), "{records:#?}");
        let history = self.history();
        let id = &records.last().expect("a record")["run"]["id"];
        assert!(history.iter().any(|run| run["id"] == *id), "run {id} is not in history: {history:#?}");
        for run in &history {
            assert!(run["verdict"].is_string(), "a run without verdict: {run:#}");
        }
        self.assert_tidy();

        assert_eq!(self.agent_version(), version);
        let status = self.status();
        let agent = &status["agent"];
        assert_eq!((&agent["version"], &agent["state"]), (&version.into(), &"running".into()), "{status:#}");
        assert_eq!(agent["sha256"], self.installed_sha256().as_str(), "{status:#}");
        assert!(status["run"].is_null(), "{status:#}");
        let sound =
            self.machine.sh(&format!("sqlite3 -cmd '.timeout 5000' {DATABASE} 'PRAGMA integrity_check'"));
        assert_eq!(sound.ok().stdout, "ok\n");
    }

    /// Neither a staged binary nor a temporary file is left.
    #[track_caller]
    pub(crate) fn assert_tidy(&self) {
        let places = format!("/usr/local/bin /etc/systemd/system /var/lib/sentinelgo {STATE}");
        let litter = self.machine.sh(&format!(
            "find {places} -maxdepth 2 '(' -name '.*.next' -o -name '*.tmp-*' ')'; find /var/cache/sentinelgo-updater/work -mindepth 1 -maxdepth 1"
        ));
        assert_eq!(litter.stdout, "", "left behind");
    }

    /// The records of the journal, oldest first.
    pub(crate) fn journal(&self) -> Vec<Value> {
        let bytes = std::fs::read(self.machine.path(&format!("{STATE}/journal"))).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        // A line is a checksum and a record; behind the last one there is room of zeros.
        let lines = text.trim_end_matches('\0').lines().filter_map(|line| line.split_once(' '));
        let records =
            lines.map(|(_, json)| serde_json::from_str(json).map(|mut line: Value| line["entry"].take()));
        records.collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// The digest of the agent's binary; empty when there is none.
    pub(crate) fn installed_sha256(&self) -> String {
        let sum = self.machine.sh(&format!("if [ -e {BINARY} ]; then sha256sum {BINARY}; fi")).ok();
        sum.stdout.split_whitespace().next().unwrap_or_default().to_owned()
    }

    /// The lines of the updater's log.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.machine.path("/var/lib/sentinelgo/updater.log")).unwrap_or_default()
    }

    /// The number of lines of the log that contain `text`.
    pub(crate) fn logged(&self, text: &str) -> usize {
        self.log().lines().filter(|line| line.contains(text)).count()
    }

    /// Gives a unit more settings, known to systemd at once.
    pub(crate) fn drop_in(&self, unit: &str, text: &str) {
        let folder = format!("/etc/systemd/system/{unit}.service.d");
        self.machine.sh(&format!("mkdir -p {folder}")).ok();
        self.machine.write(&format!("{folder}/test.conf"), text);
        self.machine.exec(&["systemctl", "daemon-reload"]).ok();
    }

    /// Waits until the newest run in history is another one than `before` and has ended.
    pub(crate) fn wait_for_run(&self, before: &Value) -> Value {
        self.wait("a run has ended", || {
            let run = self.history().into_iter().next()?;
            (run["id"] != before["id"] && run["verdict"].is_string()).then_some(run)
        })
    }
}
