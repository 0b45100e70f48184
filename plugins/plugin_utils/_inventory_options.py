# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the inventory plugin: all that is wrong with a file at once, where Ansible says one thing at a time, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, Callable

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._options import SECRETS

_TEMPLATED = (*SECRETS, "api_url", "ca_path")
_TYPES = {"boolean": "bool", "integer": "int", "string": "str"}
_PATTERNS = ("include_servers", "exclude_servers", "include_webapps", "exclude_webapps")


def checked(
    config: Mapping[str, Any], definitions: Mapping[str, Mapping[str, Any]], template: Callable[[Any], Any]
) -> tuple[dict[str, Any], list[str]]:
    """The options by name, defaults for those that are not given or not usable, and every fault.

    :arg definitions: each option as it is documented.
    :arg template: gives the value of a template.
    """
    faults = [_unknown(key, definitions) for key in config if key not in definitions]
    options: dict[str, Any] = {name: definition.get("default") for name, definition in definitions.items()}
    for name, definition in definitions.items():
        value = config.get(name)
        if value is None:
            if definition.get("required"):
                faults.append("%s: is missing." % name)
            continue
        try:
            if name in _TEMPLATED:
                value = _text(template(value))
        except ValueError as exc:
            faults.append("%s: %s." % (name, exc))
            continue
        if name not in SECRETS:
            value, wrong = _typed(name, value, definition)
            if wrong:
                faults.append("%s: %s." % (name, wrong))
                continue
        options[name] = value
    faults += [
        "%s: holds an empty pattern." % name for name in _PATTERNS if any(not one.strip() for one in options[name])
    ]
    return options, faults


def _unknown(key: Any, names: Mapping[str, Any]) -> str:
    near = get_close_matches(str(key), names, 1)
    return "%s: there is no such option%s." % (key, ", perhaps %s is meant" % near[0] if near else "")


def _text(value: Any) -> str | None:
    """:raises ValueError: it is no text. The value is not repeated, it may be a secret."""
    if value is not None and not isinstance(value, str):
        raise ValueError("must be a text; put it into quotes")
    return None if value is None else str(value)


def _typed(name: str, value: Any, definition: Mapping[str, Any]) -> tuple[Any, str]:
    """The value in the type that is documented, or what is wrong with it."""
    spec = {key: definition[key] for key in ("choices", "elements", "type") if key in definition}
    spec["type"] = _TYPES.get(spec.get("type", "str"), spec.get("type", "str"))
    if spec["type"] == "str" and not isinstance(value, str):
        return None, "must be a text; put it into quotes"
    result = ArgumentSpecValidator({name: spec}).validate({name: value})
    if not result.error_messages:
        return result.validated_parameters[name], ""
    # Ansible's own words repeat the value and name Python's types.
    if "choices" in spec:
        return None, "must be one of %s" % ", ".join(spec["choices"])
    return None, "must be of type %s" % spec["type"] + (" of %s" % spec["elements"] if "elements" in spec else "")
