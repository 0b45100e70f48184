# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""domain_dns_info remembers which names were ready, and does not believe that many are gone at once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.modules.dns_names import ELSEWHERE, OURS, Lookup, at, state_dir
from tests.modules.harness import Clock, Result, numbered
from tests.playbooks.runner import ROOT


class Network:
    """Names that were all ready once, and the state directory that knows it."""

    def __init__(self, lookup: Lookup, clock: Clock, folder: str) -> None:
        self.lookup, self.clock, self.folder = lookup, clock, folder
        self.file = Path(folder, "dns.json")
        self.names: list[str] = []

    def ready(self, count: int) -> None:
        """A first run in which that many names are ready."""
        self.names = numbered(count)
        for name in self.names:
            self.lookup.server.point(name, a=[OURS])
        assert self()["dns"]["valid"]

    def lose(self, count: int) -> None:
        """The first names lead elsewhere now, all others here."""
        for number, name in enumerate(self.names):
            self.lookup.server.point(name, a=[ELSEWHERE if number < count else OURS])

    def __call__(self, *names: str, minutes: int = 0, **options: Any) -> Result:
        """A run, so many minutes after the one before."""
        self.clock.sleep(minutes * 60)
        result: Result = self.lookup(*(names or self.names), state_dir=self.folder, **options)
        return result

    def valid(self, *names: str, minutes: int = 0) -> bool:
        """Whether the facts of a run are valid."""
        return bool(self(*names, minutes=minutes)["dns"]["valid"])

    def stored(self) -> Any:
        """The file, which follows its schema."""
        document = json.loads(self.file.read_text())
        jsonschema.validate(document, json.loads((ROOT / "docs/schemas/dns-memory-1.json").read_text()))
        return document


@pytest.fixture
def network(lookup: Lookup, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Network:
    """No names yet."""
    at(clock, monkeypatch)
    return Network(lookup, clock, state_dir(tmp_path))


def test_the_file_and_its_mode(network: Network) -> None:
    network.ready(3)
    stored = network.stored()
    assert (stored["format"], stored["ready"], stored["suspicion"]) == ("wpmultisite.dns-memory/1", numbered(3), None)
    assert (stored["expected"]["addresses"], stored["expected"]["cnames"]) == ([OURS], [])
    assert "104.16.0.0/13" in stored["expected"]["proxies"]
    assert network.file.stat().st_mode & 0o777 == 0o600 and network.file.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in network.file.parent.iterdir()] == ["dns.json"]


@pytest.mark.parametrize(
    ("count", "lost", "valid"),
    [(2, 2, True), (3, 2, True), (3, 3, False), (30, 3, True), (29, 3, False), (50, 6, False)],
)
def test_more_than_a_tenth_and_at_least_three(network: Network, count: int, lost: int, valid: bool) -> None:
    network.ready(count)
    network.lose(lost)
    dns = network()["dns"]
    assert dns["valid"] is valid and (dns["reason"] is None) is valid
    assert [host["name"] for host in dns["hosts"] if host["state"] == "elsewhere"] == numbered(lost)


def test_the_reason_names_them_and_says_from_when_on_it_is_believed(network: Network) -> None:
    network.ready(20)
    network.lose(3)
    reason = network(minutes=5)["dns"]["reason"]
    assert "3 of the 20 names" in reason and "(c0000.com, c0001.com, c0002.com)" in reason
    assert "A run from 2026-07-18T12:15:00Z on" in reason


def test_the_same_is_believed_ten_minutes_later(network: Network) -> None:
    network.ready(20)
    network.lose(5)
    assert not network.valid()
    assert not network.valid(minutes=9)
    assert len(network.stored()["ready"]) == 20
    assert network.valid(minutes=1)
    assert (network.stored()["ready"], network.stored()["suspicion"]) == (numbered(20)[5:], None)
    assert network.valid()


def test_other_names_in_bulk_are_a_new_suspicion(network: Network) -> None:
    network.ready(20)
    network.lose(5)
    assert not network.valid()
    network.lose(8)
    assert not network.valid(minutes=11)
    assert not network.valid(minutes=9)
    assert network.valid(minutes=1)


@pytest.mark.parametrize("then", [4, 5, 6, 7])
def test_a_name_more_or_less_is_not(network: Network, then: int) -> None:
    network.ready(20)
    network.lose(5)
    assert not network.valid()
    network.lose(then)
    assert not network.valid(minutes=9)
    assert network.stored()["suspicion"]["gone"] == numbered(20)[: min(5, then)]
    assert network.valid(minutes=1)
    assert network.stored()["ready"] == numbered(20)[then:]


def test_a_name_that_flaps_does_not_put_it_off(network: Network) -> None:
    network.ready(20)
    found = []
    for run in range(6):
        network.lose(6)
        if run % 2:
            network.lookup.server.point("c0019.com", a=[ELSEWHERE])
        found.append(network.valid(minutes=30))
    assert found == [False] + [True] * 5


def test_a_server_that_moved(network: Network) -> None:
    network.ready(20)
    network.lose(20)
    result = network()
    assert "If the server has moved, see that expected_addresses" in result["dns"]["reason"]
    assert network(expected_addresses=[ELSEWHERE])["dns"]["valid"]
    assert network.stored()["ready"] == numbered(20) and network.stored()["expected"]["addresses"] == [ELSEWHERE]
    network.lose(0)
    assert not network(expected_addresses=[ELSEWHERE])["dns"]["valid"]


def test_proxies_that_are_not_accepted_any_more_are_no_fault_of_dns(network: Network) -> None:
    network.names = numbered(5)
    for name in network.names:
        network.lookup.server.point(name, a=["104.16.1.1"])
    assert network.valid()
    dns = network(proxy_networks=[])["dns"]
    assert dns["valid"] and not any(host["ready"] for host in dns["hosts"])


def test_a_fault_that_passes_leaves_no_trace(network: Network) -> None:
    network.ready(20)
    for name in network.names[:19]:
        network.lookup.server.fault("servfail", name)
    assert not network.valid()
    network.lookup.server.clear_faults()
    assert network.valid(minutes=1)
    assert network.stored()["suspicion"] is None and len(network.stored()["ready"]) == 20


def test_names_that_are_not_asked_for_any_more_are_no_suspicion(network: Network) -> None:
    network.ready(20)
    assert network.valid(*network.names[:5])
    assert network.stored()["ready"] == numbered(5)


def test_check_mode_thinks_and_does_not_write(network: Network) -> None:
    network.ready(20)
    network.lose(5)
    before = network.file.read_bytes()
    assert network(check=True)["dns"]["valid"] is False
    assert network.file.read_bytes() == before
    network.file.unlink()
    network.file.parent.rmdir()
    assert network(check=True)["dns"]["valid"] is True and not network.file.parent.exists()


def test_a_dead_resolver_leaves_the_memory_alone(network: Network) -> None:
    network.ready(5)
    before = network.file.read_bytes()
    network.lookup.server.fault("drop", "")
    assert network().failed and network.file.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "damaged (not JSON)"),
        ("[]", "it is no memory of DNS"),
        ('{"format": "wpmultisite.ledger/1"}', "it is no memory of DNS"),
        ('{"format": "wpmultisite.dns-memory/1"}', "it is damaged ('suspicion')"),
        ('{"format": "wpmultisite.dns-memory/1", "ready": "a.com", "suspicion": null}', "it is damaged"),
        ('{"format": "wpmultisite.dns-memory/1", "ready": [1], "suspicion": null}', "it is damaged"),
        (
            '{"format": "wpmultisite.dns-memory/1", "ready": [], "suspicion": {"since": "now", "gone": []}}',
            "it is damaged",
        ),
        ('{"format": "wpmultisite.dns-memory/1", "ready": [], "suspicion": []}', "it is damaged"),
        ('{"format": "wpmultisite.dns-memory/1", "ready": [], "suspicion": null}', "it is damaged ('expected')"),
        ('{"format": "wpmultisite.dns-memory/2"}', "A newer version of the collection wrote it: upgrade this one"),
    ],
)
def test_a_damaged_or_newer_memory_is_refused_before_the_first_query(network: Network, text: str, words: str) -> None:
    network.ready(3)
    network.lookup.server.clear_journal()
    network.file.write_text(text)
    result = network()
    assert result.failed and words in result["msg"] and str(network.file) in result["msg"]
    assert network.lookup.server.journal == [] and network.file.read_text() == text


def test_a_folder_that_cannot_be_used(network: Network, tmp_path: Path) -> None:
    network.names = ["a.com"]
    (tmp_path / "networks").write_text("a file")
    assert "cannot be written" in network()["msg"]
    network.folder = str(tmp_path)
    (tmp_path / "dns.json").mkdir()
    assert "dns.json must not be used: it is no file" in network()["msg"]
