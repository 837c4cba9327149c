//! Ways to a host that nobody granted.

use apiconnect_sdk::prelude::*;

use super::Deed;

pub(super) fn deed(deed: Deed<'_>) -> Option<Result<String, Error>> {
    match deed.name {
        "elsewhere" => Some(Err(visit("http://169.254.169.254/latest/meta-data"))),
        // What comes of it, whatever it is.
        "visit" => Some(Ok(match http::get(deed.argument).send() {
            Ok(answer) => format!("answered {}", answer.status),
            Err(failure) => format!("{:?}", failure.kind),
        })),
        "get" => Some(http::get(deed.argument).send().map(|answer| answer.status.to_string()).map_err(Error::from)),
        _ => None,
    }
}

/// Calls a host that nobody granted.
fn visit(target: &str) -> Error {
    match http::get(target).send() {
        Ok(_) => Error::Internal("it got there".into()),
        Err(failure) => failure.into(),
    }
}
