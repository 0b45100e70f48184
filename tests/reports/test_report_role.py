# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of what the role itself leaves behind, with real DNS and real TLS; and that it is what panel and name servers hold."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.nameserver import RECURSIVE, running
from tests.playbooks.certificates import ELSEWHERE, OURS, visited
from tests.playbooks.runner import FROM_FILES, inventory, run, snapshot, write_json

from .parsers import of_document, of_markdown, of_page

READY = ["network.com", "add.com", "bare.com", "soon.com", "stuck.com", "caa.com", "hand.com"]
HELD = ["network.com", "bare.com", "soon.com", "stuck.com", "caa.com", "hand.com"]
DRIFT = "wpmultisite.runcloud.drift"
BLIND = ("-e", "multisite_report_dir=blind")


def reports(folder: Path) -> Path:
    """Where they are by default."""
    return folder / "state/wpmultisite.runcloud/report"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one look leaves."""
    folder = tmp_path_factory.mktemp("role")
    with Emulator() as emu, running() as server:
        emu.seed(
            {
                "servers": [{"id": 11, "ipAddress": OURS}],
                "webapps": [{"id": 11, "server_id": 11, "advancedSSL": True}],
                "domains": [{"webapp_id": 11, "name": name} for name in HELD],
            }
        )
        emu.resolve_by(RECURSIVE, server.port)
        emu.switch(renewal="never")
        for name, age in (("network.com", 10), ("stuck.com", 10), ("soon.com", 80)):
            emu.put_certificate(11, name, lifetime=90, age=age)
        for name in READY:
            server.point(name, a=[OURS], caa=['0 issue "digicert.com"'] if name == "caa.com" else [])
        server.point("moved.com", a=[ELSEWHERE])
        wanted = snapshot(
            "add.com", "bare.com", "soon.com", "stuck.com", "caa.com", "moved.com", "b_ad.com", "<script>.com"
        )
        for row in wanted["mappings"]:
            row["stage"] = "ssl-failed" if row["domain"] == "stuck.com" else row["stage"]
        write_json(folder / "alive.json", wanted)
        hosts = {
            name: {
                "runcloud_server_id": 11,
                "runcloud_webapp_id": 11,
                "multisite_domains_file": str(folder / f"{name}.json"),
                "multisite_domains_add_when": "ready",
            }
            for name in ("alive", "dead")
        }
        listed = inventory(folder, hosts, {**FROM_FILES, **visited(emu, server)})
        own = {"XDG_STATE_HOME": str(folder / "state")}
        run(folder, "-i", listed, DRIFT, environment=own, status=2)
        assert [str(entry) for entry in emu.journal if entry.method != "GET"] == []
        alive = ("--limit", "alive", "-e")
        # Nobody can see what visitors see.
        run(
            folder,
            "-i",
            listed,
            DRIFT,
            *alive,
            "multisite_domains_tls_ca_path=/nowhere.pem",
            *BLIND,
            environment=own,
            status=2,
        )
        # A write, after which the emulated web server has no page for anybody.
        run(
            folder,
            "-i",
            listed,
            "wpmultisite.runcloud.converge",
            *alive,
            "multisite_domains_sample=0 multisite_report_dir=",
            environment=own,
        )
        emu.switch(web_server="breaks")
        run(folder, "-i", listed, DRIFT, *alive, f"multisite_report_dir={folder}/broken", environment=own, status=2)
    return folder


def test_the_report_says_what_is_so(folder: Path) -> None:
    alive, dead = json.loads((reports(folder) / "fleet.json").read_text())["networks"]
    told = {(row["class"], row["kind"], row["name"]) for row in alive["items"]}
    assert told == {
        ("drift", "add", "add.com"),
        ("drift", "order", "bare.com"),
        ("attention", "ends", "soon.com"),
        ("attention", "stuck", "stuck.com"),
        ("waiting", "dns", "moved.com"),
        ("waiting", "caa", "caa.com"),
        ("foreign", "foreign", "hand.com"),
        ("rejected", "rejected", "b_ad.com"),
        ("rejected", "rejected", "<script>.com"),
    }
    assert (alive["verdict"], alive["faults"]) == ("drift", [])
    assert {row["name"]: row["state"] for row in alive["certificates"]} == {
        "network.com": "valid",
        "soon.com": "expiring",
        "stuck.com": "valid",
    }
    (moved,) = [row["do"] for row in alive["items"] if row["name"] == "moved.com"]
    assert moved == f"set: A moved.com → {OURS}"
    assert dead["verdict"] == "error" and dead["items"] == []
    (fault,) = dead["faults"]
    assert "dead.json" in fault


def test_the_formats_say_the_same(folder: Path) -> None:
    told = of_document(json.loads((reports(folder) / "fleet.json").read_text()))
    assert of_page((reports(folder) / "report.html").read_text()) == told
    assert of_markdown((reports(folder) / "report.md").read_text()) == told


def test_a_look_that_has_not_seen_what_visitors_see_is_none(folder: Path) -> None:
    (report,) = json.loads((folder / "blind/fleet.json").read_text())["networks"]
    (fault,) = report["faults"]
    assert report["verdict"] == "error" and fault.startswith("Nobody could look at what visitors see: ")
    assert "multisite_domains_tls_ca_path" in fault and "/nowhere.pem" in fault


def test_a_page_that_does_not_come_is_told(folder: Path) -> None:
    (report,) = json.loads((folder / "broken/fleet.json").read_text())["networks"]
    down = {row["name"]: row["reason"] for row in report["items"] if row["kind"] == "outage"}
    assert down["network.com"] == "the home page answers with HTTP 502"
