# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two kinds of shapes: what a test writes must be exact, what the API takes may hold more."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

CREATED = "2024-07-18 01:31:10"


class Strict(BaseModel):
    """A seed with a misspelt key must not pass silently."""

    model_config = ConfigDict(extra="forbid")


class Lenient(BaseModel):
    """Keeps what it does not know in ``model_extra``, for the journal."""

    model_config = ConfigDict(extra="allow")
