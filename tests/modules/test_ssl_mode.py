# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""runcloud_ssl_mode: the switch that may darken every name, made only by who counted them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.modules.harness import APP, DOMAINS, NETWORK, Clock, Runner, columns, plugin, seed

PATH = f"{APP}/ssl/advanced"
X = {"name": "x.com", "www": 1}


def basic(emu: Emulator, **certificate: Any) -> None:
    """Three names in Basic mode with a certificate, valid unless told otherwise."""
    seed(emu, X)
    emu.switch(renewal="never")
    emu.put_certificate(2, **certificate)


def post(advanced: bool, auto: bool = False) -> list[Any]:
    """The one write."""
    return [("POST", PATH, {"advancedSSL": advanced, "autoSSL": auto})]


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize("check", [True, False])
def test_refused_until_the_names_are_counted(run: Runner, emu: Emulator, version: str, check: bool) -> None:
    basic(emu)
    for accepted in (None, 0, 2, 4):
        result = run("ssl_mode", mode="advanced", api_version=version, accept_dark_names=accepted, check=check)
        assert result.failed and "3 names have a valid certificate" in result["msg"]
        assert "accept_dark_names: 3" in result["msg"] and "www.x.com" in result["msg"]
        assert "2 certificates have to be ordered afterwards" in result["msg"]
        assert result["dark_names"] == [NETWORK, "www.x.com", "x.com"] and result["effort"]["orders"] == 2
        assert result["changed"] is False and result["ssl_mode"] == {"advanced": False, "auto": False}
    assert emu.writes() == []


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_switched_by_the_exact_number(run: Runner, emu: Emulator, version: str) -> None:
    basic(emu)
    options: dict[str, Any] = {"mode": "advanced", "accept_dark_names": 3, "api_version": version}
    check = run("ssl_mode", **options, check=True, diff=True)
    assert check["changed"] and check["ssl_mode"]["advanced"] and emu.writes() == []
    result = run("ssl_mode", **options, diff=True)
    assert not result.failed and emu.writes() == post(True)
    assert result["diff"] == check["diff"] == {"before": "Basic SSL\n", "after": "Advanced SSL\n"}
    emu.clear_journal()
    again = run("ssl_mode", **options)
    assert again["changed"] is False and emu.calls() == [f"GET {PATH}"] and again["effort"] is None


NOT_LIT = columns(
    [
        ("ended", {"age": 91}),
        ("staging", {"environment": "staging"}),
        ("ordered", {"lifetime": 0}),
    ]
)


@pytest.mark.parametrize("certificate", NOT_LIT)
def test_nobody_goes_dark_who_is_not_lit(run: Runner, emu: Emulator, certificate: dict[str, Any]) -> None:
    basic(emu, **certificate)
    result = run("ssl_mode", mode="advanced", accept_dark_names=3)
    assert result.failed and "no name has a valid certificate now" in result["msg"] and emu.writes() == []
    assert not run("ssl_mode", mode="advanced").failed and emu.writes() == post(True)


def test_an_end_that_nobody_can_read_counts_as_valid(run: Runner, emu: Emulator) -> None:
    basic(emu, lifetime=0, validUntil="some day", names=["x.com"])
    assert "accept_dark_names: 3" in run("ssl_mode", mode="advanced")["msg"]


@pytest.mark.parametrize("shape", ["domains", "flat"])
def test_back_to_basic(run: Runner, emu: Emulator, shape: str) -> None:
    seed(emu, X, "y.com", webapps=[{"id": 2, "advancedSSL": True, "autoSSL": True}])
    emu.switch(ssl_read_v3=shape)
    emu.put_certificate(2, "x.com")
    emu.put_certificate(2, "y.com", environment="staging")
    result = run("ssl_mode", mode="basic")
    assert result.failed and "2 names have a valid certificate" in result["msg"]
    assert result["dark_names"] == ["www.x.com", "x.com"]
    each = [entry.path for entry in emu.journal if entry.path.startswith(f"{DOMAINS}/")]
    assert len(each) == (0 if shape == "domains" else 3)
    result = run("ssl_mode", mode="basic", accept_dark_names=2)
    assert not result.failed and emu.writes() == post(False)
    assert result["ssl_mode"] == {"advanced": False, "auto": False}
    assert result["effort"]["message"].startswith("1 certificate has to be ordered afterwards")


def test_basic_mode_holds_a_hundred_names(run: Runner, emu: Emulator) -> None:
    rows = [{"name": f"n{number}.com", "www": 1} for number in range(50)]
    seed(emu, *rows, webapps=[{"id": 2, "advancedSSL": True}])
    result = run("ssl_mode", mode="basic")
    assert result.failed and "serves 101 names" in result["msg"] and "at most 100" in result["msg"]
    emu.edit_domain(2, "n0.com", www=0)
    assert not run("ssl_mode", mode="basic").failed


@pytest.mark.parametrize(("before", "given", "after"), [(False, True, True), (True, False, False), (True, None, True)])
def test_auto_ssl_alone_darkens_nobody(
    run: Runner, emu: Emulator, before: bool, given: bool | None, after: bool
) -> None:
    seed(emu, X, webapps=[{"id": 2, "advancedSSL": True, "autoSSL": before}])
    emu.put_certificate(2, "x.com")
    options: dict[str, Any] = {"mode": "advanced", "auto_ssl": given}
    check = run("ssl_mode", **options, check=True)
    result = run("ssl_mode", **options)
    assert not result.failed and result["changed"] is check["changed"] is (before != after)
    assert result["ssl_mode"] == {"advanced": True, "auto": after} and result["dark_names"] == []
    assert emu.writes() == (post(True, after) if before != after else [])
    assert len(emu.certificates(2)) == 1


def test_auto_ssl_comes_with_the_switch(run: Runner, emu: Emulator) -> None:
    seed(emu, X)
    assert run("ssl_mode", mode="advanced", auto_ssl=True)["ssl_mode"] == {"advanced": True, "auto": True}
    assert emu.writes() == post(True, True)


@pytest.mark.parametrize(("plan", "status"), [("forbidden", 403), ("invalid", 422)])
def test_a_plan_without_it(run: Runner, emu: Emulator, plan: str, status: int) -> None:
    seed(emu, X)
    emu.switch(advanced_plan=plan)
    result = run("ssl_mode", mode="advanced")
    assert result.failed and f"HTTP {status}" in result["msg"] and "Business or Enterprise plan" in result["msg"]
    assert emu.domains(2) and len(emu.writes()) == 1


@pytest.mark.parametrize("status", [402, 403])
def test_a_panel_that_refuses_to_say(run: Runner, emu: Emulator, status: int) -> None:
    seed(emu, X)
    emu.fault(path="/ssl/advanced$", method="POST", action="status", status=status)
    result = run("ssl_mode", mode="advanced")
    assert result.failed and "Business or Enterprise plan" in result["msg"] and len(emu.writes()) == 1
    emu.clear_journal()
    emu.fault(path="/ssl/advanced$", method="GET", action="status", status=status)
    result = run("ssl_mode", mode="advanced")
    assert result.failed and "Business or Enterprise plan" in result["msg"] and emu.writes() == []
    assert run("ssl_mode", mode="basic")["changed"] is False


@pytest.mark.parametrize("action", ["drop_after", "status_after", "truncate"])
def test_a_lost_answer_is_settled_by_reading(run: Runner, emu: Emulator, action: str) -> None:
    seed(emu, X)
    emu.fault(method="POST", action=action)
    result = run("ssl_mode", mode="advanced")
    assert not result.failed and result["changed"] and len(emu.writes()) == 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [({"action": "ignore_write"}, "Basic SSL after the switch"), ({"action": "drop_before"}, "was not repeated")],
)
def test_a_switch_that_did_not_happen(run: Runner, emu: Emulator, fault: dict[str, Any], words: str) -> None:
    seed(emu, X)
    emu.fault(method="POST", **fault)
    result = run("ssl_mode", mode="advanced")
    assert result.failed and words in result["msg"] and result["changed"] is False and len(emu.writes()) == 1


@pytest.mark.parametrize(("switch", "left"), [("drops", 0), ("keeps", 1)])
def test_the_panel_may_keep_the_certificates(run: Runner, emu: Emulator, switch: str, left: int) -> None:
    basic(emu)
    emu.switch(mode_switch=switch)
    assert not run("ssl_mode", mode="advanced", accept_dark_names=3).failed
    assert len(emu.certificates(2)) == left


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mode": "basic", "auto_ssl": True}, "auto_ssl: only with mode: advanced"),
        ({"mode": "advanced", "accept_dark_names": -1}, "accept_dark_names"),
        ({}, "mode"),
    ],
)
def test_bad_input_stops_before_the_first_call(run: Runner, emu: Emulator, options: dict[str, Any], words: str) -> None:
    result = run("ssl_mode", **options)
    assert result.failed and words in result["msg"] and emu.journal == []


def test_a_server_that_is_away(run: Runner, emu: Emulator) -> None:
    seed(emu, X, servers=[{"id": 1, "online": False}])
    result = run("ssl_mode", mode="advanced")
    assert result.failed and "it would not take the changes" in result["msg"] and emu.writes() == []


def test_another_run_on_the_web_app(run: Runner, emu: Emulator, clock: Clock) -> None:
    with plugin("module_utils._lock").Lock(plugin("module_utils._api").Target(emu.url, 1, 2)):
        result = run("ssl_mode", mode="advanced")
    assert result.failed and "Another run works on web app 2" in result["msg"] and emu.journal == []


# --- how long issuing takes ---------------------------------------------------------------------------------------------


def told(run: Runner, emu: Emulator, *rows: Any) -> dict[str, Any]:
    """The effort of a switch to Advanced, looked at only."""
    seed(emu, *rows)
    found: dict[str, Any] = run("ssl_mode", mode="advanced", check=True)["effort"]
    return found


def test_effort_at_once(run: Runner, emu: Emulator) -> None:
    found = told(run, emu, X)
    assert (found["orders"], found["seconds"], found["slowest"]) == (2, 0, None)
    assert found["message"].endswith("Let's Encrypt's limits permit that at once.")


def test_effort_of_many_customers(run: Runner, emu: Emulator) -> None:
    found = told(run, emu, *(f"n{number}.com" for number in range(499)))
    assert (found["orders"], found["seconds"], found["slowest"]) == (500, 7200, None)
    assert "(300 orders in three hours) stretch that over 2 hours" in found["message"]


def test_effort_of_many_sites_below_one_domain(run: Runner, emu: Emulator) -> None:
    found = told(run, emu, *(f"n{number}.shop.co.uk" for number in range(120)), "other.co.uk")
    assert (found["orders"], found["seconds"], found["slowest"]) == (122, 70 * 202 * 60, "shop.co.uk")
    assert "50 certificates a week for shop.co.uk) stretch that over 10 days" in found["message"]
