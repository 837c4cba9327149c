//! Memory without end, and a look at what is in the memory that a call gets.

use std::sync::atomic::{AtomicU64, Ordering};

use apiconnect_sdk::prelude::*;

use super::Deed;

/// Calls that this memory has seen; the sandbox of a call is fresh, so there is never more than one.
static CALLS: AtomicU64 = AtomicU64::new(0);
/// What a call leaves behind. It is put together at run time, so that the code itself does not hold it.
const TRACE: [u8; 8] = [0x2b, 0x1d, 0x5f, 0x3c, 0x77, 0x61, 0x4e, 0x09];
const TRACED_BYTES: usize = 8 << 20;

pub(super) fn deed(deed: Deed<'_>) -> Option<Result<String, Error>> {
    match deed.name {
        "memory" => eat(),
        "crumbs" => crumble(),
        // Most of what a call may have, to see what many calls take together.
        "most-memory" => return Some(Ok(most())),
        "leave" => return Some(Ok(leave())),
        "traces" => return Some(Ok(traces())),
        _ => return None,
    }
    Some(Ok("it ended".into()))
}

/// Wants more memory than a call may have.
fn eat() {
    let mut kept = Vec::new();
    loop {
        kept.push(std::hint::black_box(vec![1_u8; 1 << 20]));
    }
}

/// The same in the smallest pieces.
fn crumble() {
    let mut kept: Option<Box<Crumb>> = None;
    loop {
        kept = Some(std::hint::black_box(Box::new(Crumb { _before: kept })));
    }
}

struct Crumb {
    _before: Option<Box<Crumb>>,
}

fn most() -> String {
    let kept: Vec<Vec<u8>> = (0..48).map(|n| std::hint::black_box(vec![n | 1; 1 << 20])).collect();
    let asked = http::get("slow").send();
    format!("{} MiB, {}", kept.len(), asked.is_ok())
}

fn trace() -> [u8; 8] {
    std::hint::black_box(TRACE).map(|byte| byte ^ 0x55)
}

/// Writes a trace all over its memory.
fn leave() -> String {
    let calls = CALLS.fetch_add(1, Ordering::Relaxed);
    let kept = std::hint::black_box(trace().repeat(TRACED_BYTES / 8));
    std::mem::forget(kept);
    format!("{calls} calls before")
}

/// Looks for the traces of another call.
fn traces() -> String {
    let calls = CALLS.fetch_add(1, Ordering::Relaxed);
    // The memory grows over where the other call wrote.
    let room = std::hint::black_box(Vec::<u8>::with_capacity(TRACED_BYTES + (1 << 20)));
    let found = find(&[TRACE.to_vec()], 0x55);
    drop(room);
    format!("{calls} calls before, {} traces", found.len())
}

/// Looks through its whole memory for the texts that the lines name; each is written as hexadecimal digits of its bytes,
/// changed by 0x55, so that no line holds what it asks for. Tells the lines whose texts were found.
pub(super) fn scan(lines: &[PriceRequest]) -> String {
    let texts: Vec<Vec<u8>> = lines.iter().skip(1).map(|line| bytes(&line.product)).collect();
    let _ = echo();
    let found: Vec<String> = find(&texts, 0x55).into_iter().map(|at| at.to_string()).collect();
    format!("{} MiB: {}", size() >> 20, found.join(","))
}

/// Uses the secrets in every way there is, so that they would be somewhere if they could.
fn echo() -> Vec<Result<http::Response, http::Failure>> {
    let ways = ["plain", "base64", "hex", "percent", "json", "header"];
    let mut asked: Vec<http::Request> = Vec::new();
    for way in ways {
        asked.push(http::get(format!("echo/{way}")).header("x-secret", "{{secret:key}}"));
        let body = "prefix {{secret:key}} {{secret:pw}}";
        asked.push(http::post(format!("echo/{way}")).body("text/plain", body).with_secrets_in_body());
    }
    http::send_all(asked)
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u32> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| (byte << 4) | *digit as u8)).collect()
}

/// Which of the texts, changed by `by`, stand in memory.
#[cfg(target_arch = "wasm32")]
#[expect(unsafe_code, reason = "it reads all of its own memory, whatever that is")]
fn find(texts: &[Vec<u8>], by: u8) -> Vec<usize> {
    // The first byte of each text says which texts may begin at a place.
    let mut found = Vec::new();
    let end = size();
    // SAFETY: every address below the size of the memory can be read; nothing else runs meanwhile.
    let read = |at: usize| unsafe { std::ptr::read_volatile(std::ptr::with_exposed_provenance::<u8>(at)) };
    for (number, text) in texts.iter().enumerate() {
        let Some(first) = text.first() else { continue };
        let begins = |at: usize| {
            let mut all = text.iter().enumerate();
            at + text.len() <= end && all.all(|(offset, byte)| read(at + offset) ^ by == *byte)
        };
        // Address 0 is no place for a pointer.
        if (1..end).any(|at| read(at) ^ by == *first && begins(at)) {
            found.push(number);
        }
    }
    found
}

#[cfg(not(target_arch = "wasm32"))]
fn find(_: &[Vec<u8>], _: u8) -> Vec<usize> {
    Vec::new()
}

#[cfg(target_arch = "wasm32")]
fn size() -> usize {
    core::arch::wasm32::memory_size(0) << 16
}

#[cfg(not(target_arch = "wasm32"))]
fn size() -> usize {
    0
}
