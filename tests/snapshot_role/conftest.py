# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the role multisite_snapshot against a real SSH server, and reads a multisite in this process to compare with."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import pytest

from tests.inprocess import called
from tests.playbooks.runner import Ran, run, write_json
from tests.sshd import Sshd

SNAPSHOT_ROLE = "wpmultisite.runcloud.multisite_snapshot"
# One connection a task, in place of four.
PIPELINING = {"ANSIBLE_PIPELINING": "true"}


class Read(Protocol):
    """Runs ``multisite_info`` in this process; gives its result, failed or not."""

    def __call__(self, **options: Any) -> dict[str, Any]: ...


def pytest_configure(config: pytest.Config) -> None:
    # Does nothing where the plugins were loaded for all tests already.
    config.pluginmanager.import_plugin("tests.wordpress.plugin")
    config.pluginmanager.import_plugin("tests.sshd.plugin")


@pytest.fixture
def read(capfd: pytest.CaptureFixture[str]) -> Read:
    def call(**options: Any) -> dict[str, Any]:
        return called("multisite_info", options, capfd)

    return call


def apply(
    folder: Path,
    sshd: Sshd,
    hosts: dict[str, dict[str, Any]],
    *words: str,
    times: int = 1,
    status: int = 0,
    **play: Any,
) -> Ran:
    """One run of the role for hosts, each the same user over SSH with variables of its own.

    ``times``: how many plays alike; ``play``: keywords of each.
    """
    everywhere = {**sshd.inventory_vars(), "multisite_snapshot_site_user": sshd.user}
    inventory = write_json(folder / "hosts.json", {"all": {"hosts": hosts, "vars": everywhere}})
    roles = {"hosts": "all", "gather_facts": False, "roles": [SNAPSHOT_ROLE], **play}
    playbook = write_json(folder / "snapshot.yml", [roles] * times)
    return run(folder, "-i", inventory, playbook, *words, environment=PIPELINING, status=status)
