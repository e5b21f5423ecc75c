//! `storage-get`, `storage-list` and `storage-add`.

use std::collections::BTreeMap;

use crate::command_line::failure::{CommandResult, Failure};
use crate::command_line::flag::{FORMAT, Flag, Kind, OUTPUT};
use crate::command_line::flag_set::find_storage;
use crate::command_line::invocation::Invocation;
use crate::command_line::spec::{SPEC, Spec};
use crate::format::Value;
use crate::go::quoted;
use crate::juju::Juju;
use crate::state::Storage;

const STORAGE: Flag = Flag { names: &["s"], kind: Kind::Storage, usage: "Specifies a storage instance by ID." };

pub(crate) static GET: Spec = Spec {
    name: "storage-get",
    args: "[-s <storage-id>] [<key>]",
    purpose: "Prints information for the storage instance with the specified ID.",
    doc: "Prints the kind and the location of a storage instance, or one of them. In a hook\n\
          about a storage instance, that is the default; elsewhere -s must name one, as\n\
          storage-list prints it.",
    examples: &["storage-get location", "storage-get -s data/0"],
    see_also: &["storage-list", "storage-add"],
    flags: &[FORMAT.0, OUTPUT.0, STORAGE],
    run: get,
    ..SPEC
};

pub(crate) static LIST: Spec = Spec {
    name: "storage-list",
    args: "[<storage-name>]",
    purpose: "Lists storage attached to the unit.",
    doc: "Lists the storage instances that are attached to the unit, all or those of one name.",
    examples: &["storage-list pgdata"],
    see_also: &["storage-get", "storage-add"],
    flags: &[FORMAT.0, OUTPUT.0],
    run: list,
    ..SPEC
};

pub(crate) static ADD: Spec = Spec {
    name: "storage-add",
    args: "<charm storage name>[=count] ...",
    purpose: "Adds storage instances.",
    doc: "Asks for more storage instances, one of each name unless a count is given. They are\n\
          attached after the hook has succeeded.",
    examples: &["storage-add database-storage=1"],
    see_also: &["storage-get", "storage-list"],
    run: add,
    ..SPEC
};

fn get(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    let Some(id) = invocation.flags.storage(&STORAGE, juju) else {
        return Err(Failure::usage("no storage instance specified"));
    };
    let key = invocation.optional_arg()?;
    let storage = find_storage(juju, &id)?;
    let value = match key {
        "" => Value::map([("kind", storage.kind.as_str()), ("location", &storage.location)]),
        "kind" => storage.kind.as_str().into(),
        "location" => storage.location.as_str().into(),
        other => return Err(Failure::run(format!("invalid storage attribute {}", quoted(other)))),
    };
    invocation.write(&value)
}

fn list(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    let name = invocation.optional_arg()?;
    let storages = juju.state.storages.iter().filter(|storage| name.is_empty() || storage.name == name);
    let ids = Value::Lines(storages.map(Storage::id).collect());
    invocation.write(&ids)
}

fn add(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    if invocation.args().is_empty() {
        return Err(Failure::usage("storage add requires a storage directive"));
    }
    let term = if juju.hook.version.is_4() { "directive" } else { "constraints" };
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for arg in invocation.args() {
        let (name, directive) = arg.split_once('=').unwrap_or((arg, "1"));
        if name.is_empty() || directive.contains('=') {
            let message = format!("expected \"name=constraints\" or \"name\", got {}", quoted(arg));
            return Err(Failure::usage(message));
        }
        if counts.contains_key(name) {
            return Err(Failure::usage(format!("storage {} specified more than once", quoted(name))));
        }
        let directive = Directive::parse(directive)
            .map_err(|failure| failure.during(format!("cannot parse {term} for storage {}", quoted(name))))?;
        if directive.has_other_fields {
            return Err(Failure::usage(format!("only count can be specified for {}", quoted(name))));
        }
        counts.insert(name, directive.count.unwrap_or(1));
    }
    for (name, count) in counts {
        *juju.record.requested_storages.entry(name.to_owned()).or_default() += count;
    }
    Ok(())
}

/// The part after `NAME=`.
#[derive(Default)]
struct Directive {
    count: Option<u64>,
    /// Whether there is a pool or a size.
    has_other_fields: bool,
}

impl Directive {
    fn parse(text: &str) -> Result<Self, Failure> {
        let mut directive = Self::default();
        for field in text.split(',').filter(|field| !field.is_empty()) {
            let digits = field.strip_prefix('-').unwrap_or(field);
            let is_count = !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit());
            if is_pool(field) || is_size(field) {
                directive.has_other_fields = true;
            } else if is_count {
                match field.parse() {
                    Ok(count) if count > 0 => directive.count = Some(count),
                    _ => {
                        let field = quoted(field);
                        let message = format!("parsing storage count: count must be greater than zero, got {field}");
                        return Err(Failure::usage(message));
                    }
                }
            } else {
                let message = format!("unrecognized storage constraint {} not valid", quoted(field));
                return Err(Failure::usage(message));
            }
        }
        if directive.count.is_none() && !directive.has_other_fields {
            return Err(Failure::usage("storage constraints require at least one field to be specified"));
        }
        Ok(directive)
    }
}

fn is_pool(field: &str) -> bool {
    let inner = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'_' | b'.' | b'+');
    field.starts_with(|c: char| c.is_ascii_alphabetic()) && field.bytes().all(inner)
}

fn is_size(field: &str) -> bool {
    let number = field.trim_end_matches(['M', 'G', 'T', 'P', 'E', 'Z', 'Y', 'i', 'B']);
    number.len() < field.len() && number.trim_start_matches('-').parse::<f64>().is_ok()
}

/// Refuse storage that the charm does not define, or has enough of. As in Juju 3.6, names are checked first.
pub(crate) fn commit(juju: &Juju) -> CommandResult {
    if juju.hook.version.is_4() {
        return commit_in_juju_4(juju);
    }
    let unit = &juju.hook.unit;
    let mut requests = Vec::new();
    for (name, count) in &juju.record.requested_storages {
        let Some(meta) = juju.meta.storages.get(name) else {
            let failure = Failure::run(format!("storage {} not found", quoted(name)));
            return Err(failure.during(format!("adding storage {name} for unit-{}", unit.replace('/', "-"))));
        };
        requests.push((name, *count, meta.count()));
    }
    for (name, count, allowed) in requests {
        let attached = juju.state.storages.iter().filter(|storage| storage.name == *name).count() as u64;
        if let (_, Some(max)) = allowed
            && attached + count > u64::from(max)
        {
            let plural = if count == 1 { "" } else { "s" };
            let message = if allowed == (1, Some(1)) {
                "cannot attach, storage is singular".to_owned()
            } else {
                format!(
                    "attaching {count} storage instance{plural} brings the total to {}, exceeding the maximum of {max}",
                    attached + count
                )
            };
            return Err(Failure::run(message).during(format!("adding {} storage to {unit}", quoted(name))));
        }
    }
    Ok(())
}

/// The same in Juju 4: `prepareCommitHookStorageAdds` in apiserver/facades/agent/uniter/uniter.go, which checks names in random
/// order. Here unknown names come first, as in Juju 3.6.
fn commit_in_juju_4(juju: &Juju) -> CommandResult {
    let unit = &juju.hook.unit;
    let refuse = |name: &str, failure: Failure| {
        let operation = format!("preparing storage add {} for unit {}", quoted(name), quoted(unit));
        Err(failure.during(operation).during("preparing storage additions"))
    };
    let requested = &juju.record.requested_storages;
    if let Some(name) = requested.keys().find(|name| !juju.meta.storages.contains_key(*name)) {
        let operation = format!("getting unit {} storage directive", quoted(&juju.uuid_of(unit)));
        return refuse(name, Failure::run("storage name not supported").during(operation));
    }
    for (name, count) in requested {
        let attached = juju.state.storages.iter().filter(|storage| storage.name == *name).count() as u64;
        let max = juju.meta.storages.get(name).and_then(|meta| meta.count().1);
        if let Some(max) = max.filter(|max| attached + count > u64::from(*max)) {
            return refuse(
                name,
                Failure::run(format!("storage {} cannot exceed {max} storage instances", quoted(name))),
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::Juju;
    use crate::Storage;
    use crate::state::StorageKind;
    use crate::tests::{check, check_error, juju};

    fn with_storage() -> Juju {
        let mut juju = juju();
        juju.state.storages.push(Storage::new("data").location("/srv"));
        juju.state.storages.push(Storage { kind: StorageKind::Block, ..Storage::new("disk").index(1) });
        juju
    }

    #[test]
    fn storage_get_prints_kind_and_location() {
        let mut juju = with_storage();
        for (line, stdout) in [
            (&["storage-get", "-s", "data/0"][..], "kind: filesystem\nlocation: /srv\n"),
            (&["storage-get", "-s", "data/0", "--format=json"], "{\"kind\":\"filesystem\",\"location\":\"/srv\"}\n"),
            (&["storage-get", "-s", "data/0", "location"], "/srv\n"),
            (&["storage-get", "-sdisk/1", "kind"], "block\n"),
        ] {
            check(&mut juju, line, stdout);
        }
        check_error(&mut juju, &["storage-get", "-s", "data/0", "size"], 1, "invalid storage attribute \"size\"");
        juju.hook.storage = Some("data/0".to_owned());
        check(&mut juju, &["storage-get", "location"], "/srv\n");
    }

    #[test]
    fn unknown_storage_instances_are_refused() {
        let mut juju = with_storage();
        for (line, error) in [
            (&["storage-get"][..], "no storage instance specified"),
            (&["storage-get", "-s", "x"], "invalid value \"x\" for option -s: invalid storage ID \"x\""),
            (
                &["storage-get", "-s", "data/7"],
                "invalid value \"data/7\" for option -s: storage attachment data/7:app/0 not found",
            ),
            (&["storage-get", "-s", "data/0", "a", "b"], "unrecognized args: [\"b\"]"),
        ] {
            check_error(&mut juju, line, 2, error);
        }
    }

    #[test]
    fn attached_storage_is_listed() {
        let mut juju = with_storage();
        check(&mut juju, &["storage-list"], "data/0\ndisk/1\n");
        check(&mut juju, &["storage-list", "disk", "--format=json"], "[\"disk/1\"]\n");
        check(&mut juju, &["storage-list", "nonsense"], "");
        check(&mut juju, &["storage-list", "nonsense", "--format=json"], "[]\n");
        check_error(&mut juju, &["storage-list", "a", "b"], 2, "unrecognized args: [\"b\"]");
    }

    #[test]
    fn storage_is_requested_when_the_hook_has_succeeded() {
        let mut juju = with_storage();
        check(&mut juju, &["storage-add", "data", "--", "disk=0002"], "");
        assert_eq!(juju.record.requested_storages.len(), 2);
        let mut juju = with_storage();
        check(&mut juju, &["storage-add", "data"], "");
        check(&mut juju, &["storage-add", "data=2"], "");
        let outcome = juju.succeed();
        assert_eq!(outcome.record.requested_storages, [("data".to_owned(), 3)].into());
        let mut juju = with_storage();
        check(&mut juju, &["storage-add", "data"], "");
        assert!(juju.fail().record.requested_storages.is_empty());
    }

    #[test]
    fn impossible_requests_are_refused_at_the_hooks_end() {
        let mut juju = with_storage();
        check(&mut juju, &["storage-add", "nonsense"], "");
        let refusal = "adding storage nonsense for unit-app-0: storage \"nonsense\" not found";
        assert_eq!(juju.succeed().refusal.as_deref(), Some(refusal));
        let mut juju = with_storage();
        check(&mut juju, &["storage-add", "disk"], "");
        let refusal = "adding \"disk\" storage to app/0: cannot attach, storage is singular";
        assert_eq!(juju.succeed().refusal.as_deref(), Some(refusal));
    }

    #[test]
    fn unknown_storage_is_refused_before_too_many_instances() {
        let mut juju = with_storage();
        check(&mut juju, &["storage-add", "disk"], "");
        check(&mut juju, &["storage-add", "nope"], "");
        let refusal = "adding storage nope for unit-app-0: storage \"nope\" not found";
        assert_eq!(juju.succeed().refusal.as_deref(), Some(refusal));
    }

    #[test]
    fn wrong_directives_are_refused() {
        for (line, error) in [
            (&["storage-add"][..], "storage add requires a storage directive"),
            (&["storage-add", "data=1=2"], "expected \"name=constraints\" or \"name\", got \"data=1=2\""),
            (&["storage-add", "=1"], "expected \"name=constraints\" or \"name\", got \"=1\""),
            (&["storage-add", "data", "data"], "storage \"data\" specified more than once"),
            (
                &["storage-add", "data=0"],
                "cannot parse constraints for storage \"data\": parsing storage count: count must be greater than zero, got \"0\"",
            ),
            (
                &["storage-add", "data=-1"],
                "cannot parse constraints for storage \"data\": parsing storage count: count must be greater than zero, got \"-1\"",
            ),
            (
                &["storage-add", "data="],
                "cannot parse constraints for storage \"data\": storage constraints require at least one field to be specified",
            ),
            (&["storage-add", "data=10G"], "only count can be specified for \"data\""),
            (&["storage-add", "data=pool,1"], "only count can be specified for \"data\""),
            (
                &["storage-add", "data=!"],
                "cannot parse constraints for storage \"data\": unrecognized storage constraint \"!\" not valid",
            ),
        ] {
            check_error(&mut juju(), line, 2, error);
        }
    }
}
