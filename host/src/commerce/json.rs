//! JSON inside typed records: a tenant's own fields and a system's own payload.

use super::types::CustomField;

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
            Some(text) => serde_json::from_str::<&RawValue>(text).map_err(ser::Error::custom)?.serialize(serializer),
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
            let value = serde_json::from_str::<&RawValue>(&field.value).map_err(ser::Error::custom)?;
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
