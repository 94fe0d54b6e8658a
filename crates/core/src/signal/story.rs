//! One story told by several: items of news that are one signal with several sources.

use chrono::TimeDelta;

use crate::{
    cluster::{SAME, Shingles},
    evidence::Link,
};

/// Items further apart in time are different stories.
pub const WINDOW: TimeDelta = TimeDelta::days(7);
/// A shorter headline is too common to tell a story by.
const LEAST_WORDS: usize = 5;

/// An item of news, as far as telling stories apart goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    link: Option<String>,
    /// Absent for a headline that is too short.
    title: Option<Shingles>,
    /// Absent where there is no text, or too little of it.
    text: Option<Shingles>,
}

impl Story {
    /// Of a headline, the text below it, and the address where it can be read.
    pub fn of(title: &str, text: &str, link: Option<&Link>) -> Self {
        Self { link: link.map(Link::origin_key), title: shingles(title), text: shingles(text) }
    }

    /// Whether two items tell the same story: one address, nearly one text, or, in two feeds, nearly one headline. A
    /// feed gives its own items different headlines, or means something by it: "Links of the day" is new every day.
    pub fn same(&self, other: &Self, one_feed: bool) -> bool {
        let alike = |a: &Option<Shingles>, b: &Option<Shingles>| {
            a.as_ref().zip(b.as_ref()).is_some_and(|(a, b)| a.jaccard(b) >= SAME)
        };
        (self.link.is_some() && self.link == other.link)
            || alike(&self.text, &other.text)
            || (!one_feed && alike(&self.title, &other.title))
    }
}

fn shingles(text: &str) -> Option<Shingles> {
    let words =
        text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).take(LEAST_WORDS).count();
    (words == LEAST_WORDS).then(|| Shingles::of(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn story(title: &str, text: &str, link: &str) -> Story {
        Story::of(title, text, link.parse::<Link>().ok().as_ref())
    }

    const HEAD: &str = "DeepSeek releases a new open-weights model that leads GPQA";

    #[test]
    fn the_same_headline_in_two_feeds_is_one_story() {
        let a = story(HEAD, "", "https://a.example/1");
        let b = story(&format!("{HEAD} | The Wire"), "More below.", "https://b.example/9");
        assert!(a.same(&b, false) && b.same(&a, false));
        assert!(!a.same(&b, true), "one feed means something by it");
        let c = story("OpenAI answers with a closed model of its own today", "", "");
        assert!(!a.same(&c, false));
    }

    #[test]
    fn the_same_text_or_address_is_one_story_anywhere() {
        let text = "The lab said on Monday that the model scores 76 per cent, six points behind the best closed one.";
        let a = story("Model out", text, "https://a.example/1?utm_source=rss#top");
        let b = story("New model", &text.to_uppercase(), "");
        assert!(a.same(&b, true));
        let c = story("Model out", "", "https://a.example/1/");
        assert!(a.same(&c, true));
        assert!(!story("Model out", "", "").same(&story("Model out", "", ""), false), "too short");
        let d = story("Other", "", "https://a.example/1?id=2");
        assert!(!a.same(&d, false), "a query is part of an address");
    }
}
