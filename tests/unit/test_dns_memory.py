# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""When facts are believed, and what a view of a host comes to: properties of the pure parts."""

from __future__ import annotations

import importlib
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any

import pytest
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


HERE = memories.Expectation(("203.0.113.10",), (), ("104.16.0.0/13",))
expectations_kept = st.builds(
    memories.Expectation,
    *[st.lists(st.sampled_from(["203.0.113.10", "network.com", "104.16.0.0/13"]), unique=True).map(tuple)] * 3,
)


def many(gone: set[str], known: set[str]) -> bool:
    """At least three, and more than a tenth."""
    return len(gone) >= 3 and len(gone) > len(known) / 10


@given(ready=names, suspicion=suspicions, seen=seen)
@settings(deadline=None)
def test_believed_or_not(ready: frozenset[str], suspicion: Any, seen: dict[str, bool]) -> None:
    after, reason = memories.weigh(memories.Memory(ready, suspicion, HERE), HERE, seen, NOW)
    known = {name for name in ready if name in seen}
    gone = {name for name in known if not seen[name]}
    before = set() if suspicion is None or suspicion.since > NOW else set(suspicion.gone) & gone
    goes_on = not many(gone - before, known - before)
    confirmed = bool(before) and goes_on and NOW - suspicion.since >= timedelta(minutes=10)
    assert (reason is not None) is (many(gone, known) and not confirmed)
    if reason is None:
        assert after == (frozenset(name for name in seen if seen[name]), None, HERE)
    else:
        assert after.ready == known and after.expected == HERE
        assert after.suspicion == ((suspicion.since, before) if before and goes_on else (NOW, gone))
        again, later = memories.weigh(after, HERE, seen, after.suspicion.since + timedelta(minutes=10))
        assert later is None and again.ready == frozenset(name for name in seen if seen[name])


def test_a_suspicion_from_the_future_begins_anew() -> None:
    gone = frozenset(NAMES[:5])
    memory = memories.Memory(frozenset(NAMES), memories.Suspicion(NOW + timedelta(days=365), gone), HERE)
    after, reason = memories.weigh(memory, HERE, {name: name not in gone for name in NAMES}, NOW)
    assert after.suspicion == (NOW, gone) and "2026-07-18T12:10:00Z" in reason


class Runs:
    """Twenty names that were all ready, and one run after the other."""

    def __init__(self) -> None:
        self.names = NAMES[:20]
        self.memory = memories.Memory(frozenset(self.names), None, HERE)
        self.now = NOW

    def valid(self, *gone: int, minutes: int = 0) -> bool:
        """Whether a run that sees these names gone, by number, is believed."""
        self.now += timedelta(minutes=minutes)
        seen = {name: number not in gone for number, name in enumerate(self.names)}
        self.memory, reason = memories.weigh(self.memory, HERE, seen, self.now)
        return reason is None


SIX = range(6)


@pytest.mark.parametrize("flapping", [(19,), (18, 19)])
@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("minutes", [3, 10, 30])
def test_names_that_flap_do_not_put_it_off(flapping: tuple[int, ...], first: int, minutes: int) -> None:
    runs = Runs()
    found = [runs.valid(*SIX, *(flapping if (run + first) % 2 else ()), minutes=minutes) for run in range(8)]
    begins = found.index(True)
    assert begins * minutes >= 10 and (begins - 1) * minutes < 10
    assert all(found[begins:])


def test_customers_who_come_back_one_by_one_do_not_put_it_off() -> None:
    runs = Runs()
    assert [runs.valid(*range(first, 8), minutes=4) for first in range(4)] == [False, False, False, True]


def test_a_fault_that_takes_more_and_more_is_waited_for() -> None:
    runs = Runs()
    found = [runs.valid(*range(count), minutes=6) for count in (6, 9, 12, 15)]
    assert found == [False] * 4
    assert runs.valid(*range(15), minutes=9) is False and runs.valid(*range(15), minutes=1)


def test_one_that_creeps_is_compared_with_its_begin() -> None:
    runs = Runs()
    assert [runs.valid(*range(count), minutes=3) for count in (6, 7, 8, 9)] == [False] * 4
    assert not runs.valid(*range(9), minutes=9) and runs.valid(*range(9), minutes=1)


def test_those_that_came_back_in_bulk_are_a_new_suspicion_when_they_go_again() -> None:
    runs = Runs()
    everything = range(20)
    assert [runs.valid(*gone, minutes=5) for gone in (everything, range(3), everything)] == [False] * 3
    assert not runs.valid(*everything, minutes=9) and runs.valid(*everything, minutes=1)


def test_other_names_in_bulk_are_a_new_suspicion() -> None:
    runs = Runs()
    assert [runs.valid(*gone, minutes=30) for gone in (range(5), range(5, 10))] == [False, False]
    assert runs.valid(*range(5, 10), minutes=10)


@pytest.mark.parametrize("field", memories.Expectation._fields)
@pytest.mark.parametrize("suspicion", [None, memories.Suspicion(NOW, frozenset(NAMES[:9]))])
def test_where_something_else_is_expected_nothing_is_compared(field: str, suspicion: Any) -> None:
    memory = memories.Memory(frozenset(NAMES), suspicion, HERE)
    other = HERE._replace(**{field: ("198.51.100.0/24",)})
    gone = dict.fromkeys(NAMES, False)
    assert memories.weigh(memory, HERE, gone, NOW)[1] is not None
    after, reason = memories.weigh(memory, other, {**gone, "c0.com": True}, NOW)
    assert reason is None and after == (frozenset(["c0.com"]), None, other)


def test_the_order_of_what_is_expected_does_not_matter() -> None:
    texts = ["203.0.113.10", "2001:db8::10", "198.51.100.0/24"]
    kept = [
        memories.expectation(facts.Expected(nets, cnames, nets))
        for nets, cnames in (
            (tuple(ip_network(text) for text in texts), ("a.com", "b.com")),
            (tuple(ip_network(text) for text in texts[::-1]), ("b.com", "a.com")),
        )
    ]
    assert kept[0] == kept[1] and set(kept[0].addresses) == set(texts)


@given(ready=names, suspicion=suspicions, expected=expectations_kept)
@settings(deadline=None)
def test_what_is_written_is_read_again(ready: frozenset[str], suspicion: Any, expected: Any) -> None:
    memory = memories.Memory(ready, suspicion, expected)
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
                by_name = not expected.networks and "network.com" in view.cnames and expected.cnames
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
