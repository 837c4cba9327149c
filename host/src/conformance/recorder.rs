//! Fixtures taken from a running system: the exchanges of steps that went well, without secrets.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::KitError;
use super::fault::Reply;
use super::fixture::Arrived;
use crate::limits;
use crate::plugin::contract::connector::{KeptFrom, SessionScheme};
use crate::secret::Vault;

/// What stands in a fixture for a value that must not be known.
const HIDDEN: &str = "recorded";
/// Headers about one transfer or one moment.
const DROPPED: [&str; 8] =
    ["connection", "content-length", "date", "keep-alive", "server", "set-cookie", "transfer-encoding", "x-powered-by"];

/// An exchange as it was seen.
#[derive(Clone, Debug, PartialEq)]
struct Taken {
    step: String,
    signs_in: bool,
    /// The step writes, and this request may be what does it.
    changes: bool,
    /// What had been written before.
    marks: BTreeSet<String>,
    method: String,
    target: String,
    body: Option<Value>,
    status: u16,
    headers: Vec<(String, String)>,
    answer: String,
}

/// What is taken down now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taking {
    /// Nothing.
    Nothing,
    /// Exchanges of a step that reads.
    Reads,
    /// Exchanges of a step that writes.
    Writes,
}

struct State {
    taking: Taking,
    taken: Vec<Taken>,
    marks: BTreeSet<String>,
}

/// Takes down exchanges.
pub(super) struct Recorder {
    state: Mutex<State>,
    secrets: Vec<String>,
    scheme: Option<SessionScheme>,
}

#[derive(Serialize)]
struct Entry<'a> {
    request: Request<'a>,
    response: Response<'a>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    needs: BTreeSet<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    creates: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sets: Vec<&'a str>,
}

#[derive(Serialize)]
struct Request<'a> {
    method: &'a str,
    target: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a Value>,
}

#[derive(Serialize)]
struct Response<'a> {
    status: u16,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<&'a str, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

impl Recorder {
    pub(super) fn new(vault: &Vault, scheme: Option<SessionScheme>) -> Self {
        let secrets = vault.secrets().map(|secret| secret.expose().to_owned()).filter(|text| !text.is_empty());
        let state = State { taking: Taking::Nothing, taken: Vec::new(), marks: BTreeSet::new() };
        Self { state: Mutex::new(state), secrets: secrets.collect(), scheme }
    }

    /// What is taken down from now on.
    pub(super) fn switch(&self, taking: Taking) {
        self.state.lock().taking = taking;
    }

    /// Takes down an exchange; `signs_in` tells one that the host made itself.
    pub(super) fn take(&self, arrived: &Arrived, reply: &Reply, signs_in: bool, step: &str) {
        let mut state = self.state.lock();
        if state.taking == Taking::Nothing || state.taken.len() >= limits::KIT_FILES_MAX {
            return;
        }
        let mut headers: Vec<(String, String)> =
            reply.headers.iter().filter(|(name, _)| !DROPPED.contains(&name.as_str())).cloned().collect();
        let mut answer = String::from_utf8_lossy(&reply.body).into_owned();
        let mut body = None;
        if signs_in {
            (headers, answer) = self.without_session(reply, headers, answer);
        } else if !arrived.body.is_empty() {
            let text = self.hidden(&String::from_utf8_lossy(&arrived.body));
            body = Some(serde_json::from_str(&text).unwrap_or(Value::String(text)));
        }
        let reads = matches!(arrived.method.as_str(), "GET" | "HEAD");
        let one = Taken {
            step: step.to_owned(),
            signs_in,
            changes: state.taking == Taking::Writes && !signs_in && !reads && (200..300).contains(&reply.status),
            marks: state.marks.clone(),
            method: arrived.method.clone(),
            target: self.hidden(&arrived.target),
            body,
            status: reply.status,
            headers,
            answer: self.hidden(&answer),
        };
        if one.changes {
            state.marks.insert(one.step.clone());
        }
        // What is answered as it was the last time needs no entry of its own.
        let last = state.taken.iter().rev().find(|own| own.same_request(&one));
        if last.is_none_or(|last| !signs_in && (last.status, &last.answer) != (one.status, &one.answer)) {
            state.taken.push(one);
        }
    }

    /// A text without secrets; the star in their place fits any text.
    fn hidden(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "*"))
    }

    /// The answer to a sign-in without what it gave.
    fn without_session(
        &self,
        reply: &Reply,
        mut headers: Vec<(String, String)>,
        answer: String,
    ) -> (Vec<(String, String)>, String) {
        let mut value: Option<Value> = serde_json::from_str(&answer).ok();
        for kept in self.scheme.iter().flat_map(|scheme| &scheme.kept) {
            match &kept.from {
                KeptFrom::Cookie(name) => headers.push(("set-cookie".to_owned(), format!("{name}={HIDDEN}"))),
                KeptFrom::Header(name) => {
                    let own = name.to_ascii_lowercase();
                    if reply.headers.iter().any(|(other, _)| *other == own) {
                        headers.retain(|(other, _)| *other != own);
                        headers.push((own, HIDDEN.to_owned()));
                    }
                }
                KeptFrom::JsonPointer(pointer) => {
                    if let Some(found) = value.as_mut().and_then(|value| value.pointer_mut(pointer)) {
                        *found = HIDDEN.into();
                    }
                }
            }
        }
        for name in ["access_token", "refresh_token", "id_token"] {
            if let Some(found) = value.as_mut().and_then(|value| value.get_mut(name)) {
                *found = HIDDEN.into();
            }
        }
        (headers, value.map_or(answer, |value| value.to_string()))
    }

    /// Writes what was taken down into `folder`, one file a step, and tells the files.
    pub(super) fn write(&self, folder: &Path) -> Result<Vec<PathBuf>, KitError> {
        let taken = &self.state.lock().taken;
        let mut steps: Vec<&str> = Vec::new();
        for one in taken.iter() {
            if !steps.contains(&one.file()) {
                steps.push(one.file());
            }
        }
        let failed = |file: &Path, problem: String| KitError::Unreadable { file: file.to_owned(), problem };
        std::fs::create_dir_all(folder).map_err(|e| failed(folder, e.to_string()))?;
        let mut files = Vec::new();
        for (at, step) in steps.into_iter().enumerate() {
            let own = taken.iter().filter(|one| one.file() == step);
            let entries: Vec<Entry<'_>> = own.map(|one| entry(one, taken)).collect();
            let file = folder.join(format!("{at:02}-{}.json", spelled(step)));
            let text = serde_json::to_string_pretty(&entries).map_err(|e| failed(&file, e.to_string()))?;
            std::fs::write(&file, format!("{text}\n")).map_err(|e| failed(&file, e.to_string()))?;
            files.push(file);
        }
        Ok(files)
    }
}

impl Taken {
    fn file(&self) -> &str {
        if self.signs_in { "sign-in" } else { &self.step }
    }

    fn same_request(&self, other: &Self) -> bool {
        (&self.method, &self.target, &self.body) == (&other.method, &other.target, &other.body)
    }
}

/// A request that is always answered in one way needs nothing; one with several answers has the one of its time.
fn entry<'a>(one: &'a Taken, all: &'a [Taken]) -> Entry<'a> {
    let varies = all.iter().filter(|other| other.same_request(one)).count() > 1;
    let needs = if varies { one.marks.iter().map(String::as_str).collect() } else { BTreeSet::new() };
    let mut headers: BTreeMap<&str, Value> = BTreeMap::new();
    for (name, value) in &one.headers {
        if let Value::Array(values) = headers.entry(name).or_insert_with(|| Value::Array(Vec::new())) {
            values.push(value.as_str().into());
        }
    }
    for values in headers.values_mut() {
        if let Value::Array(all) = values
            && let [only] = all.as_mut_slice()
        {
            *values = only.take();
        }
    }
    let json = RawValue::from_string(one.answer.clone()).ok();
    let text = (json.is_none() && !one.answer.is_empty()).then_some(one.answer.as_str());
    Entry {
        request: Request { method: &one.method, target: &one.target, body: one.body.as_ref() },
        response: Response { status: one.status, headers, body: json, text },
        needs,
        creates: (one.changes && one.status == 201).then_some(one.step.as_str()),
        sets: if one.changes && one.status != 201 { vec![&one.step] } else { Vec::new() },
    }
}

fn spelled(step: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    step.chars().map(letter).collect()
}
