//! Whether something has at least what was expected of it, and the first place where it has not.
//!
//! An object may have more fields than expected. A list has just as many items, unless the expected one ends in `"…"`.
//! `"*"` stands for any value but null; in other texts `*` stands for any letters.

use serde_json::Value;

/// The first difference, as place, what was expected, and what is there.
pub(super) fn difference(expected: &Value, actual: &Value) -> Option<String> {
    differ("", expected, actual)
}

fn differ(place: &str, expected: &Value, actual: &Value) -> Option<String> {
    match (expected, actual) {
        (Value::String(any), _) if any == "*" => actual.is_null().then(|| told(place, "any value", actual)),
        (Value::Object(wanted), Value::Object(own)) => wanted.iter().find_map(|(name, wanted)| {
            let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
            match own.get(name) {
                // What is not there and what is null are the same in the contract's JSON.
                None if wanted.is_null() => None,
                None => Some(format!("{place}: expected {}, it is not there", short(wanted))),
                Some(own) => differ(&place, wanted, own),
            }
        }),
        (Value::Array(wanted), Value::Array(own)) => lists(place, wanted, own),
        (Value::String(wanted), Value::String(own)) if text(wanted, own) => None,
        (Value::Number(wanted), Value::Number(own)) if wanted == own || wanted.as_f64() == own.as_f64() => None,
        _ if expected == actual => None,
        _ => Some(told(place, &short(expected), actual)),
    }
}

fn lists(place: &str, wanted: &[Value], own: &[Value]) -> Option<String> {
    let (wanted, more) = match wanted {
        [first @ .., Value::String(dots)] if dots == "…" => (first, true),
        all => (all, false),
    };
    let fits = if more { own.len() >= wanted.len() } else { own.len() == wanted.len() };
    if !fits {
        let least = if more { "at least " } else { "" };
        return Some(format!("{}: expected {least}{} items, there are {}", named(place), wanted.len(), own.len()));
    }
    wanted.iter().zip(own).enumerate().find_map(|(at, (wanted, own))| differ(&format!("{place}[{at}]"), wanted, own))
}

fn told(place: &str, expected: &str, actual: &Value) -> String {
    format!("{}: expected {expected}, it is {}", named(place), short(actual))
}

fn named(place: &str) -> &str {
    if place.is_empty() { "the answer" } else { place }
}

/// A value as a short text.
pub(super) fn short(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// Whether a text fits one with stars in it.
pub(super) fn text(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut left) = text.strip_prefix(first) else { return false };
    let mut parts = rest.split('*').peekable();
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return left.ends_with(part);
        }
        match left.split_once(part) {
            Some((_, after)) => left = after,
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn less_is_told_with_its_place_and_more_is_fine() {
        let actual = json!({"a": {"b": [1, {"c": "x-7"}]}, "d": null});
        assert_eq!(difference(&json!({"a": {"b": [1, {"c": "x*"}]}, "d": null, "e": null}), &actual), None);
        for (expected, said) in [
            (json!({"a": {"b": [1, {"c": "y"}]}}), r#"a.b[1].c: expected "y", it is "x-7""#),
            (json!({"a": {"b": [1]}}), "a.b: expected 1 items, there are 2"),
            (json!({"f": 1}), "f: expected 1, it is not there"),
            (json!({"d": "*"}), "d: expected any value, it is null"),
            (json!([]), "the answer: expected [], it is"),
        ] {
            let told = difference(&expected, &actual).unwrap();
            assert!(told.starts_with(said), "{told}");
        }
        assert_eq!(difference(&json!({"a": {"b": [1, "…"]}}), &actual), None);
        assert_eq!(difference(&json!(10.0), &json!(10)), None);
        assert!(difference(&json!("00042"), &json!("42")).is_some());
        assert!(difference(&json!("42"), &json!(42)).is_some());
    }

    #[test]
    fn stars_stand_for_any_text() {
        for (pattern, own) in [("a*c", "abc"), ("*", ""), ("*b*", "abc"), ("abc", "abc"), ("a*b*b", "abbb")] {
            assert!(text(pattern, own), "{pattern} {own}");
        }
        for (pattern, own) in [("a*c", "abd"), ("abc", "abcd"), ("*b", "bc"), ("a*", "ba")] {
            assert!(!text(pattern, own), "{pattern} {own}");
        }
    }
}
