//! What was asked for by its id must come back under that id: `00042` is not `42`.

use serde_json::Value;

use super::judge::Failure;
use super::play::Question;

/// Whether ids of the answer are those of the question.
pub(super) fn check(question: &Question, answer: &Value) -> Result<(), Failure> {
    let input = &question.input;
    match question.operation.name {
        "pricing.query" | "inventory.query" => lines(input, answer),
        "customers.get" | "orders.get" | "quotes.get" | "invoices.get" => {
            same("id", input.get("id"), answer.pointer("/ids/id"))
        }
        "customers.account-summary" => same("customer", input.get("customer"), answer.get("customer")),
        "customers.ship-tos" | "customers.contacts" => {
            let mut items = answer.get("items").and_then(Value::as_array).into_iter().flatten();
            items.try_for_each(|item| same("customer", input.get("customer"), item.get("customer")))
        }
        "orders.simulate" => {
            let names = |order: Option<&Value>| {
                let lines = order.and_then(|order| order.get("lines")).and_then(Value::as_array);
                lines.into_iter().flatten().map(|line| line.get("line").cloned()).collect::<Vec<_>>()
            };
            let (asked, came) = (names(input.get("order")), names(Some(answer)));
            if asked == came { Ok(()) } else { Err(failure("line names", &format!("{asked:?}"), &format!("{came:?}"))) }
        }
        _ => Ok(()),
    }
}

fn lines(input: &Value, answer: &Value) -> Result<(), Failure> {
    let asked = input.get("lines").and_then(Value::as_array).into_iter().flatten();
    let came = answer.as_array().into_iter().flatten();
    for (asked, came) in asked.zip(came) {
        if let Some(value) = came.get("value") {
            same("product", asked.get("product"), value.get("product"))?;
        }
    }
    Ok(())
}

fn same(what: &str, asked: Option<&Value>, came: Option<&Value>) -> Result<(), Failure> {
    match (asked, came) {
        (Some(asked), Some(came)) if asked != came => Err(failure(what, &asked.to_string(), &came.to_string())),
        _ => Ok(()),
    }
}

fn failure(what: &str, asked: &str, came: &str) -> Failure {
    Failure::new(format!("the {what} {asked} that was asked for, letter for letter"), came)
}
