//! JSON inside typed records: a tenant's own fields and a system's own payload.

use serde_json::value::RawValue;

use super::types::CustomField;
use crate::limits;

/// A JSON text of a connector or a store as it stands. What is nested deeper than serde itself reads would break whoever
/// reads it next.
fn raw_value(text: &str) -> Result<&RawValue, String> {
    let value = serde_json::from_str::<&RawValue>(text).map_err(|error| error.to_string())?;
    if depth(text) > limits::JSON_DEPTH_MAX {
        return Err(format!("it is nested deeper than {}", limits::JSON_DEPTH_MAX));
    }
    Ok(value)
}

/// How deep lists and objects lie in each other, in a text that is JSON.
fn depth(text: &str) -> usize {
    let (mut depth, mut deepest, mut in_text, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_text,
            b'"' => in_text = !in_text,
            b'[' | b'{' if !in_text => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_text => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// An optional JSON text that stands as JSON, not as a string with JSON in it.
pub mod raw {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, ser};
    use serde_json::value::RawValue;

    /// For `#[serde(with = "raw")]`.
    ///
    /// # Errors
    /// When the text is no JSON.
    pub fn serialize<S: Serializer>(text: &Option<String>, serializer: S) -> Result<S::Ok, S::Error> {
        match text {
            Some(text) => super::raw_value(text).map_err(ser::Error::custom)?.serialize(serializer),
            None => serializer.serialize_none(),
        }
    }

    /// For `#[serde(with = "raw")]`.
    ///
    /// # Errors
    /// When the deserializer's format is not JSON.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
        Ok(Option::<Box<RawValue>>::deserialize(deserializer)?.map(|raw| raw.get().to_owned()))
    }
}

/// A list of named JSON values that stands as one object.
pub mod custom {
    use std::fmt;

    use serde::de::{MapAccess, Visitor};
    use serde::ser::SerializeMap;
    use serde::{Deserializer, Serializer, ser};
    use serde_json::value::RawValue;

    use super::CustomField;

    /// For `#[serde(with = "custom")]`.
    ///
    /// # Errors
    /// When a field's value is no JSON.
    pub fn serialize<S: Serializer>(fields: &[CustomField], serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(fields.len()))?;
        for field in fields {
            let value = super::raw_value(&field.value).map_err(ser::Error::custom)?;
            map.serialize_entry(&field.name, value)?;
        }
        map.end()
    }

    /// For `#[serde(with = "custom")]`.
    ///
    /// # Errors
    /// When the value is no JSON object.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<CustomField>, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Vec<CustomField>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of the tenant's own fields")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, Box<RawValue>>()? {
                    fields.push(CustomField { name, value: value.get().to_owned() });
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn depth_is_counted_outside_of_texts() {
        assert_eq!(super::depth(r#"{"a":[1,{"b":"[[[\"[["}],"c":[]}"#), 3);
        assert_eq!(super::depth(r#""\\""#), 0);
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(super::raw_value(&nested(crate::limits::JSON_DEPTH_MAX)).is_ok());
        assert!(super::raw_value(&nested(crate::limits::JSON_DEPTH_MAX + 1)).is_err());
    }

    use crate::commerce::types::CustomField;
    use serde::{Deserialize, Serialize};

    #[derive(Serialize, Deserialize, PartialEq, Debug)]
    struct Both {
        #[serde(with = "super::custom")]
        custom: Vec<CustomField>,
        #[serde(with = "super::raw", default)]
        native: Option<String>,
    }

    #[test]
    fn numbers_inside_keep_every_digit() {
        let text = r#"{"custom":{"U_Price":12.3400000000000000001},"native":{"a":1.10}}"#;
        let both: Both = serde_json::from_str(text).unwrap();
        assert_eq!(both.custom[0].value, "12.3400000000000000001");
        assert_eq!(serde_json::to_string(&both).unwrap(), text);
    }
}
