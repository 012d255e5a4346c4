"""What the command line says of the strength of a proof, and where it is left out."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from tests.regression.workspace import tinyml
from tests.report import samples
from tests.strength.networks import dense_softmax
from toolkit.artifacts import LayerStrength, Strength, Verdict, Verification
from toolkit.report import html, junit, summary, terminal, text
from toolkit.steps import verify
from toolkit.strength import NOT_ASKED

LAYERS = (
    LayerStrength("layer 0", ("CONV_2D",), "conv/Relu;conv/BiasAdd", 300, 10, zeroed=False),
    LayerStrength("layer 1", ("SOFTMAX",), "out", 2, 2, zeroed=True),
)
WEAK = Strength(302, 12, (LAYERS[0].title,), LAYERS, 3, 64, 400, how="compiled C")
STRONG = dataclasses.replace(
    WEAK, seen=301, unseen_layers=(), layers=(dataclasses.replace(LAYERS[0], seen=299, zeroed=True), LAYERS[1])
)


def with_strength(strength: Strength, verdict: Verdict = Verdict.PROVEN) -> Verification:
    return dataclasses.replace(samples.proven(), verdict=verdict, strength=strength)


def shown(result: Verification) -> str:
    out = io.StringIO()
    terminal.render(Console(file=out, width=100), result, samples.build())
    return " ".join(out.getvalue().replace("│", " ").split())


def test_the_bound() -> None:
    assert WEAK.weak
    assert not STRONG.weak
    assert dataclasses.replace(STRONG, unseen_layers=("layer 0",)).weak
    assert not Strength(100, 75).weak
    assert Strength(100, 74).weak
    assert not Strength(100, 60, dead=20).weak
    assert not NOT_ASKED.measured


def test_a_weak_proof_names_the_layer_everywhere() -> None:
    result = with_strength(WEAK, Verdict.WEAK)
    said = (
        "12 of 302 planted faults would have been seen (the others held against 64 of the 400 inputs at least); "
        "3 change nothing that anything reaches; zeroed, no input would show layer 0 (CONV_2D, conv/Relu)"
    )
    assert text.strength(result) == said
    assert said in shown(result)
    assert "EQUAL, BUT WEAK" in shown(result)
    page = html.render(result, samples.build())
    assert "How strong the proof is" in page
    assert 'class="layer dark" title="layer 0 (CONV_2D, conv/Relu): 10 of 300 seen"' in page
    suite = ElementTree.fromstring(junit.render(result))[0]  # noqa: S314 - our own output
    failure = suite.find("testcase[@name='verdict']/failure")
    assert failure is not None
    assert said in failure.attrib["message"]
    properties = {each.attrib["name"]: each.attrib["value"] for each in suite.iter("property")}
    assert (properties["strength.planted"], properties["strength.layer 0"]) == ("302", "10/300")
    error = verify.why_not_proven(result, Path("report.html"))
    assert error.exit_code == 4
    assert "inputs that reach each layer" in (error.hint or "")


def test_a_strong_proof_says_how_strong() -> None:
    result = with_strength(STRONG)
    assert "301 of 302 planted faults would have been seen" in shown(result)
    assert "Of 302 faults planted on the host, 301 would have been seen." in html.render(result, samples.build())
    values = summary.to_json(result)["strength"]
    assert (values["planted"], values["seen"], values["unseen_layers"]) == (302, 301, ())


def test_by_what_it_was_measured_is_said() -> None:
    result = with_strength(dataclasses.replace(STRONG, how="interpreter", not_tried=2))
    assert "2 operators could not be tried" in shown(result)
    assert "the file that TensorFlow Lite Micro&#39;s interpreter computes" in html.render(result, samples.build())
    assert summary.to_json(result)["strength"]["how"] == "interpreter"


def test_what_was_not_measured_is_said() -> None:
    result = with_strength(NOT_ASKED)
    assert "how strong the proof is was not measured: it was not asked for (--no-strength)" in shown(result)
    assert summary.to_json(result)["strength"]["planted"] == 0


@pytest.mark.emulator
def test_run_measures_keeps_and_leaves_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = tmp_path / "small.tflite"
    model.write_bytes(dense_softmax(1 / 16))
    options = ("--board", "host", "--model", str(model), "--limit", "30", "--json")
    first = tinyml("run", *options, folder=tmp_path)
    assert first["verdict"] == "proven"
    assert first["strength"]["planted"] > 100
    assert first["inputs"].startswith("30 made-up inputs (those of ")
    # Nothing is computed a second time: what was found and measured lies in the build's folder.
    monkeypatch.setattr("toolkit.strength.library.built", lambda _: pytest.fail("compiled again"))
    again = tinyml("run", *options, folder=tmp_path)
    assert (again["strength"], again["inputs"]) == (first["strength"], first["inputs"])
    without = tinyml("run", *options, "--no-strength", folder=tmp_path)
    assert (without["verdict"], without["strength"]["planted"]) == ("proven", 0)
    assert "in turn" in without["inputs"]
    kept = next((tmp_path / "build" / "host").glob("*/strength.json"))
    kept.write_text(kept.read_text().replace('"seen": ', '"seen": 1'))
    # A record that another hand has changed is measured anew, not believed.
    with pytest.raises(BaseException, match="compiled again"):
        tinyml("run", *options, folder=tmp_path)
