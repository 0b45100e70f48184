# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    # Does nothing where the plugin was loaded for all tests already.
    config.pluginmanager.import_plugin("tests.wordpress.plugin")
