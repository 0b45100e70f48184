# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A database restored from yesterday's backup looks like 30 customers who left; two runs that may purge and run often remove nothing."""

from __future__ import annotations

from pathlib import Path

from tests.emulator import TOKEN, Emulator
from tests.playbooks.runner import CONVERGE, FROM_FILES, Ran, inventory, run, snapshot, write_json

ALL = [f"client{number:02}.com" for number in range(40)]
# By the role as it comes, whose grace period has begun, and without patience, where the limits hold.
HOSTS = {"patient": 11, "hasty": 12}


def test_nothing_is_removed(emu: Emulator, tmp_path: Path) -> None:
    emu.seed(
        {
            "servers": [{"id": number} for number in HOSTS.values()],
            "webapps": [{"id": number, "server_id": number} for number in HOSTS.values()],
            "domains": [{"webapp_id": number, "name": "network.com"} for number in HOSTS.values()],
        }
    )
    source = tmp_path / "snapshot.json"
    everywhere = {
        **FROM_FILES,
        "runcloud_api_token": TOKEN,
        "multisite_domains_api_url": emu.url,
        "multisite_domains_file": str(source),
        "multisite_domains_purge": True,
        "multisite_domains_full_check_every": 21600,
        "multisite_report_dir": "",
    }
    hosts: dict[str, dict[str, object]] = {
        name: {"runcloud_server_id": number, "runcloud_webapp_id": number} for name, number in HOSTS.items()
    }
    hosts["hasty"] |= {"multisite_domains_grace_period": 0, "multisite_domains_min_absences": 1}
    listed = inventory(tmp_path, hosts, everywhere)
    own = {"XDG_STATE_HOME": str(tmp_path / "state"), "ANSIBLE_PIPELINING": "true"}

    def tell(*names: str, status: int = 0) -> Ran:
        write_json(source, snapshot(*names))
        return run(tmp_path, "-i", listed, CONVERGE, environment=own, status=status)

    tell(*ALL)
    whole = {"network.com", *ALL}
    assert [{row["name"] for row in emu.domains(number)} for number in HOSTS.values()] == [whole, whole]
    runs = [tell(*ALL[:10], status=2) for _ in range(2)]
    assert [{row["name"] for row in emu.domains(number)} for number in HOSTS.values()] == [whole, whole]
    assert not any(entry.method == "DELETE" for entry in emu.journal)
    # Neither passes for a run that found nothing.
    for ran in runs:
        assert "multisite_domains_max_removals" in ran.failure("hasty") and ran.recap("patient")["failed"] == 0
        assert "client39.com" in str(ran.summaries("patient"))
