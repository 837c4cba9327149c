//! Which records are sealed: all, but those in this table. Record keys hold ids and hashes only and are never sealed.

/// Prefixes of records whose values are read without a master key, and why that gives nothing away.
const PLAIN: [(&[u8], &str); 3] = [
    (b"idempotency/", "hashes and job ids"),
    (b"key/", "hashes of API keys; `apiconnect key` must work without a master key"),
    (b"seal/", "what tells whether a master key is the right one"),
];

/// Whether the value of the record `key` is sealed.
pub(super) fn is_sealed(key: &[u8]) -> bool {
    !PLAIN.iter().any(|(prefix, _)| key.starts_with(prefix))
}
