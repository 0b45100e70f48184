# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports that cannot be written, and a memory that cannot be used: the convergence is carried out, and people are told."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.emulator import TOKEN, Emulator
from tests.playbooks.runner import CONVERGE, FROM_FILES, Ran, inventory, run, snapshot, write_json

HARMLESS = "The report could not be written; the networks themselves were not harmed by that."


class One:
    """A network that lacks a record."""

    def __init__(self, emu: Emulator, folder: Path) -> None:
        emu.seed({"domains": [{"name": "network.com"}]})
        self.emu, self.folder, self.report = emu, folder, folder / "report"
        write_json(folder / "one.json", snapshot("new.com"))

    def converge(self, status: int, **variables: Any) -> Ran:
        """The playbook, which must add the record whatever happens to its report."""
        host = {"runcloud_server_id": 1, "runcloud_webapp_id": 2, "multisite_domains_file": "one.json"}
        everywhere = {**FROM_FILES, "runcloud_api_token": TOKEN, "multisite_domains_api_url": self.emu.url}
        listed = inventory(self.folder, {"one": host}, {**everywhere, "multisite_report_dir": "report", **variables})
        ran = run(self.folder, "-i", listed, CONVERGE, status=status)
        assert [row["name"] for row in self.emu.domains(2)] == ["network.com", "new.com"]
        assert list(ran.entries("one", "added")) == ["new.com"]
        return ran

    def status(self) -> Any:
        return json.loads((self.report / "status.json").read_text())["networks"]


@pytest.fixture
def one(tmp_path: Path) -> Iterator[One]:
    with Emulator() as emu:
        yield One(emu, tmp_path)


@contextmanager
def disk(folder: Path, *options: str) -> Iterator[None]:
    """A file system of its own in a folder; only root can make one."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(one: One) -> None:
    with disk(one.report, "size=16k"):
        ran = one.converge(2)
        left = sorted(path.name for path in one.report.iterdir())
    why = ran.failure("one", fleet=True)
    assert HARMLESS in why and f"{one.report}/report.html cannot be written: No space left on device." in why
    assert [
        name for name in left if name.startswith(".") or name.endswith((".part", ".tmp"))
    ] == [] and "report.html" not in left


def test_a_disk_that_is_read_only(one: One) -> None:
    with disk(one.report, "size=1m", "ro"):
        why = one.converge(2).failure("one", fleet=True)
    assert HARMLESS in why and f"{one.report}/status.json cannot be written: Read-only file system." in why


def test_metrics_for_a_folder_that_is_not_there_and_an_old_memory(one: One) -> None:
    one.report.mkdir()
    old = '{"format": "wpmultisite.report-memory/0"}'
    (one.report / "memory.json").write_text(old)
    ran = one.converge(2, multisite_report_metrics_file="nowhere/one.prom")
    assert (
        ran.failure("one", fleet=True)
        == f"{HARMLESS} {one.folder}/nowhere/one.prom cannot be written: No such file or directory."
    )
    assert one.status() == {"one": "in_sync"}
    assert "Everything counts as new. " in ran.output and "its format is wpmultisite.report-memory/0" in ran.output
    assert (one.report / "memory.json.unusable").read_text() == old


def test_a_memory_with_broken_entries(one: One) -> None:
    one.report.mkdir()
    broken = {"looks": {}, "runs": {"one": 1}, "history": [7, None], "told": {"one": []}}
    write_json(one.report / "memory.json", {"format": "wpmultisite.report-memory/1", **broken})
    one.converge(0)
    fleet = json.loads((one.report / "fleet.json").read_text())
    assert fleet["notes"] == ["2 entries of the history cannot be used"]
    assert any("everything counts as new" in note for note in fleet["networks"][0]["notes"])
    memory = json.loads((one.report / "memory.json").read_text())
    assert (list(memory["runs"]), len(memory["history"])) == (["one"], 1)
