//! Attempts at the connection's secrets: what the connector is told of them is never the secret.

use apiconnect_tests::harm::Peer;

use super::canary::Canary;
use super::{KEY, PASSWORD, Yard};

#[tokio::test]
async fn what_a_system_repeats_holds_no_secret() {
    let yard = Yard::with("auth = { kind = \"basic\", username = \"joe\", password = \"pw\" }").await;
    let secrets = [Canary::of(KEY), Canary::of(PASSWORD), Canary::of(&format!("joe:{PASSWORD}"))];
    for form in ["plain", "base64", "hex", "percent", "json", "header"] {
        for deed in ["echo", "echo-body"] {
            let told = yard.told(&format!("{deed}:{form}")).await;
            assert!(told.starts_with("answered 200") && told.contains("***"), "{deed} {form}: {told}");
            for secret in &secrets {
                assert_eq!(secret.found_in(told.as_bytes()), None, "{deed} {form}: {told}");
            }
        }
    }
    let seen = yard.peer.seen();
    assert!(seen.iter().any(|seen| seen.contains(KEY) && seen.contains("Basic ")), "the system did get them");
    // Compressed, the host could not see them; it does not let a connector ask for that.
    assert!(yard.told("echo-coded").await.starts_with("FailureKind::Refused"));
    // What is no header and no body that asks for it stays as it was written.
    assert!(yard.told("unfilled-body").await.contains("{{secret:key}}"));
    assert!(yard.told("url").await.contains("%7B%7Bsecret:key%7D%7D"));
}

#[tokio::test]
async fn another_granted_host_gets_no_secret() {
    let other = Peer::start().await.unwrap();
    let yard = Yard::with("auth = { kind = \"bearer\", token = \"pw\" }").await;
    let file = |trust: &str| {
        super::connection(&yard.peer, "auth = { kind = \"bearer\", token = \"pw\" }")
            + &format!("hosts = [\"{}\"]\n{trust}\n", other.address())
    };
    yard.folder.connection("wide", &file("")).unwrap();
    yard.opened("wide").await;
    let place = format!("{}/echo/plain", other.address());
    for deed in ["send-header", "send-body"] {
        let told = yard.told_by("wide", &format!("{deed}:{place}")).await;
        assert!(told.starts_with("FailureKind::Refused") && told.contains("credentials_for"), "{deed}: {told}");
    }
    assert!(other.seen().is_empty(), "nothing left");
    assert!(yard.told_by("wide", &format!("send-plain:{place}")).await.starts_with("answered 200"));
    assert!(yard.told_by("wide", &format!("send-url:{place}")).await.starts_with("answered 200"));
    let seen = other.seen().concat();
    assert!(!seen.contains(KEY) && !seen.contains(PASSWORD) && !seen.to_lowercase().contains("authorization"));
    yard.folder.connection("trusting", &file(&format!("credentials_for = [\"{}\"]", other.address()))).unwrap();
    yard.opened("trusting").await;
    let told = yard.told_by("trusting", &format!("send-header:{place}")).await;
    assert!(told.starts_with("answered 200") && other.seen().concat().contains(KEY), "{told}");
}

#[tokio::test]
async fn log_state_and_errors_keep_the_placeholder() {
    let yard = Yard::with("auth = { kind = \"bearer\", token = \"pw\" }").await;
    let answer = yard.ask("tell").await;
    assert!(answer.status == 502 && answer.text.contains("{{secret:key}} {{secret:pw}}"), "{}", answer.text);
    let log = yard.log();
    assert!(log.contains("{{secret:key}}") && !log.contains(KEY) && !log.contains(PASSWORD));
}

#[tokio::test]
async fn what_signs_in_signs_nothing_else() {
    let auths = [
        "auth = { kind = \"bearer\", token = \"pw\" }",
        "auth = { kind = \"basic\", username = \"joe\", password = \"pw\" }",
        "auth = { kind = \"basic\", username = \"{{secret:pw}}\", password = \"long\" }",
        "auth = { kind = \"api_key\", header = \"x-api-key\", value = \"pw\" }",
    ];
    let yard = Yard::open().await;
    assert_eq!(yard.told("sign:key").await.len(), 64);
    assert_eq!(yard.told("sign:pw").await.len(), 64, "here it signs nothing in");
    for (number, auth) in auths.into_iter().enumerate() {
        let name = format!("signs-{number}");
        yard.folder.connection(&name, &super::connection(&yard.peer, auth)).unwrap();
        yard.opened(&name).await;
        let answer = yard.ask_of(&name, "sign:pw").await;
        assert!(answer.status == 502 && answer.text.contains("signs the connection in"), "{auth}: {}", answer.text);
        assert_eq!(yard.told_by(&name, "sign:key").await.len(), 64);
    }
    assert!(yard.ask("unknown").await.text.contains("no secret `other`"));
}

#[tokio::test]
async fn placeholders_do_not_multiply() {
    let yard = Yard::open().await;
    let resident = yard.host.resident().unwrap();
    // A body of 4 MB asks for 250,000 times a secret of 3.6 kB: 900 MB.
    let told = yard.told("multiply").await;
    assert!(told.contains("over 4194304 bytes"), "{told}");
    let told = yard.told("multiply-header").await;
    assert!(told.contains("over 65536 bytes"), "{told}");
    let grown = yard.host.resident().unwrap().saturating_sub(resident) >> 20;
    assert!(grown < 100, "{grown} MiB");
}
