//! From what a connector asks for to where it goes: relative targets hang below the base URL, absolute ones need a grant.

use std::sync::Arc;

use http::uri::PathAndQuery;
use url::Url;

use super::origin::Origin;
use super::{EgressError, Grants, SendError};
use crate::limits;

/// The base URL of a connection with its allow-list.
#[derive(Debug)]
pub(super) struct Base {
    origin: Arc<Origin>,
    /// The base path, starting and ending with a slash.
    path: String,
    grants: Grants,
}

/// One place to send a request to.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) origin: Arc<Origin>,
    pub(super) path: PathAndQuery,
    /// Whether this is the base URL's own origin, where the credentials belong.
    pub(super) home: bool,
}

impl Base {
    pub(super) fn new(url: &Url, mut grants: Grants) -> Result<Self, EgressError> {
        let refuse = |problem: &str| EgressError::BaseUrl { url: url.to_string(), problem: problem.to_owned() };
        if !url.username().is_empty() || url.password().is_some() {
            // The URL itself is left out of this error: it holds a password.
            let url = url.host_str().unwrap_or_default().to_owned();
            let problem = "leave out user name and password; credentials belong under [auth]".to_owned();
            return Err(EgressError::BaseUrl { url, problem });
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(refuse("leave out query and fragment"));
        }
        let origin = Origin::of(url).ok_or_else(|| refuse("it must be https://host/… or http://host/…"))?;
        let path = format!("{}/", url.path().trim_end_matches('/'));
        grants.allow_origin(url);
        Ok(Self { origin: Arc::new(origin), path, grants })
    }

    pub(super) const fn origin(&self) -> &Arc<Origin> {
        &self.origin
    }

    /// Where `target` goes.
    pub(super) fn locate(&self, target: &str) -> Result<Target, SendError> {
        if self.path.len() + target.len() > limits::URL_BYTES_MAX {
            return Err(SendError::refused(format!("build the URL: it has over {} bytes", limits::URL_BYTES_MAX)));
        }
        if is_absolute(target) { self.locate_absolute(target) } else { self.locate_relative(target) }
    }

    /// Checks an absolute URL against the grants.
    pub(super) fn locate_absolute(&self, target: &str) -> Result<Target, SendError> {
        if target.bytes().any(|byte| byte.is_ascii_control() || byte == b'\\') {
            return Err(SendError::refused("read the URL: control characters and backslashes are not part of one"));
        }
        let url = Url::parse(target).map_err(|e| SendError::refused("read the URL: it is not one").because(&e))?;
        if !self.grants.permits(&url) {
            return Err(SendError::refused(format!(
                "send to {}: the connection has no grant for this origin",
                url.origin().ascii_serialization()
            )));
        }
        let origin = Origin::of(&url).ok_or_else(|| SendError::refused("read the URL: it has no usable host"))?;
        let home = origin == *self.origin;
        let origin = if home { Arc::clone(&self.origin) } else { Arc::new(origin) };
        let text = match url.query() {
            Some(query) => format!("{}?{query}", url.path()),
            None => url.path().to_owned(),
        };
        Ok(Target { origin, path: path_and_query(text)?, home })
    }

    fn locate_relative(&self, target: &str) -> Result<Target, SendError> {
        let target = target.strip_prefix('/').unwrap_or(target);
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let mut text = String::with_capacity(self.path.len() + target.len() + 8);
        text.push_str(&self.path);
        if hides_dot_segment(path) {
            return Err(SendError::refused("build the URL: a dot segment behind an escaped separator"));
        }
        if has_dot_segment(path) {
            push_normal(&mut text, path)?;
        } else {
            push_encoded(&mut text, path)?;
        }
        if let Some(query) = query {
            text.push('?');
            push_encoded(&mut text, query)?;
        }
        Ok(Target { origin: Arc::clone(&self.origin), path: path_and_query(text)?, home: true })
    }
}

fn path_and_query(text: String) -> Result<PathAndQuery, SendError> {
    PathAndQuery::from_maybe_shared(bytes::Bytes::from(text))
        .map_err(|error| SendError::refused("build the URL: the path is malformed").because(&error))
}

/// Whether the text starts with `scheme://`. `Items('a://b')` does not: a bracket is no part of a scheme.
fn is_absolute(target: &str) -> bool {
    target.split_once("://").is_some_and(|(scheme, _)| {
        !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
    })
}

/// Copies `text`, escaping what may not stand in a URL; what is escaped already stays as it is.
fn push_encoded(out: &mut String, text: &str) -> Result<(), SendError> {
    if text.bytes().all(is_url_byte) {
        out.push_str(text);
        return Ok(());
    }
    for byte in text.bytes() {
        if byte == b'#' {
            return Err(SendError::refused("build the URL: write `#` as %23"));
        }
        if byte.is_ascii_control() {
            return Err(SendError::refused("build the URL: control characters must be escaped"));
        }
        if is_url_byte(byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&super::template::percent(byte));
        }
    }
    Ok(())
}

const fn is_url_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'-' | b'.'
                | b'_'
                | b'~'
                | b'!'
                | b'$'
                | b'&'
                | b'\''
                | b'('
                | b')'
                | b'*'
                | b'+'
                | b','
                | b';'
                | b'='
                | b':'
                | b'@'
                | b'/'
                | b'?'
                | b'%'
        )
}

/// What a segment means once `%2e` is read as a dot; `None` for an ordinary segment.
fn dots(segment: &str) -> Option<usize> {
    // Path parameters do not hide it: some servers cut `..;x` down to `..`.
    let segment = segment.split(';').next().unwrap_or_default();
    if segment.len() > 6 {
        return None;
    }
    let plain = segment.replace("%2e", ".").replace("%2E", ".");
    matches!(plain.as_str(), "." | "..").then_some(plain.len())
}

fn has_dot_segment(path: &str) -> bool {
    (path.contains('.') || path.contains("%2")) && path.split('/').any(|segment| dots(segment).is_some())
}

/// Some servers decode before they split: `..%2f..` and `..\\..` climb there.
fn hides_dot_segment(path: &str) -> bool {
    if !path.contains(['%', '\\']) {
        return false;
    }
    let split = path.replace("%2f", "/").replace("%2F", "/").replace("%5c", "/").replace("%5C", "/").replace('\\', "/");
    split.matches('/').count() > path.matches('/').count() && has_dot_segment(&split)
}

/// Copies the path with its dot segments resolved; going above the base path is refused.
fn push_normal(out: &mut String, path: &str) -> Result<(), SendError> {
    let mut kept: Vec<&str> = Vec::new();
    let mut slash_at_end = false;
    for segment in path.split('/') {
        slash_at_end = dots(segment).is_some();
        match dots(segment) {
            None => kept.push(segment),
            Some(1) => {}
            Some(_) => {
                let above = || SendError::refused("build the URL: the path leaves the connection's base URL");
                kept.pop().ok_or_else(above)?;
            }
        }
    }
    push_encoded(out, &kept.join("/"))?;
    if slash_at_end && !out.ends_with('/') {
        out.push('/');
    }
    Ok(())
}
