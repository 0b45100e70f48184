# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role refuses, all at once and before it changes anything; and that its words agree with each other."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.playbooks.runner import ROOT, Ran, run, write_json
from tests.schedule.manager import Manager
from tests.schedule.service import UNITS, left_of

ROLE = "wpmultisite.runcloud.reconcile_schedule"
TOKEN = "t0ken-that-is-refused-0001"
GOOD: dict[str, Any] = {
    "reconcile_schedule_inventory": "/etc/hostname",
    "reconcile_schedule_collection": "wpmultisite.runcloud:0.1.0",
    "reconcile_schedule_api_token": TOKEN,
}
BAD: dict[str, Any] = {
    "reconcile_schedule_intervall": "2min",
    "reconcile_schedule_name": "Two words",
    "reconcile_schedule_user": "root",
    "reconcile_schedule_state_directory": "mysql",
    "reconcile_schedule_remove_state": True,
    "reconcile_schedule_collection": "git+https://github.com/wpmultisite/ansible-collection-runcloud,main",
    "reconcile_schedule_python_packages": ["ansible-core==2.19.14", "requests>=2"],
    "reconcile_schedule_pip_arguments": ["--index-url=https://me:in-clear@packages.example.com/"],
    "reconcile_schedule_python": "python3",
    "reconcile_schedule_inventory": "/root/inventory.yml",
    "reconcile_schedule_playbooks": ["wpmultisite.runcloud.converge", "--list-hosts"],
    "reconcile_schedule_environment": {
        "FINE": "1",
        "PGPASSWORD": "in-clear",
        "MIRROR": "https://in-clear@git.example.com/",
        "WEB": "ssh://deploy@web.example.com/",
        "RUNCLOUD_API_TOKEN": "t0ken-in-clear",
        "TWO": "li\nnes",
        "A B": "x",
    },
    "reconcile_schedule_extra_vars": {
        "other_password": "in-clear",
        "not-a-name": 1,
        "deep": [{"rest_key": "in-clear"}],
        "proxy": "http://me:in-clear@proxy:1",
    },
    "reconcile_schedule_on_failure": ["alert"],
    "reconcile_schedule_memory_max": "much",
    "reconcile_schedule_cpu_quota": "2",
    "reconcile_schedule_tasks_max": 1,
    "reconcile_schedule_randomized_delay": "soon",
    "reconcile_schedule_calendar": "*:0/2\nUnit=another.service",
    "reconcile_schedule_api_token": "sh0rt",
    "reconcile_schedule_credentials": [
        {"name": "runcloud_api_token", "source": "/etc/two words"},
        {"name": "no name", "source": "/etc/x"},
    ],
}
# What has the right form, and of which systemd says no word when it leaves it out.
ODD: dict[str, Any] = {
    "reconcile_schedule_environment": {"FOLDER": "%d/x", "PART": "100%%", "ADDRESS": "http://x/%20y"},
    "reconcile_schedule_on_failure": ["alert@%q.service"],
    "reconcile_schedule_memory_max": "150%",
    "reconcile_schedule_timeout": "0",
    "reconcile_schedule_interval": "0min",
}
IGNORED = [
    "in it a % is %% or begins %d. Wrong: ADDRESS.",
    "reconcile_schedule_on_failure must name units",
    "reconcile_schedule_memory_max must be like",
    "Not a time that can pass: reconcile_schedule_interval, reconcile_schedule_timeout.",
]
WRONG = [
    "Unknown variables (misspelt?): reconcile_schedule_intervall.",
    "reconcile_schedule_name is Two words, but must be",
    "reconcile_schedule_user must be the name of a system user, and not root.",
    "reconcile_schedule_state_directory is mysql, but must be",
    "reconcile_schedule_remove_state is for reconcile_schedule_state absent.",
    "reconcile_schedule_collection must be one exact version",
    "in one exact version, as name==1.2.3: requests>=2.",
    "reconcile_schedule_python must be the absolute path",
    "reconcile_schedule_inventory must be an absolute path",
    "reconcile_schedule_playbooks must name at least one playbook",
    "Wrong: A B, TWO.",
    "not the name of a variable: not-a-name.",
    "for all to read: other_password, rest_key, proxy, MIRROR, reconcile_schedule_pip_arguments, PGPASSWORD, RUNCLOUD_API_TOKEN.",
    "reconcile_schedule_on_failure must name units",
    "reconcile_schedule_memory_max must be like",
    "reconcile_schedule_cpu_quota must be like",
    "reconcile_schedule_tasks_max must be at least 16.",
    "Not a time: soon, *:0/2",
    "reconcile_schedule_api_token is shorter than 8 characters",
    "not the name of a variable: no name.",
    "Each name may stand once only among credentials and extra variables: ",
    "a source must be an absolute path",
]


class Refused(NamedTuple):
    """The run over all hosts, the folder of the files that it was about, and what was there before and after it."""

    ran: Ran
    place: Path
    before: list[str]
    after: list[str]


@pytest.fixture(scope="module")
def refused(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Refused]:
    mark = f"t{secrets.token_hex(4)}"
    folder, place = tmp_path_factory.mktemp("refused"), Path("/srv", f"multisites-{mark}")
    unit = UNITS / f"wpmultisite-reconcile-{mark}-other.service"
    own = Path(f"/etc/wpmultisite-reconcile-{mark}")
    (place / "open").mkdir(parents=True)
    (own / "credentials").mkdir(parents=True)
    try:
        unit.write_text(f"[Service]\nUser=somebody\nStateDirectory=wpmultisite-{mark}\n")
        before = left_of(mark)
        hosts = _hosts(folder, place, mark, _files(place, own))
        play = {"hosts": "all", "gather_facts": False, "environment": {"PATH": "{{ path }}"}, "roles": [ROLE]}
        everywhere = {
            "ansible_connection": "local",
            "ansible_python_interpreter": "/usr/bin/python3",
            "ansible_pipelining": True,
            "reconcile_schedule_name": mark,
            "reconcile_schedule_user": f"wpm{mark}",
            "reconcile_schedule_state_directory": f"wpmultisite-{mark}",
        }
        listed = write_json(folder / "hosts.json", {"all": {"hosts": hosts, "vars": everywhere}})
        ran = run(folder, "-i", listed, write_json(folder / "site.yml", [play]), "--forks=2", status=2)
        yield Refused(ran, place, before, left_of(mark))
    finally:
        shutil.rmtree(place)
        shutil.rmtree(own)
        unit.unlink()


def _files(place: Path, own: Path) -> list[Path]:
    """Secrets that are not kept well, the last one by the role itself."""
    files = [
        place / "wide",
        place / "theirs",
        place / "link",
        place / "open" / "secret",
        own / "credentials/runcloud_api_token",
    ]
    for file in files:
        if file.name == "link":
            file.symlink_to(files[3])
        else:
            file.write_text("s3cret")
            file.chmod(0o644 if file in (files[0], files[4]) else 0o600)
    os.chown(files[1], 65534, 65534)
    (place / "open").chmod(0o777)
    return files


def _hosts(folder: Path, place: Path, mark: str, files: list[Path]) -> dict[str, dict[str, Any]]:
    running, offline = Manager(folder / "running"), Manager(folder / "offline", "offline")
    bare, user = folder / "bare", folder / "user"
    for path in (bare, user):
        path.mkdir()
    for program in ("id", "sh", "getent", "systemd-analyze"):
        found = shutil.which(program)
        assert found is not None
        (bare / program).symlink_to(found)
    (user / "id").write_text("#!/bin/sh\necho 1000\n")
    (user / "id").chmod(0o755)
    names = ["wide", "theirs", "link", "open"]
    unfit = {
        **GOOD,
        "reconcile_schedule_inventory": f"{place}/nowhere",
        "reconcile_schedule_collection": f"{place}/nowhere.tar.gz",
        "reconcile_schedule_calendar": "Mon..Fry 99:00",
        "reconcile_schedule_timeout": "3 fortnights",
        "reconcile_schedule_python": "/usr/bin/false",
        "reconcile_schedule_credentials": [
            *({"name": name, "source": str(file)} for name, file in zip(names, files, strict=False)),
            {"name": "missing", "source": f"{place}/missing"},
        ],
    }
    absent = {"reconcile_schedule_state": "absent"}
    moved = {
        **GOOD,
        "reconcile_schedule_name": f"{mark}-other",
        "reconcile_schedule_state_directory": "wpmultisite-new",
        "reconcile_schedule_calendar": "*-02-30",
        "reconcile_schedule_memory_max": "0.5G",
    }
    return {
        "bad": {"path": running.environment["PATH"], **GOOD, **BAD},
        "empty": {"path": running.environment["PATH"]},
        "unfit": {"path": running.environment["PATH"], **unfit},
        "odd": {"path": running.environment["PATH"], **GOOD, **ODD},
        "moved": {"path": running.environment["PATH"], **moved},
        "renamed": {"path": running.environment["PATH"], **absent, "reconcile_schedule_name": f"{mark}-other"},
        "offline": {"path": offline.environment["PATH"], **absent},
        "bare": {"path": str(bare), **absent},
        "user": {"path": f"{user}:{running.environment['PATH']}", **absent},
    }


def test_nothing_was_changed(refused: Refused) -> None:
    assert refused.after == refused.before
    for host in ("bad", "empty", "unfit", "odd", "moved", "renamed", "offline", "bare", "user"):
        assert refused.ran.failure(host).startswith("Nothing was changed. ")
        assert refused.ran.recap(host)["changed"] == 0


@pytest.mark.parametrize("words", WRONG)
def test_each_wrong_variable_is_told(refused: Refused, words: str) -> None:
    assert words in refused.ran.failure("bad")


@pytest.mark.parametrize("words", IGNORED)
def test_what_systemd_would_leave_out_is_told(refused: Refused, words: str) -> None:
    assert words in refused.ran.failure("odd")


def test_a_time_that_never_comes_is_refused(refused: Refused) -> None:
    assert "The time *-02-30 never comes, says systemd." in refused.ran.failure("moved")


def test_no_schedule_leaves_its_ledgers_behind(refused: Refused) -> None:
    mark = refused.place.name.removeprefix("multisites-")
    assert f"The ledgers of this schedule lie in /var/lib/wpmultisite-{mark}; in another" in refused.ran.failure(
        "moved"
    )
    assert "belongs to another user" not in refused.ran.failure("moved")


def test_what_must_be_given_is_told(refused: Refused) -> None:
    said = refused.ran.failure("empty")
    for words in ("reconcile_schedule_inventory must", "reconcile_schedule_collection must", "would have no access"):
        assert words in said


@pytest.mark.parametrize(
    "words",
    [
        *(f"The secret in {{place}}/{name} is not safe" for name in ("wide", "theirs", "link")),
        "Others than root may write into {place}/open, where",
        "There is no file {place}/missing with a secret on this host.",
        "The secret in /etc/wpmultisite-reconcile-{mark}/credentials/runcloud_api_token is not safe",
        "There is no inventory {place}/nowhere on this host.",
        "There is no artefact {place}/nowhere.tar.gz on the machine that runs the role.",
        "systemd does not understand the time Mon..Fry 99:00.",
        "systemd does not understand the time 3 fortnights.",
        "/usr/bin/false cannot be used: it must be Python 3.11",
        "belongs to another user in /etc/systemd/system/wpmultisite-reconcile-{mark}-other.service.",
    ],
)
def test_what_does_not_fit_the_host_is_told(refused: Refused, words: str) -> None:
    mark = refused.place.name.removeprefix("multisites-")
    assert words.format(place=refused.place, mark=mark) in refused.ran.failure("unfit")


def test_a_secret_that_is_well_kept_is_not_complained_of(refused: Refused) -> None:
    assert f"{refused.place}/open/secret is not safe" not in refused.ran.failure("unfit")


def test_a_host_without_systemd_is_refused(refused: Refused) -> None:
    assert "does not run it (systemctl says offline), so no timer would ever elapse" in refused.ran.failure("offline")
    assert "There is no systemd on this host (systemctl is not there)" in refused.ran.failure("bare")


def test_what_was_made_under_other_names_is_not_left_without_a_word(refused: Refused) -> None:
    mark = refused.place.name.removeprefix("multisites-")
    assert f"was set up with User=somebody and StateDirectory=wpmultisite-{mark}." in refused.ran.failure("renamed")


def test_who_is_not_root_is_refused(refused: Refused) -> None:
    assert "have to run as root: set become: true." in refused.ran.failure("user")


def test_no_secret_is_shown(refused: Refused) -> None:
    for secret in (TOKEN, "sh0rt", "s3cret", "t0ken-in-clear", "in-clear"):
        assert secret not in refused.ran.text


def test_what_is_installed_is_what_is_tested() -> None:
    defaults = yaml.safe_load((ROOT / "roles/reconcile_schedule/defaults/main.yml").read_text())
    pinned = re.findall(r"^([\w.-]+==\S+)", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    installed = [package.partition(";")[0] for package in defaults["reconcile_schedule_python_packages"]]
    assert set(installed) <= set(pinned)
    for library in ("ansible-core", "requests", "idna", "publicsuffixlist", "dnspython", "cryptography"):
        assert any(package.startswith(f"{library}==") for package in installed)
