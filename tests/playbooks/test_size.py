# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A thousand domains through the role, in one network of several."""

from __future__ import annotations

from pathlib import Path

from tests.emulator import TOKEN, Emulator
from tests.playbooks.runner import CONVERGE, inventory, run, snapshot, write_json


def test_a_thousand_domains_in_sync_cost_25_calls(emu: Emulator, tmp_path: Path) -> None:
    names = [f"c{number:03}.com" for number in range(999)]
    emu.seed({"domains": [{"name": "network.com"}, *({"name": name} for name in names)]})
    host = {
        "runcloud_server_id": 1,
        "runcloud_webapp_id": 2,
        "multisite_domains_source": "file",
        "multisite_domains_file": write_json(tmp_path / "snapshot.json", snapshot(*names)),
        "multisite_domains_api_url": emu.url,
    }
    hosts = inventory(tmp_path, {"big": host, "other": {}}, {"ansible_connection": "local"})
    chosen = ["-e", "multisite_hosts=big"]
    ran = run(tmp_path, "-i", hosts, CONVERGE, *chosen, environment={"RUNCLOUD_API_TOKEN": TOKEN})
    assert [entry.path for entry in emu.journal] == ["/servers/1/webapps/2/domains"] * 25
    assert [entry.query for entry in emu.journal] == [{"page": str(page), "perPage": "40"} for page in range(1, 26)]
    headline, note = ran.summary("big")
    assert headline == "network.com: 0 added, 0 updated, 0 removed, 1000 as wanted (25 API calls)"
    assert (
        note.startswith("note  there is no ledger in ")
        and "wanted and on the web app, but not ours, so neither repaired nor purged (999): " in note
    )
    assert "other" not in ran.output
