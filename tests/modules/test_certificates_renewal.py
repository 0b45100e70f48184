# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""runcloud_certificates with Advanced SSL: what is there already, who may replace it, who else cares for it, and odd panels."""

from __future__ import annotations

from typing import Any

import pytest

from tests.modules.certs_world import Certs, listed
from tests.modules.harness import DOMAINS, NETWORK, columns

X = {"name": "x.com", "www": 1}
OLD = "2026-07-01 00:00:00"

# --- RunCloud's own renewal ---------------------------------------------------------------------------------------------

# Lifetime, and the days after which the panel's date has passed by less and by more than a twentieth of it.
LIVES = columns([("90", 90, 64, 65), ("64", 64, 45.8, 46), ("45", 45, 32.2, 32.3), ("6", 6, 4.2, 4.4)])


@pytest.mark.parametrize(("lifetime", "in_time", "overdue"), LIVES)
def test_a_renewal_that_does_not_come(certs: Certs, lifetime: float, in_time: float, overdue: float) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com")
    certs.emu.switch(renewal="never")
    certs.emu.put_certificate(2, "x.com", lifetime=lifetime)
    certs.pass_time(days=in_time)
    assert listed(certs("x.com", tls=False)) == {"valid": ["x.com"]} and certs.writes() == []
    certs.pass_time(days=overdue - in_time)
    result = certs("x.com", tls=False)
    assert certs.writes() == [("PUT", "x.com")] and listed(result) == {"issued": ["x.com"]}
    assert "the panel's own renewal has been due since" in result["orders"][0]["reason"]


def test_a_renewal_that_comes_is_left_to_the_panel(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com")
    certs("x.com")
    for _month in range(8):
        certs.pass_time(days=30)
        assert listed(certs("x.com")) == {"valid": ["x.com"]} and certs.writes() == []


def test_the_name_that_will_break_its_renewal(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.emu.put_certificate(2, "x.com", age=50)
    certs.lead_away("x.com")
    result = certs("x.com")
    assert listed(result) == {"valid": ["x.com"]} and certs.writes() == []
    (note,) = result["notes"]
    assert note.startswith(
        "x.com will break the next automatic renewal (due in 10 days, the certificate ends in 40 days): "
    )
    assert "198.51.100.7" in note


def test_a_broken_renewal_is_told_and_the_end_too(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.emu.switch(renewal="never")
    certs.emu.put_certificate(2, "x.com", age=80)
    certs.lead_away("x.com")
    result = certs("x.com")
    assert listed(result) == {"valid": ["x.com"]} and certs.writes() == []
    assert any("it is not ready for a certificate" in note and "has been due since" in note for note in result["notes"])
    assert "x.com: its certificate ends on 2026-07-28T12:00:00Z, in 10 days" in result["notes"]


# --- who may replace what -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ownership", "ours", "ordered"),
    [("all", False, True), ("ledger", True, True), ("ledger", False, False), ("none", True, False)],
)
def test_an_ended_certificate_is_replaced_by_its_owner(certs: Certs, ownership: str, ours: bool, ordered: bool) -> None:
    certs.world("x.com", "new.com", advanced=True)
    certs.point("x.com", "new.com")
    certs.emu.switch(renewal="never")
    certs.emu.put_certificate(2, "x.com", age=91)
    if ours:
        certs.own("x.com")
    result = certs("x.com", "new.com", ownership=ownership)
    expected = [("PUT", "x.com")] if ordered else []
    assert certs.writes() == [*expected, ("POST", "new.com")]
    if not ordered:
        assert "not ours" in result.reason("blocked", "x.com") and "ended on 2026-07-17" in result.reason(
            "blocked", "x.com"
        )


def test_a_ledger_of_another_web_app_is_refused(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.own("x.com")
    path = certs.folder / "ledger.json"
    path.write_text(path.read_text().replace('"webapp_id": 2', '"webapp_id": 3'))
    result = certs("x.com", ownership="ledger")
    assert result.failed and "ledger.json must not be used" in result["msg"] and certs.writes() == []


def test_a_damaged_ledger_is_told(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    (certs.folder / "ledger.json").write_text("{")
    result = certs("x.com", ownership="ledger")
    assert result.failed and "ledger.json must not be used" in result["msg"] and certs.emu.writes() == []
    assert not certs("x.com", ownership="all").failed


def test_a_record_that_somebody_made_anew_is_not_ours(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com")
    certs.own("x.com")
    certs.emu.drop_domain(2, "x.com")
    certs.emu.put_domain(2, "x.com")
    certs.emu.switch(renewal="never")
    certs.emu.put_certificate(2, "x.com", age=91)
    assert "not ours" in certs("x.com", ownership="ledger").reason("blocked", "x.com") and certs.writes() == []


def test_a_www_that_is_not_ready_leaves_the_name_valid(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com")
    certs("x.com")
    certs.emu.edit_domain(2, "x.com", www=1)
    certs.lead_away("www.x.com")
    result = certs("x.com")
    assert certs.writes() == [] and listed(result) == {"valid": ["x.com"]}
    assert (
        "x.com: its certificate does not cover www.x.com; it is not ready for a certificate (www.x.com)"
        in result["notes"]
    )


UNFIT = columns(
    [
        ("custom", {"method": "custom", "age": 91}, "hand in a new one with runcloud_ssl"),
        ("staging", {"environment": "staging"}, "its environment is staging, which cannot be changed in place"),
    ]
)


@pytest.mark.parametrize(("certificate", "words"), UNFIT)
def test_what_cannot_be_ordered_anew(certs: Certs, certificate: dict[str, Any], words: str) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com")
    certs.emu.switch(renewal="never")
    certs.emu.put_certificate(2, "x.com", **certificate)
    result = certs("x.com", tls=False)
    assert certs.writes() == [] and words in result.reason("blocked", "x.com")


def test_a_custom_certificate_that_is_valid_is_left_alone(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.emu.put_certificate(2, "x.com", method="custom")
    certs.lead_away("x.com")
    result = certs("x.com", tls=False)
    assert listed(result) == {"valid": ["x.com"]} and result["notes"] == [] and certs.writes() == []


# --- who else cares -----------------------------------------------------------------------------------------------------


def test_policies(certs: Certs) -> None:
    names = ["auto.com", "report.com", "external.com", "nobody.com", "unwanted.com"]
    certs.world(*names, advanced=True)
    certs.point(*names)
    policies = {"report.com": "report", "external.com": "external", "nobody.com": "none"}
    result = certs(
        domains=[
            *({"name": name} for name in names[:4]),
            {"name": names[4], "certificate": False, "certificate_reason": "a test site"},
        ],
        overrides=[{"name": name, "ssl_policy": policy} for name, policy in policies.items()],
    )
    assert certs.writes() == [("POST", "auto.com")] and certs.orders() == [["auto.com"]]
    assert listed(result) == {
        "issued": ["auto.com"],
        "waiting": ["report.com"],
        "ignored": ["external.com", "nobody.com", "unwanted.com"],
    }
    assert result.reason("waiting", "report.com") == (
        "there is no certificate; it would be ordered, but for ssl_policy: report"
    )
    assert result.reason("ignored", "unwanted.com") == "a test site"
    assert any("external.com: visitors see no valid certificate (no_certificate)" in note for note in result["notes"])
    certs.lead_away("report.com")
    assert "it is not ready" in certs("report.com", ssl_policy="report").reason("waiting", "report.com")
    certs.point("report.com")
    for policy in ("report", "external", "none"):
        certs("report.com", ssl_policy=policy)
        assert certs.writes() == []


def test_an_external_certificate_that_visitors_see(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com")
    certs("x.com")
    result = certs("x.com", ssl_policy="external")
    assert result["valid"][0]["valid_until"] == "2026-10-16T12:00:00Z" and result["notes"] == []


def test_autossl_is_left_to_itself(certs: Certs) -> None:
    rows = [{"name": "young.com", "created_at": "2026-07-18 11:30:00"}, {"name": "old.com", "created_at": OLD}]
    certs.world(*rows, advanced=True, auto=True)
    certs.point("young.com", "old.com")
    result = certs("young.com", "old.com")
    assert certs.writes() == [] and listed(result) == {"waiting": ["young.com"], "blocked": ["old.com"]}
    assert result["waiting"][0]["again"] == "2026-07-18T12:30:00Z" and result["ssl_mode"] == {
        "advanced": True,
        "auto": True,
    }
    assert "AutoSSL is on, and has brought none" in result.reason("blocked", "old.com")
    certs.pass_time(hours=1)
    assert listed(certs("young.com")) == {"blocked": ["young.com"]} and certs.orders() == []


def test_what_the_log_says_of_autossl(certs: Certs) -> None:
    certs.world(advanced=True, auto=True)
    certs.point("x.com", caa=('0 issue "other.org"',))
    certs.run("domain", name="x.com")
    certs.pass_time(hours=2)
    result = certs("x.com")
    assert "prevents issuance" in result.reason("blocked", "x.com") and certs.writes() == []


# --- what the panel shows -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_without_a_list_visitors_decide_whom_to_ask_for(certs: Certs, version: str) -> None:
    certs.world(X, "y.com", "z.com", "ended.com", advanced=True)
    certs.emu.switch(ssl_read_v3="flat", renewal="never")
    certs.point("x.com", "www.x.com", "y.com", "z.com", "ended.com")
    for name in ("x.com", "z.com"):
        certs.emu.put_certificate(2, name)
    certs.emu.put_certificate(2, "ended.com", age=91)
    certs.point(NETWORK)
    result = certs("x.com", "y.com", "z.com", "ended.com", api_version=version)
    assert certs.writes() == [("PUT", "ended.com"), ("POST", "y.com")]
    before = [entry.path for entry in certs.emu.journal if entry.method == "GET"]
    before = before[: before.index("/servers/1")]
    assert [path for path in before if path.endswith("/ssl") and "/domains/" in path] == [
        f"{DOMAINS}/{number}/ssl" for number in (703, 705)
    ]
    assert listed(result) == {"valid": ["x.com", "z.com"], "issued": ["ended.com", "y.com"]}
    certs("x.com", "y.com", "z.com", "ended.com", api_version=version)
    assert certs.writes() == [] and not [entry for entry in certs.emu.journal if "/domains/" in entry.path]


def test_where_the_list_is_in_pages_few_are_asked_for_one_by_one(certs: Certs) -> None:
    names = [f"n{number:02}.com" for number in range(45)]
    certs.world(*names, advanced=True)
    certs.emu.switch(ssl_pages="paged")
    for name in names[1:]:
        certs.emu.put_certificate(2, name)
    certs.point(*names)
    assert listed(certs(*names, tls=False))["issued"] == names[:1]
    posted = [entry.method for entry in certs.emu.journal].index("POST")
    assert {entry.path for entry in certs.emu.journal[posted + 1 :]} == {
        f"{DOMAINS}/702/ssl",
        "/servers/1/webapps/2/log",
    }


SWITCHES = columns(
    [
        ("absent by message", {"ssl_absent": "message", "ssl_read_v3": "flat"}),
        ("flat", {"ssl_read_v3": "flat"}),
        ("wrapped", {"ssl_read_v3": "wrapped", "ssl_read_v2": "wrapped"}),
        ("rows in v2", {"ssl_read_v2": "domains"}),
        ("in pages", {"ssl_pages": "paged", "default_page_size_v3": 1, "per_page": "ignored"}),
        ("empty bodies", {"ssl_write_body": "empty"}),
        ("objects", {"ssl_write_body": "object"}),
        ("gone after a failure", {"failed_install": "vanishes"}),
        ("lastPage", {"pagination_meta": "lastPage"}),
        ("no paging words", {"pagination_meta": "none"}),
        ("a basic install is refused", {"basic_under_advanced": "refused"}),
        ("kept by the mode", {"mode_switch": "keeps"}),
    ]
)


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize("advanced", [False, True])
@pytest.mark.parametrize("switches", SWITCHES)
def test_either_way(certs: Certs, switches: dict[str, Any], advanced: bool, version: str) -> None:
    certs.world(X, "bad.com" if advanced else "z.com", advanced=advanced)
    certs.emu.switch(**switches)
    certs.point("x.com", "www.x.com")
    if advanced:
        certs.point("bad.com", caa=('0 issue "other.org"',))
    else:
        certs.point("z.com")
    result = certs(api_version=version)
    if advanced:
        assert listed(result) == {"issued": [NETWORK, "x.com"], "failures": ["bad.com"]}
        assert certs.orders() == [["bad.com"], [NETWORK], ["x.com", "www.x.com"]]
    else:
        assert listed(result) == {"issued": [NETWORK, "x.com", "z.com"]}
        assert certs.orders() == [[NETWORK, "x.com", "www.x.com", "z.com"]]
    again = certs(api_version=version)
    assert certs.writes() == [] and not again.failed and again["changed"] is False


# --- before an order ------------------------------------------------------------------------------------------------------


def test_behind_a_proxy_only_a_probe_counts(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.dns.point("x.com", a=["104.16.0.7"])
    certs.emu.reach_by("104.16.0.7")
    certs.pointed.add("x.com")
    result = certs("x.com", tls=False)
    assert certs.writes() == [] and "behind a proxy" in result["waiting"][0]["hosts"][0]["message"]
    assert listed(certs("x.com", tls=False, probed=["x.com"])) == {"issued": ["x.com"]}


def test_facts_that_are_not_valid_make_nobody_ready(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com")
    for facts in ({**certs.facts(), "valid": False, "reason": "too many are gone"}, None):
        certs.emu.clear_journal()
        result = certs.run("certificates", domains=[{"name": "x.com"}], dns=facts, state_dir=str(certs.folder))
        assert certs.writes() == [] and listed(result) == {"waiting": ["x.com"]}


def test_by_dns_nobody_has_to_point_here(certs: Certs) -> None:
    certs.world("x.com", "*.x.com", advanced=True, external_apis=[{"label": "Cloudflare", "zones": ["x.com"]}])
    certs.pointed |= {"x.com", "*.x.com"}
    result = certs("x.com", "*.x.com")
    assert certs.writes() == [] and listed(result) == {"waiting": ["*.x.com", "x.com"]}
    options: dict[str, Any] = {"authorization_method": "dns-01", "external_api": "Cloudflare", "tls": False}
    assert listed(certs("x.com", "*.x.com", **options)) == {"issued": ["*.x.com", "x.com"]}
    assert {body["externalApi"] for _method, _path, body in certs.emu.writes()} == {31}
    certs.emu.put_domain(2, "y.x.com")
    refused = certs("y.x.com", **{**options, "external_api": "Nobody"})
    assert refused.failed and "there is no Nobody" in refused["msg"] and certs.writes() == []


def test_what_is_not_on_the_web_app(certs: Certs) -> None:
    certs.world({"name": f"*.{NETWORK}"}, advanced=True)
    result = certs("gone.com", f"site.{NETWORK}")
    assert listed(result) == {"waiting": ["gone.com"], "ignored": [f"site.{NETWORK}"]}
    assert result.reason("ignored", f"site.{NETWORK}").startswith(f"covered by *.{NETWORK}")


def test_a_server_that_is_away_gets_no_order(certs: Certs) -> None:
    certs.world(
        "x.com", advanced=True, servers=[{"id": 1, "name": "web-1", "ipAddress": "192.0.2.10", "online": False}]
    )
    certs.point("x.com")
    result = certs("x.com")
    assert result.failed and "is offline" in result["msg"] and certs.writes() == []
    assert listed(result) == {"blocked": ["x.com"]} and result["orders"] == []


def test_a_renewal_by_dns_needs_nobody_to_point_here(certs: Certs) -> None:
    certs.world("x.com", advanced=True, external_apis=[{"label": "Cloudflare", "zones": ["x.com"]}])
    certs.emu.put_certificate(2, "x.com", authorizationMethod="dns-01", api_id=31)
    certs.lead_away("x.com")
    assert certs("x.com", tls=False)["notes"] == []
