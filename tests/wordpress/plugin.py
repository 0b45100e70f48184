# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pytest fixtures: one MariaDB and one multisite of each kind for the whole run, made when first asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .mariadb import MariaDB
from .network import Network
from .packages import unpacked_wordpress

CACHE = Path(__file__).parents[2] / ".cache"


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
    server = MariaDB()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def wordpress() -> Path:
    """A WordPress that nobody may change."""
    return unpacked_wordpress(CACHE)


@pytest.fixture(scope="session")
def made_network(mariadb: MariaDB, wordpress: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    made = Network(mariadb, wordpress, tmp_path_factory.mktemp("sub"), subdomain=True)
    yield made
    made.close()


@pytest.fixture(scope="session")
def made_folder_network(
    mariadb: MariaDB, wordpress: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Network]:
    made = Network(mariadb, wordpress, tmp_path_factory.mktemp("dir"), subdomain=False)
    yield made
    made.close()


@pytest.fixture
def network(made_network: Network) -> Network:
    """A subdomain multisite, as new."""
    made_network.reset()
    return made_network


@pytest.fixture
def folder_network(made_folder_network: Network) -> Network:
    """A subdirectory multisite, as new."""
    made_folder_network.reset()
    return made_folder_network
