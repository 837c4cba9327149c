//! The schedule: lines, lanes, fairness, gathering, and a model that any history must agree with.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use ulid::Ulid;

use super::*;
use crate::queue::policy::Gathering;

fn place(id: u64, connection: &str, key: &str) -> Place {
    Place {
        id: JobId(Ulid(u128::from(id))),
        connection: connection.into(),
        lane: Lane::Orders,
        order_key: key.into(),
        priority: 5,
        not_before: 0,
        at: 0,
    }
}

fn board(connections: &[&str], parallel: usize) -> Board {
    let mut board = Board::default();
    for connection in connections {
        board.set_terms(connection, &Terms::with_orders(parallel));
    }
    board
}

fn ids(taken: Option<Vec<Place>>) -> Vec<u128> {
    taken.into_iter().flatten().map(|place| place.id.0.0).collect()
}

#[test]
fn one_key_goes_one_after_the_other_and_others_go_beside_it() {
    let mut board = board(&["erp"], 9);
    for (id, key) in [(1, "A"), (2, "A"), (3, "B")] {
        board.insert(place(id, "erp", key), 0);
    }
    assert_eq!((ids(board.take(0)), ids(board.take(0)), ids(board.take(0))), (vec![1], vec![3], vec![]));
    board.released("erp", Lane::Orders);
    board.ended(&place(1, "erp", "A"), After::Again(500), Weather::Same, 0);
    assert!(board.take(499).is_none(), "the second waits for the first, which waits for its time");
    assert_eq!(board.next_time(), Some(500));
    assert_eq!(ids(board.take(500)), [1]);
    board.ended(&place(1, "erp", "A"), After::Gone, Weather::Same, 500);
    assert_eq!(ids(board.take(500)), [2]);
    assert_eq!(board.waiting(), 2);
}

#[test]
fn a_job_for_tomorrow_holds_nobody_up() {
    let mut board = board(&["erp"], 9);
    board.insert(Place { not_before: 9_000, ..place(1, "erp", "A") }, 0);
    board.insert(place(2, "erp", "A"), 0);
    assert_eq!(ids(board.take(0)), [2]);
    board.released("erp", Lane::Orders);
    board.ended(&place(2, "erp", "A"), After::Gone, Weather::Clear, 0);
    assert_eq!((board.next_time(), ids(board.take(8_999))), (Some(9_000), vec![]));
    assert_eq!(ids(board.take(9_000)), [1]);
}

#[test]
fn priority_counts_within_a_lane_and_never_within_a_key() {
    let mut board = board(&["erp"], 9);
    for (id, key, priority) in [(1, "A", 9), (2, "A", 0), (3, "B", 1), (4, "C", 1)] {
        board.insert(Place { priority, ..place(id, "erp", key) }, 0);
    }
    let order: Vec<u128> = std::iter::from_fn(|| board.take(0)).flat_map(|taken| ids(Some(taken))).collect();
    assert_eq!(order, [3, 4, 1]);
}

#[test]
fn each_connection_has_its_turn_and_no_lane_takes_the_room_of_another() {
    let mut board = board(&["a", "b"], 9);
    board.set_lanes([2, 1, 1]);
    for id in 0..6 {
        board.insert(place(id, if id < 3 { "a" } else { "b" }, &format!("K{id}")), 0);
        board.insert(Place { lane: Lane::Bulk, ..place(id + 10, "a", &format!("K{id}")) }, 0);
    }
    assert_eq!(ids(board.take(0)), [0]);
    assert_eq!(ids(board.take(0)), [3], "the other connection's turn");
    assert_eq!(ids(board.take(0)), [10], "orders are full, bulk has room of its own");
    assert!(board.take(0).is_none());
    assert_eq!(board.next_time(), None, "only an end changes that");
}

#[test]
fn a_system_that_is_away_gets_one_probe_and_then_everything() {
    let mut board = board(&["erp"], 9);
    for id in 0..5 {
        board.insert(place(id, "erp", &format!("K{id}")), 0);
    }
    let first = board.take(0).unwrap();
    board.released("erp", Lane::Orders);
    board.ended(&first[0], After::Again(0), Weather::Away(None), 0);
    assert!(board.any_away() && board.take(999).is_none());
    assert_eq!(board.next_time(), Some(1_000));
    let probe = board.take(1_000).unwrap();
    assert!(board.take(1_000).is_none(), "one probe");
    board.released("erp", Lane::Orders);
    board.ended(&probe[0], After::Gone, Weather::Clear, 1_000);
    assert!(!board.any_away());
    assert_eq!(std::iter::from_fn(|| board.take(1_000)).count(), 4);
}

#[test]
fn documents_are_gathered_by_number_or_by_time() {
    let mut board = board(&["erp"], 9);
    let mut terms = Terms::with_orders(9);
    terms.gathering = Gathering { most: 3, wait: Duration::from_millis(50) };
    board.set_terms("erp", &terms);
    for (id, now) in [(1, 0), (2, 10)] {
        board.insert(place(id, "erp", &format!("K{id}")), now);
    }
    board.insert(place(3, "erp", "K2"), 10);
    assert!(board.take(49).is_none());
    assert_eq!(board.next_time(), Some(50));
    assert_eq!(ids(board.take(50)), [1, 2], "never two of one key");
    for id in 4..8 {
        board.insert(place(id, "erp", &format!("K{id}")), 60);
    }
    assert_eq!(ids(board.take(60)), [4, 5, 6], "enough of them go at once");
}

#[test]
fn a_paused_connection_holds_its_jobs() {
    let mut board = board(&["erp"], 9);
    board.insert(place(1, "erp", "A"), 0);
    board.set_paused("erp", true);
    assert!(board.take(0).is_none() && board.next_time().is_none());
    board.set_paused("erp", false);
    assert_eq!(ids(board.take(0)), [1]);
}

#[derive(Clone, Debug)]
enum Happening {
    Insert { connection: u8, key: u8, lane: u8, priority: u8, delay: u64 },
    Take,
    End { which: prop::sample::Index, again: Option<u64>, away: bool },
    Remove(prop::sample::Index),
    Pass(u64),
}

fn any_happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => (0u8..2, 0u8..4, 0u8..3, 0u8..3, prop_oneof![3 => Just(0u64), 1 => 1u64..3_000])
            .prop_map(|(connection, key, lane, priority, delay)| Happening::Insert { connection, key, lane, priority, delay }),
        8 => Just(Happening::Take),
        6 => (any::<prop::sample::Index>(), prop::option::of(0u64..2_000), prop::bool::weighted(0.1))
            .prop_map(|(which, again, away)| Happening::End { which, again, away }),
        2 => any::<prop::sample::Index>().prop_map(Happening::Remove),
        3 => (1u64..2_000).prop_map(Happening::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    /// Nothing is lost or doubled, no key has two on their way, no bound is passed, and in the end everything leaves.
    #[test]
    fn any_history_keeps_the_rules(happenings in prop::collection::vec(any_happening(), 1..120)) {
        let names = ["a", "b"];
        let mut board = board(&names, 3);
        board.set_lanes([4, 1, 2]);
        let (mut now, mut next) = (0, 1);
        let mut inside: BTreeMap<JobId, Place> = BTreeMap::new();
        let mut running: Vec<Place> = Vec::new();
        for happening in happenings {
            match happening {
                Happening::Insert { connection, key, lane, priority, delay } => {
                    let mut new = place(next, names[usize::from(connection)], &format!("K{key}"));
                    new.lane = Lane::DURABLE[usize::from(lane)];
                    new.priority = priority;
                    new.not_before = if delay > 0 { now + delay } else { 0 };
                    next += 1;
                    inside.insert(new.id, new.clone());
                    board.insert(new, now);
                }
                Happening::Take => {
                    for taken in board.take(now).into_iter().flatten() {
                        let known = inside.get(&taken.id).expect("only what was put in comes out");
                        prop_assert_eq!((&known.order_key, known.lane), (&taken.order_key, taken.lane));
                        prop_assert!(known.not_before <= now, "too early");
                        prop_assert!(running.iter().all(|other| other.id != taken.id), "twice");
                        let same_key = |other: &&Place| (&other.connection, other.lane, &other.order_key)
                            == (&taken.connection, taken.lane, &taken.order_key);
                        prop_assert!(running.iter().find(same_key).is_none(), "two of one key");
                        running.push(taken);
                    }
                    for (lane, most) in Lane::DURABLE.into_iter().zip([4, 1, 2]) {
                        prop_assert!(running.iter().filter(|place| place.lane == lane).count() <= most);
                    }
                }
                Happening::End { which, again, away } if !running.is_empty() => {
                    let ended = running.swap_remove(which.index(running.len()));
                    board.released(&ended.connection, ended.lane);
                    let weather = if away { Weather::Away(None) } else { Weather::Clear };
                    let after = again.map_or(After::Gone, |wait| After::Again(now + wait));
                    if again.is_none() {
                        inside.remove(&ended.id);
                    } else if let Some(known) = inside.get_mut(&ended.id) {
                        known.not_before = 0;
                    }
                    board.ended(&ended, after, weather, now);
                }
                Happening::Remove(which) if !inside.is_empty() => {
                    let chosen = inside.values().nth(which.index(inside.len())).unwrap().clone();
                    let is_running = running.iter().any(|place| place.id == chosen.id);
                    prop_assert_eq!(board.remove(&chosen, now), !is_running);
                    if !is_running {
                        inside.remove(&chosen.id);
                    }
                }
                Happening::Pass(by) => now += by,
                _ => {}
            }
            prop_assert_eq!(board.waiting(), inside.len());
        }
        // Left alone, everything goes: nobody waits for ever.
        let mut left: BTreeSet<JobId> = inside.keys().copied().collect();
        for _ in 0..10_000 {
            for ended in running.drain(..) {
                board.released(&ended.connection, ended.lane);
                left.remove(&ended.id);
                board.ended(&ended, After::Gone, Weather::Clear, now);
            }
            running.extend(std::iter::from_fn(|| board.take(now)).flatten());
            if running.is_empty() {
                let Some(at) = board.next_time() else { break };
                prop_assert!(at > now, "it is time and nothing goes");
                now = at;
            }
        }
        prop_assert!(left.is_empty(), "{left:?} never went");
        prop_assert_eq!(board.waiting(), 0);
    }
}
