use proptest::prelude::*;

use super::*;
use crate::testing::{message, notice, url};

fn hook() -> Url {
    url("https://hooks.example/alerts?auth=x")
}

fn json_of(shape: Shape, message: &Message) -> Value {
    serde_json::from_slice(&render(shape, message, &hook()).body).unwrap()
}

#[test]
fn shapes_have_names() {
    for shape in Shape::ALL {
        assert_eq!(shape.to_string().parse(), Ok(shape));
        assert_eq!(serde_json::to_value(shape).unwrap(), shape.name());
    }
    assert_eq!("teams".parse::<Shape>(), Err(BadShape));
}

#[test]
fn standard_says_everything() {
    let mut one = message(vec![notice(7, "Rain", "75%, up 3.0 pts")]);
    let body = json_of(Shape::Standard, &one);
    assert_eq!(
        body,
        json!({
            "type": "headline.moved",
            "timestamp": "2026-01-01T00:01:00Z",
            "data": {
                "id": "0198c2f0-1c3a-7000-8000-000000000001",
                "subject": "Rain tomorrow: 75%, up 3.0 pts",
                "why": "You follow this claim: moves of at least 3 pts.",
                "more": 0,
                "notices": [{
                    "seq": 7,
                    "kind": "headline.moved",
                    "at": "2026-01-01T00:00:07Z",
                    "claim": {
                        "id": "0198c2f0-1c3a-7000-8000-0000000000aa", "seq": 7, "slug": "rain", "title": "Rain",
                    },
                    "headline": "75%, up 3.0 pts",
                    "because": "A new forecast came in",
                    "url": "https://b.example/claims/rain?a=1&b=2|3",
                    "figures": { "from": 0.72, "to": 0.75 },
                    "undoes": null,
                }],
                "ways_out": {
                    "manage": "https://b.example/s/1",
                    "mute": "https://b.example/s/1/mute",
                    "raise": null,
                    "unsubscribe": "https://b.example/u/token?x=1",
                },
            },
        })
    );
    one.notices.push(notice(8, "Rain", "70%"));
    assert_eq!(json_of(Shape::Standard, &one)["type"], "alerts.digest");
    one.notices.clear();
    assert_eq!(json_of(Shape::Standard, &one)["type"], "alerts.digest");
}

#[test]
fn slack_escapes_other_peoples_words() {
    let mut one = message(vec![notice(7, "<!channel> R&D", "75%")]);
    one.subject = "<!here> now".to_owned();
    assert_eq!(
        json_of(Shape::Slack, &one)["text"],
        "*&lt;!here&gt; now*\n\
         • <https://b.example/claims/rain?a=1&amp;b=2%7C3|&lt;!channel&gt; R&amp;D>\n  75%\n  \
         A new forecast came in\n\
         You follow this claim: moves of at least 3 pts.\n\
         <https://b.example/s/1|Settings> · <https://b.example/s/1/mute|Mute for 7 days>"
    );
}

#[test]
fn discord_rings_nobody() {
    let one = message(vec![notice(7, "@everyone [free](https://evil.example)", "75%")]);
    let body = json_of(Shape::Discord, &one);
    assert_eq!(body["allowed_mentions"], json!({ "parse": [] }));
    let content = body["content"].as_str().unwrap();
    assert!(content.starts_with("**Rain tomorrow: 75%, up 3.0 pts**\n"), "{content}");
    assert!(content.contains(r"\@everyone \[free\]\(https://evil.example\) <https://b.example/claims/rain"));
}

#[test]
fn ntfy_is_posted_to_the_root_with_the_topic_inside() {
    let one = message(vec![notice(7, "Rain", "75%")]);
    for (hook, root) in [
        ("https://ntfy.sh/my-topic", "https://ntfy.sh/"),
        ("https://ntfy.sh/my-topic/#x", "https://ntfy.sh/"),
        ("https://h.example:8443/push/my-topic?auth=x", "https://h.example:8443/push/?auth=x"),
    ] {
        let rendered = render(Shape::Ntfy, &one, &url(hook));
        assert_eq!(rendered.url.as_str(), root);
        let body: Value = serde_json::from_slice(&rendered.body).unwrap();
        assert_eq!(body["topic"], "my-topic");
        assert_eq!(body["title"], one.subject);
        assert_eq!(body["click"], "https://b.example/claims/rain?a=1&b=2|3");
        assert_eq!(body["tags"], json!(["headline.moved"]));
        assert!(body["message"].as_str().unwrap().starts_with("• Rain: https://b.example/"), "{body}");
    }
    assert_eq!(ntfy_topic(&url("https://ntfy.sh/a/b/")), Some("b"));
    assert_eq!(ntfy_topic(&url("https://ntfy.sh")), None);
    assert_eq!(render(Shape::Ntfy, &one, &url("https://ntfy.sh")).url.as_str(), "https://ntfy.sh/");
}

#[test]
fn long_digests_are_cut_and_counted() {
    let many = message((1..=5_000).map(|n| notice(n, "Rain", "75%, up 3.0 pts")).collect());
    for shape in Shape::ALL {
        let body = json_of(shape, &many);
        let text = match shape {
            Shape::Standard => {
                let shown = body["data"]["notices"].as_array().unwrap().len();
                assert!(shown > 20, "{shown}");
                assert_eq!(body["data"]["more"], 5_000 - shown);
                continue;
            }
            Shape::Slack => &body["text"],
            Shape::Discord => &body["content"],
            Shape::Ntfy => &body["message"],
        };
        let text = text.as_str().unwrap();
        let shown = text.matches('•').count();
        assert!(shown > 5, "{shape}: {shown}");
        assert!(text.contains(&format!("\nand {} more\nYou follow", 5_000 - shown)), "{shape}: {text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn never_too_long_and_always_the_same(
        text in "(\\PC|[\\x00-\\x1f\"\\\\<&*@🌧]){0,600}",
        path in "[a-z\"'|<>]{0,1500}",
        count in 0_i64..60,
    ) {
        let mut any = message((0..count).map(|n| notice(n, &text, &text)).collect());
        for notice in &mut any.notices {
            notice.because = Some(text.clone());
            notice.kind.clone_from(&text);
            notice.url.set_path(&path);
        }
        any.subject.clone_from(&text);
        any.why.clone_from(&text);
        any.id.clone_from(&text);
        any.ways_out.manage.set_query(Some(&path));
        any.ways_out.raise = Some(any.ways_out.manage.clone());
        any.ways_out.mute.set_fragment(Some(&path));
        for shape in Shape::ALL {
            let rendered = render(shape, &any, &hook());
            prop_assert!(rendered.body.len() < MOST_BYTES, "{shape}: {}", rendered.body.len());
            prop_assert_eq!(&rendered, &render(shape, &any, &hook()));
            let body: Value = serde_json::from_slice(&rendered.body).unwrap();
            if let Some(content) = body["content"].as_str() {
                prop_assert!(content.encode_utf16().count() <= 2_000);
            }
            if let (Shape::Ntfy, Some(text)) = (shape, body["message"].as_str()) {
                prop_assert!(text.len() <= 4_096);
            }
        }
    }
}
