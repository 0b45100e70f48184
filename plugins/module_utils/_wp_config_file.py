# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file wp-config.php itself: reading it, a copy of it, and its replacement in one step."""

from __future__ import annotations

import os
import pwd
import stat
import tempfile
from datetime import datetime
from typing import Any, NamedTuple

from . import _process


class FileFailed(Exception):
    """The file cannot be read or written; the text is for a person."""


class Original(NamedTuple):
    """A file as it was read. ``real`` is the path behind all symbolic links of ``path``."""

    path: str
    real: str
    data: bytes
    status: os.stat_result


def read(path: str) -> Original:
    """The file at a path.

    :raises FileFailed: there is none, or it cannot be read.
    """
    real = os.path.realpath(path)
    try:
        status = os.stat(real)
        if not stat.S_ISREG(status.st_mode):
            raise FileFailed("it is no file. Give the path of wp-config.php itself.")
        with open(real, "rb") as file:
            return Original(path, real, file.read(), status)
    except FileNotFoundError:
        leads = f" It is a link to {real}." if os.path.islink(path) else ""
        raise FileFailed(f"there is no such file.{leads} Correct path.") from None
    except OSError as error:
        raise FileFailed(
            f"the user {_process.user()} cannot read it: {error.strerror}. Run the module as the site's user (become and become_user)."
        ) from None


def check_writable(original: Original) -> None:
    """Whether this user can replace the file by another with the same owner, group and mode.

    :raises FileFailed: no; it says why.
    """
    folder, status, me = os.path.dirname(original.real), original.status, os.geteuid()
    if not status.st_mode & stat.S_IWUSR or not os.access(original.real, os.W_OK):
        raise FileFailed(
            f"it is read-only for the user {_process.user()} (mode {stat.S_IMODE(status.st_mode):04o})."
            f" Allow its owner to write it (chmod u+w {original.real}), or run the module as its owner."
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise FileFailed(
            f"the user {_process.user()} cannot write in the folder {folder}, where a new file has to take its place. Allow that."
        )
    if me not in (0, status.st_uid):
        raise FileFailed(
            f"it belongs to {_owner(status.st_uid)}, and the user {_process.user()} could not keep it so. Run the module as its owner."
        )
    if me != 0 and status.st_gid not in (os.getegid(), *os.getgroups()):
        raise FileFailed(
            f"it belongs to the group {status.st_gid}, which the user {_process.user()} is not in, and could not keep it so."
            " Put the user into that group, or run the module as root."
        )


def check_same(original: Original) -> None:
    """Whether the file is still the one that was read.

    :raises FileFailed: it is not.
    """
    try:
        now: Any = read(original.path)
    except FileFailed:
        now = None
    kept = ("st_dev", "st_ino", "st_uid", "st_gid", "st_mode")
    if (
        now is None
        or (now.real, now.data) != (original.real, original.data)
        or any(getattr(now.status, name) != getattr(original.status, name) for name in kept)
    ):
        raise FileFailed("somebody else has changed it in this moment. Run again.")


def back_up(original: Original, now: datetime) -> str:
    """Copy the file in its folder, with owner and mode, under a name that a web server executes and never shows.

    :arg now: the time in UTC.
    :returns: the path of the copy.
    :raises FileFailed: it cannot be made; there is none then.
    """
    path = os.path.join(os.path.dirname(original.real), now.strftime("wp-config-backup-%Y%m%dT%H%M%S.%fZ.php"))
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise FileFailed(f"the backup {path} cannot be made: {error.strerror}.") from None
    try:
        _fill(handle, original.data, original.status)
    except OSError as error:
        os.unlink(path)
        raise FileFailed(f"the backup {path} cannot be made: {error.strerror}.") from None
    return path


def replace(module: Any, real: str, data: bytes) -> None:
    """Put a new file in the place of the one at ``real``, with its owner, group and mode: in one step, so that it is never half-written.

    :arg module: the AnsibleModule.
    :arg real: a path without symbolic links.
    :raises FileFailed: nothing was replaced.
    """
    try:
        handle, new = tempfile.mkstemp(dir=module.tmpdir, suffix=".php")
        # Here, because atomic_move() goes on where it cannot keep the owner.
        _fill(handle, data, os.stat(real))
        module.atomic_move(new, real)
    # That is what atomic_move() raises.
    except Exception as error:  # pylint: disable=broad-except
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise FileFailed(f"it cannot be replaced: {said}. It is as it was.") from None


def _fill(handle: int, data: bytes, like: os.stat_result) -> None:
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fchown(handle, like.st_uid, like.st_gid)
        os.fchmod(handle, stat.S_IMODE(like.st_mode))
        os.fsync(handle)


def _owner(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)
