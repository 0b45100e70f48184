# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""tls_certificate_info: each state of a host, by real handshakes, and its words."""

from __future__ import annotations

import select
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes

from tests.modules.harness import Clock, numbered, plugin
from tests.modules.pem import intermediate, leaf, make, root
from tests.modules.tls_site import ABORT, ADDRESSES, BABBLE, CLOSE, HOME, NOBODY, PAGE, PLAIN, RESET, SILENT, Look

CLIENT = "client.com"


# --- certificates that visitors trust ---------------------------------------------------------------------------------


def test_a_valid_certificate_is_told_in_full(look: Look) -> None:
    pair = leaf(CLIENT, f"www.{CLIENT}", start=-30.02)
    look.site.serve(CLIENT, pair, intermediate())
    entry = look.host(CLIENT)
    assert entry == {
        "name": CLIENT,
        "state": "valid",
        "ok": True,
        "faults": [],
        "reason": None,
        "message": "client.com: a valid certificate from Intermediate, good until 2026-09-16T11:31:12Z (60.0 days left of 90.0).",
        "address": HOME,
        "names": [CLIENT, f"www.{CLIENT}"],
        "subject": "CN=client.com",
        "issuer": "CN=Intermediate",
        "serial": f"{pair.certificate.serial_number:x}",
        "not_before": "2026-06-18T11:31:12Z",
        "not_after": "2026-09-16T11:31:12Z",
        "days_left": 60.0,
        "lifetime_days": 90.0,
        "fingerprint": pair.certificate.fingerprint(hashes.SHA256()).hex(),
        "chain": [
            {"subject": "CN=client.com", "issuer": "CN=Intermediate", "not_after": "2026-09-16T11:31:12Z"},
            {"subject": "CN=Intermediate", "issuer": "CN=Root", "not_after": "2029-04-03T12:00:00Z"},
        ],
        "chain_ok": True,
        "http": {"status": 200, "location": None, "error": None},
    }


@pytest.mark.parametrize(
    ("lifetime", "left", "state"),
    [
        *[(90, 22.6, "valid"), (90, 22.4, "expiring"), (64, 16.1, "valid"), (64, 15.9, "expiring")],
        *[(45, 11.3, "valid"), (45, 11.2, "expiring"), (6, 1.6, "valid"), (6, 1.4, "expiring")],
        *[(90, 0.001, "expiring"), (90, -0.001, "expired"), (6, -3, "expired")],
    ],
)
def test_the_warning_is_a_part_of_the_lifetime(look: Look, lifetime: int, left: float, state: str) -> None:
    look.site.serve(CLIENT, leaf(CLIENT, start=left - lifetime, days=lifetime), intermediate())
    entry = look.host(CLIENT)
    assert entry["state"] == state and entry["lifetime_days"] == lifetime
    assert entry["days_left"] == round(left, 1)
    assert entry["ok"] is (state != "expired") and entry["chain_ok"] is True


@pytest.mark.parametrize(("fraction", "state"), [(0, "valid"), (0.1, "valid"), (0.5, "expiring"), (0.99, "expiring")])
def test_the_part_can_be_chosen(look: Look, fraction: float, state: str) -> None:
    look.site.serve(CLIENT, leaf(CLIENT, start=-60, days=90), intermediate())
    assert look.host(CLIENT, warn_fraction=fraction)["state"] == state


def test_the_clock_decides(look: Look, clock: Clock) -> None:
    look.site.serve(CLIENT, leaf(CLIENT, start=-10, days=90), intermediate())
    states = []
    for _month in range(4):
        states.append(look.host(CLIENT)["state"])
        clock.sleep(30 * 86400)
    assert states == ["valid", "valid", "expiring", "expired"]


def test_a_wildcard_covers_one_label(look: Look) -> None:
    pair = leaf("*.network.com")
    for host in ("a.network.com", "a.b.network.com", "network.com"):
        look.site.serve(host, pair, intermediate())
    result = look("a.network.com", "a.b.network.com", "network.com")
    assert [(entry["name"], entry["state"]) for entry in result["hosts"]] == [
        ("a.b.network.com", "name_mismatch"),
        ("a.network.com", "valid"),
        ("network.com", "name_mismatch"),
    ]
    assert result["counts"] == {"name_mismatch": 2, "valid": 1}


# --- certificates that they do not trust ------------------------------------------------------------------------------


def test_expired(look: Look) -> None:
    look.site.serve(CLIENT, leaf(CLIENT, start=-100), intermediate())
    entry = look.host(CLIENT)
    assert (entry["state"], entry["faults"], entry["chain_ok"]) == ("expired", ["expired"], True)
    assert entry["message"] == (
        "client.com: its certificate from Intermediate expired at 2026-07-08T12:00:00Z, 10.0 days ago. "
        "Look why the renewal fails, then issue it again."
    )
    assert entry["days_left"] == -10.0


def test_not_yet_valid(look: Look) -> None:
    look.site.serve(CLIENT, leaf(CLIENT, start=1), intermediate())
    entry = look.host(CLIENT)
    assert (entry["state"], entry["ok"]) == ("not_yet_valid", False)
    assert "is not valid before 2026-07-19T12:00:00Z" in entry["message"]


def test_another_site_answers(look: Look) -> None:
    look.site.serve(CLIENT, leaf("network.com", "*.network.com"), intermediate())
    entry = look.host(CLIENT)
    assert (entry["state"], entry["names"], entry["chain_ok"]) == (
        "name_mismatch",
        ["network.com", "*.network.com"],
        True,
    )
    assert entry["message"] == (
        "client.com: another site answers, with a certificate for network.com, *.network.com. client.com has none of its own there."
    )


def test_of_many_names_some_are_told_and_all_returned(look: Look) -> None:
    names = numbered(7)
    look.site.serve(CLIENT, leaf(*names), intermediate())
    entry = look.host(CLIENT)
    assert entry["names"] == names and f"for {', '.join(names[:5])} and 2 more." in entry["message"]


def test_names_have_one_spelling(look: Look) -> None:
    look.site.serve(CLIENT, leaf("Client.COM", CLIENT), intermediate())
    (entry,) = look("CLIENT.com.", "client.com")["hosts"]
    assert (entry["name"], entry["state"], entry["names"]) == (CLIENT, "valid", [CLIENT])


def test_a_common_name_alone_covers_nothing(look: Look) -> None:
    look.site.serve(CLIENT, make(CLIENT, intermediate()), intermediate())
    entry = look.host(CLIENT)
    assert entry["state"] == "name_mismatch" and entry["names"] == []
    assert "that names no host (client.com)" in entry["message"]


def test_self_signed(look: Look) -> None:
    look.site.serve(CLIENT, make("snakeoil", names=(CLIENT,)))
    entry = look.host(CLIENT)
    assert (entry["state"], entry["ok"], entry["chain_ok"]) == ("self_signed", False, False)
    assert entry["subject"] == entry["issuer"] == "CN=snakeoil" and "(snakeoil) is signed by itself" in entry["message"]


def test_all_faults_are_told_the_most_telling_first(look: Look) -> None:
    look.site.serve(CLIENT, make("snakeoil", names=("other.com",), start=-100))
    entry = look.host(CLIENT)
    assert entry["faults"] == ["name_mismatch", "self_signed", "expired"]
    assert entry["message"].endswith("That certificate is also signed by itself and expired.")


def test_a_missing_intermediate(look: Look) -> None:
    look.site.serve(CLIENT, leaf(CLIENT))
    entry = look.host(CLIENT)
    assert (entry["state"], entry["chain_ok"], len(entry["chain"])) == ("incomplete_chain", False, 1)
    assert "without that of the issuer (Intermediate)" in entry["message"]


def test_the_wrong_intermediate(look: Look) -> None:
    look.site.serve(CLIENT, leaf(CLIENT), make("Other", root(), days=1000))
    assert look.host(CLIENT)["state"] == "incomplete_chain"


@pytest.mark.parametrize("sent", [1, 2])
def test_an_unknown_authority(look: Look, sent: int) -> None:
    stranger = make("Stranger", days=1000)
    below = make("Below", stranger, days=1000)
    look.site.serve(CLIENT, make(CLIENT, below, (CLIENT,)), *[below, stranger][:sent])
    entry = look.host(CLIENT)
    assert (entry["state"], entry["chain_ok"]) == ("untrusted_chain", False)
    assert "comes from Below, which is not trusted (" in entry["message"]


def test_an_authority_that_only_bears_the_name(look: Look) -> None:
    look.site.serve(CLIENT, make(CLIENT, make("Intermediate", root(), days=1000), (CLIENT,)), intermediate())
    assert look.host(CLIENT)["state"] == "untrusted_chain"


def test_staging_is_named(look: Look) -> None:
    staging = make("(STAGING) Ersatz Edamame E1", make("(STAGING) Pretend Pear X1", days=1000), days=1000)
    look.site.serve(CLIENT, make(CLIENT, staging, (CLIENT,)), staging)
    entry = look.host(CLIENT)
    assert entry["state"] == "untrusted_chain" and "staging environment" in entry["message"]


def test_an_issuer_that_is_out_of_date(look: Look) -> None:
    old = make("Old", root(), start=-400, days=399)
    look.site.serve(CLIENT, make(CLIENT, old, (CLIENT,)), old)
    entry = look.host(CLIENT)
    assert (entry["state"], entry["chain_ok"]) == ("untrusted_chain", False)
    assert "(Old) is out of date: valid from 2025-06-13T12:00:00Z to 2026-07-17T12:00:00Z" in entry["message"]


def test_the_dates_of_a_trusted_root_do_not_matter(look: Look, tmp_path: Path) -> None:
    old = make("Old root", start=-4000, days=3650)
    (tmp_path / "old.crt").write_text(old.pem)
    look.site.serve(CLIENT, make(CLIENT, old, (CLIENT,)))
    entry = look.host(CLIENT, ca_path=str(tmp_path / "old.crt"))
    assert (entry["state"], entry["chain_ok"]) == ("valid", True)


# --- no certificate ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("alert", "words"),
    [
        (ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME, "unrecognized name"),
        (ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE, "handshake failure"),
        (ssl.ALERT_DESCRIPTION_INTERNAL_ERROR, "internal error"),
        (ssl.ALERT_DESCRIPTION_ACCESS_DENIED, "access denied"),
    ],
)
def test_an_alert(look: Look, alert: Any, words: str) -> None:
    look.site.alert = alert
    entry = look.host(CLIENT)
    assert (entry["state"], entry["reason"], entry["faults"]) == ("no_certificate", "alert", ["no_certificate"])
    place = f"{HOME} port {look.site.port}"
    assert entry["message"] == f"client.com: {place} has no certificate for it (TLS alert: {words})."
    assert entry["address"] == HOME and entry["names"] == [] and entry["chain"] == []
    assert {entry[key] for key in ("not_after", "days_left", "issuer", "http", "chain_ok", "fingerprint")} == {None}


@pytest.mark.parametrize(
    ("manner", "state", "reason", "words"),
    [
        (PLAIN, "no_certificate", "no_tls", "answers without TLS"),
        (BABBLE, "no_certificate", "handshake", "(unexpected message)"),
        (RESET, "unreachable", "reset", "cuts the connection"),
        (CLOSE, "unreachable", "reset", "cuts the connection"),
        (SILENT, "unreachable", "timeout", "gives no answer in time"),
    ],
)
def test_answers_that_are_none(look: Look, manner: str, state: str, reason: str, words: str) -> None:
    patience = {"timeout": 0.3} if manner == SILENT else {}
    entry = look.host(CLIENT, connect_to=ADDRESSES[manner], **patience)
    assert (entry["state"], entry["reason"], entry["faults"], entry["ok"]) == (state, reason, [state], False)
    assert words in entry["message"] and entry["address"] == ADDRESSES[manner]


def test_a_connection_that_is_gone_before_the_handshake(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.create_connection

    def late(*arguments: Any) -> socket.socket:
        line = connect(*arguments)
        assert select.select([line], [], [], 20)[0]
        return line

    monkeypatch.setattr(socket, "create_connection", late)
    assert look.host(CLIENT, connect_to=ADDRESSES[ABORT])["reason"] == "reset"


def test_refused_dropped_and_no_route(look: Look) -> None:
    assert look.host(CLIENT, connect_to=NOBODY)["reason"] == "refused"
    dropped = look.host(CLIENT, connect_to=look.site.full(), timeout=0.3)
    assert (dropped["state"], dropped["reason"]) == ("unreachable", "timeout")
    nowhere = look.host(CLIENT, connect_to="255.255.255.255")
    assert (nowhere["state"], nowhere["reason"]) == ("unreachable", "no_route")
    assert "no way from this machine to 255.255.255.255" in nowhere["message"]


# --- addresses --------------------------------------------------------------------------------------------------------


def test_the_next_address_is_tried(look: Look) -> None:
    look.site.serve(CLIENT, leaf(CLIENT), intermediate())
    entry = look.host(CLIENT, addresses={CLIENT: ["255.255.255.255", NOBODY, HOME]})
    assert (entry["state"], entry["address"]) == ("valid", HOME)
    entry = look.host(CLIENT, addresses={CLIENT: ["255.255.255.255", NOBODY]})
    assert (entry["reason"], entry["address"]) == ("refused", NOBODY)


def test_of_many_addresses_four_are_tried(look: Look) -> None:
    look.site.serve(CLIENT, leaf(CLIENT), intermediate())
    assert look.host(CLIENT, addresses={CLIENT: [NOBODY] * 4 + [HOME]})["reason"] == "refused"
    assert look.site.connections == 0


def test_one_address_for_all(look: Look) -> None:
    look.site.serve(CLIENT, leaf(CLIENT), intermediate())
    assert look.host(CLIENT, connect_to=f" {HOME} ")["state"] == "valid"


def test_each_host_has_its_address(look: Look) -> None:
    look.site.serve(CLIENT, leaf(CLIENT), intermediate())
    addresses = {"Client.COM": f" {HOME} ", "plain.com": ADDRESSES[PLAIN], "none.com": [], "unasked.com": NOBODY}
    result = look(CLIENT, "plain.com", "none.com", addresses=addresses)
    assert [(entry["name"], entry["state"], entry["reason"]) for entry in result["hosts"]] == [
        ("client.com", "valid", None),
        ("none.com", "unreachable", "no_address"),
        ("plain.com", "no_certificate", "no_tls"),
    ]


def test_the_machine_s_resolver(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    look.site.serve(CLIENT, leaf(CLIENT), intermediate())
    real = socket.getaddrinfo

    def resolver(host: str, *rest: Any, **options: Any) -> Any:
        failures = {"gone.com": socket.EAI_NONAME, "broken.com": socket.EAI_AGAIN}
        if host in failures:
            raise socket.gaierror(failures[host], "the resolver's words")
        return real(HOME if host in (CLIENT, "self.com") else host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    look.site.serve("self.com", make("snakeoil", names=("self.com",)))
    result = look(CLIENT, "gone.com", "broken.com", "self.com", addresses={})
    assert [(entry["name"], entry["state"], entry["reason"], entry["address"]) for entry in result["hosts"]] == [
        ("broken.com", "unreachable", "dns", None),
        ("client.com", "valid", None, HOME),
        ("gone.com", "unreachable", "no_address", None),
        ("self.com", "self_signed", None, HOME),
    ]
    assert "the resolver of this machine fails (the resolver's words)" in result["hosts"][0]["message"]


# --- proxies ----------------------------------------------------------------------------------------------------------


def test_behind_a_proxy_nothing_is_known_of_the_server(look: Look) -> None:
    look.site.serve(CLIENT, leaf(CLIENT), intermediate())
    entry = look.host(CLIENT, proxy_networks=["127.0.0.0/8"])
    assert (entry["state"], entry["ok"], entry["faults"], entry["names"]) == ("proxied", True, [], [CLIENT])
    assert entry["message"].startswith("client.com is behind a proxy (127.0.0.1), so nothing is known of the server's")


@pytest.mark.parametrize(
    ("status", "words"),
    [(526, "526: the proxy does not accept the server's own certificate."), (522, "522: the proxy does not reach the")],
)
def test_what_a_proxy_says_of_the_server(look: Look, status: int, words: str) -> None:
    page = b"HTTP/1.1 %d What\r\n\r\n" % status
    look.site.serve(CLIENT, leaf(CLIENT), intermediate(), page=page)
    assert words in look.host(CLIENT, proxy_networks=["127.0.0.1"])["message"]
    assert look.host(CLIENT)["message"].endswith(f"The page answers HTTP {status}.")


def test_faults_of_a_proxy_are_told(look: Look) -> None:
    look.site.serve(CLIENT, leaf(CLIENT, start=-100), intermediate())
    entry = look.host(CLIENT, proxy_networks=["127.0.0.0/8"])
    assert (entry["state"], entry["ok"], entry["faults"]) == ("proxied", False, ["expired"])
    entry = look.host(CLIENT, connect_to=NOBODY, proxy_networks=["127.0.0.0/8"])
    assert (entry["state"], entry["ok"], entry["faults"]) == ("proxied", False, ["unreachable"])
    assert entry["message"].startswith("client.com is behind a proxy") and "refuses the connection" in entry["message"]


def test_cloudflare_s_ranges_are_the_default(look: Look, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = plugin("module_utils._tls").Shown
    addresses = {"a.com": "104.16.1.1", "b.com": "2606:4700::1", "c.com": "192.0.2.1"}
    fake = {host: shown("unreachable", address, "refused") for host, address in addresses.items()}
    monkeypatch.setattr(plugin("modules.tls_certificate_info"), "probe_all", lambda _targets, _settings: fake)

    def states(**options: Any) -> list[str]:
        return [entry["state"] for entry in look(*addresses, addresses=addresses, **options)["hosts"]]

    assert states() == ["proxied", "proxied", "unreachable"]
    assert states(proxy_networks=[]) == ["unreachable"] * 3
    assert states(proxy_networks=["192.0.2.0/24"]) == ["unreachable", "unreachable", "proxied"]


# --- the page ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "http"),
    [
        (PAGE, (200, None, None)),
        (b"HTTP/1.1 301 Moved\r\nLocation: https://www.client.com/\r\n\r\n", (301, "https://www.client.com/", None)),
        (b"HTTP/1.0 302 Found\r\nX: y\r\nLOCATION:/login \r\n\r\n", (302, "/login", None)),
        (b"HTTP/1.1 302 Found\r\nLocation: /\x1b[31m\r\n\r\n", (302, "/?[31m", None)),
        (b"HTTP/1.1 302 Found\r\nLocation: /" + b"a" * 600 + b"\r\n\r\n", (302, "/" + "a" * 499, None)),
        (b"HTTP/1.1 103 Early Hints\r\nLocation: /no\r\n\r\nHTTP/1.1 404 Not Found\r\n\r\n", (404, None, None)),
        (b"HTTP/1.1 200\r\n\r\n", (200, None, None)),
        (b"SSH-2.0-OpenSSH\r\n\r\n", (None, None, "no_http")),
        (b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 70000 + b"\r\n\r\n", (None, None, "no_http")),
        (b"HTTP/1.1 200 OK\r\nX-Cut: ", (None, None, "reset")),
        (b"", (None, None, "reset")),
    ],
)
def test_the_page(look: Look, page: bytes, http: tuple[Any, ...]) -> None:
    look.site.serve(CLIENT, leaf(CLIENT), intermediate(), page=page)
    entry = look.host(CLIENT)
    assert tuple(entry["http"][key] for key in ("status", "location", "error")) == http
    assert entry["state"] == "valid" and entry["ok"] is True
    told = (http[0] or 500) >= 400
    assert ("The page" in entry["message"]) is told


def test_a_page_that_never_ends(look: Look) -> None:
    look.site.serve(CLIENT, leaf(CLIENT), intermediate(), page=None)
    entry = look.host(CLIENT, timeout=1.0)
    assert entry["state"] == "valid" and entry["http"]["error"] == "timeout"
    assert entry["message"].endswith("The page gave no answer in time.")


def test_the_request(look: Look) -> None:
    look.site.serve(CLIENT, leaf(CLIENT), intermediate())
    look.host(CLIENT, http_path="/wp-json/?a=b")
    (request,) = look.site.requests
    line, *headers = request.decode().split("\r\n")
    assert line == "GET /wp-json/?a=b HTTP/1.1" and "Host: client.com" in headers
    assert any(header.startswith("User-Agent: wpmultisite.runcloud/") for header in headers)


def test_the_page_of_a_host_without_trust_is_read_too(look: Look) -> None:
    look.site.serve(CLIENT, leaf(CLIENT, start=-100), intermediate())
    look.site.serve("self.com", make("snakeoil", names=("self.com",)), page=b"HTTP/1.1 500 Oh\r\n\r\n")
    result = look(CLIENT, "self.com")
    assert [entry["http"]["status"] for entry in result["hosts"]] == [200, 500]


def test_no_page_is_asked_for_when_told_so(look: Look) -> None:
    look.site.serve(CLIENT, leaf(CLIENT), intermediate())
    assert look.host(CLIENT, check_http=False)["http"] is None
    assert look.site.requests == [] and look.site.handshakes == [CLIENT]
