# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""pytest fixture: one SSH server for the whole run, made when first asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .server import Sshd


@pytest.fixture(scope="session")
def sshd() -> Iterator[Sshd]:
    with Sshd() as server:
        yield server
