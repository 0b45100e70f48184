# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each guard of runcloud_domains twice: with it on nothing is written, with it off the write stands in the journal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.modules.harness import (
    NETWORK,
    Runner,
    columns,
    never_stopping,
    numbered,
    plugin,
    posted,
    seed,
    wishes,
    writes,
)

DOMAINS_MODULE = plugin("modules.runcloud_domains")
ROOT = "/home/runcloud/webapps/network"
Off = Callable[[pytest.MonkeyPatch], None]


def without_surroundings(patch: pytest.MonkeyPatch) -> None:
    """Nobody looks at the server and the web app's folder."""
    patch.setattr(plugin("module_utils._converge"), "surroundings", lambda *_: [])


def without_stops(patch: pytest.MonkeyPatch) -> None:
    """No limit, no look for the network's domain."""
    patch.setattr(plugin("module_utils._plan")._Planner, "_stop", lambda self: None)


def without_faults(patch: pytest.MonkeyPatch) -> None:
    """Options are never at fault."""
    read = DOMAINS_MODULE.read_options
    patch.setattr(DOMAINS_MODULE, "read_options", lambda *given: (*read(*given)[:2], []))


def without_protection(patch: pytest.MonkeyPatch) -> None:
    """Whatever nothing wants is removed."""
    patch.setattr(plugin("module_utils._plan")._Planner, "_why_not_removed", lambda self, record: None)


# --- guards that stop the whole run ----------------------------------------------------------------------------------


def guarded(
    run: Runner, emu: Emulator, options: dict[str, Any], words: str, off: Off | dict[str, Any], check: bool = False
) -> Any:
    """Runs with the guard on (stopped, nothing written), then with it off (done); returns the refused result."""
    refused = run.converge(**options, check=check)
    assert refused.failed and not refused.get("changed")
    assert words in refused["msg"], refused["msg"]
    assert writes(emu) == []
    with pytest.MonkeyPatch.context() as patch:
        if callable(off):
            off(patch)
            off = {}
        done = run.converge(**{**options, **off})
    assert not done.failed, done["msg"]
    return refused


@pytest.mark.parametrize("check", [False, True])
@pytest.mark.parametrize(
    ("state", "words"),
    columns(
        [
            ("not connected", {"connected": False}, "is not connected to the panel"),
            ("offline", {"online": False}, "is offline"),
        ]
    ),
)
def test_a_server_that_is_away(run: Runner, emu: Emulator, state: dict[str, Any], words: str, check: bool) -> None:
    seed(emu, servers=[{"id": 1, "name": "web-1", **state}])
    refused = guarded(run, emu, {"domains": wishes("new.com")}, f"server web-1 {words}", without_surroundings, check)
    assert refused["stops"] and words in refused["stops"][0]
    assert posted(emu) == ["new.com"]


def test_a_server_that_is_away_stops_nothing_when_there_is_nothing_to_do(run: Runner, emu: Emulator) -> None:
    seed(emu, "a.com", servers=[{"id": 1, "online": False}])
    assert not run.converge("a.com").failed
    assert len(emu.journal) == 1


@pytest.mark.parametrize(
    "roots",
    [
        ["/home/other/webapps/network"],
        ["/home/runcloud/webapps"],
        ["/home/runcloud/webapps/network2"],
        ["/home/runcloud/webapps/network2/wp", "/srv/elsewhere"],
        [ROOT + "/../other"],
        ["/"],
        ["webapps/network"],
    ],
)
def test_wordpress_in_another_folder(run: Runner, emu: Emulator, roots: list[str]) -> None:
    refused = guarded(run, emu, {"domains": wishes("new.com"), "roots": roots}, "check webapp_id", without_surroundings)
    assert ROOT in refused["msg"] and roots[0] in refused["msg"]
    assert posted(emu) == ["new.com"]


@pytest.mark.parametrize(
    "roots",
    [
        [],
        [ROOT],
        [ROOT + "/"],
        [ROOT + "/public/wp"],
        ["/srv/link", ROOT + "/wp"],
        [ROOT + "/wp/", "/srv/real"],
        [ROOT + "/./public/../wp"],
    ],
)
def test_wordpress_in_the_apps_folder(run: Runner, emu: Emulator, roots: list[str]) -> None:
    assert not run.converge("new.com", roots=roots).failed
    assert posted(emu) == ["new.com"]


@pytest.mark.parametrize("app_root", [{"rootPath": "/"}, {"rootPath": "."}])
def test_an_app_without_a_real_folder_takes_nobody_in(run: Runner, emu: Emulator, app_root: dict[str, str]) -> None:
    seed(emu, webapps=[{"id": 2, "name": "network", **app_root}])
    assert run.converge("new.com", roots=[ROOT]).failed
    assert writes(emu) == []


def test_the_app_of_another_network(run: Runner, emu: Emulator) -> None:
    seed(emu, {"name": "stranger.com", "type": "primary"}, "a.com")
    options = {"domains": [{"name": NETWORK}, {"name": "new.com"}]}
    guarded(run, emu, options, f"does not serve {NETWORK}", without_stops)
    assert posted(emu) == [NETWORK, "new.com"]


@pytest.mark.parametrize("has", ["network.com", "www.network.com"])
@pytest.mark.parametrize("asked", ["network.com", "www.network.com", "WWW.Network.com."])
def test_the_networks_domain_is_known_in_either_form(run: Runner, emu: Emulator, has: str, asked: str) -> None:
    seed(emu, {"name": has, "type": "primary"})
    assert not run.converge(network=asked, domains=[{"name": "new.com"}]).failed
    assert posted(emu) == ["new.com"]


def test_the_networks_domain_below_a_wildcard_is_not_enough(run: Runner, emu: Emulator) -> None:
    seed(emu, {"name": "*.other.com", "wildcard": 1, "type": "primary"})
    assert run.converge(network="net.other.com", domains=[{"name": "new.com"}]).failed
    assert writes(emu) == []


@pytest.mark.parametrize(
    ("key", "limit", "options", "expected"),
    columns(
        [
            ("adds", "added", "max_adds", {"domains": wishes("n1.com", "n2.com", "n3.com")}, ["POST"] * 3),
            (
                "updates",
                "updated",
                "max_updates",
                {"domains": wishes("c0000.com", "c0001.com", "c0002.com", www="true")},
                ["PATCH"] * 3,
            ),
            (
                "removals",
                "removed",
                "max_removals",
                {"domains": wishes(*numbered(37)), "purge": True},
                ["DELETE"] * 3,
            ),
        ]
    ),
)
@pytest.mark.parametrize("check", [False, True])
def test_too_many(
    run: Runner, emu: Emulator, key: str, limit: str, options: dict[str, Any], expected: list[str], check: bool
) -> None:
    seed(emu, *numbered(40))
    refused = guarded(
        run, emu, {**options, limit: 2}, f"and {limit} is 2. If that is right, set {limit}: 3.", {limit: 3}, check
    )
    assert all(name in refused["msg"] for name in refused.names(key))
    assert [method for method, _ in writes(emu)] == expected


@pytest.mark.parametrize(
    ("limit", "default", "kind"),
    [("max_adds", 50, "POST"), ("max_updates", 10, "PATCH"), ("max_removals", 5, "DELETE")],
)
@pytest.mark.parametrize("over", [0, 1])
def test_the_limits_nobody_set(run: Runner, emu: Emulator, limit: str, default: int, kind: str, over: int) -> None:
    names = numbered(120)
    seed(emu, *names)
    number = default + over
    domains = {
        "POST": wishes(*names, *(f"n{index}.com" for index in range(number))),
        "PATCH": wishes(*names[number:]) + wishes(*names[:number], www="true")[1:],
        "DELETE": wishes(*names[number:]),
    }[kind]
    result = run.converge(domains=domains, purge=True)
    assert result.failed is bool(over)
    assert [method for method, _ in writes(emu)] == [kind] * (0 if over else number)
    assert not over or f"set {limit}: {number}." in result["msg"]


# Aliases, percent: how many may go (rounded up, at least 2), and the percent that one more needs.
@pytest.mark.parametrize(
    ("aliases", "percent", "allowed", "needed"),
    [
        (3, 10, 2, 100),
        (20, 10, 2, 15),
        (21, 10, 3, 20),
        (30, 10, 3, 14),
        (31, 10, 4, 17),
        (40, 0, 2, 8),
        (10, 25, 3, 40),
    ],
)
def test_too_great_a_share(run: Runner, emu: Emulator, aliases: int, percent: int, allowed: int, needed: int) -> None:
    names = numbered(aliases)
    seed(emu, *names, {"name": "r.com", "type": "redirect"})
    options = {"max_removals": 100, "max_removals_percent": percent, "purge": True}
    refused = run.converge(*names[allowed + 1 :], **options)
    assert refused.failed and writes(emu) == []
    assert f"{allowed + 1} of {aliases} aliases would be removed" in refused["msg"]
    assert f"set max_removals_percent: {needed}." in refused["msg"]
    assert not run.converge(*names[allowed:], **options).failed
    assert len(writes(emu)) == allowed

    seed(emu, *names, {"name": "r.com", "type": "redirect"})
    emu.clear_journal()
    assert not run.converge(*names[allowed + 1 :], **{**options, "max_removals_percent": needed}).failed
    assert len(writes(emu)) == allowed + 1


def test_an_empty_list(run: Runner, emu: Emulator) -> None:
    seed(emu, "a.com")
    guarded(run, emu, {"domains": [], "purge": True}, "domains is empty", without_faults)
    assert writes(emu) == [("DELETE", "/domains/702")]


def test_reasons_of_the_source(run: Runner, emu: Emulator) -> None:
    options = {"domains": wishes("new.com"), "refused": ["the snapshot is partial", "no sites."]}
    refused = guarded(run, emu, options, "The source refuses: the snapshot is partial.", {"refused": []})
    assert "The source refuses: no sites." in refused["msg"]
    assert posted(emu) == ["new.com"]


BAD = columns(
    [
        ("a name twice", {"domains": wishes("a.com", "A.com.")}, ["domains[2]: a.com stands in domains[1] already"]),
        ("no name", {"domains": wishes("not a name")}, ["domains[1]: 'not a name' is not usable"]),
        ("two primaries", {"domains": wishes("a.com", "b.com", type="primary")}, ["names 2: a.com, b.com"]),
        ("network", {"network": "x"}, ["network: 'x' is not usable"]),
        ("protected", {"protected": ["a.com", "-"]}, ["protected[1]: '-' is not usable"]),
        ("only", {"only": ["a_b.com"]}, ["only[0]: 'a_b.com' is not usable: an underscore"]),
        ("keep", {"keep": ["/(/", "x"]}, ["keep: ", "'/(/'", "'x'"]),
        ("purge without ownership", {"purge": True, "ownership": "none"}, ["purge removes records"]),
        (
            "a limit below 0",
            {"max_adds": -1, "max_removals_percent": -5},
            ["max_adds must not", "max_removals_percent must not"],
        ),
        (
            "overrides",
            {
                "overrides": [
                    {"name": "a.com", "www": True},
                    {"name": "www.a.com", "www": False},
                    {"name": "b.com", "ignore": True, "redirection": "none"},
                    {"name": "c.com"},
                ]
            },
            [
                "two overrides for a.com",
                "overrides[2]: b.com is to be ignored and to get redirection",
                "overrides[3]: c.com says nothing",
            ],
        ),
    ]
)


@pytest.mark.parametrize(("options", "words"), BAD)
def test_contradictions_are_refused_before_any_call(
    run: Runner, emu: Emulator, options: dict[str, Any], words: list[str]
) -> None:
    result = run.converge(**{"domains": wishes("new.com"), **options})
    assert result.failed and emu.journal == []
    for text in words:
        assert text in result["msg"]


def test_all_contradictions_are_told_at_once(run: Runner, emu: Emulator) -> None:
    options: dict[str, Any] = {}
    for case in BAD:
        options |= case.values[0]
    options["domains"] = [
        *wishes("a.com", "a.com", type="primary"),
        {"name": "no name"},
        {"name": "b.com", "type": "primary"},
    ]
    result = run.converge(**options)
    assert emu.journal == []
    for text in (
        "domains[2]",
        "domains[3]",
        "names 3",
        "network:",
        "protected[1]",
        "only[0]",
        "keep:",
        "purge",
        "max_adds",
        "overrides[1]",
    ):
        assert text in result["msg"]


# --- the first run on a new app --------------------------------------------------------------------------------------


def test_first_converge_adds_the_network_first_and_lifts_max_adds(run: Runner, emu: Emulator) -> None:
    emu.seed({"domains": [{"name": "made-with-the-app.com"}]})
    names = [f"a{number:02}.com" for number in range(60)]
    guarded(
        run,
        emu,
        {"domains": wishes(*names)},
        "If it is new and right, set first_converge: true",
        {"first_converge": True},
    )
    assert posted(emu) == [NETWORK, *names]


def test_first_converge_needs_the_networks_domain_in_the_list(run: Runner, emu: Emulator) -> None:
    emu.seed({})
    options = {"domains": [{"name": "a.com"}], "first_converge": True}
    guarded(
        run, emu, options, "does not hold the network's domain", {"domains": [{"name": "a.com"}, {"name": NETWORK}]}
    )
    assert posted(emu) == [NETWORK, "a.com"]


def test_first_converge_means_nothing_once_the_app_serves_the_multisite(run: Runner, emu: Emulator) -> None:
    emu.seed({"domains": [{"name": "a.com"}]})
    options = {"domains": wishes("a.com", "b.com"), "first_converge": True}
    refused = guarded(run, emu, options, f"does not serve {NETWORK}", without_stops)
    assert any("first_converge has no effect" in note for note in refused["notes"])


def test_a_first_run_removes_nothing_from_what_may_be_another_networks_app(run: Runner, emu: Emulator) -> None:
    emu.seed({"domains": [{"name": "stranger.org", "type": "primary"}, {"name": "a.org"}]})
    result = run.converge("new.com", first_converge=True, purge=True)
    assert posted(emu) == [NETWORK, "new.com"] and len(writes(emu)) == 2
    assert "a first run only adds" in result.reason("kept", "a.org")


def test_without_the_networks_domain_the_first_run_goes_no_further(
    run: Runner, emu: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    emu.seed({})
    emu.fault(method="POST", action="status", status=422, times=1)
    result = run.converge("a.com", "b.com", first_converge=True)
    assert result.failed and writes(emu) == [("POST", NETWORK)]
    assert "may be the wrong web app" in result.reason("refused", "a.com")

    never_stopping(monkeypatch)
    emu.fault(method="POST", action="status", status=422, times=1)
    emu.clear_journal()
    run.converge("a.com", "b.com", first_converge=True)
    assert posted(emu) == [NETWORK, "a.com", "b.com"]


def test_a_refused_customer_does_not_end_the_first_run_of_an_app_that_has_the_network(
    run: Runner, emu: Emulator
) -> None:
    emu.fault(method="POST", action="status", status=422, times=1)
    result = run.converge("a.com", "b.com", first_converge=True)
    assert posted(emu) == ["a.com", "b.com"]
    assert result.names("refused") == ["a.com"] and result.names("added") == ["b.com"]


# --- sub-sites without a visible wildcard ------------------------------------------------------------------------------

SITES = [f"s{number:02}.{NETWORK}" for number in range(21)]
SUB = {"subdomain_install": True}


@pytest.mark.parametrize(("choice", "expected"), [("individual", SITES), ("wildcard", []), ("ignore", [])])
def test_many_sub_sites_and_no_wildcard_is_a_question(
    run: Runner, emu: Emulator, choice: str, expected: list[str]
) -> None:
    options = {**SUB, "domains": wishes(*SITES)}
    guarded(run, emu, options, "Say which it is by subdomain_sites", {"subdomain_sites": choice})
    assert posted(emu) == expected


@pytest.mark.parametrize(
    ("records", "names", "options", "added"),
    columns(
        [
            ("twenty", [], SITES[:20], SUB, SITES[:20]),
            ("wildcard name", [{"name": f"*.{NETWORK}", "type": "alias"}], SITES, SUB, []),
            ("wildcard flag", [{"name": NETWORK, "wildcard": 1, "type": "primary"}], SITES, SUB, []),
            ("no subdomain network", [], SITES, {}, SITES),
            ("all there", SITES, SITES, SUB, []),
            ("only a customer comes", SITES, [*SITES, "new.com"], SUB, ["new.com"]),
            ("explicit beats seen", [f"*.{NETWORK}"], SITES, {**SUB, "subdomain_sites": "individual"}, SITES),
        ]
    ),
)
def test_when_there_is_no_question(
    run: Runner, emu: Emulator, records: list[Any], names: list[str], options: dict[str, Any], added: list[str]
) -> None:
    seed(emu, *records)
    result = run.converge(*names, **options)
    assert not result.failed and posted(emu) == added


@pytest.mark.parametrize(
    ("records", "options"),
    columns(
        [
            ("seen", [{"name": f"*.{NETWORK}", "type": "alias"}], {}),
            ("not seen", [], {"subdomain_sites": "wildcard"}),
            ("ignored", [], {"subdomain_sites": "ignore"}),
        ]
    ),
)
def test_covered_names_on_the_app_are_kept_not_purged(
    run: Runner, emu: Emulator, records: list[Any], options: dict[str, Any]
) -> None:
    seed(emu, SITES[0], SITES[1], f"deep.{SITES[0]}", *records)
    options = {**SUB, **options, "purge": True, "max_removals_percent": 100}
    result = run.converge(SITES[0], **options)
    assert not result.failed
    assert {SITES[0], SITES[1]} <= set(result.names("kept"))
    assert writes(emu) == [("DELETE", "/domains/704")]


# --- what is never removed ---------------------------------------------------------------------------------------------

PURGE = {"purge": True, "max_removals": 100, "max_removals_percent": 100}
NEVER = columns(
    [
        ("the primary", {"name": "x.com", "type": "primary"}, {}, "primary"),
        ("a redirect record", {"name": "x.com", "type": "redirect"}, {}, "redirect record"),
        ("the network's domain", NETWORK, {"domains": [{"name": "p.com"}]}, "protected"),
        ("the network's www", "www." + NETWORK, {}, "serves the www"),
        ("a protected name", "x.com", {"protected": ["x.com"]}, "protected"),
        ("a protected name's www", "www.x.com", {"protected": ["x.com"]}, "protected"),
        ("a protected www", "x.com", {"protected": ["www.X.com"]}, "protected"),
        ("a kept name", "x.com", {"keep": ["x.com"]}, "on the keep list (x.com)"),
        ("a kept suffix", "x.y.com", {"keep": [".y.com"]}, "on the keep list (.y.com)"),
        ("a kept expression", "x.com", {"keep": ["/^x/"]}, "on the keep list (/^x/)"),
        (
            "an ignored name",
            "x.com",
            {"overrides": [{"name": "x.com", "ignore": True, "reason": "mine"}]},
            "override: mine",
        ),
        ("a wildcard", {"name": "*.x.com", "wildcard": 1}, {}, "a wildcard"),
        ("a wildcard flag", {"name": "x.com", "wildcard": 1}, {}, "a wildcard"),
        ("a www alone", "www.x.com", {}, "alone serves the www of x.com"),
        ("without purge", "x.com", {"purge": False}, "purge is off"),
        ("outside of only", "x.com", {"only": ["p.com"]}, None),
    ]
)


@pytest.mark.parametrize(("row", "options", "reason"), NEVER)
def test_what_is_never_removed(
    run: Runner,
    emu: Emulator,
    monkeypatch: pytest.MonkeyPatch,
    row: str | dict[str, Any],
    options: dict[str, Any],
    reason: str | None,
) -> None:
    record: dict[str, Any] = {"type": "alias", **({"name": row} if isinstance(row, str) else row)}
    primary = [] if record["type"] == "primary" else [{"name": "p.com", "type": "primary"}]
    network = [] if record["name"] == NETWORK else [{"name": NETWORK, "type": "alias"}]
    seed(emu, {**record, "id": 900}, *primary, *network)
    emu.switch(delete_primary="allowed")
    options = {**PURGE, "domains": wishes("p.com") if primary else wishes(), **options}
    result = run.converge(**options)
    assert not result.failed and writes(emu) == []
    if reason is not None:
        assert reason in result.reason("kept", record["name"])

    if reason is None:
        options.pop("only")
    without_protection(monkeypatch)
    unclaimed(monkeypatch)
    assert not run.converge(**options).failed
    assert writes(emu) == [("DELETE", "/domains/900")]


def unclaimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No record www.X belongs to X."""
    monkeypatch.setattr(plugin("module_utils._plan")._Planner, "_consider_twin", lambda *_: None)


@pytest.mark.parametrize(("www", "gone"), [(1, True), (0, False)])
@pytest.mark.parametrize("wanted", [True, False])
def test_www_x_goes_only_when_x_itself_serves_the_www(
    run: Runner, emu: Emulator, www: int, gone: bool, wanted: bool
) -> None:
    seed(emu, {"name": "x.com", "www": www}, "www.x.com")
    result = run.converge(*["x.com"] * wanted, **PURGE)
    assert not result.failed
    assert (("DELETE", "/domains/703") in writes(emu)) is gone
    assert (("DELETE", "/domains/702") in writes(emu)) is not wanted


def test_only_narrows_adds_updates_and_removals(run: Runner, emu: Emulator) -> None:
    seed(emu, "a.com", "b.com", "gone1.com", "gone2.com")
    options = {**PURGE, "domains": wishes("a.com", "b.com", "new1.com", "new2.com", www="true")}
    run.converge(**options, only=["www.a.com", "new1.com", "gone1.com"])
    assert writes(emu) == [("POST", "new1.com"), ("PATCH", "/domains/702/meta"), ("DELETE", "/domains/704")]
    emu.clear_journal()
    run.converge(**options)
    assert writes(emu) == [("POST", "new2.com"), ("PATCH", "/domains/703/meta"), ("DELETE", "/domains/705")]


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_ownership_none_adds_and_shows(run: Runner, emu: Emulator, version: str) -> None:
    seed(emu, "a.com", "gone.com")
    options = {"domains": wishes("a.com", "new.com", www="true"), "api_version": version}
    result = run.converge(**options, ownership="none")
    assert not result.failed and writes(emu) == [("POST", "new.com")]
    assert result["differs"] == [
        {
            "name": "a.com",
            "current": {"type": "alias", "www": False, "redirection": "none"},
            "wanted": {"type": "alias", "www": True, "redirection": "none"},
            "reason": "ownership is none: existing records are not changed",
        }
    ]
    emu.clear_journal()
    result = run.converge(**options, ownership="all")
    assert result.failed is (version == "v2")
    assert writes(emu) == ([] if version == "v2" else [("PATCH", "/domains/702/meta")])


@pytest.mark.parametrize(
    ("records", "domains", "words"),
    columns(
        [
            ("promotion", ["a.com"], wishes("a.com", type="primary"), "its type is alias and primary is asked for"),
            ("a new primary", [], wishes("a.com", type="primary"), "a new primary is asked for"),
            ("demotion", [], [{"name": NETWORK, "type": "redirect"}, {"name": "n.com"}], "redirect is asked for"),
        ]
    ),
)
def test_a_plan_that_would_touch_the_primary(
    run: Runner, emu: Emulator, records: list[str], domains: list[dict[str, Any]], words: str
) -> None:
    emu.switch(demote_primary="allowed")
    seed(emu, *records)
    result = run.converge(domains=[*domains, {"name": "other.com"}])
    assert result.failed and words in result["msg"] and "runcloud_domain with allow_primary_change" in result["msg"]
    assert writes(emu) == []
    assert not run.converge("other.com").failed
    assert posted(emu) == ["other.com"]


def test_every_reason_is_told_at_once(run: Runner, emu: Emulator) -> None:
    seed(emu, {"name": "stranger.com", "type": "primary"}, *numbered(3), servers=[{"id": 1, "online": False}])
    result = run.converge("a.com", "b.com", **{**PURGE, "max_adds": 1, "max_removals": 1, "roots": ["/srv"]})
    for words in ("does not serve", "max_adds: 3", "max_removals: 3", "is offline", "check webapp_id"):
        assert words in result["msg"]
    assert len(result["stops"]) == 5 and writes(emu) == [] and not result["changed"]
