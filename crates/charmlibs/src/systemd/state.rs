//! The state of a unit.

/// The state of a unit, in systemd's words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct State {
    /// The full name, such as `nginx.service`.
    pub id: String,
    /// `loaded`, `not-found`, `masked`, `bad-setting`, …
    pub load: String,
    /// `active`, `reloading`, `inactive`, `failed`, `activating`, `deactivating`, …
    pub active: String,
    /// Details of `active`: `running`, `exited`, `dead`, `auto-restart`, …
    pub sub: String,
    /// `enabled`, `disabled`, `static`, `masked`, …; empty for a unit without a file.
    pub file: String,
    /// The result of the service's last run: `success`, `exit-code`, `timeout`, …; empty for other units.
    pub result: String,
    /// The PID of the service's main process; 0 if there is none.
    pub main_pid: u32,
    /// Whether the unit's file has changed since systemd read it.
    pub needs_daemon_reload: bool,
}

impl State {
    /// The option of `systemctl show` for the properties that are parsed here.
    pub(super) const PROPERTIES: &str =
        "--property=Id,LoadState,ActiveState,SubState,UnitFileState,Result,MainPID,NeedDaemonReload";

    /// Parse the output of `systemctl show`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut state = Self::default();
        for (property, value) in text.lines().filter_map(|line| line.split_once('=')) {
            match property {
                "Id" => value.clone_into(&mut state.id),
                "LoadState" => value.clone_into(&mut state.load),
                "ActiveState" => value.clone_into(&mut state.active),
                "SubState" => value.clone_into(&mut state.sub),
                "UnitFileState" => value.clone_into(&mut state.file),
                "Result" => value.clone_into(&mut state.result),
                "MainPID" => state.main_pid = value.parse().ok()?,
                "NeedDaemonReload" => state.needs_daemon_reload = value == "yes",
                _ => {}
            }
        }
        (!state.id.is_empty() && !state.active.is_empty()).then_some(state)
    }

    /// Whether the unit is active or reloading.
    #[must_use]
    pub fn is_running(&self) -> bool {
        matches!(self.active.as_str(), "active" | "reloading" | "refreshing")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_of_systemctl_show_is_parsed() {
        let text = "Id=web.service\nActiveState=reloading\nMainPID=7\nNeedDaemonReload=yes\nOther=1\n";
        let state = State::parse(text).unwrap();
        assert!(state.is_running() && state.needs_daemon_reload);
        assert_eq!((state.id.as_str(), state.main_pid), ("web.service", 7));
        assert_eq!(State::parse("no such option"), None);
        assert_eq!(State::parse("Id=x\nActiveState=active\nMainPID=many"), None);
    }
}
