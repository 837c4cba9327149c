//! What happened when, one line each.

use std::io::{IsTerminal, Write};
use std::time::Instant;

/// Prints lines with the time since the start.
pub(super) struct Timeline {
    started: Instant,
    colour: bool,
}

impl Timeline {
    pub(super) fn start(title: &str) -> Self {
        let timeline = Self { started: Instant::now(), colour: std::io::stdout().is_terminal() };
        timeline.plain(&format!("\n{title}\n"));
        timeline
    }

    /// Something happened.
    pub(super) fn tell(&mut self, text: &str) {
        self.line("●", "32", text);
    }

    /// Something goes wrong, on purpose.
    pub(super) fn trouble(&mut self, text: &str) {
        self.line("✗", "31", text);
    }

    /// What it comes to.
    pub(super) fn sum(&mut self, text: &str) {
        self.line("═", "1", text);
    }

    pub(super) fn blank(&self) {
        self.plain("");
    }

    pub(super) fn plain(&self, text: &str) {
        let _ = writeln!(std::io::stdout(), "{text}");
    }

    fn line(&self, mark: &str, colour: &str, text: &str) {
        let at = self.started.elapsed().as_secs_f32();
        if self.colour {
            self.plain(&format!("{at:6.1} s  \u{1b}[{colour}m{mark} {text}\u{1b}[0m"));
        } else {
            self.plain(&format!("{at:6.1} s  {mark} {text}"));
        }
    }
}
