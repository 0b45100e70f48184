# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A custom certificate in a real play at the highest verbosity: installed, refused by us and refused by the panel, its key never shown."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.modules.harness import START
from tests.modules.pem import Pair, intermediate, make, options
from tests.playbooks.runner import Ran, run, write_json

APPS = [{"id": 2}, {"id": 3}]
MODULE = "wpmultisite.runcloud.runcloud_ssl"


@pytest.fixture(scope="module")
def pair() -> Pair:
    """Valid today."""
    return make("network.com", intermediate(), ("network.com",), (datetime.now(UTC) - START).days - 5)


@pytest.fixture(scope="module")
def ran(emu: Emulator, pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """All of it in one run."""
    emu.seed({"domains": [{"webapp_id": number, "name": "network.com"} for number in (2, 3)], "webapps": APPS})
    body = {"message": f"cannot use {pair.key_pem!r}", "errors": {"privateKey": [pair.key_pem.replace("\n", "\r\n")]}}
    emu.fault(method="POST", path="/webapps/3/", action="status", status=422, body=body)
    given = options(pair)
    together = {"provider": "custom", "certificate": pair.pem + pair.key_pem}
    tasks: list[dict[str, Any]] = [
        {MODULE: {"webapp_id": 2, **given}},
        {MODULE: {"webapp_id": 2, **given}},
        {MODULE: {"webapp_id": 3, **given}, "ignore_errors": True},
        {MODULE: {"webapp_id": 3, **together}, "ignore_errors": True},
    ]
    defaults = {MODULE: {"api_url": emu.url, "api_token": emu.token, "server_id": 1}}
    plays = [{"hosts": "localhost", "gather_facts": False, "module_defaults": defaults, "tasks": tasks}]
    folder = tmp_path_factory.mktemp("ssl")
    environment = {
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
        "ANSIBLE_INJECT_INVOCATION": "true",
    }
    return run(folder, write_json(folder / "ssl.yml", plays), "-vvvv", "--diff", environment=environment)


def test_what_came_of_it(ran: Ran, emu: Emulator, pair: Pair) -> None:
    first, second, refused, together = ran.results("localhost")
    assert (first["changed"], second["changed"]) == (True, False)
    assert refused["status"] == 422 and "cannot use" in refused["msg"]
    assert "provider: custom needs private_key" in together["msg"]
    assert [path for _verb, path, _body in emu.writes()] == [f"/servers/1/webapps/{number}/ssl" for number in (2, 3)]
    assert emu.writes()[0][2]["privateKey"] == pair.key_pem


def test_no_line_of_the_key_is_shown(ran: Ran, pair: Pair) -> None:
    lines = [line for line in pair.key_pem.splitlines() if "-----" not in line]
    assert len(lines) == 3 and [line for line in lines if line in ran.text] == []
    assert ran.text.count('"invocation"') >= 4
