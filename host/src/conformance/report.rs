//! What came out of a run, as data.

use serde::Serialize;

/// The report about one connector.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Whether nothing failed. Something that is missing is no failure.
    pub ok: bool,
    /// The connector's name.
    pub connector: String,
    /// Its title.
    pub title: String,
    /// Who made it.
    pub vendor: String,
    /// Its version.
    pub version: String,
    /// What kind of system it is for.
    pub kind: String,
    /// SHA-256 of the component.
    pub digest: String,
    /// Size of the component.
    pub bytes: u64,
    /// Hosts it asks for besides the base URL's.
    pub hosts: Vec<String>,
    /// Secrets it asks for: name, purpose, and whether it cannot do without.
    pub secrets: Vec<SecretReport>,
    /// `fixtures` or `system`.
    pub source: &'static str,
    /// Every operation that it offers or should.
    pub operations: Vec<OperationReport>,
    /// Files that were recorded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub recorded: Vec<String>,
}

/// A secret that a connector asks for.
#[derive(Clone, Debug, Serialize)]
pub struct SecretReport {
    /// The slot.
    pub name: String,
    /// What it is for.
    pub purpose: String,
    /// Whether the connector cannot do without.
    pub required: bool,
}

/// What is to be said of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every case passed.
    Works,
    /// The connector says that its system cannot, and why.
    NotSupported,
    /// It should be there and is not, or nothing shows that it works.
    Missing,
    /// A case failed.
    Failed,
}

impl Verdict {
    /// For people.
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self {
            Self::Works => "works",
            Self::NotSupported => "not supported",
            Self::Missing => "missing",
            Self::Failed => "failed",
        }
    }
}

/// One operation.
#[derive(Clone, Debug, Serialize)]
pub struct OperationReport {
    /// `pricing.query`
    pub name: &'static str,
    /// What is to be said of it.
    pub verdict: Verdict,
    /// Why it is not supported or missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How the system recognizes a document that was sent twice, for writes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency: Option<&'static str>,
    /// Lines or documents of one call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_batch: Option<u32>,
    /// Calls side by side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_parallel: Option<u32>,
    /// Items a page may have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_cap: Option<u32>,
    /// What was measured, where it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measured: Option<Measured>,
    /// What it was put through.
    pub cases: Vec<CaseReport>,
}

/// What one step of an operation cost: the most expensive one, where it has several.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Measured {
    /// Requests to the system, sign-in aside.
    pub requests: u32,
    /// Most linear memory of one call.
    pub memory_bytes: usize,
    /// Median time of one call inside the sandbox, without waiting for the system.
    pub sandbox_us: u64,
}

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseResult {
    /// As it should.
    Passed,
    /// Not as it should.
    Failed,
    /// It makes no sense here: `came` says why.
    Skipped,
}

/// One case.
#[derive(Clone, Debug, Serialize)]
pub struct CaseReport {
    /// `answers`, `duplicate-submit`, `half-page` …
    pub case: String,
    /// The step of the scenario.
    pub step: String,
    /// The request that something went wrong with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<u32>,
    /// How it ended.
    pub result: CaseResult,
    /// What should have come, for one that failed.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub expected: String,
    /// What came instead, or why it was skipped.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub came: String,
    /// What went over the wire, for one that failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
}

impl Report {
    /// How many operations have this verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.operations.iter().filter(|operation| operation.verdict == verdict).count()
    }
}

impl OperationReport {
    /// The cases that failed.
    pub fn failures(&self) -> impl Iterator<Item = &CaseReport> {
        self.cases.iter().filter(|case| case.result == CaseResult::Failed)
    }

    /// How many cases ended this way.
    #[must_use]
    pub fn count(&self, result: CaseResult) -> usize {
        self.cases.iter().filter(|case| case.result == result).count()
    }
}
