# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module of the collection in this process, with its real arguments and its real output."""

from __future__ import annotations

import importlib
import json
from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

import pytest
from ansible.module_utils import _internal
from ansible.module_utils.common import warnings
from ansible.module_utils.testing import patch_module_args


def called(module: str, arguments: Mapping[str, Any], capfd: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The result of a module, failed or not, with the raw output in ``output``."""
    loaded = importlib.import_module(f"ansible_collections.wpmultisite.runcloud.plugins.modules.{module}")
    capfd.readouterr()
    # One process is one task to Ansible, so the warnings of an earlier call would come again.
    warnings._global_warnings.clear()
    # Another test of this process may have imported Ansible's controller side, after which a module prints its warnings itself.
    controller = patch.object(_internal, "is_controller", False)
    with controller, patch_module_args(dict(arguments)), pytest.raises(SystemExit) as ended:
        loaded.main()
    output = "".join(capfd.readouterr())
    result: dict[str, Any] = json.loads(output)
    assert bool(ended.value.code) is bool(result.get("failed"))
    return {**result, "output": output}
