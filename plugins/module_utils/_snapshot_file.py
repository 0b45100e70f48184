# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes a snapshot from a document in YAML or JSON."""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import missing_required_lib

from ._snapshot_words import ReadFailed, checked

try:
    import yaml
except ImportError:
    YAML_ERROR = traceback.format_exc()
else:
    YAML_ERROR = ""


def read(params: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """The snapshot in the file that the option ``file`` names, and warnings (none).

    :raises ReadFailed: there is no such document, or it is no snapshot.
    """
    path = params["file"]
    try:
        with open(path, encoding="utf-8-sig") as file:
            text = file.read()
    except OSError as error:
        raise ReadFailed(
            f"Cannot read the snapshot {path}: {error.strerror}. Set file to the whole path of the document."
        ) from None
    except UnicodeDecodeError:
        raise ReadFailed(f"The snapshot {path} is not UTF-8 text. Write it again.") from None
    document = _parse(path, text)
    try:
        return checked(document, "Write it again."), []
    except ReadFailed as error:
        raise ReadFailed(f"The snapshot {path} cannot be used: {error}") from None


def _parse(path: str, text: str) -> Any:
    # JSON first: it needs no library, and takes a thousandth of the time.
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        if YAML_ERROR:
            raise ReadFailed(missing_required_lib("PyYAML"), YAML_ERROR) from None
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # ValueError: a date or a number that cannot be
        # Not str(error): that quotes the document.
        mark: Any = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else type(error).__name__
        raise ReadFailed(f"The snapshot {path} is neither YAML nor JSON ({place}). Write it again.") from None
