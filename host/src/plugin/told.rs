//! What a connector may tell: everything that the host keeps of an answer is bounded here, at the border.

use super::bindings::exports::apiconnect::connector as contract;
use super::bindings::exports::apiconnect::connector::connector::{Description, Health};
use crate::commerce::documents::{Invoice, Order, PaymentToken, Rendered, Shipment};
use crate::commerce::parties::{AccountStanding, Customer};
use crate::commerce::products::{Price, Stock};
use crate::commerce::types::{Conflict, Error as Refusal, Ids, Written};
use crate::limits;

/// An answer that is looked at before anybody else sees it.
pub(super) trait Told: Sized {
    /// The answer with its texts for people cut to size.
    ///
    /// # Errors
    /// What it holds too much of, where cutting would change what it means.
    fn checked(self) -> Result<Self, String>;
}

/// An error with its texts cut to size: they are kept with jobs, where a text of megabytes would not fit.
pub(super) fn refusal(refusal: Refusal) -> Refusal {
    let mut refusal = refusal;
    match &mut refusal {
        Refusal::NotSupported(text)
        | Refusal::Unauthorized(text)
        | Refusal::NotFound(text)
        | Refusal::Unavailable(text)
        | Refusal::NotSent(text)
        | Refusal::OutcomeUnknown(text)
        | Refusal::Internal(text)
        | Refusal::Conflict(Conflict::Version(text)) => cut(text),
        Refusal::Conflict(Conflict::Duplicate(ids)) => {
            if let Err(why) = check_ids(ids) {
                return Refusal::Internal(format!("it answered a duplicate, and {why}"));
            }
        }
        Refusal::Invalid(problems) => {
            let texts = shorten(problems).iter_mut().flat_map(|one| [&mut one.field, &mut one.problem]);
            cut_all(texts);
        }
        Refusal::NeedsMapping(missing) => {
            cut_all(shorten(missing).iter_mut().flat_map(|one| [&mut one.kind, &mut one.code]));
        }
        Refusal::RateLimited(_) => {}
    }
    refusal
}

/// All that a connector says of itself, summed up.
pub(super) fn description(about: &Description) -> Result<(), String> {
    let Description { name, title, vendor, version, settings_schema, hosts, secrets, session, documentation, .. } =
        about;
    for (what, text) in [("name", name), ("title", title), ("vendor", vendor), ("version", version)] {
        if text.len() > limits::IDENTIFIER_BYTES_MAX {
            return Err(format!("its {what} has {} bytes; it may have {}", text.len(), limits::IDENTIFIER_BYTES_MAX));
        }
    }
    let mut bytes = settings_schema.len() + documentation.as_ref().map_or(0, String::len);
    bytes += hosts.iter().map(String::len).sum::<usize>();
    bytes += secrets.iter().map(|slot| slot.name.len() + slot.purpose.len()).sum::<usize>();
    bytes += about.operations.iter().map(|operation| operation.name.len() + size_of_val(operation)).sum::<usize>();
    if let Some(session) = session {
        bytes += session.path.len() + session.body.len() + size_of_val(session.kept.as_slice());
        bytes += session.headers.iter().map(|header| header.name.len() + header.value.len()).sum::<usize>();
        bytes += session.apply.iter().map(|header| header.name.len() + header.value.len()).sum::<usize>();
    }
    if bytes > limits::DESCRIPTION_BYTES_MAX {
        return Err(format!("what it says of itself has {bytes} bytes; it may have {}", limits::DESCRIPTION_BYTES_MAX));
    }
    Ok(())
}

fn shorten<T>(items: &mut Vec<T>) -> &mut Vec<T> {
    items.truncate(limits::ERROR_ITEMS_MAX);
    items
}

fn cut_all<'a>(texts: impl Iterator<Item = &'a mut String>) {
    // Together they may be as long as some texts; the first ones say most.
    let mut room = limits::ERROR_TEXT_BYTES_MAX;
    for text in texts {
        cut_to(text, room);
        room = room.saturating_sub(text.len());
    }
}

fn cut(text: &mut String) {
    cut_to(text, limits::ERROR_TEXT_BYTES_MAX);
}

fn cut_to(text: &mut String, bytes: usize) {
    if text.len() > bytes {
        let end = (0..=bytes).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        // What was cut off stays in memory otherwise.
        text.shrink_to_fit();
    }
}

fn check_ids(ids: &Ids) -> Result<(), String> {
    let parts = ids.key.iter().flat_map(|part| [&part.name, &part.value]);
    let longest = [Some(&ids.id), ids.number.as_ref()].into_iter().flatten().chain(parts).map(String::len).max();
    if longest.unwrap_or(0) > limits::RECORD_ID_BYTES_MAX {
        return Err(format!("an id of the record has over {} bytes", limits::RECORD_ID_BYTES_MAX));
    }
    if ids.key.len() > limits::RECORD_KEY_PARTS_MAX {
        return Err(format!("the record's key has over {} parts", limits::RECORD_KEY_PARTS_MAX));
    }
    Ok(())
}

impl Told for Written {
    fn checked(self) -> Result<Self, String> {
        match &self {
            Self::Created(ids) | Self::AlreadyThere(ids) => check_ids(ids)?,
            Self::Pending(token) if token.len() > limits::RECORD_ID_BYTES_MAX => {
                return Err(format!("its token has over {} bytes", limits::RECORD_ID_BYTES_MAX));
            }
            Self::Pending(_) => {}
        }
        Ok(self)
    }
}

impl Told for Vec<Ids> {
    fn checked(self) -> Result<Self, String> {
        self.iter().try_for_each(check_ids)?;
        Ok(self)
    }
}

impl Told for Vec<Result<Written, Refusal>> {
    fn checked(self) -> Result<Self, String> {
        self.into_iter()
            .map(|one| match one {
                Ok(written) => written.checked().map(Ok),
                Err(error) => Ok(Err(refusal(error))),
            })
            .collect()
    }
}

impl Told for Health {
    fn checked(mut self) -> Result<Self, String> {
        let texts = [Some(&mut self.system), self.version.as_mut(), self.tenant.as_mut()];
        cut_all(texts.into_iter().flatten().chain(shorten(&mut self.remarks).iter_mut()));
        Ok(self)
    }
}

/// Lines are handed on as they are: how much they hold is bounded by what a call copies.
macro_rules! lines {
    ($($item:ty),*) => {
        $(impl Told for Vec<Result<$item, Refusal>> {
            fn checked(mut self) -> Result<Self, String> {
                for line in &mut self {
                    if let Err(error) = line {
                        *error = refusal(error.clone());
                    }
                }
                Ok(self)
            }
        })*
    };
}

/// Records and pages are handed on to whoever asked, and kept nowhere.
macro_rules! handed_on {
    ($($answer:ty),*) => {
        $(impl Told for $answer {
            fn checked(self) -> Result<Self, String> {
                Ok(self)
            }
        })*
    };
}

lines!(Price, Stock);
handed_on!(
    String,
    AccountStanding,
    Customer,
    Invoice,
    Order,
    Rendered,
    Vec<PaymentToken>,
    Vec<Shipment>,
    contract::catalog::CategoryPage,
    contract::catalog::CustomerProductPage,
    contract::catalog::KitPage,
    contract::catalog::ProductPage,
    contract::catalog::RelationPage,
    contract::catalog::RestrictionPage,
    contract::customers::ContactPage,
    contract::customers::CustomerPage,
    contract::customers::GroupPage,
    contract::customers::PastItemPage,
    contract::customers::ShipToPage,
    contract::feed::FeedPage,
    contract::feed::IdPage,
    contract::inbound::Handled,
    contract::inventory::AvailabilityPage,
    contract::invoices::InvoicePage,
    contract::orders::OrderPage,
    contract::payments::VaultSession,
    contract::pricing::AgreementPage,
    contract::quotes::QuotePage,
    contract::reference::CarrierPage,
    contract::reference::TermPage,
    contract::reference::UnitPage,
    contract::reference::WarehousePage
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commerce::types::{FieldProblem, KeyPart};

    #[test]
    fn texts_are_cut_and_lists_are_shortened() {
        let long = "ä".repeat(1 << 20);
        for error in [Refusal::Internal(long.clone()), Refusal::Conflict(Conflict::Version(long.clone()))] {
            assert!(refusal(error).to_string().len() < limits::ERROR_TEXT_BYTES_MAX + 200);
        }
        let problem = FieldProblem { field: long.clone(), problem: long.clone() };
        let Refusal::Invalid(problems) = refusal(Refusal::Invalid(vec![problem; 5_000])) else { unreachable!() };
        let bytes: usize = problems.iter().map(|one| one.field.len() + one.problem.len()).sum();
        assert!(problems.len() == limits::ERROR_ITEMS_MAX && bytes <= limits::ERROR_TEXT_BYTES_MAX);
    }

    #[test]
    fn ids_that_are_none_are_refused() {
        let ids = |id: &str, parts: usize| {
            let part = KeyPart { name: "n".into(), value: "v".into() };
            Ids { id: id.into(), key: vec![part; parts], number: None }
        };
        let long = "7".repeat(limits::RECORD_ID_BYTES_MAX + 1);
        assert!(Written::Created(ids(&long, 0)).checked().is_err() && vec![ids("7", 17)].checked().is_err());
        assert!(Written::Created(ids("7", 4)).checked().is_ok());
        assert!(matches!(refusal(Refusal::Conflict(Conflict::Duplicate(ids(&long, 0)))), Refusal::Internal(_)));
    }
}
