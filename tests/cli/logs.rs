//! Logs and their growth.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;

use super::place::Place;

#[test]
fn logs_show_the_end_cleaned_and_follow_it() {
    let place = Place::new();
    let missing = place.run("logs");
    assert_eq!((missing.code, missing.out.as_str()), (Some(0), ""), "{missing:?}");
    assert!(missing.talk.contains("updater.log` yet"), "{missing:?}");
    std::fs::create_dir(place.path("data")).expect("a directory");
    let log = place.path("data/updater.log");
    std::fs::write(&log, "one\n\u{1b}[31mtwo\u{1b}[0m\nthree\n").expect("write");
    assert_eq!(place.run("logs updater -n 2").out, "two\nthree\n");
    std::fs::write(place.path("data/agent.log"), "from the agent\n").expect("write");
    assert_eq!(place.run("logs agent").out, "from the agent\n");
    let none = place.run("logs build");
    assert_eq!(
        (none.code, none.out.as_str(), none.talk.as_str()),
        (Some(0), "", "nothing has been built yet\n")
    );

    let mut follower =
        place.command(["logs", "-f", "-n", "1"]).stdout(Stdio::piped()).spawn().expect("the program starts");
    let mut lines = BufReader::new(follower.stdout.take().expect("a pipe")).lines();
    let mut next = || lines.next().expect("a line").expect("text");
    assert_eq!(next(), "three");
    append(&log, "four\n");
    assert_eq!(next(), "four");
    std::fs::rename(&log, place.path("data/updater.log.1")).expect("rotate");
    append(&log, "five\n");
    assert_eq!(next(), "five");
    follower.kill().expect("ours");
    follower.wait().expect("ended");
}

fn append(path: &Path, text: &str) {
    let mut file = std::fs::File::options().append(true).create(true).open(path).expect("open");
    file.write_all(text.as_bytes()).expect("write");
}
