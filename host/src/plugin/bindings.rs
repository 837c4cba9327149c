//! The Rust side of `wit/`, generated. The type interfaces are `crate::commerce` itself.
#![allow(missing_docs, clippy::all, clippy::pedantic, unreachable_pub, reason = "generated code")]

wasmtime::component::bindgen!({
    path: "../wit",
    world: "host",
    imports: { default: async },
    exports: { default: async },
    with: {
        "apiconnect:connector/types": crate::commerce::types,
        "apiconnect:connector/parties": crate::commerce::parties,
        "apiconnect:connector/products": crate::commerce::products,
        "apiconnect:connector/documents": crate::commerce::documents,
        "apiconnect:connector/changes": crate::commerce::changes,
    },
    additional_derives: [serde::Serialize, serde::Deserialize, utoipa::ToSchema],
});
