//! Names of jobs: they sort by the time of acceptance and fit into a register.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::openapi::schema::{ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::{RefOr, SchemaFormat};
use utoipa::{PartialSchema, ToSchema};

use ulid::Ulid;

/// How every job's name begins.
const PREFIX: &str = "job_";

/// A job's name, written `job_` and a ULID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct JobId(pub(super) Ulid);

/// The text names no job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("read a job's name: it is `job_` and 26 letters and digits")]
pub struct NoJobId;

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for JobId {
    type Err = NoJobId;

    fn from_str(text: &str) -> Result<Self, NoJobId> {
        let ulid = text.strip_prefix(PREFIX).ok_or(NoJobId)?;
        let id = Self(Ulid::from_string(ulid).map_err(|_| NoJobId)?);
        // Lower case and letters that look alike are read, too, but a job has one name only.
        if id.to_string() == text { Ok(id) } else { Err(NoJobId) }
    }
}

impl Serialize for JobId {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        writer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for JobId {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(reader)?.parse().map_err(de::Error::custom)
    }
}

impl PartialSchema for JobId {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .format(Some(SchemaFormat::Custom("job-id".to_owned())))
            .pattern(Some("^job_[0-9A-Z]{26}$"))
            .description(Some("`job_` and a ULID; names sort by the time of acceptance."));
        RefOr::T(Schema::Object(text.build()))
    }
}

impl ToSchema for JobId {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_spelling() {
        let id = JobId(Ulid::from_parts(1_700_000_000_000, 42));
        let text = id.to_string();
        assert_eq!(text.parse(), Ok(id));
        assert_eq!(serde_json::from_str::<JobId>(&format!("\"{text}\"")).unwrap(), id);
        for wrong in ["", "job_", "job_x", &text.to_lowercase(), &text[4..], &format!("{text}0")] {
            assert_eq!(wrong.parse::<JobId>(), Err(NoJobId), "{wrong}");
        }
    }

    #[test]
    fn names_sort_like_their_ids() {
        let ids = [JobId(Ulid::from_parts(1, 9)), JobId(Ulid::from_parts(2, 0)), JobId(Ulid::from_parts(2, 1))];
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1] && pair[0].to_string() < pair[1].to_string()));
    }
}
