//! Requests to the Service Layer, pages of its lists, and what an answer that is not a success means.

use apiconnect_sdk::http::{Failure, FailureKind, Response};
use apiconnect_sdk::prelude::*;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::describe::PAGE_MAX;
use crate::wire::plain;

/// "No matching records found": the key itself, or a value that points to another record.
const NO_RECORD: i64 = -2028;
/// Another user changed the record in the meantime; the same request works a moment later.
const CHANGED_BY_OTHERS: i64 = -2039;
const RETRY_MS: u64 = 1_000;

/// What a refused request was to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Intent {
    /// It can simply be asked again.
    Read,
    /// A document is looked through but not kept: it can be asked again, and a refusal is about the document.
    Check,
    /// It may have been carried out.
    Write,
}

/// A page of a list.
#[derive(Debug, Deserialize)]
pub(crate) struct List<T> {
    value: Vec<T>,
    #[serde(rename = "odata.nextLink")]
    next: Option<String>,
}

/// The error body of the OData V3 dialect; V4 writes the code as text and the message without a language.
#[derive(Deserialize)]
struct ErrorBody {
    error: ErrorContent,
}

#[derive(Deserialize)]
struct ErrorContent {
    code: Box<RawValue>,
    message: Box<RawValue>,
}

#[derive(Deserialize)]
struct Message {
    value: String,
}

/// A key in parentheses: `BusinessPartners('O''Hara')`.
pub(crate) fn keyed(set: &str, key: &str) -> String {
    format!("{set}('{}')", http::encode(&key.replace('\'', "''")))
}

/// A text in a filter.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The request for a page: the first one by `query`, later ones by the cursor, which is the query of the last answer's
/// link. The path is never taken from there.
pub(crate) fn page(set: &str, query: &[(&str, &str)], page: &PageRequest) -> http::Request {
    let query = match &page.cursor {
        Some(cursor) => cursor.clone(),
        None => {
            let pairs = query.iter().filter(|(_, value)| !value.is_empty());
            pairs.map(|(name, value)| format!("{name}={}", http::encode(value))).collect::<Vec<_>>().join("&")
        }
    };
    let size = page.limit.clamp(1, PAGE_MAX);
    http::get(format!("{set}?{query}")).header("prefer", format!("odata.maxpagesize={size}"))
}

impl<T> List<T> {
    /// The rows, and where the list goes on.
    pub(crate) fn split(self) -> Result<(Vec<T>, PageEnd), Error> {
        let next = match self.next {
            Some(link) => {
                let query = link.split_once('?').map(|(_, query)| query.to_owned());
                Some(query.ok_or_else(|| Error::internal(format!("the link to the next page has no query: {link}")))?)
            }
            None => None,
        };
        Ok((self.value, PageEnd::at(next)))
    }
}

/// A part of a list that the system gives in one piece; the cursor is the number of rows before it.
pub(crate) fn part<T>(all: Vec<T>, page: &PageRequest) -> Result<(Vec<T>, PageEnd), Error> {
    let from = match &page.cursor {
        Some(cursor) => cursor.parse::<usize>().map_err(|_| Error::invalid("cursor", "is none of this list"))?,
        None => 0,
    };
    let limit = usize::try_from(page.limit.max(1)).unwrap_or(usize::MAX);
    let total = all.len();
    let until = from.saturating_add(limit);
    let rows = all.into_iter().skip(from).take(limit).collect();
    Ok((rows, PageEnd::at((until < total).then(|| until.to_string()))))
}

/// The body of the answer to a read.
pub(crate) fn read<T: DeserializeOwned>(answer: Result<Response, Failure>) -> Result<T, Error> {
    succeeded(answer)?.json()
}

/// The answer to a read, when it is a success.
pub(crate) fn succeeded(answer: Result<Response, Failure>) -> Result<Response, Error> {
    repeatable(answer, Intent::Read)
}

/// The answer to a check of a document, when it is a success.
pub(crate) fn checked(answer: Result<Response, Failure>) -> Result<Response, Error> {
    repeatable(answer, Intent::Check)
}

fn repeatable(answer: Result<Response, Failure>, intent: Intent) -> Result<Response, Error> {
    let response = answer.map_err(|failure| match failure.kind {
        FailureKind::Unauthorized => Error::Unauthorized(failure.message),
        FailureKind::Refused | FailureKind::Limit => Error::Internal(failure.message),
        _ => Error::Unavailable(failure.message),
    })?;
    if is_success(&response) { Ok(response) } else { Err(refusal(&response, intent)) }
}

/// The answer to a write, when it is a success. A cut connection leaves its outcome unknown.
pub(crate) fn written(answer: Result<Response, Failure>) -> Result<Response, Error> {
    let response = answer?;
    if is_success(&response) { Ok(response) } else { Err(refusal(&response, Intent::Write)) }
}

fn is_success(response: &Response) -> bool {
    (200..300).contains(&response.status)
}

fn refusal(response: &Response, intent: Intent) -> Error {
    let start: String = response.text().chars().take(300).collect();
    let said = format!("the system answered {}: {start}", response.status);
    let (code, text) = match body(response) {
        Some((code, text)) => (code, format!("{text} ({code})")),
        None => (0, said.clone()),
    };
    match response.status {
        401 | 403 => Error::Unauthorized(text),
        429 => Error::RateLimited(response.retry_after_ms()),
        503 => Error::Unavailable(text),
        // Behind these a node may have gone on with the request.
        500.. if intent == Intent::Write => Error::OutcomeUnknown(text),
        500.. => Error::Unavailable(text),
        _ if code == 0 => Error::internal(format!("{said}; is the connection's base_url the Service Layer's?")),
        _ if code == CHANGED_BY_OTHERS => Error::RateLimited(Some(RETRY_MS)),
        404 => Error::NotFound(text),
        _ if code == NO_RECORD && intent == Intent::Read => Error::NotFound(text),
        _ => Error::invalid(field(&text), text),
    }
}

/// Code and text of an error body; code 0 is never used by the system.
fn body(response: &Response) -> Option<(i64, String)> {
    let body: ErrorBody = serde_json::from_slice(&response.body).ok()?;
    let code = plain(&body.error.code)?.parse().ok()?;
    let message: Option<Message> = serde_json::from_str(body.error.message.get()).ok();
    let text = message.map(|message| message.value).or_else(|| plain(&body.error.message))?;
    Some((code, text))
}

/// The field of the contract's order that an error text is about. The texts name the column, and lines from 1:
/// `[RDR1.ItemCode][line: 1]`.
fn field(text: &str) -> String {
    let place = text.split('[').find_map(|part| part.split_once(']')?.0.split_once('.'));
    let Some((_, column)) = place else { return String::new() };
    let name = match column {
        "CardCode" => "customer",
        "ItemCode" => "product",
        "WhsCode" => "warehouse",
        "Quantity" => "quantity.value",
        "UomEntry" | "UomCode" => "quantity.unit",
        "Price" | "PriceBefDi" => "unit_price",
        "NumAtCard" => "reference",
        "ShipToCode" => "ship_to",
        "PayToCode" => "bill_to",
        "DocDueDate" | "ShipDate" => "requested_date",
        "DocDate" => "order_date",
        "DocCur" => "currency",
        "TrnspCode" => "carrier",
        other => other,
    };
    let line = text.split_once("[line:").and_then(|(_, rest)| rest.split(']').next()?.trim().parse::<usize>().ok());
    let is_header = ["CardCode", "NumAtCard", "ShipToCode", "PayToCode", "DocDueDate", "DocDate", "DocCur"];
    match line.and_then(|line| line.checked_sub(1)) {
        Some(at) if !is_header.contains(&column) => format!("lines[{at}].{name}"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use apiconnect_sdk::testing::FakeHost;

    use super::*;

    fn answered(status: u16, body: &str, intent: Intent) -> Error {
        let mut error = None;
        let _ = FakeHost::new().on("GET", "x", status, body).run(|| {
            let answer = http::get("x").send();
            error = match intent {
                Intent::Read => succeeded(answer).err(),
                Intent::Check => checked(answer).err(),
                Intent::Write => written(answer).err(),
            };
        });
        error.unwrap()
    }

    fn body(code: i64, text: &str) -> String {
        format!(r#"{{"error": {{"code": {code}, "message": {{"lang": "en-us", "value": "{text}"}}}}}}"#)
    }

    #[test]
    fn error_texts_lead_to_fields() {
        for (text, field_of) in [
            ("[ORDR.CardCode] , 'No matching records found (ODBC -2028)'", "customer"),
            ("[RDR1.ItemCode][line: 2] , 'No matching records found (ODBC -2028)'", "lines[1].product"),
            ("10001069 - Item A is inactive [RDR1.ItemCode][line: 1]", "lines[0].product"),
            ("Enter valid date [OQUT.DocDueDate][line: 0]", "requested_date"),
            ("something else", ""),
        ] {
            assert_eq!(field(text), field_of, "{text}");
        }
    }

    #[test]
    fn answers_become_errors() {
        use Intent::{Check, Read, Write};
        let none = body(-2028, "No matching records found (ODBC -2028)");
        assert!(matches!(answered(404, &none, Read), Error::NotFound(_)));
        assert!(matches!(answered(400, &none, Read), Error::NotFound(_)));
        assert!(matches!(answered(400, &none, Write), Error::Invalid(_)));
        assert!(matches!(answered(400, &none, Check), Error::Invalid(_)));
        assert!(matches!(answered(500, "", Check), Error::Unavailable(_)));
        assert!(matches!(answered(401, &body(301, "Invalid session"), Read), Error::Unauthorized(_)));
        assert!(matches!(answered(400, &body(-2039, "changed"), Write), Error::RateLimited(Some(_))));
        assert!(matches!(answered(500, "", Read), Error::Unavailable(_)));
        assert!(matches!(answered(500, "", Write), Error::OutcomeUnknown(_)));
        assert!(matches!(answered(503, "<html>", Write), Error::Unavailable(_)));
        assert!(matches!(answered(404, "<html>", Read), Error::Internal(_)));
        let v4 = r#"{"error": {"code": "-5002", "message": "closed"}}"#;
        assert_eq!(answered(400, v4, Write), Error::invalid("", "closed (-5002)"));
    }

    #[test]
    fn lists_in_one_piece_are_cut_into_pages() {
        let request = |cursor: Option<&str>| PageRequest { cursor: cursor.map(str::to_owned), limit: 2 };
        let (rows, end) = part(vec![1, 2, 3], &request(None)).unwrap();
        assert_eq!((rows, end.next.as_deref()), (vec![1, 2], Some("2")));
        let (rows, end) = part(vec![1, 2, 3], &request(Some("2"))).unwrap();
        assert_eq!((rows, end.next), (vec![3], None));
        assert!(part(vec![1], &request(Some("x"))).is_err());
    }
}
