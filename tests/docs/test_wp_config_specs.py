# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role wp_config says the same in its argument specs, defaults and tasks; what its documents and modules show is run."""

from __future__ import annotations

import re
from typing import Any

import yaml

from tests.playbooks.runner import ROOT

ROLE = ROOT / "roles/wp_config"
SPECS: dict[str, dict[str, Any]] = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text())["argument_specs"][
    "main"
]["options"]


def test_defaults_are_those_of_the_argument_specs() -> None:
    defaults = yaml.safe_load((ROLE / "defaults/main.yml").read_text())
    assert {name: option["default"] for name, option in SPECS.items() if "default" in option} == defaults


def test_every_variable_is_specified_and_used() -> None:
    text = "".join(path.read_text() for folder in ("tasks", "vars") for path in sorted((ROLE / folder).glob("*.yml")))
    names = re.findall(r"(?<![\w.])((?:wp_config|runcloud)_\w+)(?!\w*\()", text)
    used = set(names) - {"wp_config_found", "wp_config_plan", "wp_config_result", "wp_config_", "runcloud_api_token"}
    used -= {"wp_config_info", "wp_config_constants", "wp_config_wishes", "runcloud_api_key", "runcloud_api_secret"}
    assert used | {"wp_config_constants"} == set(SPECS)


def test_secrets_are_strings_that_are_never_shown() -> None:
    hidden = {name for name, option in SPECS.items() if option.get("no_log")}
    assert hidden == {"wp_config_api_token", "wp_config_api_key", "wp_config_api_secret"}
    assert {SPECS[name]["type"] for name in hidden} == {"str"}
