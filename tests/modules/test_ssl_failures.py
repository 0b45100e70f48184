# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""runcloud_ssl when something goes wrong: failed orders, lost answers, refusals."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.modules.harness import NETWORK, Clock, Runner, columns, seed
from tests.modules.ssl_world import ELSEWHERE, HERE, X, quiet, world
from tests.nameserver import Nameserver

# --- orders that fail ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", ["keeps", "vanishes"])
def test_a_failed_order_has_the_panel_s_own_words(
    run: Runner, emu: Emulator, dns: Nameserver, clock: Clock, kept: str
) -> None:
    world(emu, dns, True)
    emu.switch(failed_install=kept)
    dns.point("www.x.com", a=[ELSEWHERE])
    result = run("ssl", domain="x.com")
    assert result.failed and result["changed"] and result["ordered"]
    assert "x.com: the order failed" in result["msg"] and f"unauthorized: {ELSEWHERE}" in result["msg"]
    assert "nothing was ordered again" in result["msg"]
    assert len(emu.orders) == len(emu.writes()) == 1 and len(result["panel_log"]) == 1
    assert clock.seconds < 60
    if kept == "vanishes":
        assert result["certificate"] is None
        return
    emu.clear_journal()
    again = run("ssl", domain="x.com")  # its object is there, so nothing is written; it fails with the same words
    assert again.failed and again["changed"] is False and ELSEWHERE in again["msg"] and emu.writes() == []
    assert "there is no certificate, and the newest line of the web app's log about it is of a failure" in again["msg"]
    dns.point("www.x.com", a=[HERE])
    assert run("ssl", domain="x.com", state="redeployed")["certificate"]["issued"]


def test_an_object_that_is_taken_away_is_a_failure_without_a_log(
    run: Runner, emu: Emulator, dns: Nameserver, clock: Clock
) -> None:
    world(emu, dns, True)
    dns.point("x.com", a=[ELSEWHERE])
    emu.switch(failed_install="vanishes")
    emu.fault(path="/log$", action="status", status=403)
    result = run("ssl", domain="x.com")
    assert result.failed and "the panel has taken its object away" in result["msg"] and clock.seconds < 60


@pytest.mark.parametrize(
    ("records", "words"),
    columns(
        [
            ("caa", {"a": [HERE], "caa": ['0 issue "other-ca.example"']}, "CAA record for x.com prevents issuance"),
            ("none", {}, "no valid A records found for x.com"),
        ]
    ),
)
def test_words_of_other_failures(
    run: Runner, emu: Emulator, dns: Nameserver, records: dict[str, Any], words: str
) -> None:
    world(emu, dns, True)
    dns.point("x.com", **records)
    assert words in run("ssl", domain="x.com")["msg"]


def test_limits_of_lets_encrypt_are_told(run: Runner, emu: Emulator, dns: Nameserver) -> None:
    world(emu, dns, True)
    for _ in range(5):
        run("ssl", domain="x.com", state="redeployed")
    result = run("ssl", domain="x.com", state="redeployed")
    assert result.failed and "too many certificates (5) already issued" in result["msg"]


def test_a_line_about_another_domain_is_no_failure(run: Runner, emu: Emulator, dns: Nameserver, clock: Clock) -> None:
    seed(emu, X, "y.com", "x.com.au", webapps=[{"id": 2, "advancedSSL": True}])
    for name in ("x.com", "www.x.com"):
        dns.point(name, a=[HERE])
    emu.switch(issuance_polls=1000, issuance_seconds=20)
    for other in ("y.com", "x.com.au"):
        run("ssl", domain=other, wait=False)
    clock.seconds += 5  # so the others fail while x.com waits
    result = run("ssl", domain="x.com", wait_interval=1)
    assert not result.failed and result["certificate"]["issued"]
    assert [order.outcome == "issued" for order in emu.orders] == [False, False, True]


def test_the_newest_line_decides_about_an_earlier_order(run: Runner, emu: Emulator, dns: Nameserver) -> None:
    failure = {"content": "Failed to issue SSL certificate for x.com: timeout"}
    newer = {"content": "SSL certificate for x.com has been ordered."}
    for log, failed in (([failure, newer], False), ([newer, failure], True)):
        world(emu, dns, True, log=log)
        emu.put_certificate(2, "x.com", lifetime=0)
        shown = {"id": 55, "method": "letsencrypt", "validUntil": "2026-10-16 12:00:00"}
        emu.clear_faults()
        emu.fault(path="/ssl$", method="GET", skip=2, action="status", status=200, body=shown)
        result = run("ssl", domain="x.com")
        assert result.failed is failed and emu.writes() == []


def test_a_certificate_that_never_comes(run: Runner, here: Emulator, clock: Clock) -> None:
    here.switch(issuance_polls=1000, issuance_seconds=10**6)
    result = run("ssl", wait_timeout=100, wait_interval=10)
    assert result.failed and "no certificate came within 100 seconds" in result["msg"]
    assert "The panel's log says nothing about it" in result["msg"]
    assert clock.slept == [10.0] * 10 and len(here.writes()) == 1


def test_without_waiting(run: Runner, here: Emulator, clock: Clock) -> None:
    result = run("ssl", wait=False)
    assert not result.failed and result["certificate"]["issued"] is False and result["certificate"]["id"] == 55
    assert result["certificate"]["days_left"] is None and clock.slept == []
    later = run("ssl")  # waits for the order of the run before
    assert later["certificate"]["issued"] and later["changed"] is False and len(here.writes()) == 1


# --- lost answers and refusals ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wait", [True, False])
@pytest.mark.parametrize(
    "fault",
    [
        {"action": "drop_after"},
        {"action": "status_after"},
        {"action": "drop_body"},
        {"action": "status_after", "status": 503},
    ],
)
@pytest.mark.parametrize("state", ["present", "redeployed"])
def test_a_lost_answer_is_never_answered_by_a_second_order(
    run: Runner, here: Emulator, fault: dict[str, Any], state: str, wait: bool
) -> None:
    if state == "redeployed":
        here.put_certificate(2, age=20)
    here.switch(ssl_write_body="object")
    here.fault(method="POST" if state == "present" else "PUT", **fault)
    result = run("ssl", state=state, wait=wait)
    assert len(here.writes()) == len(here.orders) == 1 and result["changed"]
    if wait:
        assert not result.failed and result["certificate"]["days_left"] == 89
    elif state == "present":
        assert not result.failed and result["certificate"]["id"] == 55
    else:
        assert result.failed and "the call was not repeated" in result["msg"]


@pytest.mark.parametrize("state", ["present", "redeployed"])
def test_an_order_that_never_arrived_is_not_repeated(run: Runner, here: Emulator, state: str) -> None:
    if state == "redeployed":
        here.put_certificate(2, age=20)
    here.fault(method="POST" if state == "present" else "PUT", action="drop_before")
    result = run("ssl", state=state)
    assert result.failed and "no certificate came" in result["msg"] and "was not repeated" in result["msg"]
    assert len(here.writes()) == 1 and here.orders == []


def test_after_a_lost_change_nothing_is_ordered(run: Runner, here: Emulator) -> None:
    here.put_certificate(2, age=20)
    here.fault(method="PATCH", action="drop_after")
    result = run("ssl", state="redeployed", enable_hsts=True)
    assert (
        result.failed and "nothing was ordered" in result["msg"] and [verb for verb, *_ in here.writes()] == ["PATCH"]
    )
    assert result["certificate"]["enable_hsts"] is True
    here.clear_faults()
    assert not run("ssl", state="redeployed", enable_hsts=True).failed and len(here.orders) == 1


def test_a_change_that_the_panel_does_not_keep(run: Runner, here: Emulator) -> None:
    here.put_certificate(2)
    here.fault(method="PATCH", action="ignore_write")
    result = run("ssl", enable_hsts=True)
    assert result.failed and "enable_hsts is still False" in result["msg"]


def test_a_removal_that_the_panel_does_not_keep(run: Runner, here: Emulator, clock: Clock) -> None:
    here.put_certificate(2)
    here.fault(method="DELETE", action="ignore_write")
    result = run("ssl", state="absent")
    assert result.failed and "still there after its removal" in result["msg"] and result["certificate"]["id"] == 55
    assert clock.slept == [15.0] * 20
    assert run("ssl", state="absent", wait=False).failed and len(clock.slept) == 20


def test_a_removal_that_takes_a_while(run: Runner, here: Emulator, clock: Clock) -> None:
    here.put_certificate(2)
    shown = {"data": [{"id": 701, "name": NETWORK, "ssl": {"id": 55, "method": "letsencrypt"}}]}
    here.fault(path="/ssl$", method="GET", skip=1, times=2, action="status", status=200, body=shown)
    result = run("ssl", state="absent")
    assert not result.failed and result["certificate"] is None and clock.slept == [15.0] * 2


@pytest.mark.parametrize(
    "fault", [{"action": "drop_after"}, {"action": "status_after"}, {"action": "status_after", "status": 404}]
)
def test_a_removal_may_be_repeated(run: Runner, here: Emulator, fault: dict[str, Any]) -> None:
    here.put_certificate(2)
    here.fault(method="DELETE", **fault, times=1)
    assert run("ssl", state="absent")["certificate"] is None


def test_a_refusal_of_the_panel(run: Runner, here: Emulator) -> None:
    here.put_certificate(2)
    body = {"message": "no", "errors": {"enableHsts": ["not for you"]}}
    here.fault(method="PATCH", action="status", status=422, body=body)
    result = run("ssl", enable_hsts=True, state="redeployed")
    assert result.failed and result["changed"] is False and "enableHsts: not for you" in result["msg"]
    here.clear_faults()
    here.fault(method="PUT", action="status", status=422)
    result = run("ssl", enable_hsts=True, state="redeployed")
    assert result.failed and result["changed"] is True and result["status"] == 422


@pytest.mark.parametrize("state", [{"connected": False}, {"online": False}])
def test_a_server_that_is_away(run: Runner, emu: Emulator, dns: Nameserver, state: dict[str, bool]) -> None:
    world(emu, dns, servers=[{"id": 1, **state}])
    for check in (True, False):
        result = run("ssl", check=check)
        assert result.failed and "it would not take the changes" in result["msg"]
    emu.put_certificate(2)
    quiet(run("ssl"))
    assert emu.writes() == []


def test_a_log_that_cannot_be_read_changes_nothing(run: Runner, here: Emulator) -> None:
    here.fault(path="/log$", action="status", status=403)
    assert run("ssl")["certificate"]["issued"]


def test_an_old_failure_is_none_of_this_order_where_the_log_could_not_be_read_before(
    run: Runner, emu: Emulator, dns: Nameserver
) -> None:
    world(emu, dns, True, log=[{"content": "Failed to issue SSL certificate for x.com: timeout"}])
    emu.fault(path="/log$", times=1, action="status", status=403)
    assert run("ssl", domain="x.com")["certificate"]["issued"]


def test_a_host_name_of_telling_words_is_no_failure(run: Runner, emu: Emulator, dns: Nameserver) -> None:
    world(emu, dns, True)
    emu.put_domain(2, "failed-error.com")
    dns.point("failed-error.com", a=[HERE])
    line = {"id": 9999, "content": "The SSL certificate for failed-error.com has been ordered."}
    emu.fault(path="/log$", skip=1, action="status", status=200, body={"data": [line]})
    assert run("ssl", domain="failed-error.com")["certificate"]["issued"]
    assert [entry.path for entry in emu.journal].count("/servers/1/webapps/2/log") > 1


def test_the_panel_s_words_are_shown_as_one_line_without_what_must_not_be_seen(
    run: Runner, emu: Emulator, dns: Nameserver
) -> None:
    world(emu, dns, True)
    dns.point("x.com", a=[ELSEWHERE])
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEsecret\n-----END RSA PRIVATE KEY-----"
    line = {"id": 9999, "content": f"Failed to issue\n\x1b[31m SSL\x07 for x.com: {key} {{{{ 7*7 }}}} {'x' * 999}"}
    emu.fault(path="/log$", skip=1, action="status", status=200, body={"data": [line]})
    (said,) = run("ssl", domain="x.com")["panel_log"]
    assert said.startswith("Failed to issue ?[31m SSL? for x.com: (a private key) {{ 7*7 }} xxx") and len(said) == 500


@pytest.mark.parametrize("shape", ["domains", "flat"])
@pytest.mark.parametrize("answer", ["transient", "refused"])
def test_a_basic_order_where_nobody_says_that_the_mode_is_advanced(
    run: Runner, emu: Emulator, dns: Nameserver, answer: str, shape: str
) -> None:
    """The panel refuses to say the mode, which is taken for a plan without Advanced SSL; then it shows that it was not."""
    world(emu, dns, True)
    emu.switch(basic_under_advanced=answer, ssl_read_v3=shape)
    emu.fault(path="/ssl/advanced$", action="status", status=403)
    result = run("ssl", wait_timeout=60)
    assert result.failed and len(emu.writes()) == 1 and emu.orders == []
    words = {"refused": "Advanced SSL is enabled for this web application", "transient": "no certificate came"}
    gone = "the panel has taken its object away" if (answer, shape) == ("transient", "flat") else words[answer]
    assert gone in result["msg"]


@pytest.mark.parametrize("state", ["present", "redeployed"])
def test_a_fault_while_waiting_says_that_the_order_is_out(run: Runner, here: Emulator, state: str) -> None:
    here.fault(path="/ssl$", method="GET", skip=1, action="status", status=500)
    result = run("ssl", state=state)
    assert result.failed and result["changed"] and "A write before it was accepted" in result["msg"]
    here.clear_faults()
    assert run("ssl")["certificate"]["issued"] and len(here.writes()) == 1
