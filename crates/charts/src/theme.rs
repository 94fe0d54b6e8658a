//! Colours. Plotters knows only RGB, so a chart is drawn in stand-in colours that [`crate::finish`] replaces.

use plotters::style::RGBColor;

/// Where the colours of a finished drawing come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Palette {
    /// The page's custom properties, `var(--ink)`: one drawing serves light and dark.
    Page,
    /// Fixed colours on paper, for a drawing that stands alone in a file.
    Light,
    /// Fixed colours on dark paper.
    Dark,
}

/// A colour by its duty; the names are those of the style sheet's tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Ink {
    Paper,
    Sunk,
    Text,
    Text2,
    Text3,
    Rule,
    Edge,
    Up,
    Down,
    Open,
    Closed,
    /// The drawing's own hatched pattern.
    Hatch,
}

const ALL: [(Ink, &str, &str, &str); 11] = [
    (Ink::Paper, "paper", "#FBFAF7", "#14161A"),
    (Ink::Sunk, "sunk", "#F3F1EB", "#101215"),
    (Ink::Text, "ink", "#1A1D21", "#ECEAE5"),
    (Ink::Text2, "ink-2", "#454C54", "#BDC1C6"),
    (Ink::Text3, "ink-3", "#5F6770", "#979DA5"),
    (Ink::Rule, "rule", "#E2DED5", "#2D3138"),
    (Ink::Edge, "edge", "#7F858C", "#7C838C"),
    (Ink::Up, "up", "#0A5CA8", "#6CB2F5"),
    (Ink::Down, "down", "#AD4A06", "#F0945A"),
    (Ink::Open, "open", "#00786C", "#4CC2B2"),
    (Ink::Closed, "closed", "#6B2C91", "#C596E6"),
];

/// How a line is dashed; on and off in CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Dash {
    #[default]
    Solid,
    /// 2 on, 3 off: the even-odds line and the trend.
    Dots,
    /// 6 on, 3 off: the market.
    Dashes,
    /// 6 3 2 3: the panel.
    Mixed,
    /// 4 on, 4 off: the deadline.
    Deadline,
    /// 1 on, 3 off: leaders of labels.
    Fine,
}

impl Dash {
    const ALL: [Self; 6] = [Self::Solid, Self::Dots, Self::Dashes, Self::Mixed, Self::Deadline, Self::Fine];

    fn pattern(self) -> &'static [u32] {
        match self {
            Self::Solid => &[],
            Self::Dots => &[2, 3],
            Self::Dashes => &[6, 3],
            Self::Mixed => &[6, 3, 2, 3],
            Self::Deadline => &[4, 4],
            Self::Fine => &[1, 3],
        }
    }
}

/// The red part that marks a colour as one of ours.
const MARK: u8 = 1;

impl Ink {
    /// The stand-in for a solid line or a filling.
    pub(crate) fn color(self) -> RGBColor {
        self.dashed(Dash::Solid)
    }

    /// The stand-in for a dashed line; plotters itself would draw every dash as a line of its own.
    pub(crate) fn dashed(self, dash: Dash) -> RGBColor {
        RGBColor(MARK, dash as u8, self as u8)
    }
}

/// What a stand-in of the form `#01DDTT` stands for: the colour as an attribute's value, and the dashes in units of
/// the view box.
pub(crate) fn resolve(
    stand_in: &str,
    palette: Palette,
    id: &str,
    scale: u32,
) -> Option<(String, Option<String>)> {
    let hex = stand_in.strip_prefix('#')?;
    let number = u32::from_str_radix(hex, 16).ok().filter(|_| hex.len() == 6)?;
    let [_, mark, dash, token] = number.to_be_bytes();
    if mark != MARK {
        return None;
    }
    let color = if token == Ink::Hatch as u8 {
        format!("url(#{id}-hatch)")
    } else {
        value(ALL.iter().find(|(ink, ..)| *ink as u8 == token)?.0, palette)
    };
    let dash = Dash::ALL.get(usize::from(dash))?.pattern();
    let dash = (!dash.is_empty())
        .then(|| dash.iter().map(|n| (n * scale).to_string()).collect::<Vec<_>>().join(" "));
    Some((color, dash))
}

/// A colour as an attribute's value.
pub(crate) fn value(ink: Ink, palette: Palette) -> String {
    ALL.iter().find(|(i, ..)| *i == ink).map_or_else(
        || "none".to_owned(),
        |(_, token, light, dark)| match palette {
            Palette::Page => format!("var(--{token})"),
            Palette::Light => (*light).to_owned(),
            Palette::Dark => (*dark).to_owned(),
        },
    )
}
