//! Certificates of the unit and of its application, with one library.

use interfaces::tls_certificates::{CertificateRequestAttributes, Mode, Requirer};
use ops::Model;
use ops_testing::{Relation, State, on};

use crate::{DAY, PREFIX, UNIT, authority, certificate_entry, context, requests_in, with_certificates};

const BOTH: Requirer = UNIT.also_for_app(app_certificate_requests);
charm!(BothCharm, BOTH);

fn app_certificate_requests(_: &Model) -> anyhow::Result<Vec<CertificateRequestAttributes>> {
    Ok(vec![CertificateRequestAttributes::new("all.example.com")])
}

#[test]
fn one_library_has_certificates_of_the_unit_and_of_its_application() {
    let relation = Relation::new("certificates").id(3).remote_app("ca");
    let state = State::default().with_relation(relation.clone());
    let out = context(BothCharm).run(on::relation_created(&relation), state.clone()).unwrap();
    assert_eq!(requests_in(&out.relation(3).local_unit_data).len(), 1);
    assert!(out.relation(3).local_app_data.is_empty(), "only the leader requests it");

    let out = context(BothCharm).run(on::relation_created(&relation), state.with_leader(true)).unwrap();
    let [of_unit] = &requests_in(&out.relation(3).local_unit_data)[..] else { panic!() };
    let [of_app] = &requests_in(&out.relation(3).local_app_data)[..] else { panic!() };
    assert_eq!(of_unit.content().common_name, "shop.example.com");
    assert_eq!(of_app.content().common_name, "all.example.com");
    assert_eq!(out.secrets.len(), 2, "each has its own key");

    let authority = authority();
    let [for_unit, for_app] = [of_unit, of_app].map(|request| authority.sign(request, 10 * DAY).unwrap());
    let entries = [certificate_entry(&authority, of_unit, &for_unit), certificate_entry(&authority, of_app, &for_app)];
    let state = with_certificates(out.clone(), &entries);
    let mut ctx = context(BothCharm);
    let out = ctx.run(on::relation_changed(state.relation(3)), state).unwrap();
    let reported: Vec<(String, Mode)> =
        ctx.emitted(&BOTH.certificate_available()).into_iter().map(|it| (it.common_name, it.mode)).collect();
    assert_eq!(reported, [("shop.example.com".to_owned(), Mode::Unit), ("all.example.com".to_owned(), Mode::App)]);
    let manager = ctx.manager(on::update_status(), out.clone()).unwrap();
    assert_eq!(BOTH.assigned_certificate(manager.model()).unwrap().unwrap().certificate, for_unit);
    assert_eq!(BOTH.assigned_certificates_for_app(manager.model()).unwrap()[0].certificate, for_app);
    drop(manager);

    // Each is renewed separately.
    let label = format!("{PREFIX}-certificate-certificates-");
    let secret = out.secrets.iter().find(|secret| secret.label.as_ref().unwrap().starts_with(&label)).unwrap().clone();
    let renewed = ctx.run(on::secret_expired(&secret, 1), out.clone()).unwrap();
    assert_eq!(requests_in(&renewed.relation(3).local_unit_data), std::slice::from_ref(of_unit));
    let [new] = &requests_in(&renewed.relation(3).local_app_data)[..] else { panic!() };
    assert!(new != of_app && new.content() == of_app.content());

    let out = ctx.run(on::relation_broken(out.relation(3)), out.clone()).unwrap();
    assert_eq!(out.secrets, []);
}
