# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input, each with a clear text and nothing written: one run in which every host has a fault of its own.

What a module says about each option and each answer is tested module by module; here stands what a person sees at the end.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.emulator import KEY, SECRET, TOKEN, Emulator, Entry
from tests.modules.memory import ledger
from tests.playbooks.runner import CONVERGE, FROM_FILES, Ran, inventory, run, snapshot, write_json

WRONG_TOKEN = "not-the-token-0003"
TOO_MANY = [f"c{number:02}.com" for number in range(51)]


class Case(NamedTuple):
    """A host: variables that differ from a good host's (None takes one away), what the failure says, how many calls it may cost."""

    variables: dict[str, Any]
    says: str
    calls: int = 0
    snapshot: Any = None  # the document, when it is not the good one


PHP = {"multisite_domains_source": "php"}
CASES = {
    # credentials
    "no-credentials": Case(
        {"runcloud_api_token": None},
        "No credentials: give runcloud_api_token (API v3), or runcloud_api_key and runcloud_api_secret (API v2)",
    ),
    "both-kinds": Case({"runcloud_api_key": KEY, "runcloud_api_secret": SECRET}, "give one kind"),
    "short-token": Case({"runcloud_api_token": "true"}, "runcloud_api_token is shorter than 8 characters"),
    "wrong-token": Case(
        {"runcloud_api_token": WRONG_TOKEN},
        "HTTP 401: Invalid API Token. The panel refuses the credentials. Three causes",
        1,
    ),
    # which panel, server, web app
    "unreachable": Case(
        {"multisite_domains_api_url": "http://127.0.0.1:PORT/api"},
        "cannot connect. Check the network, multisite_domains_api_url and any proxy.",
    ),
    "wrong-server": Case(
        {"runcloud_server_id": 999},
        "HTTP 404: Not Found. The panel knows no such thing, or these credentials may not see it: check the ids (runcloud_server_id, runcloud_webapp_id)",
        1,
    ),
    "wrong-app": Case(
        {"runcloud_webapp_id": 999},
        "HTTP 404: Not Found. The panel knows no such thing, or these credentials may not see it: check the ids (runcloud_server_id, runcloud_webapp_id)",
        1,
    ),
    "other-network": Case(
        {},
        "The web app does not serve other.com, so it may be the wrong one.",
        3,
        snapshot("a.com", network="other.com"),
    ),
    "other-folder": Case(
        {},
        "WordPress lies in /srv/elsewhere, but the web app other-folder lies in /home/runcloud/webapps/other-folder: check runcloud_webapp_id.",
        3,
    ),
    # answers
    "html": Case(
        {},
        "an HTML page came instead of JSON. Check multisite_domains_api_url, and whether a proxy answers in RunCloud's place.",
        1,
    ),
    "not-json": Case({}, "something that is not JSON came instead of JSON.", 1),
    # plans
    "too-many": Case(
        {},
        "51 domains would be added, and multisite_domains_max_adds is 50. If that is right, set multisite_domains_max_adds: 51.",
        3,
        snapshot(*TOO_MANY),
    ),
    "staging": Case({}, "The list is refused: WordPress calls itself a staging environment"),
    # ownership
    "purge-by-nobody": Case(
        {"multisite_domains_purge": True, "multisite_domains_ownership": "none"},
        "multisite_domains_purge removes records, and multisite_domains_ownership: none only adds them.",
    ),
    "purge-unread": Case(
        {"multisite_domains_purge": True},
        "Nothing was removed, because the list must not be purged by: "
        "multisite_domains_mapping_plugin is none, but the tables of mapping plugins hold 3 domains",
        1,
        snapshot(mapping_plugin={"name": "none", "version": None, "schema": None, "unread_rows": 3}),
    ),
    "paused-since-ever": Case(
        {"multisite_domains_paused": {"reason": "it moves"}},
        "multisite_domains_paused must say reason and since",
    ),
    # certificates
    "dns-01-alone": Case(
        {"multisite_domains_ssl_authorization_method": "dns-01"},
        "multisite_domains_ssl_authorization_method: dns-01 needs multisite_domains_ssl_external_api",
    ),
    "external-api-alone": Case(
        {"multisite_domains_ssl_external_api": "31"},
        "multisite_domains_ssl_external_api is for multisite_domains_ssl_authorization_method: dns-01.",
    ),
    "nudge-nowhere": Case({"multisite_domains_nudge": True}, "multisite_domains_nudge needs multisite_domains_path"),
    "state-relative": Case(
        {"multisite_domains_state_dir": "state"}, "multisite_domains_state_dir must be an absolute path"
    ),
    "state-unwritable": Case({"multisite_domains_state_dir": "/proc/nowhere/one"}, "Check the state directory", 3),
    "state-of-another": Case(
        {"multisite_domains_state_dir": "OTHER"}, "it belongs to the network other.com, not to network.com"
    ),
    # snapshots
    "snapshot-empty": Case({}, "cannot be used: it is empty.", snapshot=""),
    "snapshot-no-yaml": Case(
        {}, "is neither YAML nor JSON (line 1, column 18). Write it again.", snapshot="format: [unclosed"
    ),
    "snapshot-version": Case(
        {},
        "its format is 'wpmultisite.snapshot/9'; this version of the collection reads wpmultisite.snapshot/1.",
        snapshot={"format": "wpmultisite.snapshot/9"},
    ),
    "snapshot-counts": Case(
        {},
        "mappings holds 1 rows, but counts.mappings says 2: the read was incomplete.",
        snapshot=snapshot("a.com", counts={"networks": 1, "blogs": 1, "mappings": 2}),
    ),
    # the read on the web host
    "wrong-path": Case({**PHP, "multisite_domains_path": "/nonexistent"}, "it is no folder that exists. Correct path."),
    "no-php": Case(
        {**PHP, "multisite_domains_path": "SKELETON", "multisite_domains_php_executable": "/nonexistent/php"},
        "cannot start /nonexistent/php",
    ),
    "database-down": Case(
        {**PHP, "multisite_domains_path": "SKELETON"},
        "the database connection failed: no database server answers (error 2002).",
    ),
    # arguments of the role
    "id-is-text": Case(
        {"runcloud_server_id": "web-1"},
        "argument 'runcloud_server_id' is of type str and we were unable to convert to int",
    ),
    "no-webapp": Case({"runcloud_webapp_id": None}, "missing required arguments: runcloud_webapp_id"),
    "unknown-policy": Case(
        {"multisite_domains_www_policy": "sometimes"},
        "value of multisite_domains_www_policy must be one of: keep, setting, always, main_only, never",
    ),
    "misspelt": Case(
        {"multisite_domains_exclud": ["a.com"]}, "Unknown variables (misspelt?): multisite_domains_exclud."
    ),
    "text-for-a-list": Case({"multisite_domains_keep": "a.com"}, "These must be lists: multisite_domains_keep."),
    "no-path": Case(PHP, "multisite_domains_path (the WordPress folder on the web host) is needed for the source php."),
    "no-login": Case(
        {"multisite_domains_source": "database", "multisite_domains_environment": "production"},
        "multisite_domains_login_db (the name of the database) is needed for the source database."
        " multisite_domains_login_user (a user who may read it) is needed for the source database.",
    ),
    "no-rest-key": Case(
        {"multisite_domains_source": "rest", "multisite_domains_rest_url": "https://network.com/"},
        "multisite_domains_rest_key (the API key of Ultimate Multisite) is needed for the source rest."
        " multisite_domains_rest_secret (the secret that belongs to the key) is needed for the source rest.",
    ),
    "no-command": Case(
        {"multisite_domains_source": "command", "multisite_domains_command": []},
        "multisite_domains_command (a program that prints the snapshot, and its arguments) is needed",
    ),
    "php-on-the-control-node": Case(
        {**PHP, "multisite_domains_path": "SKELETON", "multisite_domains_read_on": "control_node"},
        "multisite_domains_read_on: control_node is for the sources command and database, not for php",
    ),
    "command-is-text": Case(
        {"multisite_domains_source": "command", "multisite_domains_command": "/bin/true"},
        "These must be lists: multisite_domains_command.",
    ),
    # policies
    "unknown-stage": Case(
        {"multisite_domains_stage_policy": {"finished": "keep"}},
        "The list is refused: multisite_domains_stage_policy: 'finished' is none of checking-dns",
    ),
    "no-such-network": Case(
        {"multisite_domains_networks_in_scope": ["elsewhere.net"]},
        "multisite_domains_networks_in_scope[0]: 'elsewhere.net' is no network of this database, which has 1 (network.com)",
    ),
    "excluded-twice": Case(
        {"multisite_domains_exclude": ["clint one"]},
        "Nothing was changed. The list is refused: multisite_domains_exclude: 'clint one': characters that a host name cannot have.",
    ),
    # what is saved for a run without credentials
    "listing-to-write-by": Case(
        {"multisite_domains_listing_in": "/nonexistent.json"},
        "Nothing was changed. multisite_domains_listing_in is for check mode: a run that writes asks RunCloud what there is.",
    ),
    "listing-and-dns": Case(
        {"multisite_domains_listing_in": "listing.json", "multisite_domains_dns": True},
        "set multisite_domains_expected_addresses, or multisite_domains_dns: false.",
    ),
    "listing-unnamed": Case(
        {"multisite_domains_listing_in": ""}, "multisite_domains_listing_in must be an absolute path"
    ),
    "listing-nowhere": Case(
        {"multisite_domains_listing_out": "/nonexistent/listing.json"},
        "multisite_domains_listing_out: /nonexistent/listing.json cannot be written: /nonexistent does not exist. Make it first.",
    ),
    "snapshot-nowhere": Case(
        {"multisite_domains_snapshot_out": "/nonexistent/snapshot.json"},
        "Destination directory /nonexistent does not exist",
    ),
    # DNS
    "ready-without-dns": Case(
        {"multisite_domains_add_when": "ready"},
        "multisite_domains_add_when: ready needs multisite_domains_dns: without DNS no name is ready.",
    ),
    "dns-options": Case(
        {
            "multisite_domains_dns": True,
            "multisite_domains_state_dir": "state",
            "multisite_domains_expected_addresses": ["203.0.113.300"],
            "multisite_domains_dns_nameservers": ["dns.google"],
        },
        "Nothing was changed. multisite_domains_expected_addresses",
    ),
    "token-is-a-list": Case({"runcloud_api_token": [TOKEN]}, "HTTP 401: Invalid API Token.", 1),
}


class World(NamedTuple):
    """The run, what the panel was asked, and the numbers of the hosts' web apps."""

    ran: Ran
    journal: list[Entry]
    webapps: dict[str, int]

    def asked(self, host: str) -> list[Entry]:
        """What the panel was asked for a host."""
        server, app = {"wrong-server": (999, None), "wrong-app": (None, 999)}.get(host, (None, None))
        number = self.webapps[host]
        return [
            entry
            for entry in self.journal
            if re.match(rf"/servers/({server or number})(/webapps/({app or number})(/|$)|$)", entry.path)
        ]


def _seed(emu: Emulator) -> dict[str, int]:
    """A server and a web app of the same number for each host."""
    numbers = {host: number for number, host in enumerate(CASES, 101)}
    servers = [{"id": number} for number in numbers.values()]
    apps = [{"id": number, "server_id": number, "name": host} for host, number in numbers.items()]
    domains = [{"webapp_id": number, "name": "network.com"} for number in numbers.values()]
    emu.seed({"servers": servers, "webapps": apps, "domains": domains})
    emu.fault(path=f"/webapps/{numbers['html']}/", action="html", status=200)
    emu.fault(path=f"/webapps/{numbers['not-json']}/", action="not_json")
    return numbers


def _snapshot(host: str) -> Any:
    document = snapshot("a.com")
    if host == "other-folder":
        document["wordpress"]["root"] = "/srv/elsewhere"
    if host == "staging":
        document["wordpress"]["environment_type"] = "staging"
    return document


@pytest.fixture(scope="module")
def world(emu: Emulator, skeleton: tuple[Path, int], tmp_path_factory: pytest.TempPathFactory) -> World:
    """All hosts in one run."""
    folder = tmp_path_factory.mktemp("bad-input")
    numbers = _seed(emu)
    other = folder / "state of other.com"
    other.mkdir()
    target = {"api_url": emu.url, "server_id": numbers["state-of-another"], "webapp_id": numbers["state-of-another"]}
    write_json(other / "ledger.json", ledger(target, network="other.com"))
    hosts: dict[str, dict[str, Any]] = {}
    for host, number in numbers.items():
        case = CASES[host]
        file = folder / f"{host}.yml"
        document = _snapshot(host) if case.snapshot is None else case.snapshot
        if isinstance(document, str):
            file.write_text(document)
        else:
            write_json(file, document)
        good = {"runcloud_api_token": TOKEN, "runcloud_server_id": number, "runcloud_webapp_id": number}
        hosts[host] = {
            **good,
            "multisite_domains_file": str(file),
            "multisite_domains_api_url": emu.url,
            **case.variables,
        }
        for name, value in list(hosts[host].items()):
            if value is None:
                del hosts[host][name]
            elif isinstance(value, str):
                value = value.replace("PORT", str(skeleton[1])).replace("SKELETON", str(skeleton[0]))
                hosts[host][name] = value.replace("OTHER", str(other))
    everywhere = {
        **FROM_FILES,
        "multisite_domains_retry_budget": 0,
    }
    quick = {"ANSIBLE_PIPELINING": "true"}
    ran = run(folder, "-i", inventory(folder, hosts, everywhere), CONVERGE, status=2, environment=quick)
    return World(ran, emu.journal, numbers)


@pytest.mark.parametrize("host", CASES)
def test_a_clear_text(world: World, host: str) -> None:
    assert CASES[host].says in world.ran.failure(host)
    assert world.ran.recap(host)["failed"] == 1


@pytest.mark.parametrize("host", CASES)
def test_nothing_is_written_and_no_call_is_made_in_vain(world: World, host: str) -> None:
    entries = world.asked(host)
    assert [entry.method for entry in entries] == ["GET"] * CASES[host].calls


def test_every_call_belongs_to_a_case(world: World) -> None:
    assert len(world.journal) == sum(case.calls for case in CASES.values())


def test_no_output_holds_a_secret(world: World) -> None:
    assert [word for word in (TOKEN, WRONG_TOKEN, KEY, SECRET, "pass-of-nobody") if word in world.ran.text] == []


def test_the_summary_says_why_nothing_was_written(world: World) -> None:
    lines = world.ran.summary("too-many")
    assert lines[0].startswith("network.com: 51 would be added, ")
    assert lines[1].startswith("STOPPED  51 domains would be added, ")
    assert world.ran.summary("wrong-token")[1].startswith("FAILED  GET /servers/")
