# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each fault of the emulator as a client sees it, and what took effect; the rate limit; latency."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from tests.emulator import Emulator, Raw

DOMAINS = "/servers/1/webapps/2/domains"
NEW = {"name": "new.com"}


class Clock:
    """A clock that tests turn."""

    def __init__(self) -> None:
        self.now = 1721304000.0

    def __call__(self) -> float:
        return self.now


CLOCK = Clock()


@pytest.fixture(scope="module")
def server() -> Iterator[Emulator]:
    """One emulator with a clock of ours."""
    with Emulator(clock=CLOCK) as emulator:
        yield emulator


@pytest.fixture
def emu(server: Emulator) -> Emulator:
    """Five domains: d1.com (primary, id 701) to d5.com."""
    server.reset()
    server.seed({"domains": [{"name": f"d{number}.com"} for number in range(1, 6)]})
    return server


@pytest.fixture
def v3(emu: Emulator) -> Iterator[Raw]:
    """v3 with the token."""
    with Raw(emu.url, emu.token) as raw:
        yield raw


def names(emu: Emulator) -> list[str]:
    """What is stored on app 2."""
    return [domain["name"] for domain in emu.domains(2)]


def page(v3: Raw, number: int) -> tuple[list[int], int]:
    """The ids of a page of two, and the total it tells."""
    document = v3.get(DOMAINS, params={"perPage": 2, "page": number}).json()
    return [row["id"] for row in document["data"]], document["meta"]["pagination"]["total"]


def test_a_rule_picks_its_requests(emu: Emulator, v3: Raw) -> None:
    rule = emu.fault(
        method="GET", path=r"/domains$", version="v3", page=2, skip=1, times=2, action="status", status=503
    )
    spared = [
        v3.get("/ping"),
        v3.post(DOMAINS, json=NEW, params={"page": 2}),
        v3.get(DOMAINS),
        v3.get(f"{DOMAINS}/701", params={"page": 2}),
    ]
    assert [answer.status_code for answer in spared] == [200] * 4
    hit = [v3.get(DOMAINS, params={"page": 2}).status_code for _ in range(4)]
    assert hit == [200, 503, 503, 200]
    assert rule.fired == 2
    assert [entry.fault for entry in emu.journal][-4:] == [None, "status", "status", None]


def test_rules_follow_one_another(emu: Emulator, v3: Raw) -> None:
    emu.fault(action="status", status=500, times=1)
    emu.fault(action="status", status=502, times=1)
    assert [v3.get("/ping").status_code for _ in range(3)] == [500, 502, 200]
    emu.fault(action="status")
    assert [v3.get("/ping").status_code for _ in range(2)] == [500, 500]
    emu.clear_faults()
    assert v3.get("/ping").status_code == 200


def test_a_rule_that_makes_no_sense_is_an_error(emu: Emulator) -> None:
    for wrong in (
        {"action": "explode"},
        {"action": "page_drift"},
        {"action": "alter_write"},
        {"action": "status", "code": 500},
    ):
        with pytest.raises(ValueError, match="validation error"):
            emu.fault(**wrong)


def test_status(emu: Emulator, v3: Raw) -> None:
    emu.fault(action="status", status=503, times=1)
    emu.fault(action="status", status=403, body={"error": "no"}, headers={"X-Note": "1"}, times=1)
    emu.fault(action="status", status=429, seconds=4, times=1)
    first, second, third = (v3.post(DOMAINS, json=NEW) for _ in range(3))
    assert (first.status_code, first.json()) == (503, {"message": "Service Unavailable"})
    assert (second.status_code, second.json(), second.headers["X-Note"]) == (403, {"error": "no"}, "1")
    assert (third.json(), third.headers["Retry-After"]) == ({"message": "Too Many Attempts."}, "4")
    assert "new.com" not in names(emu)


def test_html(emu: Emulator, v3: Raw) -> None:
    emu.fault(action="html", times=1)
    emu.fault(action="html", status=200, text="<p>Sign in</p>", times=1)
    blocked, page_of_200 = v3.post(DOMAINS, json=NEW), v3.post(DOMAINS, json=NEW)
    assert (blocked.status_code, blocked.headers["Content-Type"]) == (403, "text/html; charset=UTF-8")
    assert "blocked" in blocked.text
    assert (page_of_200.status_code, page_of_200.text) == (200, "<p>Sign in</p>")
    assert "new.com" not in names(emu)


def test_redirect(emu: Emulator, v3: Raw) -> None:
    emu.fault(action="redirect", times=1)
    answer = v3.get("/ping")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/login")


@pytest.mark.parametrize(("action", "stored"), [("drop_before", False), ("drop_after", True), ("drop_body", True)])
def test_a_cut_line_is_a_lost_connection(emu: Emulator, v3: Raw, action: str, stored: bool) -> None:
    emu.fault(method="POST", action=action, times=1)
    v3.get("/ping")  # the connection is open and will be used again
    with pytest.raises((requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError)) as caught:
        v3.post(DOMAINS, json=NEW)
    if action != "drop_body":
        assert type(caught.value) is requests.exceptions.ConnectionError
    assert ("new.com" in names(emu)) is stored
    assert (emu.journal[-1].method, emu.journal[-1].status, emu.journal[-1].fault) == ("POST", None, action)
    assert v3.get("/ping").status_code == 200


@pytest.mark.parametrize(("action", "stored"), [("delay", False), ("delay_after", True)])
def test_a_client_that_does_not_wait(emu: Emulator, v3: Raw, action: str, stored: bool) -> None:
    emu.fault(method="POST", action=action, seconds=30, times=1)
    with pytest.raises(requests.exceptions.ReadTimeout):
        v3.post(DOMAINS, json=NEW, timeout=0.1)
    assert ("new.com" in names(emu)) is stored
    assert emu.journal[-1].status is None


def test_a_client_that_waits(emu: Emulator, v3: Raw) -> None:
    emu.fault(action="delay", seconds=0.05, times=1)
    answer = v3.post(DOMAINS, json=NEW)
    assert answer.elapsed.total_seconds() >= 0.05
    assert "new.com" in names(emu)
    emu.latency = 0.05
    assert v3.get("/ping").elapsed.total_seconds() >= 0.05


def test_status_after(emu: Emulator, v3: Raw) -> None:
    emu.fault(method="POST", action="status_after", status=500, times=1)
    emu.fault(method="DELETE", action="status_after", status=504, times=1)
    assert v3.post(DOMAINS, json=NEW).status_code == 500
    assert v3.delete(f"{DOMAINS}/702").status_code == 504
    assert names(emu) == ["d1.com", "d3.com", "d4.com", "d5.com", "new.com"]


@pytest.mark.parametrize("action", ["truncate", "not_json"])
def test_damaged_json(emu: Emulator, v3: Raw, action: str) -> None:
    emu.fault(action=action, times=1)
    answer = v3.get(DOMAINS)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert int(answer.headers["Content-Length"]) == len(answer.content) > 0
    with pytest.raises(requests.exceptions.JSONDecodeError):
        answer.json()


def test_ignore_write(emu: Emulator, v3: Raw) -> None:
    emu.fault(action="ignore_write", times=3)
    before = emu.domains(2)
    assert v3.post(DOMAINS, json=NEW).json()["name"] == "new.com"
    change = v3.patch(f"{DOMAINS}/702/meta", json={"type": "alias", "redirection": "www", "www": True})
    assert (change.status_code, v3.delete(f"{DOMAINS}/702").status_code) == (200, 200)
    assert emu.domains(2) == before


def test_alter_write(emu: Emulator, v3: Raw) -> None:
    emu.fault(action="alter_write", fields={"www": True, "redirection": "www"})
    answer = v3.post(DOMAINS, json=NEW)
    assert (answer.json()["www"], answer.json()["redirection"]) == (0, "none")
    v3.patch(f"{DOMAINS}/702/meta", json={"type": "alias", "redirection": "none", "www": False})
    altered = [row["name"] for row in v3.get(DOMAINS).json()["data"] if (row["www"], row["redirection"]) == (1, "www")]
    assert altered == ["d2.com", "new.com"]


def test_damaged_listings(emu: Emulator, v3: Raw) -> None:
    for action in ("wrong_total", "duplicate_id", "lose_row", "vanished_page"):
        emu.fault(action=action, page=2, times=1)
    assert page(v3, 1) == ([701, 702], 5)
    assert [page(v3, 2) for _ in range(5)] == [
        ([703, 704], 6),
        ([703, 703], 5),
        ([703], 5),
        ([], 5),
        ([703, 704], 5),
    ]
    emu.fault(action="wrong_total", by=-2)
    assert page(v3, 1)[1] == 3
    assert v3.get("/ping").json() == {"message": "pong"}


@pytest.mark.parametrize(
    ("drift", "total", "expected"),
    [
        ("insert", "moves", ([702, 703], 6)),
        ("insert", "stays", ([702, 703], 5)),
        ("remove", "moves", ([704, 705], 4)),
        ("remove", "stays", ([704, 705], 5)),
    ],
)
def test_page_drift(emu: Emulator, v3: Raw, drift: str, total: str, expected: tuple[list[int], int]) -> None:
    emu.fault(action="page_drift", page=2, drift=drift, total=total, times=1)
    assert page(v3, 1) == ([701, 702], 5)
    assert page(v3, 2) == expected
    assert page(v3, 2) == ([703, 704], 5)


def test_faults_leave_refusals_alone(emu: Emulator, v3: Raw) -> None:
    emu.fault(action="not_json")
    assert v3.get("/nope").json() == {"message": "Not Found"}


def test_rate_limit(emu: Emulator, v3: Raw) -> None:
    emu.rate_limit(limit=10, remaining=2, window=60)
    seen = [v3.get("/ping") for _ in range(3)]
    assert [answer.status_code for answer in seen] == [200, 200, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in seen] == ["1", "0", "0"]
    assert {answer.headers["X-RateLimit-Limit"] for answer in seen} == {"10"}
    assert seen[2].json() == {"message": "Too Many Attempts."}
    assert seen[2].headers["X-RateLimit-Reset"] == str(int(CLOCK.now) + 60)
    CLOCK.now += 59
    late = v3.post(DOMAINS, json=NEW)
    assert (late.status_code, late.headers["Retry-After"]) == (429, "1")
    assert "new.com" not in names(emu)
    CLOCK.now += 1
    assert v3.get("/ping").headers["X-RateLimit-Remaining"] == "9"
    emu.rate_limit()
    assert v3.get("/ping").headers["X-RateLimit-Remaining"] == "60"
