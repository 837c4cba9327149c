//! The scenario once more with other names in questions and fixtures: the answers must be the same but for the names.

use std::sync::Arc;

use super::KitError;
use super::cases::Run;
use super::expectation::spelled;
use super::fixture::Fixture;
use super::judge::Failure;
use super::pattern;
use super::play::{Names, Question};
use super::run::{Kit, Place, Stand};
use super::scenario::{Scenario, Step, Twist};
use super::twist;

/// Plays every twist of the scenario.
pub(super) async fn run(
    kit: &Kit,
    run: &mut Run<'_>,
    fixtures: &[Fixture],
    say: &mut (dyn FnMut(&str) + Send),
) -> Result<(), KitError> {
    let scenario = Arc::clone(kit.scenario());
    for (at, twist) in scenario.twists.iter().enumerate() {
        say(&format!("with {}", twist.name));
        let stand = stand(kit, &scenario, at, twist, fixtures).await?;
        play(run, &scenario, twist, &stand).await?;
    }
    Ok(())
}

async fn stand(
    kit: &Kit,
    scenario: &Scenario,
    at: usize,
    twist: &Twist,
    fixtures: &[Fixture],
) -> Result<Stand, KitError> {
    let names = twist::Names(&twist.replace);
    let broken = |fixture: &Fixture| {
        let problem = format!("with these texts, {} is no JSON any more", fixture.origin);
        scenario.wrong(format!("twists[{at}].replace"), problem)
    };
    let twisted = fixtures.iter().map(|fixture| names.fixture(fixture).ok_or_else(|| broken(fixture)));
    let twisted: Vec<Fixture> = twisted.collect::<Result<_, _>>()?;
    let mut own = scenario.clone();
    own.settings = names.value(&scenario.settings);
    kit.stand(&Place::Fixtures(Arc::new(twisted)), Arc::new(own)).await
}

async fn play(run: &mut Run<'_>, scenario: &Scenario, twist: &Twist, stand: &Stand) -> Result<(), KitError> {
    let texts = twist::Names(&twist.replace);
    let mut names = Names::from([
        ("run".to_owned(), "1".to_owned()),
        ("origin".to_owned(), stand.bench.base.origin().ascii_serialization()),
    ]);
    for step in &scenario.steps {
        let own = Step { input: texts.value(&step.input), ..step.clone() };
        let Ok(question) = Question::of(&own, &names) else { continue };
        let played = stand.bench.play(&question, None).await?;
        let answer = played.answer.json();
        for (name, pointer) in &step.keep {
            if let Some(text) = answer.pointer(pointer).and_then(serde_json::Value::as_str) {
                names.insert(name.clone(), text.to_owned());
            }
        }
        let Some(done) = run.done.iter().find(|done| done.question.step == step.name) else { continue };
        let usual = done.good.answer.json();
        let wanted = match twist.expect.get(&step.name) {
            Some(expect) => spelled(expect),
            None => texts.value(&usual),
        };
        let asked = twist.steps.is_empty() && (wanted != usual || own.input != step.input);
        if !asked && !twist.steps.contains(&step.name) && !twist.expect.contains_key(&step.name) {
            continue;
        }
        let result = match pattern::difference(&wanted, &answer) {
            None => Ok(()),
            Some(came) => Err((Failure::new(pattern::short(&wanted), came), played.log)),
        };
        let operation = question.operation.name;
        run.note(operation, &format!("twist: {}", twist.name), &step.name, None, result);
    }
    Ok(())
}
