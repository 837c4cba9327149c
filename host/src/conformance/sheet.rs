//! A report as people read it: the capability sheet in Markdown, and the table on screen.

use super::report::{CaseResult, OperationReport, Report, Verdict};

/// The line of a sheet below which stands what differs from machine to machine. What is above it stays as it is until
/// the connector or its scenario changes.
pub const MEASURED: &str = "<!-- What follows was measured, and differs from machine to machine. -->";

/// The capability sheet of a connector, in Markdown.
#[must_use]
pub fn sheet(report: &Report) -> String {
    let mut out = format!(
        "# Capabilities of {}\n\nWritten by `apiconnect plugin test`. Do not edit it; run the test again.\n\n",
        report.title
    );
    let mut row = |name: &str, value: &str| out.push_str(&format!("| {name} | {} |\n", cell(value)));
    row("connector", &format!("`{}` {} by {}", report.connector, report.version, report.vendor));
    row("---", "---");
    row("for", &report.kind);
    let hosts: Vec<String> = report.hosts.iter().map(|host| format!("`{host}`")).collect();
    row("hosts", &if hosts.is_empty() { "that of `base_url`".to_owned() } else { hosts.join(", ") });
    let secrets = report.secrets.iter().map(|slot| {
        let need = if slot.required { "" } else { ", optional" };
        format!("`{}` ({}{need})", slot.name, slot.purpose)
    });
    let secrets: Vec<String> = secrets.collect();
    row("secrets", &if secrets.is_empty() { "none".to_owned() } else { secrets.join(", ") });
    row("tested with", if report.source == "fixtures" { "fixtures" } else { "a running system" });
    out.push_str(&format!("\n{}\n\n", counts(report)));
    out.push_str("| operation | verdict | repeats told by | lines a call | items a page | requests | cases passed |\n");
    out.push_str("|---|---|---|---|---|---|---|\n");
    for operation in &report.operations {
        out.push_str(&operation_row(operation));
    }
    let reasons: Vec<String> = report.operations.iter().filter_map(reason).collect();
    if !reasons.is_empty() {
        out.push_str(&format!("\n## What does not work, and why\n\n{}", reasons.concat()));
    }
    out.push_str(&format!("\n## What was put to the test\n\n{}", cases(report)));
    out.push_str(&format!("\n{MEASURED}\n\n## Measured\n\nThe component has {} kB.\n\n", report.bytes.div_ceil(1_000)));
    out.push_str("| operation | memory of a call | time of a call in the sandbox |\n|---|---|---|\n");
    for operation in &report.operations {
        if let Some(own) = operation.measured {
            let kib = own.memory_bytes >> 10;
            out.push_str(&format!("| `{}` | {kib} KiB | {} µs |\n", operation.name, own.sandbox_us));
        }
    }
    out
}

fn operation_row(operation: &OperationReport) -> String {
    let number = |value: Option<u32>| value.map_or_else(String::new, |value| value.to_string());
    let passed = operation.count(CaseResult::Passed);
    let tried = passed + operation.count(CaseResult::Failed);
    format!(
        "| `{}` | {} | {} | {} | {} | {} | {} |\n",
        operation.name,
        operation.verdict.told(),
        operation.idempotency.unwrap_or_default(),
        number(operation.max_batch),
        number(operation.page_cap),
        number(operation.measured.map(|own| own.requests)),
        if tried == 0 { String::new() } else { format!("{passed} of {tried}") },
    )
}

fn reason(operation: &OperationReport) -> Option<String> {
    let reason = operation.reason.as_ref()?;
    Some(format!("- `{}`: {}: {}\n", operation.name, operation.verdict.told(), cell(reason)))
}

/// Each case with the operations that passed it.
fn cases(report: &Report) -> String {
    let mut names: Vec<&str> = Vec::new();
    for case in report.operations.iter().flat_map(|operation| &operation.cases) {
        if case.result == CaseResult::Passed && !names.contains(&case.case.as_str()) {
            names.push(&case.case);
        }
    }
    let line = |name: &&str| {
        let passed = report.operations.iter().filter(|operation| {
            operation.cases.iter().any(|case| case.case == **name && case.result == CaseResult::Passed)
        });
        format!("- {name}: {} operations\n", passed.count())
    };
    names.iter().map(line).collect()
}

fn counts(report: &Report) -> String {
    let mut text = format!(
        "{} operations work, {} are not supported by the system, {} are missing",
        report.count(Verdict::Works),
        report.count(Verdict::NotSupported),
        report.count(Verdict::Missing)
    );
    match report.count(Verdict::Failed) {
        0 => text.push('.'),
        failed => text.push_str(&format!(", **{failed} failed**.")),
    }
    text
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// The report as lines for the screen.
#[must_use]
pub fn table(report: &Report) -> Vec<String> {
    let mut lines = vec![format!(
        "{} {} ({} kB), tested with {}",
        report.connector,
        report.version,
        report.bytes.div_ceil(1_000),
        if report.source == "fixtures" { "its fixtures" } else { "a running system" }
    )];
    for operation in &report.operations {
        lines.push(line(operation));
        for failure in operation.failures() {
            let at = failure.at.map(|at| format!(" at request {at}")).unwrap_or_default();
            lines.push(format!("      ✗ {} in `{}`{at}", failure.case, failure.step));
            lines.push(format!("        expected  {}", failure.expected));
            lines.push(format!("        came      {}", failure.came));
            lines.extend(failure.log.iter().map(|exchange| format!("        {exchange}")));
        }
    }
    lines.push(counts(report).replace("**", ""));
    lines
}

fn line(operation: &OperationReport) -> String {
    let mark = match operation.verdict {
        Verdict::Works => "✓",
        Verdict::NotSupported => "–",
        Verdict::Missing => "?",
        Verdict::Failed => "✗",
    };
    let detail = match (&operation.reason, &operation.measured) {
        (Some(reason), _) => format!("{}: {reason}", operation.verdict.told()),
        (None, Some(own)) => {
            let (passed, failed) = (operation.count(CaseResult::Passed), operation.count(CaseResult::Failed));
            let kib = own.memory_bytes >> 10;
            let cases = format!("{passed} of {} cases", passed + failed);
            format!("{cases:<15} {:>3} requests  {kib:>6} KiB  {:>7} µs", own.requests, own.sandbox_us)
        }
        (None, None) => operation.verdict.told().to_owned(),
    };
    format!("  {mark} {:<28} {detail}", operation.name)
}
