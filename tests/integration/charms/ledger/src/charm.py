"""The providing side."""

from __future__ import annotations

import datetime
import json
import logging

import ops
from journal import JournalCharm

logger = logging.getLogger(__name__)
PORT = 7070


class LedgerCharm(JournalCharm):
    """Keeps accounts for other applications."""

    _stored = ops.StoredState()

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        self._stored.set_default(starts=0, currency="", leaving=False)
        observe = framework.observe
        observe(self.on.install, self._on_install)
        observe(self.on.start, self._on_start)
        observe(self.on.config_changed, self._on_config_changed)
        observe(self.on.leader_elected, self._on_leader_elected)
        observe(self.on.members_relation_created, self._on_members_relation_created)
        observe(self.on.accounts_relation_created, self._on_accounts_relation_created)
        observe(self.on.accounts_relation_departed, self._on_accounts_relation_departed)
        observe(self.on.accounts_relation_broken, self._on_accounts_relation_broken)
        observe(self.on.secret_remove, self._on_secret_remove)
        observe(self.on.secret_expired, self._on_secret_expired)
        observe(self.on.collect_unit_status, self._on_collect_unit_status)
        observe(self.on.collect_app_status, self._on_collect_app_status)
        observe(self.on.inspect_action, self._on_inspect_action)
        observe(self.on.book_action, self._on_book_action)
        observe(self.on.new_password_action, self._on_new_password_action)
        observe(self.on.revoke_action, self._on_revoke_action)
        observe(self.on.grant_action, self._on_grant_action)
        observe(self.on.lease_action, self._on_lease_action)
        observe(self.on.renew_action, self._on_renew_action)
        observe(self.on.more_pages_action, self._on_more_pages_action)

    def _on_install(self, _event: ops.InstallEvent) -> None:
        self.unit.set_workload_version("1.2.3")
        self.unit.set_ports(PORT)
        # Storage is attached before install.
        book = self.model.storages["book"][0]
        (book.location / "accounts").write_text("none\n")

    def _on_start(self, _event: ops.StartEvent) -> None:
        self._stored.starts += 1

    def _on_config_changed(self, event: ops.ConfigChangedEvent) -> None:
        if self.config["hold"]:
            event.defer()
            return
        self._stored.currency = self.config["currency"]
        self.write({"event": "configured", "currency": self.config["currency"]})

    def _on_leader_elected(self, _event: ops.LeaderElectedEvent) -> None:
        members = self.model.get_relation("members")
        if members:
            members.data[self.app]["leader"] = self.unit.name

    def _on_members_relation_created(self, event: ops.RelationCreatedEvent) -> None:
        event.relation.data[self.unit]["name"] = self.unit.name

    def _on_accounts_relation_created(self, event: ops.RelationCreatedEvent) -> None:
        relation = event.relation
        relation.data[self.unit]["port"] = str(PORT)
        binding = self.model.get_binding(relation)
        relation.data[self.unit]["host"] = str(binding.network.ingress_address)
        if not self.unit.is_leader():
            return
        secret = self.app.add_secret(
            {"password": "first"},
            label=f"accounts-{relation.id}",
            description="What opens the accounts.",
            expire=datetime.timedelta(days=1),
            rotate=ops.SecretRotate.MONTHLY,
        )
        secret.grant(relation)
        relation.data[self.app].update({"secret": secret.id, "currency": self.config["currency"]})

    def _on_accounts_relation_departed(self, event: ops.RelationDepartedEvent) -> None:
        self._stored.leaving = event.departing_unit == self.unit

    def _on_accounts_relation_broken(self, event: ops.RelationBrokenEvent) -> None:
        # Other units still need the secret when one unit leaves the relation.
        if self.unit.is_leader() and not self._stored.leaving:
            self.model.get_secret(label=f"accounts-{event.relation.id}").remove_all_revisions()

    def _on_secret_remove(self, event: ops.SecretRemoveEvent) -> None:
        event.remove_revision()

    def _on_secret_expired(self, event: ops.SecretExpiredEvent) -> None:
        event.remove_revision()

    def _on_collect_unit_status(self, event: ops.CollectStatusEvent) -> None:
        if self._stored.currency:
            event.add_status(ops.ActiveStatus(f"counts {self._stored.currency}s"))
        else:
            event.add_status(ops.WaitingStatus("not configured yet"))

    def _on_collect_app_status(self, event: ops.CollectStatusEvent) -> None:
        event.add_status(ops.ActiveStatus(f"led by {self.unit.name}"))

    def _on_inspect_action(self, event: ops.ActionEvent) -> None:
        members = self.model.get_relation("members")
        network = self.model.get_binding("accounts").network
        report = {
            "leader": self.unit.is_leader(),
            "planned-units": self.app.planned_units(),
            "ports": sorted(f"{port.port}/{port.protocol}" for port in self.unit.opened_ports()),
            "starts": self._stored.starts,
            "currency": self._stored.currency,
            "rates": self.model.resources.fetch("rates").read_text(),
            "storages": {
                name: {storage.full_id: str(storage.location) for storage in self.model.storages[name]}
                for name in ("book", "pages")
            },
            "peers": sorted(unit.name for unit in members.units),
            "peer-data": {unit.name: dict(members.data[unit]) for unit in sorted(members.units, key=lambda u: u.name)},
            "peer-app-data": dict(members.data[self.app]),
            "bind-address": str(network.bind_address),
            "ingress-address": str(network.ingress_address),
            "egress-subnets": [str(subnet) for subnet in network.egress_subnets],
            "model": self.model.name,
        }
        if self.unit.is_leader() and self.model.relations["accounts"]:
            info = self._secret().get_info()
            report["secret"] = {
                "revision": info.revision,
                "label": info.label,
                "rotation": info.rotation.value,
                "expires-in-hours": hours_until(info.expires) if info.expires else None,
                "description": info.description,
                "own": self._secret().peek_content(),
            }
        event.set_results({"report": json.dumps(report)})

    def _on_book_action(self, event: ops.ActionEvent) -> None:
        account, amount = event.params["account"], event.params["amount"]
        event.log(f"booking {amount} for {account}")
        if amount < 0:
            event.set_results({"booked": 0})
            event.fail(f"{account} cannot pay {-amount}")
            return
        event.set_results({"booked": amount, "to": {"account": account}})

    def _on_new_password_action(self, event: ops.ActionEvent) -> None:
        secret = self._secret()
        secret.set_content({"password": event.params["value"]})
        # An owner that has read a secret is an observer, too. Without this, the old revision would stay in use.
        secret.get_content(refresh=True)

    def _on_revoke_action(self, _event: ops.ActionEvent) -> None:
        self._secret().revoke(self._latest_relation())

    def _on_grant_action(self, _event: ops.ActionEvent) -> None:
        self._secret().grant(self._latest_relation())

    def _on_lease_action(self, _event: ops.ActionEvent) -> None:
        self.unit.add_secret({"key": "old"}, label="lease", expire=datetime.timedelta(seconds=2))

    def _on_renew_action(self, _event: ops.ActionEvent) -> None:
        # This makes the unit an observer, so the old revision stays in use.
        self.model.get_secret(label="lease").set_content({"key": "new"})

    def _on_more_pages_action(self, _event: ops.ActionEvent) -> None:
        self.model.storages.request("pages")

    def _latest_relation(self) -> ops.Relation:
        return max(self.model.relations["accounts"], key=lambda relation: relation.id)

    def _secret(self) -> ops.Secret:
        return self.model.get_secret(label=f"accounts-{self._latest_relation().id}")


def hours_until(time: datetime.datetime) -> int:
    """The hours from now, rounded."""
    return round((time - datetime.datetime.now(time.tzinfo)).total_seconds() / 3600)


if __name__ == "__main__":
    ops.main(LedgerCharm)
