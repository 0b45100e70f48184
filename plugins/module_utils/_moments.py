# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Moments as documents and people have them: UTC, to the second, such as 2026-07-18T12:00:00Z; and a person's words for an end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

_FORM = "%Y-%m-%dT%H:%M:%SZ"


def text_of(moment: datetime) -> str:
    """The text of a moment that knows its zone."""
    return moment.astimezone(timezone.utc).strftime(_FORM)


def moment_of(text: str) -> datetime:
    """The moment of such a text.

    :raises ValueError, TypeError: when it is none.
    """
    return datetime.strptime(text, _FORM).replace(tzinfo=timezone.utc)


def end_of(text: str) -> datetime:
    """The end that a person gives: of a date such as 2026-12-24 the end of that day, else an ISO time; UTC unless it says its zone.

    :raises ValueError: when it is neither.
    """
    words = text.strip()
    if len(words) == len("2026-12-24"):
        day = date.fromisoformat(words)
        return datetime(day.year, day.month, day.day, tzinfo=timezone.utc) + timedelta(days=1)
    # Python 3.9 and 3.10 do not know the Z.
    moment = datetime.fromisoformat(words[:-1] + "+00:00" if words[-1:] in ("Z", "z") else words)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def until_faults(row: Mapping[str, Any], where: str) -> list[str]:
    """What is wrong with the end of an override, a dict with ``until`` and ``reason``; nothing where it has none."""
    until = row.get("until")
    if until is None:
        return []
    faults = []
    try:
        end_of(str(until))
    except (ValueError, OverflowError):
        faults.append(
            "%s: until must be a date such as 2026-12-24, or a time such as 2026-12-24T18:00:00Z, not %r."
            % (where, until)
        )
    if not str(row.get("reason") or "").strip():
        faults.append("%s: until says how long something is acknowledged, and reason has to say why." % where)
    return faults
