//! Passwords: read, judged, hashed with argon2id, compared.

use std::{fmt, sync::LazyLock};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use tokio::sync::Semaphore;
use zxcvbn::Score;

use crate::{EngineError, Result};

/// A password as it was typed. Never logged, never stored.
#[derive(Clone)]
pub struct Password(String);

/// In characters: at least so many, at most so many, none is cut off.
const LENGTHS: std::ops::RangeInclusive<usize> = 8..=128;

/// Each hash takes 19 MiB for tens of milliseconds: more at once wait their turn.
static TURNS: Semaphore = Semaphore::const_new(2);

/// A hash of nothing anyone can type, so that an unknown name takes as long as a known one.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits).ok()?;
    Argon2::default().hash_password(&bits).ok().map(|hash| hash.to_string())
});

impl Password {
    /// Takes a password as it was typed; nothing is trimmed or cut.
    pub fn new(typed: impl Into<String>) -> Self {
        Self(typed.into())
    }

    /// Refuses a password that is too short, too long, or among the first a guesser would try. `about`: words a guesser
    /// knows of its owner.
    pub(super) fn judge(&self, field: &str, about: &[&str]) -> Result<()> {
        let refuse = |code, message: String| Err(EngineError::invalid(field, code, message));
        let length = self.0.chars().count();
        if !LENGTHS.contains(&length) {
            return refuse(
                "length",
                format!(
                    "this has {length} characters: use {} to {}, of any kind",
                    LENGTHS.start(),
                    LENGTHS.end()
                ),
            );
        }
        if self.0.contains('\0') {
            // Some programs end a text there, and the rest would protect nothing.
            return refuse("unreadable", "it holds a NUL character: remove it".to_owned());
        }
        let about: Vec<&str> = about.iter().copied().chain(["bellwether"]).collect();
        let estimate = zxcvbn::zxcvbn(&self.0, &about);
        if estimate.score() < Score::Two {
            let why = estimate.feedback().and_then(zxcvbn::feedback::Feedback::warning);
            let why = why
                .map_or_else(|| "it is among the first that would be tried.".to_owned(), |w| w.to_string());
            return refuse("guessable", format!("{why} Several words that do not belong together are good"));
        }
        Ok(())
    }

    /// Its argon2id hash in the PHC form, with 19 MiB, two passes and a salt of its own.
    pub(super) async fn hash(self) -> Result<String> {
        let _turn = TURNS.acquire().await.map_err(EngineError::internal)?;
        let hashing = move || Argon2::default().hash_password(self.0.as_bytes()).map(|hash| hash.to_string());
        let hashed = tokio::task::spawn_blocking(hashing).await.map_err(EngineError::internal)?;
        hashed.map_err(|e| EngineError::internal(e.to_string()))
    }

    /// Whether it is the password of a hash. Without a hash it is not, and that takes as long.
    pub(super) async fn fits(self, hash: Option<String>) -> Result<bool> {
        // Bounded before any work: a megabyte of password is no password.
        if self.0.chars().nth(*LENGTHS.end()).is_some() {
            return Ok(false);
        }
        let _turn = TURNS.acquire().await.map_err(EngineError::internal)?;
        let comparing = move || {
            let known = hash.is_some();
            let Some(hash) = hash.or_else(|| NOBODY.clone()) else { return false };
            let fits = PasswordHash::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(self.0.as_bytes(), &hash).is_ok());
            known && fits
        };
        tokio::task::spawn_blocking(comparing).await.map_err(EngineError::internal)
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s4_passwords_that_are_short_long_or_common_are_refused() {
        for bad in [
            "",
            "1234567",
            "password",
            "qwertyuiop",
            "ada-lovelace",
            "bellwether",
            "four horses\0in a row",
            &"x1~".repeat(43),
        ] {
            assert!(Password::new(bad).judge("password", &["ada-lovelace"]).is_err(), "{bad}");
        }
        let longest: String =
            "plinth walrus cobalt ferry onyx juniper kettle mosaic quarry sphinx tundra velvet zephyr amber \
                               bramble cinder dovetail emblem fjord gravel"
                .chars()
                .take(128)
                .collect();
        assert_eq!(longest.len(), 128);
        for good in ["correct horse battery staple", "плотина-ворон-42", &longest] {
            Password::new(good).judge("password", &["ada"]).unwrap();
        }
        assert_eq!(format!("{:?}", Password::new("hunter42")), "Password(..)");
    }

    #[tokio::test]
    async fn s4_the_hash_is_argon2id_and_nothing_is_cut_off() {
        let long = "é".repeat(127);
        let hash = Password::new(format!("{long}a")).hash().await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(Password::new(format!("{long}a")).fits(Some(hash.clone())).await.unwrap());
        assert!(!Password::new(format!("{long}b")).fits(Some(hash.clone())).await.unwrap());
        assert!(!Password::new(format!("{long}a\0b")).fits(Some(hash.clone())).await.unwrap());
        assert!(!Password::new(long).fits(Some(hash)).await.unwrap());
        assert!(!Password::new("anything at all").fits(None).await.unwrap());
    }
}
