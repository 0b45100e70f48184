# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file is the old one or the new one, whatever happens; owner, mode and link stay, and a look changes nothing."""

from __future__ import annotations

import errno
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.blocks import documented
from tests.wp_config.conftest import Module, Site, absent, present

SOMEBODY = 12345
RUN = """
import json, os, signal, sys
from ansible.module_utils.testing import patch_module_args
from ansible_collections.wpmultisite.runcloud.plugins.modules import wp_config_constants
rename, when = os.rename, sys.argv[2]
def killed(*paths):
    if when == "after":
        rename(*paths)
    os.kill(os.getpid(), signal.SIGKILL)
if when:
    os.rename = killed
with patch_module_args(json.loads(sys.argv[1])):
    wp_config_constants.main()
"""


def state(site: Site) -> tuple[Any, ...]:
    status = site.config.stat()
    return site.config.read_bytes(), site.files(), status.st_ino, status.st_mtime_ns, status.st_ctime_ns


@pytest.fixture
def full(site: Site) -> Site:
    site.write("<?php\ndefine('A', 1);\ndefine('R', 1);\n// stop editing\n")
    return site


def test_check_mode_tells_the_same_and_writes_nothing(module: Module, full: Site) -> None:
    wishes, before = [present("A", 2), present("N", None), absent("R")], state(full)
    looked = module(full, *wishes, backup=True, _ansible_check_mode=True)
    assert state(full) == before
    done = module(full, *wishes)
    own = {"output": "", "invocation": {}}
    assert {**looked, **own} == {**done, **own} and looked["changed"] is True
    before = state(full)
    assert module(full, *wishes, backup=True)["changed"] is False and state(full) == before


def test_the_diff_has_the_lines_that_change_and_no_others(module: Module, full: Site) -> None:
    full.write(
        "<?php // c0mment\ndefine('A', 'a' /* c0mment */ . 'b'); // c0mment\ndefine('O', 's3cret');\ndefine('B', FALSE);\n// stop editing\n"
    )
    wanted = (present("A", "it's"), present("B", 7), present("N", True), present("O", "s3cret"), absent("Z"))
    diff = module(full, *wanted)["diff"]
    assert diff == {
        "before_header": str(full.config),
        "after_header": str(full.config),
        "before": "define( 'A', '*** old value, not shown ***' );\ndefine( 'B', false );\n",
        "after": "define( 'A', 'it\\'s' );\ndefine( 'B', 7 );\ndefine( 'N', true );\n",
    }
    assert "diff" not in module(full, present("N", 1), _ansible_diff=False)
    assert module(full, present("N", 1))["diff"] == {**diff, "before": "", "after": ""}


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_owner_and_mode_and_link_stay(module: Module, full: Site, tmp_path: Path, mode: int) -> None:
    real = tmp_path / "shared.php"
    full.config.rename(real)
    full.config.symlink_to(os.path.relpath(real, full.folder))
    os.chown(real, SOMEBODY, SOMEBODY + 1)
    real.chmod(mode)
    result = module(full, present("N", 1), backup=True)
    assert result["path_real"] == str(real) and full.config.is_symlink()
    for path in (real, Path(result["backup_file"])):
        status = path.stat()
        assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (SOMEBODY, SOMEBODY + 1, mode)
    assert b"'N', 1" in real.read_bytes() and Path(result["backup_file"]).parent == tmp_path


def test_the_backup_is_the_old_file_under_a_name_that_is_executed(module: Module, full: Site) -> None:
    old, start = full.config.read_bytes(), datetime.now(UTC)
    first = module(full, present("N", 1), backup=True)["backup_file"]
    second = module(full, present("N", 2), backup=True)["backup_file"]
    assert Path(first).read_bytes() == old and b"'N', 1" in Path(second).read_bytes()
    assert first != second and os.path.dirname(first) == str(full.folder)
    (time,) = re.findall(r"/wp-config-backup-(\d{8}T\d{6}\.\d{6})Z\.php$", first)
    assert start <= datetime.strptime(time + "+0000", "%Y%m%dT%H%M%S.%f%z") <= datetime.now(UTC)
    assert full.files() == sorted([*map(os.path.basename, (first, second)), "wp-config.php", "wp-settings.php"])


@pytest.mark.parametrize("code", [errno.EIO, errno.EPERM, errno.ENOSPC])
def test_a_replacement_that_fails_leaves_the_old_file(
    module: Module, full: Site, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def fails(*_paths: Any) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "rename", fails)
    before = state(full)
    result = module(full, present("A", "n3w-value"), backup=True)
    assert "it cannot be replaced" in result["msg"] and "It is as it was" in result["msg"]
    assert state(full) == before


def test_a_file_that_changes_meanwhile_is_left_alone(module: Module, full: Site, tmp_path: Path) -> None:
    program = tmp_path / "php"
    program.write_text(f'#!/bin/sh\necho "// more" >> {full.config}\nexec php "$@"\n')
    program.chmod(0o755)
    result = module(full, present("A", 2), backup=True, php_executable=str(program))
    assert "somebody else has changed it" in result["msg"]
    assert full.files() == ["wp-config.php", "wp-settings.php"]
    assert full.text.startswith("<?php\ndefine('A', 1);") and full.text.endswith("// more\n")


@pytest.mark.parametrize("call", range(1, 5))
def test_killed_while_php_runs(full: Site, tmp_path: Path, call: int) -> None:
    program, count = tmp_path / "php", tmp_path / "count"
    program.write_text(f'#!/bin/sh\necho >> {count}\n[ $(wc -l < {count}) = {call} ] && kill -9 $PPID\nexec php "$@"\n')
    program.chmod(0o755)
    before = state(full)
    given = {"path": str(full.config), "constants": [present("A", 2)], "php_executable": str(program), "backup": True}
    assert subprocess.run([sys.executable, "-c", RUN, json.dumps(given), ""], check=False).returncode == -9
    assert state(full) == before


@pytest.mark.parametrize(("when", "value"), [("before", 1), ("after", 2)])
def test_killed_at_the_replacement(full: Site, when: str, value: int) -> None:
    given = {"path": str(full.config), "constants": [present("A", 2)]}
    assert subprocess.run([sys.executable, "-c", RUN, json.dumps(given), when], check=False).returncode == -9
    assert full.text == f"<?php\ndefine('A', {value});\ndefine('R', 1);\n// stop editing\n"


def test_a_read_only_file(module: Module, full: Site) -> None:
    os.chown(full.config, SOMEBODY, -1)
    full.config.chmod(0o444)
    before = state(full)
    for check in (False, True):
        result = module(full, present("A", 2), backup=True, _ansible_check_mode=check)
        assert "read-only" in result["msg"] and "(mode 0444)" in result["msg"]
    assert state(full) == before
    assert module(full, present("A", 1))["changed"] is False


@contextmanager
def somebody() -> Iterator[None]:
    """This process as a user that is neither root nor in any group but its own; what it imports must be there already."""
    groups = os.getgroups()
    os.setgroups([])
    os.setresgid(SOMEBODY, SOMEBODY, 0)
    os.setresuid(SOMEBODY, SOMEBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
        os.setresgid(0, 0, 0)
        os.setgroups(groups)


def test_what_another_user_could_not_keep(module: Module, full: Site) -> None:
    def told() -> str:
        with somebody():
            result = module(full, present("A", 2))
        return str(result.get("msg", result.get("changed")))

    module(full, present("A", 1))
    full.folder.chmod(0o777)
    for parent in full.folder.parents:
        if parent == Path(tempfile.gettempdir()):
            break
        parent.chmod(0o755)
    for owner, group, mode, words in (
        (0, SOMEBODY, 0o666, "it belongs to root"),
        (SOMEBODY, 0, 0o644, "it belongs to the group 0"),
        (0, 0, 0o644, "it is read-only for the user"),
        (0, 0, 0o600, "cannot read it"),
    ):
        os.chown(full.config, owner, group)
        full.config.chmod(mode)
        before = state(full)
        assert words in told() and state(full) == before
    os.chown(full.config, SOMEBODY, SOMEBODY)
    full.config.chmod(0o644)
    full.folder.chmod(0o755)
    assert "cannot write in the folder" in told()
    full.folder.chmod(0o777)
    assert told() == "True"
    assert (full.config.stat().st_uid, full.config.stat().st_gid) == (SOMEBODY, SOMEBODY)


def test_the_result_is_as_documented(module: Module, full: Site) -> None:
    result = module(full, present("N", 1), backup=True)
    contents = yaml.safe_load(documented("modules/wp_config_constants", "RETURN"))
    assert set(result) - {"changed", "diff", "output", "invocation"} == set(contents) - {"refused"}
    assert set(result["constants"][0]) == set(contents["constants"]["contains"])
    full.write("<?php\nconst A = 1;\n")
    (row,) = module(full, present("A", 2))["refused"]
    assert set(row) == set(contents["refused"]["contains"])
