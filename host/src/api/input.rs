//! What a request brings: who asks, its JSON, its page.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use bytes::Bytes;
use http_body_util::BodyExt;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use utoipa::IntoParams;

use super::Api;
use super::problem::Problem;
use crate::access::{AccessError, Principal, Scope};
use crate::commerce::types::{FieldProblem, PageRequest};
use crate::limits;

/// Who asks, proven by an API key.
pub(super) struct Caller(Arc<Principal>);

impl Caller {
    /// Lets a request go on when the caller has the scope.
    ///
    /// # Errors
    /// 403 with the scope that is missing.
    pub(super) fn may(&self, scope: Scope) -> Result<(), Problem> {
        if self.0.allows(scope) {
            return Ok(());
        }
        let text = format!(
            "the key `{}` lacks the scope `{}`; make one with `apiconnect key create --scope {}`",
            self.0.name,
            scope.as_str(),
            scope.as_str()
        );
        Err(Problem::new(StatusCode::FORBIDDEN, "missing_scope", text))
    }

    /// The same for a connection.
    ///
    /// # Errors
    /// 403 when the key lacks the scope or is not for this connection.
    pub(super) fn may_use(&self, scope: Scope, connection: &str) -> Result<(), Problem> {
        self.may(scope)?;
        if self.0.may_use(connection) {
            return Ok(());
        }
        let text = format!("the key `{}` is not for the connection `{connection}`", self.0.name);
        Err(Problem::new(StatusCode::FORBIDDEN, "forbidden_connection", text))
    }

    /// Whether the key may see a connection.
    pub(super) fn sees(&self, connection: &str) -> bool {
        self.0.may_use(connection)
    }
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let header = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let key = header.and_then(|text| text.strip_prefix("Bearer ")).ok_or(AccessError::Missing)?;
        Ok(Self(api.keys().authorize(key.trim())?))
    }
}

/// A JSON body.
pub(super) struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Api> for Json<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        read_body(&collect(request.into_body(), api.body_bytes()).await?).map(Json)
    }
}

/// Reads JSON, and says where it is wrong.
pub(super) fn read_body<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|_| explain::<T>(body))
}

/// Reads a body. One that is too long is read to its end and thrown away, within bounds: a client that still sends
/// would see a broken connection instead of the answer.
pub(super) async fn collect(mut body: Body, most: usize) -> Result<Bytes, Problem> {
    let refuse = || {
        let text = format!("the body is longer than {most} bytes, or was cut off; send less at a time");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", text)
    };
    let (mut bytes, mut seen) = (Vec::new(), 0_usize);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| refuse())?;
        let Some(data) = frame.data_ref() else { continue };
        seen = seen.saturating_add(data.len());
        if seen <= most {
            bytes.extend_from_slice(data);
        } else if seen > most.saturating_add(limits::BODY_DISCARDED_BYTES_MAX) {
            break;
        }
    }
    if seen > most { Err(refuse()) } else { Ok(Bytes::from(bytes)) }
}

/// Parses once more, slowly, to say where the mistake is.
fn explain<T: DeserializeOwned>(body: &[u8]) -> Problem {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let Err(error) = serde_path_to_error::deserialize::<_, T>(&mut reader) else {
        let text = "there is something behind the end of the JSON value";
        return Problem::new(StatusCode::BAD_REQUEST, "malformed_json", text);
    };
    if error.inner().is_data() {
        let field = error.path().to_string();
        let field = if field == "." { String::new() } else { field };
        return Problem::invalid(vec![FieldProblem { field, problem: error.into_inner().to_string() }]);
    }
    Problem::new(StatusCode::BAD_REQUEST, "malformed_json", format!("the body is no JSON: {}", error.into_inner()))
}

/// Which page of a list is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Page {
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Items at most: 1 to 500.
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u32>,
}

impl Page {
    pub(super) fn request(self) -> Result<PageRequest, Problem> {
        Ok(PageRequest { cursor: self.cursor, limit: limit(self.limit)? })
    }
}

/// The number of items of a page.
pub(super) fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    let limit = asked.unwrap_or(limits::PAGE_ITEMS_DEFAULT);
    if (1..=limits::PAGE_ITEMS_MAX).contains(&limit) {
        return Ok(limit);
    }
    let problem = format!("it must be from 1 to {}", limits::PAGE_ITEMS_MAX);
    Err(Problem::invalid(vec![FieldProblem { field: "limit".to_owned(), problem }]))
}

/// Query parameters, refused with a text when they are wrong.
pub(super) struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Api> for Query<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        axum::extract::Query::<T>::try_from_uri(&parts.uri)
            .map(|query| Self(query.0))
            .map_err(|rejection| Problem::new(StatusCode::BAD_REQUEST, "invalid_query", rejection.body_text()))
    }
}
