//! `juju status --format oneline`: one line per unit.

use std::fmt::Write as _;

use crate::commands::status::output::{FullStatus, UnitStatus};
use crate::commands::status::ports;
use crate::format::{Colours, Paint, sorted};

/// `juju status --format oneline`, `line` or `short`.
#[must_use]
pub fn status_oneline(status: &FullStatus, colour: Colours) -> String {
    let mut out = String::new();
    for (_, application) in sorted(&status.applications) {
        for (name, unit) in sorted(&application.units) {
            line(&mut out, name, unit, 0, colour);
        }
    }
    out
}

fn line(out: &mut String, name: &str, unit: &UnitStatus, level: usize, colour: Colours) {
    let agent = unit.juju_status.current.as_str();
    // Juju uses the agent's colour for the workload.
    let paint = match Paint::of_status(agent) {
        Paint::Plain => Paint::Good,
        paint => paint,
    };
    _ = write!(
        out,
        "{:indent$}- {}: {} ({}:{}, {}:{})",
        "",
        Paint::Good.text(name, colour),
        Paint::Info.text(&unit.public_address, colour),
        Paint::Bold.text("agent", colour),
        paint.text(agent, colour),
        Paint::Bold.text("workload", colour),
        paint.text(&unit.workload_status.current, colour),
        indent = level * 2,
    );
    if !unit.open_ports.is_empty() {
        out.push(' ');
        for (piece, is_number) in ports::pieces(&unit.open_ports) {
            let paint = if is_number { Paint::BrightMagenta } else { Paint::Good };
            out.push_str(&paint.text(&piece, colour));
        }
    }
    out.push('\n');
    for (name, subordinate) in sorted(&unit.subordinates) {
        line(out, name, subordinate, level + 1, colour);
    }
}
