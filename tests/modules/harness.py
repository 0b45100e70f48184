# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a whole module in this process against the emulator, on a clock that only sleeping moves."""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._client import BearerAuth, Client, Settings

from tests.emulator import Emulator

APP = "/servers/1/webapps/2"
DOMAINS = APP + "/domains"
NETWORK = "network.com"
START = datetime(2026, 7, 18, 12, 0, tzinfo=UTC)


class Clock:
    """A clock that only ``sleep`` moves; ``slept`` holds every sleep."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Back to the start."""
        self.seconds = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        """Passes at once."""
        self.slept.append(seconds)
        self.seconds += seconds

    def monotonic(self) -> float:
        """Seconds."""
        return self.seconds

    def now(self) -> datetime:
        """The same clock as a date."""
        return START + timedelta(seconds=self.seconds)

    def epoch(self) -> float:
        """The same clock for the emulator."""
        return self.now().timestamp()

    @property
    def arguments(self) -> dict[str, Any]:
        """What a Client takes; the jitter at its top makes every back-off its full length."""
        return {"sleep": self.sleep, "monotonic": self.monotonic, "now": self.now, "jitter": lambda: 1.0}


class Result(dict[str, Any]):
    """A module's result; ``output`` is all that it printed, ``failed`` whether it failed."""

    output: str

    @property
    def failed(self) -> bool:
        """Whether the module failed."""
        return bool(self.get("failed"))

    def names(self, key: str) -> list[str]:
        """The names of the entries of a list."""
        return [entry["name"] for entry in self[key]]

    def reason(self, key: str, name: str) -> str:
        """Why a name stands in a list."""
        return next(str(entry["reason"]) for entry in self[key] if entry["name"] == name)


def plugin(name: str) -> ModuleType:
    """A file of the collection by its place below ``plugins``: ``modules.runcloud_domain``."""
    return importlib.import_module(f"ansible_collections.wpmultisite.runcloud.plugins.{name}")


class Runner:
    """Calls modules with the emulator's address and token, server 1 and web app 2, unless told otherwise."""

    def __init__(self, emu: Emulator, clock: Clock, capfd: pytest.CaptureFixture[str]) -> None:
        self.emu, self.clock, self._capfd = emu, clock, capfd

    def __call__(
        self, name: str, /, *, check: bool = False, diff: bool = False, verbosity: int = 0, **options: Any
    ) -> Result:
        """The result of one run; a None takes an option away. Anything printed beside the one JSON object fails."""
        module = plugin(
            f"modules.{name}"
            if name.endswith(("dns_info", "certificate_info", "probe_info"))
            else f"modules.runcloud_{name}"
        )
        given = {"api_url": self.emu.url, "api_token": self.emu.token, **_defaults(name), **options}
        arguments = {key: value for key, value in given.items() if value is not None}
        arguments |= {"_ansible_check_mode": check, "_ansible_diff": diff, "_ansible_verbosity": verbosity}
        arguments["_ansible_inject_invocation"] = verbosity > 2
        self._capfd.readouterr()
        with patch_module_args(arguments), pytest.raises(SystemExit) as ended:
            module.main()
        output, noise = self._capfd.readouterr()
        assert noise == ""
        result = Result(json.loads(output))
        result.output = output
        assert (ended.value.code == 0) is not result.failed
        assert "exception" not in result and "warnings" not in result and "deprecations" not in result, output
        return result

    def converge(self, *names: str, **options: Any) -> Result:
        """``runcloud_domains`` for the network and these names."""
        return self("domains", **{"network": NETWORK, "domains": wishes(*names), **options})


def _defaults(name: str) -> dict[str, int]:
    apart = {
        "access_info": {},
        "server_info": {},
        "webapp_info": {"server_id": 1},
        "domain_dns_info": {},
        "tls_certificate_info": {},
        "acme_probe_info": {},
    }
    ids: dict[str, int] = apart.get(name, {"server_id": 1, "webapp_id": 2})
    # Most tests of purge are about other rules than patience: for them it removes at once, as the plugin itself does.
    ids = {**ids, "lock_timeout": 0} if name in ("certificates", "domain", "domains", "ssl", "ssl_mode") else ids
    return {**ids, "grace_period": 0, "min_absences": 1} if name == "domains" else ids


def wishes(*names: str, **fields: Any) -> list[dict[str, Any]]:
    """The network's domain and these names, the latter with these fields."""
    return [{"name": NETWORK, "class": "protected"}, *({"name": name, **fields} for name in names)]


def seed(emu: Emulator, *rows: str | dict[str, Any], **world: Any) -> None:
    """Web app 2 with the network's domain as its primary (unless a row names a primary) and these records."""
    records = [{"name": row} if isinstance(row, str) else row for row in rows]
    if not any(record.get("type") == "primary" for record in records):
        records.insert(0, {"name": NETWORK})
    emu.seed({**world, "domains": [{"webapp_id": 2, **record} for record in records]})


def numbered(count: int) -> list[str]:
    """That many customer names."""
    return [f"c{number:04}.com" for number in range(count)]


def writes(emu: Emulator) -> list[tuple[str, str]]:
    """Every write in the journal: verb and name, the name looked up by the record's number where the path has one."""
    return [(method, body["name"] if method == "POST" else path[len(APP) :]) for method, path, body in emu.writes()]


def posted(emu: Emulator) -> list[str]:
    """The names of all POSTs, in order."""
    return [body["name"] for method, _path, body in emu.writes() if method == "POST"]


def gets(emu: Emulator, path: str) -> int:
    """How often a path was read."""
    return sum(entry.method == "GET" and entry.path == path for entry in emu.journal)


def stored(emu: Emulator, webapp: int = 2) -> list[str]:
    """The names that the web app holds, sorted."""
    return sorted(row["name"] for row in emu.domains(webapp))


def ids(emu: Emulator) -> dict[str, int]:
    """The records' numbers by name."""
    return {row["name"]: row["id"] for row in emu.domains(2)}


def client(emu: Emulator, clock: Clock | None = None, **settings: Any) -> Client:
    """A transport to v3 of the emulator that may write below web app 2; settings are those of the transport."""
    options = {"read_only": False, "write_root": APP, **(clock or Clock()).arguments}
    options |= {key: settings.pop(key) for key in ("read_only", "write_root") if key in settings}
    values = {"base_url": emu.url + "/v3", "auth": BearerAuth(emu.token), "write_interval": 0.0, **settings}
    return Client(Settings(**values), **options)


def never_stopping(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on nothing stops a run in the middle of its writes."""
    never = property(lambda self: "", lambda self, reason: None)
    monkeypatch.setattr(plugin("module_utils._apply").Run, "_stop", never, raising=False)


def columns(rows: Iterable[tuple[Any, ...]]) -> list[Any]:
    """Rows of a table as parameters; the first column is the name of the case."""
    return [pytest.param(*row[1:], id=row[0]) for row in rows]
