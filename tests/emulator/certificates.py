# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules for certificates: what a write does, how an order ends, when the panel renews by itself."""

from __future__ import annotations

import calendar
import time
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from .acme import DAY, LetsEncrypt, Refused, Resolver
from .errors import ApiError, invalid
from .models import Domain, WebApp
from .ssl_models import Certificate, InstallBody, LogRow, ModeBody, Order, Settings
from .switches import Switches

if TYPE_CHECKING:
    from .panel import World

ABSENT = "SSL not installed!"


def text(at: float) -> str:
    """Seconds since the epoch in the API's form (UTC, without a zone)."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(at))


def seconds(at: str) -> float:
    """The way back."""
    return float(calendar.timegm(time.strptime(at, "%Y-%m-%d %H:%M:%S")))


class Authority:
    """Everything that happens to the certificates of one world at one time."""

    def __init__(self, world: World, switches: Switches, resolver: Resolver, reaching: set[str], at: float) -> None:
        self.world, self.switches, self.letsencrypt = world, switches, world.letsencrypt
        self.resolver, self.reaching, self.at = resolver, reaching, at

    # -- looking up ----------------------------------------------------------------------------------------------------

    def of_app(self, app: WebApp) -> Certificate | None:
        """The web app's own object, as Basic mode has it; the transient one of an odd install counts."""
        return next((c for c in self.world.data.certificates if c.webapp_id == app.id and c.domain_id is None), None)

    def of_domain(self, domain: Domain) -> Certificate | None:
        """A domain's own object."""
        return next((c for c in self.world.data.certificates if c.domain_id == domain.id), None)

    # -- writes --------------------------------------------------------------------------------------------------------

    def install(self, app: WebApp, domain: Domain | None, body: InstallBody) -> Certificate:
        """``POST …/ssl``; raises ApiError and then stores nothing."""
        self._check(body)
        transient = self._fits(app, domain, body)
        if (self.of_domain(domain) if domain else self.of_app(app)) is not None:
            raise ApiError(422, "SSL is already installed.")
        made = Certificate(
            id=self._next_id(),
            webapp_id=app.id,
            domain_id=domain.id if domain else None,
            name=domain.name if domain else None,
            method="custom" if body.provider == "custom" else "letsencrypt",
            environment=body.environment,
            created_at=text(self.at),
            transient=transient,
            polls=self.switches.issuance_polls,
        )
        self._apply(made, body)
        self.world.data.certificates.append(made)
        if made.method == "letsencrypt" and not transient:
            self._order(made, "install")
        return made

    def change(self, certificate: Certificate, body: Settings) -> None:
        """``PATCH …/ssl/{id}``; nothing is ordered."""
        self._check(body)
        self._apply(certificate, body)

    def redeploy(self, certificate: Certificate) -> None:
        """``PUT …/ssl/{id}``."""
        if certificate.method != "letsencrypt":
            raise ApiError(422, "Only Let's Encrypt certificates can be redeployed.")
        if certificate.order:
            self._finish(certificate)
        self._order(certificate, "redeploy")

    def remove(self, certificate: Certificate) -> None:
        """``DELETE …/ssl/{id}``."""
        self.world.data.certificates.remove(certificate)

    def set_mode(self, app: WebApp, body: ModeBody) -> None:
        """``POST …/ssl/advanced``."""
        if body.advancedSSL and self.switches.advanced_plan == "forbidden":
            raise ApiError(403, "Your plan does not include Advanced SSL.")
        if body.advancedSSL and self.switches.advanced_plan == "invalid":
            raise invalid({"advancedSSL": ["Your plan does not include Advanced SSL."]})
        if body.advancedSSL != app.advancedSSL and self.switches.mode_switch == "drops":
            mine = [c for c in self.world.data.certificates if c.webapp_id == app.id]
            for certificate in mine:
                self.remove(certificate)
        app.advancedSSL = body.advancedSSL
        if body.autoSSL is not None:
            app.autoSSL = body.autoSSL
        app.autoSSL = app.autoSSL and app.advancedSSL

    def added(self, app: WebApp, domain: Domain) -> None:
        """AutoSSL orders for a domain as soon as it is there."""
        if app.advancedSSL and app.autoSSL:
            made = Certificate(
                id=self._next_id(), webapp_id=app.id, domain_id=domain.id, name=domain.name, created_at=text(self.at)
            )
            self.world.data.certificates.append(made)
            self._order(made, "autossl")

    def removed(self, domain: Domain) -> None:
        """A domain that is gone takes its certificate along."""
        if certificate := self.of_domain(domain):
            self.remove(certificate)

    # -- time ----------------------------------------------------------------------------------------------------------

    def poll(self, certificate: Certificate) -> None:
        """Somebody reads the object: after ``issuance_polls`` reads its order ends."""
        if certificate.order is None and not certificate.transient:
            return
        if certificate.polls > 0:
            certificate.polls -= 1
        elif certificate.transient:
            self.remove(certificate)
        else:
            self._finish(certificate)

    def settle(self) -> None:
        """What time alone brings: the end of orders that nobody reads, and the panel's own renewals, a try a day."""
        for certificate in list(self.world.data.certificates):
            if certificate.order and self.at - certificate.order.at >= self.switches.issuance_seconds:
                self._finish(certificate)
            while self._renewal_due(certificate):
                self._renew(certificate)

    def _renewal_due(self, certificate: Certificate) -> bool:
        if certificate.renewalDate is None or certificate.order or self.switches.renewal == "never":
            return False
        return max(seconds(certificate.renewalDate), certificate.tried + DAY) <= self.at

    def _renew(self, certificate: Certificate) -> None:
        due = max(seconds(certificate.renewalDate or ""), certificate.tried + DAY)
        certificate.tried = due
        now, self.at = self.at, due
        self._order(certificate, "renewal")
        self._finish(certificate)
        self.at = now

    # -- orders --------------------------------------------------------------------------------------------------------

    def _order(self, certificate: Certificate, why: str) -> None:
        names = [host for domain in self._covered(certificate) for host in domain.hosts()]
        certificate.order = Order.model_validate(
            {
                "at": self.at,
                "webapp_id": certificate.webapp_id,
                "domain": certificate.name,
                "names": names,
                "why": why,
                "environment": certificate.environment,
            }
        )
        certificate.polls = self.switches.issuance_polls
        self.world.orders.append(certificate.order)

    def _covered(self, certificate: Certificate) -> list[Domain]:
        own = self.world.domains(certificate.webapp_id)
        return own if certificate.domain_id is None else [one for one in own if one.id == certificate.domain_id]

    def _finish(self, certificate: Certificate) -> None:
        order = certificate.order
        assert order is not None
        certificate.order = None
        try:
            if order.environment == "live":
                self.letsencrypt.admit(order.names, order.at)
            faults = {name: fault for name in order.names if (fault := self._fault(certificate, name))}
            authority = self.letsencrypt if order.environment == "live" else LetsEncrypt()
            authority.validated(order.names, faults, order.at, self.switches.paused_after)
        except Refused as refusal:
            order.outcome = str(refusal)
            self.log(
                order.webapp_id,
                f"Failed to issue SSL certificate for {order.domain or 'the web application'}: {refusal}",
            )
            if order.why == "install" and self.switches.failed_install == "vanishes":
                self.remove(certificate)
            return
        order.outcome = "issued"
        certificate.names = order.names
        self.world.last_serial += 1
        certificate.serial = self.world.last_serial
        self.date(certificate, order.at, self.switches.certificate_days)
        self.log(order.webapp_id, f"SSL certificate for {order.domain or 'the web application'} has been issued.")

    def date(self, certificate: Certificate, at: float, days: float) -> None:
        """Valid from a moment on; renewal is due when a third of the lifetime is left."""
        certificate.validFrom, certificate.validUntil = text(at), text(at + days * DAY)
        if certificate.method == "letsencrypt":
            certificate.renewalDate = text(at + days * DAY * 2 / 3)

    def _fault(self, certificate: Certificate, name: str) -> str | None:
        if certificate.authorizationMethod == "http-01":
            return self.resolver.http_fault(name, self.reaching | {self._address(certificate)})
        apis = {api.id: api for api in self.world.data.external_apis}
        zones = apis[certificate.api_id].zones if certificate.api_id in apis else []
        if not any(f".{name}".endswith(f".{zone}") for zone in zones):
            return f"domain {name} is not found in the selected DNS provider"
        return self.resolver.caa_fault(name, "dns-01")

    def _address(self, certificate: Certificate) -> str:
        app = next(app for app in self.world.data.webapps if app.id == certificate.webapp_id)
        return self.world.server(app.server_id).ipAddress

    def log(self, webapp_id: int, content: str) -> None:
        """A line in the web app's log."""
        rows = self.world.data.log
        rows.append(LogRow(id=len(rows) + 9001, webapp_id=webapp_id, content=content, created_at=text(self.at)))

    # -- checks --------------------------------------------------------------------------------------------------------

    def _fits(self, app: WebApp, domain: Domain | None, body: Settings) -> bool:
        """Whether the object would be transient; raises ApiError when the mode refuses it."""
        if domain is None:
            if app.advancedSSL and self.switches.basic_under_advanced == "refused":
                raise ApiError(422, "Advanced SSL is enabled for this web application.")
            return app.advancedSSL
        if not app.advancedSSL:
            if body.advancedSSL is not True or self.switches.advanced_plan != "allowed":
                raise ApiError(422, "Advanced SSL is not enabled for this web application.")
            self.set_mode(app, ModeBody(advancedSSL=True, autoSSL=body.autoSSL))
        return False

    def _check(self, body: Settings) -> None:
        errors: dict[str, list[str]] = {}
        provider = body.provider if isinstance(body, InstallBody) else None
        if provider == "csr":
            errors["provider"] = ["The emulator knows no certificate signing requests."]
        if provider == "letsencrypt" and body.authorizationMethod is None:
            errors["authorizationMethod"] = ["The authorization method field is required."]
        if body.authorizationMethod == "dns-01" and body.externalApi is None:
            errors["externalApi"] = ["The external api field is required."]
        if body.externalApi is not None and body.externalApi not in [api.id for api in self.world.data.external_apis]:
            errors["externalApi"] = ["The selected external api is invalid."]
        if provider == "custom" and not (body.certificate and body.privateKey):
            errors["certificate"] = ["The certificate and private key fields are required."]
        if body.certificate is not None and not errors:
            try:
                x509.load_pem_x509_certificates(body.certificate.encode())
                load_pem_private_key((body.privateKey or "").encode(), None)
            except (ValueError, TypeError):
                errors["certificate"] = ["The certificate or private key is invalid."]
        if errors:
            raise invalid(errors)

    def _apply(self, certificate: Certificate, body: Settings) -> None:
        switches = ("enableHttp", "enableHsts", "enableHstsSubdomains", "enableHstsPreload", "authorizationMethod")
        for field, value in body.model_dump(include=set(switches), exclude_none=True).items():
            setattr(certificate, field, value)
        certificate.protocol = body.sslProtocolId or body.ssl_protocol_id or certificate.protocol
        if body.authorizationMethod:
            certificate.api_id = body.externalApi if body.authorizationMethod == "dns-01" else None
        takes = isinstance(body, InstallBody) or self.switches.patch_certificate == "taken"
        if body.certificate is not None and certificate.method == "custom" and takes:
            leaf = x509.load_pem_x509_certificates(body.certificate.encode())[0]
            certificate.certificate, certificate.privateKey = body.certificate, body.privateKey
            names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            certificate.names = names.get_values_for_type(x509.DNSName)
            certificate.validFrom = text(leaf.not_valid_before_utc.timestamp())
            certificate.validUntil = text(leaf.not_valid_after_utc.timestamp())

    def _next_id(self) -> int:
        self.world.last_ssl_id += 1
        return self.world.last_ssl_id
