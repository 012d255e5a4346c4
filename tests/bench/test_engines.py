"""`make bench` without a board: the list's schema, the tables, what is quoted and what is not trained."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path
from typing import Any

import pytest

from bench import engines, foreign, growth, host, measure
from bench.peers import base
from bench.rows import PAGE, QUOTED, Row, between_markers, table, write_page
from toolkit import zoo
from toolkit.artifacts import DType
from toolkit.errors import ToolError

ROW = Row(
    "tinyml aot, for speed", "proposed", "int8", "mps2-an386", 39_720, "instructions", 7_179, 1_580, 10_604, 29_602
)


def test_table_marks_what_is_quoted_and_what_is_not_counted() -> None:
    lines = table([ROW, QUOTED[0], dataclasses.replace(ROW, board="host", instructions=None)]).splitlines()
    assert len({line.count("|") for line in lines}) == 1
    measured, quoted, uncounted = lines[2:]
    assert "| tinyml aot, for speed | 39,720 instructions | 1.34 | 7,179 | 1,580 | 10,604 |" in measured
    assert "*TFLM + CMSIS-NN -O3* (quoted)" in quoted
    assert "quoted" not in measured + uncounted
    assert "| not counted |  |" in uncounted


def test_growth_names_every_network() -> None:
    models = list(zoo.of_the_paper())
    assert len(models) == 10
    rows = [ROW, dataclasses.replace(ROW, dtype="float32", instructions=70_400)]
    lines = growth.table(rows, models, ["proposed", "initial"]).splitlines()
    assert len(lines) == 2 + len(models)
    assert len({line.count("|") for line in lines}) == 1
    assert lines[2] == "| proposed | 29,602 | 39,720 | 1.34 | 70,400 | 2.38 |"
    by_name = {line.split("|")[1].strip(): line for line in lines[2:]}
    assert set(by_name) == set(models)
    assert "not measured" in by_name["initial"], "trained, but it does not fit or has no file"
    assert "not trained" in by_name["squeezenet"]


def test_a_model_without_an_int8_file_keeps_its_float_row() -> None:
    row = dataclasses.replace(ROW, dtype="float32", instructions=70_400)
    assert (
        growth.table([row], ["proposed"], ["proposed"]).splitlines()[2] == "| proposed | 29,602 | | | 70,400 | 2.38 |"
    )


def test_plot_is_the_same_for_the_same_rows(tmp_path: Path) -> None:
    rows = [ROW, dataclasses.replace(ROW, model="initial", instructions=107_640, macs=68_000)]
    for name in ("a.svg", "b.svg"):
        growth.plot(rows, ["proposed", "initial"], tmp_path / "new" / name)
    assert (tmp_path / "new/a.svg").read_bytes() == (tmp_path / "new/b.svg").read_bytes()
    assert "proposed" in (tmp_path / "new/a.svg").read_text()


def test_page_keeps_all_but_what_lies_between_the_markers(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- one: begin -->\nold\n<!-- one: end -->\nb\n<!-- two: begin -->\n<!-- two: end -->\nc\n")
    write_page({"one": "new", "two": "more"}, page)
    assert page.read_text() == (
        "a\n<!-- one: begin -->\nnew\n<!-- one: end -->\nb\n<!-- two: begin -->\nmore\n<!-- two: end -->\nc\n"
    )
    with pytest.raises(ValueError, match="three: begin"):
        write_page({"three": ""}, page)
    for name in ("engines", "growth", "link"):
        between_markers(PAGE.read_text(), name, "")


def test_list_has_a_row_for_every_engine_board_and_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ours(place: Path, board: str, model: str, dtype: DType, optimise: str, images: int) -> Row | None:
        if board == "microbit":
            return None
        return dataclasses.replace(
            ROW, engine=f"tinyml aot, for {optimise}", board=board, model=model, dtype=str(dtype)
        )

    def peer(place: Path, board: str, which: base.Peer, dtype: DType, optimise: str, images: int) -> Row:
        return dataclasses.replace(ROW, engine=f"{which.NAME} {optimise}", board=board, dtype=str(dtype), peer=True)

    monkeypatch.setattr(measure, "ours", ours)
    monkeypatch.setattr(measure, "peer", peer)
    written: list[str] = []
    monkeypatch.setattr(foreign, "write", lambda name, _: written.append(name))
    monkeypatch.setattr(engines, "zoo", lambda _: (["proposed", "initial"], ["proposed"]))
    engines.main(["--out", str(tmp_path / "bench.json"), "--workspace", str(tmp_path)])
    rows: list[dict[str, Any]] = json.loads((tmp_path / "bench.json").read_text())
    kinds = {"engine": str, "model": str, "dtype": str, "board": str, "unit": str, "quoted": bool, "peer": bool}
    for row in rows:
        assert all(type(row[key]) is kind for key, kind in kinds.items())
        assert all(type(row[key]) is int and row[key] > 0 for key in ("instructions", "flash_bytes", "ram_bytes"))
        assert {"image_bytes", "macs"} <= row.keys()
        assert row["dtype"] in ("int8", "float32")
    assert [row["engine"] for row in rows if row["quoted"]] == [row.engine for row in QUOTED]
    assert {row["board"] for row in rows} == {"mps2-an386", "mps3-an547", "microbit", "host", "uno"}
    assert set(written) == set(foreign.NETWORKS) <= {row["model"] for row in rows}
    found = {(row["engine"], row["dtype"]) for row in rows if row["peer"] and row["board"] == "mps2-an386"}
    assert ("reference kernels -O3", "int8") in found
    assert ("reference kernels -Os", "float32") in found
    assert ("emx-onnx-cgen -O3", "float32") in found
    assert ("emx-onnx-cgen -O3", "int8") not in found
    assert "(quoted)" in capsys.readouterr().out


def test_every_peer_keeps_the_protocol() -> None:
    assert {"reference", "emx_onnx_cgen"} <= set(base.names())
    for name in base.names():
        peer = base.load(name)
        assert peer.NAME
        assert peer.DTYPES
        assert callable(peer.title)
        assert callable(peer.generate)


def test_missing_environment_says_what_makes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(base, "ENVIRONMENT", tmp_path / ".venv-peers")
    with pytest.raises(ToolError) as caught:
        base.in_environment("-c", "pass")
    assert caught.value.hint == "make bench installs it"


def test_requirements_are_pinned_by_hash_and_name_no_registry() -> None:
    text = (Path(base.__file__).parent / "requirements.txt").read_text()
    assert "://" not in text
    assert "--index" not in text
    logical = text.replace("\\\n", " ").splitlines()
    assert len(logical) > 5
    assert all(re.match(r"[\w.-]+==[\w.]+ .*--hash=sha256:[0-9a-f]{64}", line) for line in logical)


def test_callgrind_totals_of_calls() -> None:
    part = "part: {0}\ndesc: Trigger: {1}\nevents: Ir\nsummary: {2}\nfn=(1) engine_invoke\n1 7\ntotals: {2}\n\n"
    calls = ((1, "--dump-after=engine_invoke", 163_487), (2, "--dump-after=engine_invoke", 163_515))
    text = "".join(part.format(*call) for call in (*calls, (3, "Program termination", 0)))
    assert host.parse("version: 1\ncreator: callgrind-3.19.0\n" + text) == [163_487, 163_515]
