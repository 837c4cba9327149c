//! What a person decides about a job that waits or is parked.

use super::finish;
use crate::commerce::types::Ids;
use crate::queue::job::{Job, Outcome, State};
use crate::seam::Millis;

/// A person's decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Try again now. An unknown outcome is looked up again first.
    Retry,
    /// Send again although the outcome is unknown: the person made sure that it is not there.
    SendAgain,
    /// It exists; these are its ids.
    Exists(Ids),
    /// It shall not be sent any more.
    Cancel,
}

/// Why a decision cannot be carried out now; each is a clause that ends a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::queue) enum Refused {
    #[error("it is done, and a done job never changes")]
    Done,
    #[error("it is on its way at this moment; try again")]
    Running,
    #[error("its outcome is unknown; say first whether the document exists")]
    Unknown,
}

/// Takes in a decision.
pub(in crate::queue) fn decided(job: &mut Job, decision: Decision, now: Millis) -> Result<(), Refused> {
    open(job)?;
    match decision {
        Decision::Retry => again(job),
        Decision::SendAgain => {
            job.outcome = Outcome::None;
            again(job);
        }
        Decision::Exists(ids) => finish(job, Outcome::Ok, Some(ids)),
        Decision::Cancel if job.outcome == Outcome::Unknown => return Err(Refused::Unknown),
        Decision::Cancel => finish(job, Outcome::Cancelled, None),
    }
    job.updated = now;
    Ok(())
}

/// Takes in that a person changed the document: it is tried again as if it were new.
pub(in crate::queue) fn edited(job: &mut Job, reference: &str, customer: &str, now: Millis) -> Result<(), Refused> {
    open(job)?;
    if job.outcome == Outcome::Unknown {
        return Err(Refused::Unknown);
    }
    // The key follows the customer where it was the customer's.
    if job.order_key == job.customer {
        customer.clone_into(&mut job.order_key);
    }
    reference.clone_into(&mut job.reference);
    customer.clone_into(&mut job.customer);
    job.edits += 1;
    again(job);
    job.updated = now;
    Ok(())
}

const fn open(job: &Job) -> Result<(), Refused> {
    match job.state {
        State::Done => Err(Refused::Done),
        State::Running => Err(Refused::Running),
        State::Ready | State::Waiting | State::Parked => Ok(()),
    }
}

fn again(job: &mut Job) {
    if job.outcome == Outcome::Rejected {
        job.outcome = Outcome::None;
    }
    job.failures = 0;
    job.crashes = 0;
    job.interruptions = 0;
    job.empty_lookups = 0;
    job.state = State::Ready;
    job.reason = None;
    job.next_at = None;
    // Trying again now means now.
    job.not_before = None;
}
