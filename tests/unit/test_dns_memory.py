# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When facts are believed, and what a view of a host comes to: properties of the pure parts."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

UTILS = "ansible_collections.wpmultisite.runcloud.plugins.module_utils."
memories: Any = importlib.import_module(UTILS + "_dns_memory")
facts: Any = importlib.import_module(UTILS + "_dns")
words: Any = importlib.import_module(UTILS + "_dns_words")

NOW = datetime(2026, 7, 18, 12, 0, tzinfo=UTC)
NAMES = [f"c{number}.com" for number in range(40)]
names = st.frozensets(st.sampled_from(NAMES))
seen = st.dictionaries(st.sampled_from(NAMES), st.booleans())
suspicions = st.none() | st.builds(
    lambda minutes, gone: memories.Suspicion(NOW - timedelta(minutes=minutes), gone), st.integers(-30, 60), names
)


@given(ready=names, suspicion=suspicions, seen=seen)
@settings(deadline=None)
def test_believed_or_not(ready: frozenset[str], suspicion: Any, seen: dict[str, bool]) -> None:
    after, reason = memories.weigh(memories.Memory(ready, suspicion), seen, NOW)
    known = [name for name in ready if name in seen]
    gone = {name for name in known if not seen[name]}
    many = len(gone) >= 3 and len(gone) > len(known) / 10
    confirmed = (
        suspicion is not None
        and {name for name in suspicion.gone if name in seen} == gone
        and NOW - suspicion.since >= timedelta(minutes=10)
    )
    assert (reason is not None) is (many and not confirmed)
    if reason is None:
        assert after == (frozenset(name for name in seen if seen[name]), None)
    else:
        assert after.ready == frozenset(known) and after.suspicion.gone == gone
        assert after.suspicion.since <= NOW
        again, later = memories.weigh(after, seen, NOW + timedelta(minutes=10))
        assert later is None and again.ready == frozenset(name for name in seen if seen[name])


def test_a_suspicion_from_the_future_begins_anew() -> None:
    gone = frozenset(NAMES[:5])
    memory = memories.Memory(frozenset(NAMES), memories.Suspicion(NOW + timedelta(days=365), gone))
    after, reason = memories.weigh(memory, {name: name not in gone for name in NAMES}, NOW)
    assert after.suspicion == (NOW, gone) and "2026-07-18T12:10:00Z" in reason


@given(ready=names, suspicion=suspicions)
@settings(deadline=None)
def test_what_is_written_is_read_again(ready: frozenset[str], suspicion: Any) -> None:
    memory = memories.Memory(ready, suspicion)
    assert memories._loaded(memories.dump(memory)) == memory


ADDRESSES = [
    "203.0.113.10",
    "203.0.113.11",
    "104.16.0.1",
    "198.51.100.7",
    "2001:db8::10",
    "2606:4700::1",
    "2001:db8:bad::9",
]
replies = st.builds(
    facts.Reply,
    st.sampled_from(["ok", "ok", "ok", "nxdomain", "servfail", "timeout", "refused", "lame"]),
    st.lists(st.sampled_from(ADDRESSES), max_size=3).map(tuple),
    st.lists(st.sampled_from(["network.com", "other.com", "{{ 7*7 }}"]), max_size=2, unique=True).map(tuple),
)
views = st.builds(facts.View, st.sampled_from(["", "ns1 (192.0.2.1)"]), replies, replies)
expectations = st.builds(
    facts.Expected,
    st.lists(st.sampled_from(["203.0.113.10", "203.0.113.0/24", "2001:db8::10"]).map(ip_network), max_size=3).map(
        tuple
    ),
    st.sampled_from([(), ("network.com",)]),
    st.sampled_from([(), tuple(ip_network(text) for text in facts.CLOUDFLARE)]),
)
FAILED = {"servfail", "timeout", "refused", "lame"}


@given(found=st.lists(views, min_size=1, max_size=3), expected=expectations)
@settings(deadline=None)
def test_ready_only_when_every_address_is_accounted_for(found: list[Any], expected: Any) -> None:
    verdict = facts.judge("client.com", found, expected)
    fact = words.fact("client.com", verdict, expected)
    assert fact["ready"] is (fact["state"] in ("ready", "proxied"))
    assert "client.com" in fact["message"] and fact["message"].endswith(".")
    if fact["ready"]:
        assert fact["record"] is None and fact["addresses"]
        for view in found:
            if FAILED.isdisjoint((view.a.outcome, view.aaaa.outcome)) and view.a.outcome == view.aaaa.outcome:
                assert view.a.outcome == "ok" and view.addresses
                by_name = "network.com" in view.cnames and expected.cnames
                nets = (*expected.networks, *expected.proxies)
                assert by_name or all(any(ip_address(a) in net for net in nets) for a in view.addresses)


@given(found=st.lists(views, min_size=1, max_size=3), expected=expectations)
@settings(deadline=None)
def test_the_order_of_the_servers_does_not_matter_for_the_state(found: list[Any], expected: Any) -> None:
    assert facts.judge("client.com", found, expected).state == facts.judge("client.com", found[::-1], expected).state


@given(texts=st.lists(st.text(max_size=30) | st.text("0123456789abcdef.:[]/", max_size=30), max_size=4))
@settings(deadline=None)
def test_every_text_is_taken_or_told(texts: list[str]) -> None:
    for found, faults in (
        facts.networks(texts, "an option"),
        facts.nameservers(texts, 53),
        facts.host_names(texts, "an option"),
    ):
        assert len(found) + len(faults) <= len(texts) and all(fault.endswith(".") for fault in faults)
        assert bool(faults) or len(set(texts)) == 0 or found


@given(st.sampled_from(["192.0.2.53", "2001:db8::53"]), st.integers(1, 65535))
def test_nameservers_with_and_without_a_port(address: str, port: int) -> None:
    bracketed = f"[{address}]" if ":" in address else address
    assert facts.nameservers([address, bracketed, f"{bracketed}:{port}"], 5353) == (
        [(address, 5353), (address, 5353), (address, port)],
        [],
    )
