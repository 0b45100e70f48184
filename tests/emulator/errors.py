# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refusals of the API."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """A refusal of the API: a JSON answer with ``message`` and, for invalid fields, ``errors``."""

    def __init__(self, status: int, message: str, errors: dict[str, list[str]] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.document: dict[str, Any] = {"message": message} | ({"errors": errors} if errors else {})


def invalid(errors: dict[str, list[str]]) -> ApiError:
    """Laravel's answer to a request that fails validation."""
    return ApiError(422, "The given data was invalid.", errors)
