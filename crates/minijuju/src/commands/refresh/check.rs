//! Checks whether an application's units can continue with another charm. Juju 3.6: `SetCharm` in
//! state/application.go.

use anyhow::bail;
use emulator::JujuVersion;
use ops_metadata::{CharmMeta, RelationRole, RelationScope, StorageMeta};

use crate::commands::status::implicit_binding;
use crate::store::endpoint::{Endpoint, Role};
use crate::store::relation::{Relation, Scope};
use crate::store::storage::Storage;

/// An application, and the new charm for it.
pub struct Replacement<'a> {
    pub application: &'a str,
    /// The units' base, if it matters.
    pub base: Option<&'a str>,
    /// The new charm's bases; all if empty.
    pub bases: &'a [String],
    pub old: &'a CharmMeta,
    pub new: &'a CharmMeta,
    pub relations: &'a [Relation],
    pub storages: &'a [Storage],
}

impl Replacement<'_> {
    /// Refuse a charm that lacks what is in use. `forced` accepts a charm that allows fewer relations than there are.
    pub fn check(&self, forced: bool) -> anyhow::Result<()> {
        if self.old.subordinate != self.new.subordinate {
            bail!("cannot change an application's subordinacy");
        }
        if let Some(base) = self.base.filter(|base| !self.bases.is_empty() && !self.bases.iter().any(|one| one == base))
        {
            let bases = self.bases.join(", ");
            bail!("base {base:?} not supported by charm, the charm supported bases are: {bases}");
        }
        if !forced {
            self.check_limits()?;
        }
        self.old.storages.values().try_for_each(|old| self.check_storage(old))?;
        self.check_relations()
    }

    fn check_limits(&self) -> anyhow::Result<()> {
        for endpoint in self.new.relations.values() {
            // As on Juju, 0 means no limit.
            let Some(limit) = endpoint.limit.filter(|limit| *limit > 0) else { continue };
            let is_at_endpoint = |relation: &&Relation| {
                relation.interface == endpoint.interface
                    && relation.endpoint(self.application, Some(&endpoint.name)).is_some()
            };
            let count = self.relations.iter().filter(is_at_endpoint).count();
            if u32::try_from(count).is_ok_and(|count| count > limit) {
                bail!(
                    "new charm version imposes a maximum relation limit of {limit} for {}:{} which cannot be satisfied \
                     by the number of already established relations ({count})",
                    self.application,
                    endpoint.name
                );
            }
        }
        Ok(())
    }

    fn check_storage(&self, old: &StorageMeta) -> anyhow::Result<()> {
        let name = &old.name;
        let Some(new) = self.new.storages.get(name) else {
            if old.count().0 > 0 {
                bail!("required storage {name:?} removed");
            }
            if self.storages.iter().any(|storage| storage.id.split('/').next() == Some(name)) {
                bail!("in-use storage {name:?} removed");
            }
            return Ok(());
        };
        if new.storage_type != old.storage_type {
            bail!("existing storage {name:?} type changed from {:?} to {:?}", storage_type(old), storage_type(new));
        }
        if new.shared != old.shared {
            bail!("existing storage {name:?} shared changed from {} to {}", old.shared, new.shared);
        }
        if new.read_only != old.read_only {
            bail!("existing storage {name:?} read-only changed from {} to {}", old.read_only, new.read_only);
        }
        let location = |storage: &StorageMeta| storage.location.clone().unwrap_or_default();
        if location(new) != location(old) {
            bail!("existing storage {name:?} location changed from {:?} to {:?}", location(old), location(new));
        }
        match (old.count().1, new.count().1) {
            (None, Some(new)) => {
                bail!("existing storage {name:?} range contracted: max decreased from <unbounded> to {new}")
            }
            (Some(old), Some(new)) if new < old => {
                bail!("existing storage {name:?} range contracted: max decreased from {old} to {new}")
            }
            // The mount point would become a folder of mount points.
            (Some(1), new) if new != Some(1) && old.location.is_some() => {
                bail!("existing storage {name:?} with location changed from single to multiple")
            }
            _ => Ok(()),
        }
    }

    fn check_relations(&self) -> anyhow::Result<()> {
        for relation in self.relations {
            for local in relation.endpoints.iter().filter(|side| side.application == self.application) {
                // Peer relations that the new charm lacks are removed.
                if local.role != Role::Peer && !self.implements(relation, local) {
                    bail!("would break relation {:?}", relation.key());
                }
            }
        }
        Ok(())
    }

    /// The peer relations that the new charm lacks.
    pub fn stale_peers(&self) -> Vec<i64> {
        let has = |name: &str| self.new.endpoints(RelationRole::Peer).any(|peer| peer.name == name);
        let stale = self.relations.iter().filter(|relation| relation.is_peer() && !has(&relation.endpoints[0].name));
        stale.map(|relation| relation.id).collect()
    }

    fn implements(&self, relation: &Relation, local: &Endpoint) -> bool {
        if local.name == "juju-info" && local.role == Role::Provider && relation.interface == "juju-info" {
            return true;
        }
        self.new.relations.get(&local.name).is_some_and(|endpoint| {
            endpoint.role.to_string() == local.role.to_string()
                && endpoint.interface == relation.interface
                && (relation.scope == Scope::Container || endpoint.scope != RelationScope::Container)
        })
    }
}

fn storage_type(storage: &StorageMeta) -> String {
    storage.storage_type.to_string()
}

/// Juju's notes about a new charm's endpoints, all of which are in the only space. For Juju 4, `juju-info` is one of
/// them. Juju 3.6: `mergeBindings` in cmd/juju/application/binding.go.
pub fn binding_notes(old: &CharmMeta, new: &CharmMeta, juju: JujuVersion) -> Vec<String> {
    let names = |meta: &CharmMeta| -> Vec<String> {
        let extra = meta.extra_bindings.iter().map(ToString::to_string);
        let implicit = implicit_binding(juju).map(|(name, _)| name);
        let mut names: Vec<String> = meta.relations.keys().cloned().chain(extra).chain(implicit).collect();
        names.sort_unstable();
        names
    };
    let before = names(old);
    let (kept, added): (Vec<String>, Vec<String>) = names(new).into_iter().partition(|name| before.contains(name));
    let mut notes: Vec<String> =
        added.iter().map(|name| format!("adding endpoint {name:?} to default space \"alpha\"")).collect();
    match kept.as_slice() {
        [] => {}
        [one] => notes.push(format!("no change to endpoint in space \"alpha\": {one}")),
        all => notes.push(format!("no change to endpoints in space \"alpha\": {}", all.join(", "))),
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Life;

    const OLD: &str = "
name: web
summary: s
description: d
requires: {db: {interface: pg}}
provides: {http: {interface: http}}
peers: {cluster: {interface: web}}
storage:
  data: {type: filesystem, location: /srv/data}
  cache: {type: filesystem, multiple: {range: 0-3}}
  scratch: {type: filesystem, multiple: {range: 0-}}
";

    fn meta(yaml: &str) -> CharmMeta {
        CharmMeta::from_parts(yaml, None, None).unwrap()
    }

    fn relation(endpoints: &[(&str, &str, &str)], interface: &str) -> Relation {
        let side = |(application, name, role): &(&str, &str, &str)| Endpoint {
            application: (*application).to_owned(),
            name: (*name).to_owned(),
            role: role.parse().unwrap(),
        };
        Relation {
            suspended: None,
            id: 7,
            life: Life::Alive,
            interface: interface.to_owned(),
            scope: Scope::Global,
            endpoints: endpoints.iter().map(side).collect(),
        }
    }

    fn storage(id: &str) -> Storage {
        Storage::pending(id, "web/0")
    }

    #[track_caller]
    fn assert_refusal(old: &str, new: &str, expected: Option<&str>) {
        let (old, new) = (meta(old), meta(new));
        let relations = [
            relation(&[("web", "db", "requirer"), ("pg", "data", "provider")], "pg"),
            relation(&[("web", "db", "requirer"), ("pg2", "data", "provider")], "pg"),
            relation(&[("web", "cluster", "peer")], "web"),
            relation(&[("agent", "host", "requirer"), ("web", "juju-info", "provider")], "juju-info"),
        ];
        let storages = [storage("data/0"), storage("scratch/1")];
        let replacement = Replacement {
            application: "web",
            base: Some("ubuntu@22.04"),
            bases: &["ubuntu@22.04".to_owned()],
            old: &old,
            new: &new,
            relations: &relations,
            storages: &storages,
        };
        assert_eq!(replacement.check(false).err().map(|error| error.to_string()).as_deref(), expected);
    }

    #[test]
    fn a_charm_that_lacks_something_in_use_is_refused() {
        let without = |line: &str| OLD.replace(line, "");
        assert_refusal(OLD, OLD, None);
        for (new, reason) in [
            (without("requires: {db: {interface: pg}}"), "would break relation \"web:db pg:data\""),
            (OLD.replace("interface: pg", "interface: mysql"), "would break relation \"web:db pg:data\""),
            (
                OLD.replace("interface: pg", "interface: pg, scope: container"),
                "would break relation \"web:db pg:data\"",
            ),
            (without("  data: {type: filesystem, location: /srv/data}\n"), "required storage \"data\" removed"),
            (without("  scratch: {type: filesystem, multiple: {range: 0-}}\n"), "in-use storage \"scratch\" removed"),
            (
                format!("{OLD}subordinate: true\n").replace("interface: pg", "interface: pg, scope: container"),
                "cannot change an application's subordinacy",
            ),
        ] {
            assert_refusal(OLD, &new, Some(reason));
        }
        // None of this is in use.
        assert_refusal(OLD, &without("provides: {http: {interface: http}}"), None);
        assert_refusal(OLD, &without("peers: {cluster: {interface: web}}"), None);
        assert_refusal(OLD, &without("  cache: {type: filesystem, multiple: {range: 0-3}}\n"), None);
    }

    #[test]
    fn a_storage_in_use_keeps_its_definition() {
        let data =
            |with: &str| OLD.replace("data: {type: filesystem, location: /srv/data}", &format!("data: {{{with}}}"));
        for (new, reason) in [
            (
                "type: filesystem, location: /srv/data, read-only: true",
                r#"existing storage "data" read-only changed from false to true"#,
            ),
            ("type: filesystem", r#"existing storage "data" location changed from "/srv/data" to """#),
            (
                "type: filesystem, location: /srv/data, multiple: {range: 1-2}",
                r#"existing storage "data" with location changed from single to multiple"#,
            ),
        ] {
            assert_refusal(OLD, &data(new), Some(reason));
        }
        let block = OLD.replace("cache: {type: filesystem", "cache: {type: block");
        let changed = r#"existing storage "cache" type changed from "filesystem" to "block""#;
        assert_refusal(OLD, &block, Some(changed));
        let contracted = "existing storage \"cache\" range contracted: max decreased from 3 to 2";
        assert_refusal(OLD, &OLD.replace("range: 0-3", "range: 0-2"), Some(contracted));
        let contracted = "existing storage \"scratch\" range contracted: max decreased from <unbounded> to 5";
        assert_refusal(OLD, &OLD.replace("range: 0-}", "range: 0-5}"), Some(contracted));
        assert_refusal(OLD, &OLD.replace("range: 0-3", "range: 0-4"), None);
    }

    #[test]
    fn a_charm_for_other_bases_than_the_units_run_on_is_refused() {
        let (old, new) = (meta(OLD), meta(OLD));
        let check = |base, bases: &[&str]| {
            let bases: Vec<String> = bases.iter().map(|base| (*base).to_owned()).collect();
            let (relations, storages) = (&[], &[]);
            let replacement =
                Replacement { application: "web", base, bases: &bases, old: &old, new: &new, relations, storages };
            replacement.check(false).map_err(|error| error.to_string())
        };
        let refusal =
            "base \"ubuntu@22.04\" not supported by charm, the charm supported bases are: ubuntu@24.04, ubuntu@26.04";
        assert_eq!(check(Some("ubuntu@22.04"), &["ubuntu@24.04", "ubuntu@26.04"]), Err(refusal.to_owned()));
        assert_eq!(check(Some("ubuntu@22.04"), &["ubuntu@24.04", "ubuntu@22.04"]), Ok(()));
        assert_eq!(check(Some("ubuntu@22.04"), &[]), Ok(()));
        assert_eq!(check(None, &["ubuntu@24.04"]), Ok(()));
    }

    #[test]
    fn a_limit_below_the_number_of_relations_is_refused() {
        let limited = OLD.replace("interface: pg", "interface: pg, limit: 1");
        assert_refusal(
            OLD,
            &limited,
            Some(
                "new charm version imposes a maximum relation limit of 1 for web:db which cannot be satisfied by the \
                 number of already established relations (2)",
            ),
        );
        assert_refusal(OLD, &OLD.replace("interface: pg", "interface: pg, limit: 2"), None);
    }

    #[test]
    fn binding_notes_are_in_jujus_words() {
        let new =
            OLD.replace("requires: {db: {interface: pg}}", "requires: {db: {interface: pg}, log: {interface: l}}");
        assert_eq!(
            binding_notes(&meta(OLD), &meta(&new), JujuVersion::V3_6),
            [
                r#"adding endpoint "log" to default space "alpha""#,
                r#"no change to endpoints in space "alpha": cluster, db, http"#,
            ]
        );
    }
}
