//! What people write, in the document that a browser makes of it.

use bellwether_core::{actor::Actor, status::Outcome};
use bellwether_engine::resolve::Ruling;
use serde_json::{Value, json};

use super::Browser;
use crate::support::{OnePage, Server};

/// Texts that try to run something, each setting `window.hit` or calling `alert` where it succeeds.
const HOSTILE: [&str; 42] = [
    "<script>alert(1)</script>",
    "<ScRiPt >window.hit=1</sCrIpT>",
    "<img src=x onerror=alert(1)>",
    "<img src=\"x\" onerror=\"window.hit=1\">",
    "<svg/onload=alert(1)>",
    "<svg><script>window.hit=1</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s></svg>",
    "<svg><foreignObject><iframe srcdoc='<script>alert(1)</script>'></iframe></foreignObject></svg>",
    "<math><annotation-xml encoding=\"text/html\"><style><img src=x onerror=alert(1)></style></annotation-xml></math>",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<form><math><mtext></form><form><mglyph><svg><mtext><textarea><path id=\"</textarea><img onerror=alert(1) src=1>\">",
    "<a href=javascript:alert(1)>one</a>",
    "<a href=\"&#106;avascript:alert(1)\">two</a>",
    "<a href=\"https://example.org/\" onclick=alert(1)>three</a>",
    "[four](javascript:alert(1))",
    "[five](JaVaScRiPt:alert(1))",
    "[six](JaVa&#x09;script:alert(1))",
    "[seven](java&NewLine;script:alert(1))",
    "[eight](javascript&colon;alert(1))",
    "[nine](<java\tscript:alert(1)>)",
    "[ten](data:text/html,<script>alert(1)</script>)",
    "[eleven](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[twelve](vbscript:msgbox(1))",
    "[thirteen]( \u{a0}javascript:alert(1))",
    "[fourteen][r]\n\n[r]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "[fifteen](https://example.org/\"onmouseover=\"alert(1))",
    "[sixteen](https://example.org/ \"\" onmouseover=alert(1) \")",
    "![seventeen](x\"onerror=\"alert(1))",
    "![eighteen](javascript:alert(1))",
    "![\"onerror=\"alert(1)](https://example.org/a.png)",
    "[![nineteen](data:image/svg+xml,<svg/onload=alert(1)>)](javascript:alert(1))",
    "`</code><script>alert(1)</script>`",
    "```\n</code></pre><script>alert(1)</script>\n```",
    "```\"><script>alert(1)</script>\nx\n```",
    "> <script>alert(1)</script>",
    "* <iframe src=javascript:alert(1)></iframe>",
    "# <body onload=alert(1)>",
    "<style>@import 'javascript:alert(1)';</style>",
    "<base href=\"https://evil.example/\"><meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">",
    "</div></li></ul></main><script>alert(1)</script><!--",
    "<details open ontoggle=alert(1)><summary>x</summary><object data=javascript:alert(1)><embed src=javascript:alert(1)>",
];

/// What is in the document that should not be.
const FOUND: &str = r"
    const main = document.querySelector('main');
    const all = [...main.querySelectorAll('*')];
    const inside = [...main.querySelectorAll('.prose')].flatMap((e) => [...e.querySelectorAll('*')]);
    const allowed = ['P','BR','EM','STRONG','DEL','CODE','PRE','BLOCKQUOTE','UL','OL','LI','A','B'];
    return {
        hit: window.hit ?? null,
        scripts: main.querySelectorAll('script, iframe, object, embed, style, base, meta, math, form[action^=java]').length,
        handlers: all.filter((e) => [...e.attributes].some((a) => a.name.startsWith('on'))).length,
        addresses: all.flatMap((e) => ['href', 'src', 'xlink:href', 'action', 'formaction', 'srcdoc', 'data'].map((a) => e.getAttribute(a)))
            .filter((a) => a && /^[\s\x00-\x20]*(javascript|data|vbscript)/i.test(a)),
        others: inside.filter((e) => !allowed.includes(e.tagName)).map((e) => e.tagName),
        links: [...main.querySelectorAll('.prose a')].filter((a) => !['http:', 'https:', 'mailto:'].includes(a.protocol)
            || a.rel !== 'nofollow ugc noopener').map((a) => a.outerHTML),
        prose: main.querySelectorAll('.prose').length,
    };
";

fn nothing(found: &Value, path: &str) {
    assert_eq!(found["hit"], Value::Null, "{path}");
    assert_eq!((&found["scripts"], &found["handlers"]), (&json!(0), &json!(0)), "{path}: {found}");
    for list in ["addresses", "others", "links"] {
        assert_eq!(found[list], json!([]), "{path}: {found}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn b20_b24_nothing_that_is_written_runs() {
    let server = Server::start().await;
    let Some(browser) = Browser::open(&server).await else { return };
    let document = json!({
        "title": "</title><script>alert(1)</script> ]]> &lt;",
        "slug": "hostile",
        "start": {"p": 0.5, "basis": "<img src=x onerror=alert(1)>"},
        "window": {"by": "Q1 2027"},
        "context": HOSTILE[..30].join("\n\n"),
        "criteria": HOSTILE.iter().rev().copied().collect::<Vec<_>>().join("\n\n"),
    });
    let created = server.post("/api/v1/claims?publish=true", &document).await;
    assert_eq!(created.status, 201, "{}", created.text());
    for (n, text) in HOSTILE.into_iter().enumerate() {
        let item = json!({"item": {"side": if n % 2 == 0 { "for" } else { "against" }, "text": text, "strength": 2.0}});
        let added = server.post("/api/v1/claims/hostile/evidence", &item).await;
        assert_eq!(added.status, 201, "{text}: {}", added.text());
    }
    let pages = ["/claims/hostile", "/claims/hostile/moves", "/", "/resolution", "/claims/hostile/card"];
    for path in pages {
        browser.go(path).await;
        nothing(&browser.run(FOUND).await, path);
    }
    browser.go("/claims/hostile").await;
    let all = browser.run(FOUND).await["prose"].as_u64();
    assert_eq!(all, Some(HOSTILE.len() as u64 + 2), "each item, the context and the criteria");
    assert!(browser.text(".claim-evidence").await.contains("<script>alert(1)</script>"), "it can be read");
    assert!(browser.client.get_alert_text().await.is_err(), "no alert is open");
    let error = browser.run("return document.querySelectorAll('.claim-evidence .item').length").await;
    assert_eq!(error, json!(HOSTILE.len()), "no text broke out of its item");

    // The same as reasons: of a proposal, an objection and a decision.
    let claim = server.engine.claim_id(&"hostile".to_owned().into()).await.expect("the claim");
    let (who, words) = (Actor::Operator, HOSTILE[..30].join("\n\n"));
    let link = server.engine.read_link(&who, &OnePage, "https://example.org/a").await.expect("read").snapshot;
    server.engine.propose(&who, claim, Outcome::Yes, &words, Some(link)).await.expect("proposed");
    server.engine.object(&who, claim, &words, None).await.expect("objected");
    for path in ["/claims/hostile", "/resolution", "/"] {
        browser.go(path).await;
        nothing(&browser.run(FOUND).await, path);
    }
    server.engine.decide(&who, claim, Ruling::Uphold(Outcome::Yes), &words).await.expect("decided");
    for path in ["/claims/hostile", "/claims/hostile/proof", "/resolution", "/"] {
        browser.go(path).await;
        nothing(&browser.run(FOUND).await, path);
    }
    browser.close().await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_reads_calmly_on_a_phone() {
    let server = Server::start().await;
    let Some(browser) = Browser::open_with(&server, false).await else { return };
    let document = json!({
        "title": "An open model leads by spring", "slug": "spring", "start": {"p": 0.5, "basis": "no view"},
        "window": {"by": "Q1 2027"}, "criteria": "True if:\n\n1. it leads\n2. for a *week*",
    });
    assert_eq!(server.post("/api/v1/claims?publish=true", &document).await.status, 201);
    let long = "x".repeat(200);
    let text = format!(
        "Costs **fell** by half, see [the report](https://example.org/{long}):\n\n- hardware, `{long}`\n- power\n\n\
         ```\n{long}\n```\n\n> as they say"
    );
    let item = json!({"item": {"side": "for", "text": text, "strength": 2.0}});
    assert_eq!(server.post("/api/v1/claims/spring/evidence", &item).await.status, 201);
    browser.client.set_window_size(500, 900).await.expect("a window");
    browser.go("/claims/spring").await;
    // A window of Chromium is never narrower than 500 points: the item is.
    let seen = browser
        .run(
            "const item = document.querySelector('.item-text').parentElement; item.style.width = '312px';
             const of = (css) => getComputedStyle(item.querySelector(css));
             return [item.scrollWidth, of('ul').listStyleType, of('strong').fontWeight, of('a').textDecorationLine,
                     of('p').display, document.documentElement.scrollWidth <= innerWidth]",
        )
        .await;
    assert_eq!(seen, json!([312, "disc", "600", "underline", "inline", true]));
    let line = browser.text("section[aria-labelledby=moved] .moverow").await;
    assert!(line.contains("Costs fell by half, see the report"), "a line has no markup: {line}");
    browser.close().await;
    server.stop().await;
}
