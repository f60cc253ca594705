//! The machine itself: what survives a pulled plug, what an orderly reboot stops and starts. Every other
//! scenario rests on this.

use libtest_mimic::Trial;

use super::scenario;
use crate::kit::Result;
use crate::kit::base::Base;
use crate::kit::machine::{Machine, Setup};

/// Notes each start and each orderly stop on the disk.
const UNIT: &str = "[Service]
Type=notify
NotifyAccess=all
ExecStart=/bin/sh -c 'echo start >>/var/lib/witness; systemd-notify --ready; exec sleep infinity'
ExecStopPost=/bin/sh -c 'echo stop >>/var/lib/witness'
[Install]
WantedBy=multi-user.target
";

pub(crate) fn scenarios() -> Vec<Trial> {
    vec![
        scenario("power::a_pulled_plug_stops_nothing_in_order_and_the_disk_stays", plug),
        scenario("power::an_orderly_reboot_stops_units_and_has_a_new_boot_id", reboot),
        scenario("power::two_machines_do_not_see_each_other", neighbours),
    ]
}

fn plug(base: &Base) -> Result<()> {
    let mut machine = witness(base)?;
    let background = machine.spawn(&["sleep", "infinity"])?;
    machine.kill()?;
    let output = background.output_within(std::time::Duration::from_secs(10))?;
    assert!(!output.succeeded(), "a command of the machine outlived it: {output}");
    machine.reup()?;
    assert_eq!(testimony(&machine), "start\nstart\n");
    assert_eq!(machine.exec(&["systemctl", "is-active", "witness"]).ok().stdout, "active\n");
    Ok(())
}

fn reboot(base: &Base) -> Result<()> {
    let mut machine = witness(base)?;
    let boot_id = |machine: &Machine| machine.exec(&["cat", "/proc/sys/kernel/random/boot_id"]).ok().stdout;
    let before = boot_id(&machine);
    machine.reboot()?;
    assert_ne!(boot_id(&machine), before);
    assert_eq!(testimony(&machine), "start\nstop\nstart\n");
    machine.shut_down()?;
    machine.reup()?;
    assert_eq!(testimony(&machine), "start\nstop\nstart\nstop\nstart\n");
    Ok(())
}

fn neighbours(base: &Base) -> Result<()> {
    let [one, other] = [witness(base)?, witness(base)?];
    assert_ne!(one.port(), other.port());
    one.write("/var/lib/private-to-one", "");
    assert_eq!(other.exec(&["test", "-e", "/var/lib/private-to-one"]).code, Some(1));
    // With a shared cgroup this would wait for, or kill, the processes of the other machine.
    one.exec(&["systemctl", "stop", "witness"]).ok();
    assert_eq!(testimony(&one), "start\nstop\n");
    assert_eq!(other.exec(&["systemctl", "is-active", "witness"]).ok().stdout, "active\n");
    assert_eq!(testimony(&other), "start\n");
    Ok(())
}

/// A machine with the unit enabled and started.
fn witness(base: &Base) -> Result<Machine> {
    let machine = Machine::boot(base, Setup::new())?;
    machine.write("/etc/systemd/system/witness.service", UNIT);
    machine.exec(&["systemctl", "enable", "--now", "witness.service"]).ok();
    Ok(machine)
}

fn testimony(machine: &Machine) -> String {
    machine.exec(&["cat", "/var/lib/witness"]).ok().stdout
}
