# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role's argument specs, defaults, tasks and README say the same, and agree with the modules and filters that they feed."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

from tests.docs.blocks import documented
from tests.playbooks.runner import ROOT

ROLE = ROOT / "roles/multisite_domains"
PRODUCED = {
    f"multisite_domains_{name}"
    for name in (
        *("desired", "dns_facts", "explained", "purged", "result", "unlisted", "unasked"),
        *("certificates", "certificate_facts", "seen", "stuck"),
    )
}
# What one of the ways into the role takes besides.
MORE = {"restore": {"multisite_domains_backup_file"}, "explain": {"multisite_domains_host"}}
SECRETS = {
    *(f"runcloud_api_{kind}" for kind in ("token", "key", "secret")),
    *(f"multisite_domains_{name}" for name in ("login_password", "rest_key", "rest_secret")),
}
# The role is more careful than the module, and knows where its memory lies.
OTHER_DEFAULT = {f"multisite_domains_{name}" for name in ("ownership", "deny", "state_dir")}
# What the role makes of them is more than one option, or a part of one.
INDIRECT = {
    f"multisite_domains_{name}"
    for name in (
        *("read_on", "file", "site_user", "keep", "purge", "dns", "expected_addresses", "caa_issuer"),
        *("probe_proxied", "http_port", "tls_on", "tls_connect_to", "check_http", "sample", "nudge"),
        *("plan_out", "plan_in", "listing_out", "listing_in", "snapshot_out", "max_api_calls"),
    )
}


API_FRAGMENTS = ("modules/runcloud_domains", "modules/runcloud_certificates", "modules/domain_dns_info")


def _load(name: str) -> Any:
    return yaml.safe_load((ROLE / name).read_text(encoding="utf-8"))


ENTRIES: dict[str, dict[str, Any]] = _load("meta/argument_specs.yml")["argument_specs"]
SPECS: dict[str, dict[str, Any]] = ENTRIES["main"]["options"]
DEFAULTS: dict[str, Any] = _load("defaults/main.yml")
VARS = (ROLE / "vars/main.yml").read_text(encoding="utf-8")
TASKS = "".join(path.read_text(encoding="utf-8") for path in sorted((ROLE / "tasks").glob("*.yml")))


def test_defaults_are_those_of_the_argument_specs() -> None:
    specified = {name: option["default"] for name, option in SPECS.items() if "default" in option}
    assert specified == DEFAULTS
    assert {name: type(value) for name, value in specified.items()} == {
        name: type(value) for name, value in DEFAULTS.items()
    }


def test_defaults_have_the_types_that_they_claim() -> None:
    types = {"str": str, "path": str, "int": int, "float": float, "bool": bool, "list": list, "dict": dict}
    assert [name for name, value in DEFAULTS.items() if type(value) is not types[SPECS[name]["type"]]] == []


def test_every_variable_is_specified_and_used() -> None:
    expressions = " ".join(re.findall(r"\{\{.*?\}\}|when: .*", TASKS, re.DOTALL))
    expressions += (ROLE / "vars/main.yml").read_text(encoding="utf-8")
    used = set(re.findall(r"(?<![\w.])(?:runcloud|multisite_domains)_\w+", expressions)) - PRODUCED
    assert used == set(SPECS).union(*MORE.values())


def test_every_way_into_the_role_has_its_specs() -> None:
    # Onboarding and drift use ways that are there.
    ways = {path.stem for path in (ROOT / "playbooks").glob("*.yml")} - {"converge", "drift", "onboard"} | {"main"}
    assert set(ENTRIES) == ways == {"main", "adopt", "restore", "explain"}
    for way, entry in ENTRIES.items():
        more = {name: option for name, option in entry["options"].items() if name not in SPECS}
        assert entry["options"] == {**SPECS, **more}
        assert set(more) == MORE.get(way, set())
        # Ansible would answer a missing one with all its variables; the role's own check names it.
        assert [name for name, option in more.items() if option.get("required")] == []


def test_a_variable_without_a_default_is_required_or_may_be_missing() -> None:
    for name, option in SPECS.items():
        if "default" not in option and not option.get("required"):
            assert re.search(rf"\b{name} (\| default\(|is (not )?defined)", TASKS + VARS), name


def test_secrets_are_strings_of_their_own_and_never_shown() -> None:
    assert {name for name, option in SPECS.items() if option.get("no_log")} == SECRETS
    assert {option["type"] for option in SPECS.values() if option.get("no_log")} == {"str"}


def _options(plugin: str) -> dict[str, dict[str, Any]]:
    documentation = yaml.safe_load(documented(plugin, "DOCUMENTATION"))
    options: dict[str, dict[str, Any]] = documentation["options"]
    parts = [("api", part) for part in ("CONNECTION", "DOCUMENTATION", "WEBAPP", "LOCK") if plugin in API_FRAGMENTS]
    if "wpmultisite.runcloud.php" in documentation.get("extends_documentation_fragment", ()):
        parts.append(("php", "DOCUMENTATION"))
    for fragment, part in parts:
        text = (ROOT / f"plugins/doc_fragments/{fragment}.py").read_text(encoding="utf-8")
        options |= yaml.safe_load(text.split(f'{part} = r"""')[1].split('"""')[0])["options"]
    return options


def _fed() -> list[tuple[str, str, str]]:
    """Role variable, plugin and its option, for every option that is a variable and nothing else."""
    fed = [
        (variable, "filter/desired_domains", option)
        for option, variable in re.findall(r"(\w+)=(multisite_domains_\w+)", TASKS)
    ]
    for task in (
        task
        for name in ("read", "due", "ask_dns", "converge", "certificates", "look")
        for task in _load(f"tasks/{name}.yml")
    ):
        for module, arguments in task.items():
            if module.startswith("wpmultisite.runcloud."):
                for option, value in arguments.items():
                    match = re.fullmatch(r"\{\{ (\w+)(?: \| default\([^)]*\))?(?: if .* else omit)? \}\}", value)
                    fed += [(match[1], f"modules/{module.rpartition('.')[2]}", option)] if match else []
    return [row for row in fed if row[0] in SPECS]


@pytest.mark.parametrize(("variable", "plugin", "option"), _fed())
def test_a_variable_is_like_the_option_that_it_feeds(variable: str, plugin: str, option: str) -> None:
    spec, target = SPECS[variable], _options(plugin)[option]
    for key in ("type", "elements", "choices"):
        # false holds nothing, which a dict cannot say.
        # A path of the control node is text to a module that runs on the web host.
        same = spec.get(key) == target.get(key) or (spec.get(key), target.get(key)) == ("path", "str")
        assert variable == "multisite_domains_paused" or same, key
    if variable not in OTHER_DEFAULT and "default" in spec:
        assert spec["default"] == target.get("default")


def test_the_other_variables_feed_no_option_alone() -> None:
    assert set(SPECS) - {variable for variable, _, _ in _fed()} == INDIRECT


def test_the_readme_has_the_variables_of_today() -> None:
    script = [sys.executable, str(ROOT / "scripts/role_readme.py"), "--check"]
    ran = subprocess.run(script, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
