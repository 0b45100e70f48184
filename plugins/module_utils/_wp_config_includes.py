# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files an include statement of PHP can mean, as far as it can be read without running it. Pure."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import NamedTuple

from ._wp_config_tokens import STRING, Token, string


class Folders(NamedTuple):
    """``file``: the real path of the file with the include; ``main``: that of wp-config.php; ``wordpress``: where ABSPATH may be."""

    file: str
    main: str
    wordpress: tuple[str, ...]


def candidates(expression: Sequence[Token], folders: Folders) -> list[str] | None:
    """The paths that the expression can mean, only some of which may exist; None if that cannot be read.

    It understands literals, __DIR__, __FILE__, dirname(), ABSPATH and their concatenation.
    """
    found = _Reader(expression, folders).read()
    if found is None or any("://" in path or not path for path in found):
        return None
    paths = []
    for path in found:
        # PHP looks for a relative one in the working directory, WordPress's folder as a rule, then beside the file.
        roots = (*folders.wordpress, posixpath.dirname(folders.main), posixpath.dirname(folders.file))
        paths += [posixpath.normpath(posixpath.join(root, path)) for root in roots]
    return list(dict.fromkeys(paths))


class _Reader:
    def __init__(self, tokens: Sequence[Token], folders: Folders) -> None:
        self._tokens, self._folders, self._at = list(tokens), folders, 0

    def read(self) -> list[str] | None:
        """What the whole expression can be."""
        found = self._joined()
        return found if self._at == len(self._tokens) else None

    def _joined(self) -> list[str] | None:
        found = self._part()
        while found is not None and self._take("."):
            more = self._part()
            found = None if more is None else [one + two for one in found for two in more]
        return found

    def _part(self) -> list[str] | None:
        if self._at == len(self._tokens):
            return None
        token = self._tokens[self._at]
        self._at += 1
        if token.kind == STRING:
            return [string(token)]
        if token.kind == "T_DIR":
            return [posixpath.dirname(self._folders.file)]
        if token.kind == "T_FILE":
            return [self._folders.file]
        if token.kind == "(":
            found = self._joined()
            return found if self._take(")") else None
        if token.kind not in ("T_STRING", "T_NAME_FULLY_QUALIFIED"):
            return None
        if token.text == "ABSPATH":
            return list(self._folders.wordpress) or None
        return self._dirname() if token.text.lower().lstrip("\\") == "dirname" and self._take("(") else None

    def _dirname(self) -> list[str] | None:
        found = self._joined()
        levels = 1
        if self._take(",") and self._at < len(self._tokens) and self._tokens[self._at].kind == "T_LNUMBER":
            text = self._tokens[self._at].text
            levels = int(text) if text.isdigit() else 0
            self._at += 1
        if found is None or not self._take(")") or not 1 <= levels <= 32:
            return None
        for _level in range(levels):
            found = [_parent(path) for path in found]
        return found

    def _take(self, kind: str) -> bool:
        there = self._at < len(self._tokens) and self._tokens[self._at].kind == kind
        self._at += there
        return there


def _parent(path: str) -> str:
    """As PHP's dirname(): a final slash does not count."""
    return posixpath.dirname(path.rstrip("/") or "/") or "."
