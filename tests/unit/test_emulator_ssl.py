# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator's certificates: what the API takes and shows, how orders end, renewal, and the port visitors meet."""

from __future__ import annotations

import json
import socket
import ssl
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography import x509

from tests.emulator import Emulator, Raw, Remote
from tests.nameserver import RECURSIVE, Nameserver, running

P = "/servers/1/webapps/2"
SSL, ADVANCED, LOG = f"{P}/ssl", f"{P}/ssl/advanced", f"{P}/log"
A_SSL = f"{P}/domains/702/ssl"
INSTALL = {"provider": "letsencrypt", "enableHttp": False, "enableHsts": False, "authorizationMethod": "http-01"}
HERE, ELSEWHERE = "192.0.2.10", "198.51.100.7"
DAY = 86400.0


class Now:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture(scope="module")
def now() -> Now:
    """The clock of the emulator."""
    return Now()


@pytest.fixture(scope="module")
def server(now: Now) -> Iterator[Emulator]:
    """One emulator."""
    with Emulator(clock=now) as emulator:
        yield emulator


@pytest.fixture(scope="module")
def names() -> Iterator[Nameserver]:
    """The name servers."""
    with running() as servers:
        yield servers


@pytest.fixture
def dns(names: Nameserver) -> Nameserver:
    """network.com, a.com and www.a.com lead to the server."""
    names.reset()
    for name in ("network.com", "a.com", "www.a.com"):
        names.point(name, a=[HERE])
    return names


@pytest.fixture
def emu(server: Emulator, dns: Nameserver, now: Now) -> Emulator:
    """Primary 701 and a.com (702, with www) in Basic mode, at noon."""
    now.at = 1784376000.0  # 2026-07-18 12:00:00 UTC
    server.reset()
    server.seed(
        {
            "domains": [{"name": "network.com"}, {"name": "a.com", "www": 1}],
            "external_apis": [{"label": "Cloudflare of a", "zones": ["a.com"]}],
        }
    )
    server.resolve_by(RECURSIVE, dns.port)
    return server


@pytest.fixture
def advanced(emu: Emulator) -> Emulator:
    """The same in Advanced mode."""
    app = emu.world.webapp(1, 2)
    app.advancedSSL = True
    return emu


@pytest.fixture
def v3(emu: Emulator) -> Iterator[Raw]:
    """v3 with the token."""
    with Raw(emu.url, emu.token) as raw:
        yield raw


@pytest.fixture
def v2(emu: Emulator) -> Iterator[Raw]:
    """v2 with the token."""
    with Raw(emu.url, emu.token, "v2") as raw:
        yield raw


def until(raw: Raw, path: str) -> dict[str, Any]:
    """A bare object after its order ended."""
    for _ in range(2):
        assert raw.get(path).json()["validUntil"] is None
    found: dict[str, Any] = raw.get(path).json()
    return found


def outcomes(emu: Emulator) -> list[Any]:
    """Names, cause and outcome of each order."""
    return [(order.names, order.why, order.outcome) for order in emu.orders]


# --- what is taken and shown --------------------------------------------------------------------------------------------


def test_a_basic_certificate_in_v2(emu: Emulator, v2: Raw) -> None:
    assert (v2.get(SSL).status_code, v2.get(SSL).json()) == (404, {"message": "SSL not installed!"})
    made = v2.post(SSL, json={**INSTALL, "ssl_protocol_id": 3}).json()
    assert (made["id"], made["method"], made["ssl_protocol_id"], made["staging"]) == (55, "letsencrypt", 3, False)
    assert "SSLKEY-SECRET-1" in made["privateKey"]
    shown = until(v2, SSL)
    assert (shown["validUntil"], shown["renewalDate"]) == ("2026-10-16 12:00:00", "2026-09-16 12:00:00")
    assert outcomes(emu) == [(["network.com", "a.com", "www.a.com"], "install", "issued")]
    assert v2.post(SSL, json=INSTALL).status_code == 422


def test_a_basic_certificate_in_v3_is_shown_with_each_domain(v3: Raw) -> None:
    assert v3.post(SSL, json=INSTALL).text == "{}"
    rows = v3.get(SSL).json()["data"]
    assert [(row["id"], row["name"], row["ssl"]["id"]) for row in rows] == [
        (701, "network.com", 55),
        (702, "a.com", 55),
    ]
    assert "privateKey" not in rows[0]["ssl"] and "ssl_protocol_id" not in rows[0]["ssl"]


def test_a_domain_s_certificate(advanced: Emulator, v3: Raw) -> None:
    assert v3.get(A_SSL).status_code == 404
    assert v3.post(A_SSL, json=INSTALL).text == "{}"
    first = until(v3, A_SSL)
    assert [row["ssl"] for row in v3.get(SSL).json()["data"]] == [None, first]
    assert v3.delete(f"{A_SSL}/{first['id']}").status_code == 200
    assert v3.get(A_SSL).status_code == 404
    v3.post(A_SSL, json=INSTALL)
    assert v3.get(A_SSL).json()["id"] == first["id"] + 1
    assert [order.names for order in advanced.orders] == [["a.com", "www.a.com"]] * 2


@pytest.mark.parametrize(
    "path", [f"{SSL}/advanced/55", f"{A_SSL}/advanced", f"{SSL}/55/redeploy", f"{P}/settings/ssl", f"{SSL}/basic"]
)
def test_paths_that_others_guessed_are_unknown(emu: Emulator, v3: Raw, path: str) -> None:
    emu.put_certificate(2)
    assert {v3.request(verb, path).status_code for verb in ("GET", "POST", "PUT", "PATCH")} == {404}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**INSTALL, "provider": "other"}, "provider"),
        ({**INSTALL, "provider": "csr"}, "provider"),
        ({key: INSTALL[key] for key in INSTALL if key != "enableHsts"}, "enableHsts"),
        ({**INSTALL, "authorizationMethod": None}, "authorizationMethod"),
        ({**INSTALL, "authorizationMethod": "dns-01"}, "externalApi"),
        ({**INSTALL, "authorizationMethod": "dns-01", "externalApi": 99}, "externalApi"),
        ({**INSTALL, "sslProtocolId": 4}, "sslProtocolId"),
        ({**INSTALL, "provider": "custom"}, "certificate"),
        ({**INSTALL, "provider": "custom", "certificate": "x", "privateKey": "y"}, "certificate"),
    ],
)
def test_an_install_that_is_refused(emu: Emulator, v3: Raw, body: dict[str, Any], field: str) -> None:
    answer = v3.post(SSL, json=body)
    assert answer.status_code == 422 and list(answer.json()["errors"]) == [field]
    assert emu.certificates(2) == [] and emu.orders == []


def test_fields_of_the_other_version_are_ignored_and_recorded(emu: Emulator, v3: Raw, v2: Raw) -> None:
    v3.post(SSL, json={**INSTALL, "ssl_protocol_id": 3})
    assert emu.journal[-1].unknown_fields == ["ssl_protocol_id"]
    assert v2.patch(f"{SSL}/55", json={"sslProtocolId": 1, "enableHstsPreload": True}).json()["ssl_protocol_id"] == 2
    assert emu.journal[-1].unknown_fields == ["sslProtocolId", "enableHstsPreload"]
    v3.put(f"{SSL}/55", json={})
    assert emu.journal[-1].complaints == ["PUT with a body"]


def test_a_change_orders_nothing(emu: Emulator, v3: Raw) -> None:
    emu.put_certificate(2)
    v3.patch(f"{SSL}/55", json={"enableHttp": True, "authorizationMethod": "dns-01", "externalApi": 31})
    shown = v3.get(SSL).json()["data"][0]["ssl"]
    assert (shown["enableHttp"], shown["authorizationMethod"], shown["api_id"]) == (True, "dns-01", 31)
    assert emu.orders == []


def test_external_apis(v3: Raw) -> None:
    (row,) = v3.get("/settings/externalapi").json()["data"]
    assert (row["id"], row["label"], row["service"], row["secret"]) == (
        31,
        "Cloudflare of a",
        "Cloudflare",
        "EXTAPI-SECRET-1",
    )
    assert "zones" not in row and v3.get("/settings/externalapi/31").json() == row
    assert v3.get("/settings/externalapi?search=zzz").json()["data"] == []
    assert v3.get("/settings/externalapi/32").status_code == 404
    assert [row["id"] for row in v3.get("/static/ssl/protocols").json()] == [1, 2, 3]


# --- orders are decided by DNS ------------------------------------------------------------------------------------------

FAULTS = [
    ({"a": [ELSEWHERE]}, "unauthorized"),
    ({"a": [HERE, ELSEWHERE]}, "unauthorized"),
    ({"a": [HERE], "aaaa": ["2001:db8::1"]}, "unauthorized"),
    ({}, "no valid A records"),
    (None, "no valid A records"),
    ({"cname": "nowhere.net"}, "no valid A records"),
    ({"a": [HERE], "caa": ['0 issue "other-ca.example"']}, "CAA record for www.a.com prevents issuance"),
]


@pytest.mark.parametrize(("records", "words"), FAULTS)
def test_one_bad_name_fails_the_whole_order(
    advanced: Emulator, dns: Nameserver, v3: Raw, records: dict[str, Any] | None, words: str
) -> None:
    if records is None:
        dns.forget("www.a.com")
    else:
        dns.point("www.a.com", **records)
    v3.post(A_SSL, json=INSTALL)
    assert until(v3, A_SSL)["validUntil"] is None
    (order,) = advanced.orders
    assert order.outcome and words in order.outcome and "a.com: " in order.outcome
    (line,) = v3.get(LOG).json()["data"]
    assert line["content"] == f"Failed to issue SSL certificate for a.com: {order.outcome}"


def test_without_a_resolver_nothing_is_issued(server: Emulator, v3: Raw) -> None:
    server.reset_ssl()
    v3.post(SSL, json=INSTALL)
    for _ in range(3):
        assert v3.get(SSL).json()["data"][0]["ssl"]["validUntil"] is None
    assert server.orders[0].outcome != "issued"


@pytest.mark.parametrize(
    ("caa", "at", "issued"),
    [
        (['0 issue "letsencrypt.org"'], "a.com", True),
        (['0 issue "letsencrypt.org; validationmethods=http-01"'], "a.com", True),
        (['0 issue ";"'], "a.com", False),
        (['0 iodef "mailto:x@a.com"'], "a.com", True),
        (['0 issuewild ";"'], "a.com", True),
        (['0 issue "digicert.com"', '0 issue "letsencrypt.org"'], "a.com", True),
        (['0 ISSUE "other-ca.example"'], "a.com", False),
        (['0 issue "letsencrypt.org; validationmethods=dns-01"'], "a.com", False),
        (['0 issue "letsencrypt.org; validationmethods=dns-01,http-01"'], "a.com", True),
        (['0 issue "letsencrypt.org; accounturi=https://acme-v02.api.letsencrypt.org/acme/acct/1"'], "a.com", False),
        (['128 newtag "x"', '0 issue "letsencrypt.org"'], "a.com", False),
        (['0 newtag "x"'], "a.com", True),
    ],
)
def test_the_nearest_caa_decides(
    advanced: Emulator, dns: Nameserver, v3: Raw, caa: list[str], at: str, issued: bool
) -> None:
    dns.point(at, a=[HERE], caa=caa)  # www.a.com has none of its own: its parent's counts
    v3.post(A_SSL, json=INSTALL)
    until(v3, A_SSL)
    assert (advanced.orders[0].outcome == "issued") is issued


@pytest.mark.parametrize(
    ("caa", "issued"),
    [
        (['0 issue "letsencrypt.org; validationmethods=http-01"'], [False, False]),
        (['0 issuewild ";"'], [True, False]),
        (['0 issue ";"', '0 issuewild "letsencrypt.org"'], [False, True]),
    ],
)
def test_caa_for_dns_01_and_for_wildcards(
    advanced: Emulator, dns: Nameserver, v3: Raw, caa: list[str], issued: list[bool]
) -> None:
    dns.point("a.com", a=[HERE], caa=caa)
    advanced.put_domain(2, "*.a.com", wildcard=1)
    for domain in (702, 703):
        v3.post(f"{P}/domains/{domain}/ssl", json={**INSTALL, "authorizationMethod": "dns-01", "externalApi": 31})
        until(v3, f"{P}/domains/{domain}/ssl")
    assert [order.outcome == "issued" for order in advanced.orders] == issued


def test_a_domain_that_is_taken_away_by_hand_takes_its_certificate_along(advanced: Emulator, now: Now) -> None:
    advanced.put_certificate(2, "a.com")
    advanced.drop_domain(2, "a.com")
    now.at += 70 * DAY
    assert advanced.certificates(2) == [] and advanced.orders == []


def test_an_unanswered_caa_forbids(advanced: Emulator, dns: Nameserver, v3: Raw) -> None:
    dns.fault("servfail", "a.com", type="CAA")
    v3.post(A_SSL, json=INSTALL)
    until(v3, A_SSL)
    assert "SERVFAIL looking up CAA" in str(advanced.orders[0].outcome)


def test_a_proxy_that_leads_here(advanced: Emulator, dns: Nameserver, v3: Raw) -> None:
    advanced.reach_by(ELSEWHERE)
    dns.point("a.com", a=[ELSEWHERE])
    v3.post(A_SSL, json=INSTALL)
    assert until(v3, A_SSL)["validUntil"] is not None


def test_dns_01_needs_the_zone_and_no_address(advanced: Emulator, dns: Nameserver, v3: Raw) -> None:
    dns.forget("a.com")
    body = {**INSTALL, "authorizationMethod": "dns-01", "externalApi": 31}
    v3.post(A_SSL, json=body)
    assert until(v3, A_SSL)["validUntil"] is not None
    v3.post(f"{P}/domains/701/ssl", json=body)
    until(v3, f"{P}/domains/701/ssl")
    assert "domain network.com is not found in the selected DNS provider" in str(advanced.orders[1].outcome)


def test_a_wildcard_needs_dns_01(advanced: Emulator, v3: Raw) -> None:
    advanced.put_domain(2, "*.a.com", wildcard=1)
    v3.post(f"{P}/domains/703/ssl", json=INSTALL)
    assert "wildcard" in str(until(v3, f"{P}/domains/703/ssl") and advanced.orders[0].outcome)
    v3.delete(f"{P}/domains/703/ssl/55")
    v3.post(f"{P}/domains/703/ssl", json={**INSTALL, "authorizationMethod": "dns-01", "externalApi": 31})
    assert until(v3, f"{P}/domains/703/ssl")["validUntil"] is not None


def test_time_alone_ends_an_order(emu: Emulator, v3: Raw, now: Now) -> None:
    v3.post(SSL, json=INSTALL)
    now.at += 299
    assert emu.certificates(2)[0].validUntil is None
    now.at += 1
    assert emu.certificates(2)[0].validUntil is not None


# --- mode ---------------------------------------------------------------------------------------------------------------


def test_the_mode(emu: Emulator, v3: Raw) -> None:
    emu.put_certificate(2)
    assert v3.get(ADVANCED).json() == {"advancedSSL": False, "autoSSL": False}
    assert v3.post(ADVANCED, json={"advancedSSL": True}).json() == {"advancedSSL": True, "autoSSL": False}
    assert emu.certificates(2) == []
    assert v3.post(ADVANCED, json={"advancedSSL": True, "autoSSL": True}).json()["autoSSL"] is True
    assert v3.post(ADVANCED, json={"advancedSSL": False}).json() == {"advancedSSL": False, "autoSSL": False}
    assert v3.post(ADVANCED, json={}).status_code == 422


def test_auto_ssl_orders_for_new_domains_alone(advanced: Emulator, dns: Nameserver, v3: Raw) -> None:
    v3.post(ADVANCED, json={"advancedSSL": True, "autoSSL": True})
    dns.point("b.com", a=[HERE])
    v3.post(f"{P}/domains", json={"name": "b.com"})
    until(v3, f"{P}/domains/703/ssl")
    assert outcomes(advanced) == [(["b.com"], "autossl", "issued")]
    v3.delete(f"{P}/domains/703")
    assert advanced.certificates(2) == []


def test_an_install_for_a_domain_in_basic_mode(emu: Emulator, v3: Raw) -> None:
    assert v3.post(A_SSL, json=INSTALL).status_code == 422
    assert v3.post(A_SSL, json={**INSTALL, "advancedSSL": True, "autoSSL": False}).status_code == 200
    assert v3.get(ADVANCED).json()["advancedSSL"] is True


# --- renewal ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "renewal"), [(90, 60), (64, 64 * 2 / 3), (45, 30), (6, 4)])
def test_the_panel_renews_when_two_thirds_are_gone(emu: Emulator, v2: Raw, now: Now, days: int, renewal: float) -> None:
    emu.switch(certificate_days=days, issuance_polls=0)
    v2.post(SSL, json=INSTALL)
    first = v2.get(SSL).json()
    start = now.at
    now.at = start + renewal * DAY - 2
    assert v2.get(SSL).json() == first
    now.at += 3
    second = v2.get(SSL).json()
    assert second["id"] == first["id"] and second["validUntil"] > first["validUntil"]
    assert [order.why for order in emu.orders] == ["install", "renewal"]


def test_a_renewal_that_fails_is_tried_once_a_day_and_leaves_the_dates(
    emu: Emulator, dns: Nameserver, v2: Raw, now: Now
) -> None:
    emu.put_certificate(2, lifetime=90, age=59)
    first = v2.get(SSL).json()
    dns.point("a.com", a=[ELSEWHERE])
    now.at += 3.5 * DAY
    assert v2.get(SSL).json() == first
    assert [order.why for order in emu.orders] == ["renewal"] * 3
    assert len(v2.get(LOG).json()["data"]) == 3
    dns.point("a.com", a=[HERE])
    now.at += DAY
    assert v2.get(SSL).json()["validUntil"] > first["validUntil"]


def test_a_renewal_that_never_comes(emu: Emulator, v2: Raw, now: Now) -> None:
    emu.switch(renewal="never")
    emu.put_certificate(2)
    first = v2.get(SSL).json()
    now.at += 100 * DAY
    assert v2.get(SSL).json() == first and emu.orders == [] and v2.get(LOG).json()["data"] == []


# --- limits -------------------------------------------------------------------------------------------------------------


def order(emu: Emulator, raw: Raw) -> str:
    """One redeploy of a.com's certificate; what came of it."""
    ssl_id = emu.certificates(2)[0].id
    assert raw.put(f"{A_SSL}/{ssl_id}").status_code == 200
    for _ in range(3):
        raw.get(A_SSL)
    return str(emu.orders[-1].outcome)


def test_five_failed_validations_an_hour(advanced: Emulator, dns: Nameserver, v3: Raw, now: Now) -> None:
    advanced.put_certificate(2, "a.com", lifetime=0)
    dns.point("a.com", a=[ELSEWHERE])
    assert all("unauthorized" in order(advanced, v3) for _ in range(5))
    assert 'too many failed authorizations (5) for "a.com"' in order(advanced, v3)
    dns.point("a.com", a=[HERE])
    now.at += 3601
    assert order(advanced, v3) == "issued"


def test_five_equal_certificates_a_week(advanced: Emulator, v3: Raw, now: Now) -> None:
    advanced.put_certificate(2, "a.com", lifetime=0)
    assert [order(advanced, v3) for _ in range(5)] == ["issued"] * 5
    assert "too many certificates (5) already issued for this exact set" in order(advanced, v3)
    now.at += 7 * DAY
    assert order(advanced, v3) == "issued"


def test_three_hundred_orders_in_three_hours(advanced: Emulator, v3: Raw, now: Now) -> None:
    advanced.put_certificate(2, "a.com", lifetime=0)
    advanced.world.letsencrypt.orders += [now.at - 3600] * 299
    assert order(advanced, v3) == "issued"
    assert "too many new orders (300) in the last 3h0m0s" in order(advanced, v3)
    now.at += 7199
    assert "too many new orders (300) in the last 3h0m0s" in order(advanced, v3)
    now.at += 1
    assert order(advanced, v3) == "issued"


def test_staging_has_no_limits(advanced: Emulator, v3: Raw) -> None:
    advanced.put_certificate(2, "a.com", lifetime=0, environment="staging")
    assert [order(advanced, v3) for _ in range(7)] == ["issued"] * 7


def test_fifty_certificates_of_a_registered_domain_a_week(advanced: Emulator, dns: Nameserver, v3: Raw) -> None:
    advanced.switch(issuance_polls=0)
    for number in range(51):
        name = f"s{number}.shop.co.uk"
        dns.point(name, a=[HERE])
        made = advanced.put_domain(2, name)
        v3.post(f"{P}/domains/{made['id']}/ssl", json=INSTALL)
        v3.get(f"{P}/domains/{made['id']}/ssl")
    found = [str(one.outcome) for one in advanced.orders]
    assert found[:50] == ["issued"] * 50 and 'already issued for "shop.co.uk"' in found[50]


def test_more_than_a_hundred_names(emu: Emulator, v3: Raw) -> None:
    for number in range(98):
        emu.put_domain(2, f"n{number}.com")
    emu.switch(issuance_polls=0)
    v3.post(SSL, json=INSTALL)
    v3.get(SSL)
    assert "too many identifiers: 101" in str(emu.orders[0].outcome)


def test_a_name_is_paused(advanced: Emulator, dns: Nameserver, v3: Raw) -> None:
    advanced.switch(paused_after=2)
    advanced.put_certificate(2, "a.com", lifetime=0)
    dns.point("a.com", a=[ELSEWHERE])
    order(advanced, v3), order(advanced, v3)
    dns.point("a.com", a=[HERE])
    assert "temporarily prevented from requesting certificates for a.com" in order(advanced, v3)


# --- switches -----------------------------------------------------------------------------------------------------------


def test_ssl_absent(advanced: Emulator, v3: Raw, v2: Raw) -> None:
    for value, status in (("404", 404), ("message", 200)):
        advanced.switch(ssl_absent=value)
        for answer in (v3.get(A_SSL), v2.get(SSL)):
            assert (answer.status_code, answer.json()) == (status, {"message": "SSL not installed!"})


@pytest.mark.parametrize("version", ["v2", "v3"])
def test_shapes_of_reading(emu: Emulator, version: str) -> None:
    emu.put_certificate(2)
    with Raw(emu.url, emu.token, version) as raw:
        emu.switch(**{f"ssl_read_{version}": "flat"})
        flat = raw.get(SSL).json()
        emu.switch(**{f"ssl_read_{version}": "wrapped"})
        assert raw.get(SSL).json() == {"data": flat}
        emu.switch(**{f"ssl_read_{version}": "domains"})
        assert [row["ssl"] for row in raw.get(SSL).json()["data"]] == [flat, flat]
        emu.switch(ssl_pages="paged")
        page = raw.get(f"{SSL}?page=2&perPage=1").json()
        assert [row["name"] for row in page["data"]] == ["a.com"] and page["meta"]["pagination"]["total_pages"] == 2


def test_ssl_write_body(emu: Emulator, v3: Raw, v2: Raw) -> None:
    emu.put_certificate(2)
    for value, in_v3, in_v2 in (
        ("documented", "{}", "object"),
        ("empty", "", ""),
        ("braces", "{}", "{}"),
        ("object", "object", "object"),
    ):
        emu.switch(ssl_write_body=value)
        for raw, expected in ((v3, in_v3), (v2, in_v2)):
            text = raw.patch(f"{SSL}/55", json={"enableHttp": True}).text
            assert json.loads(text)["id"] == 55 if expected == "object" else text == expected


def test_basic_under_advanced(advanced: Emulator, v3: Raw) -> None:
    active = advanced.put_certificate(2, "a.com")
    assert v3.post(SSL, json=INSTALL).status_code == 200 and len(advanced.certificates(2)) == 2
    advanced.switch(ssl_read_v3="flat")
    assert [v3.get(SSL).status_code for _ in range(3)] == [200, 200, 404]
    assert advanced.certificates(2) == [active] and advanced.orders == []
    advanced.switch(basic_under_advanced="refused")
    assert v3.post(SSL, json=INSTALL).status_code == 422


def test_advanced_plan(emu: Emulator, v3: Raw) -> None:
    for value, status in (("forbidden", 403), ("invalid", 422)):
        emu.switch(advanced_plan=value)
        assert v3.post(ADVANCED, json={"advancedSSL": True}).status_code == status
        assert v3.post(A_SSL, json={**INSTALL, "advancedSSL": True}).status_code == 422
    assert v3.get(ADVANCED).json()["advancedSSL"] is False


def test_mode_switch(emu: Emulator, v3: Raw) -> None:
    emu.switch(mode_switch="keeps")
    kept = emu.put_certificate(2)
    v3.post(ADVANCED, json={"advancedSSL": True})
    assert emu.certificates(2) == [kept]


def test_failed_install(advanced: Emulator, dns: Nameserver, v3: Raw) -> None:
    dns.point("a.com", a=[ELSEWHERE])
    advanced.switch(failed_install="vanishes", issuance_polls=0)
    v3.post(A_SSL, json=INSTALL)
    assert v3.get(A_SSL).status_code == 404 and len(v3.get(LOG).json()["data"]) == 1


# --- what visitors meet -------------------------------------------------------------------------------------------------


def handshake(emu: Emulator, host: str) -> x509.Certificate:
    """The certificate that the port shows for a name."""
    context = ssl.create_default_context(cafile=emu.tls_ca)
    with (
        socket.create_connection(("127.0.0.1", emu.tls_port), timeout=10) as line,
        context.wrap_socket(line, server_hostname=host) as tls,
    ):
        return x509.load_der_x509_certificate(tls.getpeercert(binary_form=True) or b"")


def covered(certificate: x509.Certificate) -> list[str]:
    """The names of a certificate."""
    found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return list(found.get_values_for_type(x509.DNSName))


def test_visitors_meet_what_was_issued(advanced: Emulator, v3: Raw, now: Now) -> None:
    now.at = time.time()
    with pytest.raises(ssl.SSLError, match=r"unrecognized name|UNRECOGNIZED_NAME"):
        handshake(advanced, "a.com")
    v3.post(A_SSL, json=INSTALL)
    until(v3, A_SSL)
    first = handshake(advanced, "www.a.com")
    assert covered(first) == ["a.com", "www.a.com"]
    assert handshake(advanced, "a.com").serial_number == first.serial_number
    v3.put(f"{A_SSL}/55")
    for _ in range(3):
        v3.get(A_SSL)
    assert handshake(advanced, "a.com").serial_number != first.serial_number
    assert advanced.tls.handshakes[-1] == "a.com"


def test_staging_and_expired_certificates_are_not_accepted(advanced: Emulator, now: Now) -> None:
    now.at = time.time()
    advanced.put_certificate(2, "a.com", environment="staging")
    with pytest.raises(ssl.SSLCertVerificationError, match=r"self-signed|unable to get|signature"):
        handshake(advanced, "a.com")
    advanced.switch(renewal="never")
    advanced.put_certificate(2, "network.com", lifetime=6, age=7)
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        handshake(advanced, "network.com")


def test_a_name_that_the_app_s_certificate_does_not_cover(emu: Emulator, now: Now) -> None:
    now.at = time.time()
    emu.put_certificate(2, names=["network.com"])
    assert covered(handshake(emu, "network.com")) == ["network.com"]
    with pytest.raises(ssl.SSLCertVerificationError, match=r"[Hh]ostname mismatch"):
        handshake(emu, "a.com")


def test_control_over_http(advanced: Emulator, dns: Nameserver, v3: Raw) -> None:
    remote = Remote(advanced.url)
    advanced.reset_ssl()
    remote.resolve_by(RECURSIVE, dns.port)
    remote.reach_by(ELSEWHERE)
    dns.point("a.com", a=[ELSEWHERE])
    v3.post(A_SSL, json=INSTALL)
    until(v3, A_SSL)
    assert [row["outcome"] for row in remote.orders] == ["issued"]
    remote.put_certificate(2, "network.com", age=10)
    assert [row["name"] for row in remote.certificates(2)] == ["a.com", "network.com"]


def test_a_seed_describes_certificates(emu: Emulator) -> None:
    emu.seed(
        {
            "webapps": [{"id": 2, "advancedSSL": True}],
            "domains": [{"name": "network.com", "www": 1}],
            "certificates": [{"name": "network.com", "lifetime": 90, "age": 30}],
        }
    )
    (found,) = emu.certificates(2)
    assert (found.domain_id, found.names) == (701, ["network.com", "www.network.com"])
    assert found.validUntil == "2026-09-16 12:00:00"
