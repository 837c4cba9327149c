//! What differs between two JSON values, told with its place.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::limits;

/// One place at which a replay differs from its recording.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Difference {
    /// Where: `result.lines[3].unit_price`, `question 2: send[0].target`.
    pub place: String,
    /// What was recorded there.
    pub recorded: String,
    /// What is there now.
    pub now: String,
}

impl Difference {
    pub(super) fn new(place: impl Into<String>, recorded: impl Into<String>, now: impl Into<String>) -> Self {
        Self { place: place.into(), recorded: cut(&recorded.into()), now: cut(&now.into()) }
    }
}

/// Every place at which the two differ, the first ones only when there are many.
pub(super) fn differences(place: &str, recorded: &Value, now: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(place, recorded, now, &mut found);
    found
}

fn compare(place: &str, recorded: &Value, now: &Value, found: &mut Vec<Difference>) {
    if recorded == now || found.len() >= limits::DIFFERENCES_TOLD {
        return;
    }
    match (recorded, now) {
        (Value::Object(before), Value::Object(after)) => {
            for (name, value) in before {
                compare_field(&format!("{place}.{name}"), Some(value), after.get(name), found);
            }
            for (name, value) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
                compare_field(&format!("{place}.{name}"), None, Some(value), found);
            }
        }
        (Value::Array(before), Value::Array(after)) => {
            for at in 0..before.len().max(after.len()) {
                compare_field(&format!("{place}[{at}]"), before.get(at), after.get(at), found);
            }
        }
        (Value::String(before), Value::String(after)) => {
            let (before, after) = apart(before, after);
            found.push(Difference { place: place.to_owned(), recorded: before, now: after });
        }
        _ => found.push(Difference::new(place, recorded.to_string(), now.to_string())),
    }
}

fn compare_field(place: &str, recorded: Option<&Value>, now: Option<&Value>, found: &mut Vec<Difference>) {
    match (recorded, now) {
        (Some(recorded), Some(now)) => compare(place, recorded, now, found),
        (before, after) if found.len() < limits::DIFFERENCES_TOLD => {
            let shown = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), ToString::to_string);
            found.push(Difference::new(place, shown(before), shown(after)));
        }
        _ => {}
    }
}

/// Two texts from a little before the character at which they part.
fn apart(before: &str, after: &str) -> (String, String) {
    const LED_IN_BY: usize = 24;
    let common = before.chars().zip(after.chars()).take_while(|(one, other)| one == other).count();
    let from = if common > 2 * LED_IN_BY { common - LED_IN_BY } else { 0 };
    let shown = |text: &str| {
        let rest: String = text.chars().skip(from).collect();
        let dots = if from > 0 { "…" } else { "" };
        format!("{dots}{}", cut(&Value::String(rest).to_string()))
    };
    (shown(before), shown(after))
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(limits::DIFFERENCE_TEXT_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// JSON text without white space between its parts: the same value written by two programs.
pub(super) fn compact(text: &str) -> String {
    let mut compact = String::with_capacity(text.len());
    let (mut inside, mut escaped) = (false, false);
    for c in text.chars() {
        if inside || !c.is_ascii_whitespace() {
            compact.push(c);
        }
        match c {
            '"' if !escaped => inside = !inside,
            '\\' if inside && !escaped => {
                escaped = true;
                continue;
            }
            _ => {}
        }
        escaped = false;
    }
    compact
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_place_of_each_difference_is_told() {
        let recorded = json!({ "lines": [{ "price": "1.50" }, { "price": "2" }], "gone": 1, "same": [1, 2] });
        let now = json!({ "lines": [{ "price": "1.55" }], "new": null, "same": [1, 2] });
        let found = differences("result", &recorded, &now);
        let told: Vec<String> = found.iter().map(|d| format!("{}: {} -> {}", d.place, d.recorded, d.now)).collect();
        assert_eq!(
            told,
            [
                "result.gone: 1 -> nothing",
                r#"result.lines[0].price: "1.50" -> "1.55""#,
                r#"result.lines[1]: {"price":"2"} -> nothing"#,
                "result.new: nothing -> null",
            ]
        );
    }

    #[test]
    fn long_texts_are_shown_where_they_part_and_the_list_is_bounded() {
        let text = |end: &str| json!(format!("{}{end}", "a".repeat(5_000)));
        let found = differences("body", &text("x"), &text("y"));
        assert!(found[0].recorded.ends_with("x\"") && found[0].recorded.chars().count() < 40, "{found:?}");
        let many = |n: u32| Value::Array((0..1_000).map(|at| json!(at * n)).collect());
        assert_eq!(differences("r", &many(2), &many(3)).len(), limits::DIFFERENCES_TOLD);
    }

    #[test]
    fn white_space_counts_inside_texts_only() {
        assert_eq!(compact("{ \"a b\\\" c\" :\n [1, 2] }"), r#"{"a b\" c":[1,2]}"#);
        assert_eq!(compact(r#"{"a\\": 1}"#), r#"{"a\\":1}"#);
    }
}
