# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The names of a snapshot in one spelling, as far as they may be used at all: rule R1, and whom exclude and deny hold. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Callable

from ansible_collections.wpmultisite.runcloud.plugins.module_utils._names import (
    WWW,
    BadName,
    MissingLibrary,
    fold,
    idna_warning,
    is_wildcard,
    matcher,
    normalise,
    reserved,
)
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._policy import Policy
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._rewrite import read_rewrite
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._suffixes import is_public_suffix


class Findings:
    """What is told about names that get no entry, and about the whole."""

    def __init__(self) -> None:
        self.rejected: list[dict[str, Any]] = []
        self.keep: set[str] = set()
        self.ignored: dict[str, dict[str, Any]] = {}
        self.unwanted: list[dict[str, Any]] = []
        self.warnings: list[str] = []
        self.refused: list[str] = []

    def reject(self, value: str, reason: str, source: dict[str, int], host: str | None = None) -> None:
        """Note a value that cannot be used. One that is a host all the same may be served today: it is not removed."""
        self.rejected.append({"value": value, "reason": reason, "from": [source]})
        if host is not None and not is_wildcard(host):
            self.keep.add(host)

    def ignore(self, host: str, pattern: str, source: dict[str, int]) -> None:
        """Note a name that the person excluded."""
        entry = self.ignored.setdefault(host, {"name": host, "reason": "excluded (%s)" % pattern, "from": []})
        entry["from"].append(source)

    def drop(self, host: str, reason: str, source: dict[str, int]) -> None:
        """Note a name that the multisite holds and nobody wants."""
        self.unwanted.append({"name": host, "reason": reason, "from": [source]})


class Hosts:
    """Spells, rewrites and judges names; what it does not let pass it notes."""

    def __init__(self, policy: Policy, findings: Findings) -> None:
        self.findings = findings
        self.reserved_too = policy.allow_reserved_tlds
        self.rewrite = read_rewrite(policy.rewrite, findings.refused)
        self.origins: dict[str, str] = {}  # staging host → the production host that it stands for
        self.excluded = self._matcher("exclude", policy.exclude)
        # A denied name takes everything below it along, however it is written: x.com, .x.com and *.x.com.
        below_denied = ["." + name for name in policy.deny if name[:1] not in "./*"]
        self.denied = self._matcher("deny", list(policy.deny) + below_denied)

    def _matcher(self, option: str, patterns: Sequence[str]) -> Callable[[str], str | None]:
        try:
            return matcher(patterns)
        except BadName as exc:
            self.findings.refused.append("%s: %s" % (option, exc))
            return matcher(())

    def quietly(self, value: Any) -> str | None:
        """The host that a row stands for, or None: for rows that only have to be recognised."""
        try:
            return self.rewrite.apply(normalise("" if value is None else str(value)))
        except MissingLibrary:
            raise
        except BadName:
            return None

    def spell(self, value: Any, source: dict[str, int]) -> str | None:
        """The host that a row of the multisite stands for."""
        host = self._spell(value, source, False)
        if host is None:
            return None
        target = self.rewrite.apply(host)
        if target is None:
            self.findings.drop(host, "the rewrite map does not reach it", source)
            return None
        if target != host:
            try:
                normalise(target)
            except BadName as exc:
                self.findings.reject(host, "would be rewritten to %s: %s" % (target, exc), source)
                return None
        first = self.origins.setdefault(target, host) if self.rewrite else host
        if first != host:
            self.findings.warnings.append("%s and %s both become %s." % (first, host, target))
        return self._public(str(value), target, source)

    def spell_extra(self, value: str, source: dict[str, int]) -> str | None:
        """A name that the person gave: it is not rewritten, and it may be a wildcard."""
        host = self._spell(value, source, True)
        return None if host is None else self._public(value, host, source)

    def customer(self, value: Any, source: dict[str, int], networks: set[str]) -> str | None:
        """A host that a customer or site owner chose: well spelled and allowed."""
        host = self.spell(value, source)
        if host is None or host in networks:
            return host
        denied = self.denied(host) or self.denied(fold(host))
        if denied is not None:
            self.findings.reject(host, "on the deny-list (%s)" % denied, source, host)
        elif is_public_suffix(host, only_icann=True):
            self.findings.reject(host, "a public suffix, below which everybody registers names", source, host)
        else:
            return host
        return None

    def _spell(self, value: Any, source: dict[str, int], wildcard: bool) -> str | None:
        text = "" if value is None else str(value)
        try:
            host = normalise(text, wildcard)
        except MissingLibrary:
            raise  # a name that nobody could look at must not become one that nobody wants
        except BadName as exc:
            self.findings.reject(text, str(exc), source)
            return None
        if host.startswith(WWW + WWW):
            self.findings.reject(text, "www. twice", source, host)
            return None
        if not text.isascii():
            self.findings.warnings.append(
                "%s is stored as %s. Browsers send the ASCII form, so WordPress never finds this row: store %s."
                % (host, text.strip(), host)
            )
        return host

    def _public(self, text: str, host: str, source: dict[str, int]) -> str | None:
        if reserved(host) and not self.reserved_too:
            top = host.rsplit(".", 1)[-1]
            self.findings.reject(
                text, "the reserved top-level domain .%s, which no public visitor can reach" % top, source, host
            )
            return None
        warning = idna_warning(host)
        if warning:
            self.findings.warnings.append(warning)
        return host
