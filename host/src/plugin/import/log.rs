//! Log lines of a connector: bounded in number and size, marked with who wrote them.

use super::super::bindings::apiconnect::connector::log::{Field, Host, Level};
use super::super::guest::Guest;
use crate::limits;

impl Host for Guest {
    async fn write(&mut self, level: Level, message: String, fields: Vec<Field>) {
        let mut line = message;
        for field in &fields {
            if line.len() > limits::LOG_LINE_BYTES_MAX {
                break;
            }
            line.push(' ');
            line.push_str(&field.name);
            line.push('=');
            line.push_str(&field.value);
        }
        self.note(level, line);
    }
}

impl Guest {
    /// Takes a line of the connector into the log, within the bounds of a call.
    pub(super) fn note(&mut self, level: Level, mut line: String) {
        self.report.log_lines = self.report.log_lines.saturating_add(1);
        truncate(&mut line, limits::LOG_LINE_BYTES_MAX);
        let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        // A line beyond the limit is still one of the last words, which may be why the call ends.
        if self.report.log_lines <= limits::LOG_LINES_PER_CALL_MAX {
            self.write_out(level, &line);
        }
        if self.last_lines.len() == limits::LOG_LINES_WITH_ERROR {
            self.last_lines.pop_front();
        }
        self.last_lines.push_back(line);
    }

    fn write_out(&self, level: Level, line: &str) {
        let Some(left_out) = self.link.lines.lock().admit(self.link.clock.now()) else { return };
        let (connection, call) = (self.link.connection.as_str(), self.call_id.as_ref());
        self.link.journal.add(self.link.clock.now(), &self.call_id, name(level), line);
        if left_out > 0 {
            tracing::warn!(target: "connector", connection, left_out, "lines of this connection's calls were left out");
        }
        if self.report.log_lines == limits::LOG_LINES_PER_CALL_MAX {
            tracing::warn!(target: "connector", connection, call, "further lines of this call are left out");
        }
        match level {
            Level::Debug => tracing::debug!(target: "connector", connection, call, "{line}"),
            Level::Info => tracing::info!(target: "connector", connection, call, "{line}"),
            Level::Warn => tracing::warn!(target: "connector", connection, call, "{line}"),
            Level::Error => tracing::error!(target: "connector", connection, call, "{line}"),
        }
    }
}

const fn name(level: Level) -> &'static str {
    match level {
        Level::Debug => "debug",
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    }
}

fn truncate(text: &mut String, bytes: usize) {
    if text.len() > bytes {
        let end = (0..=bytes).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_line_is_cut_between_characters() {
        let mut text = "a€b".to_owned();
        super::truncate(&mut text, 3);
        assert_eq!(text, "a");
    }
}
