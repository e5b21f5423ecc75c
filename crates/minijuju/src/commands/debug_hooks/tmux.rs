//! Hooks in tmux: a session for each unit, with a window for each hook, as in Juju. Juju 3.6:
//! internal/worker/uniter/runner/debug.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs};

use anyhow::Context as _;

use super::DebugMode;
use crate::cli::quote;
use crate::machine::Machine;
use crate::uniter::debug::{DebugHook, Debugger};

const TMUX: &str = "/usr/bin/tmux";

/// How often to check for a new hook, or for the end of one.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// How often to ask tmux whether a hook's window still exists.
const WINDOW_CHECK_INTERVAL: Duration = Duration::from_millis(500);

/// The file in a hook's folder with the exit code of the shell in its window.
const EXIT_CODE_FILE: &str = "hook_exit_status";

/// A unit's session in its machine.
pub struct Session<'a> {
    machine: &'a Machine,
    unit: &'a str,
}

/// A window for a hook.
struct Window {
    id: String,
    hook: DebugHook,
    /// The value of `JUJU_DEBUG`.
    folder: String,
    checked: Instant,
}

impl<'a> Session<'a> {
    /// The session of a unit, if its machine has tmux.
    pub fn in_machine(machine: &'a Machine, unit: &'a str) -> anyhow::Result<Option<Self>> {
        let has_tmux = machine.files()?.metadata(TMUX).is_ok();
        Ok(has_tmux.then_some(Self { machine, unit }))
    }

    /// Whether it is open.
    pub fn is_open(&self) -> anyhow::Result<bool> {
        let mut command = self.tmux(&["has-session", "-t", self.unit])?;
        Ok(command.stdin(Stdio::null()).output().context("cannot run tmux")?.status.success())
    }

    /// Attach this terminal to it, until the user detaches or ends it.
    pub fn attach(&self) -> anyhow::Result<()> {
        self.tmux(&["attach-session", "-t", self.unit])?.status().context("cannot run tmux")?;
        Ok(())
    }

    /// Attach this terminal to it, and open a window for each hook, until the user detaches or `stopped` is set.
    pub fn run(&self, debugger: &Debugger, mode: &DebugMode<'_>, stopped: &AtomicBool) -> anyhow::Result<()> {
        if !self.is_open()? {
            self.start()?;
        }
        let mut attached = self.tmux(&["attach-session", "-t", self.unit])?.spawn().context("cannot run tmux")?;
        let mut window: Option<Window> = None;
        let result = loop {
            if attached.try_wait().context("cannot wait for tmux")?.is_some() {
                break Ok(());
            }
            if stopped.load(Ordering::Relaxed) {
                break Ok(());
            }
            match self.poll(debugger, mode, window.take()) {
                Ok(next) => window = next,
                Err(error) => break Err(error),
            }
            thread::sleep(POLL_INTERVAL);
        };
        // When the user detaches, the session ends, and so does the hook in it.
        let _ = self.tmux(&["kill-session", "-t", self.unit])?.stdin(Stdio::null()).output();
        attached.wait().context("cannot wait for tmux")?;
        if let Some(window) = window {
            debugger.report_end(&window.hook, None).context("cannot end the hook")?;
            self.remove_folder(&window)?;
        }
        result
    }

    /// Open a window for a new hook, and finish a hook whose window is done.
    fn poll(
        &self,
        debugger: &Debugger,
        mode: &DebugMode<'_>,
        window: Option<Window>,
    ) -> anyhow::Result<Option<Window>> {
        let Some(mut window) = window else {
            let hook = debugger.next(|| true).context("cannot wait for hooks")?;
            return hook.map(|hook| self.open_window(hook, mode)).transpose();
        };
        let mut code = self.exit_code(&window)?;
        if code.is_none() && window.checked.elapsed() > WINDOW_CHECK_INTERVAL {
            if self.window_exists(&window)? {
                window.checked = Instant::now();
                return Ok(Some(window));
            }
            // The shell may have exited just before its window was closed.
            code = self.exit_code(&window)?;
        } else if code.is_none() {
            return Ok(Some(window));
        }
        debugger.report_end(&window.hook, code).context("cannot end the hook")?;
        self.remove_folder(&window)?;
        Ok(None)
    }

    /// Start the session, with a root shell, because the first hook may take a long time to come.
    fn start(&self) -> anyhow::Result<()> {
        let run = |args: &[&str]| -> anyhow::Result<()> {
            let output = self.tmux(args)?.stdin(Stdio::null()).output().context("cannot run tmux")?;
            anyhow::ensure!(output.status.success(), "tmux: {}", String::from_utf8_lossy(&output.stderr).trim());
            Ok(())
        };
        self.remove_leftovers()?;
        run(&["new-session", "-d", "-s", self.unit])?;
        if self.machine.files()?.metadata("/root/.tmux.conf").is_err() {
            // The prefix key in Juju's documentation.
            run(&["set-option", "-g", "prefix", "C-a"])?;
            run(&["bind-key", "a", "send-prefix"])?;
        }
        Ok(())
    }

    /// Open a window for a hook.
    fn open_window(&self, hook: DebugHook, mode: &DebugMode<'_>) -> anyhow::Result<Window> {
        let folder = format!("/tmp/{}", folder_name(&hook.context));
        let files = self.machine.files()?.make_folder(&folder).context("cannot make the hook's folder")?;
        // The hook's environment may hold secrets.
        fs::set_permissions(files.path("."), fs::Permissions::from_mode(0o700))
            .context("cannot set the mode of the hook's folder")?;
        for (name, text) in scripts(&hook, mode, &folder) {
            fs::write(files.path(name), text).with_context(|| format!("cannot write {folder}/{name}"))?;
        }
        let shell = format!("exec /bin/bash {}", quote(&format!("{folder}/hook.sh")));
        let target = format!("{}:", self.unit);
        let args =
            ["new-window", "-P", "-F", "#{window_id}", "-t", &target, "-n", &hook.name, "-c", &hook.folder, &shell];
        let output = self.tmux(&args)?.stdin(Stdio::null()).output().context("cannot run tmux")?;
        anyhow::ensure!(output.status.success(), "tmux: {}", String::from_utf8_lossy(&output.stderr).trim());
        let id = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Ok(Window { id, hook, folder, checked: Instant::now() })
    }

    /// The exit code of the shell in a window, if it has exited.
    fn exit_code(&self, window: &Window) -> anyhow::Result<Option<u8>> {
        let text = self.machine.files()?.read(format!("{}/{EXIT_CODE_FILE}", window.folder)).unwrap_or_default();
        Ok(String::from_utf8_lossy(&text).trim().parse().ok())
    }

    fn window_exists(&self, window: &Window) -> anyhow::Result<bool> {
        let mut command = self.tmux(&["list-windows", "-t", self.unit, "-F", "#{window_id}"])?;
        let listed = command.stdin(Stdio::null()).output().context("cannot run tmux")?;
        Ok(String::from_utf8_lossy(&listed.stdout).lines().any(|line| line == window.id))
    }

    fn remove_folder(&self, window: &Window) -> anyhow::Result<()> {
        let Some((folder, name)) = window.folder.rsplit_once('/') else { return Ok(()) };
        Ok(self.machine.files()?.folder(folder)?.remove_all(name)?)
    }

    /// Remove the hooks' folders of a `debug-hooks` that was killed.
    fn remove_leftovers(&self) -> anyhow::Result<()> {
        let prefix = folder_name(&format!("{}-", self.unit));
        let folder = self.machine.files()?.folder("/tmp")?;
        for entry in fs::read_dir(folder.path(".")).context("cannot read the machine's /tmp")? {
            let name = entry.context("cannot read the machine's /tmp")?.file_name();
            if let Some(name) = name.to_str().filter(|name| name.starts_with(&prefix)) {
                folder.remove_all(name)?;
            }
        }
        Ok(())
    }

    fn tmux(&self, args: &[&str]) -> anyhow::Result<Command> {
        let mut command = self.machine.command(TMUX, "/root")?;
        command.env_clear().envs([
            ("HOME", "/root"),
            ("LANG", "C.UTF-8"),
            ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin"),
            ("SHELL", "/bin/bash"),
            ("USER", "root"),
        ]);
        if let Ok(terminal) = env::var("TERM") {
            command.env("TERM", terminal);
        }
        command.args(args);
        Ok(command)
    }
}

/// The name of a hook's folder. No application has an underscore in its name, so those of `web/1` and `web-1/0` differ.
fn folder_name(context: &str) -> String {
    format!("juju-debug-hooks-{}", context.replace('/', "_"))
}

/// The files of a hook's folder. Its window runs `hook.sh`.
fn scripts(hook: &DebugHook, mode: &DebugMode<'_>, folder: &str) -> Vec<(&'static str, String)> {
    // Keep the value of `TERM` that tmux sets.
    let variables = hook.environment.iter().filter(|(name, _)| name != "TERM");
    let variables = variables.map(|(name, value)| (name.as_str(), value.as_str())).chain([("JUJU_DEBUG", folder)]);
    let environment =
        variables.map(|(name, value)| format!("export {name}={}\n", quote(value))).collect::<Vec<_>>().concat();
    let program = hook.program.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ");
    let run = match mode {
        DebugMode::Shell => "exec /bin/bash --noprofile --init-file \"$JUJU_DEBUG/init.sh\"\n".to_owned(),
        DebugMode::Code(at) => {
            format!("export JUJU_DEBUG_AT={}\n{program}\necho $? > \"$JUJU_DEBUG/{EXIT_CODE_FILE}\"\n", quote(at))
        }
    };
    let dispatch = hook.program.first().and_then(|program| program.strip_prefix(&hook.folder));
    let dispatch = dispatch.map_or_else(|| program.clone(), |path| format!(".{path}"));
    // Set the prompt here, because the system's bashrc sets another one. A shell whose window is closed writes no exit
    // code.
    let init = format!(
        "PS1={}\ntrap 'echo $? > \"$JUJU_DEBUG/{EXIT_CODE_FILE}\"' EXIT\n\
         trap 'trap - EXIT; exit 129' HUP\ncat \"$JUJU_DEBUG/welcome.msg\"\n",
        quote(&super::prompt(hook))
    );
    let welcome = format!(
        "This shell replaces {} of {}. It has the hook's environment and hook commands.\n\n\
         {dispatch}\n    runs the charm's own hook.\n\
         exit\n    ends the hook, with the exit code of this shell. The next hook gets its own window.\n\
         tmux kill-session -t $JUJU_UNIT_NAME\n    ends debugging, as CTRL+a d does. An unfinished hook then fails.\n\n",
        hook.name,
        super::unit_name(hook)
    );
    vec![
        ("env.sh", environment),
        ("hook.sh", format!(". {}\necho $$ > \"$JUJU_DEBUG/hook.pid\"\n{run}", quote(&format!("{folder}/env.sh")))),
        ("init.sh", init),
        ("welcome.msg", welcome),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(mode: &DebugMode<'_>, name: &str) -> String {
        let hook = DebugHook {
            context: "web/0-start-1".to_owned(),
            name: "start".to_owned(),
            program: vec!["/charm/dispatch".to_owned()],
            folder: "/charm".to_owned(),
            environment: vec![
                ("JUJU_UNIT_NAME".to_owned(), "web/0".to_owned()),
                ("JUJU_DISPATCH_PATH".to_owned(), "hooks/start".to_owned()),
                ("ODD".to_owned(), "it's $(odd)".to_owned()),
                ("TERM".to_owned(), "tmux-256color".to_owned()),
            ],
        };
        let scripts = scripts(&hook, mode, "/tmp/debug");
        scripts.into_iter().find(|(file, _)| *file == name).unwrap().1
    }

    #[test]
    fn a_window_gets_the_environment_of_its_hook_unchanged() {
        let environment = script(&DebugMode::Shell, "env.sh");
        assert!(environment.contains("export ODD='it'\"'\"'s $(odd)'\n"), "{environment}");
        assert!(environment.ends_with("export JUJU_DEBUG=/tmp/debug\n"), "{environment}");
        assert!(!environment.contains("TERM"), "{environment}");
        let init = script(&DebugMode::Shell, "init.sh");
        assert!(init.starts_with("PS1='web/0:hooks/start % '\n"), "{init}");
        assert!(script(&DebugMode::Shell, "welcome.msg").contains("\n./dispatch\n"));
    }

    #[test]
    fn debug_code_runs_the_hook_with_juju_debug_at() {
        let shell = script(&DebugMode::Shell, "hook.sh");
        assert!(shell.ends_with("exec /bin/bash --noprofile --init-file \"$JUJU_DEBUG/init.sh\"\n"), "{shell}");
        let code = script(&DebugMode::Code("hook"), "hook.sh");
        assert!(code.contains("export JUJU_DEBUG_AT=hook\n/charm/dispatch\necho $?"), "{code}");
    }
}
