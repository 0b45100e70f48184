# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the role's certificates share: variables for a panel with real TLS and real DNS, and a run of the playbook read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.emulator import TOKEN, Emulator
from tests.nameserver import RECURSIVE, Nameserver
from tests.playbooks.runner import CONVERGE, Ran, run

OURS, ELSEWHERE = "203.0.113.10", "198.51.100.7"


class Told(NamedTuple):
    """A run, its calls to the panel, the names of every order, and which memories are there after it."""

    ran: Ran
    calls: list[str]
    orders: list[list[str]]
    memories: set[str]

    def of(self, server: int) -> list[str]:
        """The calls for a server."""
        return [call for call in self.calls if f"/servers/{server}" in call]

    def writes(self, server: int) -> list[str]:
        """What was written for a server."""
        return [call for call in self.of(server) if not call.startswith("GET ")]

    def lines(self, host: str) -> list[str]:
        """The summary of certificates."""
        return self.ran.certificates(host)

    def named(self, host: str) -> dict[str, tuple[str, str]]:
        """Name → the word for it and what is said."""
        rows = (line.split("  ", 2) for line in self.lines(host)[1:])
        return {row[1]: (row[0], row[2]) for row in rows if len(row) == 3}


def visited(emu: Emulator, names: Nameserver) -> dict[str, Any]:
    """Variables for hosts whose visitors meet the emulated web server, and whose DNS is that of the tests."""
    return {
        "runcloud_api_token": TOKEN,
        "multisite_domains_api_url": emu.url,
        "multisite_domains_expected_addresses": [OURS],
        "multisite_domains_dns": True,
        "multisite_domains_dns_nameservers": [f"{RECURSIVE}:{names.port}"],
        "multisite_domains_dns_timeout": 10.0,
        "multisite_domains_tls_connect_to": "127.0.0.1",
        "multisite_domains_tls_port": emu.tls_port,
        "multisite_domains_tls_ca_path": emu.tls_ca,
        "multisite_domains_ssl_wait_interval": 0.01,
        "multisite_domains_write_interval": 0,
    }


def tell(
    emu: Emulator,
    folder: Path,
    inventory: str,
    *words: str,
    status: int = 0,
    environment: Mapping[str, str] | None = None,
    playbook: str = CONVERGE,
) -> Told:
    """A run of a playbook, mostly converge; its memory lies in ``state`` of the folder."""
    emu.clear_journal()
    before = len(emu.orders)
    own = {"XDG_STATE_HOME": str(folder / "state"), "ANSIBLE_PIPELINING": "true", **(environment or {})}
    ran = run(folder, "-i", inventory, playbook, *words, environment=own, status=status)
    networks = folder / "state/wpmultisite.runcloud/networks"
    return Told(
        ran,
        [str(entry) for entry in emu.journal],
        [order.names for order in emu.orders[before:]],
        {f"{path.parent.name}/{path.name}" for path in networks.glob("*/*.json")},
    )
