# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""runcloud_domains with DNS facts: which names wait, what the SSL mode has to do with it, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.cases.facts import HERE, facts
from tests.emulator import Emulator
from tests.modules.harness import APP, DOMAINS, NETWORK, Result, Runner, columns, posted, seed, stored, wishes, writes
from tests.modules.memory import Remembered

MODE = f"GET {APP}/ssl/advanced"
LISTING = f"GET {DOMAINS}?page=1&perPage=40"
# Contract 6.1: advancedSSL, autoSSL.
MODES = {"basic": (False, False), "advanced": (True, False), "autossl": (True, True)}


def panel(emu: Emulator, mode: str, *rows: str | dict[str, Any]) -> None:
    """The network's web app with these records, its certificates kept in this way."""
    advanced, auto = MODES[mode]
    seed(emu, *rows, webapps=[{"id": 2, "name": "network", "advancedSSL": advanced, "autoSSL": auto}])


def converge(run: Runner, dns: Mapping[str, str] | None, *names: str, **options: Any) -> Result:
    """A run for these names with these facts; the network's own domain is here."""
    document = None if dns is None else facts({NETWORK: "here", **dns})
    return run.converge(*names, dns=document, **options)


# -- when a name is added ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("allowed", "waits"), [(False, True), (None, False), (True, False)])
@pytest.mark.parametrize("mode", MODES)
def test_a_name_that_caa_forbids_would_spoil_a_certificate_that_names_share(
    run: Runner, emu: Emulator, mode: str, allowed: bool | None, waits: bool
) -> None:
    panel(emu, mode)
    document = facts({NETWORK: "here", "client.com": "here"})
    caa: dict[str, Any] = {
        "allowed": allowed,
        "at": "client.com",
        "message": "Only other.org may issue.",
        "records": [],
    }
    document["hosts"][0]["caa"] = caa
    assert document["hosts"][0]["name"] == "client.com"
    result = run.converge("client.com", dns=document)
    held = waits and mode != "advanced"
    assert posted(emu) == ([] if held else ["client.com"])
    assert ("ssl" in result) is waits
    if held:
        assert "no certificate would be issued: Only other.org may issue." in result.reason("waiting", "client.com")
    assert run.converge("client.com", dns=document, add_when="ready").names("waiting") == []


@pytest.mark.parametrize("version", ["v2", "v3"])
@pytest.mark.parametrize("state", ["here", "elsewhere", "nowhere", "timeout"])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("add_when", ["auto", "row", "ready"])
def test_when_a_name_is_added(run: Runner, emu: Emulator, add_when: str, mode: str, state: str, version: str) -> None:
    panel(emu, mode)
    dns = {"client.com": state}
    at_once = state == "here" or add_when == "row" or (add_when == "auto" and mode == "advanced")
    read = add_when == "auto" and state != "here"
    options = {"add_when": add_when, "api_version": version, "api_key": None}
    foreseen = converge(run, dns, "client.com", check=True, **options)
    assert posted(emu) == []
    result = converge(run, dns, "client.com", **options)
    assert not result.failed
    assert posted(emu) == (["client.com"] if at_once else [])
    for told in (foreseen, result):
        assert told.names("added") == (["client.com"] if at_once else [])
        assert told.names("waiting") == ([] if at_once else ["client.com"])
        assert ("ssl" in told) is read
    if not at_once:
        (entry,) = result["waiting"]
        assert entry["record"] == {"type": "A", "name": "client.com", "value": HERE}
        assert entry["message"] and entry["message"] in entry["reason"]
    assert emu.calls().count(MODE) == 2 * read


@pytest.mark.parametrize("mode", MODES)
def test_the_mode_is_told(run: Runner, emu: Emulator, mode: str) -> None:
    panel(emu, mode)
    result = converge(run, {"client.com": "elsewhere"}, "client.com")
    advanced, auto = MODES[mode]
    assert result["ssl"] == {"advanced": advanced, "auto": auto}
    waits = [note for note in result["notes"] if note.startswith("names wait for their DNS: ")]
    assert len(waits) == (mode != "advanced")


@pytest.mark.parametrize("mode", MODES)
def test_names_that_are_ready_do_not_wait_for_those_that_are_not(run: Runner, emu: Emulator, mode: str) -> None:
    panel(emu, mode)
    dns = {"here.com": "here", "away.com": "elsewhere", "proxied.com": "proxied"}
    result = converge(run, dns, *dns)
    expected = {"here.com", "proxied.com"} | ({"away.com"} if mode == "advanced" else set())
    assert set(posted(emu)) == expected == set(result.names("added"))
    again = converge(run, dns, *dns)
    assert not again["changed"] and set(posted(emu)) == expected


def test_without_facts_the_row_suffices_and_no_mode_is_read(run: Runner, emu: Emulator) -> None:
    panel(emu, "basic")
    assert converge(run, None, "client.com").names("added") == ["client.com"]
    assert MODE not in emu.calls()


@pytest.mark.parametrize("add_when", ["auto", "ready"])
def test_facts_that_are_not_valid_add_and_remove_nothing(run: Runner, emu: Emulator, add_when: str) -> None:
    panel(emu, "basic", "old.com")
    document = facts({NETWORK: "nowhere", "client.com": "here", "old.com": "nowhere"}, "3 of 20 names seem gone")
    result = run.converge("client.com", "old.com", dns=document, add_when=add_when, purge=True)
    assert not result.failed and writes(emu) == []
    assert result["waiting"][0]["message"] == "3 of 20 names seem gone"


def test_the_networks_own_domain_is_always_added(run: Runner, emu: Emulator) -> None:
    emu.seed({"domains": []})
    document = facts({NETWORK: "nowhere", "client.com": "nowhere"})
    result = run.converge("client.com", dns=document, add_when="ready", first_converge=True)
    assert not result.failed and posted(emu) == [NETWORK] and result.names("waiting") == ["client.com"]


# -- what it costs -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("add_when", ["auto", "row", "ready"])
@pytest.mark.parametrize("state", ["here", "elsewhere", "timeout"])
def test_in_sync_it_lists_and_does_nothing_else(run: Runner, emu: Emulator, add_when: str, state: str) -> None:
    panel(emu, "basic", "client.com")
    result = converge(run, {"client.com": state}, "client.com", add_when=add_when)
    assert not result["changed"] and emu.calls() == [LISTING]
    assert result["api_calls"] == {"GET": 1, "total": 1}


def test_waiting_costs_one_call_more(run: Runner, emu: Emulator) -> None:
    panel(emu, "basic")
    result = converge(run, {"a.com": "elsewhere", "b.com": "nowhere"}, "a.com", "b.com")
    assert emu.calls() == [LISTING, MODE] and result["api_calls"] == {"GET": 2, "total": 2}


def test_no_mode_is_read_for_names_that_are_not_added(run: Runner, emu: Emulator) -> None:
    panel(emu, "basic", {"name": "*.client.com", "wildcard": 1}, "kept.com")
    names = ["a.client.com", "kept.com", "hand.com"]
    failed = {"name": "failed.com", "class": "keep", "needs_dns": True}
    document = facts(dict.fromkeys([*names, "failed.com"], "nowhere"))
    result = run("domains", network=NETWORK, domains=[*wishes(*names), failed], dns=document, keep=["hand.com"])
    assert emu.calls() == [LISTING]
    assert result.names("waiting") == ["failed.com"] and result.names("covered") == ["a.client.com"]


@pytest.mark.parametrize("mode", MODES)
def test_adopting_reads_it_once(run: Runner, emu: Emulator, remembered: Remembered, mode: str) -> None:
    panel(emu, mode, "old.com")
    dns = {"old.com": "elsewhere", "client.com": "elsewhere"}
    result = converge(run, dns, "old.com", "client.com", adopt=True, **remembered.options)
    assert result.names("adopted") == [NETWORK, "old.com"] and writes(emu) == []
    assert emu.calls() == [LISTING, MODE]
    waits = mode != "advanced"
    assert result.names("waiting") == (["client.com"] if waits else [])
    assert ("client.com" in result.names("kept")) is not waits


# -- a mode that cannot be read ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    columns(
        [
            ("a bad request", {"action": "status", "status": 400}),
            ("a plan that costs more", {"action": "status", "status": 402}),
            ("the plan forbids it", {"action": "status", "status": 403}),
            ("nobody knows the call", {"action": "status", "status": 404}),
            ("nobody knows the verb", {"action": "status", "status": 405}),
            ("the plan does not fit", {"action": "status", "status": 422, "body": {"message": "Upgrade your plan."}}),
            ("it was never built", {"action": "status", "status": 501}),
            ("another answer", {"action": "status", "status": 200, "body": {"message": "ok"}}),
            ("a list", {"action": "status", "status": 200, "body": []}),
        ]
    ),
)
def test_a_mode_that_cannot_be_read_counts_as_shared(run: Runner, emu: Emulator, fault: dict[str, Any]) -> None:
    panel(emu, "advanced")
    emu.fault(path="/ssl/advanced$", **fault)
    result = converge(run, {"client.com": "elsewhere", "here.com": "here"}, "client.com", "here.com")
    assert not result.failed and posted(emu) == ["here.com"] and "ssl" not in result
    assert result.names("waiting") == ["client.com"]
    assert any("cannot be read" in note and "add_when: row" in note for note in result["notes"])


@pytest.mark.parametrize(
    "fault",
    columns(
        [
            ("logged out", {"action": "status", "status": 401}),
            ("cut", {"action": "drop_before"}),
            ("a page of something else", {"action": "html", "status": 404}),
            ("the edge's own refusal", {"action": "html", "status": 403}),
            ("it broke down", {"action": "status", "status": 500}),
            ("nobody behind it", {"action": "status", "status": 502}),
            ("it is down", {"action": "status", "status": 503}),
            ("nobody in time", {"action": "status", "status": 504}),
            ("called too often", {"action": "status", "status": 429}),
        ]
    ),
)
def test_a_mode_that_did_not_come_stops_the_run(run: Runner, emu: Emulator, fault: dict[str, Any]) -> None:
    panel(emu, "advanced")
    emu.fault(path="/ssl/advanced$", times=99, **fault)
    result = converge(run, {"client.com": "elsewhere", "here.com": "here"}, "client.com", "here.com")
    assert result.failed and writes(emu) == [] and "/ssl/advanced" in result["msg"]


# -- each guard with and without -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dns", "on", "off"),
    columns(
        [
            ("only ready names", {"client.com": "elsewhere"}, {"add_when": "ready"}, {"add_when": "row"}),
            ("not known", {"client.com": "servfail"}, {"add_when": "ready"}, {"add_when": "row"}),
            ("a shared certificate", {"client.com": "nowhere"}, {"add_when": "auto"}, {"add_when": "row"}),
            ("without facts", {"client.com": "nowhere"}, {"add_when": "auto"}, {"add_when": "auto", "dns": None}),
        ]
    ),
)
def test_a_name_that_is_not_ready(
    run: Runner, emu: Emulator, dns: dict[str, str], on: dict[str, Any], off: dict[str, Any]
) -> None:
    panel(emu, "basic")
    guarded = run.converge("client.com", **{"dns": facts(dns), **on})
    assert not guarded.failed and posted(emu) == [] and stored(emu) == [NETWORK]
    run.converge("client.com", **{"dns": facts(dns), **off})
    assert posted(emu) == ["client.com"]


def test_a_failed_mapping(run: Runner, emu: Emulator) -> None:
    failed = {"name": "client.com", "class": "keep", "needs_dns": True, "rule": "R2.3 stage failed"}
    options: dict[str, Any] = {"network": NETWORK, "domains": [*wishes(), failed]}
    for dns in (None, facts({"client.com": "elsewhere"}), facts({"client.com": "here"}, "not today")):
        result = run("domains", **options, dns=dns)
        assert result.names("waiting") == ["client.com"] and posted(emu) == []
    run("domains", **options, dns=facts({"client.com": "here"}))
    assert posted(emu) == ["client.com"]


@pytest.mark.parametrize("check", [False, True])
def test_two_writers(run: Runner, emu: Emulator, check: bool) -> None:
    seed(emu, "client.com", "gone.com")
    options: dict[str, Any] = {
        "network": NETWORK,
        "domains": [*wishes("client.com", www="true"), {"name": "new.com"}],
        "purge": True,
    }
    result = run("domains", **options, two_writers=True, check=check)
    assert not result.failed and result.names("added") == ["new.com"]
    assert result.names("updated") == result.names("removed") == result["due"] == []
    assert result.names("differs") == ["client.com"] and result.names("kept") == ["gone.com"]
    assert any("purge has no effect" in note for note in result["notes"])
    assert [verb for verb, _ in writes(emu)] == ([] if check else ["POST"])
    emu.clear_journal()
    run("domains", **options)
    assert [verb for verb, _ in writes(emu)] == [*(["POST"] if check else []), "PATCH", "DELETE"]


# -- www, over several runs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wish", [{"www": "true"}, {"www": "keep", "forms": "both"}])
def test_the_www_comes_when_its_dns_does(
    run: Runner, emu: Emulator, remembered: Remembered, wish: dict[str, Any]
) -> None:
    domains = wishes("client.com", www_needs_dns=True, **wish)

    def once(www: str) -> Result:
        emu.clear_journal()
        dns = facts({"client.com": "here", "www.client.com": www})
        return run("domains", network=NETWORK, domains=domains, dns=dns, ownership="ledger", **remembered.options)

    def held() -> bool:
        return next(bool(row["www"]) for row in emu.domains(2) if row["name"] == "client.com")

    first = once("nowhere")
    assert first.names("added") == ["client.com"] and first.names("waiting") == ["www.client.com"] and not held()
    second = once("timeout")
    assert not second["changed"] and second.names("waiting") == ["www.client.com"] and emu.calls() == [LISTING]
    third = once("here")
    assert third.names("updated") == ["client.com"] and third["waiting"] == [] and held()
    assert not once("here")["changed"] and emu.calls() == [LISTING]
    fifth = once("elsewhere")
    assert (
        not fifth["changed"] and held() and any("DNS is not ready (1): client.com" in note for note in fifth["notes"])
    )


def test_the_www_form_alone_keeps_its_record_and_the_other_one_gets_its_own(
    run: Runner, emu: Emulator, remembered: Remembered
) -> None:
    domains = wishes("client.com", forms="www", www="true", www_needs_dns=True, redirection="www")
    for naked in ("elsewhere", "elsewhere", "timeout", "here"):
        dns = facts({"client.com": naked, "www.client.com": "here"})
        result = run(
            "domains", network=NETWORK, domains=domains, dns=dns, ownership="ledger", purge=True, **remembered.options
        )
        assert not result.failed and result["waiting"] == []
        assert set(stored(emu)) == {NETWORK, "www.client.com"} | ({"client.com"} if naked == "here" else set())
    assert writes(emu) == [("POST", "www.client.com"), ("POST", "client.com")]
    assert remembered.names() == ["client.com", "www.client.com"]
    again = run(
        "domains", network=NETWORK, domains=domains, dns=dns, ownership="ledger", purge=True, **remembered.options
    )
    assert not again["changed"] and not again.failed


def test_a_www_record_that_somebody_removed_comes_back_as_ours(
    run: Runner, emu: Emulator, remembered: Remembered
) -> None:
    domains = wishes("client.com", forms="www")
    dns = facts({"client.com": "elsewhere", "www.client.com": "here"})
    options = {"network": NETWORK, "domains": domains, "dns": dns, "ownership": "ledger", **remembered.options}
    run("domains", **options)
    emu.drop_domain(2, "www.client.com")
    again = run("domains", **options)
    assert "it was ours" in again.reason("added", "www.client.com")
    assert remembered.entries()["www.client.com"]["missing_since"] is None


# -- bad input -----------------------------------------------------------------------------------------------------------


def test_bad_facts_are_told_with_all_else_before_the_first_call(run: Runner, emu: Emulator) -> None:
    document = {**facts({"client.com": "here"}), "format": "wpmultisite.dns/9"}
    result = run.converge("client.com", "bad_name.com", dns=document, max_adds=-1)
    assert result.failed and emu.calls() == []
    for words in ("wpmultisite.dns/9", "bad_name.com", "max_adds must not be negative"):
        assert words in result["msg"]


def test_ready_without_facts_is_refused_before_the_first_call(run: Runner, emu: Emulator) -> None:
    result = run.converge("client.com", add_when="ready")
    assert result.failed and "add_when: ready needs dns" in result["msg"] and emu.calls() == []


def test_what_the_filter_says_of_certificates_is_accepted(run: Runner, emu: Emulator) -> None:
    domains = wishes("client.com", certificate=True, certificate_reason="R6 its own")
    assert not run("domains", network=NETWORK, domains=domains).failed
