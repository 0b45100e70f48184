# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documentation holds that can be run: the EXAMPLES of plugins, the fenced blocks of Markdown files."""

from __future__ import annotations

import ast
import re
import shlex
from pathlib import Path
from typing import Any

import yaml

from tests.playbooks.runner import ROOT

MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py"))
API_MODULES = [name for name in MODULES if name.startswith("runcloud_") or name == "domain_dns_info"]
FILTERS = sorted(path.stem for path in (ROOT / "plugins/filter").glob("*.py"))


def documented(plugin: str, name: str) -> str:
    """The text of DOCUMENTATION, EXAMPLES or RETURN of a plugin, for example of ``modules/runcloud_domain``."""
    tree = ast.parse((ROOT / "plugins" / f"{plugin}.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name:
            return str(ast.literal_eval(node.value))
    raise AssertionError(f"{plugin} has no {name}")


def examples(plugin: str, replace: dict[str, str] | None = None) -> list[dict[str, Any]]:
    """The tasks of a plugin's EXAMPLES; each key of ``replace`` must occur in them."""
    text = documented(plugin, "EXAMPLES")
    for old, new in (replace or {}).items():
        assert old in text
        text = text.replace(old, new)
    tasks: list[dict[str, Any]] = yaml.safe_load(text)
    return tasks


def fenced(document: str, language: str) -> list[str]:
    """The code blocks of a Markdown file in one language."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def write_files(document: str, folder: Path, replace: dict[str, str] | None = None) -> list[str]:
    """Write each YAML block of a Markdown file under the name in its first line; gives the names."""
    names = []
    for block in fenced(document, "yaml"):
        for old, new in (replace or {}).items():
            block = block.replace(old, new)
        first = block.partition("\n")[0]
        assert re.fullmatch(r"# ((?:group|host)_vars/)?[\w.-]+\.yml", first), (
            f"{document}: a YAML block that begins with {first!r}, not with the name of a file"
        )
        names.append(first[2:])
        (folder / names[-1]).parent.mkdir(exist_ok=True)
        (folder / names[-1]).write_text(block, encoding="utf-8")
    return names


def commands(document: str) -> list[list[str]]:
    """The arguments of each line that calls ansible-playbook in the shell blocks of a Markdown file."""
    lines = "".join(fenced(document, "shell")).splitlines()
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("ansible-playbook ")]
