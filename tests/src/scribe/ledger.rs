//! What was tried and what was acknowledged, record by record.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One write of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Op {
    /// It was written.
    Put,
    /// It was deleted.
    Delete,
}

/// The writes of one record in their order; each was tried only after the one before was acknowledged.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct History {
    ops: Vec<Op>,
    acknowledged: usize,
}

/// What a store must hold.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ledger(BTreeMap<String, History>);

impl Ledger {
    /// Takes in a line of the writer: `try KEY OP` or `ack KEY …`. Others are no concern of it.
    pub fn hear(&mut self, line: &str) {
        let mut words = line.split(' ');
        match (words.next(), words.next(), words.next()) {
            (Some("try"), Some(key), Some(op)) => {
                let op = if op == "delete" { Op::Delete } else { Op::Put };
                self.0.entry(key.to_owned()).or_default().ops.push(op);
            }
            (Some("ack"), Some(key), _) => {
                let history = self.0.entry(key.to_owned()).or_default();
                history.acknowledged = history.ops.len();
            }
            _ => {}
        }
    }

    /// Acknowledged writes.
    #[must_use]
    pub fn acknowledged(&self) -> usize {
        self.0.values().map(|history| history.acknowledged).sum()
    }

    /// Every key, and whether its record must be there.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// What is wrong with a record: `found` is the number of the write that it shows, counted from 1, if it is there.
    #[must_use]
    pub fn wrong(&self, key: &str, found: Option<usize>) -> Option<String> {
        let Some(history) = self.0.get(key) else { return Some(format!("{key} was never written")) };
        // The state after each write from the last acknowledged one on is a right one.
        let right = (history.acknowledged..=history.ops.len()).any(|done| {
            let last = done.checked_sub(1).and_then(|at| history.ops.get(at));
            found == matches!(last, Some(Op::Put)).then_some(done)
        });
        let (acknowledged, tried) = (history.acknowledged, history.ops.len());
        (!right).then(|| format!("{key} shows write {found:?}; {acknowledged} of {tried} are acknowledged"))
    }
}

#[cfg(test)]
mod tests {
    use super::Ledger;

    #[test]
    fn only_states_since_the_last_acknowledged_one_are_right() {
        let mut ledger = Ledger::default();
        for line in ["try a put", "ack a 1", "try a put", "ack a 2", "try a delete", "try b put", "noise"] {
            ledger.hear(line);
        }
        assert_eq!(ledger.acknowledged(), 2);
        assert!(ledger.wrong("a", Some(1)).is_some(), "an older state");
        assert!(ledger.wrong("a", Some(2)).is_none() && ledger.wrong("a", None).is_none());
        assert!(ledger.wrong("b", Some(1)).is_none() && ledger.wrong("b", None).is_none());
        assert!(ledger.wrong("c", Some(1)).is_some() && ledger.wrong("a", Some(3)).is_some());
        ledger.hear("ack a 3");
        assert!(ledger.wrong("a", Some(2)).is_some() && ledger.wrong("a", None).is_none());
    }
}
