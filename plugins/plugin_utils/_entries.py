# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules R3 to R6: from candidates to one entry for X and www.X. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ansible_collections.wpmultisite.runcloud.plugins.module_utils._names import (
    WWW,
    covering,
    fold,
    is_wildcard,
    reserved,
)
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._candidates import Candidate, Candidates
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._rows import truth
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._suffixes import is_registrable, key_of

LONGEST = 253  # characters of a host name
_RANK = {"keep": 0, "ensure": 1, "protected": 2}


class Entries:
    """Makes the entries; ``www_policy`` is the one that is left when the plugin's setting has been looked up."""

    def __init__(self, candidates: Candidates, www_policy: str) -> None:
        self.policy, self.warnings = candidates.policy, candidates.findings.warnings
        self.www_policy = www_policy
        self.excluded, self.denied = candidates.hosts.excluded, candidates.hosts.denied
        self.blog_hosts = candidates.blog_hosts
        self.networks = {fold(host) for host in candidates.network_hosts}
        self.primaries = _primaries(candidates)
        self.groups: dict[str, list[Candidate]] = {}
        for candidate in candidates.found:
            self.groups.setdefault(key_of(candidate.host), []).append(candidate)
        self.wildcards = {key[2:] for key in self.groups if is_wildcard(key)}

    def all(self) -> list[dict[str, Any]]:
        """Sorted by name."""
        return [self._entry(key, self.groups[key]) for key in sorted(self.groups)]

    def _entry(self, key: str, group: list[Candidate]) -> dict[str, Any]:
        best = max(_RANK[candidate.cls] for candidate in group)
        # A form that is only kept does not make www of an entry that is ensured by its other form.
        strong = [candidate for candidate in group if _RANK[candidate.cls] >= min(best, 1)]
        hosts = {candidate.host for candidate in strong}
        winner = min(
            strong, key=lambda candidate: (-_RANK[candidate.cls], candidate.order, sorted(candidate.source.items()))
        )
        conflict = self._conflict(key, strong, hosts)
        needs_dns = any(candidate.needs_dns for candidate in strong)
        covered = covering(key, self.wildcards) if winner.cls != "protected" else None
        wanted = winner.cls != "keep" or needs_dns
        www = self._www(key, strong, wanted and covered is None)
        forms = "both" if len(hosts) > 1 else "www" if key not in hosts else "naked"
        turned_on = wanted and not is_wildcard(key) and (www is True or (www == "keep" and forms != "naked"))
        certificate, reason = _certificate(key, winner.cls, needs_dns, covered)
        return {
            "name": key,
            "class": winner.cls,
            "type": "keep" if winner.cls == "protected" else "alias",
            "www": www,
            # A reserved name never resolves, so nothing waits for it.
            "www_needs_dns": self.policy.www_dns_check and turned_on and not reserved(key),
            "redirection": self._redirection(key, winner, hosts, conflict),
            "forms": forms,
            "needs_dns": needs_dns,
            "covered_by": covered,
            "certificate": certificate,
            "certificate_reason": reason,
            "rule": winner.rule,
            "from": sorted((candidate.source for candidate in group), key=lambda source: sorted(source.items())),
        }

    def _conflict(self, key: str, strong: list[Candidate], hosts: set[str]) -> bool:
        blogs = {candidate.blog for candidate in strong if candidate.blog is not None}
        # Sites in folders of one host share it rightly; two mappings, or the two spellings, of different sites do not.
        if len(blogs) < 2 or not (len(hosts) > 1 or any("mapping" in candidate.source for candidate in strong)):
            return False
        self.warnings.append(
            "%s belongs to different sites (%s), but WordPress answers it, with and without www, with one of them."
            % (key, ", ".join(str(blog) for blog in sorted(blogs)))
        )
        return True

    def _www(self, key: str, group: list[Candidate], wanted: bool) -> Any:
        withheld = self.excluded(WWW + key) is not None or self.denied(WWW + key) is not None
        for word in (candidate.www for candidate in group if candidate.www is not None):
            return "avoid" if not word else "keep" if withheld else True
        if self.www_policy == "never":
            return "avoid"
        if not wanted or is_wildcard(key) or key.startswith(WWW) or self._is_sub_site(key) or len(WWW + key) > LONGEST:
            return "keep"
        if withheld:
            return "keep"
        if self.www_policy == "always" or (self.www_policy == "main_only" and is_registrable(key)):
            return True
        return "keep"

    def _is_sub_site(self, host: str) -> bool:
        above = host.partition(".")[2]
        while above and above not in self.networks:
            above = above.partition(".")[2]
        return bool(above)

    def _redirection(self, key: str, winner: Candidate, hosts: set[str], conflict: bool) -> str:
        """Only what WordPress itself does is ever asked for, so that the two never redirect in a circle."""
        if winner.cls != "ensure":
            return "keep"
        if self.policy.redirection_policy != "canonical":
            return self.policy.redirection_policy
        if conflict or winner.blog is None or self._is_sub_site(key):
            return "none"
        canonical = self.primaries.get(winner.blog, self.blog_hosts.get(winner.blog))
        if canonical not in hosts:
            return "none"  # another name of the site, or a form that WordPress does not serve
        return "non-www" if canonical == key else "www"


def _primaries(candidates: Candidates) -> dict[int, str]:
    """Site → the host of its primary mapping, chosen as the plugin chooses when several are marked."""
    if candidates.policy.redirection_policy != "canonical":
        return {}
    rows = [row for row in candidates.mappings if truth(row["primary"]) and truth(row["active"])]
    rows.sort(key=lambda row: (-int(truth(row["secure"])), row["id"]))
    primaries: dict[int, str] = {}
    for row in rows:
        host = candidates.hosts.quietly(row["domain"])
        if host is not None:
            primaries.setdefault(row["blog_id"], host)
    return primaries


def _certificate(key: str, cls: str, needs_dns: bool, covered: str | None) -> tuple[bool, str]:
    """Rule R6, as far as the multisite knows: whether a certificate that is validated over HTTP is worth a try, and why."""
    if is_wildcard(key):
        return False, "a wildcard's certificate is validated by DNS, not over HTTP"
    if reserved(key):
        return False, "no public certificate authority knows .%s" % key.rsplit(".", 1)[-1]
    if needs_dns:
        return False, "it is wanted only once its DNS points here"
    if cls == "keep":
        return False, "it is neither added nor removed"
    if covered is not None:
        return False, "%s serves it" % covered
    return True, "it is wanted; its DNS has to point here first"


def hosts_to_check(entries: Iterable[Mapping[str, Any]]) -> list[str]:
    """The hosts whose DNS decides something: wanted names, and their www where it is held or wanted; sorted.

    Where the multisite holds www.X alone, X matters too: the record's name depends on it.
    """
    hosts = set()
    for entry in entries:
        if is_wildcard(entry["name"]) or reserved(entry["name"]):
            continue
        if entry["class"] == "keep" and not entry["needs_dns"]:
            continue
        hosts.add(entry["name"])
        if (entry["forms"] != "naked" or entry["www"] is True) and len(WWW + entry["name"]) <= LONGEST:
            hosts.add(WWW + entry["name"])
    return sorted(hosts)
