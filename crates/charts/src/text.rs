//! Text in drawings: what may stand in XML, how wide it is, where it is cut.

/// Advance widths of the printable ASCII characters in Source Sans 3 Regular, in thousandths of an em.
const REGULAR: [u16; 95] = [
    200, 289, 426, 497, 497, 824, 609, 249, 303, 303, 418, 497, 249, 311, 249, 350, 497, 497, 497, 497, 497,
    497, 497, 497, 497, 497, 249, 249, 497, 497, 497, 425, 847, 544, 588, 571, 615, 527, 494, 617, 652, 263,
    480, 579, 486, 727, 647, 664, 566, 664, 569, 534, 536, 645, 515, 786, 513, 476, 539, 303, 350, 303, 497,
    500, 542, 504, 553, 456, 555, 496, 292, 504, 544, 246, 247, 495, 255, 829, 547, 542, 555, 555, 347, 419,
    338, 544, 467, 719, 446, 467, 425, 303, 241, 303, 497,
];
/// Semibold is this much wider on average.
const SEMIBOLD: f64 = 1.03;
/// A character outside ASCII is taken to be this wide, an ideograph twice as wide.
const OTHER: u16 = 540;

/// The width in pixels that a text will take in Source Sans 3; a fallback family may differ by a tenth.
pub(crate) fn width(text: &str, px: f64, bold: bool) -> f64 {
    let thousandths: u32 = text.chars().map(|c| u32::from(advance(c))).sum();
    f64::from(thousandths) / 1000.0 * px * if bold { SEMIBOLD } else { 1.0 }
}

fn advance(c: char) -> u16 {
    match u32::from(c).checked_sub(32).and_then(|i| usize::try_from(i).ok()) {
        Some(i) if i < REGULAR.len() => REGULAR[i],
        _ if u32::from(c) >= 0x1100 => 1000,
        _ => OTHER,
    }
}

/// The text without the characters that XML 1.0 cannot hold; line breaks become spaces.
pub(crate) fn clean(text: &str) -> String {
    text.chars()
        .filter_map(|c| match c {
            '\n' | '\r' | '\t' => Some(' '),
            // No XML, or they turn the reading direction and would reorder the labels around them.
            '\u{fffe}' | '\u{ffff}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => None,
            c if c.is_control() => None,
            c => Some(c),
        })
        .collect()
}

/// The cleaned text, escaped for an element or a double-quoted attribute.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// The cleaned text, cut with an ellipsis so that it is at most `max` pixels wide.
pub(crate) fn fit(text: &str, max: f64, px: f64, bold: bool) -> String {
    let text = clean(text);
    if width(&text, px, bold) <= max {
        return text;
    }
    let room = max - width("…", px, bold);
    let mut used = 0.0;
    let kept: String = text
        .chars()
        .take_while(|c| {
            used += f64::from(advance(*c)) / 1000.0 * px * if bold { SEMIBOLD } else { 1.0 };
            used <= room
        })
        .collect();
    format!("{}…", kept.trim_end())
}

/// Breaks a text into at most `lines` lines of `max` pixels; what does not fit ends in an ellipsis.
pub(crate) fn wrap(text: &str, max: f64, px: f64, bold: bool, lines: usize) -> Vec<String> {
    let text = clean(text);
    let mut out: Vec<String> = Vec::new();
    let mut words = text.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let mut line = word.to_owned();
        if out.len() + 1 >= lines {
            words.by_ref().for_each(|w| line = format!("{line} {w}"));
            out.push(fit(&line, max, px, bold));
            break;
        }
        while let Some(next) = words.peek() {
            let longer = format!("{line} {next}");
            if width(&longer, px, bold) > max {
                break;
            }
            line = longer;
            words.next();
        }
        out.push(fit(&line, max, px, bold));
    }
    out
}

/// A chart's id as an XML name: other characters become hyphens, at most 60 of them.
pub(crate) fn id(text: &str) -> String {
    let name: String = text
        .chars()
        .take(60)
        .map(|c| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' })
        .collect();
    if name.starts_with(|c: char| c.is_ascii_alphabetic()) { name } else { format!("c{name}") }
}

/// A probability as pages write it: `75%`, below 2 and above 98 with one decimal, `<1%`, `>99%`.
pub(crate) fn percent(p: f64) -> String {
    let percent = p * 100.0;
    if percent > 0.0 && percent < 1.0 {
        "<1%".to_owned()
    } else if percent > 99.0 && percent < 100.0 {
        ">99%".to_owned()
    } else if !(2.0..=98.0).contains(&percent) && percent.fract() != 0.0 {
        format!("{percent:.1}%")
    } else {
        format!("{percent:.0}%")
    }
}

/// How many decimals a score needs, at most two.
pub(crate) fn decimals(value: f64) -> usize {
    (0..2)
        .find(|d| (value * 10_f64.powi(*d) - (value * 10_f64.powi(*d)).round()).abs() < 1e-6)
        .unwrap_or(2)
        .unsigned_abs() as usize
}

/// A score with the given number of decimals and, below zero, U+2212 as on pages.
pub(crate) fn score(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    text.strip_prefix('-').map_or_else(|| text.clone(), |rest| format!("\u{2212}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_and_markup_become_literal_text() {
        assert_eq!(escape("a\u{0}\u{8}<b>&amp;]]>\"'"), "a&lt;b&gt;&amp;amp;]]&gt;&quot;&#39;");
        assert_eq!(escape("x\u{202e}y\nz"), "xy z");
    }

    #[test]
    fn long_text_is_cut_to_its_width() {
        let cut = fit("DeepSeek-R1-0528-distilled-into-something-long", 80.0, 13.0, false);
        assert!(cut.ends_with('…') && width(&cut, 13.0, false) <= 80.0, "{cut}");
        assert_eq!(
            wrap("one two three four", width("one two", 10.0, false), 10.0, false, 2),
            ["one two", "three…"]
        );
        assert!(wrap("", 100.0, 10.0, false, 3).is_empty());
    }

    #[test]
    fn percentages_follow_the_house_form() {
        let shown = [0.0, 0.004, 0.013, 0.02, 0.748, 0.985, 0.995, 1.0].map(percent);
        assert_eq!(shown, ["0%", "<1%", "1.3%", "2%", "75%", "98.5%", ">99%", "100%"]);
    }

    #[test]
    fn scores_have_the_decimals_they_need() {
        assert_eq!([87.0, 76.3, 92.74, 33.333_3].map(decimals), [0, 1, 2, 2]);
        assert_eq!([score(87.0, 1), score(-3.25, 2)], ["87.0", "\u{2212}3.25"]);
    }

    #[test]
    fn an_id_is_always_an_xml_name() {
        assert_eq!(id("42 <b>"), "c42--b-");
        assert_eq!(id(""), "c");
    }
}
