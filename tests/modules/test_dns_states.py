# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""domain_dns_info: each state of a host, its words and the record to set, by both kinds of resolver."""

from __future__ import annotations

import itertools
import json
from typing import Any

import jsonschema
import pytest

from tests.modules.dns_names import ELSEWHERE, ELSEWHERE6, OURS, OURS6, RESOLVERS, Lookup
from tests.nameserver import FORGED, RECURSIVE
from tests.playbooks.runner import ROOT

CLIENT = "client.com"
SET = {"type": "A", "name": CLIENT, "value": OURS}


def points(lookup: Lookup, *addresses: str, name: str = CLIENT, server: str | None = None) -> None:
    """Give a name these addresses."""
    ipv6 = [address for address in addresses if ":" in address]
    lookup.server.point(name, a=[a for a in addresses if a not in ipv6], aaaa=ipv6, server=server)


@RESOLVERS
@pytest.mark.parametrize(
    ("addresses", "options", "state"),
    [
        ([OURS], {}, "ready"),
        ([OURS, OURS6], {"expected_addresses": [OURS, OURS6]}, "ready"),
        ([OURS6], {"expected_addresses": [OURS, OURS6]}, "ready"),
        ([OURS, "203.0.113.99"], {"expected_addresses": ["203.0.113.0/24"]}, "ready"),
        ([ELSEWHERE], {}, "elsewhere"),
        ([ELSEWHERE6], {}, "elsewhere"),
        (["203.0.114.1"], {"expected_addresses": ["203.0.113.0/24"]}, "elsewhere"),
        ([OURS, ELSEWHERE6], {}, "partly"),
        ([OURS, OURS6], {}, "partly"),
        ([OURS, ELSEWHERE], {}, "partly"),
        ([ELSEWHERE, OURS6], {"expected_addresses": [OURS, OURS6]}, "partly"),
        (["104.16.1.1", "2606:4700::1"], {}, "proxied"),
        (["104.16.1.1", OURS], {}, "proxied"),
        (["104.16.1.1", ELSEWHERE], {}, "partly"),
        (["104.16.1.1"], {"proxy_networks": []}, "elsewhere"),
        (["192.0.2.1"], {"proxy_networks": ["192.0.2.0/24"]}, "proxied"),
        (["104.16.1.1"], {"proxy_networks": ["192.0.2.0/24"]}, "elsewhere"),
        ([], {}, "no_address"),
    ],
)
def test_addresses_decide(
    lookup: Lookup, resolver: str, addresses: list[str], options: dict[str, Any], state: str
) -> None:
    points(lookup, *addresses)
    host = lookup.host(CLIENT, resolver=resolver, **options)
    assert host["state"] == state
    assert host["ready"] is (state in ("ready", "proxied"))
    assert sorted(host["addresses"]) == sorted(addresses) and host["cname"] is None
    assert (host["record"] is None) is (host["ready"] or options.get("expected_addresses") == ["203.0.113.0/24"])


@RESOLVERS
def test_a_name_that_does_not_exist(lookup: Lookup, resolver: str) -> None:
    host = lookup.host(CLIENT, resolver=resolver)
    assert (host["state"], host["record"]) == ("nxdomain", SET)
    assert host["message"] == (
        "client.com does not exist in DNS. Check that the domain is registered and has not expired. "
        "Set an A record for client.com with the value 203.0.113.10."
    )
    points(lookup, OURS)
    assert lookup.state("shop.client.com", resolver=resolver) == "nxdomain"


def test_a_resolver_that_denies_a_name_without_naming_the_zone(lookup: Lookup) -> None:
    points(lookup, OURS)
    lookup.server.fault("nxdomain", CLIENT, server=RECURSIVE)
    for name in (CLIENT, "www.client.com"):
        assert lookup.state(name, resolver="authoritative") == "nxdomain"


@RESOLVERS
def test_cnames_are_followed_and_a_name_that_we_expect_is_enough(lookup: Lookup, resolver: str) -> None:
    lookup.server.point("www.client.com", cname="edge.network.com")
    lookup.server.point("edge.network.com", cname="lb.cloud.net")
    lookup.server.point("lb.cloud.net", a=[OURS])
    host = lookup.host("www.client.com", resolver=resolver)
    assert (host["state"], host["cname"], host["addresses"]) == ("ready", "edge.network.com", [OURS])
    path = "(edge.network.com > lb.cloud.net > 203.0.113.10)"
    assert host["message"] == f"www.client.com reaches this server {path}."
    lookup.server.point("lb.cloud.net", a=[ELSEWHERE])
    host = lookup.host("www.client.com", resolver=resolver)
    assert host["state"] == "elsewhere" and "its CNAME record leads to lb.cloud.net (198.51.100.7)" in host["message"]
    for name in ("edge.network.com", "lb.cloud.net"):
        assert lookup.state("www.client.com", resolver=resolver, expected_cnames=[name]) == "ready"
    assert lookup.state("www.client.com", resolver=resolver, expected_cnames=["cloud.net"]) == "elsewhere"
    lookup.server.point("lb.cloud.net")
    assert lookup.state("www.client.com", resolver=resolver, expected_cnames=["lb.cloud.net"]) == "no_address"


@RESOLVERS
def test_a_cname_to_nowhere_and_one_in_a_circle(lookup: Lookup, resolver: str) -> None:
    lookup.server.point("www.client.com", cname="gone.net")
    host = lookup.host("www.client.com", resolver=resolver)
    assert (host["state"], host["cname"]) == ("nxdomain", "gone.net")
    assert "has a CNAME record to gone.net, which does not exist" in host["message"]
    lookup.server.point("www.client.com", cname="www.other.com")
    lookup.server.point("www.other.com", cname="www.client.com")
    assert lookup.state("www.client.com", resolver=resolver) == {"recursive": "servfail"}.get(resolver, "broken")


def test_a_foreign_aaaa_record_is_named(lookup: Lookup) -> None:
    points(lookup, OURS, ELSEWHERE6)
    host = lookup.host(CLIENT)
    assert host["message"] == (
        "client.com leads here only in part: the AAAA record 2001:db8:bad::9 leads IPv6 visitors and Let's Encrypt elsewhere: remove it."
    )
    assert host["record"] == SET
    points(lookup, OURS, ELSEWHERE, "198.51.100.8")
    assert "the A records 198.51.100.7, 198.51.100.8 lead some of the visitors" in lookup.host(CLIENT)["message"]
    points(lookup, ELSEWHERE, OURS6)
    message = lookup.host(CLIENT, expected_addresses=[OURS, OURS6])["message"]
    assert "leads IPv4 visitors and Let's Encrypt elsewhere: remove it. Set an A record" in message


@pytest.mark.parametrize(
    ("options", "record", "words"),
    [
        ({"expected_addresses": [OURS, "203.0.113.11"]}, ("A", OURS), "value 203.0.113.10."),
        ({"expected_addresses": [OURS6, OURS]}, ("A", OURS), "and for IPv6 an AAAA record with the value 2001:db8::10"),
        ({"expected_addresses": ["203.0.113.0/24", OURS6]}, ("AAAA", OURS6), "Set an AAAA record"),
        ({"expected_addresses": [], "expected_cnames": ["network.com"]}, ("CNAME", "network.com"), "ALIAS or ANAME"),
        ({"expected_addresses": ["203.0.113.0/24"]}, None, "It has to lead to an address of 203.0.113.0/24."),
    ],
)
def test_the_record_to_set(lookup: Lookup, options: dict[str, Any], record: Any, words: str) -> None:
    host = lookup.host("www.client.com", **options)
    assert host["record"] == (record and {"type": record[0], "name": "www.client.com", "value": record[1]})
    assert words in host["message"]


@RESOLVERS
@pytest.mark.parametrize(
    ("action", "state", "words"),
    [
        ("servfail", "servfail", "A common cause is DNSSEC"),
        ("refused", "broken", "they refuse to answer for it"),
        ("drop", "timeout", "gave no answer in time"),
        ("garbage", "timeout", "gave no answer in time"),
    ],
)
@pytest.mark.parametrize("kind", ["A", "AAAA", None])
def test_servers_that_fail(
    lookup: Lookup, resolver: str, action: str, state: str, words: str, kind: str | None
) -> None:
    points(lookup, OURS)
    lookup.server.fault(action, CLIENT, type=kind)
    host = lookup.host(CLIENT, resolver=resolver)
    assert (host["state"], host["ready"], host["record"]) == (state, False, SET)
    assert words in host["message"]


@RESOLVERS
def test_a_name_denied_for_one_type_alone_is_not_gone(lookup: Lookup, resolver: str) -> None:
    points(lookup, OURS)
    lookup.server.fault("nxdomain", CLIENT, type="AAAA")
    host = lookup.host(CLIENT, resolver=resolver)
    assert host["state"] == "broken" and "they deny for one type" in host["message"]


def test_lame_servers(lookup: Lookup) -> None:
    points(lookup, OURS)
    for server in lookup.server.servers(CLIENT):
        lookup.server.fault("lame", CLIENT, server=server)
    host = lookup.host(CLIENT, resolver="authoritative")
    assert host["state"] == "broken" and "they know nothing of its zone" in host["message"]
    assert lookup.state(CLIENT, resolver="recursive") == "ready"


@pytest.mark.parametrize("action", ["lame", "servfail", "refused", "drop"])
def test_one_server_that_fails_does_no_harm(lookup: Lookup, action: str) -> None:
    points(lookup, OURS)
    lookup.server.fault(action, CLIENT, server="127.0.0.2")
    assert lookup.state(CLIENT, resolver="authoritative") == "ready"


def test_one_stale_server_is_told(lookup: Lookup) -> None:
    points(lookup, OURS)
    points(lookup, ELSEWHERE, server="127.0.0.3")
    host = lookup.host(CLIENT, resolver="authoritative")
    assert (host["state"], host["ready"]) == ("stale", False)
    assert (
        "disagree: ns2.nameserver.test (127.0.0.2) says A 203.0.113.10; ns3.nameserver.test (127.0.0.3) says A 198.51.100.7."
        in host["message"]
    )
    assert lookup.state(CLIENT, resolver="recursive") == "ready"
    lookup.server.forget(CLIENT, "127.0.0.3")
    assert "(127.0.0.3) says no address" in lookup.host(CLIENT, resolver="authoritative")["message"]


def test_servers_that_differ_and_all_reach_us_do_not_disagree(lookup: Lookup) -> None:
    points(lookup, OURS)
    points(lookup, "203.0.113.11", server="127.0.0.3")
    ranges = ["203.0.113.0/24"]
    assert lookup.state(CLIENT, resolver="authoritative", expected_addresses=ranges) == "ready"
    points(lookup, "104.16.1.1", server="127.0.0.3")
    assert lookup.state(CLIENT, resolver="authoritative", expected_addresses=ranges) == "proxied"


def test_a_stale_server_behind_a_cname(lookup: Lookup) -> None:
    lookup.server.point("www.client.com", cname="network.com")
    points(lookup, OURS, name="network.com")
    points(lookup, ELSEWHERE, name="network.com", server="127.0.0.3")
    host = lookup.host("www.client.com", resolver="authoritative")
    assert host["state"] == "stale" and "(127.0.0.3) says CNAME network.com, A 198.51.100.7" in host["message"]


def test_servers_that_disagree_about_a_cname(lookup: Lookup) -> None:
    lookup.server.point("www.client.com", cname="here.net")
    lookup.server.point("www.client.com", cname="away.net", server="127.0.0.3")
    points(lookup, OURS, name="here.net")
    points(lookup, ELSEWHERE, name="away.net")
    host = lookup.host("www.client.com", resolver="authoritative")
    assert host["state"] == "stale"
    assert "(127.0.0.3) says CNAME away.net, A 198.51.100.7" in host["message"]
    points(lookup, OURS, name="away.net")
    assert lookup.state("www.client.com", resolver="authoritative") == "ready"


def test_a_hostile_zone_cannot_make_it_ask_without_end(lookup: Lookup) -> None:
    paths = ["".join(path) for depth in range(8) for path in itertools.product("ab", repeat=depth)]
    for path in paths:
        for branch, server in (("a", "127.0.0.2"), ("b", "127.0.0.3")):
            lookup.server.point(f"x{path}.client.com", cname=f"x{path}{branch}.client.com", server=server)
    assert len(paths) == 255
    points(lookup, OURS)
    assert lookup.host("x.client.com", resolver="authoritative")["ready"] is False
    assert 20 < lookup.server.asked(type="A") < 100


def test_a_zone_below_is_found_by_referral(lookup: Lookup) -> None:
    points(lookup, OURS)
    lookup.server.zone("shop.client.com", ["127.0.0.4"])
    points(lookup, OURS, name="shop.client.com")
    points(lookup, OURS, name="www.eu.shop.client.com")
    for name in ("shop.client.com", "www.eu.shop.client.com"):
        assert lookup.state(name, resolver="authoritative") == "ready"
    assert lookup.server.asked("shop.client.com", type="A", server="127.0.0.4") == 1


def test_a_registry_s_servers_are_only_passed_through(lookup: Lookup) -> None:
    lookup.server.zone("co.uk", ["127.0.0.2", "127.0.0.3", "127.0.0.4"])
    lookup.server.zone("client.co.uk", ["127.0.0.4"])
    points(lookup, OURS, name="client.co.uk")
    assert lookup.state("client.co.uk", resolver="authoritative") == "ready"
    asked = [lookup.server.asked("client.co.uk", type="A", server=f"127.0.0.{last}") for last in (2, 3, 4)]
    assert asked == [1, 1, 1]
    for server in ("127.0.0.2", "127.0.0.3"):
        lookup.server.fault("drop", "client.co.uk", server=server)
    assert lookup.state("client.co.uk", resolver="authoritative") == "ready"


def test_more_than_two_servers_are_all_asked(lookup: Lookup) -> None:
    lookup.server.zone(CLIENT, ["127.0.0.2", "127.0.0.3", "127.0.0.4"])
    points(lookup, OURS)
    points(lookup, ELSEWHERE, server="127.0.0.4")
    host = lookup.host(CLIENT, resolver="authoritative")
    assert host["state"] == "stale" and "ns4.nameserver.test (127.0.0.4) says A 198.51.100.7" in host["message"]


def test_a_name_that_is_expected_itself(lookup: Lookup) -> None:
    options: dict[str, Any] = {"expected_addresses": [], "expected_cnames": ["network.com"]}
    host = lookup.host("network.com", **options)
    assert (host["state"], host["record"]) == ("nxdomain", None)
    points(lookup, ELSEWHERE, name="network.com")
    assert lookup.state("network.com", **options) == "ready"
    assert lookup.state("network.com") == "elsewhere"


@RESOLVERS
def test_long_answers_come_by_tcp_and_forged_ones_are_passed_over(lookup: Lookup, resolver: str) -> None:
    points(lookup, *(f"203.0.113.{number}" for number in range(60)))
    host = lookup.host(CLIENT, resolver=resolver, expected_addresses=["203.0.113.0/24"])
    assert host["state"] == "ready" and len(host["addresses"]) == 60
    assert lookup.server.asked(CLIENT, type="A", transport="tcp") > 0
    points(lookup, OURS)
    lookup.server.fault("wrong_id")
    host = lookup.host(CLIENT, resolver=resolver)
    assert (host["state"], host["addresses"]) == ("ready", [OURS]) and host["addresses"] != [FORGED]


def test_what_stands_in_dns_stays_text(lookup: Lookup) -> None:
    evil = "{{7*7}}.client.com"
    lookup.server.point("www.client.com", cname=evil)
    lookup.server.point(evil, a=[ELSEWHERE], txt=["{{ 7*7 }}"])
    for resolver in ("recursive", "authoritative"):
        host = lookup.host("www.client.com", resolver=resolver)
        assert host["cname"] == evil and evil in host["message"]


@RESOLVERS
def test_facts_follow_their_schema(lookup: Lookup, resolver: str) -> None:
    points(lookup, OURS)
    points(lookup, ELSEWHERE, name="away.com")
    lookup.server.fault("servfail", "fails.com")
    result = lookup("www.client.com", CLIENT, "fails.com", "away.com", "Away.COM.", resolver=resolver)
    schema = json.loads((ROOT / "docs/schemas/dns-1.json").read_text())
    jsonschema.validate(result["dns"], schema)
    names = [host["name"] for host in result["dns"]["hosts"]]
    assert names == ["away.com", "client.com", "fails.com", "www.client.com"]
    assert result["dns"]["resolver"] == resolver and result["dns"]["expected_addresses"] == [OURS]
    broken = {**result["dns"], "hosts": [{**result["dns"]["hosts"][0], "ready": True}]}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, schema)
