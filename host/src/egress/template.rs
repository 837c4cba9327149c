//! Texts with `{{secret:slot}}`, `{{setting:name}}` and `{{kept:name}}` in them, and the escaping their values need.

use serde_json::Value;
use thiserror::Error;

use crate::secret::{Vault, VaultError};

const OPEN: &str = "{{";
const CLOSE: &str = "}}";
const SECRET_MARK: &[u8] = b"{{secret:";

/// How a value is escaped where it lands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escape {
    Plain,
    /// Inside a JSON string.
    Json,
    /// Inside XML text or an attribute.
    Xml,
    /// Inside a form field, a query value or a path segment.
    Percent,
}

impl Escape {
    /// What a body of this content type needs.
    pub(super) fn of_content_type(content_type: &str) -> Self {
        let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "application/x-www-form-urlencoded" => Self::Percent,
            kind if kind.ends_with("/json") || kind.ends_with("+json") => Self::Json,
            kind if kind.ends_with("/xml") || kind.ends_with("+xml") => Self::Xml,
            _ => Self::Plain,
        }
    }

    /// Appends `value` in escaped form.
    pub(super) fn push(self, out: &mut String, value: &str) {
        match self {
            Self::Plain => out.push_str(value),
            Self::Json => {
                let quoted = Value::from(value).to_string();
                out.push_str(quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default());
            }
            Self::Xml => value.chars().for_each(|c| match c {
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '&' => out.push_str("&amp;"),
                '"' => out.push_str("&quot;"),
                '\'' => out.push_str("&apos;"),
                c => out.push(c),
            }),
            Self::Percent => {
                for byte in value.bytes() {
                    if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
                        out.push(char::from(byte));
                    } else {
                        out.push_str(&percent(byte));
                    }
                }
            }
        }
    }

    /// `value` in escaped form.
    pub(super) fn apply(self, value: &str) -> String {
        let mut out = String::with_capacity(value.len());
        self.push(&mut out, value);
        out
    }
}

/// One byte as `%XX`.
pub(super) fn percent(byte: u8) -> String {
    format!("%{byte:02X}")
}

/// A placeholder's kind and name, or plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Text(String),
    Secret(String),
    Setting(String),
    Kept(String),
}

/// A text with placeholders, parsed once.
#[derive(Clone, Debug, Default)]
pub(super) struct Template(Vec<Part>);

impl Template {
    /// Parses `text`; other braces, as JSON has them, stay as they are.
    pub(super) fn parse(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(OPEN) {
            plain.push_str(before);
            let part = after.split_once(CLOSE).and_then(|(inside, tail)| Some((placeholder(inside)?, tail)));
            if let Some((part, tail)) = part {
                parts.push(Part::Text(std::mem::take(&mut plain)));
                parts.push(part);
                rest = tail;
            } else {
                // One brace at a time, so that `{{{kept:x}}}` still finds its placeholder.
                plain.push('{');
                rest = rest.get(before.len() + 1..).unwrap_or_default();
            }
        }
        plain.push_str(rest);
        parts.push(Part::Text(plain));
        Self(parts)
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &Part> {
        self.0.iter()
    }

    /// The slots of the secrets in it.
    pub(super) fn slots(&self) -> impl Iterator<Item = String> {
        self.0.iter().filter_map(|part| if let Part::Secret(slot) = part { Some(slot.clone()) } else { None })
    }

    /// Puts the values in; `look` gives the value of each placeholder.
    pub(super) fn fill(&self, escape: Escape, look: impl Fn(&Part) -> Option<String>) -> String {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Text(text) => out.push_str(text),
                other => escape.push(&mut out, &look(other).unwrap_or_default()),
            }
        }
        out
    }
}

fn placeholder(inside: &str) -> Option<Part> {
    let (kind, name) = inside.split_once(':')?;
    let name = name.to_owned();
    match kind {
        "secret" => Some(Part::Secret(name)),
        "setting" => Some(Part::Setting(name)),
        "kept" => Some(Part::Kept(name)),
        _ => None,
    }
}

/// The text of one top-level setting; objects and lists have none.
pub(super) fn setting(settings: &Value, name: &str) -> Option<String> {
    match settings.get(name)? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Whether a connector's text asks for a secret.
pub(super) fn asks_for_secret(text: &[u8]) -> bool {
    memchr::memmem::find(text, SECRET_MARK).is_some()
}

/// Why placeholders could not be filled in.
#[derive(Debug, Error)]
pub(super) enum ExpandError {
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("fill in its secrets: with them it has over {0} bytes")]
    TooLong(usize),
}

/// Replaces every `{{secret:slot}}` in what a connector sends; `None` when there is nothing to replace.
///
/// # Errors
/// [`ExpandError`] for a slot that the connection does not have, and for a text that would grow beyond `bytes_max`.
pub(super) fn expand_secrets(
    text: &[u8],
    vault: &Vault,
    escape: Escape,
    bytes_max: usize,
) -> Result<Option<Vec<u8>>, ExpandError> {
    let Some(first) = memchr::memmem::find(text, SECRET_MARK) else {
        return Ok(None);
    };
    let mut out = Vec::with_capacity(text.len() + 64);
    let (mut rest, mut next) = (text, Some(first));
    while let Some(at) = next {
        let (before, marked) = rest.split_at(at);
        let (mark, after) = marked.split_at(SECRET_MARK.len());
        out.extend_from_slice(before);
        let end = memchr::memmem::find(after, CLOSE.as_bytes());
        let Some((slot, tail)) = end.and_then(|end| after.split_at_checked(end)) else {
            rest = marked;
            break;
        };
        if let Ok(slot) = std::str::from_utf8(slot) {
            out.extend_from_slice(escape.apply(vault.get(slot)?.expose()).as_bytes());
            if out.len() > bytes_max {
                return Err(ExpandError::TooLong(bytes_max));
            }
            rest = tail.get(CLOSE.len()..).unwrap_or_default();
        } else {
            out.extend_from_slice(mark);
            rest = after;
        }
        next = memchr::memmem::find(rest, SECRET_MARK);
    }
    out.extend_from_slice(rest);
    Ok(Some(out))
}
