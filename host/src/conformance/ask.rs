//! One operation of a connector by its name, with JSON in and JSON out.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::commerce::types::{Error as Refusal, WriteContext};
use crate::plugin::{Call, Ended, Loaded};

/// An input that the operation cannot take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct WrongInput {
    /// `lines[0].quantity`
    pub(super) place: String,
    pub(super) problem: String,
}

/// The arguments of an operation.
pub(super) struct Arguments<'a>(pub(super) &'a Value);

impl Arguments<'_> {
    /// One argument by its name; one that is not there is null.
    fn get<T: DeserializeOwned>(&self, name: &str) -> Result<T, WrongInput> {
        let text = self.0.get(name).map_or_else(|| "null".to_owned(), Value::to_string);
        let mut reader = serde_json::Deserializer::from_str(&text);
        serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let inside = error.path().to_string();
            let joint = if inside.starts_with('[') { "" } else { "." };
            let place = if inside == "." { name.to_owned() } else { format!("{name}{joint}{inside}") };
            let said = error.inner().to_string();
            let problem = said.split(" at line ").next().unwrap_or_default().to_owned();
            WrongInput { place, problem }
        })
    }
}

fn told<T: Serialize>(ended: Ended<T>) -> Ended<Value> {
    ended.map(|value| json!(value))
}

/// Each line as `{"value": …}` or `{"error": …}`.
fn lines<T: Serialize>(ended: Ended<Vec<Result<T, Refusal>>>) -> Ended<Value> {
    let line = |line: Result<T, Refusal>| match line {
        Ok(value) => json!({ "value": value }),
        Err(refusal) => json!({ "error": refusal }),
    };
    ended.map(|all| all.into_iter().map(line).collect())
}

/// Asks. `write` is what a write is made with.
pub(super) async fn ask(
    loaded: &Loaded,
    call: Call,
    operation: &str,
    input: &Value,
    write: &WriteContext,
) -> Result<Ended<Value>, WrongInput> {
    let of = Arguments(input);
    let ended = match operation {
        "connector.check" => told(loaded.check(call).await),
        "pricing.query" => {
            let asked: Vec<_> = of.get("lines")?;
            lines(loaded.query_prices(call, &asked).await)
        }
        "inventory.query" => {
            let asked: Vec<_> = of.get("lines")?;
            lines(loaded.query_inventory(call, &asked).await)
        }
        "customers.get" => told(loaded.get_customer(call, &of.get::<String>("id")?).await),
        "customers.list" => told(loaded.list_customers(call, &of.get("filter")?, &of.get("page")?).await),
        "customers.ship-tos" => {
            told(loaded.list_ship_tos(call, &of.get::<String>("customer")?, &of.get("page")?).await)
        }
        "orders.get" => told(loaded.get_order(call, &of.get::<String>("id")?).await),
        "orders.list" => told(loaded.list_orders(call, &of.get("filter")?, &of.get("page")?).await),
        "orders.submit" => told(loaded.submit_order(call, write, &of.get("order")?).await),
        "orders.find-by-reference" => {
            told(loaded.find_order(call, &of.get::<String>("customer")?, &of.get::<String>("reference")?).await)
        }
        other => return Err(WrongInput { place: "operation".to_owned(), problem: format!("`{other}` cannot be asked yet") }),
    };
    Ok(ended)
}
