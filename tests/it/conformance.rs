//! The conformance kit: it passes good connectors, and names each fault of a bad one.

use std::path::{Path, PathBuf};

use apiconnect::conformance::{Asked, CaseResult, Kit, MEASURED, Report, Source, Verdict, sheet};
use apiconnect::plugin::{Sandbox, engine};
use apiconnect_tests::sim::business_one::{BusinessOne, Seed};
use apiconnect_tests::world::component;
use expect_test::expect_file;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn asked(name: &str, fixtures: &Path) -> Asked {
    Asked {
        component: component(name).unwrap(),
        fixtures: fixtures.to_owned(),
        scenario: None,
        source: Source::Fixtures,
        only: Vec::new(),
        record: None,
    }
}

fn sandbox() -> Sandbox {
    Sandbox::new(engine(None).unwrap()).unwrap()
}

async fn report(sandbox: &Sandbox, asked: Asked) -> Report {
    Kit::open(sandbox, asked).await.unwrap().run(&mut |_| {}).await.unwrap()
}

/// Everything that failed, as `operation case: expected / came`.
fn failures(report: &Report) -> Vec<String> {
    let each = report.operations.iter().flat_map(|operation| {
        operation.failures().map(|case| format!("{} {}: {} / {}", operation.name, case.case, case.expected, case.came))
    });
    each.collect()
}

/// The fixtures of the faulty connector, with one fault.
fn with_fault(fault: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["scenario.toml", "system.json"] {
        let text = std::fs::read_to_string(root().join("tests/faulty/fixtures").join(name)).unwrap();
        let text = text.replace("fault = \"none\"", &format!("fault = \"{fault}\""));
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_connector_passes_and_says_what_it_cannot() {
    let folder = with_fault("none");
    let report = report(&sandbox(), asked("faulty", folder.path())).await;
    assert!(report.ok, "{:#?}", failures(&report));
    let of = |name: &str| report.operations.iter().find(|operation| operation.name == name).unwrap();
    for name in ["pricing.query", "customers.get", "customers.list", "orders.submit", "orders.find-by-reference"] {
        assert_eq!(of(name).verdict, Verdict::Works, "{name}");
    }
    let submit = of("orders.submit");
    let passed = |case: &str| submit.cases.iter().any(|own| own.case == case && own.result == CaseResult::Passed);
    for case in [
        "answers",
        "duplicate-submit",
        "dry-run",
        "cut-after-send",
        "cut-answer",
        "half-page",
        "slow",
        "garbage-html",
        "garbage-types",
        "garbage-empty",
        "session-refused",
        "too-many-requests",
        "unavailable",
        "twist: ids with leading zeros",
    ] {
        assert!(passed(case), "{case}: {:#?}", submit.cases);
    }
    assert_eq!((submit.idempotency, submit.measured.unwrap().requests), (Some("reference"), 1));
    assert!(submit.measured.unwrap().memory_bytes >= 64 << 10);
    // The kind is `erp`, which should have invoices; a list of groups is an honest no; a note is nobody's work yet.
    assert_eq!(of("customers.groups").verdict, Verdict::NotSupported);
    assert_eq!(of("customers.groups").reason.as_deref(), Some("the system knows no groups of customers"));
    assert_eq!(of("orders.add-note").verdict, Verdict::Missing);
    assert_eq!(of("invoices.list").reason.as_deref(), Some("the connector does not export invoices"));
    assert!(report.operations.iter().all(|operation| !operation.name.starts_with("sink.")));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_is_named() {
    let sandbox = sandbox();
    for (fault, found) in [
        ("creates-twice", "orders.submit duplicate-submit: 1 document in the system / 2 documents"),
        (
            "creates-twice",
            "order-batches.submit duplicate-submit: 2 documents in the system after the second attempt / 4",
        ),
        (
            "says-not-sent",
            "order-batches.submit cut-after-send: one of the errors outcome_unknown, internal, unavailable",
        ),
        ("short-list", "customers.list half-page: one of the errors"),
        ("short-list", "customers.list garbage-html: one of the errors"),
        ("swallows-busy", "customers.list too-many-requests: rate_limited with 7000 ms"),
        ("forgets-the-wait", "customers.list too-many-requests: rate_limited with 7000 ms"),
        ("loses-zeros", "customers.get twist: ids with leading zeros: "),
        ("rounds", "pricing.query twist: numbers that no float keeps: "),
        ("sorts", "pricing.query answers: "),
        ("refuses-unknown", "customers.get twist: codes that nobody knows: "),
        ("says-not-sent", "orders.submit cut-after-send: one of the errors outcome_unknown, internal, unavailable"),
        ("believes-pages", "orders.submit garbage-html: one of the errors outcome_unknown, internal"),
        ("ignores-dry-run", "orders.submit dry-run: that a dry run changes nothing"),
        ("crashes", "customers.get garbage-types: one of the errors"),
        ("first-page-only", "customers.list answers: "),
        ("slow-is-gone", "customers.get slow: one of the errors"),
        ("slow-is-gone", "customers.get cut-after-send: one of the errors"),
    ] {
        let folder = with_fault(fault);
        let only = found.split(' ').take(1).map(str::to_owned).collect();
        let report = report(&sandbox, Asked { only, ..asked("faulty", folder.path()) }).await;
        let all = failures(&report);
        assert!(!report.ok && all.iter().any(|failure| failure.starts_with(found)), "{fault}: {all:#?}");
        let logs = report.operations.iter().flat_map(|operation| operation.failures()).all(|case| !case.log.is_empty());
        assert!(logs, "{fault}: a failure without its exchanges");
        assert!(sheet(&report).contains("failed**"), "{fault}: the sheet says that it failed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_step_asks_is_missing_or_not_supported() {
    let sandbox = sandbox();
    for name in ["ledger", "noop"] {
        let folder = tempfile::tempdir().unwrap();
        let scenario = format!("{{\"connector\": \"{name}\", \"steps\": []}}");
        std::fs::write(folder.path().join("scenario.json"), scenario).unwrap();
        let report = report(&sandbox, asked(name, folder.path())).await;
        assert!(report.ok, "{:#?}", failures(&report));
        let others = report.operations.iter().filter(|operation| operation.name != "connector.check");
        let (mut count, mut reasons) = (0, 0);
        for operation in others {
            assert_eq!(operation.verdict, Verdict::Missing, "{}", operation.name);
            count += 1;
            reasons += usize::from(operation.reason.is_some());
        }
        assert!(count > 30 && reasons == count, "{name}: {reasons} reasons for {count} operations");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_connectors_pass_and_their_sheets_are_up_to_date() {
    let sandbox = sandbox();
    for name in apiconnect_tests::connectors::names().unwrap() {
        let folder = root().join("plugins").join(&name);
        let report = report(&sandbox, asked(&name, &folder.join("fixtures"))).await;
        assert!(report.ok, "{name}: {:#?}", failures(&report));
        let file = folder.join("CAPABILITIES.md");
        let own = sheet(&report);
        let stable = |text: &str| text.split(MEASURED).next().unwrap_or_default().to_owned();
        let written = std::fs::read_to_string(&file).unwrap_or_default();
        // What was measured stays as it was written, so that a test run changes nothing.
        if stable(&written) != stable(&own) {
            expect_file![file].assert_eq(&own);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_system_is_asked_through_the_same_scenario() {
    let simulator = BusinessOne::start(Seed::demo()).unwrap();
    let fixtures = root().join("plugins/sap-business-one/fixtures");
    let before = Asked { source: Source::System(simulator.address()), ..asked("sap-business-one", &fixtures) };
    let report = report(&sandbox(), before).await;
    assert!(report.ok, "{:#?}", failures(&report));
    assert_eq!(report.source, "system");
    // Every order was asked for many times, with every fault, and is there once.
    let mut references: Vec<String> = simulator.orders().into_iter().filter_map(|order| order.num_at_card).collect();
    let count = references.len();
    references.sort();
    references.dedup();
    assert!(count > 20 && references.len() == count, "{count} orders, {} references", references.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_recorded_is_enough_to_pass_and_holds_no_secret() {
    let simulator = BusinessOne::start(Seed::demo()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let scenario = root().join("plugins/sap-business-one/fixtures/scenario.json");
    let recording = Asked {
        source: Source::System(simulator.address()),
        only: vec!["connector.check".to_owned()],
        record: Some(folder.path().to_owned()),
        ..asked("sap-business-one", &root().join("plugins/sap-business-one/fixtures"))
    };
    let sandbox = sandbox();
    let recorded = report(&sandbox, recording).await.recorded;
    assert!(recorded.len() > 10, "{recorded:?}");
    for file in &recorded {
        let text = std::fs::read_to_string(file).unwrap();
        assert!(!text.contains("s3cret-b1"), "{file}");
    }
    let again = Asked { scenario: Some(scenario), ..asked("sap-business-one", folder.path()) };
    let report = report(&sandbox, again).await;
    let answers = failures(&report).into_iter().filter(|failure| failure.contains(" answers: ")).collect::<Vec<_>>();
    assert!(answers.is_empty(), "{answers:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_files_are_told_with_their_place() {
    let sandbox = sandbox();
    for (file, text, said) in [
        (
            "system.json",
            "[{\"request\": {\"target\": \"/\"}}]",
            "system.json, line 1, column 29: missing field `response`",
        ),
        (
            "scenario.toml",
            "connector = \"faulty\"\nsecrets = { token = \"t\" }\n[[steps]]\noperation = \"customers.get\"\ninput = { name = \"C1\" }\n",
            "steps[0].input.",
        ),
        (
            "scenario.toml",
            "connector = \"faulty\"\nsecrets = { token = \"t\" }\nsteps = []\n[settings]\nfualt = 1\n",
            "settings: [settings] ",
        ),
        ("scenario.toml", "connector = \"tryton\"\nsteps = []\n", "connector: it is for `tryton`"),
        ("scenario.toml", "connector = \"faulty\"\nsteps = []\n", "secrets: [secrets] has no `token`"),
        (
            "scenario.toml",
            "connector = \"faulty\"\nsecrets = { token = \"t\" }\n[[steps]]\noperation = \"customers.get\"\ninput = { id = \"${x}\" }\n",
            "steps[0]: nothing stands for `${x}`",
        ),
    ] {
        let folder = with_fault("none");
        std::fs::write(folder.path().join(file), text).unwrap();
        let opened = Kit::open(&sandbox, asked("faulty", folder.path())).await;
        let error = match opened {
            Ok(kit) => kit.run(&mut |_| {}).await.unwrap_err(),
            Err(error) => error,
        };
        assert!(error.to_string().contains(said), "{error}");
    }
}
