# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook that says of a name why it is, or is not, on RunCloud, asked of several networks at once; it writes nothing."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from tests.emulator import TOKEN, Emulator
from tests.nameserver import RECURSIVE, running
from tests.playbooks.runner import FROM_FILES, Ran, inventory, run, snapshot, write_json

EXPLAIN = "wpmultisite.runcloud.explain"
HOSTS = {"live": 11, "other": 12, "staging": 13, "locked": 14}
STAGING = {
    **snapshot("client.com")["wordpress"],
    "environment_type": "staging",
}


class World(NamedTuple):
    """The run that explains a name, the run that does not say which one, and what both left behind."""

    explained: Ran
    unasked: Ran
    written: list[str]
    files: list[str]


@pytest.fixture(scope="module")
def world(emu: Emulator, tmp_path_factory: pytest.TempPathFactory) -> World:
    """Both runs."""
    folder = tmp_path_factory.mktemp("explain")
    emu.seed(
        {
            "servers": [{"id": number} for number in HOSTS.values()],
            "webapps": [{"id": number, "server_id": number} for number in HOSTS.values()],
            "domains": [{"webapp_id": number, "name": "network.com"} for number in HOSTS.values()],
        }
    )
    documents = {
        "live": snapshot("client.com", "missing.com"),
        "other": snapshot(),
        "staging": snapshot("client.com", wordpress=STAGING),
        "locked": snapshot("client.com"),
    }
    hosts: dict[str, dict[str, Any]] = {
        host: {
            "runcloud_server_id": number,
            "runcloud_webapp_id": number,
            "runcloud_api_token": TOKEN if host != "locked" else "a-token-that-nobody-knows",
            "multisite_domains_file": write_json(folder / f"{host}.json", documents[host]),
        }
        for host, number in HOSTS.items()
    }
    with running() as server:
        server.point("network.com", a=["203.0.113.10"])
        server.point("client.com", a=["198.51.100.7"])
        everywhere = {
            **FROM_FILES,
            "multisite_domains_api_url": emu.url,
            "multisite_domains_dns": True,
            "multisite_domains_expected_addresses": ["203.0.113.10"],
            "multisite_domains_dns_nameservers": [f"{RECURSIVE}:{server.port}"],
            "multisite_domains_dns_timeout": 10.0,
        }
        command = ["-i", inventory(folder, hosts, everywhere), EXPLAIN]
        environment = {"XDG_STATE_HOME": str(folder / "state"), "ANSIBLE_PIPELINING": "true"}
        emu.clear_journal()
        asked = ["-e", "host=HTTPS://Client.com/"]
        explained = run(folder, *command, *asked, environment=environment, status=2)
        unasked = run(folder, *command, "--limit", "live", environment=environment, status=2)
    written = [str(entry) for entry in emu.journal if entry.method != "GET"]
    files = [path.name for path in (folder / "state").rglob("*") if path.is_file() and path.parent.name != "locks"]
    return World(explained, unasked, written, files)


def test_row_rule_dns_plan_and_record_are_told(world: World) -> None:
    lines = world.explained.summary("live")
    assert lines[0] == "client.com: it is wanted"
    told = {line.partition("  ")[0] for line in lines[1:]}
    assert told == {"reason", "row", "policy", "www", "certificate", "DNS", "plan", "RunCloud"}
    assert [line for line in lines if line.startswith("row  mapping 1: client.com")]
    (dns,) = (line for line in lines if line.startswith("DNS  "))
    assert "is elsewhere" in dns and dns.endswith("Set an A record for client.com with the value 203.0.113.10")
    (plan,) = (line for line in lines if line.startswith("plan  "))
    assert plan.startswith("plan  waiting  client.com  ")
    assert "RunCloud  no record serves client.com" in lines


def test_a_network_that_does_not_know_the_name_says_so(world: World) -> None:
    assert world.explained.summary("other")[:2] == [
        "client.com: the multisite does not know it",
        "reason  no site, no mapping and no extra domain has this name",
    ]
    assert world.explained.recap("other")["failed"] == 0


def test_a_network_that_is_refused_says_why_and_does_not_fail(world: World) -> None:
    lines = world.explained.summary("staging")
    assert lines[0] == "client.com: nothing is decided, because the list is refused"
    assert "WordPress calls itself a staging environment" in lines[1]
    assert world.explained.recap("staging")["failed"] == 0


def test_a_panel_that_cannot_be_read_is_an_error_after_what_is_known(world: World) -> None:
    assert world.explained.summary("locked")[0] == "client.com: it is wanted"
    failure = world.explained.failure("locked")
    assert failure.startswith("The answer above does not say what RunCloud has.") and "HTTP 401" in failure


def test_the_name_has_to_be_given(world: World) -> None:
    assert "Say which name to explain: -e host=www.client.com" in world.unasked.failure("live")


def test_nothing_is_written_and_nothing_changed(world: World) -> None:
    assert world.written == []
    assert world.files == []
    assert {host: world.explained.recap(host)["changed"] for host in HOSTS} == dict.fromkeys(HOSTS, 0)
