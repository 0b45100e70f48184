# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of every shape: what was asked for changes, as PHP reads the file and byte for byte, and nothing else does.

In each text, @A@ is the value of A, @N@ the place of a new line, and «…» what goes when R does.
"""

from __future__ import annotations

import re

import pytest
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._wp_config_php import Php
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._wp_config_tokens import positioned

from tests.wp_config.conftest import Module, Site, absent, present

STOP = "@N@/* That's all, stop editing! Happy publishing. */\n\nrequire_once ABSPATH . 'wp-settings.php';\n"
SHAPES = {
    "usual": "<?php\n/** The base configuration */\ndefine( 'DB_NAME', 'x' );\ndefine( 'A', @A@ );\n«define( 'R', true );\n»$table_prefix = 'wp_';\n" + STOP,
    "plugin": "<?php\n$table_prefix = 'wp_';\n\ndefine( 'A', @A@ );                            // Automatically injected by Ultimate Multisite;\n\n"
    "«define( 'R', '1' );                              // Automatically injected by Ultimate Multisite;\n»" + STOP,
    "windows": ("<?php\ndefine('A', @A@); // a\n«define('R', 1);\n»\n// b\n" + STOP).replace("\n", "\r\n"),
    "old_mac": ("<?php\ndefine('A', @A@); /* a */\n«define('R', 1);\n»\n" + STOP).replace("\n", "\r"),
    "no_final_newline": "<?php\ndefine('A', @A@);\n@N@/* stop editing */\nrequire ABSPATH . 'wp-settings.php';\n«define('R', 1);»",
    "closing_tag": "<?php\ndefine('A', @A@) ?>\n<?php «define('R', 1)»?>\n<?php\n@N@// Stop Editing\nrequire(ABSPATH . 'wp-settings.php'); ?>\n",
    "first_line": "<?php «define('R', 1); »define('A', @A@);\n" + STOP,
    "first_line_alone": "<?php «define('R', 1);»\ndefine('A', @A@);\n" + STOP,
    "heredoc": "<?php\n$z = [1];\n$x = <<<END\ndefine( 'A', 'no' );\ndefine( 'R', 'no' ); {$_SERVER['argc']} $z[0]\n/* stop editing */\nEND;\n"
    "$y = <<<'END'\nif (1) { define( 'A', 'no' );\nEND;\ndefine('A', @A@);\n«define('R', <<<END\n  long\nEND\n);\n»" + STOP,
    "indented": "<?php\n\t  define('A',\t@A@  )  ;\n«    define('R', 1);\n»" + STOP,
    "commented_out": "<?php\n// define( 'A', 'no' );\n# define('R', 'no');\n/*\ndefine( 'A', 'no' );\n  stop editing? no: */ define( 'A', @A@ );\n"
    "//define('N', 'no');\n«define('R', 2); // define('R', 3);\n»" + STOP,
    "two_on_a_line": "<?php\ndefine('A', @A@);« define('R', 1);»\ndefine('B', 1); «define('R2', 1); »define('C', 1); // c\n" + STOP,
    "both_on_a_line": "<?php\ndefine('A', @A@);\n«define('R', 1); define('R2', 2); // both\n»" + STOP,
    "joined_lines": "<?php\ndefine('A', @A@);\n«define('R', 1); define('R2',\n  2);\n»" + STOP,
    "remark_stays": "<?php\n/* of A */ define('A', /* old */ @A@ /* too */); /* after */\n"
    "/* of R */« define('R', 1);»\n«define('R2', 1); »/* goes\non */\n" + STOP,
    "byte_order_mark": "\ufeff<?php\ndefine('A', @A@);\n«define('R', 1);\n»" + STOP,
    "no_comment": "<?php\ndefine('A', @A@);\n«define('R', 1);\n»/** Sets up WordPress. */\n@N@require_once ABSPATH . 'wp-settings.php';\n",
    "other_language": "<?php\ndefine('A', @A@); // é ü 日本\n«define('R', 'é'); // é\n»"
    "/* C’est tout, ne touchez pas à ce qui suit ! */\n"
    "@N@require_once(dirname(__FILE__) . '/wp-settings.php');\n",
    "comment_inside": "<?php\nif (false) {\n/* stop editing */\n}\ndefine('A', @A@);\n«define('R', 1);\n»@N@require_once ABSPATH . 'wp-settings.php';\n",
    "comment_too_late": "<?php\ndefine('A', @A@);\n«define('R', 1);\n»@N@require_once ABSPATH . 'wp-settings.php';\n// stop editing\n",
    "comment_on_the_line": "<?php\ndefine('A', @A@);\n@N@«define('R', 1); »/* stop editing */\nrequire_once ABSPATH . 'wp-settings.php';\n",
    "spelling": "<?php\n\\Define ( \"A\" , @A@ , ) ;\n«\\DEFINE(\n  'R',\n  \"\x41\"\n);\n»" + STOP,
    "conditions": "<?php\nif (!defined('B')) { define('B', 1); }\nif (false): define('C', 1); elseif (true): define('D', 1); else: endif;\n"
    "define('A', @A@);\ndefined('E') || define('E', 1);\nforeach ([1] as $i): foreach ([2] as $j) { define('F', 1); } endforeach;\n"
    "«define('R', 1);\n»if (true) define('G', 1); else define('H', 1);\n" + STOP,
    "between_blocks": "<?php\nfunction f() { return [1, 2]; }\ndefine('A', @A@);\nswitch (1) { case 1: break; }\n«define('R', 1);\n»"
    "$f = function () { return \"{$GLOBALS['argc']}\"; };\n"
    "class K { const A = 1; const R = 2, N = 3; public function define($x, $y) {} }\n(new K)->define('A', 1);\nconst B = 1, C = [1, 2];\n" + STOP,
    "expressions": "<?php\ndefine('B', array('A', 'R'));\n"
    "define('C', strlen('define(') ? 1 : 2);\ndefine('A', @A@);\n«define('R', [1, 2][0] . max(1, 2));\n»" + STOP,
    "html": "<?php\ndefine('A', @A@);\nif (true) { ?>\n<?php } ?>\n<?php\n«define('R', 1);\n»" + STOP,
    "strict": "<?php declare(strict_types=1);\ndefine('A', @A@);\n«define('R', 1);\n»" + STOP,
    "included": "<?php\nrequire __DIR__ . '/other.php';\n@include('missing.php');\n"
    "if (file_exists(dirname(__FILE__) . '/no.php')) include_once dirname( __FILE__ ) . '/no.php';\n"
    "define('A', @A@);\n«define('R', 1);\n»" + STOP,
}  # fmt: skip


def before(shape: str) -> str:
    return re.sub(r"«(.*?)»", r"\1", shape, flags=re.DOTALL).replace("@A@", "'old'").replace("@N@", "")


def after(shape: str) -> str:
    line_break = next((ending for ending in ("\r\n", "\r") if ending in shape), "\n")
    shape = re.sub(r"«(.*?)»", "", shape, flags=re.DOTALL)
    return shape.replace("@A@", r"'it\'s'").replace("@N@", "define( 'N', 3 );" + line_break)


@pytest.mark.parametrize("name", SHAPES)
def test_only_what_was_asked_for_changes(module: Module, site: Site, name: str) -> None:
    shape = SHAPES[name]
    (site.folder / "other.php").write_text("<?php define('OTHER', 1); const MORE = 2;")
    site.write(before(shape))
    old = site.constants()
    wishes = [present("A", "it's"), present("N", 3), absent("R"), *([absent("R2")] if "R2" in old else [])]
    assert old["A"] == "old" and "R" in old and "N" not in old and old["WORDPRESS_WAS_LOADED"]
    result = module(site, *wishes)
    assert not result.get("failed"), result
    assert site.text == after(shape)
    assert site.constants() == {key: value for key, value in old.items() if key not in ("R", "R2")} | {
        "A": "it's",
        "N": 3,
    }
    assert result["changed"] is True
    assert [row["state"] for row in result["constants"]][:3] == ["changed", "added", "removed"]
    again = module(site, *wishes)
    assert again["changed"] is False and site.text == after(shape)
    assert [row["state"] for row in again["constants"]][:3] == ["unchanged", "unchanged", "absent"]
    assert [row["line"] for row in again["constants"]][:2] == [row["line"] for row in result["constants"]][:2]


def test_lines_are_told_as_they_are_now(module: Module, site: Site) -> None:
    site.write(before(SHAPES["usual"]))
    result = module(site, present("N", 3), present("A", "x"), absent("R"), absent("Z"), present("DB_NAME", "x"))
    lines = {row["name"]: row["line"] for row in result["constants"]}
    assert lines == {"N": 6, "A": 4, "R": 5, "Z": None, "DB_NAME": 3}


def test_bytes_that_are_no_text_stay(module: Module, site: Site) -> None:
    site.write(b"<?php\n// caf\xe9\ndefine('L', 'caf\xe9');\ndefine('A', \"\\xe9\");\n// stop editing\n")
    result = module(site, present("A", "é"), {"name": "L", "state": "absent"})
    assert site.config.read_bytes() == b"<?php\n// caf\xe9\ndefine('A', '\xc3\xa9');\n// stop editing\n"
    hidden = "*** old value, not shown ***"
    assert result["diff"]["before"] == f"define( 'A', '{hidden}' );\ndefine( 'L', '{hidden}' );\n"


def test_a_line_that_the_plugin_moved_changes_nothing(module: Module, site: Site) -> None:
    text = site.text
    module(site, present("X", "v"), present("SUNRISE", True))
    assert "define( 'X', 'v' );\ndefine( 'SUNRISE', true );\n/* That's all" in site.text
    moved = f"{'define( %s, %s );' % (repr('X'), repr('v')):50} // Automatically injected by Ultimate Multisite;"
    site.write(text.replace("<?php\n", f"<?php\n\n{moved}\n\ndefine( 'SUNRISE', TRUE );\n"))
    written = site.text
    assert "'v' );    " in written
    assert module(site, present("X", "v"), present("SUNRISE", True))["changed"] is False
    assert site.text == written


@pytest.mark.parametrize(
    ("there", "wanted", "same"),
    [
        ("'1'", "1", True),
        ('"1"', "1", True),
        ("'1'", 1, False),
        ("1", True, False),
        ("TRUE", True, True),
        ("\\false", False, True),
        ("NULL", None, True),
        ("0x10", 16, True),
        ("- 1_000", -1000, True),
        ("010", 8, True),
        ("1.0", 1, False),
        ("'a' . 'b'", "ab", False),
        (r'"\x41\u{e9}$\q\101"', "Aé$\\qA", True),
        (r"'\q\\'", "\\q\\", True),
        ("''", "", True),
    ],
)  # fmt: skip
def test_a_value_is_compared_with_its_type(module: Module, site: Site, there: str, wanted: object, same: bool) -> None:
    site.write(f"<?php\ndefine('A', {there});\n// stop editing\n")
    text = site.text
    assert module(site, present("A", wanted))["changed"] is not same
    assert (site.text == text) is same
    assert site.constants()["A"] == wanted and type(site.constants()["A"]) is type(wanted)


def test_an_expression_is_compared_as_it_is_spelt(module: Module, site: Site) -> None:
    site.write("<?php\ndefine('A', __DIR__.'/content' /* here */);\nconst B = 1 + 1;\n// stop editing\n")
    text = site.text
    same = module(site, {"name": "A", "expression": " __DIR__ . '/content' "}, {"name": "B", "expression": "1+1"})
    assert same["changed"] is False and site.text == text
    other = module(site, {"name": "A", "expression": '__DIR__ . "/content"'}, {"name": "C", "expression": "[1, 2][1]"})
    assert other["changed"] is True
    assert site.constants()["A"] == f"{site.folder}/content" and site.constants()["C"] == 2
    assert "define('A', __DIR__ . \"/content\" /* here */);" in site.text


def test_a_const_of_that_very_value_is_left_alone(module: Module, site: Site) -> None:
    site.write("<?php\nconst A = 'x', B = 2;\n")
    result = module(site, present("A", "x"), present("B", 2))
    assert [(row["state"], row["line"]) for row in result["constants"]] == [("unchanged", 2), ("unchanged", 2)]


def as_php_7(text: str) -> list[tuple[str, str]]:
    """The tokens as PHP 7 has them: the line break belongs to the comment before it, and a name with backslashes is several."""
    pairs: list[tuple[str, str]] = []
    for kind, body, _start, _line in Php("php", 60).tokens(text)[0]:
        if kind == "T_WHITESPACE" and pairs and pairs[-1][0] == "T_COMMENT" and not pairs[-1][1].endswith("*/"):
            (line_break,) = re.findall(r"^(?:\r\n|\r|\n)?", body)
            pairs[-1] = ("T_COMMENT", pairs[-1][1] + line_break)
            body = body[len(line_break) :]
        if kind.startswith("T_NAME_"):
            words = [word for word in re.split(r"(\\)", body) if word]
            kinds = {"\\": "T_NS_SEPARATOR", "namespace": "T_NAMESPACE"}
            pairs += [(kinds.get(word, "T_STRING"), word) for word in words]
        elif body:
            pairs.append((kind, body))
    return pairs


@pytest.mark.parametrize("name", [*SHAPES, "names"])
def test_tokens_of_php_7_are_understood_alike(name: str) -> None:
    names = (
        "<?php namespace A\\B;\nuse A\\{B, C};\nnamespace\\f(\\define('A', 1), A\\define('A', 2), a\n::b, \\A\\B\\C);"
    )
    text = before(SHAPES.get(name, names))
    (tokens,) = Php("php", 60).tokens(text)
    seven = as_php_7(text)
    assert "".join(body for _kind, body in seven) == text
    whole = [(token.kind, token.text) for token in positioned(seven) if token.kind != "T_WHITESPACE"]
    assert whole == [(token.kind, token.text) for token in tokens if token.kind != "T_WHITESPACE"]
    assert [token for token in positioned(seven) if token.kind == "T_COMMENT"] == [
        token for token in tokens if token.kind == "T_COMMENT"
    ]
