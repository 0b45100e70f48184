# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments as documents and people have them: UTC, to the second, such as 2026-07-18T12:00:00Z."""

from __future__ import annotations

from datetime import datetime, timezone

_FORM = "%Y-%m-%dT%H:%M:%SZ"


def text_of(moment: datetime) -> str:
    """The text of a moment that knows its zone."""
    return moment.astimezone(timezone.utc).strftime(_FORM)


def moment_of(text: str) -> datetime:
    """The moment of such a text.

    :raises ValueError, TypeError: when it is none.
    """
    return datetime.strptime(text, _FORM).replace(tzinfo=timezone.utc)
