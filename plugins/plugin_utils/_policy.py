# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person decides about the list, and which decisions are none. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

WWW_POLICIES = ("keep", "setting", "always", "main_only", "never")
REDIRECTION_POLICIES = ("keep", "none", "canonical")
INACTIVE_SITE_POLICIES = ("keep", "remove")
# wp_get_environment_type() of WordPress knows these and no others.
ENVIRONMENTS = ("production", "staging", "development", "local")
STAGE_WORDS = ("ensure", "ready", "keep", "drop")
# While the plugin checks a domain, it must be reachable already, so the stages of its checks are wanted. `failed` means
# that it gave up waiting for DNS. `inactive` is a row that is switched off, `unknown` any other stage.
STAGES: Mapping[str, str] = MappingProxyType(
    {
        "checking-dns": "ensure",
        "checking-ssl-cert": "ensure",
        "done": "ensure",
        "done-without-ssl": "ensure",
        "failed": "ready",
        "ssl-failed": "ensure",
        "inactive": "drop",
        "unknown": "keep",
    }
)


class Policy(NamedTuple):
    """What a person decides about the list; see the filter's documentation."""

    www_policy: str = "keep"
    redirection_policy: str = "keep"
    www_dns_check: bool = True
    stage_policy: Mapping[str, str] = MappingProxyType({})
    inactive_site_policy: str = "keep"
    extra_domains: Sequence[Any] = ()
    exclude: Sequence[str] = ()
    deny: Sequence[str] = ()
    allow_reserved_tlds: bool = False
    networks_in_scope: Sequence[Any] = ()
    environment: str | None = None
    rewrite: Sequence[Mapping[str, str]] = ()

    def stage(self, name: str) -> str:
        """The word for a stage of STAGES."""
        return self.stage_policy.get(name, STAGES[name])


def check(policy: Policy) -> None:
    """:raises ValueError: every option value that no multisite can make sense of, in one message."""
    faults = list(_faults(policy))
    if faults:
        raise ValueError("; ".join(faults))


def _faults(policy: Policy) -> Iterator[str]:
    choices: list[tuple[str, tuple[Any, ...]]] = [
        ("www_policy", WWW_POLICIES),
        ("redirection_policy", REDIRECTION_POLICIES),
        ("inactive_site_policy", INACTIVE_SITE_POLICIES),
        ("environment", (None, *ENVIRONMENTS)),
        ("www_dns_check", (True, False)),
        ("allow_reserved_tlds", (True, False)),
    ]
    for name, allowed in choices:
        value = getattr(policy, name)
        # To Python 1 is True, and Ansible's texts are of types of their own.
        if value not in allowed or isinstance(value, bool) is not isinstance(allowed[0], bool):
            words = ", ".join(str(one).lower() for one in allowed if one is not None)
            yield "%s must be one of %s, not %r" % (name, words, value)
    for name in ("extra_domains", "exclude", "deny", "networks_in_scope", "rewrite"):
        value = getattr(policy, name)
        if isinstance(value, str) or not isinstance(value, Sequence):
            yield "%s must be a list, not %r" % (name, value)
        elif name in ("exclude", "deny"):
            for index, pattern in enumerate(value):
                if not isinstance(pattern, str):
                    yield "%s[%d] must be text, not %r" % (name, index, pattern)
    yield from _stage_faults(policy.stage_policy)


def _stage_faults(stages: Any) -> Iterator[str]:
    if not isinstance(stages, Mapping):
        yield "stage_policy must be a dict of stages, not %r" % (stages,)
        return
    for stage, word in stages.items():
        if stage not in STAGES:
            yield "stage_policy: %r is none of %s" % (stage, ", ".join(STAGES))
        elif word not in STAGE_WORDS:
            yield "stage_policy: %s must be one of %s, not %r" % (stage, ", ".join(STAGE_WORDS), word)
        elif stage == "inactive" and word not in ("keep", "drop"):
            yield (
                "stage_policy: inactive must be keep or drop, not %r: the plugin does not serve a mapping that is switched off"
                % word
            )
