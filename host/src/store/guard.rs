//! The engine panics on some damage and after some failed writes. Here its panics become errors, and their texts, which
//! name files of the engine, go to the log and not to whoever sits at the terminal.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};

thread_local! {
    /// Whether this thread is inside the engine.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// The engine's own threads.
const ENGINE_THREADS: [&str; 2] = ["sled-io", "log flusher"];

/// The engine panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Panicked;

/// Runs `work`, which may panic.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    let outside = INSIDE.replace(true);
    // What is half done stays behind in the engine, which is not used any more after a panic.
    let done = catch_unwind(AssertUnwindSafe(work));
    INSIDE.set(outside);
    done.map_err(|_| Panicked)
}

/// Sends the texts of the engine's panics to the log from now on; other panics are printed as before. For programs: a
/// library must not change what panics do.
pub fn log_engine_panics() {
    let before = take_hook();
    set_hook(Box::new(move |panic| {
        let thread = std::thread::current();
        let engine = thread.name().is_some_and(|name| ENGINE_THREADS.iter().any(|own| name.starts_with(own)));
        if engine || INSIDE.get() {
            tracing::error!(%panic, "the storage engine panicked");
        } else {
            before(panic);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_and_the_thread_goes_on() {
        assert_eq!(caught(|| 7), Ok(7));
        assert_eq!(caught(|| panic!("the engine")), Err::<(), _>(Panicked));
        assert!(!INSIDE.get());
    }
}
