# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Networks by batches: a batch that fails as a whole does not end the run, and the report tells of all of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.emulator import TOKEN, Emulator
from tests.playbooks.runner import CONVERGE, FROM_FILES, closed_port, inventory, run, snapshot, write_json

NETWORKS = {"away": 11, "empty": 12, "one": 13, "two": 14, "three": 15}


def test_each_batch_follows_the_one_before(emu: Emulator, tmp_path: Path) -> None:
    numbers = NETWORKS.values()
    emu.seed(
        {
            "servers": [{"id": number} for number in numbers],
            "webapps": [{"id": number, "server_id": number} for number in numbers],
            "domains": [{"webapp_id": number, "name": "network.com"} for number in numbers],
        }
    )
    source = write_json(tmp_path / "snapshot.json", snapshot("client.com"))
    with closed_port() as port:
        hosts: dict[str, dict[str, object]] = {
            name: {"runcloud_server_id": number, "runcloud_webapp_id": number} for name, number in NETWORKS.items()
        }
        hosts["away"] |= {
            "ansible_connection": "ssh",
            "ansible_host": "127.0.0.1",
            "ansible_port": port,
            "multisite_domains_source": "php",
            "multisite_domains_path": "/srv/site",
        }
        hosts["empty"]["multisite_domains_file"] = "/nonexistent.json"
        everywhere = {
            **FROM_FILES,
            "runcloud_api_token": TOKEN,
            "multisite_domains_api_url": emu.url,
            "multisite_domains_file": source,
            "multisite_domains_write_interval": 0,
            "multisite_report_dir": str(tmp_path / "report"),
        }
        batches = json.dumps({"multisite_serial": [2, 1, "100%"]})
        emu.clear_journal()
        run(tmp_path, "-i", inventory(tmp_path, hosts, everywhere), CONVERGE, "-e", batches, status=2)
    called = [int(re.findall(r"/servers/(\d+)", entry.path)[0]) for entry in emu.journal]
    assert {number for number in numbers if "client.com" in {row["name"] for row in emu.domains(number)}} == {
        13,
        14,
        15,
    }
    # The first batch is of those that cannot be reached or read.
    first = called.count(13)
    assert set(called[:first]) == {13} and set(called[first:]) == {14, 15}
    networks = json.loads((tmp_path / "report/status.json").read_text(encoding="utf-8"))["networks"]
    assert networks == {"away": "error", "empty": "error", "one": "in_sync", "two": "in_sync", "three": "in_sync"}
