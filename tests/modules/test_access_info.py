# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The access to a web app is proved, and each thing that keeps it from working is told as what it is, without a write."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import PULL_KEYS, Emulator
from tests.modules.harness import NETWORK, Runner, columns, writes

SERVERS = [
    {"id": 1, "name": "web-1", "ipAddress": "203.0.113.10"},
    {"id": 2, "name": "web-2", "ipAddress": "203.0.113.20"},
    {"id": 3, "name": "away", "online": False},
    {"id": 4, "name": "mute", "connected": False},
]
APPS = [
    {"id": 11, "server_id": 1, "name": "network", "server_user_id": 1647, "phpVersion": "php83rc"},
    {"id": 12, "server_id": 1, "name": "shop"},
    {"id": 21, "server_id": 2, "name": "network"},
    {"id": 22, "server_id": 2, "name": "blog", "publicPath": "/home/blog/webapps/blog/public"},
    {"id": 31, "server_id": 3, "name": "asleep"},
    {"id": 41, "server_id": 4, "name": "silent"},
]
ROWS = [
    {"webapp_id": 11, "name": NETWORK, "type": "primary", "www": 1},
    {"webapp_id": 11, "name": "a-client.com"},
    {"webapp_id": 12, "name": "shop.com"},
    {"webapp_id": 21, "name": "twice.com"},
    {"webapp_id": 12, "name": "twice.com"},
    {"webapp_id": 22, "name": "*.blog.com"},
    {"webapp_id": 31, "name": "asleep.com"},
    {"webapp_id": 41, "name": "silent.com"},
]
USERS = [{"id": 1647, "server_id": 1, "username": "network"}]


@pytest.fixture(autouse=True)
def world(emu: Emulator) -> None:
    emu.seed({"servers": SERVERS, "webapps": APPS, "domains": ROWS, "users": USERS})


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_what_is_found(run: Runner, emu: Emulator, version: str) -> None:
    url = "https://manage.runcloud.io/servers/1/webapplications/11"
    result = run("access_info", panel_url=url, domain=NETWORK, api_version=version)
    assert result["server"] == {"id": 1, "name": "web-1", "address": "203.0.113.10"}
    root = "/home/network/webapps/network"
    assert result["webapp"] == {"id": 11, "name": "network", "root": root, "php_version": "php83rc"}
    assert result["system_user"] == "network"
    assert result["domains"] == [NETWORK, "a-client.com"]
    app = "/servers/1/webapps/11"
    assert [entry.path for entry in emu.journal] == [
        "/ping",
        "/servers/1",
        app,
        f"{app}/domains",
        "/servers/1/users/1647",
    ]
    assert result["api_calls"] == {"GET": 5, "total": 5}
    assert not result.get("changed")
    assert not any(key in result.output for key in PULL_KEYS)


@pytest.mark.parametrize(
    ("options", "found"),
    columns(
        [
            ("the newer address", {"panel_url": "https://manage.runcloud.io/servers/2/apps/22/settings?tab=1"}, 22),
            ("a server's address and a name", {"panel_url": "https://x.io/servers/2/dashboard", "webapp": "blog"}, 22),
            ("a server's address and a domain", {"panel_url": "https://x.io/servers/2", "domain": "any.blog.com"}, 22),
            ("names", {"server": "web-2", "webapp": "network"}, 21),
            ("a name on any server", {"webapp": "shop"}, 12),
            ("a domain on any server", {"domain": f"www.{NETWORK}"}, 11),
            ("a wildcard's name", {"domain": "any.blog.com"}, 22),
            ("numbers", {"server_id": 2, "webapp_id": 21}, 21),
            ("a name and a number", {"server": "web-2", "webapp_id": 21}, 21),
            ("a network that nobody serves yet", {"server_id": 2, "webapp_id": 21, "domain": "new-network.com"}, 21),
        ]
    ),
)
def test_ways_to_name_it(run: Runner, emu: Emulator, options: dict[str, Any], found: int) -> None:
    result = run("access_info", **options)
    assert result.get("webapp", result)["id"] == found
    paths = [entry.path for entry in emu.journal]
    assert len(paths) == len(set(paths)), "something was read twice"


def test_the_folder_is_the_public_one(run: Runner) -> None:
    assert run("access_info", webapp="blog")["webapp"]["root"] == "/home/blog/webapps/blog/public"


@pytest.mark.parametrize(
    ("options", "words"),
    columns(
        [
            (
                "offline",
                {"webapp": "asleep"},
                "The server away (3) is offline: RunCloud would take changes and not carry",
            ),
            ("not connected", {"webapp": "silent"}, "The server mute (4) is not connected to the panel"),
            (
                "the wrong web app",
                {"server_id": 1, "webapp_id": 12, "domain": NETWORK},
                f"{NETWORK} is on the web app network (11), not on shop (12): is this the right web app?",
            ),
            ("a wrong server", {"server_id": 99, "webapp_id": 11}, "HTTP 404"),
            ("a wrong web app number", {"server_id": 1, "webapp_id": 99}, "check the ids (server_id, webapp_id)"),
            (
                "a name found twice",
                {"webapp": "network"},
                "More than one web app is called network: web app 11 on server 1",
            ),
            (
                "a domain found twice",
                {"domain": "twice.com"},
                "web app 12 on server 1, web app 21 on server 2. Say which one",
            ),
            (
                "an unknown name",
                {"webapp": "nobody"},
                "No web app is called nobody on the servers to be seen (away, mute, web-1",
            ),
            ("an unknown domain", {"domain": "nobody.com"}, "No web app serves nobody.com on the servers to be seen"),
            (
                "unknown below a server",
                {"server": "web-2", "domain": "nobody.com"},
                "None of the web apps of the server web-2 (2) serves nobody.com. Add it to one of them, or name the web app: "
                "blog (22), network (21).",
            ),
            ("an unknown server", {"server": "web-9", "webapp": "shop"}, "There is no server called web-9"),
        ]
    ),
)
def test_what_is_wrong_with_it(run: Runner, emu: Emulator, options: dict[str, Any], words: str) -> None:
    result = run("access_info", **options)
    assert result.failed
    assert words in result["msg"]
    assert writes(emu) == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            {"action": "status", "status": 401},
            "API access is not enabled for the account or its plan; this machine's address",
        ),
        ({"action": "status", "status": 403}, "the plan or its monthly call quota"),
        ({"action": "html", "status": 403}, "came from the network edge"),
    ],
)
def test_what_is_wrong_with_the_access(run: Runner, emu: Emulator, fault: dict[str, Any], words: str) -> None:
    emu.fault(**fault)
    result = run("access_info", webapp="shop", retry_budget=0)
    assert words in result["msg"]
    assert {entry.path for entry in emu.journal} == {"/ping"}


@pytest.mark.parametrize(
    ("options", "words"),
    columns(
        [
            ("nothing", {}, "Say which web app is meant"),
            ("a server alone", {"panel_url": "https://x.io/servers/2"}, "Say which web app is meant"),
            (
                "no address",
                {"panel_url": "https://x.io/dashboard", "domain": "a_b.com"},
                "holds no number of a server.",
            ),
            (
                "both at once",
                {"panel_url": "https://x.io/dashboard", "domain": "a_b.com"},
                "domain: 'a_b.com' is not usable",
            ),
            ("a number without a server", {"webapp_id": 11}, "webapp_id needs server_id or server"),
            ("both", {"panel_url": "https://x.io/servers/2", "server_id": 2}, "mutually exclusive"),
        ]
    ),
)
def test_bad_input_is_refused_before_any_call(run: Runner, emu: Emulator, options: dict[str, Any], words: str) -> None:
    result = run("access_info", **options)
    assert result.failed and words in result["msg"]
    assert emu.journal == []
