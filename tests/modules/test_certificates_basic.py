# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""runcloud_certificates with Basic SSL: one order for all names of the web app, and only when it can succeed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.modules.certs_world import Certs, listed
from tests.modules.harness import APP, NETWORK, numbered

X = {"name": "x.com", "www": 1}


def lit(certs: Certs, *rows: str, **certificate: Any) -> None:
    """The network and x.com with www, which point here, on a certificate; then these records are added."""
    certs.world(X, advanced=False)
    certs.point("x.com", "www.x.com")
    certs.emu.switch(renewal="never")
    certs.emu.put_certificate(2, **{"age": 1, **certificate})
    for name in rows:
        certs.emu.put_domain(2, name)


def test_the_first_certificate(certs: Certs) -> None:
    certs.world(X, advanced=False)
    certs.point("x.com", "www.x.com")
    check = certs(check=True)
    assert certs.writes() == [] and check["changed"] and listed(check) == {"pending": [NETWORK, "x.com"]}
    result = certs()
    assert certs.writes() == [("POST", "ssl")] and certs.orders() == [[NETWORK, "x.com", "www.x.com"]]
    assert listed(result) == {"issued": [NETWORK, "x.com"]} and result["orders"][0]["domain"] is None
    again = certs()
    assert certs.writes() == [] and listed(again) == {"valid": [NETWORK, "x.com"]} and again["changed"] is False


def test_one_order_for_many_new_names(certs: Certs) -> None:
    names = numbered(12)
    lit(certs, *names)
    certs.point(*names)
    result = certs()
    assert certs.writes() == [("PUT", "ssl")]
    assert certs.orders() == [[NETWORK, "x.com", "www.x.com", *names]]
    assert listed(result) == {"valid": [NETWORK, "x.com"], "issued": names}
    paths = [call.replace(f" {APP}", " ").partition("?")[0] for call in certs.emu.calls()]
    before = ["GET /ssl/advanced", "GET /domains", "GET /ssl", "GET /servers/1", "GET ", "GET /log"]
    assert paths == [*before, "PUT /ssl/55", *["GET /ssl", "GET /log"] * 2, "GET /ssl"]
    certs()
    assert certs.writes() == [] and len(certs.emu.calls()) == 3


def test_every_name_has_to_be_ready_those_that_nobody_named_too(certs: Certs) -> None:
    lit(certs, "new.com", "foreign.com")
    certs.emu.edit_domain(2, "foreign.com", www=1)
    certs.point("new.com", "foreign.com")
    certs.lead_away("www.foreign.com")
    result = certs("new.com", "x.com")
    assert certs.writes() == [] and listed(result) == {"valid": ["x.com"], "waiting": ["new.com"]}
    assert [host["name"] for host in result["waiting"][0]["hosts"]] == ["www.foreign.com"]
    assert "these are not ready: www.foreign.com" in result["waiting"][0]["reason"]
    certs.point("www.foreign.com")
    assert listed(certs("new.com", "x.com"))["issued"] == ["new.com"]


def test_which_names_break_the_next_renewal(certs: Certs) -> None:
    lit(certs, "gone.com", age=40)
    certs.lead_away("www.x.com", "gone.com")
    result = certs("x.com")
    assert certs.writes() == []
    assert [note.partition(":")[0] for note in result["notes"]] == [
        "www.x.com will break the next automatic renewal (due in 20 days, the certificate ends in 50 days)",
        "gone.com will break the next automatic renewal (due in 20 days, the certificate ends in 50 days)",
    ]


def test_at_most_once_a_day(certs: Certs) -> None:
    lit(certs, "a.com")
    certs.point("a.com")
    assert listed(certs("a.com")) == {"issued": ["a.com"]}
    certs.emu.put_domain(2, "b.com")
    certs.point("b.com")
    certs.pass_time(hours=23)
    result = certs("a.com", "b.com")
    assert certs.writes() == [] and listed(result) == {"valid": ["a.com"], "waiting": ["b.com"]}
    assert (
        result["waiting"][0]["again"] == "2026-07-19T12:00:00Z"
        and "at most once a day" in result["waiting"][0]["reason"]
    )
    certs.pass_time(hours=1)
    assert listed(certs("a.com", "b.com")) == {"valid": ["a.com"], "issued": ["b.com"]}


@pytest.mark.parametrize(("webapp", "again"), [(2, "2026-07-19T02:00:00Z"), (7, None)])
def test_the_day_of_another_network_on_the_web_app_counts(certs: Certs, webapp: int, again: str | None) -> None:
    lit(certs, "a.com")
    certs.point("a.com")
    folder = certs.folder
    order: dict[str, Any] = {"domain": None, "kind": "redeploy", "hosts": ["b.com"], "at": "2026-07-18T02:00:00Z"}
    order = {**order, "before": None, "log": 0, "outcome": "issued", "reason": ""}
    certs.folder, certs.path = folder.parent / "two", folder.parent / "two" / "attempts.json"
    certs.remember({"webapp_id": webapp}, orders=[order])
    certs.folder, certs.path = folder, folder / "attempts.json"
    result = certs("a.com")
    assert [row["again"] for row in result["waiting"]] == ([again] if again else [])
    assert certs.writes() == ([] if again else [("PUT", "ssl")])


@pytest.mark.parametrize("action", ["drop_after", "drop_before"])
def test_a_lost_answer_is_never_followed_by_a_second_order(certs: Certs, action: str) -> None:
    lit(certs, "a.com")
    certs.point("a.com")
    certs.emu.fault(method="PUT", action=action, times=1)
    result = certs("a.com", wait_timeout=60)
    assert certs.writes() == [("PUT", "ssl")]
    assert listed(result) == ({"issued": ["a.com"]} if action == "drop_after" else {"pending": ["a.com"]})
    for hours in (0.5, 1, 22):
        certs.pass_time(hours=hours)
        certs("a.com")
        assert certs.writes() == []
    assert len(certs.orders()) == (1 if action == "drop_after" else 0)


def test_a_failure_doubles_its_time(certs: Certs) -> None:
    lit(certs, "a.com")
    certs.point("a.com", caa=('0 issue "other.org"',))
    result = certs("a.com")
    assert result.failed and listed(result) == {"failures": ["a.com"]} and "CAA record for a.com" in result["msg"]
    certs.pass_time(days=1)
    certs("a.com")
    assert certs.writes() == [("PUT", "ssl")]
    certs.pass_time(days=1.9)
    assert "2 attempts in a row failed" in certs("a.com")["waiting"][0]["reason"] and certs.writes() == []
    certs.pass_time(days=0.1)
    certs.point("a.com")
    assert listed(certs("a.com")) == {"issued": ["a.com"]} and certs.memory()["failures"] == []


@pytest.mark.parametrize("ours", [True, False])
def test_only_a_name_of_ours_is_a_reason_to_replace_it(certs: Certs, ours: bool) -> None:
    lit(certs, "a.com")
    certs.point("a.com")
    certs.own(*(["a.com"] if ours else ["x.com"]))
    result = certs("a.com", ownership="ledger")
    assert certs.writes() == ([("PUT", "ssl")] if ours else [])
    if not ours:
        assert "not ours" in result.reason("blocked", "a.com")


def test_names_that_the_run_is_not_about_are_no_reason(certs: Certs) -> None:
    lit(certs, "a.com", "b.com")
    certs.point("a.com", "b.com")
    result = certs("x.com", "b.com", overrides=[{"name": "b.com", "ssl_policy": "report"}])
    assert certs.writes() == [] and listed(result) == {"valid": ["x.com"], "waiting": ["b.com"]}
    assert "does not cover b.com; it would be ordered, but for ssl_policy: report" in result["waiting"][0]["reason"]


def test_where_nothing_may_be_ordered_a_report_says_why(certs: Certs) -> None:
    lit(certs, "a.com", "b.com")
    certs.point("b.com")
    certs.lead_away("a.com")
    result = certs("x.com", "b.com", ssl_policy="report")
    assert certs.writes() == [] and "these are not ready: a.com" in result.reason("waiting", "b.com")


@pytest.mark.parametrize(("age", "ordered"), [(64, False), (65, True), (91, True)])
def test_a_renewal_that_does_not_come(certs: Certs, age: float, ordered: bool) -> None:
    lit(certs, age=age)
    result = certs(tls=age < 90)
    assert certs.writes() == ([("PUT", "ssl")] if ordered else [])
    assert listed(result) == {"issued" if ordered else "valid": [NETWORK, "x.com"]}


def test_a_renewal_that_nobody_can_order(certs: Certs) -> None:
    lit(certs, age=70)
    certs.lead_away("www.x.com")
    result = certs()
    assert certs.writes() == [] and listed(result) == {"valid": [NETWORK, "x.com"]}
    assert any("has been due since" in note and "not ready: www.x.com" in note for note in result["notes"])


def test_coverage_without_a_look_from_outside(certs: Certs) -> None:
    lit(certs, "a.com")
    certs.point("a.com")
    result = certs("a.com", tls=False)
    assert certs.writes() == [] and "nobody knows whether" in result["waiting"][0]["reason"]
    certs("a.com")
    result = certs("a.com", "x.com", tls=False)
    assert listed(result) == {"valid": ["a.com", "x.com"]}


def test_without_a_memory_nothing_is_ordered_anew(certs: Certs) -> None:
    lit(certs, "a.com")
    certs.point("a.com")
    for _run in range(2):
        certs.forget()
        result = certs("a.com")
        assert certs.writes() == [] and listed(result) == {"blocked": ["a.com"]}
        assert "give a state_dir that survives" in result["blocked"][0]["reason"]
    assert listed(certs("a.com")) == {"issued": ["a.com"]}


@pytest.mark.parametrize("failed", ["keeps", "vanishes"])
def test_without_a_memory_a_first_order_is_sent_once(certs: Certs, failed: str) -> None:
    certs.world("a.com", advanced=False)
    certs.emu.switch(failed_install=failed)
    certs.point("a.com", caa=('0 issue "other.org"',))
    certs.forget()
    assert listed(certs()) == {"failures": ["a.com", NETWORK]}
    for days in (0.1, 8):
        certs.forget()
        certs.pass_time(days=days)
        assert listed(certs()) == {"blocked": ["a.com", NETWORK]} and certs.writes() == []


@pytest.mark.parametrize(
    ("records", "warned", "ordered"), [(39, False, True), (40, True, True), (50, True, True), (51, True, False)]
)
def test_a_hundred_names_fit(certs: Certs, records: int, warned: bool, ordered: bool) -> None:
    names = numbered(records)
    rows = [{"name": name, "www": 1} for name in names]
    # The first name is the primary, so that all names have their www.
    certs.world({**rows[0], "type": "primary"}, *rows[1:], advanced=False)
    certs.point(*names, *(f"www.{name}" for name in names))
    result = certs(tls=False)
    assert (
        [note for note in result["notes"] if f"serves {2 * records} names" in note] != []
        if warned
        else result["notes"] == []
    )
    assert certs.writes() == ([("POST", "ssl")] if ordered else [])
    if not ordered:
        assert "serves 102 names" in result.reason("blocked", names[0]) and "runcloud_ssl_mode" in result.reason(
            "blocked", names[0]
        )


def test_a_wildcard_spoils_the_order(certs: Certs) -> None:
    lit(certs, "a.com", "*.a.com")
    certs.point("a.com")
    result = certs("a.com")
    assert certs.writes() == [] and "validated by dns-01 alone" in result["waiting"][0]["hosts"][0]["message"]


def test_a_custom_certificate_is_a_person_s(certs: Certs) -> None:
    certs.world("a.com", advanced=False)
    certs.point("a.com")
    certs.emu.put_certificate(2, method="custom", names=[NETWORK])
    result = certs()
    assert certs.writes() == [] and listed(result) == {"valid": [NETWORK], "blocked": ["a.com"]}
    assert "custom: hand in a new one" in result["blocked"][0]["reason"]


@pytest.mark.parametrize("status", [403, 404])
def test_a_plan_without_advanced_is_basic(certs: Certs, status: int) -> None:
    lit(certs)
    certs.emu.fault(path="/ssl/advanced$", action="status", status=status)
    assert listed(certs("x.com")) == {"valid": ["x.com"]}


def test_an_order_that_brought_nothing_replaces_nothing(certs: Certs) -> None:
    lit(certs, lifetime=0)
    options: dict[str, Any] = {"ownership": "none", "tls": False}
    assert listed(certs(**options)) == {"waiting": [NETWORK, "x.com"]} and certs.writes() == []
    certs.pass_time(days=1)
    assert listed(certs(**options)) == {"issued": [NETWORK, "x.com"]} and certs.writes() == [("PUT", "ssl")]


@pytest.mark.parametrize(
    ("state", "names", "ordered"),
    [
        ("no_certificate", ["x.com"], True),
        # A matter of the web server: the certificate names it already.
        ("no_certificate", ["x.com", "www.x.com"], False),
        ("expired", ["x.com"], False),
        ("unreachable", ["x.com", "www.x.com"], False),
        (None, ["x.com", "www.x.com"], False),
    ],
)
def test_a_name_on_the_certificate_that_is_not_shown(
    certs: Certs, state: str | None, names: list[str], ordered: bool
) -> None:
    lit(certs)
    seen: list[dict[str, Any]] = [{"name": "x.com", "state": "valid", "names": names}]
    seen += [{"name": "www.x.com", "state": state}] if state else []
    result = certs.run(
        "certificates", domains=[{"name": "x.com"}], dns=certs.facts(), tls=seen, state_dir=str(certs.folder)
    )
    assert listed(result) == {"issued" if ordered else "valid": ["x.com"]}
    told = [note for note in result["notes"] if "visitors of www.x.com do not see it" in note]
    assert len(told) == (state in ("no_certificate", "expired") and not ordered)


def test_what_an_order_has_carried_is_not_ordered_for_it_again(certs: Certs) -> None:
    lit(certs)
    seen = [
        {"name": NETWORK, "state": "valid", "names": [NETWORK]},
        {"name": "x.com", "state": "valid", "names": ["x.com"]},
        {"name": "www.x.com", "state": "self_signed", "names": ["other.com"]},
    ]
    assert listed(certs(tls=seen)) == {"valid": [NETWORK], "issued": ["x.com"]} and certs.writes() == [("PUT", "ssl")]
    for _day in range(9):
        certs.pass_time(hours=25)
        result = certs(tls=seen)
        assert certs.writes() == [] and listed(result) == {"valid": [NETWORK, "x.com"]}
        assert any("visitors of www.x.com do not see it (self_signed)" in note for note in result["notes"])


def test_a_wildcard_on_the_certificate_covers_one_label(certs: Certs) -> None:
    lit(certs)
    seen = [
        {"name": NETWORK, "state": "valid", "names": ["*.x.com", "x.com"]},
        {"name": "x.com", "state": "valid", "names": ["*.x.com"]},
    ]
    result = certs.run("certificates", domains=[{"name": "x.com"}], tls=seen, state_dir=str(certs.folder))
    assert listed(result) == {"valid": ["x.com"]} and certs.emu.writes() == []


def test_a_renewal_by_dns_needs_nobody_to_point_here(certs: Certs) -> None:
    lit(certs, authorizationMethod="dns-01", api_id=31)
    certs.lead_away("x.com", "www.x.com")
    assert certs("x.com", tls=False)["notes"] == []
