# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A snapshot document as the source, and the examples of the documentation."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.source.conftest import Module, login
from tests.wordpress import Network

DOCUMENT = """\
format: wpmultisite.snapshot/1
source: rest
wordpress: {version: null, subdomain_install: false, domain_current_site: null, environment_type: null, runtime_url: null,
            root: null, root_real: null}
mapping_plugin: {name: ultimate_multisite, version: null, schema: null, unread_rows: 0}
settings: {enable_domain_mapping: null, auto_create_www_subdomain: null, runcloud_integration: {enabled: null, configured: null}}
networks: [{id: 1, domain: network.com, path: /}]
blogs: [{id: 1, network_id: 1, domain: network.com, path: /, public: 1, archived: 0, mature: 0, spam: 0, deleted: 0}]
mappings:
- {id: 1, blog_id: 1, domain: "{{ 7*7 }}", active: null, primary: 0, secure: 0, stage: ""}
- {id: 2, blog_id: 1, domain: "🦊 müller.de ", active: 1, primary: 0, secure: 0, stage: done}
counts: {networks: 1, blogs: 1, mappings: 2}
"""


@pytest.fixture
def refused(info: Module, tmp_path: Path) -> Callable[[str | bytes], str]:
    """Gives the message for a document that must be refused, and holds that it names the file."""

    def check(content: str | bytes) -> str:
        file = tmp_path / "snapshot.yml"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        result = info(source="file", file=str(file))
        assert result.get("failed"), result
        assert "snapshot" not in result
        assert str(file) in result["msg"]
        return str(result["msg"])

    return check


@pytest.mark.parametrize(
    "write", [lambda text: text, lambda text: json.dumps(yaml.safe_load(text)), lambda text: "\ufeff" + text]
)
def test_a_document_is_returned_as_it_is(info: Module, tmp_path: Path, write: Callable[[str], str]) -> None:
    file = tmp_path / "snapshot.yml"
    file.write_text(write(DOCUMENT))
    result = info(source="file", file=str(file))
    assert not result.get("failed"), result
    assert result["snapshot"] == yaml.safe_load(DOCUMENT)
    assert result["changed"] is False


def test_what_was_read_is_a_document(info: Module, network: Network, tmp_path: Path) -> None:
    network.add_mapping("{{ client }}.com", stage=None)
    snapshot = info(network)["snapshot"]
    for text in (json.dumps(snapshot), yaml.safe_dump(snapshot)):
        file = tmp_path / "snapshot"
        file.write_text(text)
        assert info(source="file", file=str(file))["snapshot"] == snapshot


@pytest.mark.parametrize("content", ["", "\n", "---\n", "# nothing\n", "null"])
def test_an_empty_document(refused: Callable[[str | bytes], str], content: str) -> None:
    assert "cannot be used: it is empty" in refused(content)


@pytest.mark.parametrize(
    "content",
    [
        *("a: [", "\tx: y", "{", "a: b: c", "!!python/object:os.system {}", "\x01"),
        pytest.param("a: 2001-99-99", id="no date"),
        pytest.param("[" * 200_000, id="nested without end"),
        pytest.param('{"a": ' + "9" * 5000 + "}", id="a number without end"),
    ],
)
def test_neither_yaml_nor_json(refused: Callable[[str | bytes], str], content: str) -> None:
    assert "is neither YAML nor JSON" in refused(content)


def test_not_utf8(refused: Callable[[str | bytes], str]) -> None:
    assert "is not UTF-8 text" in refused(DOCUMENT.encode("utf-16"))


@pytest.mark.parametrize(
    ("find", "put", "words"),
    [
        ("snapshot/1", "snapshot/2", ["its format is 'wpmultisite.snapshot/2'", "reads wpmultisite.snapshot/1"]),
        ("format: wpmultisite.snapshot/1\n", "", ["it has no key format"]),
        ("mappings: 2", "mappings: 3", ["mappings holds 2 rows, but counts.mappings says 3"]),
        ("version: null", "version: 6.8", ["wordpress.version is 6.8, not text or null"]),
        ("blogs: [{id: 1", "blogs: [{id: '1'", ["blogs[0].id is '1', not a whole number"]),
        (": 1, path", ": 1, paths", ["path is missing", "paths is not a key"]),
        ("id: 1", "id: 1.5", ["networks[0].id is 1.5", "blogs[0].id is 1.5", "mappings[0].id is 1.5"]),
    ],
)
def test_wrong_documents(refused: Callable[[str | bytes], str], find: str, put: str, words: list[str]) -> None:
    changed = DOCUMENT.replace(find, put) if "paths" not in put else DOCUMENT.replace("path: /}", "paths: /}")
    assert changed != DOCUMENT
    message = refused(changed)
    assert all(word in message for word in words), message


def test_very_many_faults_are_cut(refused: Callable[[str | bytes], str]) -> None:
    document = yaml.safe_load(DOCUMENT)
    document["mappings"] = [{"id": number} for number in range(1000)]
    message = refused(json.dumps(document))
    assert "mappings[0].blog_id is missing" in message
    assert "and 5950 more faults like these" in message
    assert len(message) < 5000


@pytest.mark.parametrize(("name", "reason"), [("absent.yml", "No such file"), (".", "Is a directory")])
def test_a_file_that_cannot_be_opened(info: Module, tmp_path: Path, name: str, reason: str) -> None:
    message = info(source="file", file=str(tmp_path / name))["msg"]
    assert "Cannot read the snapshot" in message
    assert reason in message


def test_yaml_without_pyyaml(info: Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("ansible_collections.wpmultisite.runcloud.plugins.module_utils._snapshot_file")
    monkeypatch.setattr(module, "YAML_ERROR", "ImportError: no yaml here")
    file = tmp_path / "snapshot"
    file.write_text(DOCUMENT)
    assert "Failed to import the required Python library (PyYAML)" in info(source="file", file=str(file))["msg"]
    file.write_text(json.dumps(yaml.safe_load(DOCUMENT)))
    assert info(source="file", file=str(file))["snapshot"]["counts"]["mappings"] == 2


def test_the_examples_of_the_documentation_work(
    info: Module,
    rest: Network,
    rest_options: dict[str, Any],
    wp: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = importlib.import_module("ansible_collections.wpmultisite.runcloud.plugins.modules.multisite_info")
    (tmp_path / "network.com.yml").write_text(DOCUMENT)
    printed = json.dumps({**yaml.safe_load(DOCUMENT), "source": "command"})
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", rest_options.pop("ca_path"))
    here: dict[str, Any] = {
        **login(rest),
        **rest_options,
        "path": str(rest.path),
        "php_executable": "php",
        "wp_executable": [wp],
        "command": [sys.executable, "-c", f"print({printed!r})"],
        "file": str(tmp_path / "network.com.yml"),
    }
    examples = yaml.safe_load(module.EXAMPLES)
    assert len(examples) == 8
    for example in examples:
        options = example["wpmultisite.runcloud.multisite_info"]
        result = info(**{name: here.get(name, value) if name != "source" else value for name, value in options.items()})
        assert result["snapshot"]["source"] == options.get("source", "php").replace("file", "rest"), example["name"]
