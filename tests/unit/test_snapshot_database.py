# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the source database makes of single values, whatever they are; and that a task loads the reader of its own source only."""

from __future__ import annotations

import ssl
import subprocess
import sys
from typing import Any

import phpserialize  # type: ignore[import-untyped]
import pymysql
import pytest
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._snapshot_database import (
    _unserialize,
    _value,
    _words,
)
from hypothesis import given, settings
from hypothesis import strategies as st

MODULE = "ansible_collections.wpmultisite.runcloud.plugins"
STORED = 'a:3:{s:1:"x";a:1:{i:0;O:3:"Foo":1:{s:1:"a";d:1.5;}}s:2:"ü";N;i:7;b:1;}'


@settings(deadline=None, derandomize=True, max_examples=500)
@given(
    at=st.integers(0, len(STORED)),
    length=st.integers(0, 9),
    put=st.one_of(st.text(max_size=9), st.sampled_from("aObisdN:;{}0-")),
)
def test_damaged_settings_are_an_array_or_nothing(at: int, length: int, put: str) -> None:
    found = _unserialize(STORED[:at] + put + STORED[at + length :])
    assert found is None or isinstance(found, dict)


def test_settings_too_deep_to_follow_are_nothing() -> None:
    assert _unserialize("a:1:{i:0;" * 100_000) is None


def test_objects_become_nothing() -> None:
    assert _unserialize(STORED) == {"x": {0: None}, "ü": None, 7: True}


@settings(deadline=None, derandomize=True)
@given(st.dictionaries(st.text(min_size=1), st.one_of(st.none(), st.booleans(), st.integers(), st.text()), max_size=5))
def test_settings_come_back_as_they_were(stored: dict[str, Any]) -> None:
    assert _unserialize(phpserialize.dumps(stored).decode()) == stored


@settings(deadline=None, derandomize=True)
@given(st.integers(-(10**18), 10**18))
def test_integers_in_any_column_are_integers(number: int) -> None:
    assert _value(b"%d" % number, number=True) == number
    assert _value(b"%d" % number) == str(number)


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (PermissionError(13, "Permission denied"), "this user may not use the socket"),
        (ssl.SSLError(1, "tlsv13 alert certificate required"), "client_cert and client_key"),
        (ConnectionRefusedError(111, "refused"), "no database server answers"),
    ],
)
def test_causes_that_the_driver_reports_alike(cause: OSError, words: str) -> None:
    error = pymysql.err.OperationalError(2003, "Can't connect to MySQL server on 'db7.internal'")
    error.original_exception = cause  # type: ignore[attr-defined]
    told = " ".join(_words(error, {"timeout": 3}))
    assert words in told and "db7" not in told


@pytest.mark.parametrize("source", ["database", "file"])
def test_a_task_loads_the_reader_of_its_own_source_only(source: str) -> None:
    code = f"import sys, {MODULE}.modules.multisite_info; assert '{MODULE}.module_utils._snapshot_{source}' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
