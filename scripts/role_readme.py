#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 the wpmultisite.runcloud authors
"""The table of variables in the role's README, made from its argument specs, so that the two never disagree.

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

ROLE = Path(__file__).resolve().parent.parent / "roles" / "multisite_domains"
README = ROLE / "README.md"
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


def readme(text: str) -> str:
    """The README with the table of today."""
    specs = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    options = {name: option for entry in specs["argument_specs"].values() for name, option in entry["options"].items()}
    head = ["| variable | type | default | what it says |", "|---|---|---|---|"]
    table = "\n".join([BEGIN, "", *head, *rows(options), "", END])
    before, rest = text.split(BEGIN)
    return before + table + rest.split(END)[1]


def main() -> None:
    """``--check`` or ``--write``."""
    text = README.read_text(encoding="utf-8")
    if sys.argv[1:] == ["--write"]:
        README.write_text(readme(text), encoding="utf-8")
    elif sys.argv[1:] != ["--check"]:
        raise SystemExit("usage: role_readme.py --check | --write")
    elif text != readme(text):
        raise SystemExit(f"{README.name} of the role is out of date: run scripts/role_readme.py --write")


if __name__ == "__main__":
    main()
