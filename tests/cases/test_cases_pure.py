# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every edge case through the filter and the plan, without I/O."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.wpmultisite.runcloud.plugins.filter.desired_domains import desired_domains
from ansible_collections.wpmultisite.runcloud.plugins.module_utils import _snapshot
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._plan import make_plan
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._plan_dns import read_dns, with_dns
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._plan_shapes import Action, Plan
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._wishes import read_options
from ansible_collections.wpmultisite.runcloud.plugins.modules.runcloud_domains import OPTIONS

from .case import Case, runnable
from .rows import NETWORK, records

IN_STEP = ("network", "domains", "refused", "roots", "subdomain_install")


def plan(case: Case, desired: dict[str, Any]) -> Plan:
    """The plan as the module makes it from the desired document."""
    # No case is about patience: where one purges, what nothing wants goes at once.
    given = {**{name: desired[name] for name in IN_STEP}, "grace_period": 0, "min_absences": 1, **case.module}
    given["dns"] = case.facts(desired)
    checked = ArgumentSpecValidator(OPTIONS).validate(given)
    assert checked.error_messages == []
    wishes, policy, faults = read_options(checked.validated_parameters, no_edit="")
    facts = read_dns(checked.validated_parameters, faults)
    assert faults == []
    wishes = with_dns(wishes, facts, NETWORK)
    # What the module reads from the panel before it decides.
    auto = checked.validated_parameters["add_when"] == "auto" and case.ssl != "advanced"
    return make_plan(wishes, records(*case.records()), policy._replace(only_ready=policy.only_ready or auto))


def told(plan: Plan) -> dict[str, Any]:
    """The lists of a plan in the words of the module's result."""
    lists = {name: getattr(plan, name) for name in ("waiting", "kept", "covered", "differs", "refused", "stops")}
    return {**lists, **{f"{kind.rstrip('e')}ed": _entries(plan.of(kind)) for kind in ("add", "update", "remove")}}


def _entries(actions: list[Action]) -> list[dict[str, Any]]:
    return [{"name": action.name, **action.flags, "reason": action.reason} for action in actions]


@pytest.mark.parametrize("case", runnable("filter"), ids=str)
def test_filter_and_plan(case: Case) -> None:
    snapshot = case.snapshot()
    assert _snapshot.faults(snapshot) == []
    desired = desired_domains(snapshot, **case.filter)
    assert desired["refused"] == []
    case.check(told(plan(case, desired)), desired)
