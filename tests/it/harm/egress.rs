//! Ways to a host that nobody granted, as a connector would write them.

use super::Yard;

#[tokio::test]
async fn a_host_that_was_not_granted_is_not_reached() {
    let yard = Yard::open().await;
    let answer = yard.ask("elsewhere").await;
    assert!(answer.status >= 500 && answer.text.contains("169.254.169.254"), "{}", answer.text);
    assert!(answer.text.contains("grant"), "it says what to do: {}", answer.text);
    let home = yard.peer.address();
    let port = home.rsplit(':').next().unwrap().to_owned();
    let before = yard.peer.seen().len();
    let elsewhere = [
        "http://example.com/".to_owned(),
        "https://example.com/".to_owned(),
        "http://127.0.0.1/".to_owned(),
        "http://127.0.0.1:1/".to_owned(),
        "http://127.0.0.2/".to_owned(),
        format!("https://127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
        format!("http://[::1]:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://user@127.0.0.1:{port}/"),
        format!("http://user:pw@127.0.0.1:{port}/"),
        format!("http://127.0.0.1:{port}@example.com/"),
        format!("http://example.com\\@127.0.0.1:{port}/"),
        format!("http://\\127.0.0.1:{port}/"),
        format!("http://127.0.0.1:{port}\\.example.com/"),
        format!("http://127.0.0.1:{port}\t/"),
        format!("http://exa\nmple.com:{port}/"),
        "ftp://127.0.0.1/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "gopher://127.0.0.1:70/".to_owned(),
        "unix:///var/run/docker.sock".to_owned(),
        "../../etc/passwd".to_owned(),
        "..%2f..%2fetc/passwd".to_owned(),
        "..\\..\\etc\\passwd".to_owned(),
        "a/%2e%2e/%2e%2e/b".to_owned(),
        "a#b".to_owned(),
        "a\r\nx: y".to_owned(),
    ];
    for target in &elsewhere {
        assert_eq!(yard.told(&format!("visit:{target}")).await, "FailureKind::Refused", "{target}");
    }
    assert_eq!(yard.peer.seen().len(), before, "nothing left");
    // What looks like another host and is a path stays at home.
    for (target, path) in [
        ("//example.com/x", "//example.com/x"),
        ("/\\example.com/x", "/%5Cexample.com/x"),
        ("\\\\example.com\\x", "/%5C%5Cexample.com%5Cx"),
        ("http:\\\\example.com/x", "/http:%5C%5Cexample.com/x"),
        ("example.com:443", "/example.com:443"),
        ("@example.com/", "/@example.com/"),
        ("x?u=http://example.com/", "/x?u=http://example.com/"),
    ] {
        let told = yard.told(&format!("visit:{target}")).await;
        assert_eq!(told, "answered 200", "{target}");
        let seen = yard.peer.seen().pop().unwrap();
        let line = seen.lines().next().unwrap();
        assert!(line.ends_with(&format!("{path} HTTP/1.1")) || line.contains("example.com"), "{target}: {line}");
        assert!(seen.to_lowercase().contains(&format!("host: 127.0.0.1:{port}\r\n")), "{target}: {seen}");
    }
}
