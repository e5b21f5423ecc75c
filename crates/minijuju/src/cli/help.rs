//! Help, in our own sentences.

use clap::Command;
use clap_complete::Shell;

use super::unknown;

/// What a bare `juju`, `juju help` and `juju --help` print.
pub(super) fn basics(program: &str) -> String {
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

    {program} pack                   Pack the charm of this folder.
    {program} fire APP/0 EVENT       Make an event happen.
    {program} machines               Show the machines and what they take up.
    {program} clean                  Remove every machine, even after a crash.
    {program} completion SHELL       Print completions for bash, zsh or fish.

{program} help COMMAND tells about one command, {program} help commands lists them all.
"
    )
}

const GLOBAL_OPTIONS: &str = "\
Global options

Every command takes these, before its name or after.

-q, --quiet
    Show no informational output
-v, --verbose
    Show more verbose output
-h, --help
    Show help on a command
--debug
    Equivalent to --show-log --logging-config=<root>=DEBUG
--show-log
    Write the log to stderr
--logging-config <levels>
    Log levels of modules
--log-file <file>
    Write the log to a file
";

const TOPICS: &str = "\
basics          What there is to begin with
commands        All commands
global-options  Options common to all commands
topics          This list
";

/// Answers `juju help WORDS`.
pub(super) fn answer(root: &Command, program: &str, words: &[String]) -> Result<String, (String, u8)> {
    let words: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
    let Some(topic) = words.first() else {
        return Ok(basics(program));
    };
    if words.len() > 1 {
        return Err((format!("extra arguments to command help: {:?}", &words[1..]), 2));
    }
    match topic.as_str() {
        "basics" | "help" => Ok(basics(program)),
        "commands" => Ok(commands(root)),
        "global-options" => Ok(GLOBAL_OPTIONS.to_owned()),
        "topics" => Ok(TOPICS.to_owned()),
        name => match root.find_subcommand(name) {
            Some(found) => Ok(command(found)),
            None => Err(unknown::refuse(root, name)),
        },
    }
}

/// One command's help.
pub(super) fn command(command: &Command) -> String {
    let mut text = command.clone().render_help().to_string();
    while text.ends_with("\n\n") {
        text.pop();
    }
    text
}

/// All commands, a line each.
fn commands(root: &Command) -> String {
    let mut lines: Vec<(String, String)> = Vec::new();
    for command in root.get_subcommands().filter(|command| !command.is_hide_set()) {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        lines.push((command.get_name().to_owned(), about));
        for alias in command.get_all_aliases() {
            lines.push((alias.to_owned(), format!("Alias for '{}'.", command.get_name())));
        }
    }
    lines.push(("help".to_owned(), "Show help on a command or other topic.".to_owned()));
    lines.sort();
    let longest = lines.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let lines: Vec<String> = lines.iter().map(|(name, about)| format!("{name:longest$}  {about}\n")).collect();
    lines.concat()
}

/// The completions of a shell, for a program of this name.
#[must_use]
pub fn completion(shell: Shell, program: &str) -> String {
    let mut root = super::parse::root(program);
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut root, program, &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

pub(super) const ADD_MODEL: &str = "\
Examples:
    juju add-model testing
    juju add-model testing --config update-status-hook-interval=1m";

pub(super) const DESTROY_MODEL: &str = "\
Details:
Every unit gets its stop and remove events first. With --force, machines go even if those fail.

Examples:
    juju destroy-model testing
    juju destroy-model testing --no-prompt --destroy-storage";

pub(super) const MODELS: &str = "\
Details:
The current model carries an asterisk.

Examples:
    juju models
    juju models --format json";

pub(super) const SWITCH: &str = "\
Examples:
    juju switch
    juju switch testing";

pub(super) const SHOW_MODEL: &str = "\
Examples:
    juju show-model
    juju show-model testing --format json";

pub(super) const MODEL_CONFIG: &str = "\
Examples:
    juju model-config
    juju model-config update-status-hook-interval=1m
    juju model-config --reset update-status-hook-interval";

pub(super) const DEPLOY: &str = "\
Details:
A folder is taken for a charm's project and packed first, as `minijuju pack` does it. The machine of
each unit is a throw-away view of this computer with an address of its own. The command returns once
no event is left to run.

Examples:
    juju deploy .
    juju deploy ./tinyproxy_amd64.charm
    juju deploy ./tinyproxy_amd64.charm proxy -n 2 --config slug=foo
    juju deploy ./db_amd64.charm --resource snapshot=./dump.sql --storage data=1G";

pub(super) const REFRESH: &str = "\
Details:
Each unit gets the events upgrade-charm and config-changed.

Examples:
    juju refresh tinyproxy --path .
    juju refresh tinyproxy --path ./tinyproxy_amd64.charm";

pub(super) const STATUS: &str = "\
Details:
Selectors name what to show: machines (0), units (tinyproxy/0), applications (tinyproxy), statuses
(error). What those are related to is shown with them.

Examples:
    juju status
    juju status tinyproxy
    juju status --watch 1s
    juju status --relations --storage
    juju status --format json";

pub(super) const CONFIG: &str = "\
Details:
Without a key, all options are shown. A value that begins with @ names the file that holds it.

Examples:
    juju config tinyproxy
    juju config tinyproxy slug
    juju config tinyproxy slug=foo
    juju config tinyproxy --reset slug
    juju config tinyproxy --file options.yaml";

pub(super) const ADD_UNIT: &str = "\
Examples:
    juju add-unit tinyproxy
    juju add-unit tinyproxy -n 2";

pub(super) const REMOVE_UNIT: &str = "\
Details:
The unit gets its stop and remove events, and its machine goes. With --force, it goes even if those
fail.

Examples:
    juju remove-unit tinyproxy/1
    juju remove-unit tinyproxy/1 --force --no-prompt";

pub(super) const REMOVE_APPLICATION: &str = "\
Details:
Its relations are broken, its units get their stop and remove events, and their machines go. With
--force, they go even if those fail.

Examples:
    juju remove-application tinyproxy
    juju remove-application tinyproxy --force --no-prompt";

pub(super) const ACTIONS: &str = "\
Examples:
    juju actions tinyproxy
    juju actions tinyproxy --schema";

pub(super) const RUN: &str = "\
Details:
Values are read as YAML, so count=3 is a number; --string-args takes them as they are.

Examples:
    juju run db/0 backup
    juju run db/leader backup target=/srv compress.level=9
    juju run db/0 db/1 backup --params params.yaml --format json";

pub(super) const EXEC: &str = "\
Details:
On a unit, the command runs as a hook would: with its environment and its hook commands.

Examples:
    juju exec --unit tinyproxy/0 -- config-get slug
    juju exec --application tinyproxy -- uptime
    juju exec --machine 0 -- ls -l /etc";

pub(super) const SSH: &str = "\
Details:
It is a shell on the unit's machine; no SSH is on the way.

Examples:
    juju ssh tinyproxy/0
    juju ssh 0
    juju ssh tinyproxy/0 tail -n 20 /var/log/dpkg.log";

pub(super) const SCP: &str = "\
Examples:
    juju scp tinyproxy/0:/etc/tinyproxy/tinyproxy.conf .
    juju scp -- -r ./www tinyproxy/0:/srv";

pub(super) const SHOW_UNIT: &str = "\
Examples:
    juju show-unit tinyproxy/0
    juju show-unit db/0 --endpoint database --format json";

pub(super) const DEBUG_LOG: &str = "\
Details:
On a terminal, it goes on with new messages until Ctrl-C.

Examples:
    juju debug-log
    juju debug-log --replay --no-tail --level ERROR
    juju debug-log --include tinyproxy/0 --limit 50";

pub(super) const RESOLVED: &str = "\
Details:
The failed hook runs again, or is taken for done with --no-retry.

Examples:
    juju resolved tinyproxy/0
    juju resolved tinyproxy/0 --no-retry
    juju resolved --all";

pub(super) const INTEGRATE: &str = "\
Examples:
    juju integrate webapp db
    juju integrate webapp:database db:database";

pub(super) const ADD_SECRET: &str = "\
Details:
It prints the secret's ID. Applications read it once it is granted to them.

Examples:
    juju add-secret api-key token=34ae35facd4
    juju add-secret tls key#file=./key.pem cert#file=./cert.pem
    juju add-secret api-key --file secret.yaml";

pub(super) const ATTACH_RESOURCE: &str = "\
Examples:
    juju attach-resource db snapshot=./dump.sql";

pub(super) const MACHINES: &str = "\
Examples:
    juju machines
    juju machines --all";

pub(super) const FIRE: &str = "\
Details:
update-status comes by itself in Juju, every five minutes; here it comes when it is fired. Any event
of the charm can be: a hook, or NAME-relation-changed and the like for relations that exist.

Examples:
    minijuju fire tinyproxy/0 update-status
    minijuju fire tinyproxy/0 config-changed";

pub(super) const CLEAN: &str = "\
Details:
Machines are stopped and removed, with their mounts, addresses and disks; models and applications
are forgotten. No event runs.

Examples:
    minijuju clean --no-prompt";

pub(super) const PACK: &str = "\
Examples:
    minijuju pack
    minijuju pack ./charm -o /tmp";

pub(super) const COMPLETION: &str = "\
Examples:
    minijuju completion bash > ~/.local/share/bash-completion/completions/minijuju
    minijuju completion zsh > ~/.zfunc/_minijuju
    minijuju completion fish > ~/.config/fish/completions/minijuju.fish";
