//! The output of `juju offers`, `juju find-offers` and `juju show-offer`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cli::OfferUrl;
use crate::format::{Colours, OffersFormat, Paint, Table, Tabular, json, sorted, table_or, truncate, yaml};
use crate::store::saas::RemoteEndpoint;

/// An endpoint that one model offers and another consumes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct OfferEndpoint {
    pub interface: String,
    pub role: String,
}

/// Endpoints for the output, by name.
pub fn endpoints_by_name(endpoints: &[RemoteEndpoint]) -> BTreeMap<String, OfferEndpoint> {
    let endpoints = endpoints.iter().map(|endpoint| {
        let shown = OfferEndpoint { interface: endpoint.interface.clone(), role: endpoint.role.to_string() };
        (endpoint.name.clone(), shown)
    });
    endpoints.collect()
}

/// A user's access to an offer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct User {
    /// The display name.
    #[serde(rename = "display-name", skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// `admin`, `consume` or `read`.
    pub access: String,
}

/// An offer in `juju offers`, which prints a map of offers by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ListedOffer {
    pub application: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub store: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub charm: String,
    #[serde(rename = "offer-url")]
    pub url: String,
    /// By name.
    pub endpoints: BTreeMap<String, OfferEndpoint>,
    /// The relations to it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub connections: Vec<Connection>,
    /// The users with access, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub users: BTreeMap<String, User>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Connection {
    /// The UUID of the consuming model.
    #[serde(rename = "source-model-uuid")]
    pub source_model_uuid: String,
    /// The user who made it.
    pub username: String,
    #[serde(rename = "relation-id")]
    pub relation_id: i64,
    pub endpoint: String,
    pub status: ConnectionStatus,
    /// The networks of its traffic.
    #[serde(rename = "ingress-subnets", skip_serializing_if = "Vec::is_empty")]
    pub ingress_subnets: Vec<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ConnectionStatus {
    /// `joining`, `joined`, `suspending` or `suspended`.
    pub current: String,
    /// The reason given for a suspension.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// When it was made, relative to now.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub since: String,
}

/// `juju offers`.
#[must_use]
pub fn offers(offers: &BTreeMap<String, ListedOffer>, format: OffersFormat, colour: Colours) -> String {
    match format {
        OffersFormat::Json => json(offers),
        OffersFormat::Yaml => yaml(offers),
        OffersFormat::Tabular => connections(offers, colour),
        OffersFormat::Summary => summary(offers),
    }
}

fn connections(offers: &BTreeMap<String, ListedOffer>, colour: Colours) -> String {
    let mut table = Table::new(colour);
    table.line(&["Offer", "User", "Relation ID", "Status", "Endpoint", "Interface", "Role", "Ingress subnets"]);
    for (name, offer) in offers {
        if offer.connections.is_empty() {
            table.line(&[name, "-", "", "", "", "", "", ""]);
        }
        for (index, connection) in offer.connections.iter().enumerate() {
            let end = offer.endpoints.get(&connection.endpoint).cloned().unwrap_or_default();
            table.cells(&[
                if index == 0 { name } else { "" },
                &connection.username,
                &connection.relation_id.to_string(),
            ]);
            let paint = match connection.status.current.as_str() {
                "joined" => Paint::Good,
                "suspended" => Paint::Warning,
                _ => Paint::Plain,
            };
            table.painted(paint, &connection.status.current);
            let networks = connection.ingress_subnets.join(",");
            table.line(&[&connection.endpoint, &end.interface, &end.role, &networks]);
        }
    }
    table.finish()
}

fn summary(offers: &BTreeMap<String, ListedOffer>) -> String {
    let mut table = Table::new(Colours::Off);
    table.line(&["Offer", "Application", "Charm", "Connected", "Store", "URL", "Endpoint", "Interface", "Role"]);
    for (name, offer) in offers {
        let active = offer.connections.iter().filter(|one| one.status.current == "joined").count();
        let connected = format!("{active}/{}", offer.connections.len());
        for (index, (endpoint, end)) in offer.endpoints.iter().enumerate() {
            let first = [name, &offer.application, &offer.charm, &connected, &offer.store, &offer.url];
            table.cells(&if index == 0 { first.map(String::as_str) } else { [""; 6] });
            table.line(&[endpoint, &end.interface, &end.role]);
        }
    }
    table.finish()
}

/// An offer in `juju find-offers`, which prints a map of offers by URL.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct FoundOffer {
    /// The current user's access.
    pub access: String,
    /// By name.
    pub endpoints: BTreeMap<String, OfferEndpoint>,
    /// The users with access, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub users: BTreeMap<String, User>,
}

/// `juju find-offers`.
#[must_use]
pub fn find_offers(offers: &BTreeMap<String, FoundOffer>, format: Tabular) -> String {
    table_or(offers, format, || {
        let mut table = Table::new(Colours::Off);
        table.line(&["Store", "URL", "Access", "Interfaces"]);
        for (url, offer) in offers {
            let (store, url) = split_controller(url);
            let mut ends: Vec<String> =
                offer.endpoints.iter().map(|(name, end)| format!("{}:{name}", end.interface)).collect();
            ends.sort();
            table.line(&[&store, &url, &offer.access, &ends.join(", ")]);
        }
        table.finish()
    })
}

/// An offer in `juju show-offer`, which prints a map by URL.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ShownOffer {
    /// The charm's description.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The current user's access.
    pub access: String,
    /// By name.
    pub endpoints: BTreeMap<String, OfferEndpoint>,
    /// The users with access, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub users: BTreeMap<String, User>,
}

/// Longer descriptions are truncated in the table, in bytes.
const MAX_DESCRIPTION_BYTES: usize = 180;

/// The width of the description column in characters.
const DESCRIPTION_WIDTH: usize = 45;

/// `juju show-offer`.
#[must_use]
pub fn show_offer(offers: &BTreeMap<String, ShownOffer>, format: Tabular) -> String {
    table_or(offers, format, || {
        let mut table = Table::new(Colours::Off);
        table.line(&["Store", "URL", "Access", "Description", "Endpoint", "Interface", "Role"]);
        for (url, offer) in offers {
            let (store, url) = split_controller(url);
            let description = break_lines(&truncate(&offer.description, MAX_DESCRIPTION_BYTES));
            let ends: Vec<_> = sorted(&offer.endpoints);
            for index in 0..description.len().max(ends.len()) {
                let head = [store.as_str(), &url, &offer.access].map(|word| if index == 0 { word } else { "" });
                table.cells(&head);
                let (name, end) =
                    ends.get(index).map_or_else(Default::default, |(name, end)| ((*name).clone(), (*end).clone()));
                let text = description.get(index).map(String::as_str).unwrap_or_default();
                table.line(&[text, &name, &end.interface, &end.role]);
            }
        }
        table.finish()
    })
}

/// The controller of a URL, and the rest.
fn split_controller(url: &str) -> (String, String) {
    OfferUrl::parse(url).map_or_else(
        |_| (String::new(), url.to_owned()),
        |url| (url.source.clone(), OfferUrl { source: String::new(), ..url }.to_string()),
    )
}

/// Break a description into lines. Juju 3.6: `breakLines` in cmd/juju/crossmodel/showformatter.go.
fn break_lines(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    if let [word] = words.as_slice() {
        let letters: Vec<char> = word.chars().collect();
        return letters.chunks(DESCRIPTION_WIDTH).map(|chunk| chunk.iter().collect()).collect();
    }
    // As many lines as without breaks between words. Some stay empty.
    let mut lines = vec![String::new(); text.len() / DESCRIPTION_WIDTH + 1];
    let mut last = 0;
    for word in words {
        if lines[last].is_empty() {
            word.clone_into(&mut lines[last]);
        } else if lines[last].len() + 1 + word.len() > DESCRIPTION_WIDTH {
            last += 1;
            if last == lines.len() {
                lines.push(String::new());
            }
            word.clone_into(&mut lines[last]);
        } else {
            lines[last] = format!("{} {word}", lines[last]);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends() -> BTreeMap<String, OfferEndpoint> {
        let end = |interface: &str, role: &str| OfferEndpoint { interface: interface.into(), role: role.into() };
        [("db".to_owned(), end("pg", "provider")), ("log".to_owned(), end("syslog", "requirer"))].into()
    }

    fn listed() -> BTreeMap<String, ListedOffer> {
        let connection = |id, status: &str| Connection {
            source_model_uuid: "uuid".into(),
            username: "admin".into(),
            relation_id: id,
            endpoint: "db".into(),
            status: ConnectionStatus { current: status.into(), message: String::new(), since: "just now".into() },
            ingress_subnets: vec!["10.0.0.2/32".into()],
        };
        let offer = |connections| ListedOffer {
            application: "pg".into(),
            store: "minijuju".into(),
            charm: "local:pg-0".into(),
            url: "admin/m.data".into(),
            endpoints: ends(),
            connections,
            users: BTreeMap::new(),
        };
        [
            ("data".to_owned(), offer(vec![connection(0, "joined"), connection(2, "joining")])),
            ("idle".to_owned(), offer(vec![])),
        ]
        .into()
    }

    #[test]
    fn offers_are_listed_with_their_connections_or_as_a_summary() {
        assert_eq!(
            offers(&listed(), OffersFormat::Tabular, Colours::Off),
            "\
Offer  User   Relation ID  Status   Endpoint  Interface  Role      Ingress subnets
data   admin  0            joined   db        pg         provider  10.0.0.2/32
       admin  2            joining  db        pg         provider  10.0.0.2/32
idle   -                                                           
"
        );
        assert_eq!(
            offers(&listed(), OffersFormat::Summary, Colours::Off),
            "\
Offer  Application  Charm       Connected  Store     URL           Endpoint  Interface  Role
data   pg           local:pg-0  1/2        minijuju  admin/m.data  db        pg         provider
                                                                   log       syslog     requirer
idle   pg           local:pg-0  0/0        minijuju  admin/m.data  db        pg         provider
                                                                   log       syslog     requirer
"
        );
        let document = offers(&listed(), OffersFormat::Yaml, Colours::Off);
        assert!(
            document.starts_with("data:\n  application: pg\n  store: minijuju\n  charm: local:pg-0\n"),
            "{document}"
        );
        assert!(document.contains("    status:\n      current: joined\n      since: just now\n"), "{document}");
    }

    #[test]
    fn found_offers_are_listed_by_controller_and_url() {
        let offer = FoundOffer { access: "admin".into(), endpoints: ends(), users: BTreeMap::new() };
        let found = super::find_offers(&[("minijuju:admin/m.data".to_owned(), offer)].into(), Tabular::Tabular);
        assert_eq!(
            found,
            "\
Store     URL           Access  Interfaces
minijuju  admin/m.data  admin   pg:db, syslog:log
"
        );
    }

    #[test]
    fn a_shown_offer_has_its_description_beside_its_endpoints() {
        let offer = ShownOffer {
            description: "A database that keeps what it is given, in tables.".into(),
            access: "admin".into(),
            endpoints: ends(),
            users: BTreeMap::new(),
        };
        let shown = super::show_offer(&[("minijuju:admin/m.data".to_owned(), offer)].into(), Tabular::Tabular);
        assert_eq!(
            shown,
            "\
Store     URL           Access  Description                                 Endpoint  Interface  Role
minijuju  admin/m.data  admin   A database that keeps what it is given, in  db        pg         provider
                                tables.                                     log       syslog     requirer
"
        );
        assert_eq!(break_lines("one"), ["one"]);
        assert_eq!(break_lines(&"x".repeat(50)), ["x".repeat(45), "x".repeat(5)]);
        assert_eq!(break_lines(""), [""]);
    }
}
