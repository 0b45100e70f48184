# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A panel with two servers, whose inventory these tests ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.inventory.fleet import Fleet


@pytest.fixture(scope="session")
def _server() -> Iterator[Emulator]:
    with Emulator() as emulator:
        yield emulator


@pytest.fixture
def fleet(_server: Emulator, tmp_path: Path) -> Fleet:
    """Two servers, one of them shared, with three web apps, two of which have the same name."""
    _server.reset()
    _server.seed(
        {
            "servers": [
                {"id": 1903, "name": "web-1", "ipAddress": "203.0.113.10", "tags": ["live"]},
                {"id": 1904, "name": "web-2", "ipAddress": "2001:db8::4", "shared": True, "online": False},
            ],
            "users": [
                {"id": 5, "server_id": 1903, "username": "alice"},
                {"id": 6, "server_id": 1904, "username": "bob"},
            ],
            "webapps": [
                {"id": 646, "server_id": 1903, "name": "app-network", "server_user_id": 5, "phpVersion": "php83rc"},
                {"id": 647, "server_id": 1903, "name": "shop", "server_user_id": 5, "type": "custom"},
                {"id": 648, "server_id": 1904, "name": "shop", "server_user_id": 6},
            ],
        }
    )
    return Fleet(_server, tmp_path)
