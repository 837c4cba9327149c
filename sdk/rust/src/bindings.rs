//! Generated code: one world for what every connector may use, and one world for each interface that it may offer.
//!
//! A connector calls the export macros of the interfaces it names, so its component exports these and nothing else.
#![allow(missing_docs, unsafe_code, clippy::all, clippy::pedantic, unreachable_pub, reason = "generated code")]

/// Types and host functions that all connectors share.
pub mod shared {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "capabilities",
        generate_all,
        additional_derives: [PartialEq],
    });
    pub use self::apiconnect::connector::{
        changes, clock, documents, files, http, log, parties, products, secret, sql, state, types,
    };
}

/// The interface `connector`.
pub mod connector {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package apiconnect:offer-connector; world offer-connector { export apiconnect:connector/connector@0.1.0; }",
        world: "apiconnect:offer-connector/offer-connector",
        pub_export_macro: true,
        export_macro_name: "export_connector",
        default_bindings_module: "apiconnect_sdk::bindings::connector",
        with: {
            "apiconnect:connector/types@0.1.0": crate::bindings::shared::apiconnect::connector::types,
        },
    });
    pub use self::exports::apiconnect::connector::connector::*;
}

/// The interface `pricing`.
pub mod pricing {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package apiconnect:offer-pricing; world offer-pricing { export apiconnect:connector/pricing@0.1.0; }",
        world: "apiconnect:offer-pricing/offer-pricing",
        pub_export_macro: true,
        export_macro_name: "export_pricing",
        default_bindings_module: "apiconnect_sdk::bindings::pricing",
        with: {
            "apiconnect:connector/types@0.1.0": crate::bindings::shared::apiconnect::connector::types,
            "apiconnect:connector/products@0.1.0": crate::bindings::shared::apiconnect::connector::products,
        },
    });
    pub use self::exports::apiconnect::connector::pricing::*;
}

/// The interface `inventory`.
pub mod inventory {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package apiconnect:offer-inventory; world offer-inventory { export apiconnect:connector/inventory@0.1.0; }",
        world: "apiconnect:offer-inventory/offer-inventory",
        pub_export_macro: true,
        export_macro_name: "export_inventory",
        default_bindings_module: "apiconnect_sdk::bindings::inventory",
        with: {
            "apiconnect:connector/types@0.1.0": crate::bindings::shared::apiconnect::connector::types,
            "apiconnect:connector/products@0.1.0": crate::bindings::shared::apiconnect::connector::products,
        },
    });
    pub use self::exports::apiconnect::connector::inventory::*;
}

/// The interface `customers`.
pub mod customers {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package apiconnect:offer-customers; world offer-customers { export apiconnect:connector/customers@0.1.0; }",
        world: "apiconnect:offer-customers/offer-customers",
        pub_export_macro: true,
        export_macro_name: "export_customers",
        default_bindings_module: "apiconnect_sdk::bindings::customers",
        with: {
            "apiconnect:connector/types@0.1.0": crate::bindings::shared::apiconnect::connector::types,
            "apiconnect:connector/parties@0.1.0": crate::bindings::shared::apiconnect::connector::parties,
        },
    });
    pub use self::exports::apiconnect::connector::customers::*;
}

/// The interface `catalog`.
pub mod catalog {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package apiconnect:offer-catalog; world offer-catalog { export apiconnect:connector/catalog@0.1.0; }",
        world: "apiconnect:offer-catalog/offer-catalog",
        pub_export_macro: true,
        export_macro_name: "export_catalog",
        default_bindings_module: "apiconnect_sdk::bindings::catalog",
        with: {
            "apiconnect:connector/types@0.1.0": crate::bindings::shared::apiconnect::connector::types,
            "apiconnect:connector/products@0.1.0": crate::bindings::shared::apiconnect::connector::products,
        },
    });
    pub use self::exports::apiconnect::connector::catalog::*;
}

/// The interface `orders`.
pub mod orders {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package apiconnect:offer-orders; world offer-orders { export apiconnect:connector/orders@0.1.0; }",
        world: "apiconnect:offer-orders/offer-orders",
        pub_export_macro: true,
        export_macro_name: "export_orders",
        default_bindings_module: "apiconnect_sdk::bindings::orders",
        with: {
            "apiconnect:connector/types@0.1.0": crate::bindings::shared::apiconnect::connector::types,
            "apiconnect:connector/documents@0.1.0": crate::bindings::shared::apiconnect::connector::documents,
        },
    });
    pub use self::exports::apiconnect::connector::orders::*;
}

/// The interface `order-batches`.
pub mod order_batches {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package apiconnect:offer-order-batches; world offer-order-batches { export apiconnect:connector/order-batches@0.1.0; }",
        world: "apiconnect:offer-order-batches/offer-order-batches",
        pub_export_macro: true,
        export_macro_name: "export_order_batches",
        default_bindings_module: "apiconnect_sdk::bindings::order_batches",
        with: {
            "apiconnect:connector/types@0.1.0": crate::bindings::shared::apiconnect::connector::types,
            "apiconnect:connector/documents@0.1.0": crate::bindings::shared::apiconnect::connector::documents,
        },
    });
    pub use self::exports::apiconnect::connector::order_batches::*;
}

/// The interface `quotes`.
pub mod quotes {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package apiconnect:offer-quotes; world offer-quotes { export apiconnect:connector/quotes@0.1.0; }",
        world: "apiconnect:offer-quotes/offer-quotes",
        pub_export_macro: true,
        export_macro_name: "export_quotes",
        default_bindings_module: "apiconnect_sdk::bindings::quotes",
        with: {
            "apiconnect:connector/types@0.1.0": crate::bindings::shared::apiconnect::connector::types,
            "apiconnect:connector/documents@0.1.0": crate::bindings::shared::apiconnect::connector::documents,
        },
    });
    pub use self::exports::apiconnect::connector::quotes::*;
}

/// The interface `invoices`.
pub mod invoices {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package apiconnect:offer-invoices; world offer-invoices { export apiconnect:connector/invoices@0.1.0; }",
        world: "apiconnect:offer-invoices/offer-invoices",
        pub_export_macro: true,
        export_macro_name: "export_invoices",
        default_bindings_module: "apiconnect_sdk::bindings::invoices",
        with: {
            "apiconnect:connector/types@0.1.0": crate::bindings::shared::apiconnect::connector::types,
            "apiconnect:connector/documents@0.1.0": crate::bindings::shared::apiconnect::connector::documents,
        },
    });
    pub use self::exports::apiconnect::connector::invoices::*;
}

/// The interface `reference`.
pub mod reference {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package apiconnect:offer-reference; world offer-reference { export apiconnect:connector/reference@0.1.0; }",
        world: "apiconnect:offer-reference/offer-reference",
        pub_export_macro: true,
        export_macro_name: "export_reference",
        default_bindings_module: "apiconnect_sdk::bindings::reference",
        with: {
            "apiconnect:connector/types@0.1.0": crate::bindings::shared::apiconnect::connector::types,
        },
    });
    pub use self::exports::apiconnect::connector::reference::*;
}

/// The interface `feed`.
pub mod feed {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package apiconnect:offer-feed; world offer-feed { export apiconnect:connector/feed@0.1.0; }",
        world: "apiconnect:offer-feed/offer-feed",
        pub_export_macro: true,
        export_macro_name: "export_feed",
        default_bindings_module: "apiconnect_sdk::bindings::feed",
        with: {
            "apiconnect:connector/types@0.1.0": crate::bindings::shared::apiconnect::connector::types,
            "apiconnect:connector/parties@0.1.0": crate::bindings::shared::apiconnect::connector::parties,
            "apiconnect:connector/products@0.1.0": crate::bindings::shared::apiconnect::connector::products,
            "apiconnect:connector/documents@0.1.0": crate::bindings::shared::apiconnect::connector::documents,
            "apiconnect:connector/changes@0.1.0": crate::bindings::shared::apiconnect::connector::changes,
        },
    });
    pub use self::exports::apiconnect::connector::feed::*;
}

/// The interface `sink`.
pub mod sink {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package apiconnect:offer-sink; world offer-sink { export apiconnect:connector/sink@0.1.0; }",
        world: "apiconnect:offer-sink/offer-sink",
        pub_export_macro: true,
        export_macro_name: "export_sink",
        default_bindings_module: "apiconnect_sdk::bindings::sink",
        with: {
            "apiconnect:connector/types@0.1.0": crate::bindings::shared::apiconnect::connector::types,
            "apiconnect:connector/parties@0.1.0": crate::bindings::shared::apiconnect::connector::parties,
            "apiconnect:connector/products@0.1.0": crate::bindings::shared::apiconnect::connector::products,
            "apiconnect:connector/documents@0.1.0": crate::bindings::shared::apiconnect::connector::documents,
            "apiconnect:connector/changes@0.1.0": crate::bindings::shared::apiconnect::connector::changes,
        },
    });
    pub use self::exports::apiconnect::connector::sink::*;
}

/// The interface `inbound`.
pub mod inbound {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package apiconnect:offer-inbound; world offer-inbound { export apiconnect:connector/inbound@0.1.0; }",
        world: "apiconnect:offer-inbound/offer-inbound",
        pub_export_macro: true,
        export_macro_name: "export_inbound",
        default_bindings_module: "apiconnect_sdk::bindings::inbound",
        with: {
            "apiconnect:connector/types@0.1.0": crate::bindings::shared::apiconnect::connector::types,
            "apiconnect:connector/http@0.1.0": crate::bindings::shared::apiconnect::connector::http,
        },
    });
    pub use self::exports::apiconnect::connector::inbound::*;
}

/// The interface `payments`.
pub mod payments {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package apiconnect:offer-payments; world offer-payments { export apiconnect:connector/payments@0.1.0; }",
        world: "apiconnect:offer-payments/offer-payments",
        pub_export_macro: true,
        export_macro_name: "export_payments",
        default_bindings_module: "apiconnect_sdk::bindings::payments",
        with: {
            "apiconnect:connector/types@0.1.0": crate::bindings::shared::apiconnect::connector::types,
            "apiconnect:connector/documents@0.1.0": crate::bindings::shared::apiconnect::connector::documents,
        },
    });
    pub use self::exports::apiconnect::connector::payments::*;
}

/// The interface `mapper`.
pub mod mapper {
    wit_bindgen::generate!({
        path: "../../wit",
        inline: "package apiconnect:offer-mapper; world offer-mapper { export apiconnect:connector/mapper@0.1.0; }",
        world: "apiconnect:offer-mapper/offer-mapper",
        pub_export_macro: true,
        export_macro_name: "export_mapper",
        default_bindings_module: "apiconnect_sdk::bindings::mapper",
        with: {
            "apiconnect:connector/types@0.1.0": crate::bindings::shared::apiconnect::connector::types,
        },
    });
    pub use self::exports::apiconnect::connector::mapper::*;
}
