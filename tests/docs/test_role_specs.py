# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument specs, defaults and tasks of the smaller roles say the same, and agree with what they feed."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.docs.blocks import documented
from tests.playbooks.runner import ROOT

# Role: facts that it leaves, names that are not variables, and variables of other roles that it takes.
ROLES: dict[str, tuple[set[str], set[str], set[str]]] = {
    "multisite_report": (
        {"multisite_report_made", "multisite_report_network", "multisite_report_ended", "multisite_report_faults"},
        set(),
        set(),
    ),
    "reconcile_schedule": (set(), set(), set()),
    "multisite_snapshot": ({"multisite_snapshot_inventory"}, set(), set()),
    "wp_config": (
        {"wp_config_found", "wp_config_plan", "wp_config_result"},
        {"wp_config_info", "wp_config_wishes"},
        {"runcloud_server_id", "runcloud_webapp_id"},
    ),
}


def specs(role: str) -> dict[str, dict[str, Any]]:
    text = (ROOT / "roles" / role / "meta/argument_specs.yml").read_text()
    options: dict[str, dict[str, Any]] = yaml.safe_load(text)["argument_specs"]["main"]["options"]
    return options


@pytest.mark.parametrize("role", ROLES)
def test_defaults_are_those_of_the_argument_specs(role: str) -> None:
    defaults = yaml.safe_load((ROOT / "roles" / role / "defaults/main.yml").read_text())
    assert {name: option["default"] for name, option in specs(role).items() if "default" in option} == defaults


@pytest.mark.parametrize("role", ROLES)
def test_every_variable_is_specified_and_used(role: str) -> None:
    facts, others, taken = ROLES[role]
    files = [
        path for folder in ("tasks", "templates", "vars") for path in sorted((ROOT / "roles" / role / folder).glob("*"))
    ]
    text = "".join(path.read_text() for path in files)
    used = set(re.findall(rf"(?<![\w.]){role}_\w+", text)) - facts - others
    assert used | taken == set(specs(role))
    assert all(name in text for name in taken)


def test_secrets_are_strings_that_are_never_shown() -> None:
    hidden = {name: option for name, option in specs("wp_config").items() if option.get("no_log")}
    assert set(hidden) == {"wp_config_api_token", "wp_config_api_key", "wp_config_api_secret"}
    assert {option["type"] for option in hidden.values()} == {"str"}


def test_the_variables_are_like_the_options_that_they_feed() -> None:
    for plugin in ("filter/snapshot_program", "modules/multisite_info"):
        options = yaml.safe_load(documented(plugin, "DOCUMENTATION"))["options"]
        for option in ("mapping_plugin", "http_host"):
            for key in ("type", "choices", "default"):
                fed = specs("multisite_snapshot")[f"multisite_snapshot_{option}"]
                assert fed.get(key) == options[option].get(key), (plugin, option, key)
