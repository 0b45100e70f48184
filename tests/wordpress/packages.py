# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""WordPress from its Debian package, unpacked and not installed: installing it would bring a web server along."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

# What a package's WordPress links to, depending on the release: its Depends would pull the rest of the world.
LIBRARIES = ["php-getid3", "libphp-phpmailer"]


def unpacked_wordpress(cache: Path) -> Path:
    """The folder of an unpacked WordPress below ``cache``, from an earlier run or else from apt's sources."""
    done = cache / "wordpress"
    if not done.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as work:
            made = _unpack(Path(work))
            try:
                # At once, so that a second test run beside this one never sees half of it.
                made.rename(done)
            except OSError:
                assert done.exists()
    return done


def _unpack(work: Path) -> Path:
    for package in ["wordpress", *LIBRARIES]:
        got = subprocess.run(["apt-get", "download", package], cwd=work, capture_output=True, text=True, check=False)
        assert got.returncode == 0, f"apt-get download {package}: {got.stderr}"
    root = work / "root"
    for archive in work.glob("*.deb"):
        subprocess.run(["dpkg-deb", "-x", str(archive), str(root)], check=True)
    made = work / "wordpress"
    _copy(root / "usr/share/wordpress", made, root)
    # Debian's own, for several hosts in one; each test writes the usual one instead.
    (made / "wp-config.php").unlink()
    return made


def _copy(source: Path, target: Path, root: Path) -> None:
    """Copies a tree with its links followed as if ``root`` were the file system; links out of it are left out."""
    target.mkdir()
    for entry in source.iterdir():
        real = entry
        while real.is_symlink():
            link = os.readlink(real)
            real = root / link[1:] if link.startswith("/") else real.parent / link
        if real.is_dir():
            _copy(real, target / entry.name, root)
        elif real.exists():
            shutil.copyfile(real, target / entry.name)
