//! Log lines of a connector: bounded in number and size, marked with who wrote them.

use super::super::bindings::apiconnect::connector::log::{Field, Host, Level};
use super::super::guest::Guest;
use crate::limits;

impl Host for Guest {
    async fn write(&mut self, level: Level, message: String, fields: Vec<Field>) {
        self.report.log_lines += 1;
        if self.report.log_lines > limits::LOG_LINES_PER_CALL_MAX {
            return;
        }
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
        truncate(&mut line, limits::LOG_LINE_BYTES_MAX);
        let line: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let (connection, call) = (self.link.connection.as_str(), self.call_id.as_ref());
        self.link.journal.add(self.link.clock.now(), &self.call_id, name(level), &line);
        match level {
            Level::Debug => tracing::debug!(target: "connector", connection, call, "{line}"),
            Level::Info => tracing::info!(target: "connector", connection, call, "{line}"),
            Level::Warn => tracing::warn!(target: "connector", connection, call, "{line}"),
            Level::Error => tracing::error!(target: "connector", connection, call, "{line}"),
        }
        if self.last_lines.len() == limits::LOG_LINES_WITH_ERROR {
            self.last_lines.pop_front();
        }
        self.last_lines.push_back(line);
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
