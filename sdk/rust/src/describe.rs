//! Short ways to write a connector's description.

use crate::interfaces::{Description, FeedKind, Idempotency, Kind, Operation, SecretSlot};

impl Description {
    /// A connector to an ERP that asks for nothing special.
    #[must_use]
    pub fn new(name: &str, title: &str, vendor: &str, version: &str) -> Self {
        Self {
            name: name.into(),
            title: title.into(),
            vendor: vendor.into(),
            version: version.into(),
            kind: Kind::Erp,
            settings_schema: r#"{"type":"object","additionalProperties":false}"#.into(),
            hosts: Vec::new(),
            secrets: Vec::new(),
            session: None,
            operations: Vec::new(),
            rate: None,
            documentation: None,
        }
    }

    /// Adds what one operation can do.
    #[must_use]
    pub fn operation(mut self, operation: Operation) -> Self {
        self.operations.push(operation);
        self
    }

    /// Adds a secret that a connection must have.
    #[must_use]
    pub fn secret(mut self, name: &str, purpose: &str) -> Self {
        self.secrets.push(SecretSlot { name: name.into(), purpose: purpose.into(), required: true });
        self
    }

    /// Sets the JSON Schema of the settings.
    #[must_use]
    pub fn settings(mut self, schema: &str) -> Self {
        self.settings_schema = schema.into();
        self
    }
}

impl Operation {
    /// An operation that takes one line or document at a time, four calls side by side.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            max_batch: 1,
            max_parallel: 4,
            idempotency: Idempotency::None,
            feed: FeedKind::None,
            page_cap: None,
        }
    }

    /// One call takes up to so many lines or documents.
    #[must_use]
    pub fn batch(mut self, lines: u32) -> Self {
        self.max_batch = lines;
        self
    }

    /// So many calls may run side by side.
    #[must_use]
    pub fn parallel(mut self, calls: u32) -> Self {
        self.max_parallel = calls;
        self
    }

    /// How a repeat is recognized.
    #[must_use]
    pub fn idempotent(mut self, by: Idempotency) -> Self {
        self.idempotency = by;
        self
    }
}
