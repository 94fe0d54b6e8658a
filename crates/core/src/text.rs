//! Texts that people type: normalised, visible, and free of characters that deceive.

use unicode_normalization::UnicodeNormalization as _;

/// Why a text is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// Nothing in it can be seen.
    #[error("write something that can be read")]
    Empty,
    /// Too short to say anything.
    #[error("write at least {0} characters")]
    TooShort(usize),
    /// Longer than the field takes.
    #[error("{has} characters, at most {max} are taken")]
    TooLong {
        /// Its length in characters.
        has: usize,
        /// The longest that is taken.
        max: usize,
    },
    /// It holds a character that steers a screen instead of being seen.
    #[error("it holds the control character U+{0:04X}: remove it")]
    Control(u32),
}

/// Reads a single line of at least `min` and at most `max` characters: NFC, trimmed, without controls.
pub fn line(text: &str, min: usize, max: usize) -> Result<String, BadText> {
    read(text, min, max, |_| false)
}

/// Reads text that may hold line ends and tabs, of at most `max` characters: NFC, trimmed, `\n` for every line end.
pub fn prose(text: &str, min: usize, max: usize) -> Result<String, BadText> {
    read(&text.replace("\r\n", "\n").replace('\r', "\n"), min, max, |c| matches!(c, '\n' | '\t'))
}

fn read(text: &str, min: usize, max: usize, allowed: impl Fn(char) -> bool) -> Result<String, BadText> {
    // Normalising can lengthen a text at most threefold per character; a text far too long is not worth the work.
    if text.len() > max.saturating_mul(16) {
        return Err(BadText::TooLong { has: text.chars().count(), max });
    }
    let text: String = text.nfc().collect();
    let text = text.trim();
    if let Some(c) = text.chars().find(|c| !allowed(*c) && steers(*c)) {
        return Err(BadText::Control(c.into()));
    }
    if !text.chars().any(is_visible) {
        return Err(BadText::Empty);
    }
    let has = text.chars().count();
    if has < min {
        return Err(BadText::TooShort(min));
    }
    if has > max {
        return Err(BadText::TooLong { has, max });
    }
    Ok(text.to_owned())
}

/// C0 and C1 controls, line and paragraph separators, marks that reorder text, byte order mark, tag characters.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{206F}'
            | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// Whether a character leaves ink: no blank, no joiner, no filler.
fn is_visible(c: char) -> bool {
    !c.is_whitespace()
        && !steers(c)
        && !matches!(c, '\u{AD}' | '\u{34F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2065}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FFA0}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b10_titles_that_cannot_be_read_are_refused() {
        for bad in [
            "",
            "   ",
            "\u{200B}\u{200D}",
            "\u{3164}",
            "\u{2800}",
            "a\0b",
            "a\u{202E}b",
            "a\nb",
            "a\u{1B}[2J",
        ] {
            assert!(line(bad, 1, 300).is_err(), "{bad:?}");
        }
        assert_eq!(line("x", 3, 300), Err(BadText::TooShort(3)));
        assert_eq!(line(&"é".repeat(301), 3, 300), Err(BadText::TooLong { has: 301, max: 300 }));
        assert!(line(&"x".repeat(10_000), 3, 300).is_err());
    }

    #[test]
    fn length_counts_characters_and_text_is_composed() {
        assert_eq!(line(&"é".repeat(300), 3, 300).map(|t| t.chars().count()), Ok(300));
        assert_eq!(line("  Cafe\u{301}  ", 1, 10).as_deref(), Ok("Café"));
        assert_eq!(line("👩\u{200D}🔬 tests", 1, 20).as_deref(), Ok("👩\u{200D}🔬 tests"));
    }

    #[test]
    fn prose_keeps_lines() {
        assert_eq!(prose("a\r\nb\rc\td\n", 1, 20).as_deref(), Ok("a\nb\nc\td"));
        assert!(prose("a\u{2066}b", 1, 20).is_err());
    }
}
