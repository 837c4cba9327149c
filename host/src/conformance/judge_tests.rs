use serde_json::json;

use super::*;
use crate::commerce::types::FieldProblem;

fn played(answer: Answer, changed: bool) -> Played {
    Played {
        requests: 1,
        faults: 1,
        hit: Some(changed),
        changed: Some(changed),
        unanswered: changed,
        ..Played::never(answer)
    }
}

fn judged(shape: Shape, fault: Fault, good: &Answer, played: &Played) -> bool {
    let plan = Plan { fault, at: 1 };
    faulty(&Seen { shape, plan, good, played, signs_in: true, repeatable: true }).is_ok()
}

const WRITE: Shape = Shape::Write { look_up: None };

fn no(refusal: Refusal) -> Answer {
    Answer::Refused(refusal)
}

#[test]
fn a_short_or_empty_list_is_never_the_answer() {
    let good = Answer::Value(json!({"items": [{"id": "1"}, {"id": "2"}]}));
    for short in [json!({"items": []}), json!({"items": [{"id": "1"}]})] {
        for fault in [Fault::HalfPage, Fault::Html, Fault::EmptyBody, Fault::CutAnswer, Fault::TooMany, Fault::Slow] {
            assert!(!judged(Shape::Pages, fault, &good, &played(Answer::Value(short.clone()), false)), "{fault:?}");
        }
    }
    let error = no(Refusal::Internal("half a body".into()));
    assert!(judged(Shape::Pages, Fault::HalfPage, &good, &played(error, false)));
    // Nobody knows: the system has no such record.
    let gone = no(Refusal::NotFound("no such customer".into()));
    assert!(!judged(Shape::Pages, Fault::HalfPage, &good, &played(gone, false)));
}

#[test]
fn a_busy_system_is_told_with_its_time() {
    let good = Answer::Value(json!({"id": "1"}));
    let told = |refusal| judged(Shape::Question, Fault::TooMany, &good, &played(no(refusal), false));
    assert!(told(Refusal::RateLimited(Some(7_000))));
    assert!(!told(Refusal::RateLimited(None)));
    assert!(!told(Refusal::Unavailable("429".into())));
    assert!(!told(Refusal::Internal("429".into())));
}

#[test]
fn one_line_may_fail_alone() {
    let good = Answer::Value(json!([{"p": "1"}, {"p": "2"}]));
    let limited = json!({"error": {"rate_limited": 7_000}});
    let asked = |own| judged(Shape::Lines, Fault::TooMany, &good, &played(Answer::Value(own), false));
    assert!(asked(json!([limited, {"p": "2"}])));
    assert!(!asked(json!([{"p": "0"}, {"p": "2"}])));
    assert!(!asked(json!([limited])));
    assert!(!asked(json!([limited, {"error": {"not_found": "x"}}])));
}

#[test]
fn a_write_without_an_answer_is_unknown() {
    let good = Answer::Value(json!({"created": {"id": "7"}}));
    let told = |answer, changed| judged(WRITE, Fault::CutAfterSend, &good, &played(answer, changed));
    assert!(told(no(Refusal::OutcomeUnknown("cut".into())), true));
    assert!(!told(no(Refusal::NotSent("cut".into())), true));
    assert!(!told(good.clone(), true), "how would it know?");
    let invalid = vec![FieldProblem { field: "lines".into(), problem: "none".into() }];
    assert!(!told(no(Refusal::Invalid(invalid)), true));
    // What was cut only asked.
    assert!(told(no(Refusal::NotSent("cut".into())), false));
    // It has looked again after the cut, and knows.
    let again = Played { requests: 2, ..played(good.clone(), true) };
    assert!(judged(WRITE, Fault::CutAfterSend, &good, &again));
    // Only its number was asked for, and lost.
    let number = Played { hit: Some(false), ..played(good.clone(), true) };
    assert!(judged(WRITE, Fault::CutAfterSend, &good, &number));
    let other = Played { requests: 2, ..played(Answer::Value(json!({"created": {"id": "8"}})), true) };
    assert!(!judged(WRITE, Fault::CutAfterSend, &good, &other));
}

#[test]
fn a_page_instead_of_an_answer_says_nothing_about_a_write() {
    let good = Answer::Value(json!({"created": {"id": "7"}}));
    let whole = |answer| Played { unanswered: false, ..played(answer, true) };
    let told = |answer| judged(WRITE, Fault::Html, &good, &whole(answer));
    assert!(told(no(Refusal::OutcomeUnknown("a page".into()))));
    assert!(!told(no(Refusal::Unavailable("a page".into()))), "the host would send it again");
    assert!(!told(good.clone()));
}

#[test]
fn a_renewed_session_is_not_noticed() {
    let good = Answer::Value(json!({"id": "1"}));
    assert!(judged(Shape::Question, Fault::ExpiredOnce, &good, &played(good.clone(), false)));
    let refused = no(Refusal::Unauthorized("401".into()));
    assert!(!judged(Shape::Question, Fault::ExpiredOnce, &good, &played(refused.clone(), false)));
    assert!(judged(Shape::Question, Fault::Expired, &good, &played(refused, false)));
    assert!(!judged(Shape::Question, Fault::Expired, &good, &played(no(Refusal::Internal("401".into())), false)));
}

#[test]
fn a_crash_is_never_an_answer() {
    let good = Answer::Value(json!({"id": "1"}));
    for fault in crate::conformance::fault::FAULTS {
        assert!(!judged(Shape::Question, fault, &good, &played(Answer::Broken("panic".into()), false)));
    }
    assert!(judged(Shape::Question, Fault::Slow, &good, &played(Answer::Late, false)));
    assert!(!judged(Shape::Question, Fault::Html, &good, &played(Answer::Late, false)));
}
