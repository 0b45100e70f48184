# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a snapshot of the multisite to what it wants of each host name. Pure: it has never seen RunCloud, DNS or the past.

The rules have the names that docs/architecture.md gives them: R0 guards, R1 spelling, R2 candidates and their class,
R3 folding of www, R4 wildcards, R5 type, R6 certificate. Data never raises: what cannot be used is rejected with its
reason, and what makes the whole snapshot unusable is a reason in ``refused``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.wpmultisite.runcloud.plugins.module_utils._names import below, fold
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._candidates import Candidates
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._entries import Entries, hosts_to_check
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._guards import environment, guards, main_network
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._hosts import Findings, Hosts
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._policy import STAGES, Policy, faults
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._rows import unusable

DESIRED_FORMAT = "wpmultisite.desired/1"
_LISTS = (
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


def resolve(snapshot: Mapping[str, Any], policy: Policy) -> dict[str, Any]:
    """The desired document (docs/schemas/desired-1.json); what is wrong with the options is in its ``refused``."""
    wrong = list(faults(policy))
    if wrong:
        return _document("", None, Policy(), refused=wrong)
    reason = unusable(snapshot)
    if reason:
        return _document("", None, policy, refused=[reason])
    findings = Findings()
    hosts = Hosts(policy, findings)
    candidates = Candidates(snapshot, policy, hosts)
    candidates.read_networks()
    network = main_network(snapshot, candidates.network_hosts, candidates.other_network_hosts, hosts)
    findings.refused += guards(snapshot, policy, hosts.rewrite)
    if not findings.refused:
        candidates.read_sites()
        candidates.read_mappings()
        candidates.read_extras(policy.extra_domains)
    if findings.refused:
        return _document(network, snapshot, policy, refused=findings.refused, warnings=findings.warnings)
    _note_two_writers(snapshot, findings)
    entries = Entries(candidates, _www_policy(snapshot, policy, findings)).all()
    document = _document(
        network,
        snapshot,
        policy,
        domains=entries,
        ignored=[findings.ignored[name] for name in sorted(findings.ignored)],
        unwanted=sorted(findings.unwanted, key=lambda entry: (entry["name"], entry["reason"], _source(entry))),
        rejected=sorted(findings.rejected, key=lambda entry: (entry["value"], _source(entry))),
        warnings=sorted(set(findings.warnings)),
        purge_refused=_purge_refused(snapshot),
        keep=sorted(findings.keep - {entry["name"] for entry in entries} - {found.host for found in candidates.found}),
        hosts_to_check=hosts_to_check(entries),
    )
    document["policy"].update(networks_in_scope=sorted(candidates.scope or ()), rewrite=hosts.rewrite.pairs())
    if snapshot["wordpress"].get("subdomain_install") is None:
        # Where the source cannot know, what the sites have says it as well.
        document["subdomain_install"] = any(below(host, fold(network)) for host in candidates.blog_hosts.values())
    return document


def _document(network: str, snapshot: Mapping[str, Any] | None, policy: Policy, **lists: list[Any]) -> dict[str, Any]:
    wordpress = snapshot["wordpress"] if snapshot else {}
    roots = [root for root in (wordpress.get("root"), wordpress.get("root_real")) if root]
    return {
        "format": DESIRED_FORMAT,
        "network": network,
        "subdomain_install": bool(wordpress.get("subdomain_install")),
        "environment": environment(snapshot, policy) if snapshot else None,
        "two_writers": bool(snapshot) and two_writers(snapshot or {}),
        "roots": list(dict.fromkeys(roots)),
        "policy": {
            "www_policy": policy.www_policy,
            "www_dns_check": policy.www_dns_check,
            "redirection_policy": policy.redirection_policy,
            "inactive_site_policy": policy.inactive_site_policy,
            "stage_policy": {stage: policy.stage(stage) for stage in STAGES},
            "networks_in_scope": [],
            "rewrite": [],
        },
        **{name: [] for name in _LISTS},
        **lists,
    }


def two_writers(snapshot: Mapping[str, Any]) -> bool:
    """Whether the plugin writes to RunCloud, too: its integration is switched on and, as far as is known, has credentials."""
    integration = snapshot["settings"].get("runcloud_integration") or {}
    return bool(integration.get("enabled")) and integration.get("configured") is not False


def _note_two_writers(snapshot: Mapping[str, Any], findings: Findings) -> None:
    if two_writers(snapshot):
        findings.warnings.append(
            "The plugin's own RunCloud integration is on, too: two writers work on one web app. So missing names are added, "
            "nothing is changed or removed. Switch the integration off in Ultimate Multisite to let this list decide alone."
        )


def _www_policy(snapshot: Mapping[str, Any], policy: Policy, findings: Findings) -> str:
    """The policy with the plugin's setting in place of ``setting``."""
    if policy.www_policy != "setting":
        return policy.www_policy
    setting = snapshot["settings"].get("auto_create_www_subdomain")
    if setting in ("always", "main_only", "never"):
        return str(setting)
    findings.warnings.append(
        "www_policy is setting, and the source does not know the plugin's setting auto_create_www_subdomain: it is taken for keep."
    )
    return "keep"


def _source(entry: Mapping[str, Any]) -> list[tuple[str, int]]:
    return sorted(entry["from"][0].items())


def _purge_refused(snapshot: Mapping[str, Any]) -> list[str]:
    reasons = []
    unread = (snapshot.get("mapping_plugin") or {}).get("unread_rows")
    if unread:
        none = (snapshot.get("mapping_plugin") or {}).get("name") == "none"
        reasons.append(
            "%s %d domains that were not read"
            % (
                "mapping_plugin is none, but the tables of mapping plugins hold"
                if none
                else "further tables of mapping plugins hold",
                unread,
            )
        )
    if snapshot["counts"].get("networks") is None:
        reasons.append(
            "the source %s cannot say how many networks there are, and the domains of another one would look as if nobody wanted them; purge by another source"
            % snapshot.get("source")
        )
    return reasons
