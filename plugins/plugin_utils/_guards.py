# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rule R0: when nothing may be changed, because the read was not complete or the multisite is a copy of another. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ansible_collections.wpmultisite.runcloud.plugins.module_utils._names import BadName, normalise
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._hosts import Hosts
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._policy import Policy
from ansible_collections.wpmultisite.runcloud.plugins.plugin_utils._rewrite import Rewrite

_SAY_SO = "If this is the production site, set multisite_domains_environment (option environment) to production."


def environment(snapshot: Mapping[str, Any], policy: Policy) -> str | None:
    """What kind of environment this is: as WordPress says, or, where the source does not know, as the person says."""
    return snapshot["wordpress"].get("environment_type") or policy.environment


def guards(snapshot: Mapping[str, Any], policy: Policy, rewrite: Rewrite) -> Iterator[str]:
    """Every reason but those about the network's names. With a map a copy may be resolved, and nothing else."""
    for name in ("networks", "blogs"):
        if not snapshot[name]:
            yield "the snapshot has no %s, and a multisite has at least one: the read was not complete" % name
    for name in ("networks", "blogs", "mappings"):
        said, held = snapshot["counts"].get(name), len(snapshot[name])
        if said is not None and said != held:
            yield "the database counts %s %s, the snapshot holds %d" % (said, name, held)
    wordpress = snapshot["wordpress"]
    # An empty text, as a document written by hand may have, says nothing either.
    read, current = wordpress.get("environment_type") or None, wordpress.get("domain_current_site") or None
    unknown = [
        name for name, value in (("WP_ENVIRONMENT_TYPE", read), ("DOMAIN_CURRENT_SITE", current)) if value is None
    ]
    if unknown and policy.environment is None:
        yield "the source does not know %s, so a staging copy cannot be told from the site. %s" % (
            " and ".join(unknown),
            _SAY_SO,
        )
    if read is not None and policy.environment not in (None, read):
        yield "WordPress calls itself a %s environment, the option environment says %s" % (read, policy.environment)
    known = environment(snapshot, policy)
    if rewrite:
        if known == "production" and not wordpress.get("runtime_url") and not _is_target(current, rewrite):
            yield (
                "rewrite is for staging clones, and this is the production site by all that is known. "
                "If it is a clone, say so there by WP_ENVIRONMENT_TYPE, or by DOMAIN_CURRENT_SITE with the clone's own name"
            )
        return
    if known not in (None, "production"):
        yield (
            "%s a %s environment, whose database still lists the production domains; rewrite says what they are there"
            % (
                "WordPress calls itself" if read else "The option environment calls this",
                known,
            )
        )
    if wordpress.get("runtime_url"):
        yield (
            "WP_ULTIMO_RUNTIME_URL is set, so this WordPress shows production data under other hosts; "
            "rewrite says what they are there"
        )


def _is_target(host: Any, rewrite: Rewrite) -> bool:
    """Whether WordPress already answers under a name of the clone."""
    try:
        name = normalise(str(host or ""))
    except BadName:
        return False
    return rewrite.apply(name) == name


def main_network(snapshot: Mapping[str, Any], in_scope: Sequence[str], others: Sequence[str], hosts: Hosts) -> str:
    """The host that stands for the whole: of the main network, or of the first one in scope. Empty when it is unknown.

    :arg in_scope, others: the hosts of the networks that the list is about, and of the others, as far as they are usable.
    """
    current, refused = snapshot["wordpress"].get("domain_current_site") or None, hosts.findings.refused
    if current is None:
        return in_scope[0] if in_scope else ""
    try:
        spelled = normalise(str(current))
    except BadName as exc:
        refused.append("DOMAIN_CURRENT_SITE is not usable: %s" % exc)
        return ""
    main, known = hosts.rewrite.apply(spelled), [*in_scope, *others]
    if known and main not in known:
        refused.append(
            "DOMAIN_CURRENT_SITE says %s, the database says %s: this looks like a staging copy of another site"
            % (spelled, ", ".join(known))
        )
    if main is None or (in_scope and main not in in_scope):
        return in_scope[0] if in_scope else ""
    return main
