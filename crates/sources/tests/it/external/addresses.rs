//! Which question an address means.

use bellwether_sources::external::{Address, BadAddress, Site, Sites};
use proptest::prelude::*;

fn page_and_data(text: &str) -> (String, String) {
    let address: Address = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
    (address.to_string(), address.api(&Sites::default()).to_string())
}

#[test]
fn manifold_addresses() {
    let page = "https://manifold.markets/Example/will-it-be";
    let data = "https://api.manifold.markets/v0/slug/will-it-be";
    for text in [
        page,
        "manifold.markets/Example/will-it-be",
        "http://www.manifold.markets/Example/will-it-be/",
        "https://manifold.markets/Example/will-it-be?r=abc&tab=bets#comments",
        "https://manifold.markets/embed/Example/will-it-be",
        " https://MANIFOLD.markets/Example/will-it-be\n",
    ] {
        assert_eq!(page_and_data(text), (page.to_owned(), data.to_owned()), "{text}");
    }
    for text in ["https://api.manifold.markets/v0/slug/will-it-be", "manifold.markets/api/v0/slug/will-it-be"]
    {
        assert_eq!(page_and_data(text), (data.to_owned(), data.to_owned()), "{text}");
    }
    assert_eq!(
        page_and_data("https://api.manifold.markets/v0/market/q1Nf").1,
        "https://api.manifold.markets/v0/market/q1Nf"
    );
}

#[test]
fn metaculus_addresses() {
    for text in [
        "https://www.metaculus.com/questions/40001/open-matches-closed/",
        "https://www.metaculus.com/questions/40001/",
        "metaculus.com/questions/40001",
        "https://www.metaculus.com/questions/embed/40001/",
        "https://www.metaculus.com/c/risk/40001/open-matches-closed/",
        "https://www.metaculus.com/api/posts/40001/",
        "https://www.metaculus.com/api2/questions/40001/",
    ] {
        let expected =
            ("https://www.metaculus.com/questions/40001/", "https://www.metaculus.com/api/posts/40001/");
        assert_eq!(page_and_data(text), (expected.0.to_owned(), expected.1.to_owned()), "{text}");
    }
}

#[test]
fn polymarket_addresses() {
    let event =
        ("https://polymarket.com/event/which-lab", "https://gamma-api.polymarket.com/events/slug/which-lab");
    for text in [
        "https://polymarket.com/event/which-lab",
        "https://polymarket.com/event/which-lab?tid=1770000000",
        "polymarket.com/es/event/which-lab",
        "https://gamma-api.polymarket.com/events?slug=which-lab",
        "https://gamma-api.polymarket.com/events/slug/which-lab",
    ] {
        assert_eq!(page_and_data(text), (event.0.to_owned(), event.1.to_owned()), "{text}");
    }
    let market =
        ("https://polymarket.com/market/will-a", "https://gamma-api.polymarket.com/markets/slug/will-a");
    for text in [
        "https://polymarket.com/market/will-a",
        "https://polymarket.com/event/which-lab/will-a",
        "https://gamma-api.polymarket.com/markets?limit=1&slug=will-a",
    ] {
        assert_eq!(page_and_data(text), (market.0.to_owned(), market.1.to_owned()), "{text}");
    }
}

#[test]
fn what_is_no_question_says_why() {
    let why = |text: &str| text.parse::<Address>().unwrap_err();
    for text in [
        "",
        "   ",
        "ftp://manifold.markets/a/b",
        "https://user:secret@manifold.markets/a/b",
        "https://manifold.markets\\@evil.example/a/b",
        "https://manifold.markets/a b/c",
        "javascript:alert(1)",
    ] {
        assert!(matches!(why(text), BadAddress::NoAddress | BadAddress::OtherSite { .. }), "{text}");
    }
    for text in [
        "https://kalshi.com/markets/x",
        "https://manifold.markets.evil.example/a/b",
        "https://evilmanifold.markets/a/b",
        "https://manifold.markets:8443/a/b",
        "http://127.0.0.1/questions/1",
        "https://pandemic.metaculus.com/questions/1",
    ] {
        assert!(matches!(why(text), BadAddress::OtherSite { .. }), "{text}");
    }
    for (text, site) in [
        ("https://manifold.markets/Example", Site::Manifold),
        ("https://manifold.markets/topic/ai", Site::Manifold),
        ("https://manifold.markets/Example/..%2f..%2fbets", Site::Manifold),
        ("https://manifold.markets/api/v0/bets", Site::Manifold),
        ("https://www.metaculus.com/questions/", Site::Metaculus),
        ("https://www.metaculus.com/questions/12x/", Site::Metaculus),
        ("https://www.metaculus.com/questions/9999999999999/", Site::Metaculus),
        ("https://www.metaculus.com/tournament/acx/", Site::Metaculus),
        ("https://polymarket.com/", Site::Polymarket),
        ("https://polymarket.com/profile/x", Site::Polymarket),
        ("https://gamma-api.polymarket.com/markets?limit=1", Site::Polymarket),
    ] {
        let error = why(text);
        assert!(matches!(error, BadAddress::NoQuestion { site: s, .. } if s == site), "{text}: {error}");
    }
}

proptest! {
    /// Whatever is pasted, what is asked is one of three hosts, at a path that nothing pasted can leave.
    #[test]
    fn only_known_hosts_are_asked(text in "(https://)?(manifold\\.markets|www\\.metaculus\\.com|polymarket\\.com|[a-z.]{1,12})(/[ -~]{0,20}){0,4}") {
        if let Ok(address) = text.parse::<Address>() {
            let api = address.api(&Sites::default());
            let host = api.host_str().unwrap();
            let starts = match address.site() {
                Site::Manifold => host == "api.manifold.markets" && api.path().starts_with("/v0/"),
                Site::Metaculus => host == "www.metaculus.com" && api.path().starts_with("/api/posts/"),
                Site::Polymarket => host == "gamma-api.polymarket.com" && api.path().contains("/slug/"),
            };
            prop_assert!(starts && api.scheme() == "https" && api.query().is_none(), "{text} asks {api}");
            prop_assert_eq!(&address.to_string().parse::<Address>().unwrap().api(&Sites::default()), &api);
        }
    }

    #[test]
    fn nothing_pasted_is_a_panic(text in "\\PC{0,60}") {
        let _ = text.parse::<Address>();
    }
}
