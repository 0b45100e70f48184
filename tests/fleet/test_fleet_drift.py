# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One look at a fleet of 20 networks: every report says what SQL, panel, DNS and ledgers hold, and nothing was written but reports."""

from __future__ import annotations

import html
import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from tests.emulator import TOKEN, Emulator
from tests.nameserver import running
from tests.playbooks.runner import Ran
from tests.reports.parsers import Page, Told, metrics, of_data, of_document, of_markdown, of_page
from tests.wordpress import Network

from .fleet_cases import CASES, NASTY_APP, NASTY_RECORDS, NASTY_ROWS, NASTY_TITLE
from .fleet_truth import Truth, truth_of
from .fleet_world import REVOKED, Fleet

CLASSES = ("drift", "attention", "waiting", "acknowledged", "foreign", "kept", "rejected")
COLUMNS = ("drift", "attention", "waiting", "acknowledged", "foreign")


class Look(NamedTuple):
    """The run, the fleet, the truth by host, the state directories before the run, and the report."""

    ran: Ran
    fleet: Fleet
    truth: dict[str, Truth]
    before: dict[str, tuple[int, bytes]]
    document: dict[str, Any]


@pytest.fixture(scope="module")
def look(made_folder_network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Look]:
    """All of it; the truth is worked out after the look."""
    network = made_folder_network
    network.reset()
    network.write_config(extra="define( 'WP_ENVIRONMENT_TYPE', 'staging' );")
    with Emulator() as emu, running() as names:
        fleet = Fleet(emu, names, network, tmp_path_factory.mktemp("fleet"))
        before = fleet.remembered()
        ran = fleet.look(status=2)
        listed = json.loads((fleet.folder / "inventory.json").read_text())["multisites"]["hosts"]
        truth = {host: truth_of(fleet, host, listed[host]) for host in CASES}
        yield Look(ran, fleet, truth, before, json.loads(fleet.file("fleet.json")))
    network.reset()


def _counts(truth: Truth) -> Counter[str]:
    return Counter(fact.cls for fact in truth.facts)


def test_the_fleet_is_what_it_should_be(look: Look) -> None:
    verdicts = {host: truth.verdict for host, truth in look.truth.items()}
    assert Counter(verdicts.values()) == {"in_sync": 3, "drift": 10, "error": 7}
    ways = {
        tuple(sorted({(fact.cls, fact.words) for fact in look.truth[host].facts}))
        for host in verdicts
        if verdicts[host] == "drift"
    }
    assert len(ways) == 10


def test_the_report_says_what_is_so(look: Look) -> None:
    reports = {report["host"]: report for report in look.document["networks"]}
    assert set(reports) == set(CASES)
    for host, truth in look.truth.items():
        items = sorted((row["name"], row["class"], row["reason"]) for row in reports[host]["items"])
        assert [row[:2] for row in items] == [fact[:2] for fact in truth.facts], host
        assert [row for row, fact in zip(items, truth.facts, strict=True) if fact.words not in row[2]] == [], host
        assert reports[host]["verdict"] == truth.verdict
        assert {row["name"]: row["days_left"] for row in reports[host]["certificates"]} == _shown_days(look, host)


def _shown_days(look: Look, host: str) -> dict[str, int]:
    wanted = {name.removeprefix("www.") for name in CASES[host].mapped} | {look.fleet.domain(host)}
    return {name: days for name, days in look.truth[host].days_left.items() if name in wanted}


def test_every_format_says_the_same(look: Look) -> None:
    told = of_document(look.document)
    assert len(told) == sum(len(truth.facts) for truth in look.truth.values())
    page = look.fleet.file("report.html")
    formats: dict[str, Told] = {
        "page": of_page(page),
        "data": of_data(page),
        "markdown": of_markdown(look.fleet.file("report.md")),
    }
    for name, said in formats.items():
        assert said == told, name


def test_the_saved_plans_say_the_same(look: Look) -> None:
    reports = {report["host"]: report for report in look.document["networks"]}
    for host, truth in look.truth.items():
        path = look.fleet.folder / "plans" / f"{host}.json"
        actions = json.loads(path.read_text())["actions"] if path.exists() else []
        assert {(row["kind"], row["name"]) for row in actions} == truth.actions, host
        reasons = {(row["kind"], row["name"]): row["reason"] for row in reports[host]["items"]}
        for row in actions:
            # A person reads what the rule's number stands for.
            why = row["reason"].replace("R2.3 stage", "mapping in stage")
            assert why in reasons[row["kind"], row["name"]]


def test_status_table_and_metrics_say_the_same(look: Look) -> None:
    verdicts = {host: truth.verdict for host, truth in look.truth.items()}
    status = json.loads(look.fleet.file("status.json"))
    assert (status["verdict"], status["networks"]) == ("error", verdicts)
    samples = metrics(look.fleet.file("metrics.prom"))
    items = {
        tuple(dict(labels)[key] for key in ("host", "class")): value
        for labels, value in samples["wpmultisite_items"].items()
    }
    said = [dict(labels) for labels, value in samples["wpmultisite_verdict"].items() if value]
    assert {row["host"]: row["verdict"] for row in said} == verdicts
    table = _table(look)
    for host, truth in look.truth.items():
        assert {cls: items[host, cls] for cls in CLASSES} == {cls: _counts(truth)[cls] for cls in CLASSES}
        assert table[host] == [truth.verdict, *(str(_counts(truth)[cls]) for cls in COLUMNS)]
    days = {dict(labels)["name"]: value for labels, value in samples["wpmultisite_certificate_days_left"].items()}
    assert days == {name: left for host in CASES for name, left in _shown_days(look, host).items()}


def _table(look: Look) -> dict[str, list[str]]:
    """Host → verdict and counts, as the last play printed them."""
    (lines,) = [
        row["msg"]
        for row in look.ran.results("calm-plain", fleet=True)
        if isinstance(row.get("msg"), list) and "verdict" in row["msg"][1]
    ]
    cells = [re.split(r" {2,}", line) for line in lines[2 : 2 + len(CASES)]]
    return {row[0]: row[1:7] for row in cells}


def test_nobody_is_promised_what_a_guard_stops(look: Look) -> None:
    do = {(report["host"], row["name"]): row["do"] for report in look.document["networks"] for row in report["items"]}
    assert do["drift-removal", "gone.com"] == "a run removes it"
    assert do["emptied", "lost-0.com"] == "a run stops before it; do what the network's fault names"


def test_each_network_fails_as_its_verdict_says(look: Look) -> None:
    for host, truth in look.truth.items():
        assert look.ran.recap(host)["failed"] == int(truth.verdict != "in_sync"), host


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("dead-socket", "no database server answers"),
        ("dead-password", "access was denied"),
        ("dead-dropped", "no such database"),
        ("revoked-one", "wrong or was revoked"),
        ("revoked-two", "wrong or was revoked"),
        ("emptied", "8 domains would be removed, and multisite_domains_max_removals is 5"),
        ("staging", "calls itself a staging environment"),
    ],
)
def test_a_person_reads_why_a_network_could_not_be_judged(look: Look, host: str, words: str) -> None:
    (report,) = [report for report in look.document["networks"] if report["host"] == host]
    assert any(words in fault for fault in report["faults"]), report["faults"]
    for text in (
        look.ran.output.partition("\nPLAY [Report]")[2],
        Page(look.fleet.file("report.html")).data,
        look.fleet.file("report.md"),
    ):
        assert words in html.unescape(text)


def test_nothing_was_written_but_the_reports_and_plans(look: Look) -> None:
    assert look.fleet.written() == []
    assert look.fleet.remembered() == look.before
    assert {path.name for path in look.fleet.folder.iterdir()} == {"inventory.json", "plans", "report", "state"}
    assert {path.name for path in (look.fleet.folder / "state/wpmultisite.runcloud").iterdir()} == {"networks"}


def test_names_from_outside_do_no_harm(look: Look) -> None:
    page = Page(look.fleet.file("report.html"))
    assert {"img", "b", "i"} & set(page.tags) == set() and page.tags.count("script") == 2
    assert [name for name in page.attributes if name.startswith("on")] == []
    texts = [look.ran.text, *(path.read_text() for path in (look.fleet.folder / "report").iterdir())]
    for char in ("\x1b", "\x07", "\u202e"):
        assert [text[max(0, text.index(char) - 200) :][:400] for text in texts if char in text] == []
    # What a template made of it would be 49 and 42.
    names = {row["name"] for report in look.document["networks"] for row in report["items"]}
    assert {"{{ 7*7 }}", "{% raw %}", "=cmd|' /C calc'!A0", "<script>alert(1)</script>", "{{ 6*7 }}.com"} <= names
    assert len(NASTY_ROWS) + len(NASTY_RECORDS) == len(
        [name for name in names if not re.fullmatch(r"[a-z0-9._-]+", name)]
    )
    answer = "Invalid API Token. <script>alert('answer')</script> {{ 5*7 }} ?[31m =cmd|x"
    (report,) = [report for report in look.document["networks"] if report["host"] == "revoked-two"]
    assert [fault for fault in report["faults"] if answer in fault] != []
    assert answer in html.unescape(look.fleet.file("report.md"))
    for text in texts:
        assert not any(word in text for word in (NASTY_TITLE, NASTY_APP, TOKEN, REVOKED, "p4ss-w0rd"))
