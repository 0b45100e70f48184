# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""All sources on one real network: equal where they know, null where they cannot, as docs/sources.md says."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from tests.source.conftest import KEY, SECRET, Module, login
from tests.wordpress import Network
from tests.wordpress.server import serve_rest

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "docs" / "schemas" / "snapshot-1.json").read_text())
ROWS = ("networks", "blogs", "mappings")
# What a source cannot know.
WP_CONFIG = {
    f"wordpress.{key}"
    for key in ("version", "domain_current_site", "environment_type", "runtime_url", "root", "root_real")
}
UNKNOWN = {
    "database": WP_CONFIG | {"mapping_plugin.version", "settings.runcloud_integration.configured"},
    "rest": WP_CONFIG
    | {"wordpress.subdomain_install", "mapping_plugin.version", "mapping_plugin.schema", "mapping_plugin.unread_rows"}
    | {"settings.enable_domain_mapping", "settings.auto_create_www_subdomain", "counts.networks"}
    | {"settings.runcloud_integration.enabled", "settings.runcloud_integration.configured"},
}


def filled(network: Network) -> None:
    """Sites and mappings of every kind, more than a page of them."""
    network.add_mappings([f"c{number}.com" for number in range(120)])
    for stage in ("checking-dns", "checking-ssl-cert", "done-without-ssl", "failed", "ssl-failed", None):
        network.add_mapping(f"{stage}.com", stage=stage, blog=3, primary=1, secure=1, active=0)
    network.add_mapping("nulls.com", active=None, primary=None, secure=None)
    network.add_mapping("Müller.DE ", blog=99)
    network.add_blogs([f"s{number}.network.com" for number in range(130)])
    network.add_blog("dead.com", archived=1, spam=1, mature=1, deleted=2, public=0)


def facts(snapshot: dict[str, Any]) -> dict[str, Any]:
    """Every single fact beside the rows, by its name with dots."""
    found: dict[str, Any] = {}

    def walk(value: Any, name: str) -> None:
        if isinstance(value, dict):
            for key, below in value.items():
                walk(below, f"{name}.{key}" if name else key)
        elif name not in (*ROWS, "format", "source"):
            found[name] = value

    walk(snapshot, "")
    return found


@pytest.mark.parametrize("generation", ["2.4.10", "2.4.13"])
def test_the_other_sources_agree_with_php(
    info: Module, rest: Network, rest_options: dict[str, Any], wp: str, tmp_path: Path, generation: str
) -> None:
    filled(rest)
    # Settings of which php and database see all, and the API none.
    key = {"api_key": KEY, "api_secret": SECRET}
    serve_rest(rest, generation, {**key, "enable_domain_mapping": True, "auto_create_www_subdomain": "main_only"})
    php = info(rest)["snapshot"]
    document = tmp_path / "snapshot.json"
    document.write_text(json.dumps({**php, "source": "command"}))
    prints = [sys.executable, "-c", f"print(open({str(document)!r}).read())"]
    read = {
        "database": info(**login(rest)),
        "wp_cli": info(rest, source="wp_cli", wp_executable=[wp]),
        "rest": info(**rest_options),
        "command": info(source="command", command=prints),
        "file": info(source="file", file=str(document)),
    }
    for source, result in read.items():
        snapshot = result["snapshot"]
        jsonschema.validate(snapshot, SCHEMA)
        assert {kind: snapshot[kind] for kind in ROWS} == {kind: php[kind] for kind in ROWS}, source
        known = {name: value for name, value in facts(snapshot).items() if value is not None}
        assert known == {name: value for name, value in facts(php).items() if name in known}, source
        if source in ("wp_cli", "command", "file"):
            assert facts(snapshot) == facts(php), source
    for source in ("database", "rest"):
        found = facts(read[source]["snapshot"])
        assert {name for name, value in found.items() if value is None} == UNKNOWN[source], source
