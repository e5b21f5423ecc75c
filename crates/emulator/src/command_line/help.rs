//! The help of a hook command, in Juju's layout.

use std::fmt::Write as _;

use super::flag::{Flag, Kind};
use super::spec::{HookHelp, Spec};
use crate::go::gnuflag::dashed;
use crate::go::quoted;
use crate::juju::Juju;

/// The output of `COMMAND --help`.
pub(crate) fn print(spec: &Spec, juju: &Juju) -> String {
    let mut help = format!("Usage: {}", spec.name);
    if !spec.flags.is_empty() {
        help.push_str(" [options]");
    }
    let HookHelp { args, doc } = (spec.hook_help)(juju, spec);
    if !args.is_empty() {
        let _ = write!(help, " {args}");
    }
    let _ = write!(help, "\n\nSummary:\n{}\n", spec.purpose);
    if !spec.flags.is_empty() {
        help.push_str("\nOptions:\n");
        let mut flags: Vec<&Flag> = spec.flags.iter().collect();
        flags.sort_by_key(|flag| flag.names[0]);
        for flag in flags {
            print_flag(&mut help, flag, juju);
        }
    }
    if !doc.is_empty() {
        let _ = write!(help, "\nDetails:\n{doc}\n");
    }
    if !spec.examples.is_empty() {
        help.push_str("\nExamples:\n\n");
        for example in spec.examples {
            let _ = writeln!(help, "    {example}");
        }
    }
    if !spec.see_also.is_empty() {
        help.push_str("\nSee also:\n");
        for other in spec.see_also {
            let _ = writeln!(help, " - {other}");
        }
    }
    help
}

fn print_flag(help: &mut String, flag: &Flag, juju: &Juju) {
    let names: Vec<String> = flag.names.iter().map(|name| dashed(name)).collect();
    let default = match flag.kind {
        Kind::Bool => " (= false)".to_owned(),
        Kind::Number => " (= 0)".to_owned(),
        Kind::Text(default) => format!("(= {})", quoted(default)),
        Kind::File(default) | Kind::Format(_, default) => format!(" (= {default})"),
        Kind::Relation => {
            let id = juju.hook_relation().map(crate::state::Relation::full_id);
            format!(" (= {})", id.unwrap_or_default())
        }
        Kind::Storage => format!(" (= {})", juju.hook.storage.as_deref().unwrap_or_default()),
    };
    let _ = writeln!(help, "{} {default}\n    {}", names.join(", "), flag.usage);
}

#[cfg(test)]
mod tests {
    use crate::tests::{answer, juju};

    #[test]
    fn help_has_usage_options_and_details() {
        let output = answer(&mut juju(), &["config-get", "slug", "--help"]);
        let help = String::from_utf8(output.stdout).unwrap();
        assert_eq!((output.code, output.stderr), (0, vec![]));
        let (head, details) = help.split_once("\nDetails:\n").unwrap();
        assert_eq!(
            head,
            "Usage: config-get [options] [<key>]\n\nSummary:\nPrints application configuration.\n\nOptions:\n\
             -a, --all  (= false)\n    Prints all keys.\n\
             --format  (= smart)\n    Specify output format (json|smart|yaml)\n\
             -o, --output (= \"\")\n    Specify an output file\n"
        );
        assert!(details.contains("\n\nExamples:\n\n    INTERVAL=$(config-get interval)\n"), "{details}");
        let help = String::from_utf8(answer(&mut juju(), &["status-get", "--help"]).stdout).unwrap();
        assert!(help.starts_with("Usage: status-get [options] [--include-data] [--application]\n"), "{help}");
    }

    #[test]
    fn help_shows_the_defaults_of_this_hook() {
        let mut juju = juju();
        let relation = juju.state.relations[0].clone();
        juju.hook.relation = Some(relation.id);
        juju.hook.remote_unit = Some("postgresql/0".to_owned());
        let help = String::from_utf8(answer(&mut juju, &["relation-get", "-h"]).stdout).unwrap();
        assert!(help.starts_with("Usage: relation-get [options] [<key> [<unit id>]]\n"), "{help}");
        assert!(help.contains(&format!("-r, --relation  (= {})\n", relation.full_id())), "{help}");
        assert!(help.contains("\n\nCurrent default unit id is \"postgresql/0\".\n"), "{help}");
        let help = String::from_utf8(answer(&mut juju, &["relation-ids", "-h"]).stdout).unwrap();
        assert!(help.starts_with("Usage: relation-ids [options] [<name>]\n"), "{help}");
        assert!(help.contains("\nDetails:\nCurrent default endpoint name is \"db\".\n"), "{help}");
        let help = String::from_utf8(answer(&mut juju, &["relation-list", "-h"]).stdout).unwrap();
        assert!(!help.contains("Details:"), "{help}");
    }
}
