//! A charm's own names, read from its charmcraft.yaml at build time.
