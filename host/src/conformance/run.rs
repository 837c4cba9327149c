//! A whole run: every step as it should be, then with everything that can go wrong, then under other names.

use std::path::PathBuf;
use std::sync::Arc;

use url::Url;

use super::KitError;
use super::bench::{self, Bench};
use super::cases::Run;
use super::fixture;
use super::recorder::Recorder;
use super::report::Report;
use super::scenario::Scenario;
use super::server::{Port, Server};
use super::stage::{Backend, Stage, System};
use super::twisted;
use crate::connection::{check_secrets, check_settings};
use crate::egress::Egress;
use crate::plugin::{Loaded, Sandbox};
use crate::seam::Clock;

/// What is tested, and before what.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The component.
    pub component: PathBuf,
    /// The folder with fixtures and scenario.
    pub fixtures: PathBuf,
    /// Another scenario than the folder's.
    pub scenario: Option<PathBuf>,
    /// Where answers come from.
    pub source: Source,
    /// Operations to look at; all of them when there is none.
    pub only: Vec<String>,
    /// Where the exchanges with a running system are written as fixtures.
    pub record: Option<PathBuf>,
}

/// Where the system's answers come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// The fixtures of the folder.
    Fixtures,
    /// A running simulator or sandbox system at this address.
    System(String),
}

/// The conformance kit.
pub struct Kit {
    loaded: Arc<Loaded>,
    scenario: Arc<Scenario>,
    asked: Asked,
}

/// A bench with the port it stands on.
pub(super) struct Stand {
    pub(super) bench: Bench,
    _server: Server,
}

impl Kit {
    /// Loads the component and reads its scenario.
    ///
    /// # Errors
    /// What is wrong with one of the files, and where.
    pub async fn open(sandbox: &Sandbox, asked: Asked) -> Result<Self, KitError> {
        let scenario = match &asked.scenario {
            Some(file) => Scenario::read(file)?,
            None => Scenario::in_folder(&asked.fixtures)?,
        };
        let loaded = Arc::new(sandbox.load(&asked.component).await?);
        let name = &loaded.description.name;
        if scenario.connector != *name {
            let problem = format!("it is for `{}`, and the connector is `{name}`", scenario.connector);
            return Err(scenario.wrong("connector", problem));
        }
        let known = bench::settings(&scenario.settings, "http://127.0.0.1");
        check_settings(&known, &loaded).map_err(|problem| scenario.wrong("settings", problem))?;
        check_secrets(&scenario.vault()?, &loaded).map_err(|problem| scenario.wrong("secrets", problem))?;
        Ok(Self { loaded, scenario: Arc::new(scenario), asked })
    }

    /// Puts the connector through everything. `say` is told what is being done.
    ///
    /// # Errors
    /// When it cannot be tested: a file is wrong, or there is no port. A connector that fails is a report.
    pub async fn run(&self, say: &mut (dyn FnMut(&str) + Send)) -> Result<Report, KitError> {
        let backend = match &self.asked.source {
            Source::Fixtures => Place::Fixtures(Arc::new(fixture::read(&self.asked.fixtures)?)),
            Source::System(url) => Place::System(self.system(url)?),
        };
        let stand = self.stand(&backend, Arc::clone(&self.scenario)).await?;
        let mut run = Run::new(self, stand.bench, &self.asked.only);
        run.good(say).await?;
        run.cases(say).await?;
        if let Place::Fixtures(fixtures) = &backend {
            twisted::run(self, &mut run, fixtures, say).await?;
        }
        let nothing = self.stand(&Place::Nothing, Arc::clone(&self.scenario)).await?;
        run.probe(&nothing.bench).await?;
        run.measure(say).await?;
        let mut report = run.report();
        if let (Some(folder), Some(recorder)) = (&self.asked.record, run.recorder()) {
            report.recorded = recorder.write(folder)?.iter().map(|file| file.display().to_string()).collect();
        }
        Ok(report)
    }

    fn system(&self, url: &str) -> Result<Url, KitError> {
        let wrong = |problem: &str| KitError::System { url: url.to_owned(), problem: problem.to_owned() };
        let parsed = Url::parse(url).map_err(|e| wrong(&e.to_string()))?;
        match parsed.host_str() {
            Some(_) if matches!(parsed.scheme(), "http" | "https") => Ok(parsed),
            _ => Err(wrong("it is no address of HTTP; write http://127.0.0.1:8080")),
        }
    }

    /// A bench before fixtures, a running system, or nothing.
    pub(super) async fn stand(&self, place: &Place, scenario: Arc<Scenario>) -> Result<Stand, KitError> {
        let port = Port::open().await?;
        let own = format!("http://{}", port.address);
        let fixed = match place {
            Place::System(_) => None,
            _ => scenario.now()?,
        };
        let clock = fixed.map_or_else(Clock::system, Clock::manual);
        let vault = scenario.vault()?;
        let backend = match place {
            Place::Fixtures(all) => Backend::Fixtures(Arc::clone(all)),
            Place::Nothing => Backend::Nothing,
            Place::System(url) => {
                let scheme = self.loaded.description.session.clone();
                let recorder = self.asked.record.as_ref().map(|_| Recorder::new(&vault, scheme));
                let (egress, base, own) = (Egress::new(Clock::system())?, url.clone(), own.clone());
                Backend::System(Box::new(System { egress, base, own, recorder }))
            }
        };
        let stage = Arc::new(Stage::new(backend, scenario.answers.clone()));
        let server = port.serve(Arc::clone(&stage));
        // A path behind the system's address stands for the scenario's own.
        let path = match place {
            Place::System(url) if url.path() != "/" => url.path(),
            _ => scenario.base_path.as_str(),
        };
        let base = Url::parse(&format!("{}{path}", server.origin()))
            .map_err(|e| scenario.wrong("base_path", format!("it is no path: {e}")))?;
        let egress = Egress::new(clock.clone())?;
        let loaded = Arc::clone(&self.loaded);
        Ok(Stand { bench: Bench { loaded, scenario, stage, egress, clock, base, vault }, _server: server })
    }

    pub(super) const fn scenario(&self) -> &Arc<Scenario> {
        &self.scenario
    }

    pub(super) const fn loaded(&self) -> &Arc<Loaded> {
        &self.loaded
    }
}

/// Where a bench stands.
pub(super) enum Place {
    Fixtures(Arc<Vec<fixture::Fixture>>),
    System(Url),
    Nothing,
}
