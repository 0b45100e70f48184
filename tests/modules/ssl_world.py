# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of runcloud_ssl share: a web app whose names lead to the server, and what is read off afterwards."""

from __future__ import annotations

from typing import Any

from tests.emulator import Emulator
from tests.modules.harness import APP, DOMAINS, NETWORK, Result, columns, seed
from tests.nameserver import Nameserver

HERE, ELSEWHERE = "192.0.2.10", "198.51.100.7"
BASIC, DOMAIN = f"{APP}/ssl", f"{DOMAINS}/702/ssl"
INSTALL = {
    "provider": "letsencrypt",
    "enableHttp": False,
    "enableHsts": False,
    "authorizationMethod": "http-01",
    "environment": "live",
}
X = {"name": "x.com", "www": 1}
PLACES = columns([("basic", False, {}, BASIC), ("advanced", True, {"domain": "x.com"}, DOMAIN)])


def world(emu: Emulator, dns: Nameserver, advanced: bool = False, **more: Any) -> None:
    """x.com and the network, all of whose names lead to the server, in a mode."""
    seed(emu, X, webapps=[{"id": 2, "advancedSSL": advanced}], **more)
    for name in (NETWORK, "x.com", "www.x.com"):
        dns.point(name, a=[HERE])


def orders(emu: Emulator) -> list[tuple[list[str], str | None]]:
    """Names and outcome of every order."""
    return [(order.names, order.outcome) for order in emu.orders]


def quiet(result: Result) -> Result:
    """A second run changed nothing and wrote nothing."""
    assert not result.failed and result["changed"] is False and result["ordered"] is False
    return result
