//! The program: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1).peekable();
    let config = if args.peek().is_some_and(|a| a == "--config") {
        args.next();
        args.next().map(Into::into)
    } else {
        None
    };
    let command = args.next().unwrap_or_default();
    if command == "guard" {
        return sentinel_updater::host::process::guard_main(args);
    }
    if command == "run" {
        let once = args.next().is_some_and(|a| a == "--once");
        let ending = sentinel_updater::daemon::run(&sentinel_updater::daemon::Request {
            config,
            flags: vec![],
            once,
            version: "0.1.0",
        });
        eprintln!("{ending:#?}");
    } else if command == "history" {
        let loaded =
            sentinel_updater::config::load(&sentinel_updater::config::Sources::here(config, vec![])).unwrap();
        let runs = sentinel_updater::world::reading(&loaded.settings)
            .unwrap()
            .map(|mut r| r.runs(100).unwrap())
            .unwrap_or_default();
        println!("{}", serde_json::to_string(&runs).unwrap());
    } else if command == "rescue" {
        eprintln!("{:?}", sentinel_updater::daemon::rescue(config));
    }
    ExitCode::SUCCESS
}
