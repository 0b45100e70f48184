# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs of ansible-inventory against a panel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.emulator import TOKEN, Emulator
from tests.playbooks.runner import Ran, run, started

PLUGIN = "wpmultisite.runcloud.runcloud"
# Ansible takes a source that cannot be read for a warning; whoever reads an exit status wants an error.
STRICT = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}


class Fleet:
    """A folder with inventory sources, and the panel that they are made from."""

    def __init__(self, emu: Emulator, folder: Path) -> None:
        self.emu, self.folder = emu, folder
        self.environment = {"RUNCLOUD_API_URL": emu.url, "RUNCLOUD_API_TOKEN": TOKEN, **STRICT}

    def source(self, name: str = "fleet.runcloud.yml", **options: Any) -> str:
        """Write a source with the plugin and these options; gives its name."""
        (self.folder / name).write_text(json.dumps({"plugin": PLUGIN, **options}), encoding="utf-8")
        return name

    def run(self, *arguments: str, source: str = "fleet.runcloud.yml", **environment: str) -> Ran:
        """ansible-inventory with a source."""
        surroundings = {**self.environment, **environment}
        return run(self.folder, "-i", source, *arguments, environment=surroundings, program="ansible-inventory")

    def listed(self, **options: Any) -> dict[str, Any]:
        """What ``--list`` shows with these options."""
        self.source(**options)
        listing: dict[str, Any] = plain(json.loads(self.run("--list").output))
        return listing

    def refused(self, *arguments: str, **options: Any) -> str:
        """All that a failing run prints, with these options."""
        self.source(**options)
        return self.failing("--list", *arguments)

    def failing(self, *arguments: str, source: str = "fleet.runcloud.yml", **environment: str) -> str:
        """All that a failing run prints; nothing of it is an inventory."""
        surroundings = {**self.environment, **environment}
        with started(
            self.folder, "-i", source, *arguments, environment=surroundings, program="ansible-inventory"
        ) as process:
            output, errors = process.communicate()
        assert process.returncode == 1, output + errors
        assert "hostvars" not in output
        return " ".join((output + errors).split())


def plain(value: Any) -> Any:
    """A listing without the mark that ansible-inventory sets on values that are no templates."""
    if isinstance(value, dict):
        return (
            value["__ansible_unsafe"] if set(value) == {"__ansible_unsafe"} else {k: plain(v) for k, v in value.items()}
        )
    return [plain(entry) for entry in value] if isinstance(value, list) else value


def hostvars(listing: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The variables of each host."""
    found: dict[str, dict[str, Any]] = listing["_meta"]["hostvars"]
    return found
