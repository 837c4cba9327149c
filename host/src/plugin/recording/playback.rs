//! Answers a connector out of a recording: step by step in a replay, by what fits in a shadow run.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::difference::{Difference, differences};
use super::step::{Answer, Asked, Body, Exchange};
use super::{Did, End, Question, Recording};
use crate::limits;
use crate::plugin::bindings::apiconnect::connector as contract;
use contract::http::{Failure, FailureKind};

/// One playback of a recording.
pub(in crate::plugin) struct Playback(Mutex<State>);

pub(super) struct State {
    pub(super) script: Script,
    pub(super) ended: Option<Ended>,
}

/// How the call that was played ended.
pub(super) struct Ended {
    pub(super) end: End,
    pub(super) did: Did,
    pub(super) lines: Vec<String>,
}

pub(super) enum Script {
    Strict(Strict),
    Loose(Box<Loose>),
}

impl Playback {
    pub(super) fn new(script: Script) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State { script, ended: None })))
    }

    /// The answer to a question; there always is one, and it fits.
    pub(super) fn hear(&self, question: &Question) -> Answer {
        match &mut self.0.lock().script {
            Script::Strict(strict) => strict.hear(question),
            Script::Loose(loose) => loose.hear(question),
        }
    }

    pub(super) fn end(&self, end: End, did: Did, lines: Vec<String>) {
        self.0.lock().ended = Some(Ended { end, did, lines });
    }

    pub(super) fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.0.lock())
    }
}

/// Tells the recorded answers in their order, as long as the questions are the recorded ones.
pub(super) struct Strict {
    recording: Arc<Recording>,
    next: usize,
    /// The first question that was not the recorded one.
    pub(super) parted: Option<Difference>,
    /// Whether it came as far as the recorded call was let go.
    pub(super) cut: bool,
}

impl Strict {
    pub(super) const fn new(recording: Arc<Recording>) -> Self {
        Self { recording, next: 0, parted: None, cut: false }
    }

    fn hear(&mut self, question: &Question) -> Answer {
        if self.parted.is_some() || self.cut {
            return unanswered(question);
        }
        let at = self.next;
        self.next += 1;
        let ended_early = matches!(self.recording.end, End::Deadline);
        match self.recording.steps.get(at) {
            Some(step) if step.asked == *question => match &step.told {
                Some(told) => return told.clone(),
                None => self.cut = true,
            },
            Some(step) => self.parted = Some(parted(at, &step.asked, question)),
            None if ended_early => self.cut = true,
            None => {
                let asks = format!("it asks {}", question.told());
                self.parted = Some(Difference::new(place(at), "it asked nothing more", asks));
            }
        }
        unanswered(question)
    }

    /// The first recorded question that was not asked.
    pub(super) fn left(&self) -> Option<Difference> {
        let step = self.recording.steps.get(self.next)?;
        Some(Difference::new(place(self.next), format!("it asked {}", step.asked.told()), "it asks nothing more"))
    }
}

fn place(at: usize) -> String {
    format!("question {}", at + 1)
}

fn parted(at: usize, recorded: &Question, now: &Question) -> Difference {
    let value = |question: &Question| serde_json::to_value(question).unwrap_or_default();
    let kind = |question: &Question| std::mem::discriminant(question);
    if kind(recorded) == kind(now)
        && let Some(first) = differences("", &value(recorded), &value(now)).into_iter().next()
    {
        let name = first.place.trim_start_matches('.');
        return Difference { place: format!("{}: {name}", place(at)), ..first };
    }
    let asks = format!("it asks {}", now.told());
    Difference::new(place(at), format!("it asked {}", recorded.told()), asks)
}

/// What is told where nothing was recorded.
fn unanswered(question: &Question) -> Answer {
    let nothing = || contract::secret::Failure::Refused("answer that: it was not recorded".to_owned());
    match question {
        Question::Send(requests) => Answer::Exchanges(requests.iter().map(|_| not_recorded()).collect()),
        Question::Now | Question::Elapsed => Answer::Time(0),
        Question::Seed => Answer::Seed(Body(vec![0; 32])),
        Question::Placeholder { .. } | Question::Sign { .. } => Answer::NoSecret(nothing()),
        Question::Get { .. } => Answer::Value(None),
        Question::Set { .. } | Question::Remove { .. } | Question::Release { .. } => Answer::Done,
        Question::Acquire { .. } => Answer::Claimed(true),
    }
}

fn not_recorded() -> Exchange {
    let message = "send it: there is no network here, and no such request was recorded".to_owned();
    Exchange::Failure(Failure { kind: FailureKind::Refused, maybe_sent: false, message })
}

/// Tells recorded answers to whatever fits them, for another version of the connector.
pub(super) struct Loose {
    exchanges: Vec<Recorded>,
    times: Vec<u64>,
    time: usize,
    /// Readings of the clock that only goes forward.
    readings: u64,
    /// Recorded answers about the state and secrets, by question, in order.
    answers: Vec<(Question, Answer, bool)>,
    /// What this call has kept in the state.
    kept: BTreeMap<String, Option<Vec<u8>>>,
    /// Questions whose answer was recorded for another one like it.
    pub(super) loosely: Vec<String>,
    /// Questions that nothing like was recorded for.
    pub(super) new: Vec<String>,
    /// How bodies differ from the recorded ones that were taken for them.
    pub(super) bodies: Vec<Difference>,
}

struct Recorded {
    asked: Asked,
    told: Exchange,
    used: bool,
}

/// How well a recorded request fits; the best first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    Whole,
    OtherHeaders,
    OtherBody,
}

impl Loose {
    pub(super) fn new(recording: &Recording) -> Self {
        let mut loose = Self {
            exchanges: Vec::new(),
            times: Vec::new(),
            time: 0,
            readings: 0,
            answers: Vec::new(),
            kept: BTreeMap::new(),
            loosely: Vec::new(),
            new: Vec::new(),
            bodies: Vec::new(),
        };
        for step in &recording.steps {
            match (&step.asked, &step.told) {
                (Question::Send(requests), Some(Answer::Exchanges(exchanges))) => {
                    let pairs = requests.iter().cloned().zip(exchanges.iter().cloned());
                    loose.exchanges.extend(pairs.map(|(asked, told)| Recorded { asked, told, used: false }));
                }
                (Question::Now, Some(Answer::Time(time))) => loose.times.push(*time),
                (asked, Some(told)) => loose.answers.push((asked.clone(), told.clone(), false)),
                (_, None) => {}
            }
        }
        if loose.times.is_empty() {
            loose.times.push(recording.at);
        }
        loose
    }

    /// Whether a recorded request that may change something was not made.
    pub(super) fn leaves_writes(&self) -> bool {
        self.exchanges.iter().any(|recorded| !recorded.used && !recorded.asked.is_read())
    }

    /// Recorded requests that were not made.
    pub(super) fn not_asked(&self) -> Vec<String> {
        let left = self.exchanges.iter().filter(|recorded| !recorded.used);
        left.take(limits::DIFFERENCES_TOLD).map(|recorded| recorded.asked.told()).collect()
    }

    fn hear(&mut self, question: &Question) -> Answer {
        match question {
            Question::Send(requests) => {
                Answer::Exchanges(requests.iter().map(|request| self.exchange(request)).collect())
            }
            Question::Now => {
                // Behind the last recorded reading the clock goes on, so that nobody waits for it for ever.
                let beyond = (self.time + 1).saturating_sub(self.times.len()) as u64;
                let time = self.times.get(self.time).or(self.times.last()).copied().unwrap_or_default();
                self.time += 1;
                Answer::Time(time.saturating_add(beyond))
            }
            Question::Get { key } => match self.kept.get(key) {
                Some(value) => Answer::Value(value.clone().map(Body)),
                None => self.recorded(question).unwrap_or(Answer::Value(None)),
            },
            Question::Set { key, value, .. } => {
                let told = self.recorded(question).unwrap_or(Answer::Done);
                self.kept.insert(key.clone(), Some(value.0.clone()));
                told
            }
            Question::Remove { key } => {
                self.kept.insert(key.clone(), None);
                Answer::Done
            }
            Question::Elapsed => {
                // As above: it goes on, by a millisecond a reading.
                self.readings += 1;
                let recorded = match self.recorded(question) {
                    Some(Answer::Time(recorded)) => recorded,
                    _ => 0,
                };
                Answer::Time(recorded.saturating_add(self.readings * 1_000_000))
            }
            Question::Seed => self.recorded(question).unwrap_or_else(|| unanswered(question)),
            Question::Acquire { .. } => self.recorded(question).unwrap_or(Answer::Claimed(true)),
            Question::Release { .. } => Answer::Done,
            Question::Placeholder { slot } => self.recorded(question).unwrap_or_else(|| {
                note(&mut self.loosely, format!("{}: it was not asked for", question.told()));
                Answer::Text(format!("{{{{secret:{slot}}}}}"))
            }),
            Question::Sign { .. } => self.recorded(question).unwrap_or_else(|| {
                note(&mut self.new, question.told());
                unanswered(question)
            }),
        }
    }

    /// The recorded answer to this very question, one after the other and then the last one again.
    fn recorded(&mut self, question: &Question) -> Option<Answer> {
        let mut last = None;
        for (asked, told, used) in &mut self.answers {
            if asked == question {
                last = Some(told.clone());
                if !std::mem::replace(used, true) {
                    break;
                }
            }
        }
        last
    }

    fn exchange(&mut self, request: &Asked) -> Exchange {
        let fits = [Fit::Whole, Fit::OtherHeaders, Fit::OtherBody];
        let fresh = |fit| self.exchanges.iter().position(|one| !one.used && one.asked.fits(request, fit));
        let found = fits.into_iter().find_map(|fit| Some((fresh(fit)?, fit, false)));
        // Reading once more than before changes nothing; writing once more may.
        let again = |fit| self.exchanges.iter().rposition(|one| one.asked.fits(request, fit));
        let found = found.or_else(|| {
            let reads = request.is_read().then_some(fits)?;
            reads.into_iter().find_map(|fit| Some((again(fit)?, fit, true)))
        });
        let Some((at, fit, again)) = found else {
            note(&mut self.new, request.told());
            return not_recorded();
        };
        let what = match fit {
            Fit::Whole => "once more than it was made",
            Fit::OtherHeaders => "with other headers",
            Fit::OtherBody => "with another body",
        };
        if again || fit != Fit::Whole {
            note(&mut self.loosely, format!("{} {what}", request.told()));
        }
        match self.exchanges.get_mut(at) {
            Some(recorded) => {
                recorded.used = true;
                if fit == Fit::OtherBody && self.bodies.len() < limits::DIFFERENCES_TOLD {
                    self.bodies.extend(bodies(&recorded.asked, request));
                }
                recorded.told.clone()
            }
            None => not_recorded(),
        }
    }
}

/// How two bodies differ, field by field where they are JSON.
fn bodies(recorded: &Asked, now: &Asked) -> Vec<Difference> {
    let json = |body: &Body| serde_json::from_slice::<serde_json::Value>(&body.0).ok();
    let place = format!("{}: body", now.told());
    match (json(&recorded.body), json(&now.body)) {
        (Some(before), Some(after)) if before != after => differences(&place, &before, &after),
        _ => {
            let value = |body: &Body| serde_json::to_value(body).unwrap_or_default();
            differences(&place, &value(&recorded.body), &value(&now.body))
        }
    }
}

fn note(list: &mut Vec<String>, text: String) {
    if list.len() < limits::DIFFERENCES_TOLD && !list.contains(&text) {
        list.push(text);
    }
}

impl Asked {
    fn fits(&self, other: &Self, fit: Fit) -> bool {
        let same = self.method == other.method && self.target == other.target;
        same && match fit {
            Fit::Whole => self == other,
            Fit::OtherHeaders => self.body == other.body && self.secrets_in_body == other.secrets_in_body,
            Fit::OtherBody => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::frame::tests::recording;
    use super::*;
    use crate::plugin::recording::Step;

    fn asked(method: &str, target: &str, body: &str) -> Asked {
        let (method, target, body) = (method.to_owned(), target.to_owned(), Body(body.as_bytes().to_vec()));
        Asked { method, target, headers: Vec::new(), body, secrets_in_body: false }
    }

    fn step(asked: Question, told: serde_json::Value) -> Step {
        Step { asked, told: (!told.is_null()).then(|| serde_json::from_value(told).unwrap()) }
    }

    fn response(body: &str) -> serde_json::Value {
        json!({ "response": { "status": 200, "body": body } })
    }

    fn body(answer: &Answer) -> String {
        match answer {
            Answer::Exchanges(exchanges) => match &exchanges[..] {
                [Exchange::Response { body, .. }] => String::from_utf8(body.0.clone()).unwrap(),
                other => format!("{other:?}"),
            },
            other => format!("{other:?}"),
        }
    }

    fn with(steps: Vec<Step>) -> Recording {
        Recording { steps, ..recording() }
    }

    #[test]
    fn a_strict_script_parts_at_the_first_other_question() {
        let get = Question::Send(vec![asked("GET", "prices?q=1", "")]);
        let recording = Arc::new(with(vec![
            step(Question::Now, json!({ "time": 7 })),
            step(get.clone(), json!({ "exchanges": [response("a")] })),
        ]));
        let mut strict = Strict::new(Arc::clone(&recording));
        assert!(matches!(strict.hear(&Question::Now), Answer::Time(7)));
        assert_eq!(body(&strict.hear(&get)), "a");
        assert!(strict.parted.is_none() && strict.left().is_none());
        strict.hear(&get);
        assert_eq!(strict.parted.as_ref().unwrap().now, "it asks GET prices?q=1");

        let mut strict = Strict::new(recording);
        strict.hear(&Question::Now);
        strict.hear(&Question::Send(vec![asked("GET", "prices?q=2", "")]));
        let parted = strict.parted.unwrap();
        let told = (parted.place.as_str(), parted.recorded.as_str(), parted.now.as_str());
        assert_eq!(told, ("question 2: send[0].target", "\"prices?q=1\"", "\"prices?q=2\""));
    }

    #[test]
    fn a_call_that_was_let_go_is_played_up_to_there() {
        let get = Question::Send(vec![asked("GET", "a", "")]);
        let recording = Recording { end: End::Deadline, ..with(vec![step(get.clone(), json!(null))]) };
        let mut strict = Strict::new(Arc::new(recording));
        strict.hear(&get);
        strict.hear(&Question::Now);
        assert!(strict.cut && strict.parted.is_none());
    }

    #[test]
    fn a_loose_script_answers_what_fits_best_and_tells_what_does_not() {
        let requests = vec![asked("GET", "a", ""), asked("POST", "b", "1"), asked("POST", "b", "2")];
        let told = json!({ "exchanges": [response("A"), response("B1"), response("B2")] });
        let mut loose = Loose::new(&with(vec![step(Question::Send(requests), told)]));
        let ask = |loose: &mut Loose, asked| body(&loose.hear(&Question::Send(vec![asked])));
        // The order does not matter, and the best fit is not given to a worse one.
        assert_eq!(ask(&mut loose, asked("POST", "b", "2")), "B2");
        assert_eq!(loose.loosely, Vec::<String>::new());
        assert_eq!(ask(&mut loose, asked("POST", "b", "3")), "B1");
        let with_header = Asked { headers: vec![("x".into(), "y".into())], ..asked("GET", "a", "") };
        assert_eq!(loose.not_asked(), ["GET a"]);
        assert_eq!(ask(&mut loose, with_header), "A");
        assert_eq!(ask(&mut loose, asked("GET", "a", "")), "A");
        assert_eq!(
            loose.loosely,
            ["POST b with another body", "GET a with other headers", "GET a once more than it was made"]
        );
        assert!(loose.new.is_empty() && loose.not_asked().is_empty());
        assert!(ask(&mut loose, asked("POST", "b", "1")).contains("no network"), "nothing is written twice");
        assert!(ask(&mut loose, asked("GET", "c", "")).contains("no network"));
        assert_eq!(loose.new, ["POST b", "GET c"]);
        let [Difference { place, recorded, now }] = &loose.bodies[..] else { panic!("{:?}", loose.bodies) };
        assert_eq!([place.as_str(), recorded, now], ["POST b: body", "1", "3"]);
    }

    #[test]
    fn the_state_and_the_clock_of_a_loose_script_are_the_recorded_ones() {
        let get = Question::Get { key: "k".into() };
        let recording = with(vec![
            step(Question::Now, json!({ "time": 1 })),
            step(get.clone(), json!({ "value": null })),
            step(Question::Now, json!({ "time": 2 })),
            step(get.clone(), json!({ "value": "v" })),
        ]);
        let mut loose = Loose::new(&recording);
        let mut hear = |question: &Question| serde_json::to_string(&loose.hear(question)).unwrap();
        assert_eq!([hear(&get), hear(&get), hear(&get)], [r#"{"value":null}"#, r#"{"value":"v"}"#, r#"{"value":"v"}"#]);
        assert_eq!([(); 3].map(|()| hear(&Question::Now)), [r#"{"time":1}"#, r#"{"time":2}"#, r#"{"time":3}"#]);
        hear(&Question::Set { key: "k".into(), value: Body(b"new".to_vec()), ttl_ms: 1 });
        assert_eq!(hear(&get), r#"{"value":"new"}"#);
        hear(&Question::Remove { key: "k".into() });
        assert_eq!(hear(&get), r#"{"value":null}"#);
    }
}
