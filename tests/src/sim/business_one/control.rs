//! The path that steers the simulator, outside the protocol: `/_sim/faults`, `/_sim/state`, `/_sim/expire-sessions`.

use hyper::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::answer::Answer;
use super::faults::Faults;
use super::routes::Company;

/// A document the simulator holds, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldDocument {
    /// Its key.
    pub doc_entry: u64,
    /// The number people read.
    pub doc_num: u64,
    /// The customer.
    pub card_code: String,
    /// The customer's reference number, which nothing keeps unique.
    pub num_at_card: Option<String>,
    /// Whether it was cancelled.
    pub cancelled: bool,
    /// Its total, as the service writes it.
    pub doc_total: String,
    /// Item code and quantity of each line.
    pub lines: Vec<(String, String)>,
}

impl HeldDocument {
    pub(super) fn of(document: &Value) -> Self {
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = |name: &str| document.get(name).and_then(Value::as_u64).unwrap_or(0);
        let printed = |value: Option<&Value>| value.map(ToString::to_string).unwrap_or_default();
        let lines = document.get("DocumentLines").and_then(Value::as_array).into_iter().flatten();
        Self {
            doc_entry: number("DocEntry"),
            doc_num: number("DocNum"),
            card_code: text(document, "CardCode"),
            num_at_card: document.get("NumAtCard").and_then(Value::as_str).map(str::to_owned),
            cancelled: text(document, "Cancelled") == "tYES",
            doc_total: printed(document.get("DocTotal")),
            lines: lines.map(|line| (text(line, "ItemCode"), printed(line.get("Quantity")))).collect(),
        }
    }
}

pub(super) fn answer(company: &Company, method: &Method, path: &str, body: &[u8]) -> Answer {
    match (method, path) {
        (&Method::GET, "/_sim/faults") => faults(company),
        (&Method::PUT, "/_sim/faults") => match serde_json::from_slice::<Faults>(body) {
            Ok(wanted) => {
                company.faults.set(wanted);
                faults(company)
            }
            Err(error) => Answer::json(StatusCode::BAD_REQUEST, &json!({"problem": error.to_string()})),
        },
        (&Method::POST, "/_sim/expire-sessions") => {
            company.sessions.expire();
            Answer::empty()
        }
        (&Method::GET, "/_sim/state") => Answer::ok(&json!({
            "orders": company.orders.map(HeldDocument::of),
            "quotations": company.quotations.map(HeldDocument::of),
            "requests": company.counts(),
            "sessions": company.sessions.count(),
        })),
        _ => Answer::json(StatusCode::NOT_FOUND, &json!({"problem": "faults, state and expire-sessions are there"})),
    }
}

fn faults(company: &Company) -> Answer {
    Answer::ok(&serde_json::to_value(company.faults.get()).unwrap_or_default())
}
