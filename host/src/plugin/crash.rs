//! What is told of a connector's crash: why, where in its code, and its last words. For operators and vendors.

use std::fmt::Write;

use wasmtime::{Store, WasmBacktrace};

use super::guest::{self, Guest};
use super::loaded::Loaded;
use crate::limits;

/// The whole story, bounded: connector and version, the reason, the last log line, the innermost functions, the lines
/// before. A panic's own text is the last line, because the SDK logs it before the instance is gone.
pub(super) fn told(loaded: &Loaded, error: &wasmtime::Error, store: &Store<Guest>) -> String {
    let why = match error.downcast_ref::<guest::Ended>() {
        Some(ended) => ended.to_string(),
        None => error.root_cause().to_string(),
    };
    let lines = store.data().last_lines.iter().map(String::as_str).collect::<Vec<_>>();
    let frames = error.downcast_ref::<WasmBacktrace>().map(frames).unwrap_or_default();
    text(&loaded.title(), &why, &frames, &lines)
}

/// The functions that were being run, the innermost first. What a panic runs through before it traps says nothing
/// about the connector and is left out.
fn frames(trace: &WasmBacktrace) -> Vec<String> {
    let names = trace.frames().iter().map(|frame| match frame.func_name() {
        Some(name) => {
            let name = wasmtime_name(name);
            cut(&name, limits::TRAP_FRAME_BYTES_MAX).to_owned()
        }
        None => format!("function {} (its name was stripped)", frame.func_index()),
    });
    names.filter(|name| !is_panic(name)).take(limits::TRAP_FRAMES_MAX).collect()
}

/// A name as its author wrote it.
fn wasmtime_name(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

fn is_panic(name: &str) -> bool {
    let machinery = ["__rust", "rust_panic", "std::panicking", "core::panicking", "std::sys::backtrace"];
    machinery.iter().any(|part| name.contains(part)) || name == "abort"
}

/// The last line stands first: it has the panic's text, and lists show the beginning only.
fn text(who: &str, why: &str, frames: &[String], lines: &[&str]) -> String {
    // Who has not said its name yet has none to tell.
    let mut text = if who.trim().is_empty() { why.to_owned() } else { format!("{who}: {why}") };
    let (last, before) = lines.split_last().map_or((None, lines), |(last, before)| (Some(last), before));
    if let Some(last) = last {
        let _ = write!(text, "\n  last words: {last}");
    }
    for frame in frames {
        let _ = write!(text, "\n  at {frame}");
    }
    // The latest of the lines before matter most: they are told as far as there is room.
    let mut room = limits::TRAP_TEXT_BYTES_MAX.saturating_sub(text.len());
    let told: Vec<String> = before
        .iter()
        .rev()
        .map(|line| format!("\n  log: {line}"))
        .take_while(|line| {
            let fits = line.len() <= room;
            room = room.saturating_sub(line.len());
            fits
        })
        .collect();
    text.extend(told.into_iter().rev());
    cut(&text, limits::TRAP_TEXT_BYTES_MAX).to_owned()
}

/// The beginning of a text, cut between characters.
fn cut(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_bounded_and_the_last_words_are_kept() {
        let long = "x".repeat(limits::LOG_LINE_BYTES_MAX);
        let mut lines = vec![long.as_str(); limits::LOG_LINES_WITH_ERROR];
        lines.push("the connector panicked: at the very end");
        let frames = vec!["f".repeat(limits::TRAP_FRAME_BYTES_MAX); limits::TRAP_FRAMES_MAX];
        let told = text("erp 1.0", "unreachable", &frames, &lines);
        assert!(told.len() <= limits::TRAP_TEXT_BYTES_MAX);
        let (words, at) = (told.find("panicked: at the very end").unwrap(), told.find("\n  at f").unwrap());
        assert!(told.starts_with("erp 1.0: unreachable") && words < at && told.contains("log: xxx"), "{told}");
    }

    #[test]
    fn frames_of_the_panic_itself_are_told_apart() {
        let name = wasmtime_name("_ZN4core9panicking9panic_fmt17h0123456789abcdefE");
        assert_eq!(name, "core::panicking::panic_fmt");
        assert!(is_panic(&name) && is_panic("__rustc::rust_begin_unwind"));
        assert!(!is_panic("sap_business_one::orders::submit"));
    }
}
