# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An SSH server of its own: its own port, host key and settings, nothing of the system's, gone after the tests."""

from __future__ import annotations

import os
import pwd
import secrets
import select
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.wordpress.mariadb import program

SETTINGS = """
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
PidFile none
AllowUsers {user}
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin no
UseDNS no
LogLevel VERBOSE
Subsystem sftp internal-sftp
"""


class Sshd:
    """A running server that lets in ``user``, whose home is ``home``, by the key ``identity`` on ``port`` of 127.0.0.1.

    ``known_hosts`` is a file that knows the server's key. The user has no password, no shell start-up files, and nothing in its home but that key.
    """

    def __enter__(self) -> Sshd:
        assert os.geteuid() == 0, "these tests make a system user and run an SSH server: run them as root"
        self.user = f"wpm-{secrets.token_hex(4)}"
        # Not pytest's folder: only root may enter that.
        self.folder = Path(tempfile.mkdtemp(prefix="sshd-"))
        self.folder.chmod(0o755)
        self.home = self.folder / "home" / self.user
        self.identity = self.new_key("identity")
        self.known_hosts = self.folder / "known_hosts"
        self._make_user()
        try:
            self._start()
        except BaseException:
            self._remove_user()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.kill()
        self._server.wait()
        self._remove_user()
        shutil.rmtree(self.folder)

    def new_key(self, name: str) -> Path:
        """A new pair of keys; gives the path of the private one, beside which the public one has the end .pub."""
        path = self.folder / name
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"{name}@control-node", "-f", str(path)]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        return path

    def _make_user(self) -> None:
        self.home.parent.mkdir()
        # The password * fits nothing, but unlike the usual ! it does not lock the account.
        command = [program("useradd"), "--create-home", "--skel", "/var/empty", "--home-dir", str(self.home)]
        subprocess.run(
            [*command, "--shell", "/bin/bash", "--password", "*", self.user], check=True, capture_output=True
        )
        entry = pwd.getpwnam(self.user)
        self.uid = entry.pw_uid
        keys = self.authorized_keys
        keys.parent.mkdir(mode=0o700)
        shutil.copyfile(f"{self.identity}.pub", keys)
        keys.chmod(0o600)
        # For what Ansible puts on a host for a moment: it would leave a folder in the home.
        self.remote_tmp = self.folder / "remote"
        self.remote_tmp.mkdir()
        for path in (keys.parent, keys, self.remote_tmp):
            os.chown(path, entry.pw_uid, entry.pw_gid)

    @property
    def authorized_keys(self) -> Path:
        """The file that says who may log in as the user."""
        return self.home / ".ssh" / "authorized_keys"

    def _start(self) -> None:
        # sshd will not start without it; where systemd runs, it comes with the service.
        Path("/run/sshd").mkdir(exist_ok=True)
        host_key = self.new_key("host_key")
        self.log = self.folder / "log"
        # The port was free a moment ago, but another program may take it first: then another one is tried.
        for _ in range(5):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = int(probe.getsockname()[1])
            settings = self.folder / "sshd_config"
            settings.write_text(SETTINGS.format(port=self.port, folder=self.folder, user=self.user))
            public = Path(f"{host_key}.pub").read_text()
            self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {public}")
            command = [program("sshd"), "-D", "-e", "-f", str(settings)]
            with self.log.open("wb") as log:
                self._server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            if self._answers():
                return
        raise AssertionError(self.log.read_text())

    def _answers(self) -> bool:
        while self._server.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return True
        return False

    def _remove_user(self) -> None:
        """Ends what still runs as the user, which nobody else is, and removes it."""
        for process in (int(name) for name in os.listdir("/proc") if name.isdigit()):
            with suppress(FileNotFoundError, ProcessLookupError):
                if os.stat(f"/proc/{process}").st_uid == self.uid:
                    handle = os.pidfd_open(process)
                    os.kill(process, signal.SIGKILL)
                    select.select([handle], [], [], 10)
                    os.close(handle)
        subprocess.run([program("userdel"), self.user], check=True, capture_output=True)

    def options(self, identity: Path) -> list[str]:
        """The options of ssh that use this key alone, know the server, ask nothing, and read nobody's own settings."""
        words = ["-F", os.devnull, "-i", str(identity), "-p", str(self.port)]
        settings = ["IdentitiesOnly=yes", "BatchMode=yes", f"UserKnownHostsFile={self.known_hosts}"]
        return words + [word for setting in settings for word in ("-o", setting)]

    def inventory_vars(self) -> dict[str, Any]:
        """The variables by which Ansible reaches the user."""
        return {
            "ansible_connection": "ssh",
            "ansible_host": "127.0.0.1",
            "ansible_port": self.port,
            "ansible_user": self.user,
            "ansible_ssh_private_key_file": str(self.identity),
            "ansible_ssh_common_args": f"-F {os.devnull} -o IdentitiesOnly=yes -o UserKnownHostsFile={self.known_hosts}",
            "ansible_python_interpreter": "/usr/bin/python3",
            "ansible_remote_tmp": str(self.remote_tmp),
        }

    def ssh(
        self, identity: Path, *words: str, options: tuple[str, ...] = (), given: bytes = b""
    ) -> subprocess.CompletedProcess[bytes]:
        """Runs ssh with a key and a command."""
        command = ["ssh", *self.options(identity), *options, f"{self.user}@127.0.0.1", *words]
        return subprocess.run(command, input=given, capture_output=True, check=False, timeout=60)
