# SPDX-License-Identifier: BSD-3-Clause
"""A board file with every feature goes through the command; see also tests/unit/every_feature_test.cpp
and tests/python/test_every_feature.py."""

import json
import re

import yaml
from conftest import ROOT

FOLDER = ROOT / "tests/every-feature"
CRATE = f"sim:{FOLDER}/crate.yaml"
BOARD = str(FOLDER / "board.yaml")


def answers():
    """Path of each register and field that can be read, and its bits at first."""
    text = (FOLDER / "answers.txt").read_text()
    return dict(re.findall(r"^(?:register|field) (\S+): .*\n  reads (0x\w+) ", text, re.MULTILINE))


def keys_of(node):
    if isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from keys_of(value)
    elif isinstance(node, list):
        for value in node:
            yield from keys_of(value)


def keywords_of(schema):
    if isinstance(schema, dict):
        yield from schema.get("properties", {})
        for value in schema.values():
            yield from keywords_of(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from keywords_of(value)


def test_it_has_every_keyword_of_the_schema():
    schema = json.loads((ROOT / "devices/schema/board.schema.json").read_text())
    used = set(keys_of(yaml.safe_load((FOLDER / "board.yaml").read_text())))
    assert set(keywords_of(schema)) <= used


def test_check_finds_nothing_wrong(upciedev):
    assert upciedev("check", BOARD, str(FOLDER / "crate.yaml"), crate=None).ok()
    assert upciedev("check", crate=CRATE).ok()


def test_doc_names_each_register_field_and_area(upciedev):
    page = upciedev("doc", BOARD, crate=None).ok()
    text = (FOLDER / "answers.txt").read_text()
    names = {path.split(".")[-1].split("[")[0]
             for path in re.findall(r"^(?:register|field|area) (\S+): ", text, re.MULTILINE)}
    assert len(names) > 60
    assert [name for name in sorted(names) if not re.search(rf"\b{name}\b", page)] == []


def test_read_answers_as_the_library_does(upciedev):
    expected = answers()
    found = json.loads(upciedev("read", "--json", "one", *expected, crate=CRATE).ok())
    assert {entry["name"]: entry["raw"] for entry in found["results"]} == {
        path: int(bits, 0) for path, bits in expected.items()}
