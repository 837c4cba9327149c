//! Where targets lead.

use url::Url;

use super::target::Base;
use super::template::{Escape, Template, expand_secrets};
use super::{Grants, SendErrorKind};
use crate::secret::Vault;

fn base() -> Base {
    let grants = Grants::parse(["https://files.example.com"]).unwrap();
    Base::new(&Url::parse("https://h.example:50000/b1s/v1/").unwrap(), grants).unwrap()
}

#[test]
fn relative_targets_hang_below_the_base() {
    for (target, path) in [
        ("Items('X')?$select=ItemCode,Price", "/b1s/v1/Items('X')?$select=ItemCode,Price"),
        ("/Items", "/b1s/v1/Items"),
        ("", "/b1s/v1/"),
        ("/", "/b1s/v1/"),
        ("?a=b", "/b1s/v1/?a=b"),
        ("a/./b", "/b1s/v1/a/b"),
        ("a/../b", "/b1s/v1/b"),
        ("a/b/..", "/b1s/v1/a/"),
        ("a/%2e%2E/b?x=..", "/b1s/v1/b?x=.."),
        ("a..b/...", "/b1s/v1/a..b/..."),
        ("Items?$filter=Name eq 'Größe'", "/b1s/v1/Items?$filter=Name%20eq%20'Gr%C3%B6%C3%9Fe'"),
        ("a%20b", "/b1s/v1/a%20b"),
        ("//evil.test/x", "/b1s/v1//evil.test/x"),
        ("Items(url='http://x')", "/b1s/v1/Items(url='http://x')"),
        ("a?x={\"y\":1}", "/b1s/v1/a?x=%7B%22y%22:1%7D"),
        ("a?x=a%2fb%2f..", "/b1s/v1/a?x=a%2fb%2f.."),
    ] {
        let found = base().locate(target).unwrap();
        assert_eq!(found.path.as_str(), path, "{target}");
        assert!(found.home && found.origin.to_string() == "https://h.example:50000");
    }
}

#[test]
fn a_base_without_a_path_works() {
    for url in ["https://h.example", "https://h.example/", "https://h.example//"] {
        let base = Base::new(&Url::parse(url).unwrap(), Grants::default()).unwrap();
        assert_eq!(base.locate("/Items").unwrap().path.as_str(), "/Items");
    }
}

#[test]
fn what_leaves_the_base_is_refused() {
    for target in [
        "..",
        "../",
        "../admin",
        "/../admin",
        "a/../../admin",
        "%2e%2e/admin",
        ".%2E/admin",
        "..;x=y/admin",
        "..%2fadmin",
        "a/..%2f..%2fadmin",
        "..\\admin",
        "..%5cadmin",
        "a#b",
        "a\r\nX: y",
        "a\0b",
        "a\tb",
        "https://evil.test/x",
        "http://h.example:50000/b1s/v1/Items",
        "https://h.example/b1s/v1/Items",
        "https://u:p@h.example:50000/b1s/v1/Items",
        "ftp://h.example:50000/",
        "https://h.example:50000\\@evil.test/",
        "https://",
    ] {
        let error = base().locate(target).unwrap_err();
        assert_eq!(error.kind, SendErrorKind::Refused, "{target}");
    }
    assert!(base().locate(&"a".repeat(20_000)).is_err());
}

#[test]
fn absolute_targets_of_granted_hosts_are_taken_as_they_are() {
    let found = base().locate("HTTPS://h.example:50000/other?x=1").unwrap();
    assert!(found.home && found.path.as_str() == "/other?x=1");
    let found = base().locate("https://files.example.com/f?sig=1#top").unwrap();
    assert!(!found.home && found.path.as_str() == "/f?sig=1");
}

#[test]
fn a_base_url_must_be_clean() {
    for url in ["ftp://h.example/", "https://u:hunter22@h.example/", "https://h.example/?x=1", "https://h.example/#x"] {
        let error = Base::new(&Url::parse(url).unwrap(), Grants::default()).unwrap_err();
        assert!(!error.to_string().contains("hunter22"), "{error}");
    }
}

#[test]
fn templates_are_filled_and_escaped() {
    let template =
        Template::parse(r#"{"a":{"b":"{{secret:x}}"},"c":{{setting:n}}} {{other:z}} {{{kept:k}}} {{secret:"#);
    let look = |part: &super::template::Part| {
        Some(match part {
            super::template::Part::Secret(_) => "a\"b\\c".to_owned(),
            super::template::Part::Setting(_) => "7".to_owned(),
            _ => "kept".to_owned(),
        })
    };
    assert_eq!(template.fill(Escape::Json, look), r#"{"a":{"b":"a\"b\\c"},"c":7} {{other:z}} {kept} {{secret:"#);
}

#[test]
fn secrets_are_expanded_as_the_body_needs() {
    let vault = Vault::of([("a", "x&\"<y"), ("b", "plain")]);
    let expand = |text: &str, escape| {
        let expanded = expand_secrets(text.as_bytes(), &vault, escape, 1 << 20).unwrap();
        expanded.map(|bytes| String::from_utf8(bytes).unwrap())
    };
    assert_eq!(expand("nothing {{here}}", Escape::Plain), None);
    assert_eq!(expand("<{{secret:a}}|{{secret:b}}>", Escape::Plain).unwrap(), "<x&\"<y|plain>");
    assert_eq!(expand("{{secret:a}}", Escape::Json).unwrap(), "x&\\\"<y");
    assert_eq!(expand("{{secret:a}}", Escape::Xml).unwrap(), "x&amp;&quot;&lt;y");
    assert_eq!(expand("{{secret:a}}", Escape::Percent).unwrap(), "x%26%22%3Cy");
    assert_eq!(expand("a {{secret:b", Escape::Plain).unwrap(), "a {{secret:b");
    assert!(expand_secrets(b"{{secret:none}}", &vault, Escape::Plain, 1 << 20).is_err());
    assert_eq!(Escape::of_content_type("application/json; charset=utf-8"), Escape::Json);
    assert_eq!(Escape::of_content_type("application/soap+xml"), Escape::Xml);
    assert_eq!(Escape::of_content_type("text/plain"), Escape::Plain);
}
