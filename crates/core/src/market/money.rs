//! Money and shares as integers: millionths of a credit, millionths of a share.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// Millionths in one.
pub const MICRO: i64 = 1_000_000;

/// An amount of credits in millionths; signed where it is a change. Written in JSON as a decimal text, `"12.5"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Credits(i64);

/// A number of shares in millionths; each pays one credit if it wins. Signed where it is a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Shares(i64);

/// An amount that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the amount is too large: at most 9 million million credits or shares can be counted")]
pub struct TooLarge;

/// Why a text is no amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no amount: write a number such as 25 or 12.5, with at most 6 decimals")]
pub struct BadAmount(pub String);

macro_rules! micro {
    ($name:ident) => {
        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);

            /// From millionths.
            pub const fn from_micro(micro: i64) -> Self {
                Self(micro)
            }

            /// From whole ones.
            pub fn whole(n: i64) -> Result<Self, TooLarge> {
                n.checked_mul(MICRO).map(Self).ok_or(TooLarge)
            }

            /// In millionths.
            pub const fn micro(self) -> i64 {
                self.0
            }

            /// In ones, for the mathematics and for display.
            pub fn to_f64(self) -> f64 {
                self.0 as f64 / MICRO as f64
            }

            /// From ones, rounded down to a millionth.
            pub fn floor(ones: f64) -> Result<Self, TooLarge> {
                rounded((ones * MICRO as f64).floor()).map(Self)
            }

            /// From ones, rounded to the nearest millionth.
            pub fn nearest(ones: f64) -> Result<Self, TooLarge> {
                rounded((ones * MICRO as f64).round()).map(Self)
            }

            /// From ones, rounded up to a millionth.
            pub fn ceil(ones: f64) -> Result<Self, TooLarge> {
                rounded((ones * MICRO as f64).ceil()).map(Self)
            }

            /// The sum.
            pub fn plus(self, other: Self) -> Result<Self, TooLarge> {
                self.0.checked_add(other.0).map(Self).ok_or(TooLarge)
            }

            /// The difference.
            pub fn minus(self, other: Self) -> Result<Self, TooLarge> {
                self.0.checked_sub(other.0).map(Self).ok_or(TooLarge)
            }

            /// The opposite.
            pub fn opposite(self) -> Result<Self, TooLarge> {
                self.0.checked_neg().map(Self).ok_or(TooLarge)
            }

            /// The sum of many.
            pub fn sum(all: impl IntoIterator<Item = Self>) -> Result<Self, TooLarge> {
                all.into_iter().try_fold(Self::ZERO, Self::plus)
            }
        }

        impl fmt::Display for $name {
            /// All digits that there are: `12.5`, `-0.000001`, `3`.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let (whole, rest) = (self.0.unsigned_abs() / 1_000_000, self.0.unsigned_abs() % 1_000_000);
                let sign = if self.0 < 0 { "-" } else { "" };
                if rest == 0 {
                    return write!(f, "{sign}{whole}");
                }
                write!(f, "{sign}{whole}.{}", format!("{rest:06}").trim_end_matches('0'))
            }
        }

        impl FromStr for $name {
            type Err = BadAmount;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                read(text).map(Self).ok_or_else(|| BadAmount(text.chars().take(40).collect()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = BadAmount;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(amount: $name) -> Self {
                amount.to_string()
            }
        }
    };
}

micro!(Credits);
micro!(Shares);

impl Shares {
    /// What shares of an option that counts a whole pay.
    pub fn paid_in_full(self) -> Credits {
        Credits(self.0)
    }
}

fn rounded(micro: f64) -> Result<i64, TooLarge> {
    // Below 2^62 every whole double is a whole i64.
    if micro.abs() < 4.6e18 {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within range, as was just asked")]
        Ok(micro as i64)
    } else {
        Err(TooLarge)
    }
}

fn read(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix(['-', '\u{2212}']) {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let number = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() && decimals.is_empty() || !number(whole) || !number(decimals) {
        return None;
    }
    let decimals = decimals.trim_end_matches('0');
    if decimals.len() > 6 {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let rest: i64 = format!("{decimals:0<6}").parse().ok()?;
    let micro = whole.checked_mul(MICRO)?.checked_add(rest)?;
    Some(if negative { -micro } else { micro })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_back_as_they_were_written() {
        for (text, micro) in [("0", 0), ("12.5", 12_500_000), ("-0.000001", -1), ("3", 3_000_000)] {
            assert_eq!(text.parse(), Ok(Credits(micro)));
            assert_eq!(Credits(micro).to_string(), text);
        }
        assert_eq!(".5".parse(), Ok(Credits(500_000)));
        assert_eq!("7.1000000".parse(), Ok(Shares(7_100_000)));
        for bad in ["", ".", "-", "1e3", "1,5", "0.0000001", "99999999999999", "NaN", "+1", "1 000"] {
            assert!(bad.parse::<Credits>().is_err(), "{bad}");
        }
    }

    #[test]
    fn arithmetic_never_wraps() {
        let most = Credits(i64::MAX);
        assert_eq!(most.plus(Credits(1)), Err(TooLarge));
        assert_eq!(Credits(i64::MIN).opposite(), Err(TooLarge));
        assert_eq!(Credits::floor(1e13), Err(TooLarge));
        assert_eq!(Credits::ceil(f64::NAN), Err(TooLarge));
        assert_eq!(Credits::ceil(0.000_000_1), Ok(Credits(1)));
        assert_eq!(Credits::floor(-0.000_000_1), Ok(Credits(-1)));
    }
}
