# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stand-in for the plugin's REST API answers as the real plugin did: the recorded answers are beside this file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.source.conftest import KEY, SECRET
from tests.source.front import Front
from tests.wordpress import Network
from tests.wordpress.server import serve_rest

RECORDED = Path(__file__).parent / "fixtures"
ANSWERS = sorted(file.relative_to(RECORDED) for file in RECORDED.glob("rest-*/*.json"))
COLUMNS = ("id", "blog_id", "domain", "active", "primary_domain", "secure", "stage", "date_created", "date_modified")


def kinds(rows: list[dict[str, Any]]) -> set[tuple[tuple[str, str], ...]]:
    """The rows by their shape: keys in their order, the type of each value, and whether a text is a number."""

    def kind(value: Any) -> str:
        return "digits" if isinstance(value, str) and value.isdigit() else type(value).__name__

    return {tuple((key, kind(value)) for key, value in row.items()) for row in rows}


def as_recorded(network: Network, folder: str) -> None:
    """Fills the mapping table with the rows that the recorded network had."""
    query = (
        f"INSERT INTO `{network.table('wu_domain_mappings')}` ({', '.join(COLUMNS)}) VALUES ({', '.join(['%s'] * 9)})"
    )
    for file in sorted((RECORDED / folder).glob("domain-page?.json")):
        rows = json.loads(file.read_text())["body"]
        with network.root.cursor() as cursor:
            cursor.executemany(query, [tuple(row[column] for column in COLUMNS) for row in rows])


@pytest.mark.parametrize("recorded", ANSWERS, ids=str)
def test_an_answer_is_as_the_plugin_gave_it(rest: Network, front: Front, recorded: Path, tmp_path: Path) -> None:
    was = json.loads((RECORDED / recorded).read_text())
    serve_rest(rest, recorded.parts[0].removeprefix("rest-"))
    as_recorded(rest, recorded.parts[0])
    front.authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    auth = None if "without credentials" in was["request"] else (KEY, SECRET)
    url = front.url.rstrip("/") + was["request"].split()[1]
    now = requests.get(url, auth=auth, verify=str(tmp_path / "ca.pem"), timeout=30)
    assert now.status_code == was["status"]
    sites = recorded.name.startswith("site")
    if sites:
        assert kinds(now.json()) == kinds(was["body"])
    else:
        # With their order, too: of the rows, and of the keys.
        assert json.dumps(now.json()) == json.dumps(was["body"])
    headers = was.get("headers", {})
    # The recorded network had another name, and six sites.
    for name in set(headers) - {"Link"} - ({"X-WP-Total"} if sites else set()):
        assert now.headers[name] == headers[name], name
    assert ("X-WP-Total" in now.headers) is ("X-WP-Total" in headers)


def test_the_recorded_answers_are_there() -> None:
    """Else the test above compares nothing."""
    assert len(ANSWERS) == 16
