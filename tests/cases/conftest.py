# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real multisite of tests/wordpress, and the emulator and the module runner of tests/modules."""

from __future__ import annotations

import pytest

from tests.modules.conftest import _clock, _nameserver, _server, bare, clock, emu, lookup, run
from tests.source.conftest import info

__all__ = ["_clock", "_nameserver", "_server", "bare", "clock", "emu", "info", "lookup", "run"]


def pytest_configure(config: pytest.Config) -> None:
    # Does nothing where the plugin was loaded for all tests already.
    config.pluginmanager.import_plugin("tests.wordpress.plugin")
