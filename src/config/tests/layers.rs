//! Which layer wins, and what is told about it.

use std::collections::BTreeSet;
use std::time::Duration;

use super::*;

#[test]
fn defaults_of_every_platform() {
    let cases = [
        (Platform::Linux, "agent.service_name", "\"sentinelgo\""),
        (Platform::Linux, "agent.database", "\"/var/lib/sentinelgo/sentinel.db\""),
        (Platform::Linux, "paths.state", "\"/var/lib/sentinelgo/updater\""),
        (Platform::Linux, "paths.cache", "\"/var/cache/sentinelgo-updater\""),
        (Platform::Linux, "paths.socket", "\"/run/sentinelgo-updater/control.sock\""),
        (Platform::MacOs, "updater.service_name", "\"com.sentinelgo.updater\""),
        (Platform::MacOs, "agent.service_name", "\"com.sentinelgo.agent\""),
        (Platform::MacOs, "paths.cache", "\"/Library/Caches/sentinelgo-updater\""),
        (Platform::MacOs, "paths.socket", "\"/var/run/sentinelgo-updater/control.sock\""),
        (Platform::Windows, "agent.binary", r"'C:\Program Files\SentinelGo\sentinel.exe'"),
        (Platform::Windows, "agent.log", r"'C:\ProgramData\SentinelGo\agent.log'"),
        (Platform::Windows, "paths.state", r"'C:\ProgramData\SentinelGo\updater'"),
        (Platform::Windows, "paths.cache", r"'C:\ProgramData\SentinelGo\updater\cache'"),
        (Platform::Windows, "paths.socket", r"'\\.\pipe\sentinelgo-updater'"),
    ];
    for (platform, key, value) in cases {
        let loaded = Machine { platform, ..Machine::new() }.accepted();
        assert_eq!(loaded.setting(key), (value, &Origin::Default), "{platform:?}");
        assert_eq!(loaded.values.len(), KEYS.len());
    }
    let Settings { updater, agent, build, policy, verify, .. } = Machine::new().accepted().settings;
    assert_eq!(updater.check_interval, Duration::from_secs(30));
    assert_eq!((updater.jitter.get(), updater.max_log_size, updater.max_log_files), (10, 10_000_000, 5));
    assert_eq!(updater.log_level, LogLevel::Info);
    assert_eq!(agent.module, "github.com/BrainStation-23/SentinelGo");
    assert_eq!((agent.package.as_str(), agent.version_args), ("cmd/sentinel", vec!["--version".to_owned()]));
    assert_eq!((build.jobs, build.cgo, build.timeout), (4, true, Duration::from_secs(1800)));
    assert_eq!((build.go, build.goproxy, build.toolchain), (None, None, Toolchain::Local));
    assert_eq!((policy.keep_versions, policy.restore_database), (3, RestoreDatabase::Schema));
    assert_eq!((verify.window, verify.probation), (Duration::from_secs(60), Duration::from_secs(600)));
}

#[test]
fn the_stronger_layer_wins_and_says_so() {
    let mut machine =
        Machine::new().file("# first\n[updater]\ncheck_interval = \"5m\"\nlog_level = 'warn'\n");
    let check = |machine: &Machine, value: &str, origin: Origin| {
        assert_eq!(machine.accepted().setting("updater.check_interval"), (value, &origin));
    };
    check(&machine, "\"5m\"", Origin::File { path: machine.path(), line: Some(3) });
    machine = machine.variable("CHECK_INTERVAL", "90m");
    check(&machine, "\"1h30m\"", Origin::Environment { name: "CHECK_INTERVAL".into() });
    machine = machine.flag("updater.check_interval = 7s");
    check(&machine, "\"7s\"", Origin::Flag { name: "--set".into() });
    assert_eq!(machine.accepted().settings.updater.log_level, LogLevel::Warn);
    // Set, but empty: not set.
    machine.flags.clear();
    machine = machine.variable("CHECK_INTERVAL", "");
    check(&machine, "\"5m\"", Origin::File { path: machine.path(), line: Some(3) });
}

#[test]
fn every_variable_reaches_its_key() {
    let cases = [
        ("CHECK_INTERVAL", "5m", "updater.check_interval", "\"5m\""),
        ("MAIN_AGENT_MODULE", "example.com/agent", "agent.module", "\"example.com/agent\""),
        ("MAIN_AGENT_SERVICE_NAME", "my-agent", "agent.service_name", "\"my-agent\""),
        ("LOG_LEVEL", "debug", "updater.log_level", "\"debug\""),
        ("MAX_LOG_SIZE", "1MiB", "updater.max_log_size", "\"1MiB\""),
        ("MAX_LOG_FILES", "9", "updater.max_log_files", "9"),
        ("GOPROXY", "https://p.example,direct", "build.goproxy", "\"https://p.example,direct\""),
        ("GOSUMDB", "sum.example", "build.gosumdb", "\"sum.example\""),
        ("GOPRIVATE", "corp.example", "build.goprivate", "\"corp.example\""),
        ("GONOPROXY", "none", "build.gonoproxy", "\"none\""),
        ("GONOSUMDB", "corp.example", "build.gonosumdb", "\"corp.example\""),
        ("HTTP_PROXY", "http://p:1", "build.http_proxy", "\"http://p:1\""),
        ("http_proxy", "http://p:2", "build.http_proxy", "\"http://p:2\""),
        ("HTTPS_PROXY", "http://p:3", "build.https_proxy", "\"http://p:3\""),
        ("https_proxy", "http://p:4", "build.https_proxy", "\"http://p:4\""),
        ("NO_PROXY", "localhost", "build.no_proxy", "\"localhost\""),
        ("no_proxy", "localhost", "build.no_proxy", "\"localhost\""),
        ("SSL_CERT_FILE", "/etc/ca.pem", "build.ca_file", "\"/etc/ca.pem\""),
        ("NETRC", "/etc/netrc", "build.netrc", "\"/etc/netrc\""),
    ];
    for (name, value, key, shown) in cases {
        let loaded = Machine::new().variable(name, value).accepted();
        assert_eq!(loaded.setting(key), (shown, &Origin::Environment { name: name.into() }));
    }
    let listed: BTreeSet<_> = cases.iter().map(|(name, ..)| *name).collect();
    let known: BTreeSet<_> = KEYS.iter().flat_map(|key| key.env).copied().collect();
    assert_eq!(listed, known);
}

#[test]
fn flags_take_lists_and_tables_in_the_files_syntax() {
    let loaded = Machine::new()
        .flag("agent.args=[\"serve\", \"--port=1\"]")
        .flag("agent.env={ A = \"b\" }")
        .flag("build.cgo=false")
        .flag("build.jobs=2")
        .flag("agent.package=")
        .accepted();
    assert_eq!(loaded.settings.agent.args, ["serve", "--port=1"]);
    assert_eq!(loaded.settings.agent.env["A"].expose(), "b");
    assert_eq!((loaded.settings.build.cgo, loaded.settings.build.jobs), (false, 2));
    assert_eq!(loaded.settings.agent.package, "");
    assert!(assignment("updater.jitter").is_err());
    assert!(assignment("=5").is_err());
}

#[test]
fn passwords_are_nowhere_to_be_seen() {
    let loaded = Machine::new()
        .file(
            "[agent]\nenv = { TOKEN = 'hunter2' }\n[build]\ngoproxy = 'https://u:hunter2@p.example,direct'\n",
        )
        .variable("HTTP_PROXY", "http://u:hunter2@p:3128")
        .variable("https_proxy", "u:hunter2@p:3128")
        .accepted();
    let build = &loaded.settings.build;
    assert_eq!(build.goproxy.as_ref().map(Secret::expose), Some("https://u:hunter2@p.example,direct"));
    assert_eq!(loaded.settings.agent.env["TOKEN"].expose(), "hunter2");
    assert_eq!(loaded.setting("build.goproxy").0, "\"https://…@p.example,direct\"");
    assert_eq!(loaded.setting("agent.env").0, "{ TOKEN = \"…\" }");
    assert!(!format!("{loaded:?}").contains("hunter2"));
    assert!(!serde_json::to_string(&loaded.values).expect("JSON").contains("hunter2"));
}
