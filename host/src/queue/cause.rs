//! What parked jobs have in common: a short name for the reason, the same for the same trouble.

use sha2::{Digest, Sha256};

use super::job::ReasonKind;

/// The cause's name: 16 hex digits.
///
/// Numbers and quoted words differ from document to document and say nothing about the trouble, so they do not count.
/// A code that lacks a mapping is the trouble itself, so there every letter counts.
pub(super) fn of(connection: &str, kind: ReasonKind, text: &str) -> String {
    let essence = if kind == ReasonKind::NeedsMapping { text.to_owned() } else { essence(text) };
    let mut hash = Sha256::new();
    for part in [connection, kind.as_str(), &essence] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The text without what differs between documents.
fn essence(text: &str) -> String {
    let mut essence = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if matches!(c, '"' | '`' | '\u{201c}') {
            let end = if c == '\u{201c}' { '\u{201d}' } else { c };
            // An opening mark without an end is just a mark.
            if rest.clone().take(200).any(|other| other == end) {
                while rest.next().is_some_and(|other| other != end) {}
            }
            essence.push('…');
        } else if c.is_ascii_digit() {
            while rest.next_if(|next| next.is_ascii_alphanumeric() || matches!(next, '.' | ',' | '-' | ':')).is_some() {
            }
            essence.push('#');
        } else if !c.is_whitespace() || !essence.ends_with(' ') {
            essence.extend(if c.is_whitespace() { ' ' } else { c }.to_lowercase());
        }
    }
    essence
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_trouble_has_one_name() {
        let name = |text| of("erp", ReasonKind::Rejected, text);
        assert_eq!(name("Customer `C1` is blocked (code 42)"), name("customer `C2000` is blocked  (code 7)"));
        assert_eq!(name("lines[0].product: unknown \"A1\""), name("lines[12].product: unknown \"B-2\""));
        assert_ne!(name("customer `C1` is blocked"), name("customer `C1` is closed"));
        assert_ne!(name("x"), of("crm", ReasonKind::Rejected, "x"));
        assert_ne!(name("x"), of("erp", ReasonKind::Connector, "x"));
    }

    #[test]
    fn every_missing_code_is_a_trouble_of_its_own() {
        let name = |text| of("erp", ReasonKind::NeedsMapping, text);
        assert_ne!(name("the carrier `UPS` has no counterpart"), name("the carrier `DHL` has no counterpart"));
    }

    #[test]
    fn an_open_quote_swallows_nothing() {
        assert_eq!(essence("it's 5` tall"), "it's #… tall");
        assert_eq!(essence(""), "");
    }
}
