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
/// Idle sockets kept for reuse by one connection: as many as it may open, else a busy connection closes a socket after
/// one exchange and dials again for the next.
pub const IDLE_SOCKETS_PER_CONNECTION_MAX: usize = SOCKETS_PER_CONNECTION_MAX;
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
/// Keys and values of one commit together: four of the largest values.
pub const COMMIT_BYTES_MAX: usize = 16 << 20;
/// Keys and values of one group; a larger group would hold its first commit back for no throughput.
pub const GROUP_BYTES_MAX: usize = 16 << 20;
/// Keys and values of all commits that wait; beyond it callers wait.
pub const COMMITS_WAITING_BYTES_MAX: usize = 64 << 20;
/// A larger value is stored in parts: a page holds about 17 values, and one over a quarter of a segment would go to
/// files that sled never syncs.
pub const VALUE_PART_BYTES: usize = 64 << 10;
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
/// How long worker threads of the storage engine may keep its lock after it was closed: this often, this long each.
pub const STORE_UNLOCK_WAITS: u32 = 500;
/// See [`STORE_UNLOCK_WAITS`].
pub const STORE_UNLOCK_WAIT: Duration = Duration::from_millis(10);
/// Threads that verify a store at a time; more wait for the same disk.
pub const STORE_VERIFIERS_MAX: usize = 4;
/// Places at which the keys of a store are cut into ranges for them.
pub const STORE_CUTS_MAX: usize = 256;
/// Change notices a slow watcher may lag behind before it is told to scan again.
pub const WATCH_LAG_MAX: usize = 4_096;
/// Free space below which no new documents are taken in. The store grows in steps of 8 MiB and writes each change some
/// times over, so this much lets thousands of documents that were taken in come to their end.
pub const DISK_FREE_BYTES_MIN: u64 = 256 << 20;
/// How long an answer about free space holds; a disk that fills faster is noticed by the failed write.
pub const DISK_LOOK_EVERY: Duration = Duration::from_secs(1);
/// What a snapshot remembers of records that change while it is read.
pub const SNAPSHOT_BYTES_MAX: usize = 256 << 20;
/// Kinds of records that are counted apart; more are counted together.
pub const RECORD_KINDS_MAX: usize = 64;
/// How long the reader of a running host's backup may stand still; the store remembers old records for it meanwhile.
pub const BACKUP_READER_TIMEOUT: Duration = Duration::from_secs(60);
/// Bytes of a backup that wait for a slow reader.
pub const BACKUP_CHUNK_BYTES: usize = 256 << 10;

// ---- plugin -----------------------------------------------------------------------------------------------------

/// Marks of components that were compiled, in the folder of compiled code; the oldest go first. A mark that is gone
/// costs one look into that folder.
pub const COMPILED_MARKS_MAX: usize = 512;
/// A component file; the largest known kind (Python inside) has 40 MB.
pub const COMPONENT_BYTES_MAX: u64 = 64 << 20;
/// A detached signature; a minisign file has about 300 bytes.
pub const SIGNATURE_BYTES_MAX: u64 = 4 << 10;
/// Versions that are kept of one connector: enough to go back over a bad week, bounded on disk by the size above.
pub const VERSIONS_KEPT: usize = 8;
/// Connectors of one host, with those that no longer serve.
pub const CONNECTORS_MAX: usize = 1_000;
/// Uploads of connectors in progress at a time, each as large as a component may be.
pub const UPLOADS_AT_ONCE_MAX: usize = 2;
/// Frames of a crashed connector's stack that are told; the innermost ones say where it happened.
pub const TRAP_FRAMES_MAX: usize = 12;
/// One function's name in such a stack; generic Rust functions have names without end.
pub const TRAP_FRAME_BYTES_MAX: usize = 160;
/// The whole text about a crash: it is kept with the job and written to the log.
pub const TRAP_TEXT_BYTES_MAX: usize = 8 << 10;
/// Linear memory of one call, all memories together.
pub const GUEST_MEMORY_BYTES_MAX: usize = 64 << 20;
/// Elements of one table; function tables of the largest connectors have some thousands.
pub const GUEST_TABLE_ELEMENTS_MAX: usize = 100_000;
/// Core instances, memories and tables of one component: a large JavaScript component has a dozen.
pub const GUEST_CORE_INSTANCES_MAX: u32 = 32;
/// See [`GUEST_CORE_INSTANCES_MAX`].
pub const GUEST_MEMORIES_MAX: u32 = 8;
/// See [`GUEST_CORE_INSTANCES_MAX`].
pub const GUEST_TABLES_MAX: u32 = 16;
/// Stack of compiled guest code; deeper recursion traps.
pub const GUEST_STACK_BYTES_MAX: usize = 512 << 10;
/// How often running guests are looked at.
pub const EPOCH_TICK: Duration = Duration::from_millis(10);
/// Ticks in which a guest was found computing before its call is ended: two seconds of pure work is a loop.
pub const GUEST_BUSY_TICKS_MAX: u32 = 200;
/// What one call into the host may copy out of the guest; without it a guest makes the host allocate.
pub const HOST_CALL_BYTES_MAX: usize = 16 << 20;
/// Requests one call may make: 50 lines with some requests each.
pub const REQUESTS_PER_CALL_MAX: u32 = 512;
/// Requests of one call on the wire at a time, unless the connection says less.
pub const REQUESTS_PARALLEL: usize = 16;
/// Log lines one call may write.
pub const LOG_LINES_PER_CALL_MAX: u32 = 200;
/// One log line.
pub const LOG_LINE_BYTES_MAX: usize = 4 << 10;
/// Last log lines that are kept with an error.
pub const LOG_LINES_WITH_ERROR: usize = 10;
/// Last log lines of a connection that can be asked for: some calls' worth of a connector under development.
pub const JOURNAL_LINES_MAX: usize = 500;
/// All of these lines; with 2,000 connections that write as much as they may, it is 128 MiB.
pub const JOURNAL_BYTES_MAX: usize = 64 << 10;
/// A connector's name: it stands in file names, paths and metric labels.
pub const CONNECTOR_NAME_BYTES_MAX: usize = 64;
/// Calls running at once in all sandboxes; each holds a memory slot and a stack.
pub const CALLS_AT_ONCE_MAX: u32 = 256;
/// Sandboxes kept warm, with memory that stays resident: bounded here times the two sizes below.
pub const WARM_SANDBOXES_MAX: u32 = 32;
/// Memory of a warm sandbox that is wiped in place instead of given back.
pub const WARM_MEMORY_BYTES: usize = 256 << 10;
/// Stack of a warm sandbox that is wiped in place instead of given back.
pub const WARM_STACK_BYTES: usize = 64 << 10;
/// Wall time of a call when the caller names none.
pub const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the process that compiles a connector is waited for: this often, this long each. The largest known kind
/// (Python inside) takes ten seconds on a free machine.
pub const COMPILE_WAITS: u32 = 6_000;
/// See [`COMPILE_WAITS`].
pub const COMPILE_WAIT: Duration = Duration::from_millis(20);
/// `describe` is pure; this only bounds a broken one.
pub const DESCRIBE_TIMEOUT: Duration = Duration::from_secs(5);
/// One value of a connector's own state.
pub const STATE_VALUE_BYTES_MAX: usize = 256 << 10;
/// Keys of one connection's state.
pub const STATE_KEYS_MAX: usize = 1_000;
/// All values of one connection's state.
pub const STATE_BYTES_MAX: usize = 4 << 20;
/// How long a connector's state may ask to be kept.
pub const STATE_TTL_MAX: Duration = Duration::from_secs(24 * 3_600);

/// One recorded call: what its connector asked and was told, with the largest answer that egress lets through.
pub const RECORDING_BYTES_MAX: usize = RESPONSE_BODY_BYTES_MAX + (4 << 20);
/// The file of one: a character of text takes up to six in JSON, though hardly any does.
pub const RECORDING_FILE_BYTES_MAX: u64 = 6 * (RECORDING_BYTES_MAX as u64);
/// Recordings that are being made or wait for the disk, all together in memory. A call beyond it is not recorded.
pub const RECORDING_MEMORY_BYTES_MAX: usize = 64 << 20;
/// Recordings that wait for the disk; a call beyond it is not recorded, because no call waits for its recording.
pub const RECORDINGS_WAITING_MAX: usize = 256;
/// Recordings of one connection that are kept where its file does not say: enough to try another version on.
pub const RECORDINGS_KEPT: usize = 100;
/// The most that a connection's file may ask to keep; each recording looks through them once.
pub const RECORDINGS_KEPT_MAX: usize = 1_000;
/// Recordings of one connection on the disk; they must not take the room that documents need.
pub const RECORDINGS_DISK_BYTES_MAX: u64 = 256 << 20;
/// How long a recording is kept where the connection's file does not say: a week, since it has people's data in it.
pub const RECORDING_AGE: Duration = Duration::from_secs(7 * 24 * 3_600);
/// The longest that a connection's file may ask for.
pub const RECORDING_AGE_MAX: Duration = Duration::from_secs(90 * 24 * 3_600);
/// How long a person can have calls recorded at a time; what is to go on for longer is written into the file.
pub const RECORD_FOR_MAX: Duration = Duration::from_secs(24 * 3_600);
/// A replay waits for no socket; this only bounds one that is far slower than the recorded call.
pub const REPLAY_TIMEOUT: Duration = Duration::from_secs(60);
/// Differences of one call that are told; more of them say no more.
pub const DIFFERENCES_TOLD: usize = 20;
/// Each side of a difference.
pub const DIFFERENCE_TEXT_CHARS: usize = 160;
/// Recorded calls that a version is tried on where nobody says.
pub const SHADOW_CALLS: usize = 100;

// ---- queue ------------------------------------------------------------------------------------------------------

/// Documents that may wait; beyond it new ones are refused with 429 instead of filling memory.
pub const JOBS_WAITING_MAX: usize = 2_000_000;
/// Attempts at one document that may fail for a reason other than the system being away.
pub const ATTEMPTS_MAX: u32 = 8;
/// Times a connector may crash over one document before a person is asked; a crash is its bug, and rarely passes.
pub const CRASHES_MAX: u32 = 3;
/// Times in a row that the host may be stopped over one document before a person is asked: it may be the cause.
pub const INTERRUPTIONS_MAX: u32 = 20;
/// Calls on their way in the lanes `orders`, `sync` and `bulk`, over all connections. Together they leave more than
/// half of [`CALLS_AT_ONCE_MAX`] to live questions.
pub const LANES_PARALLEL: [usize; 3] = [64, 16, 16];
/// The priority of a job that says nothing; 0 goes first, 9 last.
pub const PRIORITY_USUAL: u8 = 5;
/// The last priority.
pub const PRIORITY_LAST: u8 = 9;
/// Documents that one commit takes in. Each is three records, and [`COMMIT_OPERATIONS_MAX`] bounds those.
pub const DOCUMENTS_PER_COMMIT: usize = 500;
/// Bytes of documents that one commit takes in.
pub const DOCUMENT_BYTES_PER_COMMIT: usize = 4 << 20;
/// Records of jobs that are read at a time when the host starts.
pub const JOBS_PER_PAGE: usize = 1_000;
/// Pages of jobs that are read ahead at a start; more would only hold memory, since two threads share the work.
pub const JOB_PAGES_AHEAD: usize = 4;
/// Done jobs that one commit removes.
pub const JOBS_REMOVED_PER_COMMIT: usize = 500;
/// How often done jobs are looked through for those that are no longer kept.
pub const RETENTION_PERIOD: Duration = Duration::from_secs(3_600);
/// Days that a done job is kept, where nobody says. Its idempotency key is known as long.
pub const KEEP_DONE_DAYS: u32 = 90;
/// Schedules of one host.
pub const SCHEDULES_MAX: usize = 1_000;
/// Characters of a reason that stand for all jobs with the same cause.
pub const CAUSE_TEXT_CHARS_MAX: usize = 500;
/// Lines of one bulk request.
pub const BULK_LINES_MAX: usize = 10_000;
/// The body of a bulk request.
pub const BULK_BYTES_MAX: usize = 64 << 20;
/// Documents that travel in one call of a connector, at most.
pub const GATHERED_MAX: usize = 500;
/// How long a document may wait for others to travel with.
pub const GATHERING_WAIT_MAX: Duration = Duration::from_secs(60);
/// Live questions of one connection in progress at a time, where its file does not say.
pub const LIVE_PARALLEL: usize = 64;
/// Ended attempts that a job's record keeps; the first and the last ones tell the story.
pub const ATTEMPTS_KEPT: usize = 32;
/// How long a document is carried while the system is away before a person is asked.
pub const CARRY_TIME: Duration = Duration::from_secs(7 * 24 * 3_600);
/// First pause after a failed attempt; doubles each time, with full jitter.
pub const RETRY_FIRST: Duration = Duration::from_secs(1);
/// Longest pause after a failed attempt.
pub const RETRY_LONGEST: Duration = Duration::from_secs(5 * 60);
/// First pause of a connection whose system is away; doubles each time.
pub const PROBE_FIRST: Duration = Duration::from_secs(1);
/// Longest pause before a system that was away is asked again, which bounds how late a backlog starts to drain.
pub const PROBE_LONGEST: Duration = Duration::from_secs(15);
/// A system that was cut off in the middle of a write may still be writing: it gets this long before it is asked.
pub const SETTLE_TIME: Duration = Duration::from_secs(2);
/// How often a look-up must come back empty before the document is sent again.
pub const EMPTY_LOOKUPS_MIN: u32 = 2;
/// One attempt at a document.
pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(60);
/// Jobs that one page of a list looks at, whatever its filter.
pub const JOBS_SCANNED_PER_PAGE: usize = 10_000;

// ---- documents and the HTTP API ---------------------------------------------------------------------------------

/// Lines of one document; the largest wholesale orders have some hundred.
pub const DOCUMENT_LINES_MAX: usize = 2_000;
/// References, customer ids and keys.
pub const IDENTIFIER_BYTES_MAX: usize = 255;
/// A request body of the API, unless the configuration says otherwise.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// What is read and thrown away of a body that is too long, so that its sender gets the answer.
pub const BODY_DISCARDED_BYTES_MAX: usize = 32 << 20;
/// Lines of one price or stock question.
pub const QUERY_LINES_MAX: usize = 500;
/// Calls of a connector that one question may keep going at a time.
pub const CALLS_OF_A_QUESTION_MAX: usize = 16;
/// A check of the whole way to a system.
pub const CHECK_TIMEOUT: Duration = Duration::from_secs(30);
/// Items of one page, and how many come without a `limit`.
pub const PAGE_ITEMS_MAX: u32 = 500;
/// See [`PAGE_ITEMS_MAX`].
pub const PAGE_ITEMS_DEFAULT: u32 = 50;
/// How long `Prefer: wait=N` may hold a request open.
pub const PREFER_WAIT_MAX: Duration = Duration::from_secs(30);
/// Requests of the API in progress at once; more are refused with 503 instead of piling up.
pub const REQUESTS_AT_ONCE_MAX: usize = 1_024;
/// How often the folders of connectors and connections are looked at for changes.
pub const FOLDER_WATCH: Duration = Duration::from_millis(500);
/// How long requests and turns in progress may take to end when the host is stopped.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(30);

// ---- configuration ----------------------------------------------------------------------------------------------

/// A configuration file.
pub const CONFIG_BYTES_MAX: u64 = 256 << 10;
/// Connection files of one folder.
pub const CONNECTIONS_MAX: usize = 2_000;
/// Documents on their way to one system at a time, where nobody says: most systems license few sessions.
pub const DOCUMENTS_PARALLEL: usize = 4;
/// Time of a live question, in milliseconds, where nobody says: a shopper has left by then.
pub const LIVE_TIMEOUT_MS: u64 = 10_000;

// ---- access -----------------------------------------------------------------------------------------------------

/// API keys of one host.
pub const KEYS_MAX: usize = 10_000;
/// A key's name.
pub const KEY_NAME_BYTES_MAX: usize = 100;

// ---- conformance ------------------------------------------------------------------------------------------------

/// A fixture or a scenario: a recorded page of documents has some hundred kilobytes.
pub const KIT_FILE_BYTES_MAX: u64 = 8 << 20;
/// Files of one folder of fixtures, and exchanges of one recording.
pub const KIT_FILES_MAX: usize = 5_000;
/// One call of a tested connector. It must be shorter than [`KIT_RETRY_AFTER`], so that no test waits for that.
pub const KIT_CALL_TIMEOUT: Duration = Duration::from_secs(5);
/// What the kit writes into `Retry-After`: no connector has this number by chance.
pub const KIT_RETRY_AFTER: Duration = Duration::from_secs(7);
/// How long an answer is waited for that will not come: a fixture answers in a millisecond.
pub const KIT_SLOW_TIME: Duration = Duration::from_millis(150);
/// What a call may take beyond its time before the kit says that it does not keep it; machines that test are busy.
pub const KIT_TIME_SLACK: Duration = Duration::from_secs(2);
/// Requests of one step that something goes wrong with: the first ones, and the last.
pub const KIT_POSITIONS_MAX: u32 = 12;
/// Pages of one list.
pub const KIT_PAGES_MAX: usize = 50;
/// Exchanges that are told with a case.
pub const KIT_LOG_LINES_MAX: usize = 40;
/// How often a step is asked to measure it; the median counts.
pub const KIT_ROUNDS: usize = 9;

// ---- the vendor's tools -----------------------------------------------------------------------------------------

/// How long `rustup target add` is waited for: this often, this long each. The target has some 20 MB.
pub const RUSTUP_WAITS: u32 = 1_200;
/// See [`RUSTUP_WAITS`].
pub const RUSTUP_WAIT: Duration = Duration::from_millis(100);
/// How long rustup is not asked again after it could not download the target: a machine without that network would wait
/// at every build.
pub const RUSTUP_UNREACHABLE_FOR: Duration = Duration::from_secs(24 * 3_600);
/// Files of a connector's folder that are watched; more is somebody else's folder.
pub const WATCHED_FILES_MAX: usize = 10_000;
