//! The real service, which runs the agent itself, steered from the dashboard: real updates, with real keys.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use sentinel_updater::cli::demo::Variant;

use super::kit::instance::Instance;
use super::kit::proxy;
use super::kit::trials::{Test, tests};
use super::place::SIZE;
use super::pty::{LONG, Tty, code};

const RIGHT: &str = "\x1b[C";

/// Every test here.
pub(crate) fn tests() -> Vec<Test> {
    tests![a_real_update_is_steered_from_the_dashboard,]
}

/// Waits until this version runs and nothing is under way.
fn settled(tty: &mut Tty, version: &str) {
    let text = format!("running  {version}");
    tty.wait_within(proxy::BUILD, &text, |tty| {
        tty.text().contains(&text) && tty.text().contains("waiting for the next check")
    });
}

fn a_real_update_is_steered_from_the_dashboard() {
    let host = Instance::new();
    host.configure("1h", "2s", "control.group = \"\"\n");
    host.publish("v1.0.0", Variant::Good);
    let mut tty = Tty::start(&host.command(&["tui"]), SIZE);
    tty.wait("the screen without a service", |tty| tty.screen().alternate_screen() && !tty.text().is_empty());
    let mut run = host.run();
    // It installs the agent by itself.
    settled(&mut tty, "v1.0.0");

    run.signal_alone(Signal::KILL);
    run.exit_within(LONG).expect("killed");
    tty.wait_for("lost");
    let mut run = host.run();
    tty.wait_for("connected");
    settled(&mut tty, "v1.0.0");

    host.publish("v1.1.0", Variant::Good);
    tty.type_in("c");
    // It is available, and taken at once; a pause comes first so that the button does it.
    settled(&mut tty, "v1.1.0");

    tty.type_in("p");
    tty.wait_for("Pause for 1 h");
    tty.type_in(&format!("{RIGHT}\r"));
    tty.wait_for("paused until");
    host.publish("v1.2.0", Variant::Good);
    tty.type_in("c");
    tty.wait_for("v1.2.0 available");
    tty.type_in("u");
    tty.wait_for("Cancel");
    tty.type_in(&format!("{RIGHT}\r"));
    tty.wait_for("Download & compile");
    // In the middle of it the window gets another size.
    tty.resize((120, 40));
    tty.type_in("2");
    tty.resize(SIZE);
    tty.wait_within(proxy::BUILD, "the new version", |tty| tty.text().contains("running  v1.2.0"));
    tty.type_in("1");
    tty.wait_within(proxy::BUILD, "the end of the run", |tty| tty.text().contains("paused until"));

    // What is kept is asked for when the run has ended; until then there is nothing to go back to.
    let asks = |tty: &Tty| tty.text().contains("Roll back to v1.1.0");
    let asked = (0..60).any(|_| {
        tty.type_in("r");
        let second = Instant::now() + Duration::from_secs(1);
        while !asks(&tty) && tty.take(second.saturating_duration_since(Instant::now())) {}
        asks(&tty)
    });
    assert!(asked, "{}", tty.text());
    tty.type_in(&format!("{RIGHT}\r"));
    tty.wait_within(proxy::BUILD, "the version before", |tty| tty.text().contains("running  v1.1.0"));
    tty.wait_within(proxy::BUILD, "the end of the run", |tty| tty.text().contains("paused until"));

    tty.type_in("q");
    assert_eq!(code(tty.end_restored()), 0);
    assert!(run.runs(), "the service goes on");
    run.signal_alone(Signal::TERM);
    run.exit_within(LONG).expect("ended");
}
