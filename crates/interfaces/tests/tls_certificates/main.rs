//! State-transition tests of certificates. The other side is simulated here; the integration tests use the Python
//! library.

/// A charm with one library.
macro_rules! charm {
    ($name:ident, $library:ident) => {
        struct $name;
        impl ops::Charm for $name {
            fn observe(framework: &mut ops::Framework<Self>) {
                framework.library($library).refresh_on([ops::on::config_changed().into()]);
            }
        }
    };
}

mod application;
mod capabilities;
mod certificates;
mod key;
mod provider;
mod provider_errors;
mod requests;
#[path = "../schema/mod.rs"]
mod schema;

use std::collections::BTreeMap;
use std::time::Duration;

use interfaces::tls_certificates::{
    Authority, Certificate, CertificateRequestAttributes, CertificateSigningRequest, Mode, Requirer,
};
use ops::{Charm, Model};
use ops_testing::{Context, Relation, Secret, State, json, on};
use serde_json::{Value, json as value};

const METADATA: &str = include_str!("../charmcraft.yaml");
const PREFIX: &str = "afd8c2bccf834997afce12c2706d2ede";
const DAY: Duration = Duration::from_hours(24);

const UNIT: Requirer = Requirer::new("certificates", certificate_requests);
const APP: Requirer = UNIT.mode(Mode::App);

fn certificate_requests(model: &Model) -> anyhow::Result<Vec<CertificateRequestAttributes>> {
    let host = model.config()?["host"].as_str().unwrap_or_default().to_owned();
    Ok(vec![CertificateRequestAttributes::new(host.clone()).dns_names([host])])
}

charm!(UnitCharm, UNIT);
charm!(AppCharm, APP);

fn context<C: Charm>(charm: C) -> Context<C> {
    Context::with_metadata(charm, METADATA).unwrap()
}

/// The state of a unit that has requested a certificate, and its request.
fn requested() -> (State, CertificateSigningRequest) {
    let relation = Relation::new("certificates").id(3).remote_app("ca");
    let out = context(UnitCharm)
        .run(on::relation_created(&relation), State::default().with_relation(relation.clone()))
        .unwrap();
    let [request] = &sent_requests(&out)[..] else { panic!("{:?}", out.relation(3)) };
    let request =
        CertificateSigningRequest::from_pem(request["certificate_signing_request"].as_str().unwrap()).unwrap();
    (out, request)
}

fn sent_requests(state: &State) -> Vec<Value> {
    let data = &state.relation(3).local_unit_data;
    data.get("certificate_signing_requests").map_or(Vec::new(), |text| serde_json::from_str(text).unwrap())
}

fn with_certificates(state: State, entries: &[Value]) -> State {
    state.change_relation(3, |relation| relation.remote_app_data(json(&value!({ "certificates": entries }))))
}

fn certificate_entry(authority: &Authority, request: &CertificateSigningRequest, certificate: &Certificate) -> Value {
    value!({
        "ca": authority.certificate().pem(),
        "certificate_signing_request": request.pem(),
        "certificate": certificate.pem(),
        "chain": [certificate.pem(), authority.certificate().pem()],
    })
}

fn authority() -> Authority {
    Authority::generate("Our CA", 365 * DAY).unwrap()
}

/// The state of a unit that has its certificate.
fn assigned() -> (State, CertificateSigningRequest, Certificate) {
    let (state, request) = requested();
    let authority = authority();
    let certificate = authority.sign(&request, 10 * DAY).unwrap();
    let state = with_certificates(state, &[certificate_entry(&authority, &request, &certificate)]);
    let out = context(UnitCharm).run(on::relation_changed(state.relation(3)), state.clone()).unwrap();
    (out, request, certificate)
}

fn certificate_secrets(state: &State) -> Vec<&Secret> {
    let prefix = format!("{PREFIX}-certificate-0-certificates-");
    state.secrets.iter().filter(|secret| secret.label.as_ref().unwrap().starts_with(&prefix)).collect()
}

/// The requests in a databag.
fn requests_in(data: &BTreeMap<String, String>) -> Vec<CertificateSigningRequest> {
    let list = data.get("certificate_signing_requests").map_or(Value::Null, |text| serde_json::from_str(text).unwrap());
    let pem = |entry: &Value| {
        CertificateSigningRequest::from_pem(entry["certificate_signing_request"].as_str().unwrap()).unwrap()
    };
    list.as_array().into_iter().flatten().map(pem).collect()
}
