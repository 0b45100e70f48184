# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads WordPress to see whether it still does, and what PHP then says of some constants."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ._php_wordpress import program
from ._snapshot_words import ReadFailed
from ._wordpress import run

_PROGRAM = program(
    "WpmLoad",
    r"""
final class WpmLoad extends WpmWordPress
{
    public static function work()
    {
        $wrong = [];
        foreach (self::$in['constants'] as $row) {
            $defined = defined($row['name']);
            if ($defined !== $row['defined'] || ($row['compare'] && constant($row['name']) !== $row['value'])) {
                $wrong[] = $row['name'];
            }
        }
        self::answer(['wrong' => $wrong]);
    }
}
""",
)
# Of a load that may have come to its end, nobody knows more.
_WORDS = {"stopped": ("PHP ended after WordPress was loaded{place}", "Look there, or into PHP's log.")}


def fault(params: Mapping[str, Any], constants: Sequence[Mapping[str, Any]]) -> str | None:
    """Why WordPress does not load, or has not the constants; None when all is well.

    :arg params: ``path`` (the folder of WordPress), ``php_executable``, ``http_host`` and ``timeout``.
    :arg constants: rows with ``name``, ``defined``, ``compare`` (whether the value counts) and ``value``.
    """
    try:
        wrong = run(_PROGRAM, params, {"constants": list(constants)}, _WORDS)["wrong"]
    except ReadFailed as error:
        return str(error)
    if wrong:
        return (
            f"PHP says otherwise of {', '.join(wrong)}: something else than this file sets or changes it. Look for it."
        )
    return None
