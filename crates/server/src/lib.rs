//! The JSON API and the web pages: parse, authorise, call the engine, render.
#![forbid(unsafe_code)]
