//! Which claims an item of news bears on, and why: whole words, in order, and nothing cleverer.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

/// A text as its words, to look for phrases in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    exact: Vec<String>,
    folded: Vec<String>,
}

impl Words {
    /// The words of a text: runs of letters, digits, `+` and `#` (HumanEval+, C#). Scripts written without blanks
    /// give one word a character.
    pub fn of(text: &str) -> Self {
        let mut exact = Vec::new();
        let mut word = String::new();
        for c in text.nfkc() {
            let alone = is_unspaced(c);
            if alone || !(c.is_alphanumeric() || matches!(c, '+' | '#') || is_mark(c)) {
                if !word.is_empty() {
                    exact.push(std::mem::take(&mut word));
                }
                if alone {
                    exact.push(c.to_string());
                }
            } else {
                word.push(c);
            }
        }
        if !word.is_empty() {
            exact.push(word);
        }
        let folded = exact.iter().map(|word| word.to_lowercase()).collect();
        Self { exact, folded }
    }
}

/// Scripts without blanks between words: kana, ideographs, Hangul is not among them.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Marks that belong to the letter before them and have no composed form.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{900}'..='\u{903}' | '\u{93A}'..='\u{94F}')
}

/// Why a signal stands beside a claim.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Reason {
    /// What sort of thing it names.
    pub by: By,
    /// The thing, as the claim or the source writes it.
    pub name: String,
}

/// What a signal names that the claim is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// A keyword that the claim declares.
    Keyword,
    /// A benchmark of the claim's rule.
    Benchmark,
    /// A model that the claim's rule names or stands on.
    Model,
    /// It comes from a benchmark that the claim's rule reads.
    Reads,
    /// It is about this claim itself.
    Claim,
}

impl Reason {
    /// What follows "because it": `names GPQA`, `names “open weights”`.
    pub fn words(&self) -> String {
        match self.by {
            By::Keyword => format!("names “{}”", self.name),
            By::Benchmark | By::Model => format!("names {}", self.name),
            By::Reads => format!("changed {}, which this claim’s rule reads", self.name),
            By::Claim => "is about this claim’s own views".to_owned(),
        }
    }
}

/// What follows "because it" for several reasons: `names GPQA, DeepSeek R1 and “open weights”`.
pub fn because(reasons: &[Reason]) -> Option<String> {
    let mut told: Vec<String> = reasons.iter().map(Reason::words).collect();
    told.dedup();
    let (first, more) = told.split_first()?;
    let named = |words: &str| words.strip_prefix("names ").map(str::to_owned);
    let rest: Vec<String> = more
        .iter()
        .map(|words| named(words).filter(|_| first.starts_with("names ")).unwrap_or(words.clone()))
        .collect();
    Some(match rest.split_last() {
        None => first.clone(),
        Some((last, [])) => format!("{first} and {last}"),
        Some((last, between)) => format!("{first}, {} and {last}", between.join(", ")),
    })
}

/// What a claim looks for in news.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Watch(BTreeSet<Phrase>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Phrase {
    reason: Reason,
    words: Vec<String>,
    /// Upper and lower case matter.
    exact: bool,
}

impl Watch {
    /// No more than so many reasons are given.
    pub const MOST_REASONS: usize = 5;

    /// Looks for a keyword of the claim, whatever its case.
    pub fn keyword(&mut self, keyword: &str) {
        self.add(By::Keyword, keyword, keyword, false);
    }

    /// Looks for a benchmark by its title: `GPQA diamond, run by Epoch` by `GPQA diamond`, and by `GPQA` where the
    /// first word is a name and not a word of the language.
    pub fn benchmark(&mut self, title: &str) {
        let head = title.split([',', '(', ':']).next().unwrap_or(title).trim();
        self.name(By::Benchmark, head);
        if let Some(first) = head.split_whitespace().next()
            && first != head
            && is_coined(first)
        {
            self.name(By::Benchmark, first);
        }
    }

    /// Looks for a model by one of its names.
    pub fn model(&mut self, name: &str) {
        self.name(By::Model, name);
    }

    /// Whether it looks for nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Why a text bears on the claim: the phrases it contains, the longest of those that overlap. Empty: it does not.
    pub fn reasons(&self, text: &Words) -> Vec<Reason> {
        let found: Vec<&Phrase> = self.0.iter().filter(|phrase| phrase.is_in(text)).collect();
        let inside_another = |phrase: &Phrase| {
            found.iter().any(|other| {
                other.words.len() > phrase.words.len()
                    && other.reason.by == phrase.reason.by
                    && contains(&folded(&other.words), &folded(&phrase.words))
            })
        };
        let mut reasons: Vec<Reason> = Vec::new();
        for phrase in found.iter().filter(|phrase| !inside_another(phrase)) {
            if reasons.iter().all(|r| !r.name.eq_ignore_ascii_case(&phrase.reason.name)) {
                reasons.push(phrase.reason.clone());
            }
        }
        reasons.truncate(Self::MOST_REASONS);
        reasons
    }

    /// A name of one word is looked for as it is written: MATH is a benchmark, math is not.
    fn name(&mut self, by: By, name: &str) {
        let one = Words::of(name).exact.len() == 1;
        if name.chars().filter(|c| c.is_alphanumeric()).count() >= 2 && name.chars().any(char::is_alphabetic)
        {
            self.add(by, name, name, one);
        }
    }

    fn add(&mut self, by: By, name: &str, phrase: &str, exact: bool) {
        let words = Words::of(phrase);
        let words = if exact { words.exact } else { words.folded };
        if !words.is_empty() {
            self.0.insert(Phrase { reason: Reason { by, name: name.to_owned() }, words, exact });
        }
    }
}

impl Phrase {
    fn is_in(&self, text: &Words) -> bool {
        contains(if self.exact { &text.exact } else { &text.folded }, &self.words)
    }
}

fn contains(text: &[String], phrase: &[String]) -> bool {
    !phrase.is_empty() && text.windows(phrase.len()).any(|run| run == phrase)
}

fn folded(words: &[String]) -> Vec<String> {
    words.iter().map(|word| word.to_lowercase()).collect()
}

/// Whether a word was made up: it has a second capital letter, or a digit beside its letters.
fn is_coined(word: &str) -> bool {
    let capitals = word.chars().filter(|c| c.is_uppercase()).count();
    let mixed = word.chars().any(char::is_alphabetic) && word.chars().any(|c| c.is_ascii_digit());
    capitals >= 2 || mixed
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn why(watch: &Watch, text: &str) -> Vec<String> {
        watch.reasons(&Words::of(text)).iter().map(Reason::words).collect()
    }

    fn watch() -> Watch {
        let mut watch = Watch::default();
        watch.keyword("open weights");
        watch.keyword("C++");
        watch.benchmark("GPQA diamond, run by Epoch");
        watch.benchmark("MATH level 5");
        watch.benchmark("HumanEval, pass@1, greedy");
        watch.benchmark("Aider polyglot, second try");
        watch.model("DeepSeek-R1");
        watch.model("o3");
        watch
    }

    #[test]
    fn whole_words_in_order_whatever_the_punctuation() {
        let w = watch();
        assert_eq!(why(&w, "Open-weights models are here"), ["names “open weights”"]);
        assert_eq!(why(&w, "OPEN WEIGHTS!"), ["names “open weights”"]);
        assert!(why(&w, "weights that are open").is_empty());
        assert!(why(&w, "reopen weights; open weightsmith").is_empty());
        assert_eq!(why(&w, "DeepSeek R1 beats the rest"), ["names DeepSeek-R1"]);
        assert_eq!(why(&w, "written in c++, mostly"), ["names “C++”"]);
        assert!(why(&w, "vitamin c").is_empty());
    }

    #[test]
    fn a_benchmark_is_named_by_its_title_or_its_coined_first_word() {
        let w = watch();
        assert_eq!(why(&w, "A new best on GPQA-Diamond"), ["names GPQA diamond"], "the longer one only");
        assert_eq!(why(&w, "A new best on GPQA"), ["names GPQA"]);
        assert_eq!(why(&w, "scores 99 on MATH"), ["names MATH"]);
        assert!(why(&w, "my math homework").is_empty(), "a name of one word is as it is written");
        assert!(why(&w, "an aider of the poor").is_empty());
        assert!(why(&w, "HumanEval+ differs").is_empty(), "another benchmark");
        assert_eq!(why(&w, "HumanEval, again"), ["names HumanEval"]);
        assert_eq!(why(&w, "OpenAI’s o3 model"), ["names o3"]);
    }

    #[test]
    fn scripts_without_blanks_and_wide_letters() {
        let mut w = watch();
        w.keyword("人工智能");
        assert_eq!(why(&w, "关于人工智能的新闻：ＧＰＱＡ"), ["names “人工智能”", "names GPQA"]);
        assert!(why(&w, "人工的智能").is_empty());
    }

    #[test]
    fn reasons_read_as_a_sentence() {
        let reason = |by, name: &str| Reason { by, name: name.to_owned() };
        let all =
            [reason(By::Keyword, "open weights"), reason(By::Benchmark, "GPQA"), reason(By::Model, "o3")];
        assert_eq!(because(&all).unwrap(), "names “open weights”, GPQA and o3");
        assert_eq!(because(&all[..2]).unwrap(), "names “open weights” and GPQA");
        assert_eq!(because(&all[1..2]).unwrap(), "names GPQA");
        assert_eq!(because(&[]), None);
        assert!(because(&[reason(By::Reads, "GPQA")]).unwrap().contains("rule reads"));
    }

    proptest! {
        /// A keyword between other words is found; the reason is the keyword.
        #[test]
        fn what_is_there_is_found(before in "[a-z ,.]{0,40}", keyword in "[A-Za-z]{2,9}( [A-Za-z]{2,9}){0,3}",
                                  after in "[a-z ,.]{0,40}") {
            let mut w = Watch::default();
            w.keyword(&keyword);
            prop_assert_eq!(why(&w, &format!("{before} {} {after}", keyword.to_uppercase())), [format!("names “{keyword}”")]);
        }

        /// Any text and any phrases: bounded, and no panic.
        #[test]
        fn nothing_breaks_it(text in any::<String>(), phrases in prop::collection::vec(any::<String>(), 0..30)) {
            let mut w = Watch::default();
            for p in &phrases {
                w.keyword(p);
                w.benchmark(p);
                w.model(p);
            }
            prop_assert!(w.reasons(&Words::of(&text)).len() <= Watch::MOST_REASONS);
        }
    }
}
