//! The first page of help.

/// The text that `juju`, `juju help` and `juju --help` print.
pub fn basics(program: &str) -> String {
    format!(
        "\
{program} runs Juju charms on throw-away machines on this computer, without Juju.
The commands, their options and what they print are those of Juju 3.6.

From a charm's project to a running unit:

    {program} add-model testing      Add a model to deploy into.
    {program} deploy .               Pack the charm of this folder and deploy it.
    {program} status                 Show the machines, applications and units.
    {program} config APP KEY=VALUE   Change an option.
    {program} run APP/0 ACTION       Run an action.
    {program} debug-log              Show what the charm logged.
    {program} ssh APP/0              Look around on the machine.
    {program} destroy-model testing  Remove it all.

Beyond Juju:

    {program} init NAME              Write the project of a new charm.
    {program} port FOLDER            Write the Rust skeleton of a charm in Python.
    {program} dev                    Test and deploy again whenever a file changes.
    {program} pack                   Pack the charm of this folder.
    {program} fire APP/0 EVENT       Run an event.
    {program} machines               Show the machines and the resources that they use.
    {program} clean                  Remove every machine, even after a crash.
    {program} completion SHELL       Print completions for bash, zsh or fish.

{program} help COMMAND shows help on a command, {program} help commands lists all commands.
"
    )
}
