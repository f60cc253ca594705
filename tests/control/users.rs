//! Who may do what, with real users; and how many of them at once.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::PathBuf;

use sentinel_updater::control::{Access, Client, Request};
use sentinel_updater::model::Class;

use crate::child::{Program, STRANGER};
use crate::fake::Fake;
use crate::house::{House, run};
use crate::kit::trials::{Test, skip, tests};
use crate::raw::Raw;

pub(crate) fn tests() -> Vec<Test> {
    tests![
        members_of_the_group_steer_and_strangers_stay_outside,
        viewers_look_and_are_told_why_they_may_not_steer,
        the_server_itself_refuses_who_gets_as_far_as_the_socket,
        who_loses_access_is_sent_away,
        a_strangers_service_is_not_trusted,
        the_house_is_full_but_for_root,
        one_user_gets_sixty_four,
        a_service_that_is_killed_is_noticed,
    ]
}

/// A group that every system has, and its number.
const GROUP: &str = "daemon";
const NUMBER: &str = "1";

/// Whether this test can start programs as other users.
fn can() -> bool {
    let root = rustix::process::geteuid().is_root();
    let able = root && std::process::Command::new("setpriv").arg("--version").output().is_ok();
    if !able {
        skip("needs root and setpriv to be other users");
    }
    able
}

fn house(access: &Access, program: &Program) -> House {
    let socket: PathBuf = program.folder().join("own/control.sock");
    let folder = tempfile::tempdir().expect("a folder");
    House::at(Fake::new(), access, folder, socket).expect("a server")
}

fn members() -> Access {
    Access { group: GROUP.into(), viewers: false }
}

fn members_of_the_group_steer_and_strangers_stay_outside() {
    if !can() {
        return;
    }
    let program = Program::new();
    let house = house(&members(), &program);
    assert_eq!(house.warnings, []);
    let member = Some((STRANGER, NUMBER));
    let said = program.said(member, "ask", &house.socket, &["status"]);
    assert_eq!(said, format!(r#"answer {{"role":"operator","uid":{STRANGER}}}"#));
    assert!(program.said(member, "ask", &house.socket, &["pause"]).starts_with("answer"));
    for groups in ["", "4,24"] {
        let said = program.said(Some((STRANGER, groups)), "ask", &house.socket, &["status"]);
        assert!(said.starts_with("not let in: Permission") && said.contains("usermod -aG daemon"), "{said}");
    }
    assert!(program.said(None, "ask", &house.socket, &["pause"]).starts_with("answer"));
}

fn viewers_look_and_are_told_why_they_may_not_steer() {
    if !can() {
        return;
    }
    let program = Program::new();
    let house = house(&Access { viewers: true, ..members() }, &program);
    let viewer = Some((STRANGER, ""));
    let said = program.said(viewer, "ask", &house.socket, &["status"]);
    assert!(said.contains(r#""role":"viewer""#), "{said}");
    let said = program.said(viewer, "ask", &house.socket, &["pause"]);
    assert!(said.starts_with("refused Permission") && said.contains("`pause`"), "{said}");
    assert!(said.contains("members of the group `daemon`") && said.contains("use sudo"), "{said}");
    assert!(program.said(Some((STRANGER, NUMBER)), "ask", &house.socket, &["pause"]).starts_with("answer"));
}

fn the_server_itself_refuses_who_gets_as_far_as_the_socket() {
    if !can() {
        return;
    }
    let program = Program::new();
    let house = house(&members(), &program);
    // As if somebody had opened the doors by hand.
    let open = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).expect("mode");
    };
    open(house.socket.parent().unwrap(), 0o755);
    open(&house.socket, 0o666);
    let said = program.said(Some((STRANGER, "")), "ask", &house.socket, &["status"]);
    assert!(said.starts_with("not let in: Permission: user 12345 may not talk"), "{said}");
    assert!(said.contains("group `daemon`") && said.contains("use sudo"), "{said}");
}

fn who_loses_access_is_sent_away() {
    if !can() {
        return;
    }
    let program = Program::new();
    let house = house(&members(), &program);
    let mut listener = program.start(Some((STRANGER, NUMBER)), "listen", &house.socket, &[]);
    assert_eq!(listener.line(), "in as Operator");
    house.gate.replace(&Access { viewers: true, ..Access::default() }).expect("set");
    let said = program.said(Some((STRANGER, NUMBER)), "ask", &house.socket, &["pause"]);
    assert!(said.starts_with("refused Permission"), "no member's right any more: {said}");
    house.gate.replace(&Access::default()).expect("set");
    assert!(listener.line().starts_with("closed Permission"), "and out it goes");
}

fn a_strangers_service_is_not_trusted() {
    if !can() {
        return;
    }
    let program = Program::new();
    let own = program.folder().join("theirs");
    std::fs::create_dir(&own).expect("made");
    chown(&own, Some(STRANGER), None).expect("given away");
    let socket = own.join("control.sock");
    let mut theirs = program.start(Some((STRANGER, "")), "serve", &socket, &[]);
    assert_eq!(theirs.line(), "ready");
    // To itself it is.
    assert!(program.said(Some((STRANGER, "")), "ask", &socket, &["pause"]).starts_with("answer"));
    run(async {
        let failure = Client::connect(&socket, "1.0.0").await.expect_err("a stranger's");
        assert!(failure.class == Class::Security && failure.line().contains("user 12345"), "{failure}");
    });
}

fn the_house_is_full_but_for_root() {
    if !can() {
        return;
    }
    let program = Program::new();
    let house = house(&members(), &program);
    run(async {
        let mut all = Vec::new();
        for _ in 0..254 {
            all.push(Raw::greeted(&house.socket).await);
        }
        let (program, socket) = (&program, house.socket.as_path());
        let said = program.said(Some((STRANGER, NUMBER)), "ask", socket, &["status"]);
        assert!(said.starts_with("not let in: Busy") && said.contains("254 connections"), "{said}");
        all.push(Raw::greeted(socket).await);
        all.push(Raw::greeted(socket).await);
        let failure = Client::connect(socket, "1.0.0").await.expect_err("full");
        assert_eq!(failure.class, Class::Busy, "{failure}");
        for raw in &mut all {
            raw.works().await;
        }
        // One leaves, one may come: as soon as the server has seen it.
        all.truncate(255);
        while Client::connect(socket, "1.0.0").await.is_err() {}
    });
}

fn one_user_gets_sixty_four() {
    if !can() {
        return;
    }
    let program = Program::new();
    let house = house(&members(), &program);
    let said = program.said(Some((STRANGER, NUMBER)), "crowd", &house.socket, &["80"]);
    assert!(said.starts_with("64 let in") && said.contains("user 12345"), "{said}");
    run(async { Raw::greeted(&house.socket).await.works().await });
}

fn a_service_that_is_killed_is_noticed() {
    let program = Program::new();
    let socket = program.folder().join("own/control.sock");
    let mut service = program.start(None, "serve", &socket, &[]);
    assert_eq!(service.line(), "ready");
    run(async {
        let mut talk = Client::connect(&socket, "1.0.0").await.expect("a connection");
        let (asked, killed) = (talk.client.clone(), talk.client.clone());
        let asked = tokio::spawn(async move { asked.send(&Request::Check).await });
        killed.send(&Request::Status).await.expect("it lives");
        service.kill();
        assert_eq!(asked.await.expect("no panic").expect_err("lost").class, Class::Unreachable);
        assert_eq!(talk.notices.next().await.expect_err("over").class, Class::Unreachable);
        let failure = Client::connect(&socket, "1.0.0").await.expect_err("gone");
        assert!(failure.line().contains("has ended"), "{failure}");
        // Its successor finds the file and is reached.
        let mut next = program.start(None, "serve", &socket, &[]);
        assert_eq!(next.line(), "ready");
        Client::connect(&socket, "1.0.0").await.expect("a connection");
    });
}
