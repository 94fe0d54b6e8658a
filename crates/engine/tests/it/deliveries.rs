//! Deliveries over real sockets: signed, in order, repeated by a schedule, given up, taken up again.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use bellwether_core::{
    actor::Actor,
    alert::{Settings, Target},
    ids::{ChannelId, ClaimId},
    people::Handle,
};
use bellwether_engine::{
    Engine, EngineError,
    alerts::{
        Disable, NewSubscription, Proof, Schedule, SealKey, Sending, Setup, Shape, SigningSecret, Worker,
    },
    claims::ClaimKey,
    clock::SystemClock,
    outside::Outside,
};
use bellwether_sources::fetch::{AddressPolicy, FetchSettings};
use bellwether_store::{Change, Db};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use crate::{forecasts::id_of, support::Kit};

bellwether_testkit::both!(
    a02_a_message_keeps_its_id_and_its_bytes_over_tries_and_is_signed_each_time,
    a03_a04_a_thousand_messages_arrive_once_and_in_order,
    a05_tries_come_by_the_schedule_and_retry_after_is_obeyed,
    a06_a_redirect_is_a_failure_and_410_ends_it_at_once,
    a07_hanging_receivers_do_not_hold_up_a_healthy_one,
    a08_a09_what_failed_to_the_end_is_kept_and_the_channel_given_up_and_taken_up_again,
    a10_a_message_is_sent_again_under_its_own_id_by_its_owner_only,
    a11_a_channel_gets_nothing_before_it_is_proven,
    secrets_are_sealed_where_they_are_kept,
);

/// What a receiver was sent.
#[derive(Clone, Debug)]
struct Received {
    at: Instant,
    path: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Received {
    fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v)
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

type Answers = dyn Fn(&Received, usize) -> String + Send + Sync;

/// A receiver of webhooks. What it answers depends on what it got and how many came before.
struct Receiver {
    url: String,
    seen: Arc<Mutex<Vec<Received>>>,
}

fn says(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}Connection: close\r\n\r\n{body}", body.len())
}

fn ok() -> String {
    says("200 OK", "", "")
}

impl Receiver {
    /// Answers challenges rightly, and everything else as told; an empty answer is none: it hangs.
    async fn start(answers: impl Fn(&Received, usize) -> String + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook?token=s3cret", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (all, answers): (_, Arc<Answers>) = (seen.clone(), Arc::new(answers));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer(stream, all.clone(), answers.clone()));
            }
        });
        Self { url, seen }
    }

    fn seen(&self) -> Vec<Received> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until so many came; five times what it should take.
    async fn wait_for(&self, n: usize, seconds: u64) -> Vec<Received> {
        let began = Instant::now();
        while self.seen().len() < n {
            assert!(began.elapsed() < Duration::from_secs(seconds), "{} of {n} came", self.seen().len());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.seen()
    }
}

async fn answer(mut stream: TcpStream, all: Arc<Mutex<Vec<Received>>>, answers: Arc<Answers>) {
    let mut bytes = Vec::new();
    let head = loop {
        let mut part = [0; 4096];
        let n = stream.read(&mut part).await.unwrap_or(0);
        if n == 0 {
            return;
        }
        bytes.extend_from_slice(&part[..n]);
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
    let headers: Vec<(String, String)> = text
        .lines()
        .skip(1)
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let long = headers.iter().find(|(name, _)| name == "content-length").unwrap().1.parse::<usize>().unwrap();
    while bytes.len() < head + long {
        let mut part = [0; 4096];
        let n = stream.read(&mut part).await.unwrap();
        bytes.extend_from_slice(&part[..n]);
    }
    let path = text.split(' ').nth(1).unwrap().to_owned();
    let got = Received { at: Instant::now(), path, headers, body: bytes[head..].to_vec() };
    let json: Value = serde_json::from_slice(&got.body).unwrap_or_default();
    let told = if json["type"] == "endpoint.verify" {
        says("200 OK", "", &json!({ "challenge": json["data"]["challenge"] }).to_string())
    } else {
        let before = {
            let mut all = all.lock().unwrap();
            all.push(got.clone());
            all.len() - 1
        };
        answers(&got, before)
    };
    if told.is_empty() {
        tokio::time::sleep(Duration::from_mins(1)).await;
    }
    let _ = stream.write_all(told.as_bytes()).await;
}

/// An engine that tells by the machine's own clock, and a claim.
struct House {
    kit: Kit,
    engine: Engine,
    claim: ClaimKey,
    ada: Actor,
}

fn person(name: &str) -> Actor {
    Actor::Person(Handle::new(name).unwrap())
}

fn sending() -> Sending {
    Sending {
        total: Duration::from_secs(2),
        schedule: Schedule { delays: [0, 1, 2].map(Duration::from_secs).to_vec(), jitter: 0.2 },
        disable: Disable { after: TimeDelta::days(1), failures: 1_000 },
        ..Sending::default()
    }
}

impl House {
    async fn new(db: Db, sending: Sending) -> Self {
        let kit = Kit::new(db.clone());
        kit.clock.advance(chrono::Utc::now() - kit.engine.now());
        let outside = Outside::new(
            FetchSettings { policy: AddressPolicy::with_loopback(), ..FetchSettings::default() },
            |_| None,
        )
        .unwrap();
        let setup = Setup {
            key: Some(SealKey::from_bytes([7; 32])),
            tick: Duration::from_millis(50),
            sending,
            ..Setup::default()
        };
        let engine = Engine::new(db, Arc::new(SystemClock)).with_outside(outside).with_alerts(setup);
        let text = "title: A claim\nwindow: { by: Q4 2030 }\ncriteria: A person decides.\nstart: { p: 0.5, basis: a test }";
        let claim = kit.claim(text).await.id.into();
        Self { kit, engine, claim, ada: person("ada") }
    }

    async fn claim_id(&self) -> ClaimId {
        id_of(&self.kit, &self.claim).await
    }

    /// A proven webhook of Ada's that is told of every change of criteria.
    async fn webhook(&self, receiver: &Receiver) -> (ChannelId, SigningSecret) {
        let keyed = self.engine.add_webhook(&self.ada, &receiver.url, Shape::Standard).await.unwrap();
        assert_eq!(self.engine.prove_channel(&self.ada, keyed.channel.id).await.unwrap(), Proof::Proven);
        (keyed.channel.id, keyed.secret)
    }

    async fn follow(&self, channels: Vec<ChannelId>) {
        let settings: Settings =
            serde_json::from_value(json!({ "topics": { "criteria": "at_once" } })).unwrap();
        let target = Target::Claim(self.claim_id().await);
        let wanted = NewSubscription { target, settings, inbox: true, channels };
        self.engine.subscribe(&self.ada, wanted).await.unwrap();
    }

    /// So many events that are told.
    async fn happen(&self, n: usize) {
        let id = self.claim_id().await;
        let actor = Actor::Operator;
        let now = self.engine.now();
        let mut tx = self.engine.db().write().await.unwrap();
        let changes: Vec<_> = (0..n)
            .map(|n| Change {
                at: now,
                actor: &actor,
                kind: "criteria.changed",
                claim: Some(id),
                subject: n.to_string(),
                body: json!({ "reason": format!("reason {n}") }),
            })
            .collect();
        tx.record_all(&changes).await.unwrap();
        tx.commit().await.unwrap();
    }
}

fn because(all: &[Received]) -> Vec<String> {
    all.iter().map(|r| r.json()["data"]["notices"][0]["because"].as_str().unwrap().to_owned()).collect()
}

async fn a02_a_message_keeps_its_id_and_its_bytes_over_tries_and_is_signed_each_time(db: Db) {
    let house = House::new(db, sending()).await;
    let receiver = Receiver::start(|_, n| if n < 2 { says("500 No", "", "broken") } else { ok() }).await;
    let (channel, secret) = house.webhook(&receiver).await;
    house.follow(vec![channel]).await;
    house.happen(1).await;
    let worker = Worker::start(house.engine.clone());
    let all = receiver.wait_for(3, 30).await;
    worker.stop().await;
    let first = &all[0];
    assert!(first.header("webhook-id").starts_with("msg_"));
    for one in &all {
        assert_eq!(one.header("webhook-id"), first.header("webhook-id"));
        assert_eq!(one.body, first.body);
        let sent: i64 = one.header("webhook-timestamp").parse().unwrap();
        let at = chrono::DateTime::from_timestamp(sent, 0).unwrap();
        let should = bellwether_alerts::headers(
            first.header("webhook-id"),
            at,
            &first.body,
            std::slice::from_ref(&secret),
        );
        assert_eq!(one.header("webhook-signature"), should[2].1);
        assert_eq!(one.header("content-type"), "application/json");
    }
    assert!(all[0].header("webhook-timestamp") < all[2].header("webhook-timestamp"), "of the try");
    // After a rotation both secrets sign.
    let new = house.engine.rotate_channel(&house.ada, channel).await.unwrap().secret;
    house.happen(1).await;
    let worker = Worker::start(house.engine.clone());
    let all = receiver.wait_for(4, 30).await;
    worker.stop().await;
    let signatures = all[3].header("webhook-signature").to_owned();
    assert_eq!(signatures.split(' ').count(), 2, "{signatures}");
    let at =
        chrono::DateTime::from_timestamp(all[3].header("webhook-timestamp").parse().unwrap(), 0).unwrap();
    let should = bellwether_alerts::headers(all[3].header("webhook-id"), at, &all[3].body, &[new, secret]);
    assert_eq!(signatures, should[2].1);
}

async fn a03_a04_a_thousand_messages_arrive_once_and_in_order(db: Db) {
    let house = House::new(db, sending()).await;
    let receiver = Receiver::start(|_, _| ok()).await;
    let (channel, _) = house.webhook(&receiver).await;
    house.follow(vec![channel]).await;
    house.happen(1_000).await;
    let (one, two) = (Worker::start(house.engine.clone()), Worker::start(house.engine.clone()));
    receiver.wait_for(1_000, 100).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    one.stop().await;
    two.stop().await;
    let all = receiver.seen();
    assert_eq!(because(&all), (0..1_000).map(|n| format!("reason {n}")).collect::<Vec<_>>());
    let seqs: Vec<i64> =
        all.iter().map(|r| r.json()["data"]["notices"][0]["claim"]["seq"].as_i64().unwrap()).collect();
    assert!(seqs.windows(2).all(|w| w[1] == w[0] + 1), "the claim's own numbers, without a gap");
}

async fn a05_tries_come_by_the_schedule_and_retry_after_is_obeyed(db: Db) {
    let house = House::new(db, sending()).await;
    let receiver = Receiver::start(|_, n| match n {
        1 => says("503 Busy", "Retry-After: 3\r\n", ""),
        _ => says("500 No", "", ""),
    })
    .await;
    let (channel, _) = house.webhook(&receiver).await;
    house.follow(vec![channel]).await;
    house.happen(1).await;
    let worker = Worker::start(house.engine.clone());
    let all = receiver.wait_for(3, 40).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    worker.stop().await;
    assert_eq!(receiver.seen().len(), 3, "the schedule has three tries");
    let gaps: Vec<f64> = all.windows(2).map(|w| (w[1].at - w[0].at).as_secs_f64()).collect();
    assert!((0.8..3.0).contains(&gaps[0]), "1 s and a fifth, and some slack: {gaps:?}");
    assert!((2.9..6.0).contains(&gaps[1]), "as long as it asked for: {gaps:?}");
    let listed = house.engine.deliveries(&house.ada, channel, i64::MAX).await.unwrap();
    assert_eq!(listed[0].delivery.state.as_str(), "dead");
    let told: Vec<_> =
        listed[0].attempts.iter().map(|a| (a.n, a.outcome.as_str().to_owned(), a.status)).collect();
    let failed = |n, status| (n, "failed".to_owned(), Some(status));
    assert_eq!(told, [failed(1, 500), failed(2, 503), failed(3, 500)]);
}

async fn a06_a_redirect_is_a_failure_and_410_ends_it_at_once(db: Db) {
    let house = House::new(db, sending()).await;
    let inside = Receiver::start(|_, _| ok()).await;
    let to = format!("Location: {}\r\n", inside.url);
    let receiver = Receiver::start(move |_, n| {
        if n == 0 { says("302 Found", &to, "") } else { says("410 Gone", "", "<script>gone</script>") }
    })
    .await;
    let (channel, _) = house.webhook(&receiver).await;
    house.follow(vec![channel]).await;
    house.happen(1).await;
    let worker = Worker::start(house.engine.clone());
    receiver.wait_for(2, 30).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    house.happen(1).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    worker.stop().await;
    assert!(inside.seen().is_empty(), "a redirect is not followed");
    assert_eq!(receiver.seen().len(), 2, "and after 410 nothing is sent");
    let view = house.engine.channel(&house.ada, channel).await.unwrap();
    assert_eq!(view.state, "disabled");
    assert!(view.reason.unwrap().contains("410"));
    let listed = house.engine.deliveries(&house.ada, channel, i64::MAX).await.unwrap();
    let last = listed[0].attempts.last().unwrap();
    assert_eq!(
        (last.outcome.as_str(), last.status, last.excerpt.as_deref()),
        ("gone", Some(410), Some("<script>gone</script>"))
    );
    let inbox = house.engine.inbox(&house.ada, None, 10).await.unwrap();
    assert!(
        inbox.messages.iter().any(|m| m.message.subject.starts_with("Nothing is sent to 127.0.0.1 any more"))
    );
}

async fn a07_hanging_receivers_do_not_hold_up_a_healthy_one(db: Db) {
    let house = House::new(db, sending()).await;
    let mut channels = Vec::new();
    let hanging = Receiver::start(|_, _| String::new()).await;
    let healthy = Receiver::start(|_, _| ok()).await;
    for n in 0..12 {
        let url = format!("{}&n={n}", hanging.url);
        let keyed = house.engine.add_webhook(&house.ada, &url, Shape::Standard).await.unwrap();
        house.engine.prove_channel(&house.ada, keyed.channel.id).await.unwrap();
        channels.push(keyed.channel.id);
    }
    channels.push(house.webhook(&healthy).await.0);
    house.follow(channels).await;
    let worker = Worker::start(house.engine.clone());
    let began = Instant::now();
    house.happen(5).await;
    let all = healthy.wait_for(5, 60).await;
    let took = all[4].at - began;
    worker.stop().await;
    assert_eq!(because(&all), (0..5).map(|n| format!("reason {n}")).collect::<Vec<_>>());
    assert!(took < Duration::from_secs(20), "{took:?}");
    let mut paths: BTreeMap<String, Vec<Instant>> = BTreeMap::new();
    for one in hanging.seen() {
        paths.entry(one.path).or_default().push(one.at);
    }
    assert_eq!(paths.len(), 12);
    for (path, tries) in paths {
        // A try lasts two seconds: of any three in a row the first has ended before the third begins.
        let crowded = tries.windows(3).find(|w| w[2] - w[0] < Duration::from_millis(1_900));
        assert!(crowded.is_none(), "more than two at a time on {path}");
    }
}

async fn a08_a09_what_failed_to_the_end_is_kept_and_the_channel_given_up_and_taken_up_again(db: Db) {
    let quick = Sending {
        schedule: Schedule { delays: vec![Duration::ZERO], jitter: 0.0 },
        disable: Disable { after: TimeDelta::milliseconds(500), failures: 3 },
        ..sending()
    };
    let house = House::new(db, quick).await;
    let broken = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let state = broken.clone();
    let receiver = Receiver::start(move |_, _| {
        if state.load(std::sync::atomic::Ordering::SeqCst) { says("500 No", "", "") } else { ok() }
    })
    .await;
    let (channel, _) = house.webhook(&receiver).await;
    house.follow(vec![channel]).await;
    let since = house.engine.now();
    let worker = Worker::start(house.engine.clone());
    for _ in 0..2 {
        house.happen(1).await;
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    house.happen(1).await;
    let began = Instant::now();
    while house.engine.channel(&house.ada, channel).await.unwrap().state == "active" {
        assert!(began.elapsed() < Duration::from_secs(30));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    house.happen(2).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    let view = house.engine.channel(&house.ada, channel).await.unwrap();
    assert_eq!((view.state.as_str(), view.failures), ("disabled", 3), "{view:?}");
    assert_eq!(receiver.seen().len(), 3);
    let inbox = house.engine.inbox(&house.ada, None, 50).await.unwrap();
    assert_eq!(inbox.messages.len(), 6, "five events and one word that the channel was given up");
    // Nothing is lost: the owner takes it up with what it missed.
    broken.store(false, std::sync::atomic::Ordering::SeqCst);
    let again = house.engine.enable_channel(&house.ada, channel, Some(since)).await.unwrap();
    assert_eq!(again, 3, "those that were tried; later ones went to the inbox only");
    let all = receiver.wait_for(6, 30).await;
    worker.stop().await;
    let ids = |part: &[Received]| part.iter().map(|r| r.header("webhook-id").to_owned()).collect::<Vec<_>>();
    assert_eq!(ids(&all[3..]), ids(&all[..3]), "the same ids, in order");
}

async fn a10_a_message_is_sent_again_under_its_own_id_by_its_owner_only(db: Db) {
    let house = House::new(db, sending()).await;
    let receiver = Receiver::start(|_, _| ok()).await;
    let (channel, _) = house.webhook(&receiver).await;
    house.follow(vec![channel]).await;
    house.happen(1).await;
    let worker = Worker::start(house.engine.clone());
    receiver.wait_for(1, 30).await;
    let listed = loop {
        let listed = house.engine.deliveries(&house.ada, channel, i64::MAX).await.unwrap();
        if listed[0].delivery.state == "done" {
            break listed;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let n = listed[0].delivery.n;
    let other = house.engine.redeliver(&person("ben"), n).await;
    assert!(matches!(other, Err(EngineError::NotFound("delivery"))), "{other:?}");
    house.engine.redeliver(&house.ada, n).await.unwrap();
    house.engine.redeliver(&house.ada, n).await.unwrap();
    let all = receiver.wait_for(2, 30).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    worker.stop().await;
    assert_eq!(receiver.seen().len(), 2, "pressed twice while it waits is once");
    assert_eq!(all[0].header("webhook-id"), all[1].header("webhook-id"));
    let listed = house.engine.deliveries(&house.ada, channel, i64::MAX).await.unwrap();
    assert_eq!(listed[0].attempts.len(), 2, "a new try in the same list");
}

async fn a11_a_channel_gets_nothing_before_it_is_proven(db: Db) {
    let house = House::new(db, sending()).await;
    let receiver = Receiver::start(|_, _| ok()).await;
    let keyed = house.engine.add_webhook(&house.ada, &receiver.url, Shape::Standard).await.unwrap();
    house.follow(vec![keyed.channel.id]).await;
    house.happen(3).await;
    let worker = Worker::start(house.engine.clone());
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(receiver.seen().is_empty());
    // One that only says 200 is not proven: anybody's page does that.
    let deaf = Receiver::start(|_, _| ok()).await;
    let chat = house.engine.add_webhook(&house.ada, &deaf.url, Shape::Slack).await.unwrap().channel.id;
    assert_eq!(house.engine.prove_channel(&house.ada, chat).await.unwrap(), Proof::CodeSent);
    let said = deaf.seen()[0].json()["text"].as_str().unwrap().to_owned();
    let code = said.split("the code is ").nth(1).unwrap().chars().take(20).collect::<String>();
    let wrong = house.engine.confirm_channel(&house.ada, chat, "0123456789").await;
    assert!(matches!(wrong, Err(EngineError::Invalid(_))));
    assert_eq!(house.engine.channel(&house.ada, chat).await.unwrap().state, "unproven");
    house.engine.confirm_channel(&house.ada, chat, &code).await.unwrap();
    assert_eq!(house.engine.channel(&house.ada, chat).await.unwrap().state, "active");
    // Proven, it is told what happens from then on.
    assert_eq!(house.engine.prove_channel(&house.ada, keyed.channel.id).await.unwrap(), Proof::Proven);
    house.happen(1).await;
    receiver.wait_for(1, 30).await;
    worker.stop().await;
    for bad in
        ["http://127.0.0.1:1/\u{7}", "ftp://example.org/", "http://user:pw@example.org/", "", "http://a\\@b/"]
    {
        let refused = house.engine.add_webhook(&house.ada, bad, Shape::Standard).await;
        assert!(matches!(refused, Err(EngineError::Invalid(fields)) if fields[0].field == "url"), "{bad}");
    }
}

async fn secrets_are_sealed_where_they_are_kept(db: Db) {
    let house = House::new(db.clone(), sending()).await;
    let receiver = Receiver::start(|_, _| ok()).await;
    let (channel, secret) = house.webhook(&receiver).await;
    let row = db.read().await.unwrap().channel(channel).await.unwrap();
    let kept = format!("{row:?}");
    assert!(!kept.contains("s3cret") && !kept.contains(&secret.reveal()), "{kept}");
    assert!(!format!("{secret:?}").contains(&secret.reveal()[6..]));
    assert!(!format!("{:?}", house.engine.alerts()).contains("7, 7, 7"));
    // Without the key nothing is opened, and nobody is told the wrong thing.
    let other = house.engine.clone().with_alerts(Setup { key: None, ..house.engine.alerts().clone() });
    assert!(matches!(
        other.add_webhook(&house.ada, &receiver.url, Shape::Standard).await,
        Err(EngineError::Conflict(_))
    ));
}
