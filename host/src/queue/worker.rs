//! Takes the turns: one dispatcher asks the board, each turn runs as a task of its own.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{Either, select};

use super::board::{After, Place};
use super::carrier::Carrier;
use super::job::{Job, State, Step};
use super::machine::{self, Weather};
use super::{Queue, QueueError};
use crate::seam;
use crate::telemetry::metric;

impl Queue {
    /// Carries documents until `stop` is done. Turns that run then are waited for.
    ///
    /// # Errors
    /// When the store failed: nothing may be acknowledged or sent any more, so the host has to stop.
    pub async fn run(&self, carrier: Arc<dyn Carrier>, stop: impl Future<Output = ()>) -> Result<(), QueueError> {
        let mut turns = tokio::task::JoinSet::new();
        tokio::pin!(stop);
        loop {
            while let Some(place) = self.take() {
                let (queue, carrier) = (self.clone(), Arc::clone(&carrier));
                turns.spawn(async move { queue.turn(&*carrier, place).await });
            }
            tokio::select! {
                () = &mut stop => break,
                () = self.rung() => {}
                Some(ended) = turns.join_next() => {
                    if let Ok(Err(error)) = ended {
                        return Err(error);
                    }
                }
            }
        }
        while let Some(ended) = turns.join_next().await {
            if let Ok(Err(error)) = ended {
                return Err(error);
            }
        }
        Ok(())
    }

    fn take(&self) -> Option<Place> {
        self.0.board.lock().take(self.0.clock.now())
    }

    /// Waits for the bell, or for the time of the next job.
    async fn rung(&self) {
        let next = self.0.board.lock().next_time();
        let bell = self.0.bell.notified();
        let Some(next) = next else { return bell.await };
        let wait = Duration::from_millis(next.saturating_sub(self.0.clock.now()).max(1));
        tokio::pin!(bell);
        let sleep = self.0.clock.sleep(wait);
        tokio::pin!(sleep);
        match select(bell, sleep).await {
            Either::Left(_) | Either::Right(_) => {}
        }
    }

    /// One turn: the start on disk, then the system, then the end on disk.
    async fn turn(&self, carrier: &dyn Carrier, place: Place) -> Result<(), QueueError> {
        let ready = self.get(&place.id)?;
        if !matches!(ready.state, State::Ready | State::Waiting) {
            self.end(&place, &ready, Weather::Same);
            return Ok(());
        }
        let mut job = ready.clone();
        let step = machine::start(&mut job, self.0.clock.now());
        self.write(&ready, &job).await?;
        let running = job.clone();
        let weather = match step {
            Step::Send => {
                let document = self.document(&job.id)?;
                let sent = carrier.send(&job, &document).await;
                machine::sent(&mut job, sent, self.0.clock.now(), jitter)
            }
            Step::LookUp => {
                let found = carrier.look_up(&job).await;
                machine::looked_up(&mut job, found, self.0.clock.now(), jitter)
            }
        };
        let result = job.attempts.last().and_then(|attempt| attempt.result.as_deref()).unwrap_or_default();
        tracing::info!(job = job.id, connection = job.connection, reference = job.reference, ?step, "{result}");
        metric::attempt_ended(&job.connection, word(&job));
        if job.state == State::Done {
            metric::job_done(&job.connection, job.operation.name(), word(&job));
        }
        self.write(&running, &job).await?;
        self.end(&place, &job, weather);
        Ok(())
    }

    fn end(&self, place: &Place, job: &Job, weather: Weather) {
        let after = match job.state {
            State::Ready | State::Waiting | State::Running => After::Again(job.next_at.unwrap_or(0)),
            State::Parked | State::Done => After::Gone,
        };
        self.0.board.lock().ended(place, after, weather, self.0.clock.now());
        self.0.bell.notify_one();
    }
}

/// Full jitter: anything from nothing to the whole pause, so that many documents do not come back at once.
fn jitter(pause: Duration) -> Duration {
    let millis = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(seam::random_below(millis.saturating_add(1)))
}

fn word(job: &Job) -> &'static str {
    use super::job::Outcome;
    match (job.state, job.outcome) {
        (State::Parked, _) => "parked",
        (State::Done, Outcome::Ok) => "ok",
        (State::Done, Outcome::Cancelled) => "cancelled",
        (State::Done, _) => "rejected",
        _ => "again",
    }
}
