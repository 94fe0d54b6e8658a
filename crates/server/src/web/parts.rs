//! Small parts of pages that carry markup of their own: times, movements, marks, states, strengths.
//!
//! Each writes HTML that is safe as it stands; texts from outside are escaped here.

use std::fmt::{self, Display, Formatter};

use askama::filters::{Html, HtmlSafe, escape};
use bellwether_core::actor::Actor;
use chrono::{DateTime, SecondsFormat, Utc};

use super::figures::{self, Plain};

/// A symbol of the sprite with a word for those who do not see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// ▲
    Up,
    /// ▼
    Down,
    /// ✓
    Check,
    /// →
    Arrow,
    /// ○
    Ring,
    /// ◔
    Quarter,
    /// ● in the colour of Yes
    DotYes,
    /// ● in the colour of No
    DotNo,
    /// ● in ink
    Dot,
    /// !
    Bang,
    /// ?
    Query,
    /// –
    Dash,
    /// ● open-weights
    Open,
    /// □ closed
    Closed,
}

impl Mark {
    fn symbol(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Up => ("up", "up", "up"),
            Self::Down => ("down", "down", "down"),
            Self::Check => ("check", "", ""),
            Self::Arrow => ("arrow", "", "to"),
            Self::Ring => ("ring", "", ""),
            Self::Quarter => ("quarter", "", ""),
            Self::DotYes => ("dot", "up", ""),
            Self::DotNo => ("dot", "down", ""),
            Self::Dot => ("dot", "", ""),
            Self::Bang => ("bang", "", "attention:"),
            Self::Query => ("query", "", "unknown:"),
            Self::Dash => ("dash", "", ""),
            Self::Open => ("dot", "open", ""),
            Self::Closed => ("square", "closed", ""),
        }
    }
}

impl Display for Mark {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (id, class, word) = self.symbol();
        write!(f, r##"<svg class="i {class}" aria-hidden="true"><use href="#mark-{id}"/></svg>"##)?;
        if word.is_empty() { Ok(()) } else { write!(f, r#"<span class="vh">{word} </span>"#) }
    }
}

impl HtmlSafe for Mark {}

/// A realised change of a probability over a stated window.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Moved {
    /// In percentage points, signed.
    pub pts: f64,
    /// The window in days; `None` beside a from/to pair.
    pub days: Option<u32>,
}

impl Display for Moved {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let text = match self.days {
            Some(_) => figures::pts(self.pts),
            None => figures::pts(self.pts).map(|_| figures::pts1(self.pts)),
        };
        match text {
            None => f.write_str(r#"<span class="move">no change"#)?,
            Some(text) if self.pts < 0.0 => write!(f, r#"<span class="move">{} {text}"#, Mark::Down)?,
            Some(text) => write!(f, r#"<span class="move">{} {text}"#, Mark::Up)?,
        }
        if let Some(days) = self.days {
            write!(f, r#" <span class="note">({days}&nbsp;d)</span>"#)?;
        }
        f.write_str("</span>")
    }
}

impl HtmlSafe for Moved {}

/// How a time is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Day,
    Short,
    Instant,
    Ago,
    Left,
}

/// An instant as `<time>`, with the full UTC instant on hover; the scripts keep `ago` and `left` current.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct When {
    at: DateTime<Utc>,
    now: DateTime<Utc>,
    form: Form,
}

impl When {
    /// `10 Apr 2026`
    pub(crate) fn day(at: impl Plain<DateTime<Utc>>) -> Self {
        let at = at.plain();
        Self { at, now: at, form: Form::Day }
    }

    /// `10 Apr` in this year
    pub(crate) fn short(at: impl Plain<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        Self { at: at.plain(), now, form: Form::Short }
    }

    /// `8 Apr 2026, 18:00 UTC`
    pub(crate) fn instant(at: impl Plain<DateTime<Utc>>) -> Self {
        let at = at.plain();
        Self { at, now: at, form: Form::Instant }
    }

    /// `12 min ago`
    pub(crate) fn ago(at: impl Plain<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        Self { at: at.plain(), now, form: Form::Ago }
    }

    /// `19 h left`
    pub(crate) fn left(at: impl Plain<DateTime<Utc>>, now: DateTime<Utc>) -> Self {
        Self { at: at.plain(), now, form: Form::Left }
    }
}

impl Display for When {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (live, text) = match self.form {
            Form::Day => ("", figures::day(self.at)),
            Form::Short => ("", figures::day_short(self.at, self.now)),
            Form::Instant => ("", figures::instant(self.at)),
            Form::Ago => (r#" data-clock="ago""#, figures::ago(self.at, self.now)),
            Form::Left => (r#" data-clock="left""#, figures::left(self.at, self.now)),
        };
        let machine = self.at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let full = self.at.format("%-d %b %Y, %H:%M:%S UTC");
        write!(f, r#"<time datetime="{machine}" title="{full}"{live}>{text}</time>"#)
    }
}

impl HtmlSafe for When {}

/// A claim's state: a mark and a word, only the mark coloured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    /// The mark.
    pub mark: Mark,
    /// The word: `Open`, `Proposed Yes`, `Waiting for data`.
    pub word: String,
}

impl Status {
    /// A state.
    pub(crate) fn new(mark: Mark, word: impl Into<String>) -> Self {
        Self { mark, word: word.into() }
    }

    /// A final outcome.
    pub(crate) fn settled(outcome: &str) -> Self {
        let mark = match outcome.to_ascii_lowercase().as_str() {
            "yes" => Mark::DotYes,
            "no" => Mark::DotNo,
            "void" => Mark::Dash,
            _ => Mark::Dot,
        };
        Self::new(mark, outcome)
    }
}

impl Display for Status {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let word = escape(&self.word, Html).map_err(|_| fmt::Error)?;
        write!(f, r#"<span class="status">{} {word}</span>"#, self.mark)
    }
}

impl HtmlSafe for Status {}

/// Who did something: people and bots lead to their page, and bots are marked as such.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Who(pub Actor);

impl Display for Who {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Actor::Operator => f.write_str("the local operator"),
            Actor::System(part) => {
                write!(f, "Bellwether ({})", escape(part, Html).map_err(|_| fmt::Error)?)
            }
            // A handle consists of letters, digits and hyphens.
            Actor::Person(handle) => write!(f, r#"<a href="/people/{handle}">{handle}</a>"#),
            Actor::Bot(handle) => write!(f, r#"<a href="/people/{handle}">{handle}</a> (bot)"#),
        }
    }
}

impl HtmlSafe for Who {}

/// What stands in the place of a form or a button for those who may not use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Instead {
    /// The way in, and back to the address: `Sign in to object`.
    SignIn {
        /// Where the sign-in page is.
        href: String,
        /// What one comes in for.
        to: &'static str,
    },
    /// Who does it here: `Curators add evidence here.`
    Others(&'static str),
}

impl Display for Instead {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::SignIn { href, to } => {
                let href = escape(href, Html).map_err(|_| fmt::Error)?;
                write!(f, r#"<a href="{href}">Sign in to {to}</a>."#)
            }
            Self::Others(sentence) => f.write_str(sentence),
        }
    }
}

impl HtmlSafe for Instead {}

/// The attributes that tie an input to the lines under it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FieldMarks {
    /// The field's id.
    pub field: &'static str,
    /// Something is wrong with it: the line `…-error` says what.
    pub wrong: bool,
    /// A hint stands under it, as `…-note`.
    pub hint: bool,
}

impl Display for FieldMarks {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let field = self.field;
        match (self.wrong, self.hint) {
            (false, false) => Ok(()),
            (false, true) => write!(f, r#" aria-describedby="{field}-note""#),
            (true, false) => write!(f, r#" aria-invalid="true" aria-describedby="{field}-error""#),
            (true, true) => {
                write!(f, r#" aria-invalid="true" aria-describedby="{field}-error {field}-note""#)
            }
        }
    }
}

impl HtmlSafe for FieldMarks {}

/// The line under a field that says what is wrong with it; nothing where nothing is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FieldLine {
    /// The field's id.
    pub field: &'static str,
    /// What is wrong.
    pub message: Option<String>,
}

impl Display for FieldLine {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(message) = &self.message else { return Ok(()) };
        let message = escape(message, Html).map_err(|_| fmt::Error)?;
        write!(f, r#"<p class="field-error" id="{}-error">{message}</p>"#, self.field)
    }
}

impl HtmlSafe for FieldLine {}

/// Seven ticks, filled as far as the points reach 1, 3, 6, 12, 18, 25 and 40.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Strength(pub f64);

impl Strength {
    fn filled(self) -> usize {
        const STEPS: [f64; 7] = [1.0, 3.0, 6.0, 12.0, 18.0, 25.0, 40.0];
        STEPS.iter().filter(|step| self.0.abs() >= **step - 1e-9).count()
    }
}

impl Display for Strength {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(r#"<span class="ticks" aria-hidden="true">"#)?;
        for tick in 0..7 {
            f.write_str(if tick < self.filled() { r#"<i class="on"></i>"# } else { "<i></i>" })?;
        }
        write!(f, r#"</span> <b class="nowrap">{}</b>"#, figures::points(self.0))
    }
}

impl HtmlSafe for Strength {}

/// Markup that was made by our own code and is safe as it stands: a chart of `bellwether-charts`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Svg(pub String);

impl Display for Svg {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Svg {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strengths_fill_up_to_their_step() {
        let filled: Vec<_> = [0.4, 1.0, 3.6, -8.0, 25.0, 40.0].map(|p| Strength(p).filled()).into();
        assert_eq!(filled, [0, 1, 2, 3, 6, 7]);
    }

    #[test]
    fn a_state_escapes_its_word() {
        let html = Status::new(Mark::Dot, "<b>").to_string();
        assert!(!html.contains("<b>"), "{html}");
    }

    #[test]
    fn people_and_bots_lead_to_their_page() {
        let who = |text: &str| Who(Actor::try_from(text.to_owned()).unwrap()).to_string();
        assert_eq!(who("person:ada"), r#"<a href="/people/ada">ada</a>"#);
        assert_eq!(who("bot:feed"), r#"<a href="/people/feed">feed</a> (bot)"#);
        assert_eq!(who("operator"), "the local operator");
        assert!(!who("system:<b>").contains("<b>"));
    }

    #[test]
    fn a_movement_names_direction_and_window() {
        let html = Moved { pts: -3.2, days: Some(7) }.to_string();
        assert!(
            html.contains("down") && html.contains("3\u{a0}pts") && html.contains("(7&nbsp;d)"),
            "{html}"
        );
        assert!(Moved { pts: 0.0, days: Some(7) }.to_string().contains("no change"));
    }
}
