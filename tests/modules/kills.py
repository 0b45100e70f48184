# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ends a run before any of its steps that leave a trace outside of it: a request to the panel, a file that is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.modules.harness import plugin


class Killed(BaseException):
    """The process ends here."""


class Fuse:
    """Counts requests and saves, and ends the run before the given one."""

    def __init__(self, patch: pytest.MonkeyPatch, at: int | None = None) -> None:
        self.at, self.steps = at, 0
        state, backup = plugin("module_utils._state").State, plugin("module_utils._backup")
        places = [
            (plugin("module_utils._client").Client, "_send"),
            (state, "prepare"),
            (state, "save"),
            (backup, "store"),
        ]
        for owner, name in places:
            patch.setattr(owner, name, self._before(getattr(owner, name)))

    def _before(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*given: Any) -> Any:
            if self.steps == self.at:
                raise Killed
            self.steps += 1
            return real(*given)

        return stepped
