# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CI templates by the services' own schemas and by public linters, and the rules of which no linter knows."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.ci.services import TEMPLATES

WORKFLOWS = sorted((TEMPLATES / "github").glob("*.yml"))
GITLAB = TEMPLATES / "gitlab-ci.yml"
SCHEMAS = {"vendor.github-workflows": WORKFLOWS, "vendor.gitlab-ci": [GITLAB]}
AUDIT = ("zizmor", "--offline", "--no-progress", "--persona", "pedantic")


def lint(*command: str | Path) -> tuple[bool, str]:
    ran = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    return ran.returncode == 0, ran.stdout + ran.stderr


def validate(schema: str, *files: Path) -> tuple[bool, str]:
    transform = ["--data-transform", "gitlab-ci"] if schema.endswith("gitlab-ci") else []
    return lint("check-jsonschema", "--builtin-schema", schema, *transform, *files)


@pytest.mark.parametrize("schema", SCHEMAS)
def test_templates_follow_the_service_s_schema(schema: str, tmp_path: Path) -> None:
    assert SCHEMAS[schema] and validate(schema, *SCHEMAS[schema]) == (True, "ok -- validation done\n")
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(SCHEMAS[schema][0].read_text().replace("timeout", "timout"))
    assert not validate(schema, wrong)[0]


def test_an_auditor_of_workflows_finds_nothing(tmp_path: Path) -> None:
    done, said = lint(*AUDIT, *WORKFLOWS)
    assert done and "No findings to report." in said, said
    wrong = tmp_path / "wrong.yml"
    text = (TEMPLATES / "github/preview.yml").read_text()
    wrong.write_text(re.sub(r"@[0-9a-f]{40} # ", "@", text.replace("pull_request:", "pull_request_target:")))
    done, said = lint(*AUDIT, wrong)
    assert not done and "dangerous-triggers" in said and "unpinned-uses" in said


def test_scripts_pass_shellcheck() -> None:
    scripts = sorted((TEMPLATES / "ci").glob("*.sh"))
    assert scripts and lint("shellcheck", *scripts) == (True, "")


def test_on_github_a_token_goes_only_to_single_steps_of_protected_jobs() -> None:
    for path in WORKFLOWS:
        document = yaml.safe_load(path.read_text())
        assert document["permissions"] == {"contents": "read"} and "concurrency" in document
        for job in document["jobs"].values():
            given = [step for step in job["steps"] if "secrets." in str(step)]
            assert len(given) == (1 if "environment" in job else 0)
            assert not any("secrets." in str(step.get("run", step.get("uses"))) for step in given)
            assert ("self-hosted" in job["runs-on"]) is ("environment" in job)
        assert path.read_text().count("secrets.") == sum("environment" in job for job in document["jobs"].values())
    converge = yaml.safe_load((TEMPLATES / "github/converge.yml").read_text())["jobs"]["converge"]
    assert (converge["needs"], converge["environment"]) == ("plan", "production")


def test_on_gitlab_only_the_protected_default_branch_plans_looks_and_converges() -> None:
    document: dict[str, Any] = yaml.safe_load(GITLAB.read_text())
    main = '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $CI_COMMIT_REF_PROTECTED == "true"'
    request = '$CI_PIPELINE_SOURCE == "merge_request_event"'
    assert document["workflow"]["rules"] == [{"if": request}, {"if": main}]
    assert document[".protected"]["resource_group"] and document[".protected"]["tags"] == ["runcloud"]
    jobs = {name for name in document if not name.startswith(".")} - {"stages", "variables", "workflow"}
    assert {name for name in jobs if document[name].get("extends") == ".protected"} == jobs - {"preview"}
    assert "environment" not in document["preview"] and "tags" not in document["preview"]
    assert [name for name in jobs if any(request in rule["if"] for rule in document[name]["rules"])] == ["preview"]
    (rule,) = document["converge"]["rules"]
    assert rule["when"] == "manual" and document["converge"]["environment"] == {"name": "production"}


def test_no_line_of_a_template_holds_a_secret_or_an_expression() -> None:
    for path in (*WORKFLOWS, GITLAB, *(TEMPLATES / "ci").glob("*")):
        lines = [line for line in path.read_text().splitlines() if re.search(r"\brun: |bash |ansible-playbook ", line)]
        assert not [line for line in lines if "TOKEN" in line or "${{" in line]
