//! Hook commands across a socket: the small programs that a charm runs, and how minijuju answers them.
//!
//! Every hook command in a machine is this same program under another name. It passes what it was given to the minijuju
//! that runs the hook, over a socket in the unit's agent folder, and prints what comes back.

pub mod client;
pub mod exec;
pub mod socket;
pub mod wire;
