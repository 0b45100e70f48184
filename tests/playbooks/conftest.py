# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One emulator for the tests of a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.emulator import Emulator
from tests.playbooks.runner import closed_port

SKELETON = {
    "wp-includes/version.php": "<?php $wp_version = '6.8.7';",
    "wp-settings.php": "<?php",
    "wp-config.php": "<?php define( 'DB_NAME', 'x' ); define( 'DB_USER', 'x' ); define( 'DB_PASSWORD', 'pass-of-nobody' );"
    " define( 'DB_HOST', '127.0.0.1:PORT' ); $table_prefix = 'wp_'; define( 'MULTISITE', true ); define( 'SUBDOMAIN_INSTALL', false );"
    " define( 'DOMAIN_CURRENT_SITE', 'network.com' ); require_once ABSPATH . 'wp-settings.php';",
}


def pytest_configure(config: pytest.Config) -> None:
    # Does nothing where the plugin was loaded for all tests already.
    config.pluginmanager.import_plugin("tests.wordpress.plugin")


@pytest.fixture(scope="module")
def emu() -> Iterator[Emulator]:
    """The panel; a file's tests share it, because a process is expensive and its requests are read by many tests."""
    with Emulator() as emulator:
        yield emulator


@pytest.fixture(scope="module")
def skeleton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, int]]:
    """Files enough of a WordPress to reach for its database, at a port where nobody answers."""
    folder = tmp_path_factory.mktemp("skeleton")
    with closed_port() as port:
        for name, text in SKELETON.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text.replace("PORT", str(port)))
        yield folder, port
