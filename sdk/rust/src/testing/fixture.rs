//! Recorded answers of a system, in the files that `apiconnect plugin test` reads too:
//!
//! ```json
//! { "request": { "method": "GET", "target": "/prices?product=A1001" },
//!   "response": { "status": 200, "headers": { "content-type": "application/json" }, "body": { "price": 12.50 } } }
//! ```
//!
//! A file holds one answer or a list of them. `target` is path and query below the connection's base URL, with `*` for
//! any text; the method is GET and the status 200 where they are left out. `body` is sent as JSON, with its digits as
//! they are written, `text` as it stands. What a request makes in the system is a mark: `creates` and `sets` set one,
//! `clears` takes it away, and an answer that `needs` one is given only once it is there. Of several answers that fit,
//! the one with the most needs and the longest target is given.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Answer, FakeHost, Header, Request, Response, method_name};

#[derive(Debug, Deserialize)]
pub(super) struct Fixture {
    request: Asked,
    response: Told,
    #[serde(default)]
    needs: BTreeSet<String>,
    #[serde(default)]
    sets: BTreeSet<String>,
    #[serde(default)]
    clears: BTreeSet<String>,
    creates: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Asked {
    #[serde(default = "get")]
    method: String,
    target: String,
    /// What the body has at least.
    body: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Told {
    #[serde(default = "ok")]
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, Values>,
    body: Option<Box<RawValue>>,
    text: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Values {
    One(String),
    More(Vec<String>),
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Several(Vec<Fixture>);

fn get() -> String {
    "GET".into()
}

fn ok() -> u16 {
    200
}

fn parse(text: &str) -> Result<Vec<Fixture>, serde_json::Error> {
    match text.trim_start().starts_with('[') {
        true => serde_json::from_str(text).map(|Several(all)| all),
        false => serde_json::from_str(text).map(|one| vec![one]),
    }
}

impl Fixture {
    /// How closely it fits a request, when it does.
    fn fit(&self, request: &Request, marks: &BTreeSet<String>) -> Option<(usize, usize)> {
        let target = request.target.trim_start_matches('/');
        let fits = self.needs.is_subset(marks)
            && self.request.method == method_name(&request.method)
            && like(self.request.target.trim_start_matches('/'), target)
            && self.request.body.as_ref().is_none_or(|wanted| {
                serde_json::from_slice::<Value>(&request.body).is_ok_and(|own| covers(wanted, &own))
            });
        fits.then(|| (self.needs.len(), self.request.target.replace('*', "").len()))
    }

    fn answer(&self) -> Answer {
        let headers = self.response.headers.iter().flat_map(|(name, values)| {
            let values = match values {
                Values::One(value) => std::slice::from_ref(value),
                Values::More(values) => values,
            };
            values.iter().map(|value| Header { name: name.clone(), value: value.clone() })
        });
        let json = self.response.body.as_ref().map(|raw| raw.get().as_bytes());
        let body = json.or(self.response.text.as_deref().map(str::as_bytes)).unwrap_or_default().to_vec();
        Ok(Response { status: self.response.status, headers: headers.collect(), body })
    }
}

/// The recorded answer to a request; it changes the marks.
pub(super) fn answer(fixtures: &[Fixture], request: &Request, marks: &mut BTreeSet<String>) -> Option<Answer> {
    let fitting = fixtures.iter().filter_map(|fixture| Some((fixture.fit(request, marks)?, fixture)));
    // The earliest of those that fit as closely.
    let (_, fixture) = fitting.reduce(|best, next| if next.0 > best.0 { next } else { best })?;
    marks.retain(|mark| !fixture.clears.contains(mark));
    marks.extend(fixture.sets.iter().chain(&fixture.creates).cloned());
    Some(fixture.answer())
}

/// Whether a text fits one with stars in it.
fn like(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Whether a value has at least what is wanted.
fn covers(wanted: &Value, own: &Value) -> bool {
    match (wanted, own) {
        (Value::Object(wanted), Value::Object(own)) => {
            wanted.iter().all(|(name, value)| own.get(name).is_some_and(|own| covers(value, own)))
        }
        (Value::Array(wanted), Value::Array(own)) => {
            wanted.len() == own.len() && wanted.iter().zip(own).all(|(wanted, own)| covers(wanted, own))
        }
        (Value::String(wanted), Value::String(own)) => like(wanted, own),
        _ => wanted == own,
    }
}

impl FakeHost {
    /// Answers as these recorded answers say, as often as they are asked for. What [`FakeHost::on`] says goes first.
    ///
    /// # Panics
    /// When the text holds no recorded answers.
    #[must_use]
    pub fn fixture(mut self, json: &str) -> Self {
        let found = parse(json).unwrap_or_else(|error| panic!("no recorded answer ({error}): {json}"));
        self.fixtures.extend(found);
        self
    }

    /// The same for every `.json` file of a folder but `scenario.json`, such as
    /// `concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures")`.
    ///
    /// # Panics
    /// When the folder cannot be read, or a file in it holds no recorded answers.
    #[must_use]
    pub fn fixtures(mut self, folder: impl AsRef<Path>) -> Self {
        let folder = folder.as_ref();
        let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
        paths.retain(|path| path.file_name().is_some_and(|name| name != "scenario.json"));
        paths.sort();
        for path in paths {
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            let found = parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            self.fixtures.extend(found);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::FakeHost;
    use super::like;
    use crate::http;

    fn asked(method: &str, target: &str, body: &str) -> (u16, String) {
        let request = if method == "GET" { http::get(target) } else { http::post(target).body("text/plain", body) };
        request.send().map_or((0, String::new()), |answer| (answer.status, answer.text().into_owned()))
    }

    #[test]
    fn recorded_answers_keep_their_digits_and_are_given_again() {
        let host = FakeHost::new()
            .fixture(
                r#"{"request": {"target": "/a?b=1"},
                    "response": {"headers": {"x-page": "2", "via": ["a", "b"]}, "body": {"price": 12.50}}}"#,
            )
            .fixture(r#"[{"request": {"method": "GET", "target": "t"}, "response": {"status": 404, "text": "no\n"}}]"#)
            .on("GET", "t", 200, "first");
        let host = host.run(|| {
            for target in ["a?b=1", "/a?b=1"] {
                let answer = http::get(target).send().unwrap();
                assert_eq!((answer.status, answer.header("X-Page")), (200, Some("2")));
                assert_eq!(answer.text(), r#"{"price": 12.50}"#);
            }
            assert_eq!(asked("GET", "t", ""), (200, "first".into()));
            assert_eq!(asked("GET", "t", ""), (404, "no\n".into()));
            assert_eq!(asked("GET", "a?b=10", "").0, 0, "a target is compared whole");
        });
        assert_eq!(host.unused(), 0);
    }

    #[test]
    fn what_was_made_is_found_and_the_closest_answer_given() {
        let fixtures = r#"[
            {"request": {"target": "/orders*"}, "response": {"text": "none"}},
            {"request": {"target": "/orders*"}, "response": {"text": "one"}, "needs": ["order"]},
            {"request": {"target": "/orders/7"}, "response": {"text": "seven"}},
            {"request": {"method": "POST", "target": "/orders", "body": {"ref": "W-*"}}, "response": {"status": 201},
             "creates": "order"},
            {"request": {"method": "POST", "target": "/reset"}, "response": {}, "clears": ["order"]}]"#;
        let _ = FakeHost::new().fixture(fixtures).run(|| {
            assert_eq!(asked("GET", "orders?ref=W-1", "").1, "none");
            assert_eq!(asked("POST", "orders", r#"{"ref": "X"}"#).0, 0, "the body does not fit");
            assert_eq!(asked("POST", "orders", r#"{"ref": "W-1", "more": 1}"#).0, 201);
            assert_eq!(asked("GET", "orders?ref=W-1", "").1, "one");
            assert_eq!(asked("POST", "reset", "").0, 200);
            assert_eq!(asked("GET", "orders/7", "").1, "seven");
            assert_eq!(asked("GET", "orders?ref=W-1", "").1, "none");
        });
    }

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, text, fits) in
            [("a*c", "abc", true), ("a*c", "ac", true), ("*b*", "abc", true), ("a", "ab", false), ("a*d", "abc", false)]
        {
            assert_eq!(like(pattern, text), fits, "{pattern} {text}");
        }
    }
}
