# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs domain_dns_info in this process against the name servers on loopback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.modules.harness import Runner, plugin
from tests.nameserver import Nameserver

OURS = "203.0.113.10"
OURS6 = "2001:db8::10"
ELSEWHERE = "198.51.100.7"
ELSEWHERE6 = "2001:db8:bad::9"
RESOLVERS = pytest.mark.parametrize("resolver", ["recursive", "authoritative"])
MODULE = "domain_dns_info"
PATIENCE_WITH_SILENCE = 0.3  # seconds


class Lookup:
    """Calls the module with what is expected and the name servers, unless told otherwise."""

    def __init__(self, run: Runner, server: Nameserver) -> None:
        self._run, self.server = run, server
        self.given: dict[str, Any] = {}

    def __call__(self, *names: str, **options: Any) -> Any:
        """The result of a run."""
        # Where nobody keeps silent the time-out must never strike, however busy the machine is.
        patience = PATIENCE_WITH_SILENCE if self.server.silent else 10.0
        given = {"names": list(names), "expected_addresses": [OURS], "dns_timeout": patience, **self.server.options}
        return self._run(MODULE, **{**given, "api_token": None, "api_url": None, **self.given, **options})

    def host(self, name: str, **options: Any) -> dict[str, Any]:
        """The entry of a single host."""
        result = self(name, **options)
        assert not result.failed, result["msg"]
        (entry,) = result["dns"]["hosts"]
        assert entry["name"] == name
        return dict(entry)

    def state(self, name: str, **options: Any) -> str:
        """The state of a single host."""
        return str(self.host(name, **options)["state"])


def at(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' clock is the one by which suspicions age."""
    monkeypatch.setattr(plugin(f"modules.{MODULE}"), "utc_now", clock.now)


def state_dir(folder: Path) -> str:
    """A state directory that is not there yet."""
    return str(folder / "networks" / "one")
