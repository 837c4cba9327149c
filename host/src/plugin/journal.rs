//! The last log lines of a connection's calls, for whoever looks while a connector is being written or a fault is
//! searched. The operator's log has them all.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;

use crate::limits;
use crate::seam::Millis;

/// One line that a connector wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Grows from line to line, also over restarts of the host: it is at least the line's time.
    pub number: u64,
    /// When it was written.
    pub at: Millis,
    /// The call that wrote it.
    pub call: Arc<str>,
    /// `debug`, `info`, `warn` or `error`.
    pub level: &'static str,
    /// The line.
    pub text: String,
}

/// A ring of lines, bounded in number and in bytes. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct Journal(Arc<Mutex<Ring>>);

#[derive(Debug, Default)]
struct Ring {
    lines: VecDeque<LogLine>,
    bytes: usize,
    last: u64,
}

impl Journal {
    pub(super) fn add(&self, at: Millis, call: &Arc<str>, level: &'static str, text: &str) {
        let mut ring = self.0.lock();
        let number = at.max(ring.last + 1);
        ring.last = number;
        ring.bytes += text.len();
        ring.lines.push_back(LogLine { number, at, call: Arc::clone(call), level, text: text.to_owned() });
        while ring.lines.len() > limits::JOURNAL_LINES_MAX || ring.bytes > limits::JOURNAL_BYTES_MAX {
            let Some(oldest) = ring.lines.pop_front() else { break };
            ring.bytes -= oldest.text.len();
        }
    }

    /// The lines with a larger number, the oldest first.
    #[must_use]
    pub fn after(&self, number: u64) -> Vec<LogLine> {
        self.0.lock().lines.iter().filter(|line| line.number > number).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbered_in_their_order_and_the_oldest_go() {
        let journal = Journal::default();
        let call: Arc<str> = "call_1".into();
        for text in ["a", "b"] {
            journal.add(1_000, &call, "info", text);
        }
        let numbers: Vec<u64> = journal.after(0).iter().map(|line| line.number).collect();
        assert_eq!(numbers, [1_000, 1_001], "two lines of one moment are told apart");
        assert_eq!(journal.after(1_000).first().map(|line| line.text.clone()).as_deref(), Some("b"));
        for at in 0..limits::JOURNAL_LINES_MAX as u64 {
            journal.add(2_000 + at, &call, "info", "c");
        }
        assert_eq!(journal.after(0).len(), limits::JOURNAL_LINES_MAX);
        journal.add(9_000, &call, "info", &"x".repeat(limits::JOURNAL_BYTES_MAX));
        assert_eq!(journal.after(0).len(), 1, "long lines push out more than one");
    }
}
