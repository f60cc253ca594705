//! What is refused or warned of, and in which words.

use super::*;

#[test]
fn all_bad_values_are_reported_at_once() {
    let machine = Machine::new()
        .file(
            "[updater]\ncheck_interval = \"5M\"\njitter = \"200%\"\n\n[agent]\nmodule = \"a/../b\"\nargs = \"serve\"\n\
             [agent.env]\nTOKEN = 5\n[policy]\nkeep_versions = 0\nwindows = [\"Mon 02:00-04:00 Mars/Base\"]\n\
             [build]\ngoproxy = \"http://user:hunter2@proxy.example\"\n",
        )
        .variable("MAX_LOG_SIZE", "big")
        .flag("paths.data=relative")
        .flag("updater.chek_interval=5m");
    let expected = [
        "updater.chek_interval (flag --set): there is no such setting; did you mean updater.check_interval?",
        "updater.check_interval = \"5M\" (file updater.toml:2): `M` is not a unit; accepted: a duration of at least `1s`",
        "updater.jitter = \"200%\" (file updater.toml:3): it is more than 100%; accepted: a percentage",
        "updater.max_log_size = \"big\" (environment MAX_LOG_SIZE): it is not a number with a unit of bytes; accepted: a size",
        "agent.module = \"a/../b\" (file updater.toml:6): its element `..` leads elsewhere; accepted: a Go module's path",
        "agent.args = \"serve\" (file updater.toml:7): it is a text, not a list; accepted: a list of arguments",
        "agent.env = { TOKEN = \"…\" } (file updater.toml:8): of `TOKEN`, it is an integer, not a text",
        "build.goproxy = \"http://…@proxy.example\" (file updater.toml:14): `http://…@proxy.example` would send its password",
        "policy.windows = [\"Mon 02:00-04:00 Mars/Base\"] (file updater.toml:12): `Mars/Base` is not a time zone",
        "policy.keep_versions = 0 (file updater.toml:11): it is less than 1",
        "paths.data = \"relative\" (flag --set): it is not absolute",
    ];
    let problems = machine.problems();
    for start in expected {
        assert!(problems.iter().any(|problem| problem.starts_with(start)), "{start}\n{problems:#?}");
    }
    // Neither more, nor the places that would have been derived from the bad directory.
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    let failure = Failure::from(machine.rejected());
    assert_eq!(failure.class, Class::Config);
    assert_eq!(failure.causes.len(), problems.len());
    assert!(!failure.to_string().contains("hunter2"));
}

#[test]
fn an_unknown_name_is_a_warning_with_the_nearest_known_one() {
    let machine = Machine::new().file(
        "check_interval = 1\n[updatr]\nx = 1\n[updater]\nchek_interval = \"5m\"\nmodule = \"x\"\nzzzzzz = 1\n[other]\n",
    );
    let prefix = format!("{}:", machine.path().display());
    let warnings: Vec<_> = machine.accepted().warnings.iter().map(|text| text.replace(&prefix, "")).collect();
    assert_eq!(
        warnings,
        [
            "1: check_interval is unknown and ignored; did you mean updater.check_interval?",
            "2: section [updatr] is unknown and ignored; did you mean [updater]?",
            "5: updater.chek_interval is unknown and ignored; did you mean updater.check_interval?",
            "6: updater.module is unknown and ignored; did you mean agent.module?",
            "7: updater.zzzzzz is unknown and ignored",
            "8: section [other] is unknown and ignored",
        ]
    );
}

#[test]
fn a_file_that_cannot_be_used_says_where() {
    let cases: [(&[u8], &str); 6] = [
        (b"[updater]\ncheck_interval = 5m\n", "file updater.toml:2:"),
        (b"[updater]\njitter = \"1%\"\njitter = \"2%\"\n", "file updater.toml:3:1: duplicate key"),
        (b"[updater\n", "file updater.toml:1:9: "),
        (b"updater = 5\n", "file updater.toml:1: `updater` is a section: write `[updater]`"),
        (b"# \n# \xff\n", "file updater.toml:2: it is not UTF-8"),
        (&[b'#'; (1 << 20) + 1], "file updater.toml: it is larger than 1 MiB"),
    ];
    for (text, expected) in cases {
        let problems = Machine::new().file(text).problems();
        assert!(problems.len() == 1 && problems[0].starts_with(expected), "{expected}: {problems:?}");
    }
    // A byte order mark is no harm, and lines still count.
    let machine = Machine::new().file("\u{feff}[updater]\njitter = 1\n");
    assert!(machine.problems()[0].contains("updater.toml:2"), "{:?}", machine.problems());
}

#[test]
fn only_a_file_that_was_named_must_exist() {
    assert!(Machine::new().accepted().warnings.is_empty());
    let problems = Machine { named: true, ..Machine::new() }.problems();
    assert_eq!(
        problems,
        ["file updater.toml: there is no such file; `sentinel-updater config init` writes one"]
    );
    let directory = Machine::new();
    std::fs::create_dir(directory.path()).expect("a directory in the file's place");
    assert!(
        directory.problems()[0].starts_with("file updater.toml: it cannot be "),
        "{:?}",
        directory.problems()
    );
}

#[test]
fn the_environment_alone_does_not_switch_checksums_off() {
    const MODULE: &str = "github.com/BrainStation-23/SentinelGo";
    let refused = [
        ("GOSUMDB", "off", "build.gosumdb = \"off\" (environment GOSUMDB)"),
        ("GONOSUMDB", "github.com/*", "build.gonosumdb = \"github.com/*\" (environment GONOSUMDB)"),
        ("GOPRIVATE", "x,github.com", "build.goprivate = \"x,github.com\" (environment GOPRIVATE)"),
    ];
    for (name, value, expected) in refused {
        let problems = Machine::new().variable(name, value).problems();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with(expected) && problems[0].contains(MODULE), "{}", problems[0]);
    }
    for text in ["[build]\ngosumdb = 'off'", "[build]\ngoprivate = 'github.com'", "[build]\ngonosumdb = '*'"]
    {
        for (name, value, _) in refused {
            let machine = Machine::new().file(text).variable(name, value);
            assert!(machine.load().is_ok(), "{text} {name}: {:?}", machine.load());
        }
        assert!(Machine::new().file(text).load().is_ok());
    }
    let allowed = [
        Machine::new().variable("GOPRIVATE", "corp.example"),
        // The special patterns replace the general ones.
        Machine::new().variable("GOPRIVATE", "github.com").variable("GONOSUMDB", "none"),
        Machine::new().variable("GOPRIVATE", "github.com").file("[build]\ngonosumdb = 'none'"),
        Machine::new().variable("GOSUMDB", "off").flag("build.gosumdb=off"),
    ];
    for machine in allowed {
        assert!(machine.load().is_ok(), "{:?}", machine.load());
    }
}

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let cases = [
        (
            "[agent]\nservice_name = 'sentinelgo-updater'",
            "agent.service_name = \"sentinelgo-updater\" (file updater.toml:2): it is the updater's own",
        ),
        ("[agent]\nbinary = '/usr/local/bin/sentinel-updater'", "agent.binary = "),
        ("[agent]\nlog = '/var/lib/sentinelgo/sentinel.db'", "agent.database = "),
        ("[paths]\ncache = '/var/lib/sentinelgo/updater'", "paths.cache = "),
        ("[paths]\ncache = '/usr/local'", "paths.cache = "),
    ];
    for (text, expected) in cases {
        let problems = Machine::new().file(text).problems();
        assert!(problems.len() == 1 && problems[0].starts_with(expected), "{expected}: {problems:?}");
    }
}
