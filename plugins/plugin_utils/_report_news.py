# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person is told when the state of a fleet has changed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_fleet import headline
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._report_shapes import count

SHOWN = 30  # lines
LONGEST = 400  # characters of a line
ROOM = 1900  # characters; Discord takes 2,000 (https://discord.com/developers/docs/resources/webhook)
# Chat services take these for markup (https://docs.slack.dev/messaging/formatting-message-text), an @ for people, and a text in brackets
# for a link or a picture.
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "@": "@\u200b", "]": "]\u200b"})


def news_text(fleet: Mapping[str, Any], changes: Mapping[str, Any]) -> str:
    """The headline and the lines of ``report_changes``, for a chat; empty where nothing changed."""
    if not changes:
        return ""
    lines, shown, room = changes["lines"], [headline(fleet)], ROOM
    for line in lines[:SHOWN]:
        told = _short(line).translate(_MARKUP)
        room -= len(told) + 1
        if room < 0:
            break
        shown.append(told)
    left = len(lines) - len(shown) + 1
    rest = ["and %s, see the report" % count(left, "line more", "lines more")] if left else []
    return "\n".join([*shown, *rest])


def _short(line: str) -> str:
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
