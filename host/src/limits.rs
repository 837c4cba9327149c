//! Every bound of the host: its unit is in its name, its reason beside it.

use std::time::Duration;

// ---- secrets ----------------------------------------------------------------------------------------------------

/// A key file of a large RSA key has about 3 KiB; 64 KiB leaves room for a certificate chain.
pub const SECRET_BYTES_MAX: u64 = 64 << 10;

// ---- egress -----------------------------------------------------------------------------------------------------

/// TCP and TLS together: a system that needs longer to say hello is down for a buyer who waits.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// One exchange from first byte out to last byte in, when the call's own deadline is later.
pub const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(60);
/// A page of 1,000 documents has about 4 MiB; twice that is a fault of the other side.
pub const RESPONSE_BODY_BYTES_MAX: usize = 8 << 20;
/// A request body: the largest documents (orders of some thousand lines) stay under 2 MiB.
pub const REQUEST_BODY_BYTES_MAX: usize = 4 << 20;
/// All names and values of one header section.
pub const HEADER_BYTES_MAX: usize = 64 << 10;
/// Header lines in one section.
pub const HEADERS_MAX: usize = 128;
/// A URL longer than this is refused by common servers anyway.
pub const URL_BYTES_MAX: usize = 16 << 10;
/// Sockets one connection may hold open at a time, idle or busy; many systems license sessions by the dozen.
pub const SOCKETS_PER_CONNECTION_MAX: usize = 64;
/// Idle sockets kept for reuse by one connection.
pub const IDLE_SOCKETS_PER_CONNECTION_MAX: usize = 32;
/// How long an idle socket is kept; load balancers commonly cut at 60 s.
pub const IDLE_SOCKET_TIMEOUT: Duration = Duration::from_secs(45);
/// Addresses of one name that are tried before giving up.
pub const ADDRESSES_TRIED_MAX: usize = 4;
/// Entries in the egress log of one connection; the oldest goes first.
pub const EGRESS_LOG_ENTRIES_MAX: usize = 256;

// ---- store ------------------------------------------------------------------------------------------------------

/// Commits that one group takes at most; beyond it the latency of the first in the group grows for no throughput.
pub const GROUP_COMMITS_MAX: usize = 1_024;
/// How long a group waits for company once it has one commit.
pub const GROUP_WAIT: Duration = Duration::from_millis(1);
/// Commits that may wait for the committer; beyond it callers wait, which is the back-pressure.
pub const COMMITS_WAITING_MAX: usize = 4_096;
/// Keys in one commit.
pub const COMMIT_OPERATIONS_MAX: usize = 4_096;
/// One value: larger documents are refused before they come here.
pub const VALUE_BYTES_MAX: usize = 4 << 20;
/// One key.
pub const KEY_BYTES_MAX: usize = 1_024;
/// Fixed when a store is created: with less, a value over 128 KiB goes to files that sled never syncs.
pub const STORE_SEGMENT_BYTES: usize = 8 << 20;
/// Page cache of the store.
pub const STORE_CACHE_BYTES: u64 = 64 << 20;
/// Opening a damaged store can hang; after this it is reported instead.
pub const STORE_OPEN_TIMEOUT: Duration = Duration::from_secs(120);
/// Change notices a slow watcher may lag behind before it is told to scan again.
pub const WATCH_LAG_MAX: usize = 4_096;
