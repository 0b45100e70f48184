# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cases in which DNS has a say, each with its names here, elsewhere and nowhere, under every way of keeping certificates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from ansible_collections.wpmultisite.runcloud.plugins.filter.desired_domains import desired_domains

from tests.emulator import Emulator
from tests.modules.dns_names import Lookup
from tests.modules.harness import Runner
from tests.source.conftest import Module
from tests.wordpress import Network

from .case import Case, load
from .test_cases_pure import plan
from .test_cases_pure import told as lists_of
from .test_cases_stack import VERBS, ask, fill, held, posted, read, stock

PLACES, MODES = ("here", "elsewhere", "nowhere"), ("basic", "advanced", "autossl")
CLIENT, WWW = "client.com", "www.client.com"
MAIN = {"client.co.uk": True, "shop.client.co.uk": False, "client.com.tr": True, "client.github.io": True}
Told = tuple[dict[str, bool], set[str]]  # added: name → www; waiting: names


def at_once_under_advanced(*names: str) -> Callable[[str, str], Told]:
    """A row that suffices: only where each name has its own certificate it may be there before its DNS."""

    def expected(place: str, mode: str) -> Told:
        if place == "here" or mode == "advanced":
            return {name: MAIN.get(name, False) for name in names}, set()
        return {}, set(names)

    return expected


def when_it_is_here(place: str, mode: str) -> Told:
    """The plugin gave up on it: no row suffices, whatever the certificates."""
    return ({CLIENT: False}, set()) if place == "here" else ({}, {CLIENT})


def its_www(place: str, mode: str) -> Told:
    """The name itself is here; its www follows when that is."""
    return ({CLIENT: True}, set()) if place == "here" else ({CLIENT: False}, {WWW})


def nothing(place: str, mode: str) -> Told:
    return {}, set()


# Number, variant, the hosts whose place varies, what is told of it.
TABLE: list[tuple[int, str, tuple[str, ...], Callable[[str, str], Told]]] = [
    (4, "", (CLIENT,), at_once_under_advanced(CLIENT)),
    (4, "canonical", (CLIENT,), at_once_under_advanced(CLIENT)),
    (5, "", (CLIENT,), at_once_under_advanced(CLIENT)),
    (6, "", (CLIENT,), at_once_under_advanced(CLIENT)),
    (9, "on the web app", (CLIENT,), nothing),
    (9, "not on the web app", (CLIENT,), when_it_is_here),
    (10, "", (CLIENT,), when_it_is_here),
    (18, "", (WWW,), at_once_under_advanced(WWW)),
    (19, "", tuple(MAIN), at_once_under_advanced(*MAIN)),
    (21, "", (WWW,), its_www),
    (30, "keep", (), nothing),
    (30, "remove", (), nothing),
]
CASES = {(case.number, case.variant): case for case in load()}
PARAMETERS = [
    pytest.param(
        replace(CASES[number, variant], dns={**CASES[number, variant].dns, **dict.fromkeys(hosts, place)}, ssl=mode),
        expected(place, mode),
        id=f"{number} {variant} {place} {mode}",
    )
    for number, variant, hosts, expected in TABLE
    for place in (PLACES if hosts else PLACES[:1])
    for mode in MODES
]


def check(case: Case, told: dict[str, Any], expected: Told) -> None:
    """Compares what is added, removed and waits; no update is ever made in these cases."""
    added, waiting = expected
    assert {entry["name"]: entry["www"] for entry in told["added"]} == added
    assert {entry["name"] for entry in told["waiting"]} == waiting
    assert [entry["name"] for entry in told["removed"]] == sorted(case.expect.removed)
    assert told["updated"] == []
    for entry in told["waiting"]:
        assert entry["record"] is not None and entry["record"]["name"] == entry["name"] and entry["message"]


@pytest.mark.parametrize(("case", "expected"), PARAMETERS)
def test_by_filter_and_plan(case: Case, expected: Told) -> None:
    desired = desired_domains(case.snapshot(), **case.filter)
    check(case, lists_of(plan(case, desired)), expected)


@pytest.mark.parametrize(("case", "expected"), PARAMETERS)
def test_from_the_database_and_dns_to_the_panel(
    case: Case, expected: Told, network: Network, emu: Emulator, run: Runner, info: Module, lookup: Lookup
) -> None:
    fill(network, case)
    stock(emu, network, case)
    desired = desired_domains(read(info, network, case)["snapshot"], **case.filter)
    options = {name: desired[name] for name in ("network", "domains", "refused", "roots", "subdomain_install")}
    options["dns"] = ask(lookup, case, desired)
    foreseen = run("domains", check=True, **options, **case.module)
    assert emu.writes() == []
    result = run("domains", **options, **case.module)
    for told in (foreseen, result):
        assert not told.failed
        check(case, told, expected)
    assert {name: flags["www"] for name, flags in posted(emu).items()} == expected[0]
    assert len(emu.writes()) == sum(len(result[kind]) for kind in VERBS)
    writes, after = emu.writes(), held(emu)
    again = run("domains", **options, **case.module)
    assert not again.failed and not again["changed"] and emu.writes() == writes and held(emu) == after
    assert {entry["name"] for entry in again["waiting"]} == expected[1]
