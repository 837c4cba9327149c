//! Carries documents to their system through the connector, and judges what came of it by what the host saw.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, join_all};

use super::document::Document;
use super::job::{Job, Operation, ReasonKind};
use super::machine::{Found, Sent};
use crate::commerce::documents::Order;
use crate::commerce::types::{Conflict, Error as Refusal, Ids, WriteContext, Written};
use crate::connection::{Connection, Connections};
use crate::limits;
use crate::plugin::contract::connector::Idempotency;
use crate::plugin::contract::order_batches::Submission;
use crate::plugin::{Call, CallError, Ended, Loaded, Report};

/// A document on its way.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// Its job.
    pub job: &'a Job,
    /// The document as JSON; empty for an operation that has none.
    pub document: &'a [u8],
}

/// What came of a turn, and who was asked.
#[derive(Clone, Debug)]
pub struct Answer<T> {
    /// What came of it.
    pub what: T,
    /// The connector and its version.
    pub connector: Option<String>,
}

impl<T> Answer<T> {
    /// An answer that no connector gave.
    pub const fn of(what: T) -> Self {
        Self { what, connector: None }
    }
}

/// Sends documents and looks them up. Tests put a system of their own behind it.
pub trait Carrier: Send + Sync + 'static {
    /// Sends the documents of one connection in one call; an answer for each, in their order.
    fn send<'a>(&'a self, documents: &'a [Outgoing<'a>]) -> BoxFuture<'a, Vec<Answer<Sent>>>;
    /// Asks whether the system has a document that was sent before.
    fn look_up<'a>(&'a self, one: Outgoing<'a>) -> BoxFuture<'a, Answer<Found>>;
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

    async fn send_one(&self, one: Outgoing<'_>) -> Answer<Sent> {
        let (connection, loaded) = match self.find(one.job) {
            Ok(found) => found,
            // A connection that is gone or does not load comes back with its file; the document waits for it.
            Err(text) => return Answer::of(Sent::Away { text, wait: None }),
        };
        let call = call(&connection, one.job);
        let what = match one.job.operation {
            Operation::Check => told(loaded.check(call).await.map(|health| {
                let version = health.version.map(|version| format!(" {version}")).unwrap_or_default();
                format!("{}{version} answers", health.system)
            })),
            operation => match Document::read(operation, one.document) {
                Ok(document) => judge(write(&loaded, call, one.job, &document).await),
                Err(error) => Sent::Rejected(format!("the stored document cannot be used: failed to {error}")),
            },
        };
        Answer { what, connector: Some(loaded.title()) }
    }

    /// Several orders in one call, where the connector takes them so.
    async fn send_batch(
        &self,
        (connection, loaded): (&Connection, &Loaded),
        documents: &[Outgoing<'_>],
    ) -> Vec<Answer<Sent>> {
        let read: Vec<Result<Order, Sent>> = documents.iter().map(|one| read(*one)).collect();
        let items: Vec<Submission> = documents
            .iter()
            .zip(&read)
            .filter_map(|(one, order)| {
                let document = order.as_ref().ok()?.clone();
                Some(Submission { write: write_context(one.job), document })
            })
            .collect();
        let Some(first) = documents.first() else { return Vec::new() };
        let ended = loaded.submit_orders(call(connection, first.job), &items).await;
        let mut judged = judge_batch(ended, items.len()).into_iter();
        let missing = || Sent::Unknown { text: "the connector gave no answer".to_owned(), crashed: true };
        let told = read.into_iter().map(|order| match order {
            Ok(_) => judged.next().unwrap_or_else(missing),
            Err(sent) => sent,
        });
        told.map(|what| Answer { what, connector: Some(loaded.title()) }).collect()
    }
}

impl Carrier for ConnectorCarrier {
    fn send<'a>(&'a self, documents: &'a [Outgoing<'a>]) -> BoxFuture<'a, Vec<Answer<Sent>>> {
        Box::pin(async move {
            if let [first, _, ..] = documents
                && documents.iter().all(|one| one.job.operation == Operation::SubmitOrder)
                && let Ok((connection, loaded)) = self.find(first.job)
                && loaded.takes_batches()
            {
                return self.send_batch((&connection, &loaded), documents).await;
            }
            join_all(documents.iter().map(|one| self.send_one(*one))).await
        })
    }

    fn look_up<'a>(&'a self, one: Outgoing<'a>) -> BoxFuture<'a, Answer<Found>> {
        Box::pin(async move {
            let job = one.job;
            let (connection, loaded) = match self.find(job) {
                Ok(found) => found,
                Err(text) => return Answer::of(Found::Away { text, wait: None }),
            };
            let operation = loaded.description.operations.iter().find(|o| o.name == job.operation.name());
            let document = Document::read(job.operation, one.document);
            let what = match operation.map(|operation| &operation.idempotency) {
                _ if document.is_ok_and(|document| document.is_repeatable()) => Found::Repeatable,
                Some(Idempotency::Key) => Found::Repeatable,
                Some(Idempotency::Reference) => find(&loaded, call(&connection, job), job).await,
                Some(Idempotency::None) | None => impossible(),
            };
            Answer { what, connector: Some(loaded.title()) }
        })
    }
}

/// Does what the document says.
async fn write(loaded: &Loaded, call: Call, job: &Job, document: &Document) -> Ended<Written> {
    let context = &write_context(job);
    match document {
        Document::Order(order) => loaded.submit_order(call, context, order).await,
        Document::Cancellation(on) => loaded.cancel_order(call, context, &on.id, on.what.reason.as_deref()).await,
        Document::Note(on) => loaded.add_order_note(call, context, &on.id, &on.what.note).await,
        Document::Conversion(on) => loaded.convert_quote(call, context, &on.id, on.what.changes.as_ref()).await,
        Document::Payment(record) => loaded.record_payment(call, context, &record.customer, &record.payment).await,
        Document::Customer(customer) => loaded.upsert_customer(call, context, customer).await,
        Document::ShipTo(ship_to) => loaded.upsert_ship_to(call, context, ship_to).await,
        Document::Charge(charge) => loaded.charge(call, context, &charge.customer, &charge.token, &charge.amount).await,
        Document::Detachment(detachment) => {
            loaded.detach_payment_method(call, context, &detachment.customer, &detachment.token).await
        }
    }
}

/// Asks whether the system has what the job carries.
async fn find(loaded: &Loaded, call: Call, job: &Job) -> Found {
    let (customer, reference) = (&job.customer, &job.reference);
    match job.operation {
        Operation::SubmitOrder => found(loaded.find_order(call, customer, reference).await),
        Operation::ConvertQuote => found(loaded.find_converted(call, customer, reference).await),
        Operation::RecordPayment => found(loaded.find_payment(call, customer, reference).await),
        Operation::Charge => found(loaded.find_charge(call, customer, reference).await),
        Operation::CancelOrder
        | Operation::AddOrderNote
        | Operation::UpsertCustomer
        | Operation::UpsertShipTo
        | Operation::DetachPaymentMethod
        | Operation::Check => impossible(),
    }
}

fn impossible() -> Found {
    Found::Impossible("the system cannot be asked for the document by its reference".to_owned())
}

fn read(one: Outgoing<'_>) -> Result<Order, Sent> {
    serde_json::from_slice(one.document).map_err(|e| Sent::Rejected(format!("the stored document cannot be read: {e}")))
}

fn write_context(job: &Job) -> WriteContext {
    WriteContext {
        idempotency_key: job.id.to_string(),
        reference: job.reference.clone(),
        attempt: job.sends,
        dry_run: false,
    }
}

fn call(connection: &Connection, job: &Job) -> Call {
    let id = format!("{}-{}", job.id, job.attempts.len());
    Call {
        link: Arc::clone(&connection.link),
        id: id.into(),
        lane: job.lane,
        time: limits::ATTEMPT_TIMEOUT,
        want_native: false,
    }
}

/// What a send came to. Where the connector's word and the host's evidence differ, the evidence counts.
fn judge(ended: Ended<Written>) -> Sent {
    let report = ended.report;
    match ended.result {
        Ok(written) => wrote(written),
        Err(CallError::Refused(refusal)) => said_no(report, refusal),
        Err(CallError::Deadline) if report.write_left => {
            Sent::Unknown { text: "there was no answer in time".to_owned(), crashed: false }
        }
        Err(CallError::Deadline) => Sent::Away { text: "there was no answer in time".to_owned(), wait: None },
        Err(error @ CallError::NotOffered { .. }) => {
            Sent::Failed { kind: ReasonKind::Connector, text: error.to_string() }
        }
        Err(error @ CallError::Trap { .. }) if report.write_left => {
            Sent::Unknown { text: error.to_string(), crashed: true }
        }
        Err(error @ CallError::Trap { .. }) => Sent::Crashed(error.to_string()),
    }
}

/// Each document of a call for itself; what the call as a whole came to holds for every one of them.
fn judge_batch(ended: Ended<Vec<Result<Written, Refusal>>>, count: usize) -> Vec<Sent> {
    let report = ended.report;
    match ended.result {
        Ok(answers) => {
            let each =
                answers.into_iter().map(|answer| judge(Ended { result: answer.map_err(CallError::Refused), report }));
            each.collect()
        }
        Err(error) => {
            let whole = judge(Ended { result: Err(error), report });
            vec![whole; count]
        }
    }
}

fn wrote(written: Written) -> Sent {
    match written {
        Written::Created(ids) => Sent::There { ids, already: false },
        Written::AlreadyThere(ids) => Sent::There { ids, already: true },
        Written::Pending(token) => Sent::Unknown { text: format!("the system works on it ({token})"), crashed: false },
    }
}

fn said_no(report: Report, refusal: Refusal) -> Sent {
    match refusal {
        Refusal::Conflict(Conflict::Duplicate(ids)) => Sent::There { ids, already: true },
        refusal if report.write_unanswered => {
            let text = format!("a request left and was not answered; the connector said: {refusal}");
            Sent::Unknown { text, crashed: false }
        }
        refusal => refused(report, refusal),
    }
}

/// What an operation that only reads came to.
fn told(ended: Ended<String>) -> Sent {
    match ended.result {
        Ok(text) => Sent::Told(text),
        Err(CallError::Refused(refusal)) => match refused(Report::default(), refusal) {
            Sent::Rejected(text) => Sent::Away { text, wait: None },
            sent => sent,
        },
        Err(CallError::Deadline) => Sent::Away { text: "there was no answer in time".to_owned(), wait: None },
        Err(error) => Sent::Crashed(error.to_string()),
    }
}

fn refused(report: Report, refusal: Refusal) -> Sent {
    let text = refusal.to_string();
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
        Refusal::OutcomeUnknown(_) | Refusal::Internal(_) => Sent::Unknown { text, crashed: false },
    }
}

fn found(ended: Ended<Vec<Ids>>) -> Found {
    match ended.result {
        Ok(mut all) => match (all.pop(), all.len()) {
            (None, _) => Found::None,
            (Some(one), 0) => Found::One(one),
            (Some(_), others) => Found::Several(others + 1),
        },
        Err(CallError::Refused(refusal)) => {
            let text = refusal.to_string();
            match refusal {
                Refusal::RateLimited(wait) => Found::Away { text, wait: wait.map(Duration::from_millis) },
                Refusal::NotSupported(_) => Found::Impossible(text),
                Refusal::Internal(_) | Refusal::Invalid(_) | Refusal::Conflict(_) | Refusal::NeedsMapping(_) => {
                    Found::Failed(text)
                }
                Refusal::NotFound(_) => Found::None,
                Refusal::Unauthorized(_)
                | Refusal::Unavailable(_)
                | Refusal::NotSent(_)
                | Refusal::OutcomeUnknown(_) => Found::Away { text, wait: None },
            }
        }
        Err(CallError::Deadline) => Found::Away { text: "there was no answer in time".to_owned(), wait: None },
        Err(CallError::NotOffered { .. }) => Found::Impossible("the connector has no look-up".to_owned()),
        Err(error @ CallError::Trap { .. }) => Found::Failed(error.to_string()),
    }
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
        assert!(matches!(refused_with(Refusal::NotSent("no".into()), left), Sent::Unknown { .. }));
        assert!(matches!(refused_with(Refusal::Invalid(Vec::new()), left), Sent::Unknown { .. }));
        let quiet = Report::default();
        assert!(matches!(refused_with(Refusal::NotSent("no".into()), quiet), Sent::Failed { .. }));
        assert!(matches!(refused_with(Refusal::OutcomeUnknown("?".into()), quiet), Sent::Away { .. }));
    }

    #[test]
    fn a_crash_after_a_write_is_unknown() {
        let left = Report { write_left: true, ..Report::default() };
        let trap = || Err(CallError::Trap { text: "boom".into() });
        assert!(matches!(judge(Ended { result: trap(), report: left }), Sent::Unknown { .. }));
        assert!(matches!(judge(Ended { result: trap(), report: Report::default() }), Sent::Crashed(_)));
        assert!(matches!(judge(Ended { result: Err(CallError::Deadline), report: left }), Sent::Unknown { .. }));
    }

    #[test]
    fn each_document_of_a_batch_has_its_own_outcome() {
        let ids = Ids { id: "7".into(), key: Vec::new(), number: None };
        let answers = vec![Ok(Written::Created(ids)), Err(Refusal::Invalid(Vec::new()))];
        let quiet = Report { write_left: true, ..Report::default() };
        let judged = judge_batch(Ended { result: Ok(answers), report: quiet }, 2);
        assert!(matches!(judged[..], [Sent::There { .. }, Sent::Rejected(_)]), "{judged:?}");
        let cut = judge_batch(Ended { result: Err(CallError::Deadline), report: quiet }, 3);
        assert!(cut.len() == 3 && cut.iter().all(|sent| matches!(sent, Sent::Unknown { .. })));
    }
}
