//! A connection of the connector to the system's place: a new one for every step, so that no step helps another.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use url::Url;

use super::KitError;
use super::fault::{Fault, Plan};
use super::meter::Meter;
use super::scenario::Scenario;
use super::stage::Stage;
use crate::connection;
use crate::egress::{Auth, Egress, Outlet, OutletSettings};
use crate::plugin::{Link, Loaded};
use crate::seam::Clock;
use crate::secret::Vault;

/// What every step is asked with.
pub(super) struct Bench {
    pub(super) loaded: Arc<Loaded>,
    pub(super) scenario: Arc<Scenario>,
    pub(super) stage: Arc<Stage>,
    pub(super) egress: Egress,
    pub(super) clock: Clock,
    pub(super) base: Url,
    pub(super) vault: Vault,
}

impl Bench {
    /// A connection with nothing remembered, and its meter.
    pub(super) fn connect(&self, plan: Option<Plan>) -> Result<(Arc<Link>, Arc<Meter>), KitError> {
        let origin = self.base.origin().ascii_serialization();
        let values = settings(&self.scenario.settings, &origin);
        let mut settings = OutletSettings::new("conformance", self.base.clone());
        settings.private_network = true;
        settings.auth = auth(&self.scenario.auth, &origin);
        settings.vault = self.vault.clone();
        settings.settings = values.clone();
        settings.session = self.loaded.description.session.as_ref().map(connection::session);
        let outlet = Arc::new(Outlet::open(settings, &self.egress)?);
        let slow = plan.filter(|plan| plan.fault == Fault::Slow).map(|plan| plan.at);
        let meter = Arc::new(Meter::new(outlet, slow));
        let exchange = Arc::clone(&meter) as _;
        let link = Link::new("conformance", values.to_string(), exchange, self.vault.clone(), self.clock.clone());
        Ok((Arc::new(link), meter))
    }
}

/// The scenario's settings with `${origin}` filled in.
pub(super) fn settings(settings: &Value, origin: &str) -> Value {
    let names = BTreeMap::from([("origin".to_owned(), origin.to_owned())]);
    super::play::filled(settings, &names).unwrap_or_else(|_| settings.clone())
}

/// Tokens are fetched from the system's place, too: `token_url = "${origin}/token"`.
fn auth(auth: &Auth, origin: &str) -> Auth {
    let mut auth = auth.clone();
    if let Auth::Oauth2ClientCredentials { token_url, .. } = &mut auth {
        *token_url = token_url.replace("${origin}", origin);
    }
    auth
}
