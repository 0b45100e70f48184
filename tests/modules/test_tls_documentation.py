# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation of tls_certificate_info against what it does."""

from __future__ import annotations

import re
from typing import Any

import yaml

from tests.modules.harness import plugin
from tests.modules.pem import intermediate, leaf
from tests.modules.test_documentation import COMMON, TYPES, alike
from tests.modules.tls_site import ADDRESSES, MODULE, NOBODY, PLAIN, Look

# The states and reasons that the tests of states meet, each by its cause.
STATES = {
    *("valid", "expiring", "expired", "not_yet_valid", "name_mismatch", "self_signed", "incomplete_chain"),
    *("untrusted_chain", "no_certificate", "unreachable", "proxied"),
}
REASONS = {
    *("refused", "timeout", "no_route", "reset", "no_address", "dns", "error"),
    *("alert", "no_tls", "handshake", "unreadable"),
}


def samples(contains: dict[str, Any]) -> dict[str, Any]:
    """What a dictionary of RETURN looks like."""
    return {
        key: [samples(about["contains"])]
        if about["type"] == "list" and "contains" in about
        else samples(about["contains"])
        if "contains" in about
        else about["sample"]
        for key, about in contains.items()
    }


def test_return_lists_exactly_what_comes_back(look: Look) -> None:
    returned: dict[str, Any] = yaml.safe_load(plugin(f"modules.{MODULE}").RETURN)
    page = b"HTTP/1.1 301 Moved\r\nLocation: https://network.com/\r\n\r\n"
    look.site.serve("client.com", leaf("network.com", "*.network.com"), intermediate(), page=page)
    result = look("client.com")
    assert set(result) - COMMON == set(returned)
    for key, about in returned.items():
        assert about["returned"] == "success" and type(result[key]) is TYPES[about["type"]]
    alike(returned["counts"]["sample"], result["counts"], "counts")
    (host,) = result["hosts"]
    contents = returned["hosts"]["contains"]
    alike(samples(contents), host, "host")
    told = {**TYPES, "float": float}
    for key, about in contents.items():
        assert host[key] is None or type(host[key]) is told[about["type"]], key
    for key in ("state", "faults", "names", "message", "ok"):
        assert host[key] == contents[key]["sample"]


def test_every_host_has_the_same_keys(look: Look) -> None:
    look.site.serve("client.com", leaf("client.com"), intermediate())
    addresses = {"client.com": "127.0.0.1", "plain.com": ADDRESSES[PLAIN], "away.com": NOBODY}
    hosts = look(*addresses, addresses=addresses)["hosts"]
    contents = yaml.safe_load(plugin(f"modules.{MODULE}").RETURN)["hosts"]["contains"]
    assert [list(host) for host in hosts] == [list(contents)] * 3


def test_options_are_documented_with_their_types_and_defaults() -> None:
    module = plugin(f"modules.{MODULE}")
    documented = yaml.safe_load(module.DOCUMENTATION)["options"]
    assert set(documented) == set(module.OPTIONS)
    for name, option in module.OPTIONS.items():
        for key in ("type", "elements", "default", "choices", "required"):
            assert documented[name].get(key) == option.get(key), (name, key)


def test_states_and_reasons_are_documented() -> None:
    contents = yaml.safe_load(plugin(f"modules.{MODULE}").RETURN)["hosts"]["contains"]

    def named(key: str) -> set[str]:
        return set(re.findall(r"V\((\w+)\)", " ".join(contents[key]["description"])))

    assert named("state") == STATES
    assert named("reason") - {"unreachable", "no_certificate"} == REASONS
    words = plugin("module_utils._tls_words")
    assert set(words._UNREACHABLE) | set(words._NO_CERTIFICATE) == REASONS
