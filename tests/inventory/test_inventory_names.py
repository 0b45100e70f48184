# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pure part of the inventory: names that are safe and unique, choices, and which cached listing may be used."""

from __future__ import annotations

import copy
import importlib
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

hosts = importlib.import_module("ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._inventory")

ODD = st.sampled_from(
    ["a", "A", "a.b", "a.1", "a.b.1.1", "b", "", "***", "all", "localhost", "-x", "ä", "{{ 7*7 }}", "server_b"]
)
SERVERS = st.lists(st.tuples(st.integers(1, 3), ODD | st.text(max_size=4)), max_size=3, unique_by=lambda row: row[0])
APPS = st.lists(st.tuples(st.integers(1, 3), st.integers(1, 9), ODD | st.text(max_size=4)), max_size=9)


def _world(servers: Any, apps: Any) -> tuple[list[dict[str, Any]], dict[str, list[dict[str, Any]]]]:
    rows = [{"id": key, "name": name} for key, name in servers]
    owned: dict[str, dict[int, dict[str, Any]]] = {str(row["id"]): {} for row in rows}
    for server, key, name in apps:
        if str(server) in owned:
            owned[str(server)][key] = {"id": key, "name": name}
    return rows, {key: list(found.values()) for key, found in owned.items()}


@given(servers=SERVERS, apps=APPS, rule=st.sampled_from(["name", "name_and_server", "id"]))
@settings(deadline=None)
def test_each_host_has_a_safe_name_of_its_own_whatever_the_panel_says(servers: Any, apps: Any, rule: str) -> None:
    rows, owned = _world(servers, apps)
    groups = hosts.server_groups(rows)
    assert sorted(groups) == sorted(row["id"] for row in rows)
    assert all(re.fullmatch(r"server_\w*", name, re.ASCII) for name in groups.values())
    places = hosts.placed(rows, owned, rule, groups.values())
    assert sorted((place.server["id"], place.app["id"]) for place in places) == sorted(
        (int(server), app["id"]) for server, found in owned.items() for app in found
    )
    names = [place.host.lower() for place in places]
    folded = [name.lower() for name in groups.values()]
    assert len({*names, *folded, "all", "ungrouped", "localhost"}) == len(names) + len(folded) + 3
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", place.host) for place in places)
    # The panel's order makes no difference.
    turned = hosts.placed(rows[::-1], {key: found[::-1] for key, found in owned.items()}, rule, groups.values())
    assert sorted(places, key=repr) == sorted(turned, key=repr)


@pytest.mark.parametrize(
    ("names", "rule", "expected"),
    [
        (["shop", "blog"], "name", ["shop", "blog"]),
        (["shop", "Shop"], "name", ["shop.web", "Shop.db"]),
        (["shop", "blog"], "name_and_server", ["shop.web", "blog.db"]),
        (["shop", "blog"], "id", ["webapp-11", "webapp-12"]),
        (["shop", "shop.db"], "name_and_server", ["shop.web", "shop.db.db"]),
        (["$(reboot)", "-oProxyCommand=x"], "name", ["reboot", "oProxyCommand-x"]),
        (["***", "all"], "name", ["webapp", "all.db"]),
        (["server_db", "a:b,c!d&e"], "name", ["server_db.web", "a-b-c-d-e"]),
        (["x" * 300, "ok"], "name", ["x" * 100, "ok"]),
    ],
)
def test_names_of_hosts(names: list[str], rule: str, expected: list[str]) -> None:
    servers = [{"id": 1, "name": "web"}, {"id": 2, "name": "db"}]
    apps = {"1": [{"id": 11, "name": names[0]}], "2": [{"id": 12, "name": names[1]}]}
    groups = hosts.server_groups(servers)
    assert [place.host for place in hosts.placed(servers, apps, rule, groups.values())] == expected


def test_names_where_even_the_server_is_the_same() -> None:
    servers = [{"id": 1, "name": "web"}, {"id": 2, "name": "WEB"}]
    apps = {"1": [{"id": 11, "name": "a"}], "2": [{"id": 12, "name": "a"}]}
    groups = hosts.server_groups(servers)
    assert groups == {1: "server_web_1", 2: "server_WEB_2"}
    assert [place.host for place in hosts.placed(servers, apps, "name", groups.values())] == ["a.1.11", "a.2.12"]


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        ([], [], [1, 2, 3]),
        (["web-*"], [], [1, 2]),
        (["WEB-1"], [], [1]),
        (["2", "web-1"], [], [1, 2]),
        (["odd[1]"], [], [3]),
        ([], ["web-?"], [3]),
        (["web-*"], ["2"], [1]),
        (["*"], ["*"], []),
    ],
)
def test_choices(include: list[str], exclude: list[str], expected: list[int]) -> None:
    rows = [{"id": 1, "name": "web-1"}, {"id": 2, "name": "Web-2"}, {"id": 3, "name": "odd[1]"}]
    choice = hosts.Choice(include, exclude)
    assert [row["id"] for row in rows if choice.has(row)] == expected and choice.missing(rows) == []


def test_a_plain_name_that_is_not_there_is_missed_and_a_pattern_is_not() -> None:
    rows = [{"id": 1, "name": "web-1"}]
    assert hosts.Choice(["web-1", "web-2", "4", "db-*"], []).missing(rows) == ["web-2", "4"]


SOURCE = hosts.Source("https://panel.example/api", "v3")
ALL = hosts.Choice([], [])
WHOLE = hosts.listing(
    SOURCE,
    [{"id": 1, "name": "web"}, {"id": 2, "name": "db"}],
    {1: [{"id": 11, "name": "a", "pullKey1": "secret"}]},
    {},
)
FIRST = hosts.Choice(["web"], [])


def test_a_listing_keeps_no_secret_and_answers_what_it_has_read() -> None:
    assert "secret" not in repr(WHOLE) and WHOLE["webapps"]["1"][0]["name"] == "a"
    assert hosts.answers(WHOLE, hosts.Wanted(SOURCE, FIRST, ALL, False))


@pytest.mark.parametrize(
    ("source", "servers", "apps", "users"),
    [
        (hosts.Source("https://other.example/api", "v3"), FIRST, ALL, False),
        (hosts.Source("https://panel.example/api", "v2"), FIRST, ALL, False),
        (SOURCE, ALL, ALL, False),
        (SOURCE, hosts.Choice(["web", "new"], []), ALL, False),
        (SOURCE, FIRST, hosts.Choice(["new"], []), False),
        (SOURCE, FIRST, ALL, True),
    ],
)
def test_a_listing_that_does_not_answer(source: Any, servers: Any, apps: Any, users: bool) -> None:
    assert not hosts.answers(WHOLE, hosts.Wanted(source, servers, apps, users))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("format", "wpmultisite.inventory/2"),
        ("servers", None),
        ("servers", [{"name": "web"}]),
        ("servers", ["web"]),
        ("webapps", []),
        ("webapps", {"1": [{"id": "11"}]}),
        ("webapps", {"1": {}}),
        ("users", None),
        ("users", {"1": [{"username": "alice"}]}),
    ],
)
def test_a_damaged_listing_is_not_used(key: str, value: Any) -> None:
    broken = {**copy.deepcopy(WHOLE), key: value}
    assert not hosts.answers(broken, hosts.Wanted(SOURCE, FIRST, ALL, False))


@pytest.mark.parametrize("document", [None, "text", [], {}])
def test_what_is_no_listing_is_not_used(document: Any) -> None:
    assert not hosts.answers(document, hosts.Wanted(SOURCE, FIRST, ALL, False))


@pytest.mark.parametrize("value", [7, ["a"], {"a": 1}, True, None])
def test_a_value_of_another_type_is_not_said(value: Any) -> None:
    server = {"id": 1, "name": value, "ipAddress": value, "tags": value, "online": True, "connected": True}
    app = {"id": 11, "name": value, "rootPath": value, "server_user_id": value}
    said = hosts.variables(hosts.Placed("a", server, app), {})
    assert said["runcloud_app_name"] is said["runcloud_root_path"] is said["runcloud_server_address"] is None
    assert said["runcloud_server_tags"] == (["a"] if value == ["a"] else []) and "runcloud_user" not in said


@pytest.mark.parametrize("address", ["", "-oProxyCommand=x", "web.example", "fe80::1%eth0", "203.0.113.10 -v", None, 7])
def test_what_is_no_address(address: Any) -> None:
    row = {"id": 1, "name": "web", "ipAddress": address}
    assert hosts.without_address([row, {**row, "ipAddress": "203.0.113.10"}, {**row, "ipAddress": "2001:db8::1"}]) == [
        row
    ]
