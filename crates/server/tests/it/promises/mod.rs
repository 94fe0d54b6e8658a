//! What is promised about safety, one test or more for each promise, named after it: S2 to S13 and S20. The others
//! have theirs beside what they are about: S1, S3, S4 and S16 in the engine's tests of people, S15 in `people` and in
//! the command's tests, S16 and S17 in `people`.

mod input;
mod output;
