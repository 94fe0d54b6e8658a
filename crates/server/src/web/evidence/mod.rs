//! Evidence: the form, its preview, correcting, retracting, undoing.

mod change;
mod fields;
mod form;
mod options;

pub(super) use self::{
    change::{retract, revise, save_retraction, save_revision, undo},
    fields::decimal,
    form::{add, add_to, new},
};
