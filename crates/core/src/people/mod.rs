//! Who there is and what each may do.
//!
//! Roles are a ladder: each may do what those below it may. What a request needs is a [`Right`]; whether whoever asks
//! has it is decided in one place, [`Holder::may`], and denied unless something grants it.

mod handle;
mod right;
mod role;

pub use handle::{BadHandle, Handle};
pub use right::{Holder, Refusal, Right};
pub use role::{Role, Scope};
