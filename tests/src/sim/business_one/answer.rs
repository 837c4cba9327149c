//! What the Service Layer answers: documents, and errors in the shape of its OData V3 dialect.

use bytes::Bytes;
use hyper::StatusCode;
use serde_json::{Value, json};

/// A request was refused.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) code: i64,
    pub(super) text: String,
}

/// A request was answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
    pub(super) cookies: Vec<String>,
    /// A document was created; only then may the fault "cut after create" strike.
    pub(super) created: bool,
}

pub(super) type Outcome = Result<Answer, Refusal>;

impl Answer {
    pub(super) fn json(status: StatusCode, body: &Value) -> Self {
        Self { status, body: Bytes::from(body.to_string()), cookies: Vec::new(), created: false }
    }

    pub(super) fn ok(body: &Value) -> Self {
        Self::json(StatusCode::OK, body)
    }

    pub(super) fn empty() -> Self {
        Self { status: StatusCode::NO_CONTENT, body: Bytes::new(), cookies: Vec::new(), created: false }
    }
}

impl Refusal {
    /// A business rule or a malformed request: HTTP 400.
    pub(super) fn bad(code: i64, text: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, text: text.into() }
    }

    /// No record under this key: HTTP 404, code -2028.
    pub(super) fn no_record() -> Self {
        Self { status: StatusCode::NOT_FOUND, code: -2028, text: NO_RECORD.into() }
    }

    /// A value that points to a record that is not there: HTTP 400, code -2028, and the column in front of the text.
    pub(super) fn no_match(place: &str) -> Self {
        Self::bad(-2028, format!("{place} , '{NO_RECORD}'"))
    }

    /// A property the type does not have: HTTP 400, code -1000.
    pub(super) fn property(field: &str, entity: &str) -> Self {
        Self::bad(-1000, format!("Property '{field}' of '{entity}' is invalid"))
    }

    /// No session, or one that is over: HTTP 401, code 301.
    pub(super) fn session() -> Self {
        let text = "Invalid session or session already timeout.".into();
        Self { status: StatusCode::UNAUTHORIZED, code: 301, text }
    }

    /// A path that names no entity set and no function: HTTP 400, code 200.
    pub(super) fn path() -> Self {
        Self::bad(200, "Unrecognized resource path.")
    }

    pub(super) fn into_answer(self) -> Answer {
        let body = json!({"error": {"code": self.code, "message": {"lang": "en-us", "value": self.text}}});
        Answer::json(self.status, &body)
    }
}

const NO_RECORD: &str = "No matching records found (ODBC -2028)";
