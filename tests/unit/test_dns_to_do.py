# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What customers have to do about DNS, put together from the facts."""

from __future__ import annotations

from typing import Any

from ansible_collections.wpmultisite.runcloud.plugins.filter.dns_to_do import FilterModule

dns_to_do = FilterModule().filters()["dns_to_do"]
WANTED = {"domains": [{"name": name, "class": "ensure"} for name in ("moved.com", "caa.com", "fine.com", "slow.com")]}


def host(name: str, state: str = "ready", forbidden: bool | None = None) -> dict[str, Any]:
    record = {"type": "A", "name": name, "value": "203.0.113.10"}
    caa = None if forbidden is None else {"allowed": not forbidden, "message": f"CAA of {name}."}
    return {
        "name": name,
        "state": state,
        "message": f"{name} is {state}.",
        "record": None if state == "ready" else record,
        "caa": caa,
    }


def facts(*hosts: dict[str, Any], valid: bool = True) -> dict[str, Any]:
    return {"valid": valid, "hosts": list(hosts)}


def test_a_customer_s_hosts_are_told_together_and_what_is_not_sure_is_not() -> None:
    known = facts(
        host("moved.com", "elsewhere"),
        host("www.moved.com", "nxdomain"),
        host("fine.com"),
        host("slow.com", "timeout"),
        host("caa.com"),
        host("foreign.com", "elsewhere"),
    )
    (moved,) = dns_to_do(WANTED, known)
    assert moved["name"] == "moved.com"
    assert moved["messages"] == ["moved.com is elsewhere.", "www.moved.com is nxdomain."]
    assert [row["name"] for row in moved["records"]] == ["moved.com", "www.moved.com"]


def test_caa_counts_and_the_later_word_on_a_host() -> None:
    later = facts(host("caa.com", forbidden=True), host("fine.com", forbidden=False), host("moved.com"))
    (caa,) = dns_to_do(WANTED, facts(host("moved.com", "elsewhere"), host("caa.com")), later)
    assert (caa["name"], caa["messages"], caa["records"]) == ("caa.com", ["CAA of caa.com."], [])


def test_what_a_wildcard_serves_is_no_customer_s() -> None:
    facts_ = facts(host("moved.com", "nxdomain"), host("slow.com", "elsewhere"))
    assert [row["name"] for row in dns_to_do(WANTED, facts_, None, ["moved.com"])] == ["slow.com"]


def test_facts_that_are_not_valid_and_names_that_are_only_kept_say_nothing() -> None:
    assert dns_to_do(WANTED, facts(host("moved.com", "elsewhere"), valid=False)) == []
    kept = {"domains": [{"name": "moved.com", "class": "keep"}]}
    assert dns_to_do(kept, facts(host("moved.com", "elsewhere"))) == []
