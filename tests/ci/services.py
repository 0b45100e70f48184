# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the jobs of the CI templates as GitHub and GitLab run them: their own lines by bash, in a fresh checkout, with the variables of the service.

What is no line of a template stands in here: checkout, caches, artefacts, and the download of packages.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from tests.playbooks.runner import FOREIGN, ROOT

TEMPLATES = ROOT / "docs/ci"
# Where the templates say that the runner's disk stays.
DISK = "/var/lib/wpmultisite"
_EXPRESSION = re.compile(r"\$\{\{ *(.*?) *\}\}")

# Makes .venv of programs that write down how they are called; everything else is the real interpreter.
_PYTHON = """#!/bin/sh
if [ "$1 $2" != "-m venv" ]; then exec {real} "$@"; fi
mkdir -p "$3/bin"
for program in pip ansible-galaxy; do
    printf '#!/bin/sh\\necho "%s $*" >> {calls}\\n' "$program" > "$3/bin/$program"
    chmod +x "$3/bin/$program"
done
"""


class Job(NamedTuple):
    """A job that is over."""

    ok: bool
    output: str
    environment: dict[str, str]  # of all its lines together
    summary: str
    artefacts: dict[str, Path]  # by name; of GitLab one, named after the job

    def report(self, name: str) -> Path:
        """The folder of reports in an artefact."""
        folder = self.artefacts[name]
        return folder / "report" if (folder / "report").is_dir() else folder


class Service:
    """A CI service with one runner: the repository, the runner's disk, caches and artefacts lie in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.repository, self.disk, self.work = (folder / name for name in ("repository", "disk", "work"))
        for name in ("repository", "disk", "caches", "artefacts", "bin", "home"):
            (folder / name).mkdir()
        shutil.copytree(TEMPLATES / "ci", self.repository / "ci")
        for name in ("requirements.txt", "requirements.yml"):
            shutil.copy(TEMPLATES / name, self.repository)
        self.calls = folder / "calls"
        python = folder / "bin/python3"
        python.write_text(_PYTHON.format(real=shlex.quote(sys.executable), calls=shlex.quote(str(self.calls))))
        python.chmod(0o755)
        self._number = 0

    def checkout(self) -> None:
        """A fresh one, as both services make it."""
        shutil.rmtree(self.work, ignore_errors=True)
        shutil.copytree(self.repository, self.work)

    def put(self, place: Path, paths: list[str]) -> Path:
        """Keep what is there of these paths of the job's folder; one that is a folder alone gives its content."""
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        for path in paths:
            source = self.work / path
            if source.is_dir():
                shutil.copytree(source, place / path)
            elif source.is_file():
                (place / path).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, place / path)
        return place

    def bring(self, place: Path, path: str = ".") -> None:
        """Bring back what was kept."""
        shutil.copytree(place, self.work / path, dirs_exist_ok=True)

    def place(self, kind: str, name: str) -> Path:
        """Where a cache or an artefact lies."""
        return self.folder / kind / name

    def fresh(self, name: str) -> Path:
        """Where a new artefact goes; those of earlier jobs stay for the test to look at."""
        self._number += 1
        return self.folder / "artefacts" / str(self._number) / name

    def bash(self, lines: str, variables: Mapping[str, str], flags: str) -> tuple[bool, str]:
        """Whether the lines succeed, and what they print. Nothing of the person's own is in the environment."""
        inherited = {key: value for key, value in os.environ.items() if not FOREIGN.fullmatch(key)}
        path = f"{self.folder / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        own = {
            "PATH": path,
            "HOME": str(self.folder / "home"),
            "NETRC": os.devnull,
            "ANSIBLE_HOME": str(self.folder / "home/.ansible"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build/collections"),
        }
        ran = subprocess.run(
            ["bash", "--noprofile", "--norc", *flags.split(), "-c", lines],
            cwd=self.work,
            env={**inherited, **own, **{key: value.replace(DISK, str(self.disk)) for key, value in variables.items()}},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        # Ansible's own word about an inventory without the group.
        warnings = [line for line in ran.stdout.splitlines() if "WARNING" in line and "host pattern" not in line]
        assert warnings == [], ran.stdout
        return ran.returncode == 0, ran.stdout


class GitHub(Service):
    """GitHub Actions."""

    def workflow(self, name: str) -> dict[str, Any]:
        """A template."""
        found: dict[str, Any] = yaml.safe_load((TEMPLATES / "github" / f"{name}.yml").read_text(encoding="utf-8"))
        return found

    def run(self, workflow: str, job: str, secrets: Mapping[str, str], purge: str = "") -> Job:
        """Run a job. It gets the secrets of its environment; without one, none."""
        document = self.workflow(workflow)
        given = document["jobs"][job]
        self._number += 1
        context = {"github.run_id": str(self._number), "github.run_attempt": "1", "github.ref": "refs/heads/x"}
        context["inputs.purge && 'true' || 'false'"] = purge or "false"
        context |= {f"secrets.{key}": value for key, value in secrets.items()} if "environment" in given else {}
        summary = self.folder / "summary.md"
        summary.write_text("")
        everywhere = {**document.get("env", {}), **given.get("env", {}), "GITHUB_STEP_SUMMARY": str(summary)}
        ok, output, seen, artefacts = True, "", dict[str, str](), dict[str, Path]()
        for step in given["steps"]:
            if not ok and step.get("if") != "${{ !cancelled() }}":
                continue
            inputs = {key: _filled(str(value), context) for key, value in step.get("with", {}).items()}
            if "uses" in step:
                artefacts |= self._use(step["uses"].partition("@")[0], inputs)
                continue
            environment = {key: _filled(value, context) for key, value in {**everywhere, **step.get("env", {})}.items()}
            seen |= environment
            assert "${{" not in step["run"]
            done, said = self.bash(step["run"], environment, "-e")
            ok, output = ok and done, output + said
        return Job(ok, output, seen, summary.read_text(), artefacts)

    def _use(self, action: str, inputs: Mapping[str, str]) -> dict[str, Path]:
        paths = inputs.get("path", "").split()
        caches = self.folder / "caches"
        if action == "actions/checkout":
            self.checkout()
        elif action == "actions/cache/save":
            self.put(caches / inputs["key"], paths)
        elif action == "actions/cache/restore":
            found = [place for place in caches.iterdir() if place.name.startswith(inputs["restore-keys"])]
            if found:
                self.bring(max(found, key=lambda place: int(place.name.split("-")[1])))
        elif action == "actions/upload-artifact":
            kept = self.put(self.fresh(inputs["name"]), paths) / paths[0]
            self._last = {**getattr(self, "_last", {}), inputs["name"]: kept}
            return {inputs["name"]: kept}
        else:
            assert action == "actions/download-artifact", action
            self.bring(self._last[inputs["name"]], paths[0])
        return {}


class GitLab(Service):
    """GitLab CI."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.document = yaml.safe_load((TEMPLATES / "gitlab-ci.yml").read_text(encoding="utf-8"))
        self._kept: dict[str, Path] = {}

    def job(self, name: str) -> dict[str, Any]:
        """A job with what it extends."""
        own = self.document[name]
        return {**self.document[own["extends"]], **own} if "extends" in own else dict(own)

    def run(self, name: str, secrets: Mapping[str, str], **variables: str) -> Job:
        """Run a job; secrets are those of protected branches."""
        given = self.job(name)
        everywhere = {key: value["value"] for key, value in self.document["variables"].items()}
        environment = {**everywhere, **given.get("variables", {}), **variables, **secrets}
        self.checkout()
        cache = given.get("cache")
        if cache and self.place("caches", cache["key"]).exists():
            self.bring(self.place("caches", cache["key"]))
        for needed in given.get("needs", []):
            self.bring(self._kept[needed])
        lines = "\n".join([*given["before_script"], *given["script"]])
        ok, output = self.bash(lines, environment, "-eo pipefail")
        if "after_script" in given:
            output += self.bash("\n".join(given["after_script"]), environment, "-eo pipefail")[1]
        if cache:
            self.put(self.place("caches", cache["key"]), cache["paths"])
        assert given["artifacts"]["when"] == "always"
        self._kept[name] = self.put(self.fresh(name), given["artifacts"]["paths"])
        return Job(ok, output, environment, "", {name: self._kept[name]})


def _filled(text: str, context: Mapping[str, str]) -> str:
    return _EXPRESSION.sub(lambda match: context[match[1]], text)
