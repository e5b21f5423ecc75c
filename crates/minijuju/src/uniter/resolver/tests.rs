use super::super::unit_view::RelationView;
use super::*;
use crate::store::agent::RelationState;

/// Run hooks until nothing is due. Returns their names.
pub fn settle(agent: &mut AgentState, view: &mut UnitView) -> Vec<String> {
    let mut ran = Vec::new();
    while let Some(step) = next_step(agent, view) {
        match step {
            Step::Run(hook) | Step::Skip(hook) => {
                *agent = after(agent, view, &hook);
                view.fired.retain(|fired| *fired != hook);
                view.resolved = ResolvedMode::None;
                ran.push(hook.status_message().replace("running ", "").replace(" hook", ""));
            }
            Step::Action(task) => {
                view.actions.retain(|waiting| *waiting != task);
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
            Step::Deploy => {
                agent.charm_version = Some(view.charm_version);
                ran.push("deploy".to_owned());
            }
            Step::Die => {
                ran.push("die".to_owned());
                break;
            }
        }
        assert!(ran.len() < 50, "it never settles: {ran:?}");
    }
    ran
}

pub fn view() -> UnitView {
    UnitView {
        name: "app/0".to_owned(),
        leader: true,
        has_leader_settings: true,
        config: "1".to_owned(),
        ..UnitView::default()
    }
}

#[test]
fn a_new_leader_runs_install_leader_elected_config_changed_and_start() {
    let (mut agent, mut view) = (AgentState::default(), view());
    assert_eq!(settle(&mut agent, &mut view), ["install", "leader-elected", "config-changed", "start"]);
}

#[test]
fn a_unit_runs_leader_settings_changed_until_it_leads() {
    let (mut agent, mut view) = (AgentState::default(), UnitView { leader: false, ..view() });
    assert_eq!(settle(&mut agent, &mut view), ["install", "leader-settings-changed", "config-changed", "start"]);
    view.leader_settings = r#"{"key":"value"}"#.to_owned();
    assert_eq!(settle(&mut agent, &mut view), ["leader-settings-changed"]);
    view.leader = true;
    assert_eq!(settle(&mut agent, &mut view), ["leader-elected"]);
}

#[test]
fn without_a_change_of_the_configuration_no_hook_runs() {
    let (mut agent, mut view) = (AgentState::default(), view());
    settle(&mut agent, &mut view);
    assert_eq!(next_step(&agent, &view), None);
    view.config = "2".to_owned();
    assert_eq!(settle(&mut agent, &mut view), ["config-changed"]);
}

#[test]
fn a_refresh_is_followed_by_config_changed() {
    let (mut agent, mut view) = (AgentState::default(), view());
    settle(&mut agent, &mut view);
    view.charm_version = 1;
    assert_eq!(settle(&mut agent, &mut view), ["upgrade-charm", "config-changed"]);
}

#[test]
fn hooks_for_storage_and_peers_that_a_refresh_adds_come_after_upgrade_charm() {
    let (mut agent, mut view) = (AgentState::default(), view());
    settle(&mut agent, &mut view);
    view.charm_version = 1;
    view.storage.insert("data/0".to_owned(), false);
    let peers = RelationView { endpoint: "peers".to_owned(), peer: true, ..RelationView::default() };
    view.relations.insert(0, peers);
    assert_eq!(
        settle(&mut agent, &mut view),
        ["upgrade-charm", "config-changed", "peers-relation-created", "data-storage-attached"]
    );
}

#[test]
fn after_a_refresh_while_install_is_in_error_upgrade_charm_runs_once_it_is_resolved() {
    let (mut agent, mut view) = (AgentState::default(), view());
    agent.charm_version = Some(0);
    agent.operation = Operation::Failed(UnitHook::Install.into());
    view.charm_version = 1;
    view.resolved = ResolvedMode::RetryHooks;
    assert_eq!(
        settle(&mut agent, &mut view),
        ["install", "leader-elected", "upgrade-charm", "config-changed", "start"]
    );
}

#[test]
fn a_unit_of_juju_4_never_runs_leader_settings_changed() {
    let mut view = UnitView { leader: false, has_leader_settings: false, ..view() };
    assert_eq!(settle(&mut AgentState::default(), &mut view), ["install", "config-changed", "start"]);
}

#[test]
fn a_failed_hook_waits_until_it_is_resolved() {
    let (mut agent, mut view) = (AgentState::default(), view());
    agent.operation = Operation::Failed(UnitHook::Install.into());
    view.config = "2".to_owned();
    assert_eq!(next_step(&agent, &view), None);
    view.resolved = ResolvedMode::RetryHooks;
    assert_eq!(settle(&mut agent, &mut view), ["install", "leader-elected", "config-changed", "start"]);
}

#[test]
fn a_failed_hook_can_be_skipped() {
    let (mut agent, mut view) = (AgentState::default(), view());
    agent.operation = Operation::Failed(UnitHook::Install.into());
    view.resolved = ResolvedMode::NoHooks;
    assert_eq!(next_step(&agent, &view), Some(Step::Skip(UnitHook::Install.into())));
    settle(&mut agent, &mut view);
    assert!(agent.started);
}

#[test]
fn a_unit_in_error_gets_a_new_charm_only_by_force_and_then_runs_the_failed_hook() {
    let (mut agent, mut view) = (AgentState::default(), view());
    agent.operation = Operation::Failed(UnitHook::Install.into());
    view.charm_version = 1;
    assert_eq!(next_step(&agent, &view), None);
    view.force_charm = true;
    assert_eq!(settle(&mut agent, &mut view), ["deploy"]);
    view.resolved = ResolvedMode::RetryHooks;
    assert_eq!(settle(&mut agent, &mut view), ["install", "leader-elected", "config-changed", "start"]);
}

#[test]
fn actions_run_between_hooks_and_in_error_but_not_before_install() {
    let (mut agent, mut view) = (AgentState::default(), UnitView { actions: vec![3], ..view() });
    assert_eq!(next_step(&agent, &view), Some(Step::Run(UnitHook::Install.into())));
    agent.operation = Operation::Failed(UnitHook::Install.into());
    assert_eq!(next_step(&agent, &view), Some(Step::Action(3)));
    view.actions.clear();
    assert_eq!(next_step(&agent, &view), None);
}

#[test]
fn a_dying_unit_that_was_never_installed_is_removed_at_once() {
    let (mut agent, mut view) = (AgentState::default(), UnitView { dying: true, ..view() });
    assert_eq!(settle(&mut agent, &mut view), ["die"]);
    let mut agent = AgentState { operation: Operation::Queued(UnitHook::Install.into()), ..AgentState::default() };
    assert_eq!(settle(&mut agent, &mut view), ["die"], "even if install is queued after a reboot");
    view.dying = false;
    let agent = AgentState { operation: Operation::Queued(UnitHook::Install.into()), ..AgentState::default() };
    assert_eq!(next_step(&agent, &view), Some(Step::Run(UnitHook::Install.into())));
}

#[test]
fn a_dying_unit_in_error_stays_until_it_is_resolved() {
    let (mut agent, view) = (AgentState::default(), UnitView { dying: true, ..view() });
    agent.operation = Operation::Failed(UnitHook::Start.into());
    assert_eq!(next_step(&agent, &view), None);
}

#[test]
fn a_unit_stays_until_its_subordinates_are_gone() {
    let (mut agent, mut view) = (AgentState::default(), view());
    settle(&mut agent, &mut view);
    (view.dying, view.subordinates) = (true, true);
    assert_eq!(settle(&mut agent, &mut view), ["stop", "remove"]);
    view.subordinates = false;
    assert_eq!(settle(&mut agent, &mut view), ["die"]);
}

#[test]
fn hooks_about_secrets_run_in_the_order_expired_rotate_changed_remove() {
    let (mut agent, mut view) = (AgentState::default(), view());
    settle(&mut agent, &mut view);
    view.secrets.consumed.insert("secret:a".to_owned(), (2, String::new()));
    view.secrets.obsolete.insert("secret:b".to_owned(), (vec![1], "mine".to_owned()));
    assert_eq!(settle(&mut agent, &mut view), ["secret-changed for secret:a", "secret-remove for secret:b/1",]);
    view.secrets.rotate.push(("secret:b".to_owned(), String::new()));
    view.secrets.expired.push(("secret:b".to_owned(), 2, String::new()));
    let Some(Step::Run(hook)) = next_step(&agent, &view) else { panic!("no hook") };
    assert_eq!(hook.status_message(), "running secret-expired hook for secret:b/2");
}

#[test]
fn a_unit_whose_machine_rebooted_runs_start_first() {
    let (mut agent, mut view) = (AgentState::default(), view());
    settle(&mut agent, &mut view);
    agent.rebooted = true;
    view.config = "2".to_owned();
    assert_eq!(settle(&mut agent, &mut view), ["start", "config-changed"]);
}

#[test]
fn a_hook_that_the_user_requests_runs_when_nothing_else_is_due() {
    let (mut agent, mut view) = (AgentState::default(), view());
    view.fired.push(UnitHook::UpdateStatus.into());
    assert_eq!(
        settle(&mut agent, &mut view),
        ["install", "leader-elected", "config-changed", "start", "update-status",]
    );
}
