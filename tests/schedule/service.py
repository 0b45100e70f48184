# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does by hand what systemd does with a service, as far as a machine can that it does not run: user, environment, credentials, file system."""

from __future__ import annotations

import os
import pwd
import select
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

UNITS = Path("/etc/systemd/system")
# ProtectSystem=strict, StateDirectory=, PrivateTmp= and ProtectHome=, then the working directory and the umask.
SANDBOX = """set -e
mount --bind "$1" "$1"
for folder in /tmp /var/tmp; do mount -t tmpfs -o mode=1777 tmpfs "$folder"; done
for folder in /home /root; do mount -t tmpfs -o mode=000 tmpfs "$folder"; done
mount -o remount,bind,ro /
cd "$1"; umask "$2"; shift 2
exec "$@"
"""
# MemoryDenyWriteExecute=, by the kernel's own switch (a kernel older than 6.3 has none, and says so to nobody).
NO_NEW_CODE = "import ctypes, os, sys; ctypes.CDLL(None).prctl(65, 1, 0, 0, 0); os.execvp(sys.argv[1], sys.argv[1:])"
SANDBOXED = {
    "ProtectSystem": "strict",
    "ProtectHome": "true",
    "PrivateTmp": "true",
    "MemoryDenyWriteExecute": "true",
    "NoNewPrivileges": "true",
    "CapabilityBoundingSet": "",
    "UMask": "0077",
}


class Ended(NamedTuple):
    """A run that is over; ``seen`` is the command lines and environments of all its processes."""

    status: int
    output: str
    seen: str


class Service:
    """What a unit file says."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.path = UNITS / name
        self.text = self.path.read_text()
        lines = (line.partition("=") for line in self.text.splitlines() if not line.startswith(("#", "[")))
        self._settings = [(key, value) for key, sign, value in lines if sign]

    def all(self, key: str) -> list[str]:
        """The values of a setting, in order."""
        return [value for name, value in self._settings if name == key]

    def one(self, key: str) -> str:
        """The value of a setting that stands there once."""
        (value,) = self.all(key)
        return value

    @property
    def state(self) -> Path:
        """The state directory."""
        return Path("/var/lib", self.one("StateDirectory"))

    @contextmanager
    def _credentials(self, user: pwd.struct_passwd) -> Iterator[Path]:
        """The folder of credentials, which the user of the service alone can read."""
        folder = Path("/run/credentials", self.name)
        folder.mkdir(mode=0o700, parents=True)
        folder.parent.chmod(0o755)
        try:
            for setting in self.all("LoadCredential"):
                name, _, source = setting.partition(":")
                (folder / name).write_bytes(Path(source).read_bytes())
                (folder / name).chmod(0o400)
                os.chown(folder / name, user.pw_uid, user.pw_gid)
            os.chown(folder, user.pw_uid, user.pw_gid)
            yield folder
        finally:
            shutil.rmtree(folder)

    def run(self, *more: str) -> Ended:
        """One run, with ``more`` arguments; both streams are the journal."""
        assert {key: self.one(key) for key in SANDBOXED} == SANDBOXED
        user = pwd.getpwnam(self.one("User"))
        with self._credentials(user) as folder:
            given = [word for line in self.all("Environment") for word in shlex.split(line)]
            environment = {
                "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME": user.pw_dir,
                "USER": user.pw_name,
                "LOGNAME": user.pw_name,
                "SHELL": user.pw_shell,
                "CREDENTIALS_DIRECTORY": str(folder),
                **dict(line.replace("%d", str(folder)).split("=", 1) for line in given),
            }
            command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", SANDBOX, "sh"]
            command += [str(self.state), self.one("UMask"), "/usr/bin/python3", "-c", NO_NEW_CODE]
            command += ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
            command += ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
            command += ["env", "-i", *(f"{name}={value}" for name, value in environment.items())]
            command += [*shlex.split(self.one("ExecStart")), *more]
            with subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            ) as process:
                return _watched(process, user.pw_uid)


def _watched(process: subprocess.Popen[bytes], user: int) -> Ended:
    """Reads what a process prints, and now and then what everybody can see of the user's processes."""
    assert process.stdout is not None
    handle, output = os.pidfd_open(process.pid), b""
    seen: set[str] = set()
    waiting: list[Any] = [process.stdout, handle]
    while waiting != [handle] or not select.select(waiting, [], [], 0)[0]:
        ready, _, _ = select.select(waiting, [], [], 0.05)
        if process.stdout in ready:
            printed = os.read(process.stdout.fileno(), 65536)
            output += printed
            if not printed:
                waiting.remove(process.stdout)
        elif handle in ready:
            # What it has started and left holds the pipe; systemd would end it now.
            break
        seen.update(_visible(user))
    os.close(handle)
    _end_all(user)
    return Ended(process.wait(), output.decode(), "\n".join(sorted(seen)))


def _processes(user: int) -> Iterator[Path]:
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if folder.stat().st_uid == user:
                yield folder


def _end_all(user: int) -> None:
    """As KillMode=control-group does, for example with connections of ssh that wait for more."""
    for folder in _processes(user):
        with suppress(OSError):
            handle = os.pidfd_open(int(folder.name))
            os.kill(int(folder.name), signal.SIGKILL)
            select.select([handle], [], [], 10)
            os.close(handle)


def _visible(user: int) -> Iterator[str]:
    for folder in _processes(user):
        with suppress(OSError):
            yield from ((folder / name).read_bytes().decode(errors="replace") for name in ("cmdline", "environ"))


def left_of(mark: str) -> list[str]:
    """All files of the machine, outside of the tests' own, and all users that are named by a mark; a state directory with what is in it."""
    folders = [
        Path(name) for name in ("/etc", UNITS, UNITS / "timers.target.wants", "/opt", "/var/lib", "/run/credentials")
    ]
    found = [str(path) for folder in folders if folder.is_dir() for path in folder.iterdir() if mark in path.name]
    users = [f"user {entry.pw_name}" for entry in pwd.getpwall() if mark in entry.pw_name]
    return sorted(found + users)
