//! What a command prints: text for people, or one JSON value for programs.

use std::io::Write;

use serde::Serialize;

/// Standard output and standard error of a command.
pub(super) struct Screen {
    json: bool,
}

impl Screen {
    pub(super) const fn new(json: bool) -> Self {
        Self { json }
    }

    pub(super) const fn json(&self) -> bool {
        self.json
    }

    /// A line for people; nothing when JSON is wanted.
    pub(super) fn line(&mut self, text: &str) {
        if !self.json {
            write(std::io::stdout(), text);
        }
    }

    /// The answer for programs; nothing when text is wanted.
    pub(super) fn value<T: Serialize>(&mut self, value: &T) {
        if self.json {
            self.pretty(value);
        }
    }

    /// JSON in both cases, for answers that are JSON themselves.
    pub(super) fn pretty<T: Serialize>(&mut self, value: &T) {
        write(std::io::stdout(), &serde_json::to_string_pretty(value).unwrap_or_default());
    }

    /// Something to know on the way, beside the answer; nothing when JSON is wanted.
    pub(super) fn note(&mut self, text: &str) {
        if !self.json {
            write(std::io::stderr(), text);
        }
    }

    pub(super) fn failed(&mut self, error: &anyhow::Error) {
        // The parts of a chain are fragments that fit "failed to …"; whole sentences come from the API as they are.
        let text = error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ");
        if self.json {
            write(std::io::stderr(), &serde_json::json!({ "error": text }).to_string());
        } else {
            write(std::io::stderr(), &format!("apiconnect: failed to {text}"));
        }
    }
}

/// A reader that has gone, such as `head`, is no failure of the command.
fn write(mut to: impl Write, text: &str) {
    let _ = writeln!(to, "{text}");
}
