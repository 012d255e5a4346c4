"""The HTML report: self-contained, complete, honest about failure, and proof against hostile names."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest

from tests.report import samples
from toolkit import files, resources
from toolkit.artifacts import Build, DType, InputResult, Pictures, SizeReport, Verdict, Verification
from toolkit.data import Kind, Samples, Task
from toolkit.errors import DatasetError, TinymlError
from toolkit.report import html
from toolkit.report.pictures import attach


def words(page: str) -> str:
    """The page's text without its markup, white space folded."""
    body = page[page.index("<body>") :]
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


PROVEN = html.render(samples.proven(), samples.build(), samples.images())
BROKEN = html.render(samples.broken(), samples.build(), samples.images())


@pytest.mark.parametrize("page", [PROVEN, BROKEN], ids=["proven", "broken"])
def test_nothing_comes_from_outside_and_nothing_runs(page: str) -> None:
    assert not re.search(r"https?://|<script|<iframe|<object|@import|@font-face|\bon[a-z]+=", page)
    addresses = re.findall(r"""(?:src|href)=["']([^"']*)["']""", page)
    assert addresses
    assert all(address.startswith("data:") for address in addresses)
    assert not re.search(r"url\(", page)
    assert "default-src 'none'" in page


def test_every_image_has_a_description() -> None:
    images = re.findall(r"<img [^>]*>", BROKEN)
    assert len(images) > 30
    assert all(re.search(r'alt="[^"]+"', image) for image in images)


def test_the_chain_has_every_hash_and_says_what_was_compared() -> None:
    build = samples.build()
    for hash_ in (build.model_sha256, build.build_id, build.image_sha256):
        assert hash_ in PROVEN
    assert PROVEN.count("the same as built") == 3
    assert "not what was built" not in PROVEN
    stale = dataclasses.replace(
        samples.proven(), device=dataclasses.replace(samples.proven().device, build_id="0" * 16)
    )
    assert html.render(stale, build).count("not what was built") == 1
    for version in ("tensorflow 2.21.0", "arm-none-eabi-gcc 12.2.1", "qemu-system-arm 7.2.22"):
        assert version in words(PROVEN)


def test_a_proven_run_shows_its_figures() -> None:
    verification = samples.proven()
    text = words(PROVEN)
    score = verification.accuracy["mnist"]
    assert "Every output equals the host&#39;s, byte for byte." in text
    assert f"{score.correct:,} of {score.total:,}" in text
    assert f"95% interval {100 * score.ci95[0]:.2f}% to {100 * score.ci95[1]:.2f}%" in text
    assert verification.ticks is not None
    assert f"{verification.ticks.median:,} cycles" in text
    assert "1.11 ms at 64 MHz" in text
    assert "no physical board took part" in text
    assert "What failed" not in text


def test_every_misread_digit_is_shown_with_what_the_device_said() -> None:
    wrong = [result for result in samples.proven().wrong if result.set == "mnist"]
    assert wrong
    for result in wrong:
        assert f'alt="MNIST test image {result.index:,}: a {result.label}, read as {result.predicted}"' in PROVEN


def test_a_failure_names_the_first_image_and_marks_the_bytes_that_differ() -> None:
    text = words(BROKEN)
    assert "Not proven" in text
    assert "1 output of 410 differs from the host&#39;s, 1 was never given." in text
    section = BROKEN[BROKEN.index("What failed first") :]
    first, second = section.index("MNIST test image 123"), section.index("MNIST test image 307")
    assert first < second
    got = samples.broken().wrong
    result = next(result for result in got if not result.passed)
    assert result.got is not None
    theirs = bytes.fromhex(result.got)
    marked = re.findall(r"<mark>([^<]*)</mark>", section[first:second])
    expected = bytes.fromhex(result.expected)
    assert marked == [f"{expected[3]:02x}", f"{expected[7]:02x}", f"{theirs[3]:02x}", f"{theirs[7]:02x}"]
    assert "<mark>no answer</mark>" in section[second:]


def test_what_the_link_suffered_is_told() -> None:
    text = words(BROKEN)
    assert "The link suffered 208 damaged frames, 221 frames sent again, 2 silences and 3 device resets" in text
    assert "The link was clean" in words(PROVEN)


def test_the_report_can_be_made_again_from_the_json_alone(tmp_path: Path) -> None:
    verification = attach(samples.broken(), samples.images())
    verification.save(tmp_path / "verification.json")
    samples.build().save(tmp_path / "build.json")
    html.write(
        tmp_path / "report.html", Verification.load(tmp_path / "verification.json"), Build.load(tmp_path / "build.json")
    )
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == BROKEN


def test_a_write_that_fails_leaves_the_old_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "report.html"
    page.write_text("old")

    def full(path: Path) -> NoReturn:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files, "fresh", full)
    with pytest.raises(TinymlError, match="No space left"):
        html.write(page, samples.proven(), samples.build())
    assert page.read_text() == "old"
    assert list(tmp_path.iterdir()) == [page]


HOSTILE = "<script>alert(1)</script>\"'&"


def test_names_cannot_break_out_of_the_page() -> None:
    verification, build = samples.broken(), samples.build()
    verification = samples.singly(verification, dataclasses.replace(verification.singly[0], name=HOSTILE))
    failed = dataclasses.replace(verification.wrong[0], name=HOSTILE)
    page = html.render(
        dataclasses.replace(
            verification,
            wrong=(failed, *verification.wrong[1:]),
            port=HOSTILE,
            reference=HOSTILE,
            tools={HOSTILE: HOSTILE},
            pictures=Pictures({"external/0": HOSTILE}, {"external/0": HOSTILE}),
        ),
        dataclasses.replace(build, model=HOSTILE, board_name=HOSTILE, image=Path("a/" + HOSTILE)),
    )
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)") > 8


def test_an_older_json_without_the_newer_fields_still_gives_a_report() -> None:
    build, full = samples.build(), samples.proven()
    bare = Build(
        **{
            field.name: getattr(build, field.name)
            for field in dataclasses.fields(Build)
            if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        }
    )
    poor = Verification(
        **{
            field.name: getattr(full, field.name)
            for field in dataclasses.fields(Verification)
            if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        }
    )
    text = words(html.render(poor, bare))
    assert "not known: there is no model card" in text
    assert "memory plan" not in text
    assert "emulated" not in text


def test_inputs_without_labels_or_times_are_reported_too() -> None:
    expected = bytes(range(40)).hex()
    result = InputResult("random", 7, "", None, 3, expected, None, False, None, False)
    run = dataclasses.replace(
        samples.proven(),
        asked=100,
        answered=99,
        bit_exact=99,
        within_tolerance=99,
        verdict=Verdict.DIFFERS,
        sets=(samples.made_up(100, 1),),
        ticks=None,
        wrong=(result,),
    )
    text = words(html.render(run, samples.build()))
    assert "1 image of 100 was never answered." in text
    assert "made-up input 7" in text
    assert "and 24 more elements" in text
    for heading in ("Accuracy on the device", "External images", "Time per inference", "misread digit"):
        assert heading not in text


def test_an_empty_run_proves_nothing() -> None:
    run = dataclasses.replace(
        samples.proven(),
        asked=0,
        answered=0,
        bit_exact=0,
        within_tolerance=0,
        verdict=Verdict.DIFFERS,
        sets=(samples.of_set("external", []),),
        ticks=None,
        wrong=(),
        seconds=0.0,
    )
    text = words(html.render(run, samples.build()))
    assert "Not proven" in text
    assert "Nothing was verified." in text


def test_float32_states_its_tolerance_and_never_claims_equal_bytes() -> None:
    run = dataclasses.replace(
        samples.proven(),
        dtype=DType.FLOAT32,
        bit_exact=12,
        tolerance=1e-5,
        max_difference=3.2e-7,
        wrong=(),
    )
    text = words(html.render(run, dataclasses.replace(samples.build(), dtype=DType.FLOAT32, outputs=())))
    assert "Every output equals the host&#39;s within the rounding of float32." in text
    assert "12 are equal to the last bit" in text
    assert "byte for byte" not in text


def test_a_firmware_that_is_wrong_everywhere_gives_a_page_of_bounded_size() -> None:
    everything = samples.all_results()
    run = samples.judged([samples.changed(result, bytes(10)) for result in everything])
    page = html.render(run, samples.build(), samples.images())
    assert len(page) < 600_000
    assert "And 360 more" in words(page)


def test_too_big_looks_bad() -> None:
    build = samples.build()
    size = dataclasses.replace(build.size, ram_limit=2_048)
    page = html.render(samples.proven(), dataclasses.replace(build, ram_limit=2_048, size=size))
    assert 'class="meter over"' in page
    assert '<span class="value bad">3.02 kB</span>' in page


def test_owners_always_add_up() -> None:
    build = samples.build()
    size = SizeReport(1_000, 4_000, 500, 1_000, None, {"model": 600}, {"core": 500})
    text = words(
        html.render(samples.proven(), dataclasses.replace(build, flash_bytes=1_000, flash_limit=4_000, size=size))
    )
    assert "model 600 60.0% other 400 40.0%" in text


def test_inputs_are_pictured_by_their_shape() -> None:
    run = samples.broken()
    colour = Samples("mnist", (np.zeros((400, 12), np.uint8),), task=Task(Kind.NONE, (2, 2, 3)))
    run = dataclasses.replace(run, sets=(dataclasses.replace(run.sets[0], picture=(2, 2, 3)), *run.sets[1:]))
    assert 'width="2" height="2"' in html.render(run, samples.build(), (colour,))
    flat = dataclasses.replace(colour, task=Task())
    assert "data:image/png" not in html.render(samples.broken(), samples.build(), (flat,)).split('id="failures"')[1]
    with pytest.raises(DatasetError, match="a sample of 12 elements is no picture of 28x28"):
        dataclasses.replace(colour, task=Task(Kind.NONE, (28, 28)))


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2's contrast ratio of two #rrggbb colours."""

    def luminance(colour: str) -> float:
        shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_text_is_readable_in_both_schemes() -> None:
    style = (resources.templates() / "report" / "style.css").read_text(encoding="utf-8")
    schemes = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    assert len(schemes) == 2
    for scheme in schemes:
        colours = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", scheme))
        pairs = [
            (text, ground) for text in ("ink", "soft", "good", "bad", "warn", "accent") for ground in ("paper", "card")
        ]
        pairs += [("good", "good-wash"), ("bad", "bad-wash"), ("warn", "warn-wash"), ("ink", "well"), ("card", "bad")]
        for text, ground in pairs:
            assert _contrast(colours[text], colours[ground]) >= 4.5, (text, ground)  # level AA
