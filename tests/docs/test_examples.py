# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of the API modules and the filters is run as it stands, and does what it says."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
import yaml

from tests.docs.blocks import API_MODULES, FILTERS, documented, examples
from tests.emulator import TOKEN, Emulator, Entry
from tests.nameserver import RECURSIVE, Nameserver, running
from tests.playbooks.runner import ROOT, Ran, run, write_json

DNS = "modules/domain_dns_info"
PLUGINS = [f"modules/{name}" for name in API_MODULES] + [f"filter/{name}" for name in FILTERS]
PLUGINS.sort(key=DNS.__eq__)
# What Ansible itself adds to a result.
ANSIBLES = {"changed", "diff"}


class World(NamedTuple):
    """The run of all examples, the result of each task, and what the panel was asked."""

    ran: Ran
    results: list[tuple[dict[str, Any], dict[str, Any]]]
    journal: list[Entry]

    def of(self, module: str) -> list[dict[str, Any]]:
        """The results of a module's tasks."""
        return [result for task, result in self.results if f"wpmultisite.runcloud.{module}" in task]


@pytest.fixture(scope="module")
def emu(nameserver: Nameserver) -> Iterator[Emulator]:
    """The panel that the examples speak of."""
    # Each look at the clock is a second later: what is issued in one second could not be told apart.
    seconds = itertools.count(int(time.time()))
    with Emulator(clock=lambda: float(next(seconds))) as emulator:
        emulator.seed(
            {
                "servers": [{"id": 1903, "name": "web-1", "ipAddress": "203.0.113.10"}],
                "webapps": [
                    *({"id": number, "name": f"another-{number}"} for number in (644, 645)),
                    {"id": 646, "name": "app-network", "advancedSSL": True},
                ],
                "domains": [
                    *(
                        {"webapp_id": 646, "name": name}
                        for name in ("network.com", "gone.com", "left.com", "hand-made.com")
                    ),
                    {"webapp_id": 645, "name": "shop.com"},
                    {"webapp_id": 644, "name": "moving.com", "www": 1},
                ],
                "certificates": [{"webapp_id": 644, "lifetime": 90}],
            }
        )
        emulator.resolve_by(RECURSIVE, nameserver.port)
        emulator.switch(issuance_polls=0)
        yield emulator


@pytest.fixture(scope="module")
def nameserver() -> Iterator[Nameserver]:
    """The names that the examples speak of."""
    with running() as server:
        server.point("client.com", a=["203.0.113.10"])
        server.point("www.client.com", cname="network.com")
        server.point("network.com", a=["203.0.113.10"])
        server.point("moved.com", a=["198.51.100.7"])
        for name in ("client-one.com", "www.client-one.com", "shop.com"):
            server.point(name, a=["203.0.113.10"])
        yield server


@pytest.fixture(scope="module")
def world(emu: Emulator, nameserver: Nameserver, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A play a plugin, one run for all of them."""
    folder = tmp_path_factory.mktemp("examples")
    plays: list[dict[str, Any]] = [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "vars": {"runcloud_api_token": TOKEN},
            "module_defaults": {"wpmultisite.runcloud.domain_dns_info": nameserver.options},
            "tasks": examples(plugin),
        }
        for plugin in PLUGINS
    ]
    environment = {
        "RUNCLOUD_API_URL": emu.url,
        # Ansible warns that there is no inventory; the examples need none.
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    }
    ran = run(folder, write_json(folder / "site.yml", plays), "-v", environment=environment)
    tasks = [task for play in plays for task in play["tasks"]]
    results = list(ran.results("localhost"))
    assert len(results) == len(tasks)
    return World(ran, list(zip(tasks, results, strict=True)), emu.journal)


def test_the_panel_got_what_the_examples_say(world: World) -> None:
    writes = [(entry.method, entry.body) for entry in world.journal if entry.method != "GET"]
    client_one = {"name": "client-one.com", "www": True, "redirection": "none", "type": "alias"}
    client_two = {"name": "client-two.com", "www": False, "redirection": "none", "type": "alias"}
    install = {"provider": "letsencrypt", "environment": "live", "enableHttp": False, "enableHsts": False}
    install["authorizationMethod"] = "http-01"
    assert writes == [
        *[
            ("POST", client_one),
            ("DELETE", None),
            ("POST", client_two),
            ("POST", {**client_two, "name": "client-four.com"}),
        ],
        *[("POST", install), ("PATCH", {"enableHsts": True}), ("PUT", None), ("POST", {**install, "sslProtocolId": 2})],
        ("POST", {"advancedSSL": True, "autoSSL": False}),
        ("POST", {"advancedSSL": True, "autoSSL": True}),
    ]


def test_the_user_agent_has_the_collection_s_version(world: World) -> None:
    version = yaml.safe_load((ROOT / "galaxy.yml").read_text())["version"]
    assert {entry.headers["user-agent"] for entry in world.journal} == {
        f"wpmultisite.runcloud/{version} (Ansible collection)"
    }


def test_the_modules_answer_what_the_examples_want_to_know(world: World) -> None:
    served, gone = world.of("runcloud_domain")
    assert (served["domain"]["name"], served["domain"]["www"], gone["domain"]) == ("client-one.com", True, None)
    (info,) = world.of("runcloud_domain_info")
    assert [row["name"] for row in info["domains"]] == ["client-one.com", "hand-made.com", "left.com", "network.com"]
    by_page, by_domain = world.of("runcloud_access_info")
    assert by_page["webapp"]["id"] == by_domain["webapp"]["id"] == 646
    (server,), (webapp,) = world.of("runcloud_server_info"), world.of("runcloud_webapp_info")
    assert [row["id"] for row in server["servers"]] == [1903]
    assert [row["id"] for row in webapp["webapps"]] == [646]


def test_certificates_are_there_when_the_examples_say_so(world: World) -> None:
    first, second, gone, basic = world.of("runcloud_ssl")
    assert first["certificate"]["issued"] and basic["certificate"]["issued"] and gone["certificate"] is None
    assert second["certificate"]["enable_hsts"] is True
    assert second["certificate"]["valid_until"] > first["certificate"]["valid_until"]
    every, some = world.of("runcloud_ssl_info")
    assert [row["domain"] for row in every["certificates"]] == ["client-one.com"] and some["missing"] == [
        "hand-made.com"
    ]
    switched, auto = world.of("runcloud_ssl_mode")
    assert switched["dark_names"] == ["moving.com", "www.moving.com"] and auto["ssl_mode"]["auto"] is True


def test_a_look_ahead_changes_nothing_and_says_what_would_go(world: World) -> None:
    done, ready, look, *_ = world.of("runcloud_domains")
    assert [row["name"] for row in done["added"]] == ["client-two.com"]
    assert ready["changed"] is False and [row["record"] for row in ready["waiting"]] == [
        {"type": "A", "name": "client-three.com", "value": "203.0.113.10"}
    ]
    assert [row["name"] for row in look["removed"]] == ["client-two.com", "left.com"]
    assert {row["name"] for row in look["kept"]} == {"hand-made.com"}
    assert look["check_mode"] is True
    assert "-left.com: alias, www off, redirection none" in world.ran.output


def test_a_saved_listing_is_planned_from_without_a_call(world: World) -> None:
    listed, planned = world.of("runcloud_domains")[3:5]
    assert listed["api_calls"]["GET"] == 1 and planned["api_calls"] == {"total": 0}
    assert [entry["name"] for entry in planned["added"]] == ["client-four.com"]


def test_a_saved_plan_is_carried_out_and_nothing_else(world: World) -> None:
    saved, applied = world.of("runcloud_domains")[5:]
    assert [row["name"] for row in saved["planned"]] == [row["name"] for row in applied["added"]] == ["client-four.com"]
    assert [row["name"] for row in applied["not_approved"]] == ["client-five.com"] and applied["not_applied"] == []


def test_the_filters_give_what_the_examples_show(world: World) -> None:
    debugs = [(task, result["msg"]) for task, result in world.results if "ansible.builtin.debug" in task]
    shown = {
        name: said
        # In the order of plugins, so the last to come here is the first that speaks of a filter: its own example.
        for task, said in reversed(debugs)
        for name in FILTERS
        # Of a message through several filters the last one is meant.
        if re.search(rf"runcloud\.{name}\b(?!.*runcloud\.\w+)", str(task["ansible.builtin.debug"]))
        or f"runcloud.{name}" in str(task.get("vars")) + str(task.get("loop"))
    }
    assert shown["certificates_summary"] == [
        "network.com, certificates (Advanced SSL): 1 issued, 1 valid (9 API calls)",
        "issued  client-one.com  until 2026-10-16T12:00:00Z, 89 days",
    ]
    assert shown["desired_domains"] == ["network.com"]
    assert shown["dns_to_do"] == [{"type": "A", "name": "moved.com", "value": "203.0.113.10"}]
    assert shown["domains_summary"][0] == (
        "network.com: 1 would be added, 0 would be updated, 0 would be removed (3 API calls)"
    )
    assert len(shown["domains_summary"]) == 2
    assert shown["explain"][0] == "www.client-one.com: not on RunCloud, waiting; it is wanted (network network.com)"
    assert shown["explain"][-1] == "RunCloud  no record serves www.client-one.com"
    assert shown["outage_summary"] == (
        "These answered before this run and no longer do: client-one.com: HTTP 502. The run has added client-two.com. What was "
        "added is taken away by the module runcloud_domain with state absent."
    )
    assert shown["stuck_mappings"] == [{"id": 7, "domain": "client-one.com", "stage": "ssl-failed"}]
    wishes = shown["wp_config_wishes"]
    assert [row["name"] for row in wishes["constants"]][:2] == ["WP_ALLOW_MULTISITE", "SITE_ID_CURRENT_SITE"]
    assert wishes["wrong"] == [] and "WU_RUNCLOUD_API_TOKEN" in wishes["notes"][0]


def test_the_reports_are_what_the_examples_show(world: World) -> None:
    messages = [(task["name"], result["msg"]) for task, result in world.results if "ansible.builtin.debug" in task]
    shown = dict(messages)
    report = shown["Say whether a network is in sync"]
    assert (report["verdict"], [row["name"] for row in report["items"]]) == ("drift", ["new.com"])
    assert shown["The verdict on all networks"] == "drift, 1 thing to mend"
    assert shown["What CI reads"]["networks"] == {"client": "drift"}
    assert shown["What is new"] == [
        "client: drift (was not there)",
        "client: new drift new.com: missing on RunCloud; wanted is alias, www on, redirection none (asked for)",
    ]
    assert shown["The table at the end of a run"][2].split()[:3] == ["client", "drift", "1"]
    assert "| new.com | drift |" in shown["The summary of a job"]
    assert '<td>new.com</td><td><span class="badge drift">drift</span></td>' in shown["A page for people"]
    assert 'wpmultisite_items{host="client",network="network.com",class="drift"} 1' in shown["What the collector reads"]


def test_dns_says_what_the_examples_want_to_know(world: World) -> None:
    many, permitted, one = world.of("domain_dns_info")
    sample = yaml.safe_load(documented(DNS, "RETURN"))["dns"]["contains"]
    assert [(host["name"], host["state"]) for host in many["dns"]["hosts"]] == [
        ("client.com", "ready"),
        ("moved.com", "elsewhere"),
        ("www.client.com", "ready"),
    ]
    host = {key: about["sample"] for key, about in sample["hosts"]["contains"].items()}
    assert many["dns"]["hosts"][1] == host
    assert set(many["dns"]) == set(sample)
    shown = [result["msg"] for task, result in world.results if "ansible.builtin.debug" in task][-1]
    assert shown == [host["message"]]
    assert [entry["caa"]["allowed"] for entry in permitted["dns"]["hosts"]] == [True, True]
    assert one["dns"]["resolver"] == "authoritative" and one["api_calls"] == {"GET": 1, "total": 1}
    assert one["dns"]["hosts"][0]["ready"] is True


@pytest.mark.parametrize("module", API_MODULES)
def test_results_are_as_documented(world: World, module: str) -> None:
    documentation = yaml.safe_load(documented(f"modules/{module}", "RETURN"))
    always = {
        key
        for key, value in documentation.items()
        if value["returned"] in ("success", "when the listing could be read")
    }
    for result in world.of(module):
        assert set(result) - ANSIBLES <= set(documentation)
        assert always <= set(result)


@pytest.mark.parametrize("module", API_MODULES)
def test_samples_have_the_keys_of_real_entries(world: World, module: str) -> None:
    documentation = yaml.safe_load(documented(f"modules/{module}", "RETURN"))
    samples = {
        key: value["sample"][0]
        for key, value in documentation.items()
        if value.get("elements") == "dict" and "sample" in value
    }
    for key, sample in samples.items():
        for row in (row for result in world.of(module) for row in result.get(key, ())):
            assert set(sample) <= set(row), key
