# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run's own limit of calls, and an account's quota that is used up: no call after it, its own words, and what was done before is told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.modules.harness import DOMAINS, NETWORK, Clock, Runner, client, columns, plugin, seed, stored, wishes

_client = plugin("module_utils._client")
NAMES = ["a.com", "b.com", "c.com"]
# The listing, the server and the web app, an addition, a look at it, two more additions, the closing listing.
WHOLE = 8


@pytest.mark.parametrize("most", range(WHOLE + 1))
def test_not_one_call_more_than_permitted(run: Runner, emu: Emulator, most: int) -> None:
    result = run.converge(*NAMES, max_api_calls=most)
    assert len(emu.journal) == min(most, WHOLE)
    on = [name for name in stored(emu) if name != NETWORK]
    if most == WHOLE:
        assert not result.failed and result.names("added") == NAMES
        return
    assert result.failed and "max_api_calls (%d) is used up" % most in result["msg"]
    if most < 3:
        assert on == [] and "added" not in result
        return
    # What was written is told, and of each other name that it was not tried.
    assert result.names("added") == on == NAMES[: max(0, min(3, most - 3 - (most > 4)))]
    assert result.names("refused") == [name for name in NAMES if name not in on]
    assert not result["complete"] and result["api_calls"]["total"] == most


def test_repeats_are_calls_too(run: Runner, emu: Emulator) -> None:
    emu.fault(action="status", status=503)
    result = run.converge(*NAMES, max_api_calls=2)
    assert "max_api_calls (2) is used up" in result["msg"] and len(emu.journal) == 2


@pytest.mark.parametrize("name", ["domains", "certificates", "domain_info", "server_info"])
def test_every_api_module_has_a_limit(run: Runner, emu: Emulator, name: str) -> None:
    needs: dict[str, Any] = {
        "domains": {"network": NETWORK, "domains": wishes()},
        "certificates": {"domains": [{"name": NETWORK}]},
    }
    result = run(name, max_api_calls=0, **needs.get(name, {}))
    assert result.failed and "max_api_calls (0) is used up" in result["msg"] and emu.journal == []


def test_a_limit_below_nothing_is_refused(run: Runner, emu: Emulator) -> None:
    result = run.converge(max_api_calls=-1)
    assert "max_api_calls must be 0 or more" in result["msg"] and emu.journal == []


QUOTAS = columns(
    [
        ("429 by its words", {"status": 429, "body": {"message": "You have reached your monthly API limit."}}),
        ("403 by its words", {"status": 403, "body": {"message": "API usage limit reached, please upgrade."}}),
        ("402 by its words", {"status": 402, "body": {"message": "API quota exceeded for this month."}}),
        ("429 by its wait", {"status": 429, "headers": {"retry-after": "86400"}}),
    ]
)


@pytest.mark.parametrize("fault", QUOTAS)
def test_a_used_up_quota_is_asked_once(run: Runner, emu: Emulator, clock: Clock, fault: dict[str, Any]) -> None:
    emu.fault(action="status", **fault)
    result = run.converge(*NAMES, retry_budget=10**6)
    assert result.failed and "quota of API calls seems to be used up" in result["msg"]
    assert result["status"] == fault["status"]
    assert len(emu.journal) == 1 and clock.slept == []


@pytest.mark.parametrize("fault", QUOTAS)
def test_a_quota_that_ends_between_two_writes(run: Runner, emu: Emulator, clock: Clock, fault: dict[str, Any]) -> None:
    """The second write hears of it; the third is not tried, and not even the closing listing."""
    emu.fault(method="POST", action="status", skip=1, **fault)
    result = run.converge(*NAMES, retry_budget=10**6, write_interval=0)
    assert result.names("added") == ["a.com"] == [name for name in stored(emu) if name != NETWORK]
    assert result.names("refused") == ["b.com", "c.com"] and "quota of API calls" in result.reason("refused", "b.com")
    assert [entry.method for entry in emu.journal][-1] == "POST" and clock.slept == []


@pytest.mark.parametrize("fault", QUOTAS)
def test_the_mode_of_certificates_is_not_guessed_from_it(run: Runner, emu: Emulator, fault: dict[str, Any]) -> None:
    """A refusal of that question alone is borne; this one concerns every call."""
    emu.fault(path="/ssl/advanced$", action="status", **fault)
    result = run("certificates", domains=[{"name": NETWORK}])
    assert result.failed and "quota of API calls" in result["msg"] and len(emu.journal) == 1


@pytest.mark.parametrize(
    "message",
    [
        "API usage limit: 60 calls per minute.",
        "Too Many Attempts.",
        "Too Many Requests",
        "API rate limit exceeded.",
        "",
    ],
)
def test_an_ordinary_limit_is_no_quota(emu: Emulator, clock: Clock, message: str) -> None:
    emu.fault(action="status", status=429, body={"message": message}, headers={"retry-after": "30"}, times=1)
    client(emu, clock).get(DOMAINS)
    assert [entry.status for entry in emu.journal] == [429, 200] and clock.slept == [30]


@pytest.mark.parametrize("message", ["Forbidden", "Your plan does not include Advanced SSL, upgrade it."])
def test_an_ordinary_refusal_is_no_quota(emu: Emulator, message: str) -> None:
    emu.fault(action="status", status=403, body={"message": message}, times=1)
    transport = client(emu)
    with pytest.raises(_client.ApiError) as refused:
        transport.get(DOMAINS)
    assert not isinstance(refused.value, _client.Exhausted)
    transport.get(DOMAINS)
    assert len(emu.journal) == 2


def test_tasks_with_one_token_share_what_the_panel_asks_for(run: Runner, emu: Emulator, clock: Clock) -> None:
    """The second task was never refused, and waits all the same; one with another token is not held up."""
    seed(emu, "a.com")
    emu.rate_limit(limit=60, remaining=0, window=45)
    run.converge("a.com", retry_budget=0)
    assert [entry.status for entry in emu.journal] == [429] and clock.slept == []
    assert not run.converge("a.com", retry_budget=0).failed
    assert [entry.status for entry in emu.journal] == [429, 200] and clock.slept == [45]
