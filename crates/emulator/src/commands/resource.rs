//! `resource-get`.

use crate::Juju;
use crate::command_line::failure::{Answer, Failure};
use crate::command_line::invocation::Invocation;
use crate::command_line::spec::{SPEC, Spec};

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

fn get(juju: &mut Juju, invocation: &mut Invocation<'_>) -> Answer {
    let Some(name) = invocation.args().first().copied() else {
        return Err(Failure::usage("missing required resource name"));
    };
    invocation.no_args_from(1)?;
    let Some(resource) = juju.state.resources.iter().find(|resource| resource.name == name) else {
        let reason = format!("resource {:?} not found", format!("{}/{name}", juju.hook.app()));
        return Err(Failure::run(reason).during("could not download resource"));
    };
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
        let error = "could not download resource: resource \"app/nonsense\" not found";
        check_error(&mut juju, &["resource-get", "nonsense"], 1, error);
        check_error(&mut juju, &["resource-get"], 2, "missing required resource name");
        check_error(&mut juju, &["resource-get", "a", "b"], 2, "unrecognized args: [\"b\"]");
    }
}
