//! The charm as `dispatch` runs it.
fn main() {}
