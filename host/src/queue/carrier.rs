//! Carries a job to its system through the connector, and judges what came of it by what the host saw.

use std::sync::Arc;
use std::time::Duration;

use futures::future::BoxFuture;

use super::job::{Job, ReasonKind};
use super::machine::{Found, Sent};
use crate::commerce::documents::Order;
use crate::commerce::types::{Conflict, Error as Refusal, WriteContext, Written};
use crate::connection::{Connection, Connections};
use crate::limits;
use crate::plugin::contract::connector::Idempotency;
use crate::plugin::{Call, CallError, Ended, Loaded, Report};

/// Sends documents and looks them up. Tests put a system of their own behind it.
pub trait Carrier: Send + Sync + 'static {
    /// Sends the document of a job.
    fn send<'a>(&'a self, job: &'a Job, document: &'a [u8]) -> BoxFuture<'a, Sent>;
    /// Asks whether the system has the document of a job.
    fn look_up<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Found>;
}

/// Carries jobs through connectors.
pub struct ConnectorCarrier {
    connections: Connections,
}

impl ConnectorCarrier {
    /// A carrier over these connections.
    #[must_use]
    pub const fn new(connections: Connections) -> Self {
        Self { connections }
    }

    fn find(&self, job: &Job) -> Result<(Arc<Connection>, Arc<Loaded>), String> {
        let connection = self.connections.get(&job.connection).map_err(|error| error.to_string())?;
        let loaded = self.connections.connector_of(&connection).map_err(|error| error.to_string())?;
        Ok((connection, loaded))
    }
}

impl Carrier for ConnectorCarrier {
    fn send<'a>(&'a self, job: &'a Job, document: &'a [u8]) -> BoxFuture<'a, Sent> {
        Box::pin(async move {
            // A connection that is gone or does not load comes back with its file; the document waits for it.
            let (connection, loaded) = match self.find(job) {
                Ok(found) => found,
                Err(text) => return Sent::Away { text, wait: None },
            };
            let order: Order = match serde_json::from_slice(document) {
                Ok(order) => order,
                Err(e) => return Sent::Rejected(format!("the stored document cannot be read: {e}")),
            };
            let write = WriteContext {
                idempotency_key: job.id.clone(),
                reference: job.reference.clone(),
                attempt: job.sends,
                dry_run: false,
            };
            let ended = loaded.submit_order(call(&connection, job), &write, &order).await;
            judge(ended)
        })
    }

    fn look_up<'a>(&'a self, job: &'a Job) -> BoxFuture<'a, Found> {
        Box::pin(async move {
            let (connection, loaded) = match self.find(job) {
                Ok(found) => found,
                Err(text) => return Found::Away(text),
            };
            let operation = loaded.description.operations.iter().find(|o| o.name == job.operation.name());
            match operation.map(|operation| &operation.idempotency) {
                Some(Idempotency::Key) => return Found::Repeatable,
                Some(Idempotency::Reference) => {}
                Some(Idempotency::None) | None => {
                    return Found::Impossible(
                        "the system cannot be asked for the document by its reference".to_owned(),
                    );
                }
            }
            found(loaded.find_order(call(&connection, job), &job.customer, &job.reference).await)
        })
    }
}

fn call(connection: &Connection, job: &Job) -> Call {
    let id = format!("{}-{}", job.id, job.attempts.len());
    Call { link: Arc::clone(&connection.link), id: id.into(), time: limits::ATTEMPT_TIMEOUT, want_native: false }
}

/// What a send came to. Where the connector's word and the host's evidence differ, the evidence counts.
fn judge(ended: Ended<Written>) -> Sent {
    let report = ended.report;
    let refusal = match ended.result {
        Ok(Written::Created(ids)) => return Sent::There { ids, already: false },
        Ok(Written::AlreadyThere(ids)) | Err(CallError::Refused(Refusal::Conflict(Conflict::Duplicate(ids)))) => {
            return Sent::There { ids, already: true };
        }
        Ok(Written::Pending(token)) => return Sent::Unknown(format!("the system works on it ({token})")),
        Err(CallError::Refused(refusal)) => refusal,
        Err(CallError::Deadline) => return crashed(report, "there was no answer in time".to_owned(), true),
        Err(error @ (CallError::Trap { .. } | CallError::NotOffered { .. })) => {
            return crashed(report, error.to_string(), false);
        }
    };
    if report.write_unanswered {
        return Sent::Unknown(format!("a request left and was not answered; the connector said: {}", text(&refusal)));
    }
    refused(report, refusal)
}

fn refused(report: Report, refusal: Refusal) -> Sent {
    let text = text(&refusal);
    match refusal {
        Refusal::Invalid(_) | Refusal::NotFound(_) | Refusal::NotSupported(_) => Sent::Rejected(text),
        Refusal::NeedsMapping(_) => Sent::NeedsMapping(text),
        Refusal::Unauthorized(_) => Sent::Unauthorized(text),
        Refusal::RateLimited(wait) => Sent::Away { text, wait: wait.map(Duration::from_millis) },
        Refusal::Unavailable(_) => Sent::Away { text, wait: None },
        Refusal::Conflict(_) | Refusal::NotSent(_) => Sent::Failed { kind: ReasonKind::NotSent, text },
        // Nothing that changes anything left, so there is nothing to look up.
        Refusal::OutcomeUnknown(_) if !report.write_left => Sent::Away { text, wait: None },
        Refusal::Internal(_) if !report.write_left => Sent::Failed { kind: ReasonKind::Connector, text },
        Refusal::OutcomeUnknown(_) | Refusal::Internal(_) => Sent::Unknown(text),
    }
}

fn crashed(report: Report, text: String, slow: bool) -> Sent {
    match (report.write_left, slow) {
        (true, _) => Sent::Unknown(text),
        (false, true) => Sent::Away { text, wait: None },
        (false, false) => Sent::Failed { kind: ReasonKind::Connector, text },
    }
}

fn found(ended: Ended<Vec<crate::commerce::types::Ids>>) -> Found {
    match ended.result {
        Ok(mut all) => match (all.pop(), all.len()) {
            (None, _) => Found::None,
            (Some(one), 0) => Found::One(one),
            (Some(_), others) => Found::Several(others + 1),
        },
        Err(CallError::Refused(refusal)) => {
            let text = text(&refusal);
            match refusal {
                Refusal::NotSupported(_) => Found::Impossible(text),
                Refusal::Internal(_) | Refusal::Invalid(_) | Refusal::Conflict(_) | Refusal::NeedsMapping(_) => {
                    Found::Failed(text)
                }
                Refusal::NotFound(_) => Found::None,
                Refusal::Unauthorized(_)
                | Refusal::RateLimited(_)
                | Refusal::Unavailable(_)
                | Refusal::NotSent(_)
                | Refusal::OutcomeUnknown(_) => Found::Away(text),
            }
        }
        Err(CallError::Deadline) => Found::Away("there was no answer in time".to_owned()),
        Err(CallError::NotOffered { .. }) => Found::Impossible("the connector has no look-up".to_owned()),
        Err(error @ CallError::Trap { .. }) => Found::Failed(error.to_string()),
    }
}

fn text(refusal: &Refusal) -> String {
    refusal.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused_with(refusal: Refusal, report: Report) -> Sent {
        judge(Ended { result: Err(CallError::Refused(refusal)), report })
    }

    #[test]
    fn evidence_overrules_the_connector() {
        let left = Report { write_left: true, write_unanswered: true, ..Report::default() };
        assert!(matches!(refused_with(Refusal::NotSent("no".into()), left), Sent::Unknown(_)));
        assert!(matches!(refused_with(Refusal::Invalid(Vec::new()), left), Sent::Unknown(_)));
        let quiet = Report::default();
        assert!(matches!(refused_with(Refusal::NotSent("no".into()), quiet), Sent::Failed { .. }));
        assert!(matches!(refused_with(Refusal::OutcomeUnknown("?".into()), quiet), Sent::Away { .. }));
    }

    #[test]
    fn a_crash_after_a_write_is_unknown() {
        let left = Report { write_left: true, ..Report::default() };
        let trap = || Err(CallError::Trap { text: "boom".into() });
        assert!(matches!(judge(Ended { result: trap(), report: left }), Sent::Unknown(_)));
        assert!(matches!(judge(Ended { result: trap(), report: Report::default() }), Sent::Failed { .. }));
        assert!(matches!(judge(Ended { result: Err(CallError::Deadline), report: left }), Sent::Unknown(_)));
    }
}
