# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run of the role that is really killed while the panel has taken a write and not yet answered; and two runs at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.emulator import TOKEN, Emulator
from tests.playbooks.runner import CONVERGE, inventory, run, snapshot, started, write_json


class Site:
    """One network, whose runs remember each other."""

    def __init__(self, emu: Emulator, folder: Path) -> None:
        self.emu, self.folder = emu, folder
        emu.reset()
        emu.seed({"domains": [{"name": "network.com"}]})
        self.ledger = folder / "state/wpmultisite.runcloud/networks/one/ledger.json"
        self.environment = {"RUNCLOUD_API_TOKEN": TOKEN, "XDG_STATE_HOME": str(folder / "state")}

    def command(self, *domains: str, **variables: object) -> list[str]:
        """Converge on a multisite with these domains."""
        host = {
            "runcloud_server_id": 1,
            "runcloud_webapp_id": 2,
            "multisite_domains_source": "file",
            "multisite_domains_file": write_json(self.folder / "snapshot.json", snapshot(*domains)),
            "multisite_domains_api_url": self.emu.url,
            "multisite_domains_write_interval": 0,
            **variables,
        }
        return ["-i", inventory(self.folder, {"one": host}, {"ansible_connection": "local"}), CONVERGE]

    def wait_for_post(self, process: subprocess.Popen[str]) -> None:
        """Until the panel has taken an addition."""
        while not any(entry.method == "POST" for entry in self.emu.journal):
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)


@pytest.fixture
def site(emu: Emulator, tmp_path: Path) -> Site:
    """A web app that holds the network's domain."""
    return Site(emu, tmp_path)


def test_what_a_killed_run_had_added_is_ours_after_the_next(site: Site, emu: Emulator) -> None:
    emu.fault(method="POST", action="delay_after", seconds=600, times=1)
    with started(site.folder, *site.command("a.com", "b.com"), environment=site.environment) as process:
        site.wait_for_post(process)
        assert list(_entries(site)) == ["a.com"] and _entries(site)["a.com"]["how"] == "intended"
        _kill(site, process)
    again = run(site.folder, *site.command("a.com", "b.com"), environment=site.environment)
    # The lock went with its holder, and what the panel had taken is not sent again.
    assert list(again.entries("one", "added")) == ["b.com"]
    assert [body["name"] for _, _, body in emu.writes()] == ["a.com", "b.com"]
    assert {name: row["how"] for name, row in _entries(site).items()} == {"a.com": "added", "b.com": "added"}


def test_the_second_run_waits_and_then_says_who_is_at_work(site: Site, emu: Emulator) -> None:
    emu.fault(method="POST", action="delay_after", seconds=600, times=1)
    with started(site.folder, *site.command("a.com"), environment=site.environment) as process:
        site.wait_for_post(process)
        impatient = site.command("b.com", multisite_domains_lock_timeout=0)
        second = run(site.folder, *impatient, environment=site.environment, status=2)
        assert "Another run works on web app 2 of server 1: process " in second.failure("one")
        _kill(site, process)
    run(site.folder, *site.command("b.com"), environment=site.environment)
    assert [body["name"] for _, _, body in emu.writes()] == ["a.com", "b.com"]


def _entries(site: Site) -> dict[str, dict[str, object]]:
    return {row["name"]: row for row in json.loads(site.ledger.read_text(encoding="utf-8"))["domains"]}


def _kill(site: Site, process: subprocess.Popen[str]) -> None:
    """Ansible, its workers and the module: workers have sessions of their own, so all are known by their environment."""
    mark = f"XDG_STATE_HOME={site.environment['XDG_STATE_HOME']}".encode()
    killed = 0
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and mark in (folder / "environ").read_bytes().split(b"\0"):
                os.kill(int(folder.name), signal.SIGKILL)
                killed += 1
        except (ProcessLookupError, FileNotFoundError, PermissionError):
            continue
    process.communicate()
    assert killed >= 3
