//! `docs/writing-a-connector.md` says only what is so: its commands exist, its figures are the limits, its files are there.

use std::path::Path;

use apiconnect::limits;

pub(crate) fn guide() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/writing-a-connector.md")).unwrap()
}

/// The lines of the page's shell examples.
fn shell(text: &str) -> Vec<String> {
    let blocks = text.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.flat_map(str::lines).map(str::to_owned).collect()
}

/// What stands in `…` in the running text, and is a command with all of its words.
fn inline(text: &str) -> Vec<String> {
    let outside = text.split("```").step_by(2);
    let quoted = outside.flat_map(|part| part.split('`').skip(1).step_by(2));
    quoted.filter(|code| code.starts_with("apiconnect ") && !code.contains('…')).map(str::to_owned).collect()
}

/// A line as a shell would take it apart, which knows no quotes but the single ones.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('\'').enumerate();
    let words = parts.flat_map(|(at, part)| match at % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

#[test]
fn every_command_of_the_guide_is_one() {
    let text = guide();
    let lines = shell(&text);
    let known = ["cd ", "cargo test", "export APICONNECT_KEY="];
    let mut seen = Vec::new();
    for line in lines.iter().filter(|line| !line.starts_with("apiconnect ")) {
        assert!(known.iter().any(|word| line.starts_with(word)), "`{line}` is tried by no test");
    }
    // In the running text a command may stand without what it is about; then its words are what counts.
    let named = inline(&text).into_iter().map(|line| format!("{line} --help"));
    for line in lines.iter().filter(|line| line.starts_with("apiconnect ")).cloned().chain(named) {
        if let Err(problem) = apiconnect::cli::accepts(&words(&line)) {
            panic!("`{line}` is no command: {problem}");
        }
        seen.push(line);
    }
    for name in ["new", "build", "test", "watch", "install", "keygen", "sign", "inspect", "sdk"] {
        let word = format!("apiconnect plugin {name}");
        assert!(seen.iter().any(|line| line.starts_with(&word)), "the guide does not show `{word}`");
    }
    assert!(apiconnect::cli::accepts(&words("apiconnect plugin bulid")).is_err(), "a wrong one would be found");
}

#[test]
fn the_figures_of_the_guide_are_the_limits() {
    let text = guide();
    let mib = |bytes: usize| format!("{} MiB", bytes >> 20);
    for line in [
        format!("| memory | {} |", mib(limits::GUEST_MEMORY_BYTES_MAX)),
        format!("| requests of a call | {}, {} of them", limits::REQUESTS_PER_CALL_MAX, limits::REQUESTS_PARALLEL),
        format!(
            "| an answer, a request body | {}, {} |",
            mib(limits::RESPONSE_BODY_BYTES_MAX),
            mib(limits::REQUEST_BODY_BYTES_MAX)
        ),
        format!(
            "| log lines of a call | {}, {} KiB each |",
            limits::LOG_LINES_PER_CALL_MAX,
            limits::LOG_LINE_BYTES_MAX >> 10
        ),
        format!(
            "{} s for a question, {} s for a document",
            limits::LIVE_TIMEOUT_MS / 1_000,
            limits::ATTEMPT_TIMEOUT.as_secs()
        ),
        format!("at most a day and {} KiB each", limits::STATE_VALUE_BYTES_MAX >> 10),
    ] {
        assert!(text.contains(&line), "the guide does not say `{line}`");
    }
}
