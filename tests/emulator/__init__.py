# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An emulator of the RunCloud API, v2 and v3: a second reading of its contract; no code of the collection is used."""

from __future__ import annotations

from .client import Raw, Remote
from .faults import Fault
from .models import KEY, PULL_KEYS, SECRET, TOKEN
from .panel import Entry, Panel
from .server import Emulator
from .switches import Switches

__all__ = ["KEY", "PULL_KEYS", "SECRET", "TOKEN", "Emulator", "Entry", "Fault", "Panel", "Raw", "Remote", "Switches"]
