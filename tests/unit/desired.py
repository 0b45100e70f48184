# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests of the filter desired_domains ask of a document. Each one is held against its schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
from ansible_collections.wpmultisite.runcloud.plugins.filter.desired_domains import desired_domains

from tests.cases.rows import blog, by_name

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"
SCHEMA = jsonschema.Draft202012Validator(json.loads((SCHEMAS / "desired-1.json").read_text(encoding="utf-8")))
TWO = blog(2, "two.network.com")
THREE = blog(3, "three.network.com")


def resolve(document: Any, **options: Any) -> dict[str, Any]:
    desired = desired_domains(document, **options)
    SCHEMA.validate(desired)
    return desired


def entries(document: Any, **options: Any) -> dict[str, Any]:
    """The entries by name, of a snapshot that is not refused; the network's own and blog 2's are left out."""
    desired = resolve(document, **options)
    assert desired["refused"] == []
    found = dict(by_name(desired["domains"]))
    assert found.pop("network.com")["class"] == "protected"
    found.pop("two.network.com", None)
    return found


def entry(document: Any, **options: Any) -> Any:
    """The only entry besides the network's and blog 2's own."""
    (found,) = entries(document, **options).values()
    return found


def refusals(document: Any, **options: Any) -> str:
    desired = resolve(document, **options)
    assert desired["refused"] and not desired["domains"]
    return "; ".join(desired["refused"])


def warnings(document: Any, **options: Any) -> str:
    return "; ".join(resolve(document, **options)["warnings"])


def rejected(document: Any, **options: Any) -> dict[str, str]:
    return {row["value"]: row["reason"] for row in resolve(document, **options)["rejected"]}
