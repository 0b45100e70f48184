# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be changed safely is refused with its line, and then nothing at all is written."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.wp_config.conftest import Module, Site, absent, present

END = "// stop editing\nrequire_once ABSPATH . 'wp-settings.php';\n"
# The code between <?php, which is line 1, and END; the line that is told; words of the reason.
UNSAFE = {
    "or": ("defined('X') || define('X', 1);", 2, "as part of a condition"),
    "or_word": ("\ndefined('X') or define('X', 1);", 3, "as part of a condition"),
    "negated": ("if (!defined('X')) {\n define('X', 1); }", 3, "inside a condition"),
    "without_braces": ("if (true)\n  define('X', 1);", 3, "as part of a condition"),
    "else": ("if (false) $a = 1; else\ndefine('X', 1);", 3, "as part of a condition"),
    "do": ("do define('X', 1); while (false);", 2, "as part of a condition"),
    "colon": ("if (true):\n define('X', 1); endif;", 3, "inside a condition"),
    "else_colon": ("if (false): else:\n define('X', 1); endif;", 3, "inside a condition"),
    "nested_colon": ("while (true): if (true): endif;\n define('X', 1); break; endwhile;", 3, "inside a condition"),
    **{
        f"{word}_colon": (f"{word} ({head}): {case}\n$a = 1; define('X', 1); break; end{word};", 3, "inside a condition")
        for word, head, case in (
            ("for", ";;", ""),
            ("foreach", "[1] as $i", ""),
            ("while", "true", ""),
            ("switch", "1", "case 1:"),
        )
    },
    "declare_colon": ("declare(ticks=1): $a = 1; define('X', 1); enddeclare;", 2, "inside a condition"),
    "html_in_condition": ("if (true): ?>\n<?php define('X', 1); endif;", 3, "inside a condition"),
    "case": ("switch (1) { case 1: define('X', 1); }", 2, "inside a condition"),
    "function": ("function f() { define('X', 1); }\nf();", 2, "inside a condition"),
    "after_braces_in_a_text": ('function f() { $a = "{$GLOBALS}"; define(\'X\', 1); }', 2, "inside a condition"),
    "after_old_braces_in_a_text": ('function f() { $a = "${b}"; define(\'X\', 1); }', 2, "inside a condition"),
    "after_an_attribute": ("function f() { $a = new #[A] class {}; define('X', 1); }", 2, "inside a condition"),
    "closure": ("(function () { define('X', 1); })();", 2, "inside a condition"),
    "loop": ("foreach ([1] as $i) { define('X', $i); }", 2, "inside a condition"),
    "silenced": ("@define('X', 1);", 2, "as part of a condition"),
    "assigned": ("$x = define('X', 1);", 2, "as part of a condition"),
    "added_to": ("define('X', 1) + 1;", 2, "as part of a condition"),
    "label": ("a: define('X', 1);", 2, "as part of a condition"),
    "echoed": ("?>\n<?= define('X', 1) ?>\n<?php", 3, "as part of a condition"),
    "const": ("const X = 1;", 2, "by const"),
    "second_const": ("const Y = [1, 2],\nX = 1;", 3, "by const"),
    "twice": ("define('X', 1);\n\nif (false) define('X', 1);", 2, "more than once (lines 2, 4)"),
    "const_and_define": ("if (false) define('X', 1);\nconst X = 2;", 2, "more than once (lines 2, 3)"),
    "three_arguments": ("define('X', 1, false);", 2, "two arguments"),
    "any_case": ("if (0) define('x', 1, true);", 2, "two arguments"),
    "namespace": ("namespace A;\ndefine('X', 1);", 2, "a namespace"),
}  # fmt: skip
# The same for names that are not in the file, with other.php beside it.
UNCLEAR = {
    "included": ("\nrequire __DIR__ . '/other.php';", 2, "other.php, line 2"),
    "included_by_name": ("include('other.php');", 2, "other.php, line 2"),
    "included_by_condition": ("if (1) { require_once ABSPATH . 'wp/../' . 'other.php'; }", 2, "other.php, line 2"),
    "included_by_dirname": ("(include dirname(__DIR__) . '/site/other.php') || die;", 2, "other.php, line 2"),
    "included_by_levels": ("include \\dirname(__FILE__, 2) . '/site/other.php' ?>\n<?php", 2, "other.php, line 2"),
    "included_namespace": ("include 'named.php';", 1, "named.php, line 1"),
    "included_again": ("require_once __DIR__ . '/chain.php';", 2, "other.php, line 2"),
    "unreadable_path": ("\n@include $folder . '/x.php';", 3, "a path that cannot be read"),
    "unreadable_in_condition": ("if (0) include getenv('X');", 2, "a path that cannot be read"),
    "unreadable_string": ('include "{$_SERVER[\'HOME\']}/x.php";', 2, "a path that cannot be read"),
    "unreadable_level": ("include dirname(__FILE__, $n) . '/x.php';", 2, "a path that cannot be read"),
    "elsewhere": ("include 'https://example.com/x.php';", 2, "a path that cannot be read"),
    "folder": ("include __DIR__;", 2, "a path that cannot be read"),
    "included_unclear": ("require __DIR__ . '/dynamic.php';", 3, "dynamic.php, line 3: there is code"),
    "included_unreadable": ("require __DIR__ . '/further.php';", 1, "further.php, line 1: a file is included"),
    "variable": ("\ndefine($name, 1);", 3, "names cannot be read"),
    "joined": ("define('X' . '', 1);", 2, "names cannot be read"),
    "spread": ("define(...['X', 1]);", 2, "names cannot be read"),
    "loop": ("foreach (['X' => 1] as $k => $v) { define($k, $v); }", 2, "names cannot be read"),
    "callback": ("array_map('define', ['X'], [1]);", 2, "names cannot be read"),
    "alias": ("use function define as d;\nd('X', 1);", 2, "names cannot be read"),
    "eval": ("eval('');", 2, "names cannot be read"),
}  # fmt: skip
OTHER = {
    "other.php": "<?php\nif (!defined('X')) { define('X', 1); }",
    "chain.php": "<?php include_once 'other.php'; include 'chain.php';",
    "named.php": "<?php namespace { const Y = 1, X = 2; }",
    "dynamic.php": "<?php\n\ndefine(strtoupper('x'), 1);",
    "further.php": "<?php include $file;",
}


def refused(module: Module, site: Site, *wishes: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    """What is refused, after a look that nothing else came of it."""
    text, files = site.config.read_bytes(), site.files()
    result = module(site, *wishes, **options)
    assert result.get("failed") and not result.get("changed"), result
    assert set(result) <= {"failed", "msg", "refused", "output", "invocation"}
    assert site.config.read_bytes() == text and site.files() == files
    rows: list[dict[str, Any]] = result["refused"]
    for row in rows:
        assert row["reason"] in result["msg"] and row["name"] in result["msg"]
    return rows


@pytest.mark.parametrize("name", UNSAFE)
def test_a_definition_that_is_not_plain(module: Module, site: Site, name: str) -> None:
    code, line, words = UNSAFE[name]
    site.write(
        f"<?php{' ' if 'namespace' in code else chr(10)}{code}\n{END}".replace("<?php namespace", "<?php\nnamespace")
    )
    (changed,) = refused(module, site, present("X", "other"), present("NEW", 1))[:1]
    (removed,) = refused(module, site, absent("X"))
    assert changed == removed and (changed["name"], changed["line"]) == ("X", line)
    assert words in changed["reason"]


@pytest.mark.parametrize("name", UNCLEAR)
def test_a_constant_that_may_come_from_elsewhere(module: Module, site: Site, name: str) -> None:
    code, line, words = UNCLEAR[name]
    for file, text in OTHER.items():
        (site.folder / file).write_text(text)
    site.write(f"<?php\n{code}\n{END}")
    (added,) = refused(module, site, present("X", 1))
    (removed,) = refused(module, site, absent("X"))
    assert added == removed and (added["name"], added["line"]) == ("X", line)
    assert words in added["reason"]


def test_a_path_that_cannot_be_read_is_no_matter_for_what_is_in_the_file(module: Module, site: Site) -> None:
    site.write(f"<?php\ndefine('X', 1);\ninclude $_SERVER['nothing'] ?? __DIR__ . '/no.php';\n{END}")
    assert module(site, present("X", 2))["changed"] is True
    assert "define('X', 2);" in site.text


def test_names_that_cannot_be_read_leave_alone_what_is_right(module: Module, site: Site) -> None:
    site.write(f"<?php\ndefine('X', 1);\ndefine(strtoupper('y'), 1);\n{END}")
    assert module(site, present("X", 1))["changed"] is False
    assert [row["line"] for row in refused(module, site, present("X", 2))] == [3]
    assert [row["line"] for row in refused(module, site, absent("X"))] == [3]


def test_an_included_file_defines_it_too(module: Module, site: Site) -> None:
    (site.folder / "other.php").write_text(OTHER["other.php"])
    site.write(f"<?php\ndefine('X', 1);\ninclude __DIR__ . '/other.php';\n{END}")
    (row,) = refused(module, site, present("X", 1))
    assert "line 2 of" in row["reason"] and "defines it, too" in row["reason"]


def test_a_config_above_wordpress_includes_from_there(module: Module, site: Site) -> None:
    below = site.folder / "public"
    below.mkdir()
    (site.folder / "wp-settings.php").rename(below / "wp-settings.php")
    (below / "other.php").write_text(OTHER["other.php"])
    site.write(f"<?php\ninclude ABSPATH . 'other.php';\n{END}")
    (row,) = refused(module, site, present("X", 1))
    assert f"{below}/other.php, line 2" in row["reason"]
    (below / "wp-settings.php").unlink()
    (row,) = refused(module, site, present("X", 1))
    assert "a path that cannot be read" in row["reason"]


def test_includes_of_a_linked_config_are_looked_for_where_it_lies(module: Module, site: Site, tmp_path: Path) -> None:
    real = tmp_path / "shared"
    real.mkdir()
    (real / "other.php").write_text(OTHER["other.php"])
    site.write(f"<?php\ninclude __DIR__ . '/other.php';\n{END}")
    site.config.rename(real / "wp-config.php")
    site.config.symlink_to(real / "wp-config.php")
    (row,) = refused(module, site, present("X", 1))
    assert f"{real}/other.php, line 2" in row["reason"]


@pytest.mark.parametrize(
    "text",
    [
        "<?php\ndefine('A', 1);\n",
        "<?php\n  require_once ABSPATH . 'wp-settings.php';\n",
        "<?php\nif (true) {\n/* stop editing */\nrequire_once ABSPATH . 'wp-settings.php';\n}\n",
        "<?php\n$x = [\n/* stop editing */\n];\n",
        "/* stop editing */\n<?php /* stop editing */\n",
        "<?php\n/* one\ntwo */ /* stop editing */\n",
        "<?php ?>\n<?php /* stop editing */ ?>\n",
        "<?php\nrequire_once ABSPATH . 'wp-settings.php.bak';\n",
    ],
)
def test_no_place_for_a_new_one(module: Module, site: Site, text: str) -> None:
    (site.folder / "wp-settings.php.bak").write_text("")
    site.write(text)
    (row,) = refused(module, site, present("X", 1), absent("Y"))
    assert row["line"] is None and "no place to insert" in row["reason"]
    assert module(site, absent("X"))["changed"] is False


def test_all_refusals_are_told_at_once(module: Module, site: Site) -> None:
    site.write(f"<?php\nconst A = 1;\nif (1) define('B', 's3cret-of-somebody');\ndefine('C', 1);\n{END}")
    secret = [{"name": "B", "value": "another-secret"}]
    rows = refused(module, site, present("A", 2), present("C", 2), absent("D"), secret_constants=secret)
    assert [(row["name"], row["line"]) for row in rows] == [("A", 2), ("B", 3)]


@pytest.mark.parametrize(
    "expression",
    [
        "1); define('Y', 2",
        "1); exit; define('Z', 1",
        "1, 2",
        "1;",
        "1 // no",
        "1 /* no */",
        "1 # no",
        "(1",
        "1)",
        "$",
        "'a",
        "1 ?>",
        "1 1",
        "",
        "   ",
        "1\n",
        "define('Y', 2)",
        "__halt_compiler()",
        "<<<A\nx\nA",
    ],
)
def test_an_expression_is_one_value_and_nothing_more(module: Module, site: Site, expression: str) -> None:
    text = site.text
    result = module(site, {"name": "X", "expression": expression}, present("Z", 1))
    assert result.get("failed") and site.text == text
    assert ("X: expression" in result["msg"]) is (expression != "define('Y', 2)")


def test_a_name_of_php_itself(module: Module, site: Site) -> None:
    message = module(site, present("PHP_VERSION", "1"), present("E_ALL", 1), present("X", 1))["msg"]
    assert "PHP_VERSION: PHP itself defines" in message and "E_ALL: PHP itself" in message and "X:" not in message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no <?php"),
        ("define('A', 'inn3r-text');\n", "no <?php"),
        ('<?php\ndefine("A\\u{110000}", 1);\n// stop editing\n', "not valid PHP (line 2)"),
        ("<?php\n\ndefine('A', 'inn3r-text';\n// stop editing\n", "not valid PHP (line 3)"),
        ("<?php\nfunction inn3r() {}\nfunction inn3r() {}\n// stop editing\n", "not valid PHP (line 3)"),
        ("<?php\n/* stop editing: inn3r", "not valid PHP (line 2)"),
    ],
)
def test_a_file_that_is_no_valid_php(module: Module, site: Site, text: str, words: str) -> None:
    site.write(text)
    result = module(site, present("X", 1))
    assert words in result["msg"] and "Nothing was changed in" in result["msg"]
    assert "inn3r" not in result["output"] and site.text == text


def test_a_file_that_cannot_be_read(module: Module, site: Site) -> None:
    site.config.unlink()
    assert "there is no such file" in module(site, present("X", 1))["msg"]
    site.config.symlink_to("nowhere.php")
    assert f"It is a link to {site.folder}/nowhere.php" in module(site, present("X", 1))["msg"]
    site.config.unlink()
    site.config.mkdir()
    assert "it is no file" in module(site, present("X", 1))["msg"]
    site.config.rmdir()
    os.mkfifo(site.config)
    assert "it is no file" in module(site, present("X", 1))["msg"]


def php(tmp_path: Path, script: str) -> str:
    path = tmp_path / "own-php"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_a_php_that_does_not_work(module: Module, site: Site, tmp_path: Path) -> None:
    text = site.text
    told = {
        "/nowhere/php": "cannot start /nowhere/php",
        "/bin/true": "gave no answer",
        php(tmp_path, 'exec php -n -d extension_dir=/nowhere -d disable_functions=token_get_all "$@"'): "tokenizer",
    }
    for program, words in told.items():
        assert words in module(site, present("X", 1), php_executable=program)["msg"]
    assert words in module(site, present("X", 1), php_executable=program)["msg"]
    hangs = php(tmp_path, "sleep 60")
    assert "did not finish within 1 seconds" in module(site, present("X", 1), php_executable=hangs, timeout=1)["msg"]
    no_check = php(tmp_path, 'for word; do [ "$word" = -l ] && exit 3; done; exec php "$@"')
    assert "-l ended with the exit status 3" in module(site, present("X", 1), php_executable=no_check)["msg"]
    assert site.text == text
