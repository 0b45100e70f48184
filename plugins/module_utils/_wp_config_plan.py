# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be written into a wp-config.php, or why it is not. Pure: tokens in, text out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from ._wp_config_scan import ARGUMENTS, CONST, INSIDE, PART, PLAIN, Definition, Found, is_anchor, line_end, line_start
from ._wp_config_tokens import BLANK, Literal, Token, php, read

_SECRET_NAME = re.compile(r"KEY|SECRET|TOKEN|PASS|SALT", re.IGNORECASE)
_HIDDEN = "'*** %s value, not shown ***'"
_BY_HAND = "Change it by hand, or make it a plain define( 'NAME', value ); of its own."
_HOW = {
    CONST: "it is defined by const. " + _BY_HAND,
    INSIDE: "it is defined inside a condition, loop, function or other block. " + _BY_HAND,
    PART: "it is defined as part of a condition or of another expression, as in defined() || define(). " + _BY_HAND,
    ARGUMENTS: "its define() has not exactly two arguments. " + _BY_HAND,
}
_NO_PLACE = (
    'there is no place to insert it: neither a comment with the words "stop editing", nor a statement at the beginning of a line'
    " that loads wp-settings.php, at the top level. Add the line /* That's all, stop editing! */ where it belongs."
)
_NAMESPACE = "the file declares a namespace, which no wp-config.php needs. Remove it."
_UNCLEAR = (
    "there is code that defines constants whose names cannot be read (define() with a variable, eval), and %s may be one of them."
    " Write those defines out."
)
_UNRESOLVED = "a file is included here by a path that cannot be read without running it, and it may define %s. Write out the path."


class Wish(NamedTuple):
    """What one constant shall be.

    ``php``: the text of its value, None where it shall be absent; ``literal``: what that stands for, None for an expression;
    ``code``: the texts of an expression's tokens.
    """

    name: str
    secret: bool
    php: str | None = None
    literal: Literal | None = None
    code: tuple[str, ...] = ()

    def met_by(self, definition: Definition) -> bool:
        """Whether the definition gives this very value."""
        if self.literal is not None:
            return read(definition.value) == self.literal
        return self.code == tuple(token.text for token in definition.value)


class Refusal(NamedTuple):
    """A constant that is left alone: the line to look at, if there is one, and why, as a sentence."""

    name: str
    line: int | None
    reason: str


class Around(NamedTuple):
    """The files that are included, with what they hold; and of includes that cannot be read, the file and the line."""

    files: tuple[tuple[str, Found], ...] = ()
    unresolved: tuple[tuple[str, int], ...] = ()


class Plan(NamedTuple):
    """``text``: the file as it shall be; ``states``: of each wish, in order; ``lines``: where a constant stood before, by name;
    ``before`` and ``after``: the lines of a diff."""

    text: str
    states: tuple[str, ...]
    lines: dict[str, int]
    refused: tuple[Refusal, ...]
    before: tuple[str, ...]
    after: tuple[str, ...]


class _Refused(Exception):
    def __init__(self, line: int | None, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


def plan(path: str, tokens: Sequence[Token], found: Found, around: Around, wishes: Sequence[Wish]) -> Plan:
    """Judge every wish, and make the new text of those that can be met. ``path`` is the file's own."""
    states, lines, refused, removals = [], {}, [], []
    edits: list[tuple[int, int, str]] = []
    new: list[str] = []
    before: list[str] = []
    after: list[str] = []
    for wish in wishes:
        try:
            state, old = _judge(path, found, around, wish)
        except _Refused as why:
            refused.append(Refusal(wish.name, why.line, why.reason))
            continue
        states.append(state)
        if old is not None:
            lines[wish.name] = old.line
        if state == "added":
            new.append(define(wish.name, wish.php))
        elif old is not None and state == "changed":
            edits.append((old.value[0].start, old.value[-1].end, str(wish.php)))
        elif old is not None and state == "removed":
            removals.append(old)
        if old is not None and state in ("changed", "removed"):
            before.append(define(wish.name, _shown(old, wish)))
        if state in ("added", "changed"):
            after.append(define(wish.name, _HIDDEN % "new" if wish.secret else wish.php))
    text = "".join(token.text for token in tokens)
    if new:
        edits.append((found.places[0], found.places[0], "".join(line + line_break(text) for line in new)))
    edits += [(start, end, "") for start, end in _cuts(text, tokens, removals)]
    for start, end, put in sorted(edits, reverse=True):
        text = text[:start] + put + text[end:]
    return Plan(text, tuple(states), lines, tuple(refused), tuple(before), tuple(after))


def define(name: str, value: Any) -> str:
    """The line by which a constant is defined."""
    return f"define( '{name}', {value} );"


def line_break(text: str) -> str:
    """The line break that the file uses."""
    windows = text.count("\r\n")
    counts = {"\n": text.count("\n") - windows, "\r\n": windows, "\r": text.count("\r") - windows}
    return max(counts, key=lambda ending: counts[ending])


def confirms(wishes: Sequence[Wish], before: Found, after: Found) -> bool:
    """Whether a file that reads so is the old one with the wishes met, and nothing else."""
    for wish in wishes:
        there = [definition for definition in after.definitions if definition.defines(wish.name)]
        if wish.php is None:
            met = not there
        else:
            met = len(there) == 1 and there[0].how in (PLAIN, CONST) and wish.met_by(there[0])
        if not met:
            return False
    return _rest(before, wishes) == _rest(after, wishes)


def _rest(found: Found, wishes: Sequence[Wish]) -> list[Any]:
    names = {wish.name for wish in wishes}
    others = [
        (one.name, one.how, one.any_case, [token.text for token in one.value])
        for one in found.definitions
        if one.name not in names
    ]
    includes = [[token.text for token in include.expression] for include in found.includes]
    return [others, includes, len(found.unclear), found.namespace]


def _judge(path: str, found: Found, around: Around, wish: Wish) -> tuple[str, Definition | None]:
    """What becomes of a wish, and the definition that is there.

    :raises _Refused: it cannot be met safely.
    """
    if found.namespace is not None:
        raise _Refused(found.namespace, _NAMESPACE)
    there = [definition for definition in found.definitions if definition.defines(wish.name)]
    for file, held in around.files:
        for definition in held.definitions:
            if definition.defines(wish.name):
                also = f"; line {there[0].line} of {path} defines it, too" if there else ""
                raise _Refused(
                    definition.line,
                    f"it is defined in the included file {file}, line {definition.line}{also}. Change it there, or remove it there.",
                )
    if len(there) > 1:
        lines = ", ".join(str(definition.line) for definition in there)
        raise _Refused(there[0].line, f"it is defined more than once (lines {lines}). Leave one.")
    if there:
        (old,) = there
        if wish.php is not None and old.how in (PLAIN, CONST) and wish.met_by(old):
            return "unchanged", old
        if old.how != PLAIN:
            raise _Refused(old.line, _HOW[old.how])
        _refuse_unclear(path, found, around, wish)
        return ("removed" if wish.php is None else "changed"), old
    _refuse_unclear(path, found, around, wish)
    for file, line in around.unresolved:
        raise _Refused(line, _in(file, path, line) + _UNRESOLVED % wish.name)
    if wish.php is None:
        return "absent", None
    if not found.places:
        raise _Refused(None, _NO_PLACE)
    return "added", None


def _refuse_unclear(path: str, found: Found, around: Around, wish: Wish) -> None:
    for file, held in ((path, found), *around.files):
        if held.unclear:
            raise _Refused(held.unclear[0], _in(file, path, held.unclear[0]) + _UNCLEAR % wish.name)


def _in(file: str, path: str, line: int) -> str:
    return "" if file == path else f"in the included file {file}, line {line}: "


def _shown(old: Definition, wish: Wish) -> str:
    """An old value for a diff. Any text of the file may hold a secret, whatever its name is, and so may an expression."""
    literal = read(old.value)
    if wish.secret or _SECRET_NAME.search(wish.name) or literal is None or isinstance(literal.value, str):
        return _HIDDEN % "old"
    return php(literal.value)


def _cuts(text: str, tokens: Sequence[Token], removals: Sequence[Definition]) -> list[tuple[int, int]]:
    """The ranges to cut for these definitions, none touching another."""
    gone = [(definition.start, definition.end) for definition in removals]
    found: list[tuple[int, int]] = []
    for start, end in sorted(_cut(text, tokens, gone, span) for span in gone):
        if found and start <= found[-1][1]:
            start, end = found[-1][0], max(end, found.pop()[1])
        found.append((start, end))
    return found


def _cut(text: str, tokens: Sequence[Token], gone: Sequence[tuple[int, int]], span: tuple[int, int]) -> tuple[int, int]:
    """The whole lines of a statement when nothing stays on them but a comment on it, else the statement alone."""
    first, last = line_start(text, span[0]), line_end(text, span[1])
    stays = [
        token
        for token in tokens
        if token.start < last
        and token.end > first
        and token.kind != "T_WHITESPACE"
        and not any(start <= token.start and token.end <= end for start, end in gone)
    ]
    if all(_is_remark(token, span, last) for token in stays):
        return first, last
    start, end = span
    while text[end : end + 1] in (" ", "\t"):
        end += 1
    if text[end : end + 1] in ("", "\r", "\n"):
        blank = [token.start for token in tokens if token.end == start and token.kind == "T_WHITESPACE"]
        start = max(blank[0], line_start(text, start)) if blank else start
    return start, end


def _is_remark(token: Token, span: tuple[int, int], last: int) -> bool:
    return token.kind in BLANK[1:] and span[1] <= token.start and token.end <= last and not is_anchor(token)
