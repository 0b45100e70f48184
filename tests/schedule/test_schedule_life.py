# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A schedule from its first look ahead to its end, as the documentation sets it up; between, its service runs on a real WordPress."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.docs.blocks import fenced, write_files
from tests.emulator import TOKEN, Emulator
from tests.playbooks.runner import ROOT, Ran, fake_sudo, run, write_json
from tests.schedule.manager import Manager
from tests.schedule.service import UNITS, Ended, Service, left_of
from tests.sshd import Sshd, give_site
from tests.wordpress import Network

DOCUMENT = "docs/schedule.md"
PINNED = "git+https://github.com/wpmultisite/ansible-collection-runcloud,0.1.0"
# Holds a web app as another run does, and lets go when its input ends.
HOLDER = """
import json, sys
from ansible_collections.wpmultisite.runcloud.plugins.module_utils import _api, _lock
with open(sys.argv[1]) as ledger:
    target = _api.Target(**json.load(ledger)["target"])
with _lock.Lock(target):
    print("held", flush=True)
    sys.stdin.read()
"""


class Life(NamedTuple):
    """The runs of the role, what was there and what systemd was told after each, and the runs of the service between them.

    ``runs``: ahead, first, second, other (a second schedule, as for an image), early (the first one goes), last (the second one goes).
    """

    names: dict[str, str]
    key: str
    runs: dict[str, Ran]
    left: dict[str, list[str]]
    orders: dict[str, list[str]]
    active: dict[str, list[str]]
    units: dict[str, str]
    modes: dict[str, tuple[int, int]]
    checks: dict[str, subprocess.CompletedProcess[str]]
    converged: Ended
    locked: Ended
    writes: list[dict[str, Any]]
    state: list[tuple[str, int]]


@pytest.fixture(scope="module")
def life(sshd: Sshd, made_network: Network, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    assert os.geteuid() == 0, "these tests make a system user and units of systemd: run them as root"
    mark = f"t{secrets.token_hex(4)}"
    # Neither in /tmp, which the service does not see, nor below a folder that only root may enter.
    place = Path("/srv", f"multisites-{mark}")
    place.mkdir()
    try:
        yield Life(**_lived(mark, place, tmp_path_factory.mktemp("life"), sshd, made_network))
    finally:
        shutil.rmtree(place)
        for path in (Path(name) for name in left_of(mark) if name.startswith("/")):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        if f"user wpm{mark}" in left_of(mark):
            subprocess.run(["userdel", f"wpm{mark}"], check=True, capture_output=True)


def _lived(mark: str, place: Path, folder: Path, sshd: Sshd, network: Network) -> dict[str, Any]:
    network.reset()
    app, manager = give_site(sshd, network), Manager(folder / "manager")
    names = {"first": f"wpmultisite-reconcile-{mark}", "other": f"wpmultisite-reconcile-morning-{mark}"}
    files = write_files(
        DOCUMENT,
        folder,
        {
            "/srv/multisites": str(place),
            "/etc/multisites": str(place),
            PINNED: str(next(ROOT.glob("build/artefact/*.tar.gz"))),
            "name: morning": f"name: morning-{mark}",
        },
    )
    assert files == ["schedule.yml", "morning.yml"]
    with Emulator() as emu:
        emu.seed(
            {
                "servers": [{"id": 11}],
                "webapps": [{"id": 11, "server_id": 11, "rootPath": str(app)}],
                "domains": [
                    {"webapp_id": 11, "name": network.domain},
                    {"webapp_id": 11, "name": f"*.{network.domain}", "wildcard": 1},
                ],
            }
        )
        _give(place, sshd, app)
        control = {
            "ansible_connection": "local",
            "ansible_python_interpreter": "/usr/bin/python3",
            "reconcile_schedule_user": f"wpm{mark}",
            "reconcile_schedule_state_directory": f"wpmultisite-{mark}",
            "reconcile_schedule_environment": {"RUNCLOUD_API_URL": emu.url, "ANSIBLE_VERBOSITY": 3},
            "vaulted_runcloud_api_token": TOKEN,
        }
        machine = write_json(folder / "control.json", {"control": {"hosts": {"machine": control}}})
        told: dict[str, dict[str, Any]] = {"runs": {}, "left": {}, "orders": {}, "active": {}}

        def apply(step: str, playbook: str, *words: str) -> None:
            environment = {
                "ANSIBLE_BECOME_EXE": str(fake_sudo(folder)),
                "ANSIBLE_PIPELINING": "true",
                **manager.environment,
            }
            told["runs"][step] = run(folder, "-i", machine, playbook, *words, environment=environment)
            told["left"][step] = left_of(mark)
            told["orders"][step] = manager.orders()
            told["active"][step] = manager.active()

        first = ("schedule.yml", "-e", f"reconcile_schedule_name={mark}")
        gone = ("-e", "reconcile_schedule_state=absent", "-e", "reconcile_schedule_remove_state=true")
        apply("ahead", *first, "--check", "--diff")
        apply("first", *first, "--diff", "-vvv")
        service = Service(f"{names['first']}.service")
        # The moment of the whole: somebody maps a domain.
        network.add_mapping("client-one.com")
        converged = service.run()
        writes = [entry.body for entry in emu.journal if entry.method == "POST"]
        network.add_mapping("client-two.com")
        locked = _while_held(service)
        state = [(str(path.relative_to(service.state)), path.stat().st_uid) for path in service.state.rglob("*")]
        modes = {
            str(path): (path.stat().st_uid, stat.S_IMODE(path.stat().st_mode))
            for path in (Path(f"/etc/{names['first']}"), *Path(f"/etc/{names['first']}").rglob("*"), service.state)
        }
        apply("second", *first)
        apply("other", "morning.yml", "-e", "reconcile_schedule_start=false", "-e", "reconcile_schedule_interval=2h")
        units = {path.name: path.read_text() for path in UNITS.glob(f"*{mark}*")}
        checks = _checked(folder, names)
        apply("early", *first, *gone)
        apply("last", "morning.yml", *gone)
    return {
        "names": names,
        "key": (place / "ssh_key").read_text(),
        "units": units,
        "modes": modes,
        "checks": checks,
        "converged": converged,
        "locked": locked,
        "writes": writes,
        "state": state,
        **told,
    }


def _give(place: Path, sshd: Sshd, app: Path) -> None:
    """The inventory with one network, reached by SSH with a key that only root can read."""
    shutil.copy(sshd.identity, place / "ssh_key")
    (place / "ssh_key").chmod(0o600)
    shutil.copy(sshd.known_hosts, place / "known_hosts")
    reached = {key: value for key, value in sshd.inventory_vars().items() if key != "ansible_ssh_private_key_file"}
    known = {key: str(value).replace(str(sshd.known_hosts), f"{place}/known_hosts") for key, value in reached.items()}
    hosts = {
        "network.com": {
            **known,
            "runcloud_server_id": 11,
            "runcloud_webapp_id": 11,
            "multisite_domains_path": str(app),
            "multisite_domains_dns": False,
            "multisite_domains_write_interval": 0,
        }
    }
    write_json(place / "inventory.yml", {"multisites": {"hosts": hosts}})


def _while_held(service: Service) -> Ended:
    """A run of the service while another one is at work on the same web app."""
    user = pwd.getpwnam(service.one("User"))
    environment = dict(line.strip('"').split("=", 1) for line in service.all("Environment"))
    python = Path(service.one("ExecStart").split()[0]).with_name("python")
    ledger = service.state / "wpmultisite.runcloud/networks/network.com/ledger.json"
    with subprocess.Popen(
        [python, "-c", HOLDER, str(ledger)],
        env={**environment, "PYTHONPATH": environment["ANSIBLE_COLLECTIONS_PATH"]},
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == b"held\n"
        return service.run("--extra-vars=multisite_domains_lock_timeout=0")


def _checked(folder: Path, names: dict[str, str]) -> dict[str, subprocess.CompletedProcess[str]]:
    """What systemd's own programs say of the units, with the alarm of the documentation beside them."""
    (alert,) = fenced(DOCUMENT, "ini")
    (folder / "units").mkdir()
    (folder / "units/alert@.service").write_text(alert)
    environment = {**os.environ, "SYSTEMD_UNIT_PATH": f"{folder}/units:"}
    service = str(UNITS / f"{names['first']}.service")
    timers = [str(UNITS / f"{name}.timer") for name in names.values()]
    other = str(UNITS / f"{names['other']}.service")
    commands = {
        "verify": ["verify", service, other, *timers, f"{folder}/units/alert@x.service"],
        "security": ["security", "--offline=true", "--threshold=20", "--no-pager", service],
    }
    return {
        name: subprocess.run(["systemd-analyze", *words], env=environment, capture_output=True, text=True, check=False)
        for name, words in commands.items()
    }


def test_a_look_ahead_makes_nothing(life: Life) -> None:
    assert (life.left["ahead"], life.orders["ahead"]) == ([], [])
    assert life.runs["ahead"].recap("machine")["changed"] >= 4
    assert "+OnCalendar=*:0/2" in life.runs["ahead"].output


def test_the_first_run_starts_the_timer_and_the_second_one_changes_nothing(life: Life) -> None:
    timer = f"{life.names['first']}.timer"
    assert life.orders["first"] == ["daemon-reload", f"enable {timer}", f"start {timer}"]
    assert str(UNITS / "timers.target.wants" / timer) in life.left["first"]
    assert life.runs["second"].recap("machine")["changed"] == 0 and life.orders["second"] == []
    assert life.active["second"] == [timer]


def test_the_service_brings_a_new_domain_from_wordpress_to_the_panel(life: Life) -> None:
    assert life.converged.status == 0, life.converged.output
    assert [body["name"] for body in life.writes] == ["client-one.com"]


def test_what_a_run_remembers_lies_in_the_state_directory_and_is_the_user_s(life: Life) -> None:
    assert "wpmultisite.runcloud/networks/network.com/ledger.json" in dict(life.state)
    assert 0 not in dict(life.state).values() and len(set(dict(life.state).values())) == 1


def test_a_run_beside_another_one_says_so_and_changes_nothing(life: Life) -> None:
    assert life.locked.status == 2
    assert "Another run works on web app 11 of server 11: process " in life.locked.output
    assert "Run again when it has ended" in life.locked.output


def test_secrets_are_seen_by_nobody(life: Life) -> None:
    middle = life.key.splitlines()[2]
    shown = (
        [ran.text for ran in life.runs.values()]
        + list(life.units.values())
        + [life.converged.output, life.locked.output]
    )
    for secret in (TOKEN, middle):
        assert all(secret not in text for text in (*shown, life.converged.seen, life.locked.seen))
    # It was looked at: a run shows its own command line, and with three v's what its modules were given.
    assert "ansible-playbook" in life.converged.seen and "CREDENTIALS_DIRECTORY=" in life.converged.seen
    assert "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in life.converged.output


def test_files_are_roots_and_secrets_roots_alone(life: Life) -> None:
    folder = f"/etc/{life.names['first']}"
    own = {path: mode for path, mode in life.modes.items() if path.startswith(folder)}
    (state,) = (mode for path, mode in life.modes.items() if path not in own)
    assert own == {
        folder: (0, 0o755),
        f"{folder}/variables.yml": (0, 0o644),
        f"{folder}/credentials": (0, 0o700),
        f"{folder}/credentials/runcloud_api_token": (0, 0o600),
    }
    assert state[0] != 0 and state[1] == 0o700


def test_systemd_finds_no_fault_in_the_units(life: Life) -> None:
    verified = life.checks["verify"]
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")


def test_systemd_rates_the_service_as_well_protected(life: Life) -> None:
    rated = life.checks["security"]
    assert rated.returncode == 0, rated.stdout + rated.stderr


def test_the_timers_say_what_was_asked_for(life: Life) -> None:
    timer, other = (life.units[f"{life.names[name]}.timer"].splitlines() for name in ("first", "other"))
    assert {"OnCalendar=*:0/2", "Persistent=true", "RandomizedDelaySec=30s"} <= set(timer)
    said = subprocess.run(["systemd-analyze", "calendar", "*:0/2"], capture_output=True, text=True, check=True).stdout
    assert "Normalized form: *-*-* *:00/2:00" in said
    assert {"OnBootSec=2h", "OnUnitInactiveSec=2h"} <= set(other) and not any("OnCalendar" in line for line in other)


def test_limits_journal_and_alarm_stand_in_the_service(life: Life) -> None:
    lines = life.units[f"{life.names['first']}.service"].splitlines()
    assert {
        *("Type=oneshot", "MemoryMax=1G", "CPUQuota=100%", "TasksMax=512", "TimeoutStartSec=30min"),
        *("StandardOutput=journal", "StandardError=journal", f"SyslogIdentifier={life.names['first']}"),
        "OnFailure=alert@%n.service",
    } <= set(lines)


def test_an_image_gets_a_timer_that_begins_with_its_boot(life: Life) -> None:
    timer = f"{life.names['other']}.timer"
    assert life.orders["other"] == [f"enable {timer}"] and timer not in life.active["other"]
    assert str(UNITS / "timers.target.wants" / timer) in life.left["other"]
    (start,) = (
        line for line in life.units[f"{life.names['other']}.service"].splitlines() if line.startswith("ExecStart=")
    )
    assert start.endswith(" wpmultisite.runcloud.drift")


def test_one_schedule_goes_and_leaves_what_the_other_one_needs(life: Life) -> None:
    first, other = life.names["first"], life.names["other"]
    mark = first.removeprefix("wpmultisite-reconcile-")
    assert life.orders["early"] == [f"disable {first}.timer", f"stop {first}.timer", "daemon-reload"]
    assert life.active["early"] == []
    assert life.left["early"] == sorted(
        [
            *(f"/etc/{other}", f"/opt/{other}", f"/var/lib/wpmultisite-{mark}", f"user wpm{mark}"),
            *(str(UNITS / f"{other}.{kind}") for kind in ("service", "timer")),
            str(UNITS / "timers.target.wants" / f"{other}.timer"),
        ]
    )


def test_what_stays_is_said(life: Life) -> None:
    other = life.names["other"]
    assert f"stay: another schedule needs them ({other}.service)." in life.runs["early"].output
    assert "stay:" not in life.runs["last"].output and "There was no schedule" not in life.runs["last"].output


def test_the_last_one_leaves_nothing(life: Life) -> None:
    assert life.left["last"] == []
