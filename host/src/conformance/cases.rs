//! The steps of a run, one after the other: as they should be, then with something going wrong at each request.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::KitError;
use super::answer::{Answer, Played};
use super::bench::Bench;
use super::expectation::{expects, right};
use super::fault::{FAULTS, Fault, Plan};
use super::judge::{self, Failure, Seen};
use super::operation::{Operation, Shape};
use super::pattern;
use super::play::{Names, Question};
use super::recorder::{Recorder, Taking};
use super::report::{CaseReport, CaseResult, Measured, Verdict};
use super::run::Kit;
use super::sample;
use super::scenario::{Scenario, Step};
use super::stage::Memory;
use super::summary::honest;
use super::writes::{Settled, Written};
use crate::commerce::types::Error as Refusal;
use crate::limits;
use crate::plugin::Loaded;
use crate::seam;

/// A step that went well.
#[derive(Clone)]
pub(super) struct Done {
    pub(super) question: Question,
    pub(super) good: Played,
    /// What the system remembered before it.
    pub(super) before: Memory,
    step: Step,
}

/// A run under way.
pub(super) struct Run<'a> {
    pub(super) bench: Bench,
    pub(super) loaded: Arc<Loaded>,
    scenario: Arc<Scenario>,
    pub(super) only: &'a [String],
    names: Names,
    /// Makes references of writes new, where a running system keeps them.
    seed: String,
    fresh: u32,
    pub(super) done: Vec<Done>,
    pub(super) cases: BTreeMap<&'static str, Vec<CaseReport>>,
    pub(super) refused: BTreeMap<&'static str, (Verdict, String)>,
    pub(super) measured: BTreeMap<&'static str, Measured>,
}

impl<'a> Run<'a> {
    pub(super) fn new(kit: &Kit, bench: Bench, only: &'a [String]) -> Self {
        let records = bench.stage.recorder().is_some();
        let seed =
            if bench.stage.repeats() || records { String::new() } else { format!("{}-", seam::random_below(1 << 30)) };
        let names = Names::from([
            ("run".to_owned(), format!("{seed}1")),
            ("origin".to_owned(), bench.base.origin().ascii_serialization()),
        ]);
        Self {
            bench,
            loaded: Arc::clone(kit.loaded()),
            scenario: Arc::clone(kit.scenario()),
            only,
            names,
            seed,
            fresh: 1,
            done: Vec::new(),
            cases: BTreeMap::new(),
            refused: BTreeMap::new(),
            measured: BTreeMap::new(),
        }
    }

    pub(super) fn recorder(&self) -> Option<&Recorder> {
        self.bench.stage.recorder()
    }

    /// Every step as it should be.
    pub(super) async fn good(&mut self, say: &mut (dyn FnMut(&str) + Send)) -> Result<(), KitError> {
        for step in steps(&self.scenario) {
            say(&step.name);
            let question = match Question::of(&step, &self.names) {
                Ok(question) => question,
                Err(name) => {
                    self.cannot(&step, &name)?;
                    continue;
                }
            };
            let before = self.bench.stage.memory();
            self.record(if question.operation.shape.writes() { Taking::Writes } else { Taking::Reads });
            let good = self.bench.play(&question, None).await?;
            self.take(step, question, good, before);
        }
        for at in 0..self.done.len() {
            let Some(done) = self.done.get(at).cloned() else { continue };
            if done.question.operation.shape == Shape::Lines {
                self.record(Taking::Reads);
                self.order_of_lines(&done).await?;
            }
        }
        self.record(Taking::Nothing);
        Ok(())
    }

    fn record(&self, taking: Taking) {
        if let Some(recorder) = self.recorder() {
            recorder.switch(taking);
        }
    }

    /// A step whose question has a name that nothing stands for: no fault of the file where an earlier step keeps it.
    fn cannot(&mut self, step: &Step, name: &str) -> Result<(), KitError> {
        if !self.scenario.steps.iter().any(|other| other.keep.contains_key(name)) {
            let at = self.scenario.steps.iter().position(|other| other.name == step.name).unwrap_or(0);
            let problem = format!("nothing stands for `${{{name}}}`; an earlier step has to `keep` it");
            return Err(self.scenario.wrong(format!("steps[{at}]"), problem));
        }
        let failure = Failure::new(format!("`{name}` of an earlier step"), "that step failed");
        if let Some(operation) = Operation::named(&step.operation) {
            self.note(operation.name, "answers", &step.name, None, Err((failure, Vec::new())));
        }
        Ok(())
    }

    fn take(&mut self, step: Step, question: Question, good: Played, before: Memory) {
        let operation = question.operation.name;
        if let Answer::Refused(Refusal::NotSupported(reason)) = &good.answer
            && question.expect.as_ref().is_none_or(|expect| expects(expect, "not_supported"))
        {
            self.refused.insert(operation, honest(reason));
            return;
        }
        let checked = right(&question, &good.answer);
        let passed = checked.is_ok();
        self.note(operation, "answers", &question.step, None, checked.map_err(|failure| (failure, good.log.clone())));
        let value = good.answer.json();
        for (name, pointer) in &step.keep {
            let text = match value.pointer(pointer) {
                Some(Value::String(text)) => text.clone(),
                Some(Value::Number(number)) => number.to_string(),
                _ => continue,
            };
            self.names.insert(name.clone(), text);
        }
        if passed {
            self.done.push(Done { question, good, before, step });
        }
    }

    /// The same lines from the last to the first.
    async fn order_of_lines(&mut self, done: &Done) -> Result<(), KitError> {
        let mut question = done.question.clone();
        let Some(Value::Array(lines)) = question.input.get_mut("lines") else { return Ok(()) };
        if lines.len() < 2 {
            return Ok(());
        }
        lines.reverse();
        self.bench.stage.remember(done.before.clone());
        let played = self.bench.play(&question, None).await?;
        let mut wanted = done.good.answer.json();
        if let Value::Array(lines) = &mut wanted {
            lines.reverse();
        }
        let result = match pattern::difference(&wanted, &played.answer.json()) {
            None => Ok(()),
            Some(came) => Err((Failure::new("the answers in the order of the lines", came), played.log)),
        };
        self.note(question.operation.name, "order-of-lines", &question.step, None, result);
        Ok(())
    }

    /// Every step with everything that can go wrong in it.
    pub(super) async fn cases(&mut self, say: &mut (dyn FnMut(&str) + Send)) -> Result<(), KitError> {
        for mut done in self.done.clone() {
            let name = done.question.operation.name;
            if !(self.bench.stage.repeats() || done.question.operation.shape.writes()) {
                // Other steps have written since, and lists are longer.
                done.good = self.bench.play(&done.question, None).await?;
            }
            let is_error = !matches!(done.good.answer, Answer::Value(_));
            if is_error || !done.step.faults || !(self.only.is_empty() || self.only.iter().any(|only| only == name)) {
                continue;
            }
            if done.question.operation.shape.writes() {
                say(&format!("{}: twice", done.question.step));
                self.written(&done).await?;
            }
            for fault in FAULTS {
                say(&format!("{}: {}", done.question.step, fault.name()));
                self.fault(&done, fault).await?;
            }
        }
        Ok(())
    }

    /// The question of a case, with the system as it was before the step; a running one gets a new document.
    async fn ready(&mut self, done: &Done) -> Result<Question, KitError> {
        if self.bench.stage.repeats() {
            self.bench.stage.remember(done.before.clone());
            return Ok(done.question.clone());
        }
        if !done.question.operation.shape.writes() {
            return Ok(done.question.clone());
        }
        self.fresh += 1;
        self.names.insert("run".to_owned(), format!("{}{}", self.seed, self.fresh));
        let scenario = Arc::clone(&self.scenario);
        for name in &done.step.before {
            let Some(step) = scenario.steps.iter().find(|step| step.name == *name) else { continue };
            let Ok(question) = Question::of(step, &self.names) else { continue };
            let played = self.bench.play(&question, None).await?;
            let value = played.answer.json();
            for (name, pointer) in &step.keep {
                if let Some(text) = value.pointer(pointer).and_then(Value::as_str) {
                    self.names.insert(name.clone(), text.to_owned());
                }
            }
        }
        Ok(Question::of(&done.step, &self.names).unwrap_or_else(|_| done.question.clone()))
    }

    async fn written(&mut self, done: &Done) -> Result<(), KitError> {
        let operation = done.question.operation.name;
        let repeats = matches!(self.bench.idempotency(operation), Some("key" | "reference"));
        let question = self.ready(done).await?;
        let written = Written { question: &question, makes: done.good.made, repeats };
        let lines = done.question.operation.shape == Shape::WriteLines;
        if repeats {
            let result = match lines {
                true => self.bench.lines_twice(&written).await?,
                false => self.bench.twice(&written).await?,
            };
            self.note(operation, "duplicate-submit", &question.step, None, result);
        } else {
            let why = "the connector says that its system cannot tell a repeat";
            self.skip(operation, "duplicate-submit", &question.step, why);
        }
        if lines {
            return Ok(());
        }
        let question = self.ready(done).await?;
        let written = Written { question: &question, makes: done.good.made, repeats };
        let result = self.bench.dry(&written).await?;
        self.note(operation, "dry-run", &question.step, None, result);
        Ok(())
    }

    async fn fault(&mut self, done: &Done, fault: Fault) -> Result<(), KitError> {
        let operation = done.question.operation;
        let signs_in = self.scenario.signs_in();
        let skip = match fault {
            _ if done.good.requests == 0 => Some("it asks the system nothing"),
            Fault::ExpiredOnce if !signs_in => Some("the host does not sign in for this connection"),
            _ => None,
        };
        if let Some(why) = skip {
            self.skip(operation.name, fault.name(), &done.question.step, why);
            return Ok(());
        }
        let mut happened = false;
        for at in positions(done.good.requests, fault, operation.shape) {
            let question = self.ready(done).await?;
            let plan = Plan { fault, at };
            let played = self.bench.play(&question, Some(plan)).await?;
            if played.faults == 0 {
                continue;
            }
            happened = true;
            let repeatable = self.bench.stage.repeats();
            let (shape, good) = (operation.shape, &done.good.answer);
            let seen = Seen { shape, plan, good, played: &played, signs_in, repeatable };
            let mut result = judge::faulty(&seen).map_err(|failure| (failure, played.log.clone()));
            if result.is_ok() {
                result = in_time(fault, &played);
            }
            if result.is_ok() && shape.writes() {
                let repeats = matches!(self.bench.idempotency(operation.name), Some("key" | "reference"));
                let written = Written { question: &question, makes: done.good.made, repeats };
                result = match shape {
                    Shape::WriteLines => self.bench.settle_lines(&written, &played).await?,
                    _ => self.bench.settle(&written, &played).await?,
                };
            }
            if result.is_err() {
                self.note(operation.name, fault.name(), &question.step, Some(at), result);
                return Ok(());
            }
        }
        if happened {
            self.note(operation.name, fault.name(), &done.question.step, None, Ok(()));
        } else {
            self.skip(
                operation.name,
                fault.name(),
                &done.question.step,
                "its answers have nothing that could be spoiled so",
            );
        }
        Ok(())
    }

    /// What a connector says to operations that no step asks.
    pub(super) async fn probe(&mut self, nowhere: &Bench) -> Result<(), KitError> {
        let asked = |name: &str| self.scenario.steps.iter().any(|step| step.operation == name);
        let left = Operation::all().filter(|operation| self.offers(*operation) && !asked(operation.name));
        for operation in left.collect::<Vec<_>>() {
            let step = Step::sample(operation.name, sample::of(operation.name));
            let Ok(question) = Question::of(&step, &self.names) else { continue };
            let said = match nowhere.play(&question, None).await?.answer {
                Answer::Refused(Refusal::NotSupported(reason)) => honest(&reason),
                _ => (Verdict::Missing, "the scenario has no step for it".to_owned()),
            };
            if operation.name != "connector.check" {
                self.refused.insert(operation.name, said);
            }
        }
        Ok(())
    }

    /// Asks every step some times more, for its median. A running system is not written to for that.
    pub(super) async fn measure(&mut self, say: &mut (dyn FnMut(&str) + Send)) -> Result<(), KitError> {
        for done in self.done.clone() {
            let (operation, repeats) = (done.question.operation, self.bench.stage.repeats());
            let mut times = vec![done.good.inside];
            if repeats || !operation.shape.writes() {
                say(&format!("{}: measuring", done.question.step));
                for _ in 1..limits::KIT_ROUNDS {
                    self.bench.stage.remember(done.before.clone());
                    times.push(self.bench.play(&done.question, None).await?.inside);
                }
            }
            times.sort();
            let median = times.get(times.len() / 2).copied().unwrap_or_default();
            let own = Measured {
                requests: done.good.requests,
                memory_bytes: done.good.memory,
                sandbox_us: u64::try_from(median.as_micros()).unwrap_or(u64::MAX),
            };
            let most = self.measured.entry(operation.name).or_insert(own);
            most.requests = most.requests.max(own.requests);
            most.memory_bytes = most.memory_bytes.max(own.memory_bytes);
            most.sandbox_us = most.sandbox_us.max(own.sandbox_us);
        }
        Ok(())
    }

    /// Notes how a case ended.
    pub(super) fn note(&mut self, operation: &'static str, case: &str, step: &str, at: Option<u32>, result: Settled) {
        let (result, expected, came, log) = match result {
            Ok(()) => (CaseResult::Passed, String::new(), String::new(), Vec::new()),
            Err((failure, log)) => (CaseResult::Failed, failure.expected, failure.came, log),
        };
        let (case, step) = (case.to_owned(), step.to_owned());
        let report = CaseReport { case, step, at, result, expected, came, log };
        self.cases.entry(operation).or_default().push(report);
    }

    fn skip(&mut self, operation: &'static str, case: &str, step: &str, why: &str) {
        self.cases.entry(operation).or_default().push(CaseReport {
            case: case.to_owned(),
            step: step.to_owned(),
            at: None,
            result: CaseResult::Skipped,
            expected: String::new(),
            came: why.to_owned(),
            log: Vec::new(),
        });
    }

    pub(super) fn offers(&self, operation: Operation) -> bool {
        operation.interface.is_none_or(|interface| self.loaded.interfaces.contains(&interface))
    }
}

/// The steps of a scenario. The check needs no words.
fn steps(scenario: &Scenario) -> Vec<Step> {
    let mut steps = scenario.steps.clone();
    if !steps.iter().any(|step| step.operation == "connector.check") {
        steps.insert(0, Step::sample("connector.check", json!({})));
    }
    steps
}

/// The requests of a step that something goes wrong with.
fn positions(requests: u32, fault: Fault, shape: Shape) -> Vec<u32> {
    if fault == Fault::Slow && !shape.writes() {
        return vec![1];
    }
    let most = limits::KIT_POSITIONS_MAX;
    if requests <= most { (1..=requests).collect() } else { (1..most).chain([requests]).collect() }
}

/// A slow system is not waited for beyond the call's time.
fn in_time(fault: Fault, played: &Played) -> Settled {
    let longest = limits::KIT_CALL_TIMEOUT + limits::KIT_TIME_SLACK;
    if fault != Fault::Slow || played.took <= longest {
        return Ok(());
    }
    let failure = Failure::new(format!("an end within {longest:?}"), format!("{:?}", played.took));
    Err((failure, played.log.clone()))
}
