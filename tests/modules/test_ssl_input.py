# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""runcloud_ssl: what is refused before anything is sent, by name, and the external APIs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.modules.harness import NETWORK, Clock, Runner, columns, plugin, seed
from tests.modules.ssl_world import orders, world
from tests.nameserver import Nameserver

# --- what Let's Encrypt would refuse whatever DNS says ------------------------------------------------------------------


@pytest.mark.parametrize("state", ["present", "redeployed"])
def test_more_than_a_hundred_names_in_basic_mode(run: Runner, emu: Emulator, dns: Nameserver, state: str) -> None:
    world(emu, dns)
    for number in range(97):
        emu.put_domain(2, f"n{number}.com")
    for check in (True, False):
        assert not run("ssl", state=state, check=check, wait=False).failed  # exactly 100
    emu.put_domain(2, "n97.com")
    for check in (True, False):
        result = run("ssl", state="redeployed", check=check)
        assert result.failed and "serves 101 names" in result["msg"] and "at most 100" in result["msg"]
    assert len(emu.writes()) == 1


def test_wildcards_need_dns_01(run: Runner, emu: Emulator, dns: Nameserver) -> None:
    seed(emu, {"name": "*.x.com", "wildcard": 1}, external_apis=[{"label": "Cloudflare", "zones": ["x.com", NETWORK]}])
    result = run("ssl")
    assert result.failed and "*.x.com: a wildcard is validated by dns-01 alone" in result["msg"] and emu.writes() == []
    assert not run("ssl", authorization_method="dns-01", external_api="31").failed
    assert orders(emu) == [([NETWORK, "*.x.com"], "issued")]


# --- dns-01 -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", ["31", "Cloudflare", "7"])
def test_external_apis_by_number_or_label(run: Runner, emu: Emulator, dns: Nameserver, wanted: str) -> None:
    apis: list[dict[str, Any]] = [
        {"label": "Cloudflare"},
        {"label": "7", "zones": []},
        {"label": "twice"},
        {"label": "twice"},
    ]
    apis[0]["zones"] = apis[1]["zones"] = ["x.com"]
    world(emu, dns, True, external_apis=apis)
    result = run("ssl", domain="x.com", authorization_method="dns-01", external_api=wanted)
    number = 32 if wanted == "7" else 31
    assert not result.failed and result["certificate"]["external_api"] == number
    assert emu.writes()[0][2]["externalApi"] == number and "EXTAPI-SECRET" not in result.output


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("99", "there is no 99. Those to be seen: Cloudflare (31), twice (32), twice (33)"),
        ("twice", "2 are called twice"),
    ],
)
def test_external_apis_that_nobody_knows(run: Runner, emu: Emulator, dns: Nameserver, wanted: str, words: str) -> None:
    world(emu, dns, True, external_apis=[{"label": "Cloudflare"}, {"label": "twice"}, {"label": "twice"}])
    result = run("ssl", domain="x.com", authorization_method="dns-01", external_api=wanted)
    assert result.failed and words in result["msg"] and "EXTAPI-SECRET" not in result.output and emu.writes() == []


def test_a_zone_that_left_the_provider(run: Runner, emu: Emulator, dns: Nameserver) -> None:
    world(emu, dns, True, external_apis=[{"label": "Cloudflare"}])
    result = run("ssl", domain="x.com", authorization_method="dns-01", external_api="Cloudflare")
    assert result.failed and "domain x.com is not found in the selected DNS provider" in result["msg"]


# --- bad input ----------------------------------------------------------------------------------------------------------

BAD = columns(
    [
        ("dns without api", {"authorization_method": "dns-01"}, "needs external_api"),
        ("api without dns", {"external_api": "31"}, "only with authorization_method: dns-01"),
        ("api for http", {"external_api": "31", "authorization_method": "http-01"}, "only with authorization_method"),
        ("wildcard", {"domain": "*.x.com", "authorization_method": "http-01"}, "dns-01 alone"),
        ("pem alone", {"certificate": "x"}, "certificate: only with provider: custom"),
        ("key alone", {"private_key": "x" * 40}, "private_key: only with provider: custom"),
        ("custom without", {"provider": "custom"}, "needs certificate and private_key"),
        ("custom with", {"provider": "custom", "environment": "live"}, "environment: only with provider: letsencrypt"),
        ("custom anew", {"provider": "custom", "state": "redeployed"}, "replaced with state: present"),
        ("name", {"domain": "a b"}, "domain: 'a b' is not usable"),
        ("timeout", {"wait_timeout": -1}, "wait_timeout"),
        ("interval", {"wait_interval": 0}, "wait_interval must be a finite number of seconds above 0"),
        ("provider", {"provider": "csr"}, "provider"),
    ]
)


@pytest.mark.parametrize(("options", "words"), BAD)
def test_bad_input_stops_before_the_first_call(
    run: Runner, here: Emulator, options: dict[str, Any], words: str
) -> None:
    result = run("ssl", **options)
    assert result.failed and words in result["msg"] and here.journal == []


def test_all_bad_input_at_once(run: Runner, here: Emulator) -> None:
    told = run("ssl", domain="a b", authorization_method="dns-01", wait_timeout=-1, certificate="x")["msg"]
    assert all(word in told for word in ("domain: ", "external_api", "wait_timeout", "certificate: "))


@pytest.mark.parametrize("check", [True, False])
def test_what_cannot_be_changed_in_place(run: Runner, here: Emulator, check: bool) -> None:
    here.put_certificate(2, environment="staging")
    result = run("ssl", environment="live", check=check)
    assert result.failed and "environment is staging and should be live" in result["msg"]
    assert "state: absent" in result["msg"] and here.writes() == []
    here.clear_journal()
    seed(here, certificates=[{"method": "custom", "lifetime": 90}])
    result = run("ssl", provider="letsencrypt", check=check)
    assert result.failed and "provider is custom and should be letsencrypt" in result["msg"]
    ours: list[dict[str, Any]] = [{"authorization_method": "http-01"}, {"environment": "live"}]
    for options in ours:
        result = run("ssl", check=check, **options)
        assert result.failed and "provider is custom and should be letsencrypt" in result["msg"]
    result = run("ssl", state="redeployed", check=check)
    assert result.failed and "ordered anew" in result["msg"] and here.writes() == []


def test_another_run_on_the_web_app(run: Runner, here: Emulator, clock: Clock) -> None:
    lock = plugin("module_utils._lock").Lock
    target = plugin("module_utils._api").Target(here.url, 1, 2)
    with lock(target):
        result = run("ssl")
        assert result.failed and "Another run works on web app 2" in result["msg"] and here.journal == []
        assert not run("ssl", check=True).failed
