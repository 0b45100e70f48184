# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter certificates_summary: what became of certificates, one line a name."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.wpmultisite.runcloud.plugins.filter.certificates_summary import FilterModule
from ansible_collections.wpmultisite.runcloud.plugins.filter.outage_summary import FilterModule as OutageModule

SUMMARY = FilterModule().filters()["certificates_summary"]
OUTAGE = OutageModule().filters()["outage_summary"]
LISTS = ("valid", "issued", "pending", "failures", "waiting", "forbidden", "blocked", "ignored")
RECORD = {"type": "A", "name": "m.com", "value": "203.0.113.10"}
SET = "Set an A record for m.com with the value 203.0.113.10."


def result(**lists: Any) -> dict[str, Any]:
    """What the module returns."""
    return {
        **{name: [] for name in LISTS},
        "check_mode": False,
        "ssl_mode": {"advanced": True, "auto": False},
        "api_calls": {"total": 3},
        **lists,
    }


def told(given: dict[str, Any], **more: Any) -> list[str]:
    lines: list[str] = SUMMARY(given, {"network": "network.com"}, **more)
    return lines


@pytest.mark.parametrize(
    ("name", "row", "line"),
    [
        ("pending", {"reason": "ordered"}, "ordered  m.com  ordered"),
        ("failures", {"reason": "unauthorized"}, "failed  m.com  unauthorized"),
        ("blocked", {"reason": "it is not ours"}, "blocked  m.com  it is not ours"),
        ("forbidden", {"reason": "CAA forbids it", "hosts": []}, "forbidden  m.com  CAA forbids it"),
        ("issued", {"valid_until": None, "days_left": None}, "issued  m.com  is there"),
        ("pending", {"reason": "it would be ordered: there is none"}, "would be ordered  m.com  there is none"),
        (
            "issued",
            {"valid_until": "2026-10-16T12:00:00Z", "days_left": 89},
            "issued  m.com  until 2026-10-16T12:00:00Z, 89 days",
        ),
        (
            "waiting",
            {"reason": "it failed", "hosts": [], "again": "2026-07-19T12:00:00Z"},
            "waiting  m.com  it failed; possible again at 2026-07-19T12:00:00Z",
        ),
        (
            "waiting",
            {"reason": "not ready", "hosts": [{"name": "m.com", "message": "m.com is away.", "record": RECORD}]},
            "waiting  m.com  not ready; m.com is away; set: A m.com → 203.0.113.10",
        ),
        (
            "waiting",
            {"reason": "not ready", "hosts": [{"name": "m.com", "message": "Away. " + SET, "record": RECORD}]},
            "waiting  m.com  not ready; Away. " + SET.rstrip("."),
        ),
    ],
)
def test_each_list_has_its_word(name: str, row: dict[str, Any], line: str) -> None:
    headline, *lines = told(result(**{name: [{"name": "m.com", **row}]}))
    assert lines == [line]
    assert headline == "network.com, certificates (Advanced SSL): 1 %s (3 API calls)" % line.split("  ")[0]


@pytest.mark.parametrize(
    ("mode", "calls", "head"),
    [
        ({"advanced": False, "auto": False}, 1, "network.com, certificates (Basic SSL): 0 valid (1 API call)"),
        ({"advanced": True, "auto": True}, 3, "certificates (Advanced SSL with AutoSSL): 0 valid (3 API calls)"),
    ],
)
def test_the_headline(mode: dict[str, bool], calls: int, head: str) -> None:
    assert told(result(ssl_mode=mode, api_calls={"total": calls}))[0].endswith(head)


def test_a_look_ahead_says_would() -> None:
    under_way = {"name": "u.com", "reason": "ordered at 2026-07-18T12:00:00Z, and not there yet"}
    planned = {"name": "m.com", "reason": "it would be ordered: there is none"}
    new: dict[str, Any] = {"name": "new.com", "reason": "it is not on the web app", "hosts": [], "again": None}
    lines = told(result(check_mode=True, pending=[planned, under_way], waiting=[new]), coming=["new.com"])
    assert lines == [
        "network.com, certificates (Advanced SSL): 1 would be ordered, 1 ordered (3 API calls)",
        "would be ordered  m.com  there is none",
        "ordered  u.com  ordered at 2026-07-18T12:00:00Z, and not there yet",
        "later  1 of these names would be added first, and what their certificates need is seen then: new.com",
    ]


def test_what_is_wrong_comes_before_what_waits_and_what_is_new() -> None:
    rows: dict[str, Any] = {
        name: [{"name": f"{name}.com", "reason": name, "hosts": [], "again": None}] for name in LISTS
    }
    given = result(**rows, notes=["n"])
    seen = [{"name": "valid.com", "ok": False, "message": "valid.com: away."}]
    silent = [{"name": name, "ok": True, "message": f"{name}: HTTP 502."} for name in ("valid.com", "down.com")]
    words = [line.split("  ")[0] for line in told(given, seen=seen, silent=silent)[1:]]
    assert words == ["failed", "blocked", "visitors", "visitors", "note", "forbidden", "waiting", "ordered", "issued"]
    assert "visitors  down.com  HTTP 502; so it is not watched" in told(given, silent=silent)


def test_many_names_of_which_the_same_is_said_share_a_line() -> None:
    def waits(name: str, what: str = "does not exist in DNS") -> dict[str, Any]:
        message = f"{name} {what}."
        reason = f"there is no certificate; it is not ready for a certificate ({name})"
        return {"name": name, "reason": reason, "hosts": [{"name": name, "message": message}], "again": None}

    names = [f"n{number}.com" for number in range(5)]
    assert told(result(waiting=[*map(waits, names), waits("x.org", "leads elsewhere")]))[1:] == [
        "waiting  x.org  there is no certificate; x.org leads elsewhere",
        "waiting  5 names  there is no certificate; NAME does not exist in DNS: n0.com, n1.com, n2.com, n3.com, n4.com",
    ]
    assert len(told(result(waiting=[waits(name) for name in names[:4]]))) == 5


def test_what_waits_to_be_added_is_told_once() -> None:
    given = result(waiting=[{"name": "m.com", "reason": "it is not on the web app", "hosts": [], "again": None}])
    assert told(given, absent=["m.com"]) == ["network.com, certificates (Advanced SSL): 0 valid (3 API calls)"]


@pytest.mark.parametrize(("msg", "line"), [({"msg": "HTTP 500"}, "HTTP 500"), ({}, "what it ordered is not known")])
def test_a_failure_without_lists(msg: dict[str, str], line: str) -> None:
    headline, failed = told(msg)
    assert "FAILED" in headline and failed.startswith("FAILED  ") and line in failed


def test_visitors_are_told_of_names_that_the_panel_calls_valid() -> None:
    given = result(
        valid=[{"name": "a.com"}],
        waiting=[{"name": "w.com", "reason": "x", "hosts": [], "again": None}],
        ignored=[
            {"name": "s.network.com", "reason": "covered by *.network.com, whose certificate is validated by dns-01"}
        ],
    )
    seen = [
        {"name": name, "ok": name == "ok.com", "message": f"{name}: nothing."}
        for name in ("a.com", "www.a.com", "ok.com", "w.com", "foreign.com", "s.network.com")
    ]
    assert [line for line in told(given, seen=seen) if line.startswith("visitors")] == [
        "visitors  a.com  nothing",
        "visitors  www.a.com  nothing",
        "visitors  s.network.com  nothing; this goes for all names covered by *.network.com, whose certificate is validated by dns-01",
    ]


@pytest.mark.parametrize(
    ("stage", "answer", "line"),
    [
        ("ssl-failed", None, "stuck  m.com  it has a certificate, but WordPress does not serve it (stage ssl-failed)"),
        ("ssl-failed", "requeued", "nudged  m.com  said"),
        ("ssl-failed", "skipped", "stuck  m.com  said"),
        ("ssl-failed", "failed", "not nudged  m.com  said"),
    ],
)
def test_what_wordpress_refuses(stage: str, answer: str | None, line: str) -> None:
    row = {"id": 7, "domain": "m.com", "stage": stage}
    nudged = {"skipped": True} if answer is None else {"mappings": [{**row, "state": answer, "message": "said"}]}
    (found,) = told(result(), stuck=[row], nudged=nudged)[1:]
    assert found.startswith(line)


def test_notes_come_last() -> None:
    lines = told(result(notes=["n.com will break."]), blind=["no cryptography"])
    assert lines[1:] == ["note  Nobody could look at what visitors see: no cryptography", "note  n.com will break."]


def test_a_name_that_did_not_answer_before_is_told_once() -> None:
    rows: list[dict[str, Any]] = [{"name": name, "reason": "r", "hosts": [], "again": None} for name in ("waits.com",)]
    silent = [{"name": name, "ok": False, "message": f"{name}: no certificate."} for name in ("waits.com", "bare.com")]
    lines = told(result(waiting=rows, valid=[{"name": "bare.com"}]), silent=silent)
    assert [line for line in lines if line.startswith("visitors")] == [
        "visitors  bare.com  no certificate; so it is not watched"
    ]
    # One that is still to be added answers to nobody yet.
    assert told(result(), silent=silent, coming=["bare.com"], absent=["waits.com"])[0].endswith(
        ": 0 valid (3 API calls)"
    )


# --- what broke ---------------------------------------------------------------------------------------------------------


HOSTS = [
    {"name": "b.com", "ok": True, "http": {"status": 502}, "message": "b.com: a valid certificate."},
    {"name": "a.com", "ok": False, "http": {"status": 200}, "message": "a.com: another site answers."},
    {"name": "c.com", "ok": False, "http": None, "message": "c.com: refuses the connection."},
]


def test_what_broke_and_the_way_back() -> None:
    given = {"added": [{"name": "new.com"}], "updated": [{"name": "u.com"}], "backup_file": "/b/1.json"}
    assert OUTAGE(
        HOSTS, ["c.com", "b.com", "a.com", "d.com"], given, {"removed": [{"name": "old.com"}]}, "put back="
    ) == (
        "These answered before this run and no longer do: a.com: another site answers; b.com: HTTP 502; c.com: refuses the connection; "
        "d.com: nobody could look. The run has added new.com, updated u.com, removed old.com. What was added is taken away by the "
        "module runcloud_domain with state absent. To put the listing from before back, which removes nothing: put back=/b/1.json"
    )


def test_what_broke_without_a_change_of_ours() -> None:
    text = OUTAGE(HOSTS[:1], ["b.com"], {"added": [], "updated": []}, {}, "put back=")
    assert text.endswith("b.com: HTTP 502. The run has changed no record of the web app.")
