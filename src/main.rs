//! The program: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    if args.next().is_some_and(|command| command == "guard") {
        return sentinel_updater::host::process::guard_main(args);
    }
    ExitCode::SUCCESS
}
