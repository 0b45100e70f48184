# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""runcloud_certificates with Advanced SSL: an order for each domain that lacks a certificate and can get one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.modules.certs_world import Certs, listed
from tests.modules.harness import APP, DOMAINS, NETWORK, columns, numbered, plugin

X = {"name": "x.com", "www": 1}
YESTERDAY, NOW = "2026-07-17 11:00:00", "2026-07-18 11:59:00"


def test_ready_names_get_one_and_the_others_are_told(certs: Certs) -> None:
    certs.world(X, "y.com", "away.com", "nowhere.com", advanced=True)
    certs.point("x.com", "www.x.com", "y.com")
    certs.lead_away("away.com")
    certs.emu.put_certificate(2, NETWORK)
    check = certs(check=True, diff=True)
    assert certs.writes() == [] and certs.orders() == [] and check["changed"]
    assert listed(check)["pending"] == ["x.com", "y.com"]
    assert [order["outcome"] for order in check["orders"]] == ["planned", "planned"]
    assert check["diff"]["before"].startswith("x.com: there is no certificate\n")

    result = certs(diff=True)
    assert not result.failed and result["changed"]
    assert certs.writes() == [("POST", "x.com"), ("POST", "y.com")]
    assert certs.orders() == [["x.com", "www.x.com"], ["y.com"]]
    assert listed(result) == {"valid": [NETWORK], "issued": ["x.com", "y.com"], "waiting": ["away.com", "nowhere.com"]}
    assert result["issued"][0]["valid_until"] == "2026-10-16T12:00:00Z" and result["issued"][0]["days_left"] == 89
    (away, _nowhere) = result["waiting"]
    assert away["hosts"][0]["record"] == {"type": "A", "name": "away.com", "value": "192.0.2.10"}
    assert "198.51.100.7" in away["hosts"][0]["message"]
    assert result["diff"]["after"] == "x.com: issued\ny.com: issued\n"

    again = certs()
    assert certs.writes() == [] and again["changed"] is False and again["orders"] == []
    assert listed(again)["valid"] == [NETWORK, "x.com", "y.com"]


def test_what_is_sent(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com")
    options: dict[str, Any] = {
        "enable_hsts": True,
        "enable_http": True,
        "minimum_tls_version": "TLSv1.2",
        "environment": "staging",
    }
    certs("x.com", **options)
    assert certs.emu.writes() == [
        (
            "POST",
            f"{DOMAINS}/702/ssl",
            {
                "provider": "letsencrypt",
                "environment": "staging",
                "enableHttp": True,
                "enableHsts": True,
                "authorizationMethod": "http-01",
                "sslProtocolId": 2,
            },
        )
    ]


def test_twenty_new_ones_among_five_hundred(certs: Certs) -> None:
    names = numbered(500)
    certs.world(*names, advanced=True)
    certs.point(*names)
    for name in [NETWORK, *names[20:]]:
        certs.emu.put_certificate(2, name)
    result = certs(tls=False)
    assert [row["name"] for row in result["issued"]] == names[:20] and len(result["valid"]) == 481
    assert sorted(certs.orders()) == [[name] for name in names[:20]]
    paths = [call.replace(f" {APP}", " ").partition("?")[0] for call in certs.emu.calls()]
    installs = [f"POST /domains/{number}/ssl" for number in range(702, 722)]
    # One mode, 13 pages of records, one list of certificates, what stands before any write, 20 orders, three looks.
    assert paths[:-25] == [
        "GET /ssl/advanced",
        *["GET /domains"] * 13,
        "GET /ssl",
        "GET /servers/1",
        "GET ",
        "GET /log",
    ]
    assert paths[-25:] == [*installs, *["GET /ssl", "GET /log"] * 2, "GET /ssl"]
    assert certs.clock.slept.count(15.0) == 3

    again = certs(tls=False)
    assert again["changed"] is False and len(again["valid"]) == 501
    paths = [call.replace(f" {APP}", " ").partition("?")[0] for call in certs.emu.calls()]
    assert paths == ["GET /ssl/advanced", *["GET /domains"] * 13, "GET /ssl"]


def test_www_of_a_record_has_to_be_ready_too(certs: Certs) -> None:
    certs.world(X, advanced=True)
    certs.point("x.com")
    result = certs("x.com")
    assert certs.writes() == [] and [host["name"] for host in result["waiting"][0]["hosts"]] == ["www.x.com"]


@pytest.mark.parametrize("wanted", ["x.com", "www.x.com"])
def test_a_name_and_its_www_are_one_record(certs: Certs, wanted: str) -> None:
    certs.world(X, advanced=True)
    certs.point("x.com", "www.x.com")
    assert certs(wanted)["orders"][0]["domain"] == "x.com"


def test_a_record_of_its_own_for_the_www_goes_with_its_name(certs: Certs) -> None:
    certs.world("x.com", "www.x.com", "www.other.com", advanced=True)
    certs.point("x.com", "www.x.com", "www.other.com")
    result = certs("x.com")
    assert listed(result) == {"issued": ["www.x.com", "x.com"]}
    assert sorted(certs.orders()) == [["www.x.com"], ["x.com"]]
    assert listed(certs("x.com", overrides=[{"name": "x.com", "ssl_policy": "none"}]))["ignored"] == [
        "www.x.com",
        "x.com",
    ]


def test_overrides_are_those_of_runcloud_domains(certs: Certs) -> None:
    certs.world("a.com", "b.com", "c.com", "d.com", advanced=True)
    certs.point("a.com", "b.com", "c.com", "d.com")
    result = certs(
        *("a.com", "b.com", "c.com", "d.com"),
        overrides=[
            {"name": "www.A.com", "ssl_policy": "none", "reason": "a ticket"},
            {"name": "b.com", "ignore": True},
            {"name": "c.com", "www": True, "redirection": "non-www"},
            {"name": "gone.com", "ssl_policy": "external"},
            {"name": "kept.com", "ignore": True},
        ],
    )
    assert listed(result) == {"issued": ["c.com", "d.com"], "ignored": ["a.com", "b.com"]}
    told = [note for note in result["notes"] if "An override is for " in note]
    assert told == ["An override is for gone.com, which is none of the domains; look whether it is misspelt."]


def test_a_www_that_was_switched_on_later_is_ordered(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com", "www.x.com")
    certs("x.com")
    certs.emu.edit_domain(2, "x.com", www=1)
    blind = certs("x.com", tls=False)
    assert listed(blind) == {"valid": ["x.com"]}
    result = certs("x.com")
    assert certs.writes() == [("PUT", "x.com")] and certs.orders()[-1] == ["x.com", "www.x.com"]
    assert result["orders"][0]["reason"] == "its certificate does not cover www.x.com"
    certs("x.com")
    assert certs.writes() == []


# --- failures and the memory of them ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("failed", "verb"), [("keeps", "PUT"), ("vanishes", "POST")])
def test_a_failure_is_tried_again_after_days(certs: Certs, failed: str, verb: str) -> None:
    certs.world("x.com", "y.com", advanced=True)
    certs.emu.switch(failed_install=failed)
    certs.point("x.com", caa=('0 issue "other.org"',))
    certs.point("y.com")
    result = certs("x.com", "y.com")
    assert result.failed and "1 of 2 orders failed" in result["msg"] and "prevents issuance" in result["msg"]
    assert listed(result) == {"issued": ["y.com"], "failures": ["x.com"]}
    assert result["failures"][0]["panel_log"] == [
        "Failed to issue SSL certificate for x.com: x.com: caa: CAA record for x.com prevents issuance"
    ]
    for tried, days in enumerate((1, 2, 4, 7, 7), start=1):
        certs.pass_time(days=days, hours=-1)
        result = certs("x.com")
        assert certs.writes() == [] and not result.failed and listed(result) == {"waiting": ["x.com"]}
        assert ("%d attempt" % tried) in result["waiting"][0]["reason"] and result["waiting"][0]["again"]
        certs.pass_time(hours=1)
        result = certs("x.com")
        assert certs.writes() == [(verb, "x.com")] and listed(result) == {"failures": ["x.com"]}
    certs.point("x.com")
    certs.pass_time(days=7)
    assert listed(certs("x.com")) == {"issued": ["x.com"]}
    assert certs.memory()["failures"] == []


@pytest.mark.parametrize(
    ("answer", "words"),
    columns([("limit", None, "too many certificates"), ("refusal", "rateLimited: paused", "paused")]),
)
def test_a_limit_stops_the_batch(certs: Certs, answer: str | None, words: str) -> None:
    names = [f"n{number}.b.com" for number in range(3)]
    certs.world(*names, advanced=True)
    certs.point(*names)
    before = certs.clock.epoch() - 60
    for number in range(50):
        certs.emu.world.letsencrypt.issued.append((before, frozenset({f"old{number}.b.com"})))
    if answer:
        certs.emu.fault(method="POST", action="status", status=422, body={"message": answer})
    result = certs(*names, batch_size=1)
    assert result.failed and certs.writes() == [("POST", names[0])] and words in result["msg"]
    assert listed(result) == {"failures": names[:1], "waiting": names[1:]}
    assert "takes no more orders" in result["waiting"][0]["reason"]
    certs.emu.clear_faults()
    certs.pass_time(hours=2.9)
    held = certs(*names)
    assert certs.writes() == [] and words in held["waiting"][1]["reason"]
    certs.pass_time(hours=0.2, days=8)
    assert listed(certs(*names)) == {"issued": names}


def test_what_never_comes_to_an_end_stops_the_next_batch(certs: Certs) -> None:
    certs.world("x.com", "y.com", advanced=True)
    certs.point("x.com", "y.com")
    certs.emu.switch(issuance_polls=1000, issuance_seconds=10**6)
    result = certs("x.com", "y.com", batch_size=1, wait_timeout=60)
    assert not result.failed and listed(result) == {"pending": ["x.com"], "waiting": ["y.com"]}
    assert "within 60 seconds" in result["waiting"][0]["reason"] and sum(certs.clock.slept) == 60
    result = certs("x.com")
    assert certs.writes() == [] and listed(result) == {"pending": ["x.com"]}
    certs.pass_time(hours=1)
    result = certs("x.com")
    assert certs.writes() == [] and "no certificate came" in result["waiting"][0]["reason"]


def test_without_waiting_the_next_run_finds_out(certs: Certs) -> None:
    certs.world("x.com", "y.com", advanced=True)
    certs.point("x.com")
    certs.point("y.com", caa=('0 issue "other.org"',))
    result = certs("x.com", "y.com", wait=False)
    assert 15.0 not in certs.clock.slept and listed(result) == {"pending": ["x.com", "y.com"]} and result["changed"]
    certs.pass_time(hours=0.2)
    result = certs("x.com", "y.com")
    assert certs.writes() == [] and listed(result) == {"valid": ["x.com"], "waiting": ["y.com"]}
    assert "CAA record" in result["waiting"][0]["reason"]


LOST = columns(
    [
        ("cut", {"action": "drop_after"}),
        ("a gateway's error", {"action": "status_after", "status": 502}),
        ("unavailable", {"action": "status_after", "status": 503}),
    ]
)


@pytest.mark.parametrize("fault", LOST)
@pytest.mark.parametrize("kind", ["install", "redeploy"])
def test_a_lost_answer_is_not_followed_by_a_second_order(certs: Certs, kind: str, fault: dict[str, Any]) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com")
    certs.emu.switch(renewal="never")
    verb = "POST" if kind == "install" else "PUT"
    if kind == "redeploy":
        certs.emu.put_certificate(2, "x.com", age=91)
    certs.emu.fault(method=verb, **fault)
    result = certs("x.com")
    assert listed(result) == {"issued": ["x.com"]} and certs.writes() == [(verb, "x.com")]


def test_an_order_that_never_arrived_is_not_repeated_today(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com")
    certs.emu.fault(method="POST", action="drop_before", times=1)
    result = certs("x.com", wait_timeout=60)
    assert listed(result) == {"pending": ["x.com"]} and len(certs.writes()) == 1
    certs("x.com")
    assert certs.writes() == []
    certs.pass_time(days=1)
    # Only now the memory has learnt that nothing came of it, as of the time of the order.
    assert listed(certs("x.com")) == {"issued": ["x.com"]} and certs.orders() == [["x.com"]]


def test_the_order_is_remembered_before_it_is_sent(certs: Certs, monkeypatch: pytest.MonkeyPatch) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com")

    class Killed(BaseException):
        """The end of the process."""

    ssl = plugin("module_utils._ssl").Ssl

    def die(*_arguments: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(ssl, "install", die)
        with pytest.raises(Killed):
            certs("x.com")
    (order,) = certs.memory()["orders"]
    assert (order["domain"], order["hosts"], order["outcome"]) == ("x.com", ["x.com"], "open")
    assert certs.path.stat().st_mode & 0o777 == 0o600
    assert listed(certs("x.com")) == {"pending": ["x.com"]} and certs.writes() == []


def test_a_refusal_of_one_order_does_not_stop_the_others(certs: Certs) -> None:
    certs.world("x.com", "y.com", advanced=True)
    certs.point("x.com", "y.com")
    certs.emu.fault(method="POST", action="status", status=422, times=1, body={"message": "No."})
    result = certs("x.com", "y.com")
    assert listed(result) == {"issued": ["y.com"], "failures": ["x.com"]} and "No." in result["msg"]
    assert certs("x.com")["waiting"][0]["reason"].startswith("there is no certificate; 1 attempt failed")


def test_a_panel_that_refuses_everything_is_asked_once(certs: Certs) -> None:
    certs.world("x.com", "y.com", advanced=True)
    certs.point("x.com", "y.com")
    certs.emu.fault(method="POST", action="status", status=403, body={"message": "Forbidden."})
    result = certs("x.com", "y.com")
    assert result.failed and certs.writes() == [("POST", "x.com")]
    assert listed(result) == {"failures": ["x.com"], "waiting": ["y.com"]}
    certs.emu.clear_faults()
    assert listed(certs("x.com", "y.com")) == {"issued": ["x.com", "y.com"]}


# --- how many, and in which order ----------------------------------------------------------------------------------------


def test_the_cap_and_who_comes_first(certs: Certs) -> None:
    rows = [
        {"name": "a-new.com", "created_at": NOW},
        {"name": "b-old.com", "created_at": YESTERDAY},
        {"name": "c-ended.com", "created_at": NOW},
        {"name": "d-ended-first.com", "created_at": YESTERDAY},
    ]
    certs.world(*rows, advanced=True)
    certs.point(*(row["name"] for row in rows))
    certs.emu.switch(renewal="never")
    certs.emu.put_certificate(2, "c-ended.com", age=91)
    certs.emu.put_certificate(2, "d-ended-first.com", age=95)
    names = [row["name"] for row in rows]
    result = certs(*names, max_orders=3)
    assert certs.writes() == [("PUT", "d-ended-first.com"), ("PUT", "c-ended.com"), ("POST", "b-old.com")]
    assert listed(result)["waiting"] == ["a-new.com"]
    assert result["waiting"][0]["again"] == "2026-07-18T15:00:00Z" and "max_orders: 3" in result["waiting"][0]["reason"]
    certs.pass_time(hours=2.9)
    certs(*names, max_orders=3)
    assert certs.writes() == []
    certs.pass_time(hours=0.2)
    assert listed(certs(*names, max_orders=3))["issued"] == ["a-new.com"]


def test_orders_of_networks_beside_this_one_count(certs: Certs) -> None:
    certs.world("x.com", "y.com", advanced=True)
    certs.point("x.com", "y.com")
    folder = certs.folder
    order: dict[str, Any] = {"domain": "z.com", "kind": "install", "hosts": ["z.com"], "at": "2026-07-18T11:00:00Z"}
    order = {**order, "before": None, "log": 0, "outcome": "failed", "reason": ""}
    for name, server in (("two", 1), ("elsewhere", 9)):
        certs.folder, certs.path = folder.parent / name, folder.parent / name / "attempts.json"
        certs.remember({"server_id": server, "webapp_id": 7}, orders=[order])
    (folder.parent / "damaged").mkdir()
    (folder.parent / "damaged" / "attempts.json").write_text("{")
    certs.folder, certs.path = folder, folder / "attempts.json"
    result = certs("x.com", "y.com", max_orders=2)
    assert certs.writes() == [("POST", "x.com")] and listed(result)["waiting"] == ["y.com"]
    assert result["waiting"][0]["again"] == "2026-07-18T14:00:00Z"
    assert any("damaged/attempts.json" in note for note in result["notes"])


# --- without a memory ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failed", ["keeps", "vanishes"])
@pytest.mark.parametrize("folder", [True, False])
def test_without_a_memory_nothing_is_tried_twice(certs: Certs, failed: str, folder: bool) -> None:
    certs.world("x.com", "y.com", advanced=True)
    certs.emu.switch(failed_install=failed)
    certs.point("x.com", caa=('0 issue "other.org"',))
    certs.point("y.com")
    options: dict[str, Any] = {} if folder else {"state_dir": None}
    certs.forget()
    result = certs("x.com", "y.com", **options)
    assert listed(result) == {"issued": ["y.com"], "failures": ["x.com"]}
    assert any("state_dir" in note or "memory" in note for note in result["notes"])
    for days in (0.1, 10):
        certs.forget()
        certs.pass_time(days=days)
        result = certs("x.com", "y.com", **options)
        assert certs.writes() == [] and listed(result) == {"valid": ["y.com"], "blocked": ["x.com"]}
        assert "give a state_dir that survives" in result["blocked"][0]["reason"]


def test_an_object_without_a_certificate_counts_as_a_failure_of_today(certs: Certs) -> None:
    certs.world("x.com", "young.com", advanced=True)
    certs.point("x.com", "young.com")
    certs.emu.put_certificate(2, "x.com", lifetime=0, created_at=YESTERDAY)
    certs.emu.put_certificate(2, "young.com", lifetime=0, created_at=NOW)
    result = certs("x.com", "young.com")
    assert certs.writes() == [] and listed(result) == {"pending": ["young.com"], "waiting": ["x.com"]}
    certs.pass_time(hours=23)
    certs("x.com")
    assert certs.writes() == []
    certs.pass_time(hours=1)
    assert listed(certs("x.com")) == {"issued": ["x.com"]} and certs.writes() == [("PUT", "x.com")]


def test_what_somebody_mended_is_forgotten(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com", caa=('0 issue "other.org"',))
    certs("x.com")
    assert len(certs.memory()["failures"]) == 1
    certs.point("x.com")
    assert certs.run("ssl", domain="x.com", state="redeployed")["certificate"]["issued"]
    assert listed(certs("x.com")) == {"valid": ["x.com"]} and certs.memory()["failures"] == []


@pytest.mark.parametrize("first", [True, False])
def test_a_record_is_wanted_when_one_of_its_names_is(certs: Certs, first: bool) -> None:
    certs.world(X, advanced=True)
    certs.point("x.com", "www.x.com")
    rows: list[dict[str, Any]] = [{"name": "x.com", "certificate": False}, {"name": "www.x.com"}]
    result = certs(domains=rows if first else rows[::-1])
    assert listed(result) == {"issued": ["x.com"]} and certs.writes() == [("POST", "x.com")]


def test_an_object_that_vanishes_in_silence_has_failed(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com", caa=('0 issue "other.org"',))
    certs.emu.switch(failed_install="vanishes")
    certs.emu.fault(path="/log$", action="status", status=403)
    result = certs("x.com")
    assert "has taken its object away" in result["failures"][0]["reason"] and result["failures"][0]["panel_log"] == []
    (failure,) = certs.memory()["failures"]
    assert (failure["host"], failure["count"], failure["last"]) == ("x.com", 1, "2026-07-18T12:00:00Z")
    certs("x.com")
    assert certs.writes() == []


def test_what_the_log_said_before_an_order_is_not_about_it(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.point("x.com", caa=('0 issue "other.org"',))
    certs("x.com")
    certs.pass_time(days=1)
    certs.point("x.com")
    certs.emu.switch(issuance_polls=3)
    assert listed(certs("x.com", wait=False)) == {"pending": ["x.com"]}
    assert listed(certs("x.com")) == {"pending": ["x.com"]} and certs.writes() == []
    certs.pass_time(hours=0.2)
    assert listed(certs("x.com")) == {"valid": ["x.com"]} and len(certs.orders()) == 2


def test_a_log_that_could_not_be_read_before_an_order_fails_none(certs: Certs) -> None:
    certs.world("x.com", advanced=True)
    certs.emu.switch(failed_install="vanishes")
    certs.point("x.com", caa=('0 issue "other.org"',))
    certs.run("certificates", domains=[{"name": "x.com"}], dns=certs.facts(), state_dir=str(certs.folder))
    assert len(certs.orders()) == 1
    certs.remember()
    certs.point("x.com")
    certs.emu.switch(issuance_polls=3)
    certs.emu.fault(method="GET", path=r"/log", action="status", status=403, times=1)
    assert listed(certs("x.com")) == {"issued": ["x.com"]}
