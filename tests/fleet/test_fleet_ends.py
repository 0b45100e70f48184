# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a look ends when hosts fail, cannot be reached, or are not there: the exit status, and status.json or none."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import TOKEN, Emulator
from tests.playbooks.runner import FROM_FILES, closed_port, inventory, snapshot, started, write_json

from .fleet_world import DRIFT


class Small:
    """Two networks: ``calm`` is in sync, ``stirred`` lacks a record."""

    def __init__(self, emu: Emulator, folder: Path) -> None:
        emu.seed(
            {
                "servers": [{"id": 11}, {"id": 12}],
                "webapps": [{"id": number, "server_id": number} for number in (11, 12)],
                "domains": [{"webapp_id": number, "name": "network.com"} for number in (11, 12)],
            }
        )
        self.folder = folder
        self.hosts: dict[str, dict[str, Any]] = {
            host: {"runcloud_server_id": number, "runcloud_webapp_id": number, "multisite_domains_file": f"{host}.json"}
            for host, number in (("calm", 11), ("stirred", 12))
        }
        write_json(folder / "calm.json", snapshot())
        write_json(folder / "stirred.json", snapshot("new.com"))
        self.everywhere = {
            **FROM_FILES,
            "runcloud_api_token": TOKEN,
            "multisite_domains_api_url": emu.url,
            "multisite_report_dir": "report",
        }

    def look(self, *words: str) -> tuple[int, str, Any]:
        """Exit status, what was printed, and the verdicts of status.json by host, with that of the fleet under ``*``; None without the file."""
        listed = inventory(self.folder, self.hosts, self.everywhere, lonely={})
        with started(self.folder, "-i", listed, DRIFT, *words) as process:
            text = "".join(process.communicate())
        path = self.folder / "report/status.json"
        status = json.loads(path.read_text()) if path.exists() else None
        return process.returncode, text, status and {"*": status["verdict"], **status["networks"]}


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    with Emulator() as emu:
        yield Small(emu, tmp_path)


def test_all_hosts_failed(small: Small) -> None:
    for name in small.hosts:
        (small.folder / f"{name}.json").unlink()
    status, text, verdicts = small.look()
    assert (status, verdicts) == (2, {"*": "error", "calm": "error", "stirred": "error"})
    assert "2 networks with errors" in text


def test_one_host_that_cannot_be_reached(small: Small) -> None:
    with closed_port() as port:
        small.hosts["stirred"] |= {
            "ansible_connection": "ssh",
            "ansible_host": "127.0.0.1",
            "ansible_port": port,
            "multisite_domains_source": "php",
            "multisite_domains_path": "/srv/app",
        }
        status, text, verdicts = small.look()
    assert verdicts == {"*": "error", "calm": "in_sync", "stirred": "error"}
    assert status != 0 and "Connection refused" in text
    (report,) = [
        row
        for row in json.loads((small.folder / "report/fleet.json").read_text())["networks"]
        if row["host"] == "stirred"
    ]
    assert any("Connection refused" in fault for fault in report["faults"]), report["faults"]


@pytest.mark.parametrize(("host", "status", "verdict"), [("calm", 0, "in_sync"), ("stirred", 2, "drift")])
def test_a_limit_on_one(small: Small, host: str, status: int, verdict: str) -> None:
    ended, text, verdicts = small.look("--limit", host)
    assert (ended, verdicts) == (status, {"*": verdict, host: verdict})
    assert f"{host}  " in text


@pytest.mark.parametrize("group", ["nobody", "empty"])
def test_a_group_that_is_missing_or_empty(small: Small, group: str) -> None:
    (small.folder / "empty.json").write_text('{"empty": {"hosts": {}}}')
    status, text, verdicts = small.look("-i", str(small.folder / "empty.json"), "-e", f"multisite_hosts={group}")
    assert (status, verdicts) == (2, None)
    assert f"Nobody was looked at: the inventory has no host in {group}." in text


def test_a_limit_outside_the_group_looks_at_nobody(small: Small) -> None:
    status, text, verdicts = small.look("--limit", "lonely")
    assert (status, verdicts) == (0, None)
    assert "no hosts matched" in text
