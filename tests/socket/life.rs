//! What becomes of clients and service when one of them does not do its part.

use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::time::Instant;

use rustix::process::Signal;
use sentinel_updater::cli::demo::Variant;
use sentinel_updater::control::Notice;
use sentinel_updater::control::Request;
use sentinel_updater::control::protocol::{Begun, Log, LogTail, Logs, Subscribe, Update};
use sentinel_updater::model::Class;
use sentinel_updater::model::status::AgentLife;

use super::client::{Follower, connect, eventually, within};
use super::host::{Host, LONG};
use super::kit::trials::{Test, tests};
use super::story::installed;

/// Every test here.
pub(crate) fn tests() -> Vec<Test> {
    tests![
        a_client_that_does_not_read_delays_nothing_and_a_killed_service_is_noticed,
        an_agent_that_dies_is_seen_and_its_log_is_followed,
    ]
}

fn a_client_that_does_not_read_delays_nothing_and_a_killed_service_is_noticed() {
    within(3 * Host::UPDATE, deaf());
}

async fn deaf() {
    let host = Host::new("verify.probation = \"0s\"\n");
    let mut run = host.run();
    let mut one = Follower::new(&host).await;
    one.until("v1.0.0 is installed", installed("v1.0.0")).await;
    let deaf: Vec<UnixStream> = (0..3)
        .map(|_| {
            let mut stream = UnixStream::connect(host.socket()).expect("connected");
            let hello = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"hello\",\"params\":{}}\n";
            let subscribe = "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"subscribe\",\"params\":{}}\n";
            stream.write_all(format!("{hello}{subscribe}").as_bytes()).expect("written");
            stream
        })
        .collect();
    host.flood();
    host.publish("v1.1.0", Variant::Good);
    let began = Instant::now();
    let begun: Begun = one.ask(Request::Update(Update::default())).await;
    let Follower { client, welcome, notices, view, .. } = one;
    // Others than the deaf ones follow on: they are told what they lost, too.
    drop((client, notices));
    let other = connect(&host).await;
    let last = loop {
        let status: sentinel_updater::model::Status =
            other.client.ask(&Request::Status).await.expect("it answers meanwhile");
        if let (None, Some(last)) = (status.run, status.last_run)
            && Some(&last.id) == begun.run.as_ref()
        {
            break last;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    println!("20,000 lines and 3 deaf clients: {:?}", began.elapsed());
    assert_eq!(last.verdict, Some(sentinel_updater::model::Verdict::Updated), "{}", host.log());
    drop(deaf);

    // Killed: whoever is connected notices at once.
    let mut one = Follower::new(&host).await;
    assert_eq!(one.welcome.epoch, welcome.epoch);
    run.signal_alone(Signal::KILL);
    let failure = loop {
        if let Err(failure) = one.hear().await {
            break failure;
        }
    };
    assert_eq!(failure.class, Class::Unreachable, "{failure}");
    run.exit_within(LONG).expect("killed");
    let run = host.run();
    let position = Subscribe { epoch: Some(welcome.epoch.clone()), from: view.seq };
    let (mut again, subscribed) = Follower::at(&host, position, view).await;
    assert_ne!(subscribed.epoch, welcome.epoch);
    again.view = subscribed.view.expect("another start: everything anew");
    // What was remembered is there before anything has happened.
    assert_eq!(again.view.status.last_run.as_ref().map(|run| &run.id), Some(&last.id));
    again.until("it runs as before", installed("v1.1.0")).await;
    drop(run);
}

fn an_agent_that_dies_is_seen_and_its_log_is_followed() {
    within(2 * Host::UPDATE, dying());
}

async fn dying() {
    let host = Host::new("verify.probation = \"0s\"\n");
    let run = host.run();
    let mut one = Follower::new(&host).await;
    one.until("v1.0.0 is installed", installed("v1.0.0")).await;
    one.until("it runs", |view| {
        view.status.agent.state == AgentLife::Running && view.status.agent.pid.is_some()
    })
    .await;
    let mut logs = connect(&host).await;
    for log in [Log::Agent, Log::Updater, Log::Build] {
        let tail: LogTail =
            logs.client.ask(&Request::Logs(Logs { log, lines: 10, follow: true })).await.expect("a log");
        assert!(
            !tail.lines.is_empty() && tail.lines.len() <= 10 && tail.source.is_some(),
            "{log:?} {tail:?}"
        );
    }
    let before = one.view.status.agent.clone();
    let pid = rustix::process::Pid::from_raw(before.pid.expect("a process").cast_signed()).expect("a number");
    rustix::process::kill_process(pid, Signal::KILL).expect("killed");
    one.until("it is up again", |view| {
        let agent = &view.status.agent;
        agent.pid.is_some() && agent.pid != before.pid && agent.restarts > before.restarts
    })
    .await;
    assert_eq!(one.view.status.agent.version, before.version);
    let mut heard = Vec::new();
    while !(heard.contains(&Log::Agent) && heard.contains(&Log::Updater)) {
        match logs.notices.next().await {
            Ok(Notice::Log(lines)) => heard.push(lines.log),
            other => panic!("{other:?}"),
        }
    }
    // Another build, another file.
    host.publish("v1.1.0", Variant::Good);
    let _: Begun = one.ask(Request::Update(Update::default())).await;
    loop {
        match logs.notices.next().await {
            Ok(Notice::Log(lines))
                if lines.log == Log::Build
                    && lines.lines.iter().any(|line| line.contains("before the compiler")) =>
            {
                break;
            }
            Ok(Notice::Log(_) | Notice::Dropped(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    drop((logs, one));
    let threads = || std::fs::read_dir(format!("/proc/{}/task", run.pid())).map_or(0, Iterator::count);
    // Nobody follows any more: nobody reads.
    eventually("the followers are gone", || threads() <= 3).await;
    drop(run);
}
