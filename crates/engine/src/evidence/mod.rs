//! Evidence: previewed, added, corrected, taken back, undone; contradictions decided.

mod add;
mod change;
mod input;
mod preview;
mod reading;
mod signal;

pub use self::{
    add::{AddEvidence, Added, Target},
    change::{Changed, Correction},
    input::{EvidenceInput, MeasureInput, StrengthInput},
    preview::{Alike, Preview},
    reading::{LinkReader, LinkReading, PageReading},
    signal::CountSignal,
};
