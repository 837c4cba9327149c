//! Fixtures: one request that a connector may make, and the system's answer.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{KitError, pattern, text};

/// One entry of a fixture file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fixture {
    pub(super) request: RequestPattern,
    pub(super) response: Canned,
    /// Marks that must have been set before it answers.
    #[serde(default)]
    pub(super) needs: BTreeSet<String>,
    /// Marks it sets, because the request changed something.
    #[serde(default)]
    pub(super) sets: BTreeSet<String>,
    /// Marks it takes away.
    #[serde(default)]
    pub(super) clears: BTreeSet<String>,
    /// The document that the request makes in the system: a mark, too, and one that is counted.
    pub(super) creates: Option<String>,
    /// The steps it answers in; all without it.
    #[serde(default, rename = "for")]
    pub(super) steps: Vec<String>,
    /// File and place in it.
    #[serde(skip)]
    pub(super) origin: String,
}

/// Which requests it answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RequestPattern {
    #[serde(default = "get")]
    pub(super) method: String,
    /// Path and query as they are sent or decoded; `*` stands for any text.
    pub(super) target: String,
    /// Headers it must have.
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    /// What its body has at least: JSON, or a text with `*`.
    #[serde(default)]
    pub(super) body: Option<Value>,
}

/// What the system answers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Canned {
    #[serde(default = "ok")]
    pub(super) status: u16,
    /// A text for each; a list of texts for a header that comes several times, such as `set-cookie`.
    #[serde(default)]
    pub(super) headers: BTreeMap<String, OneOrMore>,
    /// A JSON body. It is sent letter for letter, so no digit of a number gets lost.
    #[serde(default)]
    pub(super) body: Option<Box<RawValue>>,
    /// Another body.
    #[serde(default)]
    pub(super) text: Option<String>,
}

/// The values of a header.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl OneOrMore {
    pub(super) fn each(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::More(more) => more,
        }
    }
}

fn get() -> String {
    "GET".to_owned()
}

fn ok() -> u16 {
    200
}

/// A request as it came to the system's place.
#[derive(Clone, Debug)]
pub(super) struct Arrived {
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
    pub(super) headers: http::HeaderMap,
    pub(super) body: bytes::Bytes,
}

/// All fixtures of a folder, in the order of their files. `scenario.json` is none.
pub(super) fn read(folder: &Path) -> Result<Vec<Fixture>, KitError> {
    let mut all = Vec::new();
    for file in text::json_files(folder)? {
        if file.file_name().is_some_and(|name| name == "scenario.json") {
            continue;
        }
        let content = text::read(&file)?;
        let several = content.trim_start().starts_with('[');
        let found: Vec<Fixture> =
            if several { text::json(&file, &content)? } else { vec![text::json(&file, &content)?] };
        let name = file.strip_prefix(folder).unwrap_or(&file).display().to_string();
        for (at, mut fixture) in found.into_iter().enumerate() {
            fixture.origin = if several { format!("{name}[{at}]") } else { name.clone() };
            if fixture.response.body.is_some() && fixture.response.text.is_some() {
                let problem = "a response has a `body` or a `text`, not both".to_owned();
                return Err(KitError::Unusable { file, place: format!("[{at}].response"), problem });
            }
            all.push(fixture);
        }
    }
    Ok(all)
}

impl Fixture {
    /// Whether it answers this request now; a higher number fits more closely.
    pub(super) fn fit(&self, arrived: &Arrived, step: &str, marks: &BTreeSet<String>) -> Option<u32> {
        let request = &self.request;
        if !(self.steps.is_empty() || self.steps.iter().any(|own| own == step)) || !self.needs.is_subset(marks) {
            return None;
        }
        if !request.method.eq_ignore_ascii_case(&arrived.method)
            || !pattern::text(&decoded(&request.target), &decoded(&arrived.target))
        {
            return None;
        }
        let has = |(name, wanted): (&String, &String)| {
            arrived.headers.get(name).and_then(|own| own.to_str().ok()).is_some_and(|own| pattern::text(wanted, own))
        };
        if !request.headers.iter().all(has) || !request.body.as_ref().is_none_or(|body| body_fits(body, &arrived.body))
        {
            return None;
        }
        let capped = |count: usize, most: usize| u32::try_from(count.min(most)).unwrap_or(0);
        let literal = request.target.chars().filter(|letter| *letter != '*').count();
        let closeness = capped(literal, 0xfff)
            + (capped(request.body.as_ref().map_or(0, size), 0x1ff) << 12)
            + (capped(self.needs.len(), 0x7f) << 21)
            + (u32::from(!self.steps.is_empty()) << 28);
        Some(closeness)
    }

    /// Whether the request changes something in the system.
    pub(super) fn changes(&self) -> bool {
        self.creates.is_some() || !self.sets.is_empty() || !self.clears.is_empty()
    }
}

/// How much a body pattern says.
fn size(body: &Value) -> usize {
    match body {
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        Value::Object(fields) => 1 + fields.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

fn body_fits(wanted: &Value, body: &[u8]) -> bool {
    if let Value::String(wanted) = wanted {
        return pattern::text(wanted, &String::from_utf8_lossy(body));
    }
    serde_json::from_slice::<Value>(body).is_ok_and(|own| pattern::difference(wanted, &own).is_none())
}

/// A target with its escapes read, and blanks written as `+` too, so that both spellings fit.
pub(super) fn decoded(target: &str) -> String {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let joint = if target.contains('?') { "?" } else { "" };
    format!("{}{joint}{}", unescaped(path), unescaped(&query.replace('+', " ")))
}

fn unescaped(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.as_bytes();
    while let [first, rest @ ..] = bytes {
        let hex = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
        match (first, rest) {
            (b'%', [high, low, tail @ ..]) if hex(*high).is_some() && hex(*low).is_some() => {
                out.push(hex(*high).unwrap_or(0) << 4 | hex(*low).unwrap_or(0));
                bytes = tail;
            }
            _ => {
                out.push(*first);
                bytes = rest;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture(text: &str) -> Fixture {
        serde_json::from_str(text).unwrap()
    }

    fn arrived(method: &str, target: &str, body: &str) -> Arrived {
        let (method, target) = (method.to_owned(), target.to_owned());
        Arrived {
            method,
            target,
            headers: http::HeaderMap::new(),
            body: bytes::Bytes::copy_from_slice(body.as_bytes()),
        }
    }

    #[test]
    fn escapes_and_stars_fit() {
        let one = fixture(r#"{"request": {"target": "/Partners('O'Hara')?$filter=a eq *"}, "response": {}}"#);
        let asked = arrived("GET", "/Partners(%27O%27Hara%27)?%24filter=a%20eq%20'1'", "");
        assert!(one.fit(&asked, "s", &BTreeSet::new()).is_some());
        assert!(one.fit(&arrived("POST", &asked.target, ""), "s", &BTreeSet::new()).is_none());
        assert!(one.fit(&arrived("GET", "/Partners('X')", ""), "s", &BTreeSet::new()).is_none());
    }

    #[test]
    fn the_closest_one_wins_and_marks_and_steps_count() {
        let marks = BTreeSet::from(["made".to_owned()]);
        let any = fixture(r#"{"request": {"target": "/o*"}, "response": {}}"#);
        let body = fixture(r#"{"request": {"target": "/o*", "body": {"a": 1}}, "response": {}}"#);
        let larger = fixture(r#"{"request": {"target": "/o*", "body": {"a": 1, "b": 2}}, "response": {}}"#);
        let after = fixture(r#"{"request": {"target": "/o*"}, "response": {}, "needs": ["made"]}"#);
        let own = fixture(r#"{"request": {"target": "/o*"}, "response": {}, "for": ["s"]}"#);
        let asked = arrived("GET", "/orders", r#"{"a": 1, "b": 2}"#);
        let fit = |one: &Fixture, marks| one.fit(&asked, "s", marks).unwrap();
        assert!(fit(&any, &marks) < fit(&body, &marks));
        assert!(fit(&body, &marks) < fit(&larger, &marks));
        assert!(fit(&larger, &marks) < fit(&after, &marks));
        assert!(fit(&after, &marks) < fit(&own, &marks));
        assert!(after.fit(&asked, "s", &BTreeSet::new()).is_none());
        assert!(own.fit(&asked, "t", &marks).is_none());
    }

    #[test]
    fn digits_of_a_body_stay() {
        let one = fixture(r#"{"request": {"target": "/"}, "response": {"body": {"p": 12345678901234567.10}}}"#);
        assert_eq!(one.response.body.unwrap().get(), r#"{"p": 12345678901234567.10}"#);
    }
}
