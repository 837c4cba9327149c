//! What a document must satisfy before it is accepted, whatever system it goes to.

use super::decimal;
use super::documents::{Order, OrderKind};
use super::types::FieldProblem;
use super::writes::{Charge, PaymentRecord};
use crate::limits;

/// Everything that is wrong with an order, quote or pre-order that shall be submitted; empty when it may be accepted.
#[must_use]
pub fn order(order: &Order) -> Vec<FieldProblem> {
    let mut problems = Problems::default();
    problems.text("reference", &order.reference, "the store's own number of the document");
    problems.text("customer", &order.customer, "the id of the customer");
    if !matches!(order.kind, OrderKind::Order | OrderKind::Quote | OrderKind::PreOrder) {
        problems.add("kind", "only order, quote and pre_order can be submitted");
    }
    if order.ids.is_some() {
        problems.add("ids", "a new document has no ids yet; leave them out");
    }
    if order.lines.is_empty() {
        problems.add("lines", "a document needs at least one line");
    }
    if order.lines.len() > limits::DOCUMENT_LINES_MAX {
        problems.add("lines", &format!("a document may have {} lines", limits::DOCUMENT_LINES_MAX));
    }
    for (at, line) in order.lines.iter().enumerate().take(limits::DOCUMENT_LINES_MAX) {
        if line.product.is_none() && line.customer_sku.is_none() && line.description.is_none() {
            problems.add(&format!("lines[{at}].product"), "a line needs a product, a customer_sku or a description");
        }
        if !decimal::is_positive(&line.quantity.value) {
            problems.add(&format!("lines[{at}].quantity.value"), "the quantity must be greater than zero");
        }
        if line.price_override && line.unit_price.is_none() {
            problems.add(&format!("lines[{at}].unit_price"), "price_override needs a unit_price");
        }
    }
    let token = order.payment.as_ref().and_then(|payment| payment.token.as_ref());
    if token.is_some_and(|token| is_card_number(&token.token)) {
        problems.add("payment.token.token", CARD);
    }
    for (field, date) in
        [("order_date", &order.order_date), ("requested_date", &order.requested_date), ("expires", &order.expires)]
    {
        if date.as_ref().is_some_and(|date| !is_date(date)) {
            problems.add(field, "write a date as YYYY-MM-DD");
        }
    }
    problems.0
}

/// Texts that must be there, each with its field.
#[must_use]
pub fn names(fields: &[(&str, &str)]) -> Vec<FieldProblem> {
    let mut problems = Problems::default();
    for (field, text) in fields {
        problems.text(field, text, "given");
    }
    problems.0
}

/// Everything that is wrong with a payment that shall be recorded.
#[must_use]
pub fn payment(record: &PaymentRecord) -> Vec<FieldProblem> {
    let mut problems = Problems::default();
    problems.text("customer", &record.customer, "the id of the customer");
    let reference = record.payment.reference.as_deref().unwrap_or_default();
    problems.text("payment.reference", reference, "the store's own number of the payment");
    match &record.payment.amount {
        None => problems.add("payment.amount", "a payment that is recorded needs an amount"),
        Some(amount) if !decimal::is_positive(&amount.amount) => {
            problems.add("payment.amount.amount", "the amount must be greater than zero");
        }
        Some(_) => {}
    }
    if record.payment.token.as_ref().is_some_and(|token| is_card_number(&token.token)) {
        problems.add("payment.token.token", CARD);
    }
    for (at, applied) in record.payment.applies_to.iter().enumerate() {
        if !decimal::is_positive(&applied.amount) {
            problems.add(&format!("payment.applies_to[{at}].amount"), "the amount must be greater than zero");
        }
    }
    problems.0
}

/// Everything that is wrong with a charge.
#[must_use]
pub fn charge(charge: &Charge) -> Vec<FieldProblem> {
    let mut problems = Problems::default();
    problems.text("reference", &charge.reference, "the store's own number of the charge");
    problems.text("customer", &charge.customer, "the id of the customer");
    problems.text("token", &charge.token, "a token of the vault");
    if is_card_number(&charge.token) {
        problems.add("token", CARD);
    }
    if !decimal::is_positive(&charge.amount.amount) {
        problems.add("amount.amount", "the amount must be greater than zero");
    }
    problems.0
}

const CARD: &str = "this looks like a card number; only tokens of the payment vault are taken";

/// Whether a text reads as a card number: 12 to 19 digits, with spaces or hyphens at most, that pass the check digit
/// (ISO/IEC 7812-1, Luhn).
fn is_card_number(text: &str) -> bool {
    if !text.chars().all(|c| c.is_ascii_digit() || c == ' ' || c == '-') {
        return false;
    }
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match at % 2 {
            0 => *digit,
            _ if *digit > 4 => digit * 2 - 9,
            _ => digit * 2,
        })
        .sum();
    (12..=19).contains(&digits.len()) && sum.is_multiple_of(10)
}

#[derive(Default)]
struct Problems(Vec<FieldProblem>);

impl Problems {
    fn add(&mut self, field: &str, problem: &str) {
        self.0.push(FieldProblem { field: field.to_owned(), problem: problem.to_owned() });
    }

    fn text(&mut self, field: &str, text: &str, what: &str) {
        if text.trim().is_empty() {
            self.add(field, &format!("it is empty; it must be {what}"));
        } else if text.len() > limits::IDENTIFIER_BYTES_MAX {
            self.add(field, &format!("it may have {} bytes", limits::IDENTIFIER_BYTES_MAX));
        }
    }
}

/// Whether a text is a calendar day that exists.
fn is_date(text: &str) -> bool {
    let part = |range: std::ops::Range<usize>| text.get(range).and_then(|digits| digits.parse::<u32>().ok());
    let shaped = text.len() == 10
        && text.bytes().enumerate().all(|(at, b)| match at {
            4 | 7 => b == b'-',
            _ => b.is_ascii_digit(),
        });
    let (Some(year), Some(month), Some(day)) = (part(0..4), part(5..7), part(8..10)) else { return false };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    shaped && (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::{is_card_number, is_date, order};

    #[test]
    fn card_numbers_are_told_from_tokens() {
        assert!(is_card_number("4111 1111 1111 1111") && is_card_number("5500-0000-0000-0004"));
        assert!(
            !is_card_number("4111111111111112") && !is_card_number("tok_4111111111111111") && !is_card_number("42")
        );
    }

    #[test]
    fn dates_exist() {
        assert!(is_date("2024-02-29") && is_date("2026-12-31"));
        assert!(!is_date("2026-02-29") && !is_date("2026-13-01") && !is_date("26-01-01") && !is_date("2026-1-1x"));
    }

    #[test]
    fn every_problem_is_named_at_once() {
        let text = r#"{"kind":"blanket","reference":" ","customer":"C1","order_date":"01.02.2026",
            "lines":[{"line":"1","quantity":{"value":"0","unit":"EA"},"price_override":true}]}"#;
        let problems = order(&serde_json::from_str(text).unwrap());
        let fields: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
        let expected =
            ["reference", "kind", "lines[0].product", "lines[0].quantity.value", "lines[0].unit_price", "order_date"];
        assert_eq!(fields, expected);
    }
}
