//! The service is not there, goes, comes back, or is another one.

use super::fake::Fake;
use super::kit::trials::{Test, tests};
use super::place::Place;
use super::pty::code;

/// Every test here.
pub(crate) fn tests() -> Vec<Test> {
    tests![
        a_service_that_comes_later_is_found,
        a_service_that_goes_is_told_at_once_and_found_again,
        a_service_of_another_protocol_is_refused_before_the_screen,
    ]
}

fn a_service_that_comes_later_is_found() {
    let place = Place::new();
    let mut tty = place.open(&[]);
    tty.wait("the screen without a service", |tty| tty.screen().alternate_screen() && !tty.text().is_empty());
    let _service = place.serve();
    tty.wait_for("host-01");
    tty.wait_for("v1.4.2");
    tty.type_in("q");
    assert_eq!(code(tty.end_restored()), 0);
}

fn a_service_that_goes_is_told_at_once_and_found_again() {
    let place = Place::new();
    let service = place.serve();
    let mut tty = place.attached(&[]);
    drop(service);
    tty.wait_for("lost");
    assert!(tty.text().contains("v1.4.2"), "what was known stays:\n{}", tty.text());
    let service = place.serve();
    tty.wait_without("lost");
    service.update_begins();
    service.update_ends();
    tty.wait_for("v1.5.0");
    tty.type_in("q");
    assert_eq!(code(tty.end_restored()), 0);
}

fn a_service_of_another_protocol_is_refused_before_the_screen() {
    let place = Place::new();
    let _service = Fake::speaking(&place.socket(), 99);
    let mut tty = place.open(&[]);
    assert_eq!(code(tty.end_restored()), 2);
    assert!(tty.text().contains("99") && !tty.raw.contains(&0x1b), "{}", tty.text());
}
