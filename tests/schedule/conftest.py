# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of other folders."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    # Does nothing where the plugins were loaded for all tests already.
    config.pluginmanager.import_plugin("tests.wordpress.plugin")
    config.pluginmanager.import_plugin("tests.sshd.plugin")
