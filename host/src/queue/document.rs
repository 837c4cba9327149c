//! What is carried: each kind of document with the operation it goes by, and how its record is written and read.

use serde::Serialize;
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::job::Operation;
use crate::commerce::documents::Order;
use crate::commerce::parties::{Customer, ShipTo};
use crate::commerce::types::FieldProblem;
use crate::commerce::validate;
use crate::commerce::writes::{Cancellation, Charge, Conversion, Detachment, NoteAddition, On, PaymentRecord};

/// A document that changes something in a system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document {
    /// An order, quote or pre-order.
    Order(Box<Order>),
    /// An order is withdrawn.
    Cancellation(On<Cancellation>),
    /// A note for an order.
    Note(On<NoteAddition>),
    /// An order is made of a quote.
    Conversion(Box<On<Conversion>>),
    /// A payment on invoices or on account.
    Payment(Box<PaymentRecord>),
    /// A customer, new or changed.
    Customer(Box<Customer>),
    /// A delivery address, new or changed.
    ShipTo(Box<ShipTo>),
    /// A token is charged.
    Charge(Charge),
    /// A token is forgotten.
    Detachment(Detachment),
}

/// Why a record is no document.
#[derive(Debug, Error)]
pub enum DocumentError {
    /// It cannot be read or written.
    #[error("read the document: {0}")]
    Text(#[from] serde_json::Error),
    /// It goes by an operation that has no document.
    #[error("read the document: {0} has none")]
    None(&'static str),
}

impl Document {
    /// The operation it goes by.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        match self {
            Self::Order(_) => Operation::SubmitOrder,
            Self::Cancellation(_) => Operation::CancelOrder,
            Self::Note(_) => Operation::AddOrderNote,
            Self::Conversion(_) => Operation::ConvertQuote,
            Self::Payment(_) => Operation::RecordPayment,
            Self::Customer(_) => Operation::UpsertCustomer,
            Self::ShipTo(_) => Operation::UpsertShipTo,
            Self::Charge(_) => Operation::Charge,
            Self::Detachment(_) => Operation::DetachPaymentMethod,
        }
    }

    /// The store's number of it; what it is done to, where it has none of its own.
    #[must_use]
    pub fn reference(&self) -> &str {
        match self {
            Self::Order(order) => &order.reference,
            Self::Cancellation(on) => &on.id,
            Self::Note(on) => &on.what.reference,
            Self::Conversion(on) => &on.what.reference,
            Self::Payment(record) => record.payment.reference.as_deref().unwrap_or_default(),
            Self::Customer(customer) => either(&customer.ids.id, &customer.name),
            Self::ShipTo(ship_to) => either(&ship_to.ids.id, &ship_to.customer),
            Self::Charge(charge) => &charge.reference,
            Self::Detachment(detachment) => &detachment.token,
        }
    }

    /// The customer it belongs to; empty where that is not known.
    #[must_use]
    pub fn customer(&self) -> &str {
        match self {
            Self::Order(order) => &order.customer,
            Self::Cancellation(on) => on.what.customer.as_deref().unwrap_or_default(),
            Self::Note(on) => on.what.customer.as_deref().unwrap_or_default(),
            Self::Conversion(on) => &on.what.customer,
            Self::Payment(record) => &record.customer,
            Self::Customer(customer) => either(&customer.ids.id, &customer.name),
            Self::ShipTo(ship_to) => &ship_to.customer,
            Self::Charge(charge) => &charge.customer,
            Self::Detachment(detachment) => &detachment.customer,
        }
    }

    /// What it must not overtake, where the caller does not say: the customer's other documents, else those of the same
    /// record.
    #[must_use]
    pub fn order_key(&self) -> String {
        let customer = self.customer();
        if customer.is_empty() { format!("record/{}", self.reference()) } else { customer.to_owned() }
    }

    /// Whether doing it twice comes to the same as once, whatever the system can do: what is withdrawn stays
    /// withdrawn, what is set to a value keeps it.
    #[must_use]
    pub const fn is_repeatable(&self) -> bool {
        match self {
            Self::Cancellation(_) | Self::Detachment(_) => true,
            Self::Customer(customer) => !customer.ids.id.is_empty(),
            Self::ShipTo(ship_to) => !ship_to.ids.id.is_empty(),
            Self::Order(_) | Self::Note(_) | Self::Conversion(_) | Self::Payment(_) | Self::Charge(_) => false,
        }
    }

    /// Everything that is wrong with it; empty when it may be accepted.
    #[must_use]
    pub fn problems(&self) -> Vec<FieldProblem> {
        match self {
            Self::Order(order) => validate::order(order),
            Self::Cancellation(on) => validate::names(&[("order", &on.id)]),
            Self::Note(on) => validate::names(&[
                ("order", &on.id),
                ("reference", &on.what.reference),
                ("note.text", &on.what.note.text),
            ]),
            Self::Conversion(on) => validate::names(&[
                ("quote", &on.id),
                ("reference", &on.what.reference),
                ("customer", &on.what.customer),
            ]),
            Self::Payment(record) => validate::payment(record),
            Self::Customer(customer) => validate::names(&[("name", &customer.name)]),
            Self::ShipTo(ship_to) => validate::names(&[("customer", &ship_to.customer)]),
            Self::Charge(charge) => validate::charge(charge),
            Self::Detachment(detachment) => {
                validate::names(&[("customer", &detachment.customer), ("token", &detachment.token)])
            }
        }
    }

    /// The one way it is written, so that the same document always has the same text.
    ///
    /// # Errors
    /// [`DocumentError`] when a value in it cannot be written, such as a malformed decimal.
    pub fn canonical(&self) -> Result<Vec<u8>, DocumentError> {
        match self {
            Self::Order(order) => text(order),
            Self::Cancellation(on) => text(on),
            Self::Note(on) => text(on),
            Self::Conversion(on) => text(on),
            Self::Payment(record) => text(record),
            Self::Customer(customer) => text(customer),
            Self::ShipTo(ship_to) => text(ship_to),
            Self::Charge(charge) => text(charge),
            Self::Detachment(detachment) => text(detachment),
        }
    }

    /// Reads what [`Document::canonical`] wrote, or what a person wrote in its place.
    ///
    /// # Errors
    /// [`DocumentError`] when the text does not fit the operation.
    pub fn read(operation: Operation, bytes: &[u8]) -> Result<Self, DocumentError> {
        Ok(match operation {
            Operation::SubmitOrder => Self::Order(value(bytes)?),
            Operation::CancelOrder => Self::Cancellation(value(bytes)?),
            Operation::AddOrderNote => Self::Note(value(bytes)?),
            Operation::ConvertQuote => Self::Conversion(value(bytes)?),
            Operation::RecordPayment => Self::Payment(value(bytes)?),
            Operation::UpsertCustomer => Self::Customer(value(bytes)?),
            Operation::UpsertShipTo => Self::ShipTo(value(bytes)?),
            Operation::Charge => Self::Charge(value(bytes)?),
            Operation::DetachPaymentMethod => Self::Detachment(value(bytes)?),
            Operation::Check => return Err(DocumentError::None(operation.name())),
        })
    }
}

fn either<'a>(one: &'a str, other: &'a str) -> &'a str {
    if one.is_empty() { other } else { one }
}

fn text<T: Serialize>(document: &T) -> Result<Vec<u8>, DocumentError> {
    Ok(serde_json::to_vec(document)?)
}

fn value<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DocumentError> {
    Ok(serde_json::from_slice(bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commerce::types::Money;

    fn documents() -> Vec<Document> {
        let order = r#"{"kind":"order","reference":"W-1","customer":"C1",
            "lines":[{"line":"1","product":"A","quantity":{"value":"1","unit":"EA"}}]}"#;
        let payment = r#"{"customer":"C1","payment":{"method":"ach","reference":"P-1",
            "amount":{"amount":"5.00","currency":"USD"}}}"#;
        let money = Money { amount: "5.00".into(), currency: "USD".into() };
        let cancellation = Cancellation { reason: None, customer: Some("C1".into()) };
        let conversion = Conversion { reference: "W-2".into(), customer: "C1".into(), changes: None };
        vec![
            Document::read(Operation::SubmitOrder, order.as_bytes()).unwrap(),
            Document::Cancellation(On { id: "17".into(), what: cancellation }),
            Document::Conversion(Box::new(On { id: "Q1".into(), what: conversion })),
            Document::read(Operation::RecordPayment, payment.as_bytes()).unwrap(),
            Document::Charge(Charge {
                reference: "CH-1".into(),
                customer: "C1".into(),
                token: "tok_1".into(),
                amount: money,
            }),
            Document::Detachment(Detachment { customer: "C1".into(), token: "tok_1".into() }),
        ]
    }

    #[test]
    fn every_document_is_read_as_it_was_written() {
        for document in documents() {
            let text = document.canonical().unwrap();
            assert_eq!(Document::read(document.operation(), &text).unwrap(), document);
            assert_eq!(document.problems(), Vec::new(), "{document:?}");
            assert_eq!(document.order_key(), "C1");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let cancellation = Document::Cancellation(On { id: String::new(), what: Cancellation::default() });
        assert_eq!(cancellation.problems()[0].field, "order");
        let read = |text: &str| Document::read(Operation::Charge, text.as_bytes()).unwrap();
        let charge = read(
            r#"{"reference":"1","customer":"C1","token":"4111 1111 1111 1111",
            "amount":{"amount":"0","currency":"USD"}}"#,
        );
        let fields: Vec<_> = charge.problems().into_iter().map(|problem| problem.field).collect();
        assert_eq!(fields, ["token", "amount.amount"]);
        let payment = r#"{"customer":"C1","payment":{"method":"ach"}}"#;
        let payment = Document::read(Operation::RecordPayment, payment.as_bytes()).unwrap();
        let fields: Vec<_> = payment.problems().into_iter().map(|problem| problem.field).collect();
        assert_eq!(fields, ["payment.reference", "payment.amount"]);
    }
}
