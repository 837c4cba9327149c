//! Too much of everything: log lines, headers, requests, state, results.

use apiconnect_sdk::log::Level;
use apiconnect_sdk::prelude::*;

use super::Deed;

pub(super) fn deed(deed: Deed<'_>) -> Option<Result<String, Error>> {
    Some(Ok(match deed.name {
        "log" => chatter(),
        "log-long" => long_lines(),
        "log-fields" => many_fields(),
        "headers" => told(http_with(10_000, 8)),
        "header-huge" => told(http_with(1, 8 << 20)),
        "requests" => many(10_000),
        "requests-loop" => one_after_the_other(10_000),
        "target-long" => targets(),
        "method-long" => told(http::request(http::Method::Other("M".repeat(1 << 20)), "a").send()),
        "body-huge" => told(http::post("a").body("text/plain", vec![b'x'; 12 << 20]).send()),
        "fetch" => fetch(deed.argument),
        "state" => fill(),
        "claims" => claim(),
        "remember" => {
            state::set("remembered", deed.argument.as_bytes(), 60_000);
            "done".into()
        }
        "recall" => state::get("remembered").map_or("nothing".into(), |text| String::from_utf8_lossy(&text).into()),
        _ => return None,
    }))
}

/// Writes more than a call may.
fn chatter() -> String {
    for _ in 0..100_000 {
        log::warn("again");
    }
    "done".into()
}

fn long_lines() -> String {
    let line = "long line ".repeat(800_000);
    for _ in 0..50 {
        log::warn(&line);
    }
    "done".into()
}

fn many_fields() -> String {
    let fields = vec![("name", "value\nwith a break"); 100_000];
    for _ in 0..20 {
        log::write(Level::Warn, "many fields", &fields);
    }
    "done".into()
}

fn http_with(headers: usize, bytes: usize) -> Result<http::Response, http::Failure> {
    let value = "h".repeat(bytes);
    (0..headers).fold(http::get("a"), |request, n| request.header(&format!("x-{n}"), value.clone())).send()
}

fn many(count: usize) -> String {
    let answers = http::send_all((0..count).map(|_| http::get("a")));
    let refused = answers.iter().filter(|answer| answer.is_err()).count();
    format!("{refused} of {count} refused")
}

fn one_after_the_other(count: usize) -> String {
    let refused = (0..count).filter(|_| http::get("a").send().is_err()).count();
    format!("{refused} of {count} refused")
}

/// Refused targets, which the host's log of exchanges must not keep whole.
fn targets() -> String {
    let target = format!("https://elsewhere.example/{}", "t".repeat(12 << 20));
    let refused = (0..40).filter(|_| http::get(target.clone()).send().is_err()).count();
    format!("{refused} refused")
}

/// `path count`: the same answer so many times at once.
fn fetch(argument: &str) -> String {
    let (path, count) = argument.split_once(' ').unwrap_or((argument, "1"));
    let count = count.parse().unwrap_or(1);
    let answers = http::send_all((0..count).map(|_| http::get(path)));
    let bytes: usize = answers.iter().flatten().map(|answer| answer.body.len()).sum();
    let failed = answers.iter().find_map(|answer| answer.as_ref().err());
    format!("{bytes} bytes, {}", failed.map_or("none failed".into(), |failure| format!("{:?}", failure.kind)))
}

fn fill() -> String {
    let (value, small) = (vec![7_u8; 300 << 10], vec![7_u8; 200 << 10]);
    for n in 0..200 {
        state::set(&format!("large {n}"), &value, u64::MAX);
        state::set(&format!("small {n}"), &small, u64::MAX);
        state::set(&"long".repeat(1 << 16), b"x", u64::MAX);
    }
    let kept = (0..200).filter(|n| state::get(&format!("small {n}")).is_some()).count();
    format!("{kept} of 200 kept")
}

/// Claims keep their names.
#[cfg(target_arch = "wasm32")]
fn claim() -> String {
    use apiconnect_sdk::bindings::shared::state::acquire;
    let name = "claim".repeat(1 << 14);
    let held = (0..2_000).filter(|n| acquire(&format!("{n}{name}"), u64::MAX)).count();
    format!("{held} of 2000 held")
}

#[cfg(not(target_arch = "wasm32"))]
fn claim() -> String {
    String::new()
}

/// A price with far too much in it.
pub(super) fn huge(kind: &str, price: Price) -> Price {
    match kind {
        "huge-text" => Price { contract: Some("x".repeat(24 << 20)), ..price },
        // Fits what a call may copy, but is six times as long in JSON.
        "control" => Price { contract: Some("\u{1}".repeat(12 << 20)), ..price },
        "deep" => Price { native: Some(format!("{}{}", "[".repeat(4 << 20), "]".repeat(4 << 20))), ..price },
        "huge-native" => Price { native: Some(format!("\"{}\"", "x".repeat(10 << 20))), ..price },
        _ => {
            let one = PriceBreak {
                min_quantity: Quantity::new("1", "EA"),
                unit_price: Some("1.50".into()),
                discount_percent: None,
                discount_amount: None,
            };
            Price { breaks: vec![one; 400_000], ..price }
        }
    }
}

/// More wrong fields than anybody reads.
pub(super) fn problems() -> Error {
    let one = FieldProblem { field: "f".repeat(50), problem: "p".repeat(50) };
    Error::Invalid(vec![one; 60_000])
}

fn told(answer: Result<http::Response, http::Failure>) -> String {
    match answer {
        Ok(answer) => format!("answered {}", answer.status),
        Err(failure) => format!("{:?}: {}", failure.kind, failure.message),
    }
}
