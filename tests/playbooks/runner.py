# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs ansible-playbook as a person does, against the installed collection, and reads what it prints."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
CONVERGE = "wpmultisite.runcloud.converge"
ROLE = "wpmultisite.runcloud.multisite_domains"
# Whatever of the person's own could reach a run, a panel, or change the output.
FOREIGN = re.compile(r"(ANSIBLE|RUNCLOUD|MOLECULE)_.*|(?:HTTPS?|ALL|NO)_PROXY|.*_CA_BUNDLE|NETRC", re.IGNORECASE)
_CERTIFICATES = ", certificates ("

Variables = Mapping[str, Any]
# For hosts whose multisite is a snapshot document, and that are this machine.
FROM_FILES: Variables = {
    "ansible_connection": "local",
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    "multisite_domains_source": "file",
    "multisite_domains_write_interval": 0,
}


class Ran(NamedTuple):
    """A run that is over: its exit status and all that it printed."""

    status: int
    output: str
    errors: str

    @property
    def text(self) -> str:
        """Both streams."""
        return self.output + self.errors

    def results(self, host: str, word: str = r"\w+", fleet: bool = False) -> Iterator[dict[str, Any]]:
        """The results that were printed for a host, in order; ``word`` is how their lines begin. ``fleet``: those of the report at the end."""
        work, _, report = self.output.partition("\nPLAY [Report]")
        text = report if fleet else work
        for match in re.finditer(rf"^{word}: \[{re.escape(host)}(?: -> \S+)?\](?:: \S+)? => ", text, re.MULTILINE):
            yield json.JSONDecoder().raw_decode(text, match.end())[0]

    def summary(self, host: str) -> list[str]:
        """The lines of the role's summary of domains."""
        (lines,) = self.summaries(host)
        return lines

    def certificates(self, host: str) -> list[str]:
        """The lines of its summary of certificates."""
        (lines,) = (lines for lines in self._told(host) if _CERTIFICATES in lines[0])
        return lines

    def summaries(self, host: str) -> list[list[str]]:
        """The lines of each summary of domains, where a run makes more than one."""
        return [lines for lines in self._told(host) if _CERTIFICATES not in lines[0]]

    def _told(self, host: str) -> list[list[str]]:
        return [list(row["msg"]) for row in self.results(host) if isinstance(row.get("msg"), list)]

    def entries(self, host: str, verb: str) -> dict[str, str]:
        """The summary's names under a verb, with what is said of them."""
        rows = (line.split("  ", 2) for line in self.summary(host)[1:])
        return {row[1]: row[2] for row in rows if row[0] == verb}

    def failure(self, host: str, fleet: bool = False) -> str:
        """Why the host failed: the message of its last failed task."""
        failures = list(self.results(host, "fatal", fleet))
        assert failures, f"{host} did not fail\n{self.text}"
        return str(failures[-1]["msg"])

    def recap(self, host: str) -> dict[str, int]:
        """The host's numbers at the end."""
        (line,) = re.findall(rf"^{re.escape(host)} +: (.*)$", self.output, re.MULTILINE)
        return {key: int(value) for key, value in (pair.split("=") for pair in line.split())}


def run(
    folder: Path,
    *command: str,
    environment: Variables | None = None,
    status: int = 0,
    program: str = "ansible-playbook",
) -> Ran:
    """Run a program of Ansible in a folder. Another exit status, or any warning, fails."""
    with started(folder, *command, environment=environment, program=program) as process:
        output, errors = process.communicate()
    ran = Ran(process.returncode, output, errors)
    assert ran.status == status, ran.text
    assert re.findall(r"\[(?:DEPRECATION )?WARNING\].*", ran.text) == [], ran.text
    return ran


@contextmanager
def started(
    folder: Path,
    *command: str,
    environment: Variables | None = None,
    program: str = "ansible-playbook",
    terminal: int | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """A program of Ansible in a folder, with nothing of the person's own; it is waited for. It is at a ``terminal`` if it is given one."""
    with tempfile.TemporaryDirectory(prefix="ansible-") as home:
        settings = Path(home, "ansible.cfg")
        settings.touch()
        own = {
            "ANSIBLE_HOME": home,
            "ANSIBLE_REMOTE_TMP": f"{home}/remote",
            "ANSIBLE_CONFIG": str(settings),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "build" / "collections"),
            "ANSIBLE_CONNECTION_PLUGINS": str(Path(__file__).parent / "connection_plugins"),
            "NETRC": os.devnull,
            # The memory of a run: a test whose runs remember each other gives a folder of its own.
            "XDG_STATE_HOME": f"{home}/state",
            "XDG_RUNTIME_DIR": home,
        }
        inherited = {name: value for name, value in os.environ.items() if not FOREIGN.fullmatch(name)}
        # A question is asked only where the terminal is the program's own.
        alone = [] if terminal is None else ["setsid", "--ctty", "--wait"]
        with subprocess.Popen(
            [*alone, str(Path(sys.executable).with_name(program)), *command],
            cwd=folder,
            env={**inherited, **own, **(environment or {})},
            stdin=subprocess.DEVNULL if terminal is None else terminal,
            stdout=subprocess.PIPE if terminal is None else terminal,
            stderr=subprocess.PIPE if terminal is None else terminal,
            text=True,
        ) as process:
            yield process


def write_json(path: Path, document: Any) -> str:
    """Write a document (JSON is YAML, too); gives its path as text."""
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


def inventory(folder: Path, hosts: Mapping[str, Variables], everywhere: Variables, **others: Variables) -> str:
    """An inventory file: the hosts in the group multisites, variables for all of them, and other hosts outside of it.

    No resolver knows the names of these tests, so none is asked unless the variables say so.
    """
    multisites = {"hosts": hosts, "vars": {"multisite_domains_dns": False, **everywhere}}
    return write_json(folder / "inventory.json", {"all": {"hosts": others}, "multisites": multisites})


def snapshot(*domains: str, network: str = "network.com", **changes: Any) -> dict[str, Any]:
    """A snapshot document of a network on folders whose main site has these mappings; ``changes`` replace whole keys."""
    blog = {"id": 1, "network_id": 1, "domain": network, "path": "/", "public": 1}
    mappings = [
        {"id": number, "blog_id": 1, "domain": domain, "active": 1, "primary": 0, "secure": 1, "stage": "done"}
        for number, domain in enumerate(domains, 1)
    ]
    wordpress = {"version": "6.8.7", "subdomain_install": False, "domain_current_site": network}
    return {
        "format": "wpmultisite.snapshot/1",
        "source": "file",
        "wordpress": {
            **wordpress,
            "environment_type": "production",
            "runtime_url": False,
            "root": None,
            "root_real": None,
        },
        "mapping_plugin": {"name": "ultimate_multisite", "version": "2.4.13", "schema": None, "unread_rows": 0},
        "settings": {
            "enable_domain_mapping": True,
            "auto_create_www_subdomain": "always",
            "runcloud_integration": {"enabled": False, "configured": False},
        },
        "networks": [{"id": 1, "domain": network, "path": "/"}],
        "blogs": [{**blog, "archived": 0, "mature": 0, "spam": 0, "deleted": 0}],
        "mappings": mappings,
        "counts": {"networks": 1, "blogs": 1, "mappings": len(mappings)},
        **changes,
    }


def loopback(host: str) -> str:
    """A sitecustomize.py, by which a host's name is the loopback address for every Python program that finds it."""
    return (
        "import socket\nlookup = socket.getaddrinfo\n"
        f"socket.getaddrinfo = lambda host, *a, **k: lookup('127.0.0.1' if host == {host!r} else host, *a, **k)\n"
    )


def fake_sudo(folder: Path) -> Path:
    """Stands for sudo: writes down its arguments and runs the command as it is."""
    program = folder / "sudo"
    program.write_text(
        f'#!/bin/sh\necho "$@" >> "{folder}/became"\nwhile [ "$1" != /bin/sh ]; do shift; done\nexec "$@"\n'
    )
    program.chmod(0o755)
    return program


@contextmanager
def closed_port() -> Iterator[int]:
    """A port of the loopback address where nobody answers, held so that nobody else can take it."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield int(holder.getsockname()[1])
