# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role with real name servers: who waits with which record, who is added once its DNS points here, and runs whose DNS cannot be used.

Three networks: one whose certificate is shared by all names (``shared``), one with a certificate for each name (``single``), and one that
adds ready names only (``strict``). ``shared`` does not say what it expects, so the address that RunCloud has for its server counts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.emulator import TOKEN, Emulator
from tests.nameserver import RECURSIVE, Nameserver, running
from tests.playbooks.runner import CONVERGE, FROM_FILES, ROLE, Ran, inventory, run, snapshot, write_json

OURS, ELSEWHERE, CLOUDFLARE = "203.0.113.10", "198.51.100.7", "104.16.0.1"
NETWORK = "network.com"
HERE = [f"here{number}.com" for number in range(4)]
HOSTS = {"shared": 11, "single": 12, "strict": 13}
SET = "Set an A record for moved.com with the value 203.0.113.10."


class Told(NamedTuple):
    """A run, its calls to the panel and the memories of DNS after it."""

    ran: Ran
    calls: list[str]
    memories: dict[str, list[str]]

    def of(self, host: str) -> list[str]:
        """The calls for a host."""
        return [call for call in self.calls if f"/servers/{HOSTS[host]}" in call]

    def writes(self, host: str) -> list[str]:
        """What was written for a host."""
        return [call for call in self.of(host) if not call.startswith("GET ")]


class World:
    """The panel, the name servers and the inventory; ``tell`` runs the playbook."""

    def __init__(self, emu: Emulator, server: Nameserver, folder: Path) -> None:
        self.emu, self.server, self.folder = emu, server, folder
        apps: list[dict[str, Any]] = [
            {"id": number, "server_id": number, "advancedSSL": host == "single"} for host, number in HOSTS.items()
        ]
        domains = [{"webapp_id": number, "name": NETWORK} for number in HOSTS.values()]
        emu.seed(
            {"servers": [{"id": n, "ipAddress": OURS} for n in HOSTS.values()], "webapps": apps, "domains": domains}
        )
        self.source = folder / "snapshot.json"
        self.want(*HERE, "proxied.com", "moved.com")
        hosts: dict[str, dict[str, Any]] = {
            host: {"runcloud_server_id": number, "runcloud_webapp_id": number} for host, number in HOSTS.items()
        }
        for host in ("single", "strict"):
            hosts[host]["multisite_domains_expected_addresses"] = [OURS]
        hosts["strict"]["multisite_domains_add_when"] = "ready"
        everywhere = {
            **FROM_FILES,
            "runcloud_api_token": TOKEN,
            "multisite_domains_api_url": emu.url,
            "multisite_domains_file": str(self.source),
            "multisite_domains_dns": True,
            "multisite_domains_dns_nameservers": [f"{RECURSIVE}:{server.port}"],
            "multisite_domains_dns_timeout": 10.0,
            # What comes of certificates is told by test_role_certificates.py.
            "multisite_domains_ssl_policy": "none",
            "multisite_domains_sample": 0,
        }
        self.hosts = inventory(folder, hosts, everywhere)

    def want(self, *names: str, given_up: str = "given-up.com") -> None:
        """What the multisite holds; the plugin gave up on one name."""
        document = snapshot(*names, given_up)
        document["mappings"][-1]["stage"] = "failed"
        write_json(self.source, document)

    def careless(self) -> str:
        """A play that ignores errors, and has the facts of an earlier pass at hand, by which a name would be added."""
        fact = {"name": "new.com", "state": "ready", "ready": True, "message": "", "record": None}
        earlier = {"format": "wpmultisite.dns/1", "valid": True, "reason": None, "hosts": [fact]}
        play = {
            "hosts": "multisites",
            "gather_facts": False,
            "ignore_errors": True,
            "pre_tasks": [{"ansible.builtin.set_fact": {"multisite_domains_dns_facts": earlier}}],
            "roles": [{"role": ROLE}],
        }
        return write_json(self.folder / "site.yml", [play])

    def tell(self, *words: str, playbook: str = CONVERGE, status: int = 0) -> Told:
        """A run of the playbook."""
        self.emu.clear_journal()
        environment = {"XDG_STATE_HOME": str(self.folder / "state"), "ANSIBLE_PIPELINING": "true"}
        ran = run(self.folder, "-i", self.hosts, playbook, *words, environment=environment, status=status)
        memories = {}
        for host in HOSTS:
            file = self.folder / "state/wpmultisite.runcloud/networks" / host / "dns.json"
            memories[host] = json.loads(file.read_text())["ready"] if file.exists() else []
        return Told(ran, [str(entry) for entry in self.emu.journal], memories)


@pytest.fixture(scope="module")
def story(emu: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Told]]:
    """The runs by name, one after the other."""
    with running() as server:
        world = World(emu, server, tmp_path_factory.mktemp("dns"))
        for name in (NETWORK, *HERE):
            server.point(name, a=[OURS])
        server.point("proxied.com", a=[CLOUDFLARE])
        for name in ("moved.com", "given-up.com"):
            server.point(name, a=[ELSEWHERE])
        told = {"check": world.tell("--check"), "first": world.tell()}
        for name in ("moved.com", "given-up.com"):
            server.point(name, a=[OURS])
        told |= {"pointed": world.tell(), "again": world.tell()}
        server.point("moved.com", a=[ELSEWHERE])
        told["left"] = world.tell("--check")
        server.point("moved.com", a=[OURS])
        # A new customer, whose DNS is right, on the day on which most others seem to be gone.
        world.want(*HERE, "proxied.com", "moved.com", "new.com")
        server.point("new.com", a=[OURS])
        for name in HERE:
            server.forget(name)
        told["invalid"] = world.tell("-e", "multisite_domains_purge=true")
        server.fault("servfail", "")  # the root: what a resolver cannot answer that does not work
        told["dead"] = world.tell(status=2)
        told["careless"] = world.tell(playbook=world.careless())
        yield told


def test_check_mode_predicts_the_run_and_leaves_no_memory(story: dict[str, Told]) -> None:
    for host in HOSTS:
        assert story["check"].writes(host) == []
        assert story["check"].memories[host] == []
        for verb in ("added", "waiting"):
            would = "would be added" if verb == "added" else verb
            assert story["check"].ran.entries(host, would) == story["first"].ran.entries(host, verb) != {}


@pytest.mark.parametrize("host", ["shared", "strict"])
def test_a_name_whose_dns_is_elsewhere_waits_with_the_record_to_set(story: dict[str, Told], host: str) -> None:
    assert list(story["first"].ran.entries(host, "added")) == [*HERE, "proxied.com"]
    waiting = story["first"].ran.entries(host, "waiting")
    assert sorted(waiting) == ["given-up.com", "moved.com"]
    assert ELSEWHERE in waiting["moved.com"] and waiting["moved.com"].endswith(SET)


def test_where_each_name_has_its_own_certificate_only_the_plugin_s_verdict_waits(story: dict[str, Told]) -> None:
    assert sorted(story["first"].ran.entries("single", "added")) == [*HERE, "moved.com", "proxied.com"]
    assert list(story["first"].ran.entries("single", "waiting")) == ["given-up.com"]


def test_the_address_of_the_server_and_the_mode_of_its_certificates_cost_a_call_each(story: dict[str, Told]) -> None:
    app = "/servers/11/webapps/11"
    shared = [call.partition("?")[0] for call in story["check"].of("shared")]
    assert shared == [
        "GET /servers/11",
        f"GET {app}/domains",
        f"GET {app}/ssl/advanced",
        "GET /servers/11",
        f"GET {app}",
    ]
    assert [call for call in story["first"].of("strict") if "ssl" in call] == []


def test_the_summary_counts_the_call_for_the_address(story: dict[str, Told]) -> None:
    for host in HOSTS:
        calls = len(story["first"].of(host))
        assert story["first"].ran.summary(host)[0].endswith(f"({calls} API calls)")


@pytest.mark.parametrize(("host", "names"), [("shared", ["given-up.com", "moved.com"]), ("single", ["given-up.com"])])
def test_a_name_is_added_once_its_dns_points_here(story: dict[str, Told], host: str, names: list[str]) -> None:
    assert list(story["pointed"].ran.entries(host, "added")) == names
    assert story["pointed"].ran.entries(host, "waiting") == {}


def test_the_run_again_finds_nothing_to_do(story: dict[str, Told]) -> None:
    for host in HOSTS:
        assert story["again"].writes(host) == []
        assert story["again"].ran.recap(host)["changed"] == 0
        assert story["again"].memories[host] == sorted([NETWORK, *HERE, "given-up.com", "moved.com", "proxied.com"])


@pytest.mark.parametrize("host", HOSTS)
def test_a_customer_who_moved_away_is_told_and_nothing_is_removed(story: dict[str, Told], host: str) -> None:
    words = f"its DNS leads elsewhere (1): moved.com (A {ELSEWHERE})"
    for name, times in (("again", 0), ("left", 1), ("invalid", 0)):
        assert sum(words in line for line in story[name].ran.summary(host)) == times, name
    assert not any("removed  " in line for line in story["left"].ran.summary(host))


def test_what_the_plugin_gave_up_on_waits_for_its_dns_alone(story: dict[str, Told]) -> None:
    reason = story["first"].ran.entries("single", "waiting")["given-up.com"]
    assert (
        "it is added as soon as its DNS points here: given-up.com leads elsewhere" in reason and "save it" not in reason
    )


@pytest.mark.parametrize("host", ["shared", "strict"])
def test_facts_that_cannot_be_believed_add_and_remove_nothing(story: dict[str, Told], host: str) -> None:
    told = story["invalid"]
    assert told.writes(host) == []
    assert "here0.com" in told.ran.entries(host, "waiting")["new.com"]
    assert told.ran.recap(host)["failed"] == 0
    # The names that were ready are still remembered, so that they are missed in the next run too.
    assert told.memories[host] == story["again"].memories[host]


def test_a_resolver_that_does_not_work_stops_the_run_before_the_plan(story: dict[str, Told]) -> None:
    for host in HOSTS:
        failure = story["dead"].ran.failure(host)
        assert "No DNS resolver works" in failure and "Nothing was changed" in failure
        assert story["dead"].writes(host) == []
        assert [call for call in story["dead"].of(host) if "/domains" in call] == []
        assert story["dead"].memories[host] == story["again"].memories[host]


def test_a_play_that_ignores_errors_gets_no_further_either(story: dict[str, Told]) -> None:
    for host in HOSTS:
        assert story["careless"].ran.recap(host)["ignored"] > 0
        assert [call for call in story["careless"].of(host) if "/domains" in call] == []
