//! State-transition tests for Juju charms, and the hook-command answers behind them.
