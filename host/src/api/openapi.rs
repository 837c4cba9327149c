//! The OpenAPI document, made from the handlers; a copy is checked in, so that no change goes unseen.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(title = "apiconnect", description = "Live prices, stock and documents of the systems behind a store."),
    paths(
        super::connections::list, super::connections::get, super::connections::check, super::connections::pause,
        super::connections::resume, super::connections::exchanges, super::connections::log,
        super::live::query_prices, super::live::query_inventory,
        super::customers::list_customers, super::customers::get_customer, super::customers::create_customer,
        super::customers::put_customer, super::customers::list_ship_tos, super::customers::create_ship_to,
        super::customers::put_ship_to, super::customers::list_contacts, super::customers::list_past_items,
        super::customers::account_summary, super::customers::list_groups,
        super::vault::begin_vault, super::vault::list_payment_methods, super::vault::charge, super::vault::detach,
        super::catalog::list_products, super::catalog::list_categories, super::catalog::list_relations,
        super::catalog::list_kits, super::catalog::list_customer_products, super::catalog::list_restrictions,
        super::catalog::list_agreements, super::catalog::list_inventory,
        super::reference::list_warehouses, super::reference::list_carriers, super::reference::list_terms,
        super::reference::list_units,
        super::orders::submit_order, super::orders::list_orders, super::orders::get_order,
        super::orders::list_shipments, super::orders::simulate_order, super::orders::cancel_order,
        super::orders::add_note,
        super::quotes::list_quotes, super::quotes::get_quote, super::quotes::convert_quote,
        super::invoices::list_invoices, super::invoices::get_invoice, super::invoices::get_document,
        super::invoices::record_payment,
        super::jobs::list, super::jobs::get, super::jobs::document, super::jobs::replace_document,
        super::jobs::retry, super::jobs::resolve, super::jobs::cancel,
        super::causes::list, super::causes::retry, super::causes::cancel,
        super::bulk::submit,
        super::schedules::list, super::schedules::put, super::schedules::remove,
        super::recordings::list, super::recordings::get, super::recordings::record_described,
        super::recordings::shadow_described,
        super::plugins::list, super::plugins::install, super::plugins::activate, super::plugins::rollback,
        super::keys::list, super::keys::create, super::keys::revoke,
        super::store::stats, super::store::backup,
        super::health::healthz, super::health::readyz, super::health::metrics,
    ),
    security(("key" = [])),
    modifiers(&Key),
)]
struct Document;

struct Key;

impl Modify for Key {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("ack_…").build();
        document.components.get_or_insert_default().add_security_scheme("key", SecurityScheme::Http(scheme));
    }
}

/// The document as JSON, with line breaks.
#[must_use]
pub fn document() -> String {
    Document::openapi().to_pretty_json().unwrap_or_default()
}

pub(super) async fn serve() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], document()).into_response()
}
