# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns of many callers with one token: the panel's limit is held without its refusals, and nobody waits without need or for ever."""

from __future__ import annotations

import heapq
import importlib
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.emulator.panel import RateLimit

pace: Any = importlib.import_module("ansible_collections.wpmultisite.runcloud.plugins.module_utils._pace")

MINUTE = 60.0


class Told:
    """A simulated fleet at a panel with Laravel's fixed window: when it was done, and how many calls were refused."""

    def __init__(self, callers: int, calls: int, limit: int, latency: float) -> None:
        panel, turns, self.refused, self.served, self.end = RateLimit(limit, limit, MINUTE), pace.Turns(), 0, 0, 0.0
        # Moment, tie-breaker, calls still to make, what happens.
        events: list[tuple[float, int, int, str]] = [(1000.0, number, calls, "ask") for number in range(callers)]
        while events:
            now, number, left, what = heapq.heappop(events)
            if what == "answer":
                if panel.take(now):
                    turns = pace.heard(turns, limit, panel.remaining, now)
                    self.served, self.end = self.served + 1, now - 1000.0
                    if left > 1:
                        heapq.heappush(events, (now, number, left - 1, "ask"))
                    continue
                self.refused += 1
                turns = pace.heard(turns, limit, 0, now)
                wait = float(panel.ends or now) - now
                turns = pace.refused(turns, wait, now)
                heapq.heappush(events, (now + wait, number, left, "ask"))
                continue
            turns, wait = pace.take(turns, now) if what == "ask" else pace.again(turns, now)
            if wait > 0:
                # Who waits is not under way twice.
                heapq.heappush(events, (now + wait, number, left, "again"))
            else:
                heapq.heappush(events, (now + latency, number, left, "answer"))


@given(callers=st.integers(1, 40), calls=st.integers(1, 12), limit=st.integers(20, 200), latency=st.floats(0.01, 2.0))
@settings(deadline=None, max_examples=60)
def test_a_fleet_is_served_at_the_panels_pace(callers: int, calls: int, limit: int, latency: float) -> None:
    told = Told(callers, calls, limit, latency)
    total = callers * calls
    assert told.served == total
    windows = total / limit + 1
    # Those that called before anybody knew the limit, and in each window those under way when it ran out.
    unknowing = max(0, callers - limit)
    assert told.refused <= unknowing + windows * (min(callers, limit / 10 + latency * limit / MINUTE) + 2)
    assert told.end <= (windows + 1) * (MINUTE + callers * latency) + total * latency


def test_nobody_waits_while_much_is_left() -> None:
    turns, waits = pace.Turns(), []
    for left in range(59, 6, -1):
        turns, wait = pace.take(turns, 1000.0)
        turns = pace.heard(turns, 60, left, 1000.0)
        waits.append(wait)
    assert set(waits) == {0.0}


def test_calls_under_way_are_counted() -> None:
    turns = pace.heard(pace.Turns(), 60, 10, 1000.0)
    waits = []
    for _ in range(8):
        turns, wait = pace.take(turns, 1000.0)
        waits.append(wait)
    # Ten are left; from the sixth one on, so few would be that they follow each other a second apart.
    assert waits == [0, 0, 0, 0, 0, 1, 2, 3]


def test_a_turn_given_before_a_refusal_is_given_again() -> None:
    turns = pace.heard(pace.Turns(), 60, 0, 1000.0)
    turns, wait = pace.take(turns, 1000.0)
    turns = pace.refused(turns, 30.0, 1000.5)
    turns, more = pace.again(turns, 1000.0 + wait)
    assert (wait, more) == (1.0, 29.5)
    assert pace.again(turns, 1000.0 + wait + more)[1] == 0.0


@given(
    turns=st.builds(
        pace.Turns, *[st.integers(0, 99)] * 2, st.floats(0, 2000), st.integers(0, 99), *[st.floats(0, 2000)] * 2
    )
)
@settings(deadline=None)
def test_a_clock_that_went_backwards_holds_nobody_up(turns: Any) -> None:
    ahead = turns._replace(seen=5000.0, free=9000.0, shut=9000.0)
    assert pace.take(ahead, 1000.0)[1] == 0.0


def test_a_wait_of_hours_is_not_everybodys() -> None:
    assert pace.take(pace.refused(pace.Turns(), 7200.0, 1000.0), 1000.0)[1] == 0.0


def test_clients_of_one_token_take_turns_and_others_do_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    one, two, other, alone = (pace.Pace(key, lambda: 1000.0) for key in ("t0ken", "t0ken", "else", ""))
    one.take()
    one.refused(20.0)
    assert [client.take() for client in (two, other, alone)] == [20.0, 0.0, 0.0]
    files = list((tmp_path / "wpmultisite.runcloud").iterdir())
    assert len(files) == 2 and {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert "t0ken" not in "".join(file.name + file.read_text() for file in files)


@pytest.mark.parametrize("text", ["", "{", "[1]", '["a", 1, 1, 1, 1, 1]', "[1, 1, 1, 1, NaN, 1]", "null", "é"])
def test_a_file_that_cannot_be_used_holds_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    one = pace.Pace("t0ken", lambda: 1000.0)
    one.take()
    (file,) = (tmp_path / "wpmultisite.runcloud").iterdir()
    file.write_text(text)
    assert pace.Pace("t0ken", lambda: 1000.0).take() == 0.0


def test_a_folder_that_cannot_be_used_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    (tmp_path / "wpmultisite.runcloud").write_text("a file")
    assert pace.Pace("t0ken", lambda: 1000.0).take() == 0.0


@pytest.mark.parametrize("text", ["[0,0,0,0,0,1e12]", "[60,0,0,0,1e300,0]", "[60,0,1000,0,1e12,1e12]"])
def test_an_edited_file_lets_nobody_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    one = pace.Pace("token", lambda: 1000.0)
    assert one.take() == 0
    (file,) = (tmp_path / "wpmultisite.runcloud").iterdir()
    file.write_text(text)
    assert one.take() <= 601


def test_what_cannot_be_written_is_this_process_s_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    one = pace.Pace("token", lambda: 1000.0)
    (tmp_path / "wpmultisite.runcloud").mkdir(mode=0o700)
    Path(one._path).symlink_to("/dev/full")
    monkeypatch.setattr(pace.os, "O_NOFOLLOW", 0)
    one.refused(30.0)
    assert 0 < one.take() <= 30
