//! `credential-get`.

use crate::command_line::failure::{CommandResult, Failure};
use crate::command_line::flag::{FORMAT, OUTPUT};
use crate::command_line::invocation::{Format, Invocation};
use crate::command_line::spec::{SPEC, Spec};
use crate::format::Value;
use crate::juju::Juju;
use crate::state::{CloudCredential, CloudSpec};

pub(crate) static GET: Spec = Spec {
    name: "credential-get",
    args: "",
    purpose: "Accesses cloud credentials.",
    doc: "Prints the model's cloud and the credential to log in to it. The application must\n\
          be trusted with that.",
    flags: &[FORMAT.0, OUTPUT.0],
    run: get,
    ..SPEC
};

fn get(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    invocation.no_args_from(0)?;
    let Some(spec) = &juju.state.model.cloud_spec else {
        return Err(Failure::run("cannot access cloud credentials: permission denied"));
    };
    let value = if invocation.format() == Format::Json { json(spec) } else { yaml(spec) };
    invocation.write(&value)
}

/// Fields without a value are omitted.
fn json(spec: &CloudSpec) -> Value {
    let mut fields: Vec<(String, Value)> =
        vec![("type".to_owned(), spec.cloud_type.as_str().into()), ("name".to_owned(), spec.name.as_str().into())];
    for (name, text) in [
        ("region", &spec.region),
        ("endpoint", &spec.endpoint),
        ("identity-endpoint", &spec.identity_endpoint),
        ("storage-endpoint", &spec.storage_endpoint),
    ] {
        if !text.is_empty() {
            fields.push((name.to_owned(), text.into()));
        }
    }
    if let Some(CloudCredential { auth_type, attributes, redacted }) = &spec.credential {
        let mut credential: Vec<(String, Value)> = vec![("auth-type".to_owned(), auth_type.into())];
        if !attributes.is_empty() {
            credential.push(("attrs".to_owned(), Value::map(attributes)));
        }
        if !redacted.is_empty() {
            credential.push(("redacted".to_owned(), Value::Lines(redacted.clone())));
        }
        fields.push(("credential".to_owned(), Value::Fields(credential)));
    }
    if !spec.ca_certificates.is_empty() {
        fields.push(("cacertificates".to_owned(), Value::Lines(spec.ca_certificates.clone())));
    }
    for (name, value) in [("skip-tls-verify", spec.skip_tls_verify), ("is-controller-cloud", spec.is_controller_cloud)]
    {
        if value {
            fields.push((name.to_owned(), true.into()));
        }
    }
    Value::Fields(fields)
}

/// All fields, under Go's lower-case names: Juju gives them none for YAML.
fn yaml(spec: &CloudSpec) -> Value {
    let credential = spec.credential.as_ref().map_or(Value::Null, |credential| {
        Value::fields([
            ("authtype", credential.auth_type.as_str().into()),
            ("attributes", Value::map(&credential.attributes)),
            ("redacted", Value::Lines(credential.redacted.clone())),
        ])
    });
    Value::fields([
        ("type", spec.cloud_type.as_str().into()),
        ("name", spec.name.as_str().into()),
        ("region", spec.region.as_str().into()),
        ("endpoint", spec.endpoint.as_str().into()),
        ("identityendpoint", spec.identity_endpoint.as_str().into()),
        ("storageendpoint", spec.storage_endpoint.as_str().into()),
        ("credential", credential),
        ("cacertificates", Value::Lines(spec.ca_certificates.clone())),
        ("skiptlsverify", spec.skip_tls_verify.into()),
        ("iscontrollercloud", spec.is_controller_cloud.into()),
    ])
}

#[cfg(test)]
mod tests {
    use crate::tests::{check, check_error, juju};
    use crate::{CloudCredential, CloudSpec};

    #[test]
    fn prints_the_cloud_if_the_application_is_trusted() {
        let mut juju = juju();
        check_error(&mut juju, &["credential-get"], 1, "cannot access cloud credentials: permission denied");
        check_error(&mut juju, &["credential-get", "x"], 2, "unrecognized args: [\"x\"]");
        juju.state.model.cloud_spec = Some(CloudSpec::new("lxd"));
        check(&mut juju, &["credential-get", "--format=json"], "{\"type\":\"lxd\",\"name\":\"localhost\"}\n");
        let attributes = [("client-key".to_owned(), "k".to_owned())].into();
        let credential = CloudCredential { auth_type: "certificate".to_owned(), attributes, redacted: vec![] };
        let spec = CloudSpec::new("lxd").credential(credential);
        juju.state.model.cloud_spec =
            Some(CloudSpec { endpoint: "https://10.0.0.1:8443".to_owned(), is_controller_cloud: true, ..spec });
        check(
            &mut juju,
            &["credential-get", "--format=json"],
            "{\"type\":\"lxd\",\"name\":\"localhost\",\"endpoint\":\"https://10.0.0.1:8443\",\"credential\":{\"auth-type\":\"certificate\",\"attrs\":{\"client-key\":\"k\"}},\"is-controller-cloud\":true}\n",
        );
        check(
            &mut juju,
            &["credential-get"],
            "type: lxd\nname: localhost\nregion: \"\"\nendpoint: https://10.0.0.1:8443\nidentityendpoint: \"\"\nstorageendpoint: \"\"\ncredential:\n  authtype: certificate\n  attributes:\n    client-key: k\n  redacted: []\ncacertificates: []\nskiptlsverify: false\niscontrollercloud: true\n",
        );
    }
}
