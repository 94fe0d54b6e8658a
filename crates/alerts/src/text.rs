//! Texts made safe for one line.

/// The text on one line: control characters and line breaks of any kind become blanks, and what is longer than `most`
/// characters ends in an ellipsis.
pub(crate) fn line(text: &str, most: usize) -> String {
    let clean = |c: char| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c };
    let text = text.trim_matches(|c: char| c.is_control() || c.is_whitespace());
    let mut out: String = text.chars().take(most).map(clean).collect();
    if text.chars().nth(most).is_some() {
        out.pop();
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_of_at_most_so_many_characters() {
        assert_eq!(line(" a\r\nb\u{2028}c\u{85}d\0 ", 20), "a  b c d");
        assert_eq!(line("größer", 6), "größer");
        assert_eq!(line("größer!", 6), "größe…");
        assert_eq!(line("", 0), "");
    }
}
