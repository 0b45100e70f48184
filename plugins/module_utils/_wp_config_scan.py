# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tokens of a PHP file say of constants: who defines which, where, and how surely. Pure.

A *plain* define is a statement of its own at the top level, outside of any condition, function and loop. Only such a one is
understood well enough to be changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ._wp_config_tokens import BLANK, LINE_END, STRING, Token, string

PLAIN = "plain"
CONST = "const"
INSIDE = "inside"
PART = "part"
ARGUMENTS = "arguments"

INCLUDES = ("T_INCLUDE", "T_INCLUDE_ONCE", "T_REQUIRE", "T_REQUIRE_ONCE")
_OPENERS = ("(", "[", "{", "T_CURLY_OPEN", "T_DOLLAR_OPEN_CURLY_BRACES", "T_ATTRIBUTE")
_CLOSERS = (")", "]", "}")
# The other spelling of blocks: if (…): … endif;
_COLON_BLOCKS = ("T_IF", "T_FOR", "T_FOREACH", "T_WHILE", "T_SWITCH", "T_DECLARE")
_COLON_ENDS = ("T_ENDIF", "T_ENDFOR", "T_ENDFOREACH", "T_ENDWHILE", "T_ENDSWITCH", "T_ENDDECLARE")
_STATEMENT_ENDS = (";", "T_CLOSE_TAG")
# What a statement at the top level may follow. Inline HTML is followed by an open tag.
_BEFORE_STATEMENT = ("T_OPEN_TAG", ";", "}")
_NOT_THE_FUNCTION = ("T_OBJECT_OPERATOR", "T_NULLSAFE_OBJECT_OPERATOR", "T_DOUBLE_COLON", "T_FUNCTION", "T_NEW")
_NO_EXPRESSION = (*BLANK[1:], "T_OPEN_TAG", "T_OPEN_TAG_WITH_ECHO", "T_CLOSE_TAG", "T_INLINE_HTML", "T_HALT_COMPILER")
_SETTINGS = "wp-settings.php"


class Definition(NamedTuple):
    """One constant that the file defines, or may define.

    ``how``: PLAIN, CONST (at the top level), INSIDE (a block), PART (of an expression or a condition) or ARGUMENTS (not two of
    them); ``start`` and ``end``: offsets of the statement without a close tag; ``value``: its tokens, blanks left out;
    ``any_case``: the name may count in any case.
    """

    name: str
    how: str
    line: int
    start: int
    end: int
    value: tuple[Token, ...]
    any_case: bool = False

    def defines(self, name: str) -> bool:
        """Whether it may be this constant."""
        return self.name == name or (self.any_case and self.name.lower() == name.lower())


class Include(NamedTuple):
    """A file that is loaded: the line, and the tokens that name it, blanks left out."""

    line: int
    expression: tuple[Token, ...]


class Found(NamedTuple):
    """What a file holds. ``unclear``: lines that define names nobody can read there; ``namespace``: the line of the first
    one; ``places``: offsets at column 0 where a new line may go, the best first."""

    has_code: bool
    definitions: tuple[Definition, ...]
    unclear: tuple[int, ...]
    includes: tuple[Include, ...]
    namespace: int | None
    places: tuple[int, ...]


def scan(tokens: Sequence[Token]) -> Found:
    """Read the tokens of a whole file."""
    return _Scan(tokens).found()


def line_start(text: str, offset: int) -> int:
    """Where the line of an offset begins."""
    return max(text.rfind("\n", 0, offset), text.rfind("\r", 0, offset)) + 1


def line_end(text: str, offset: int) -> int:
    """Where the next line begins; at the end of the file if there is none."""
    found = LINE_END.search(text, offset)
    return found.end() if found else len(text)


def loads_settings(expression: Sequence[Token]) -> bool:
    """Whether an include loads WordPress itself."""
    names = [token for token in expression if token.kind != ")"]
    return bool(names) and names[-1].kind == STRING and string(names[-1]).rpartition("/")[2] == _SETTINGS


def is_one_expression(tokens: Sequence[Token]) -> bool:
    """Whether the tokens can stand for one value within a statement on one line, brackets closed, no comment with them."""
    depth = 0
    for token in tokens:
        depth += (token.kind in _OPENERS) - (token.kind in _CLOSERS)
        if depth < 0 or (depth == 0 and token.kind in (";", ",")) or token.kind in _NO_EXPRESSION:
            return False
    return depth == 0 and any(token.kind not in BLANK for token in tokens)


def is_anchor(token: Token) -> bool:
    """Whether a comment is the one below which people are asked to change nothing."""
    return token.kind in BLANK[1:] and "stop editing" in token.text.lower()


class _Scan:
    def __init__(self, tokens: Sequence[Token]) -> None:
        self._all = tokens
        self._text = "".join(token.text for token in tokens)
        self._code = [token for token in tokens if token.kind not in BLANK]
        self._depth: list[int] = []
        self._closed_by: dict[int, int] = {}
        self._opened_by: dict[int, int] = {}
        self._measure()

    def _measure(self) -> None:
        """How many blocks and brackets each token is in, and which brackets belong together."""
        open_ones: list[int] = []
        for i, token in enumerate(self._code):
            if token.kind in _CLOSERS + _COLON_ENDS and open_ones:
                self._opened_by[i] = open_ones.pop()
                self._closed_by[self._opened_by[i]] = i
            self._depth.append(len(open_ones))
            if token.kind in _OPENERS or (token.kind == ":" and self._opens_block(i)):
                open_ones.append(i)

    def _opens_block(self, colon: int) -> bool:
        condition = self._opened_by.get(colon - 1)
        return self._kind(colon - 1) == ")" and condition is not None and self._kind(condition - 1) in _COLON_BLOCKS

    def _kind(self, i: int) -> str:
        return self._code[i].kind if 0 <= i < len(self._code) else ""

    def _starts(self, i: int) -> bool:
        """Whether a statement at the top level begins with this token."""
        return self._depth[i] == 0 and i > 0 and self._kind(i - 1) in _BEFORE_STATEMENT

    def found(self) -> Found:
        definitions: list[Definition] = []
        unclear: list[int] = []
        includes: list[Include] = []
        namespace = None
        for i, token in enumerate(self._code):
            if self._is_define(i):
                definition = self._definition(i)
                if definition:
                    definitions.append(definition)
                else:
                    unclear.append(token.line)
            elif token.kind == "T_EVAL" or (token.kind == STRING and string(token).lower() in ("define", "\\define")):
                unclear.append(token.line)
            elif token.kind == "T_CONST" and self._depth[i] <= bool(namespace):
                definitions += self._consts(i)
            elif token.kind in INCLUDES:
                includes.append(Include(token.line, tuple(self._until_end(i + 1))))
            elif token.kind == "T_NAMESPACE" and self._starts(i):
                namespace = namespace or token.line
        has_code = any(token.kind == "T_OPEN_TAG" for token in self._code)
        places = tuple(self._places())
        return Found(has_code, tuple(definitions), tuple(unclear), tuple(includes), namespace, places)

    def _is_define(self, i: int) -> bool:
        token = self._code[i]
        if token.kind == "T_NAME_FULLY_QUALIFIED":
            return token.text.lower() == "\\define"
        if token.kind != "T_STRING" or token.text.lower() != "define":
            return False
        imported = self._kind(i - 1) == "T_FUNCTION" and self._kind(i - 2) == "T_USE"
        return imported or self._kind(i - 1) not in _NOT_THE_FUNCTION

    def _definition(self, i: int) -> Definition | None:
        """The call of define() at this token; None if its name cannot be read."""
        close = self._closed_by.get(i + 1)
        if self._kind(i + 1) != "(" or close is None:
            return None
        arguments = self._split(i + 2, close)
        if not arguments or len(arguments[0]) != 1 or arguments[0][0].kind != STRING:
            return None
        ends = self._kind(close + 1)
        end = self._code[close + 1].end if ends == ";" else self._code[close].end
        if len(arguments) != 2 or not arguments[1]:
            how = ARGUMENTS
        elif self._depth[i] > 0:
            how = INSIDE
        else:
            how = PLAIN if self._starts(i) and ends in _STATEMENT_ENDS else PART
        value = tuple(arguments[1]) if len(arguments) > 1 else ()
        start = self._code[i]
        return Definition(string(arguments[0][0]), how, start.line, start.start, end, value, len(arguments) > 2)

    def _split(self, start: int, close: int) -> list[list[Token]]:
        """The arguments between two brackets; a comma after the last one begins no other."""
        parts: list[list[Token]] = [[]]
        for i in range(start, close):
            if self._kind(i) == "," and self._depth[i] == self._depth[start - 1] + 1:
                parts.append([])
            else:
                parts[-1].append(self._code[i])
        return parts if parts[-1] else parts[:-1]

    def _consts(self, i: int) -> list[Definition]:
        """The constants of one const statement."""
        end = i + 1
        while end < len(self._code) and not (self._kind(end) in _STATEMENT_ENDS and self._depth[end] == self._depth[i]):
            end += 1
        parts: list[list[Token]] = [[]]
        for j in range(i + 1, end):
            if self._kind(j) == "," and self._depth[j] == self._depth[i]:
                parts.append([])
            else:
                parts[-1].append(self._code[j])
        start, stop = self._code[i], self._code[end - 1].end
        return [
            Definition(part[0].text, CONST, part[0].line, start.start, stop, tuple(part[2:])) for part in parts if part
        ]

    def _until_end(self, start: int) -> list[Token]:
        """The tokens of an expression: to the end of its statement, or of the brackets that it is in."""
        found = []
        for i in range(start, len(self._code)):
            level = self._depth[i] - self._depth[start - 1]
            if level < 0 or (level == 0 and self._kind(i) in (*_STATEMENT_ENDS, ",")):
                break
            found.append(self._code[i])
        return found

    def _places(self) -> list[int]:
        loads = [
            i for i, token in enumerate(self._code) if token.kind in INCLUDES and loads_settings(self._until_end(i + 1))
        ]
        last = self._code[loads[0]].start if loads else len(self._text)
        anchors = [
            line_start(self._text, token.start) for token in self._all if is_anchor(token) and token.start < last
        ]
        found = [offset for offset in anchors if self._between_statements(offset)][-1:]
        tokens = [self._code[i] for i in loads if self._starts(i)]
        return found + [token.start for token in tokens if token.start == line_start(self._text, token.start)][:1]

    def _between_statements(self, offset: int) -> bool:
        """Whether a new statement at this offset would be one of the top level."""
        if any(token.start < offset < token.end for token in self._all if token.kind != "T_WHITESPACE"):
            return False
        before = [i for i, token in enumerate(self._code) if token.end <= offset]
        if not before:
            return False
        i = before[-1]
        return self._kind(i) in _BEFORE_STATEMENT and self._depth[i] == 0
