//! Hook commands over a socket: the small programs that a charm runs, and minijuju's answers.
//!
//! Every hook command in a machine is a link to minijuju's program. It sends its arguments over a socket in the unit's
//! agent folder to the minijuju that runs the hook, and prints the answer.

pub mod client;
pub mod exec;
pub mod socket;
pub mod wire;
