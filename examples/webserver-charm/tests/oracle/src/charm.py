"""The same charm in Python, with Ops and the same libraries."""

from __future__ import annotations

import dataclasses
import secrets

import nginx
import ops
from charmlibs.interfaces import tls_certificates as tls
from cos_agent import COSAgentProvider

ADMIN = "admin"


@dataclasses.dataclass(frozen=True)
class Config:
    """The charm's options."""

    hostname: str
    keepalive: int

    def __post_init__(self):
        if not 0 <= self.keepalive <= 255:
            raise ValueError(f"config option keepalive is {self.keepalive}: it must be 0 to 255")


class Blocked(Exception):
    """A problem that a person must fix."""


class Waiting(Exception):
    """Something that the unit waits for."""


class WebServerCharm(ops.CharmBase):
    """Serves a site."""

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        self.tls = tls.TLSCertificatesRequiresV4(
            self,
            "certificates",
            certificate_requests=self._certificates(),
            refresh_events=[self.on.config_changed],
        )
        self.cos = COSAgentProvider(
            self,
            metrics_endpoints=[{"path": "/metrics", "port": 9113}],
            metrics_rules_dir="./cos/alert_rules",
            dashboard_dirs=["./cos/dashboards"],
            refresh_events=[self.on.upgrade_charm],
        )
        framework.observe(self.on.install, self._on_install)
        framework.observe(self.on.start, self._reconcile)
        framework.observe(self.on.config_changed, self._reconcile)
        framework.observe(self.on.upgrade_charm, self._reconcile)
        framework.observe(self.on.leader_elected, self._reconcile)
        framework.observe(self.on["peers"].relation_changed, self._reconcile)
        framework.observe(self.on.secret_changed, self._reconcile)
        framework.observe(self.tls.on.certificate_available, self._reconcile)
        framework.observe(self.on["certificates"].relation_broken, self._reconcile)
        framework.observe(self.on.stop, self._on_stop)
        framework.observe(self.on["admin-password"].action, self._on_admin_password)
        framework.observe(self.on["rotate-admin-password"].action, self._on_rotate)
        framework.observe(self.on.collect_unit_status, self._on_collect_status)

    def _on_install(self, _: ops.InstallEvent):
        self.unit.status = ops.MaintenanceStatus("Installing nginx")
        nginx.install()
        self.unit.set_workload_version(nginx.version())

    def _reconcile(self, _: ops.EventBase):
        try:
            self._serve()
        except (Blocked, Waiting):
            # The status shows the problem.
            return

    def _serve(self):
        """Apply the config, the storage, the relations and the secret."""
        config = self._config()
        issued = self._issued()
        site = nginx.Site(
            hostname=config.hostname,
            root=self.model.storages["site"][0].location,
            keepalive=config.keepalive,
            chain=issued.chain if issued else None,
            key=issued.key if issued else None,
            password=self._admin(),
        )
        try:
            nginx.serve(site)
        except nginx.Error as error:
            raise Blocked(str(error)) from error
        self.unit.set_ports(*((80, 443) if issued else (80,)))

    def _on_stop(self, _: ops.StopEvent):
        nginx.stop()

    def _on_admin_password(self, event: ops.ActionEvent):
        try:
            event.set_results({"username": ADMIN, "password": self._admin()})
        except Waiting:
            event.fail("there is no password yet")

    def _on_rotate(self, event: ops.ActionEvent):
        if not self.unit.is_leader():
            event.fail("only the leader can rotate the password")
            return
        self.model.get_secret(label=ADMIN).set_content({"password": secrets.token_hex(16)})
        self._reconcile(event)

    def _on_collect_status(self, event: ops.CollectStatusEvent):
        try:
            config = self._config()
            issued = self._issued()
            self._admin()
        except Blocked as error:
            event.add_status(ops.BlockedStatus(str(error)))
            return
        except Waiting as error:
            event.add_status(ops.WaitingStatus(str(error)))
            return
        if self.model.get_relation("certificates") and not issued:
            event.add_status(ops.WaitingStatus("Waiting for a certificate"))
        if not nginx.is_running():
            event.add_status(ops.MaintenanceStatus("nginx does not run"))
        scheme = "https" if issued else "http"
        event.add_status(ops.ActiveStatus(f"Serving {scheme}://{config.hostname}"))

    def _config(self) -> Config:
        try:
            return self.load_config(Config)
        except ValueError as error:
            raise Blocked(str(error)) from error

    def _certificates(self) -> list[tls.CertificateRequestAttributes]:
        try:
            hostname = self._config().hostname
        except Blocked:
            return []
        return [tls.CertificateRequestAttributes(common_name=hostname, sans_dns=frozenset({hostname}))]

    def _issued(self) -> nginx.Issued | None:
        certificates, key = self.tls.get_assigned_certificates()
        if not certificates or not key:
            return None
        if errors := self.tls.get_request_errors():
            raise Blocked(errors[0].error.message)
        chain = "\n".join(str(certificate) for certificate in certificates[0].chain)
        return nginx.Issued(chain, str(key))

    def _admin(self) -> str:
        """Return the password of the user admin. The leader creates it in a secret that it shares with the other units."""
        peers = self.model.get_relation("peers")
        if not peers:
            raise Waiting("Waiting for the leader")
        data = peers.data[self.app]
        if "admin-secret" not in data and self.unit.is_leader():
            secret = self.app.add_secret({"password": secrets.token_hex(16)}, label=ADMIN)
            data["admin-secret"] = secret.id
        if "admin-secret" not in data:
            raise Waiting("Waiting for the leader")
        secret = self.model.get_secret(id=data["admin-secret"], label=ADMIN)
        return secret.get_content(refresh=True)["password"]


if __name__ == "__main__":
    ops.main(WebServerCharm)
