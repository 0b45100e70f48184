# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for all certificates, wishes, logs and modes."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from typing import Any

from ansible_collections.wpmultisite.runcloud.plugins.module_utils._api import Record
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._pem import Leaf, uncovered
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._ssl import (
    Certificate,
    Listing,
    Row,
    Wish,
    certificate,
    moment,
)
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._ssl_mode import consent, effort, lit
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._ssl_plan import (
    Bundle,
    arrived,
    as_dict,
    decide,
    differences,
    failing,
    foreseen,
    renewed,
    telling,
    unorderable,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st

EVERYWHERE = settings(deadline=None, derandomize=os.environ.get("CI") == "true", max_examples=80)
NOW = datetime(2026, 7, 18, 12, 0, tzinfo=UTC)
MAYBE = st.none() | st.booleans()
METHOD = st.sampled_from([None, "http-01", "dns-01"])
ENVIRONMENT = st.sampled_from([None, "live", "staging"])
TLS = st.sampled_from([None, "TLSv1.1", "TLSv1.2", "TLSv1.3"])
DATES = st.none() | st.integers(-100, 100).map(lambda days: NOW + timedelta(days=days))
WISHES = st.builds(
    Wish,
    provider=st.sampled_from([None, "letsencrypt"]),
    authorization_method=METHOD,
    environment=ENVIRONMENT,
    external_api=st.sampled_from([None, 31, 32]),
    enable_http=MAYBE,
    enable_hsts=MAYBE,
    enable_hsts_subdomains=MAYBE,
    enable_hsts_preload=MAYBE,
    minimum_tls_version=TLS,
)


def shown(**fields: Any) -> Certificate:
    """A certificate whose stamp fits its end."""
    end = fields["valid_until"]
    return Certificate(id=55, stamps=(str(end) if end else "", ""), **fields)


CERTIFICATES = st.builds(
    shown,
    provider=st.sampled_from(["letsencrypt", "letsencrypt", "custom"]),
    authorization_method=METHOD,
    environment=ENVIRONMENT,
    external_api=st.sampled_from([None, 31, 32]),
    enable_http=MAYBE,
    enable_hsts=MAYBE,
    enable_hsts_preload=MAYBE,
    minimum_tls_version=TLS,
    valid_until=DATES,
)
STATES = st.sampled_from(["present", "redeployed", "absent"])


@EVERYWHERE
@given(STATES, WISHES, st.none() | CERTIFICATES)
def test_what_a_run_leaves_needs_nothing_more(state: str, wish: Wish, found: Certificate | None) -> None:
    steps, stop = decide(state, wish, found, None, None)
    assume(not stop)
    left = foreseen(steps, wish, found, None)
    again, stop = decide("absent" if state == "absent" else "present", wish, left, None, None)
    assert (again, stop) == ([], "")


@EVERYWHERE
@given(STATES, WISHES, st.none() | CERTIFICATES)
def test_no_run_orders_twice_or_removes_unasked(state: str, wish: Wish, found: Certificate | None) -> None:
    steps, stop = decide(state, wish, found, None, None)
    orders = [step for step in steps if step in ("install", "redeploy")]
    assert len(orders) <= 1 and ("remove" in steps) <= (state == "absent") and not (steps and stop)
    if state == "present" and found:
        assert orders == []
    if state == "redeployed" and not stop:
        assert len(orders) == 1 and steps[-1] == orders[0]


@EVERYWHERE
@given(WISHES, CERTIFICATES)
def test_only_what_is_given_and_shown_differs(wish: Wish, found: Certificate) -> None:
    for field, (present, wanted) in differences(wish, found).items():
        assert present is not None and wanted is not None and present != wanted
        assert (present, wanted) == (getattr(found, field), getattr(wish, field))
    assert differences(Wish(), found) == {}


@EVERYWHERE
@given(CERTIFICATES, st.booleans(), st.booleans())
def test_an_order_has_arrived_by_a_new_number_or_moved_dates(found: Certificate, moved: bool, new: bool) -> None:
    after = found._replace(id=56 if new else 55, stamps=("later", "") if moved else found.stamps)
    assert arrived(["redeploy"], found, after, None) is (after.issued and (moved or new))
    assert arrived(["redeploy"], found, None, None) is False


@EVERYWHERE
@given(CERTIFICATES, st.integers(-5 * 24, 5 * 24))
def test_a_day_makes_no_difference_to_the_end_of_a_custom_certificate(found: Certificate, hours: int) -> None:
    assume(found.valid_until is not None)
    assert found.valid_until is not None
    bundle = Bundle(found.valid_until + timedelta(hours=hours), "aa")
    assert renewed(bundle, found, None) is (abs(hours) > 24)
    assert renewed(bundle, found, "aa") is False and renewed(bundle, found, "bb") is True


@EVERYWHERE
@given(
    st.dictionaries(st.sampled_from(["privateKey", "private_key", "key", "certificate", "csr"]), st.just("KEY-TEXT"))
)
def test_a_private_key_is_never_kept(row: dict[str, Any]) -> None:
    found = certificate({**row, "id": 1, "method": "custom"}, "/ssl")
    told = str(as_dict(found, "x.com", NOW))
    assert "KEY-TEXT" not in told
    assert "KEY-TEXT" not in str(found._replace(pem=None))


@EVERYWHERE
@given(st.text(max_size=30))
def test_any_text_is_a_date_or_none(text: str) -> None:
    found = moment(text)
    assert found is None or found.tzinfo is UTC


@EVERYWHERE
@given(st.lists(st.sampled_from([None, 55, 56, 57]), max_size=9))
def test_the_web_app_s_certificate_is_the_one_that_most_rows_show(numbers: list[int | None]) -> None:
    rows = [
        Row(at, f"n{at}.com", None if key is None else Certificate(key, "custom")) for at, key in enumerate(numbers)
    ]
    found = Listing(None, rows).shared()
    shown = [key for key in numbers if key is not None]
    best = min(shown, key=lambda key: (-shown.count(key), key), default=None)
    assert (found.id if found else None) == best


LINES = st.lists(
    st.sampled_from(
        [
            "Failed to issue SSL certificate for x.com: timeout",
            "Failed to issue SSL certificate for www.x.com: timeout",
            "Failed to issue SSL certificate for ax.com: timeout",
            "Failed to issue SSL certificate for x.com.au: timeout",
            "Failed to issue SSL certificate for b.x.com: timeout",
            "SSL certificate for x.com has been issued.",
            "SSL: too many requests",
            "PHP 8.1 was installed",
        ]
    ),
    max_size=8,
).map(lambda texts: list(enumerate(texts, 1))[::-1])
OURS = {
    "Failed to issue SSL certificate for x.com: timeout",
    "Failed to issue SSL certificate for www.x.com: timeout",
    "SSL certificate for x.com has been issued.",
    "SSL: too many requests",
}


@EVERYWHERE
@given(LINES, st.integers(0, 8))
def test_the_log_since_an_order(lines: list[tuple[int, str]], since: int) -> None:
    told = telling(lines, since, "x.com")
    assert told == [text for number, text in lines if number > since and text in OURS]
    assert failing(told) == [text for text in told if "issued." not in text]
    everything = telling(lines, since, None)
    assert everything == [text for number, text in lines if number > since and "PHP" not in text]


@EVERYWHERE
@given(st.lists(st.sampled_from("abcdef"), unique=True), st.none() | st.integers(0, 7))
def test_only_the_exact_number_is_consent(dark: list[str], accepted: int | None) -> None:
    agreed = accepted == len(dark) or (accepted is None and not dark)
    assert (consent(dark, accepted) == "") is agreed


@EVERYWHERE
@given(CERTIFICATES)
def test_who_is_lit(found: Certificate) -> None:
    valid = found.valid_until is not None and found.valid_until > NOW
    assert lit(found, NOW) is (valid and found.environment != "staging")


def records(count: int, domain: str) -> list[Record]:
    """Names below a registered domain."""
    return [
        Record(id=number, name=f"n{number}.{domain}", type="alias", www=False, redirection="none")
        for number in range(count)
    ]


@EVERYWHERE
@given(st.integers(0, 120), st.integers(0, 400))
def test_effort_grows_with_the_names(below: int, others: int) -> None:
    def registered(name: str) -> str:
        return name if name.endswith(".net") else "shop.com"

    def seconds(one: int, many: int) -> int:
        return effort(True, records(one, "shop.com") + records(many, "net"), registered).seconds

    found = seconds(below, others)
    assert (found == 0) is (below <= 50 and below + others <= 300)
    assert found <= seconds(below + 1, others) and found <= seconds(below, others + 1)
    assert effort(False, records(below, "shop.com"), registered).seconds == 0


@EVERYWHERE
@given(st.lists(st.sampled_from(["a.com", "*.a.com", "b.com"]), max_size=150), st.sampled_from(["http-01", "dns-01"]))
def test_what_no_order_can_hold(names: list[str], method: str) -> None:
    stops = unorderable(names, method, True)
    assert len(stops) == (len(names) > 100) + (method == "http-01" and "*.a.com" in names)


@EVERYWHERE
@given(st.sampled_from(["x.com", "a.x.com", "b.a.x.com", "y.com"]))
def test_a_wildcard_stands_for_one_label(host: str) -> None:
    leaf = Leaf(("*.x.com", "y.com"), NOW, "")
    assert leaf.covers(host) is (host in ("a.x.com", "y.com"))
    assert uncovered(leaf, [host]) == ([] if leaf.covers(host) else [host])
