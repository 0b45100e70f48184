# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts of a staging clone, whose database still lists the production ones. Pure.

The map means what the plugin's WP_ULTIMO_RUNTIME_URL_MAP means: each entry takes its name and everything below it, with all
labels in front, and the longest name wins.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.wpmultisite.runcloud.plugins.module_utils._names import BadName, normalise


class Rewrite:
    """A map from production to staging names."""

    def __init__(self, pairs: Sequence[tuple[str, str]] = ()) -> None:
        self._to = dict(pairs)
        self._targets = frozenset(self._to.values())

    def __bool__(self) -> bool:
        return bool(self._to)

    def pairs(self) -> list[dict[str, str]]:
        """The map in the form of the option, in one spelling and sorted."""
        return [{"from": origin, "to": self._to[origin]} for origin in sorted(self._to)]

    def apply(self, host: str) -> str | None:
        """The staging host, or None where the map does not reach.

        A name that is a target already, or lies below one, stays: so a second pass changes nothing.
        """
        if not self._to or _nearest(host, self._targets) is not None:
            return host
        found = _nearest(host, self._to)
        return None if found is None else host[: len(host) - len(found)] + self._to[found]


def read_rewrite(rows: Sequence[Any], faults: list[str]) -> Rewrite:
    """The map of the option ``rewrite``; everything that is wrong with it goes to the faults."""
    pairs: list[tuple[str, str]] = []
    before = len(faults)
    for index, row in enumerate(rows):
        if not isinstance(row, Mapping) or set(row) != {"from", "to"}:
            faults.append("rewrite[%d] must be {from, to}, a production name and its staging name" % index)
            continue
        names = []
        for key in ("from", "to"):
            try:
                names.append(normalise(str(row[key])))
            except BadName as exc:
                faults.append("rewrite[%d]: %s, %r, is not usable: %s" % (index, key, row[key], exc))
        if len(names) == 2:
            pairs.append((names[0], names[1]))
    targets = frozenset(pair[1] for pair in pairs)
    for index, (origin, target) in enumerate(pairs):
        for other_origin, other_target in pairs[:index]:
            if origin == other_origin:
                faults.append("rewrite: %s is to become %s and %s" % (origin, other_target, target))
            elif target == other_target:
                faults.append("rewrite: %s and %s are both to become %s" % (other_origin, origin, target))
        leads = _nearest(origin, targets)
        if leads is not None:
            faults.append(
                "rewrite: %s is to be rewritten and is %s %s, which another name or itself is to become: the map runs in a circle"
                % (origin, "the name" if leads == origin else "below", leads)
            )
    return Rewrite(pairs if len(faults) == before else ())


def _nearest(host: str, names: Any) -> str | None:
    """The longest of the names that is the host or lies above it."""
    name = host
    while name:
        if name in names:
            return name
        name = name.partition(".")[2]
    return None
