//! Metrics, by name, in one place; the list of names is checked in and may not change by accident.

use std::sync::OnceLock;
use std::time::Duration;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

static EXPORTER: OnceLock<PrometheusHandle> = OnceLock::new();

const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// Every metric: name, kind, meaning.
pub const ALL: [(&str, &str, &str); 14] = [
    ("apiconnect_http_requests_total", "counter", "Requests answered, by route, method and status"),
    ("apiconnect_http_request_seconds", "histogram", "Time to answer a request, by route"),
    ("apiconnect_calls_total", "counter", "Live calls of connectors, by connection, operation and result"),
    ("apiconnect_call_seconds", "histogram", "Time of live calls, by connection and operation"),
    ("apiconnect_jobs_accepted_total", "counter", "Documents accepted, by connection and operation"),
    ("apiconnect_jobs_done_total", "counter", "Documents done, by connection, operation and outcome"),
    ("apiconnect_attempts_total", "counter", "Attempts and look-ups ended, by connection and result"),
    ("apiconnect_jobs", "gauge", "Jobs in the store, by connection, lane and state"),
    ("apiconnect_lane_jobs", "gauge", "Jobs that wait or are on their way, by connection and lane"),
    ("apiconnect_lane_calls", "gauge", "Calls of jobs on their way, by connection and lane"),
    ("apiconnect_circuit", "gauge", "1 for the state the circuit of a connection is in, by connection and state"),
    ("apiconnect_commits_total", "counter", "Commits made durable, by result"),
    ("apiconnect_commit_seconds", "histogram", "Time of a group of commits until it is durable"),
    ("apiconnect_connections", "gauge", "Connections, by state: open or broken"),
];

/// Starts collecting. A second call changes nothing.
///
/// # Errors
/// When another recorder was installed before.
pub fn install() -> Result<(), BuildError> {
    if EXPORTER.get().is_some() {
        return Ok(());
    }
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .install_recorder()?;
    for (name, kind, meaning) in ALL {
        match kind {
            "counter" => describe_counter!(name, meaning),
            "gauge" => describe_gauge!(name, meaning),
            _ => describe_histogram!(name, Unit::Seconds, meaning),
        }
    }
    let _ = EXPORTER.set(handle);
    Ok(())
}

/// All metrics in the text format of Prometheus; empty before [`install`].
#[must_use]
pub fn text() -> String {
    EXPORTER.get().map(PrometheusHandle::render).unwrap_or_default()
}

/// Folds what was measured into the histograms. Without it they would grow until somebody asks for [`text`].
pub fn tidy() {
    if let Some(exporter) = EXPORTER.get() {
        exporter.run_upkeep();
    }
}

/// A request was answered.
pub fn request_answered(route: &str, method: &'static str, status: u16, took: Duration) {
    let route = route.to_owned();
    counter!("apiconnect_http_requests_total", "route" => route.clone(), "method" => method, "status" => status.to_string())
        .increment(1);
    histogram!("apiconnect_http_request_seconds", "route" => route).record(took.as_secs_f64());
}

/// A live call ended; `result` is `ok` or `failed`.
pub fn call_ended(connection: &str, operation: &'static str, result: &'static str, took: Duration) {
    let connection = connection.to_owned();
    counter!("apiconnect_calls_total", "connection" => connection.clone(), "operation" => operation, "result" => result)
        .increment(1);
    histogram!("apiconnect_call_seconds", "connection" => connection, "operation" => operation)
        .record(took.as_secs_f64());
}

/// A document was accepted.
pub fn job_accepted(connection: &str, operation: &'static str) {
    counter!("apiconnect_jobs_accepted_total", "connection" => connection.to_owned(), "operation" => operation)
        .increment(1);
}

/// A document is done.
pub fn job_done(connection: &str, operation: &'static str, outcome: &'static str) {
    counter!("apiconnect_jobs_done_total", "connection" => connection.to_owned(), "operation" => operation, "outcome" => outcome)
        .increment(1);
}

/// An attempt or a look-up ended.
pub fn attempt_ended(connection: &str, result: &'static str) {
    counter!("apiconnect_attempts_total", "connection" => connection.to_owned(), "result" => result).increment(1);
}

/// How many jobs there are.
pub fn jobs(connection: &str, lane: &'static str, state: &'static str, count: u64) {
    #[expect(clippy::cast_precision_loss, reason = "the format of Prometheus knows floats only")]
    gauge!("apiconnect_jobs", "connection" => connection.to_owned(), "lane" => lane, "state" => state)
        .set(count as f64);
}

/// How full a lane of a connection is.
pub fn lane(connection: &str, lane: &'static str, jobs: usize, calls: usize) {
    let connection = connection.to_owned();
    #[expect(clippy::cast_precision_loss, reason = "the format of Prometheus knows floats only")]
    {
        gauge!("apiconnect_lane_jobs", "connection" => connection.clone(), "lane" => lane).set(jobs as f64);
        gauge!("apiconnect_lane_calls", "connection" => connection, "lane" => lane).set(calls as f64);
    }
}

/// The state of a connection's circuit.
pub fn circuit(connection: &str, state: &'static str) {
    for other in ["closed", "open", "half-open"] {
        let is = if other == state { 1.0 } else { 0.0 };
        gauge!("apiconnect_circuit", "connection" => connection.to_owned(), "state" => other).set(is);
    }
}

/// How many connections there are.
pub fn connections(state: &'static str, count: usize) {
    #[expect(clippy::cast_precision_loss, reason = "the format of Prometheus knows floats only")]
    gauge!("apiconnect_connections", "state" => state).set(count as f64);
}

/// A group of commits is durable, or failed.
pub fn group_committed(commits: usize, result: &'static str, took: Duration) {
    counter!("apiconnect_commits_total", "result" => result).increment(commits as u64);
    histogram!("apiconnect_commit_seconds").record(took.as_secs_f64());
}
