//! Charts as themeable SVG by plotters, and PNG share images of them.
#![forbid(unsafe_code)]
