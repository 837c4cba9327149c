//! The figures of a store as text.

use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;

use crate::cli::screen::Screen;

/// Prints what `GET /v1/store` tells.
pub(super) fn show(stats: &Value, screen: &mut Screen) {
    let number = |value: &Value, field: &str| value.get(field).and_then(Value::as_u64).unwrap_or_default();
    let text = |value: &Value, field: &str| value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
    let list = |field: &str| stats.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
    screen.line(&format!("{:<16}  {:>12}  {:>12}", "KIND", "RECORDS", "BYTES"));
    for kind in list("kinds") {
        let size = size(number(&kind, "bytes"));
        screen.line(&format!("{:<16}  {:>12}  {size:>12}", text(&kind, "kind"), number(&kind, "records")));
    }
    screen.line(&format!("\n{:<32}  {:>12}  {:>12}", "FILE", "LENGTH", "ON DISK"));
    for file in list("files") {
        let (bytes, on_disk) = (size(number(&file, "bytes")), size(number(&file, "on_disk")));
        screen.line(&format!("{:<32}  {bytes:>12}  {on_disk:>12}", text(&file, "name")));
    }
    screen.line(&format!("\nLast commit: {}", number(stats, "sequence")));
    if let Some(at) = stats.get("last_write").and_then(Value::as_u64) {
        screen.line(&format!(
            "Last written: {}",
            humantime::format_rfc3339_seconds(UNIX_EPOCH + Duration::from_millis(at))
        ));
    }
}

/// A number of bytes for people.
pub(super) fn size(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}
