# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A network's state directory for the tests, and ledger entries as a person would write them into the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.emulator import Emulator
from tests.modules.harness import NETWORK

DAY = 86400


def entry(name: str, how: str = "added", missing_reads: int = 0, **written: Any) -> dict[str, Any]:
    """An owned name; missing since the day before the tests' clock starts. Its id is that of the panel's record."""
    return {
        "name": name,
        "id": None,
        "how": how,
        "since": "2026-01-01T00:00:00Z",
        "written": {"type": "alias", "www": False, "redirection": "none", **written},
        "pending": None,
        "missing_since": "2026-07-17T12:00:00Z" if missing_reads else None,
        "missing_reads": missing_reads,
    }


def adopted(name: str, **written: Any) -> dict[str, Any]:
    """A name that was taken over."""
    return entry(name, "adopted", **written)


def ledger(
    target: dict[str, Any], *entries: dict[str, Any], network: str = NETWORK, wants: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A ledger's document."""
    document = {"format": "wpmultisite.ledger/1", "network": network, "target": target}
    return {**document, "wants": list(wants), "domains": list(entries)}


class Remembered:
    """The state directory of the network on web app 2 of the emulator; it is not there before something is put or run."""

    def __init__(self, emu: Emulator, folder: Path) -> None:
        self.emu, self.folder, self.path = emu, folder, folder / "ledger.json"
        self.target = {"api_url": emu.url, "server_id": 1, "webapp_id": 2}
        self.options: dict[str, Any] = {"state_dir": str(folder)}

    def put(self, *entries: dict[str, Any], network: str = NETWORK, wants: tuple[str, ...] = (), **target: Any) -> None:
        """Write a ledger. An entry without an id gets the id of the panel's record, or one that no record has."""
        self.folder.mkdir(parents=True, exist_ok=True)
        ids = {row["name"]: row["id"] for row in self.emu.domains(2)}
        entries = tuple(
            {**row, "id": None if row["how"] == "intended" else row["id"] or ids.get(row["name"], 99)}
            for row in entries
        )
        document = ledger({**self.target, **target}, *entries, network=network, wants=wants)
        self.path.write_text(json.dumps(document), encoding="utf-8")

    def entries(self) -> dict[str, dict[str, Any]]:
        """The stored entries by name."""
        return {row["name"]: row for row in json.loads(self.path.read_text(encoding="utf-8"))["domains"]}

    def names(self) -> list[str]:
        """The names that are ours by the stored ledger."""
        return sorted(name for name, row in self.entries().items() if row["how"] != "intended")
