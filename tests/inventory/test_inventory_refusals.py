# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where there is no inventory: never a shorter one, and words that say what to do."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

import pytest

from tests.emulator import TOKEN, Emulator
from tests.inventory.fleet import PLUGIN, Fleet
from tests.playbooks.runner import closed_port, started, write_json

# Each is a source of its own, and one run reads them all.
WRONG: dict[str, Any] = {
    "api_key": [1],
    "api_url": "http://panel.example/api",
    "ca_path": "/not/there",
    "timeout": 0,
    "retry_budget": "soon",
    "hostname": "uuid",
    "include_server": "web-1",
    "exclude_webapps": [" "],
    "system_users": "perhaps",
    "compose": "x",
    "api_version": "v4",
}
STRICT: dict[str, Any] = {"include_servers": ["plain"], "strict": True}
SOURCES: dict[str, dict[str, Any]] = {
    "wrong": WRONG,
    "missing": {"include_servers": ["plain", "web-9", "db-*"], "include_webapps": ["blog", "1"]},
    "address": {"include_servers": ["hostile"]},
    "compose": {**STRICT, "compose": {"user": "nobody_set_this"}},
    "groups": {**STRICT, "groups": {"some": "runcloud_webapp_id > 0 and nobody_set_this"}},
    "keyed": {**STRICT, "keyed_groups": [{"key": "nobody_set_this"}]},
    "forbidden": {"include_servers": ["plain", "forbidden"]},
    "lossy": {"include_servers": ["plain", "lossy"]},
    "busy": {"include_servers": ["plain", "busy"], "retry_budget": 1},
    "users": {"include_servers": ["plain", "unread"], "system_users": True, "retry_budget": 1},
    "group": {"include_servers": ["grouped"]},
    "cache": {"include_servers": ["plain"], "cache": True, "cache_plugin": "ansible.builtin.jsonfile"},
    "good": {"include_servers": ["twin-1"]},
    "twin": {"include_servers": ["twin-2"]},
}
TEXTS = {"empty": "", "other": "plugin: ansible.builtin.host_group_vars_of_nobody", "broken": "plugin: ["}
NAMES = ["plain", "hostile", "forbidden", "lossy", "busy", "unread", "grouped", "twin-1", "twin-2"]


class Told(NamedTuple):
    """What became of the sources: the words about each by its name, and the hosts that there are."""

    words: dict[str, str]
    hosts: dict[str, dict[str, Any]]
    errors: str


def _seed(emu: Emulator) -> None:
    """A server of each name, with two web apps."""
    servers = [{"id": number, "name": name} for number, name in enumerate(NAMES, 1)]
    servers[1]["ipAddress"] = "-oProxyCommand=touch${IFS}pwned"
    apps = {"grouped": ("taken", "free"), "twin-1": ("twin", "one"), "twin-2": ("twin", "two")}
    rows = [(number, apps.get(name, (f"{name}-a", f"{name}-b"))) for number, name in enumerate(NAMES, 1)]
    emu.seed(
        {
            "servers": servers,
            "webapps": [
                {"id": 10 * server + place, "server_id": server, "name": name}
                for server, names in rows
                for place, name in enumerate(names)
            ],
        }
    )
    emu.fault(action="status", status=403, path="/servers/3/webapps")
    emu.fault(action="lose_row", path="/servers/4/webapps")
    emu.fault(action="status", status=429, seconds=90, path="/servers/5/webapps")
    emu.fault(action="status", status=500, path="/servers/6/users")


@pytest.fixture(scope="module")
def told(_server: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Told:
    """One run that reads every source, as lenient as Ansible is by itself."""
    _server.reset()
    _seed(_server)
    fleet = Fleet(_server, tmp_path_factory.mktemp("refusals"))
    write_json(fleet.folder / "own.json", {"taken": {"hosts": {"plain-a": {}}}})
    files = ["own.json", fleet.source("named.yml")]
    files += [fleet.source(f"{name}.runcloud.yml", **options) for name, options in SOURCES.items()]
    for name, text in TEXTS.items():
        files.append(f"{name}.runcloud.yml")
        (fleet.folder / files[-1]).write_text(text)
    command = [part for name in files for part in ("-i", name)]
    # The plugin is named, so that it reads what does not name it, too.
    environment = {
        **fleet.environment,
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "false",
        "ANSIBLE_INVENTORY_ENABLED": f"{PLUGIN},auto,yaml",
    }
    with started(fleet.folder, *command, "--list", environment=environment, program="ansible-inventory") as process:
        output, errors = process.communicate()
    found = re.findall(r"/(\w+)\.runcloud\.yml gives no inventory\. (.*?)\n\nFailed to parse", errors, re.DOTALL)
    return Told(dict(found), json.loads(output)["_meta"]["hostvars"], errors)


@pytest.mark.parametrize(
    "words",
    [
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
    ],
)
def test_all_that_is_wrong_with_the_options_is_told_at_once(told: Told, words: str) -> None:
    assert words in told.words["wrong"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("empty", ["It must hold options, such as plugin: wpmultisite.runcloud.runcloud."]),
        ("other", ["plugin: must be one of wpmultisite.runcloud.runcloud."]),
        ("broken", ["It cannot be read as YAML"]),
        ("missing", ["include_servers: web-9 is not there; there are: plain (1), hostile (2), "]),
        ("missing", ["include_webapps: blog, 1 is not there; there are: plain-a (10), plain-b (11)."]),
        (
            "address",
            ["The server hostile (2) has no IP address in the panel: exclude it, or say set_ansible_host: false."],
        ),
        ("compose", ["Could not set user for host plain-a", "'nobody_set_this' is undefined"]),
        ("groups", ["Could not add host plain-a to group some", "'nobody_set_this' is undefined"]),
        ("keyed", ["Could not generate group for host plain-a", "'nobody_set_this' is undefined"]),
        (
            "forbidden",
            ["GET /servers/3/webapps: HTTP 403", "A server that is not yours to read goes into exclude_servers: 3."],
        ),
        ("lossy", ["GET /servers/4/webapps: the listing does not add up, twice in a row"]),
        ("busy", ["GET /servers/5/webapps: HTTP 429", "raise retry_budget"]),
        ("users", ["GET /servers/6/users: HTTP 500"]),
        ("group", ["The web app 70 would be the host taken, which is the name of a group: choose another hostname"]),
        ("cache", ["A cache that lasts needs a folder: set cache_connection."]),
        (
            "twin",
            ["The web app 90 would be the host twin, which is the name of the host of web app 80 in another source"],
        ),
    ],
)
def test_what_stands_in_the_way(told: Told, source: str, words: list[str]) -> None:
    assert [part for part in words if part not in told.words[source]] == []


def test_of_a_refused_source_no_host_is_left(told: Told) -> None:
    assert set(told.words) == {*SOURCES, *TEXTS} - {"good"}
    # The host of another source stays.
    assert sorted(told.hosts) == ["one", "plain-a", "twin"]
    assert told.hosts["twin"]["runcloud_webapp_id"] == 80


def test_a_file_of_another_name_is_not_read(told: Told) -> None:
    assert "named.yml' could not be verified by inventory plugin 'wpmultisite.runcloud.runcloud'" in told.errors


def test_faults_of_options_ask_nobody(fleet: Fleet) -> None:
    assert "hostname: must be one of" in fleet.refused(hostname="uuid")
    assert fleet.emu.calls() == []


def test_the_panel_s_words_without_the_secret_and_nothing_is_cached(fleet: Fleet) -> None:
    fleet.emu.fault(action="status", status=401, path="/servers", body={"message": f"no such token {TOKEN}"})
    cache = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(fleet.folder / "cache")}
    text = fleet.refused("-vvvvv", **cache)
    assert "GET /servers: HTTP 401: no such token ********." in text and TOKEN not in text
    assert "this machine's address is not on the account's IP allow-list" in text
    assert list((fleet.folder / "cache").iterdir()) == []


def test_a_panel_that_asks_for_patience_is_asked_again(fleet: Fleet) -> None:
    fleet.emu.fault(action="status", status=429, seconds=0, path="/servers/1904/webapps", times=2)
    assert sorted(fleet.listed(set_ansible_host=False)["_meta"]["hostvars"]) == [
        "app-network",
        "shop.web-1",
        "shop.web-2",
    ]
    assert [entry.status for entry in fleet.emu.journal] == [200, 200, 200, 429, 429, 200]


def test_nobody_answers(fleet: Fleet) -> None:
    fleet.source(retry_budget=0)
    with closed_port() as port:
        text = fleet.failing("--list", RUNCLOUD_API_URL=f"http://127.0.0.1:{port}/api")
    assert "GET /servers: cannot connect. Check the network, api_url and any proxy." in text


def test_no_server_is_an_error(fleet: Fleet) -> None:
    fleet.emu.seed({"servers": [], "webapps": []})
    assert "The panel shows no server to these credentials." in fleet.refused()


def test_without_requests_it_says_what_to_install(fleet: Fleet) -> None:
    (fleet.folder / "requests.py").write_text("raise ImportError('not here')")
    fleet.source()
    text = fleet.failing("--list", PYTHONPATH=str(fleet.folder))
    assert "Failed to import the required Python library (requests)" in text and TOKEN not in text
