# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Launches jobs as AWX does: what it writes into a private data directory goes through ansible-runner to a worker whose folder is gone afterwards.

Where the container is missing: the worker runs here, with the environment that the image and AWX give it. What AWX writes and passes on:
awx/main/tasks/jobs.py, awx/main/utils/safe_yaml.py, awx/main/models/credential.py of AWX 24.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import ansible_runner
import yaml
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tests.playbooks.runner import FOREIGN, ROOT, Variables

FILES = ROOT / "docs/awx"
# Where image and pod have the disk.
DISK = "/var/lib/wpmultisite"
# What AWX sets for each job, as far as it changes what Ansible does.
_ALWAYS = {
    "ANSIBLE_FORCE_COLOR": "True",
    "ANSIBLE_HOST_KEY_CHECKING": "False",
    "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
    "ANSIBLE_PARAMIKO_RECORD_HOST_KEYS": "False",
}


class Job(NamedTuple):
    """A job that is over."""

    status: str  # AWX's word: successful, failed, error
    rc: int
    events: list[dict[str, Any]]
    stdout: str
    told: str  # all that the worker sent back and that AWX keeps: events, statuses, artefacts
    environment: dict[str, str]  # of Ansible, as the worker told it; AWX shows it with secrets masked

    def failures(self) -> list[str]:
        """What the failed tasks said."""
        failed = [event for event in self.events if event["event"] == "runner_on_failed"]
        return [
            str(event["event_data"]["res"].get("msg")) for event in failed if not event["event_data"]["ignore_errors"]
        ]


class Controller:
    """AWX with one project, one inventory and one credential; the disk of its container group is a folder."""

    def __init__(self, folder: Path, networks: Mapping[str, Variables], everywhere: Variables, token: str) -> None:
        self.folder, self.disk = folder, folder / "disk"
        self._networks, self._everywhere, self._token = networks, everywhere, token
        self._number = 0
        (folder / "home").mkdir()

    def launch(self, playbook: str, answers: Mapping[str, str] | None = None, arguments: str = "") -> Job:
        """Run a job of the template of this playbook; ``answers`` are those to the survey, if it has one, ``arguments`` for ansible-playbook."""
        self._number += 1
        data = self.folder / f"job-{self._number}"
        self._write(data, answers, arguments)
        sent, received = self.folder / "sent", self.folder / "received"
        with sent.open("wb") as stream:
            ansible_runner.interface.run(
                streamer="transmit",
                _output=stream,
                private_data_dir=str(data),
                ident=self._number,
                playbook=playbook,
                inventory="hosts",
                suppress_env_files=True,
                envvars={**_ALWAYS, **self._injected(), "JOB_ID": str(self._number)},
                fact_cache_type="",
            )
        shutil.rmtree(data)
        self._work(sent, received)
        kept = self.folder / f"kept-{self._number}"
        statuses: list[dict[str, Any]] = []
        with received.open("rb") as stream:
            result = ansible_runner.interface.run(
                streamer="process",
                _input=stream,
                private_data_dir=str(kept),
                quiet=True,
                ident=self._number,
                status_handler=lambda status, runner_config: statuses.append(status),
            )
        return self._job(result, kept / "artifacts" / str(self._number), statuses)

    def _write(self, data: Path, answers: Mapping[str, str] | None, arguments: str) -> None:
        for name in ("project", "inventory", "env"):
            (data / name).mkdir(parents=True)
        for name in ("converge.yml", "drift.yml"):
            shutil.copy(FILES / name, data / "project")
        document = {
            "all": {"children": ["multisites"]},
            "multisites": {"hosts": sorted(self._networks), "vars": self._everywhere},
            "_meta": {
                "hostvars": {
                    name: {**variables, "remote_tower_enabled": "true", "remote_tower_id": number}
                    for number, (name, variables) in enumerate(self._networks.items(), 1)
                }
            },
        }
        hosts = data / "inventory/hosts"
        hosts.write_text(f"#! /usr/bin/env python3\n# -*- coding: utf-8 -*-\nprint({json.dumps(document)!r})\n")
        hosts.chmod(0o700)
        # Texts that somebody typed at launch, or that come from AWX's records, are marked so that they are no templates.
        typed = {"awx_user_name": "{{ 7*7 }}", **(answers or {})}
        marked = [f"!unsafe {json.dumps(key)}: !unsafe {json.dumps(value)}\n" for key, value in typed.items()]
        (data / "env/extravars").write_text(f"awx_job_id: {self._number}\n" + "".join(marked))
        (data / "env/cmdline").write_text(arguments)
        settings = {"job_timeout": 0, "suppress_ansible_output": True, "suppress_output_file": True}
        (data / "env/settings").write_text(json.dumps(settings))

    def _injected(self) -> dict[str, str]:
        kind = yaml.safe_load((FILES / "credential-type.yml").read_text(encoding="utf-8"))
        (field,) = kind["inputs"]["required"]
        sandbox = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
        return {
            name: sandbox.from_string(text).render({field: self._token})
            for name, text in kind["injectors"]["env"].items()
        }

    def image(self) -> dict[str, str]:
        """The environment that the image sets."""
        definition = yaml.safe_load((FILES / "execution-environment.yml").read_text(encoding="utf-8"))
        steps = "\n".join(definition["additional_build_steps"]["append_final"])
        return dict(re.findall(r"^ENV (\w+)=(.*)$", steps, re.MULTILINE))

    def _work(self, sent: Path, received: Path) -> None:
        pod = self.folder / "pod"
        inherited = {name: value for name, value in os.environ.items() if not FOREIGN.fullmatch(name)}
        own = {
            "HOME": str(self.folder / "home"),
            "NETRC": os.devnull,
            # Stands for /usr/share/ansible/collections of the image.
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build/collections"),
            **{name: value.replace(DISK, str(self.disk)) for name, value in self.image().items()},
        }
        command = [str(Path(sys.executable).with_name("ansible-runner")), "worker", f"--private-data-dir={pod}"]
        with sent.open("rb") as given, received.open("wb") as taken:
            ran = subprocess.run(
                command, stdin=given, stdout=taken, stderr=subprocess.PIPE, env={**inherited, **own}, check=False
            )
        assert ran.stderr == b"", ran.stderr.decode()
        shutil.rmtree(pod)

    def _job(self, result: Any, artefacts: Path, statuses: list[dict[str, Any]]) -> Job:
        # Both hold the environment: AWX masks it in the one and removes the other with the folder of the job.
        (started,) = (status for status in statuses if status["status"] == "starting")
        environment = started.pop("env")
        record = json.loads((artefacts / "command").read_text())
        del record["env"]
        (artefacts / "command").write_text(json.dumps(record))
        texts = [path.read_text() for path in sorted(artefacts.rglob("*")) if path.is_file()]
        events = [json.loads(path.read_text()) for path in (artefacts / "job_events").iterdir()]
        events.sort(key=lambda event: int(event["counter"]))
        stdout = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(event["stdout"] for event in events))
        told = "\n".join([*texts, json.dumps(statuses)])
        return Job(result.status, int((artefacts / "rc").read_text()), events, stdout, told, environment)
