# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the transport sends again, what it never does, how long it waits: the emulator's journal counts."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.modules.harness import APP, DOMAINS, Clock, client, columns, ids, plugin, seed, stored

ApiError = plugin("module_utils._client").ApiError
LOST = columns(
    [
        ("500", {"action": "status", "status": 500}),
        ("502", {"action": "status", "status": 502}),
        ("504", {"action": "html", "status": 504}),
        ("done but 500", {"action": "status_after", "status": 500}),
        ("cut before", {"action": "drop_before"}),
        ("cut after", {"action": "drop_after"}),
        ("cut in the body", {"action": "drop_body"}),
    ]
)
# The time-out is really waited for, so these are tried with fewer calls.
LATE = columns(
    [
        ("late", {"action": "delay", "seconds": 5}),
        ("done but late", {"action": "delay_after", "seconds": 5}),
    ]
)
PASSING = columns(
    [
        ("429", {"action": "status", "status": 429}),
        ("503", {"action": "status", "status": 503}),
        ("503 page", {"action": "html", "status": 503}),
        ("edge's 403", {"action": "html"}),
    ]
)
FINAL = columns(
    [
        ("400", {"action": "status", "status": 400}),
        ("401", {"action": "status", "status": 401}),
        ("403 JSON", {"action": "status", "status": 403}),
        ("404", {"action": "status", "status": 404}),
        ("405", {"action": "status", "status": 405}),
        ("409", {"action": "status", "status": 409}),
        ("422", {"action": "status", "status": 422}),
        ("redirect", {"action": "redirect"}),
        ("not JSON", {"action": "not_json"}),
        ("page with 200", {"action": "html", "status": 200}),
        ("half of the JSON", {"action": "truncate"}),
    ]
)
META = {"type": "alias", "redirection": "none", "www": True}
NEW = {"name": "new.com", "www": False, "redirection": "none", "type": "alias"}
SSL = {"provider": "letsencrypt"}
# Verb, path below the web app, body: what may be sent again after its answer was lost, and what never.
REPEATABLE = columns(
    [
        ("GET", "GET", "domains/702", None),
        ("DELETE", "DELETE", "domains/702", None),
        ("PATCH meta", "PATCH", "domains/702/meta", META),
        ("DELETE ssl", "DELETE", "ssl/5", None),
        ("DELETE domain's ssl", "DELETE", "domains/702/ssl/5", None),
    ]
)
ONCE = columns(
    [
        ("POST domain", "POST", "domains", NEW),
        ("POST ssl", "POST", "ssl", SSL),
        ("POST advanced", "POST", "ssl/advanced", {"advancedSSL": True, "autoSSL": True}),
        ("POST domain's ssl", "POST", "domains/702/ssl", SSL),
        ("PUT ssl", "PUT", "ssl/5", None),
        ("PUT domain's ssl", "PUT", "domains/702/ssl/5", None),
        ("PATCH ssl", "PATCH", "ssl/5", SSL),
        ("PATCH domain's ssl", "PATCH", "domains/702/ssl/5", SSL),
    ]
)


def crossed(calls: list[Any], faults: list[Any]) -> list[Any]:
    """Each call with each fault."""
    return [pytest.param(*call.values, *fault.values, id=f"{call.id}-{fault.id}") for call in calls for fault in faults]


AGAIN = crossed(REPEATABLE, LOST) + crossed(REPEATABLE[:3], LATE)
ORDERS = [
    case for case in ONCE if case.values[0] in ("POST", "PUT") and "ssl" in case.id and case.id != "POST advanced"
]
ORDERS_UNAVAILABLE = crossed(ORDERS, PASSING[1:3])
AGAIN_WHATEVER = [
    case
    for case in crossed([*REPEATABLE[:3], *ONCE], PASSING)
    if case.id not in {unavailable.id for unavailable in ORDERS_UNAVAILABLE}
]
NEVER = crossed(ONCE, LOST) + crossed(ONCE[:1], LATE)


def call(emu: Emulator, method: str, path: str, body: Any, clock: Clock | None = None, **settings: Any) -> Any:
    """One call through the transport."""
    late = any(rule.action.startswith("delay") for rule in emu.faults)
    transport = client(emu, clock, timeout=0.4 if late else 10, **settings)
    path = f"{APP}/{path}"
    return transport.get(path) if method == "GET" else transport.write(method, path, body)


def sent(emu: Emulator, method: str) -> int:
    """How many requests of that verb came in."""
    return sum(entry.method == method for entry in emu.journal)


@pytest.fixture
def world(emu: Emulator) -> Emulator:
    """network.com (701) and old.com (702)."""
    seed(emu, "old.com")
    assert ids(emu) == {"network.com": 701, "old.com": 702}
    return emu


@pytest.mark.parametrize(("method", "path", "body", "fault"), AGAIN)
def test_after_a_lost_answer_what_does_no_harm_is_sent_again(
    world: Emulator, method: str, path: str, body: Any, fault: dict[str, Any]
) -> None:
    world.fault(method=method, times=1, **fault)
    try:
        call(world, method, path, body)
    except ApiError as error:  # the emulator has no certificates yet; a repeat that finds nothing is still a repeat
        assert error.status == 404 and "ssl" in path
    assert [(entry.method, entry.path) for entry in world.journal] == [(method, f"{APP}/{path}")] * 2
    if path == "domains/702":
        assert stored(world) == (["network.com"] if method == "DELETE" else ["network.com", "old.com"])


@pytest.mark.parametrize(("method", "path", "body", "fault"), NEVER)
def test_after_a_lost_answer_what_makes_something_new_is_never_sent_again(
    world: Emulator, method: str, path: str, body: Any, fault: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.fault(method=method, times=1, **fault)
    with pytest.raises(ApiError) as refused:
        call(world, method, path, body)
    assert refused.value.unclear and "was not repeated" in str(refused.value)
    assert sent(world, method) == len(world.journal) == 1

    # The same with the rule switched off: a second order, or a second domain, would leave.
    writes = tuple((verb, pattern, True) for verb, pattern, _ in plugin("module_utils._client")._WRITES)
    monkeypatch.setattr(plugin("module_utils._client"), "_WRITES", writes)
    seed(world, "old.com")
    world.clear_faults()
    world.clear_journal()
    world.fault(method=method, times=1, **fault)
    with suppress(ApiError):
        call(world, method, path, body)
    assert sent(world, method) == 2


@pytest.mark.parametrize(("method", "path", "body", "fault"), AGAIN_WHATEVER)
def test_what_the_panel_has_not_taken_is_sent_again_whatever_it_is(
    world: Emulator, method: str, path: str, body: Any, fault: dict[str, Any]
) -> None:
    world.fault(method=method, times=2, **fault)
    try:
        call(world, method, path, body)
    except ApiError as error:
        assert error.status in (404, 422) and "ssl" in path
    assert sent(world, method) == len(world.journal) == 3


@pytest.mark.parametrize(("method", "path", "body", "fault"), ORDERS_UNAVAILABLE)
def test_an_order_is_not_sent_again_when_the_panel_is_unavailable(
    world: Emulator, method: str, path: str, body: Any, fault: dict[str, Any]
) -> None:
    world.fault(method=method, times=1, **fault)
    with pytest.raises(ApiError) as refused:
        call(world, method, path, body)
    assert refused.value.unclear and sent(world, method) == 1


@pytest.mark.parametrize("fault", FINAL)
@pytest.mark.parametrize(("method", "path", "body"), [*REPEATABLE[:3], ONCE[0], ONCE[4]])
def test_what_would_be_refused_again_is_sent_once(
    world: Emulator, method: str, path: str, body: Any, fault: dict[str, Any]
) -> None:
    world.fault(method=method, **fault)
    with pytest.raises(ApiError):
        call(world, method, path, body)
    assert len(world.journal) == 1


@pytest.mark.parametrize(
    ("fault", "attempts", "slept"),
    columns(
        [
            ("500", {"action": "status"}, 4, [2, 4, 8]),
            ("503", {"action": "status", "status": 503}, 4, [2, 4, 8]),
            ("edge", {"action": "html"}, 4, [2, 4, 8]),
            ("cut", {"action": "drop_before"}, 4, [2, 4, 8]),
            ("429 ten times", {"action": "status", "status": 429, "seconds": 3}, 11, [3] * 10),
        ]
    ),
)
def test_it_gives_up_with_the_fault(
    world: Emulator, clock: Clock, fault: dict[str, Any], attempts: int, slept: list[float]
) -> None:
    world.fault(**fault)
    with pytest.raises(ApiError, match=r"^GET /servers/1/webapps/2/domains/702: "):
        call(world, "GET", "domains/702", None, clock)
    assert len(world.journal) == attempts
    assert clock.slept == slept


@pytest.mark.parametrize(
    ("form", "seconds", "slept"),
    columns(
        [
            ("seconds", "seconds", 7, [7]),
            ("date", "date", 7, [7]),
            ("date in the past", "date", -30, [0]),
            ("none", "none", 7, [2]),
        ]
    ),
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_429_waits_as_long_as_the_panel_says(
    world: Emulator, clock: Clock, method: str, form: str, seconds: float, slept: list[float]
) -> None:
    world.switch(retry_after=form)
    world.fault(method=method, action="status", status=429, seconds=seconds, times=1)
    call(world, method, "domains", NEW if method == "POST" else None, clock)
    assert sent(world, method) == 2
    assert clock.slept == slept


@pytest.mark.parametrize("header", ["soon", "-5", "1.5", "Sat, 99 Foo 2026 12:00:00 GMT"])
def test_a_retry_after_that_means_nothing_counts_as_none(world: Emulator, clock: Clock, header: str) -> None:
    world.fault(action="status", status=429, headers={"retry-after": header}, times=1)
    call(world, "GET", "domains/702", None, clock)
    assert clock.slept == [2]


def test_503_and_the_edge_are_heard_too(world: Emulator, clock: Clock) -> None:
    world.fault(action="status", status=503, headers={"retry-after": "11"}, times=1)
    world.fault(action="html", headers={"retry-after": "12"}, times=1)
    call(world, "GET", "domains/702", None, clock)
    assert clock.slept == [11, 12]


def test_a_real_limit_is_waited_out(emu: Emulator, clock: Clock) -> None:
    """The emulator counts on the same clock: only a wait as long as it says makes the next call pass."""
    emu.rate_limit(limit=60, remaining=0, window=45)
    client(emu, clock).get(DOMAINS)
    assert [entry.status for entry in emu.journal] == [429, 200]
    assert clock.seconds >= 45


@pytest.mark.parametrize(
    ("budget", "attempts", "slept"),
    columns(
        [
            ("nothing", 0, 1, []),
            ("one wait", 2, 2, [2]),
            ("not quite two", 5.9, 2, [2]),
            ("two waits", 6, 3, [2, 4]),
            ("all", 14, 4, [2, 4, 8]),
        ]
    ),
)
def test_the_retry_budget_is_held(
    world: Emulator, clock: Clock, budget: float, attempts: int, slept: list[float]
) -> None:
    world.fault(action="status", status=503)
    with pytest.raises(ApiError):
        call(world, "GET", "domains/702", None, clock, retry_budget=budget)
    assert len(world.journal) == attempts
    assert clock.slept == slept


def test_the_retry_budget_is_the_runs_not_the_calls(world: Emulator, clock: Clock) -> None:
    world.fault(action="status", status=503, times=1)
    world.fault(action="status", status=503, skip=1)
    transport = client(world, clock, retry_budget=3)
    transport.get(DOMAINS)
    with pytest.raises(ApiError):
        transport.get(DOMAINS)
    assert [entry.status for entry in world.journal] == [503, 200, 503]
    assert clock.slept == [2]


@pytest.mark.parametrize(("action", "seen"), [("drop_after", 404), ("status_after", 404), ("drop_before", 200)])
def test_404_on_a_repeated_removal_means_done(world: Emulator, action: str, seen: int) -> None:
    world.fault(method="DELETE", action=action, times=1)
    call(world, "DELETE", "domains/702", None)
    assert sent(world, "DELETE") == 2 and world.journal[1].status == seen
    assert stored(world) == ["network.com"]


def test_404_on_a_first_removal_is_an_error_of_the_transport(world: Emulator) -> None:
    with pytest.raises(ApiError) as refused:
        call(world, "DELETE", "domains/999", None)
    assert refused.value.status == 404 and len(world.journal) == 1


def test_it_waits_by_itself_only_below_a_tenth_of_the_limit(emu: Emulator, clock: Clock) -> None:
    emu.rate_limit(limit=60, remaining=9)
    transport = client(emu, clock)
    for _ in range(4):  # 8, 7, 6 and 5 are left
        transport.get(DOMAINS)
    assert clock.slept == []
    for _ in range(3):
        transport.get(DOMAINS)
    assert len(clock.slept) == 3 and all(0 < pause <= 1 for pause in clock.slept)
    assert [entry.status for entry in emu.journal] == [200] * 7


@pytest.mark.parametrize(("limit", "left"), [("60", "6"), ("0", "0"), ("many", "1"), ("", "")])
def test_headers_that_say_nothing_urgent_slow_nothing(emu: Emulator, clock: Clock, limit: str, left: str) -> None:
    emu.fault(action="status", status=404, headers={"x-ratelimit-limit": limit, "x-ratelimit-remaining": left})
    transport = client(emu, clock)
    for _ in range(3):
        with pytest.raises(ApiError):
            transport.get(DOMAINS)
    assert clock.slept == []


def test_writes_keep_their_distance(world: Emulator, clock: Clock) -> None:
    transport = client(world, clock, write_interval=1.5)
    for index in range(3):
        transport.get(DOMAINS)
        transport.write("POST", DOMAINS, {**NEW, "name": f"new{index}.com"})
        clock.seconds += 0.5 * index
    assert clock.slept == [1.5, 1.0]

    clock.reset()
    transport = client(world, clock, write_interval=0)
    for index in range(3):
        with pytest.raises(ApiError):
            transport.write("POST", DOMAINS, {**NEW, "name": f"new{index}.com"})
    assert clock.slept == []


def test_a_refused_write_counts_for_the_distance(world: Emulator, clock: Clock) -> None:
    transport = client(world, clock, write_interval=1)
    with pytest.raises(ApiError):
        transport.write("POST", DOMAINS, {**NEW, "name": "old.com"})
    transport.write("POST", DOMAINS, NEW)
    assert clock.slept == [1]
