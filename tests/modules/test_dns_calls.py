# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""domain_dns_info: what it refuses, what it asks of whom and how often, and what a dead resolver is."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.emulator import TOKEN, Emulator
from tests.modules.dns_names import ELSEWHERE, OURS, RESOLVERS, Lookup
from tests.modules.harness import numbered, plugin
from tests.nameserver import AUTHORITATIVE, RECURSIVE, Nameserver, running

SERVER_1 = "GET /servers/1"


def filled(server: Nameserver, count: int, zone: str = "") -> list[str]:
    """That many ready names, each in a zone of its own or all in one."""
    names = [f"{name.partition('.')[0]}.{zone}" if zone else name for name in numbered(count)]
    for name in names:
        server.point(name, a=[OURS])
    return names


# --- refused before the first query -----------------------------------------------------------------------------------


def test_every_fault_is_told_at_once_and_nothing_is_asked(lookup: Lookup, emu: Emulator) -> None:
    result = lookup(
        *("good.com", "under_score.com", "*.client.com", "", "192.0.2.1", "two..dots.com", "localhost", "a" * 254),
        expected_addresses=[OURS, "203.0.113.5/24", "network.com"],
        expected_cnames=["bad_.com"],
        proxy_networks=["cloudflare"],
        nameservers=["ns.example.com", "127.0.0.1:0", "[::1]:x", "127.0.0.1:99999"],
        dns_timeout=0,
        concurrency=0,
        caa_issuer="Let's Encrypt",
    )
    for words in (
        *("names: 'under_score.com': an underscore", "'*.client.com': a wildcard", "'': empty"),
        *("'192.0.2.1': an IP address", "'two..dots.com': an empty label", "'localhost': a single label"),
        *("longer than 253 characters", "203.0.113.5/24 has host bits set", "expected_addresses: 'network.com'"),
        *("expected_cnames: 'bad_.com'", "proxy_networks: 'cloudflare'", "'ns.example.com'", "'0' is no port"),
        *("'x' is no port", "'99999' is no port", "dns_timeout must be", "concurrency must be from 1 to 200"),
    ):
        assert words in result["msg"]
    assert "good.com" not in result["msg"]
    assert lookup.server.journal == [] and emu.journal == []


@pytest.mark.parametrize("value", [float("inf"), float("nan"), -1])
def test_odd_numbers(lookup: Lookup, value: float) -> None:
    assert "dns_timeout must be" in lookup("a.com", dns_timeout=value)["msg"]
    assert "port must be" in lookup("a.com", port=70000)["msg"]
    assert "concurrency must be" in lookup("a.com", concurrency=201)["msg"]


def test_nothing_to_expect_is_refused_with_what_to_give(lookup: Lookup) -> None:
    msg = lookup("a.com", expected_addresses=[])["msg"]
    assert "give expected_addresses, or server_id with API credentials, or expected_cnames" in msg
    assert lookup.server.journal == []


def test_without_dnspython_it_says_what_to_install(lookup: Lookup, monkeypatch: pytest.MonkeyPatch) -> None:
    query = plugin("module_utils._dns_query")
    monkeypatch.setattr(query.dns.version, "MINOR", 5)
    assert "dnspython >= 2.6.1" in lookup("a.com")["msg"]
    assert lookup.server.journal == []
    code = "import sys; sys.modules['dns'] = None; from %s import DNS_ERROR; assert 'dns' in DNS_ERROR" % query.__name__
    subprocess.run([sys.executable, "-c", code], check=True)


# --- the panel --------------------------------------------------------------------------------------------------------


def test_the_server_s_address_from_the_api_takes_one_call(lookup: Lookup, emu: Emulator) -> None:
    emu.seed({"servers": [{"id": 1, "name": "web", "ipAddress": ELSEWHERE}]})
    names = filled(lookup.server, 5)
    lookup.server.point(names[0], a=[ELSEWHERE])
    emu.clear_journal()
    result = lookup(*names, expected_addresses=None, server_id=1, api_token=emu.token, api_url=emu.url)
    assert emu.calls() == [SERVER_1] and result["api_calls"] == {"GET": 1, "total": 1}
    assert result["dns"]["expected_addresses"] == [ELSEWHERE]
    assert [host["ready"] for host in result["dns"]["hosts"]] == [True, False, False, False, False]


def test_with_an_address_no_call_is_made_and_no_token_is_needed(lookup: Lookup, emu: Emulator) -> None:
    filled(lookup.server, 1)
    emu.clear_journal()
    result = lookup("c0000.com", server_id=1)
    assert not result.failed and emu.journal == [] and result["api_calls"] == {"total": 0}


def test_faults_of_the_panel_are_told_and_nothing_is_asked(lookup: Lookup, emu: Emulator) -> None:
    api: dict[str, Any] = {"expected_addresses": None, "server_id": 1, "api_url": emu.url}
    assert "No credentials" in lookup("a.com", **api)["msg"]
    emu.fault(path="/servers/1$", action="status", status=403)
    result = lookup("a.com", **api, api_token=TOKEN)
    assert result["status"] == 403 and result.failed
    emu.clear_faults()
    emu.fault(path="/servers/1$", action="status", status=200, body={"id": 1, "ipAddress": "unknown"})
    assert (
        "no usable address for server 1 ('unknown'): give expected_addresses"
        in lookup("a.com", **api, api_token=TOKEN)["msg"]
    )
    assert lookup.server.journal == []


# --- resolvers that do not work ---------------------------------------------------------------------------------------


@RESOLVERS
@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("drop", "no answer"),
        ("refused", "refused"),
        ("servfail", "servfail"),
        ("nxdomain", "denies that there is a root"),
    ],
)
def test_a_dead_resolver_is_an_error_and_not_no_dns(lookup: Lookup, resolver: str, action: str, said: str) -> None:
    names = filled(lookup.server, 50)
    lookup.server.fault(action, "")
    result = lookup(*names, resolver=resolver)
    assert result.failed and "dns" not in result
    assert f"No DNS resolver works (127.0.0.1:{lookup.server.port}: {said}), so nothing is known" in result["msg"]
    assert len(lookup.server.journal) <= 2


def test_nobody_listens(lookup: Lookup) -> None:
    with running() as gone:
        port = gone.port
    result = lookup("a.com", port=port, dns_timeout=0.05)
    assert f"127.0.0.1:{port}: no answer" in result["msg"]


def test_a_resolver_that_dies_on_the_way_is_an_error(lookup: Lookup) -> None:
    names = filled(lookup.server, 20)
    answer = lookup.server.resolved
    left = [15]

    def dying(query: Any) -> Any:
        left[0] -= 1
        if left[0] == 0:
            lookup.server.fault("drop", "")
            lookup.server.fault("drop")
        return answer(query)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lookup.server, "resolved", dying)
        result = lookup(*names, dns_timeout=0.3)
    assert result.failed and "No DNS resolver works" in result["msg"]


@RESOLVERS
@pytest.mark.parametrize(("action", "said"), [("servfail", "servfail"), ("refused", "refused"), ("drop", "no answer")])
@pytest.mark.parametrize("zone", ["", "client.com"])
def test_a_resolver_that_knows_the_root_alone_is_an_error(
    lookup: Lookup, resolver: str, action: str, said: str, zone: str
) -> None:
    names = filled(lookup.server, 3, zone)
    for name in (*names, "client.com", "com"):
        lookup.server.fault(action, name, server=RECURSIVE)
    result = lookup(*names, resolver=resolver)
    assert result.failed and "dns" not in result and "DNSSEC" not in result["msg"]
    assert (
        f"({RECURSIVE}:{lookup.server.port}) answers for the root and for none of the 3 names ({said})" in result["msg"]
    )
    assert not lookup(*names[:2], resolver=resolver).failed


@RESOLVERS
@pytest.mark.parametrize("action", ["servfail", "refused", "drop"])
def test_one_name_that_is_answered_clears_the_resolver(lookup: Lookup, resolver: str, action: str) -> None:
    names = filled(lookup.server, 5)
    for name in names[1:]:
        lookup.server.fault(action, name)
    assert [host["ready"] for host in lookup(*names, resolver=resolver)["dns"]["hosts"]] == [True] + [False] * 4
    lookup.server.forget(names[0])
    states = [host["state"] for host in lookup(*names, resolver=resolver)["dns"]["hosts"]]
    assert states[0] == "nxdomain" and len(set(states[1:])) == 1


@RESOLVERS
@pytest.mark.parametrize("action", ["servfail", "refused", "drop"])
def test_a_domain_that_is_down_is_not_put_down_to_the_resolver(lookup: Lookup, resolver: str, action: str) -> None:
    names = ["client.com", "www.client.com", "shop.client.com", "eu.client.com"]
    for name in names:
        lookup.server.point(name, a=[OURS])
        lookup.server.fault(action, name)
    hosts = lookup(*names, resolver=resolver)["dns"]["hosts"]
    state = {"drop": "timeout", "refused": "broken"}.get(action, action)
    assert [host["state"] for host in hosts] == [state] * 4


@pytest.mark.parametrize("action", ["servfail", "refused", "drop"])
def test_authoritative_servers_that_fail_for_all_names_are_not_the_resolver(lookup: Lookup, action: str) -> None:
    names = filled(lookup.server, 4)
    for name in names:
        for server in AUTHORITATIVE:
            lookup.server.fault(action, name, server=server)
    hosts = lookup(*names, resolver="authoritative")["dns"]["hosts"]
    assert not any(host["ready"] for host in hosts) and len(hosts) == 4


def test_one_dead_resolver_of_two_is_passed_over(lookup: Lookup) -> None:
    names = filled(lookup.server, 20)
    with running() as dead:
        dead.fault("drop")
        dead.fault("drop", "")
        where = [f"127.0.0.1:{dead.port}", f"127.0.0.1:{lookup.server.port}"]
        result = lookup(*names, nameservers=where, dns_timeout=0.3)
        assert all(host["ready"] for host in result["dns"]["hosts"])
        assert len(dead.journal) == 2


def test_a_second_resolver_is_asked_when_the_first_one_fails(lookup: Lookup) -> None:
    lookup.server.point("client.com", a=[OURS])
    with running() as broken:
        broken.fault("servfail", "client.com")
        where = [f"127.0.0.1:{broken.port}", f"127.0.0.1:{lookup.server.port}"]
        assert lookup.state("client.com", nameservers=where) == "ready"


def test_authoritative_servers_behind_a_firewall_are_an_error(lookup: Lookup) -> None:
    names = filled(lookup.server, 2)
    lookup.server.zone(names[0], ["127.0.0.4"])
    lookup.server.fault("drop", names[0], server="127.0.0.4")
    assert lookup.state(names[0], resolver="authoritative") == "timeout"
    for server in AUTHORITATIVE:
        for name in ("", None):
            lookup.server.fault("drop", name, server=server)
    for asked in (names, names[:1]):
        result = lookup(*asked, resolver="authoritative")
        assert result.failed and "not even those of the root" in result["msg"] and "resolver=recursive" in result["msg"]
    assert not lookup(*names, resolver="recursive").failed


def test_the_machine_s_own_resolvers(lookup: Lookup, monkeypatch: pytest.MonkeyPatch) -> None:
    lookup.server.point("client.com", a=[OURS])
    resolver = plugin("module_utils._dns_query").dns.resolver
    monkeypatch.setattr(
        resolver.Resolver, "read_resolv_conf", lambda self, _file: setattr(self, "nameservers", [RECURSIVE])
    )
    assert lookup.state("client.com", nameservers=None) == "ready"

    def missing(_self: Any, _file: str) -> None:
        raise resolver.NoResolverConfiguration("no nameservers")

    monkeypatch.setattr(resolver.Resolver, "read_resolv_conf", missing)
    assert "This machine has no DNS resolver" in lookup("client.com", nameservers=None)["msg"]


# --- how much is asked ------------------------------------------------------------------------------------------------


def test_recursive_two_queries_a_name_and_one_probe(lookup: Lookup) -> None:
    names = filled(lookup.server, 100)
    result = lookup(*names, *names)
    assert result["queries"] == len(lookup.server.journal) == 201
    assert lookup.server.asked(server=RECURSIVE) == 201
    assert all(lookup.server.asked(name, type=kind) == 1 for name in names for kind in ("A", "AAAA"))


def test_authoritative_a_zone_and_its_servers_are_looked_up_once(lookup: Lookup) -> None:
    names = filled(lookup.server, 100, "network.com")
    result = lookup(*names, resolver="authoritative")
    assert all(host["ready"] for host in result["dns"]["hosts"])
    resolver = [query for query in lookup.server.journal if query.server == RECURSIVE]
    # The probe, SOA and NS of the zone, A and AAAA of its two servers.
    assert len(resolver) == 7
    assert result["queries"] == len(lookup.server.journal) == 7 + 100 * 2 * 2


def test_authoritative_what_many_names_lead_to_is_looked_up_once(lookup: Lookup) -> None:
    lookup.server.point("network.com", a=[OURS])
    for name in numbered(40):
        lookup.server.point(name, cname="network.com")
    result = lookup(*numbered(40), resolver="authoritative")
    assert all(host["ready"] and host["cname"] == "network.com" for host in result["dns"]["hosts"])
    assert [lookup.server.asked("network.com", type=kind) for kind in ("SOA", "NS", "A", "AAAA")] == [1, 1, 2, 2]


@RESOLVERS
@pytest.mark.parametrize("bound", [1, 7])
def test_no_more_queries_than_told_are_under_way(lookup: Lookup, resolver: str, bound: int) -> None:
    names = filled(lookup.server, 20)
    lookup.server.delay = 0.02
    result = lookup(*names, resolver=resolver, concurrency=bound)
    assert all(host["ready"] for host in result["dns"]["hosts"])
    assert lookup.server.most_at_once == bound


@RESOLVERS
def test_five_hundred_names_in_seconds(
    lookup: Lookup, resolver: str, record_property: Callable[[str, object], None]
) -> None:
    names = filled(lookup.server, 500)
    begin = time.perf_counter()
    result = lookup(*names, resolver=resolver)
    took = time.perf_counter() - begin
    assert all(host["ready"] for host in result["dns"]["hosts"])
    record_property("figures", f"500 names, {resolver}: {took:.1f} s, {result['queries']} queries")
    assert took < 30


def test_silence_is_asked_twice_and_no_more(lookup: Lookup) -> None:
    lookup.server.fault("drop", "client.com")
    result = lookup("client.com")
    assert lookup.server.asked("client.com") == 4 and result["queries"] == 4 + 2


@RESOLVERS
def test_a_failure_that_is_said_is_not_asked_for_again(lookup: Lookup, resolver: str) -> None:
    lookup.server.point("client.com", a=[OURS])
    lookup.server.fault("servfail", "client.com", type="A")
    assert lookup.state("client.com", resolver=resolver) == "servfail"
    assert lookup.server.asked("client.com", type="A") == {"recursive": 1}.get(resolver, 2)


def test_no_names_no_queries(lookup: Lookup, tmp_path: Any) -> None:
    result = lookup(state_dir=str(tmp_path / "state"))
    assert result["dns"]["hosts"] == [] and result["queries"] == 0
    assert lookup.server.journal == [] and list(tmp_path.iterdir()) == []


def test_it_never_says_changed_and_no_secret(lookup: Lookup, emu: Emulator) -> None:
    filled(lookup.server, 1)
    result = lookup("c0000.com", api_token="a-token-of-nobody", api_url=emu.url)
    assert not result.failed and not result.get("changed")
    assert "a-token-of-nobody" not in json.dumps(result) + result.output
