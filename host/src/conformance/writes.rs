//! What is asked of a write besides its answer: that the system has one document in the end, whatever went wrong and
//! however often it was sent.

use serde_json::Value;

use super::KitError;
use super::answer::{Answer, Played};
use super::bench::Bench;
use super::judge::Failure;
use super::play::Question;
use crate::plugin::contract::connector::Idempotency;

/// A write and what became of it.
pub(super) struct Written<'a> {
    pub(super) question: &'a Question,
    /// Documents that it makes when all goes well; 0 where fixtures count none.
    pub(super) makes: u32,
    /// Whether its operation can be repeated, by the connector's own word.
    pub(super) repeats: bool,
}

/// What was found, with the exchanges that led to it.
pub(super) type Settled = Result<(), (Failure, Vec<String>)>;

impl Bench {
    /// Whether the connector says that an operation can be repeated: by key, or because it is looked up.
    pub(super) fn idempotency(&self, operation: &str) -> Option<&'static str> {
        let about = self.loaded.description.operations.iter().find(|about| about.name == operation)?;
        Some(match about.idempotency {
            Idempotency::Key => "key",
            Idempotency::Reference => "reference",
            Idempotency::None => "none",
        })
    }

    /// Sends a write twice, as a host does that lost the first answer.
    pub(super) async fn twice(&self, written: &Written<'_>) -> Result<Settled, KitError> {
        let first = self.play(written.question, None).await?;
        let Some(id) = first.answer.written_id().map(str::to_owned) else {
            return Ok(if matches!(first.answer, Answer::Value(_)) { Ok(()) } else { Err(lost(&first)) });
        };
        let second = self.play(&written.question.again(), None).await?;
        let log = [first.log.clone(), second.log.clone()].concat();
        if second.answer.written_id() != Some(id.as_str()) {
            let expected = format!("already_there with the id `{id}` for the second attempt");
            return Ok(Err((Failure::new(expected, second.answer.told()), log)));
        }
        if written.makes > 0 && first.made + second.made != written.makes {
            let came = format!("{} documents", first.made + second.made);
            return Ok(Err((Failure::new(format!("{} document in the system", written.makes), came), log)));
        }
        self.found(written, Some(&id), Some(1), log).await
    }

    /// Goes on as a host does after something went wrong: looks the document up, sends it again, looks again.
    pub(super) async fn settle(&self, written: &Written<'_>, faulty: &Played) -> Result<Settled, KitError> {
        let log = faulty.log.clone();
        let counted = self.stage.repeats() && written.makes > 0;
        let looked = self.found(written, faulty.answer.written_id(), counted.then_some(faulty.made), log).await?;
        if looked.is_err() || !written.repeats {
            return Ok(looked);
        }
        let again = self.play(&written.question.again(), None).await?;
        let log = [faulty.log.clone(), again.log.clone()].concat();
        if !matches!(again.answer, Answer::Value(_)) {
            let expected = "that the second attempt ends well, since nothing is wrong any more";
            return Ok(Err((Failure::new(expected, again.answer.told()), log)));
        }
        let made = faulty.made + again.made;
        if counted && made != written.makes {
            let expected = format!("{} document in the system after the second attempt", written.makes);
            return Ok(Err((Failure::new(expected, format!("{made} documents")), log)));
        }
        let wanted = (written.makes > 0 || !self.stage.repeats()).then_some(1);
        self.found(written, again.answer.written_id(), wanted, log).await
    }

    /// Looks a written document up; so many hits are right, and `id` is among them.
    async fn found(
        &self,
        written: &Written<'_>,
        id: Option<&str>,
        wanted: Option<u32>,
        mut log: Vec<String>,
    ) -> Result<Settled, KitError> {
        let Some(look_up) = written.question.look_up() else { return Ok(Ok(())) };
        let found = self.play(&look_up, None).await?;
        log.extend(found.log.iter().cloned());
        let name = look_up.operation.name;
        let Answer::Value(Value::Array(hits)) = &found.answer else {
            return Ok(Err((Failure::new(format!("an answer of {name}"), found.answer.told()), log)));
        };
        let has = |id: &str| hits.iter().any(|hit| hit.get("id").and_then(Value::as_str) == Some(id));
        if let Some(wanted) = wanted
            && u32::try_from(hits.len()) != Ok(wanted)
        {
            let expected =
                format!("that {name} finds {wanted} with the reference `{}`", written.question.write.reference);
            return Ok(Err((Failure::new(expected, found.answer.told()), log)));
        }
        if let Some(id) = id.filter(|id| !has(id)) {
            return Ok(Err((Failure::new(format!("that {name} finds `{id}`"), found.answer.told()), log)));
        }
        Ok(Ok(()))
    }

    /// Sends many writes in one call twice. Each line must end as it did the first time.
    pub(super) async fn lines_twice(&self, written: &Written<'_>) -> Result<Settled, KitError> {
        let first = self.play(written.question, None).await?;
        let again = self.lines_again(written, &first).await?;
        let Ok(second) = again else { return Ok(again.map(|_| ())) };
        let (one, two) = (line_ids(&first.answer), line_ids(&second.answer));
        if one == two {
            return Ok(Ok(()));
        }
        let log = [first.log, second.log].concat();
        Ok(Err((Failure::new(format!("the same ids for the second attempt: {one:?}"), format!("{two:?}")), log)))
    }

    /// Sends many writes again after something went wrong: each is there once in the end.
    pub(super) async fn settle_lines(&self, written: &Written<'_>, faulty: &Played) -> Result<Settled, KitError> {
        if !written.repeats || !self.stage.repeats() {
            return Ok(Ok(()));
        }
        Ok(self.lines_again(written, faulty).await?.map(|_| ()))
    }

    /// The second attempt at every line, when it ends well and makes what is missing and no more.
    async fn lines_again(
        &self,
        written: &Written<'_>,
        before: &Played,
    ) -> Result<Result<Played, (Failure, Vec<String>)>, KitError> {
        let again = self.play(&written.question.lines_again(), None).await?;
        let log = || [before.log.clone(), again.log.clone()].concat();
        let Answer::Value(Value::Array(lines)) = &again.answer else {
            return Ok(Err((Failure::new("an answer to the second attempt", again.answer.told()), log())));
        };
        if let Some(line) = lines.iter().find(|line| line.get("value").is_none()) {
            let expected = "that every line of the second attempt ends well";
            return Ok(Err((Failure::new(expected, line.to_string()), log())));
        }
        let made = before.made + again.made;
        if self.stage.repeats() && written.makes > 0 && made != written.makes {
            let expected = format!("{} documents in the system after the second attempt", written.makes);
            return Ok(Err((Failure::new(expected, format!("{made} documents")), log())));
        }
        Ok(Ok(again))
    }

    /// Asks with `dry-run`: nothing may change.
    pub(super) async fn dry(&self, written: &Written<'_>) -> Result<Settled, KitError> {
        let mut question = written.question.clone();
        question.write.dry_run = true;
        let dry = self.play(&question, None).await?;
        if dry.changed == Some(true) || dry.made > 0 {
            let failure = Failure::new("that a dry run changes nothing", "it made or changed something in the system");
            return Ok(Err((failure, dry.log)));
        }
        if matches!(dry.answer, Answer::Broken(_) | Answer::Late) {
            return Ok(Err((Failure::new("an answer to a dry run", dry.answer.told()), dry.log)));
        }
        Ok(Ok(()))
    }
}

/// The id that each line answers.
fn line_ids(answer: &Answer) -> Vec<Option<&str>> {
    let Answer::Value(Value::Array(lines)) = answer else { return Vec::new() };
    let places = ["/value/created/id", "/value/already_there/id"];
    let id = |line| places.iter().find_map(|place| Value::pointer(line, place)).and_then(Value::as_str);
    lines.iter().map(id).collect()
}

fn lost(played: &Played) -> (Failure, Vec<String>) {
    (Failure::new("created", played.answer.told()), played.log.clone())
}
