# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The documentation of domain_dns_info against what it does."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from tests.emulator import Emulator
from tests.modules.dns_names import ELSEWHERE, MODULE, Lookup
from tests.modules.harness import plugin
from tests.modules.test_documentation import COMMON, TYPES, alike
from tests.playbooks.runner import ROOT


def test_return_lists_exactly_what_comes_back(lookup: Lookup, emu: Emulator) -> None:
    returned: dict[str, Any] = yaml.safe_load(plugin(f"modules.{MODULE}").RETURN)
    lookup.server.point("moved.com", a=[ELSEWHERE])
    good = lookup("moved.com", expected_cnames=["network.com"])
    emu.fault(path="/servers/1$", action="status", status=403)
    bad = lookup("client.com", expected_addresses=[], server_id=1, api_token=emu.token, api_url=emu.url)
    assert bad.failed and not good.failed
    assert (set(good) | set(bad)) - COMMON == set(returned)
    for key, about in returned.items():
        assert (key in good) is (about["returned"] == "success")
        for value in (result[key] for result in (good, bad) if result.get(key) is not None):
            assert type(value) is TYPES[about["type"]]
    contents = returned["dns"]["contains"]
    assert set(contents) == set(good["dns"])
    for key, about in contents.items():
        if key != "hosts":
            alike(about["sample"], good["dns"][key], key)
    (host,) = good["dns"]["hosts"]
    alike({key: about["sample"] for key, about in contents["hosts"]["contains"].items()}, host, "host")


def test_options_are_documented_with_their_types_and_defaults() -> None:
    module = plugin(f"modules.{MODULE}")
    documented = yaml.safe_load(module.DOCUMENTATION)["options"]
    assert set(documented) == set(module.OPTIONS)
    for name, option in module.OPTIONS.items():
        for key in ("type", "elements", "default", "choices", "required"):
            assert documented[name].get(key) == option.get(key), (name, key)


def test_the_documented_states_are_those_of_the_schema() -> None:
    module = plugin(f"modules.{MODULE}")
    hosts = yaml.safe_load(module.RETURN)["dns"]["contains"]["hosts"]["contains"]
    documented = set(re.findall(r"V\((\w+)\)", " ".join(hosts["state"]["description"])))
    schema = json.loads((ROOT / "docs/schemas/dns-1.json").read_text(encoding="utf-8"))
    assert documented == set(schema["$defs"]["host"]["properties"]["state"]["enum"])
    assert set(hosts) == set(schema["$defs"]["host"]["required"])
