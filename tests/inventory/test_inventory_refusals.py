# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where there is no inventory: never a shorter one, and words that say what to do."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator import TOKEN
from tests.inventory.fleet import PLUGIN, Fleet
from tests.playbooks.runner import closed_port, started, write_json


def test_all_that_is_wrong_with_the_options_is_told_at_once_and_nothing_is_asked(fleet: Fleet) -> None:
    told = fleet.refused(
        api_key=[1],
        api_url="http://panel.example/api",
        ca_path="/not/there",
        timeout=0,
        retry_budget="soon",
        hostname="uuid",
        include_server="web-1",
        exclude_webapps=[" "],
        system_users="perhaps",
        compose="x",
        api_version="v4",
    )
    for words in (
        "api_key: must be a text; put it into quotes.",
        "api_url must begin with https://",
        "ca_path: there is no /not/there.",
        "timeout must be a finite number of seconds above 0.",
        "retry_budget: must be of type float.",
        "hostname: must be one of name, name_and_server, id.",
        "include_server: there is no such option, perhaps include_servers is meant.",
        "exclude_webapps: holds an empty pattern.",
        "system_users: must be of type bool.",
        "compose: must be of type dict.",
        "api_version: must be one of auto, v2, v3.",
    ):
        assert words in told
    assert fleet.emu.calls() == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "It must hold options, such as plugin: wpmultisite.runcloud.runcloud."),
        ("plugin: ansible.builtin.constructed", "plugin: must be one of wpmultisite.runcloud.runcloud."),
        ("plugin: [", "It cannot be read as YAML"),
    ],
)
def test_a_file_that_is_no_source(fleet: Fleet, text: str, words: str) -> None:
    (fleet.folder / "fleet.runcloud.yml").write_text(text)
    assert words in fleet.failing("--list", ANSIBLE_INVENTORY_ENABLED=PLUGIN)


def test_a_file_of_another_name_is_not_read(fleet: Fleet) -> None:
    told = fleet.failing("--list", source=fleet.source("fleet.yml"))
    assert "could not be verified by inventory plugin 'wpmultisite.runcloud.runcloud'" in told
    assert fleet.emu.calls() == []


def test_another_ending(fleet: Fleet) -> None:
    assert "app-network" in fleet.run("--graph", source=fleet.source("runcloud.yaml")).output


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            {"action": "status", "status": 403, "path": "/servers/1904/webapps"},
            [
                "GET /servers/1904/webapps: HTTP 403",
                "A server that is not yours to read goes into exclude_servers: 1904.",
            ],
        ),
        ({"action": "lose_row", "path": "/servers/1903/webapps"}, ["the listing does not add up, twice in a row"]),
        (
            {"action": "status", "status": 401, "path": "/servers", "body": {"message": f"no such token {TOKEN}"}},
            ["no such token ********", "this machine's address is not on the account's IP allow-list"],
        ),
        ({"action": "status", "status": 500, "path": "/servers/1904/users"}, ["GET /servers/1904/users: HTTP 500"]),
        (
            {"action": "status", "status": 429, "seconds": 90, "path": "/servers/1904/webapps"},
            ["HTTP 429", "raise retry_budget"],
        ),
    ],
)
def test_a_listing_that_is_not_whole_is_none(fleet: Fleet, fault: dict[str, Any], words: list[str]) -> None:
    fleet.emu.fault(**fault)
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(fleet.folder / "cache")}
    told = fleet.refused(system_users=True, retry_budget=1, **cache)
    for part in ("fleet.runcloud.yml gives no inventory.", *words):
        assert part in told
    assert TOKEN not in told and list((fleet.folder / "cache").iterdir()) == []


def test_a_panel_that_asks_for_patience_is_asked_again(fleet: Fleet) -> None:
    fleet.emu.fault(action="status", status=429, seconds=0, path="/servers/1904/webapps", times=2)
    assert sorted(fleet.listed()["_meta"]["hostvars"]) == ["app-network", "shop.web-1", "shop.web-2"]
    assert [entry.status for entry in fleet.emu.journal] == [200, 200, 200, 429, 429, 200]


def test_nobody_answers(fleet: Fleet) -> None:
    fleet.source(retry_budget=0)
    with closed_port() as port:
        told = fleet.failing("--list", RUNCLOUD_API_URL=f"http://127.0.0.1:{port}/api")
    assert "GET /servers: cannot connect. Check the network, api_url and any proxy." in told


def test_no_server_is_an_error(fleet: Fleet) -> None:
    fleet.emu.seed({"servers": [], "webapps": []})
    assert "The panel shows no server to these credentials." in fleet.refused()


def test_names_that_are_not_there(fleet: Fleet) -> None:
    told = fleet.refused(include_servers=["web-1", "web-9", "db-*"], include_webapps=["blog", "646"])
    assert "include_servers: web-9 is not there; there are: web-1 (1903), web-2 (1904)." in told
    assert "include_webapps: blog is not there; there are: app-network (646), shop (647)." in told


def test_a_server_without_an_address(fleet: Fleet) -> None:
    fleet.emu.seed({"servers": [{"id": 1, "name": "web", "ipAddress": "-oProxyCommand=touch${IFS}pwned"}]})
    assert "The server web (1) has no IP address in the panel" in fleet.refused()
    assert "ansible_host" not in fleet.listed(set_ansible_host=False)["_meta"]["hostvars"]["network"]


@pytest.mark.parametrize(
    "options",
    [
        {"compose": {"user": "nobody_set_this"}},
        {"groups": {"some": "runcloud_webapp_id > 646 or nobody_set_this"}},
        {"keyed_groups": [{"key": "nobody_set_this"}]},
    ],
)
def test_an_expression_that_fails_leaves_no_host_behind(fleet: Fleet, options: dict[str, Any]) -> None:
    # Where the run goes on all the same, with what other sources hold.
    fleet.source(strict=True, **options)
    write_json(fleet.folder / "own.json", {"all": {"hosts": {"app-network": {"own": 1}}}})
    command = ("-i", "own.json", "-i", "fleet.runcloud.yml", "--list")
    lenient = {**fleet.environment, "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "false"}
    with started(fleet.folder, *command, environment=lenient, program="ansible-inventory") as process:
        output, errors = process.communicate()
    assert "nobody_set_this" in errors
    assert sorted(json.loads(output)["_meta"]["hostvars"]) == ["app-network"]


def test_two_web_apps_of_one_name_in_two_sources_are_refused(fleet: Fleet) -> None:
    fleet.source("a.runcloud.yml", include_servers=["web-1"])
    fleet.source("b.runcloud.yml", include_servers=["web-2"])
    told = fleet.failing("-i", "b.runcloud.yml", "--list", source="a.runcloud.yml")
    assert (
        "The web app 648 would be the host shop, which is the name of the host of web app 647 in another source" in told
    )


def test_a_host_with_the_name_of_a_group_is_refused(fleet: Fleet) -> None:
    write_json(fleet.folder / "a.json", {"shop": {"hosts": {"other": {}}}})
    fleet.source("b.runcloud.yml", include_servers=["web-1"])
    told = fleet.failing("-i", "b.runcloud.yml", "--list", source="a.json")
    assert "The web app 647 would be the host shop, which is the name of a group" in told


def test_without_requests_it_says_what_to_install(fleet: Fleet) -> None:
    (fleet.folder / "requests.py").write_text("raise ImportError('not here')")
    fleet.source()
    told = fleet.failing("--list", PYTHONPATH=str(fleet.folder))
    assert "Failed to import the required Python library (requests)" in told and json.dumps(TOKEN) not in told
