//! Loops and recursion without end, and panics.

use apiconnect_sdk::prelude::*;
use apiconnect_sdk::{clock, secret};

use super::Deed;

pub(super) fn deed(deed: Deed<'_>) -> Option<Result<String, Error>> {
    match deed.name {
        "spin" => spin(),
        "spin-calls" => spin_with_calls(),
        "spin-sign" => spin_with_signatures(),
        "recurse" => return Some(Ok(recurse(1).to_string())),
        _ => return None,
    }
    Some(Ok("it ended".into()))
}

/// Never ends and never calls the host.
fn spin() {
    let mut number = 1_u64;
    while number != 0 {
        number = std::hint::black_box(number.wrapping_mul(3) | 1);
    }
}

/// Never ends, and calls the host all the time.
fn spin_with_calls() {
    loop {
        std::hint::black_box((clock::now_ms(), state::get("nothing")));
        state::set("something", b"x", 1_000);
    }
}

/// Lets the host compute without end.
fn spin_with_signatures() {
    let data = vec![7_u8; 1 << 20];
    loop {
        std::hint::black_box(secret::sign("key", secret::Algorithm::HmacSha512, &data).is_ok());
    }
}

fn recurse(depth: u64) -> u64 {
    let below = std::hint::black_box([depth; 64]);
    if depth == u64::MAX { 0 } else { recurse(depth + 1) + below.iter().sum::<u64>() }
}

#[expect(clippy::panic, reason = "this is what the test asks for")]
pub(super) fn panic() -> ! {
    panic!("on request");
}
