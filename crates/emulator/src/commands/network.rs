//! `network-get` and `unit-get`.

use std::borrow::Cow;

use crate::command_line::failure::{CommandResult, Failure};
use crate::command_line::flag::{FORMAT, OUTPUT, RELATION, Switch};
use crate::command_line::invocation::{Format, Invocation};
use crate::command_line::spec::{SPEC, Spec};
use crate::format::Value;
use crate::go::quoted;
use crate::juju::Juju;
use crate::state::{Address, Network, default_network};
use crate::version::JujuVersion;

const BIND_ADDRESS: Switch =
    Switch::new(&["bind-address"], "Gets the address for the binding on which the unit should listen.");
const EGRESS_SUBNETS: Switch = Switch::new(&["egress-subnets"], "Gets the egress subnets for the binding.");
const INGRESS_ADDRESS: Switch = Switch::new(&["ingress-address"], "Gets the ingress address for the binding.");
const PRIMARY_ADDRESS: Switch =
    Switch::new(&["primary-address"], "(DEPRECATED) Gets the primary address for the binding.");

pub(crate) static GET: Spec = Spec {
    name: "network-get",
    args: "<binding-name> [--ingress-address] [--bind-address] [--egress-subnets]",
    purpose: "Gets network config.",
    doc: "Prints the network of an endpoint or extra binding: the interfaces to listen on,\n\
          the addresses for others, and the subnets that connections come from. With one of\n\
          the flags prints that alone, with several a map of them.",
    examples: &["network-get dbserver", "network-get dbserver --bind-address"],
    flags: &[BIND_ADDRESS.0, EGRESS_SUBNETS.0, FORMAT.0, INGRESS_ADDRESS.0, OUTPUT.0, PRIMARY_ADDRESS.0, RELATION],
    run: get,
    ..SPEC
};

pub(crate) static UNIT_GET: Spec = Spec {
    name: "unit-get",
    args: "<setting>",
    purpose: "Prints public-address or private-address.",
    doc: "Prints an address of the unit: private-address or public-address.",
    examples: &["unit-get private-address"],
    see_also: &["network-get"],
    flags: &[FORMAT.0, OUTPUT.0],
    run: unit_get,
    ..SPEC
};

fn get(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    let Some(binding) = invocation.args().first().copied() else {
        return Err(Failure::usage("no arguments specified"));
    };
    if binding.is_empty() {
        return Err(Failure::usage("no binding name specified"));
    }
    invocation.no_args_from(1)?;
    let network = network(juju, binding).filter(|network| !network.bind_addresses.is_empty());
    let Some(network) = network else {
        return Err(Failure::run(format!("no network config found for binding {}", quoted(binding))));
    };
    let first = || {
        let address = network.bind_addresses[0].addresses.first();
        let error = || Failure::run(format!("no addresses attached to space for binding {}", quoted(binding)));
        address.map(|address| address.value.clone()).ok_or_else(error)
    };
    let [bind, ingress, egress] = [BIND_ADDRESS, INGRESS_ADDRESS, EGRESS_SUBNETS].map(|flag| invocation.is_set(flag));
    let mut values: Vec<(String, Value)> = Vec::new();
    if invocation.is_set(PRIMARY_ADDRESS) {
        if bind || ingress || egress {
            return Err(Failure::run("--primary-address must be the only flag specified"));
        }
        values.push((String::new(), first()?.into()));
    }
    if egress {
        values.push(("egress-subnets".to_owned(), Value::Lines(network.egress_subnets.clone())));
    }
    if ingress {
        let address = match network.ingress_addresses.first() {
            Some(address) => address.clone(),
            None => first()?,
        };
        values.push(("ingress-address".to_owned(), address.into()));
    }
    if bind {
        values.push(("bind-address".to_owned(), first()?.into()));
    }
    let value = match values.len() {
        0 => display(&network, invocation.format(), juju.hook.version),
        1 => values.remove(0).1,
        _ => Value::Map(values),
    };
    invocation.write(&value)
}

/// A whole network. YAML has some fields twice, under the names of older agents too.
fn display(network: &Network, format: Format, version: JujuVersion) -> Value {
    let yaml = format != Format::Json;
    let interfaces = network.bind_addresses.iter().map(|interface| {
        let addresses = interface.addresses.iter().map(|address| {
            let mut fields = vec![
                ("hostname".to_owned(), hostname(address, version).into()),
                ("value".to_owned(), address.value.as_str().into()),
                ("cidr".to_owned(), address.cidr.as_str().into()),
            ];
            if yaml {
                fields.push(("address".to_owned(), address.value.as_str().into()));
            }
            Value::Fields(fields)
        });
        let mut fields = vec![
            ("mac-address".to_owned(), interface.mac_address.as_str().into()),
            ("interface-name".to_owned(), interface.interface_name.as_str().into()),
            ("addresses".to_owned(), Value::List(addresses.collect())),
        ];
        if yaml {
            fields.push(("macaddress".to_owned(), interface.mac_address.as_str().into()));
            fields.push(("interfacename".to_owned(), interface.interface_name.as_str().into()));
        }
        Value::Fields(fields)
    });
    let mut fields = vec![("bind-addresses".to_owned(), Value::List(interfaces.collect()))];
    for (name, values) in
        [("egress-subnets", &network.egress_subnets), ("ingress-addresses", &network.ingress_addresses)]
    {
        if !values.is_empty() {
            fields.push((name.to_owned(), Value::Lines(values.clone())));
        }
    }
    Value::Fields(fields)
}

/// An address's host name. Juju 4 uses the address if there is none.
fn hostname(address: &Address, version: JujuVersion) -> &str {
    if address.hostname.is_empty() && version.is_4() { &address.value } else { &address.hostname }
}

/// The network of one of the charm's bindings.
fn network<'a>(juju: &'a Juju, binding: &str) -> Option<Cow<'a, Network>> {
    let meta = &juju.meta;
    let known = matches!(binding, "" | "juju-info")
        || meta.relations.contains_key(binding)
        || meta.extra_bindings.contains(binding);
    if !known {
        return None;
    }
    Some(juju.state.get_network(binding).map_or_else(|| Cow::Owned(default_network()), Cow::Borrowed))
}

fn unit_get(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    let setting = match invocation.args().first().copied() {
        None => return Err(Failure::usage("no setting specified")),
        Some(setting @ ("private-address" | "public-address")) => setting,
        Some(other) => return Err(Failure::usage(format!("unknown setting {}", quoted(other)))),
    };
    invocation.no_args_from(1)?;
    let network = network(juju, "");
    let first = network.as_ref().and_then(|network| network.bind_addresses.first()?.addresses.first());
    let private = first.map(|address| if address.hostname.is_empty() { &address.value } else { &address.hostname });
    let address = match setting {
        "private-address" => private.cloned(),
        _ => juju.state.public_address.clone().or_else(|| network.as_ref()?.ingress_addresses.first().cloned()),
    };
    let Some(address) = address else {
        return Err(Failure::run(format!("{} not found", setting.replace('-', " "))));
    };
    invocation.write(&address.into())
}

#[cfg(test)]
mod tests {
    use crate::tests::{check, check_error, juju};
    use crate::{Address, BindAddress, Network};

    fn network() -> Network {
        let address = Address::new("10.1.2.3").hostname("host").cidr("10.1.2.0/24");
        let interface = BindAddress::new([address]).interface_name("eth0").mac_address("00:11");
        Network::default()
            .bind_addresses([interface])
            .ingress_addresses(["100.1.2.3", "100.4.3.2"])
            .egress_subnets(["192.168.1.0/8", "10.0.0.0/8"])
    }

    #[test]
    fn prints_all_or_the_requested_values() {
        let mut juju = juju();
        juju.state.networks.insert("db".to_owned(), network());
        let yaml = "bind-addresses:\n- mac-address: \"00:11\"\n  interface-name: eth0\n  addresses:\n  - hostname: host\n    value: 10.1.2.3\n    cidr: 10.1.2.0/24\n    address: 10.1.2.3\n  macaddress: \"00:11\"\n  interfacename: eth0\negress-subnets:\n- 192.168.1.0/8\n- 10.0.0.0/8\ningress-addresses:\n- 100.1.2.3\n- 100.4.3.2\n";
        let json = "{\"bind-addresses\":[{\"mac-address\":\"00:11\",\"interface-name\":\"eth0\",\"addresses\":[{\"hostname\":\"host\",\"value\":\"10.1.2.3\",\"cidr\":\"10.1.2.0/24\"}]}],\"egress-subnets\":[\"192.168.1.0/8\",\"10.0.0.0/8\"],\"ingress-addresses\":[\"100.1.2.3\",\"100.4.3.2\"]}\n";
        for (line, stdout) in [
            (&["network-get", "db"][..], yaml),
            (&["network-get", "db", "--format=json"], json),
            (&["network-get", "db", "--bind-address"], "10.1.2.3\n"),
            (&["network-get", "db", "--ingress-address"], "100.1.2.3\n"),
            (&["network-get", "db", "--egress-subnets"], "192.168.1.0/8\n10.0.0.0/8\n"),
            (&["network-get", "db", "--primary-address"], "10.1.2.3\n"),
            (&["network-get", "db", "--primary-address", "--format=json"], "\"10.1.2.3\"\n"),
            (
                &["network-get", "db", "--bind-address", "--egress-subnets"],
                "bind-address: 10.1.2.3\negress-subnets:\n- 192.168.1.0/8\n- 10.0.0.0/8\n",
            ),
        ] {
            check(&mut juju, line, stdout);
        }
    }

    #[test]
    fn every_binding_of_the_charm_has_a_network() {
        let mut juju = juju();
        check(&mut juju, &["network-get", "db", "--bind-address"], "192.0.2.0\n");
        check(&mut juju, &["network-get", "juju-info", "--bind-address"], "192.0.2.0\n");
        juju.state.networks.insert(String::new(), Network::new("10.0.0.7"));
        check(&mut juju, &["network-get", "db", "--ingress-address"], "10.0.0.7\n");
        check_error(&mut juju, &["network-get", "nonsense"], 1, "no network config found for binding \"nonsense\"");
    }

    #[test]
    fn refuses_wrong_arguments() {
        let mut juju = juju();
        for (line, code, error) in [
            (&["network-get"][..], 2, "no arguments specified"),
            (&["network-get", ""], 2, "no binding name specified"),
            (&["network-get", "db", "x"], 2, "unrecognized args: [\"x\"]"),
            (
                &["network-get", "db", "--primary-address", "--bind-address"],
                1,
                "--primary-address must be the only flag specified",
            ),
            (&["unit-get"], 2, "no setting specified"),
            (&["unit-get", "protected-address"], 2, "unknown setting \"protected-address\""),
            (&["unit-get", "private-address", "x"], 2, "unrecognized args: [\"x\"]"),
        ] {
            check_error(&mut juju, line, code, error);
        }
    }

    #[test]
    fn prints_the_units_addresses() {
        let mut juju = juju();
        juju.state.networks.insert(String::new(), Network::new("10.0.0.7"));
        check(&mut juju, &["unit-get", "private-address"], "10.0.0.7\n");
        check(&mut juju, &["unit-get", "public-address", "--format=json"], "\"10.0.0.7\"\n");
        juju.state.public_address = Some("gimli.example.com".to_owned());
        check(&mut juju, &["unit-get", "public-address"], "gimli.example.com\n");
    }
}
