# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""runcloud_certificates: what must never lead to an order: a web server's fault, an unclear mode, a limit, another's certificate."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.modules.certs_world import FIRST_RUN, Certs, listed
from tests.modules.harness import NETWORK

X = {"name": "x.com", "www": 1}
SECRETIVE = {"method": "GET", "path": r"ssl/advanced", "action": "status", "status": 403, "body": {"message": "No."}}


def seen(host: str, state: str, *names: str, **more: Any) -> dict[str, Any]:
    """What visitors of a host see."""
    return {"name": host, "state": state, "names": list(names), **more}


# --- a certificate that is good, and a web server that does not show it ---------------------------------------------------


@pytest.mark.parametrize(("names", "orders"), [(["x.com", "www.x.com"], 0), (["x.com"], 1)])
def test_a_host_that_shows_another_certificate_is_ordered_for_once_at_most(
    certs: Certs, names: list[str], orders: int
) -> None:
    certs.world(X, advanced=True)
    certs.point("x.com", "www.x.com")
    certs.emu.put_certificate(2, "x.com", lifetime=90, age=5)
    tls = [seen("x.com", "valid", *names), seen("www.x.com", "name_mismatch", "other.com")]
    for run in range(8):
        result = certs("x.com", tls=tls)
        assert certs.writes() == ([("PUT", "x.com")] if run < orders else [])
        certs.pass_time(hours=4)
    assert listed(result) == {"valid": ["x.com"]} and len(certs.orders()) == orders
    assert "visitors of www.x.com do not see it (name_mismatch)" in " ".join(result["notes"])


# --- a mode that the panel does not tell ------------------------------------------------------------------------------------


def test_a_mode_that_is_refused_for_a_moment_is_not_taken_for_basic(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com")
    certs.emu.fault(**SECRETIVE, times=1)
    result = certs()
    assert result.failed and certs.writes() == []
    assert "refused to say whether the web app has Basic or Advanced SSL, and then tells it" in result["msg"]


def test_a_mode_that_is_refused_is_not_basic_where_domains_have_their_own_certificates(certs: Certs) -> None:
    certs.world("x.com", "y.com", advanced=True)
    certs.point("x.com", "y.com")
    certs.emu.switch(renewal="never")
    certs.emu.put_certificate(2, NETWORK, lifetime=90, age=91)
    for name in ("x.com", "y.com"):
        certs.emu.put_certificate(2, name, lifetime=90, age=5)
    certs.emu.fault(**SECRETIVE)
    result = certs()
    assert result.failed and certs.writes() == [] and "shows a certificate for each domain" in result["msg"]


def test_a_plan_that_always_refuses_it_has_basic_alone(certs: Certs) -> None:
    certs.world("x.com", advanced=False)
    certs.point("x.com")
    certs.emu.fault(**SECRETIVE)
    assert listed(certs()) == {"issued": [NETWORK, "x.com"]} and certs.writes() == [("POST", "ssl")]


# --- limits -----------------------------------------------------------------------------------------------------------------


def test_a_limit_that_only_the_next_run_finds_stops_that_run(certs: Certs) -> None:
    names = [f"n{number}.b.com" for number in range(3)]
    certs.world(*names, advanced=True)
    certs.point(*names)
    now = certs.clock.epoch() - 60
    certs.emu.world.letsencrypt.issued += [(now, frozenset({f"old{number}.b.com"})) for number in range(50)]
    assert listed(certs(names[0], wait=False)) == {"pending": [names[0]]}
    certs.pass_time(hours=0.2)
    result = certs(*names, wait=False)
    assert certs.writes() == [] and listed(result) == {"waiting": names}
    assert "too many certificates" in certs.memory()["halt"]["reason"]


def test_a_word_in_a_host_s_name_is_no_limit(certs: Certs) -> None:
    names = ["paused-shop.com", "too-many.rate-limit.com", "y.com"]
    certs.world(*names, advanced=True)
    certs.point(*names)
    facts = certs.facts()
    certs.lead_away(*names[:2])
    result = certs(*names, dns=facts, batch_size=1)
    assert listed(result) == {"issued": ["y.com"], "failures": names[:2]} and certs.memory()["halt"] is None


@pytest.mark.parametrize(("server", "halted"), [(1, True), (9, False)])
def test_a_limit_that_a_network_beside_this_one_met_holds_here_too(certs: Certs, server: int, halted: bool) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com")
    beside = certs.folder.parent / "two"
    beside.mkdir()
    halt = {"until": "2026-07-18T14:00:00Z", "reason": "rateLimited: too many new orders (300) from this account"}
    target = {**certs.target, "server_id": server, "webapp_id": 3}
    (beside / "attempts.json").write_text(json.dumps({**FIRST_RUN, "target": target, "halt": halt}))
    result = certs("x.com")
    assert listed(result) == {"waiting" if halted else "issued": ["x.com"]}
    if halted:
        assert "too many new orders" in result.reason("waiting", "x.com")
        assert certs.memory()["halt"] is None


# --- whose certificate is it ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["proxied", "self_signed", "untrusted_chain", "name_mismatch"])
def test_the_lifetime_of_a_foreign_certificate_hides_no_overdue_renewal(certs: Certs, state: str) -> None:
    certs.world(X, advanced=True)
    certs.point("x.com", "www.x.com")
    certs.emu.switch(renewal="never")
    certs.emu.put_certificate(2, "x.com", lifetime=90, age=75)
    tls = [seen("x.com", state, "other.com", lifetime_days=3650), seen("www.x.com", "unreachable")]
    certs("x.com", tls=tls)
    assert certs.writes() == [("PUT", "x.com")]


# --- what a run is about ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("only", ["A.com", "www.a.com"])
def test_only_some_names(certs: Certs, only: str) -> None:
    certs.world("a.com", "b.com", advanced=True)
    certs.point("a.com", "b.com")
    assert listed(certs("a.com", "b.com", only=[only])) == {"issued": ["a.com"]}
    assert certs.writes() == [("POST", "a.com")]
    assert listed(certs("a.com", "b.com", only=["c.com"])) == {} and certs.writes() == []


def test_an_unknown_external_api_is_told_before_an_order_is_due(certs: Certs) -> None:
    certs.world("x.com", advanced=True, external_apis=[{"label": "Cloudflare", "zones": ["x.com"]}])
    certs.point("x.com")
    certs.emu.put_certificate(2, "x.com", lifetime=90, age=5)
    result = certs("x.com", authorization_method="dns-01", external_api="Cloudfare")
    assert result.failed and "Cloudfare" in result["msg"] and "Cloudflare" in result["msg"]
