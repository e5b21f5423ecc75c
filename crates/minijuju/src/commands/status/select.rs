//! Selectors of `juju status`: which part of a model to show.

use std::collections::BTreeSet;

use crate::commands::status::output::{ApplicationStatus, FullStatus, MachineStatus, UnitStatus};

impl FullStatus {
    /// Keep what the selectors choose, and what belongs to it: a unit's application and machine, a machine's units.
    ///
    /// A selector is a machine, a unit, an application (`*` matches anything but a slash), `APPLICATION/leader`, a
    /// status, an address, an open port, `exposed` or `not exposed`. Without selectors, everything is kept.
    #[must_use]
    pub fn select(mut self, selectors: &[String]) -> FullStatus {
        if selectors.is_empty() {
            return self;
        }
        let selectors = self.without_leaders(selectors);
        let mut machines: BTreeSet<String> = self
            .machines
            .iter()
            .filter(|(id, machine)| matches_machine(id, machine, &selectors))
            .map(|(id, _)| id.clone())
            .collect();
        // Match applications by themselves or by any unit, before units are dropped.
        let selected: BTreeSet<String> = self
            .applications
            .iter()
            .filter(|(name, application)| self.matches_application(name, application, &selectors))
            .map(|(name, _)| name.clone())
            .collect();

        let mut applications = selected.clone();
        let mut added = BTreeSet::new();
        for (name, application) in &mut self.applications {
            let exposure = Exposure::of(application);
            application.units.retain(|unit_name, unit| {
                let keep = machines.contains(&unit.machine)
                    || matches_unit_or_subordinate(unit_name, unit, exposure, &selectors);
                if keep {
                    applications.insert(name.clone());
                    applications.extend(unit.subordinates.keys().map(|unit| application_of(unit).to_owned()));
                    added.insert(unit.machine.clone());
                }
                keep
            });
        }
        machines.extend(added);

        self.applications.retain(|name, _| applications.contains(name));
        for (name, application) in &mut self.applications {
            if !selected.contains(name) {
                application.relations.clear();
            }
            for others in application.relations.values_mut() {
                others.retain(|other| selected.contains(&other.related_application));
            }
            application.relations.retain(|_, others| !others.is_empty());
        }
        self.machines.retain(|id, _| machines.contains(id));
        self.relations.retain(|relation| {
            [&relation.provider, &relation.requirer]
                .iter()
                .all(|side| selected.contains(side.split(':').next().unwrap_or_default()))
        });
        if let Some(storage) = &mut self.storage {
            let units: BTreeSet<&String> =
                self.applications.values().flat_map(|application| application.units.keys()).collect();
            storage.storage_instances.retain(|_, info| {
                info.attachments.as_ref().is_some_and(|attached| attached.units.keys().any(|unit| units.contains(unit)))
            });
            let instances = &storage.storage_instances;
            storage.filesystems.retain(|_, filesystem| instances.contains_key(&filesystem.storage));
        }
        self
    }

    /// Juju's message on standard error after a status without content.
    #[must_use]
    pub fn empty_note(&self, selectors: &[String]) -> Option<String> {
        if !self.machines.is_empty() || !self.applications.is_empty() {
            return None;
        }
        Some(match selectors.len() {
            0 => format!("\nModel {:?} is empty.\n", self.model.name),
            1 => "Nothing matched specified filter.\n".to_owned(),
            _ => "Nothing matched specified filters.\n".to_owned(),
        })
    }

    /// Selectors with the leaders' names in place of `APPLICATION/leader`.
    fn without_leaders(&self, selectors: &[String]) -> Vec<String> {
        let leader = |selector: &String| {
            let application = self.applications.get(selector.strip_suffix("/leader")?)?;
            application.units.iter().find(|(_, unit)| unit.leader).map(|(name, _)| name.clone())
        };
        selectors.iter().map(|selector| leader(selector).unwrap_or_else(|| selector.clone())).collect()
    }

    fn matches_application(&self, name: &str, application: &ApplicationStatus, selectors: &[String]) -> bool {
        let principals = self.applications.values().flat_map(|application| application.units.values());
        let subordinates = principals.flat_map(|unit| &unit.subordinates);
        let mut units = application.units.iter().chain(subordinates.filter(|(unit, _)| application_of(unit) == name));
        selectors.iter().any(|selector| selector.eq_ignore_ascii_case(name))
            || requested_exposure(selectors) == Some(Exposure::of(application))
            || units.any(|(unit_name, unit)| matches_unit(unit_name, unit, Exposure::of(application), selectors))
    }
}

fn application_of(unit: &str) -> &str {
    unit.split('/').next().unwrap_or_default()
}

/// Whether an application is exposed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Exposure {
    Exposed,
    Hidden,
}

impl Exposure {
    fn of(application: &ApplicationStatus) -> Self {
        if application.exposed { Self::Exposed } else { Self::Hidden }
    }
}

/// The exposure that the selectors ask for, if any.
fn requested_exposure(selectors: &[String]) -> Option<Exposure> {
    match selectors {
        [first, ..] if first == "exposed" => Some(Exposure::Exposed),
        [first, second, ..] if first == "not" && second == "exposed" => Some(Exposure::Hidden),
        _ => None,
    }
}

fn matches_machine(id: &str, machine: &MachineStatus, selectors: &[String]) -> bool {
    selectors.iter().any(|selector| {
        id == selector
            || id.strip_prefix(selector.as_str()).is_some_and(|rest| rest.starts_with('/'))
            || machine.juju_status.current == *selector
            || machine.ip_addresses.contains(selector)
            || machine.dns_name == *selector
    })
}

/// Whether a unit or any of its subordinates matches.
fn matches_unit_or_subordinate(name: &str, unit: &UnitStatus, exposure: Exposure, selectors: &[String]) -> bool {
    matches_unit(name, unit, exposure, selectors)
        || unit.subordinates.iter().any(|(name, unit)| matches_unit_or_subordinate(name, unit, exposure, selectors))
}

fn matches_unit(name: &str, unit: &UnitStatus, exposure: Exposure, selectors: &[String]) -> bool {
    requested_exposure(selectors) == Some(exposure)
        || selectors.iter().any(|selector| {
            let by_name = match selector.split_once('/') {
                Some(_) => matches_pattern(selector, name),
                None => matches_pattern(selector, application_of(name)),
            };
            by_name
                || unit.juju_status.current == *selector
                || unit.juju_status.current != "error" && unit.workload_status.current == *selector
                || unit.open_ports.contains(selector)
        })
}

/// Whether a name matches a pattern, in which `*` matches anything but a slash.
fn matches_pattern(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(name) = name.strip_prefix(start) else { return false };
    let end = name.find('/').unwrap_or(name.len());
    (0..=end).filter(|at| name.is_char_boundary(*at)).any(|at| matches_pattern(rest, &name[at..]))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::commands::status::output::{ApplicationRelation, RelationStatus, StatusInfo};
    use crate::store::relation::Scope;

    fn unit(workload: &str, machine: &str) -> UnitStatus {
        UnitStatus {
            workload_status: StatusInfo::new(workload, "", ""),
            juju_status: StatusInfo::new("idle", "", ""),
            machine: machine.into(),
            ..UnitStatus::default()
        }
    }

    fn related(other: &str) -> BTreeMap<String, Vec<ApplicationRelation>> {
        let relation =
            ApplicationRelation { related_application: other.into(), interface: String::new(), scope: Scope::Global };
        BTreeMap::from([("db".to_owned(), vec![relation])])
    }

    /// web/0 (leader, with log/0) and web/1 on machines 0 and 1, db/0 on machine 2. web and db are related.
    fn model() -> FullStatus {
        let mut first = unit("active", "0");
        first.leader = true;
        first.open_ports = vec!["80/tcp".into()];
        first.subordinates.insert("log/0".into(), unit("active", ""));
        let application = |units: Vec<(&str, UnitStatus)>, other: &str| ApplicationStatus {
            units: units.into_iter().map(|(name, unit)| (name.to_owned(), unit)).collect(),
            relations: if other.is_empty() { BTreeMap::new() } else { related(other) },
            ..ApplicationStatus::default()
        };
        let mut web = application(vec![("web/0", first), ("web/1", unit("blocked", "1"))], "db");
        web.exposed = true;
        let log = ApplicationStatus { subordinate_to: vec!["web".into()], ..ApplicationStatus::default() };
        let machine = |address: &str| MachineStatus { dns_name: address.into(), ..MachineStatus::default() };
        FullStatus {
            machines: BTreeMap::from([
                ("0".to_owned(), machine("10.0.0.2")),
                ("1".to_owned(), machine("10.0.0.3")),
                ("2".to_owned(), machine("10.0.0.4")),
            ]),
            applications: BTreeMap::from([
                ("web".to_owned(), web),
                ("db".to_owned(), application(vec![("db/0", unit("active", "2"))], "web")),
                ("log".to_owned(), log),
            ]),
            relations: vec![RelationStatus {
                provider: "db:db".into(),
                requirer: "web:db".into(),
                ..RelationStatus::default()
            }],
            ..FullStatus::default()
        }
    }

    /// The remaining machines, applications and units.
    fn selected_names(selectors: &str) -> String {
        let selectors: Vec<String> = selectors.split_whitespace().map(str::to_owned).collect();
        let status = model().select(&selectors);
        let units = status.applications.values().flat_map(|application| application.units.keys());
        let names: Vec<&String> = status.machines.keys().chain(status.applications.keys()).chain(units).collect();
        names.into_iter().map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn selectors_select_related_entities() {
        for (selectors, names) in [
            ("", "0 1 2 db log web db/0 web/0 web/1"),
            ("web", "0 1 log web web/0 web/1"),
            ("db", "2 db db/0"),
            ("web/1", "1 web web/1"),
            ("web/leader", "0 log web web/0"),
            ("w*", "0 1 log web web/0 web/1"),
            ("w*/1", "1 web web/1"),
            ("2", "2 db db/0"),
            ("10.0.0.4", "2 db db/0"),
            ("blocked", "1 web web/1"),
            ("log", "0 log web web/0"),
            ("80/tcp", "0 log web web/0"),
            ("exposed", "0 1 log web web/0 web/1"),
            ("not exposed", "2 db log db/0"),
            ("nothing", ""),
            ("web/1 db", "1 2 db web db/0 web/1"),
        ] {
            assert_eq!(selected_names(selectors), names, "{selectors}");
        }
    }

    #[test]
    fn a_relation_is_kept_only_if_both_sides_are_selected() {
        let select = |words: &[&str]| model().select(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>());
        assert_eq!(select(&["web", "db"]).relations.len(), 1);
        assert_eq!(select(&["web"]).relations.len(), 0);
        assert!(select(&["web"]).applications["web"].relations.is_empty());
    }

    #[test]
    fn an_empty_status_is_reported() {
        let mut empty = FullStatus::default();
        empty.model.name = "testing".into();
        assert_eq!(empty.empty_note(&[]).as_deref(), Some("\nModel \"testing\" is empty.\n"));
        assert_eq!(empty.empty_note(&["x".into()]).as_deref(), Some("Nothing matched specified filter.\n"));
        assert_eq!(
            empty.empty_note(&["x".into(), "y".into()]).as_deref(),
            Some("Nothing matched specified filters.\n")
        );
        assert_eq!(model().empty_note(&[]), None);
    }
}
