//! One operation of a connector by its name; with `connector.check`, which no store asks.

use serde_json::{Value, json};

use crate::commerce::types::WriteContext;
use crate::plugin::{AskError, Call, Ended, Loaded};

/// An input that the operation cannot take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WrongInput {
    /// `lines[0].quantity`
    pub(super) place: String,
    pub(super) problem: String,
}

/// Asks. `write` is what a write is made with; other operations do not see it.
pub(super) async fn ask(
    loaded: &Loaded,
    call: Call,
    operation: &str,
    writes: bool,
    input: &Value,
    write: &WriteContext,
) -> Result<Ended<Value>, WrongInput> {
    if operation == "connector.check" {
        return Ok(loaded.check(call).await.map(|health| json!(health)));
    }
    let mut question = input.clone();
    if writes
        && operation != "order-batches.submit"
        && operation != "sink.apply"
        && let Value::Object(fields) = &mut question
    {
        fields.insert("write".to_owned(), json!(write));
    }
    loaded.ask(call, operation, question).await.map_err(|error| match error {
        AskError::Question { field, problem, .. } => WrongInput { place: field, problem },
        error @ AskError::Unknown { .. } => WrongInput { place: "operation".to_owned(), problem: error.to_string() },
    })
}
