# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The handles tests have on the SSL side of the panel."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from .acme import DAY, Resolver
from .certificates import Authority
from .ssl_models import Certificate, Order

if TYPE_CHECKING:
    from .panel import World
    from .switches import Switches


class SslPanel:
    """What ``Panel`` has for certificates. Without ``resolve_by`` no name is validated and nothing is issued."""

    lock: threading.RLock
    world: World
    switches: Switches

    def clock(self) -> float:
        """Seconds since the epoch."""
        raise NotImplementedError

    def reset_ssl(self) -> None:
        """No resolver, no proxies."""
        self.resolver = Resolver(None)
        self.reaching: set[str] = set()

    def authority(self, world: World) -> Authority:
        """What happens to the certificates of this world now."""
        return Authority(world, self.switches, self.resolver, self.reaching, self.clock())

    def resolve_by(self, address: str, port: int = 53) -> None:
        """The recursive resolver that HTTP-01 and CAA ask."""
        with self.lock:
            self.resolver = Resolver(address, port)

    def reach_by(self, *addresses: str) -> None:
        """Addresses, of a proxy for example, that lead to the web server besides its own."""
        with self.lock:
            self.reaching.update(addresses)

    @property
    def orders(self) -> list[Order]:
        """All orders at Let's Encrypt, by whomever they were caused."""
        with self.lock:
            return [order.model_copy() for order in self.world.orders]

    def certificates(self, webapp_id: int) -> list[Certificate]:
        """The SSL objects of a web app and its domains, as they are now; no order comes nearer to its end."""
        with self.lock:
            self.authority(self.world).settle()
            return [c.model_copy(deep=True) for c in self.world.data.certificates if c.webapp_id == webapp_id]

    def put_certificate(
        self, webapp_id: int, name: str | None = None, lifetime: float = 90, age: float = 0, **fields: Any
    ) -> Certificate:
        """An SSL object, of a domain by its name or of the web app; ``lifetime`` 0 leaves it without dates."""
        with self.lock:
            domain = self.world.named(webapp_id, name) if name else None
            covered = [domain] if domain else self.world.domains(webapp_id)
            self.world.last_ssl_id += 1
            made = Certificate.model_validate(
                {
                    "names": [host for one in covered for host in one.hosts()] if lifetime else [],
                    **fields,
                    "id": self.world.last_ssl_id,
                    "webapp_id": webapp_id,
                    "domain_id": domain.id if domain else None,
                    "name": name,
                    "lifetime": lifetime,
                    "age": age,
                }
            )
            self.world.data.certificates.append(made)
            self.date_certificates()
            return made.model_copy(deep=True)

    def date_certificates(self) -> None:
        """Give dates to what a seed describes by lifetime and age."""
        authority = self.authority(self.world)
        for certificate in self.world.data.certificates:
            if certificate.lifetime and certificate.validUntil is None:
                authority.date(certificate, self.clock() - certificate.age * DAY, certificate.lifetime)
                self.world.last_serial += 1
                certificate.serial = self.world.last_serial
