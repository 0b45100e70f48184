# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""runcloud_certificates and CAA: no order for a name whose owner wants another authority, or of which nobody knows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.modules.certs_world import Certs, listed
from tests.modules.harness import NETWORK, Result, columns

X = {"name": "x.com", "www": 1}
FORBIDS: dict[str, Any] = {
    "allowed": False,
    "at": "x.com",
    "message": "The CAA records of x.com let other.org issue.",
    "records": ['0 issue "other.org"'],
}
UNSURE: dict[str, Any] = {
    "allowed": None,
    "at": "x.com",
    "message": "The CAA records of x.com cannot be looked up (SERVFAIL).",
    "records": [],
}
ALLOWS: dict[str, Any] = {"allowed": True, "at": None, "message": "Everybody may.", "records": []}


def tell(certs: Certs, *names: str, caa: dict[str, Any], **options: Any) -> Result:
    """A run for these names whose facts hold this of CAA by host; of the others CAA was not asked."""
    facts = certs.facts()
    for row in facts["hosts"]:
        row["caa"] = caa.get(row["name"])
    seen = certs.seen()
    certs.emu.clear_journal()
    options = {"dns": facts, "tls": seen, "state_dir": str(certs.folder), **options}
    result = certs.run("certificates", domains=[{"name": name} for name in names], **options)
    certs.once(result)
    return result


ANSWERS = columns(
    [
        (
            "forbids",
            FORBIDS,
            "forbidden",
            "there is no certificate; CAA forbids it: The CAA records of x.com let other",
        ),
        ("unsure", UNSURE, "waiting", "there is no certificate; it is not ready for a certificate (x.com)"),
    ]
)


@pytest.mark.parametrize(("caa", "where", "words"), ANSWERS)
def test_it_costs_no_attempt(certs: Certs, caa: dict[str, Any], where: str, words: str) -> None:
    certs.world("x.com", "y.com", "z.com", advanced=True)
    certs.point("x.com", caa=('0 issue "other.org"',))
    certs.point("y.com", "z.com")
    result = tell(certs, "x.com", "y.com", "z.com", caa={"x.com": caa, "y.com": ALLOWS})
    assert certs.writes() == [("POST", "y.com"), ("POST", "z.com")] and certs.orders() == [["y.com"], ["z.com"]]
    assert listed(result) == {"issued": ["y.com", "z.com"], where: ["x.com"]}
    (row,) = result[where]
    assert row["reason"].startswith(words) and row["again"] is None
    assert row["hosts"] == [{"name": "x.com", "message": caa["message"], "record": None}]
    assert [order["domain"] for order in certs.memory()["orders"]] == ["y.com", "z.com"]
    assert listed(tell(certs, "x.com", caa={"x.com": caa})) == {where: ["x.com"]} and certs.writes() == []


def test_without_that_word_the_order_fails(certs: Certs) -> None:
    """The same world without what DNS says of CAA: the attempt is wasted, so the rule above is what saves it."""
    certs.world("x.com", advanced=True)
    certs.point("x.com", caa=('0 issue "other.org"',))
    assert listed(tell(certs, "x.com", caa={})) == {"failures": ["x.com"]} and certs.writes() == [("POST", "x.com")]


def test_of_the_www_alone(certs: Certs) -> None:
    certs.world(X, advanced=True)
    certs.point("x.com", "www.x.com")
    result = tell(certs, "x.com", caa={"x.com": ALLOWS, "www.x.com": FORBIDS})
    assert listed(result) == {"forbidden": ["x.com"]} and certs.writes() == []
    assert [host["name"] for host in result["forbidden"][0]["hosts"]] == ["www.x.com"]


@pytest.mark.parametrize("caa", [FORBIDS, UNSURE])
def test_it_holds_for_dns_01_too(certs: Certs, caa: dict[str, Any]) -> None:
    certs.world("x.com", advanced=True, external_apis=[{"label": "Cloudflare", "zones": ["x.com"]}])
    options: dict[str, Any] = {"authorization_method": "dns-01", "external_api": "Cloudflare", "caa": {"x.com": caa}}
    certs.pointed.add("x.com")
    tell(certs, "x.com", **options)
    assert certs.writes() == []
    options["caa"] = {}
    assert listed(tell(certs, "x.com", **options)) == {"issued": ["x.com"]}


def test_in_basic_mode_it_holds_up_everybody_and_its_own_name_says_so(certs: Certs) -> None:
    certs.world(X, "y.com", advanced=False)
    certs.point("x.com", "www.x.com", "y.com")
    result = tell(certs, NETWORK, "x.com", "y.com", caa={"www.x.com": FORBIDS})
    assert certs.writes() == [] and listed(result) == {"waiting": [NETWORK, "y.com"], "forbidden": ["x.com"]}
    assert result["forbidden"][0]["reason"].startswith("the web app has no certificate; CAA forbids it: ")
    (row, _other) = result["waiting"]
    assert "these are not ready: www.x.com" in row["reason"] and row["hosts"][0]["message"] == FORBIDS["message"]


def test_in_basic_mode_what_nobody_knows_waits(certs: Certs) -> None:
    certs.world("x.com", advanced=False)
    certs.point("x.com")
    result = tell(certs, NETWORK, "x.com", caa={"x.com": UNSURE})
    assert certs.writes() == [] and listed(result) == {"waiting": [NETWORK, "x.com"]}


@pytest.mark.parametrize("method", ["http-01", "dns-01"])
def test_it_breaks_the_next_renewal(certs: Certs, method: str) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com")
    certs.emu.put_certificate(2, "x.com", age=50, authorizationMethod=method)
    result = tell(certs, "x.com", caa={"x.com": FORBIDS})
    assert listed(result) == {"valid": ["x.com"]} and certs.writes() == []
    assert result["notes"] == [
        "x.com will break the next automatic renewal (due in 10 days, the certificate ends in 40 days): "
        + FORBIDS["message"]
    ]
    assert tell(certs, "x.com", caa={"x.com": UNSURE})["notes"] == []


def test_a_renewal_that_it_forbids_is_told(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com")
    certs.emu.switch(renewal="never")
    certs.emu.put_certificate(2, "x.com", age=70)
    result = tell(certs, "x.com", caa={"x.com": FORBIDS})
    assert listed(result) == {"valid": ["x.com"]} and certs.writes() == []
    assert any(
        "has been due since" in note and "CAA forbids it: " + FORBIDS["message"] in note for note in result["notes"]
    )


def test_where_dns_leads_and_caa_are_both_told(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.lead_away("x.com")
    result = tell(certs, "x.com", caa={"x.com": FORBIDS})
    assert listed(result) == {"forbidden": ["x.com"]} and len(result["forbidden"][0]["hosts"]) == 2


def test_autossl_that_cannot_is_told(certs: Certs) -> None:
    certs.world("x.com", "away.com", advanced=True, auto=True)
    certs.point("x.com", caa=('0 issue "other.org"',))
    certs.lead_away("away.com")
    certs.pass_time(hours=2)
    result = tell(certs, "x.com", "away.com", caa={"x.com": FORBIDS})
    assert listed(result) == {"waiting": ["away.com"], "forbidden": ["x.com"]} and certs.writes() == []
    assert "198.51.100.7" in result["waiting"][0]["hosts"][0]["message"]


def test_an_order_anew_keeps_its_way_of_validation(certs: Certs) -> None:
    """dns-01 for new certificates does not make a certificate by http-01 renewable where its name leads elsewhere."""
    certs.world("x.com", advanced=True, external_apis=[{"label": "Cloudflare", "zones": ["x.com"]}])
    certs.emu.switch(renewal="never")
    certs.emu.put_certificate(2, "x.com", age=91)
    certs.lead_away("x.com")
    result = tell(certs, "x.com", caa={}, authorization_method="dns-01", external_api="Cloudflare")
    assert listed(result) == {"waiting": ["x.com"]} and certs.writes() == []
