//! The demo: real figures replayed through the same use cases that serve an installation, on a clock that stands
//! elsewhere in time. No result is written down anywhere; what the pages show came out of the replay.

mod plan;
mod timeline;

use std::{
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
};

use bellwether_core::{
    actor::Actor,
    alert,
    ids::{EvidenceId, Slug},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use crate::{
    Engine, EngineError, Result,
    alerts::NewSubscription,
    claims::{ClaimKey, NewClaim},
    evidence::{AddEvidence, CountSignal, EvidenceInput, Target},
    ingest::Answer,
    signals::SignalView,
};
pub use plan::PlanError;
use plan::{Counted, Story};
use timeline::{Act, Step, timeline};

/// The setting that holds a demo's state.
const SETTING: &str = "demo";
/// Among so many newest signals of a claim the plan's words are looked for.
const SIGNALS: i64 = 50;
/// The replay's name in the records; what people do in the story is done by the operator.
const REPLAY: &str = "replay";

/// Updates are taken in one after the other, however often the button is pressed.
static PRESSED: Mutex<()> = Mutex::const_new(());

/// What is kept of a demo between two starts.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Kept {
    /// Where the figures lie.
    fixtures: PathBuf,
    /// How far the demo's clock is from the machine's, in milliseconds.
    offset_ms: i64,
    /// How many updates were taken in.
    updates: usize,
    /// What the next one would bring.
    next: Option<String>,
}

/// Where a demo stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoState {
    /// What its clock shows.
    pub now: DateTime<Utc>,
    /// What "Next update" would bring; `None` when all was taken in.
    pub next: Option<String>,
}

/// One press of "Next update".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoUpdate {
    /// What it was about.
    pub title: String,
    /// Where the demo stands now.
    pub state: DemoState,
}

impl Engine {
    /// Fills an empty database with the story that lies in `fixtures`, up to the day on which the demo starts. `seen` is
    /// told after every step how many of how many are done. A database that already holds this demo only gets its
    /// clock back.
    ///
    /// The engine must have been made with a clock that can be moved.
    pub async fn start_demo(&self, fixtures: &Path, seen: impl Fn(usize, usize)) -> Result<DemoState> {
        let story = read(fixtures)?;
        if let Some(kept) = self.kept().await? {
            let kept = Kept { fixtures: fixtures.to_owned(), next: story.next(kept.updates), ..kept };
            self.move_clock(Utc::now() + TimeDelta::milliseconds(kept.offset_ms))?;
            self.keep(&kept).await?;
            return Ok(self.stands(kept));
        }
        if self.last_event().await? > 0 {
            return Err(EngineError::Conflict(
                "this data folder holds something other than a demo: choose another folder, or start afresh"
                    .into(),
            ));
        }
        let steps: Vec<_> = timeline(&story).into_iter().filter(|s| s.at <= story.plan.clock).collect();
        let mut said = HashMap::new();
        if let Some(first) = steps.first() {
            self.move_clock(first.at)?;
        }
        self.furnish(&story).await?;
        for (n, step) in steps.iter().enumerate() {
            self.take_step(&story, step, &mut said).await?;
            seen(n + 1, steps.len());
        }
        self.move_clock(story.plan.clock)?;
        self.follow(&story).await?;
        let kept =
            Kept { fixtures: fixtures.to_owned(), offset_ms: self.offset(), updates: 0, next: story.next(0) };
        self.keep(&kept).await?;
        Ok(self.stands(kept))
    }

    /// Where the demo stands; `None` where this is no demo.
    pub async fn demo(&self) -> Result<Option<DemoState>> {
        Ok(self.kept().await?.map(|kept| self.stands(kept)))
    }

    /// Takes in what the story held back for the next press: moves the clock there and does on the way what time and the
    /// sources bring.
    pub async fn next_demo_update(&self) -> Result<DemoUpdate> {
        let _one_at_a_time = PRESSED.lock().await;
        let kept = self.kept().await?.ok_or(EngineError::NotFound("demo"))?;
        let story = read(&kept.fixtures)?;
        let Some(update) = story.plan.updates.get(kept.updates) else {
            return Err(EngineError::Conflict("the demo has no further update".into()));
        };
        let before = kept.updates.checked_sub(1).map_or(story.plan.clock, |n| story.plan.updates[n].at);
        let mut said = HashMap::new();
        for step in timeline(&story).iter().filter(|s| s.at > before && s.at <= update.at) {
            self.take_step(&story, step, &mut said).await?;
        }
        self.move_clock(self.now().max(update.at))?;
        let updates = kept.updates + 1;
        let kept = Kept { offset_ms: self.offset(), updates, next: story.next(updates), ..kept };
        self.keep(&kept).await?;
        Ok(DemoUpdate { title: update.title.clone(), state: self.stands(kept) })
    }

    /// The operator follows what the updates will move, so that an alert comes of them.
    async fn follow(&self, story: &Story) -> Result<()> {
        let moved: BTreeSet<&Slug> = story
            .plan
            .updates
            .iter()
            .flat_map(|update| &update.counted)
            .map(|counted| &counted.claim)
            .collect();
        for slug in moved {
            let claim = self.claim_page(&ClaimKey::from(slug.to_string()), None).await?.id;
            let mut wanted = NewSubscription::usual(alert::Target::Claim(claim));
            wanted.settings.topics.insert(alert::Topic::Signal, alert::Pace::AtOnce);
            self.subscribe(&Actor::Operator, wanted).await?;
        }
        Ok(())
    }

    /// Puts in what is there from the beginning: the sources' documents and the registry.
    async fn furnish(&self, story: &Story) -> Result<()> {
        let actor = Actor::system(REPLAY);
        let csv = String::from_utf8(story.registry.clone()).map_err(EngineError::internal)?;
        self.put_registry(&actor, "registry.csv", 0, &csv).await?;
        for figures in &story.sources {
            self.save_source(&actor, &figures.text, None).await?;
            let why = "the demo takes its figures from files, not from the network";
            self.pause_source(&actor, &figures.document.id, Some(why)).await?;
        }
        Ok(())
    }

    /// Does one step of the story at its time, or now if the clock has already passed it.
    async fn take_step(
        &self,
        story: &Story,
        step: &Step,
        said: &mut HashMap<(usize, usize), EvidenceId>,
    ) -> Result<()> {
        // To the microsecond the story's own time, so that seven days are seven days.
        let now = self.now();
        let at = step.at.max(now);
        if at > now {
            self.move_clock(at)?;
        }
        match step.act {
            Act::Ask { source, snapshot } => {
                let figures = &story.sources[source];
                let snapshot = figures.snapshots[snapshot].snapshot.clone();
                let answer = Answer::file(figures.document.id.clone(), at, snapshot);
                self.ingest(&Actor::system(REPLAY), answer).await?;
            }
            Act::Open { claim } => {
                let new = NewClaim { document: story.claims[claim].clone(), publish: true };
                self.create_claim(&Actor::Operator, new).await?;
            }
            Act::Say { claim, item } => {
                let slug = slug(story, claim)?;
                let id = self.say(slug, story.plan.claims[claim].evidence[item].item.clone()).await?;
                said.extend(id.map(|id| ((claim, item), id)));
            }
            Act::TakeBack { claim, item } => {
                let back = story.plan.claims[claim].evidence[item].retracted.as_ref();
                if let (Some(id), Some(back)) = (said.get(&(claim, item)), back) {
                    self.retract_evidence(&Actor::Operator, *id, Some(&back.reason)).await?;
                }
            }
            Act::Count { update, item } => {
                self.count(&story.plan.updates[update].counted[item]).await?;
            }
            Act::Settle => {
                self.mark_stale(&Actor::system(REPLAY)).await?;
                self.settle_due().await?;
                self.age_claims().await?;
            }
        }
        Ok(())
    }

    async fn say(&self, claim: Slug, input: EvidenceInput) -> Result<Option<EvidenceId>> {
        let add = AddEvidence { input, targets: vec![Target::plain(ClaimKey::Slug(claim))], snapshot: None };
        let added = self.add_evidence(&Actor::Operator, add).await?;
        Ok(added.first().map(|a| a.evidence))
    }

    /// Counts the newest waiting signal with these words as evidence, as a reader would by its button.
    async fn count(&self, counted: &Counted) -> Result<()> {
        let claim = ClaimKey::Slug(counted.claim.clone());
        let id = self.claim_id(&claim).await?;
        let signals = self.claim_signals(id, SIGNALS).await?;
        let waiting = |signal: &&SignalView| {
            signal.signal.title.contains(&counted.signal)
                && signal.beside(id).is_some_and(|beside| beside.waits)
        };
        let Some(signal) = signals.iter().find(waiting) else {
            let why = format!("no signal that says `{}` waits beside {}", counted.signal, counted.claim);
            return Err(EngineError::internal(PlanError::Content("plan.yaml".into(), why)));
        };
        let count = CountSignal {
            claim,
            signal: signal.signal.id,
            side: Some(counted.side),
            strength: Some(counted.strength),
            text: Some(counted.text.clone()),
        };
        self.count_signal(&Actor::Operator, count).await?;
        Ok(())
    }

    async fn kept(&self) -> Result<Option<Kept>> {
        Ok(self.read().await?.setting(SETTING).await?)
    }

    async fn keep(&self, kept: &Kept) -> Result<()> {
        let mut tx = self.write().await?;
        tx.set_setting(SETTING, kept, &Actor::system(REPLAY), self.now()).await?;
        tx.commit().await?;
        Ok(())
    }

    fn stands(&self, kept: Kept) -> DemoState {
        DemoState { now: self.now(), next: kept.next }
    }

    fn offset(&self) -> i64 {
        (self.now() - Utc::now()).num_milliseconds()
    }

    fn move_clock(&self, to: DateTime<Utc>) -> Result<()> {
        if self.clock().move_to(to) {
            Ok(())
        } else {
            Err(EngineError::Conflict("this engine's clock cannot be moved: it is not a demo's".into()))
        }
    }
}

fn read(fixtures: &Path) -> Result<Story> {
    Story::read(fixtures).map_err(EngineError::internal)
}

fn slug(story: &Story, claim: usize) -> Result<Slug> {
    story.claims[claim].slug.clone().ok_or_else(|| {
        EngineError::internal(PlanError::Content(
            story.plan.claims[claim].document.clone(),
            "the demo's claims state their slug".to_owned(),
        ))
    })
}
