# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""runcloud_certificates: how many calls each situation takes, and that no unchanged domain costs one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.modules.certs_world import Certs, listed
from tests.modules.harness import NETWORK, numbered

# One page of records. A list of certificates, or one call for each that visitors do not see.
LOOK = {"GET /ssl/advanced": 1, "GET /domains": 1, "GET /ssl": 1}
# What is read before the first write of a run.
FIRST = {"GET /servers/N": 1, "GET webapp": 1, "GET /log": 1}
VERSIONS = pytest.mark.parametrize("version", ["v2", "v3"])


def total(*parts: dict[str, int]) -> dict[str, int]:
    """Sums of calls."""
    return {call: sum(part.get(call, 0) for part in parts) for part in parts for call in part}


def lit(certs: Certs, *more: str, advanced: bool) -> None:
    """The network and x.com with a certificate; more names without one. All point here."""
    certs.world("x.com", advanced=advanced)
    certs.emu.switch(renewal="never")
    certs.point("x.com", *more)
    for name in (NETWORK, "x.com") if advanced else (None,):
        certs.emu.put_certificate(2, name, age=1)
    for name in more:
        certs.emu.put_domain(2, name)


@VERSIONS
@pytest.mark.parametrize("advanced", [True, False])
def test_in_sync(certs: Certs, advanced: bool, version: str) -> None:
    lit(certs, advanced=advanced)
    result = certs(api_version=version)
    assert certs.calls() == LOOK and listed(result) == {"valid": [NETWORK, "x.com"]}
    assert result["api_calls"] == {"GET": 3, "total": 3}


def test_one_new_name_in_basic_mode(certs: Certs) -> None:
    lit(certs, "new.com", advanced=False)
    assert listed(certs("x.com", "new.com")) == {"valid": ["x.com"], "issued": ["new.com"]}
    # Two looks find nothing, so the log is read, too; the third one finds it.
    assert certs.calls() == total(LOOK, FIRST, {"PUT /ssl/N": 1, "GET /ssl": 3, "GET /log": 2})


@VERSIONS
def test_one_new_name_in_advanced_mode(certs: Certs, version: str) -> None:
    lit(certs, "new.com", advanced=True)
    assert listed(certs(api_version=version)) == {"valid": [NETWORK, "x.com"], "issued": ["new.com"]}
    # v3 lists them all in one call, v2 has to be asked for the one, once before the order as well.
    looks = {"GET /ssl": 3} if version == "v3" else {"GET /domains/N/ssl": 4}
    assert certs.calls() == total(LOOK, FIRST, {"POST /domains/N/ssl": 1, "GET /log": 2}, looks)


@VERSIONS
def test_twenty_new_ones_among_five_hundred_that_are_not_listed(certs: Certs, version: str) -> None:
    names = numbered(500)
    certs.world(*names, advanced=True)
    certs.emu.switch(ssl_read_v3="flat")
    certs.point(*names)
    for name in [NETWORK, *names[20:]]:
        certs.emu.put_certificate(2, name)
    seen = [{"name": name, "state": "no_certificate"} for name in names[:20]]
    seen += [{"name": name, "state": "valid"} for name in [NETWORK, *names[20:]]]
    result = certs(tls=seen, api_version=version)
    assert [row["name"] for row in result["issued"]] == names[:20] and len(result["valid"]) == 481
    assert sorted(certs.orders()) == [[name] for name in names[:20]]
    asked = {entry.path for entry in certs.emu.journal if "/domains/" in entry.path}
    assert asked == {f"/servers/1/webapps/2/domains/{number}/ssl" for number in range(702, 722)}
    reads = {"GET /ssl/advanced": 1, "GET /domains": 13, "GET /ssl": 1}
    # One read each before the order, and three looks.
    order = {"POST /domains/N/ssl": 20, "GET /domains/N/ssl": 20 + 3 * 20, "GET /log": 2}
    assert certs.calls() == total(reads, FIRST, order)


@VERSIONS
def test_blocked_by_a_name_that_leads_elsewhere(certs: Certs, version: str) -> None:
    lit(certs, "new.com", "away.com", advanced=False)
    certs.lead_away("away.com")
    result = certs("x.com", "new.com", api_version=version)
    assert listed(result) == {"valid": ["x.com"], "waiting": ["new.com"]} and certs.calls() == LOOK


def test_blocked_in_advanced_mode(certs: Certs) -> None:
    lit(certs, "away.com", advanced=True)
    certs.lead_away("away.com")
    assert listed(certs("x.com", "away.com")) == {"valid": ["x.com"], "waiting": ["away.com"]}
    assert certs.calls() == LOOK


def test_autossl(certs: Certs) -> None:
    certs.world("x.com", advanced=True, auto=True)
    certs.point("x.com")
    assert listed(certs("x.com")) == {"blocked": ["x.com"]}
    # What the log says of it belongs to the report.
    assert certs.calls() == total(LOOK, {"GET /log": 1})


def test_a_limit_and_the_run_after_it(certs: Certs) -> None:
    lit(certs, "one.com", "two.com", advanced=True)
    certs.emu.fault(method="POST", action="status", status=422, body={"message": "rateLimited: too many new orders"})
    assert listed(certs("one.com", "two.com")) == {"failures": ["one.com"], "waiting": ["two.com"]}
    assert certs.calls() == total(LOOK, FIRST, {"POST /domains/N/ssl": 1})
    assert listed(certs("one.com", "two.com")) == {"waiting": ["one.com", "two.com"]} and certs.calls() == LOOK


def test_a_lost_answer_and_the_run_after_it(certs: Certs) -> None:
    lit(certs, "new.com", advanced=False)
    certs.emu.switch(issuance_polls=10**6, issuance_seconds=10**6)
    certs.emu.fault(method="PUT", action="drop_after", times=1)
    assert listed(certs("new.com", wait_timeout=60)) == {"pending": ["new.com"]}
    assert certs.calls() == total(LOOK, FIRST, {"PUT /ssl/N": 1, "GET /ssl": 4, "GET /log": 4})
    assert listed(certs("new.com")) == {"pending": ["new.com"]} and certs.calls() == total(LOOK, {"GET /log": 1})


def test_nothing_but_policies(certs: Certs) -> None:
    lit(certs, "new.com", advanced=True)
    for policy, where in (("report", "waiting"), ("external", "ignored"), ("none", "ignored")):
        result: dict[str, Any] = certs("new.com", ssl_policy=policy)
        assert [row["name"] for row in result[where]] == ["new.com"] and certs.calls() == LOOK


def test_a_look_ahead(certs: Certs) -> None:
    lit(certs, "new.com", advanced=True)
    assert listed(certs("new.com", check=True)) == {"pending": ["new.com"]}
    assert certs.calls() == total(LOOK, {"GET /servers/N": 1, "GET webapp": 1})
