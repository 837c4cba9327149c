//! What a document must satisfy before it is accepted, whatever system it goes to.
