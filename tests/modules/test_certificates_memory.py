# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""runcloud_certificates: what the memory of orders keeps from happening, in the runs after this one and beside it, and when it fails."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Callable
from typing import Any

import pytest

from tests.modules.certs_world import Certs, listed
from tests.modules.harness import NETWORK, Result, columns, plugin

ORDERS = plugin("module_utils._certs_orders").Orders
AHEAD = "2027-07-18T12:00:00Z"
ORDER: dict[str, Any] = {
    "domain": "x.com",
    "kind": "install",
    "hosts": ["x.com"],
    "at": AHEAD,
    "before": None,
    "log": 0,
    "outcome": "open",
    "reason": "",
}


def due(certs: Certs, advanced: bool) -> None:
    """x.com needs an order anew: its own certificate has ended, or the web app's does not cover it."""
    certs.world(advanced=advanced)
    certs.emu.switch(renewal="never")
    certs.emu.put_certificate(2, **({"age": 1} if not advanced else {"name": NETWORK}))
    certs.emu.put_domain(2, "x.com")
    certs.point("x.com")
    if advanced:
        certs.emu.put_certificate(2, "x.com", age=91)


# --- a lost answer to a redeploy, and the runs after it -----------------------------------------------------------------

FATES = columns(
    [
        ("it never arrived", "drop_before", {}),
        ("it arrived and is slow", "drop_after", {"issuance_polls": 10**6, "issuance_seconds": 40 * 60}),
        ("it arrived and never ends", "drop_after", {"issuance_polls": 10**6, "issuance_seconds": 10**6}),
        ("a gateway answered", "status_after", {"issuance_polls": 10**6, "issuance_seconds": 40 * 60}),
    ]
)


@pytest.mark.parametrize("survives", [True, False])
@pytest.mark.parametrize(("action", "switches"), FATES)
@pytest.mark.parametrize("advanced", [True, False])
def test_no_second_redeploy_in_the_runs_after_it(
    certs: Certs, advanced: bool, action: str, switches: dict[str, int], survives: bool
) -> None:
    due(certs, advanced)
    certs.emu.switch(**switches)
    certs.emu.fault(method="PUT", action=action, times=1, **({"status": 504} if action == "status_after" else {}))
    result = certs("x.com", wait_timeout=60)
    assert listed(result) == {"pending": ["x.com"]} and len(certs.writes()) == 1
    assert "whether it was ordered is not known" in result["pending"][0]["reason"]
    for hours in (0.1, 0.5, 20):
        certs.pass_time(hours=hours)
        if not survives:
            certs.forget()
        certs("x.com", wait_timeout=60)
        assert certs.writes() == []
    assert len(certs.orders()) == (0 if action == "drop_before" else 1)


def test_a_day_later_it_may_be_tried_again(certs: Certs) -> None:
    due(certs, advanced=True)
    certs.emu.fault(method="PUT", action="drop_before", times=1)
    certs("x.com", wait_timeout=60)
    certs.pass_time(days=1)
    assert listed(certs("x.com")) == {"issued": ["x.com"]} and certs.orders() == [["x.com"]]


# --- two runs at once ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("locked", [True, False])
@pytest.mark.parametrize("advanced", [True, False])
def test_a_run_between_the_reading_and_the_order_of_another(
    certs: Certs, monkeypatch: pytest.MonkeyPatch, advanced: bool, locked: bool
) -> None:
    """Without the lock there would be two orders; that shows what it is for."""
    due(certs, advanced)
    given: dict[str, Any] = {"domains": [{"name": "x.com"}], "dns": certs.facts(), "tls": certs.seen()}
    inner: list[Result] = []
    send: Callable[..., None] = ORDERS.send

    def late(self: Any, steps: Any) -> None:
        if not inner:
            inner.append(Result())
            inner[0] = certs.run("certificates", state_dir=str(certs.folder), **given)
        send(self, steps)

    monkeypatch.setattr(ORDERS, "send", late)
    if not locked:
        module = plugin("modules.runcloud_certificates")
        monkeypatch.setattr(module, "Lock", lambda *_given, **_more: contextlib.nullcontext())
    certs("x.com")
    assert inner[0].failed is locked and len(certs.writes()) == (1 if locked else 2)
    assert not locked or "Another run works on" in inner[0]["msg"]


@pytest.mark.parametrize(("beside", "sent"), [(0, 4), (1, 3), (2, 2), (9, 2)])
def test_orders_that_a_network_beside_it_sends_meanwhile_count(
    certs: Certs, monkeypatch: pytest.MonkeyPatch, beside: int, sent: int
) -> None:
    names = [f"n{number}.com" for number in range(4)]
    certs.world(*names, advanced=True)
    certs.point(*names)
    wait: Callable[..., None] = ORDERS._wait
    orders = [{**ORDER, "domain": f"o{number}.com", "at": "2026-07-18T12:00:00Z"} for number in range(beside)]
    document = {**certs.memory(), "target": {**certs.target, "webapp_id": 7}, "orders": orders}

    def meanwhile(self: Any, steps: Any) -> None:
        wait(self, steps)
        (certs.folder.parent / "two").mkdir(exist_ok=True)
        (certs.folder.parent / "two" / "attempts.json").write_text(json.dumps(document))

    monkeypatch.setattr(ORDERS, "_wait", meanwhile)
    result = certs(*names, batch_size=2, max_orders=4)
    assert certs.writes() == [("POST", name) for name in names[:sent]]
    assert [row["name"] for row in result["waiting"]] == names[sent:]
    assert all("what max_orders leaves this server" in row["reason"] for row in result["waiting"])


# --- a memory that cannot be written ------------------------------------------------------------------------------------

# After how many good writes the disk is full, orders in a batch, names that are ordered.
FULL = columns(
    [
        ("before the first order", 0, 20, []),
        ("before the second one", 1, 20, ["x.com"]),
        ("when the first has come", 1, 1, ["x.com"]),
        ("when the last has come", 3, 1, ["x.com", "y.com"]),
    ]
)


@pytest.mark.parametrize(("good", "batch", "ordered"), FULL)
def test_what_cannot_be_remembered_is_not_ordered(
    certs: Certs, monkeypatch: pytest.MonkeyPatch, good: int, batch: int, ordered: list[str]
) -> None:
    certs.world("x.com", "y.com", advanced=True)
    certs.point("x.com", "y.com")
    written: list[int] = []

    def full(file: int) -> None:
        written.append(file)
        if len(written) > good:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    before = certs.path.read_text()
    with monkeypatch.context() as patched:
        patched.setattr(plugin("module_utils._state").os, "fsync", full)
        result = certs("x.com", "y.com", batch_size=batch)
    assert result.failed and certs.writes() == [("POST", name) for name in ordered]
    assert "attempts.json cannot be written: No space left on device" in result["msg"]
    assert [row["name"] for row in result["issued"]] == ordered
    assert [row["name"] for row in result["waiting"]] == [name for name in ("x.com", "y.com") if name not in ordered]
    if not ordered:
        assert result["msg"].startswith("Nothing was ordered. ") and certs.path.read_text() == before
    assert [path.name for path in certs.folder.iterdir()] == ["attempts.json"]
    assert listed(certs("x.com", "y.com"))["valid" if len(ordered) == 2 else "issued"][-1] == "y.com"
    assert sorted(certs.orders()) == [["x.com"], ["y.com"]]


def test_a_run_without_an_order_says_it_too(certs: Certs, monkeypatch: pytest.MonkeyPatch) -> None:
    certs.world("x.com", advanced=True)
    certs.forget()
    certs.folder.rmdir()
    certs.folder.parent.joinpath("one").write_text("a file")
    result = certs("x.com")
    assert result.failed and result["msg"].startswith("Nothing was ordered. ") and "cannot be written" in result["msg"]


# --- a clock that went wrong --------------------------------------------------------------------------------------------


def test_a_failure_in_the_future_counts_from_now(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com")
    certs.remember(failures=[{"host": "x.com", "count": 1, "last": AHEAD, "reason": "no"}])
    result = certs("x.com")
    assert certs.writes() == [] and result["waiting"][0]["again"] == "2026-07-19T12:00:00Z"
    certs.pass_time(hours=23)
    certs("x.com")
    assert certs.writes() == []
    certs.pass_time(hours=1)
    assert listed(certs("x.com")) == {"issued": ["x.com"]}


def test_an_open_order_in_the_future_ends_within_an_hour(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com")
    certs.remember(orders=[ORDER])
    assert listed(certs("x.com")) == {"pending": ["x.com"]}
    certs.pass_time(hours=1)
    assert listed(certs("x.com")) == {"waiting": ["x.com"]}
    certs.pass_time(days=1)
    assert listed(certs("x.com")) == {"issued": ["x.com"]}


def test_a_limit_and_orders_in_the_future_last_three_hours(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com")
    orders = [{**ORDER, "domain": f"o{number}.com", "outcome": "issued"} for number in range(2)]
    certs.remember(orders=orders, halt={"until": AHEAD, "reason": "limit"})
    for hours in (0, 2.9):
        certs.pass_time(hours=hours)
        assert listed(certs("x.com", max_orders=2)) == {"waiting": ["x.com"]} and certs.writes() == []
    certs.pass_time(hours=0.2)
    assert listed(certs("x.com", max_orders=2)) == {"issued": ["x.com"]}


def test_the_day_of_an_order_in_the_future_ends(certs: Certs) -> None:
    due(certs, advanced=False)
    certs.remember(orders=[{**ORDER, "domain": None, "hosts": [NETWORK], "kind": "redeploy", "outcome": "issued"}])
    assert listed(certs("x.com")) == {"waiting": ["x.com"]} and certs.writes() == []
    certs.pass_time(days=1)
    assert listed(certs("x.com")) == {"issued": ["x.com"]}


# --- what is kept -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "ordered"), [(0.5, False), (1, True)])
def test_a_name_that_leaves_and_comes_back_has_not_failed_less(certs: Certs, days: float, ordered: bool) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com", caa=('0 issue "other.org"',))
    assert listed(certs("x.com")) == {"failures": ["x.com"]}
    certs.emu.drop_domain(2, "x.com")
    certs()
    certs.emu.put_domain(2, "x.com")
    certs.point("x.com")
    certs.pass_time(days=days)
    result = certs("x.com")
    assert listed(result) == ({"issued": ["x.com"]} if ordered else {"waiting": ["x.com"]})


def test_check_mode_reads_the_memory_and_leaves_it(certs: Certs) -> None:
    certs.world("x.com", "y.com", advanced=True)
    certs.point("x.com", "y.com")
    certs("x.com", wait=False)
    certs.pass_time(hours=0.2)
    before, at = certs.path.read_bytes(), certs.path.stat().st_mtime_ns
    check = certs("x.com", "y.com", check=True)
    assert listed(check) == {"valid": ["x.com"], "pending": ["y.com"]} and certs.writes() == []
    assert (certs.path.read_bytes(), certs.path.stat().st_mtime_ns) == (before, at)
    assert [path.name for path in certs.folder.iterdir()] == ["attempts.json"]
    certs.pass_time(hours=5)
    certs("x.com", check=True)
    assert certs.path.read_bytes() == before


ODD = columns(
    [
        ("a number without end", '"log": 0', '"log": 1e999'),
        ("a name that is none", '"domain": "x.com"', '"domain": ["x.com"]'),
        ("no bytes of UTF-8", '"x.com"', '"\udcff"'),
    ]
)


@pytest.mark.parametrize(("good", "odd"), ODD)
def test_odd_contents_end_in_words(certs: Certs, good: str, odd: str) -> None:
    certs.world("x.com", advanced=True)
    certs.remember(orders=[ORDER])
    text = certs.path.read_text()
    assert good in text
    certs.path.write_bytes(text.replace(good, odd).encode(errors="surrogateescape"))
    result = certs("x.com")
    assert result.failed and str(certs.path) in result["msg"] and "must not be used" in result["msg"]
    assert certs.emu.writes() == []
