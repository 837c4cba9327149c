//! Sessions as a connector describes them: how to log in, what to keep of the answer, what to send with each
//! request, how an expired session looks. Plain data; `session` carries it out.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::socket::Answer;

/// A login scheme as plain data.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionScheme {
    /// The login request.
    pub login: LoginRequest,
    /// Statuses that mean a successful login; empty means 200 to 299.
    #[serde(default)]
    pub accept: Vec<u16>,
    /// What to keep of the answer; a login whose answer lacks one of them has failed.
    #[serde(default)]
    pub keep: Vec<Keep>,
    /// Headers of every later request.
    #[serde(default)]
    pub apply: Vec<ApplyHeader>,
    /// Answers that mean "log in again".
    #[serde(default)]
    pub expired: Vec<Expired>,
    /// How long a session lasts; without it, until the system says it is over.
    #[serde(default)]
    pub lifetime_seconds: Option<u64>,
}

impl SessionScheme {
    /// Every text that may hold a placeholder.
    pub(super) fn texts(&self) -> Vec<&str> {
        let login = [self.login.path.as_str(), self.login.body.as_str()];
        let headers = self.login.headers.iter().map(|(_, value)| value.as_str());
        login.into_iter().chain(headers).chain(self.apply.iter().map(|header| header.template.as_str())).collect()
    }
}

/// The login request. All texts may hold `{{secret:slot}}` and `{{setting:name}}`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginRequest {
    /// The HTTP method.
    #[serde(default = "post")]
    pub method: String,
    /// Relative to the base URL, or absolute to a granted host. Values are percent-encoded.
    pub path: String,
    /// Header names and values.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// The body; values are escaped for JSON, XML or forms as the `Content-Type` header says.
    #[serde(default)]
    pub body: String,
}

fn post() -> String {
    "POST".to_owned()
}

/// A value to keep of the login answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keep {
    /// The name under which `{{kept:name}}` finds it.
    pub name: String,
    /// Where it is.
    pub from: From,
}

/// Where a value is in the login answer.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum From {
    /// The value of the cookie of this name.
    Cookie(String),
    /// The text or number at this JSON pointer.
    JsonPointer(String),
    /// The value of the header of this name.
    Header(String),
}

/// A header sent with every request of a session.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApplyHeader {
    /// The header's name.
    pub name: String,
    /// Its value; may hold `{{kept:name}}`, `{{secret:slot}}` and `{{setting:name}}`.
    pub template: String,
    /// Whether part of the value is encoded after filling in.
    #[serde(default)]
    pub encode: Encode,
}

/// How a header's value is encoded.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Encode {
    /// Not at all.
    #[default]
    None,
    /// What follows the first blank becomes Base64, as in `Basic user:password`.
    Basic,
}

/// An answer that means the session is over.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expired {
    /// The status.
    pub status: u16,
    /// A text the body must hold as well, for systems that use one status for many things.
    #[serde(default)]
    pub body_contains: Option<String>,
}

impl Expired {
    pub(super) fn fits(&self, answer: &Answer) -> bool {
        let body_fits = |text: &String| memchr::memmem::find(&answer.body, text.as_bytes()).is_some();
        answer.head.status.as_u16() == self.status && self.body_contains.as_ref().is_none_or(body_fits)
    }
}

impl Encode {
    /// `text` as it is sent.
    pub(super) fn apply(self, text: String) -> String {
        match (self, text.split_once(' ')) {
            (Self::Basic, Some((scheme, rest))) => format!("{scheme} {}", STANDARD.encode(rest)),
            _ => text,
        }
    }
}
