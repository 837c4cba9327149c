//! A connector's small memory: in this process only, bounded, with an end for every value.

use std::collections::BTreeMap;
use std::time::Duration;

use parking_lot::Mutex;

use super::super::bindings::apiconnect::connector::state::{Failure, Host};
use super::super::guest::Guest;
use super::super::recording::{Body, Question};
use crate::limits;
use crate::seam::{Clock, Millis};

/// The state of one connection.
#[derive(Debug)]
pub(crate) struct State {
    clock: Clock,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    values: BTreeMap<String, (Vec<u8>, Millis)>,
    claims: BTreeMap<String, Millis>,
    bytes: usize,
}

impl State {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, kept: Mutex::default() }
    }

    fn get(&self, key: &str) -> Option<Vec<u8>> {
        let now = self.clock.now();
        self.kept.lock().values.get(key).filter(|(_, until)| *until > now).map(|(value, _)| value.clone())
    }

    fn set(&self, key: String, value: Vec<u8>, ttl_ms: u64) -> Result<(), Failure> {
        if value.len() > limits::STATE_VALUE_BYTES_MAX || key.len() > limits::KEY_BYTES_MAX {
            return Err(Failure::TooLarge(format!("a value may have {} bytes", limits::STATE_VALUE_BYTES_MAX)));
        }
        let now = self.clock.now();
        let mut kept = self.kept.lock();
        kept.remove(&key);
        kept.forget_expired(now);
        let grown = kept.bytes + key.len() + value.len();
        if kept.values.len() >= limits::STATE_KEYS_MAX || grown > limits::STATE_BYTES_MAX {
            return Err(Failure::TooLarge("the connection's state is full".to_owned()));
        }
        kept.bytes = grown;
        kept.values.insert(key, (value, now.saturating_add(bounded(ttl_ms))));
        Ok(())
    }

    fn acquire(&self, key: String, ttl_ms: u64) -> bool {
        let now = self.clock.now();
        let mut kept = self.kept.lock();
        kept.claims.retain(|_, until| *until > now);
        let full = kept.claims.len() >= limits::STATE_KEYS_MAX || key.len() > limits::KEY_BYTES_MAX;
        if full || kept.claims.contains_key(&key) {
            return false;
        }
        kept.claims.insert(key, now.saturating_add(bounded(ttl_ms)));
        true
    }

    fn release(&self, key: &str) {
        self.kept.lock().claims.remove(key);
    }
}

impl Kept {
    fn remove(&mut self, key: &str) {
        if let Some((value, _)) = self.values.remove(key) {
            self.bytes = self.bytes.saturating_sub(key.len() + value.len());
        }
    }

    fn forget_expired(&mut self, now: Millis) {
        let expired: Vec<String> =
            self.values.iter().filter(|(_, (_, until))| *until <= now).map(|(key, _)| key.clone()).collect();
        for key in expired {
            self.remove(&key);
        }
    }
}

fn bounded(ttl_ms: u64) -> u64 {
    let longest = |limit: Duration| u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
    ttl_ms.min(longest(limits::STATE_TTL_MAX))
}

impl Host for Guest {
    async fn get(&mut self, key: String) -> Option<Vec<u8>> {
        answered!(self, Question::Get { key: key.clone() }, self.link.state.get(&key))
    }

    async fn set(&mut self, key: String, value: Vec<u8>, ttl_ms: u64) -> Result<(), Failure> {
        let question = || Question::Set { key: key.clone(), value: Body(value.clone()), ttl_ms };
        answered!(self, question(), self.link.state.set(key, value, ttl_ms))
    }

    async fn remove(&mut self, key: String) {
        answered!(self, Question::Remove { key: key.clone() }, self.link.state.kept.lock().remove(&key));
    }

    async fn acquire(&mut self, key: String, ttl_ms: u64) -> bool {
        answered!(self, Question::Acquire { key: key.clone(), ttl_ms }, self.link.state.acquire(key, ttl_ms))
    }

    async fn release(&mut self, key: String) {
        answered!(self, Question::Release { key: key.clone() }, self.link.state.release(&key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_end_and_claims_are_exclusive() {
        let clock = Clock::manual(1_000);
        let state = State::new(clock.clone());
        state.set("k".into(), b"v".to_vec(), 50).unwrap();
        assert!(state.acquire("login".into(), 50));
        assert!(!state.acquire("login".into(), 50));
        clock.advance(Duration::from_millis(50));
        assert_eq!(state.get("k"), None);
        assert!(state.acquire("login".into(), 50));
    }

    #[test]
    fn the_state_is_bounded() {
        let state = State::new(Clock::manual(0));
        let value = vec![0; limits::STATE_VALUE_BYTES_MAX];
        let room = limits::STATE_BYTES_MAX / limits::STATE_VALUE_BYTES_MAX;
        let kept = (0..room * 2).filter(|n| state.set(n.to_string(), value.clone(), 1_000).is_ok()).count();
        assert!(kept < room + 1);
        assert!(state.set("0".into(), Vec::new(), 1_000).is_ok(), "replacing frees its own room");
    }

    #[test]
    fn keys_and_claims_are_bounded_too() {
        let state = State::new(Clock::manual(0));
        let long = "k".repeat(limits::KEY_BYTES_MAX + 1);
        assert!(state.set(long.clone(), Vec::new(), 1_000).is_err());
        assert!(!state.acquire(long, 1_000), "a claim's name stays in memory like a key");
        let kept = (0..limits::STATE_KEYS_MAX * 2).filter(|n| state.set(n.to_string(), Vec::new(), 1_000).is_ok());
        assert_eq!(kept.count(), limits::STATE_KEYS_MAX);
        let held = (0..limits::STATE_KEYS_MAX * 2).filter(|n| state.acquire(n.to_string(), 1_000)).count();
        assert_eq!(held, limits::STATE_KEYS_MAX);
        let state = State::new(Clock::manual(0));
        let name = |n: usize| format!("{n}{}", "k".repeat(limits::KEY_BYTES_MAX - 5));
        let value = vec![0; limits::STATE_BYTES_MAX / limits::STATE_KEYS_MAX];
        let kept = (0..limits::STATE_KEYS_MAX).filter(|n| state.set(name(*n), value.clone(), 1_000).is_ok()).count();
        assert!(kept < limits::STATE_KEYS_MAX, "keys count as bytes");
    }
}
