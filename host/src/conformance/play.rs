//! One step: asked once, or page by page to the end of a list.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::KitError;
use super::answer::{Answer, Played};
use super::ask::{WrongInput, ask};
use super::bench::Bench;
use super::fault::Plan;
use super::operation::{Operation, Shape};
use super::scenario::Step;
use crate::commerce::lane::Lane;
use crate::commerce::types::WriteContext;
use crate::limits;
use crate::plugin::Call;
use crate::seam;

/// A step with everything filled in.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub(super) step: String,
    pub(super) operation: Operation,
    pub(super) input: Value,
    pub(super) write: WriteContext,
    /// For the look-up of a write.
    pub(super) customer: String,
    pub(super) expect: Option<Value>,
}

/// Values that stand for `${name}`.
pub(super) type Names = BTreeMap<String, String>;

/// A value with every `${name}` in its texts filled in; the name that is not known.
pub(super) fn filled(value: &Value, names: &Names) -> Result<Value, String> {
    Ok(match value {
        Value::String(text) => Value::String(filled_text(text, names)?),
        Value::Array(items) => Value::Array(items.iter().map(|item| filled(item, names)).collect::<Result<_, _>>()?),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| Ok((name.clone(), filled(value, names)?));
            Value::Object(fields.iter().map(field).collect::<Result<_, String>>()?)
        }
        other => other.clone(),
    })
}

fn filled_text(text: &str, names: &Names) -> Result<String, String> {
    let mut parts = text.split("${");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}').ok_or_else(|| part.to_owned())?;
        out.push_str(names.get(name).ok_or_else(|| name.to_owned())?);
        out.push_str(rest);
    }
    Ok(out)
}

impl Question {
    /// The question of a step. The error names what is not known.
    pub(super) fn of(step: &Step, names: &Names) -> Result<Self, String> {
        let operation = Operation::named(&step.operation).ok_or_else(|| step.operation.clone())?;
        let input = filled(&step.input, names)?;
        let text = |place: &str| input.pointer(place).and_then(Value::as_str).map(str::to_owned);
        let given = |own: &Option<String>| own.as_ref().map(|text| filled_text(text, names)).transpose();
        let run = names.get("run").cloned().unwrap_or_default();
        let usual = || format!("{}-{run}", step.operation.replace('.', "-"));
        let reference = given(&step.reference)?.or_else(|| text("/order/reference")).unwrap_or_else(usual);
        let customer = given(&step.customer)?.or_else(|| text("/order/customer")).or_else(|| text("/customer"));
        let expect = step.expect.as_ref().map(|expect| filled(expect, names)).transpose()?;
        Ok(Self {
            step: step.name.clone(),
            operation,
            input,
            write: WriteContext {
                idempotency_key: format!("conformance-{}-{reference}", step.operation),
                reference,
                attempt: 1,
                dry_run: false,
            },
            customer: customer.unwrap_or_default(),
            expect,
        })
    }

    /// The look-up of what this write made.
    pub(super) fn look_up(&self) -> Option<Self> {
        let Shape::Write { look_up: Some(name) } = self.operation.shape else { return None };
        let operation = Operation::named(name)?;
        let input = json!({ "customer": self.customer, "reference": self.write.reference });
        Some(Self { operation, input, expect: None, ..self.clone() })
    }

    /// The same many writes, again.
    pub(super) fn lines_again(&self) -> Self {
        let mut again = self.clone();
        let lists = again.input.as_object_mut().into_iter().flat_map(|fields| fields.values_mut());
        for line in lists.filter_map(Value::as_array_mut).flatten() {
            if let Some(attempt) = line.pointer_mut("/write/attempt") {
                *attempt = json!(attempt.as_u64().unwrap_or(1) + 1);
            }
        }
        again
    }

    /// The same write, again.
    pub(super) fn again(&self) -> Self {
        let write = WriteContext { attempt: self.write.attempt + 1, ..self.write.clone() };
        Self { write, ..self.clone() }
    }
}

/// The sum of a step's calls.
struct Sum {
    played: Played,
    calls: u32,
}

impl Bench {
    /// Asks a step with something going wrong, or nothing.
    pub(super) async fn play(&self, question: &Question, plan: Option<Plan>) -> Result<Played, KitError> {
        self.stage.set(&question.step, plan);
        let (link, meter) = self.connect(plan)?;
        let mut sum = Sum { played: Played::never(Answer::Late), calls: 0 };
        let watch = seam::stopwatch();
        let mut pages = Pages::default();
        let mut input = question.input.clone();
        loop {
            let call = Call {
                link: Arc::clone(&link),
                id: Arc::from("conformance"),
                lane: Lane::Live,
                time: limits::KIT_CALL_TIMEOUT,
                want_native: false,
            };
            let (one, before) = (seam::stopwatch(), meter.waited());
            let Operation { name, shape, .. } = question.operation;
            let asked = ask(&self.loaded, call, name, shape.writes(), &input, &question.write).await;
            let ended = asked.map_err(|wrong| self.wrong(question, wrong))?;
            let inside = one.elapsed().saturating_sub(meter.waited().saturating_sub(before));
            sum.add(inside, ended.report.memory_peak, ended.report.write_unanswered);
            let answer = Answer::of(ended.result);
            if question.operation.shape != Shape::Pages {
                sum.played.answer = answer;
                break;
            }
            match pages.take(answer, &input) {
                Turn::Next(cursor) => point(&mut input, cursor),
                Turn::End(answer) => {
                    sum.played.answer = answer;
                    break;
                }
            }
        }
        let happened = self.stage.happened();
        Ok(Played {
            requests: meter.sent(),
            changed: happened.changed,
            faults: happened.faults,
            hit: happened.hit,
            made: happened.made,
            log: happened.log,
            took: watch.elapsed(),
            ..sum.played
        })
    }

    fn wrong(&self, question: &Question, wrong: WrongInput) -> KitError {
        let at = self.scenario.steps.iter().position(|step| step.name == question.step);
        let place = at.map_or_else(|| question.step.clone(), |at| format!("steps[{at}].input.{}", wrong.place));
        self.scenario.wrong(place, wrong.problem)
    }
}

impl Sum {
    fn add(&mut self, inside: Duration, memory: usize, unanswered: bool) {
        self.calls += 1;
        self.played.inside = (self.played.inside * (self.calls - 1) + inside) / self.calls;
        self.played.memory = self.played.memory.max(memory);
        self.played.unanswered |= unanswered;
    }
}

/// The pages of a list so far.
#[derive(Default)]
struct Pages {
    items: Vec<Value>,
    cursors: BTreeSet<String>,
    ids: BTreeSet<String>,
    count: usize,
}

enum Turn {
    Next(String),
    End(Answer),
}

impl Pages {
    /// Takes a page. The end is the whole list, or what is wrong with it.
    fn take(&mut self, answer: Answer, input: &Value) -> Turn {
        let page = match answer {
            Answer::Value(page) => page,
            other => return Turn::End(other),
        };
        self.count += 1;
        let wrong = |text: String| Turn::End(Answer::Broken(text));
        let Some(items) = page.get("items").or_else(|| page.get("ids")).and_then(Value::as_array) else {
            return wrong("a page without items".to_owned());
        };
        let limit = input.pointer("/page/limit").or_else(|| input.get("limit")).and_then(Value::as_u64);
        if limit.and_then(|limit| usize::try_from(limit).ok()).is_some_and(|limit| items.len() > limit) {
            return wrong(format!("a page of {} items, where at most {} were wanted", items.len(), limit.unwrap_or(0)));
        }
        for id in items.iter().filter_map(|item| item.pointer("/ids/id").and_then(Value::as_str)) {
            if !self.ids.insert(id.to_owned()) {
                return wrong(format!("`{id}` comes twice in one list"));
            }
        }
        self.items.extend(items.iter().cloned());
        let end = page.get("end").unwrap_or(&page);
        let next = end.get("next").and_then(Value::as_str);
        let complete = end.get("complete").and_then(Value::as_bool).unwrap_or(false);
        match next {
            Some(next) if !self.cursors.insert(next.to_owned()) => wrong(format!("the cursor `{next}` comes again")),
            Some(_) if self.count >= limits::KIT_PAGES_MAX => {
                wrong(format!("no end after {} pages; ask for larger ones", self.count))
            }
            Some(next) => Turn::Next(next.to_owned()),
            None if !complete => wrong("a list that ends without being complete".to_owned()),
            None => {
                let items = std::mem::take(&mut self.items);
                Turn::End(Answer::Value(json!({ "items": items, "pages": self.count })))
            }
        }
    }
}

/// The input for the next page.
fn point(input: &mut Value, cursor: String) {
    let place = if input.get("page").is_some() { input.pointer_mut("/page") } else { Some(input) };
    if let Some(Value::Object(fields)) = place {
        fields.insert("cursor".to_owned(), Value::String(cursor));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(ids: &[&str], next: Option<&str>, complete: bool) -> Answer {
        let items: Vec<Value> = ids.iter().map(|id| json!({ "ids": { "id": id } })).collect();
        Answer::Value(json!({ "items": items, "end": { "next": next, "complete": complete } }))
    }

    fn ended(turn: Turn) -> String {
        match turn {
            Turn::End(Answer::Broken(text)) => text,
            Turn::End(answer) => answer.told(),
            Turn::Next(cursor) => cursor,
        }
    }

    #[test]
    fn a_list_is_followed_to_its_end_and_its_faults_are_found() {
        let input = json!({ "page": { "limit": 2 } });
        let mut pages = Pages::default();
        assert_eq!(ended(pages.take(page(&["1", "2"], Some("a"), true), &input)), "a");
        assert!(ended(pages.take(page(&["3"], None, true), &input)).contains("\"pages\":2"));
        for (first, second, said) in [
            (page(&["1"], Some("a"), true), page(&["2"], Some("a"), true), "comes again"),
            (page(&["1"], Some("a"), true), page(&["1"], None, true), "`1` comes twice"),
            (page(&["1"], Some("a"), true), page(&[], None, false), "without being complete"),
            (page(&["1"], Some("a"), true), page(&["2", "3", "4"], None, true), "at most 2 were wanted"),
        ] {
            let mut pages = Pages::default();
            let _ = pages.take(first, &input);
            let told = ended(pages.take(second, &input));
            assert!(told.contains(said), "{told}");
        }
    }

    #[test]
    fn names_are_filled_in_and_unknown_ones_told() {
        let names = Names::from([("run".to_owned(), "7".to_owned())]);
        let value = json!({ "a": ["WEB-${run}-1", 5] });
        assert_eq!(filled(&value, &names).unwrap(), json!({ "a": ["WEB-7-1", 5] }));
        assert_eq!(filled(&json!("${order}"), &names).unwrap_err(), "order");
    }
}
