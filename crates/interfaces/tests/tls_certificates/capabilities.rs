//! The provider's capabilities.

use interfaces::tls_certificates::{Capabilities, Provider};
use ops::{Charm, Framework, Model};
use ops_testing::{Relation, State, on};
use serde_json::{Value, json as value};

use crate::provider::CaCharm;
use crate::{UNIT, UnitCharm, authority, context, schema};

#[test]
fn the_leader_publishes_its_capabilities_and_requirers_read_them() {
    const PROVIDER: Provider = Provider::new("sign").capabilities(capabilities);
    struct CapabilitiesCharm;
    impl Charm for CapabilitiesCharm {
        fn observe(framework: &mut Framework<Self>) {
            framework.library(PROVIDER).refresh_on([ops::on::config_changed().into()]);
        }
    }
    fn capabilities(model: &Model) -> anyhow::Result<Capabilities> {
        let domain = model.config()?["host"].as_str().unwrap_or_default().to_owned();
        Ok(Capabilities::default().supports_ip_sans(false).allowed_domains([domain]).provider_type("acme"))
    }
    let relation = Relation::new("sign").id(5);
    let state = State::default().with_relation(relation.clone());
    let out = context(CapabilitiesCharm).run(on::relation_created(&relation), state.clone()).unwrap();
    assert!(out.relation(5).local_app_data.is_empty(), "the leader publishes");
    let out = context(CapabilitiesCharm).run(on::relation_created(&relation), state.with_leader(true)).unwrap();
    let data = &out.relation(5).local_app_data;
    schema::check("tls-certificates-v1 provider app", data, &[]);
    let expected = |host: &str| value!({"supports_ip_sans": false, "allowed_domains": [host], "provider_type": "acme"});
    assert_eq!(serde_json::from_str::<Value>(&data["capabilities"]).unwrap(), expected("shop.example.com"));
    let out = context(CapabilitiesCharm).run(on::config_changed(), out.with_config("host", "b.example.com")).unwrap();
    let data = &out.relation(5).local_app_data;
    assert_eq!(serde_json::from_str::<Value>(&data["capabilities"]).unwrap(), expected("b.example.com"));
    // A provider that publishes nothing withdraws them.
    let withdrawn = context(CaCharm(authority())).run(on::relation_changed(out.relation(5)), out.clone()).unwrap();
    assert!(withdrawn.relation(5).local_app_data.is_empty());

    let read = |databag: &[(&str, &str)]| {
        let relation = Relation::new("certificates").id(3).remote_app_data(databag.iter().copied());
        let mut ctx = context(UnitCharm);
        let manager = ctx.manager(on::update_status(), State::default().with_relation(relation)).unwrap();
        UNIT.capabilities(manager.model())
    };
    let read_back = read(&[("capabilities", &data["capabilities"])]).unwrap().unwrap();
    assert_eq!((read_back.supports_ip_sans, read_back.supports_subdomain), (Some(false), None));
    assert_eq!(read_back.allowed_domains.as_deref(), Some(&["b.example.com".to_owned()][..]));
    assert_eq!(read(&[]).unwrap(), None);
    assert!(read(&[("capabilities", "7")]).is_err());
}
