# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""PHP tokens, and PHP's literals from and to Python values. Pure.

Text of a file is ``str`` with bytes that are no UTF-8 as surrogates (``surrogateescape``), so nothing of it is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, Union

# The values that a constant can be given outright.
Value = Union[str, bool, int, None]

BLANK = ("T_WHITESPACE", "T_COMMENT", "T_DOC_COMMENT")
STRING = "T_CONSTANT_ENCAPSED_STRING"
_NAMES = ("T_STRING", "T_NAMESPACE", "T_NS_SEPARATOR")
LINE_END = re.compile(r"\r\n|\n|\r")

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "v": "\v", "e": "\x1b", "f": "\f", "\\": "\\", "$": "$", '"': '"'}
_ESCAPE = re.compile(r"\\(?:([ntrvef\\$\"])|([0-7]{1,3})|[xX]([0-9A-Fa-f]{1,2})|u\{([0-9A-Fa-f]+)\})")
_WORDS: dict[str, Value] = {"true": True, "false": False, "null": None}


class Token(NamedTuple):
    """One token of PHP.

    ``kind`` is PHP's name for it, such as ``T_STRING``, or the character itself; ``start`` the offset of its text in the file;
    ``line`` counts from 1.
    """

    kind: str
    text: str
    start: int
    line: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


class Literal(NamedTuple):
    """The value that a literal stands for. Its type counts: ``'1'``, ``1`` and ``true`` are three."""

    type: str
    value: Value


def positioned(pairs: Iterable[tuple[str, str]]) -> list[Token]:
    """Tokens from kind and text of each, in order."""
    found: list[Token] = []
    start, line = 0, 1
    for kind, text in _named(pairs):
        # To PHP 7, the line break after a comment belongs to it.
        body = text.rstrip("\r\n") if kind == "T_COMMENT" and text[:1] in ("#", "/") and text[:2] != "/*" else text
        for part, piece in ((kind, body), ("T_WHITESPACE", text[len(body) :])):
            if piece:
                found.append(Token(part, piece, start, line))
                start += len(piece)
                line += len(LINE_END.findall(piece))
    return found


def _named(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The tokens with each name as one, as PHP 8 has them. To PHP 7, a name with backslashes is several."""
    name = ""
    alone = ""
    for kind, text in pairs:
        goes_on = kind == "T_NS_SEPARATOR" or (kind == "T_STRING" and name.endswith("\\"))
        if name and not (goes_on and name.endswith("\\") != (kind == "T_NS_SEPARATOR")):
            yield _name(name, alone), name
            name = ""
        if name or kind in _NAMES:
            name, alone = name + text, "" if name else kind
        else:
            yield kind, text
    if name:
        yield _name(name, alone), name


def _name(name: str, alone: str) -> str:
    """The kind of a name; ``alone``: that of its only token, if it is one token."""
    if alone:
        return alone
    if name.lower().startswith("namespace\\"):
        return "T_NAME_RELATIVE"
    return "T_NAME_FULLY_QUALIFIED" if name.startswith("\\") else "T_NAME_QUALIFIED"


def literal_of(value: Value) -> Literal:
    """The literal that stands for a value."""
    # Not the value's own type: Ansible's may be one derived of these. A bool is an int, so it comes first.
    return Literal(next((kind.__name__ for kind in (bool, int, str) if isinstance(value, kind)), "null"), value)


def php(value: Value) -> str:
    """The PHP text of a value: one line where the value is."""
    if isinstance(value, str):
        return "'%s'" % value.replace("\\", "\\\\").replace("'", "\\'")
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return str(value)


def read(tokens: Sequence[Token]) -> Literal | None:
    """What a literal stands for; None for any other expression."""
    sign = 1
    if len(tokens) == 2 and tokens[0].kind in ("-", "+") and tokens[1].kind == "T_LNUMBER":
        sign = -1 if tokens[0].kind == "-" else 1
        tokens = tokens[1:]
    if len(tokens) != 1:
        return None
    (token,) = tokens
    if token.kind == STRING:
        return literal_of(string(token))
    if token.kind == "T_LNUMBER":
        return literal_of(sign * _number(token.text.replace("_", "").lower()))
    if token.kind in ("T_STRING", "T_NAME_FULLY_QUALIFIED") and token.text.lstrip("\\").lower() in _WORDS:
        return literal_of(_WORDS[token.text.lstrip("\\").lower()])
    return None


def string(token: Token) -> str:
    """The value of a quoted string that holds no variable."""
    # A b before it means nothing.
    text = token.text[1:] if token.text[:1] in "bB" else token.text
    body = text[1:-1]
    if text[0] == "'":
        return re.sub(r"\\([\\'])", r"\1", body)
    # Escapes make bytes, and only all of them together make characters.
    parts, at = [], 0
    for match in _ESCAPE.finditer(body):
        plain, octal, byte, point = match.groups()
        parts.append(body[at : match.start()].encode("utf-8", "surrogateescape"))
        if plain:
            parts.append(_ESCAPES[plain].encode())
        elif point:
            # PHP refuses a file with a larger one; this only has to come so far.
            parts.append(chr(min(int(point, 16), 0x10FFFF)).encode("utf-8", "surrogatepass"))
        else:
            parts.append(bytes([int(octal, 8) & 0xFF if octal else int(byte, 16)]))
        at = match.end()
    parts.append(body[at:].encode("utf-8", "surrogateescape"))
    return b"".join(parts).decode("utf-8", "surrogateescape")


def _number(text: str) -> int:
    for prefix, base in (("0x", 16), ("0b", 2), ("0o", 8)):
        if text.startswith(prefix):
            return int(text[2:], base)
    return int(text, 8 if text.startswith("0") and text != "0" else 10)
