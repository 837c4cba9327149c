//! The same fixtures and questions under other names: a customer `C20000` becomes `000042` wherever it stands, and the
//! connector must answer as before, with the new name. A connector that takes ids for numbers, or rounds, cannot.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use super::fixture::{Fixture, decoded};

/// Texts and what stands instead of them.
pub(super) struct Names<'a>(pub(super) &'a BTreeMap<String, String>);

impl Names<'_> {
    /// A text with every whole word among the names replaced, all at once.
    pub(super) fn text(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            let fits = |name: &&String| rest.starts_with(name.as_str()) && stands_alone(text, at, name.len());
            let longest = self.0.keys().filter(|name| !name.is_empty()).filter(fits).max_by_key(|name| name.len());
            if let Some((from, to)) = longest.and_then(|name| self.0.get_key_value(name)) {
                out.push_str(to);
                at += from.len();
            } else if let Some(letter) = rest.chars().next() {
                out.push(letter);
                at += letter.len_utf8();
            }
        }
        out
    }

    /// A JSON value with its names replaced.
    pub(super) fn value(&self, value: &Value) -> Value {
        let text = self.text(&value.to_string());
        serde_json::from_str(&text).unwrap_or(Value::String(text))
    }

    /// A fixture with its names replaced; `None` when a new name makes its JSON none.
    pub(super) fn fixture(&self, fixture: &Fixture) -> Option<Fixture> {
        let mut twisted = fixture.clone();
        twisted.request.target = self.text(&decoded(&fixture.request.target));
        twisted.request.body = fixture.request.body.as_ref().map(|body| self.value(body));
        twisted.response.text = fixture.response.text.as_ref().map(|body| self.text(body));
        if let Some(body) = &fixture.response.body {
            twisted.response.body = Some(RawValue::from_string(self.text(body.get())).ok()?);
        }
        Some(twisted)
    }
}

/// Whether the bytes from `at` on are a word of their own: `8.5` is none in `18.5`, `8.55` and `8.5.1`.
fn stands_alone(text: &str, at: usize, length: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let after = text.get(at + length..).unwrap_or_default();
    let mut earlier = before.chars().rev();
    let escaped = before.get(before.len().saturating_sub(3)..).is_some_and(|end| {
        end.starts_with('%')
            && end.len() == 3
            && end.get(1..).is_some_and(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()))
    });
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let joined = match earlier.next() {
        Some('.') => earlier.next().is_some_and(|letter| letter.is_ascii_digit()),
        Some(letter) => is_word(letter) && !escaped,
        None => false,
    };
    let mut later = after.chars();
    let goes_on = match later.next() {
        Some('.') => later.next().is_some_and(|letter| letter.is_ascii_digit()),
        Some(letter) => is_word(letter),
        None => false,
    };
    !joined && !goes_on
}

#[cfg(test)]
mod tests {
    use super::*;

    fn twisted(text: &str, names: &[(&str, &str)]) -> String {
        Names(&names.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())).collect()).text(text)
    }

    #[test]
    fn only_whole_words_are_replaced() {
        let names = [("C1", "0007"), ("8.5", "0.0000001"), ("10", "11")];
        for (text, wanted) in [
            ("Partners('C1')", "Partners('0007')"),
            ("Partners(%27C1%27)", "Partners(%270007%27)"),
            ("C10 XC1 C1_", "C10 XC1 C1_"),
            (r#"{"a":8.5,"b":18.5,"c":8.55,"d":"8.5"}"#, r#"{"a":0.0000001,"b":18.5,"c":8.55,"d":"0.0000001"}"#),
            ("10.5 10. 10", "10.5 11. 11"),
        ] {
            assert_eq!(twisted(text, &names), wanted);
        }
    }

    #[test]
    fn names_change_places_at_once() {
        assert_eq!(twisted("a b a", &[("a", "b"), ("b", "a")]), "b a b");
    }
}
