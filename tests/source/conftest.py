# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""How these tests call the module: in this process, with its real arguments and its real output."""

from __future__ import annotations

import importlib
import json
from typing import Any, Protocol

import pytest
from ansible.module_utils import _internal
from ansible.module_utils.common import warnings
from ansible.module_utils.testing import patch_module_args

from tests.wordpress import Network


class Module(Protocol):
    """Runs ``multisite_info`` with options and gives its result."""

    def __call__(self, network: Network | None = None, /, **options: Any) -> dict[str, Any]: ...


def pytest_configure(config: pytest.Config) -> None:
    # Does nothing where the plugin was loaded for all tests already.
    config.pluginmanager.import_plugin("tests.wordpress.plugin")


@pytest.fixture
def info(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Module:
    """Calls the module; a network stands for the option ``path``. The result has the raw output in ``output``."""
    module = importlib.import_module("ansible_collections.wpmultisite.runcloud.plugins.modules.multisite_info")
    # Another test of this process may have imported Ansible's controller side, after which a module prints its warnings itself.
    monkeypatch.setattr(_internal, "is_controller", False)

    def call(network: Network | None = None, /, **options: Any) -> dict[str, Any]:
        if network is not None:
            options = {"path": str(network.path), **options}
        capfd.readouterr()
        # One process is one task to Ansible, so the warnings of an earlier call would come again.
        warnings._global_warnings.clear()
        with patch_module_args(options), pytest.raises(SystemExit) as ended:
            module.main()
        output = "".join(capfd.readouterr())
        result: dict[str, Any] = json.loads(output)
        assert bool(ended.value.code) is bool(result.get("failed"))
        return {**result, "output": output}

    return call


@pytest.fixture
def failure(info: Module) -> Any:
    """Calls the module, which must fail, and gives its message."""

    def call(network: Network | None = None, /, **options: Any) -> str:
        result = info(network, **options)
        assert result.get("failed"), result
        assert "snapshot" not in result
        return str(result["msg"])

    return call
