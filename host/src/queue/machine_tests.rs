//! The state machine under random histories: what must hold after every step.

use proptest::prelude::*;

use super::job::{Job, Operation, Outcome, ReasonKind, State, Step};
use super::machine::{self, Decision, Found, Sent};
use crate::commerce::types::Ids;

fn job() -> Job {
    Job {
        id: "job_1".into(),
        connection: "erp".into(),
        operation: Operation::SubmitOrder,
        order_key: "C1".into(),
        reference: "WEB-1".into(),
        customer: "C1".into(),
        idempotency_key: "k".into(),
        state: State::Ready,
        outcome: Outcome::None,
        reason: None,
        ids: None,
        already_there: false,
        sends: 0,
        failures: 0,
        empty_lookups: 0,
        attempts: Vec::new(),
        next_at: None,
        accepted: 0,
        updated: 0,
    }
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
        Just(Sent::Unknown("cut".into())),
    ]
}

fn any_found() -> impl Strategy<Value = Found> {
    prop_oneof![
        Just(Found::One(ids())),
        Just(Found::None),
        Just(Found::Repeatable),
        Just(Found::Several(2)),
        Just(Found::Impossible("no".into())),
        Just(Found::Away("down".into())),
        Just(Found::Failed("trap".into())),
    ]
}

#[derive(Clone, Debug)]
enum Happening {
    Turn(Sent, Found),
    /// The host is killed after the start of a turn is on disk.
    Crash,
    Decision(Decision),
}

fn any_happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        8 => (any_sent(), any_found()).prop_map(|(sent, found)| Happening::Turn(sent, found)),
        2 => Just(Happening::Crash),
        1 => prop_oneof![
            Just(Decision::Retry), Just(Decision::SendAgain), Just(Decision::Exists(ids())), Just(Decision::Cancel)
        ].prop_map(Happening::Decision),
    ]
}

fn open(job: &Job) -> bool {
    matches!(job.state, State::Ready | State::Waiting)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn a_document_is_never_sent_while_its_outcome_is_unknown(happenings in prop::collection::vec(any_happening(), 1..40)) {
        let mut job = job();
        let mut unknown = false;
        for (now, happening) in (1..).zip(happenings) {
            let before = job.clone();
            match happening {
                Happening::Turn(sent, found) if open(&job) => match machine::start(&mut job, now) {
                    Step::Send => {
                        prop_assert!(!unknown, "sent although the outcome of the last send is unknown");
                        unknown = matches!(sent, Sent::Unknown(_));
                        machine::sent(&mut job, sent, now, |pause| pause);
                    }
                    Step::LookUp => {
                        let empty = job.empty_lookups;
                        machine::looked_up(&mut job, found.clone(), now, |pause| pause);
                        let settled = match found {
                            Found::One(_) | Found::Repeatable => true,
                            Found::None => empty + 1 >= crate::limits::EMPTY_LOOKUPS_MIN,
                            _ => false,
                        };
                        unknown &= !settled;
                    }
                },
                Happening::Crash if open(&job) => {
                    let step = machine::start(&mut job, now);
                    machine::recovered(&mut job, now);
                    unknown |= step == Step::Send;
                }
                Happening::Decision(decision) => {
                    if machine::decided(&mut job, decision.clone(), now) {
                        unknown &= !matches!(decision, Decision::SendAgain | Decision::Exists(_));
                    }
                }
                _ => {}
            }
            if before.state == State::Done {
                prop_assert_eq!(&before, &job, "a done job changed");
            }
            prop_assert!(job.state != State::Running);
            prop_assert_eq!(job.outcome == Outcome::Unknown, unknown);
            prop_assert_eq!(job.ids.is_some(), job.state == State::Done && job.outcome == Outcome::Ok);
            prop_assert!(job.state != State::Parked || job.reason.is_some(), "a parked job says why");
        }
    }
}

#[test]
fn a_system_that_is_away_spends_no_attempt() {
    let mut job = job();
    for now in 0..1_000 {
        machine::start(&mut job, now);
        machine::sent(&mut job, Sent::Away { text: "503".into(), wait: None }, now, |pause| pause);
        assert_eq!((job.state, job.failures), (State::Waiting, 0));
    }
    assert!(job.attempts.len() <= crate::limits::ATTEMPTS_KEPT);
}

#[test]
fn a_week_of_absence_asks_a_person() {
    let mut job = job();
    let later = 8 * 24 * 3_600_000;
    machine::start(&mut job, later);
    machine::sent(&mut job, Sent::Away { text: "503".into(), wait: None }, later, |pause| pause);
    assert_eq!(job.state, State::Parked);
}
