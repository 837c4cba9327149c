//! Copies of generated files that are checked in; `just golden` writes them anew.

use apiconnect::config::{ConnectionFile, HostConfig};
use apiconnect::telemetry::metric;
use expect_test::expect_file;

#[test]
fn golden_openapi() {
    expect_file!["../../docs/openapi.json"].assert_eq(&format!("{}\n", apiconnect::api::openapi()));
}

#[test]
fn golden_command_line() {
    expect_file!["goldens/help.txt"].assert_eq(&apiconnect::cli::help());
}

#[test]
fn golden_metrics() {
    let lines: Vec<String> =
        metric::ALL.iter().map(|(name, kind, meaning)| format!("{name} ({kind}): {meaning}\n")).collect();
    expect_file!["goldens/metrics.txt"].assert_eq(&lines.concat());
}

#[test]
fn golden_configuration() {
    expect_file!["goldens/apiconnect.toml"].assert_eq(HostConfig::TEMPLATE);
    expect_file!["goldens/connection.toml"].assert_eq(ConnectionFile::EXAMPLE);
}
