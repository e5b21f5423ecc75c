//! Secrets, their revisions, grants and consumers.
