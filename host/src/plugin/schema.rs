//! The schema of a connector's settings, which the connector writes and the host carries out: it must have an end.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::limits;

/// The places of a schema that references may lead to.
const PLACES: [&str; 2] = ["$defs", "definitions"];
/// Words that lead to places which only show when a value is looked at.
const DYNAMIC: [&str; 4] = ["$dynamicRef", "$recursiveRef", "$dynamicAnchor", "$recursiveAnchor"];

/// Reads the schema and checks that it is one.
///
/// # Errors
/// What is wrong with it, as a clause about "its settings schema".
pub(super) fn check(text: &str) -> Result<(), String> {
    let schema: Value = serde_json::from_str(text).map_err(|error| format!("is no JSON: {error}"))?;
    Sizes::default().of_root(&schema)?;
    jsonschema::validator_for(&schema).map(drop).map_err(|error| format!("is no JSON Schema: {error}"))
}

/// How large each definition is with all that it refers to; the validator makes a copy of it for each reference.
#[derive(Default)]
struct Sizes<'a> {
    /// `None` while it is being measured: whoever meets it then has gone in a circle.
    known: BTreeMap<&'a str, Option<usize>>,
}

impl<'a> Sizes<'a> {
    fn of_root(&mut self, schema: &'a Value) -> Result<(), String> {
        let mut all = self.of(schema, schema, true)?;
        // Those that nothing refers to are compiled as well.
        for name in PLACES.into_iter().filter_map(|place| schema.get(place)?.as_object()).flat_map(|defs| defs.keys()) {
            all = all.saturating_add(self.of_definition(schema, name)?);
        }
        if all > limits::SETTINGS_SCHEMA_NODES_MAX {
            return Err(format!("has over {} parts, its references followed", limits::SETTINGS_SCHEMA_NODES_MAX));
        }
        Ok(())
    }

    fn of(&mut self, root: &'a Value, value: &'a Value, is_root: bool) -> Result<usize, String> {
        let mut size = 1_usize;
        match value {
            Value::Array(items) => {
                for item in items {
                    size = size.saturating_add(self.of(root, item, false)?);
                }
            }
            Value::Object(fields) => {
                for (name, inner) in fields {
                    if is_root && PLACES.contains(&name.as_str()) {
                        continue;
                    }
                    size = size.saturating_add(self.of_field(root, name, inner, is_root)?);
                }
            }
            _ => {}
        }
        Ok(size)
    }

    fn of_field(&mut self, root: &'a Value, name: &str, inner: &'a Value, is_root: bool) -> Result<usize, String> {
        match inner.as_str() {
            Some(target) if name == "$ref" => {
                let found = PLACES.into_iter().find_map(|place| target.strip_prefix(&format!("#/{place}/")));
                match found.filter(|name| !name.contains(['/', '~', '%'])) {
                    Some(name) => self.of_definition(root, name),
                    None => Err(format!("refers to `{target}`; a reference leads to `#/$defs/` and a simple name")),
                }
            }
            Some(_) if DYNAMIC.contains(&name) || name == "$id" && !is_root => {
                Err(format!("uses `{name}`, which is not read here"))
            }
            _ => self.of(root, inner, false),
        }
    }

    fn of_definition(&mut self, root: &'a Value, name: &'a str) -> Result<usize, String> {
        match self.known.get(name) {
            Some(Some(size)) => return Ok(*size),
            Some(None) => return Err(format!("refers to itself in `{name}`, so it has no end")),
            None => {}
        }
        let found = PLACES.into_iter().find_map(|place| root.get(place)?.get(name));
        let Some(found) = found else { return Err(format!("refers to `{name}`, which is not there")) };
        self.known.insert(name, None);
        let size = self.of(root, found, false)?;
        self.known.insert(name, Some(size));
        Ok(size)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problem(schema: &Value) -> String {
        check(&schema.to_string()).unwrap_err()
    }

    #[test]
    fn ordinary_schemas_pass() {
        for schema in [
            json!({}),
            json!(true),
            json!({ "type": "object", "properties": { "$ref": { "type": "string" }, "a": { "$ref": "#/$defs/a" } },
                "$defs": { "a": { "type": "array", "items": { "$ref": "#/definitions/b" } } },
                "definitions": { "b": { "enum": ["x"] } }, "additionalProperties": false }),
        ] {
            assert_eq!(check(&schema.to_string()), Ok(()), "{schema}");
        }
    }

    #[test]
    fn a_schema_without_end_is_refused() {
        for schema in [
            json!({ "$ref": "#" }),
            json!({ "allOf": [{ "$ref": "#" }] }),
            json!({ "$ref": "#/allOf/0", "allOf": [{ "$ref": "#/allOf/0" }] }),
            json!({ "$ref": "http://169.254.169.254/schema.json" }),
            json!({ "$ref": "file:///etc/passwd" }),
            json!({ "$ref": "#/$defs/none" }),
        ] {
            assert!(problem(&schema).starts_with("refers to"), "{schema}");
        }
        let circle = json!({ "$defs": { "a": { "anyOf": [{ "$ref": "#/$defs/b" }] }, "b": { "not": { "$ref": "#/$defs/a" } } } });
        assert!(problem(&circle).contains("no end"));
        let alone = json!({ "$defs": { "a": { "$ref": "#/$defs/a" } } });
        assert!(problem(&alone).contains("no end"));
        for word in DYNAMIC {
            assert!(problem(&json!({ "items": { word: "#" } })).contains(word));
        }
        assert!(problem(&json!({ "items": { "$id": "https://x.example/", "$ref": "#/$defs/a" } })).contains("$id"));
    }

    #[test]
    fn a_schema_that_doubles_is_refused() {
        let level = |n: u32| {
            let next = json!({ "$ref": format!("#/$defs/d{}", n + 1) });
            (format!("d{n}"), json!({ "anyOf": [next.clone(), next] }))
        };
        let mut defs: serde_json::Map<String, Value> = (0..60).map(level).collect();
        defs.insert("d60".into(), json!(true));
        assert!(problem(&json!({ "$ref": "#/$defs/d0", "$defs": defs })).contains("parts"));
    }
}
