//! Calls of the server's models, and what an answer that is not a result means.
//!
//! Every call is a POST, whether it changes something or not. The server runs each in one transaction and takes
//! everything back when it answers with an error, so an error that came whole means that nothing was changed.

use apiconnect_sdk::http::{Failure, FailureKind, Response};
use apiconnect_sdk::prelude::*;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::tables::Context as Company;

/// Where the calls go. Without the slash at its end the server answers with a redirection.
const PATH: &str = "rpc/";
/// Another user holds the record; the same call works a moment later.
const RETRY_MS: u64 = 1_000;

/// What a refused call was to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    /// It can simply be asked again, and a refusal is about rights.
    Read,
    /// Nothing is kept: it can be asked again, and a refusal is about the document.
    Check,
    /// It may have been carried out.
    Write,
}

#[derive(Serialize)]
struct Call<'a, P> {
    // With other keys than these three the server answers errors in another form.
    id: u32,
    method: &'a str,
    params: P,
}

#[derive(Deserialize)]
struct Reply {
    result: Option<Box<RawValue>>,
    error: Option<Vec<serde_json::Value>>,
}

/// One call of `method`; `params` is a tuple whose last member is the context.
pub(crate) fn call<P: Serialize>(method: &str, params: P) -> http::Request {
    http::post(PATH).json(&Call { id: 1, method, params })
}

/// What a list asks for.
pub(crate) struct Search<'a> {
    pub(crate) model: &'a str,
    pub(crate) domain: serde_json::Value,
    pub(crate) limit: u32,
    pub(crate) newest_first: bool,
    pub(crate) fields: &'a [&'a str],
}

impl Search<'_> {
    /// The call that finds the records and reads their fields, by id, so that pages are stable.
    pub(crate) fn request(&self, company: &Company) -> http::Request {
        let method = format!("model.{}.search_read", self.model);
        let order = [["id", if self.newest_first { "DESC" } else { "ASC" }]];
        call(&method, (&self.domain, 0, self.limit, order, self.fields, company))
    }
}

/// The rows of a search.
pub(crate) fn search<T: DeserializeOwned>(company: &Company, search: &Search<'_>) -> Result<Vec<T>, Error> {
    read(search.request(company).send())
}

/// The result of a read.
pub(crate) fn read<T: DeserializeOwned>(answer: Result<Response, Failure>) -> Result<T, Error> {
    value(answer, Intent::Read)
}

/// The result of a call that computes something for a document that is not kept.
pub(crate) fn checked<T: DeserializeOwned>(answer: Result<Response, Failure>) -> Result<T, Error> {
    value(answer, Intent::Check)
}

/// The result of a call that changes something. A cut connection leaves its outcome unknown.
pub(crate) fn written<T: DeserializeOwned>(answer: Result<Response, Failure>) -> Result<T, Error> {
    value(answer, Intent::Write)
}

fn value<T: DeserializeOwned>(answer: Result<Response, Failure>, intent: Intent) -> Result<T, Error> {
    let response = answer.map_err(|failure| match (failure.kind, intent) {
        (_, Intent::Write) => Error::from(failure),
        (FailureKind::Unauthorized, _) => Error::Unauthorized(failure.message),
        (FailureKind::Refused | FailureKind::Limit, _) => Error::Internal(failure.message),
        _ => Error::Unavailable(failure.message),
    })?;
    if response.status != 200 {
        return Err(refused(&response, intent));
    }
    let Ok(reply) = serde_json::from_slice::<Reply>(&response.body) else { return Err(odd(&response, intent)) };
    if let Some(error) = reply.error {
        return Err(exception(&error, intent));
    }
    let result = reply.result.as_deref().map_or("null", RawValue::get);
    apiconnect_sdk::json::read(result.as_bytes())
}

fn refused(response: &Response, intent: Intent) -> Error {
    let text = said(response);
    match response.status {
        401 => Error::Unauthorized(text),
        403 => Error::NotSupported(format!("{text}; is the module activated that has this function?")),
        413 => Error::invalid("lines", "the document is larger than the server takes"),
        429 => Error::RateLimited(response.retry_after_ms()),
        503 => Error::Unavailable(text),
        // Behind these a worker of the server may have gone on with the call.
        500.. if intent == Intent::Write => Error::OutcomeUnknown(text),
        500.. => Error::Unavailable(text),
        // A wrong address waits for the operator; no document is turned down for it.
        _ => {
            Error::Unavailable(format!("{text}; is base_url the server's address with the database's name behind it?"))
        }
    }
}

/// A success that is no answer of Tryton's: a proxy's page, or a cut one.
fn odd(response: &Response, intent: Intent) -> Error {
    let text = format!("{}; this is no answer of a Tryton server", said(response));
    if intent == Intent::Write { Error::OutcomeUnknown(text) } else { Error::Unavailable(text) }
}

fn said(response: &Response) -> String {
    let start: String = response.text().chars().take(200).collect();
    format!("the server answered {}: {start}", response.status)
}

/// The server's exceptions: a known name with its arguments, or any text with a traceback.
fn exception(error: &[serde_json::Value], intent: Intent) -> Error {
    let name = error.first().and_then(serde_json::Value::as_str).unwrap_or_default();
    let arguments: Vec<&str> = match error.get(1) {
        Some(serde_json::Value::Array(all)) => all.iter().filter_map(serde_json::Value::as_str).collect(),
        Some(serde_json::Value::String(one)) => vec![one],
        _ => Vec::new(),
    };
    let text = |from: usize| {
        let parts = arguments.iter().skip(from).map(|part| part.trim()).filter(|part| !part.is_empty());
        parts.collect::<Vec<_>>().join(" ")
    };
    match (name, intent) {
        // Reads name only what was found before: what is left to refuse is the right to read it.
        ("UserError", Intent::Read) => Error::Unauthorized(text(0)),
        ("UserError", _) => Error::invalid(field(&text(0)), text(0)),
        // Its first argument is the warning's internal name.
        ("UserWarning", _) => Error::invalid("", format!("the system asks a person to confirm: {}", text(1))),
        ("LoginException", _) => Error::Unauthorized(text(1)),
        ("RateLimitException", _) => Error::RateLimited(None),
        ("ConcurrencyException", Intent::Write) => Error::Conflict(Conflict::Version(text(0))),
        ("ConcurrencyException", _) => Error::RateLimited(Some(RETRY_MS)),
        (other, Intent::Write) => Error::NotSent(format!("the server failed and took everything back: {other}")),
        (other, _) => Error::internal(format!("the server failed: {other}")),
    }
}

/// The field of the contract's order that an error text is about: `… for field "Unit Price" in record …`. Labels are
/// known in English only; in other languages the text has to speak for itself.
fn field(text: &str) -> &'static str {
    let label = text.split_once("for field \"").and_then(|(_, rest)| rest.split('"').next());
    match label {
        Some("Party") => "customer",
        Some("Shipment Address") => "ship_to",
        Some("Invoice Address") => "bill_to",
        Some("Warehouse") => "warehouse",
        Some("Shipping Date") => "requested_date",
        Some("Sale Date") => "order_date",
        Some("Currency") => "currency",
        Some("Reference") => "reference",
        Some("Product") => "lines.product",
        Some("Quantity") => "lines.quantity.value",
        Some("Unit") => "lines.quantity.unit",
        Some("Unit Price") => "lines.unit_price",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use apiconnect_sdk::testing::FakeHost;

    use super::*;

    fn answered(status: u16, body: &str, intent: Intent) -> Error {
        let mut error = None;
        let _ = FakeHost::new()
            .on("POST", PATH, status, body)
            .run(|| error = value::<i64>(http::post(PATH).send(), intent).err());
        error.unwrap()
    }

    #[test]
    fn exceptions_become_errors() {
        use Intent::{Check, Read, Write};
        let user = r#"{"id": 1, "error": ["UserError", ["The value \"8\" for field \"Product\" in record \"1\" is not valid.", "", [[["salable", "=", true]], {}]]]}"#;
        let Error::Invalid(problems) = answered(200, user, Write) else { panic!() };
        assert_eq!(problems[0].field, "lines.product");
        assert!(!problems[0].problem.contains("salable"), "the domain is for machines: {}", problems[0].problem);
        assert!(matches!(answered(200, user, Check), Error::Invalid(_)));
        assert!(matches!(answered(200, user, Read), Error::Unauthorized(_)));
        let warning = r#"{"id": 1, "error": ["UserWarning", ["limit_2", "Over the credit limit.", "By 12.00"]]}"#;
        let Error::Invalid(problems) = answered(200, warning, Write) else { panic!() };
        assert_eq!(problems[0].problem, "the system asks a person to confirm: Over the credit limit. By 12.00");
        let concurrent = r#"{"id": 1, "error": ["ConcurrencyException", "Records were modified"]}"#;
        assert!(matches!(answered(200, concurrent, Write), Error::Conflict(Conflict::Version(_))));
        assert!(matches!(answered(200, concurrent, Read), Error::RateLimited(Some(_))));
        let broken = r#"{"id": 1, "error": ["'nope'", ""]}"#;
        assert!(matches!(answered(200, broken, Read), Error::Internal(_)));
        assert!(matches!(answered(200, broken, Write), Error::NotSent(_)));
        let login = r#"{"id": 1, "error": ["LoginException", ["password", "Password for x", "password"]]}"#;
        assert!(matches!(answered(200, login, Read), Error::Unauthorized(_)));
    }

    #[test]
    fn statuses_become_errors() {
        use Intent::{Read, Write};
        assert!(matches!(answered(401, "", Read), Error::Unauthorized(_)));
        assert!(matches!(answered(403, "", Read), Error::NotSupported(_)));
        assert!(matches!(answered(404, "<html>", Write), Error::Unavailable(_)));
        assert!(matches!(answered(429, "", Write), Error::RateLimited(None)));
        assert!(matches!(answered(500, "", Read), Error::Unavailable(_)));
        assert!(matches!(answered(502, "", Write), Error::OutcomeUnknown(_)));
        assert!(matches!(answered(503, "", Write), Error::Unavailable(_)));
        assert!(matches!(answered(200, "<html>", Read), Error::Unavailable(_)));
        assert!(matches!(answered(200, "{\"id\": 1, \"resu", Write), Error::OutcomeUnknown(_)));
    }

    #[test]
    fn a_call_has_the_three_keys_that_the_server_looks_for() {
        let host = FakeHost::new().on("POST", PATH, 200, r#"{"id": 1, "result": null}"#).run(|| {
            let none: Option<i64> = written(call("model.sale.sale.quote", ([7], ())).send()).unwrap();
            assert_eq!(none, None);
        });
        let body = String::from_utf8_lossy(&host.requests()[0].body).into_owned();
        assert_eq!(body, r#"{"id":1,"method":"model.sale.sale.quote","params":[[7],null]}"#);
    }
}
