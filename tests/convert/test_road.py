"""From net.keras, x.npy and y.npy to a report, with the four commands of docs/your-network.md, on the host's board."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from tests.cli.tinyml import tinyml
from tests.convert import networks
from toolkit.report import text

pytestmark = [pytest.mark.emulator, pytest.mark.slow, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

PAGE = (Path(__file__).parents[2] / "docs" / "your-network.md").read_text(encoding="utf-8")


def _commands() -> list[list[str]]:
    first = next(re.finditer(r"(?:^    tinyml .+\n)+", PAGE, re.MULTILINE))[0]
    return [line.split()[1:] for line in first.splitlines()]


def test_four_commands_to_a_report(tmp_path: Path) -> None:
    model = networks.small()
    x, y = networks.waves(120)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x, y, epochs=12, verbose=0)
    model.save(tmp_path / "net.keras")
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "y.npy", y)
    commands = _commands()
    assert [each[0] for each in commands] == ["init", "build", "run", "report"]
    for command in commands:
        here = ["host" if word == "mps2-an386" else word for word in command]
        done = tinyml(*here, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    page = Path(done.stdout.strip())
    told = json.loads(page.with_name("verification.json").read_text(encoding="utf-8"))
    cost = told["conversion"]
    (rows,) = cost["scores"].values()
    right = float(np.mean(np.argmax(model(x), axis=1) == y))
    assert rows["float_host"]["accuracy"] == pytest.approx(right)
    assert rows["int8_host"] == rows["int8_device"]
    assert cost["inputs"] == "the data as the user has them"
    assert cost["worst"]
    assert {"first", "last"} <= {word for each in cost["layers"] for word in re.findall(r"first|last", each["partner"])}
    assert all(each["snr_db"] is None or each["snr_db"] > 15 for each in cost["layers"])
    shown = page.read_text(encoding="utf-8")
    assert "What the conversion cost" in shown
    assert "calibrated with all 120 samples of x.npy" in shown
    for name in text.CONVERSION_ROWS.values():
        assert name in shown

    beside = tmp_path / "beside"
    beside.mkdir()
    (beside / "own.tflite").write_bytes(next((tmp_path / "build" / "converted").glob("*/int8-*")).read_bytes())
    asked = ("--board", "host", "--model", "own.tflite", "--float", "../net.keras", "--data", "../x.npy")
    done = tinyml("run", *asked, "--truth", "../y.npy", "--json", cwd=beside)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["conversion"]["scores"]["x"] == rows
    done = tinyml("build", "--board", "host", "--model", "own.tflite", "--float", "nothing.keras", cwd=beside)
    assert (done.returncode, "nothing.keras" in done.stderr) == (1, True)
