# SPDX-License-Identifier: BSD-3-Clause
"""upciedev check."""

import json

import conftest
import pytest

HEAD = "format: 1\nboard: t\nbars: {regs: {index: 0, size: 4 KiB}}\nregisters:\n"
OURS = sorted((conftest.ROOT / "devices").glob("*/*.yaml"))

BAD = HEAD + """\
  R: {at: regs+0x0, widht: 32}
  S:
    at: regs+0x2
    fields: {A: 0, B: 0}
  T: {at: regs+0x1000, description: "äöü", acess: ro}
"""
# line, column, what
BAD_PLACES = [(5, 21, "unknown key 'widht'"), (6, 3, "S at regs+0x2 is misaligned"),
              (8, 20, "field B overlaps A"), (9, 3, "T at regs+0x1000 ends outside the BAR"),
              (9, 47, "unknown key 'acess'")]


@pytest.fixture
def write(tmp_path):
    def write_file(text: str | bytes, name: str = "x.yaml") -> str:
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(tmp_path / name)
    return write_file


def check_json(upciedev, *files: str, status: int) -> list[dict]:
    run = upciedev("check", "--json", *files)
    assert run.done.returncode == status, run.done.stderr
    return json.loads(run.done.stdout)["files"]


def test_all_of_ours_are_right(upciedev):
    lines = upciedev("check", *map(str, OURS)).ok().splitlines()
    assert len(lines) == len(OURS) >= 10
    for line, file in zip(lines, OURS):
        assert line.startswith(f"{file}: {'crate' if file.parent.name == 'crates' else 'board'} ")


def test_right_files_are_counted(upciedev, write):
    board = HEAD + "  A: {at: regs+0}\n  B: {at: regs+4, repeat: {count: 4, stride: 4}}\n" \
        "areas: {M: {at: regs+0x800, size: 1 KiB}}\n"
    assert upciedev("check", write(board)).ok().endswith("x.yaml: board t, 2 registers, 1 area\n")


def test_json_lists_every_error_in_order(upciedev, write):
    file = write(BAD)
    (report,) = check_json(upciedev, file, status=1)
    assert list(report) == ["file", "kind", "name", "complete", "problems"]
    assert (report["file"], report["kind"], report["name"], report["complete"]) == (
        file, "board", "t", True)
    found = [(p["line"], p["column"], p["what"]) for p in report["problems"]]
    assert found == BAD_PLACES
    assert report["problems"][0]["remedy"] == "did you mean 'width'?"
    assert report["problems"][0]["text"] == "  R: {at: regs+0x0, widht: 32}"


def test_people_see_the_line_and_a_caret_under_the_place(upciedev, write):
    file = write(BAD)
    run = upciedev("check", file)
    assert (run.done.returncode, run.done.stderr) == (1, "")
    assert run.done.stdout.startswith(f"{file}:5:21: unknown key 'widht'; did you mean 'width'?\n"
                                      "      R: {at: regs+0x0, widht: 32}\n"
                                      "                        ^\n")
    lines = run.done.stdout.splitlines()
    shown, caret = lines[-3:-1]
    assert shown[caret.index("^"):].startswith("acess"), "letters of two bytes count once"
    assert lines[-1] == f"{file}: 5 errors"


def test_tabs_are_kept_in_front_of_the_caret(upciedev, write):
    out = upciedev("check", write(HEAD + "  R: {at:\tregs+0, widht: 32}\n")).done.stdout
    assert "      R: {at:\tregs+0, widht: 32}\n             \t        ^\n" in out


def test_long_lines_are_cut_around_the_place(upciedev, write):
    text = "x" * 500
    out = upciedev("check", write(HEAD + f"  R: {{description: {text}, foo: {text}, at: regs+0}}\n"))
    shown, caret = out.done.stdout.splitlines()[1:3]
    assert len(shown) < 120
    assert shown.startswith("    ...x") and shown.endswith("x...")
    assert shown[caret.index("^"):].startswith("foo")


def test_lines_may_end_as_in_dos(upciedev, write):
    file = write((HEAD + "  R: {at: regs+0, foo: 1}\n").replace("\n", "\r\n"))
    (report,) = check_json(upciedev, file, status=1)
    assert report["problems"][0]["text"] == "  R: {at: regs+0, foo: 1}"


def test_a_syntax_error_ends_the_look(upciedev, write):
    file = write(HEAD + "  R: {at: regs+0}\n  R: {at: regs+4}\n  S: {at: [}\n")
    (report,) = check_json(upciedev, file, status=1)
    assert [p["line"] for p in report["problems"]] == [6, 7], "those before it are kept"
    assert not report["complete"]
    assert "was not looked at" in upciedev("check", file).done.stdout


def test_one_wrong_file_among_right_ones(upciedev, write):
    run = upciedev("check", str(OURS[0]), write(BAD), str(OURS[1]))
    assert run.done.returncode == 1
    assert run.done.stdout.count(": crate ") == 2


def test_unreadable_files(upciedev, tmp_path):
    folder, nothing = check_json(upciedev, str(tmp_path), str(tmp_path / "no.yaml"), status=1)
    assert folder["problems"][0]["what"] == nothing["problems"][0]["what"] == "cannot be read"
    assert folder["problems"][0]["line"] == 0
    out = upciedev("check", str(tmp_path)).done.stdout
    assert out == f"{tmp_path}: cannot be read; it is a folder\n{tmp_path}: 1 error\n"


def test_a_file_that_is_no_text(upciedev, write):
    (report,) = check_json(upciedev, write(bytes(range(256)) * 10), status=1)
    assert report["problems"]


def test_crate_files_with_their_boards(upciedev, write):
    bad = write(BAD, "bad.yaml")
    vadc8 = conftest.ROOT / "devices/demo/vadc8.yaml"
    crate = write(f"""\
format: 1
crate: c
slots:
  1: {{board: {vadc8}, simulate: {{TEMPP: 1, CTRL.MODE: 3, PRETRIGGER: 5000}}}}
  2: {{board: bad.yaml}}
  3: {{board: none.yaml, alias: 5}}
  4: {{board: bad.yaml}}
""", "crate.yaml")
    (report,) = check_json(upciedev, crate, status=1)
    found = [(p["line"], p["what"]) for p in report["problems"]]
    assert found[0] == (4, "no register 'TEMPP'")
    assert found[1] == (4, "5000 does not fit uint10")
    assert found[2] == (5, f"its board file does not load: {bad}:5:21: unknown key 'widht'; "
                           "did you mean 'width'?")
    assert found[3][1].startswith("its board file does not load: ")
    assert found[4] == (6, "'5' is not an alias")
    assert len(found) == 5, "the second slot with that board says nothing new"


def test_check_help_has_examples(upciedev):
    assert "Examples" in upciedev("check", "--help").ok()
