# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Host names: one spelling for each, and the few questions that the plan and the filter ask of them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Callable

# Names that the public DNS never resolves: RFC 2606, RFC 6761, RFC 6762, RFC 7686 and ICANN's "internal".
RESERVED_TLDS = frozenset(("test", "local", "localhost", "invalid", "example", "internal", "onion"))
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9-]+")
WWW = "www."


class BadName(ValueError):
    """The text is not a host name; the message says why, for a person."""


class MissingLibrary(BadName, ImportError):
    """Nobody can say whether the text is a host name, because a library is missing."""


def normalise(text: str, wildcard: bool = False) -> str:
    """The one spelling of a host name: lower-case A-labels without scheme, port, path or final dot.

    :arg text: what a person or a database holds, for example ``https://Müller.de:8080/shop``.
    :arg wildcard: accept a leading ``*.``.
    :raises BadName: with the reason.
    """
    host = _SCHEME.sub("", text.strip())
    host = re.split(r"[/?#\\]", host, maxsplit=1)[0].rsplit("@", 1)[-1]
    if host.startswith("["):
        raise BadName("an IP address, not a host name")
    host = re.sub(r":\d*$", "", host)
    star = "*." if host.startswith("*.") else ""
    if star and not wildcard:
        raise BadName("a wildcard: only extra_domains may name one")
    host = host[len(star) :]
    if not host.isascii():
        host = _to_ascii(host)
    host = host.lower()
    if host.endswith("."):
        host = host[:-1]
    _check(host)
    return star + host


def _to_ascii(host: str) -> str:
    # Only a name with other letters needs the library, so a task about plain names does not load it.
    try:
        import idna
    except ImportError as exc:
        raise MissingLibrary("has letters beyond a-z; to convert them the Python library idna is needed") from exc
    try:
        return idna.encode(host, uts46=True, transitional=False).decode("ascii")
    except idna.IDNAError as exc:
        raise BadName("not a valid internationalised name: %s" % exc) from exc


def idna_warning(host: str) -> str | None:
    """Why IDNA 2008 refuses an A-label of this host, or None. Such names exist (emoji) and are left as they are."""
    if "xn--" not in host:
        return None
    import idna

    try:
        idna.decode(host.split("*.", 1)[-1])
    except idna.IDNAError as exc:
        return "%s: IDNA 2008 does not allow this name (%s); it is used as it is" % (host, exc)
    return None


def _check(host: str) -> None:
    if not host:
        raise BadName("empty")
    labels = host.split(".")
    if len(labels) == 4 and all(label.isdigit() for label in labels):
        raise BadName("an IP address, not a host name")
    if len(host) > 253:
        raise BadName("longer than 253 characters")
    for label in labels:
        if not label:
            raise BadName("an empty label (two dots in a row, or a dot at the start)")
        if len(label) > 63:
            raise BadName("a label longer than 63 characters")
        if "_" in label:
            raise BadName("an underscore in a host name")
        if not _LABEL.fullmatch(label):
            raise BadName("characters that a host name cannot have")
        if label.startswith("-") or label.endswith("-"):
            raise BadName("a label that starts or ends with a hyphen")
    if len(labels) < 2:
        raise BadName("a single label, not a public host name")
    if labels[-1].isdigit():
        raise BadName("a numeric top-level domain")


def reserved(host: str) -> bool:
    """Whether the host lies below a top-level domain that no public resolver or certificate authority serves."""
    return host.rsplit(".", 1)[-1] in RESERVED_TLDS


def fold(host: str) -> str:
    """The key under which ``X`` and ``www.X`` are one entry: the host without one leading ``www.``."""
    rest = host[len(WWW) :]
    return rest if host.startswith(WWW) and "." in rest else host


def enumerated(names: Sequence[str], most: int = 20) -> str:
    """Names for a person, the first ones where they are many."""
    return ", ".join(names[:most]) + (" and %d more" % (len(names) - most) if len(names) > most else "")


def is_wildcard(name: str) -> bool:
    """Whether a record's name is a wildcard."""
    return name.startswith("*.")


def covering(host: str, bases: Iterable[str]) -> str | None:
    """The wildcard (``*.base``) that serves this host, or None: it reaches exactly one label below its base."""
    parent = host.split(".", 1)[-1]
    return "*.%s" % parent if not is_wildcard(host) and parent in bases else None


def below(host: str, parent: str) -> bool:
    """Whether the host lies at any depth below the parent. ``xnetwork.com`` is not below ``network.com``."""
    return host.endswith("." + parent)


def plain_names(patterns: Iterable[str]) -> list[str]:
    """The patterns of ``matcher`` that are one host's name: such a one that takes nothing may be misspelt.

    :raises BadName: for a pattern that ``matcher`` refuses, too.
    """
    names = [normalise(pattern, wildcard=True) for pattern in patterns if pattern[:1] not in (".", "/")]
    return [name for name in names if not is_wildcard(name)]


def usable(text: str, where: str, faults: list[str]) -> str:
    """A name of an option in its one spelling; one that is none is told with its place and given back as it is."""
    try:
        return normalise(text, wildcard=True)
    except BadName as exc:
        faults.append("%s: %r is not usable: %s." % (where, text, exc))
        return text


def matcher(patterns: Iterable[str]) -> Callable[[str], str | None]:
    """A function host → the first pattern that takes it, or None.

    A pattern is a name, ``.suffix`` or ``*.suffix`` (every name below it) or ``/regular expression/`` (searched in the name).

    :raises BadName: for the patterns that are none of these, all of them in one message.
    """
    names: set[str] = set()
    suffixes: list[str] = []
    expressions: list[tuple[str, re.Pattern[str]]] = []
    faults: list[str] = []
    for pattern in patterns:
        try:
            if len(pattern) > 2 and pattern.startswith("/") and pattern.endswith("/"):
                expressions.append((pattern, re.compile(pattern[1:-1])))
            elif pattern.startswith("."):
                suffixes.append("." + normalise(pattern[1:]))
            elif pattern.startswith("*."):
                names.add(normalise(pattern, wildcard=True))
                suffixes.append(normalise(pattern, wildcard=True)[1:])
            else:
                names.add(normalise(pattern, wildcard=True))
        except (BadName, re.error) as exc:
            faults.append("%r: %s" % (pattern, exc))
    if faults:
        raise BadName("; ".join(faults))

    def match(host: str) -> str | None:
        if host in names:
            return host
        for suffix in suffixes:
            if host.endswith(suffix):
                return suffix
        for text, expression in expressions:
            if expression.search(host):
                return text
        return None

    return match
