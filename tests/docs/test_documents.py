# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the repository says about itself is so: schemas, versions, the action group, the artefact, commands, links, the demo."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.docs.blocks import API_MODULES
from tests.playbooks.runner import ROOT, snapshot

SCHEMAS = sorted(path.name for path in (ROOT / "docs/schemas").glob("*.json"))
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("roles/**/*.md"), *ROOT.glob("tests/**/*.md")]


def _yaml(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def _schema(name: str) -> Any:
    return json.loads((ROOT / "docs/schemas" / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", SCHEMAS)
def test_schemas_are_valid(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(_schema(name))


def test_snapshots_and_what_is_made_of_them_follow_their_schemas() -> None:
    filters = importlib.import_module("ansible_collections.wpmultisite.runcloud.plugins.filter.desired_domains")
    for document in (_yaml("scripts/demo/snapshot.yml"), snapshot("a.com", "www.a.com", "b_ad.com", "{{ 7*7 }}.com")):
        desired = filters.desired_domains(document, extra_domains=["*.network.com"], exclude=["a.com"])
        jsonschema.validate(document, _schema("snapshot-1.json"))
        jsonschema.validate(desired, _schema("desired-1.json"))


def test_schemas_refuse_another_version() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**snapshot("a.com"), "format": "wpmultisite.snapshot/2"}, _schema("snapshot-1.json"))


def test_every_api_module_is_in_the_action_group() -> None:
    assert sorted(_yaml("meta/runtime.yml")["action_groups"]["runcloud"]) == API_MODULES


def test_the_artefact_holds_what_a_user_needs_and_nothing_of_the_development() -> None:
    version = _yaml("galaxy.yml")["version"]
    with tarfile.open(ROOT / f"build/artefact/wpmultisite-runcloud-{version}.tar.gz") as artefact:
        names = {name for name in artefact.getnames() if not artefact.getmember(name).isdir()}
    top = {name.partition("/")[0] for name in names if not name.endswith(".md")}
    assert top == {
        "FILES.json",
        "LICENSE",
        "MANIFEST.json",
        "bindep.txt",
        "changelogs",
        "docs",
        "meta",
        "playbooks",
        "plugins",
        "roles",
    }
    assert [name for name in names if "__pycache__" in name or name.endswith((".pyc", "~"))] == []
    assert {f"plugins/modules/{name}.py" for name in API_MODULES} | {
        "roles/multisite_domains/README.md",
        "docs/schemas/snapshot-1.json",
    } <= names


def test_the_commands_that_documents_name_exist() -> None:
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        named = re.findall(r"(?:^|`)make (\w+)", text, re.MULTILINE)
        assert named and set(named) <= targets
        scripts = re.findall(r"`(scripts/[\w./]+)", text)
        assert [script for script in scripts if not (ROOT / script).is_file()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_plugins_that_the_readme_names_exist() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    known = (
        r"runcloud_\w*(?:domains?|info|ssl|mode|certificates)|(?:domain_dns|tls_certificate|acme_probe|multisite|wp_config)_info|"
        r"multisite_(?:check|nudge|integration|report)|wp_config_(?:constants|wishes)|dns_to_do|"
        r"desired_domains|(?:domains|certificates|outage)_summary|explain|stuck_mappings|snapshot_program|"
        r"network_report|fleet_(?:report|status)|report_(?:changes|html|markdown|metrics|table)"
    )
    named = set(re.findall(rf"`({known})`", text))
    there = {path.stem for kind in ("modules", "filter") for path in (ROOT / "plugins" / kind).glob("*.py")}
    assert named == there
    inventories = set(re.findall(r"inventory plugin `wpmultisite\.runcloud\.(\w+)`", text))
    assert inventories == {path.stem for path in (ROOT / "plugins/inventory").glob("*.py")}


def test_the_demo_runs_through() -> None:
    ran = subprocess.run([sys.executable, "scripts/demo.py"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    # The question of the onboarding is asked where nobody can answer it, and Ansible says so.
    unanswered = "[WARNING]: Not waiting for response to prompt as stdin is not interactive"
    text = ran.stdout + ran.stderr
    assert text.count(unanswered) == 1 and "WARNING" not in text.replace(unanswered, "")
    requests = re.findall(r"The panel's own journal: (\d+) requests?, (\d+) of them writes\.", ran.stdout)
    converging = [("16", "11"), ("1", "0"), ("3", "0"), ("7", "2")]
    owning = [("14", "5"), ("6", "1"), ("1", "0"), ("1", "0"), ("7", "1"), ("2", "0"), ("1", "0")]
    waiting = [("3", "0"), ("7", "1"), ("2", "0")]
    certificates = [("7", "1"), ("37", "18"), ("13", "1"), ("5", "0")]
    report = [("7", "0")]
    by_itself = [("21", "3"), ("19", "2")]
    assert requests == converging + owning + waiting + certificates + report + by_itself
    assert re.findall(r"Checked: visitors see a valid certificate for (.*)", ran.stdout)[-1] == (
        "17 of 19 names; not yet: caa-bank.com, late-mover.com"
    )
