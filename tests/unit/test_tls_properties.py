# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judgement on certificates: properties that hold for whatever a host shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.wpmultisite.runcloud.plugins.module_utils import _tls, _tls_words
from hypothesis import given, settings
from hypothesis import strategies as st

NOW = datetime(2026, 7, 18, 12, 0, tzinfo=UTC)
HOST = "www.client.com"
PATIENT = settings(deadline=None)

names = st.lists(
    st.sampled_from([HOST, "client.com", "*.client.com", "*.com", "*.www.client.com", "other.com", "*"]), max_size=4
)
spans = st.timedeltas(timedelta(minutes=1), timedelta(days=400))
codes = st.sampled_from([0, 2, 7, 18, 19, 20, 21, 66])
fractions = st.floats(0, 1, exclude_max=True)


@st.composite
def certificates(draw: st.DrawFn) -> _tls.Certificate:
    """A certificate that is somewhere in its life, before or after it."""
    life = draw(spans)
    end = NOW + draw(st.timedeltas(timedelta(days=-500), timedelta(days=500)))
    subject, issuer = (draw(st.sampled_from(["CN=a", "CN=b", "CN=c"])) for _ in range(2))
    return _tls.Certificate(
        tuple(draw(names)), subject, issuer, subject[3:], issuer[3:], "1f", end - life, end, "ab" * 32
    )


chains = st.lists(certificates(), min_size=1, max_size=4)


def rules(fraction: float = 0.25, now: datetime = NOW) -> _tls.Rules:
    """The rules at a time."""
    return _tls.Rules(now, fraction)


@PATIENT
@given(chains, codes, fractions, st.booleans(), st.booleans())
def test_no_fault_only_for_what_visitors_trust(
    chain: list[_tls.Certificate], code: int, fraction: float, whole: bool, dated: bool
) -> None:
    leaf = chain[0]
    found = _tls.faults(HOST, code, chain, rules(fraction), whole, dated)
    in_time = leaf.not_before <= NOW <= leaf.not_after
    ours = bool({HOST, "*.client.com"} & set(leaf.names))
    assert (not set(found) - {"expiring"}) is (in_time and ours and code == 0 and not dated)
    assert ("name_mismatch" in found) is not ours
    assert len(set(found)) == len(found)
    # One fault at most of each kind.
    assert len({"expired", "not_yet_valid", "expiring"} & set(found)) <= 1
    assert len({"self_signed", "incomplete_chain", "untrusted_chain"} & set(found)) <= 1
    assert "expiring" not in found or found[-1] == "expiring"


@PATIENT
@given(certificates(), fractions, st.lists(st.timedeltas(timedelta(0), timedelta(days=900)), max_size=8))
def test_a_certificate_only_ages(leaf: _tls.Certificate, fraction: float, steps: list[timedelta]) -> None:
    order = ["not_yet_valid", None, "expiring", "expired"]
    seen = [order.index(_tls.dating(leaf, NOW + step, fraction)) for step in sorted(steps)]
    assert seen == sorted(seen)


@PATIENT
@given(spans, fractions, st.floats(0, 1))
def test_the_warning_is_the_same_part_of_every_lifetime(life: timedelta, fraction: float, part: float) -> None:
    left = life * part
    leaf = _tls.Certificate((HOST,), "CN=a", "CN=b", "a", "b", "1", NOW + left - life, NOW + left, "")
    assert (_tls.dating(leaf, NOW, fraction) == "expiring") is (left < life * fraction)


@PATIENT
@given(certificates())
def test_both_ends_belong_to_the_validity(leaf: _tls.Certificate) -> None:
    second = timedelta(seconds=1)
    assert _tls.dating(leaf, leaf.not_before, 0) is None and _tls.dating(leaf, leaf.not_after, 0) is None
    assert _tls.dating(leaf, leaf.not_before - second, 0) == "not_yet_valid"
    assert _tls.dating(leaf, leaf.not_after + second, 0) == "expired"


@PATIENT
@given(chains, codes.filter(bool), st.booleans())
def test_without_trust_one_fault_of_the_chain(chain: list[_tls.Certificate], code: int, whole: bool) -> None:
    found = _tls.trust(code, chain, whole)
    assert found in ("self_signed", "incomplete_chain", "untrusted_chain")
    leaf = chain[0]
    assert (found == "self_signed") is (code == 18 or leaf.subject == leaf.issuer)
    if found == "incomplete_chain":
        assert whole and leaf.issuer not in [one.subject for one in chain[1:]]
    assert _tls.trust(0, chain, whole) is None


@PATIENT
@given(st.lists(st.sampled_from(["a", "b-c", "x1"]), min_size=2, max_size=5))
def test_a_wildcard_stands_for_exactly_one_label(labels: list[str]) -> None:
    host = ".".join(labels)
    assert _tls.covers([host], host) and not _tls.covers([], host)
    assert _tls.covers([f"*.{host}"], f"www.{host}")
    assert not _tls.covers([f"*.{host}"], host) and not _tls.covers([f"*.{host}"], f"a.b.{host}")
    assert not _tls.covers([f"w*.{host}", f"www.*.{host}"], f"www.{host}")


shown = st.builds(
    _tls.Shown,
    st.just("unreachable"),
    st.sampled_from([None, "203.0.113.10", "104.16.1.1"]),
    st.sampled_from(["refused", "timeout", "no_route", "reset", "error", "no_address", "dns"]),
    st.text(max_size=20),
)
answers = st.builds(
    lambda address, code, page: _tls.Shown("shown", address, chain=(b"leaf",), verify_code=code, page=page),
    st.sampled_from(["203.0.113.10", "104.16.1.1"]),
    codes,
    st.builds(_tls.Page, st.none() | st.integers(100, 599), st.none() | st.text(), st.none()),
)


@PATIENT
@given(st.one_of(shown, answers), certificates(), st.booleans(), fractions)
def test_every_host_is_told_in_a_sentence(
    seen: _tls.Shown, leaf: _tls.Certificate, proxy: bool, fraction: float
) -> None:
    from ipaddress import ip_network
    from unittest.mock import patch

    given_rules = _tls.Rules(NOW, fraction, (ip_network("104.16.0.0/13"),) if proxy else ())
    with patch.object(_tls, "read", lambda _der: leaf):
        verdict = _tls.judge(HOST, seen, given_rules)
    entry: dict[str, Any] = _tls_words.fact(HOST, verdict, given_rules, 443)
    assert (entry["state"] == "proxied") is (proxy and seen.address == "104.16.1.1")
    if entry["state"] != "proxied":
        assert entry["state"] == (entry["faults"] or ["valid"])[0]
    assert entry["ok"] is (not set(entry["faults"]) - {"expiring"})
    assert HOST in entry["message"] and entry["message"].rstrip().endswith((".", ")"))
    assert "None" not in entry["message"] or seen.address is None
    assert (entry["not_after"] is None) is (seen.outcome != "shown")
