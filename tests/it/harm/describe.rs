//! Harm in `describe`: such a version never comes to serve, and the one before goes on.

use bytes::Bytes;
use http::Method;

use super::Yard;
use apiconnect_tests::world::{Answer, component};

const MARK: &[u8] = b"hostile-mark:";
const MARK_BYTES: usize = 48;

/// The connector that does this when it is asked who it is.
pub(super) fn marked(deed: &str) -> Vec<u8> {
    let mut bytes = std::fs::read(component("hostile").unwrap()).unwrap();
    let at: Vec<usize> = memchr::memmem::find_iter(&bytes, MARK).collect();
    assert_eq!(at.len(), 1, "the component has one mark");
    let mut mark = [MARK, deed.as_bytes()].concat();
    mark.resize(MARK_BYTES, b' ');
    bytes[at[0]..at[0] + MARK_BYTES].copy_from_slice(&mark);
    bytes
}

async fn upload(yard: &Yard, bytes: Vec<u8>) -> Answer {
    yard.client.send(Method::POST, "/v1/plugins", &[], Bytes::from(bytes)).await.unwrap()
}

#[tokio::test]
async fn a_version_that_cannot_say_who_it_is_never_serves() {
    let yard = Yard::open().await;
    for (deed, part) in [
        ("spin", "computed for too long"),
        ("spin-calls", "computed for too long"),
        ("memory", "more memory"),
        ("recurse", "hostile::compute::recurse"),
        ("panic", "on request"),
        ("title", "its title has 8388608 bytes"),
        ("version", "its version has 8192 bytes"),
        ("schema-long", "what it says of itself has"),
        ("schema-deep", "no JSON"),
        ("schema-abroad", "refers to"),
        ("schema-loop", "refers to"),
        ("schema-loops", "has no end"),
        ("schema-doubles", "parts"),
        ("operations", "what it says of itself has"),
    ] {
        let answer = upload(&yard, marked(deed)).await;
        assert_eq!((answer.status, &answer.body["code"]), (422, &"unusable_plugin".into()), "{deed}: {}", answer.text);
        assert!(answer.text.contains(part), "{deed}: {}", answer.text);
        assert!(answer.text.len() < 16 << 10, "{deed}: {} bytes", answer.text.len());
        assert_eq!(yard.ask("good").await.status, 200, "{deed}: the version before serves");
    }
}

/// A pattern that tries for ever is given up.
#[tokio::test]
async fn a_pattern_without_end_ends() {
    let yard = Yard::open().await;
    for deed in ["schema-pattern", "schema-back"] {
        let answer = upload(&yard, marked(deed)).await;
        assert_eq!(answer.status, 201, "{deed}: {}", answer.text);
        let settings = format!("settings = {{ {}0 = 1 }}", "a".repeat(60));
        yard.folder.connection("odd", &super::connection(&yard.peer, &settings)).unwrap();
        super::eventually("the file being read", async || {
            (yard.client.get("/v1/connections/odd").await.unwrap().status != 404).then_some(())
        })
        .await;
        assert_eq!(yard.ask("good").await.status, 200, "{deed}");
        std::fs::remove_file(yard.folder.path().join("connections/odd.toml")).unwrap();
    }
}

/// What does no harm without a connection is no reason to refuse a version.
#[tokio::test]
async fn describe_reaches_nothing() {
    let yard = Yard::open().await;
    for deed in ["requests", "log", "state", "tell", "elsewhere"] {
        let answer = upload(&yard, marked(deed)).await;
        assert_eq!(answer.status, 201, "{deed}: {}", answer.text);
    }
    assert!(yard.peer.seen().is_empty(), "it sent something while it described itself");
}
