# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The image that ansible-builder would build holds what the collection needs, and what AWX is given fits to it."""

from __future__ import annotations

import ast
import json
import re
import shlex
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from bindep.depends import Depends
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.awx.controller import DISK, FILES
from tests.playbooks.runner import ROOT

# What comes with ansible-core or requests, or is the collection.
_ALWAYS_THERE = {"ansible", "ansible_collections", "jinja2", "markupsafe", "urllib3", "yaml"}


class Context(NamedTuple):
    """What ansible-builder has written for podman, and what its scripts find in the installed collection."""

    folder: Path
    lines: list[str]
    python: list[Requirement]
    system: str


def _yaml(name: str) -> Any:
    return yaml.safe_load((FILES / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    """The context, and the step of the build that looks into the collections, run as it stands there."""
    folder, found = tmp_path_factory.mktemp("context"), tmp_path_factory.mktemp("found")
    program = str(Path(sys.executable).with_name("ansible-builder"))
    definition = str(FILES / "execution-environment.yml")
    create = [program, "create", "--file", definition, "--context", str(folder), "--output-filename", "Containerfile"]
    subprocess.run(create, capture_output=True, check=True)
    lines = (folder / "Containerfile").read_text().splitlines()
    (step,) = (line.removeprefix("RUN ") for line in lines if "introspect.py" in line)
    there = {"$PYCMD": sys.executable, "/output/scripts": str(folder / "_build/scripts"), "/tmp/src": str(found)}
    for old, new in there.items():
        assert old in step
        step = step.replace(old, new)
    # The folder where the image has its collections is the one by default.
    subprocess.run([*shlex.split(step), str(ROOT / "build/collections")], capture_output=True, check=True)
    python = [text.partition("#")[0].strip() for text in (found / "requirements.txt").read_text().splitlines()]
    return Context(folder, lines, [Requirement(text) for text in python if text], (found / "bindep.txt").read_text())


def test_the_image_gets_every_library_that_plugins_import(context: Context) -> None:
    imported = set()
    for path in (ROOT / "plugins").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                imported.add(str(node.module).partition(".")[0])
    distributions = packages_distributions()
    needed = {distributions[name][0] for name in imported - set(sys.stdlib_module_names) - _ALWAYS_THERE}
    assert {canonicalize_name(row.name) for row in context.python} == {canonicalize_name(name) for name in needed}


@pytest.mark.parametrize(("platform", "package"), [("rpm", "openssh-clients"), ("dpkg", "openssh-client")])
def test_the_image_gets_an_ssh_client(context: Context, platform: str, package: str) -> None:
    rules = Depends(context.system).active_rules([f"platform:{platform}"])
    assert [name for name, *_conditions in rules] == [package]


def test_the_image_is_made_of_pinned_versions_and_holds_the_collection(context: Context) -> None:
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    (pinned,) = (line for line in context.lines if line.startswith("ARG ANSIBLE_INSTALL_REFS="))
    versions = re.findall(r"[\w-]+==[\d.]+", pinned)
    assert [text.partition("==")[0] for text in versions] == ["ansible-core", "ansible-runner"]
    assert all(re.search(rf"^{re.escape(text)}(?: ;|$)", constraints, re.MULTILINE) for text in versions)
    (galaxy,) = (line for line in context.lines if "collection install" in line)
    assert "-r requirements.yml" in galaxy
    (collection,) = yaml.safe_load((context.folder / "_build/requirements.yml").read_text())["collections"]
    assert collection["name"] == yaml.safe_load((ROOT / "galaxy.yml").read_text())["repository"] + ".git"


def test_state_is_on_the_disk_of_the_pod_and_nowhere_else(context: Context) -> None:
    assert f"ENV XDG_STATE_HOME={DISK}" in context.lines
    assert [line for line in context.lines if DISK in line and not line.startswith("ENV ")] == []
    spec = _yaml("pod-spec.yml")["spec"]
    (worker,), (volume,) = spec["containers"], spec["volumes"]
    assert worker["volumeMounts"] == [{"name": volume["name"], "mountPath": DISK}]
    assert "persistentVolumeClaim" in volume
    assert f"USER {spec['securityContext']['fsGroup']}" in context.lines


def test_the_credential_is_secret_and_is_what_modules_take() -> None:
    kind = _yaml("credential-type.yml")
    (field,) = kind["inputs"]["fields"]
    assert field["secret"] is True and kind["inputs"]["required"] == [field["id"]]
    assert list(kind["injectors"]) == ["env"]
    fragment = (ROOT / "plugins/doc_fragments/api.py").read_text(encoding="utf-8")
    assert all(f"E({name})" in fragment for name in kind["injectors"]["env"])


def test_a_survey_changes_nothing_unless_somebody_answers() -> None:
    survey = json.loads((FILES / "survey.json").read_text(encoding="utf-8"))
    assert set(survey) == {"name", "description", "spec"}
    kinds = {question["variable"]: question["type"] for question in survey["spec"]}
    assert kinds == {"multisite_hosts": "text", "multisite_domains_purge": "multiplechoice"}
    defaults = yaml.safe_load((ROOT / "roles/multisite_domains/defaults/main.yml").read_text(encoding="utf-8"))
    given = {question["variable"]: question["default"] for question in survey["spec"]}
    assert yaml.safe_load(given["multisite_domains_purge"]) is defaults["multisite_domains_purge"]
    for name in ("converge.yml", "drift.yml"):
        assert f"default('{given['multisite_hosts']}')" in (FILES / name).read_text(encoding="utf-8")


def test_the_document_speaks_of_every_file() -> None:
    text = (ROOT / "docs/awx.md").read_text(encoding="utf-8")
    there = {path.name for path in FILES.iterdir()}
    assert there and {name for name in there if f"`{name}`" not in text} == set()
