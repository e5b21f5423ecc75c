//! `juju show-status-log`.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use clap::Args;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::cli::{Arguments, ModelOption, Output, UsageError, UtcOption, integer, is_application, is_machine, is_unit};
use crate::client::{Client, print};
use crate::format::{self, Clock, Colours, Table, Tabular};
use crate::store::status::{self, Kind, Status};

const SHOW_STATUS_LOG_HELP: &str = "\
Details:
Types: application, juju-machine, juju-unit, machine, model, unit (a unit's workload and agent), workload.

Examples:
    juju show-status-log tinyproxy/0
    juju show-status-log tinyproxy/0 -n 30
    juju show-status-log --type application tinyproxy
    juju show-status-log --type model";

/// The type that needs no name: there is only one model.
const MODEL_TYPE: &str = "model";

/// Show past statuses.
#[derive(Debug, Clone, Args)]
#[command(after_help = SHOW_STATUS_LOG_HELP)]
pub struct ShowStatusLogArgs {
    /// The unit, application or machine
    #[arg(value_name = "entity name")]
    pub entity: Vec<String>,
    /// Type of the statuses
    #[arg(long = "type", value_name = "type", default_value = "unit")]
    pub kind: String,
    /// Show the last so many; by default 20
    #[arg(short = 'n', long = "n", value_name = "number", default_value = "0", value_parser = integer)]
    pub number: i64,
    /// Show those of the last so many days
    #[arg(long, value_name = "number", default_value = "0", value_parser = integer)]
    pub days: i64,
    /// Show those since a date such as 2026-01-31
    #[arg(long = "from-date", value_name = "date")]
    pub from_date: Option<String>,
    #[command(flatten)]
    pub times: UtcOption,
    #[command(flatten)]
    pub output: Output<Tabular>,
    #[command(flatten)]
    pub model: ModelOption,
}

impl Arguments for ShowStatusLogArgs {
    const USAGE: Option<&str> = Some("<entity name>");

    fn init(&mut self) -> Result<(), UsageError> {
        if self.entity.is_empty() && self.kind != MODEL_TYPE {
            return Err(UsageError::Rule("entity name is missing."));
        }
        if self.entity.len() > 1 {
            return Err(UsageError::Rule("unexpected arguments after entity name."));
        }
        let limits = [self.number != 0, self.days != 0, self.from_date.is_some()];
        if limits.iter().filter(|given| **given).count() > 1 {
            return Err(UsageError::Rule(
                "backlog size, backlog date and backlog days back cannot be specified together",
            ));
        }
        Ok(())
    }
}

/// A past status.
#[derive(Debug, PartialEq, Serialize)]
struct Entry {
    #[serde(skip_serializing_if = "String::is_empty")]
    status: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    message: String,
    #[serde(skip_serializing_if = "Map::is_empty")]
    data: Map<String, Value>,
    since: String,
    #[serde(rename = "type")]
    kind: &'static str,
}

pub fn run(client: &mut Client, args: &ShowStatusLogArgs) -> anyhow::Result<ExitCode> {
    let entity = args.entity.first().map_or("", String::as_str);
    let kinds = if args.kind == MODEL_TYPE { Vec::new() } else { kinds(&args.kind, entity)? };
    let since = match &args.from_date {
        Some(date) => match date.parse::<Date>().and_then(|date| date.to_zoned_datetime(jiff::tz::TimeZone::UTC)) {
            Ok(day) => day.timestamp(),
            Err(error) => bail!("parsing backlog date: {error}"),
        },
        None if args.days > 0 => {
            let days = Duration::from_hours(24).saturating_mul(u32::try_from(args.days).unwrap_or(u32::MAX));
            Timestamp::now().checked_sub(days).unwrap_or(Timestamp::MIN)
        }
        None => Timestamp::MIN,
    };
    let limited = args.days == 0 && args.from_date.is_none();
    let limit = match args.number {
        0 if limited => 20,
        0 => usize::MAX,
        number => usize::try_from(number).unwrap_or(usize::MAX),
    };
    let model = client.model()?;
    let mut history: Vec<(&'static str, Status)> = if args.kind == MODEL_TYPE {
        // A model is available from its creation to its end.
        vec![(MODEL_TYPE, Status { since: model.created, ..Status::new("available", "") })]
    } else {
        let all = status::history(client.store.db(), &model.uuid, entity)?.into_iter();
        let word = |of: Kind| kinds.iter().find(|(kind, _)| *kind == of).map(|(_, word)| *word);
        all.filter_map(|past| Some((word(past.kind)?, past.status))).collect()
    };
    history.retain(|(_, status)| status.since >= since.as_millisecond());
    history.drain(..history.len().saturating_sub(limit));
    if history.is_empty() {
        bail!("no status history available");
    }
    let clock = args.times.clock();
    let entries: Vec<Entry> = history.into_iter().map(|(kind, status)| entry(kind, status, &clock)).collect();
    let text = match args.output.format() {
        Tabular::Tabular => tabular(&entries, Colours::on(&std::io::stdout())),
        Tabular::Json => format::json(&entries),
        Tabular::Yaml => format::yaml(&entries),
    };
    print(&text, args.output.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// The kinds of statuses for one of Juju's types, with Juju's word for each.
fn kinds(name: &str, entity: &str) -> anyhow::Result<Vec<(Kind, &'static str)>> {
    let (kinds, is_valid) = match name {
        "unit" => (vec![(Kind::Agent, "juju-unit"), (Kind::Workload, "workload")], is_unit(entity)),
        "juju-unit" => (vec![(Kind::Agent, "juju-unit")], is_unit(entity)),
        "workload" => (vec![(Kind::Workload, "workload")], is_unit(entity)),
        "application" => (vec![(Kind::Application, "application")], is_application(entity)),
        "machine" => (vec![(Kind::Machine, "machine")], is_machine(entity)),
        "juju-machine" => (vec![(Kind::Machine, "juju-machine")], is_machine(entity)),
        _ => bail!("unexpected status type {name:?}"),
    };
    if !is_valid {
        let article = if name == "application" { "an" } else { "a" };
        bail!("{entity:?} is not a valid name for {article} {name}");
    }
    Ok(kinds)
}

fn entry(kind: &'static str, status: Status, clock: &Clock) -> Entry {
    let at = Timestamp::from_millisecond(status.since).unwrap_or_default();
    let data = match status.data {
        Value::Object(data) => data,
        _ => Map::new(),
    };
    Entry { status: status.status, message: status.message, data, since: clock.since(at), kind }
}

fn tabular(entries: &[Entry], colour: Colours) -> String {
    let mut table = Table::new(colour);
    table.line(&["Time", "Type", "Status", "Message"]);
    for entry in entries {
        table.cells(&[&entry.since, entry.kind]);
        table.status(&entry.status);
        table.line(&[&entry.message]);
    }
    table.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_selects_the_kinds_of_statuses_and_must_fit_the_entity() {
        assert_eq!(kinds("unit", "web/0").unwrap().len(), 2);
        assert_eq!(kinds("machine", "0").unwrap(), [(Kind::Machine, "machine")]);
        assert_eq!(kinds("unit", "web").unwrap_err().to_string(), "\"web\" is not a valid name for a unit");
        assert_eq!(
            kinds("application", "web/0").unwrap_err().to_string(),
            "\"web/0\" is not a valid name for an application"
        );
        assert_eq!(kinds("nope", "web").unwrap_err().to_string(), "unexpected status type \"nope\"");
    }
}
