# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a snapshot of the multisite to what it wants of each host name. Pure: it has never seen RunCloud, DNS or the past.

The rules have the names that docs/architecture.md gives them: R0 guards, R1 spelling, R2 candidates and their class,
R3 folding of www, R4 wildcards, R5 type. Data never raises: what cannot be used is rejected with its reason, and what
makes the whole snapshot unusable is a reason in ``refused``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, Callable, NamedTuple

from ansible_collections.wpmultisite.runcloud.plugins.module_utils._names import (
    WWW,
    BadName,
    MissingLibrary,
    below,
    covering,
    fold,
    idna_warning,
    is_wildcard,
    matcher,
    normalise,
    reserved,
)

SNAPSHOT_FORMAT = "wpmultisite.snapshot/1"
DESIRED_FORMAT = "wpmultisite.desired/1"
WWW_POLICIES = ("keep", "always", "never")
REDIRECTION_POLICIES = ("keep", "none", "canonical")

# Ultimate Multisite serves a mapping in these stages; '' and NULL are what an old enum column makes of a stage it does
# not know, and the plugin's is_active() lets both through. While it checks, the domain must be reachable already.
_WANTED_STAGES = frozenset((None, "", "done", "done-without-ssl", "checking-dns", "checking-ssl-cert", "ssl-failed"))
_RANK = {"keep": 0, "ensure": 1, "protected": 2}


class Policy(NamedTuple):
    """What a person decides about the list; see the filter's documentation."""

    www_policy: str = "keep"
    redirection_policy: str = "keep"
    extra_domains: Sequence[Any] = ()
    exclude: Sequence[str] = ()
    deny: Sequence[str] = ()
    allow_reserved_tlds: bool = False


class _Candidate(NamedTuple):
    host: str
    cls: str
    rule: str
    source: dict[str, int]
    blog: int | None = None
    needs_dns: bool = False
    www: bool | None = None  # an extra's own word
    order: tuple[int, ...] = ()  # how the plugin chooses between rows


def resolve(snapshot: Mapping[str, Any], policy: Policy) -> dict[str, Any]:
    """The desired document (docs/schemas/desired-1.json).

    :raises ValueError: for an option value that no data can cause (an unknown policy).
    """
    if policy.www_policy not in WWW_POLICIES:
        raise ValueError("www_policy must be one of %s, not %r" % (", ".join(WWW_POLICIES), policy.www_policy))
    if policy.redirection_policy not in REDIRECTION_POLICIES:
        raise ValueError(
            "redirection_policy must be one of %s, not %r"
            % (", ".join(REDIRECTION_POLICIES), policy.redirection_policy)
        )
    if not isinstance(snapshot, Mapping) or snapshot.get("format") != SNAPSHOT_FORMAT:
        return _document("", {}, refused=["the snapshot is not a %s document" % SNAPSHOT_FORMAT])
    lacking = _lacking(snapshot)
    if lacking:
        return _document("", {}, refused=["the snapshot is not whole: %s" % lacking])
    return _Resolver(snapshot, policy).run()


# What is read here of each row. Types may differ between sources ("1", 1, true), so only the keys are demanded.
_ROW_KEYS = {
    "networks": ("id", "domain"),
    "blogs": ("id", "domain", "archived", "spam", "deleted"),
    "mappings": ("id", "blog_id", "domain", "active", "primary", "secure", "stage"),
}


def _lacking(snapshot: Mapping[str, Any]) -> str:
    """The first thing that a document, perhaps made by hand, lacks; empty when it has all."""
    for name in ("wordpress", "settings", "counts"):
        if not isinstance(snapshot.get(name), Mapping):
            return "%s is missing" % name
    for name, keys in _ROW_KEYS.items():
        if not isinstance(snapshot.get(name), list):
            return "%s is missing" % name
        for index, row in enumerate(snapshot[name]):
            for key in keys:
                if not isinstance(row, Mapping) or key not in row:
                    return "%s[%d] has no %s" % (name, index, key)
    return ""


def _document(network: str, wordpress: Mapping[str, Any], **lists: list[Any]) -> dict[str, Any]:
    roots = [root for root in (wordpress.get("root"), wordpress.get("root_real")) if root]
    empty: dict[str, list[Any]] = {
        name: []
        for name in (
            "domains",
            "keep",
            "ignored",
            "unwanted",
            "rejected",
            "warnings",
            "refused",
            "purge_refused",
            "hosts_to_check",
        )
    }
    return {
        "format": DESIRED_FORMAT,
        "network": network,
        "subdomain_install": bool(wordpress.get("subdomain_install")),
        "roots": list(dict.fromkeys(roots)),
        **empty,
        **lists,
    }


class _Resolver:
    def __init__(self, snapshot: Mapping[str, Any], policy: Policy) -> None:
        self.snapshot, self.policy = snapshot, policy
        self.wordpress: Mapping[str, Any] = snapshot["wordpress"]
        # In the order of their ids, so that no result depends on the order in which a source gives them.
        self.networks, self.blogs, self.mappings = (
            sorted(snapshot[name], key=lambda row: int(row["id"])) for name in ("networks", "blogs", "mappings")
        )
        self.rejected: list[dict[str, Any]] = []
        self.keep: set[str] = set()
        self.ignored: dict[str, dict[str, Any]] = {}
        self.unwanted: list[dict[str, Any]] = []
        self.warnings: list[str] = []
        self.refused: list[str] = []
        self.candidates: list[_Candidate] = []
        self.network_hosts: set[str] = set()
        self.blog_hosts: dict[int, str] = {}
        self.native: dict[str, int] = {}  # host → how many sites have it as their own domain
        self.excluded = self._matcher("exclude", policy.exclude)
        # A denied name takes everything below it along, however it is written: x.com, .x.com and *.x.com.
        below_denied = ["." + name for name in policy.deny if name[:1] not in "./*"]
        self.denied = self._matcher("deny", list(policy.deny) + below_denied)

    def run(self) -> dict[str, Any]:
        network = self._networks()
        self._guards()
        if self.refused:
            return _document(network, self.wordpress, refused=self.refused, warnings=self.warnings)
        self._blogs()
        self._mappings()
        self._extras()
        if self.refused:
            return _document(network, self.wordpress, refused=self.refused, warnings=self.warnings)
        domains = self._entries()
        return _document(
            network,
            self.wordpress,
            domains=domains,
            ignored=[self.ignored[name] for name in sorted(self.ignored)],
            unwanted=sorted(self.unwanted, key=lambda entry: (entry["name"], entry["reason"])),
            rejected=sorted(self.rejected, key=lambda entry: (entry["value"], sorted(entry["from"][0].items()))),
            warnings=sorted(set(self.warnings)),
            purge_refused=self._purge_refused(),
            keep=sorted(self.keep - {domain["name"] for domain in domains}),
            hosts_to_check=sorted(_hosts(domains)),
        )

    # -- R0 ------------------------------------------------------------------------------------------------------------

    def _networks(self) -> str:
        """Rule R2.1, and the main network's host (empty when it is unknown)."""
        hosts = []
        for row in self.networks:
            host = self._spelling(row["domain"], {"network": row["id"]})
            if host is None:
                self.refused.append(
                    "the domain of network %s, %r, is not usable: %s"
                    % (row["id"], row["domain"], self.rejected[-1]["reason"])
                )
                continue
            hosts.append(host)
            self.network_hosts.add(host)
            self.candidates.append(_Candidate(host, "protected", "R2.1 network's own domain", {"network": row["id"]}))
        current = self.wordpress.get("domain_current_site")
        if current is None:
            return hosts[0] if hosts else ""
        try:
            main = normalise(str(current))
        except BadName as exc:
            self.refused.append("DOMAIN_CURRENT_SITE is not usable: %s" % exc)
            return ""
        if hosts and main not in hosts:
            self.refused.append(
                "DOMAIN_CURRENT_SITE says %s, the database says %s: this looks like a staging copy of another site"
                % (main, ", ".join(hosts))
            )
        return main

    def _guards(self) -> None:
        for name, rows in (("networks", self.networks), ("blogs", self.blogs)):
            if not rows:
                self.refused.append(
                    "the snapshot has no %s, and a multisite has at least one: the read was not complete" % name
                )
        for name in ("networks", "blogs", "mappings"):
            said, held = self.snapshot["counts"].get(name), len(self.snapshot[name])
            if said is not None and said != held:
                self.refused.append("the database counts %s %s, the snapshot holds %d" % (said, name, held))
        environment = self.wordpress.get("environment_type")
        if environment not in (None, "production"):
            self.refused.append(
                "WordPress calls itself a %s environment, whose database still lists the production domains"
                % environment
            )
        if self.wordpress.get("runtime_url"):
            self.refused.append(
                "WP_ULTIMO_RUNTIME_URL is set, so this WordPress shows production data under other hosts"
            )

    def _purge_refused(self) -> list[str]:
        unread = (self.snapshot.get("mapping_plugin") or {}).get("unread_rows")
        if not unread:
            return []
        return ["mapping_plugin is none, but the tables of mapping plugins hold %d domains that were not read" % unread]

    def _matcher(self, option: str, patterns: Sequence[str]) -> Callable[[str], str | None]:
        try:
            return matcher(patterns)
        except BadName as exc:
            self.refused.append("%s: %s" % (option, exc))
            return matcher(())

    # -- R1 ------------------------------------------------------------------------------------------------------------

    def _spelling(self, value: Any, source: dict[str, int], wildcard: bool = False) -> str | None:
        text = "" if value is None else str(value)
        try:
            host = normalise(text, wildcard)
        except MissingLibrary:
            raise  # a name that nobody could look at must not become one that nobody wants
        except BadName as exc:
            self._reject(text, str(exc), source)
            return None
        if reserved(host) and not self.policy.allow_reserved_tlds:
            top = host.rsplit(".", 1)[-1]
            self._reject(
                text, "the reserved top-level domain .%s, which no public visitor can reach" % top, source, host
            )
            return None
        if not text.isascii():
            self.warnings.append(
                "%s is stored as %s. Browsers send the ASCII form, so WordPress never finds this row: store %s."
                % (host, text.strip(), host)
            )
        warning = idna_warning(host)
        if warning:
            self.warnings.append(warning)
        return host

    def _customer_host(self, value: Any, source: dict[str, int]) -> str | None:
        """A host that a customer or site owner chose: well spelled, allowed, and not excluded."""
        host = self._spelling(value, source)
        if host is None or host in self.network_hosts:
            return host
        denied = self.denied(host) or self.denied(fold(host))
        if denied is not None:
            self._reject(host, "on the deny-list (%s)" % denied, source, host)
        elif _is_public_suffix(host, only_icann=True):
            self._reject(host, "a public suffix, below which everybody registers names", source, host)
        else:
            return host
        return None

    def _reject(self, value: str, reason: str, source: dict[str, int], host: str | None = None) -> None:
        """Note a value that cannot be used. One that is a host all the same may be served today: it is not removed."""
        self.rejected.append({"value": value, "reason": reason, "from": [source]})
        if host is not None and not is_wildcard(host):
            self.keep.add(host)

    def _offer(self, candidate: _Candidate) -> None:
        """Take a candidate, unless the person excluded it."""
        pattern = self.excluded(candidate.host) or self.excluded(fold(candidate.host))
        if pattern is None:
            self.candidates.append(candidate)
            return
        entry = self.ignored.setdefault(
            candidate.host, {"name": candidate.host, "reason": "excluded (%s)" % pattern, "from": []}
        )
        entry["from"].append(candidate.source)

    # -- R2 ------------------------------------------------------------------------------------------------------------

    def _blogs(self) -> None:
        shared: dict[str, list[Mapping[str, Any]]] = {}
        known: dict[str, str | None] = {}
        for blog in self.blogs:
            text = blog["domain"]
            if text not in known:
                known[text] = self._customer_host(text, {"blog": blog["id"]})
            host = known[text]
            if host is not None:
                self.blog_hosts[blog["id"]] = host
                shared.setdefault(host, []).append(blog)
        self.native = {host: len(blogs) for host, blogs in shared.items()}
        for host, blogs in shared.items():
            if host in self.network_hosts:
                continue
            for blog in blogs:
                state = _state(blog)
                rule = "R2.2 site's own domain" + (", but the site is %s" % state if state else "")
                self._offer(_Candidate(host, "keep" if state else "ensure", rule, {"blog": blog["id"]}, blog["id"]))

    def _mappings(self) -> None:
        blogs = {blog["id"]: blog for blog in self.blogs}
        # Where the setting cannot be read nobody becomes removable either.
        enabled = self.snapshot["settings"].get("enable_domain_mapping")
        off = bool(self.mappings) and enabled is not True
        if off:
            state = (
                "is switched off in the plugin"
                if enabled is False
                else "cannot be told to be switched on in the plugin"
            )
            self.warnings.append("Domain mapping %s: its rows are kept, but no new name is added for them." % state)
        for row in self.mappings:
            source = {"mapping": row["id"], "blog": row["blog_id"]}
            host = self._customer_host(row["domain"], source)
            if host is None:
                continue
            if host in self.network_hosts:
                self.warnings.append(
                    "Mapping %d names the network's own domain %s; it is not a customer's domain." % (row["id"], host)
                )
                continue
            if host in self.native:
                if self.native[host] > 1:
                    self.warnings.append(
                        "Mapping %d gives %s to one site, but %d sites share it." % (row["id"], host, self.native[host])
                    )
                continue  # rule R2.2 has decided; the row's stage says nothing about a site's own domain
            if off:
                # Nobody's row says anything while the plugin serves none: neither to come nor to go.
                rule = "R2.3 mapping is switched off in the plugin"
                self._offer(_Candidate(host, "keep", rule, source, row["blog_id"]))
                continue
            if row["blog_id"] not in blogs:
                self.warnings.append(
                    "Mapping %d of %s belongs to site %d, which does not exist (orphan)."
                    % (row["id"], host, row["blog_id"])
                )
                self.unwanted.append({"name": host, "reason": "its site does not exist", "from": [source]})
                continue
            if not _truth(row["active"]):
                self.unwanted.append({"name": host, "reason": "the mapping is switched off", "from": [source]})
                continue
            self._offer(self._mapping(row, host, source, blogs[row["blog_id"]]))

    def _mapping(
        self, row: Mapping[str, Any], host: str, source: dict[str, int], blog: Mapping[str, Any]
    ) -> _Candidate:
        stage, state = row["stage"], _state(blog)
        rule = "R2.3 stage %s" % (repr(stage) if stage in (None, "") else stage)
        cls, needs_dns = "ensure" if stage in _WANTED_STAGES else "keep", False
        if stage == "failed":
            needs_dns, rule = (
                True,
                rule + ": the plugin gave up on its DNS check; save it there again once its DNS points here",
            )
        elif stage not in _WANTED_STAGES:
            self.warnings.append(
                "Mapping %d of %s has the unknown stage %s: it is neither added nor removed." % (row["id"], host, stage)
            )
        if state:
            cls, needs_dns, rule = "keep", False, "%s, but the site is %s" % (rule, state)
        order = (-int(_truth(row["primary"])), -int(_truth(row["active"])), -int(_truth(row["secure"])), row["id"])
        return _Candidate(host, cls, rule, source, row["blog_id"], needs_dns, None, order)

    def _extras(self) -> None:
        for index, extra in enumerate(self.policy.extra_domains):
            value, www = (extra.get("name"), extra.get("www")) if isinstance(extra, Mapping) else (extra, None)
            unknown = sorted(set(extra) - {"name", "www"}) if isinstance(extra, Mapping) else []
            if not isinstance(value, str) or www not in (None, True, False) or unknown:
                self.refused.append("extra_domains[%d] is neither a name nor {name, www}" % index)
                continue
            host = self._spelling(value, {"extra": index}, wildcard=True)
            if host is not None:
                self._offer(_Candidate(host, "ensure", "R2.4 extra domain", {"extra": index}, www=www))

    # -- R3, R4, R5 ----------------------------------------------------------------------------------------------------

    def _entries(self) -> list[dict[str, Any]]:
        groups: dict[str, list[_Candidate]] = {}
        for candidate in self.candidates:
            groups.setdefault(_key(candidate.host), []).append(candidate)
        wildcards = {key[2:] for key in groups if is_wildcard(key)}
        return [self._entry(key, groups[key], wildcards) for key in sorted(groups)]

    def _entry(self, key: str, group: list[_Candidate], wildcards: set[str]) -> dict[str, Any]:
        best = max(_RANK[candidate.cls] for candidate in group)
        # A form that is only kept does not make www of an entry that is ensured by its other form.
        strong = [candidate for candidate in group if _RANK[candidate.cls] >= min(best, 1)]
        hosts = {candidate.host for candidate in strong}
        winner = min(
            strong, key=lambda candidate: (-_RANK[candidate.cls], candidate.order, sorted(candidate.source.items()))
        )
        blogs = {candidate.blog for candidate in strong if candidate.blog is not None}
        # Sites in folders of one host share it rightly; two mappings, or the two spellings, of different sites do not.
        conflict = len(blogs) > 1 and (len(hosts) > 1 or any("mapping" in candidate.source for candidate in strong))
        if conflict:
            self.warnings.append(
                "%s belongs to different sites (%s), but WordPress answers it, with and without www, with one of them."
                % (key, ", ".join(str(blog) for blog in sorted(blogs)))
            )
        return {
            "name": key,
            "class": winner.cls,
            "type": "keep" if winner.cls == "protected" else "alias",
            "www": self._www(key, strong, winner.cls),
            "redirection": self._redirection(key, winner, hosts, conflict),
            "forms": "both" if len(hosts) > 1 else "www" if key not in hosts else "naked",
            "needs_dns": winner.cls == "keep" and any(candidate.needs_dns for candidate in strong),
            "covered_by": covering(key, wildcards) if winner.cls != "protected" else None,
            "certificate": winner.cls != "keep" and not is_wildcard(key),
            "rule": winner.rule,
            "from": sorted((candidate.source for candidate in group), key=lambda source: sorted(source.items())),
        }

    def _www(self, key: str, group: list[_Candidate], cls: str) -> Any:
        for word in (candidate.www for candidate in group if candidate.www is not None):
            return True if word else "avoid"
        if self.policy.www_policy == "never":
            return "avoid"
        no_www = cls == "keep" or is_wildcard(key) or key.startswith(WWW) or self._is_sub_site(key)
        return True if self.policy.www_policy == "always" and not no_www else "keep"

    def _is_sub_site(self, host: str) -> bool:
        return any(below(host, fold(network)) for network in self.network_hosts)

    def _redirection(self, key: str, winner: _Candidate, hosts: set[str], conflict: bool) -> str:
        """Only what WordPress itself does is ever asked for, so that the two never redirect in a circle."""
        if winner.cls != "ensure":
            return "keep"
        if self.policy.redirection_policy != "canonical":
            return self.policy.redirection_policy
        if conflict or winner.blog is None or self._is_sub_site(key):
            return "none"
        canonical = self._primaries.get(winner.blog, self.blog_hosts.get(winner.blog))
        if canonical not in hosts:
            return "none"  # another name of the site, or a form that WordPress does not serve
        return "non-www" if canonical == key else "www"

    @cached_property
    def _primaries(self) -> dict[int, str]:
        """Site → the host of its primary mapping, chosen as the plugin chooses when several are marked."""
        rows = [row for row in self.mappings if _truth(row["primary"]) and _truth(row["active"])]
        rows.sort(key=lambda row: (-int(_truth(row["secure"])), row["id"]))
        primaries: dict[int, str] = {}
        for row in rows:
            try:
                primaries.setdefault(row["blog_id"], normalise(str(row["domain"])))
            except BadName:
                continue  # rejected already
        return primaries


def _state(blog: Mapping[str, Any]) -> str:
    """Why visitors of a site get HTTP 410, or an empty text. ``public`` and ``mature`` do not matter to visitors."""
    words = {1: "deleted", 2: "not activated"}
    states = [words.get(int(blog["deleted"] or 0), "")] + [name for name in ("archived", "spam") if _truth(blog[name])]
    return " and ".join(state for state in states if state)


def _truth(value: Any) -> bool:
    """What PHP takes for true; databases and JSON sources give integers, strings, booleans or null."""
    return value not in (None, 0, "", "0", False)


def _hosts(domains: Iterable[Mapping[str, Any]]) -> set[str]:
    hosts = set()
    for entry in domains:
        if is_wildcard(entry["name"]) or (entry["class"] == "keep" and not entry["needs_dns"]):
            continue
        hosts.add(entry["name"])
        if entry["forms"] != "naked" or entry["www"] is True:
            hosts.add(WWW + entry["name"])
    return hosts


def _key(host: str) -> str:
    key = fold(host)
    return host if key != host and _is_public_suffix(key) else key


@lru_cache(maxsize=2)
def _suffixes(only_icann: bool) -> Any:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(only_icann=only_icann)


def _is_public_suffix(host: str, only_icann: bool = False) -> bool:
    """Whether everybody registers names below the host; ``only_icann``: leave out those that companies declared so."""
    return bool(_suffixes(only_icann).publicsuffix(host) == host)
