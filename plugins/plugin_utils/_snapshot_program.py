# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PHP program that prints the snapshot of one multisite, as text, for a web host that is to run nothing else of ours.

It does what ``module_utils/_snapshot_php.py`` does in Python: it gives the same reader to another PHP, so that whatever ``wp-config.php`` prints, or
however it ends, meets that PHP alone. What it prints is checked once more by ``multisite_info`` with ``source: command``.
"""

from __future__ import annotations

import json
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.wpmultisite.runcloud.plugins.module_utils import _snapshot
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._snapshot_php import (
    AS_USER,
    PHP_SETTINGS,
    SET_HTTP_HOST,
    WORDS,
    mistakes,
)
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._snapshot_php_program import PROGRAM
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._snapshot_tables import (
    PLUGINS,
    completed,
    plan,
    title,
)
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._snapshot_words import ERRNO, OTHER_ERRNO

# Seconds: for the whole, and for the connection to the database, which PHP gives up first, because then it can say so.
TIMEOUT, CONNECT_TIMEOUT = 60, 15

# PHP 7.2 or newer. @ABOUT@ and @READER@ stand in nowdocs, where nothing has to be quoted.
SHELL = r"""<?php
// @MARK@
// Prints the networks, sites and mapped domains of one WordPress multisite as a JSON document and changes nothing. What
// it is given (arguments, standard input, SSH_ORIGINAL_COMMAND) is not looked at. Where it fails it prints nothing,
// says why on the standard error output, and ends with status 3.
PHP_SAPI === 'cli' || exit(3);

final class WpmSnapshot
{
    private static $about;

    public static function main($about, $reader)
    {
        self::$about = $about;
        $root = $about['asked']['root'];
        try {
            $text = json_encode(self::snapshot($root, $reader));
        } catch (RuntimeException $error) {
            $words = preg_replace('/\s+/', ' ', $error->getMessage());
            fwrite(STDERR, "Cannot read the multisite in $root: $words\n");
            return 3;
        }
        // Not echo: php.ini may send that through a filter.
        return @fwrite(STDOUT, "$text\n") === strlen($text) + 1 ? 0 : 3;
    }

    private static function snapshot($root, $reader)
    {
        if (!is_dir($root)) {
            throw new RuntimeException(self::$about['no_folder']);
        }
        $answer = self::ask($reader);
        if (isset($answer['error'])) {
            throw new RuntimeException(self::explain($answer));
        }
        $facts = $answer['facts'];
        self::checkCharsets($facts);
        $facts['wordpress'] += ['root' => $root, 'root_real' => realpath($root)];
        $known = array_fill_keys(self::$about['mapping_keys'], null);
        foreach ($facts['mappings'] as $i => $row) {
            $facts['mappings'][$i] = array_merge($known, $row);
        }
        $keys = array_flip(self::$about['keys']);
        return ['format' => self::$about['format'], 'source' => 'command'] + array_intersect_key($facts, $keys);
    }

    /** Runs the reader in a PHP of its own. Its error output is thrown away, because it may hold secrets. */
    private static function ask($reader)
    {
        $fence = bin2hex(random_bytes(16));
        $asked = base64_encode(json_encode(self::$about['asked'] + ['fence' => $fence]));
        $command = 'exec ' . escapeshellarg(PHP_BINARY);
        foreach (self::$about['settings'] as $setting) {
            $command .= ' -d ' . escapeshellarg($setting);
        }
        $process = proc_open($command, [['pipe', 'r'], ['pipe', 'w'], ['file', '/dev/null', 'w']], $pipes);
        if ($process === false) {
            throw new RuntimeException('PHP cannot start another PHP. Look at the limits of this user (ulimit -u).');
        }
        @fwrite($pipes[0], str_replace('@INPUT@', $asked, $reader));
        fclose($pipes[0]);
        $said = self::listen($pipes[1], $process);
        fclose($pipes[1]);
        $status = proc_close($process);
        $parts = explode($fence, $said);
        if (count($parts) !== 5) {
            $how = count($parts) === 1 ? 'did not run the reader' : 'ended without an answer';
            throw new RuntimeException(PHP_BINARY . " $how (exit status $status). Look into the system's log.");
        }
        $answer = json_decode($parts[3], true);
        // A byte order mark or blank lines around the PHP code are no printing that anybody meant.
        if (isset($answer['facts']) && trim($parts[2] . $parts[4], " \t\r\n\0\x0b\xef\xbb\xbf") !== '') {
            $answer = ['error' => 'config_prints', 'details' => []] + $answer;
        }
        return $answer;
    }

    private static function listen($pipe, $process)
    {
        $said = '';
        $end = microtime(true) + self::$about['timeout'];
        while (!feof($pipe)) {
            list($ready, $write, $except) = [[$pipe], null, null];
            $left = (int) ceil($end - microtime(true));
            if ($left <= 0 || !stream_select($ready, $write, $except, $left)) {
                proc_terminate($process, 9);
                throw new RuntimeException(self::$about['too_long']);
            }
            $said .= fread($pipe, 65536);
        }
        return $said;
    }

    /** Nobody can tell which name is meant by letters beyond ASCII in a column of another character set than Unicode. */
    private static function checkCharsets($facts)
    {
        $wrong = [];
        foreach (self::$about['asked']['plan']['tables'] as $kind => $about) {
            $foreign = !preg_match('/^(utf|ucs2|ascii|binary|$)/', (string) $facts['charsets'][$kind]);
            foreach ($foreign ? $facts[$kind] : [] as $row) {
                if (preg_match('/[^\x00-\x7f]/', $row['domain'])) {
                    $wrong[$about['table']][] = $row['id'];
                }
            }
        }
        foreach ($wrong as $table => $ids) {
            $named = self::table($facts['prefix'] . $table) . ', id ' . implode(', ', array_slice($ids, 0, 10));
            throw new RuntimeException(strtr(self::$about['garbled'], ['{where}' => $named]));
        }
    }

    /** The reader's error in words. None of them is of wp-config.php or of the database. */
    private static function explain($answer)
    {
        $details = $answer['details'] + array_fill_keys(['names', 'lines', 'tables', 'columns'], []);
        $details += array_fill_keys(['errno', 'version', 'extension', 'line', 'class', 'words'], null);
        $code = empty($details['other_above']) ? $answer['error'] : 'other_config';
        $config = $answer['config'];
        $called = [
            '{account}' => "DB_USER and DB_PASSWORD in $config",
            '{user}' => "DB_USER of $config",
            '{host}' => "DB_HOST in $config",
            '{name}' => "DB_NAME in $config",
        ];
        $errors = self::$about['errno'];
        $number = (int) $details['errno'];
        $error = isset($errors[$number]) ? $errors[$number] : self::$about['other_errno'];
        $tables = implode(', ', $details['tables']);
        $fields = [
            '{user}' => self::user(),
            '{config}' => $config,
            '{prefix}' => "\$table_prefix in $config",
            '{name}' => $called['{name}'],
            '{version}' => $details['version'],
            '{extension}' => $details['extension'],
            '{names}' => implode(', ', $details['names']),
            '{tables}' => self::table($tables),
            '{plugin}' => self::$about['plugin'],
            '{line}' => $details['line'],
            '{lines}' => implode(', ', $details['lines']),
            '{place}' => "line $details[line]" . (empty($details['included']) ? '' : ' of a file that it includes'),
            '{thrown}' => $details['words'] === null ? $details['class'] : $details['words'],
            '{reason}' => "$error[0] (error $number" . ($tables === '' ? '' : ", table $tables") . ')',
            '{database}' => strtr($error[1], $called),
        ];
        if ($code === 'table_unfit') {
            $about = self::$about['asked']['plan']['tables'][$details['kind']];
            $fields['{table}'] = self::table($details['prefix'] . $about['table']);
            $fields['{columns}'] = implode(', ', $details['columns']);
        }
        return strtr(self::$about['words'][$code], $fields) . ($answer['wants_http_host'] ? self::$about['hint'] : '');
    }

    private static function table($names)
    {
        return (strpos($names, ',') === false ? 'table ' : 'tables ') . $names;
    }

    private static function user()
    {
        $user = function_exists('posix_getpwuid') ? posix_getpwuid(posix_geteuid()) : false;
        return $user ? $user['name'] : get_current_user();
    }
}

$wpm_about = <<<'WPM_ABOUT'
@ABOUT@
WPM_ABOUT;

$wpm_reader = <<<'WPM_READER'
@READER@
WPM_READER;

exit(WpmSnapshot::main(json_decode($wpm_about, true), $wpm_reader));
"""
MARK = "The snapshot program of the Ansible collection wpmultisite.runcloud."
_GARBLED = (
    "{where}: domain is not in plain letters, and its column's character set often holds such names garbled."
    " Convert the table to utf8mb4, and look whether the names are right."
)
_UNFIT = (
    "the {table} is not the one that {plugin} makes: its columns are {columns}. Run the database upgrade of WordPress and of the mapping plugin;"
    " if the table is another plugin's, correct mapping_plugin."
)


def snapshot_program(path: str, mapping_plugin: str = "ultimate_multisite", http_host: str | None = None) -> str:
    """The text of the program.

    :arg path: the WordPress folder on the web host, absolute.
    :arg mapping_plugin: as the option of ``multisite_info``.
    :arg http_host: what ``wp-config.php`` finds as its host name; None or an empty text for none.
    :raises AnsibleFilterError: these are not what they should be.
    """
    host = http_host or None
    wrong = [
        f"{name} must be a text." for name, value in (("path", path), ("http_host", host or "")) if not _text(value)
    ]
    wrong = wrong or list(mistakes({"path": path, "http_host": host, "timeout": TIMEOUT}))
    if mapping_plugin not in PLUGINS:
        wrong.append(f"mapping_plugin is {mapping_plugin!r}, but must be one of {', '.join(PLUGINS)}.")
    if wrong:
        raise AnsibleFilterError(f"Cannot write the snapshot program: {' '.join(wrong)}")
    about = json.dumps(_about(path.rstrip("/") or "/", mapping_plugin, host))
    # What is given comes last: it may hold such a word itself.
    return SHELL.replace("@MARK@", MARK).replace("@READER@", PROGRAM.strip()).replace("@ABOUT@", about)


def _text(value: Any) -> bool:
    return isinstance(value, str) and value.isprintable()


def _about(root: str, mapping_plugin: str, host: str | None) -> dict[str, Any]:
    """All that the program knows, as plain data."""
    as_user = "Run the program as the site's user."
    words = {code: ". ".join(text).replace(AS_USER, as_user) for code, text in WORDS.items()}
    return {
        "asked": {"root": root, "http_host": host, "plan": plan(mapping_plugin), "connect_timeout": CONNECT_TIMEOUT},
        "timeout": TIMEOUT,
        "settings": PHP_SETTINGS,
        "format": _snapshot.FORMAT,
        "keys": ["wordpress", "mapping_plugin", "settings", *_snapshot.ROWS, "counts"],
        "mapping_keys": list(completed([{}])[0]),
        "plugin": "" if mapping_plugin == "none" else title(mapping_plugin),
        "words": {**words, "table_unfit": _UNFIT},
        "errno": ERRNO,
        "other_errno": OTHER_ERRNO,
        "no_folder": f"it is no folder that exists. Correct path. {as_user}",
        "too_long": f"PHP did not finish within {TIMEOUT} seconds. Is the database busy?",
        "garbled": _GARBLED,
        "hint": f" {SET_HTTP_HOST}",
    }
