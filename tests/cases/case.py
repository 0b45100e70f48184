# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One edge case of tests/data/cases.yml: its rows, and the comparison with what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from .facts import facts
from .rows import FLAGS, NETWORK, blog, mapping, snapshot

FILE = Path(__file__).parents[1] / "data" / "cases.yml"
THIS_ISSUE = 3
CHANGES = ("added", "updated")
REASONS = ("waiting", "kept", "covered", "differs", "refused", "ignored", "rejected", "unwanted")


@dataclass
class Expect:
    """What is told; a field that the file does not have is an error."""

    desired: dict[str, str] | None = None
    added: dict[str, dict[str, Any]] = field(default_factory=dict)
    updated: dict[str, dict[str, Any]] = field(default_factory=dict)
    removed: list[str] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    covered: dict[str, str] = field(default_factory=dict)
    differs: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    ignored: dict[str, str] = field(default_factory=dict)
    rejected: dict[str, str] = field(default_factory=dict)
    unwanted: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    stops: list[str] = field(default_factory=list)
    read_fails: str = ""


@dataclass
class Case:
    """The fields are told at the head of the file."""

    number: int
    title: str
    fulfilled_by: int
    app: list[Any]
    expect: Expect
    variant: str = ""
    later: dict[str, list[str]] = field(default_factory=dict)
    through: list[str] = field(default_factory=lambda: ["filter", "stack"])
    subdomain: bool = True
    blogs: list[dict[str, Any]] = field(default_factory=list)
    folders: int = 0
    mappings: list[dict[str, Any]] = field(default_factory=list)
    damage: dict[str, str] = field(default_factory=dict)
    dns: dict[str, str] = field(default_factory=dict)
    ssl: str = "advanced"
    filter: dict[str, Any] = field(default_factory=dict)
    module: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.number} {self.title}{': ' + self.variant if self.variant else ''}"

    def snapshot(self) -> dict[str, Any]:
        """The rows as a snapshot document."""
        folders = [blog(number, NETWORK, f"/s{number}/") for number in range(2, self.folders + 1)]
        mappings = [mapping(number, **row) for number, row in enumerate(self.mappings, 1)]
        return snapshot(folders + [blog(**row) for row in self.blogs], mappings, subdomain_install=self.subdomain)

    def places(self, desired: Mapping[str, Any]) -> dict[str, str]:
        """Where each host points that the filter wants to be asked; those that the case does not name point here."""
        return {host: self.dns.get(host, "here") for host in desired["hosts_to_check"]}

    def facts(self, desired: Mapping[str, Any]) -> dict[str, Any] | None:
        """What DNS says, None for a case without DNS."""
        return facts(self.places(desired)) if self.dns else None

    @property
    def mode(self) -> dict[str, bool]:
        """How the panel keeps the certificates, in its own words."""
        return {"advancedSSL": self.ssl != "basic", "autoSSL": self.ssl == "autossl"}

    def records(self) -> list[dict[str, Any]]:
        """The web app's records with all their flags, in the words of this file."""
        usual = {"www": False, "redirection": "none"}
        rows = [{"name": row} if isinstance(row, str) else row for row in self.app]
        return [{**usual, "type": "alias" if index else "primary", **row} for index, row in enumerate(rows)]

    def after(self) -> dict[str, dict[str, Any]]:
        """The web app's records when all that is expected is done: name → flags."""
        known = {row["name"]: {key: row[key] for key in ("type", "www", "redirection")} for row in self.records()}
        known.update(self.expect.added)
        known.update(self.expect.updated)
        return {name: flags for name, flags in known.items() if name not in self.expect.removed}

    def check(self, told: Mapping[str, Any], desired: Mapping[str, Any]) -> None:
        """Compares with the lists of a run and the desired document that it was made from."""
        expect = self.expect
        if expect.desired is not None:
            assert {entry["name"]: entry["class"] for entry in desired["domains"]} == expect.desired
        rejected = [{**entry, "name": entry["value"]} for entry in desired["rejected"]]
        lists = {**told, "ignored": desired["ignored"], "unwanted": desired["unwanted"], "rejected": rejected}
        for name in REASONS:
            _same_reasons(name, lists[name], getattr(expect, name))
        for name in CHANGES:
            assert {entry["name"]: _flags(entry) for entry in told[name]} == getattr(expect, name), name
        assert sorted(entry["name"] for entry in told["removed"]) == sorted(expect.removed)
        _same_words("warnings", desired["warnings"], expect.warnings)
        _same_words("stops", told.get("stops", []), expect.stops)


def _flags(entry: Mapping[str, Any]) -> dict[str, Any]:
    flags = entry.get("after", entry)
    return {key: flags[key] for key in ("type", "www", "redirection")}


def _same_reasons(name: str, entries: list[Mapping[str, Any]], expected: Mapping[str, str]) -> None:
    assert sorted(entry["name"] for entry in entries) == sorted(expected), name
    for entry in entries:
        assert expected[entry["name"]] in entry["reason"], name


def _same_words(name: str, texts: list[str], expected: list[str]) -> None:
    assert len(texts) == len(expected), (name, texts)
    for words in expected:
        assert any(words in text for text in texts), (name, words, texts)


def load() -> list[Case]:
    """Every case of the file."""
    rows = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return [Case(**{**row, "expect": Expect(**row["expect"])}) for row in rows]


def runnable(way: str) -> list[Case]:
    """The cases that hold by now, for one way of running them."""
    return [case for case in load() if case.fulfilled_by <= THIS_ISSUE and way in case.through]


def columns(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of a snapshot's blogs as the table has it."""
    named = {"blog_id": row["id"], "site_id": row["network_id"], "domain": row["domain"], "path": row["path"]}
    return {**named, **{flag: row[flag] for flag in FLAGS}}
