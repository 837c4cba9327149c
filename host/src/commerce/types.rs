//! What every topic shares: identities, quantities, errors, the context of a call.
#![allow(missing_docs, reason = "the names are the contract's own; what needs words has them, here and in `wit/`")]

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use wasmtime::component::{ComponentType, Lift, Lower};

use crate::commerce::decimal;

/// An amount with its currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Money {
    #[serde(with = "decimal")]
    #[schema(value_type = String, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub amount: String,
    pub currency: String,
}

/// A quantity with its unit, both as the connected system writes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Quantity {
    #[serde(with = "decimal")]
    #[schema(value_type = String, pattern = "^-?[0-9]{1,18}(\\.[0-9]{1,10})?$", example = "12.50")]
    pub value: String,
    pub unit: String,
}

/// One part of a composite key, such as company number, order number and suffix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct KeyPart {
    pub name: String,
    pub value: String,
}

/// Who a record is in the connected system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Ids {
    /// Opaque and stable; what other calls take as an id.
    pub id: String,
    /// The composite key, where the system has one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key: Vec<KeyPart>,
    /// The number people read, where it differs from `id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
}

/// A tenant's own field: its name and its value as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct CustomField {
    pub name: String,
    pub value: String,
}

/// How current a record is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Revision {
    /// The system's own version mark, for conditional writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// When the system last changed it.
    #[component(name = "modified-at")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_at: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Address {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Street lines in order, at most five.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// State or province code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[component(name = "postal-code")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// What a call is made with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct Context {
    /// The connection's name.
    pub connection: String,
    /// The connection's `[settings]` as a JSON object; it fits the schema that `describe` gave.
    pub settings: String,
    /// Milliseconds left for the whole call, as counted by the host.
    #[component(name = "deadline-ms")]
    pub deadline_ms: u64,
    /// Names this call in logs.
    #[component(name = "call-id")]
    pub call_id: String,
    /// Whether the caller wants the system's own payload in `native`.
    #[component(name = "want-native")]
    #[serde(default)]
    pub want_native: bool,
}

/// What a write is made with, besides its context.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct WriteContext {
    /// The same for every attempt at one document. Send it where the system takes an idempotency key.
    #[component(name = "idempotency-key")]
    pub idempotency_key: String,
    /// The store's own number of the document. Put it where the system can be asked for it.
    pub reference: String,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// Check, but change nothing.
    #[component(name = "dry-run")]
    #[serde(default)]
    pub dry_run: bool,
}

/// One field that is wrong, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct FieldProblem {
    /// A path into the document: `lines[2].unit`.
    pub field: String,
    pub problem: String,
}

/// A code without a counterpart in the connected system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct MissingMapping {
    /// What kind of code: `carrier`, `unit`, `warehouse`.
    pub kind: String,
    pub code: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum Conflict {
    /// The document exists already; these are its ids. For a write this is a success.
    #[component(name = "duplicate")]
    Duplicate(Ids),
    /// It was changed by somebody else in the meantime.
    #[component(name = "version")]
    Version(String),
}

/// Why a call failed. What the host does next depends on the case alone, never on the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum Error {
    /// The system has no such function; the text says why.
    #[component(name = "not-supported")]
    NotSupported(String),
    /// Credentials are missing or were refused. Writes wait for a person.
    #[component(name = "unauthorized")]
    Unauthorized(String),
    #[component(name = "not-found")]
    NotFound(String),
    /// A business "no". Never retried.
    #[component(name = "invalid")]
    Invalid(Vec<FieldProblem>),
    #[component(name = "conflict")]
    Conflict(Conflict),
    /// Waits until the codes are mapped, then goes on by itself.
    #[component(name = "needs-mapping")]
    NeedsMapping(Vec<MissingMapping>),
    /// Try again after so many milliseconds, where the system said so. Spends no attempt.
    #[component(name = "rate-limited")]
    RateLimited(Option<u64>),
    /// The system is down or in maintenance. Spends no attempt; the host stops asking for a while.
    #[component(name = "unavailable")]
    Unavailable(String),
    /// The request certainly never left. The host overrules this when bytes did leave.
    #[component(name = "not-sent")]
    NotSent(String),
    /// It was sent and no usable answer came. A write is looked up before anything else happens.
    #[component(name = "outcome-unknown")]
    OutcomeUnknown(String),
    /// A fault of the connector or an answer it does not understand.
    #[component(name = "internal")]
    Internal(String),
}

/// How a write ended well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(variant)]
#[serde(rename_all = "snake_case")]
pub enum Written {
    #[component(name = "created")]
    Created(Ids),
    /// It was there before; nothing was changed.
    #[component(name = "already-there")]
    AlreadyThere(Ids),
    /// The system works on it; the token finds it again.
    #[component(name = "pending")]
    Pending(String),
}

/// Which page of a list is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct PageRequest {
    /// `next` of the page before; none for the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// At most so many items.
    pub limit: u32,
}

/// Where a list goes on. It has ended only when `next` is none and `complete` is true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, ComponentType, Lift, Lower)]
#[component(record)]
#[serde(deny_unknown_fields)]
pub struct PageEnd {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// False when the connector had to stop early; the host treats that as an error, never as a short list.
    #[serde(default)]
    pub complete: bool,
}

pub use crate::commerce::linkage::{Host, HostWithStore, add_to_linker};

/// A decimal number as text; see [`super::decimal`].
pub type Decimal = String;
/// An ISO 4217 code.
pub type Currency = String;
/// A calendar day, `2026-01-31`.
pub type Date = String;
/// An instant in RFC 3339, UTC.
pub type Instant = String;
/// A JSON text.
pub type Json = String;
