//! A connector's typed errors in words.

use std::fmt;

use super::types::{Conflict, Error};

impl Error {
    /// The word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotSupported(_) => "not_supported",
            Self::Unauthorized(_) => "system_unauthorized",
            Self::NotFound(_) => "not_found",
            Self::Invalid(_) => "invalid_document",
            Self::Conflict(_) => "conflict",
            Self::NeedsMapping(_) => "needs_mapping",
            Self::RateLimited(_) => "system_rate_limited",
            Self::Unavailable(_) | Self::NotSent(_) | Self::OutcomeUnknown(_) => "system_unavailable",
            Self::Internal(_) => "connector_failed",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotSupported(text)
            | Self::Unauthorized(text)
            | Self::NotFound(text)
            | Self::Unavailable(text)
            | Self::NotSent(text)
            | Self::OutcomeUnknown(text)
            | Self::Internal(text) => f.write_str(text),
            Self::Invalid(problems) => {
                for (at, problem) in problems.iter().enumerate() {
                    let separator = if at == 0 { "" } else { "; " };
                    let colon = if problem.field.is_empty() { "" } else { ": " };
                    write!(f, "{separator}{}{colon}{}", problem.field, problem.problem)?;
                }
                Ok(())
            }
            Self::Conflict(Conflict::Duplicate(ids)) => {
                write!(f, "the document exists already as {}", ids.number.as_ref().unwrap_or(&ids.id))
            }
            Self::Conflict(Conflict::Version(text)) => write!(f, "it was changed in the meantime: {text}"),
            Self::NeedsMapping(missing) => {
                for (at, code) in missing.iter().enumerate() {
                    let separator = if at == 0 { "" } else { "; " };
                    write!(f, "{separator}the {} `{}` has no counterpart in the system", code.kind, code.code)?;
                }
                Ok(())
            }
            Self::RateLimited(Some(wait)) => write!(f, "the system asks to wait {wait} ms"),
            Self::RateLimited(None) => f.write_str("the system asks to wait"),
        }
    }
}
