# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 the wpmultisite.runcloud authors
"""Puts a get-pip script into ansible-test's cache, made from the package index's own pip wheel.

ansible-test makes its virtual environments with a get-pip script that it downloads from a site of
its own. Where only a package index can be reached, this stand-in does the same work; a script that
is in the cache already is left alone.
"""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

STAND_IN = """\
import runpy
import sys
from pathlib import Path

wheel = str(Path(__file__).with_name({wheel!r}))
sys.path.insert(0, wheel)
# get-pip's own options are no options of pip's.
options = [word for word in sys.argv[1:] if word.startswith("--") and word not in ("--no-setuptools", "--no-wheel")]
sys.argv[1:] = ["install", "--upgrade", "--no-index", "--no-deps", wheel, *options]
runpy.run_module("pip", run_name="__main__", alter_sys=True)
"""


def wanted_pip() -> str:
    """The pip version that this ansible-test bootstraps its environments with."""
    spec = find_spec("ansible_test")
    assert spec and spec.submodule_search_locations
    source = Path(spec.submodule_search_locations[0], "_internal", "python_requirements.py").read_text()
    match = re.search(r"\bpip='([0-9.]+)'", source)
    if match is None:
        sys.exit("error: this ansible-test does not say which pip it wants")
    return match[1]


def main() -> None:
    version = wanted_pip()
    cache = Path("~/.ansible/test/cache").expanduser()
    script = cache / f"get_pip_{version.replace('.', '_')}.py"
    if script.exists():
        return
    cache.mkdir(parents=True, exist_ok=True)
    pip = [sys.executable, "-m", "pip", "-qq"]
    subprocess.run([*pip, "download", "--no-deps", "--dest", str(cache), f"pip=={version}"], check=True)
    script.write_text(STAND_IN.format(wheel=f"pip-{version}-py3-none-any.whl"))


if __name__ == "__main__":
    main()
