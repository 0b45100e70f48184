# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How these tests call the modules about wp-config.php: in this process, with their real arguments and output."""

from __future__ import annotations

from typing import Any, Protocol

import pytest

from tests.inprocess import called
from tests.wordpress import Network


class Call(Protocol):
    """Runs a module for a network's folder; gives its result, with the raw output in ``output``."""

    def __call__(self, module: str, network: Network, **options: Any) -> dict[str, Any]: ...


def pytest_configure(config: pytest.Config) -> None:
    # Does nothing where the plugin was loaded for all tests already.
    config.pluginmanager.import_plugin("tests.wordpress.plugin")


@pytest.fixture
def call(capfd: pytest.CaptureFixture[str]) -> Call:
    def ran(module: str, network: Network, **options: Any) -> dict[str, Any]:
        return called(module, {"path": str(network.path), **options}, capfd)

    return ran
