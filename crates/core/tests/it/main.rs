//! The formulas against what the originals answered.

mod oracle;
