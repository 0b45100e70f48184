# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program of the user's as a source: a list of words, no shell, and nothing of it shown but its snapshot."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.source.conftest import Module, ended

Failure = Callable[..., str]
PRINT = "import sys; sys.stdout.buffer.write(open(sys.argv[1], 'rb').read())"
WORDPRESS = dict.fromkeys(
    ("version", "subdomain_install", "domain_current_site", "environment_type", "runtime_url", "root", "root_real")
)
SNAPSHOT: dict[str, Any] = {
    "format": "wpmultisite.snapshot/1",
    "source": "command",
    "wordpress": WORDPRESS,
    "mapping_plugin": {"name": "other", "version": None, "schema": None, "unread_rows": None},
    "settings": {
        "enable_domain_mapping": None,
        "auto_create_www_subdomain": None,
        "runcloud_integration": {"enabled": None, "configured": None},
    },
    "networks": [{"id": 1, "domain": "network.com", "path": "/"}],
    "blogs": [
        {
            "id": 1,
            "network_id": 1,
            "domain": "network.com",
            "path": "/",
            "public": 1,
            **dict.fromkeys(("archived", "mature", "spam", "deleted"), 0),
        }
    ],
    "mappings": [
        {"id": 1, "blog_id": 1, "domain": "müller.de", "active": 1, "primary": None, "secure": None, "stage": None}
    ],
    "counts": {"networks": 1, "blogs": 1, "mappings": 1},
}


@pytest.fixture
def prints(tmp_path: Path) -> Callable[[Any], dict[str, Any]]:
    """The options for a program that prints this: bytes, or a value as JSON."""

    def options(what: Any) -> dict[str, Any]:
        file = tmp_path / "it's here; exit 1 $(x).json"
        file.write_bytes(what if isinstance(what, bytes) else json.dumps(what).encode())
        return {"source": "command", "command": [sys.executable, "-c", PRINT, str(file)]}

    return options


def python(code: str) -> dict[str, Any]:
    """The options for a Python program."""
    return {"source": "command", "command": [sys.executable, "-c", code]}


@pytest.mark.parametrize("ascii_only", [True, False])
def test_the_snapshot_is_what_it_prints(info: Module, prints: Any, ascii_only: bool) -> None:
    printed = json.dumps(SNAPSHOT, ensure_ascii=ascii_only, indent=1).encode()
    result = info(**prints(b"\xef\xbb\xbf" + printed + b"\n"))
    assert result["snapshot"] == SNAPSHOT
    assert result["changed"] is False


def test_words_reach_the_program_as_they_are_and_its_error_output_is_dropped(info: Module) -> None:
    code = f"import json, sys; sys.stderr.write('n0ise'); d = json.loads({json.dumps(SNAPSHOT)!r})\n"
    code += "d['mappings'][0]['domain'] = ' '.join(sys.argv[1:]); print(json.dumps(d))"
    options = python(code)
    options["command"] += ["$HOME", "*", "a b", "; exit 3"]
    result = info(**options)
    assert result["snapshot"]["mappings"][0]["domain"] == "$HOME * a b ; exit 3"
    assert "n0ise" not in json.dumps(result["snapshot"])


DOCUMENTS = [
    pytest.param(b"", ["it printed nothing", "standard output"], id="nothing"),
    pytest.param(b" \n", ["it printed nothing"], id="blanks"),
    pytest.param(b'n0ise\n{"format"', ["not JSON (line 1, column 1)", "nothing else"], id="text before"),
    pytest.param(json.dumps(SNAPSHOT).encode()[:-9], ["not JSON (line 1, column"], id="cut"),
    pytest.param(json.dumps(SNAPSHOT).encode() * 2, ["not JSON"], id="twice"),
    pytest.param(b"\xff", ["not UTF-8"], id="bytes"),
    pytest.param(b"[" * 200_000, ["nested too deeply"], id="depth"),
    pytest.param(b'{"a": ' + b"1" * 5000 + b"}", ["number too long"], id="number"),
    pytest.param([1], ["a list, not a mapping"], id="list"),
    pytest.param({**SNAPSHOT, "format": "wpmultisite.snapshot/2"}, ["its format is"], id="format"),
    pytest.param({**SNAPSHOT, "source": "php"}, ["its source is php", "source: command"], id="source"),
    pytest.param({**SNAPSHOT, "blogs": []}, ["blogs"], id="no blogs"),
    pytest.param({**SNAPSHOT, "networks": "n0ise"}, ["networks is"], id="no list"),
    pytest.param(
        {**SNAPSHOT, "counts": {"networks": 1, "blogs": 1, "mappings": 2}}, ["the read was incomplete"], id="counts"
    ),
    pytest.param(
        {**SNAPSHOT, "mappings": [{"id": "x"}] * 100},
        ["mappings[0].id is 'x'", "more faults like these"],
        id="many faults",
    ),
]


@pytest.mark.parametrize(("printed", "words"), DOCUMENTS)
def test_what_is_no_snapshot_is_told(failure: Failure, prints: Any, printed: Any, words: list[str]) -> None:
    said = failure(**prints(printed))
    assert said.startswith(f"The command {sys.executable} gave no snapshot: ")
    assert all(word in said for word in words), said
    assert len(said) < 5000


RUNS = [
    pytest.param(
        "import sys; print('n0ise'); sys.exit('n0ise')", ["exit status 1", "run it by hand"], id="exit status"
    ),
    pytest.param("import os; os.kill(os.getpid(), 9)", ["killed by signal 9"], id="signal"),
    pytest.param(
        f"import sys; print({json.dumps(SNAPSHOT)!r}); sys.exit(3)",
        ["exit status 3"],
        id="a snapshot and an exit status",
    ),
]


@pytest.mark.parametrize(("code", "words"), RUNS)
def test_a_run_that_failed_is_told_without_its_words(
    info: Module, failure: Failure, code: str, words: list[str]
) -> None:
    said = failure(**python(code))
    assert all(word in said for word in words), said
    assert "n0ise" not in said


def test_a_program_that_is_not_there(failure: Failure, tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("echo")
    for command in ("/nowhere/program", str(tmp_path / "plain"), "printf n0ise"):
        said = failure(source="command", command=[command])
        assert f"The command {command} gave no snapshot: it cannot be started" in said and "no shell is used" in said


def test_a_time_limit_ends_all_that_was_started(failure: Failure, tmp_path: Path) -> None:
    child = f"import os, signal; open({str(tmp_path / 'child')!r}, 'w').write(str(os.getpid())); signal.pause()"
    said = failure(**python(f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"), timeout=1)
    assert "did not end within 1 seconds and was killed" in said
    assert ended(int((tmp_path / "child").read_text()))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param({"command": []}, "command is empty", id="no word"),
        pytest.param({"command": [" "]}, "command is empty", id="blank"),
        pytest.param({"command": None}, "command is empty", id="null"),
        pytest.param({}, "command", id="missing"),
        pytest.param({"command": ["x\0y"]}, "NUL character", id="NUL"),
        pytest.param({"command": ["true"], "timeout": 0}, "timeout must be", id="timeout"),
    ],
)
def test_options_are_refused(failure: Failure, options: dict[str, Any], words: str) -> None:
    assert words in failure(source="command", **options)
