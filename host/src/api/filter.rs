//! Which orders, quotes or invoices a list has.

use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::input::limit;
use super::problem::Problem;
use crate::commerce::documents::{DocumentFilter, DocumentState, OrderKind};
use crate::commerce::types::PageRequest;

/// Kinds of documents, for queries.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// Orders.
    Order,
    /// Quotes.
    Quote,
    /// Pre-orders.
    PreOrder,
}

/// States of documents, for queries.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Openness {
    /// Something is still to come.
    Open,
    /// Nothing more will happen.
    Closed,
    /// Both.
    #[default]
    All,
}

/// Which documents are wanted; every given field narrows.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DocumentQuery {
    /// Id of the customer.
    customer: Option<String>,
    /// Id of the delivery address.
    ship_to: Option<String>,
    /// Kind of document.
    #[param(inline)]
    kind: Option<Kind>,
    /// Open or closed.
    #[serde(default)]
    #[param(inline)]
    state: Openness,
    /// First day: YYYY-MM-DD.
    from: Option<String>,
    /// Last day: YYYY-MM-DD.
    to: Option<String>,
    /// Words in number, reference or the customer's purchase order.
    text: Option<String>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Items at most: 1 to 500.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

impl DocumentQuery {
    /// The filter, and the page.
    pub(super) fn split(self) -> Result<(DocumentFilter, PageRequest), Problem> {
        let page = PageRequest { cursor: self.cursor.clone(), limit: limit(self.limit)? };
        Ok((self.filter(), page))
    }

    fn filter(&self) -> DocumentFilter {
        DocumentFilter {
            customer: self.customer.clone(),
            ship_to: self.ship_to.clone(),
            kind: self.kind.map(|kind| match kind {
                Kind::Order => OrderKind::Order,
                Kind::Quote => OrderKind::Quote,
                Kind::PreOrder => OrderKind::PreOrder,
            }),
            state: match self.state {
                Openness::Open => DocumentState::Open,
                Openness::Closed => DocumentState::Closed,
                Openness::All => DocumentState::All,
            },
            date_from: self.from.clone(),
            date_to: self.to.clone(),
            text: self.text.clone(),
        }
    }
}
