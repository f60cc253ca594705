use std::path::PathBuf;

use proptest::prelude::*;

use super::*;

fn spec() -> ServiceSpec {
    ServiceSpec {
        service: "sentinelgo".into(),
        binary: "/usr/local/bin/sentinel".into(),
        args: vec!["run".into(), "--note".into(), "50% of $HOME".into()],
        env: vec![("LEVEL".into(), "a \"b\"".into())],
        user: Some("agent".into()),
        install_args: vec![],
        data: "/var/lib/sentinelgo".into(),
    }
}

#[test]
fn the_whole_text() {
    let text = write(&spec()).expect("writable");
    let (head, body) = text.split_once("[Unit]").expect("a section");
    assert!(head.starts_with("# Written by sentinel-updater; edits are kept\n# sha256 "), "{head}");
    assert_eq!(
        body,
        "
Description=Agent sentinelgo, kept current by sentinel-updater
After=network.target
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart=/usr/local/bin/sentinel run --note \"50%% of $$HOME\"
WorkingDirectory=-/var/lib/sentinelgo
User=agent
Environment=\"LEVEL=a \\\"b\\\"\"
Restart=always
RestartSec=5

[Install]
WantedBy=multi-user.target
"
    );
}

#[test]
fn an_edit_anywhere_makes_it_somebody_elses() {
    let text = write(&spec()).expect("writable");
    assert_eq!(author(&text), Author::Us);
    for at in 0..text.len() {
        let mut edited = text.clone().into_bytes();
        edited[at] ^= 1;
        let edited = String::from_utf8_lossy(&edited).into_owned();
        assert_eq!(author(&edited), Author::Other, "byte {at}");
    }
    assert_eq!(author(&format!("{text}# my note\n")), Author::Other);
    assert_eq!(author(""), Author::Other);
    assert_eq!(author("[Service]\nExecStart=/bin/true\n"), Author::Other);
}

#[test]
fn a_path_that_is_not_utf8_is_refused() {
    use std::os::unix::ffi::OsStringExt;
    let binary = PathBuf::from(std::ffi::OsString::from_vec(b"/opt/\xff".to_vec()));
    let failure = write(&ServiceSpec { binary, ..spec() }).expect_err("refused");
    assert_eq!(failure.class, Class::Config);
}

/// Reads a line's value into words the way `systemd.syntax(7)` says, specifiers resolved.
fn words(value: &str, dollars: bool) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    let mut symbols = value.chars().peekable();
    while let Some(symbol) = symbols.next() {
        match symbol {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            ' ' if !quoted => words.extend(word.take()),
            '\\' => word.get_or_insert_default().push(symbols.next().expect("an escaped symbol")),
            '%' | '$' if symbol == '%' || dollars => {
                assert_eq!(symbols.next(), Some(symbol), "a lone {symbol} in {value}");
                word.get_or_insert_default().push(symbol);
            }
            '\'' if !quoted => panic!("a bare quote in {value}"),
            other => word.get_or_insert_default().push(other),
        }
    }
    assert!(!quoted, "an open quote in {value}");
    words.extend(word);
    words
}

/// Anything that is no control character, often what matters to systemd.
fn text() -> impl Strategy<Value = String> {
    let symbol = prop_oneof![
        3 => proptest::sample::select(r#" "'\%$;#=-{}[]@:!+|&H"#.chars().collect::<Vec<_>>()),
        2 => proptest::char::range('a', 'z'),
        1 => any::<char>().prop_filter("no control", |c| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}')),
    ];
    proptest::collection::vec(symbol, 0..24).prop_map(String::from_iter)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn what_is_written_is_read_back(
        args in proptest::collection::vec(text(), 0..5),
        values in proptest::collection::vec(text(), 0..5),
    ) {
        let env: Vec<_> = values.into_iter().enumerate().map(|(n, value)| (format!("V{n}"), value)).collect();
        let unit = write(&ServiceSpec { args: args.clone(), env: env.clone(), ..spec() }).expect("writable");
        prop_assert_eq!(author(&unit), Author::Us);
        let value = |line: &str, name: &str| line.strip_prefix(name).map(str::to_owned);
        let commands: Vec<_> = unit.lines().filter_map(|line| value(line, "ExecStart=")).collect();
        prop_assert_eq!(commands.len(), 1);
        let mut wanted = vec!["/usr/local/bin/sentinel".to_owned()];
        wanted.extend(args);
        prop_assert_eq!(words(&commands[0], true), wanted);
        let read: Vec<_> = unit.lines().filter_map(|line| value(line, "Environment=")).collect();
        prop_assert_eq!(read.len(), env.len());
        for (line, (name, value)) in read.iter().zip(&env) {
            prop_assert_eq!(words(line, false), vec![format!("{name}={value}")]);
        }
    }

    #[test]
    fn a_control_character_never_gets_into_a_unit(before in text(), after in text(), control in 0u8..32) {
        let evil = format!("{before}{}{after}", char::from(control));
        let with_arg = ServiceSpec { args: vec![evil.clone()], ..spec() };
        let with_value = ServiceSpec { env: vec![("A".into(), evil.clone())], ..spec() };
        let with_data = ServiceSpec { data: format!("/{evil}").into(), ..spec() };
        let with_binary = ServiceSpec { binary: format!("/{evil}").into(), ..spec() };
        for spec in [with_arg, with_value, with_data, with_binary] {
            prop_assert_eq!(write(&spec).expect_err("refused").class, Class::Config);
        }
    }
}
