# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of wp_config_constants: read, judge, prove the new text, write."""

from __future__ import annotations

import glob
import os
import tempfile
from collections.abc import Sequence
from datetime import datetime, timezone
from typing import Any, NamedTuple

from ._snapshot_words import ReadFailed
from ._wordpress import check_folder
from ._wordpress_load import fault
from ._wp_config_file import FileFailed, Original, back_up, check_same, check_writable, read, replace
from ._wp_config_includes import Folders, candidates
from ._wp_config_php import Php, PhpFailed
from ._wp_config_plan import Around, Plan, Wish, confirms, plan
from ._wp_config_scan import Found, is_one_expression, loads_settings, scan
from ._wp_config_tokens import BLANK


class ConfigFailed(Exception):
    """Nothing was written; the text is for a person. ``refused``: the constants that are the reason."""

    def __init__(self, words: str, refused: Sequence[dict[str, Any]] | None = None) -> None:
        super().__init__(words)
        self.refused = refused


class _NotLoaded(Exception):
    """The new file was there, and WordPress did not load with it; the text says what is there now."""


class Outcome(NamedTuple):
    """``rows``: what became of each wish; ``before`` and ``after``: the lines of a diff."""

    changed: bool
    real: str
    rows: list[dict[str, Any]]
    before: str
    after: str
    backup_file: str | None


def converge(module: Any, wishes: Sequence[Wish]) -> Outcome:
    """Meet the wishes, all of them or none. In check mode nothing is written.

    :arg module: the AnsibleModule, with the options of wp_config_constants.
    :raises ConfigFailed: nothing was written.
    """
    params = module.params
    try:
        return _converge(module, Php(params["php_executable"], params["timeout"]), wishes)
    except (FileFailed, PhpFailed) as error:
        raise ConfigFailed(f"Nothing was changed in {params['path']}: {error}") from None
    except _NotLoaded as error:
        raise ConfigFailed(f"{params['path']}: {error}") from None


def _converge(module: Any, php: Php, wishes: Sequence[Wish]) -> Outcome:
    original = read(module.params["path"])
    text = original.data.decode("utf-8", "surrogateescape")
    (tokens,), own = php.look([text], [wish.name for wish in wishes])
    found = scan(tokens)
    if not found.has_code:
        raise FileFailed("it is no PHP: it has no <?php. Correct path.")
    line = php.mistake(text)
    if line is not None:
        raise FileFailed(
            f"it is not valid PHP (line {line}). Repair it first; php -l {original.real} shows the mistake."
        )
    wishes = _understood(php, own, wishes)
    plan_ = plan(original.real, tokens, found, _around(php, original, found), wishes)
    if plan_.refused:
        raise _refusal(original, plan_)
    changed, after = plan_.text != text, found
    if changed:
        check_writable(original)
        _check_loadable(module)
        after = _proven(php, plan_, found, wishes)
    backup_file = None
    if changed and not module.check_mode:
        _preview(module, plan_.text, wishes)
        backup_file = back_up(original, datetime.now(timezone.utc)) if module.params["backup"] else None
        try:
            check_same(original)
            replace(module, original.real, plan_.text.encode("utf-8", "surrogateescape"))
            _load(module, original, wishes)
        except (FileFailed, _NotLoaded):
            if backup_file is not None:
                os.unlink(backup_file)
            raise
    lines = {one.name: one.line for one in after.definitions}
    rows = [
        {"name": wish.name, "state": state, "line": lines.get(wish.name, plan_.lines.get(wish.name))}
        for wish, state in zip(wishes, plan_.states)
    ]
    return Outcome(changed, original.real, rows, _joined(plan_.before), _joined(plan_.after), backup_file)


def _check_loadable(module: Any) -> None:
    """Refuse before anything is written what would only be found out afterwards.

    :raises FileFailed: this user may not load WordPress.
    """
    if module.params["load_wordpress"] is not None:
        try:
            check_folder(module.params["load_wordpress"])
        except ReadFailed as error:
            raise FileFailed(f"WordPress could not be loaded afterwards: {error}") from None


def _preview(module: Any, text: str, wishes: Sequence[Wish]) -> None:
    """Load WordPress with the new file before it is in its place, so that a run that is killed leaves no broken site.

    :raises FileFailed: it does not load.
    """
    if module.params["load_wordpress"] is None:
        return
    with tempfile.NamedTemporaryFile(dir=module.tmpdir, suffix=".php") as candidate:
        candidate.write(text.encode("utf-8", "surrogateescape"))
        candidate.flush()
        why = _fault(module, wishes, candidate.name)
    if why is not None:
        raise FileFailed(f"WordPress does not load with the new file, so it was not put in its place. {why}")


def _load(module: Any, original: Original, wishes: Sequence[Wish]) -> None:
    """Load WordPress with the new file in its place, and put the old one back where it does not load.

    :raises _NotLoaded: it does not.
    """
    why = None if module.params["load_wordpress"] is None else _fault(module, wishes)
    if why is None:
        return
    try:
        replace(module, original.real, original.data)
    except FileFailed as error:
        raise _NotLoaded(
            f"WordPress does not load with the new file, which is still there, because {error} {why}"
        ) from None
    raise _NotLoaded(f"WordPress does not load with the new file, so the old one is back. {why}")


def _fault(module: Any, wishes: Sequence[Wish], candidate: str | None = None) -> str | None:
    rows = [
        {"name": wish.name, "defined": wish.php is not None, "compare": wish.literal is not None, "value": _value(wish)}
        for wish in wishes
    ]
    return fault(dict(module.params, path=module.params["load_wordpress"]), rows, candidate)


def _value(wish: Wish) -> Any:
    return None if wish.literal is None else wish.literal.value


def _joined(lines: Sequence[str]) -> str:
    return "".join(line + "\n" for line in lines)


def _understood(php: Php, own: Sequence[str], wishes: Sequence[Wish]) -> list[Wish]:
    """The wishes, expressions with their tokens. ``own``: the names of them that PHP has by itself.

    :raises PhpFailed: a name or an expression is not usable; the text names all of them.
    """
    faults = [f"{name}: PHP itself defines this constant." for name in own]
    known = []
    for wish in wishes:
        if wish.php is not None and wish.literal is None:
            code = php.tokens("<?php " + wish.php)[0][1:]
            if not is_one_expression(code) or php.mistake(f"<?php define('X', {wish.php});") is not None:
                faults.append(f"{wish.name}: expression is not one expression of valid PHP (without a comment).")
            wish = wish._replace(code=tuple(token.text for token in code if token.kind not in BLANK))
        known.append(wish)
    if faults:
        raise PhpFailed(" ".join(faults))
    return known


def _refusal(original: Original, plan_: Plan) -> ConfigFailed:
    said = [f"{row.name}{'' if row.line is None else f' (line {row.line})'}: {row.reason}" for row in plan_.refused]
    return ConfigFailed(
        f"Nothing was changed in {original.path}, because of what cannot be changed safely. " + " ".join(said),
        [row._asdict() for row in plan_.refused],
    )


def _proven(php: Php, plan_: Plan, before: Found, wishes: Sequence[Wish]) -> Found:
    """What PHP reads in the new text.

    :raises FileFailed: it is not valid, or says anything but what was asked for.
    """
    line = php.mistake(plan_.text)
    after = scan(php.tokens(plan_.text)[0])
    if line is not None or not confirms(wishes, before, after):
        raise FileFailed(
            "the new text was not what was asked for, as PHP reads it"
            + ("" if line is None else f" (a mistake in line {line})")
            + ". It is built in an unusual way: change these constants by hand, and report this."
        )
    return after


def _around(php: Php, original: Original, found: Found) -> Around:
    """What is included, directly and by what is included; wp-settings.php is not followed."""
    wordpress = _wordpress(original)
    queue = [(original.real, found)]
    files: dict[str, Found] = {}
    unresolved = []
    while queue:
        path, held = queue.pop()
        for include in held.includes:
            if loads_settings(include.expression):
                continue
            may_be = candidates(include.expression, Folders(path, original.real, wordpress))
            sources = None if may_be is None else _sources({os.path.realpath(one) for one in may_be})
            if sources is None:
                unresolved.append((path, include.line))
                continue
            for real, text in sources.items():
                if real not in files and real != original.real:
                    files[real] = scan(php.tokens(text)[0])
                    queue.append((real, files[real]))
    return Around(tuple(files.items()), tuple(unresolved))


def _sources(paths: set[str]) -> dict[str, str] | None:
    """The text of those that exist; None if one cannot be read."""
    found = {}
    for path in sorted(paths):
        try:
            with open(path, "rb") as file:
                found[path] = file.read().decode("utf-8", "surrogateescape")
        except (FileNotFoundError, NotADirectoryError):
            continue
        except (OSError, ValueError):
            return None
    return found


def _wordpress(original: Original) -> tuple[str, ...]:
    """The folders that ABSPATH may stand for, each with its final slash: wp-config.php may lie in it, be linked from it, or lie above it."""
    folders = [os.path.dirname(os.path.abspath(original.path)), os.path.dirname(original.real)]
    below = [path for folder in folders for path in sorted(glob.glob(os.path.join(glob.escape(folder), "*", "")))]
    found = [folder for folder in (*folders, *below) if os.path.isfile(os.path.join(folder, "wp-settings.php"))]
    return tuple(dict.fromkeys(folder.rstrip("/") + "/" for folder in found))
