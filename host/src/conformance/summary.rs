//! What came out of a run, operation by operation.

use super::cases::Run;
use super::operation::{Operation, expected};
use super::report::{CaseResult, OperationReport, Report, SecretReport, Verdict};
use crate::plugin::contract::connector::Kind;

/// How the text of a function begins that an SDK has written, not the connector's author.
const STUB: &str = "this connector has no ";

impl Run<'_> {
    /// Everything that came out.
    pub(super) fn report(&mut self) -> Report {
        let about = &self.loaded.description;
        let wanted = expected(&about.kind);
        let mut operations = Vec::new();
        for operation in Operation::all() {
            if !(self.only.is_empty() || self.only.iter().any(|only| only == operation.name)) {
                continue;
            }
            let should = operation.interface.is_some_and(|interface| wanted.contains(&interface));
            if self.offers(operation) || should {
                operations.push(self.about(operation));
            }
        }
        Report {
            ok: operations.iter().all(|operation| operation.verdict != Verdict::Failed),
            connector: about.name.clone(),
            title: about.title.clone(),
            vendor: about.vendor.clone(),
            version: about.version.clone(),
            kind: kind(&about.kind).to_owned(),
            digest: self.loaded.digest.clone(),
            bytes: self.loaded.bytes,
            hosts: about.hosts.clone(),
            secrets: about
                .secrets
                .iter()
                .map(|slot| SecretReport {
                    name: slot.name.clone(),
                    purpose: slot.purpose.clone(),
                    required: slot.required,
                })
                .collect(),
            source: if self.bench.stage.repeats() { "fixtures" } else { "system" },
            operations,
            recorded: Vec::new(),
        }
    }

    fn about(&self, operation: Operation) -> OperationReport {
        let name = operation.name;
        let cases = self.cases.get(name).cloned().unwrap_or_default();
        let failed = cases.iter().any(|case| case.result == CaseResult::Failed);
        let (verdict, reason) = match self.refused.get(name) {
            _ if failed => (Verdict::Failed, None),
            _ if !self.offers(operation) => {
                let interface = operation.interface.map_or("connector", |interface| interface.name());
                (Verdict::Missing, Some(format!("the connector does not export {interface}")))
            }
            Some((verdict, reason)) => (*verdict, Some(reason.clone())),
            None if cases.is_empty() => (Verdict::Missing, Some("the scenario has no step for it".to_owned())),
            None => (Verdict::Works, None),
        };
        let about = self.loaded.description.operations.iter().find(|about| about.name == name);
        OperationReport {
            name,
            verdict,
            reason,
            idempotency: self.bench.idempotency(name).filter(|_| operation.shape.writes()),
            max_batch: about.map(|about| about.max_batch).filter(|_| operation.shape.has_lines()),
            max_parallel: about.map(|about| about.max_parallel),
            page_cap: about.and_then(|about| about.page_cap),
            measured: self.measured.get(name).copied(),
            cases,
        }
    }
}

/// Whether a connector says why its system cannot, or only that nobody has written the function.
pub(super) fn honest(reason: &str) -> (Verdict, String) {
    match reason.trim() {
        "" => (Verdict::Missing, "it says `not_supported` without a reason".to_owned()),
        text if text.starts_with(STUB) => (Verdict::Missing, text.to_owned()),
        text => (Verdict::NotSupported, text.to_owned()),
    }
}

const fn kind(kind: &Kind) -> &str {
    match kind {
        Kind::Erp => "erp",
        Kind::Crm => "crm",
        Kind::Cms => "cms",
        Kind::Pim => "pim",
        Kind::Edi => "edi",
        Kind::Store => "store",
        Kind::Payment => "payment",
        Kind::Generic => "generic",
        Kind::Other(_) => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_nobody_wrote_is_no_reason() {
        assert_eq!(honest("the system keeps no groups").0, Verdict::NotSupported);
        assert_eq!(honest("this connector has no customers.groups").0, Verdict::Missing);
        assert_eq!(honest(" ").0, Verdict::Missing);
    }
}
