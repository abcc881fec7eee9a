# SPDX-License-Identifier: BSD-3-Clause
"""The JSON schemas of devices/schema and `upciedev check` agree: on our files, on those of the documentation,
and on what is wrong with them once a key is misspelt, missing or of another kind."""

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import conftest
import jsonschema
import pytest
import yaml

SCHEMAS = {kind: json.loads((conftest.ROOT / f"devices/schema/{kind}.schema.json").read_text())
           for kind in ("board", "crate")}
DOCUMENT = conftest.ROOT / "docs/board-files.md"
FILES = sorted((conftest.ROOT / "devices").glob("*/*.yaml"))


class Loader(yaml.SafeLoader):
    """YAML 1.2 as editors read it, where 3:1 and off are texts."""
    yaml_implicit_resolvers: dict = {}


class Dumper(yaml.SafeDumper):
    """The same, so that such texts need no quotes."""
    yaml_implicit_resolvers: dict = {}


for tag, pattern, first in (("null", r"^(~|null|)$", ["~", "n", ""]), ("bool", r"^(true|false)$", list("tf")),
                            ("int", r"^([-+]?[0-9]+|0x[0-9a-fA-F]+)$", list("-+0123456789")),
                            ("float", r"^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$", list("-+.0123456789"))):
    for side in (Loader, Dumper):
        side.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), first)


def load(text: str) -> Any:
    return yaml.load(text, Loader)  # noqa: S506: a SafeLoader


def kind_of(text: str) -> str:
    return "crate" if re.search(r"^crates?:", text, re.MULTILINE) else "board"


def as_json(thing: Any) -> Any:
    """JSON has texts as keys only."""
    if isinstance(thing, dict):
        return {str(key): as_json(value) for key, value in thing.items()}
    return [as_json(value) for value in thing] if isinstance(thing, list) else thing


def fits(kind: str, content: Any) -> bool:
    return not any(jsonschema.Draft202012Validator(SCHEMAS[kind]).iter_errors(as_json(content)))


def examples() -> list[tuple[str, str, Path]]:
    """Name, text, folder that references start from."""
    blocks = re.findall(r"^```yaml\n(.*?)^```$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    return [(file.name, file.read_text(), file.parent) for file in FILES] + \
        [(f"block{i}", text, conftest.ROOT / "devices/crates") for i, text in enumerate(blocks)]


NAMES = [name for name, _, _ in examples()]


# Maps whose keys are names of the user's, not keywords
NAMED = {"bars", "registers", "fields", "values", "areas", "irqs", "dma", "channels", "slots", "simulate", "crates"}
REQUIRED = {"format", "board", "bars", "index", "size", "bits", "at", "count", "stride", "direction", "host", "length",
            "max_length", "register", "value", "mask", "frame", "channels", "crate", "slots", "crates", "port", "device", "vendor"}


def places(thing: Any, path: tuple = ()) -> Iterator[tuple]:
    yield path
    if isinstance(thing, dict):
        for key, value in thing.items():
            yield from places(value, (*path, key))


def at(thing: Any, path: tuple) -> Any:
    for key in path:
        thing = thing[key]
    return thing


def changed(content: Any, path: tuple, change: Any) -> Any:
    result = copy.deepcopy(content)
    change(at(result, path[:-1]), path[-1])
    return result


def mutants(content: Any) -> Iterator[tuple[str, Any]]:
    """Each is wrong in its structure, in one place."""
    for path in places(content):
        thing = at(content, path)
        where = ".".join(map(str, path))
        has_keywords = isinstance(thing, dict) and not (path and path[-1] in NAMED)
        if has_keywords:
            yield f"unknown key in {where}", changed(content, (*path, "bogus"), lambda m, k: m.update({k: 1}))
        if path and not (len(path) > 1 and path[-2] in NAMED):
            if path[-1] in REQUIRED and not is_choice(content, path):
                yield f"without {where}", changed(content, path, lambda m, k: m.pop(k))
            kind = {"bogus": {"more": 1}} if not isinstance(thing, dict) else 1
            yield f"other kind at {where}", changed(content, path, lambda m, k, kind=kind: m.update({k: kind}))


def is_choice(content: Any, path: tuple) -> bool:
    """One of several keys would do, or the key is none that has to be: a slot's board, a maker's name, a length."""
    owner = at(content, path[:-1])
    return path[-1] == "board" and len(path) > 1 or path[-1] == "vendor" and "device" not in owner or \
        path[-1] == "at" and "registers" in owner


def write(folder: Path, number: int, content: Any) -> str:
    file = folder / f"mutant{number}.yaml"
    file.write_text(yaml.dump(content, Dumper=Dumper, sort_keys=False))
    return str(file)


def verdicts(upciedev, files: list[str]) -> list[bool]:
    """Of `upciedev check`."""
    done = upciedev("check", "--json", *files).done
    return [not file["problems"] for file in json.loads(done.stdout)["files"]]


@pytest.mark.parametrize("kind", SCHEMAS)
def test_schema_is_one(kind):
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[kind])


@pytest.mark.parametrize(("name", "text", "_"), examples(), ids=NAMES)
def test_right_files_fit(name, text, _):
    errors = jsonschema.Draft202012Validator(SCHEMAS[kind_of(text)]).iter_errors(as_json(load(text)))
    assert [f"{name} {list(error.path)}: {error.message[:200]}" for error in errors] == []


@pytest.mark.parametrize(("name", "text", "folder"), examples(), ids=NAMES)
def test_what_is_wrong_in_structure_is_wrong_for_both(upciedev, tmp_path, name, text, folder):
    content = load(text.replace("../", f"{folder.parent}/"))
    wrong = list(mutants(content))
    files = [write(tmp_path, number, each) for number, each in enumerate([content, *(mutant for _, mutant in wrong)])]
    by_check = verdicts(upciedev, files)
    assert by_check[0] and fits(kind_of(text), content), f"{name} itself"
    assert len(wrong) > 5
    accepted = [(what, "check" if good else "schema") for (what, mutant), good in zip(wrong, by_check[1:])
                if good or fits(kind_of(text), mutant)]
    assert accepted == []
