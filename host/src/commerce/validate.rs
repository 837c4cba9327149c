//! What a document must satisfy before it is accepted, whatever system it goes to.

use super::decimal;
use super::documents::{Order, OrderKind};
use super::types::FieldProblem;
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
    for (field, date) in
        [("order_date", &order.order_date), ("requested_date", &order.requested_date), ("expires", &order.expires)]
    {
        if date.as_ref().is_some_and(|date| !is_date(date)) {
            problems.add(field, "write a date as YYYY-MM-DD");
        }
    }
    problems.0
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
    use super::{is_date, order};

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
