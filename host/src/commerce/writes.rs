//! What a store asks a system to do besides taking an order: withdraw, note, convert, pay, charge, forget.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::documents::{Note, Order, Payment};
use super::types::Money;

/// Something that is done to a record of the system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct On<T> {
    /// The record's id in the system.
    pub id: String,
    /// What is done to it.
    pub what: T,
}

/// Withdraws an order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cancellation {
    /// Why, for the people of the system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Id of the customer: the cancellation then goes behind the customer's documents that were accepted before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
}

/// Adds a note to an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteAddition {
    /// The store's own number of the note.
    pub reference: String,
    /// The note.
    pub note: Note,
    /// Id of the customer: the note then goes behind the customer's documents that were accepted before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
}

/// Makes an order of a quote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Conversion {
    /// The store's own number of the order that comes of it.
    pub reference: String,
    /// Id of the customer.
    pub customer: String,
    /// Lines and dates that differ from the quote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<Order>,
}

/// Records a payment on invoices or on account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PaymentRecord {
    /// Id of the customer.
    pub customer: String,
    /// The payment; its `reference` is the store's own number of it.
    pub payment: Payment,
}

/// Charges a token of the payment vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Charge {
    /// The store's own number of the charge.
    pub reference: String,
    /// Id of the customer.
    pub customer: String,
    /// The token. A card number is refused.
    pub token: String,
    /// How much.
    pub amount: Money,
}

/// Forgets a token of the payment vault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Detachment {
    /// Id of the customer.
    pub customer: String,
    /// The token.
    pub token: String,
}
