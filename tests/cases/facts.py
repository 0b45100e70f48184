# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""DNS facts as domain_dns_info returns them, from what a test wants to say of single names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HERE, THERE = "203.0.113.10", "198.51.100.7"
# The words of tests/data/cases.yml, and the states of domain_dns_info that they stand for.
STATES = {"here": "ready", "nowhere": "nxdomain"}
ADDRESSES = {"ready": [HERE], "proxied": ["104.16.0.1"], "elsewhere": [THERE], "partly": [HERE, "2001:db8::7"]}


def fact(name: str, state: str) -> dict[str, Any]:
    """What is said of one host; the message and the record are for a customer who has something to do."""
    state = STATES.get(state, state)
    ready = state in ("ready", "proxied")
    return {
        "name": name,
        "state": state,
        "ready": ready,
        "message": f"{name} is {state}.",
        "record": None if ready else {"type": "A", "name": name, "value": HERE},
        "addresses": ADDRESSES.get(state, []),
        "cname": None,
        "caa": None,
    }


def facts(hosts: Mapping[str, str], reason: str | None = None) -> dict[str, Any]:
    """The document for these hosts; with a reason it is not valid."""
    return {
        "format": "wpmultisite.dns/1",
        "valid": reason is None,
        "reason": reason,
        "resolver": "authoritative",
        "expected_addresses": [HERE],
        "expected_cnames": [],
        "hosts": [fact(name, hosts[name]) for name in sorted(hosts)],
    }
