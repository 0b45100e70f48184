# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of multisite_check are run as they stand, and give back exactly what is documented; its bad input is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from tests.docs.blocks import documented, examples
from tests.playbooks.runner import run, write_json

CHECK = "modules/multisite_check"
NAME = "wpmultisite.runcloud.multisite_check"


def test_the_examples_remember_a_full_check(tmp_path: Path) -> None:
    folder = tmp_path / "network"
    tasks = examples(CHECK, {"/var/lib/wpmultisite/network.com": str(folder)})
    for index, task in enumerate(tasks):
        task["register"] = task.get("register", f"result{index}")
    asked = tasks[0]
    more: dict[str, Any] = {"state_dir": str(folder), "every": 21600}
    tasks += [
        {NAME: {**asked[NAME]}, "register": "again"},
        {NAME: {**more, "compared": {}, "every": -1, "open_every": -1}, "register": "wrong", "ignore_errors": True},
        {NAME: {**more, "state": "done"}, "register": "needy", "ignore_errors": True},
        {NAME: {**more, "state": "forgotten"}, "register": "forgotten"},
        {
            "ansible.builtin.copy": {
                "dest": str(tmp_path / "told.json"),
                "content": "{{ dict(names | zip(query('vars', *names))) | to_json }}",
            },
            "vars": {"names": ["check", "result1", "again", "wrong", "needy", "forgotten"]},
        },
    ]
    play = write_json(tmp_path / "play.yml", [{"hosts": "localhost", "gather_facts": False, "tasks": tasks}])
    # Without an inventory Ansible's own localhost is used, and it warns of that.
    run(
        tmp_path,
        play,
        environment={"ANSIBLE_LOCALHOST_WARNING": "false", "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false"},
    )
    told = json.loads((tmp_path / "told.json").read_text())
    keys = {name: set(row) - {"changed", "failed"} for name, row in told.items()}
    returned = yaml.safe_load(documented(CHECK, "RETURN"))
    first = {name for name, about in returned.items() if about["returned"] == "with O(state=asked)"}
    assert keys["check"] == first and told["check"]["due"] and told["check"]["why"] == "no full check is remembered"
    assert keys["again"] == first | {"checked"} and not told["again"]["due"]
    assert keys["result1"] == {"open"} and told["result1"]["open"] == {}
    assert "every must be a finite number of seconds" in told["wrong"]["msg"] and "open_every" in told["wrong"]["msg"]
    assert "needs digest and begun" in told["needy"]["msg"]
    assert told["forgotten"]["changed"] and not (folder / "check.json").exists()
