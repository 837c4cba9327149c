//! A job: one document on its way to one system.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::id::JobId;
use crate::commerce::lane::Lane;
use crate::commerce::types::Ids;
use crate::seam::Millis;

/// What is done with the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub enum Operation {
    /// `orders.submit`: an order, quote or pre-order into the system.
    #[serde(rename = "orders.submit")]
    SubmitOrder,
    /// `orders.cancel`: an order is withdrawn.
    #[serde(rename = "orders.cancel")]
    CancelOrder,
    /// `orders.add-note`: a note for an order.
    #[serde(rename = "orders.add-note")]
    AddOrderNote,
    /// `quotes.convert`: an order is made of a quote.
    #[serde(rename = "quotes.convert")]
    ConvertQuote,
    /// `invoices.record-payment`: a payment on invoices or on account.
    #[serde(rename = "invoices.record-payment")]
    RecordPayment,
    /// `customers.upsert-customer`: a customer, new or changed.
    #[serde(rename = "customers.upsert-customer")]
    UpsertCustomer,
    /// `customers.upsert-ship-to`: a delivery address, new or changed.
    #[serde(rename = "customers.upsert-ship-to")]
    UpsertShipTo,
    /// `payments.charge`: a token of the payment vault is charged.
    #[serde(rename = "payments.charge")]
    Charge,
    /// `payments.detach`: a token of the payment vault is forgotten.
    #[serde(rename = "payments.detach")]
    DetachPaymentMethod,
    /// `connector.check`: a sign of life, to know of trouble before a customer does.
    #[serde(rename = "connector.check")]
    Check,
}

impl Operation {
    /// The contract's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SubmitOrder => "orders.submit",
            Self::CancelOrder => "orders.cancel",
            Self::AddOrderNote => "orders.add-note",
            Self::ConvertQuote => "quotes.convert",
            Self::RecordPayment => "invoices.record-payment",
            Self::UpsertCustomer => "customers.upsert-customer",
            Self::UpsertShipTo => "customers.upsert-ship-to",
            Self::Charge => "payments.charge",
            Self::DetachPaymentMethod => "payments.detach",
            Self::Check => "connector.check",
        }
    }

    /// Whether it changes something in the system. What only reads may be done again at any time.
    #[must_use]
    pub const fn writes(self) -> bool {
        !matches!(self, Self::Check)
    }
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// On disk, its turn has not come.
    Ready,
    /// An attempt or a look-up is on its way.
    Running,
    /// It goes on by itself later; `reason` says why it waits.
    Waiting,
    /// It needs a person; `reason` says what for.
    Parked,
    /// Nothing more will happen.
    Done,
}

/// What became of the document, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Nothing yet.
    None,
    /// It exists in the system; `ids` name it.
    Ok,
    /// The system said no.
    Rejected,
    /// It may or may not exist; it is looked up before anything else.
    Unknown,
    /// A person withdrew it.
    Cancelled,
}

/// Why a job waits or is parked: a kind for programs, a text for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Reason {
    /// The kind.
    pub kind: ReasonKind,
    /// What the system or the host said.
    pub text: String,
}

/// Kinds of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReasonKind {
    /// The system is away or asks to wait.
    Unavailable,
    /// The system refused the credentials.
    Unauthorized,
    /// The attempt failed before anything left.
    NotSent,
    /// The document may have arrived; it is being looked up.
    Unknown,
    /// The system refused the document.
    Rejected,
    /// A code has no counterpart in the system.
    NeedsMapping,
    /// The look-up found several documents with this reference.
    Ambiguous,
    /// The system cannot be asked whether the document arrived.
    NoLookup,
    /// The connector failed.
    Connector,
    /// The host was stopped each time the document was on its way.
    Interrupted,
}

impl ReasonKind {
    /// The word in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Unauthorized => "unauthorized",
            Self::NotSent => "not_sent",
            Self::Unknown => "unknown",
            Self::Rejected => "rejected",
            Self::NeedsMapping => "needs_mapping",
            Self::Ambiguous => "ambiguous",
            Self::NoLookup => "no_lookup",
            Self::Connector => "connector",
            Self::Interrupted => "interrupted",
        }
    }
}

/// One attempt or look-up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Attempt {
    /// 1 for the first attempt; a look-up carries the number of the attempt it asks about.
    pub number: u32,
    /// What was done.
    pub step: Step,
    /// Milliseconds since the epoch.
    pub started: Millis,
    /// None while it runs, or when the host was killed meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Millis>,
    /// How it ended, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// The connector and its version, where one was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connector: Option<String>,
}

/// What a turn of a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Sends the document.
    Send,
    /// Asks the system whether it has the document.
    LookUp,
}

/// The record of a job. The document itself is a record of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Job {
    /// `job_…`; ids sort by the time of acceptance.
    pub id: JobId,
    /// The connection.
    pub connection: String,
    /// Who it must not wait for.
    pub lane: Lane,
    /// What is done.
    pub operation: Operation,
    /// Within its lane: 0 goes first, 9 last.
    pub priority: u8,
    /// Jobs of a lane with the same key go one after the other.
    pub order_key: String,
    /// The store's number of the document.
    pub reference: String,
    /// The customer, for look-ups.
    pub customer: String,
    /// The caller's key.
    pub idempotency_key: String,
    /// Where it stands.
    pub state: State,
    /// What became of the document.
    pub outcome: Outcome,
    /// Why it waits or is parked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What it has in common with others that are parked, or were before they were tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// Who the document is in the system, once it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<Ids>,
    /// Whether the system had it before the host sent it.
    #[serde(default)]
    pub already_there: bool,
    /// Sends that were started.
    pub sends: u32,
    /// Sends that failed for a reason of the document or the connector.
    pub failures: u32,
    /// Times the connector crashed over it.
    #[serde(default)]
    pub crashes: u32,
    /// Times in a row that the host was stopped while it was on its way.
    #[serde(default)]
    pub interruptions: u32,
    /// Look-ups in a row that found nothing.
    #[serde(default)]
    pub empty_lookups: u32,
    /// Times a person changed the document.
    #[serde(default)]
    pub edits: u32,
    /// What was tried, the oldest first.
    #[serde(default)]
    pub attempts: Vec<Attempt>,
    /// Not sent before this time; milliseconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Millis>,
    /// When it goes on, for a job that waits; milliseconds since the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Millis>,
    /// When it was accepted.
    pub accepted: Millis,
    /// When its record was last written.
    pub updated: Millis,
}
