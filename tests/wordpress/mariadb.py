# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A private MariaDB server: its own folder, socket and port, nothing of the system's, gone after the tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pymysql
import trustme
from pymysql.cursors import DictCursor

# Nothing here outlives the tests, so nothing has to reach the disk.
QUICK = [
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-flush-method=nosync",
    "--innodb-doublewrite=0",
    "--innodb-log-file-size=16M",
    "--skip-log-bin",
    "--performance-schema=OFF",
    "--skip-name-resolve",
]


def program(name: str) -> str:
    """The path of a program, also where a user's PATH lacks the folders of the system's programs."""
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    assert found, f"{name} is not installed: apt-get install mariadb-server"
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class MariaDB:
    """A running server. ``socket`` and ``port`` say where; the account ``USER`` may do everything in every database.

    It offers TLS with a certificate for 127.0.0.1 only; ``authority`` signed it, and its certificate is the file ``ca``.
    """

    USER = "site_user_7"
    PASSWORD = "p4ss-w0rd-of-the-database"

    def __init__(self) -> None:
        # Not pytest's folder: the path of a socket is limited to 107 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="mariadb-"))
        self.socket = str(self.folder / "socket")
        # A server that starts removes the temporary tables that it finds in its tmpdir, those of its neighbours too.
        self._common = ["--no-defaults", f"--datadir={self.folder / 'data'}", f"--tmpdir={self.folder}"]
        # MariaDB refuses to run as root unless told to.
        self._common += ["--user=root"] if os.geteuid() == 0 else []
        install = [
            program("mariadb-install-db"),
            *self._common,
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ]
        subprocess.run([*install, *QUICK], check=True, capture_output=True)
        self._start()
        self.root = self.connect()
        for host in ("localhost", "127.0.0.1", "::1"):
            self.run(f"CREATE USER '{self.USER}'@'{host}' IDENTIFIED BY '{self.PASSWORD}'")
            self.run(f"GRANT ALL ON *.* TO '{self.USER}'@'{host}'")

    def _tls(self) -> list[str]:
        self.authority = trustme.CA()
        self.ca = self.folder / "ca.pem"
        self.authority.cert_pem.write_to_path(self.ca)
        return [f"--ssl-ca={self.ca}", *self.certificate("ssl", "127.0.0.1")]

    def certificate(self, name: str, host: str) -> list[str]:
        """A certificate for a host and its key, as options of MariaDB that name both files."""
        issued = self.authority.issue_cert(host)
        cert, key = self.folder / f"{name}-cert.pem", self.folder / f"{name}-key.pem"
        issued.cert_chain_pems[0].write_to_path(cert)
        issued.private_key_pem.write_to_path(key)
        return [f"--ssl-cert={cert}", f"--ssl-key={key}"]

    def _start(self) -> None:
        tls = self._tls()
        # The port was free a moment ago, but another program may take it first: then another one is tried.
        for _ in range(5):
            self.port = _free_port()
            command = [program("mariadbd"), *self._common, *QUICK, f"--socket={self.socket}", f"--port={self.port}"]
            command += ["--bind-address=127.0.0.1", f"--pid-file={self.folder / 'pid'}", *tls]
            with open(self.folder / "log", "wb") as log:
                self._server = subprocess.Popen(command, stdout=log, stderr=log)
            while self._server.poll() is None:
                with socket.socket(socket.AF_UNIX) as probe:
                    if probe.connect_ex(self.socket) == 0:
                        return
                time.sleep(0.02)
        raise AssertionError((self.folder / "log").read_text(errors="replace"))

    def connect(self, database: str | None = None) -> pymysql.Connection[DictCursor]:
        """A connection as root. What it writes is committed at once."""
        return pymysql.connect(
            unix_socket=self.socket,
            user="root",
            database=database,
            autocommit=True,
            charset="utf8mb4",
            cursorclass=DictCursor,
        )

    def run(self, query: str, args: Any = None) -> list[dict[str, Any]]:
        """The rows that a statement gives, run as root."""
        with self.root.cursor() as cursor:
            cursor.execute(query, args)
            return list(cursor.fetchall())

    def stop(self) -> None:
        """Ends the server and removes all it held."""
        self.root.close()
        self._server.kill()
        self._server.wait()
        shutil.rmtree(self.folder)
