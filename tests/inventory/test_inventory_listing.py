# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ansible-inventory makes of a panel: hosts, groups, variables, and how many calls that takes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.docs.blocks import documented
from tests.emulator import KEY, PULL_KEYS, SECRET, TOKEN
from tests.inventory.fleet import Fleet, hostvars, plain
from tests.playbooks.runner import FROM_FILES, run, snapshot, write_json

PAGE = "page=1&perPage=40"
SERVERS = [f"GET /servers?{PAGE}", f"GET /servers/shared?{PAGE}"]
APPS = [f"GET /servers/1903/webapps?{PAGE}", f"GET /servers/1904/webapps?{PAGE}"]
NETWORK: dict[str, Any] = {
    "ansible_host": "203.0.113.10",
    "runcloud_app_name": "app-network",
    "runcloud_app_type": "wordpress",
    "runcloud_php_version": "php83rc",
    "runcloud_public_path": "/home/alice/webapps/app-network",
    "runcloud_root_path": "/home/alice/webapps/app-network",
    "runcloud_server_address": "203.0.113.10",
    "runcloud_server_id": 1903,
    "runcloud_server_name": "web-1",
    "runcloud_server_online": True,
    "runcloud_server_provider": "Akamai (Linode)",
    "runcloud_server_stack": "nginx",
    "runcloud_server_tags": ["live"],
    "runcloud_stack": "hybrid",
    "runcloud_stack_mode": "production",
    "runcloud_user_id": 5,
    "runcloud_webapp_id": 646,
}


@pytest.mark.parametrize(
    ("version", "options"),
    [("v3", {"api_token": TOKEN}), ("v2", {"api_key": KEY, "api_secret": SECRET})],
)
def test_web_apps_are_hosts_and_servers_are_groups(fleet: Fleet, version: str, options: dict[str, Any]) -> None:
    listing = fleet.listed(**options)
    assert fleet.emu.calls() == SERVERS + APPS
    assert {entry.version for entry in fleet.emu.journal} == {version}
    assert listing["server_web_1"]["hosts"] == ["app-network", "shop.web-1"]
    assert listing["server_web_2"]["hosts"] == ["shop.web-2"]
    found = hostvars(listing)
    assert found["app-network"] == NETWORK
    shared = found["shop.web-2"]
    assert (shared["ansible_host"], shared["runcloud_server_id"], shared["runcloud_webapp_id"]) == (
        "2001:db8::4",
        1904,
        648,
    )
    assert shared["runcloud_server_online"] is False
    assert not any(key in json.dumps(listing) for key in PULL_KEYS)


def test_the_users_are_listed_when_asked_for(fleet: Fleet) -> None:
    found = hostvars(fleet.listed(system_users=True, set_ansible_host=False, hostname="id"))
    assert {host: row["runcloud_user"] for host, row in found.items()} == {
        "webapp-646": "alice",
        "webapp-647": "alice",
        "webapp-648": "bob",
    }
    assert "ansible_host" not in found["webapp-646"]
    users = [f"GET /servers/{server}/users?{PAGE}" for server in (1903, 1904)]
    assert sorted(fleet.emu.calls()) == sorted(SERVERS + APPS + users)


@pytest.mark.parametrize("switches", [{"per_page": "ignored"}, {"pagination_meta": "none", "links_next": "absent"}])
def test_every_page_is_read(fleet: Fleet, switches: dict[str, Any]) -> None:
    fleet.emu.seed(
        {
            "servers": [{"id": 100 + number, "name": f"s{number}"} for number in range(45)],
            "webapps": [{"id": 1000 + number, "server_id": 144, "name": f"app{number}"} for number in range(90)],
        }
    )
    fleet.emu.switch(**switches)
    listing = fleet.listed(include_servers=["s44"])
    assert sorted(hostvars(listing)) == sorted(f"app{number}" for number in range(90))
    paths = [entry.path for entry in fleet.emu.journal]
    pages = {name: paths.count(path) for name, path in (("servers", "/servers"), ("apps", "/servers/144/webapps"))}
    # Without a word about the number of pages only an empty one says that there are no more.
    expected = (3, 5) if "per_page" in switches else (3, 4)
    assert pages == dict(zip(("servers", "apps"), expected, strict=True))
    assert set(paths) == {"/servers", "/servers/shared", "/servers/144/webapps"}


def test_what_is_left_out_costs_no_call(fleet: Fleet) -> None:
    listing = fleet.listed(include_servers=["WEB-*"], exclude_servers=[1904], exclude_webapps=["app-*"])
    # On the one server that is left the name is unique.
    assert sorted(hostvars(listing)) == ["shop"] and "server_web_2" not in listing
    assert fleet.emu.calls() == SERVERS + APPS[:1]


def test_expressions_make_groups_and_variables(fleet: Fleet) -> None:
    fleet.emu.seed(
        {
            "servers": [{"id": 1, "name": "web", "tags": ["all", "a b;{{ 7*7 }}"]}],
            "webapps": [{"id": 2, "name": "one"}, {"id": 3, "name": "two", "type": "custom"}],
        }
    )
    listing = fleet.listed(
        strict=True,
        compose={"multisite_domains_path": "runcloud_public_path", "ansible_port": "2222 + runcloud_webapp_id"},
        groups={"multisites": "runcloud_app_type == 'wordpress'"},
        keyed_groups=[
            {"key": "runcloud_app_type", "prefix": "type", "parent_group": "types"},
            {"key": "runcloud_server_tags", "prefix": "tag"},
        ],
    )
    assert listing["multisites"]["hosts"] == ["one"]
    assert sorted(listing["types"]["children"]) == ["type_custom", "type_wordpress"]
    assert listing["tag_a_b____7_7___"]["hosts"] == listing["tag_all"]["hosts"] == ["one", "two"]
    one = hostvars(listing)["one"]
    assert (one["multisite_domains_path"], one["ansible_port"]) == ("/home/runcloud/webapps/one", 2224)


def test_a_template_in_a_string_of_the_panel_stays_text(fleet: Fleet) -> None:
    evil = "{{ 7*7 }}"
    fleet.emu.seed(
        {
            "servers": [{"id": 1, "name": evil, "tags": [evil], "provider": "{% for"}],
            "webapps": [{"id": 2, "name": evil, "rootPath": evil, "phpVersion": "{{ lookup('pipe', 'touch pwned') }}"}],
        }
    )
    fleet.source(
        compose={"composed": "runcloud_root_path ~ '!'", "multisite_domains_path": "runcloud_root_path"},
        keyed_groups=[{"key": "runcloud_app_name", "prefix": "", "separator": ""}],
        cache=True,
        cache_plugin="ansible.builtin.jsonfile",
        cache_connection=str(fleet.folder / "cache"),
    )
    names = ("runcloud_app_name", "runcloud_root_path", "runcloud_php_version", "runcloud_server_name", "composed")
    shown = (
        "[" + ", ".join((*names, "runcloud_server_tags", "runcloud_server_provider", "multisite_domains_path")) + "]"
    )
    tasks = [{"ansible.builtin.debug": {"msg": "{{ %s }}" % shown}}]
    play = [{"hosts": "all", "gather_facts": False, "tasks": tasks}]
    expected = [evil, evil, "{{ lookup('pipe', 'touch pwned') }}", evil, evil + "!", [evil], "{% for", evil]
    for calls in (3, 3):  # the second run reads the cache
        arguments = ("-i", "fleet.runcloud.yml", write_json(fleet.folder / "site.yml", play))
        ran = run(fleet.folder, *arguments, environment=fleet.environment)
        (result,) = ran.results("7-7")
        assert result["msg"] == expected
        assert len(fleet.emu.journal) == calls
    assert not Path(fleet.folder, "pwned").exists()


def test_the_role_takes_its_web_app_from_the_inventory(fleet: Fleet) -> None:
    fleet.emu.put_domain(646, "network.com", type="primary")
    fleet.source(include_webapps=["app-network"], groups={"multisites": "runcloud_app_type == 'wordpress'"})
    write_json(fleet.folder / "snapshot.json", snapshot("client.com"))
    variables = {**FROM_FILES, "multisite_domains_file": "snapshot.json", "multisite_domains_dns": False}
    (fleet.folder / "group_vars").mkdir()
    write_json(fleet.folder / "group_vars/multisites.json", variables)
    arguments = ("-i", "fleet.runcloud.yml", "wpmultisite.runcloud.converge")
    ran = run(fleet.folder, *arguments, environment=fleet.environment)
    assert ran.entries("app-network", "added").keys() == {"client.com"}
    assert [row["name"] for row in fleet.emu.domains(646)] == ["network.com", "client.com"]
    assert fleet.emu.domains(647) == fleet.emu.domains(648) == []


def test_the_graph(fleet: Fleet) -> None:
    fleet.source(include_servers=["web-1"])
    assert fleet.run("--graph").output.splitlines() == [
        "@all:",
        "  |--@ungrouped:",
        "  |--@server_web_1:",
        "  |  |--app-network",
        "  |  |--shop",
    ]


def test_the_examples(fleet: Fleet) -> None:
    password = ("--vault-password-file", "password")
    (fleet.folder / "password").write_text("of the vault")
    (fleet.folder / "token.vault").write_text(TOKEN)
    run(fleet.folder, "encrypt", *password, "token.vault", program="ansible-vault")
    written = []
    for text in documented("inventory/runcloud", "EXAMPLES").replace("~/", f"{fleet.folder}/").split("---\n"):
        (name,) = re.findall(r"\A\n?# ([\w.]+),", text)
        (fleet.folder / name).write_text(text)
        written.append(name)
    assert written == ["fleet.runcloud.yml", "cached.runcloud.yml"]
    listing = plain(json.loads(fleet.run("--list").output))
    assert listing["multisites"]["hosts"] == ["webapp-646", "webapp-648"]
    network = hostvars(listing)["webapp-646"]
    assert network["ansible_user"] == "alice" and network["multisite_domains_path"] == NETWORK["runcloud_public_path"]
    bare = {"RUNCLOUD_API_TOKEN": ""}
    for _ in range(2):
        graph = fleet.run("--graph", *password, source="cached.runcloud.yml", **bare).output
        assert "@php_php83rc:\n  |  |--app-network\n" in graph
    assert len(fleet.emu.calls()) == 6 + 4


def test_the_documentation_is_shown(fleet: Fleet) -> None:
    arguments = ("--type", "inventory", "--json", "wpmultisite.runcloud.runcloud")
    document = json.loads(run(fleet.folder, *arguments, program="ansible-doc").output)
    options = document["wpmultisite.runcloud.runcloud"]["doc"]["options"]
    assert {"plugin", "api_token", "hostname", "compose", "keyed_groups", "cache_plugin", "system_users"} <= set(
        options
    )
    # Nothing is written by an inventory.
    assert "write_interval" not in options
