# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""runcloud_certificates in random worlds, with real DNS and real TLS: what must hold in each of them."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.modules.certs_world import LISTS, Certs
from tests.modules.harness import NETWORK

LIFETIMES = (6, 45, 64, 90)
NAMES = [f"n{number}.com" for number in range(8)]


class World:
    """A random web app. ``away``: hosts that lead elsewhere; ``strict``: those for which CAA forbids a certificate."""

    def __init__(self, certs: Certs, rng: random.Random, advanced: bool) -> None:
        self.certs, self.rng = certs, rng
        self.away: set[str] = set()
        self.strict: set[str] = set()
        self._build(advanced)

    def _build(self, advanced: bool) -> None:
        certs, rng = self.certs, self.rng
        lifetime = rng.choice(LIFETIMES)
        names = rng.sample(NAMES, rng.randint(1, len(NAMES)))
        certs.world(*({"name": name, "www": rng.randint(0, 1)} for name in names), advanced=advanced)
        certs.emu.switch(
            certificate_days=lifetime,
            renewal=rng.choice(("works", "never")),
            failed_install=rng.choice(("keeps", "vanishes")),
            ssl_read_v3=rng.choice(("domains", "flat")),
            issuance_polls=rng.choice((0, 2, 5)),
        )
        for host in certs.hosts():
            if rng.random() < (0.6 if advanced else 0.96):
                certs.point(host)
            elif rng.random() < 0.5:
                certs.lead_away(host)
                self.away.add(host)
            else:
                certs.point(host, caa=('0 issue "other.org"',))
                self.strict |= {host, f"www.{host}"}  # CAA climbs the tree
        for name in (NETWORK, *names) if advanced else (None,):
            self._certificate(name, lifetime)

    def _certificate(self, name: str | None, lifetime: int) -> None:
        kinds: dict[str, dict[str, Any]] = {
            "good": {"lifetime": lifetime, "age": self.rng.uniform(0.1, 0.6) * lifetime},
            "ended": {"lifetime": lifetime, "age": lifetime + 1},
            "stuck": {"lifetime": 0, "created_at": "2026-07-17 11:00:00"},
            "custom": {"method": "custom"},
            "staging": {"environment": "staging"},
        }
        kind = self.rng.choice(("none", *kinds))
        if kind != "none":
            self.certs.emu.put_certificate(2, name, **kinds[kind])

    def facts(self, told: bool) -> dict[str, Any]:
        """What DNS says of all hosts, with what CAA says if it is told."""
        facts = self.certs.facts()
        for row in facts["hosts"]:
            said = {"allowed": row["name"] not in self.strict, "message": f"CAA of {row['name']}"}
            row["caa"] = said if told else None
        return facts


@pytest.mark.parametrize("advanced", [True, False])
@pytest.mark.parametrize("number", range(20))
def test_a_world(certs: Certs, number: int, advanced: bool) -> None:
    rng = random.Random(f"{number} {advanced}")
    world = World(certs, rng, advanced)
    survives = rng.random() < 0.7
    if not survives:
        certs.forget()
    healthy = {row["name"] for row in certs.seen() if row["state"] == "valid"}
    wanted = [row["name"] for row in certs.emu.domains(2)]
    options: dict[str, Any] = {"max_orders": rng.choice((2, 100)), "batch_size": rng.choice((1, 20))}
    result = certs(dns=world.facts(told=True), **options)
    # Every wanted name is in exactly one list, with a reason where it has no certificate.
    assert sorted(row["name"] for key in LISTS for row in result[key]) == sorted(wanted)
    assert all(row["reason"] for key in LISTS for row in result[key] if key not in ("valid", "issued"))
    # Whatever was ordered was ready, so it was issued, and what was healthy was left alone.
    for names in certs.orders():
        assert not (world.away | world.strict).intersection(names)
        assert not advanced or not set(names) <= healthy
    assert not result.failed and not result["failures"] and not result["pending"]
    assert sorted(row["name"] for row in result["forbidden"]) == sorted(
        row["name"] for row in result["forbidden"] if world.strict.intersection((row["name"], f"www.{row['name']}"))
    )
    assert survives or not [method for method, _place in certs.writes() if method == "PUT"]
    # A second run right after it orders nothing but what the cap, or the want of a memory, put off.
    first = certs.orders()
    certs(dns=world.facts(told=True), **options)
    assert (len(first) == 2 and options["max_orders"] == 2) or not survives or certs.writes() == []
    assert not [names for names in certs.orders()[len(first) :] if names in first]
    # From then on none does, not even when the cap is lifted again.
    certs(dns=world.facts(told=True))
    certs(dns=world.facts(told=True))
    assert certs.writes() == []


@pytest.mark.parametrize("advanced", [True, False])
@pytest.mark.parametrize("number", range(10))
def test_failures_are_not_repeated(certs: Certs, number: int, advanced: bool) -> None:
    """Where nobody told of CAA an order may fail; then no further one follows within a day, with a memory or without."""
    rng = random.Random(f"failures {number} {advanced}")
    world = World(certs, rng, advanced)
    survives = rng.random() < 0.5
    for hours in (0, 0.5, 1, 8, 12):
        certs.pass_time(hours=hours)
        if not survives:
            certs.forget()
        certs(dns=world.facts(told=False))
    tried = [tuple(names) for names in certs.orders()]
    assert len(tried) == len(set(tried))
