//! What a connector logs in a running host, line by line as it comes.

use serde_json::Value;

use super::super::version::{items, text};
use crate::cli::client::{Client, segment};
use crate::cli::screen::Screen;
use crate::seam::Millis;

/// Where the reading of a connector's lines stands.
pub(super) struct Tail {
    /// The one connection that is wanted.
    only: Option<String>,
    /// The connector, once it was built.
    connector: Option<String>,
    /// The number of the last line that was shown.
    after: Millis,
    /// Whether the host did not answer last time, which is told once.
    away: bool,
}

impl Tail {
    /// Lines from `now` on: a line's number is at least its time.
    pub(super) const fn new(only: Option<String>, now: Millis) -> Self {
        Self { only, connector: None, after: now, away: false }
    }

    /// Whose lines are wanted.
    pub(super) fn of_connector(&mut self, name: String) {
        self.connector = Some(name);
    }

    /// Shows the lines that have come since the last time.
    pub(super) async fn show(&mut self, client: &Client, screen: &mut Screen) {
        match self.lines(client).await {
            Ok(lines) => {
                self.away = false;
                for (connection, line) in lines {
                    screen.value(&line);
                    screen.line(&told(&connection, &line));
                }
            }
            Err(error) => {
                if !self.away {
                    screen.failed(&error.context("read what the connector logs; trying again until the host answers"));
                }
                self.away = true;
            }
        }
    }

    async fn lines(&mut self, client: &Client) -> anyhow::Result<Vec<(String, Value)>> {
        let mut found = Vec::new();
        for connection in self.connections(client).await? {
            let path = format!("/v1/connections/{}/log?after={}", segment(&connection), self.after);
            let answer = client.get(&path).await?;
            found.extend(items(&answer, "items").map(|line| (connection.clone(), line.clone())));
        }
        let number = |line: &Value| line.get("number").and_then(Value::as_u64).unwrap_or_default();
        found.sort_by_key(|(_, line)| number(line));
        if let Some((_, last)) = found.last() {
            self.after = number(last);
        }
        Ok(found)
    }

    async fn connections(&self, client: &Client) -> anyhow::Result<Vec<String>> {
        let Some(connector) = &self.connector else { return Ok(Vec::new()) };
        if let Some(only) = &self.only {
            return Ok(vec![only.clone()]);
        }
        let answer = client.get("/v1/connections").await?;
        let own = items(&answer, "items").filter(|one| text(one, "connector") == connector);
        Ok(own.map(|one| text(one, "name").to_owned()).collect())
    }
}

/// One line for people.
fn told(connection: &str, line: &Value) -> String {
    let time = text(line, "at").get(11..23).unwrap_or_default();
    format!("{time} {connection:<8} {:<5} {}  ({})", text(line, "level"), text(line, "text"), text(line, "call"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn a_line_says_when_where_and_what() {
        let line = json!({ "at": "2026-01-31T09:30:00.125Z", "level": "warn", "text": "no unit", "call": "call_1" });
        assert_eq!(super::told("erp", &line), "09:30:00.125 erp      warn  no unit  (call_1)");
    }
}
