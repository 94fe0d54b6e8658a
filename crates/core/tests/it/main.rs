//! The domain through its public interface: the formulas against what the originals answered, and laws.
#![expect(clippy::unwrap_used, reason = "a test says by panicking that something is wrong")]

mod laws;
mod lmsr_cases;
mod market_laws;
mod oracle;
