//! `resource-get`.

use crate::command_line::failure::{CommandResult, Failure};
use crate::command_line::invocation::Invocation;
use crate::command_line::spec::{SPEC, Spec};
use crate::juju::Juju;

pub(crate) static GET: Spec = Spec {
    name: "resource-get",
    args: "<resource name>",
    purpose: "Gets the path to the locally cached resource file.",
    doc: "Prints the path of a resource's file, which Juju fetches first if the unit does not\n\
          have it yet, or has another revision of it.",
    examples: &["resource-get software"],
    run: get,
    ..SPEC
};

fn get(juju: &mut Juju, invocation: &mut Invocation<'_>) -> CommandResult {
    let Some(name) = invocation.args().first().copied() else {
        return Err(Failure::usage("missing required resource name"));
    };
    invocation.no_args_from(1)?;
    let Some(resource) = juju.state.resources.iter().find(|resource| resource.name == name) else {
        // The agent fetches it from the controller. Juju's database prefixes the name with `resource#`.
        let (uuid, unit) = (&juju.state.model.uuid, juju.hook.unit.replace('/', "-"));
        let url = format!("https://{}/model/{uuid}/units/unit-{unit}/resources/{name}", juju.hook.controller);
        let app = juju.hook.app();
        let reason = if juju.hook.version.is_4() {
            let app = juju.uuid_of(app);
            format!("Get {url}: getting UUID of resource {name} for application {app}: resource not found")
        } else {
            format!("Get {url}: resource#{app}/{name} not found")
        };
        return Err(Failure::run(reason).during("could not download resource: HTTP request failed"));
    };
    juju.record.fetched_resources.insert(name.to_owned());
    invocation.print(&resource.path);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::Resource;
    use crate::tests::{check, check_error, juju};

    #[test]
    fn prints_a_path_without_a_line_break() {
        let mut juju = juju();
        juju.state.resources.push(Resource::new("software", "/srv/software.zip"));
        check(&mut juju, &["resource-get", "software"], "/srv/software.zip");
        assert!(juju.record.fetched_resources.contains("software"));
        check_error(&mut juju, &["resource-get"], 2, "missing required resource name");
        check_error(&mut juju, &["resource-get", "a", "b"], 2, "unrecognized args: [\"b\"]");
    }

    #[test]
    fn a_missing_resource_fails_like_the_request_to_the_controller() {
        let mut juju = juju();
        juju.hook.controller = "10.0.0.1:17070".to_owned();
        let url = format!("https://10.0.0.1:17070/model/{}/units/unit-app-0/resources/nope", juju.state.model.uuid);
        let error = format!("could not download resource: HTTP request failed: Get {url}: resource#app/nope not found");
        check_error(&mut juju, &["resource-get", "nope"], 1, &error);
    }
}
