"""The other side of the interfaces, with the libraries that charms in Python use."""

from __future__ import annotations

import datetime
import json
import secrets

import ops
import pydantic
from charmlibs.interfaces import certificate_transfer
from charmlibs.interfaces import tls_certificates as tls
from dpcharmlibs.interfaces import (
    RequirerCommonModel,
    ResourceProviderEventHandler,
    ResourceProviderModel,
    ResourceRequestedEvent,
)

CA_LABEL = "ca"
VALIDITY = datetime.timedelta(days=30)


class Check(pydantic.BaseModel, extra="forbid", strict=True):
    """HAProxy's health check of a unit."""

    interval: int
    rise: int
    fall: int
    path: str | None = None
    port: int | None = None


class Route(pydantic.BaseModel, extra="forbid", strict=True):
    """The application data of a requirer of haproxy-route: the required fields, and those that the tests use. HAProxy's
    library is not on PyPI.
    """

    service: str
    ports: list[int]
    hostname: str | None = None
    paths: list[str] = []
    check: Check | None = None


class RouteUnit(pydantic.BaseModel):
    """The unit data of a requirer of haproxy-route."""

    address: pydantic.IPvAnyAddress


class AuthorityCharm(ops.CharmBase):
    """Provides certificates, a database, an ingress and routes."""

    def __init__(self, framework: ops.Framework):
        super().__init__(framework)
        self.certificates = tls.TLSCertificatesProvidesV4(
            self,
            "certificates",
            provider_capabilities=tls.ProviderCapabilities(supports_ip_sans=False, provider_type="self-signed"),
        )
        self.own = tls.TLSCertificatesRequiresV4(
            self,
            "own-certificate",
            certificate_requests=[
                tls.CertificateRequestAttributes(common_name="authority", sans_dns=frozenset({"authority.example.com"}))
            ],
        )
        self.database = ResourceProviderEventHandler(self, "database", RequirerCommonModel)
        self.sent = certificate_transfer.CertificateTransferProvides(self, "send-ca-cert")
        self.received = certificate_transfer.CertificateTransferRequires(self, "receive-ca-cert")
        framework.observe(self.on["certificates"].relation_changed, self._on_certificates)
        framework.observe(self.on["send-ca-cert"].relation_changed, self._on_send)
        framework.observe(self.on["ingress"].relation_changed, self._on_ingress)
        framework.observe(self.on["route"].relation_changed, self._on_route)
        framework.observe(self.database.on.resource_requested, self._on_database)
        framework.observe(self.on.start, self._on_start)
        for action in ("renew_ca", "new_password", "report", "deny", "wrong_key", "hostile"):
            framework.observe(self.on[action].action, getattr(self, f"_on_{action}"))

    def _on_start(self, _: ops.StartEvent):
        self.unit.status = ops.ActiveStatus()

    def _ca(self, *, new: bool = False) -> tuple[tls.PrivateKey, tls.Certificate]:
        try:
            secret = self.model.get_secret(label=CA_LABEL)
            content = secret.get_content(refresh=True)
        except ops.SecretNotFoundError:
            secret = content = None
        if content and not new:
            return tls.PrivateKey.from_string(content["key"]), tls.Certificate.from_string(content["certificate"])
        key = tls.PrivateKey.generate()
        certificate = tls.Certificate.generate_self_signed_ca(
            tls.CertificateRequestAttributes(common_name=f"CA {secrets.token_hex(4)}"), key, VALIDITY
        )
        content = {"key": str(key), "certificate": str(certificate)}
        if secret:
            secret.set_content(content)
        else:
            self.app.add_secret(content, label=CA_LABEL)
        return key, certificate

    def _on_certificates(self, _: ops.EventBase):
        self._sign(self.certificates.get_outstanding_certificate_requests())

    def _sign(self, requests: list[tls.RequirerCertificateRequest], *, new: bool = False, wrong: bool = False):
        key, ca = self._ca(new=new)
        for request in requests:
            csr = request.certificate_signing_request
            signed = csr
            if wrong:
                attributes = tls.CertificateRequestAttributes.from_csr(csr, request.is_ca)
                signed = tls.CertificateSigningRequest.generate(attributes, tls.PrivateKey.generate())
            certificate = signed.sign(ca, key, VALIDITY, is_ca=request.is_ca)
            self.certificates.set_relation_certificate(
                tls.ProviderCertificate(
                    relation_id=request.relation_id,
                    certificate=certificate,
                    certificate_signing_request=csr,
                    ca=ca,
                    chain=[certificate, ca],
                )
            )

    def _on_renew_ca(self, event: ops.ActionEvent):
        self.certificates.revoke_all_certificates()
        self._sign(self.certificates.get_certificate_requests(), new=True)
        event.set_results({"ca": self._ca()[1].common_name})

    def _on_wrong_key(self, _: ops.ActionEvent):
        self._sign(self.certificates.get_certificate_requests(), wrong=True)

    def _on_deny(self, _: ops.ActionEvent):
        for request in self.certificates.get_certificate_requests():
            self.certificates.set_relation_error(
                tls.ProviderCertificateError(
                    relation_id=request.relation_id,
                    certificate_signing_request=request.certificate_signing_request,
                    error=tls.CertificateError(code=102, name="DOMAIN_NOT_ALLOWED", message="that domain is not ours"),
                )
            )

    def _on_hostile(self, _: ops.ActionEvent):
        for endpoint, key in [
            ("certificates", "certificates"),
            ("ingress", "ingress"),
            ("route", "endpoints"),
            ("send-ca-cert", "certificates"),
        ]:
            for relation in self.model.relations[endpoint]:
                relation.data[self.app][key] = "{no JSON"

    def _on_send(self, event: ops.RelationChangedEvent):
        self.sent.add_certificates({str(self._ca()[1])}, event.relation.id)

    def _on_ingress(self, event: ops.RelationChangedEvent):
        app = {key: json.loads(value) for key, value in event.relation.data[event.app].items()}
        if not app.keys() >= {"model", "name", "port"}:
            return
        hosts = [json.loads(event.relation.data[unit]["host"]) for unit in event.relation.units]
        if not hosts:
            return
        assert all(isinstance(host, str) for host in hosts), hosts
        url = f"http://{hosts[0]}:{int(app['port'])}/{app['model']}-{app['name']}"
        event.relation.data[self.app]["ingress"] = json.dumps({"url": url})

    def _on_route(self, event: ops.RelationChangedEvent):
        app = {key: json.loads(value) for key, value in event.relation.data[event.app].items()}
        units = [event.relation.data[unit] for unit in event.relation.units]
        addresses = [json.loads(data["address"]) for data in units if "address" in data]
        if not app or not addresses:
            return
        route = Route(**app)
        for address in addresses:
            RouteUnit(address=address)
        urls = [f"https://{route.hostname or addresses[0]}{path}" for path in route.paths or ["/"]]
        event.relation.data[self.app]["endpoints"] = json.dumps(urls)

    def _on_database(self, event: ResourceRequestedEvent):
        response = ResourceProviderModel(
            salt=event.request.salt,
            request_id=event.request.request_id,
            resource=event.request.resource,
            endpoints="10.1.1.1:5432,10.1.1.2:5432",
            read_only_endpoints="10.1.1.3:5432",
            username=f"relation-{event.relation.id}",
            password=secrets.token_hex(8),
            version="16.8",
        )
        self.database.set_response(event.relation.id, response)

    def _on_new_password(self, event: ops.ActionEvent):
        [relation] = self.model.relations["database"]
        secret = self.model.get_secret(id=relation.data[self.app]["secret-user"])
        content = secret.get_content(refresh=True) | {"password": secrets.token_hex(8)}
        secret.set_content(content)
        event.set_results({"password": content["password"]})

    def _on_report(self, event: ops.ActionEvent):
        [own], key = self.own.get_assigned_certificates()
        event.set_results(
            {
                "own-certificate": str(own.certificate),
                "own-ca": str(own.ca),
                "own-capabilities": self.own.get_provider_capabilities().model_dump_json(exclude_none=True),
                "own-matches": str(own.certificate.matches_private_key(key)),
                "received": json.dumps(sorted(self.received.get_all_certificates())),
                "ca": str(self._ca()[1]),
            }
        )


if __name__ == "__main__":
    ops.main(AuthorityCharm)
