//! What charms use on their machine: apt packages and files.
