//! How many connections there may be.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::model::{Class, Failure, Outcome};

/// Connections in all.
const ALL: usize = 256;
/// Of these, the last ones are for root: it must get in when others fill the house.
const FOR_ROOT: usize = 2;
/// Connections of one user other than root.
const EACH: usize = 64;

/// The seats, some of which are taken.
#[derive(Debug, Clone, Default)]
pub(super) struct Seats {
    taken: Arc<Mutex<HashMap<u32, usize>>>,
}

/// A seat that is taken; free again when dropped, however its connection ended.
#[derive(Debug)]
pub(super) struct Seat {
    seats: Seats,
    uid: u32,
}

impl Seats {
    /// A seat for `uid`.
    ///
    /// # Errors
    /// `Busy` when there is none for it.
    pub(super) fn take(&self, uid: u32) -> Outcome<Seat> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = taken.values().sum();
        let own = taken.get(&uid).copied().unwrap_or(0);
        let full = |who: &str, count: usize| {
            let what = format!("the updater has {count} connections{who}, and takes no more");
            Err(Failure::new(Class::Busy, what).hint("close some, and try again"))
        };
        if all >= if uid == 0 { ALL } else { ALL - FOR_ROOT } {
            return full("", all);
        }
        if uid != 0 && own >= EACH {
            return full(&format!(" of user {uid}"), own);
        }
        *taken.entry(uid).or_default() += 1;
        drop(taken);
        Ok(Seat { seats: self.clone(), uid })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.uid) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.uid);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_gets_more_than_a_share_and_root_the_last_ones() {
        let seats = Seats::default();
        let mut kept: Vec<Seat> = (0..EACH).map(|_| seats.take(7).expect("a seat")).collect();
        assert!(seats.take(7).expect_err("its share").line().contains("64 connections of user 7"));
        kept.extend((0..ALL - FOR_ROOT - EACH).map(|at| seats.take(100 + at as u32).expect("a seat")));
        assert_eq!(seats.take(8).expect_err("full").class, Class::Busy);
        kept.extend((0..FOR_ROOT).map(|_| seats.take(0).expect("root's")));
        assert_eq!(seats.take(0).expect_err("full").class, Class::Busy);
        kept.truncate(EACH - 1);
        drop(seats.take(7).expect("free again"));
        drop(kept);
        assert!(seats.taken.lock().expect("whole").is_empty());
    }
}
