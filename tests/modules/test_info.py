# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules that only read: what they find, what it costs, and that no secret comes with it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import PULL_KEYS, TOKEN, Emulator
from tests.modules.harness import APP, DOMAINS, NETWORK, Runner, columns, numbered, plugin, seed, wishes, writes

ODD: list[str | dict[str, Any]] = [
    {"name": NETWORK, "type": "primary", "www": 1, "redirection": "non-www"},
    {"name": "plain.com"},
    {"name": "both.com", "www": 1},
    "www.both.com",
    "www.alone.com",
    {"name": "pair.com"},
    {"name": "www.pair.com", "redirection": "www"},
    {"name": f"*.{NETWORK}", "wildcard": 1},
    f"covered.{NETWORK}",
    {"name": "flag.com", "wildcard": 1},
    {"name": "old.com", "type": "redirect", "redirection": "www", "www": 1},
    "UPPER.com",
    "odd_name.com",
    {"name": "half.com", "redirection": "non-www", "status": "pending", "dns_integration": "cloudflare"},
    "xn--mller-kva.de",
]


# --- domains ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"purge": True}, {"ownership": "none"}, {"subdomain_install": True}])
@pytest.mark.parametrize("version", ["v2", "v3"])
def test_what_is_read_can_be_fed_back_and_changes_nothing(
    run: Runner, emu: Emulator, version: str, options: dict[str, Any]
) -> None:
    seed(emu, *ODD)
    read = run("domain_info", api_version=version)["domains"]
    assert len(read) == len(ODD)
    emu.clear_journal()
    result = run.converge(domains=read, api_version=version, **options)
    assert not result.failed and not result.get("changed") and result["differs"] == result["refused"] == []
    assert emu.calls() == [f"GET {DOMAINS}?page=1&perPage=40"]
    assert result["domains"] == read
    # An entry at a time as well.
    for entry in read:
        if entry["name"] != "odd_name.com":
            flags = {key: entry[key] for key in ("name", "type", "www", "redirection")}
            assert not run("domain", **flags, api_version=version)["changed"]
    assert writes(emu) == []


def test_a_record_as_it_is_read(run: Runner, emu: Emulator) -> None:
    seed(
        emu,
        {"name": "Half.com.", "www": 1, "redirection": "non-www", "status": "pending", "dns_integration": "cloudflare"},
    )
    assert run("domain_info")["domains"][0] == {
        "id": 702,
        "name": "half.com",
        "type": "alias",
        "www": True,
        "redirection": "non-www",
        "wildcard": False,
        "dns_integration": "cloudflare",
        "status": "pending",
        "created_at": "2024-07-18 01:31:10",
    }


@pytest.mark.parametrize(
    ("row", "expected"),
    columns(
        [
            ("booleans", {"www": True, "wildcard": False}, {"www": True, "wildcard": False}),
            ("texts", {"www": "1", "wildcard": "0"}, {"www": True, "wildcard": False}),
            ("nothing but a name", {}, {"www": False, "type": "unknown", "redirection": "none", "status": None}),
            ("null", {"www": None, "type": None, "redirection": None}, {"www": False, "type": "unknown"}),
        ]
    ),
)
def test_other_forms_of_a_record_are_understood(
    run: Runner, emu: Emulator, row: dict[str, Any], expected: dict[str, Any]
) -> None:
    emu.fault(action="status", status=200, body={"data": [{"id": 7, "name": "x.com", **row}]}, page=1)
    emu.fault(action="status", status=200, body={"data": []}, page=2)
    record = run("domain_info")["domains"][0]
    assert {key: record[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (None, [NETWORK, "a.com", "b.com"]),
        ([], []),
        (["A.com.", "https://b.com/x"], ["a.com", "b.com"]),
        (["nobody.com", "b.com"], ["b.com"]),
    ],
)
def test_names(run: Runner, emu: Emulator, names: list[str] | None, found: list[str]) -> None:
    seed(emu, "b.com", "a.com")
    result = run("domain_info", names=names)
    assert sorted(result.names("domains")) == sorted(found) and not result.get("changed")


def test_names_that_are_none_are_all_told(run: Runner, emu: Emulator) -> None:
    result = run("domain_info", names=["a.com", "-", "x_y.com"])
    assert result.failed and "'-'" in result["msg"] and "'x_y.com'" in result["msg"] and emu.journal == []


# --- servers ----------------------------------------------------------------------------------------------------------

SERVERS = [
    {"id": 1, "name": "web-1"},
    {"id": 2, "name": "web-2", "online": False},
    {"id": 3, "name": "twin"},
    {"id": 4, "name": "twin", "shared": True},
    {"id": 5, "name": "theirs", "shared": True},
]


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize(
    ("options", "found", "calls"),
    columns(
        [
            ("all", {}, [1, 2, 3, 4, 5], ["/servers", "/servers/shared"]),
            ("number", {"server_id": 2}, [2], ["/servers/2"]),
            ("name", {"name": "web-1"}, [1], ["/servers", "/servers/shared"]),
            ("shared", {"name": "theirs"}, [5], ["/servers", "/servers/shared"]),
        ]
    ),
)
def test_servers(
    run: Runner, emu: Emulator, options: dict[str, Any], found: list[int], calls: list[str], version: str
) -> None:
    emu.seed({"servers": SERVERS})
    result = run("server_info", **options, api_version=version)
    assert [server["id"] for server in result["servers"]] == found and not result.get("changed")
    assert [entry.path for entry in emu.journal] == calls
    assert result["api_calls"] == {"GET": len(calls), "total": len(calls)}


@pytest.mark.parametrize(
    ("options", "words"),
    columns(
        [
            (
                "unknown",
                {"name": "web-9"},
                "There is no server called web-9. Those to be seen: theirs, twin, twin, web-1, web-2.",
            ),
            ("part of a name", {"name": "web"}, "There is no server called web."),
            ("two", {"name": "twin"}, "2 servers are called twin: give the number (3, 4)."),
            ("no such number", {"server_id": 9}, "HTTP 404"),
            ("both", {"server_id": 1, "name": "web-1"}, "mutually exclusive"),
            ("no number", {"server_id": 0}, "must be a positive number"),
        ]
    ),
)
def test_no_server(run: Runner, emu: Emulator, options: dict[str, Any], words: str) -> None:
    emu.seed({"servers": SERVERS})
    result = run("server_info", **options)
    assert result.failed and words in result["msg"]


# --- web apps ----------------------------------------------------------------------------------------------------------

APPS = [{"id": 2, "name": "network"}, {"id": 3, "name": "shop"}, {"id": 4, "name": "twin"}, {"id": 5, "name": "twin"}]
ROWS = [
    {"name": NETWORK},
    {"name": f"*.{NETWORK}", "type": "alias"},
    {"webapp_id": 3, "name": "Shop.com", "www": 1},
    {"webapp_id": 3, "name": "www.named.com"},
    {"webapp_id": 3, "name": f"shop.{NETWORK}"},
    {"webapp_id": 4, "name": "flag.com", "wildcard": 1},
    {"webapp_id": 5, "name": "xn--mller-kva.de"},
]


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize(
    ("options", "found", "listed"),
    columns(
        [
            ("all", {}, [2, 3, 4, 5], []),
            ("number", {"webapp_id": 3}, [3], None),
            ("name", {"name": "shop"}, [3], []),
            ("domain", {"domain": NETWORK}, [2], [2]),
            ("in other letters", {"domain": "https://SHOP.com./cart"}, [3], [2, 3]),
            ("by a www flag", {"domain": "www.shop.com"}, [3], [2, 3]),
            ("by a www record", {"domain": "www.named.com"}, [3], [2, 3]),
            ("by a wildcard name", {"domain": f"any.{NETWORK}"}, [2], [2, 3, 4, 5]),
            ("by a wildcard flag", {"domain": "any.flag.com"}, [4], [2, 3, 4, 5]),
            ("the wildcard's own name", {"domain": "flag.com"}, [4], [2, 3, 4]),
            ("its own record beats a wildcard", {"domain": f"shop.{NETWORK}"}, [3], [2, 3]),
            ("in its own script", {"domain": "m\u00fcller.de"}, [5], [2, 3, 4, 5]),
        ]
    ),
)
def test_web_apps(
    run: Runner, emu: Emulator, options: dict[str, Any], found: list[int], listed: list[int] | None, version: str
) -> None:
    emu.seed({"webapps": APPS, "domains": ROWS})
    result = run("webapp_info", **options, api_version=version)
    assert [app["id"] for app in result["webapps"]] == found and not result.get("changed")
    assert [entry.path for entry in emu.journal] == (
        ["/servers/1/webapps/3"]
        if listed is None
        else ["/servers/1/webapps", *(f"/servers/1/webapps/{number}/domains" for number in listed)]
    )
    assert result["webapps"][0]["rootPath"].startswith("/home/")


@pytest.mark.parametrize(
    ("options", "words"),
    columns(
        [
            (
                "unknown",
                {"name": "blog"},
                "There is no web app called blog. Those to be seen: network, shop, twin, twin.",
            ),
            ("two", {"name": "twin"}, "2 web apps are called twin: give the number (4, 5)."),
            ("nobody serves it", {"domain": "nobody.com"}, "None of the 4 web apps of server 1 serves nobody.com."),
            ("a www without the flag", {"domain": f"www.{NETWORK}.x.com"}, "None of the 4"),
            ("two labels below a wildcard", {"domain": f"a.b.{NETWORK}"}, "None of the 4"),
            ("no www of its own", {"domain": "named.com"}, "None of the 4"),
            ("no such number", {"webapp_id": 9}, "HTTP 404"),
            ("no such server", {"server_id": 9, "name": "shop"}, "HTTP 404"),
            ("no name", {"domain": "x"}, "domain: 'x' is not usable"),
            ("two at once", {"name": "shop", "domain": "shop.com"}, "mutually exclusive"),
        ]
    ),
)
def test_no_web_app(run: Runner, emu: Emulator, options: dict[str, Any], words: str) -> None:
    emu.seed({"webapps": APPS, "domains": ROWS})
    result = run("webapp_info", **options)
    assert result.failed and words in result["msg"] and "webapps" not in result


def test_long_lists_are_read_whole(run: Runner, emu: Emulator) -> None:
    apps = [{"id": 100 + number, "name": f"app-{number}"} for number in range(41)]
    emu.seed({"webapps": apps, "domains": [{"webapp_id": 140, "name": name} for name in numbered(41)]})
    assert run("webapp_info", name="app-40")["webapps"][0]["id"] == 140
    assert run("webapp_info", domain="c0040.com")["webapps"][0]["id"] == 140


# --- secrets ----------------------------------------------------------------------------------------------------------

EVERYTHING = columns(
    [
        ("domains", "domain_info", {}),
        ("servers", "server_info", {}),
        ("web apps", "webapp_info", {}),
        ("web app", "webapp_info", {"webapp_id": 2}),
        ("web app by name", "webapp_info", {"name": "network"}),
        ("web app by domain", "webapp_info", {"domain": NETWORK}),
        ("no web app", "webapp_info", {"name": "other"}),
        ("converge", "domains", {"network": NETWORK, "domains": wishes("new.com")}),
        ("held", "domains", {"network": NETWORK, "domains": wishes("held.com")}),
        ("wrong folder", "domains", {"network": NETWORK, "domains": wishes("new.com"), "roots": ["/srv"]}),
        ("one", "domain", {"name": "new.com"}),
        ("one held", "domain", {"name": "held.com"}),
        ("one away", "domain", {"name": "there.com", "state": "absent"}),
        ("bad options", "domains", {"network": "-", "domains": []}),
    ]
)


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize(("module", "options"), EVERYTHING)
def test_no_secret_is_ever_in_an_output(
    run: Runner, emu: Emulator, module: str, options: dict[str, Any], check: bool
) -> None:
    seed(emu, "there.com", {"webapp_id": 3, "name": "held.com"}, webapps=APPS)
    output = run(module, **options, check=check, diff=True, verbosity=5).output
    for secret in (*PULL_KEYS, "pullKey", TOKEN):
        assert secret not in output


def test_the_panel_does_send_them(run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin("module_utils._api"), "without_secrets", lambda row: row)
    assert PULL_KEYS[0] in run("webapp_info", webapp_id=2).output
    assert PULL_KEYS[1] in run("webapp_info").output


@pytest.mark.parametrize("body", [{"message": "ok"}, ["x"], {"data": {"id": 2}}])
def test_an_object_that_is_none_is_refused(run: Runner, emu: Emulator, body: Any) -> None:
    emu.fault(path=f"{APP}$|/servers/1$", action="status", status=200, body=body)
    assert "not the object that was asked for" in run("webapp_info", webapp_id=2)["msg"]
    assert "not the object that was asked for" in run("server_info", server_id=1)["msg"]
    assert run.converge("new.com").failed and writes(emu) == []
