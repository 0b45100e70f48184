# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two processes of one control node on one web app: the second says who holds it; a dead one holds nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.modules.harness import Runner, posted, writes
from tests.modules.memory import Remembered

# Takes the lock, says so, and ends when its input does.
HOLDER = """
import sys
from datetime import datetime, timezone
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._api import Target
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._lock import Lock
with Lock(Target(sys.argv[1], 1, int(sys.argv[2])), now=lambda: datetime(2026, 7, 18, 11, 0, tzinfo=timezone.utc)):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def own_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Locks of this test alone."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))
    return tmp_path / "xdg"


@contextmanager
def holder(emu: Emulator, webapp: int = 2) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the web app."""
    arguments = [sys.executable, "-c", HOLDER, emu.url, str(webapp)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.stdin.close()
            process.wait()


def test_the_second_run_says_who_holds_it(run: Runner, emu: Emulator, remembered: Remembered) -> None:
    with holder(emu) as process:
        refused = run.converge("new.com", **remembered.options)
        assert refused.failed and emu.journal == [] and not remembered.folder.exists()
        assert "Another run works on web app 2 of server 1" in refused["msg"]
        assert f"process {process.pid} of " in refused["msg"] and "since 2026-07-18T11:00:00Z" in refused["msg"]
    assert run.converge("new.com", **remembered.options)["changed"]
    assert posted(emu) == ["new.com"]


def test_without_a_state_directory_too(run: Runner, emu: Emulator) -> None:
    with holder(emu):
        assert run.converge("new.com").failed and emu.journal == []
    assert run.converge("new.com")["changed"]


def test_another_web_app_is_free(run: Runner, emu: Emulator) -> None:
    with holder(emu, webapp=3):
        assert run.converge("new.com")["changed"]


def test_a_run_that_looks_does_not_wait_and_holds_nothing(run: Runner, emu: Emulator, own_home: Path) -> None:
    assert run.converge("new.com", check=True)["changed"] and not own_home.exists()
    with holder(emu):
        assert run.converge("new.com", check=True)["changed"] and writes(emu) == []


def test_a_killed_holder_blocks_nobody(run: Runner, emu: Emulator, own_home: Path) -> None:
    with holder(emu) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert [file.stat().st_size > 0 for file in (own_home / "wpmultisite.runcloud/locks").iterdir()] == [True]
        assert run.converge("new.com")["changed"]


def test_a_run_that_failed_holds_nothing(run: Runner, emu: Emulator) -> None:
    emu.fault(method="GET", action="status", status=403, times=1)
    assert run.converge("new.com").failed
    with holder(emu):
        pass
    assert run.converge("new.com")["changed"]
