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
    private static $wrong = [];

    /** WordPress gives some constants a value where wp-config.php has not, so they are asked for before it does. */
    public static function prepare($prefix)
    {
        foreach (self::$in['constants'] as $row) {
            $defined = defined($row['name']);
            if ($defined !== $row['defined'] || ($row['compare'] && constant($row['name']) !== $row['value'])) {
                self::$wrong[] = $row['name'];
            }
        }
        parent::prepare($prefix);
    }

    public static function work()
    {
        self::answer(['wrong' => self::$wrong]);
    }
}
""",
)
# Of a load that may have come to its end, nobody knows more.
_WORDS = {"stopped": ("PHP ended after WordPress was loaded{place}", "Look there, or into PHP's log.")}


def fault(
    params: Mapping[str, Any], constants: Sequence[Mapping[str, Any]], candidate: str | None = None
) -> str | None:
    """Why WordPress does not load, or has not the constants; None when all is well.

    :arg params: ``path`` (the folder of WordPress), ``php_executable``, ``http_host`` and ``timeout``.
    :arg candidate: the path of a file to take for wp-config.php.
    :arg constants: rows with ``name``, ``defined``, ``compare`` (whether the value counts) and ``value``.
    """
    try:
        wrong = run(_PROGRAM, params, {"constants": list(constants), "candidate": candidate}, _WORDS)["wrong"]
    except ReadFailed as error:
        return str(error)
    if wrong:
        return (
            f"PHP says otherwise of {', '.join(wrong)}: something else than this file sets or changes it. Look for it."
        )
    return None
