//! The misdeeds, and the memory that the host may take for each: what its limits allow, and no more.

use apiconnect::limits;

use super::CALLERS;

/// One misdeed.
#[derive(Clone, Copy, Debug)]
pub struct Deed {
    /// Its name in the table.
    pub name: &'static str,
    /// The connection it is asked of.
    pub(super) connection: &'static str,
    /// What is asked.
    pub(super) asks: &'static str,
    cap: Cap,
}

/// What a call of it may take.
#[derive(Clone, Copy, Debug)]
enum Cap {
    /// A sandbox that does not grow, with its stack and what the host keeps of it.
    Idle,
    /// All the linear memory that a call may have.
    Memory,
    /// That, and what one call into the host copies.
    Copied,
    /// That, and the answer as JSON, which is written into a buffer that doubles.
    Answered,
    /// A sandbox that does not grow, and the answers that its connection may hold.
    Held,
    /// All of a call's memory, and the answers that its connection may hold, read and handed over.
    Fetched,
}

/// A sandbox of a small connector, resident: memory, stack, tables, and the request and the answer around it.
const IDLE_BYTES: usize = 6 << 20;

impl Deed {
    const fn of(name: &'static str, cap: Cap) -> Self {
        Self { name, connection: "harm", asks: name, cap }
    }

    const fn asking(name: &'static str, asks: &'static str, cap: Cap) -> Self {
        Self { name, connection: "harm", asks, cap }
    }

    /// The memory that its limits allow, for all callers, in MiB.
    pub(super) fn cap_mib(&self) -> f64 {
        let (memory, copied) = (limits::GUEST_MEMORY_BYTES_MAX, limits::HOST_CALL_BYTES_MAX);
        let bytes = match self.cap {
            Cap::Idle => CALLERS * IDLE_BYTES,
            Cap::Memory => CALLERS * (memory + IDLE_BYTES),
            Cap::Copied => CALLERS * (memory + copied + IDLE_BYTES),
            Cap::Answered => CALLERS * (memory + copied + 2 * limits::ANSWER_BYTES_MAX + IDLE_BYTES),
            Cap::Held => CALLERS * IDLE_BYTES + limits::ANSWERS_HELD_BYTES_MAX,
            Cap::Fetched => CALLERS * (memory + IDLE_BYTES) + 2 * limits::ANSWERS_HELD_BYTES_MAX,
        };
        bytes as f64 / f64::from(1 << 20)
    }
}

/// Every one.
pub(super) fn all() -> Vec<Deed> {
    vec![
        Deed::of("good", Cap::Idle),
        Deed::of("spin", Cap::Idle),
        Deed::of("spin-calls", Cap::Idle),
        Deed::of("spin-sign", Cap::Copied),
        Deed::of("recurse", Cap::Idle),
        Deed::of("memory", Cap::Memory),
        Deed::of("crumbs", Cap::Memory),
        Deed { name: "table", connection: "table", asks: "x", cap: Cap::Idle },
        Deed::of("panic", Cap::Idle),
        Deed::of("error-long", Cap::Copied),
        Deed::of("error-many", Cap::Copied),
        Deed::of("huge-text", Cap::Copied),
        Deed::of("huge-list", Cap::Copied),
        Deed::of("deep", Cap::Answered),
        Deed::of("control", Cap::Answered),
        Deed::of("log", Cap::Idle),
        Deed::of("log-long", Cap::Copied),
        Deed::of("log-fields", Cap::Copied),
        Deed::of("headers", Cap::Copied),
        Deed::of("header-huge", Cap::Copied),
        Deed::of("requests", Cap::Copied),
        Deed::of("requests-loop", Cap::Idle),
        Deed::of("target-long", Cap::Copied),
        Deed::of("body-huge", Cap::Copied),
        Deed::of("multiply", Cap::Copied),
        Deed::of("state", Cap::Copied),
        Deed::of("claims", Cap::Copied),
        Deed::asking("fetch", "fetch:large/8 60", Cap::Fetched),
        Deed::asking("endless", "get:endless", Cap::Held),
        Deed::asking("drip-head", "get:drip-head", Cap::Idle),
        Deed::asking("drip-body", "get:drip-body", Cap::Idle),
        Deed::asking("headers-many", "get:headers-many", Cap::Idle),
        Deed::asking("header-huge-in", "get:header-huge", Cap::Idle),
        Deed::of("elsewhere", Cap::Idle),
    ]
}
