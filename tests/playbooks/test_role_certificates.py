# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's second half with real DNS and real TLS: who gets a certificate, who waits, who is forbidden one, what visitors see.

Two networks: ``advanced``, where each domain has a certificate of its own, and ``basic``, where the web app has one for all.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import Emulator
from tests.nameserver import RECURSIVE, Nameserver, running
from tests.playbooks.certificates import ELSEWHERE, OURS, Told, tell, visited
from tests.playbooks.runner import CONVERGE, FROM_FILES, ROLE, inventory, snapshot, write_json

HOSTS = {"advanced": 11, "basic": 12}
NEW = ["one.com", "two.com"]
FORBIDDEN, MOVED, EXTERNAL, LOOKED_AT = "caa.com", "moved.com", "external.com", "looked-at.com"
ADVANCED = [*NEW, FORBIDDEN, MOVED, EXTERNAL, LOOKED_AT]
BASIC = ["first.com", "second.com"]
LOOK = {"hosts": "multisites", "gather_facts": False, "check_mode": True, "roles": [ROLE]}


class World:
    """The panel with its web server, the name servers and the inventory; ``tell`` runs the playbook."""

    def __init__(self, emu: Emulator, server: Nameserver, folder: Path) -> None:
        self.emu, self.server, self.folder = emu, server, folder
        emu.seed(
            {
                "servers": [{"id": number, "ipAddress": OURS} for number in HOSTS.values()],
                "webapps": [
                    {"id": number, "server_id": number, "advancedSSL": host == "advanced"}
                    for host, number in HOSTS.items()
                ],
                "domains": [{"webapp_id": number, "name": f"{host}.net"} for host, number in HOSTS.items()],
            }
        )
        emu.resolve_by(RECURSIVE, server.port)
        emu.switch(issuance_polls=1)
        hosts: dict[str, dict[str, Any]] = {}
        for host, number in HOSTS.items():
            emu.put_certificate(number, f"{host}.net" if host == "advanced" else None, lifetime=90, age=10)
            hosts[host] = {
                "runcloud_server_id": number,
                "runcloud_webapp_id": number,
                "multisite_domains_file": str(folder / f"{host}.json"),
            }
        hosts["advanced"]["multisite_domains_overrides"] = [
            {"name": EXTERNAL, "ssl_policy": "external"},
            {"name": LOOKED_AT, "ssl_policy": "report"},
        ]
        self.want("advanced", *ADVANCED)
        self.want("basic", *BASIC)
        everywhere = {**FROM_FILES, **visited(emu, server)}
        self.hosts = inventory(folder, hosts, everywhere)

    def want(self, host: str, *names: str) -> None:
        """What a multisite holds."""
        write_json(self.folder / f"{host}.json", snapshot(*names, network=f"{host}.net"))

    def tell(self, *words: str, status: int = 0, playbook: str = CONVERGE) -> Told:
        """A run of the playbook."""
        return tell(self.emu, self.folder, self.hosts, *words, status=status, playbook=playbook)


@pytest.fixture(scope="module")
def story(emu: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Told]]:
    """The runs by name, one after the other."""
    with running() as server:
        world = World(emu, server, tmp_path_factory.mktemp("certificates"))
        for name in ("advanced.net", "basic.net", *NEW, EXTERNAL, LOOKED_AT, BASIC[0]):
            server.point(name, a=[OURS])
        server.point(FORBIDDEN, a=[OURS], caa=['0 issue "digicert.com"'])
        for name in (MOVED, BASIC[1]):
            server.point(name, a=[ELSEWHERE])
        told = {
            "off": world.tell("-e", "multisite_domains_ssl_policy=none", "--limit", "basic"),
            "check": world.tell("--check"),
            "keyword": world.tell(playbook=write_json(world.folder / "look.yml", [LOOK])),
            "first": world.tell(),
            "again": world.tell(),
        }
        server.point(MOVED, a=[OURS])
        server.point(BASIC[1], a=[OURS])
        paused = '{"multisite_domains_paused": {"reason": "a move", "since": "2026-11-20"}}'
        told["paused"] = world.tell("--limit", "advanced", "-e", paused)
        told["pointed"] = world.tell()
        told["settled"] = world.tell()
        told["there"] = world.tell(
            "-e", '{"multisite_domains_tls_on": "web_host", "multisite_domains_tls_connect_to": ""}'
        )
        # From here on every site is broken by whatever a run writes.
        emu.switch(web_server="breaks")
        limit = ("--limit", "advanced", "-e", "__multisite_domains_moment=0")
        server.point(FORBIDDEN, a=[OURS])
        told["ordered"] = world.tell(*limit, status=2)
        emu.switch(web_server="confuses")
        told["confused"] = world.tell(*limit, "-e", '{"multisite_domains_overrides": []}', status=2)
        emu.switch(web_server="breaks")
        server.point("late.com", a=[OURS])
        server.point("later.com", a=[OURS])
        world.want("advanced", *ADVANCED, "late.com")
        told["stopped"] = world.tell(*limit, status=2)
        world.want("advanced", *ADVANCED, "late.com", "later.com")
        told["unguarded"] = world.tell(*limit, "-e", "multisite_domains_sample=0")
        yield told


def test_the_policy_none_asks_nothing_of_certificates(story: dict[str, Told]) -> None:
    # A name that would spoil the shared certificate costs the question for the mode.
    assert [call for call in story["off"].of(HOSTS["basic"]) if "/ssl" in call] == [
        "GET /servers/12/webapps/12/ssl/advanced"
    ]
    assert story["off"].orders == []
    assert not any(path.endswith("attempts.json") for path in story["off"].memories)
    # It adds what is ready all the same.
    assert story["off"].writes(HOSTS["basic"]) == ["POST /servers/12/webapps/12/domains"]


# Ansible's variable for check mode says nothing of the keyword.
@pytest.mark.parametrize("run", ["check", "keyword"])
def test_check_mode_orders_and_remembers_nothing(story: dict[str, Told], run: str) -> None:
    for host in HOSTS:
        assert story[run].writes(HOSTS[host]) == []
    assert story[run].orders == []
    assert "advanced/attempts.json" not in story[run].memories
    # What would be added can only be ordered by a run that adds it.
    (line,) = [line for line in story[run].lines("advanced") if line.startswith("later")]
    assert all(name in line for name in NEW)


def test_only_what_is_ready_is_ordered_name_by_name(story: dict[str, Told]) -> None:
    first = story["first"]
    assert sorted(first.orders) == [[name] for name in NEW]
    named = first.named("advanced")
    assert {name for name, (word, _) in named.items() if word == "issued"} == set(NEW)


def test_who_waits_is_told_the_record_and_who_is_forbidden_the_caa_record(story: dict[str, Told]) -> None:
    named = story["first"].named("advanced")
    word, reason = named[MOVED]
    assert (
        word == "waiting"
        and f"A {ELSEWHERE}" in reason
        and f"Set an A record for {MOVED} with the value {OURS}" in reason
    )
    word, reason = named[FORBIDDEN]
    assert word == "forbidden" and "digicert.com" in reason and '0 issue "letsencrypt.org"' in reason


def test_a_policy_of_its_own_goes_for_one_name(story: dict[str, Told]) -> None:
    named = story["first"].named("advanced")
    (note,) = [line for line in story["first"].lines("advanced") if EXTERNAL in line]
    assert note.startswith("note  external.com: visitors see no valid certificate")
    assert named[LOOKED_AT][0] == "waiting" and "report" in named[LOOKED_AT][1]


def test_under_basic_a_name_that_is_not_ready_never_reaches_the_shared_certificate(story: dict[str, Told]) -> None:
    assert BASIC[1] in story["first"].ran.text
    assert BASIC[1] not in story["first"].named("basic")
    assert story["again"].orders == [["basic.net", BASIC[0]]]
    assert story["pointed"].orders == [[MOVED]]


def test_the_shared_certificate_is_never_ordered_by_a_run_without_memory(story: dict[str, Told]) -> None:
    assert [call for call in story["first"].writes(HOSTS["basic"]) if "/ssl" in call] == []
    word, reason = story["first"].named("basic")[BASIC[0]]
    assert word == "blocked" and "multisite_domains_state_dir" in reason
    (write,) = story["again"].writes(HOSTS["basic"])
    assert re.fullmatch(r"PUT /servers/12/webapps/12/ssl/\d+", write)


def test_the_run_again_writes_nothing(story: dict[str, Told]) -> None:
    for name, host in (("again", "advanced"), ("settled", "advanced"), ("settled", "basic")):
        assert story[name].writes(HOSTS[host]) == []
        assert story[name].ran.recap(host)["changed"] == 0
    assert story["settled"].orders == []


def test_basic_orders_at_most_once_a_day(story: dict[str, Told]) -> None:
    named = story["pointed"].named("basic")
    assert named[BASIC[1]][0] == "waiting"


@pytest.mark.parametrize("host", HOSTS)
def test_the_web_host_sees_its_own_web_server_the_same(story: dict[str, Told], host: str) -> None:
    there, here = story["there"], story["settled"]
    assert there.lines(host)[0] == here.lines(host)[0] and there.writes(HOSTS[host]) == []
    for told, looks in ((there, True), (here, False)):
        tasks = told.ran.output.split("TASK [")
        found = [task for task in tasks if "Look | At the certificates, from the web host]" in task]
        assert found and any(f"ok: [{host}]" in task for task in found) is looks


def test_the_calls_of_a_run_in_sync(story: dict[str, Told]) -> None:
    calls = [
        re.sub(r"\?.*", "", call).replace("/servers/11/webapps/11", "")
        for call in story["settled"].of(HOSTS["advanced"])
    ]
    assert calls == ["GET /domains", "GET /ssl/advanced", "GET /domains", "GET /ssl"]


def test_a_site_that_no_longer_answers_ends_the_run_before_any_order(story: dict[str, Told]) -> None:
    stopped = story["stopped"]
    assert stopped.writes(HOSTS["advanced"]) == ["POST /servers/11/webapps/11/domains"]
    failure = stopped.ran.failure("advanced")
    assert "answered before this run and no longer do: advanced.net: HTTP 502; " in failure
    assert "No certificate was ordered." in failure and "The run has added late.com." in failure
    (command,) = re.findall(
        r"ansible-playbook -i \S+/inventory.json wpmultisite.runcloud.restore --limit advanced -e multisite_domains_backup_file=(\S+\.json)",
        failure,
    )
    (stored,) = set(re.findall(r"run: (\S+\.json)", stopped.ran.output))
    assert command == stored


def test_a_site_that_no_longer_answers_after_an_order_fails_the_run(story: dict[str, Told]) -> None:
    ordered = story["ordered"]
    assert ordered.orders == [[FORBIDDEN]] and len(ordered.writes(HOSTS["advanced"])) == 1
    failure = ordered.ran.failure("advanced")
    assert "answered before this run and no longer do: advanced.net: HTTP 502; " in failure
    assert "The run has changed no record of the web app." in failure and "does not come back by a restore" in failure
    assert "wpmultisite.runcloud.restore" not in failure
    # The summary stands before it.
    assert ordered.named("advanced")[FORBIDDEN][0] == "issued"


def test_a_page_behind_the_certificate_of_another_site_is_no_answer(story: dict[str, Told]) -> None:
    confused = story["confused"]
    assert sorted(confused.orders) == [[EXTERNAL], [LOOKED_AT]]
    failure = confused.ran.failure("advanced")
    assert "no longer do: advanced.net: another site answers, with a certificate for other.example" in failure


def test_a_network_that_is_held_is_told_what_would_be_ordered_and_is_not_changed(story: dict[str, Told]) -> None:
    paused = story["paused"]
    assert paused.orders == [] and paused.writes(HOSTS["advanced"]) == []
    assert paused.named("advanced")[MOVED][0] == "would be ordered"
    assert paused.ran.recap("advanced")["changed"] == 0


def test_without_the_sample_the_same_run_goes_on_and_orders(story: dict[str, Told]) -> None:
    assert sorted(story["unguarded"].orders) == [["late.com"], ["later.com"]]
