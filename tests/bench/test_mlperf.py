"""`make bench-mlperf` in parts: which files, what an interrupted run keeps, and the tables."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from bench import mlperf, mlperf_rows
from bench.journal import Journal
from bench.mlperf_rows import QUOTED, Row, missed, table
from bench.rows import PAGE, between_markers
from toolkit import board as boards
from toolkit.errors import TinymlError

ROW = Row("kws", "mps2-an386", "speed", "off", 3_200_000, 67_852, 16_000, 16_500, "tinyml aot, GCC 12")
SHARED = Path(__file__).resolve().parents[3] / "shared" / "mlperf-tiny"


def test_a_file_of_another_content_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kws_ref_model.tflite").write_bytes(b"TFL3")
    with pytest.raises(TinymlError, match="another file than mlcommons/tiny has at 1afd2c9820f7"):
        mlperf.file_of(mlperf.NETWORKS[0], tmp_path / "cache", tmp_path)


def test_a_folder_without_the_file_says_how_it_is_named(tmp_path: Path) -> None:
    with pytest.raises(TinymlError, match="there is no") as caught:
        mlperf.file_of(mlperf.NETWORKS[0], tmp_path / "cache", tmp_path)
    assert "MLPERF_TINY" in caught.value.hint


@pytest.mark.skipif(not SHARED.is_dir(), reason="MLPerf Tiny's files are not here")
@pytest.mark.parametrize("network", mlperf.NETWORKS, ids=lambda network: network.name)
def test_the_pinned_files(network: mlperf.Network, tmp_path: Path) -> None:
    assert mlperf.file_of(network, tmp_path, SHARED) == SHARED / network.file


def test_an_interrupted_run_goes_on_unless_something_changed(tmp_path: Path) -> None:
    path = tmp_path / "rows.part.json"
    Journal(path, "a").keep("kws mps2-an386 speed", {"row": dataclasses.asdict(ROW), "layers": []})
    Journal(path, "a").keep("vww microbit speed", {"row": None, "layers": []})
    known = Journal(path, "a").done
    assert Row(**known["kws mps2-an386 speed"]["row"]) == ROW
    assert known["vww microbit speed"]["row"] is None
    assert Journal(path, "b").done == {}
    path.write_text("{")
    assert Journal(path, "a").done == {}


def test_rows_of_another_compiler_stand_beside_as_quoted(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([dataclasses.asdict(each) for each in (ROW, *QUOTED)]))
    assert mlperf.beside(path) == [dataclasses.replace(ROW, quoted=True)]
    path.write_text("[1]")
    with pytest.raises(TinymlError, match="holds no rows"):
        mlperf.beside(path)


def test_what_a_figure_depends_on_is_in_the_fingerprint(tmp_path: Path) -> None:
    kernel = tmp_path / "firmware" / "kernels" / "aot.c"
    kernel.parent.mkdir(parents=True)
    kernel.write_text("1")
    before = mlperf.fingerprint(tmp_path)
    assert mlperf.fingerprint(tmp_path) == before
    kernel.write_text("2")
    assert mlperf.fingerprint(tmp_path) != before


def test_every_network_on_every_core() -> None:
    keys = [key for key, *_ in mlperf.plan("")]
    assert len(keys) == len(set(keys)) == 5 * sum(map(len, mlperf.CORES.values()))
    assert [key for key, *_ in mlperf.plan("kws mps2-an386")] == [
        f"kws mps2-an386 {each}" for each in ("balanced", "speed", "size")
    ]
    cpus = {boards.load(str(mlperf.ROOT / n) if n.endswith(".toml") else n).cpu.isa for n in mlperf.CORES}
    assert cpus == {"armv7em", "armv8_1m_mve", "armv6m", "rv32"}


def test_the_table_says_what_is_quoted() -> None:
    text = table([ROW, *QUOTED])
    assert "| kws | mps2-an386 | tinyml aot, GCC 12 | speed | off | 3,200,000 | 67,852 | 16,000 | 16,500 |" in text
    assert text.count("(quoted)") == len(QUOTED)
    assert {field.name for field in dataclasses.fields(Row)} >= {"instructions", "flash_bytes", "arena_bytes", "quoted"}


def test_what_is_missed_is_told_by_layer_with_its_floor() -> None:
    layers = {
        "kws mps2-an386 speed off": [
            {"layer": "layer 0", "operators": ["CONV_2D"], "instructions": 300, "macs": 200},
            {"layer": "layer 1", "operators": ["CONV_2D"], "instructions": 100, "macs": 200},
            {"layer": "layer 2", "operators": ["SOFTMAX"], "instructions": 50, "macs": 0},
        ]
    }
    text = missed([ROW], layers, mlperf_rows.GOALS)
    assert "kws on mps2-an386 for speed: 3,200,000 instructions, aimed at 3,100,000." in text
    assert "| CONV_2D | 2 | 400 | 400 | 1.00 | 0.69 | 276 |" in text
    assert missed([dataclasses.replace(ROW, instructions=3_000_000)], layers, mlperf_rows.GOALS) == ""


def test_the_page_has_a_place_for_it() -> None:
    assert "<!-- mlperf: begin -->\nhere\n" in between_markers(PAGE.read_text(encoding="utf-8"), "mlperf", "here")
