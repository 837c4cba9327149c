//! Which headers a connector may set, and how they become what is sent.

use http::header::{self, HeaderMap, HeaderName, HeaderValue};

use super::template::{Escape, expand_secrets};
use super::{EgressError, SendError};
use crate::limits;
use crate::secret::Vault;

/// What identifies the host to the systems it calls, unless a connector or the operator says otherwise.
const USER_AGENT: &str = concat!("apiconnect/", env!("CARGO_PKG_VERSION"));

/// Credentials are the host's, and so is all that decides where one message ends and the next begins. So is the coding:
/// in a compressed answer the host would not find a secret that a server repeats.
fn is_reserved(name: &HeaderName) -> bool {
    const RESERVED: [HeaderName; 9] = [
        header::ACCEPT_ENCODING,
        header::AUTHORIZATION,
        header::COOKIE,
        header::HOST,
        header::TRANSFER_ENCODING,
        header::CONTENT_LENGTH,
        header::CONNECTION,
        header::UPGRADE,
        header::TE,
    ];
    RESERVED.contains(name)
        || *name == header::TRAILER
        || name.as_str() == "keep-alive"
        || name.as_str().starts_with("proxy-")
}

/// Headers that every request of a connection has, checked once.
pub(super) fn defaults(pairs: &[(String, String)]) -> Result<HeaderMap, EgressError> {
    let mut map = HeaderMap::new();
    map.insert(header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    for (name, value) in pairs {
        let refuse = |problem: &str| EgressError::Header { name: name.clone(), problem: problem.to_owned() };
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| refuse("this is not a header name"))?;
        if is_reserved(&key) {
            return Err(refuse("the host sets it itself"));
        }
        let value = HeaderValue::try_from(value).map_err(|_| refuse("the value holds characters it may not"))?;
        map.insert(key, value);
    }
    Ok(map)
}

/// The headers of one request: the connection's own, replaced where the connector says otherwise.
pub(super) fn of_request(
    pairs: Vec<(String, String)>,
    defaults: &HeaderMap,
    vault: &Vault,
) -> Result<HeaderMap, SendError> {
    if pairs.len() > limits::HEADERS_MAX {
        return Err(SendError::refused(format!("build the request: it has over {} headers", limits::HEADERS_MAX)));
    }
    let bytes: usize = pairs.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > limits::HEADER_BYTES_MAX {
        return Err(too_long());
    }
    let mut map = HeaderMap::with_capacity(pairs.len() + defaults.len() + 2);
    let mut bytes = 0;
    for (name, value) in pairs {
        let (key, value) = header(&name, value, vault)?;
        bytes += name.len() + value.len();
        if bytes > limits::HEADER_BYTES_MAX {
            return Err(too_long());
        }
        map.append(key, value);
    }
    for (name, value) in defaults {
        if !map.contains_key(name) {
            map.insert(name.clone(), value.clone());
        }
    }
    Ok(map)
}

fn too_long() -> SendError {
    SendError::refused(format!("build the request: its headers have over {} bytes", limits::HEADER_BYTES_MAX))
}

fn header(name: &str, value: String, vault: &Vault) -> Result<(HeaderName, HeaderValue), SendError> {
    let bad_name = |_| SendError::refused("build the request: a header name holds characters it may not");
    let key = HeaderName::from_bytes(name.as_bytes()).map_err(bad_name)?;
    if is_reserved(&key) {
        return Err(SendError::refused(format!("build the request: the host sets `{key}` itself")));
    }
    let expanded = expand_secrets(value.as_bytes(), vault, Escape::Plain, limits::HEADER_BYTES_MAX)
        .map_err(|error| SendError::refused(format!("build the request: {error}")))?;
    let secret = expanded.is_some();
    let value = match expanded {
        Some(bytes) => HeaderValue::from_maybe_shared(bytes::Bytes::from(bytes)),
        None => HeaderValue::from_maybe_shared(bytes::Bytes::from(value)),
    };
    let refuse = |_| SendError::refused(format!("build the request: the value of `{key}` holds characters it may not"));
    let mut value = value.map_err(refuse)?;
    value.set_sensitive(secret);
    Ok((key, value))
}

/// The body with its placeholders filled in, escaped as its content type needs.
pub(super) fn body_with_secrets(
    body: bytes::Bytes,
    headers: &HeaderMap,
    vault: &Vault,
    bytes_max: usize,
) -> Result<bytes::Bytes, SendError> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let expanded = expand_secrets(&body, vault, Escape::of_content_type(kind), bytes_max)
        .map_err(|error| SendError::refused(format!("build the request: {error}")))?;
    Ok(expanded.map_or(body, bytes::Bytes::from))
}

/// A header that carries a credential, kept out of debug output.
pub(super) fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
