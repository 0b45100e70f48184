# Copyright (c) 2026 the wpmultisite.runcloud authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that are wrong are told all at once, before the file is even looked at; every text survives PHP's own reading."""

from __future__ import annotations

import base64
import json
import subprocess
from typing import Any

import pytest
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._wp_config_php import Php
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._wp_config_scan import scan
from ansible_collections.wpmultisite.runcloud.plugins.module_utils._wp_config_tokens import literal_of, php, read
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.wp_config.conftest import Module, Site, absent, present

SECRET = "v3ry-secret-value"
TEXTS = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"])) | st.text(
    st.sampled_from("\\'\"$?><{}()/*#;%né")
)
VALUES = TEXTS | st.booleans() | st.none() | st.integers(-(2**63) + 1, 2**63 - 1)
QUOTED = [r"\n", r"\\", r"\$", r"\"", r"\x4", r"\X", r"\u{e9}", r"\e", r"\f", r"\10", r"\7", r"\8", r"\q", *"x1é'{} A"]
READER = """<?php
require %s;
$found = [];
foreach (range(0, %d) as $i) {
    $value = constant("C$i");
    $found[] = is_string($value) ? base64_encode($value) : [$value];
}
echo json_encode($found);
"""


def fault(module: Module, site: Site, *constants: dict[str, Any], **options: Any) -> str:
    """The message; the file is not even looked for."""
    site.config.unlink(missing_ok=True)
    result = module(site, *constants, **options)
    assert result.get("failed") and "no such file" not in result["msg"], result
    return str(result["msg"])


@pytest.mark.parametrize("name", ["", "1A", "A-B", "A B", "É", "A\n", "A\\B", "$A", "A'"])
@pytest.mark.parametrize("option", ["constants", "secret_constants"])
def test_a_name_that_is_no_constant(module: Module, site: Site, name: str, option: str) -> None:
    message = fault(module, site, **{option: [{"name": "FINE", "value": SECRET}, {"name": name, "value": SECRET}]})
    assert f"{option}, entry 2: {name!a} is no name of a PHP constant" in message
    assert "FINE" not in message


@pytest.mark.parametrize("name", ["true", "FALSE", "Null", "__COMPILER_HALT_OFFSET__", "__LINE__", "__dir__"])
def test_a_name_that_php_keeps(module: Module, site: Site, name: str) -> None:
    assert "PHP keeps this name for itself" in fault(module, site, present(name, 1))


@pytest.mark.parametrize("value", ["a\nb", "a\r", "\0", 1.5, 1.0, [1], {"a": 1}, 2**63, -(2**63)])
def test_a_value_that_is_refused(module: Module, site: Site, value: Any) -> None:
    message = fault(module, site, present("A", value), present("FINE", 2**63 - 1))
    assert "constants, A: value" in message and "FINE" not in message


def test_exactly_one_of_value_and_expression(module: Module, site: Site) -> None:
    message = fault(
        module,
        site,
        {"name": "A"},
        {"name": "B", "value": None, "expression": "1"},
        {"name": "C", "value": None, "state": "absent"},
        {"name": "D", "expression": "1", "state": "absent"},
        {"name": "E", "expression": ""},
        {"name": "F", "value": None},
    )
    assert "A: give either value or expression; value may be null." in message
    assert "B: give either value or expression, not both." in message
    assert "C: with state absent" in message and "D: with state absent" in message
    assert "E: expression is empty" in message and "F:" not in message


def test_all_faults_are_told_at_once(module: Module, site: Site) -> None:
    secrets: list[dict[str, Any]] = [
        {"name": "A", "value": SECRET},
        {"name": "S"},
        {"name": "T", "value": SECRET, "state": "absent"},
    ]
    secrets += [{"name": "U", "value": True}, {"name": "V", "value": [SECRET]}, {"name": "W", "value": SECRET + "\n"}]
    message = fault(module, site, present("A", "x"), absent("A"), secret_constants=secrets, path="x.php", timeout=0)
    for words in (
        "A is given more than once",
        "S: value is missing",
        "T: with state absent, give no value",
        "U: value must be a text",
        "V: value must be a text",
        "W: value must have no line break",
        "'x.php'",
        "timeout must be",
    ):
        assert words in message
    assert message.count("A is given more than once") == 1 and SECRET not in message


def test_names_in_another_case_are_other_names(module: Module, site: Site) -> None:
    module(site, present("abc", 1), present("ABC", 2), absent("Abc"))
    found = site.constants()
    assert (found["abc"], found["ABC"], "Abc" in found) == (1, 2, False)


def test_a_secret_may_be_a_number(module: Module, site: Site) -> None:
    result = module(site, secret_constants=[{"name": "S", "value": 12345678}])
    assert site.constants()["S"] == "12345678" and "12345678" not in result["output"]


@settings(deadline=None, max_examples=4)
@given(st.lists(VALUES, min_size=150, max_size=300))
def test_every_value_survives_php_s_own_reading(tmp_path_factory: pytest.TempPathFactory, values: list[Any]) -> None:
    text = "<?php\n" + "".join(f"define( 'C{i}', {php(value)} );\n" for i, value in enumerate(values))
    assert text.count("\n") == len(values) + 1
    file = tmp_path_factory.mktemp("values") / "values.php"
    file.write_text(text, encoding="utf-8", newline="")
    ran = subprocess.run(
        ["php"], input=READER % (f"'{file}'", len(values) - 1), capture_output=True, text=True, check=True
    )
    found = [base64.b64decode(one).decode() if isinstance(one, str) else one[0] for one in json.loads(ran.stdout)]
    assert [(type(one), one) for one in found] == [(type(one), one) for one in values]
    definitions = scan(Php("php", 60).tokens(text)[0]).definitions
    assert [read(one.value) for one in definitions] == [literal_of(value) for value in values]


@settings(deadline=None, max_examples=4)
@given(st.lists(st.lists(st.sampled_from(QUOTED)).map("".join), min_size=150, max_size=300))
def test_texts_in_double_quotes_are_read_as_php_reads_them(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    text = "<?php\n" + "".join(f'define( "C{i}", "{one}" );\n' for i, one in enumerate(texts))
    file = tmp_path_factory.mktemp("values") / "values.php"
    file.write_text(text, encoding="utf-8", newline="")
    ran = subprocess.run(
        ["php"], input=READER % (f"'{file}'", len(texts) - 1), capture_output=True, text=True, check=True
    )
    found = [base64.b64decode(one) for one in json.loads(ran.stdout)]
    definitions = scan(Php("php", 60).tokens(text)[0]).definitions
    literals = [read(one.value) for one in definitions]
    assert [str(one.value).encode("utf-8", "surrogateescape") for one in literals if one] == found
