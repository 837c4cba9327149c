//! The system's place: answers requests from fixtures, or hands them on to a running system, and lets go wrong what is
//! to go wrong. It remembers what a system would: which marks are set, which documents were made.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use parking_lot::Mutex;
use serde_json::json;
use url::Url;

use super::fault::{Deed, Fault, Plan, Reply, instead, spoiled};
use super::fixture::{Arrived, Fixture};
use super::recorder::Recorder;
use super::scenario::Answers;
use crate::egress::Egress;
use crate::limits;

/// The header that tells which request of a step one is. The kit adds it inside the host and takes it off again.
pub(super) const POSITION: &str = "x-conformance-request";

/// Where answers come from.
pub(super) enum Backend {
    /// Fixtures.
    Fixtures(Arc<Vec<Fixture>>),
    /// A running system.
    System(Box<System>),
    /// Nowhere: every request is answered with 404. For finding out what a connector says without any system.
    Nothing,
}

/// A running system behind the kit.
pub(super) struct System {
    pub(super) egress: Egress,
    pub(super) base: Url,
    /// `http://127.0.0.1:PORT`, where the kit listens: links in answers must not lead past it.
    pub(super) own: String,
    pub(super) recorder: Option<Recorder>,
}

/// What a system remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Memory {
    marks: BTreeSet<String>,
    /// How often each document was made.
    made: BTreeMap<String, u32>,
}

/// What happened since the last [`Stage::set`].
#[derive(Clone, Debug, Default)]
pub(super) struct Happened {
    /// How often the fault happened.
    pub(super) faults: u32,
    /// Whether the request that it happened to changed something; unknown where a running system answers.
    pub(super) hit: Option<bool>,
    /// Documents made.
    pub(super) made: u32,
    /// Whether something was changed; unknown where a running system answers.
    pub(super) changed: Option<bool>,
    /// The exchanges, in short.
    pub(super) log: Vec<String>,
}

#[derive(Default)]
struct State {
    step: String,
    plan: Option<Plan>,
    memory: Memory,
    happened: Happened,
    /// The faulty request has been answered with a fault that happens only once.
    done: bool,
}

/// The system's place. One step is asked at a time.
pub(super) struct Stage {
    backend: Backend,
    answers: Answers,
    state: Mutex<State>,
}

impl Stage {
    pub(super) fn new(backend: Backend, answers: Answers) -> Self {
        Self { backend, answers, state: Mutex::default() }
    }

    /// Gets ready for a step, with what may go wrong in it.
    pub(super) fn set(&self, step: &str, plan: Option<Plan>) {
        let mut state = self.state.lock();
        step.clone_into(&mut state.step);
        state.plan = plan;
        state.done = false;
        let changed = matches!(self.backend, Backend::Fixtures(_) | Backend::Nothing).then_some(false);
        state.happened = Happened { changed, ..Happened::default() };
    }

    /// What happened since then.
    pub(super) fn happened(&self) -> Happened {
        self.state.lock().happened.clone()
    }

    /// What the system remembers now; nothing is known of a running one.
    pub(super) fn memory(&self) -> Memory {
        self.state.lock().memory.clone()
    }

    /// Lets it remember something else.
    pub(super) fn remember(&self, memory: Memory) {
        self.state.lock().memory = memory;
    }

    /// Whether answers come from fixtures.
    pub(super) const fn repeats(&self) -> bool {
        !matches!(self.backend, Backend::System(_))
    }

    /// Takes exchanges down, where that was asked for.
    pub(super) fn recorder(&self) -> Option<&Recorder> {
        match &self.backend {
            Backend::System(system) => system.recorder.as_ref(),
            _ => None,
        }
    }

    /// What becomes of a request.
    pub(super) async fn answer(&self, mut arrived: Arrived) -> Deed {
        let position = arrived.headers.remove(POSITION);
        let position = position.and_then(|text| text.to_str().ok()?.parse::<u32>().ok());
        let fault = self.fault(position);
        if let Some(fault) = fault.filter(|fault| !fault.is_carried_out()) {
            let reply = instead(fault, &self.answers);
            self.note(&arrived, position, reply.status, Some(fault), &Origin::default());
            return Deed::Answer(reply);
        }
        let (reply, origin) = self.real(&arrived, position).await;
        let status = reply.status;
        let spoiled = fault.and_then(|fault| spoiled(fault, reply.clone()));
        self.note(&arrived, position, status, fault.filter(|_| spoiled.is_some()), &origin);
        spoiled.unwrap_or(Deed::Answer(reply))
    }

    /// The fault that happens to this request.
    fn fault(&self, position: Option<u32>) -> Option<Fault> {
        let mut state = self.state.lock();
        let plan = state.plan.filter(|plan| Some(plan.at) == position)?;
        if plan.fault == Fault::ExpiredOnce && std::mem::replace(&mut state.done, true) {
            return None;
        }
        Some(plan.fault)
    }

    /// The system's own answer, and where it comes from.
    async fn real(&self, arrived: &Arrived, position: Option<u32>) -> (Reply, Origin) {
        match &self.backend {
            Backend::Fixtures(all) => self.from(all, arrived),
            Backend::System(system) => (system.answer(arrived, position, &self.step()).await, Origin::default()),
            Backend::Nothing => (problem(404, "this is no system"), Origin::default()),
        }
    }

    fn step(&self) -> String {
        self.state.lock().step.clone()
    }

    fn from(&self, all: &[Fixture], arrived: &Arrived) -> (Reply, Origin) {
        let mut state = self.state.lock();
        let mut best: Option<(u32, &Fixture)> = None;
        for fixture in all {
            let fit = fixture.fit(arrived, &state.step, &state.memory.marks);
            if let Some(fit) = fit.filter(|fit| best.is_none_or(|(closest, _)| *fit > closest)) {
                best = Some((fit, fixture));
            }
        }
        let Some((_, fixture)) = best else {
            let origin = Origin { place: NO_FIXTURE.to_owned(), changes: Some(false) };
            return (problem(404, "no fixture fits this request"), origin);
        };
        if fixture.changes() {
            state.happened.changed = Some(true);
        }
        if let Some(document) = &fixture.creates {
            state.happened.made += 1;
            *state.memory.made.entry(document.clone()).or_default() += 1;
            state.memory.marks.insert(document.clone());
        }
        state.memory.marks.extend(fixture.sets.iter().cloned());
        state.memory.marks.retain(|mark| !fixture.clears.contains(mark));
        (reply_of(fixture), Origin { place: fixture.origin.clone(), changes: Some(fixture.changes()) })
    }

    fn note(&self, arrived: &Arrived, position: Option<u32>, status: u16, fault: Option<Fault>, origin: &Origin) {
        let mut state = self.state.lock();
        if fault.is_some() {
            state.happened.faults += 1;
            state.happened.hit = origin.changes;
        }
        if state.happened.log.len() >= limits::KIT_LOG_LINES_MAX {
            return;
        }
        let at = position.map_or_else(|| "host".to_owned(), |position| position.to_string());
        let fault = fault.map(|fault| format!(" [{}]", fault.name())).unwrap_or_default();
        let place = if origin.place.is_empty() { String::new() } else { format!(" ({})", origin.place) };
        let mut line = format!("{at}: {} {} → {status}{fault}{place}", arrived.method, arrived.target);
        // What goes to a running system may hold its secrets, and so may a sign-in.
        if self.repeats() && position.is_some() && !arrived.body.is_empty() {
            let most = if origin.place == NO_FIXTURE { 2_000 } else { 120 };
            let body: String = String::from_utf8_lossy(&arrived.body).chars().take(most).collect();
            line.push_str(&format!(" {body}"));
        }
        state.happened.log.push(line);
    }
}

/// What stands for the place of a request that no fixture knows.
const NO_FIXTURE: &str = "no fixture fits";

/// Where an answer comes from.
#[derive(Default)]
struct Origin {
    /// File and place of the fixture.
    place: String,
    /// Whether the request changed something.
    changes: Option<bool>,
}

impl System {
    async fn answer(&self, arrived: &Arrived, position: Option<u32>, step: &str) -> Reply {
        let passed = match self.egress.pass_on(&self.base, request(arrived)).await {
            Ok(passed) => passed,
            Err(error) => return problem(502, &format!("failed to {error}")),
        };
        let (head, body) = passed.into_parts();
        let theirs = self.base.origin().ascii_serialization();
        let mut headers = Vec::new();
        for (name, value) in &head.headers {
            let text = String::from_utf8_lossy(value.as_bytes()).replace(&theirs, &self.own);
            headers.push((name.as_str().to_owned(), text));
        }
        let body = match std::str::from_utf8(&body) {
            Ok(text) if text.contains(&theirs) => Bytes::from(text.replace(&theirs, &self.own)),
            _ => body,
        };
        let reply = Reply { status: head.status.as_u16(), headers, body };
        if let Some(recorder) = &self.recorder {
            recorder.take(arrived, &reply, position.is_none(), step);
        }
        reply
    }
}

fn request(arrived: &Arrived) -> http::Request<Bytes> {
    let mut request = http::Request::new(arrived.body.clone());
    *request.method_mut() = arrived.method.parse().unwrap_or(http::Method::GET);
    if let Ok(uri) = arrived.target.parse() {
        *request.uri_mut() = uri;
    }
    request.headers_mut().clone_from(&arrived.headers);
    request
}

fn reply_of(fixture: &Fixture) -> Reply {
    let response = &fixture.response;
    let each = response.headers.iter().flat_map(|(name, values)| values.each().iter().map(move |value| (name, value)));
    let mut headers: Vec<(String, String)> = each.map(|(name, value)| (name.clone(), value.clone())).collect();
    let body = match (&response.body, &response.text) {
        (Some(body), _) => {
            if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                headers.push(("content-type".to_owned(), "application/json".to_owned()));
            }
            Bytes::copy_from_slice(body.get().as_bytes())
        }
        (None, Some(text)) => Bytes::from(text.clone()),
        (None, None) => Bytes::new(),
    };
    Reply { status: response.status, headers, body }
}

fn problem(status: u16, text: &str) -> Reply {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Reply { status, headers, body: Bytes::from(json!({ "conformance": text }).to_string()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(fixtures: &str) -> Stage {
        Stage::new(Backend::Fixtures(Arc::new(serde_json::from_str(fixtures).unwrap())), Answers::default())
    }

    fn arrived(method: &str, position: &str) -> Arrived {
        let mut headers = http::HeaderMap::new();
        headers.insert(POSITION, position.parse().unwrap());
        Arrived { method: method.into(), target: "/orders".into(), headers, body: Bytes::new() }
    }

    async fn body(stage: &Stage, method: &str, position: &str) -> String {
        match stage.answer(arrived(method, position)).await {
            Deed::Answer(reply) => format!("{} {}", reply.status, String::from_utf8_lossy(&reply.body)),
            deed => format!("{deed:?}"),
        }
    }

    const ORDERS: &str = r#"[
        {"request": {"target": "/orders"}, "response": {"body": []}},
        {"request": {"target": "/orders"}, "response": {"body": [7]}, "needs": ["order"]},
        {"request": {"method": "POST", "target": "/orders"}, "response": {"status": 201, "body": 7}, "creates": "order"}
    ]"#;

    #[tokio::test]
    async fn documents_are_remembered_and_counted_even_when_nobody_hears_of_them() {
        let stage = stage(ORDERS);
        stage.set("s", Some(Plan { fault: Fault::CutAfterSend, at: 2 }));
        assert_eq!(body(&stage, "GET", "1").await, "200 []");
        assert_eq!(body(&stage, "POST", "2").await, "Cut");
        let happened = stage.happened();
        assert_eq!((happened.made, happened.changed, happened.faults), (1, Some(true), 1));
        assert_eq!(happened.log, ["1: GET /orders → 200", "2: POST /orders → 201 [cut-after-send]"]);
        let memory = stage.memory();
        stage.set("s", None);
        assert_eq!(body(&stage, "GET", "1").await, "200 [7]");
        assert_eq!(stage.happened().changed, Some(false));
        stage.remember(Memory::default());
        assert_eq!(body(&stage, "GET", "1").await, "200 []");
        stage.remember(memory);
        assert_eq!(body(&stage, "GET", "1").await, "200 [7]");
    }

    #[tokio::test]
    async fn a_refused_request_is_not_carried_out_and_an_expired_session_only_once() {
        let stage = stage(ORDERS);
        stage.set("s", Some(Plan { fault: Fault::TooMany, at: 1 }));
        assert!(body(&stage, "POST", "1").await.starts_with("429"));
        assert_eq!(stage.happened().made, 0);
        stage.set("s", Some(Plan { fault: Fault::ExpiredOnce, at: 1 }));
        assert!(body(&stage, "GET", "1").await.starts_with("401"));
        assert_eq!(body(&stage, "GET", "1").await, "200 []");
    }

    #[tokio::test]
    async fn what_no_fixture_knows_is_told() {
        let stage = stage(ORDERS);
        stage.set("s", None);
        assert!(body(&stage, "PATCH", "1").await.starts_with("404"));
        assert_eq!(stage.happened().log, ["1: PATCH /orders → 404 (no fixture fits)"]);
    }
}
