# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every edge case from the rows of a real database, by the PHP program, the filter and the module, to the panel's records."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from ansible_collections.wpmultisite.runcloud.plugins.filter.desired_domains import desired_domains

from tests.emulator import Emulator
from tests.modules.dns_names import ELSEWHERE, OURS, Lookup
from tests.modules.harness import Runner
from tests.source.conftest import Module
from tests.wordpress import Network

from .case import Case, columns, runnable
from .facts import STATES
from .rows import NETWORK

VERBS = {"added": "POST", "updated": "PATCH", "removed": "DELETE"}


def fill(network: Network, case: Case) -> None:
    """Puts the rows of a case into the database in the place of those that WordPress made."""
    assert network.domain == NETWORK
    snapshot = case.snapshot()
    for table in ("blogs", "wu_domain_mappings"):
        network.sql(f"DELETE FROM {network.table(table)}")
    # The column of a later plugin knows more stages, and that of an older one left the empty text behind.
    network.sql(f"ALTER TABLE {network.table('wu_domain_mappings')} MODIFY stage varchar(40) DEFAULT NULL")
    for blog in snapshot["blogs"]:
        insert(network, "blogs", columns(blog))
    for row in snapshot["mappings"]:
        insert(
            network, "wu_domain_mappings", {("primary_domain" if key == "primary" else key): row[key] for key in row}
        )
    if not case.subdomain:
        text = network.config_text()
        assert "'SUBDOMAIN_INSTALL', true" in text
        network.config.write_text(text.replace("'SUBDOMAIN_INSTALL', true", "'SUBDOMAIN_INSTALL', false"))


def insert(network: Network, table: str, row: dict[str, Any]) -> None:
    """One row as it is, its id included."""
    names, marks = ", ".join(f"`{name}`" for name in row), ", ".join(["%s"] * len(row))
    network.sql(f"INSERT INTO {network.table(table)} ({names}) VALUES ({marks})", list(row.values()))


def stock(emu: Emulator, network: Network, case: Case) -> None:
    """Puts the web app's records into the panel; the web app is the one that WordPress lies in."""
    rows = [{**row, "www": int(row["www"]), "wildcard": int(row["name"].startswith("*."))} for row in case.records()]
    webapp = {"id": 2, "name": "network", "rootPath": str(network.path), **case.mode}
    emu.seed({"webapps": [webapp], "domains": rows})


def ask(lookup: Lookup, case: Case, desired: dict[str, Any]) -> dict[str, Any] | None:
    """What domain_dns_info says when the name servers hold what the case says; None for a case without DNS."""
    if not case.dns:
        return None
    places = case.places(desired)
    for host, place in {**case.dns, **places}.items():
        if place != "nowhere":
            lookup.server.point(host, a=[{"here": OURS, "elsewhere": ELSEWHERE}[place]])
    result = lookup(*desired["hosts_to_check"], dns_timeout=2)
    assert not result.failed, result["msg"]
    told = {row["name"]: row["state"] for row in result["dns"]["hosts"]}
    # A name without addresses exists all the same where its www does.
    nowhere = {"nowhere": {"nxdomain", "no_address"}}
    assert set(told) == set(places)
    assert all(told[host] in nowhere.get(place, {STATES.get(place, place)}) for host, place in places.items())
    return dict(result["dns"])


def held(emu: Emulator) -> dict[str, dict[str, Any]]:
    """The panel's records: name → flags."""
    rows = emu.domains(2)
    assert len({row["name"] for row in rows}) == len(rows)
    return {
        row["name"]: {"type": row["type"], "www": bool(row["www"]), "redirection": row["redirection"]} for row in rows
    }


def verbs(emu: Emulator) -> list[str]:
    """The verbs of the writes, in their order."""
    return [verb for verb, _path, _body in emu.writes()]


def posted(emu: Emulator) -> dict[str, dict[str, Any]]:
    """What was sent to add records: name → flags."""
    return {
        body["name"]: {key: value for key, value in body.items() if key != "name"}
        for verb, _path, body in emu.writes()
        if verb == "POST"
    }


def read(info: Module, network: Network, case: Case) -> dict[str, Any]:
    """Damages what the case wants damaged and reads."""
    if "sql" in case.damage:
        network.sql(case.damage["sql"])
    if "config" in case.damage:
        network.write_config(extra=case.damage["config"])
    php = shutil.which(case.damage.get("php", "php"))
    return info(network, source="php", php_executable=php)


@pytest.mark.parametrize("case", runnable("stack"), ids=str)
def test_from_the_database_to_the_panel(
    case: Case, network: Network, emu: Emulator, run: Runner, info: Module, lookup: Lookup
) -> None:
    fill(network, case)
    stock(emu, network, case)
    before = held(emu)
    answer = read(info, network, case)
    if case.expect.read_fails:
        assert answer["failed"] and case.expect.read_fails in answer["msg"]
        assert "snapshot" not in answer and emu.calls() == []
        return
    snapshot = answer["snapshot"]
    for rows in ("networks", "blogs", "mappings", "counts"):
        assert snapshot[rows] == case.snapshot()[rows]
    desired = desired_domains(snapshot, **case.filter)
    options = {name: desired[name] for name in ("network", "domains", "refused", "roots", "subdomain_install")}
    options["dns"] = ask(lookup, case, desired)
    assert options["roots"] == [str(network.path)]

    foreseen = run("domains", check=True, **options, **case.module)
    case.check(foreseen, desired)
    assert emu.writes() == [] and held(emu) == before

    result = run("domains", **options, **case.module)
    case.check(result, desired)
    assert not result.failed
    assert result["changed"] is (case.after() != before)
    assert verbs(emu) == [verb for kind, verb in VERBS.items() for _ in getattr(case.expect, kind)]
    assert posted(emu) == case.expect.added
    assert held(emu) == case.after()

    writes = emu.writes()
    again = run("domains", **options, **case.module)
    assert again["changed"] is False and not again.failed
    assert emu.writes() == writes and held(emu) == case.after()
