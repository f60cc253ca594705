//! Record the outcome: everything here may be repeated.

use crate::model::{Outcome, Verdict};

use super::super::context::Context;
use super::super::settle;
use super::Applied;

/// Makes the new version the truth.
pub fn apply(cx: &mut Context) -> Outcome<Applied> {
    settle::settle(cx, Verdict::Updated)?;
    Ok(Applied::Done(None))
}
