# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every format of a report, read back, says the same of the same names; and no name does any harm in it."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.playbooks.runner import run, write_json

from .parsers import Page, metrics, of_data, of_document, of_markdown, of_page
from .world import FILTERS, FLAGS, NASTY, NOW, busy, certificates, desired, fleet, report, result

TEXTS = st.one_of(st.sampled_from(NASTY), st.text(min_size=1, max_size=20))


def texts_of(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(text for one in value.values() for text in texts_of(one))]
    if isinstance(value, list):
        return [text for one in value for text in texts_of(one)]
    return [value] if isinstance(value, str) else []


def same_everywhere(document: Any) -> None:
    """The formats say what the document says."""
    wanted = of_document(document)
    page = FILTERS["report_html"](document)
    assert of_page(page) == wanted
    assert of_data(page) == wanted
    assert json.loads(Page(page).data) == document
    assert of_markdown(FILTERS["report_markdown"](document, limit=10_000_000)) == wanted
    counted = Counter((report["host"], row["class"]) for report in document["networks"] for row in report["items"])
    items = metrics(FILTERS["report_metrics"](document))["wpmultisite_items"]
    assert {(dict(key)["host"], dict(key)["class"]): value for key, value in items.items() if value} == counted


def test_the_formats_of_a_fleet_agree() -> None:
    document = fleet(size=len(NASTY))
    assert len(of_document(document)) > 60
    same_everywhere(document)


@settings(deadline=None, max_examples=60)
@given(
    hosts=st.lists(
        TEXTS.filter(lambda text: text.strip() != ""),
        min_size=1,
        max_size=3,
        unique_by=lambda text: " ".join(text.split()),
    ),
    rows=st.lists(
        st.tuples(TEXTS, TEXTS, st.sampled_from(["waiting", "kept", "refused", "rejected", "added"])), max_size=5
    ),
)
def test_whatever_is_told_is_told_alike(hosts: list[str], rows: list[tuple[str, str, str]]) -> None:
    def lists(kind: str) -> list[dict[str, Any]]:
        return [dict(FLAGS, name=name, reason=reason, action="add") for name, reason, where in rows if where == kind]

    rejected = [{"value": row["name"], "reason": row["reason"]} for row in lists("rejected")]
    domains = {kind: lists(kind) for kind in ("waiting", "kept", "refused", "added")}
    reports = [
        FILTERS["network_report"](
            {"host": host, "desired": desired(rejected=rejected), "result": result(**domains), "faults": [host]},
            now=NOW,
        )
        for host in hosts
    ]
    if len({one["host"] for one in reports}) == len(reports):
        document = FILTERS["fleet_report"](reports)
        assert [text for text in texts_of(document) if not text.isprintable()] == []
        same_everywhere(document)
        assert all(line.isprintable() for line in FILTERS["report_table"](document))


@pytest.mark.parametrize("text", NASTY)
def test_a_nasty_name_is_text_and_nothing_else(text: str) -> None:
    rejected = [{"value": text, "reason": f"{text} is no host name", "from": []}]
    calm = FILTERS["fleet_report"]([report(desired=desired(rejected=[{"value": "x", "reason": "y", "from": []}]))])
    document = FILTERS["fleet_report"]([report(desired=desired(rejected=rejected))])
    page, usual = (Page(FILTERS["report_html"](one)) for one in (document, calm))
    assert page.tags == usual.tags and page.attributes == usual.attributes
    markdown = FILTERS["report_markdown"](document)
    assert len(markdown.splitlines()) == len(FILTERS["report_markdown"](calm).splitlines())
    assert not re.search(r"@\w|(?<!&)#\d|www\.|https?://|<(?!/?(details|summary|b)\b|!-- -->)", markdown)
    same_everywhere(document)


def test_hidden_characters_are_seen() -> None:
    rows = [{"value": "\x1b[31m \u202e \u200b\u2028\ud800", "reason": "a\nb", "from": []}]
    (item,) = report(desired=desired(rejected=rows))["items"]
    assert (item["name"], item["reason"]) == ("\\x1b[31m \\u202e \\u200b \\ud800", "a b")


def test_a_report_from_a_file_that_somebody_edited_is_shown_harmless() -> None:
    document = fleet()
    document["networks"][0]["items"][0]["reason"] = "\x1b[31m</script><script>alert(1)</script>"
    assert "\x1b" not in FILTERS["report_html"](document) + FILTERS["report_markdown"](document)
    assert Page(FILTERS["report_html"](document)).tags == Page(FILTERS["report_html"](fleet())).tags


def test_the_page_loads_nothing_and_lets_only_its_own_script_run() -> None:
    page = FILTERS["report_html"](fleet())
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None
    rules = dict(rule.split(" ", 1) for rule in policy.group(1).replace("&#39;", "'").split("; "))
    assert rules["default-src"] == "'none'" and "unsafe" not in policy.group(1)
    assert re.fullmatch(r"'sha256-[\w+/]+='", rules["script-src"])
    read = Page(page)
    assert {"style", "onclick", "src", "action"}.isdisjoint(read.attributes)
    assert {"iframe", "img", "object"}.isdisjoint(read.tags) and read.tags.count("script") == 2
    assert re.findall(r"(?:href=|url\()\"?([^\s\">)]+)", page) == ["data:,", "#networks"]


def test_markdown_is_cut_by_whole_lines_and_says_how_much_is_missing() -> None:
    document = fleet(size=40)
    whole = FILTERS["report_markdown"](document, limit=10_000_000)
    lines = len(of_markdown(whole))
    for limit in (1500, 4000, 9000, 20_000):
        text = FILTERS["report_markdown"](document, limit=limit)
        assert len(text.encode()) <= limit
        assert set(text.splitlines()[:-1]) < set(whole.splitlines())
        shown = of_markdown(text)
        assert shown < of_document(document)
        assert text.count("<details") == text.count("</details>")
        left = re.search(r"^(\d+) lines are left out here", text.splitlines()[-1])
        assert left is not None and lines - len(shown) <= int(left.group(1)) <= lines - len(shown) + 15
    assert "left out" not in whole


def test_the_worst_network_comes_first() -> None:
    table = FILTERS["report_table"](fleet())
    assert table[0] == (
        "1 network with errors, 2 networks with drift, 9 in sync; a run would mend 8 things, a person has to look at 9"
    )
    assert [line.split()[:2] for line in table[2:6]] == [
        ["cellar", "error"],
        ["borealis", "drift"],
        ["acme", "drift"],
        ["quiet-0", "in_sync"],
    ]
    assert table[-2] == "cellar: The database does not answer: \\x1b[31mConnection refused"
    assert re.findall(r"data-host=\"(\w+)", FILTERS["report_html"](fleet()))[:3] == ["cellar", "borealis", "acme"]


def test_metrics_say_what_prometheus_alarms_by() -> None:
    calls = {"POST": 1, "GET": 9, "total": 10}
    bad = report(
        "b",
        previous=report("b", now="2026-07-17T12:00:00Z"),
        result={},
        faults=["away"],
        certificates=certificates(api_calls=calls, valid=[{"name": "x.com", "days_left": -2, "valid_until": None}]),
    )
    good = report("g", certificates=certificates(valid=[{"name": 'q".com', "days_left": 40, "valid_until": None}]))
    found = metrics(FILTERS["report_metrics"](FILTERS["fleet_report"]([good, bad]), quota=7200, runs_per_day=2))
    by_host = {
        name: {dict(labels).get("host"): value for labels, value in samples.items()}
        for name, samples in found.items()
        if name not in ("wpmultisite_verdict", "wpmultisite_items")
    }
    assert by_host["wpmultisite_certificate_days_left"] == {"b": -2, "g": 40}
    assert by_host["wpmultisite_api_calls"] == {"b": 10, "g": 5}
    assert by_host["wpmultisite_api_calls_projected_per_month"] == {None: 15 * 2 * 30}
    assert by_host["wpmultisite_api_calls_quota_per_month"] == {None: 7200}
    noon = 1784376000
    assert by_host["wpmultisite_last_run_timestamp_seconds"] == {"b": noon, "g": noon}
    assert by_host["wpmultisite_last_success_timestamp_seconds"] == {"b": noon - 86400, "g": noon}
    verdicts = {
        (dict(labels)["host"], dict(labels)["verdict"])
        for labels, value in found["wpmultisite_verdict"].items()
        if value == 1
    }
    assert verdicts == {("b", "error"), ("g", "in_sync")}


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("report_metrics", {"quota": 0}, "quota must be a number above 0, not 0"),
        ("report_metrics", {"runs_per_day": "often"}, "runs_per_day must be a number above 0, not 'often'"),
        ("report_markdown", {"limit": 10}, "limit must be a number of bytes, 1000 or more"),
        *(
            (name, None, "no whole document of the format wpmultisite.fleet/1")
            for name in FILTERS
            if name.startswith("report_")
        ),
        ("fleet_status", None, "no whole document of the format wpmultisite.fleet/1"),
    ],
)
def test_what_cannot_be_used_is_refused_in_words(name: str, options: dict[str, Any] | None, words: str) -> None:
    with pytest.raises(AnsibleFilterError, match=re.escape(f"{name}: ") + ".*" + re.escape(words)):
        FILTERS[name]({"format": "x"} if options is None else fleet(), **(options or {}))


def test_twenty_networks_of_thirty_names_take_no_time(record_property: Any) -> None:
    started = time.perf_counter()
    reports = [FILTERS["network_report"](busy(f"n{index}", 8), now=NOW) for index in range(20)]
    document = FILTERS["fleet_report"](reports)
    for name in FILTERS:
        if name.startswith("report_"):
            FILTERS[name](document)
    took = time.perf_counter() - started
    assert len(of_document(document)) >= 600
    record_property("figures", f"20 networks with {len(of_document(document))} entries in all formats in {took:.2f} s")
    assert took < 5


def test_through_ansible_text_stays_text(tmp_path: Any) -> None:
    rejected = [
        {"value": text.encode("utf-8", "replace").decode(), "reason": "no host name", "from": []} for text in NASTY
    ]
    write_json(tmp_path / "run.json", {**busy("acme"), "desired": desired(rejected=rejected)})
    fleet_of = (
        "{{ [lookup('ansible.builtin.file', 'run.json') | from_json | wpmultisite.runcloud.network_report(now=moment)]"
        " | wpmultisite.runcloud.fleet_report }}"
    )
    names = {"markdown": "md", "html": "html", "metrics": "prom"}
    tasks: list[dict[str, Any]] = [
        {
            "ansible.builtin.copy": {
                "content": "{{ fleet | wpmultisite.runcloud.report_%s }}" % name,
                "dest": str(tmp_path / f"report.{ending}"),
            }
        }
        for name, ending in names.items()
    ]
    tasks.append({"ansible.builtin.copy": {"content": "{{ fleet | to_json }}", "dest": str(tmp_path / "fleet.json")}})
    fixed = [{"ansible.builtin.set_fact": {"fleet": fleet_of}, "vars": {"moment": NOW}}]
    play = [{"hosts": "localhost", "gather_facts": False, "tasks": fixed + tasks}]
    warnings = {"ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false"}
    ran = run(tmp_path, write_json(tmp_path / "site.yml", play), environment=warnings)
    assert ran.status == 0, ran.output
    document = json.loads((tmp_path / "fleet.json").read_text())
    told = of_document(document)
    assert ("acme", "{{ 7*7 }}", "rejected", "no host name") in told
    page = (tmp_path / "report.html").read_text()
    assert of_page(page) == of_data(page) == of_markdown((tmp_path / "report.md").read_text()) == told
    assert metrics((tmp_path / "report.prom").read_text())["wpmultisite_changes"]


def test_a_page_that_is_cut_is_closed_at_any_limit() -> None:
    made = FILTERS["fleet_report"](
        [
            FILTERS["network_report"](
                busy(f"host-{number}", 3) | {"notes": [f"note {row}" for row in range(3)]}, now=NOW
            )
            for number in range(6)
        ]
    )
    for limit in range(1000, 14000, 37):
        text = FILTERS["report_markdown"](made, limit)
        assert text.count("<details") == text.count("</details>") and len(text.encode()) <= limit
