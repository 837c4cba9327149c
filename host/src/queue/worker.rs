//! Takes the turns: one dispatcher asks the board, each call runs as a task of its own.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{join, join_all};

use super::board::{After, Place};
use super::carrier::{Answer, Carrier, Outgoing};
use super::job::{Job, Outcome, State, Step};
use super::machine::{self, Found, Frame, Sent, Weather};
use super::{Queue, QueueError};
use crate::seam::Clock;
use crate::telemetry::metric;

/// One job's turn within a call.
struct Turn {
    place: Place,
    /// The record as it lies on disk.
    before: Job,
    job: Job,
    step: Step,
}

impl Queue {
    /// Carries documents, and starts what the clock says, until `stop` is done. Turns that run then are waited for.
    ///
    /// # Errors
    /// When the store failed: nothing may be acknowledged or sent any more, so the host has to stop.
    pub async fn run(&self, carrier: Arc<dyn Carrier>, stop: impl Future<Output = ()>) -> Result<(), QueueError> {
        let mut turns = tokio::task::JoinSet::new();
        tokio::pin!(stop);
        loop {
            self.fire_schedules().await?;
            while let Some(places) = self.take() {
                let (queue, carrier) = (self.clone(), Arc::clone(&carrier));
                turns.spawn(async move { queue.call(&*carrier, places).await });
            }
            // In this order, so that a simulated run takes the same way again.
            tokio::select! {
                biased;
                () = &mut stop => break,
                Some(ended) = turns.join_next() => {
                    if let Ok(Err(error)) = ended {
                        return Err(error);
                    }
                }
                () = self.rung() => {}
            }
        }
        while let Some(ended) = turns.join_next().await {
            if let Ok(Err(error)) = ended {
                return Err(error);
            }
        }
        Ok(())
    }

    fn take(&self) -> Option<Vec<Place>> {
        self.0.board.lock().take(self.0.clock.now())
    }

    /// Waits for the bell, or for the time of the next job or schedule.
    async fn rung(&self) {
        let job = self.0.board.lock().next_time();
        let next = job.into_iter().chain(self.next_schedule()).min();
        let Some(next) = next else { return self.0.bell.notified().await };
        let wait = Duration::from_millis(next.saturating_sub(self.0.clock.now()).max(1));
        tokio::select! {
            biased;
            () = self.0.bell.notified() => {}
            () = self.0.clock.sleep(wait) => {}
        }
    }

    /// One call: the start of each of its jobs on disk, then the system, then the end of each on disk.
    async fn call(&self, carrier: &dyn Carrier, places: Vec<Place>) -> Result<(), QueueError> {
        let Some((connection, lane)) = places.first().map(|place| (Arc::clone(&place.connection), place.lane)) else {
            return Ok(());
        };
        let mut turns = self.start(places)?;
        let starts: Vec<_> = turns.iter().map(|turn| (&turn.before, &turn.job)).collect();
        if !starts.is_empty() {
            self.write(&starts).await?;
        }
        for turn in &mut turns {
            turn.before = turn.job.clone();
        }
        let weathers = self.carry(carrier, &mut turns).await?;
        let ends: Vec<_> = turns.iter().map(|turn| (&turn.before, &turn.job)).collect();
        if !ends.is_empty() {
            self.write(&ends).await?;
        }
        self.0.board.lock().released(&connection, lane);
        for (turn, weather) in turns.iter().zip(weathers) {
            self.end(&turn.place, &turn.job, weather);
        }
        self.0.bell.notify_one();
        self.mapped(&turns).await
    }

    /// Starts the jobs whose record still says that they may go.
    fn start(&self, places: Vec<Place>) -> Result<Vec<Turn>, QueueError> {
        let now = self.0.clock.now();
        let mut turns = Vec::with_capacity(places.len());
        for place in places {
            let before = self.get(place.id)?;
            if matches!(before.state, State::Ready | State::Waiting) {
                let mut job = before.clone();
                let step = machine::start(&mut job, now);
                turns.push(Turn { place, before, job, step });
            } else {
                self.end(&place, &before, Weather::Same);
            }
        }
        Ok(turns)
    }

    /// Sends what is to be sent in one call, looks up what is to be looked up beside it, and takes the answers in.
    async fn carry(&self, carrier: &dyn Carrier, turns: &mut [Turn]) -> Result<Vec<Weather>, QueueError> {
        let mut documents = Vec::with_capacity(turns.len());
        for turn in turns.iter() {
            documents.push(self.document(turn.job.id)?);
        }
        let of = |step: Step| {
            let turns = turns.iter().zip(&documents).filter(move |(turn, _)| turn.step == step);
            turns.map(|(turn, document)| Outgoing { job: &turn.job, document })
        };
        let outgoing: Vec<Outgoing<'_>> = of(Step::Send).collect();
        let send = async { if outgoing.is_empty() { Vec::new() } else { carrier.send(&outgoing).await } };
        let (sent, found) = join(send, join_all(of(Step::LookUp).map(|one| carrier.look_up(one)))).await;
        let (mut sent, mut found) = (sent.into_iter(), found.into_iter());
        Ok(turns
            .iter_mut()
            .map(|turn| match turn.step {
                Step::Send => self.sent(&mut turn.job, sent.next()),
                Step::LookUp => self.found(&mut turn.job, found.next()),
            })
            .collect())
    }

    fn sent(&self, job: &mut Job, answer: Option<Answer<Sent>>) -> Weather {
        let missing = || Answer::of(Sent::Unknown { text: "the connector gave no answer".to_owned(), crashed: true });
        let answer = answer.unwrap_or_else(missing);
        self.take_in(job, answer.connector, |job, frame| machine::sent(job, answer.what, frame))
    }

    fn found(&self, job: &mut Job, answer: Option<Answer<Found>>) -> Weather {
        let missing = || Answer::of(Found::Failed("the connector gave no answer".to_owned()));
        let answer = answer.unwrap_or_else(missing);
        self.take_in(job, answer.connector, |job, frame| machine::looked_up(job, answer.what, frame))
    }

    fn take_in(
        &self,
        job: &mut Job,
        connector: Option<String>,
        step: impl FnOnce(&mut Job, &Frame<'_>) -> Weather,
    ) -> Weather {
        let policy = self.policy(&job.connection);
        let jitter = jitter(&self.0.clock);
        let weather = step(job, &Frame { policy: &policy, now: self.0.clock.now(), jitter: &jitter });
        if let Some(attempt) = job.attempts.last_mut() {
            attempt.connector = connector;
            let result = attempt.result.as_deref().unwrap_or_default();
            let (connection, reference, step) = (&job.connection, &job.reference, attempt.step);
            tracing::info!(job = %job.id, connection, reference, ?step, "{result}");
        }
        metric::attempt_ended(&job.connection, word(job));
        if job.state == State::Done {
            metric::job_done(&job.connection, job.operation.name(), word(job));
        }
        weather
    }

    fn end(&self, place: &Place, job: &Job, weather: Weather) {
        let after = match job.state {
            State::Ready | State::Waiting | State::Running => After::Again(job.next_at.unwrap_or(0)),
            State::Parked | State::Done => After::Gone,
        };
        self.0.board.lock().ended(place, after, weather, self.0.clock.now());
    }

    /// A document that lacked a mapping went through, so its code is mapped now: the others with it go on, too.
    async fn mapped(&self, turns: &[Turn]) -> Result<(), QueueError> {
        let done = turns.iter().filter(|turn| turn.job.state == State::Done && turn.job.outcome == Outcome::Ok);
        for cause in done.filter_map(|turn| turn.job.cause.as_deref()) {
            let unmapped = |kind| kind == super::ReasonKind::NeedsMapping;
            if self.cause(cause).is_some_and(|cause| unmapped(cause.kind)) {
                self.decide_cause(cause, &machine::Decision::Retry).await?;
            }
        }
        Ok(())
    }
}

/// Full jitter: anything from nothing to the whole pause, so that many documents do not come back at once.
fn jitter(clock: &Clock) -> impl Fn(Duration) -> Duration + '_ {
    |pause| {
        let millis = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(clock.chance(millis.saturating_add(1)))
    }
}

fn word(job: &Job) -> &'static str {
    match (job.state, job.outcome) {
        (State::Parked, _) => "parked",
        (State::Done, Outcome::Ok) => "ok",
        (State::Done, Outcome::Cancelled) => "cancelled",
        (State::Done, _) => "rejected",
        _ => "again",
    }
}
