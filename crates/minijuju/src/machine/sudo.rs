//! A stand-in for `sudo`, for machines of a computer without it.
//!
//! It is this same program, set-user-ID, in a folder that on the computer only root can enter. It serves root and the
//! user `ubuntu`, without a password.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use nix::unistd::{Gid, Uid, geteuid, getuid, setgroups, setresgid, setresuid};

use super::ubuntu::{DEFAULT_USER, SUDOERS, entry, id};

/// Where programs are looked up, as in Ubuntu's `/etc/sudoers`.
const SECURE_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin";

/// The variables that the program keeps, besides `LC_*` (sudoers(5): `env_keep`, `env_check`).
const KEPT_VARIABLES: [&str; 10] =
    ["COLORS", "COLORTERM", "DISPLAY", "HOSTNAME", "LANG", "LANGUAGE", "LS_COLORS", "PS1", "TERM", "TZ"];

/// Run as `sudo`, if this process was started as that. The set-user-ID file does nothing else, whatever name it is run
/// by.
#[must_use]
pub fn run_if_sudo() -> Option<ExitCode> {
    let elevated = geteuid().is_root() && !getuid().is_root();
    let mut args = env::args_os();
    let name = args.next().unwrap_or_default();
    if !elevated && Path::new(&name).file_name() != Some(OsStr::new("sudo")) {
        return None;
    }
    let Err(error) = run(args.collect()) else { return Some(ExitCode::SUCCESS) };
    eprintln!("sudo: {error}");
    Some(ExitCode::FAILURE)
}

/// Why a request fails.
#[derive(Debug, thiserror::Error)]
enum SudoError {
    #[error("this stand-in for sudo works only in minijuju's machines")]
    NotInMachine,
    #[error("{0} is not in the sudoers file.")]
    NotAllowed(String),
    #[error("unknown user {0}")]
    UnknownUser(String),
    #[error("option requires an argument -- '{0}'")]
    MissingArgument(String),
    #[error("this stand-in for sudo does not know the option {0}: have the charm install the package sudo")]
    UnknownOption(String),
    #[error("a command is missing")]
    MissingCommand,
    #[error("{}: command not found", .0.display())]
    CommandNotFound(OsString),
    #[error("cannot run {}: {error}", program.display())]
    Run { program: OsString, error: io::Error },
    #[error("cannot become {0}: {1}")]
    SwitchUser(String, nix::errno::Errno),
}

/// A parsed command line.
#[derive(Debug, Default, PartialEq, Eq)]
struct Request {
    /// The target user; root by default.
    user: Option<String>,
    mode: Mode,
    /// `-E`: keep the whole environment.
    keep_all: bool,
    /// Variables to keep.
    keep: Vec<String>,
    /// Variables to set.
    variables: BTreeMap<OsString, OsString>,
    command: Vec<OsString>,
}

/// What to run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Mode {
    /// The command itself.
    #[default]
    Command,
    /// `-i`: a login shell.
    LoginShell,
    /// `-s`: the caller's shell.
    Shell,
    /// `-v`, `-k`, `-V`: nothing.
    Nothing,
}

/// A user in `/etc/passwd`.
struct Account {
    name: String,
    uid: u32,
    gid: u32,
    home: String,
    shell: String,
}

fn run(args: Vec<OsString>) -> Result<(), SudoError> {
    // In a machine only root can write there, so nobody who gets hold of the file elsewhere can make a folder look
    // like a machine.
    if !fs::metadata(SUDOERS).is_ok_and(|meta| meta.uid() == 0) {
        return Err(SudoError::NotInMachine);
    }
    let users = read_text("/etc/passwd");
    let caller = account_by_uid(&users, getuid().as_raw())
        .ok_or_else(|| SudoError::UnknownUser(getuid().as_raw().to_string()))?;
    if caller.uid != 0 && caller.name != DEFAULT_USER {
        return Err(SudoError::NotAllowed(caller.name));
    }
    let request = parse(args)?;
    if request.mode == Mode::Nothing {
        return Ok(());
    }
    let name = request.user.as_deref().unwrap_or("root");
    let target = match name.strip_prefix('#').and_then(|number| number.parse().ok()) {
        Some(uid) => account_by_uid(&users, uid),
        None => entry(&users, name).and_then(|fields| from_fields(&fields)),
    };
    let target = target.ok_or_else(|| SudoError::UnknownUser(name.to_owned()))?;
    match run_as(&request, &caller, &target)? {}
}

/// Parse the options before the command (sudo(8)).
fn parse(args: Vec<OsString>) -> Result<Request, SudoError> {
    let mut request = Request::default();
    let mut args = args.into_iter().peekable();
    while let Some(word) = args.next_if(|word| word.as_bytes().starts_with(b"-") && word.len() > 1) {
        let option = word.to_string_lossy().into_owned();
        if option == "--" {
            break;
        }
        if let Some(long) = option.strip_prefix("--") {
            let (name, attached) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            match name {
                "user" => request.user = Some(value(&mut args, attached, name)?),
                "login" => request.mode = Mode::LoginShell,
                "shell" => request.mode = Mode::Shell,
                "preserve-env" => match attached {
                    None => request.keep_all = true,
                    Some(names) => request.keep.extend(names.split(',').map(str::to_owned)),
                },
                "non-interactive" | "set-home" | "stdin" | "reset-timestamp" => {}
                "validate" | "remove-timestamp" | "version" => request.mode = Mode::Nothing,
                _ => return Err(SudoError::UnknownOption(option.clone())),
            }
            continue;
        }
        for (place, letter) in option.char_indices().skip(1) {
            match letter {
                'u' | 'p' => {
                    let rest = &option[place + letter.len_utf8()..];
                    let value = value(&mut args, (!rest.is_empty()).then_some(rest), &letter.to_string())?;
                    if letter == 'u' {
                        request.user = Some(value);
                    }
                    break;
                }
                'i' => request.mode = Mode::LoginShell,
                's' => request.mode = Mode::Shell,
                'E' => request.keep_all = true,
                'k' if args.peek().is_none() => request.mode = Mode::Nothing,
                // Options about passwords: there is none.
                'n' | 'H' | 'S' | 'A' | 'B' | 'k' => {}
                'v' | 'K' | 'V' => request.mode = Mode::Nothing,
                _ => return Err(SudoError::UnknownOption(format!("-{letter}"))),
            }
        }
    }
    for word in args {
        let bytes = word.as_bytes();
        match bytes.iter().position(|byte| *byte == b'=').filter(|place| request.command.is_empty() && *place > 0) {
            Some(place) => {
                let (name, value) = (&bytes[..place], &bytes[place + 1..]);
                request.variables.insert(OsString::from_vec(name.to_vec()), OsString::from_vec(value.to_vec()));
            }
            None => request.command.push(word),
        }
    }
    if request.command.is_empty() && request.mode == Mode::Command {
        return Err(SudoError::MissingCommand);
    }
    Ok(request)
}

/// An option's value: `attached`, the rest of its word, or else the next word.
fn value(
    words: &mut impl Iterator<Item = OsString>,
    attached: Option<&str>,
    option: &str,
) -> Result<String, SudoError> {
    let value = attached.map(OsString::from).or_else(|| words.next());
    let value = value.ok_or_else(|| SudoError::MissingArgument(option.to_owned()))?;
    Ok(value.to_string_lossy().into_owned())
}

fn run_as(request: &Request, caller: &Account, target: &Account) -> Result<Infallible, SudoError> {
    let failed = |errno| SudoError::SwitchUser(target.name.clone(), errno);
    let groups: Vec<Gid> = groups(&read_text("/etc/group"), target).into_iter().map(Gid::from_raw).collect();
    let (user, group) = (Uid::from_raw(target.uid), Gid::from_raw(target.gid));
    setgroups(&groups).map_err(failed)?;
    setresgid(group, group, group).map_err(failed)?;
    setresuid(user, user, user).map_err(failed)?;
    let shell = if request.mode == Mode::LoginShell { target.shell.clone() } else { caller.shell.clone() };
    let line = request.command.iter().map(|word| shell_quote(word)).collect::<Vec<_>>().join(OsStr::new(" "));
    let mut command = match request.command.split_first() {
        Some((program, args)) if request.mode == Mode::Command => {
            let mut command = Command::new(program);
            command.args(args);
            command
        }
        first => {
            let mut command = Command::new(&shell);
            if request.mode == Mode::LoginShell {
                let name = Path::new(&shell).file_name().unwrap_or_default();
                command.arg0([OsStr::new("-"), name].join(OsStr::new("")));
                command.current_dir(&target.home);
            }
            if first.is_some() {
                command.arg("-c").arg(line);
            }
            command
        }
    };
    let program = command.get_program().to_owned();
    let error = command.env_clear().envs(environment(request, caller, target)).exec();
    Err(match error.kind() {
        io::ErrorKind::NotFound => SudoError::CommandNotFound(program),
        _ => SudoError::Run { program, error },
    })
}

fn environment(request: &Request, caller: &Account, target: &Account) -> BTreeMap<OsString, OsString> {
    let is_kept = |name: &str| {
        request.keep_all
            || KEPT_VARIABLES.contains(&name)
            || name.starts_with("LC_")
            || request.keep.iter().any(|keep| keep == name)
    };
    let mut all: BTreeMap<OsString, OsString> =
        env::vars_os().filter(|(name, _)| is_kept(&name.to_string_lossy())).collect();
    let shell = if request.mode == Mode::Shell { &caller.shell } else { &target.shell };
    for (name, value) in [
        ("HOME", target.home.as_str()),
        ("LOGNAME", &target.name),
        ("USER", &target.name),
        ("SHELL", shell),
        ("PATH", SECURE_PATH),
        ("SUDO_USER", &caller.name),
        ("SUDO_UID", &caller.uid.to_string()),
        ("SUDO_GID", &caller.gid.to_string()),
    ] {
        all.insert(name.into(), value.into());
    }
    let line = request.command.join(OsStr::new(" "));
    all.insert("SUDO_COMMAND".into(), line);
    all.extend(request.variables.clone());
    all
}

/// Quote a word for a shell.
fn shell_quote(word: &OsStr) -> OsString {
    let mut out = Vec::new();
    for byte in word.as_bytes() {
        if !byte.is_ascii_alphanumeric() && !b"_-$/.:=,+@%".contains(byte) && byte.is_ascii() {
            out.push(b'\\');
        }
        out.push(*byte);
    }
    OsString::from_vec(out)
}

/// The IDs of a user's groups, the primary one first.
fn groups(text: &str, user: &Account) -> Vec<u32> {
    let others = text.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        fields.get(3)?.split(',').any(|member| member == user.name).then(|| id(&fields))?
    });
    let mut all = vec![user.gid];
    all.extend(others.filter(|group| *group != user.gid));
    all
}

fn account_by_uid(users: &str, uid: u32) -> Option<Account> {
    let mut lines = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    lines.find(|fields| id(fields) == Some(uid)).and_then(|fields| from_fields(&fields))
}

fn from_fields(fields: &[&str]) -> Option<Account> {
    let shell = fields.get(6).copied().filter(|shell| !shell.is_empty()).unwrap_or("/bin/sh");
    Some(Account {
        name: (*fields.first()?).to_owned(),
        uid: id(fields)?,
        gid: fields.get(3)?.parse().ok()?,
        home: (*fields.get(5)?).to_owned(),
        shell: shell.to_owned(),
    })
}

fn read_text(path: &str) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(line: &str) -> Result<Request, String> {
        parse(line.split_whitespace().map(OsString::from).collect()).map_err(|error| error.to_string())
    }

    fn command(words: &[&str]) -> Vec<OsString> {
        words.iter().map(OsString::from).collect()
    }

    #[test]
    fn options_come_first_then_variables_then_the_command() {
        let parsed = request("-nEu postgres PGHOST=x psql -u other A=b").unwrap();
        assert_eq!(parsed.user.as_deref(), Some("postgres"));
        assert_eq!(parsed.command, command(&["psql", "-u", "other", "A=b"]));
        assert_eq!(parsed.variables, BTreeMap::from([("PGHOST".into(), "x".into())]));
        assert!(parsed.keep_all);
        assert_eq!(request("-upostgres id").unwrap().user.as_deref(), Some("postgres"));
        assert_eq!(request("--user=postgres -- -x").unwrap().command, command(&["-x"]));
        assert_eq!(request("--preserve-env=A,B env").unwrap().keep, ["A", "B"]);
        for (line, mode) in [
            ("-i", Mode::LoginShell),
            ("-s", Mode::Shell),
            ("-v", Mode::Nothing),
            ("-k", Mode::Nothing),
            ("-k id", Mode::Command),
        ] {
            assert_eq!(request(line).unwrap().mode, mode, "{line}");
        }
    }

    #[test]
    fn unsupported_and_incomplete_options_are_errors() {
        assert!(request("-X id").unwrap_err().contains("the option -X: have the charm install the package sudo"));
        assert_eq!(request("-u").unwrap_err(), "option requires an argument -- 'u'");
        assert_eq!(request("-n").unwrap_err(), "a command is missing");
    }

    #[test]
    fn a_user_s_groups_are_its_primary_group_and_those_with_it_as_a_member() {
        let users = "root:x:0:0:root:/root:/bin/bash\nann:x:1000:100::/home/ann:\n";
        let ann = account_by_uid(users, 1000).unwrap();
        assert_eq!((ann.name.as_str(), ann.shell.as_str()), ("ann", "/bin/sh"));
        assert_eq!(groups("users:x:100:ann\nadm:x:4:syslog,ann\nmann:x:9:mann\n", &ann), [100, 4]);
    }

    #[test]
    fn a_quoted_word_is_one_word_for_a_shell() {
        assert_eq!(shell_quote(OsStr::new("a b;$HOME'")), OsStr::new("a\\ b\\;$HOME\\'"));
    }
}
