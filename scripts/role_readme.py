#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 the wpmultisite.runcloud authors
"""The table of variables in the README of each role, made from its argument specs, so that the two never disagree.

``--write`` puts it between the markers; ``--check`` ends with 1 when what stands there is another one.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

ROLES = sorted((Path(__file__).resolve().parent.parent / "roles").iterdir())
BEGIN, END = "<!-- variables: made by scripts/role_readme.py -->", "<!-- end of variables -->"


def plain(description: str | list[str]) -> str:
    """Ansible's markup as Markdown: ``V(x)``, ``O(x)`` and their like are code."""
    text = description if isinstance(description, str) else " ".join(description)
    return re.sub(r"\b[OVCE]\(([^)]*)\)", r"`\1`", text).replace("|", "\\|")


def kind(option: dict[str, Any]) -> str:
    """The type of a value, or the words to choose from."""
    if "choices" in option:
        return ", ".join(f"`{choice}`" for choice in option["choices"])
    return f"{option['type']} of {option['elements']}" if "elements" in option else str(option["type"])


def default(option: dict[str, Any]) -> str:
    """The default as it would be written in YAML."""
    if option.get("required"):
        return "**required**"
    return f"`{json.dumps(option['default']).strip(chr(34))}`" if "default" in option else ""


def rows(options: dict[str, Any], prefix: str = "") -> Iterator[str]:
    """One line a variable; what a list of dictionaries holds comes after it."""
    for name, option in options.items():
        cells = (f"`{prefix}{name}`", kind(option), default(option), plain(option["description"]))
        yield "| " + " | ".join(cells) + " |"
        yield from rows(option.get("options", {}), f"{name}{'[]' if 'elements' in option else ''}.")


def readme(role: Path, text: str) -> str:
    """The role's README with the table of today."""
    specs = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    options = {name: option for entry in specs["argument_specs"].values() for name, option in entry["options"].items()}
    head = ["| variable | type | default | what it says |", "|---|---|---|---|"]
    table = "\n".join([BEGIN, "", *head, *rows(options), "", END])
    before, rest = text.split(BEGIN)
    return before + table + rest.split(END)[1]


def main() -> None:
    """``--check`` or ``--write``."""
    if sys.argv[1:] not in (["--write"], ["--check"]):
        raise SystemExit("usage: role_readme.py --check | --write")
    for role in ROLES:
        file = role / "README.md"
        text = file.read_text(encoding="utf-8")
        today = readme(role, text)
        if sys.argv[1] == "--write":
            file.write_text(today, encoding="utf-8")
        elif text != today:
            raise SystemExit(f"The README of the role {role.name} is out of date: run scripts/role_readme.py --write")


if __name__ == "__main__":
    main()
