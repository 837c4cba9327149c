//! What a key may do.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A scope; `write` and `operate` imply `read`, `admin` implies all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Ask for prices, stock, customers, documents and jobs.
    Read,
    /// Submit documents.
    Write,
    /// See connections and connectors in depth; retry, resolve and cancel jobs.
    Operate,
    /// Make and revoke keys, and everything else.
    Admin,
}

impl Scope {
    /// All scopes, the smallest first.
    pub const ALL: [Self; 4] = [Self::Read, Self::Write, Self::Operate, Self::Admin];

    /// The name as it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Operate => "operate",
            Self::Admin => "admin",
        }
    }

    /// Whether who has this scope may do what needs `other`.
    #[must_use]
    pub fn implies(self, other: Self) -> bool {
        self == other || self == Self::Admin || other == Self::Read
    }
}

impl std::str::FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|scope| scope.as_str() == text);
        found.ok_or_else(|| format!("`{text}` is no scope; there are read, write, operate and admin"))
    }
}
