# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two networks whose repository holds the CI templates, on an emulated panel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.ci.services import Service
from tests.emulator import TOKEN, Emulator
from tests.modules.memory import entry, ledger
from tests.playbooks.runner import FROM_FILES, snapshot, write_json

SECRETS = {"RUNCLOUD_API_TOKEN": TOKEN}
HOSTS = {"one": 11, "two": 12}


class Fleet:
    """The networks one.net and two.net, and what their multisites hold."""

    def __init__(self, emu: Emulator, service: Service) -> None:
        self.emu, self.service = emu, service
        self.multisites = service.folder / "multisites"
        self.multisites.mkdir()
        emu.seed(
            {
                "servers": [{"id": number} for number in HOSTS.values()],
                "webapps": [{"id": number, "server_id": number} for number in HOSTS.values()],
                "domains": [{"webapp_id": number, "name": f"{host}.net"} for host, number in HOSTS.items()],
            }
        )
        self.merge()
        for host in HOSTS:
            self.holds(host)

    def merge(self, *hosts: str, **variables: Any) -> None:
        """The repository's inventory: the network one.net or those that are named, with these variables."""
        common = {
            **FROM_FILES,
            "multisite_domains_dns": False,
            "multisite_domains_api_url": self.emu.url,
            "multisite_domains_file": str(self.multisites) + "/{{ inventory_hostname }}.json",
            "multisite_domains_grace_period": 0,
            "multisite_domains_min_absences": 1,
            **variables,
        }
        # For a job that asks a web host: nobody is there.
        networks = {
            host: {"runcloud_server_id": HOSTS[host], "runcloud_webapp_id": HOSTS[host], "ansible_host": "192.0.2.1"}
            for host in hosts or ("one",)
        }
        write_json(self.service.repository / "inventory.yml", {"multisites": {"hosts": networks, "vars": common}})

    def holds(self, host: str, *names: str) -> None:
        """The multisite of a network holds these domains from now on."""
        write_json(self.file(host), snapshot(*names, network=f"{host}.net"))

    def owns(self, host: str, name: str) -> None:
        """RunCloud serves a name that we have added once, and that the multisite no longer holds."""
        number = HOSTS[host]
        self.emu.put_domain(number, name)
        made = next(row for row in self.emu.domains(number) if row["name"] == name)
        state = self.service.disk / f"wpmultisite.runcloud/networks/{host}"
        state.mkdir(parents=True)
        target = {"api_url": self.emu.url, "server_id": number, "webapp_id": number}
        own = {**entry(name, missing_reads=1), "id": made["id"]}
        write_json(state / "ledger.json", ledger(target, own, network=f"{host}.net"))

    def file(self, host: str) -> Path:
        """Stands for the multisite itself."""
        return self.multisites / f"{host}.json"

    def served(self, host: str) -> list[str]:
        """What RunCloud serves besides the network's own domain."""
        return sorted(row["name"] for row in self.emu.domains(HOSTS[host]) if row["name"] != f"{host}.net")


@contextmanager
def standing(folder: Path, kind: type[Service]) -> Iterator[Fleet]:
    """A fleet with its CI service."""
    with Emulator() as emu:
        yield Fleet(emu, kind(folder))
