//! The state machine under random histories: what must hold after every step.

use proptest::prelude::*;

use std::time::Duration;

use super::{Decision, Found, Frame, Sent, decided, edited, looked_up, pause, recovered, sent, start};
use crate::commerce::lane::Lane;
use crate::commerce::types::Ids;
use crate::limits;
use crate::queue::id::JobId;
use crate::queue::job::{Job, Operation, Outcome, ReasonKind, State, Step};
use crate::queue::policy::Policy;
use crate::seam::Millis;

fn job() -> Job {
    Job {
        id: JobId::default(),
        connection: "erp".into(),
        lane: Lane::Orders,
        operation: Operation::SubmitOrder,
        priority: 5,
        order_key: "C1".into(),
        reference: "WEB-1".into(),
        customer: "C1".into(),
        idempotency_key: "k".into(),
        state: State::Ready,
        outcome: Outcome::None,
        reason: None,
        cause: None,
        ids: None,
        already_there: false,
        sends: 0,
        failures: 0,
        crashes: 0,
        interruptions: 0,
        empty_lookups: 0,
        edits: 0,
        attempts: Vec::new(),
        not_before: None,
        next_at: None,
        accepted: 0,
        updated: 0,
    }
}

/// Calls `step` with the usual rules at this time, and pauses as long as they are.
fn at<T>(now: Millis, step: impl FnOnce(&Frame<'_>) -> T) -> T {
    step(&Frame { policy: &Policy::default(), now, jitter: &|pause| pause })
}

fn ids() -> Ids {
    Ids { id: "7".into(), key: Vec::new(), number: None }
}

fn any_sent() -> impl Strategy<Value = Sent> {
    prop_oneof![
        Just(Sent::There { ids: ids(), already: false }),
        Just(Sent::Rejected("no".into())),
        Just(Sent::NeedsMapping("carrier".into())),
        Just(Sent::Away { text: "down".into(), wait: None }),
        Just(Sent::Unauthorized("401".into())),
        Just(Sent::Failed { kind: ReasonKind::NotSent, text: "x".into() }),
        Just(Sent::Crashed("trap".into())),
        any::<bool>().prop_map(|crashed| Sent::Unknown { text: "cut".into(), crashed }),
    ]
}

fn any_found() -> impl Strategy<Value = Found> {
    prop_oneof![
        Just(Found::One(ids())),
        Just(Found::None),
        Just(Found::Repeatable),
        Just(Found::Several(2)),
        Just(Found::Impossible("no".into())),
        Just(Found::Away { text: "down".into(), wait: None }),
        Just(Found::Failed("trap".into())),
    ]
}

#[derive(Clone, Debug)]
enum Happening {
    Turn(Sent, Found),
    /// The host is killed after the start of a turn is on disk.
    Crash,
    Decision(Decision),
    Edit,
}

fn any_happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        8 => (any_sent(), any_found()).prop_map(|(sent, found)| Happening::Turn(sent, found)),
        2 => Just(Happening::Crash),
        1 => prop_oneof![
            Just(Decision::Retry), Just(Decision::SendAgain), Just(Decision::Exists(ids())), Just(Decision::Cancel)
        ].prop_map(Happening::Decision),
        1 => Just(Happening::Edit),
    ]
}

fn open(job: &Job) -> bool {
    matches!(job.state, State::Ready | State::Waiting)
}

/// What must hold of any job at rest, whatever happened before.
fn check(before: &Job, job: &Job, unknown: bool) -> Result<(), TestCaseError> {
    if before.state == State::Done {
        prop_assert_eq!(before, job, "a done job changed");
    }
    prop_assert!(job.state != State::Running);
    prop_assert_eq!(job.outcome == Outcome::Unknown, unknown);
    prop_assert_eq!(job.ids.is_some(), job.state == State::Done && job.outcome == Outcome::Ok);
    if job.state == State::Parked {
        prop_assert!(job.reason.is_some() && job.cause.is_some(), "a parked job says why");
    }
    prop_assert!(job.state != State::Waiting || job.reason.is_some(), "a waiting job says why");
    prop_assert!(job.state == State::Done || !matches!(job.outcome, Outcome::Ok | Outcome::Cancelled));
    prop_assert!(job.attempts.len() <= limits::ATTEMPTS_KEPT);
    if open(job) {
        let policy = Policy::default();
        prop_assert!(job.failures < policy.attempts && job.interruptions <= limits::INTERRUPTIONS_MAX);
        prop_assert!(unknown || job.crashes < policy.crashes, "a connector that keeps crashing is not called again");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100_000))]
    #[test]
    fn a_document_is_never_sent_while_its_outcome_is_unknown(happenings in prop::collection::vec(any_happening(), 1..24)) {
        let mut job = job();
        let mut unknown = false;
        for (now, happening) in (1..).zip(happenings) {
            let before = job.clone();
            match happening {
                Happening::Turn(answer, found) if open(&job) => match start(&mut job, now) {
                    Step::Send => {
                        prop_assert!(!unknown, "sent although the outcome of the last send is unknown");
                        unknown = matches!(answer, Sent::Unknown { .. });
                        at(now, |frame| sent(&mut job, answer, frame));
                    }
                    Step::LookUp => {
                        let empty = job.empty_lookups;
                        at(now, |frame| looked_up(&mut job, found.clone(), frame));
                        let settled = match found {
                            Found::One(_) | Found::Repeatable => true,
                            Found::None => empty + 1 >= limits::EMPTY_LOOKUPS_MIN,
                            _ => false,
                        };
                        unknown &= !settled;
                    }
                },
                Happening::Crash if open(&job) => {
                    let step = start(&mut job, now);
                    at(now, |frame| recovered(&mut job, frame));
                    unknown |= step == Step::Send;
                }
                Happening::Decision(decision) => {
                    let settles = matches!(decision, Decision::SendAgain | Decision::Exists(_));
                    let allowed = decided(&mut job, decision, now).is_ok();
                    unknown &= !(allowed && settles);
                }
                Happening::Edit => {
                    let allowed = edited(&mut job, "WEB-1b", "C2", now).is_ok();
                    prop_assert!(!(allowed && unknown), "a document that may have arrived was changed");
                }
                _ => {}
            }
            check(&before, &job, unknown)?;
        }
    }
}

#[test]
fn a_system_that_is_away_spends_no_attempt() {
    let mut job = job();
    for now in 0..1_000 {
        start(&mut job, now);
        at(now, |frame| sent(&mut job, Sent::Away { text: "503".into(), wait: None }, frame));
        assert_eq!((job.state, job.failures), (State::Waiting, 0));
    }
    assert!(job.attempts.len() <= limits::ATTEMPTS_KEPT);
}

#[test]
fn a_week_of_absence_asks_a_person() {
    let mut job = job();
    let later = 8 * 24 * 3_600_000;
    start(&mut job, later);
    at(later, |frame| sent(&mut job, Sent::Away { text: "503".into(), wait: None }, frame));
    assert_eq!(job.state, State::Parked);
}

#[test]
fn a_document_for_later_has_its_whole_time_from_then_on() {
    let mut job = job();
    let (day, planned) = (24 * 3_600_000, 30 * 24 * 3_600_000);
    job.not_before = Some(planned);
    start(&mut job, planned + day);
    at(planned + day, |frame| sent(&mut job, Sent::Away { text: "503".into(), wait: None }, frame));
    assert_eq!(job.state, State::Waiting);
}

#[test]
fn a_connector_that_keeps_crashing_is_parked_and_its_document_looked_up_first() {
    let mut job = job();
    for _ in 0..limits::CRASHES_MAX {
        assert_eq!(start(&mut job, 1), Step::Send);
        at(1, |frame| sent(&mut job, Sent::Unknown { text: "trap".into(), crashed: true }, frame));
        for _ in 0..limits::EMPTY_LOOKUPS_MIN {
            assert_eq!((job.outcome, start(&mut job, 1)), (Outcome::Unknown, Step::LookUp));
            at(1, |frame| looked_up(&mut job, Found::None, frame));
        }
    }
    assert_eq!((job.state, job.outcome), (State::Parked, Outcome::None));
    assert_eq!(job.reason.unwrap().kind, ReasonKind::Connector);
}

#[test]
fn a_host_that_dies_over_a_document_again_and_again_asks_a_person() {
    let mut job = job();
    let mut deaths = 0;
    while job.state != State::Parked {
        if start(&mut job, 1) == Step::Send {
            deaths += 1;
            at(1, |frame| recovered(&mut job, frame));
        } else {
            at(1, |frame| looked_up(&mut job, Found::None, frame));
        }
        assert!(deaths <= limits::INTERRUPTIONS_MAX);
    }
    assert_eq!((deaths, job.reason.unwrap().kind), (limits::INTERRUPTIONS_MAX, ReasonKind::Interrupted));
}

#[test]
fn a_send_that_always_comes_to_nothing_spends_its_attempts() {
    for found in [Found::None, Found::Repeatable] {
        let (mut job, mut sends) = (job(), 0);
        while job.state != State::Parked {
            if start(&mut job, 1) == Step::Send {
                sends += 1;
                at(1, |frame| sent(&mut job, Sent::Unknown { text: "cut".into(), crashed: false }, frame));
            } else {
                at(1, |frame| looked_up(&mut job, found.clone(), frame));
            }
            assert!(sends <= limits::ATTEMPTS_MAX, "it is sent again and again for ever");
        }
        assert_eq!((sends, job.outcome), (limits::ATTEMPTS_MAX, Outcome::None));
    }
}

#[test]
fn what_only_reads_is_never_in_doubt() {
    let mut job = Job { operation: Operation::Check, ..job() };
    start(&mut job, 1);
    at(1, |frame| sent(&mut job, Sent::Unknown { text: "cut".into(), crashed: false }, frame));
    assert_eq!((job.state, job.outcome), (State::Waiting, Outcome::None));
    start(&mut job, 2);
    at(2, |frame| recovered(&mut job, frame));
    assert_eq!((job.state, job.outcome), (State::Ready, Outcome::None));
    start(&mut job, 3);
    at(3, |frame| sent(&mut job, Sent::Told("it answers".into()), frame));
    assert_eq!((job.state, job.outcome, job.ids), (State::Done, Outcome::Ok, None));
}

#[test]
fn an_edit_moves_the_document_to_its_customers_line() {
    let mut job = job();
    start(&mut job, 1);
    at(1, |frame| sent(&mut job, Sent::Rejected("no such customer".into()), frame));
    edited(&mut job, "WEB-1", "C2", 2).unwrap();
    assert_eq!((job.state, job.outcome, job.order_key.as_str(), job.edits), (State::Ready, Outcome::None, "C2", 1));
    job.order_key = "own".into();
    edited(&mut job, "WEB-1", "C3", 3).unwrap();
    assert_eq!(job.order_key, "own");
}

#[test]
fn pauses_double_up_to_the_longest() {
    assert_eq!([1, 2, 3].map(pause), [1, 2, 4].map(Duration::from_secs));
    assert_eq!(pause(u32::MAX), limits::RETRY_LONGEST);
}
