# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How these tests call the module multisite_nudge: in this process, with its real arguments and its real output."""

from __future__ import annotations

from typing import Any, Protocol

import pytest

from tests.inprocess import called
from tests.wordpress import Network
from tests.wordpress.domains import use_plugin


class Nudge(Protocol):
    """Runs the module for rows, each an id, a domain and a stage; gives its result, with the raw output in ``output``."""

    def __call__(self, network: Network, *rows: tuple[int, str, str], **options: Any) -> dict[str, Any]: ...


def pytest_configure(config: pytest.Config) -> None:
    # Does nothing where the plugin was loaded for all tests already.
    config.pluginmanager.import_plugin("tests.wordpress.plugin")


@pytest.fixture
def nudge(capfd: pytest.CaptureFixture[str]) -> Nudge:
    def call(network: Network, *rows: tuple[int, str, str], **options: Any) -> dict[str, Any]:
        given = [dict(zip(("id", "domain", "stage"), row, strict=True)) for row in rows]
        arguments = {"path": str(network.path), "state_dir": "/nowhere", "mappings": given, **options}
        return called("multisite_nudge", arguments, capfd)

    return call


@pytest.fixture
def plugin(network: Network) -> Network:
    """The network with the stand-in for the plugin."""
    use_plugin(network)
    return network
