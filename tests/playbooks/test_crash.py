# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A module that breaks off must never look like a run that went well, whatever it had done before."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.emulator import TOKEN, Emulator
from tests.playbooks.runner import CONVERGE, ROOT, inventory, run, snapshot, write_json

APPLY = "outcome = Run(self.app, plan, records, self.memory).apply()"


def test_a_crash_after_the_writes_fails_the_run(emu: Emulator, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "build/collections", tmp_path / "collections")
    module = next((tmp_path / "collections").rglob("module_utils/_converge.py"))
    text = module.read_text(encoding="utf-8")
    assert text.count(APPLY) == 1
    module.write_text(text.replace(APPLY, APPLY + '\n            raise RuntimeError("broken")'), encoding="utf-8")
    emu.seed({"domains": [{"name": "network.com"}]})
    host = {
        "runcloud_server_id": 1,
        "runcloud_webapp_id": 2,
        "multisite_domains_source": "file",
        "multisite_domains_file": write_json(tmp_path / "snapshot.json", snapshot("a.com")),
        "multisite_domains_api_url": emu.url,
        "multisite_domains_write_interval": 0,
    }
    hosts = inventory(tmp_path, {"host": host}, {"ansible_connection": "local"})
    environment = {"RUNCLOUD_API_TOKEN": TOKEN, "ANSIBLE_COLLECTIONS_PATH": str(tmp_path / "collections")}
    ran = run(tmp_path, "-i", hosts, CONVERGE, environment=environment, status=2)
    assert [body["name"] for _, _, body in emu.writes()] == ["a.com"]
    assert ran.summary("host")[0] == "network.com: FAILED, there is no result"
    assert "broke off" in ran.failure("host")
