# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""PHP's own view of PHP sources: its tokens, and whether they are valid. Nothing of them is ever run."""

from __future__ import annotations

import base64
import json
import re
import secrets
from collections.abc import Sequence
from typing import Any

from . import _process
from ._wp_config_tokens import Token, positioned

_SETTINGS = ("display_errors=stderr", "log_errors=0", "html_errors=0", "auto_prepend_file=", "auto_append_file=")
_WORKED = 0
_INVALID = 255

# The answer stands between two fences, a random word of this run, so that no start-up message of PHP is taken for it.
_PROGRAM = r"""<?php
error_reporting(0);
$in = json_decode(base64_decode('@INPUT@'), true);
$answer = ['lacks' => !function_exists('token_get_all'), 'sources' => [], 'own' => array_values(array_filter($in['names'], 'defined'))];
foreach ($answer['lacks'] ? [] : $in['sources'] as $source) {
    $answer['sources'][] = array_map(function ($token) {
        $token = is_array($token) ? [token_name($token[0]), $token[1]] : [$token, $token];
        return [$token[0], base64_encode($token[1])];
    }, token_get_all(base64_decode($source)));
}
echo $in['fence'], json_encode($answer), $in['fence'];
"""


class PhpFailed(Exception):
    """PHP did not do its part; the text is for a person."""


class Php:
    """The PHP of the command line.

    :arg executable: its name or path.
    :arg timeout: how many seconds each call may take.
    """

    def __init__(self, executable: str, timeout: int) -> None:
        self._executable, self._timeout = executable, timeout

    def tokens(self, *sources: str) -> list[list[Token]]:
        """The tokens of each source.

        :raises PhpFailed: it could not tell.
        """
        return self.look(sources, ())[0]

    def look(self, sources: Sequence[str], names: Sequence[str]) -> tuple[list[list[Token]], list[str]]:
        """The tokens of each source, and which of the constants PHP has by itself.

        :raises PhpFailed: it could not tell.
        """
        answer = self._ask(sources, names)
        found = [positioned((kind, _text(base64.b64decode(text))) for kind, text in rows) for rows in answer["sources"]]
        if ["".join(token.text for token in tokens) for tokens in found] != list(sources):
            raise PhpFailed(
                f"{self._executable} did not read the whole text: it has bytes that PHP skips. Remove them."
            )
        return found, [str(name) for name in answer["own"]]

    def mistake(self, source: str) -> int | None:
        """The line of the first mistake in a source, 0 where PHP named none; None if it is valid.

        :raises PhpFailed: it could not tell.
        """
        status, out, err = self._run(["-l"], _bytes(source))
        if status == _WORKED:
            return None
        line = re.search(rb"on line (\d+)", err + out)
        if status != _INVALID and line is None:
            raise PhpFailed(f"{self._executable} -l ended with the exit status {status}. {_WHICH}")
        return int(line[1]) if line else 0

    def _ask(self, sources: Sequence[str], names: Sequence[str]) -> dict[str, Any]:
        fence = secrets.token_hex(16)
        given = {
            "fence": fence,
            "names": list(names),
            "sources": [base64.b64encode(_bytes(source)).decode() for source in sources],
        }
        asked = base64.b64encode(json.dumps(given).encode()).decode()
        status, out, _err = self._run([], _PROGRAM.replace("@INPUT@", asked).encode())
        parts = out.split(fence.encode())
        if len(parts) != 3:
            raise PhpFailed(f"{self._executable} gave no answer (exit status {status}). {_WHICH}")
        answer: dict[str, Any] = json.loads(parts[1])
        if answer["lacks"]:
            raise PhpFailed(
                f"{self._executable} lacks the extension tokenizer. Install it, or set php_executable to the PHP that runs the site."
            )
        return answer

    def _run(self, words: Sequence[str], given: bytes) -> tuple[int, bytes, bytes]:
        settings = [word for setting in _SETTINGS for word in ("-d", setting)]
        try:
            return _process.run([self._executable, *settings, *words], self._timeout, given, "/")
        except OSError as error:
            raise PhpFailed(
                f"cannot start {self._executable} as the user {_process.user()}: {error.strerror}."
                " Install PHP for the command line, or set php_executable to its path."
            ) from None
        except _process.TookTooLong:
            raise PhpFailed(
                f"{self._executable} did not finish within {self._timeout} seconds. If the host is slow, raise timeout."
            ) from None


_WHICH = "Set php_executable to a PHP for the command line, version 7.2 or newer."


def _text(source: bytes) -> str:
    return source.decode("utf-8", "surrogateescape")


def _bytes(source: str) -> bytes:
    return source.encode("utf-8", "surrogateescape")
