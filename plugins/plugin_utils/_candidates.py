# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rule R2: who is a candidate, and of which class. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ansible_collections.wpmultisite.runcloud.plugins.module_utils._names import fold
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._hosts import Hosts
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._policy import STAGES, Policy
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._rows import by_id, plugin, state, truth
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._scope import in_scope


class Candidate(NamedTuple):
    """One row's, or one option's, word about one host."""

    host: str
    cls: str
    rule: str
    source: dict[str, int]
    blog: int | None = None
    needs_dns: bool = False
    www: bool | None = None  # an extra's own word
    order: tuple[int, ...] = ()  # how the plugin chooses between rows


class Candidates:
    """Goes through a snapshot's rows. First ``networks``, then, unless that refused, the others in their order."""

    def __init__(self, snapshot: Mapping[str, Any], policy: Policy, hosts: Hosts) -> None:
        self.policy, self.hosts, self.findings = policy, hosts, hosts.findings
        self.networks, self.blogs, self.mappings = (by_id(snapshot[name]) for name in ("networks", "blogs", "mappings"))
        self.plugin = plugin(snapshot)
        self.over_rest = snapshot.get("source") == "rest"
        self.enabled = snapshot["settings"].get("enable_domain_mapping")
        self.scope = in_scope(policy.networks_in_scope, self.networks, hosts)
        self.found: list[Candidate] = []
        self.network_hosts: list[str] = []  # of the networks in scope
        self.other_network_hosts: list[str] = []
        self.blog_hosts: dict[int, str] = {}
        self._native: dict[str, int] = {}  # host → how many sites have it as their own domain
        self._leaving: dict[str, list[tuple[int, str]]] = {}  # host of dead sites alone → those sites and their states
        self._foreign: set[str] = set()  # folded keys of what networks that are not in scope hold

    def in_scope(self, network: Any) -> bool:
        """Whether a network, by its id, is one of those that the list is about."""
        return self.scope is None or int(network) in self.scope

    # -- R2.1 ----------------------------------------------------------------------------------------------------------

    def read_networks(self) -> None:
        """The networks' own domains: protected."""
        for row in self.networks:
            if not self.in_scope(row["id"]):
                continue
            told = len(self.findings.rejected)
            host = self.hosts.spell(row["domain"], {"network": row["id"]})
            if host is not None:
                self.network_hosts.append(host)
                self.found.append(Candidate(host, "protected", "R2.1 network's own domain", {"network": row["id"]}))
                continue
            rejected = self.findings.rejected[told:]
            self.findings.refused.append(
                "the domain of network %s, %r, is not usable: %s"
                % (row["id"], row["domain"], rejected[0]["reason"] if rejected else "the rewrite map does not reach it")
            )
        others = [self.hosts.quietly(row["domain"]) for row in self.networks if not self.in_scope(row["id"])]
        # Networks may share a host and differ by their path.
        known = set(self.network_hosts)
        self.other_network_hosts = [host for host in others if host is not None and host not in known]
        for host in self.other_network_hosts:
            self._leave(host)

    def _leave(self, host: str) -> None:
        """A host of a network that is not in scope: neither added nor removed."""
        self.findings.keep.add(host)
        self._foreign.add(fold(host))

    # -- R2.2 ----------------------------------------------------------------------------------------------------------

    def read_sites(self) -> None:
        """The sites' own domains."""
        networks = set(self.network_hosts)
        shared: dict[str, list[Mapping[str, Any]]] = {}
        known: dict[str, str | None] = {}
        for blog in self.blogs:
            text = blog["domain"]
            if not self.in_scope(blog["network_id"]):
                host = self.hosts.quietly(text)
                if host is not None and host not in networks:
                    self._leave(host)
                continue
            if text not in known:
                known[text] = self.hosts.customer(text, {"blog": blog["id"]}, networks)
            host = known[text]
            if host is not None:
                self.blog_hosts[blog["id"]] = host
                shared.setdefault(host, []).append(blog)
        self._native = {host: len(blogs) for host, blogs in shared.items()}
        for host, blogs in shared.items():
            if host in networks:
                continue
            states = {blog["id"]: state(blog) for blog in blogs}
            if self.policy.inactive_site_policy == "remove" and all(states.values()):
                self._leaving[host] = list(states.items())
                continue
            for number, dead in states.items():
                rule = "R2.2 site's own domain" + (", but the site is %s" % dead if dead else "")
                self._offer(Candidate(host, "keep" if dead else "ensure", rule, {"blog": number}, number))

    # -- R2.3 ----------------------------------------------------------------------------------------------------------

    def read_mappings(self) -> None:
        """The rows of the mapping plugin, and what becomes of the domains of sites that are to go."""
        blogs = {blog["id"]: blog for blog in self.blogs}
        off = self._switched_off()
        networks = set(self.network_hosts)
        for row in self.mappings:
            blog = blogs.get(row["blog_id"])
            if self._is_foreign(blog):
                host = self.hosts.quietly(row["domain"])
                if host is not None and host not in networks and host not in self._native:
                    self._leave(host)
        for row in self.mappings:
            blog = blogs.get(row["blog_id"])
            if not self._is_foreign(blog):
                self._read_mapping(row, blog, off, networks)
        for host, sites in self._leaving.items():
            for number, dead in sites:
                self.findings.drop(host, "its site is %s (inactive_site_policy)" % dead, {"blog": number})

    def _is_foreign(self, blog: Mapping[str, Any] | None) -> bool:
        """Whether a row may be another network's. With a scope, nobody knows whose a row without a site is."""
        return self.scope is not None if blog is None else not self.in_scope(blog["network_id"])

    def _switched_off(self) -> bool:
        """Whether the plugin serves no row at all. Where its setting cannot be read nobody becomes removable either."""
        if not self.mappings or self.enabled is True:
            return False
        if self.enabled is None and (self.plugin != "ultimate_multisite" or self.over_rest):
            return False  # other plugins have no such setting; the API never tells, and comes from a plugin that is at work
        known = "is switched off" if self.enabled is False else "cannot be told to be switched on"
        self.findings.warnings.append(
            "Domain mapping %s in the plugin: its rows are kept, but no new name is added for them." % known
        )
        return True

    def _read_mapping(
        self, row: Mapping[str, Any], blog: Mapping[str, Any] | None, off: bool, networks: set[str]
    ) -> None:
        number, source = row["id"], {"mapping": row["id"], "blog": row["blog_id"]}
        host = self.hosts.customer(row["domain"], source, networks)
        if host is None:
            return
        findings = self.findings
        if host in networks:
            findings.warnings.append(
                "Mapping %d names the network's own domain %s; it is not a customer's domain." % (number, host)
            )
        elif host in self._native:
            # Rule R2.2 has decided; the row's stage says nothing about a site's own domain.
            self._read_mapping_of_own(row, blog, host)
        elif fold(host) in self._foreign:
            findings.keep.add(host)
            findings.warnings.append(
                "Mapping %d names %s, which belongs to a network that is not in scope: it is neither added nor removed."
                % (number, host)
            )
        elif off:
            # Nobody's row says anything while the plugin serves none: neither to come nor to go.
            rule = "R2.3 mapping is switched off in the plugin"
            self._offer(Candidate(host, "keep", rule, source, row["blog_id"]))
        elif blog is None:
            findings.warnings.append(
                "Mapping %d of %s belongs to site %d, which does not exist (orphan)." % (number, host, row["blog_id"])
            )
            findings.drop(host, "its site does not exist", source)
        elif not truth(row["active"]) and self.policy.stage("inactive") == "drop":
            findings.drop(host, "the mapping is switched off", source)
        else:
            self._judge(row, host, source, blog)

    def _read_mapping_of_own(self, row: Mapping[str, Any], blog: Mapping[str, Any] | None, host: str) -> None:
        if self._native[host] > 1:
            self.findings.warnings.append(
                "Mapping %d gives %s to one site, but %d sites share it." % (row["id"], host, self._native[host])
            )
        if host in self._leaving and blog is not None and truth(row["active"]) and not state(blog):
            # The plugin looks at its rows before WordPress looks at its sites, so visitors may see the living one.
            for number, dead in self._leaving.pop(host):
                rule = "R2.2 site's own domain, but the site is %s; a living site has it mapped" % dead
                self._offer(Candidate(host, "keep", rule, {"blog": number}, number))

    def _judge(self, row: Mapping[str, Any], host: str, source: dict[str, int], blog: Mapping[str, Any]) -> None:
        """A row with its site: by its stage and the site's state."""
        stage, dead = row["stage"], state(blog)
        word, rule = self._word(row, host)
        if word == "drop":
            self.findings.drop(host, "the mapping is in stage %s (stage_policy)" % stage, source)
        elif dead and self.policy.inactive_site_policy == "remove":
            self.findings.drop(host, "its site is %s (inactive_site_policy)" % dead, source)
        else:
            if dead:
                word, rule = "keep", "%s, but the site is %s" % (rule, dead)
            order = (-int(truth(row["primary"])), -int(truth(row["active"])), -int(truth(row["secure"])), row["id"])
            cls = "ensure" if word == "ensure" else "keep"
            self._offer(Candidate(host, cls, rule, source, row["blog_id"], word == "ready", None, order))

    def _word(self, row: Mapping[str, Any], host: str) -> tuple[str, str]:
        """What the stage makes of a row (a word of STAGE_WORDS), and the rule in words."""
        stage = row["stage"]
        if not truth(row["active"]):
            return self.policy.stage("inactive"), "R2.3 mapping is switched off, and kept by stage_policy"
        if stage is None and self.plugin != "ultimate_multisite":
            return "ensure", "R2.3 mapping is switched on"
        if stage in (None, ""):
            # What an old enum column makes of a stage that it does not know; the plugin's is_active() lets both through.
            return "ensure", "R2.3 stage %r" % stage
        name = stage if stage in STAGES and stage not in ("inactive", "unknown") else "unknown"
        word, rule = self.policy.stage(name), "R2.3 stage %s" % stage
        if name == "unknown":
            self.findings.warnings.append(
                "Mapping %d of %s has the unknown stage %s: it is %s." % (row["id"], host, stage, _UNKNOWN[word])
            )
        if word != STAGES[name]:
            return word, "%s (stage_policy: %s)" % (rule, word)
        if name == "failed":
            rule += ": the plugin gave up on its DNS check"
        return word, rule

    # -- R2.4 ----------------------------------------------------------------------------------------------------------

    def read_extras(self, extras: Sequence[Any]) -> None:
        """Names that only the person knows."""
        for index, extra in enumerate(extras):
            value, www = (extra.get("name"), extra.get("www")) if isinstance(extra, Mapping) else (extra, None)
            unknown = sorted(set(extra) - {"name", "www"}) if isinstance(extra, Mapping) else []
            if not isinstance(value, str) or www not in (None, True, False) or unknown:
                self.findings.refused.append("extra_domains[%d] is neither a name nor {name, www}" % index)
                continue
            host = self.hosts.spell_extra(value, {"extra": index})
            if host is not None:
                self._offer(Candidate(host, "ensure", "R2.4 extra domain", {"extra": index}, www=www))

    def _offer(self, candidate: Candidate) -> None:
        """Take a candidate, unless the person excluded it."""
        pattern = self.hosts.excluded(candidate.host) or self.hosts.excluded(fold(candidate.host))
        if pattern is None:
            self.found.append(candidate)
        else:
            self.findings.ignore(candidate.host, pattern, candidate.source)


_UNKNOWN = {
    "ensure": "wanted all the same (stage_policy)",
    "ready": "wanted as soon as its DNS points here (stage_policy)",
    "keep": "neither added nor removed",
    "drop": "not wanted (stage_policy)",
}
