//! Attempts at the connection's secrets. The slots are `key`, which is free for signatures, and `pw`, which signs in.

use apiconnect_sdk::prelude::*;
use apiconnect_sdk::secret;

use super::Deed;

const SECRETS: &str = "{{secret:key}} {{secret:pw}}";

pub(super) fn deed(deed: Deed<'_>, ctx: &Context) -> Option<Result<String, Error>> {
    Some(match deed.name {
        // What the system itself repeats, in another form each.
        "echo" => told(http::get(format!("echo/{}", deed.argument)).header("x-secret", format!("12{SECRETS}"))),
        "echo-body" => {
            let body = http::post(format!("echo/{}", deed.argument)).body("text/plain", format!("a{SECRETS}"));
            told(body.with_secrets_in_body())
        }
        "echo-coded" => told(http::get("echo/plain").header("accept-encoding", "gzip").header("x-secret", SECRETS)),
        // The argument is the address of a granted host that gets no credentials.
        "send-header" => told(http::get(deed.argument).header("x-secret", SECRETS)),
        "send-body" => told(http::post(deed.argument).body("text/plain", SECRETS).with_secrets_in_body()),
        "send-url" => told(http::get(format!("{}?s={SECRETS}", deed.argument))),
        "send-plain" => told(http::get(deed.argument)),
        "url" => told(http::get(format!("echo/plain?s={SECRETS}"))),
        "unfilled-body" => told(http::post("echo/plain").body("text/plain", SECRETS)),
        // A secret of 40 bytes in 12: a body that grows far beyond what is sent.
        "multiply" => {
            let body = "{{secret:long}}".repeat(250_000);
            told(http::post("echo/length").body("text/plain", body).with_secrets_in_body())
        }
        "multiply-header" => told(http::get("echo/length").header("x-secret", "{{secret:long}}".repeat(4_000))),
        "tell" => tell(ctx),
        "sign" => sign(deed.argument),
        "unknown" => secret::placeholder("other").map(|_| "there is one".into()),
        _ => return None,
    })
}

fn told(request: http::Request) -> Result<String, Error> {
    Ok(match request.send() {
        Ok(answer) => {
            let header = answer.header("x-echo").unwrap_or_default();
            format!("answered {} {} {header}", answer.status, String::from_utf8_lossy(&answer.body))
        }
        Err(failure) => format!("{:?}: {}", failure.kind, failure.message),
    })
}

/// Into the log, the state and an error.
fn tell(ctx: &Context) -> Result<String, Error> {
    log::warn(SECRETS);
    log::write(log::Level::Warn, "fields", &[("secret", SECRETS)]);
    state::set("secret", SECRETS.as_bytes(), 60_000);
    let back = state::get("secret").unwrap_or_default();
    let settings = ctx.settings_json();
    Err(Error::Internal(format!("{SECRETS} {} {settings}", String::from_utf8_lossy(&back))))
}

fn sign(slot: &str) -> Result<String, Error> {
    let signature = secret::sign(slot, secret::Algorithm::HmacSha256, b"data")?;
    Ok(signature.iter().map(|byte| format!("{byte:02x}")).collect())
}
