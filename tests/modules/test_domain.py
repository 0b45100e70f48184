# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""runcloud_domain: one record, compared by what is given alone; the primary needs its own option."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.modules.harness import (
    APP,
    DOMAINS,
    NETWORK,
    Clock,
    Runner,
    columns,
    numbered,
    plugin,
    posted,
    seed,
    stored,
    writes,
)

_client = plugin("module_utils._client")
X = {"name": "x.com", "type": "alias", "www": 1, "redirection": "www"}
META = f"{DOMAINS}/702/meta"


def new(**fields: Any) -> list[tuple[str, str, Any]]:
    """The POST of x.com."""
    return [("POST", DOMAINS, {"name": "x.com", "www": False, "redirection": "none", "type": "alias", **fields})]


def edit(**fields: Any) -> list[tuple[str, str, Any]]:
    """The PATCH of X."""
    return [("PATCH", META, {"type": "alias", "www": True, "redirection": "www", **fields})]


CASES = columns(
    [
        ("add", [], {}, new()),
        (
            "add with all",
            [],
            {"www": True, "redirection": "non-www", "type": "redirect"},
            new(www=True, redirection="non-www", type="redirect"),
        ),
        ("nothing given", [X], {}, []),
        ("all as it is", [X], {"www": True, "redirection": "www", "type": "alias"}, []),
        ("www off", [X], {"www": False}, edit(www=False)),
        ("redirection", [X], {"redirection": "none"}, edit(redirection="none")),
        ("type", [X], {"type": "redirect"}, edit(type="redirect")),
        ("redirect to alias", [{**X, "type": "redirect"}], {"type": "alias"}, edit()),
        ("one of two differs", [X], {"www": True, "redirection": "non-www"}, edit(redirection="non-www")),
        ("in other letters", [{**X, "name": "X.com"}], {"name": "x.COM."}, []),
        ("absent", [X], {"state": "absent"}, [("DELETE", f"{DOMAINS}/702", None)]),
        ("absent whatever it is", [X], {"state": "absent", "www": False}, [("DELETE", f"{DOMAINS}/702", None)]),
        ("absent already", [], {"state": "absent"}, []),
        ("its www is another name", ["www.x.com"], {}, new()),
        ("wildcard", [], {"name": "*.x.com"}, new(name="*.x.com")),
        ("on another app", [{**X, "webapp_id": 3}], {"state": "absent"}, []),
    ]
)
V3_ONLY = {"PATCH"}
APPS = {"webapps": [{"id": 2, "name": "network"}, {"id": 3, "name": "shop"}]}


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize(("rows", "options", "expected"), CASES)
def test_one_record(
    run: Runner, emu: Emulator, rows: list[Any], options: dict[str, Any], expected: list[Any], version: str
) -> None:
    seed(emu, *rows, **APPS)
    options = {"name": "x.com", **options, "api_version": version}
    before = emu.domains(2)
    foreseen = run("domain", **options, check=True, diff=True)
    assert emu.writes() == [] and emu.domains(2) == before

    emu.clear_journal()
    result = run("domain", **options, diff=True)
    if version == "v2" and expected and expected[0][0] == "PATCH":
        for told in (foreseen, result):
            assert told.failed and "API v2 cannot edit a record" in told["msg"] and "x.com: " in told["msg"]
            assert told["domain"]["www"] is True
        assert emu.writes() == [] and emu.domains(2) == before
        return
    assert not result.failed and emu.writes() == expected
    assert result["changed"] is foreseen["changed"] is bool(expected)
    assert result["diff"] == foreseen["diff"] and (result["diff"]["before"] != result["diff"]["after"]) is bool(
        expected
    )
    assert (result["domain"] is None) is (options.get("state") == "absent")
    assert len(emu.journal) == result["api_calls"]["total"] == (6 if expected else 1)

    emu.clear_journal()
    assert not run("domain", **options)["changed"]
    assert emu.writes() == []


def test_calls_over_many_pages(run: Runner, emu: Emulator) -> None:
    seed(emu, *numbered(80))
    assert not run("domain", name="c0079.com")["changed"]
    assert emu.calls() == [f"GET {DOMAINS}?page={page}&perPage=40" for page in (1, 2, 3)]
    emu.clear_journal()
    assert run("domain", name="x.com")["domain"]["id"] == 782
    paths = [f"{entry.method} {entry.path}" for entry in emu.journal]
    listing = [f"GET {DOMAINS}"] * 3
    assert paths == [*listing, "GET /servers/1", f"GET {APP}", f"POST {DOMAINS}", f"GET {DOMAINS}/782", *listing]


@pytest.mark.parametrize("name", ["", "x", "a b.com", "1.2.3.4", "-x.com", "a_b.com"])
def test_what_is_no_name(run: Runner, emu: Emulator, name: str) -> None:
    result = run("domain", name=name)
    assert result.failed and "is not usable" in result["msg"] and emu.journal == []


# --- the primary ----------------------------------------------------------------------------------------------------------

PRIMARY = columns(
    [
        ("removed", {"name": NETWORK, "state": "absent"}, "DELETE", "delete_primary", "would be removed"),
        ("demoted", {"name": NETWORK, "type": "alias"}, "PATCH", "demote_primary", "from primary to alias"),
        ("turned", {"name": NETWORK, "type": "redirect"}, "PATCH", "demote_primary", "from primary to redirect"),
        ("promoted", {"name": "x.com", "type": "primary"}, "PATCH", "promote_primary", "from alias to primary"),
        ("new", {"name": "new.com", "type": "primary"}, "POST", "promote_primary", "would become the primary"),
    ]
)
AGREES = {"delete_primary": "allowed", "demote_primary": "allowed", "promote_primary": "demotes"}


@pytest.mark.parametrize("agrees", [True, False])
@pytest.mark.parametrize(("options", "method", "switch", "words"), PRIMARY)
def test_the_primary_changes_only_by_its_own_option(
    run: Runner, emu: Emulator, options: dict[str, Any], method: str, switch: str, words: str, agrees: bool
) -> None:
    seed(emu, X)
    emu.switch(**{switch: AGREES[switch] if agrees else "refused"})
    for check in (True, False):
        result = run("domain", **options, check=check)
        assert result.failed and words in result["msg"] and "allow_primary_change is false" in result["msg"]
    assert emu.writes() == []

    result = run("domain", **options, allow_primary_change=True)
    assert [verb for verb, *_ in emu.writes()] == [method]
    primaries = [row["name"] for row in emu.domains(2) if row["type"] == "primary"]
    if not agrees:
        assert result.failed and "HTTP 422" in result["msg"] and primaries == [NETWORK] and not result["changed"]
    elif switch == "promote_primary":
        assert not result.failed and primaries == [options["name"]]
    else:
        assert result.failed and result["changed"] and "now has no primary" in result["msg"] and primaries == []


@pytest.mark.parametrize("name", ["x.com", "new.com"])
def test_a_promotion_that_leaves_two_primaries_is_told(
    run: Runner, emu: Emulator, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    seed(emu, X)
    send = _client.Client._send

    def both(self: Any, method: str, *rest: Any) -> Any:
        answer = send(self, method, *rest)
        if method != "GET":
            emu.edit_domain(2, NETWORK, type="primary")
        return answer

    monkeypatch.setattr(_client.Client, "_send", both)
    result = run("domain", name=name, type="primary", allow_primary_change=True)
    assert result.failed and result["changed"] and f"now has the primaries {NETWORK}, {name}" in result["msg"]


def test_flags_of_the_primary_need_no_option(run: Runner, emu: Emulator) -> None:
    assert not run("domain", name=NETWORK, www=True, type="primary").failed
    assert emu.writes() == [("PATCH", f"{DOMAINS}/701/meta", {"type": "primary", "redirection": "none", "www": True})]


def test_an_app_with_two_primaries_already_is_no_fault_of_another_change(run: Runner, emu: Emulator) -> None:
    seed(emu, {"name": "p1.com", "type": "primary"}, {"name": "p2.com", "type": "primary"})
    assert not run("domain", name="x.com").failed


# --- faults ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [{"connected": False}, {"online": False}])
def test_a_server_that_is_away(
    run: Runner, emu: Emulator, monkeypatch: pytest.MonkeyPatch, state: dict[str, bool]
) -> None:
    seed(emu, "there.com", servers=[{"id": 1, **state}])
    assert not run("domain", name="there.com").failed
    result = run("domain", name="x.com")
    assert result.failed and "it would not take the changes" in result["msg"] and writes(emu) == []
    monkeypatch.setattr(plugin("modules.runcloud_domain"), "surroundings", lambda *_: [])
    assert not run("domain", name="x.com").failed and posted(emu) == ["x.com"]


@pytest.mark.parametrize("action", ["drop_after", "status_after", "truncate", "not_json"])
def test_an_add_whose_answer_was_lost(run: Runner, emu: Emulator, action: str) -> None:
    emu.fault(method="POST", action=action, times=1)
    result = run("domain", name="x.com")
    assert not result.failed and result["changed"] and result["domain"]["id"] == 702
    assert posted(emu) == ["x.com"]


@pytest.mark.parametrize(
    ("method", "fault", "words"),
    columns(
        [
            ("cut", "POST", {"action": "drop_before"}, "the connection was lost"),
            ("422", "POST", {"action": "status", "status": 422}, "HTTP 422"),
            ("401", "POST", {"action": "status", "status": 401}, "allow-list"),
            ("add ignored", "POST", {"action": "ignore_write"}, "the record is not there"),
            ("add altered", "POST", {"action": "alter_write", "fields": {"www": 1}}, "www true instead of false"),
            ("update ignored", "PATCH", {"action": "ignore_write"}, "www true instead of false"),
            ("removal ignored", "DELETE", {"action": "ignore_write"}, "still there"),
        ]
    ),
)
def test_a_write_that_failed_fails_the_task(
    run: Runner, emu: Emulator, method: str, fault: dict[str, Any], words: str
) -> None:
    seed(emu, *([] if method == "POST" else [X]))
    emu.fault(method=method, **fault)
    change: dict[str, dict[str, Any]] = {"POST": {}, "PATCH": {"www": False}, "DELETE": {"state": "absent"}}
    result = run("domain", name="x.com", **change[method])
    assert result.failed and words in result["msg"] and "x.com" in result["msg"]
    # Something was changed, though not what was asked for.
    assert result["changed"] is (fault["action"] == "alter_write")
    assert len(writes(emu)) == 1


def test_the_app_that_holds_it_is_named(run: Runner, emu: Emulator) -> None:
    seed(emu, {**X, "webapp_id": 3}, **APPS)
    result = run("domain", name="x.com")
    assert result.failed and "The web app shop (3) of this server holds it." in result["msg"]
    assert stored(emu) == [NETWORK]


@pytest.mark.parametrize(("www", "failed"), [(0, False), (1, True)])
def test_a_record_that_somebody_else_added_meanwhile_must_be_as_asked_for(
    run: Runner, emu: Emulator, monkeypatch: pytest.MonkeyPatch, www: int, failed: bool
) -> None:
    send = _client.Client._send

    def beaten(self: Any, method: str, *rest: Any) -> Any:
        if method == "POST":
            emu.put_domain(2, "x.com", www=www)
        return send(self, method, *rest)

    monkeypatch.setattr(_client.Client, "_send", beaten)
    result = run("domain", name="x.com", www=False)
    assert result.failed is failed and not result["changed"] and result["domain"]["www"] is bool(www)


def test_nothing_of_it_waits_without_need(run: Runner, emu: Emulator, clock: Clock) -> None:
    run("domain", name="x.com")
    assert clock.slept == []
