//! A system that is slow, goes away, crashes its connector, and loses answers after it has created a document.

use std::time::Duration;

use futures::future::BoxFuture;
use parking_lot::Mutex;

use super::super::{Answer, Carrier, Found, Job, Outgoing, ReasonKind, Sent};
use crate::commerce::types::Ids;
use crate::seam::{Clock, Millis};

pub(super) struct System {
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Key and reference of every document, in the order of creation.
    created: Vec<(String, String)>,
    /// Writes that are still on their way in although nobody waits for them any more.
    landing: Vec<(Millis, String, String)>,
    away_until: Millis,
}

impl System {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, state: Mutex::default() }
    }

    /// The documents that were created, and those that still were on their way.
    pub(super) fn created(&self) -> Vec<(String, String)> {
        self.land(Millis::MAX);
        self.state.lock().created.clone()
    }

    /// The host is gone; what it sent a moment ago arrives or does not.
    pub(super) fn cut(&self) {
        self.land(self.clock.now());
    }

    fn land(&self, now: Millis) {
        let mut state = self.state.lock();
        let (landed, left) = std::mem::take(&mut state.landing).into_iter().partition(|(at, ..)| *at <= now);
        state.landing = left;
        let landed: Vec<(Millis, String, String)> = landed;
        state.created.extend(landed.into_iter().map(|(_, key, reference)| (key, reference)));
    }

    fn away(&self) -> Option<Sent> {
        let now = self.clock.now();
        let mut state = self.state.lock();
        if state.away_until <= now && self.clock.chance(40) == 0 {
            state.away_until = now + self.clock.chance(120_000);
        }
        (state.away_until > now).then(|| {
            let wait = (self.clock.chance(3) == 0).then(|| Duration::from_millis(self.clock.chance(20_000)));
            Sent::Away { text: "503".to_owned(), wait }
        })
    }

    fn number(&self, job: &Job) -> Option<Ids> {
        let state = self.state.lock();
        let at = state.created.iter().position(|(_, reference)| *reference == job.reference)?;
        Some(Ids { id: at.to_string(), key: Vec::new(), number: None })
    }

    fn create(&self, job: &Job) -> Ids {
        let mut state = self.state.lock();
        state.created.push((job.order_key.clone(), job.reference.clone()));
        Ids { id: (state.created.len() - 1).to_string(), key: Vec::new(), number: None }
    }

    async fn send_one(&self, job: &Job) -> Sent {
        self.clock.sleep(Duration::from_millis(self.clock.chance(300))).await;
        self.land(self.clock.now());
        if let Some(away) = self.away() {
            return away;
        }
        match self.clock.chance(20) {
            0 => Sent::Unknown { text: "cut before it was created".to_owned(), crashed: false },
            1 => {
                self.create(job);
                Sent::Unknown { text: "cut after it was created".to_owned(), crashed: self.clock.chance(3) == 0 }
            }
            // The answer is lost, and the document appears only in a while; shorter than the settling time.
            2 => {
                let at = self.clock.now() + self.clock.chance(1_500);
                self.state.lock().landing.push((at, job.order_key.clone(), job.reference.clone()));
                Sent::Unknown { text: "cut while it was created".to_owned(), crashed: false }
            }
            3 => Sent::Failed { kind: ReasonKind::NotSent, text: "no route".to_owned() },
            4 if job.crashes == 0 => Sent::Crashed("trap".to_owned()),
            _ => {
                let ids = self.create(job);
                // The document is there, and the host may die before it hears of it.
                self.clock.sleep(Duration::from_millis(self.clock.chance(60))).await;
                Sent::There { ids, already: false }
            }
        }
    }
}

impl Carrier for System {
    fn send<'a>(&'a self, documents: &'a [Outgoing<'a>]) -> BoxFuture<'a, Vec<Answer<Sent>>> {
        Box::pin(async move {
            let mut answers = Vec::new();
            for one in documents {
                answers.push(Answer::of(self.send_one(one.job).await));
            }
            answers
        })
    }

    fn look_up<'a>(&'a self, Outgoing { job, .. }: Outgoing<'a>) -> BoxFuture<'a, Answer<Found>> {
        Box::pin(async move {
            self.clock.sleep(Duration::from_millis(self.clock.chance(100))).await;
            self.land(self.clock.now());
            if let Some(Sent::Away { text, wait }) = self.away() {
                return Answer::of(Found::Away { text, wait });
            }
            Answer::of(match (self.number(job), self.clock.chance(30)) {
                (_, 0) => Found::Failed("trap".to_owned()),
                (Some(ids), _) => Found::One(ids),
                (None, _) => Found::None,
            })
        })
    }
}
