# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The name servers of the tests do what they say, seen by a plain client."""

from __future__ import annotations

from collections.abc import Iterator

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.rdatatype
import pytest

from tests.nameserver import FORGED, RECURSIVE, Nameserver, Query, running


@pytest.fixture(scope="module")
def _server() -> Iterator[Nameserver]:
    with running() as server:
        yield server


@pytest.fixture
def server(_server: Nameserver) -> Nameserver:
    """One name, client.com."""
    _server.reset()
    _server.point("client.com", a=["203.0.113.10"])
    return _server


def ask(
    server: Nameserver, name: str, kind: str = "A", where: str = RECURSIVE, timeout: float = 5
) -> dns.message.Message:
    """The answer by UDP, or by TCP where that is cut off."""
    query = dns.message.make_query(name, kind)
    return dns.query.udp_with_fallback(query, where, timeout, server.port, ignore_errors=True)[0]


def texts(reply: dns.message.Message) -> list[str]:
    """The answer section, one record a line."""
    return [f"{rrset.name} {dns.rdatatype.to_text(rrset.rdtype)} {rdata}" for rrset in reply.answer for rdata in rrset]


def code(reply: dns.message.Message) -> str:
    """NOERROR, NXDOMAIN, ..."""
    return dns.rcode.to_text(reply.rcode())


def test_a_resolver_follows_every_cname(server: Nameserver) -> None:
    server.point("www.shop.org", cname="shop.org")
    server.point("shop.org", cname="client.com")
    assert texts(ask(server, "www.shop.org")) == [
        "www.shop.org. CNAME shop.org.",
        "shop.org. CNAME client.com.",
        "client.com. A 203.0.113.10",
    ]
    server.point("shop.org", cname="www.shop.org")
    assert code(ask(server, "www.shop.org")) == "SERVFAIL"


def test_a_name_without_an_address_is_not_an_unknown_name(server: Nameserver) -> None:
    assert code(ask(server, "client.com", "AAAA")) == "NOERROR"
    unknown = ask(server, "other.com")
    assert code(unknown) == "NXDOMAIN" and str(unknown.authority[0].name) == "com."
    server.forget("client.com")
    assert code(ask(server, "client.com")) == "NXDOMAIN"


def test_authoritative_servers_answer_for_their_zones_and_refer_below(server: Nameserver) -> None:
    reply = ask(server, "client.com", where="127.0.0.2")
    assert reply.flags & dns.flags.AA and texts(reply) == ["client.com. A 203.0.113.10"]
    server.zone("shop.client.com", ["127.0.0.4"])
    server.point("www.shop.client.com", a=["203.0.113.11"])
    reply = ask(server, "www.shop.client.com", where="127.0.0.2")
    assert texts(reply) == [] and str(reply.authority[0]) == "shop.client.com. 60 IN NS ns4.nameserver.test."
    assert texts(ask(server, "www.shop.client.com", where="127.0.0.4")) == ["www.shop.client.com. A 203.0.113.11"]
    assert code(ask(server, "client.com", where="127.0.0.4")) == "REFUSED"


def test_one_authoritative_server_can_be_stale(server: Nameserver) -> None:
    server.point("client.com", a=["198.51.100.7"], server="127.0.0.3")
    assert texts(ask(server, "client.com", where="127.0.0.2")) == ["client.com. A 203.0.113.10"]
    assert texts(ask(server, "client.com", where="127.0.0.3")) == ["client.com. A 198.51.100.7"]
    server.forget("client.com", "127.0.0.3")
    assert texts(ask(server, "client.com", "A", "127.0.0.3")) == []


@pytest.mark.parametrize("action", ["servfail", "refused", "nxdomain"])
def test_faults_hit_the_questions_that_they_name(server: Nameserver, action: str) -> None:
    server.fault(action, "client.com", type="A", server=RECURSIVE)
    assert code(ask(server, "client.com")) == action.upper()
    assert code(ask(server, "client.com", "AAAA")) == code(ask(server, "client.com", where="127.0.0.2")) == "NOERROR"
    server.clear_faults()
    assert code(ask(server, "client.com")) == "NOERROR"


def test_what_is_cut_off_comes_by_tcp(server: Nameserver) -> None:
    server.fault("truncate")
    assert texts(ask(server, "client.com")) == ["client.com. A 203.0.113.10"]
    many = [f"203.0.113.{number}" for number in range(40)]
    server.point("many.com", a=many)
    server.clear_faults()
    assert len(texts(ask(server, "many.com"))) == 40
    assert [(query.transport, query.name) for query in server.journal] == [
        ("udp", "client.com"),
        ("tcp", "client.com"),
        ("udp", "many.com"),
        ("tcp", "many.com"),
    ]


def test_dropped_lame_forged_and_garbled(server: Nameserver) -> None:
    server.fault("drop", "dropped.com")
    with pytest.raises(dns.exception.Timeout):
        ask(server, "dropped.com", timeout=0.05)
    server.fault("garbage", "garbled.com")
    with pytest.raises(dns.exception.Timeout):
        ask(server, "garbled.com", timeout=0.05)
    server.fault("lame", "client.com", server="127.0.0.2")
    lame = ask(server, "client.com", where="127.0.0.2")
    assert not lame.flags & dns.flags.AA and texts(lame) == [] and code(lame) == "NOERROR"
    server.fault("wrong_id", "client.com", server=RECURSIVE)
    assert texts(ask(server, "client.com")) == ["client.com. A 203.0.113.10"]
    query = dns.message.make_query("client.com", "A")
    forged = dns.query.udp(query, RECURSIVE, 5, server.port, ignore_errors=True)
    assert FORGED not in str(forged)
    with pytest.raises(dns.query.BadResponse):
        dns.query.udp(query, RECURSIVE, 5, server.port)


def test_the_journal_counts(server: Nameserver) -> None:
    ask(server, "client.com")
    ask(server, "client.com", "AAAA", "127.0.0.2")
    assert server.journal == [
        Query("127.0.0.1", "udp", "client.com", "A"),
        Query("127.0.0.2", "udp", "client.com", "AAAA"),
    ]
    assert server.asked("client.com") == 2 and server.asked(type="A") == server.asked(server="127.0.0.2") == 1
    assert server.most_at_once == 1


def test_an_unknown_fault_and_a_taken_port_are_refused(server: Nameserver) -> None:
    with pytest.raises(ValueError, match="none of"):
        server.fault("explode")
    with pytest.raises(OSError):
        running(server.port).start()
