"""The journal: emptied before the device was asked, dropped in silence by `--resume`, a crash where it was damaged."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from tests.link import device as fake
from tests.link.device import HELLO, PythonDevice
from tests.verify.test_shards import COUNT, Quiet, _build, _work, clients_of
from toolkit.artifacts import Verification
from toolkit.errors import LinkError, StaleFirmwareError, TinymlError
from toolkit.link import Client
from toolkit.link.stream import Answer
from toolkit.verify import Journal, Workload, run_id, verify

RUN = run_id(_build(), [_work()])


def _run(journal: Journal, device: PythonDevice, work: Workload | None = None) -> Verification:
    with journal:
        return verify(
            _build(),
            [work or _work()],
            clients_of({"A": device}),
            reference="none",
            journal=journal,
            progress=Quiet(),
        )


def _first(count: int) -> Workload:
    work = _work()
    return dataclasses.replace(work, inputs=work.inputs[:count], expected=work.expected[:count])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal with five answers of a run of COUNT."""
    path = tmp_path / "new" / "journal.jsonl"
    with Journal(path, RUN, resume=False) as journal:
        for key in range(5):
            row = _work().expected[key]
            journal.add(Answer(key=key, output=row.tobytes(), ticks=7))
    return path


def test_it_stays_when_the_device_is_not_there(path: Path) -> None:
    before = path.read_bytes()

    def gone() -> PythonDevice:
        raise LinkError("nothing listens", "")

    journal = Journal(path, RUN, resume=False)
    with journal, pytest.raises(LinkError, match="nothing listens"):
        client = Client(gone)  # type: ignore[arg-type]
        verify(_build(), [_work()], {"A": client}, reference="none", journal=journal, progress=Quiet())
    assert path.read_bytes() == before


def test_it_stays_when_the_device_runs_something_else(path: Path) -> None:
    before = path.read_bytes()
    other = dataclasses.replace(HELLO, build_id="33" * 8)
    stale = PythonDevice(hello=lambda message: fake.hello(message.seq, other))
    for resume in (False, True):
        with pytest.raises(StaleFirmwareError):
            _run(Journal(path, RUN, resume=resume), stale)
        assert path.read_bytes() == before


def test_every_answer_is_with_the_system_before_it_counts(path: Path) -> None:
    with Journal(path, RUN, resume=True) as journal:
        journal.add(Answer(key=77, output=b"1234", ticks=1))
        assert json.loads(path.read_text().splitlines()[-1]) == [77, 1, b"1234".hex()]


def test_a_run_that_is_resumed_asks_only_for_the_rest(path: Path) -> None:
    device = PythonDevice()
    assert _run(Journal(path, RUN, resume=True), device).proven
    assert len(device.requests) == COUNT - 5


def test_other_inputs_are_an_error_and_keep_the_answers(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(TinymlError, match=f"asked for {COUNT} inputs and this one for 10") as caught:
        Journal(path, run_id(_build(), [_first(10)]), resume=True)
    assert "leave --resume out" in caught.value.hint
    with pytest.raises(TinymlError, match="of build"):
        Journal(path, dataclasses.replace(RUN, digest="00", build="11" * 8), resume=True)
    with pytest.raises(TinymlError, match="other inputs"):
        Journal(path, dataclasses.replace(RUN, digest="00"), resume=True)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [None, "", "{}\n", "[]\n", "\x00\x01", "[" * 5000, '{"run": "x"}\n'])
def test_nothing_to_resume_is_an_error(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "journal.jsonl"
    if content is not None:
        path.write_text(content)
    with pytest.raises(TinymlError, match="--resume"):
        Journal(path, RUN, resume=True)
    assert path.exists() == (content is not None)


BAD = [
    f'[{COUNT}, 1, "00"]',
    '[-1, 1, "00"]',
    '[1e300, 1, "00"]',
    '[9, Infinity, "00"]',
    '[9, NaN, "00"]',
    f'[9, {10**40}, "00"]',
    '[9, -1, "00"]',
    '[true, 1, "00"]',
    '[0, 7, "11111111"]',  # answered already, otherwise
    '[9, 1, "0"]',
    "[9, 1, null]",
    "[9, 1]",
    "[9",
    "[" * 5000,
    "\x00\x00\x00",
]


@pytest.mark.parametrize("line", BAD)
def test_a_damaged_line_is_no_answer(path: Path, line: str) -> None:
    path.write_text(path.read_text() + line + "\n")
    journal = Journal(path, RUN, resume=True)
    assert sorted(journal.answers) == [0, 1, 2, 3, 4]
    assert all(answer.ticks == 7 for answer in journal.answers.values())
    path.write_text(path.read_text() + '[11, 7, "00000000"]\n')
    with pytest.raises(TinymlError, match=r"line 7 of .* is no answer of this run"):
        Journal(path, RUN, resume=True)


def test_a_line_cut_short_is_not_glued_to_the_next(path: Path) -> None:
    whole = path.read_text()
    path.write_text(whole[:-4])
    with Journal(path, RUN, resume=True) as journal:
        assert sorted(journal.answers) == [0, 1, 2, 3]
        journal.add(Answer(key=8, output=b"1234", ticks=1))
    assert sorted(Journal(path, RUN, resume=True).answers) == [0, 1, 2, 3, 8]


def test_no_inputs_are_no_proof(tmp_path: Path) -> None:
    none = _first(0)
    journal = Journal(tmp_path / "journal.jsonl", run_id(_build(), [none]), resume=False)
    with pytest.raises(TinymlError, match="no inputs to verify"):
        _run(journal, PythonDevice(), none)
