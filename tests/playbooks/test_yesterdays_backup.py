# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two runs that may purge and run often remove nothing when a database was restored from yesterday's backup, or nobody ran for two days."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

from tests.emulator import TOKEN, Emulator
from tests.playbooks.runner import CONVERGE, FROM_FILES, Ran, inventory, run, snapshot, write_json

ALL = [f"client{number:02}.com" for number in range(40)]
# By the role as it comes, whose grace period has begun, and without patience, where the limits hold.
HOSTS = {"patient": 11, "hasty": 12}


class World:
    """Both networks on an emulated panel, which their one multisite fills."""

    def __init__(self, emu: Emulator, folder: Path) -> None:
        self.emu, self.folder = emu, folder
        emu.seed(
            {
                "servers": [{"id": number} for number in HOSTS.values()],
                "webapps": [{"id": number, "server_id": number} for number in HOSTS.values()],
                "domains": [{"webapp_id": number, "name": "network.com"} for number in HOSTS.values()],
            }
        )
        emu.clear_journal()
        everywhere = {
            **FROM_FILES,
            "runcloud_api_token": TOKEN,
            "multisite_domains_api_url": emu.url,
            "multisite_domains_file": str(folder / "snapshot.json"),
            "multisite_domains_purge": True,
            "multisite_domains_full_check_every": 21600,
            "multisite_report_dir": "",
        }
        hosts: dict[str, dict[str, object]] = {
            name: {"runcloud_server_id": number, "runcloud_webapp_id": number} for name, number in HOSTS.items()
        }
        hosts["hasty"] |= {"multisite_domains_grace_period": 0, "multisite_domains_min_absences": 1}
        self.inventory = inventory(folder, hosts, everywhere)

    def tell(self, *names: str, status: int = 0, limit: str = "multisites") -> Ran:
        """A run on a multisite with these names."""
        write_json(self.folder / "snapshot.json", snapshot(*names))
        own = {"XDG_STATE_HOME": str(self.folder / "state")}
        return run(self.folder, "-i", self.inventory, CONVERGE, "--limit", limit, environment=own, status=status)

    def names(self, host: str) -> set[str]:
        """What the web app of a network has."""
        return {row["name"] for row in self.emu.domains(HOSTS[host])}

    def age(self, days: int) -> None:
        """Let all that the runs remember be that much older."""
        moment = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
        files = [path for path in (self.folder / "state").rglob("*.json") if "backups" not in path.parts]
        assert {path.name for path in files} == {"ledger.json"}
        for path in files:
            path.write_text(moment.sub(lambda found: _before(found.group(), days), path.read_text()))


def _before(moment: str, days: int) -> str:
    then = datetime.fromisoformat(moment) - timedelta(days=days)
    return then.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_restored_backup_removes_nothing(emu: Emulator, tmp_path: Path) -> None:
    world = World(emu, tmp_path)
    world.tell(*ALL)
    whole = {"network.com", *ALL}
    assert world.names("patient") == world.names("hasty") == whole
    runs = [world.tell(*ALL[:10], status=2) for _ in range(2)]
    assert world.names("patient") == world.names("hasty") == whole
    assert not any(entry.method == "DELETE" for entry in emu.journal)
    # Neither passes for a run that found nothing.
    for ran in runs:
        assert "multisite_domains_max_removals" in ran.failure("hasty") and ran.recap("patient")["failed"] == 0
        assert "client39.com" in str(ran.summaries("patient"))


def test_who_left_while_nobody_ran_counts_from_the_first_run_that_sees_it(emu: Emulator, tmp_path: Path) -> None:
    world = World(emu, tmp_path)
    world.tell(*ALL, limit="patient")
    world.age(days=2)
    after = [*ALL[5:], "new.com"]
    for _ in range(2):
        world.tell(*after, limit="patient")
        assert world.names("patient") == {"network.com", "new.com", *ALL}
    assert not any(entry.method == "DELETE" for entry in emu.journal)
    # The guard of this test: two runs and a day later they go.
    world.age(days=2)
    world.tell(*after, limit="patient")
    assert world.names("patient") == {"network.com", *after}
