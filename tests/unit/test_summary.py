# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lines that a person reads after a run."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.wpmultisite.runcloud.plugins.filter.domains_summary import FilterModule

summary = FilterModule().filters()["domains_summary"]
ALIAS = {"type": "alias", "www": False, "redirection": "none"}
WITH_WWW = {"type": "alias", "www": True, "redirection": "www"}
RESULT: dict[str, Any] = {
    "added": [{"name": "added.com", **ALIAS, "reason": "R2.3 stage done"}],
    "updated": [{"name": "updated.com", "before": ALIAS, "after": WITH_WWW, "reason": "R2.2"}],
    "removed": [{"name": "removed.com", **WITH_WWW, "reason": "nothing wants it"}],
    "differs": [{"name": "differs.com", "current": ALIAS, "wanted": WITH_WWW, "reason": "ownership is none"}],
    "waiting": [{"name": "waiting.com", "reason": "R2.3 stage failed"}],
    "kept": [{"name": "kept.com", "reason": "purge is off"}],
    "covered": [{"name": "covered.network.com", "reason": "covered by *.network.com"}],
    "refused": [{"name": "refused.com", "action": "add", "reason": "It is taken."}],
    "notes": ["first_converge has no effect"],
    "domains": [],
    "check_mode": False,
    "api_calls": {"GET": 5, "POST": 1, "total": 9},
}
DESIRED: dict[str, Any] = {
    "network": "network.com",
    "ignored": [{"name": "ignored.com", "reason": "excluded (ignored.com)", "from": []}],
    "rejected": [{"value": "foo_bar.com", "reason": "an underscore in a host name", "from": []}],
    "warnings": ["Mapping 1 names the network's own domain."],
}
EMPTY = {"domains": [], "check_mode": False, "api_calls": {"GET": 1, "total": 1}}


def test_everything_is_told_with_its_reason() -> None:
    assert summary(RESULT, DESIRED) == [
        "network.com: 1 added, 1 updated, 1 removed, 1 differs, 1 waiting, 1 refused, 1 kept, 1 covered, "
        "1 ignored, 1 rejected (9 API calls)",
        "added  added.com  alias, www off, redirection none (mapping in stage done)",
        "updated  updated.com  alias, www off, redirection none -> alias, www on, redirection www (R2.2)",
        "removed  removed.com  was alias, www on, redirection www (nothing wants it)",
        "differs  differs.com  is alias, www off, redirection none, wanted alias, www on, redirection www "
        "(ownership is none)",
        "waiting  waiting.com  mapping in stage failed",
        "refused  refused.com  add: It is taken.",
        "kept  kept.com  purge is off",
        "ignored  ignored.com  excluded (ignored.com)",
        "rejected  foo_bar.com  an underscore in a host name",
        "covered  1 name  covered by *.network.com: covered.network.com",
        "note  first_converge has no effect",
        "warning  Mapping 1 names the network's own domain.",
    ]


def test_what_steers_a_terminal_or_turns_the_writing_round_is_shown_as_an_escape() -> None:
    rejected = [{"value": "\x1b[31mred\r\n\u202emoc", "reason": "no host name", "from": []}]
    lines = summary(EMPTY, {**DESIRED, "ignored": [], "warnings": [], "rejected": rejected})
    assert lines[1:] == [r"rejected  \x1b[31mred\x0d\x0a\u202emoc  no host name"]


def test_a_saved_plan_and_what_it_does_not_cover_are_told() -> None:
    saved = {**EMPTY, "planned": [{"name": "a.com"}], "plan_file": "/plans/network.com.json"}
    assert summary(saved, DESIRED)[-2] == "plan  saved, with 1 change of this call: /plans/network.com.json"
    rests = {
        "not_approved": [{"name": "new.com", "kind": "add", "reason": "not in the plan; R2.3 stage done"}],
        "not_applied": [{"name": "gone.com", "kind": "remove", "reason": "purge is off"}],
        "due": [{"name": "gone.com", "reason": "nothing wants it"}],
        "complete": True,
    }
    lines = summary({**EMPTY, **rests}, {"network": "network.com"})
    assert lines == [
        "network.com: 0 added, 0 updated, 0 removed, 1 not approved, 1 not applied (1 API call)",
        "not approved  new.com  add: not in the plan; R2.3 stage done",
        "not applied  gone.com  remove: purge is off",
    ]
    # Where a purge follows, that call says what became of it.
    purging = summary({**EMPTY, **rests}, {"network": "network.com"}, purging=True)
    assert [line for line in purging[1:] if "gone.com" in line] == [
        "due  gone.com  nothing wants it; it goes if a second read of the multisite agrees"
    ]


def test_what_a_purge_will_look_at_again_is_not_told_as_kept() -> None:
    kept = [
        {"name": "kept.com", "reason": "protected"},
        {"name": "left.com", "reason": "nothing wants it; purge is off"},
    ]
    result = {**EMPTY, "complete": True, "kept": kept, "due": [{"name": "left.com", "reason": "nothing wants it"}]}
    network = {"network": "network.com"}
    assert summary(result, network, True) == [
        "network.com: 0 added, 0 updated, 0 removed, 1 due, 1 kept (1 API call)",
        "due  left.com  nothing wants it; it goes if a second read of the multisite agrees",
        "kept  kept.com  protected",
    ]
    assert [line.split("  ")[:2] for line in summary(result, network)[1:]] == [
        ["kept", "kept.com"],
        ["kept", "left.com"],
    ]


def test_patience_is_told_with_the_purge_that_is_off_only_where_it_is_off() -> None:
    waits = "nothing wants it; missing in 1 of 2 converging reads"
    result = {**EMPTY, "complete": True, "kept": [{"name": "left.com", "reason": waits + "; purge is off"}], "due": []}
    assert summary(result, {})[1:] == [f"kept  left.com  {waits}; purge is off"]
    assert summary(result, {}, True)[1:] == [f"kept  left.com  {waits}"]


@pytest.mark.parametrize(("count", "lines"), [(4, 5), (5, 2)])
def test_many_names_that_are_kept_for_one_reason_share_a_line(count: int, lines: int) -> None:
    foreign = [{"name": f"f{number}.com", "reason": "it is not ours"} for number in range(count)]
    told = summary({**EMPTY, "kept": [*foreign, {"name": "other.com", "reason": "protected"}]}, {})[1:]
    assert len(told) == lines and "kept  other.com  protected" in told
    if count == 5:
        assert told[1] == "kept  5 names  it is not ours: f0.com, f1.com, f2.com, f3.com, f4.com"


def test_a_paused_run_tells_why_and_what_it_would_do() -> None:
    lines = summary({**RESULT, "paused": "it moves, since 2026-11-20"}, DESIRED)
    assert lines[1] == "PAUSED  it moves, since 2026-11-20"
    assert any(line.startswith("would be added  added.com  ") for line in lines)


def test_what_was_taken_over_and_where_the_backup_lies() -> None:
    rows = [{"name": name, "type": "alias", "www": True, "redirection": "none"} for name in ("a.com", "b.com")]
    result = {**EMPTY, "adopted": rows, "backup_file": "/state/backups/1.json"}
    assert summary(result, {"network": "n.com"}) == [
        "n.com: 0 added, 0 updated, 0 removed, 2 adopted (1 API call)",
        "adopted  a.com  alias, www on, redirection none",
        "adopted  b.com  alias, www on, redirection none",
        "backup  the listing from before this run: /state/backups/1.json",
    ]
    foreseen = summary({**result, "check_mode": True}, {"network": "n.com"})
    assert (
        foreseen[0]
        == "n.com: 0 would be added, 0 would be updated, 0 would be removed, 2 would be adopted (1 API call)"
    )
    assert "would be adopted  a.com  alias, www on, redirection none" in foreseen


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("R2.1 network's own domain", "network's own domain"),
        ("R2.2 site's own domain", "site's own domain"),
        ("R2.3 stage done, but the site is archived", "mapping in stage done, but the site is archived"),
        ("R2.4 extra domain", "extra domain"),
        ("asked for", "asked for"),
    ],
)
def test_a_person_reads_words_and_no_rule_numbers(rule: str, words: str) -> None:
    assert f"kept  a.com  {words}" in summary({**EMPTY, "kept": [{"name": "a.com", "reason": rule}]}, {})


def test_covered_names_share_a_line_for_each_wildcard() -> None:
    rows = [("a.x.com", "covered by *.x.com"), ("b.y.com", "covered by *.y.com"), ("c.x.com", "covered by *.x.com")]
    result = {**EMPTY, "covered": [{"name": name, "reason": reason} for name, reason in rows]}
    assert summary(result, {})[1:] == [
        "covered  2 names  covered by *.x.com: a.x.com, c.x.com",
        "covered  1 name  covered by *.y.com: b.y.com",
    ]


def test_the_source_says_why_it_does_not_want_a_name() -> None:
    desired = {"unwanted": [{"name": "left.com", "reason": "the mapping is switched off", "from": []}]}
    result = {**EMPTY, "kept": [{"name": "left.com", "reason": "nothing wants it; purge is off"}]}
    assert "kept  left.com  nothing wants it; purge is off (the mapping is switched off)" in summary(result, desired)


def test_nothing_to_do() -> None:
    assert summary(EMPTY, {"network": "network.com"}) == ["network.com: 0 added, 0 updated, 0 removed (1 API call)"]


@pytest.mark.parametrize("more", [{"check_mode": True}, {"stops": ["51 domains would be added."]}])
def test_what_was_not_done_is_told_as_such(more: dict[str, Any]) -> None:
    lines = summary({**RESULT, **more}, DESIRED)
    assert "1 would be added, 1 would be updated, 1 would be removed" in lines[0]
    for verb in ("added", "updated", "removed"):
        assert any(line.startswith(f"would be {verb}  {verb}.com  ") for line in lines)
        assert not any(line.startswith(f"{verb}  ") for line in lines)


def test_why_nothing_was_written_comes_first() -> None:
    stops = ["51 domains would be added.", "The server is offline."]
    lines = summary({**RESULT, "stops": stops, "failed": True, "msg": "Nothing was written. …"}, DESIRED)
    assert lines[1:3] == ["STOPPED  51 domains would be added.", "STOPPED  The server is offline."]
    assert not any(line.startswith("FAILED") for line in lines)


@pytest.mark.parametrize("desired", [{"network": "network.com"}, {"network": ""}, {}])
def test_a_run_that_read_nothing(desired: dict[str, Any]) -> None:
    lines = summary({"failed": True, "msg": "GET /servers/1: HTTP 401"}, desired)
    assert lines == [
        f"{desired.get('network') or 'unknown network'}: FAILED, there is no result",
        "FAILED  GET /servers/1: HTTP 401",
    ]


def test_a_run_that_failed_for_one_name_tells_all_the_others() -> None:
    lines = summary({**RESULT, "failed": True, "msg": "1 of the wanted changes could not be made, 3 were."}, DESIRED)
    assert "added  added.com  alias, www off, redirection none (mapping in stage done)" in lines
    assert "refused  refused.com  add: It is taken." in lines


def test_a_failure_that_no_list_tells() -> None:
    result = {**RESULT, "refused": [], "failed": True, "msg": "The result could not be read back."}
    assert summary(result, DESIRED)[1] == "FAILED  The result could not be read back."


def test_what_a_customer_has_to_set_is_told() -> None:
    record = {"type": "CNAME", "name": "www.client.com", "value": "web.agency.com"}
    waiting: list[dict[str, Any]] = [
        {"name": "www.client.com", "reason": "it points elsewhere", "message": "", "record": record}
    ]
    waiting += [{"name": "x.com", "reason": "it does not resolve", "message": "", "record": None}]
    told = "Set a CNAME record for y.com with the value web.agency.com."
    waiting += [{"name": "y.com", "reason": told, "message": told, "record": {**record, "name": "y.com"}}]
    lines = summary({**EMPTY, "waiting": waiting}, {"network": "network.com"})
    assert lines[1:] == [
        "waiting  www.client.com  it points elsewhere; set: CNAME www.client.com → web.agency.com",
        "waiting  x.com  it does not resolve",
        f"waiting  y.com  {told}",
    ]
