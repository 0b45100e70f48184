# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""runcloud_ssl: one certificate, ordered once, and there when the module says so."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.modules.harness import APP, NETWORK, Clock, Runner, columns
from tests.modules.ssl_world import BASIC, DOMAIN, INSTALL, PLACES, orders, quiet, world
from tests.nameserver import Nameserver

# --- installing, changing, ordering anew, removing ----------------------------------------------------------------------


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize(("advanced", "options", "path"), PLACES)
def test_a_new_certificate(
    run: Runner,
    emu: Emulator,
    dns: Nameserver,
    clock: Clock,
    advanced: bool,
    options: dict[str, Any],
    path: str,
    version: str,
) -> None:
    world(emu, dns, advanced)
    options = {**options, "api_version": version}
    foreseen = run("ssl", **options, check=True, diff=True)
    assert emu.writes() == [] and emu.orders == [] and clock.slept == []
    assert foreseen["changed"] and foreseen["ordered"]
    assert (foreseen["certificate"]["id"], foreseen["certificate"]["issued"]) == (None, False)

    result = run("ssl", **options, diff=True)
    assert not result.failed and emu.writes() == [("POST", path, INSTALL)]
    names = ["x.com", "www.x.com"] if advanced else [NETWORK, "x.com", "www.x.com"]
    assert orders(emu) == [(names, "issued")]
    told = result["certificate"]
    assert (told["id"], told["issued"], told["days_left"]) == (55, True, 89)
    assert told["valid_until"] == "2026-10-16T12:00:00Z" and told["domain"] == options.get("domain")
    assert told["authorization_method"] == "http-01" and told["environment"] == "live"
    assert (result["changed"], result["ordered"], result["panel_log"]) == (True, True, [])
    assert result["diff"]["before"] == "no certificate\n" and "valid until 2026-10-16" in result["diff"]["after"]
    assert clock.slept == [15.0, 15.0]
    assert all(entry.unknown_fields == entry.complaints == [] for entry in emu.journal)

    emu.clear_journal()
    assert quiet(run("ssl", **options))["certificate"]["id"] == 55
    assert emu.writes() == []


def test_calls_of_a_run(run: Runner, here: Emulator) -> None:
    run("ssl")
    paths = [f"{entry.method} {entry.path[len(APP) :] or entry.path}" for entry in here.journal]
    assert paths == [
        "GET /ssl/advanced",
        "GET /ssl",
        "GET /domains",
        "GET /servers/1",
        f"GET {APP}",
        "GET /log",
        "POST /ssl",
        *["GET /ssl", "GET /log"] * 2,
        "GET /ssl",
    ]
    here.clear_journal()
    run("ssl")
    assert here.calls() == [f"GET {BASIC}/advanced", f"GET {BASIC}"]


SETTINGS = columns(
    [
        ("hsts", {"enable_hsts": True}, {"enableHsts": True}),
        ("http", {"enable_http": True}, {"enableHttp": True}),
        ("preload", {"enable_hsts_preload": True}, {"enableHstsPreload": True}),
        (
            "with what is not shown",
            {"enable_hsts": True, "minimum_tls_version": "TLSv1.3", "enable_hsts_subdomains": True},
            {"enableHsts": True, "enableHstsSubdomains": True, "sslProtocolId": 3},
        ),
        ("what is not shown alone", {"minimum_tls_version": "TLSv1.3", "enable_hsts_subdomains": True}, None),
        ("as it is", {"enable_http": False, "authorization_method": "http-01", "environment": "live"}, None),
        (
            "by dns",
            {"authorization_method": "dns-01", "external_api": "Cloudflare"},
            {"authorizationMethod": "dns-01", "externalApi": 31},
        ),
    ]
)


@pytest.mark.parametrize(("options", "body"), SETTINGS)
def test_settings_are_changed_when_given(
    run: Runner, emu: Emulator, dns: Nameserver, options: dict[str, Any], body: dict[str, Any] | None
) -> None:
    world(emu, dns, True, external_apis=[{"label": "Cloudflare"}])
    emu.put_certificate(2, "x.com")
    check = run("ssl", domain="x.com", **options, check=True, diff=True)
    result = run("ssl", domain="x.com", **options, diff=True)
    assert not result.failed and result["changed"] is check["changed"] is (body is not None)
    assert emu.writes() == ([("PATCH", f"{DOMAIN}/55", body)] if body else []) and emu.orders == []
    assert check["certificate"] == {**result["certificate"], **_unseen(options, body)}
    assert check["diff"]["before"] == result["diff"]["before"]
    quiet(run("ssl", domain="x.com", **options))


def _unseen(options: dict[str, Any], body: dict[str, Any] | None) -> dict[str, Any]:
    """What only check mode can tell, because v3 does not show it."""
    return {"minimum_tls_version": options["minimum_tls_version"]} if body and "minimum_tls_version" in options else {}


def test_v2_shows_the_protocol_and_does_not_know_the_extras(run: Runner, here: Emulator) -> None:
    here.put_certificate(2, protocol=2)
    result = run("ssl", minimum_tls_version="TLSv1.3", api_version="v2")
    assert here.writes() == [("PATCH", f"{BASIC}/55", {"ssl_protocol_id": 3})]
    assert result["certificate"]["minimum_tls_version"] == "TLSv1.3"
    quiet(run("ssl", minimum_tls_version="TLSv1.3", api_version="v2"))
    refused = run("ssl", enable_hsts_preload=False, enable_hsts_subdomains=True, api_version="v2")
    assert refused.failed and "does not know enable_hsts_subdomains, enable_hsts_preload" in refused["msg"]


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize(("advanced", "options", "path"), PLACES)
def test_ordered_anew(
    run: Runner, emu: Emulator, dns: Nameserver, advanced: bool, options: dict[str, Any], path: str, version: str
) -> None:
    world(emu, dns, advanced)
    emu.put_certificate(2, options.get("domain"), age=70, names=["x.com"])
    emu.switch(renewal="never")
    options = {**options, "state": "redeployed", "api_version": version}
    check = run("ssl", **options, check=True)
    assert check["changed"] and check["ordered"] and emu.writes() == []
    result = run("ssl", **options)
    assert not result.failed and emu.writes() == [("PUT", f"{path}/55", None)]
    assert result["certificate"]["days_left"] == 89 and "www.x.com" in emu.orders[0].names
    assert len(emu.orders) == 1


def test_ordered_anew_by_another_way(run: Runner, emu: Emulator, dns: Nameserver) -> None:
    world(emu, dns, True, external_apis=[{"label": "Cloudflare"}])
    emu.put_certificate(2, "x.com", age=5, authorizationMethod="dns-01", api_id=31)
    run("ssl", domain="x.com", state="redeployed", authorization_method="http-01")
    assert emu.writes() == [
        ("PATCH", f"{DOMAIN}/55", {"authorizationMethod": "http-01"}),
        ("PUT", f"{DOMAIN}/55", None),
    ]
    assert orders(emu) == [(["x.com", "www.x.com"], "issued")]


def test_ordered_anew_where_none_is(run: Runner, here: Emulator) -> None:
    assert run("ssl", state="redeployed")["certificate"]["issued"]
    assert here.writes() == [("POST", BASIC, INSTALL)]


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize(("advanced", "options", "path"), PLACES)
def test_removed(
    run: Runner, emu: Emulator, dns: Nameserver, advanced: bool, options: dict[str, Any], path: str, version: str
) -> None:
    world(emu, dns, advanced)
    emu.put_certificate(2, options.get("domain"))
    options = {**options, "state": "absent", "api_version": version}
    assert run("ssl", **options, check=True)["changed"] and emu.writes() == []
    result = run("ssl", **options)
    assert not result.failed and result["changed"] and not result["ordered"] and result["certificate"] is None
    assert emu.writes() == [("DELETE", f"{path}/55", None)] and emu.certificates(2) == []
    quiet(run("ssl", **options))


def test_a_domain_that_is_not_there_has_no_certificate(run: Runner, emu: Emulator, dns: Nameserver) -> None:
    world(emu, dns, True)
    quiet(run("ssl", domain="gone.com", state="absent"))
    emu.put_domain(2, "bare.com")
    for name, words in (
        *(("gone.com", "add it first"), ("www.bare.com", "add it first")),
        ("www.x.com", "served by the record x.com"),
    ):
        result = run("ssl", domain=name)
        assert result.failed and words in result["msg"] and name in result["msg"]
    assert emu.writes() == []


# --- what the panel may do either way -----------------------------------------------------------------------------------

SWITCHES = columns(
    [
        ("absent by message", {"ssl_absent": "message"}),
        ("flat", {"ssl_read_v3": "flat"}),
        ("flat by message", {"ssl_read_v3": "flat", "ssl_absent": "message"}),
        ("wrapped", {"ssl_read_v3": "wrapped", "ssl_read_v2": "wrapped"}),
        ("rows in v2", {"ssl_read_v2": "domains"}),
        ("in pages", {"ssl_pages": "paged", "default_page_size_v3": 1, "per_page": "ignored"}),
        ("empty bodies", {"ssl_write_body": "empty"}),
        ("braces", {"ssl_write_body": "braces"}),
        ("objects", {"ssl_write_body": "object"}),
        ("gone after a failure", {"failed_install": "vanishes"}),
        ("kept by the mode", {"mode_switch": "keeps"}),
        ("lastPage", {"pagination_meta": "lastPage"}),
    ]
)


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize(("advanced", "options", "path"), PLACES)
@pytest.mark.parametrize("switches", SWITCHES)
def test_either_way(
    run: Runner,
    emu: Emulator,
    dns: Nameserver,
    switches: dict[str, Any],
    advanced: bool,
    options: dict[str, Any],
    path: str,
    version: str,
) -> None:
    world(emu, dns, advanced)
    emu.switch(**switches)
    options = {**options, "api_version": version}
    assert run("ssl", **options)["certificate"]["issued"]
    quiet(run("ssl", **options))
    assert run("ssl", **options, enable_hsts=True)["certificate"]["enable_hsts"] is True
    run.clock.seconds += 60  # what is issued in one second has the same dates
    assert run("ssl", **options, state="redeployed")["certificate"]["issued"]
    assert run("ssl", **options, state="absent")["certificate"] is None
    quiet(run("ssl", **options, state="absent"))
    assert [(verb, where) for verb, where, _body in emu.writes()] == [
        ("POST", path),
        ("PATCH", f"{path}/55"),
        ("PUT", f"{path}/55"),
        ("DELETE", f"{path}/55"),
    ]


# --- the mode -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["present", "redeployed", "absent"])
def test_a_mode_that_does_not_fit(run: Runner, emu: Emulator, dns: Nameserver, state: str) -> None:
    world(emu, dns)
    result = run("ssl", domain="x.com", state=state)
    assert result.failed and "x.com: the web app is in Basic mode" in result["msg"]
    world(emu, dns, True)
    result = run("ssl", state=state)
    assert result.failed and "The web app is in Advanced mode" in result["msg"] and "domain" in result["msg"]
    assert emu.writes() == []


@pytest.mark.parametrize("status", [402, 403, 404])
def test_a_plan_without_advanced_ssl(run: Runner, here: Emulator, status: int) -> None:
    here.fault(path="/ssl/advanced$", action="status", status=status)
    assert run("ssl")["certificate"]["issued"]
    result = run("ssl", domain="x.com")
    assert result.failed and "x.com: " in result["msg"] and "the plan does not seem to include it" in result["msg"]


def test_an_app_that_is_not_there_is_no_missing_certificate(run: Runner, here: Emulator) -> None:
    for state in ("present", "absent"):
        result = run("ssl", webapp_id=99, state=state)
        assert result.failed and result["status"] == 404 and "check the ids" in result["msg"]


@pytest.mark.parametrize("action", ["html", "not_json"])
def test_a_page_of_the_edge_is_no_missing_certificate(run: Runner, here: Emulator, action: str) -> None:
    for path in ("/ssl/advanced$", "/ssl$"):
        here.clear_faults()
        here.fault(path=path, action=action, **({"status": 404} if action == "html" else {}))
        assert run("ssl", state="absent").failed and here.writes() == []


@pytest.mark.parametrize("body", [[1], {"foo": 1}, {"data": [1]}, {"data": [{"id": 1}]}, {"id": "x"}, {"data": 3}])
def test_an_answer_that_nobody_can_read(run: Runner, here: Emulator, body: Any) -> None:
    here.fault(path="/ssl$", method="GET", action="status", status=200, body=body)
    result = run("ssl")
    assert result.failed and "report this with the API version" in result["msg"] and here.writes() == []


@pytest.mark.parametrize("body", [{}, {"message": "SSL not installed!"}, {"data": []}, {"data": None}])
def test_forms_of_nothing(run: Runner, here: Emulator, body: Any) -> None:
    here.fault(path="/ssl$", method="GET", action="status", status=200, body=body)
    quiet(run("ssl", state="absent"))


# --- what a person should know ------------------------------------------------------------------------------------------

NOTES = columns(
    [
        ("fresh", {"age": 59}, []),
        ("due since a day", {"age": 61}, []),
        ("overdue", {"age": 61.1}, ["renewal was due at 2026-07-17 09:36 UTC and has not come"]),
        ("ended", {"age": 91}, ["ended at 2026-07-17 12:00 UTC", "renewal was due"]),
        ("ends now", {"age": 90}, ["ended at 2026-07-18 12:00 UTC", "renewal was due"]),
        ("short and overdue", {"lifetime": 6, "age": 5.1}, ["renewal was due"]),
        ("staging", {"environment": "staging"}, ["browsers do not trust it"]),
        ("custom, near its end", {"method": "custom", "age": 89}, []),
    ]
)


@pytest.mark.parametrize(("certificate", "words"), NOTES)
def test_what_a_person_should_know(run: Runner, here: Emulator, certificate: dict[str, Any], words: list[str]) -> None:
    here.switch(renewal="never")
    here.put_certificate(2, **certificate)
    notes = quiet(run("ssl"))["notes"]
    assert len(notes) == len(words) and all(word in note for word, note in zip(words, notes, strict=True))
