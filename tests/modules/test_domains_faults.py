# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""runcloud_domains when writes fail, are lost or do not do what they say: who is told what, and what is sent."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator import Emulator
from tests.modules.harness import (
    APP,
    DOMAINS,
    NETWORK,
    Runner,
    columns,
    gets,
    ids,
    never_stopping,
    plugin,
    posted,
    seed,
    stored,
    wishes,
    writes,
)

NEW = ["a.com", "b.com", "c.com"]
_client = plugin("module_utils._client")
_apply = plugin("module_utils._apply")

# --- an add whose answer was lost -------------------------------------------------------------------------------------


@pytest.mark.parametrize("skip", [0, 1, 2])
@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize(
    "fault",
    columns(
        [
            ("cut", {"action": "drop_after"}),
            ("cut in the body", {"action": "drop_body"}),
            ("500", {"action": "status_after", "status": 500}),
            ("502", {"action": "status_after", "status": 502}),
            ("half of the JSON", {"action": "truncate"}),
            ("not JSON", {"action": "not_json"}),
        ]
    ),
)
def test_an_add_that_took_effect_counts_by_the_closing_listing(
    run: Runner, emu: Emulator, fault: dict[str, Any], version: str, skip: int
) -> None:
    emu.fault(method="POST", times=1, skip=skip, **fault)
    result = run.converge(*NEW, api_version=version)
    assert not result.failed, result["msg"]
    assert posted(emu) == NEW
    assert sorted(result.names("added")) == NEW and result["changed"]
    assert {entry["name"]: entry["id"] for entry in result["added"]} == {name: ids(emu)[name] for name in NEW}


@pytest.mark.parametrize("action", ["delay_after", "delay"])
def test_an_add_that_is_answered_too_late(run: Runner, emu: Emulator, action: str) -> None:
    emu.fault(method="POST", action=action, seconds=5, times=1)
    result = run.converge(*NEW, timeout=0.5)
    assert posted(emu) == NEW
    assert result.failed is (action == "delay")
    assert sorted(result.names("added")) == (NEW[1:] if result.failed else NEW)


@pytest.mark.parametrize("skip", [0, 1, 2])
@pytest.mark.parametrize(
    ("fault", "words"),
    columns(
        [
            ("cut", {"action": "drop_before"}, "the connection was lost"),
            ("500", {"action": "status", "status": 500}, "HTTP 500"),
            ("504 page", {"action": "html", "status": 504}, "HTTP 504: an HTML page"),
            ("page with 200", {"action": "html", "status": 200}, "an HTML page came instead of JSON"),
            ("redirect", {"action": "redirect"}, "a redirect"),
        ]
    ),
)
def test_an_add_that_took_none_is_named_and_the_others_are_done(
    run: Runner, emu: Emulator, fault: dict[str, Any], words: str, skip: int
) -> None:
    emu.fault(method="POST", times=1, skip=skip, **fault)
    result = run.converge(*NEW)
    assert result.failed and posted(emu) == NEW
    assert result.names("refused") == [NEW[skip]] and words in result.reason("refused", NEW[skip])
    assert f"{NEW[skip]} (add): POST {DOMAINS}" in result["msg"] and "1 of the wanted changes" in result["msg"]
    assert sorted(result.names("added")) == [name for name in NEW if name != NEW[skip]]
    emu.clear_journal()
    assert not run.converge(*NEW).failed
    assert posted(emu) == [NEW[skip]]


@pytest.mark.parametrize("budget", [120, 0])
@pytest.mark.parametrize(
    ("fault", "took_effect"),
    columns(
        [
            ("cut after", {"action": "drop_after"}, True),
            ("done but 500", {"action": "status_after"}, True),
            ("cut before", {"action": "drop_before"}, False),
            ("500", {"action": "status"}, False),
        ]
    ),
)
@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_updates_and_removals_are_sent_again_within_the_budget_and_else_settled_by_the_listing(
    run: Runner, emu: Emulator, method: str, fault: dict[str, Any], took_effect: bool, budget: int
) -> None:
    seed(emu, "a.com", "b.com")
    emu.fault(method=method, times=1, **fault)
    domains = wishes("a.com", "b.com", www="true") if method == "PATCH" else wishes()
    result = run.converge(domains=domains, purge=True, retry_budget=budget)
    key = "updated" if method == "PATCH" else "removed"
    assert len(writes(emu)) == (3 if budget else 2)
    assert result["api_calls"]["total"] == len(emu.journal)  # what is sent again counts
    assert result.failed is (not budget and not took_effect)
    assert sorted(result.names(key)) == (["b.com"] if result.failed else ["a.com", "b.com"])
    assert result.names("refused") == (["a.com"] if result.failed else [])


@pytest.mark.parametrize("fault", [{"action": "status", "status": 422}, {"action": "drop_before"}])
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_one_failing_name_stops_no_other(run: Runner, emu: Emulator, method: str, fault: dict[str, Any]) -> None:
    seed(emu, "u1.com", "u2.com", "x1.com", "x2.com")
    emu.fault(method=method, times=1, **fault)
    domains = [*wishes("u1.com", "u2.com", www="true"), {"name": "n1.com"}, {"name": "n2.com"}]
    result = run.converge(domains=domains, purge=True, retry_budget=0)
    assert result.failed
    assert [verb for verb, _ in writes(emu)] == ["POST"] * 2 + ["PATCH"] * 2 + ["DELETE"] * 2
    assert result.names("refused") == [{"POST": "n1.com", "PATCH": "u1.com", "DELETE": "x1.com"}[method]]
    assert len(result["added"] + result["updated"] + result["removed"]) == 5
    # The one that failed came before the record that is read back.
    assert [entry.path for entry in emu.journal if entry.method == "GET" and "/domains/" in entry.path] == [
        f"{DOMAINS}/{number}"
        for number in {"POST": (706, 702, 704), "PATCH": (706, 703, 704), "DELETE": (706, 702, 705)}[method]
    ]


# --- batches ------------------------------------------------------------------------------------------------------------

SIX = [f"n{number}.com" for number in range(1, 7)]


@pytest.mark.parametrize(
    ("faults", "sent", "reason"),
    columns(
        [
            ("401 first", [401], 1, "no longer accepts the credentials"),
            ("401 third", [None, None, 401], 3, "no longer accepts the credentials"),
            ("403", [403] * 6, 3, "refused 3 calls in a row (HTTP 403)"),
            ("429", [429] * 6, 3, "refused 3 calls in a row (HTTP 429)"),
            ("403 and 429", [403, 429, 403, None], 3, "refused 3 calls in a row (HTTP 403)"),
            ("after two good ones", [None, None, 403, 403, 403], 5, "refused 3 calls in a row"),
            ("a good one between", [403, 429, None, 403, 429, None], 6, "nobody is left"),
        ]
    ),
)
def test_a_batch_stops_when_the_next_name_would_hear_the_same(
    run: Runner, emu: Emulator, faults: list[int | None], sent: int, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rules() -> None:
        emu.clear_faults()
        emu.clear_journal()
        for index, status in enumerate(faults):
            if status:
                emu.fault(method="POST", path="domains", action="status", status=status, times=1, skip=shift(index))

    def shift(index: int) -> int:
        # A rule behind others sees only the requests that those leave.
        return index - sum(status is not None for status in faults[:index])

    rules()
    result = run.converge(*SIX, retry_budget=0)
    assert result.failed and posted(emu) == SIX[:sent]
    failed = [name for name, status in zip(SIX, faults, strict=False) if status]
    for name in SIX[sent:]:
        assert result.reason("refused", name).startswith("not attempted: the panel") and name in result["msg"]
        assert reason in result.reason("refused", name)
    assert set(result.names("refused")) == {*failed, *SIX[sent:]}
    # After a 401 the listing would hear the same.
    assert gets(emu, DOMAINS) == (1 if 401 in faults else 2)

    for name in set(stored(emu)) - {NETWORK}:
        emu.drop_domain(2, name)
    rules()
    never_stopping(monkeypatch)
    run.converge(*SIX, retry_budget=0)
    assert posted(emu) == SIX


@pytest.mark.parametrize(
    "faults",
    columns(
        [
            ("422", [{"status": 422}] * 6),
            ("409", [{"status": 409}] * 6),
            ("500", [{"status": 500}] * 6),
            ("503", [{"status": 503}] * 6),
            ("edge", [{"action": "html"}] * 6),
            ("cut", [{"action": "drop_before"}] * 6),
            (
                "not in a row",
                [{"status": 403}, {"status": 429}, {"status": 422}, {"status": 403}, {"status": 403}, {"status": 422}],
            ),
        ]
    ),
)
def test_what_belongs_to_one_name_stops_no_batch(run: Runner, emu: Emulator, faults: list[dict[str, Any]]) -> None:
    for fault in faults:
        emu.fault(method="POST", times=1, **{"action": "status", **fault})
    result = run.converge(*SIX, retry_budget=0)
    assert result.failed and posted(emu) == SIX
    assert result.names("refused") == SIX and "not attempted" not in result["msg"]


def test_a_stop_holds_for_the_kinds_that_follow(run: Runner, emu: Emulator) -> None:
    seed(emu, "u.com", "x.com")
    emu.fault(method="POST", action="status", status=401)
    result = run.converge(domains=[*wishes("u.com", www="true"), {"name": "n.com"}], purge=True)
    assert writes(emu) == [("POST", "n.com")]
    assert [(entry["name"], entry["action"]) for entry in result["refused"]] == [
        ("n.com", "add"),
        ("u.com", "update"),
        ("x.com", "remove"),
    ]


# --- read back ----------------------------------------------------------------------------------------------------------

LIES = columns(
    [
        ("add ignored", "POST", {"action": "ignore_write"}, "the record is not there"),
        ("add altered", "POST", {"action": "alter_write", "fields": {"www": 1}}, "www true instead of false"),
        ("update ignored", "PATCH", {"action": "ignore_write"}, "www false instead of true"),
        (
            "update altered",
            "PATCH",
            {"action": "alter_write", "fields": {"redirection": "www", "type": "redirect"}},
            "redirection www instead of none, type redirect instead of alias",
        ),
        ("removal ignored", "DELETE", {"action": "ignore_write"}, "the record is still there"),
    ]
)
KIND = {"POST": "add", "PATCH": "update", "DELETE": "remove"}


def three_of(emu: Emulator, method: str) -> dict[str, Any]:
    """Options by which a.com, b.com and c.com are written with that verb, and z.com is removed afterwards."""
    seed(emu, *(NEW if method != "POST" else []), "z.com")
    names = NEW if method != "DELETE" else []
    www = {"www": "true"} if method == "PATCH" else {}
    return {"domains": wishes(*names, **www), "purge": True, "max_removals_percent": 100}


@pytest.mark.parametrize(("method", "fault", "words"), LIES)
def test_the_first_write_of_a_kind_is_read_back_and_a_lie_stops_the_run(
    run: Runner, emu: Emulator, monkeypatch: pytest.MonkeyPatch, method: str, fault: dict[str, Any], words: str
) -> None:
    options = three_of(emu, method)
    emu.fault(method=method, times=1, **fault)
    result = run.converge(**options)
    assert result.failed and len(writes(emu)) == 1
    assert words in result.reason("refused", "a.com") and f"after the first {KIND[method]} (a.com)" in result["msg"]
    for name in ("b.com", "c.com", "z.com"):
        assert result.reason("refused", name).startswith("not attempted")
    assert result["changed"] is (fault["action"] == "alter_write")

    monkeypatch.setattr(_apply.Run, "_read_back", lambda *_: "")
    options = three_of(emu, method)
    emu.clear_faults()
    emu.clear_journal()
    emu.fault(method=method, times=1, **fault)
    result = run.converge(**options)
    assert [verb for verb, _ in writes(emu)] == [method] * 3 + ["DELETE"]
    assert result.failed  # the closing listing tells all the same


@pytest.mark.parametrize(("method", "fault", "words"), LIES)
def test_a_later_lie_is_found_by_the_closing_listing(
    run: Runner, emu: Emulator, method: str, fault: dict[str, Any], words: str
) -> None:
    options = three_of(emu, method)
    emu.fault(method=method, times=1, skip=1, **fault)
    result = run.converge(**options)
    assert result.failed and result.names("refused") == ["b.com"]
    assert words in result.reason("refused", "b.com") and "in the listing" in result["msg"]
    assert len(writes(emu)) == 4


@pytest.mark.parametrize("fault", [{"action": "status", "status": 500}, {"action": "html", "status": 404}])
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_a_read_back_that_fails_stops_the_run(run: Runner, emu: Emulator, method: str, fault: dict[str, Any]) -> None:
    options = three_of(emu, method)
    emu.fault(method="GET", path=r"domains/\d+$", **fault)
    result = run.converge(**options, retry_budget=0)
    assert result.failed and len(writes(emu)) == 1
    assert "could not be read back" in result.reason("refused", "b.com")
    key = {"POST": "added", "PATCH": "updated", "DELETE": "removed"}[method]
    assert result.names(key) == ["a.com"] and result["changed"]


@pytest.mark.parametrize("fault", [{"action": "status"}, {"action": "vanished_page"}, {"action": "wrong_total"}])
def test_without_the_closing_listing_the_answers_count_and_the_run_fails(
    run: Runner, emu: Emulator, fault: dict[str, Any]
) -> None:
    emu.fault(method="POST", action="drop_after", times=1, skip=1)
    emu.fault(method="GET", path=r"domains$", skip=1, **fault)
    result = run.converge(*NEW, retry_budget=0)
    if fault["action"] == "vanished_page":  # an empty first page with another total
        assert "does not add up" in result["msg"]
    assert result.failed and "could not be read back, so it is told from the panel's answers alone" in result["msg"]
    assert result.names("added") == ["a.com", "c.com"]
    assert "only known from a new listing" in result.reason("refused", "b.com")
    assert {"a.com", "c.com", NETWORK} == set(result.names("domains"))


# --- names that another web app holds -------------------------------------------------------------------------------------

APPS = [{"id": 2, "name": "network"}, {"id": 3, "name": "shop"}, {"id": 4, "name": "blog"}]
HELD = {"webapp_id": 3, "name": "held.com"}


@pytest.mark.parametrize(
    "row",
    columns(
        [
            ("by its name", HELD),
            ("in other letters", {**HELD, "name": "Held.com"}),
        ]
    ),
)
@pytest.mark.parametrize("answer", ["errors", "message"])
def test_a_refused_add_names_the_app_that_holds_it(
    run: Runner, emu: Emulator, row: dict[str, Any], answer: str
) -> None:
    seed(emu, row, {"webapp_id": 4, "name": "other.com"}, webapps=APPS)
    emu.switch(duplicate_domain=answer)
    result = run.converge("held.com", "new.com")
    assert result.failed and posted(emu) == ["held.com", "new.com"]
    reason = result.reason("refused", "held.com")
    assert "already exists" in reason and "The web app shop (3) of this server holds it." in reason
    assert result.names("added") == ["new.com"]
    listing = [call.partition("?")[0] for call in emu.calls()[-3:]]
    assert listing == [f"GET {DOMAINS}", "GET /servers/1/webapps", "GET /servers/1/webapps/3/domains"]


@pytest.mark.parametrize("status", [409, 422])
@pytest.mark.parametrize("row", [{**HELD, "name": "www.held.com"}, {**HELD, "www": 1}, {**HELD, "name": "*.held.com"}])
def test_a_name_may_be_held_by_a_flag_or_a_wildcard(
    run: Runner, emu: Emulator, row: dict[str, Any], status: int
) -> None:
    seed(emu, row, webapps=APPS)
    emu.fault(method="POST", action="status", status=status)
    assert "shop (3)" in run.converge("www.held.com").reason("refused", "www.held.com")


def test_the_name_itself_beats_a_wildcard(run: Runner, emu: Emulator) -> None:
    seed(emu, {**HELD, "name": "*.held.com"}, {"webapp_id": 4, "name": "x.held.com"}, webapps=APPS)
    assert "The web app blog (4)" in run.converge("x.held.com").reason("refused", "x.held.com")


@pytest.mark.parametrize("fault", [None, {"status": 500}, {"status": 403}, {"action": "drop_before"}])
def test_other_apps_are_listed_after_a_refused_add_only(
    run: Runner, emu: Emulator, fault: dict[str, Any] | None
) -> None:
    seed(emu, HELD, webapps=APPS)
    if fault:
        emu.fault(method="POST", **{"action": "status", **fault})
    run.converge("new.com", retry_budget=0)
    assert gets(emu, "/servers/1/webapps") == 0 and gets(emu, "/servers/1/webapps/3/domains") == 0


@pytest.mark.parametrize("where", ["app", "server"])
@pytest.mark.parametrize("allowed", ["allowed", "refused"])
def test_whether_another_app_may_hold_it_is_the_panels_word(
    run: Runner, emu: Emulator, where: str, allowed: str
) -> None:
    elsewhere = {"id": 9, "name": "far", "server_id": 5}
    seed(
        emu,
        {**HELD, "webapp_id": 3 if where == "app" else 9},
        webapps=[*APPS, elsewhere],
        servers=[{"id": 1}, {"id": 5}],
    )
    emu.switch(**{f"domain_on_other_{where}": allowed})
    result = run.converge("held.com")
    assert result.failed is (allowed == "refused") and posted(emu) == ["held.com"]
    if result.failed:
        assert ("shop (3)" in result["msg"]) is (where == "app")


def test_when_the_other_apps_cannot_be_listed_it_says_so(run: Runner, emu: Emulator) -> None:
    seed(emu, HELD, webapps=APPS)
    emu.fault(path=r"webapps$", action="status", status=403)
    result = run.converge("held.com")
    assert result.failed and "already exists" in result.reason("refused", "held.com")
    assert "Which other web app holds the refused names could not be read." in result["msg"]


@pytest.mark.parametrize("answer", ["accepted", "refused"])
def test_a_wildcard_is_sent_as_it_is(run: Runner, emu: Emulator, answer: str) -> None:
    seed(emu, webapps=APPS)
    emu.switch(wildcard_names=answer)
    result = run.converge(f"*.{NETWORK}", f"site.{NETWORK}")
    assert writes(emu) == [("POST", f"*.{NETWORK}")]
    assert result.reason("waiting", f"site.{NETWORK}") == f"covered as soon as *.{NETWORK} is on the web app"
    if answer == "refused":
        assert result.failed and "create it in the panel" in result.reason("refused", f"*.{NETWORK}")
        assert gets(emu, "/servers/1/webapps") == 0
    else:
        assert not result.failed
        assert run.converge(f"*.{NETWORK}", f"site.{NETWORK}").names("covered") == [f"site.{NETWORK}"]


# --- somebody else at the same time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("www", "key"), [(0, "kept"), (1, "refused")])
def test_a_name_that_somebody_else_added_meanwhile(
    run: Runner, emu: Emulator, monkeypatch: pytest.MonkeyPatch, www: int, key: str
) -> None:
    send = _client.Client._send

    def beaten(self: Any, method: str, *rest: Any) -> Any:
        if method == "POST":
            emu.put_domain(2, "new.com", www=www)
        return send(self, method, *rest)

    monkeypatch.setattr(_client.Client, "_send", beaten)
    result = run.converge("new.com")
    assert result.failed is (key == "refused") and not result["changed"] and result["added"] == []
    assert result.names(key) == ["new.com"] and "during this run" in result[key][0]["reason"]
    assert ("www true instead of false" in result.get("msg", "")) is result.failed
    assert posted(emu) == ["new.com"]


def test_a_record_that_somebody_else_removed_meanwhile_is_removed(
    run: Runner, emu: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed(emu, "gone.com")
    send = _client.Client._send

    def beaten(self: Any, method: str, *rest: Any) -> Any:
        if method == "DELETE":
            emu.drop_domain(2, "gone.com")
        return send(self, method, *rest)

    monkeypatch.setattr(_client.Client, "_send", beaten)
    result = run.converge(purge=True)
    assert not result.failed and result.names("removed") == ["gone.com"]
    assert len(writes(emu)) == 1


# --- v2 and the switches that change what a write means -----------------------------------------------------------------------


def test_v2_cannot_edit_and_never_removes_to_add_again(run: Runner, emu: Emulator) -> None:
    seed(emu, "a.com", {"name": "b.com", "redirection": "www"}, "gone.com")
    domains = [*wishes("a.com", www="true"), {"name": "b.com", "redirection": "none"}, {"name": "n.com"}]
    result = run.converge(domains=domains, purge=True, api_version="v2")
    assert result.failed and writes(emu) == [("POST", "n.com"), ("DELETE", "/domains/704")]
    assert result.names("refused") == ["a.com", "b.com"]
    assert "www false instead of true. API v2 cannot edit a record" in result.reason("refused", "a.com")
    emu.clear_journal()
    assert not run.converge(domains=domains, purge=True, api_version="v3").failed
    assert [method for method, _ in writes(emu)] == ["PATCH", "PATCH"]


@pytest.mark.parametrize("answer", ["accepted", "refused"])
def test_a_redirection_without_www_is_the_panels_word(run: Runner, emu: Emulator, answer: str) -> None:
    emu.switch(redirection_without_www=answer)
    result = run.converge(domains=wishes("a.com", redirection="non-www"))
    assert posted(emu) == ["a.com"] and result.failed is (answer == "refused")


@pytest.mark.parametrize("answer", ["accepted", "refused"])
def test_nobody_is_sent_to_a_www_that_is_not_served(run: Runner, emu: Emulator, answer: str) -> None:
    emu.switch(redirection_without_www=answer)
    seed(emu, "old.com")
    result = run.converge(domains=wishes("new.com", "old.com", redirection="www"))
    assert not result.failed and result.names("differs") == ["old.com"]
    assert [body for _, _, body in emu.writes()] == [
        {"name": "new.com", "www": False, "redirection": "none", "type": "alias"}
    ]


@pytest.mark.parametrize("answer", ["accepted", "refused"])
def test_a_www_record_beside_x_is_never_in_conflict_with_x(run: Runner, emu: Emulator, answer: str) -> None:
    """X comes without www while a record www.X is there, so the panel has no cause to refuse."""
    seed(emu, "www.x.com")
    emu.switch(www_overlap=answer)
    domains = [*wishes("x.com", www="true", forms="both")]
    result = run.converge(domains=domains)
    assert not result.failed and emu.writes()[0][2]["www"] is False
    emu.clear_journal()
    assert not run.converge(domains=domains)["changed"] and len(emu.journal) == 1


@pytest.mark.parametrize("answer", ["refused", "lowered"])
def test_names_are_sent_in_lower_case(run: Runner, emu: Emulator, answer: str) -> None:
    emu.switch(upper_case_names=answer)
    assert not run.converge("NEW.com.", "https://M\u00fcller.de/shop").failed
    assert posted(emu) == ["new.com", "xn--mller-kva.de"]


@pytest.mark.parametrize("answer", ["refused", "keeps"])
def test_an_update_is_complete_in_itself(run: Runner, emu: Emulator, answer: str) -> None:
    seed(emu, {"name": "a.com", "redirection": "www"})
    emu.switch(meta_omitted=answer)
    assert not run.converge(domains=wishes("a.com", www="true")).failed
    assert emu.writes() == [("PATCH", f"{DOMAINS}/702/meta", {"type": "alias", "redirection": "www", "www": True})]


@pytest.mark.parametrize("answer", ["accepted", "refused"])
def test_an_offline_server_is_not_asked(run: Runner, emu: Emulator, answer: str) -> None:
    seed(emu, servers=[{"id": 1, "online": False}])
    emu.switch(offline_writes=answer)
    assert run.converge("new.com").failed and writes(emu) == []
    assert [entry.path for entry in emu.journal] == [DOMAINS, "/servers/1", APP]


@pytest.mark.parametrize("meta", ["pagination", "lastPage", "last_page", "none"])
@pytest.mark.parametrize("per_page", ["honoured", "ignored"])
@pytest.mark.parametrize("version", ["v2", "v3"])
def test_a_run_under_every_form_of_pages(run: Runner, emu: Emulator, version: str, per_page: str, meta: str) -> None:
    names = [f"c{number:02}.com" for number in range(60)]
    seed(emu, *names)
    emu.switch(pagination_meta=meta, per_page=per_page)
    options = {"api_version": version, "purge": True}
    assert not run.converge(*names[1:], "new.com", **options).failed
    assert writes(emu) == [("POST", "new.com"), ("DELETE", "/domains/702")]
    emu.clear_journal()
    assert not run.converge(*names[1:], "new.com", **options)["changed"]
    assert writes(emu) == []
