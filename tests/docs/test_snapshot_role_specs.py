# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument specs, defaults and tasks of the role multisite_snapshot say the same, and agree with what they feed."""

from __future__ import annotations

import re
from typing import Any

import yaml

from tests.docs.blocks import documented
from tests.playbooks.runner import ROOT

ROLE = ROOT / "roles/multisite_snapshot"
SPECS: dict[str, dict[str, Any]] = yaml.safe_load((ROLE / "meta/argument_specs.yml").read_text())["argument_specs"][
    "main"
]["options"]


def test_defaults_are_those_of_the_argument_specs() -> None:
    defaults = yaml.safe_load((ROLE / "defaults/main.yml").read_text())
    assert {name: option["default"] for name, option in SPECS.items() if "default" in option} == defaults


def test_every_variable_is_specified_and_used() -> None:
    text = "".join(path.read_text() for folder in ("tasks", "vars") for path in sorted((ROLE / folder).glob("*.yml")))
    used = set(re.findall(r"(?<![\w.])multisite_snapshot_\w+", text)) - {"multisite_snapshot_inventory"}
    assert used == set(SPECS)


def test_the_variables_are_like_the_options_that_they_feed() -> None:
    for plugin in ("filter/snapshot_program", "modules/multisite_info"):
        options = yaml.safe_load(documented(plugin, "DOCUMENTATION"))["options"]
        for option in ("mapping_plugin", "http_host"):
            for key in ("type", "choices", "default"):
                assert SPECS[f"multisite_snapshot_{option}"].get(key) == options[option].get(key), (plugin, option, key)
