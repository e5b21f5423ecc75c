//! The questions that `init` asks on a terminal.

use std::io::{self, BufRead, Write};
use std::str::FromStr;

use super::names::check_name;
use super::{InitError, PartialPlan};

/// Ask for what the command line left out. An empty answer means the default in brackets.
pub(crate) fn ask(plan: &mut PartialPlan, answers: &mut dyn BufRead, out: &mut dyn Write) -> io::Result<()> {
    if plan.name.is_none() {
        plan.name = Some(question(answers, out, "The charm's name", None, |text| check_name("charm", text))?);
    }
    if plan.workload.is_none() {
        let text = "What it manages: apt:PACKAGE, systemd:UNIT or none";
        plan.workload = Some(question(answers, out, text, Some("none"), FromStr::from_str)?);
    }
    if plan.options.is_empty() {
        plan.options = list_question(answers, out, "Config options, such as port:int", FromStr::from_str)?;
    }
    if plan.actions.is_empty() {
        plan.actions = list_question(answers, out, "Actions, such as backup", |text| check_name("action", text))?;
    }
    if plan.relations.is_empty() {
        plan.relations = list_question(
            answers,
            out,
            "Relations that it requires, such as database:postgresql_client",
            FromStr::from_str,
        )?;
    }
    Ok(())
}

fn question<T>(
    answers: &mut dyn BufRead,
    out: &mut dyn Write,
    text: &str,
    default: Option<&str>,
    parse: impl Fn(&str) -> Result<T, InitError>,
) -> io::Result<T> {
    loop {
        match default {
            Some(default) => write!(out, "{text} [{default}]: ")?,
            None => write!(out, "{text}: ")?,
        }
        out.flush()?;
        let mut answer = String::new();
        if answers.read_line(&mut answer)? == 0 {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the answers ended"));
        }
        let answer = answer.trim();
        match parse(if answer.is_empty() { default.unwrap_or_default() } else { answer }) {
            Ok(value) => return Ok(value),
            Err(error) => writeln!(out, "{error}")?,
        }
    }
}

fn list_question<T>(
    answers: &mut dyn BufRead,
    out: &mut dyn Write,
    text: &str,
    parse: impl Fn(&str) -> Result<T, InitError>,
) -> io::Result<Vec<T>> {
    question(answers, out, text, Some("none"), |answer| {
        if answer == "none" {
            return Ok(Vec::new());
        }
        answer.split([',', ' ']).filter(|word| !word.is_empty()).map(&parse).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::super::{CrateSource, Workload};
    use super::*;

    #[test]
    fn a_missing_value_is_asked_for_until_it_is_valid() {
        let mut plan = PartialPlan { actions: vec!["backup".to_owned()], ..PartialPlan::default() };
        let mut out = Vec::new();
        ask(&mut plan, &mut "My Charm\nweb\napt:nginx\nport:int, name\n\n".as_bytes(), &mut out).unwrap();
        let plan = plan.complete(CrateSource::Version("0.1".to_owned())).unwrap();
        assert_eq!(plan.name, "web");
        assert_eq!(plan.workload, Workload::Apt("nginx".to_owned()));
        assert_eq!(plan.options.len(), 2);
        assert_eq!(plan.relations, []);
        let out = String::from_utf8(out).unwrap();
        assert!(out.contains("charm \"My Charm\" not valid"), "{out}");
        assert!(!out.contains("Actions"), "{out}");
    }

    #[test]
    fn answers_that_end_early_are_an_error() {
        let error = ask(&mut PartialPlan::default(), &mut "web\n".as_bytes(), &mut Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "the answers ended");
    }
}
