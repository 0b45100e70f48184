# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of runcloud_certificates share: a web app, names that a test points at it, and runs with real DNS and real TLS."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

from tests.emulator import Emulator
from tests.modules.harness import APP, NETWORK, Clock, Result, Runner, seed
from tests.modules.memory import DAY, ledger
from tests.nameserver import Nameserver

HERE, ELSEWHERE = "192.0.2.10", "198.51.100.7"
HOUR = 3600
LISTS = ("valid", "issued", "pending", "failures", "waiting", "forbidden", "blocked", "ignored")
FIRST_RUN: dict[str, Any] = {"format": "wpmultisite.attempts/1", "orders": [], "failures": [], "halt": None}


class Certs:
    """Runs runcloud_certificates for names of web app 2 with what domain_dns_info and tls_certificate_info say of all its hosts.

    The state directory has survived an earlier run, unless a test takes it away with ``forget``.
    """

    def __init__(self, run: Runner, emu: Emulator, dns: Nameserver, clock: Clock, folder: Path) -> None:
        self.run, self.emu, self.dns, self.clock = run, emu, dns, clock
        self.folder = folder / "networks" / "one"
        self.path = self.folder / "attempts.json"
        self.pointed: set[str] = set()
        self.remember()

    # -- the world -----------------------------------------------------------------------------------------------------

    def world(self, *rows: str | dict[str, Any], advanced: bool, auto: bool = False, **more: Any) -> None:
        """The network and these records; nothing points here yet but the network."""
        seed(self.emu, *rows, webapps=[{"id": 2, "advancedSSL": advanced, "autoSSL": auto}], **more)
        self.point(NETWORK)

    def point(self, *names: str, caa: tuple[str, ...] = ()) -> None:
        """These hosts reach the server."""
        for name in names:
            self.dns.point(name, a=[HERE], caa=caa)
        self.pointed.update(names)

    def lead_away(self, *names: str) -> None:
        """These hosts reach another server."""
        for name in names:
            self.dns.point(name, a=[ELSEWHERE])

    def remember(self, target: dict[str, Any] | None = None, **document: Any) -> None:
        """A memory from an earlier run."""
        self.folder.mkdir(parents=True, exist_ok=True)
        whole = {**FIRST_RUN, "target": {**self.target, **(target or {})}, **document}
        self.path.write_text(json.dumps(whole), encoding="utf-8")

    def forget(self) -> None:
        """A runner without a disk."""
        self.path.unlink(missing_ok=True)

    @property
    def target(self) -> dict[str, Any]:
        """The web app as files name it."""
        return {"api_url": self.emu.url, "server_id": 1, "webapp_id": 2}

    def memory(self) -> dict[str, Any]:
        """What is remembered."""
        found: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
        return found

    def own(self, *names: str) -> None:
        """A ledger by which these are ours."""
        entries = [
            {
                "name": row["name"],
                "id": row["id"],
                "how": "added",
                "since": "2026-01-01T00:00:00Z",
                "written": {"type": "alias", "www": bool(row["www"]), "redirection": "none"},
                "pending": None,
                "missing_since": None,
                "missing_reads": 0,
            }
            for row in self.emu.domains(2)
            if row["name"] in names
        ]
        document = ledger(self.target, *entries)
        (self.folder / "ledger.json").write_text(json.dumps(document), encoding="utf-8")

    def pass_time(self, days: float = 0, hours: float = 0) -> None:
        """The clock moves on."""
        self.clock.seconds += days * DAY + hours * HOUR

    # -- runs ----------------------------------------------------------------------------------------------------------

    def hosts(self) -> list[str]:
        """All hosts that the web app serves."""
        found = []
        for row in self.emu.domains(2):
            found += [row["name"], *(["www." + row["name"]] if row["www"] else [])]
        return [name for name in found if not name.startswith("*.")]

    def facts(self) -> dict[str, Any]:
        """What DNS says of them."""
        options = {"expected_addresses": [HERE], "dns_timeout": 10.0, **self.dns.options}
        result = self.run("domain_dns_info", names=self.hosts(), api_token=None, api_url=None, **options)
        assert not result.failed, result["msg"]
        found: dict[str, Any] = result["dns"]
        return found

    def seen(self) -> list[dict[str, Any]]:
        """What their visitors see, by real handshakes."""
        result = self.run(
            "tls_certificate_info",
            names=self.hosts(),
            connect_to="127.0.0.1",
            port=self.emu.tls_port,
            ca_path=self.emu.tls_ca,
            check_http=False,
            api_token=None,
            api_url=None,
        )
        assert not result.failed, result["msg"]
        found: list[dict[str, Any]] = result["hosts"]
        return found

    def __call__(
        self,
        *names: str,
        check: bool = False,
        tls: bool | list[dict[str, Any]] = True,
        dns: bool | dict[str, Any] = True,
        **options: Any,
    ) -> Result:
        """A run for these names; for all records if none are given. The journal holds this run alone.

        :arg tls: whether visitors are asked, or what they said; ``dns`` likewise.
        """
        facts = (self.facts() if dns else None) if isinstance(dns, bool) else dns
        seen = (self.seen() if tls else None) if isinstance(tls, bool) else tls
        self.emu.clear_journal()
        wanted = [{"name": name} for name in names or [row["name"] for row in self.emu.domains(2)]]
        given = {"domains": wanted, "dns": facts, "tls": seen, "state_dir": str(self.folder), **options}
        result = self.run("certificates", check=check, **given)
        assert all(entry.unknown_fields == entry.complaints == [] for entry in self.emu.journal)
        if "valid" in result:
            self.once(result)
        return result

    def once(self, result: Result) -> None:
        """Every name is in exactly one list."""
        listed = [row["name"] for key in LISTS for row in result[key]]
        assert len(listed) == len(set(listed))

    # -- what is read off ----------------------------------------------------------------------------------------------

    def writes(self) -> list[tuple[str, str]]:
        """Verb and place of every write of the last run, the place by the domain's name."""
        names = {str(row["id"]): row["name"] for row in self.emu.domains(2)}
        found = []
        for method, path, _body in self.emu.writes():
            rest = path[len(APP) + 1 :].split("/")
            found.append((method, names[rest[1]] if rest[0] == "domains" else rest[0]))
        return found

    def calls(self) -> dict[str, int]:
        """How often the last run made each call, numbers of records and certificates left out."""
        paths = [f"{entry.method} {entry.path.removeprefix(APP) or 'webapp'}" for entry in self.emu.journal]
        return dict(Counter(re.sub(r"/\d+(?=/|$)", "/N", path) for path in paths))

    def orders(self) -> list[list[str]]:
        """The names of every order that the panel was given by anybody but itself."""
        return [order.names for order in self.emu.orders if order.why in ("install", "redeploy")]


def listed(result: Result) -> dict[str, list[str]]:
    """The names by list, without empty lists."""
    return {key: [row["name"] for row in result[key]] for key in LISTS if result[key]}
