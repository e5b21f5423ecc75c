use super::super::remote_state::RelationSnapshot;
use super::*;
use crate::store::agent::RelationState;

/// Run hooks until nothing is due. Returns their names.
pub fn settle(agent: &mut AgentState, remote_state: &mut RemoteState) -> Vec<String> {
    let mut ran = Vec::new();
    while let Some(step) = next_step(agent, remote_state) {
        match step {
            Step::Run(hook) | Step::Skip(hook) => {
                *agent = state_after_hook(agent, remote_state, &hook);
                remote_state.requested_hooks.retain(|requested| *requested != hook);
                remote_state.resolved = ResolvedMode::None;
                ran.push(hook.status_message().replace("running ", "").replace(" hook", ""));
            }
            Step::Action(task) => {
                remote_state.actions.retain(|waiting| *waiting != task);
                ran.push(format!("action {task}"));
            }
            Step::Enter(id) => {
                agent.relations.insert(id, RelationState::default());
                ran.push(format!("enter {id}"));
            }
            Step::Leave(id) => {
                agent.relations.remove(&id);
                ran.push(format!("leave {id}"));
            }
            Step::UnpackCharm => {
                agent.charm_version = Some(remote_state.charm_version);
                ran.push("unpack charm".to_owned());
            }
            Step::RemoveUnit => {
                ran.push("remove unit".to_owned());
                break;
            }
        }
        assert!(ran.len() < 50, "it never settles: {ran:?}");
    }
    ran
}

pub fn remote_state() -> RemoteState {
    RemoteState {
        name: "app/0".to_owned(),
        leader: true,
        has_leader_settings: true,
        config: "1".to_owned(),
        ..RemoteState::default()
    }
}

#[test]
fn a_new_leader_runs_install_leader_elected_config_changed_and_start() {
    let (mut agent, mut remote_state) = (AgentState::default(), remote_state());
    assert_eq!(settle(&mut agent, &mut remote_state), ["install", "leader-elected", "config-changed", "start"]);
}

#[test]
fn a_unit_runs_leader_settings_changed_until_it_leads() {
    let (mut agent, mut remote_state) = (AgentState::default(), RemoteState { leader: false, ..remote_state() });
    assert_eq!(
        settle(&mut agent, &mut remote_state),
        ["install", "leader-settings-changed", "config-changed", "start"]
    );
    remote_state.leader_settings = r#"{"key":"value"}"#.to_owned();
    assert_eq!(settle(&mut agent, &mut remote_state), ["leader-settings-changed"]);
    remote_state.leader = true;
    assert_eq!(settle(&mut agent, &mut remote_state), ["leader-elected"]);
}

#[test]
fn without_a_change_of_the_configuration_no_hook_runs() {
    let (mut agent, mut remote_state) = (AgentState::default(), remote_state());
    settle(&mut agent, &mut remote_state);
    assert_eq!(next_step(&agent, &remote_state), None);
    remote_state.config = "2".to_owned();
    assert_eq!(settle(&mut agent, &mut remote_state), ["config-changed"]);
}

#[test]
fn a_refresh_is_followed_by_config_changed() {
    let (mut agent, mut remote_state) = (AgentState::default(), remote_state());
    settle(&mut agent, &mut remote_state);
    remote_state.charm_version = 1;
    assert_eq!(settle(&mut agent, &mut remote_state), ["upgrade-charm", "config-changed"]);
}

#[test]
fn hooks_for_storage_and_peers_that_a_refresh_adds_come_after_upgrade_charm() {
    let (mut agent, mut remote_state) = (AgentState::default(), remote_state());
    settle(&mut agent, &mut remote_state);
    remote_state.charm_version = 1;
    remote_state.storage.insert("data/0".to_owned(), false);
    let peers = RelationSnapshot { endpoint: "peers".to_owned(), peer: true, ..RelationSnapshot::default() };
    remote_state.relations.insert(0, peers);
    assert_eq!(
        settle(&mut agent, &mut remote_state),
        ["upgrade-charm", "config-changed", "peers-relation-created", "data-storage-attached"]
    );
}

#[test]
fn after_a_refresh_while_install_is_in_error_upgrade_charm_runs_once_it_is_resolved() {
    let (mut agent, mut remote_state) = (AgentState::default(), remote_state());
    agent.charm_version = Some(0);
    agent.operation = Operation::Failed(UnitHook::Install.into());
    remote_state.charm_version = 1;
    remote_state.resolved = ResolvedMode::RetryHooks;
    assert_eq!(
        settle(&mut agent, &mut remote_state),
        ["install", "leader-elected", "upgrade-charm", "config-changed", "start"]
    );
}

#[test]
fn a_unit_of_juju_4_never_runs_leader_settings_changed() {
    let mut remote_state = RemoteState { leader: false, has_leader_settings: false, ..remote_state() };
    assert_eq!(settle(&mut AgentState::default(), &mut remote_state), ["install", "config-changed", "start"]);
}

#[test]
fn a_failed_hook_waits_until_it_is_resolved() {
    let (mut agent, mut remote_state) = (AgentState::default(), remote_state());
    agent.operation = Operation::Failed(UnitHook::Install.into());
    remote_state.config = "2".to_owned();
    assert_eq!(next_step(&agent, &remote_state), None);
    remote_state.resolved = ResolvedMode::RetryHooks;
    assert_eq!(settle(&mut agent, &mut remote_state), ["install", "leader-elected", "config-changed", "start"]);
}

#[test]
fn a_failed_hook_can_be_skipped() {
    let (mut agent, mut remote_state) = (AgentState::default(), remote_state());
    agent.operation = Operation::Failed(UnitHook::Install.into());
    remote_state.resolved = ResolvedMode::NoHooks;
    assert_eq!(next_step(&agent, &remote_state), Some(Step::Skip(UnitHook::Install.into())));
    settle(&mut agent, &mut remote_state);
    assert!(agent.started);
}

#[test]
fn a_unit_in_error_gets_a_new_charm_only_by_force_and_then_runs_the_failed_hook() {
    let (mut agent, mut remote_state) = (AgentState::default(), remote_state());
    agent.operation = Operation::Failed(UnitHook::Install.into());
    remote_state.charm_version = 1;
    assert_eq!(next_step(&agent, &remote_state), None);
    remote_state.force_charm = true;
    assert_eq!(settle(&mut agent, &mut remote_state), ["unpack charm"]);
    remote_state.resolved = ResolvedMode::RetryHooks;
    assert_eq!(settle(&mut agent, &mut remote_state), ["install", "leader-elected", "config-changed", "start"]);
}

#[test]
fn actions_run_between_hooks_and_in_error_but_not_before_install() {
    let (mut agent, mut remote_state) = (AgentState::default(), RemoteState { actions: vec![3], ..remote_state() });
    assert_eq!(next_step(&agent, &remote_state), Some(Step::Run(UnitHook::Install.into())));
    agent.operation = Operation::Failed(UnitHook::Install.into());
    assert_eq!(next_step(&agent, &remote_state), Some(Step::Action(3)));
    remote_state.actions.clear();
    assert_eq!(next_step(&agent, &remote_state), None);
}

#[test]
fn a_dying_unit_that_was_never_installed_is_removed_at_once() {
    let (mut agent, mut remote_state) = (AgentState::default(), RemoteState { dying: true, ..remote_state() });
    assert_eq!(settle(&mut agent, &mut remote_state), ["remove unit"]);
    let mut agent = AgentState { operation: Operation::Queued(UnitHook::Install.into()), ..AgentState::default() };
    assert_eq!(settle(&mut agent, &mut remote_state), ["remove unit"], "even if install is queued after a reboot");
    remote_state.dying = false;
    let agent = AgentState { operation: Operation::Queued(UnitHook::Install.into()), ..AgentState::default() };
    assert_eq!(next_step(&agent, &remote_state), Some(Step::Run(UnitHook::Install.into())));
}

#[test]
fn a_dying_unit_in_error_stays_until_it_is_resolved() {
    let (mut agent, remote_state) = (AgentState::default(), RemoteState { dying: true, ..remote_state() });
    agent.operation = Operation::Failed(UnitHook::Start.into());
    assert_eq!(next_step(&agent, &remote_state), None);
}

#[test]
fn a_unit_stays_until_its_subordinates_are_gone() {
    let (mut agent, mut remote_state) = (AgentState::default(), remote_state());
    settle(&mut agent, &mut remote_state);
    (remote_state.dying, remote_state.subordinates) = (true, true);
    assert_eq!(settle(&mut agent, &mut remote_state), ["stop", "remove"]);
    remote_state.subordinates = false;
    assert_eq!(settle(&mut agent, &mut remote_state), ["remove unit"]);
}

#[test]
fn hooks_about_secrets_run_in_the_order_expired_rotate_changed_remove() {
    let (mut agent, mut remote_state) = (AgentState::default(), remote_state());
    settle(&mut agent, &mut remote_state);
    remote_state.secrets.consumed.insert("secret:a".to_owned(), (2, String::new()));
    remote_state.secrets.obsolete.insert("secret:b".to_owned(), (vec![1], "mine".to_owned()));
    assert_eq!(settle(&mut agent, &mut remote_state), ["secret-changed for secret:a", "secret-remove for secret:b/1",]);
    remote_state.secrets.rotate.push(("secret:b".to_owned(), String::new()));
    remote_state.secrets.expired.push(("secret:b".to_owned(), 2, String::new()));
    let Some(Step::Run(hook)) = next_step(&agent, &remote_state) else { panic!("no hook") };
    assert_eq!(hook.status_message(), "running secret-expired hook for secret:b/2");
}

#[test]
fn a_unit_whose_machine_rebooted_runs_start_first() {
    let (mut agent, mut remote_state) = (AgentState::default(), remote_state());
    settle(&mut agent, &mut remote_state);
    agent.rebooted = true;
    remote_state.config = "2".to_owned();
    assert_eq!(settle(&mut agent, &mut remote_state), ["start", "config-changed"]);
}

#[test]
fn a_hook_that_the_user_requests_runs_when_nothing_else_is_due() {
    let (mut agent, mut remote_state) = (AgentState::default(), remote_state());
    remote_state.requested_hooks.push(UnitHook::UpdateStatus.into());
    assert_eq!(
        settle(&mut agent, &mut remote_state),
        ["install", "leader-elected", "config-changed", "start", "update-status",]
    );
}
