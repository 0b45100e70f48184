# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report of one network says of a run: classes, verdict, what is new and since when, what is acknowledged."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import jsonschema
import pytest
from ansible.errors import AnsibleFilterError
from referencing import Registry, Resource

from tests.playbooks.runner import ROOT

from .world import FILTERS, FLAGS, NOW, busy, certificates, desired, fleet, report, result, run

LATER = "2026-07-18T13:00:00Z"
STOP = "12 removals are planned, and max_removals is 5."
SCHEMAS = {
    name: json.loads((ROOT / f"docs/schemas/{name}-1.json").read_text()) for name in ("report", "fleet", "status")
}
REGISTRY: Any = Registry().with_resources(
    [(f"{name}-1.json", Resource.from_contents(schema)) for name, schema in SCHEMAS.items()]
)
ADDED = dict(FLAGS, name="x.com", reason="asked for")
UPDATED = {"name": "x.com", "before": dict(FLAGS, www=False), "after": FLAGS, "reason": "asked for"}
DIFFERS = {"name": "x.com", "current": FLAGS, "wanted": dict(FLAGS, www=False), "reason": "it is not ours"}
KEPT_DUE = {"name": "x.com", "reason": "nothing wants it; purge is off"}
DUE = {"name": "x.com", "reason": "nothing wants it; missing since 2026-07-01T00:00:00Z, in 3 reads"}
NOT_HERE = {"name": "x.com", "ok": False, "state": "name_mismatch", "message": "x.com: another site answers."}
VALID = {"name": "x.com", "id": 1, "days_left": 60, "valid_until": "2026-09-16T12:00:00Z"}


def valid(name: str, document: Any) -> None:
    """Check a document against its schema."""
    jsonschema.Draft202012Validator(SCHEMAS[name], registry=REGISTRY).validate(document)


def told(**documents: Any) -> list[tuple[str, str, str]]:
    """Class, kind and reason of whatever is said of x.com."""
    found = report(**documents)
    valid("report", found)
    return [(row["class"], row["kind"], row["reason"]) for row in found["items"] if row["name"] == "x.com"]


@pytest.mark.parametrize(
    ("documents", "cls", "kind", "words"),
    [
        ({"result": result(added=[ADDED])}, "drift", "add", "asked for"),
        ({"result": result(updated=[UPDATED])}, "drift", "update", "www off, redirection none -> alias, www on"),
        ({"result": result(removed=[ADDED])}, "drift", "remove", "asked for"),
        ({"result": result(differs=[DIFFERS])}, "attention", "differs", "it is not ours"),
        (
            {"result": result(refused=[{**ADDED, "action": "add"}], msg="1 cannot be made")},
            "attention",
            "refused",
            "add: ",
        ),
        ({"result": result(kept=[KEPT_DUE], due=[DUE])}, "attention", "due", "in 3 reads"),
        ({"result": result(due=[DUE]), "purged": result(removed=[ADDED], due=[DUE])}, "drift", "remove", "asked for"),
        ({"result": result(due=[DUE]), "purged": result(kept=[ADDED])}, "kept", "kept", "asked for"),
        ({"result": result(waiting=[{**ADDED, "record": None}])}, "waiting", "dns", "asked for"),
        ({"result": result(kept=[{**ADDED, "reason": "on the keep list (x.com)"}])}, "kept", "kept", "keep list"),
        ({"desired": desired(rejected=[{"value": "x.com", "reason": "denied"}])}, "rejected", "rejected", "denied"),
        ({"desired": desired(ignored=[ADDED]), "result": result(kept=[KEPT_DUE])}, "kept", "excluded", "asked for"),
        ({"desired": desired(unwanted=[ADDED])}, "kept", "unwanted", "asked for"),
        (
            {"desired": desired(unwanted=[ADDED]), "result": result(kept=[{**ADDED, "reason": "protected"}])},
            *("kept", "kept", "protected (asked for)"),
        ),
        ({"result": result(added=[ADDED], paused="a move, since 2026-07-01")}, "kept", "add", "held: a move, since"),
        ({"stuck": [{"id": 1, "domain": "x.com", "stage": "failed"}]}, "attention", "stuck", "stage failed"),
        (
            {"certificates": certificates(pending=[{"name": "x.com", "reason": "it would be ordered: there is none"}])},
            *("drift", "order", "there is none"),
        ),
        (
            {"certificates": certificates(pending=[{"name": "x.com", "reason": "ordered"}])},
            "waiting",
            "order",
            "ordered",
        ),
        ({"certificates": certificates(failures=[ADDED], msg="1 failed")}, "attention", "failed", "asked for"),
        ({"certificates": certificates(blocked=[ADDED])}, "attention", "blocked", "asked for"),
        ({"certificates": certificates(ignored=[ADDED])}, "kept", "certificate", "asked for"),
        ({"certificates": certificates(forbidden=[{**ADDED, "hosts": []}])}, "waiting", "caa", "asked for"),
        (
            {"certificates": certificates(waiting=[{**ADDED, "hosts": [], "again": LATER}])},
            *("waiting", "certificate", f"possible again at {LATER}"),
        ),
        (
            {
                "certificates": certificates(
                    waiting=[
                        {"name": "x.com", "reason": "there is none; it would be ordered, but for ssl_policy: report"}
                    ]
                )
            },
            *("kept", "certificate", "ssl_policy: report"),
        ),
        ({"certificates": certificates(valid=[{**VALID, "days_left": 17}])}, "attention", "ends", "in 17 days"),
        ({"certificates": certificates(valid=[{**VALID, "days_left": -3}])}, "attention", "ends", "3 days ago"),
        ({"certificates": certificates(valid=[VALID]), "seen": [NOT_HERE]}, "attention", "visitors", "another site"),
        (
            {"certificates": certificates(valid=[VALID]), "seen": [{**NOT_HERE, "state": "unreachable"}]},
            *("attention", "outage", "another site"),
        ),
        (
            {
                "certificates": certificates(valid=[VALID]),
                "seen": [{"name": "x.com", "ok": True, "http": {"status": 502}}],
            },
            *("attention", "outage", "HTTP 502"),
        ),
        ({"certificates": certificates(blocked=[ADDED]), "seen": [NOT_HERE]}, "attention", "blocked", "asked for"),
    ],
)
def test_each_entry_has_its_class(documents: dict[str, Any], cls: str, kind: str, words: str) -> None:
    ((was, about, reason),) = told(**documents)
    assert (was, about) == (cls, kind) and words in reason


def test_what_is_as_it_should_be_is_not_told() -> None:
    found = report(
        result=result(covered=[{"name": "x.com", "reason": "covered by *.network.com"}]),
        certificates=certificates(valid=[{**VALID, "name": "network.com"}]),
        seen=[{"name": "network.com", "ok": True, "state": "valid", "lifetime_days": 90}],
    )
    assert found["items"] == [] and found["verdict"] == "in_sync"
    assert (found["counts"]["covered"], found["counts"]["as_wanted"]) == (1, 1)
    assert found["certificates"] == [
        {"name": "network.com", "state": "valid", "days_left": 60, "valid_until": "2026-09-16T12:00:00Z"}
    ]


def test_a_short_lived_certificate_is_measured_by_its_own_lifetime() -> None:
    short = certificates(valid=[{**VALID, "days_left": 3}])
    assert told(certificates=short, seen=[{"name": "x.com", "ok": True, "lifetime_days": 6.0}]) == []
    ((cls, kind, _reason),) = told(certificates=short)
    assert (cls, kind) == ("attention", "ends")


def test_what_visitors_see_is_told_beside_another_thing() -> None:
    rows = told(result=result(updated=[UPDATED]), certificates=certificates(), seen=[NOT_HERE])
    assert {row[1] for row in rows} == {"update", "visitors"}


def test_an_absent_name_is_told_once() -> None:
    absent = certificates(waiting=[{"name": "x.com", "reason": "it is not on the web app", "hosts": [], "again": None}])
    assert [row[1] for row in told(result=result(waiting=[{**ADDED, "record": None}]), certificates=absent)] == ["dns"]
    assert [row[1] for row in told(result=result(added=[ADDED]), certificates=absent)] == ["add"]


def test_a_run_that_failed_is_never_in_sync() -> None:
    refused = result(refused=[{"name": "x.com", "action": "add", "reason": "the panel said no"}])
    first = report(result=refused, failed=True)
    assert [report(result=refused, previous=first, failed=failed)["verdict"] for failed in (True, False)] == [
        "drift",
        "in_sync",
    ]


def test_another_error_is_news_and_the_same_one_is_none() -> None:
    one, other = (
        FILTERS["fleet_report"]([report(desired={}, result={}, faults=[fault])])
        for fault in ("no database", "no token")
    )
    assert FILTERS["report_changes"](one, one) == {}
    assert FILTERS["report_changes"](other, one)["lines"] == ["client: no token"]


def test_who_has_moved_away_is_told_and_who_is_still_to_come_waits() -> None:
    hosts = [
        {
            "name": name,
            "state": state,
            "ready": state == "ready",
            "message": f"{name} leads elsewhere (A 1.2.3.4).",
            "record": None,
        }
        for name, state in (
            ("left.com", "elsewhere"),
            ("late.com", "elsewhere"),
            ("new.com", "elsewhere"),
            ("here.com", "ready"),
        )
    ]
    listed = [{"name": name} for name in ("left.com", "late.com", "here.com")]
    valid = [{"name": "left.com", "id": 1, "days_left": 60, "valid_until": "2026-09-16T12:00:00Z"}]
    made = report(result=result(domains=listed), certificates=certificates(valid=valid), dns=hosts)
    assert [(row["name"], row["class"], row["kind"], row["reason"]) for row in made["items"]] == [
        ("late.com", "waiting", "moved", "it is on RunCloud, but late.com leads elsewhere (A 1.2.3.4)"),
        ("left.com", "attention", "moved", "it is on RunCloud, but left.com leads elsewhere (A 1.2.3.4)"),
    ]


def test_a_name_that_is_left_alone_is_told_once() -> None:
    ignored = [{"name": name, "reason": "it is neither added nor removed"} for name in ("archived.com", "kept.com")]
    left = [{"name": "archived.com", "reason": "the site is archived"}]
    made = report(result=result(kept=left), certificates=certificates(ignored=ignored))
    assert [(row["name"], row["reason"]) for row in made["items"]] == [
        ("archived.com", "the site is archived"),
        ("kept.com", "it is neither added nor removed"),
    ]


def test_what_a_run_wrote_is_no_drift() -> None:
    orders = [
        {"domain": "x.com", "hosts": ["x.com"], "kind": "install", "reason": "there is none", "outcome": "issued"},
        {"domain": None, "hosts": ["a.com", "b.com"], "kind": "install", "reason": "why", "outcome": "pending"},
    ]
    found = report(
        result=result(check_mode=False, added=[ADDED], updated=[UPDATED]),
        certificates=certificates(check_mode=False, issued=[VALID], orders=orders),
    )
    valid("report", found)
    assert found["verdict"] == "in_sync" and found["items"] == []
    assert [(row["name"], row["what"]) for row in found["changes"]] == [
        ("a.com", "certificate ordered"),
        ("x.com", "added"),
        ("x.com", "certificate issued"),
        ("x.com", "updated"),
    ]
    assert found["api_calls"] == {"GET": 5, "total": 5}


@pytest.mark.parametrize(
    ("documents", "faults"),
    [
        ({"desired": {}, "result": {}}, ["what is on RunCloud is not known", "what the multisite wants is not known"]),
        ({"desired": {}, "result": {}, "faults": ["The host is away."]}, ["The host is away."]),
        ({"result": {"msg": "HTTP 401: the token was revoked."}}, ["HTTP 401: the token was revoked."]),
        ({"result": {"failed": True}}, ["what is on RunCloud is not known"]),
        ({"result": result(stops=[STOP], complete=False, msg=f"Nothing was written. {STOP}")}, [STOP]),
        ({"result": result(stops=[STOP], complete=False), "faults": [f"It failed: {STOP}"]}, [f"It failed: {STOP}"]),
        ({"desired": desired(refused=["a staging copy"])}, ["the multisite's list is refused: a staging copy"]),
        (
            {"desired": desired(refused=["a copy"]), "result": {"msg": "The list is refused: a copy."}},
            ["The list is refused: a copy."],
        ),
        ({"certificates": {"msg": "No log."}}, ["No log."]),
        ({"purged": {"rc": 1}}, ["the purge broke off"]),
        ({"result": result(complete=False, msg="The panel went away.")}, ["The panel went away."]),
        ({"certificates": certificates(msg="It has to be remembered first: the disk is full.")}, ["It has to be"]),
    ],
)
def test_what_ended_a_run_is_an_error(documents: dict[str, Any], faults: list[str]) -> None:
    found = report(**documents)
    valid("report", found)
    assert found["verdict"] == "error"
    assert len(found["faults"]) == len(faults)
    assert [fault.startswith(start) for fault, start in zip(found["faults"], faults, strict=True)] == [True] * len(
        faults
    )


def test_only_drift_and_new_attention_fail_a_run() -> None:
    quiet: dict[str, Any] = {
        "desired": desired(rejected=[{"value": "-", "reason": "none"}], ignored=[ADDED]),
        "result": result(
            waiting=[{"name": "w.com", "reason": "DNS", "record": None}],
            kept=[{"name": "f.com", "reason": "nothing wants it; it is not ours; remove it"}],
        ),
        "certificates": certificates(forbidden=[{"name": "c.com", "reason": "CAA forbids it", "hosts": []}]),
    }
    found = report(**quiet)
    assert found["verdict"] == "in_sync"
    assert {row["class"] for row in found["items"]} == {"waiting", "kept", "foreign", "rejected"}
    first = report(result=result(differs=[DIFFERS]))
    second = report(result=result(differs=[DIFFERS]), previous=first, now=LATER)
    other = {**DIFFERS, "name": "y.com"}
    third = report(result=result(differs=[DIFFERS, other]), previous=second, now="2026-07-18T14:00:00Z")
    assert [one["verdict"] for one in (first, second, third)] == ["drift", "in_sync", "drift"]
    assert [one["counts"]["new"] for one in (first, second, third)] == [1, 0, 1]
    assert [row["since"] for row in third["items"]] == [NOW, "2026-07-18T14:00:00Z"]
    drift = report(result=result(added=[ADDED]))
    assert report(result=result(added=[ADDED]), previous=drift)["verdict"] == "drift"


def test_an_outage_of_a_run_makes_nothing_new_again() -> None:
    first = report(result=result(differs=[DIFFERS]))
    broken = report(desired={}, result={}, certificates={}, faults=["away"], previous=first, now=LATER)
    valid("report", broken)
    assert [note for note in broken["notes"] if note.startswith("1 entry of the report before")]
    assert broken["items"] == [] and broken["remembered"] == first["items"] and broken["last_success"] == NOW
    again = report(result=result(differs=[DIFFERS]), previous=broken, now="2026-07-18T14:00:00Z")
    assert again["verdict"] == "in_sync" and again["items"][0]["since"] == NOW and again["remembered"] == []


@pytest.mark.parametrize(
    ("previous", "words"),
    [
        ("text", "it is no dict"),
        ({"format": "wpmultisite.report/0"}, "its format is wpmultisite.report/0"),
        ({"format": "wpmultisite.report/1", "items": 3}, "it has no list of items"),
    ],
)
def test_a_report_before_that_cannot_be_used_harms_nothing(previous: Any, words: str) -> None:
    found = report(result=result(differs=[DIFFERS]), previous=previous)
    assert found["verdict"] == "drift"
    assert [words in note for note in found["notes"]] == [True]


def test_an_edited_entry_of_the_report_before_is_left_out() -> None:
    first = report(result=result(differs=[DIFFERS]), previous=None)
    for change in ({"since": "\x1b[31m"}, {"class": "loud"}, {"name": 3}, {"more": 1}, {"acknowledged": "yes"}):
        edited = {**first, "items": [{**first["items"][0], **change}], "last_success": "\x1b"}
        found = report(previous=edited, faults=["away"], now=LATER)
        valid("report", found)
        assert found["remembered"] == [] and found["last_success"] is None


@pytest.mark.parametrize(
    ("until", "cls"),
    [
        ("2026-07-18", "acknowledged"),
        (date(2026, 7, 18), "acknowledged"),
        ("2026-07-17", "attention"),
        (NOW, "attention"),
    ],
)
def test_an_override_acknowledges_until_its_end(until: Any, cls: str) -> None:
    word = {"name": "www.x.com", "reason": "ticket 4711", "until": until}
    first = report(result=result(differs=[DIFFERS]), overrides=[word])
    valid("report", first)
    (row,) = first["items"]
    assert row["class"] == cls
    if cls == "acknowledged":
        assert first["verdict"] == "in_sync" and row["acknowledged"] == {"reason": "ticket 4711", "until": str(until)}
    else:
        assert first["verdict"] == "drift" and f"acknowledged until {until}, which is over" in row["reason"]


def test_an_override_that_is_over_asks_even_where_all_is_well() -> None:
    held = {"name": "x.com", "ignore": True, "reason": "a test", "until": "2026-07-01"}
    kept = [{"name": "x.com", "reason": "ignored by an override: a test"}]
    ((cls, _kind, reason),) = [
        (row["class"], row["kind"], row["reason"])
        for row in report(result=result(kept=kept), overrides=[held])["items"]
    ]
    assert cls == "attention" and reason.startswith("ignored by an override")
    (alone,) = report(overrides=[held])["items"]
    assert (alone["name"], alone["class"], alone["kind"]) == ("x.com", "attention", "override")
    assert report(overrides=[{**held, "until": "2026-08-01"}])["items"] == []
    assert report(overrides=[{"name": "x.com", "ignore": True, "reason": "for ever"}])["verdict"] == "in_sync"


def test_an_override_hides_neither_drift_after_its_end_nor_what_others_have_to_do() -> None:
    word = {"name": "x.com", "reason": "why", "until": "2026-07-01"}
    (row,) = report(result=result(added=[ADDED]), overrides=[word])["items"]
    assert row["class"] == "drift" and "which is over" in row["reason"]
    waiting = result(waiting=[{**ADDED, "record": None}])
    (row,) = report(result=waiting, overrides=[{**word, "until": "2027-01-01"}])["items"]
    assert row["class"] == "waiting"


def test_all_that_is_wrong_with_the_arguments_is_said_at_once() -> None:
    bad = {"host": "h", "result": "x", "seen": {"a": 1}, "resutl": 1}
    rows = [{"name": "x.com", "until": "soon"}]
    with pytest.raises(AnsibleFilterError) as caught:
        FILTERS["network_report"](bad, now="today", overrides=rows, expiring_fraction=2)
    for words in (
        "network_report: ",
        "run.result is no dict.",
        "run.seen is no list.",
        "unknown keys (misspelt?): resutl.",
        "not 'today'",
        "overrides[0] (x.com): until must be a date such as 2026-12-24",
        "reason has to say why",
        "expiring_fraction must be a number from 0 to 1",
    ):
        assert words in str(caught.value)
    with pytest.raises(AnsibleFilterError, match="no dict with a host"):
        FILTERS["network_report"]({}, now=NOW)


def test_a_fleet_and_its_status_follow_their_schemas() -> None:
    document = fleet()
    valid("fleet", document)
    status = FILTERS["fleet_status"](document)
    valid("status", status)
    assert status["verdict"] == "error" and status["networks"]["acme"] == "drift"
    assert status["networks"]["cellar"] == "error" and status["networks"]["quiet-3"] == "in_sync"
    assert [report["host"] for report in document["networks"]] == sorted(status["networks"])
    assert document["totals"]["networks"] == {"error": 1, "drift": 2, "in_sync": 9}


def test_no_network_is_an_error() -> None:
    nothing = FILTERS["fleet_report"]([], now=NOW)
    valid("fleet", nothing)
    assert nothing["verdict"] == "error"
    assert FILTERS["report_table"](nothing)[0] == "No network was looked at"
    assert "No network was looked at" in FILTERS["report_html"](nothing)
    with pytest.raises(AnsibleFilterError, match="now has to say when"):
        FILTERS["fleet_report"]([])


def test_history_keeps_thirty_runs_and_leaves_out_what_it_cannot_use() -> None:
    history: list[Any] = []
    for day in range(1, 32):
        made = f"2026-07-{day:02}T12:00:00Z"
        document = FILTERS["fleet_report"]([report(now=made)], history=history)
        history = document["history"]
    assert (len(history), history[0]["made"], history[-1]["made"]) == (
        30,
        "2026-07-02T12:00:00Z",
        "2026-07-31T12:00:00Z",
    )
    broken = ["x", {"made": "\x1b"}, {**history[0], "counts": {}}]
    found = FILTERS["fleet_report"]([report(now="2026-08-01T12:00:00Z")], history=[*broken, *history[:2]])
    valid("fleet", found)
    assert len(found["history"]) == 3 and found["notes"] == ["3 entries of the history cannot be used"]
    assert FILTERS["fleet_report"]([report()], history="broken")["notes"] == ["1 entry of the history cannot be used"]


def test_what_is_no_report_is_refused() -> None:
    with pytest.raises(AnsibleFilterError) as caught:
        FILTERS["fleet_report"]([report(), report(), {"format": "x"}], now="soon")
    for words in ("reports[1]: there is one of client already", "reports[2] is no document", "not 'soon'"):
        assert words in str(caught.value)


def test_only_what_changed_is_told() -> None:
    one = FILTERS["fleet_report"]([report(result=result(differs=[DIFFERS], added=[{**ADDED, "name": "a.com"}]))])
    assert FILTERS["report_changes"](one, one) == {}
    later = FILTERS["fleet_report"](
        [report(result=result(differs=[DIFFERS], waiting=[{**ADDED, "record": None}]), now=LATER)]
    )
    change = FILTERS["report_changes"](later, one)
    (network,) = change["networks"]
    assert [row["name"] for row in network["gone"]] == ["a.com"] and network["new"] == []
    broken = FILTERS["fleet_report"](
        [report(result={}, faults=["The token was revoked."], previous=one["networks"][0])]
    )
    change = FILTERS["report_changes"](broken, one)
    assert change["lines"] == ["client: error (was drift)", "client: The token was revoked."]
    assert change["verdict"] == {"before": "drift", "after": "error"}
    assert FILTERS["report_changes"](one, None)["networks"][0]["before"] is None
    # Attention that is no longer new is no news, although the verdict changes by it.
    first = FILTERS["fleet_report"]([report(result=result(differs=[DIFFERS]))])
    second = FILTERS["fleet_report"](
        [report(result=result(differs=[DIFFERS]), previous=first["networks"][0], now=LATER)]
    )
    assert (first["verdict"], second["verdict"]) == ("drift", "in_sync")
    assert FILTERS["report_changes"](second, first) == {}
    gone = FILTERS["fleet_report"]([report("other")])
    assert "client: no longer there (was drift)" in FILTERS["report_changes"](gone, one)["lines"]


def test_a_report_is_the_same_whatever_the_order_of_its_lists() -> None:
    forward = busy("acme")
    back = {
        key: {name: list(reversed(rows)) if isinstance(rows, list) else rows for name, rows in value.items()}
        if isinstance(value, dict)
        else value
        for key, value in forward.items()
    }
    assert FILTERS["network_report"](forward, now=NOW) == FILTERS["network_report"](back, now=NOW)
    assert run()["host"] == "client"


def _fleet_at(made: str, calls: int, history: Any) -> Any:
    """The fleet of one network whose run made so many calls."""
    one = report("acme", now=made, result=result(api_calls={"total": calls}), certificates={})
    return FILTERS["fleet_report"]([one], history=history, now=made)


def test_the_pace_of_calls_counts_quiet_runs_and_only_others_stay_in_the_history() -> None:
    first = _fleet_at("2026-07-01T00:00:00Z", 40, [])
    assert first["totals"]["api_calls_per_month"] is None
    document = _fleet_at("2026-07-01T00:30:00Z", 9, first["history"])
    assert document["totals"]["api_calls_per_month"] is None
    document = _fleet_at("2026-07-01T06:00:00Z", 6, document["history"])
    for minute in range(2, 60, 2):
        document = _fleet_at(f"2026-07-01T06:{minute:02}:00Z", 0, document["history"])
        valid("fleet", document)
    assert [row["made"][11:16] for row in document["history"]] == ["00:00", "00:30", "06:00"]
    # What the first one made belongs to the time before it.
    document = _fleet_at("2026-07-02T00:00:00Z", 0, document["history"])
    assert document["totals"]["api_calls_per_month"] == 15 * 30
    assert FILTERS["report_table"](document)[-1] == "0 API calls, 450 a month at this pace"
    assert "0 API calls, 450 a month at this pace" in FILTERS["report_markdown"](document)
    assert "API calls of this run, 450 a month at this pace" in FILTERS["report_html"](document)
    assert "\nwpmultisite_api_calls_projected_per_month 450\n" in FILTERS["report_metrics"](document, runs_per_day=720)


def test_a_quiet_run_that_says_something_else_stays() -> None:
    first = _fleet_at("2026-07-01T00:00:00Z", 40, [])
    broken = FILTERS["network_report"]({"host": "acme", "faults": ["away"]}, now="2026-07-01T00:02:00Z")
    later = FILTERS["fleet_report"]([broken], history=first["history"], now="2026-07-01T00:02:00Z")
    assert [row["verdict"] for row in later["history"]] == [first["verdict"], "error"]
