//! The page about the sandbox says what the code does.

use std::collections::BTreeMap;
use std::path::Path;

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap()
}

/// The values of all constants, in bytes, milliseconds or pieces.
fn constants() -> BTreeMap<String, u128> {
    let text = read("host/src/limits.rs");
    let lines = text.lines().filter_map(|line| line.strip_prefix("pub const "));
    lines
        .filter_map(|line| {
            let (name, rest) = line.split_once(':')?;
            let value = rest.split_once(" = ")?.1.trim_end_matches(';');
            let seconds =
                value.strip_prefix("Duration::from_secs(").map(|inner| product(inner.trim_end_matches(')')) * 1_000);
            let millis = value.strip_prefix("Duration::from_millis(").map(|inner| product(inner.trim_end_matches(')')));
            seconds.or(millis).or_else(|| plain(value)).map(|value| (name.to_owned(), value))
        })
        .collect()
}

fn product(text: &str) -> u128 {
    text.split('*').map(|factor| factor.trim().replace('_', "").parse::<u128>().unwrap()).product()
}

fn plain(text: &str) -> Option<u128> {
    let number = |text: &str| text.trim().replace('_', "").parse::<u128>().ok();
    match text.split_once("<<") {
        Some((base, shift)) => Some(number(base)? << number(shift)?),
        None => number(text),
    }
}

/// A value as the page writes it.
fn written(text: &str) -> u128 {
    let (number, unit) = text.split_once(' ').unwrap_or((text, ""));
    let factor = match unit {
        "" | "ticks" | "bytes" | "ms" => 1,
        "s" => 1_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => panic!("{text}"),
    };
    number.replace(',', "").parse::<u128>().unwrap() * factor
}

#[test]
fn every_limit_on_the_page_is_the_one_in_the_code() {
    let (page, constants) = (read("docs/sandbox.md"), constants());
    let mut rows = 0;
    for line in page.lines().filter(|line| line.contains("| `") && line.matches('|').count() == 6) {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let name = cells[2].trim_matches('`');
        if !name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_') {
            continue;
        }
        let value = constants.get(name).unwrap_or_else(|| panic!("there is no limit {name}"));
        assert_eq!(written(cells[3]), *value, "{name}");
        rows += 1;
    }
    assert!(rows >= 35, "only {rows} limits are explained");
}
