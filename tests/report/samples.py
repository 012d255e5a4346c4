"""A build and verifications as the stages make them, of seeded made-up outputs: what a report is rendered from."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from toolkit.artifacts import (
    Build,
    DeviceIdentity,
    DType,
    ElementType,
    FirstDifference,
    InputResult,
    LayerReport,
    LayerSize,
    LinkStats,
    ModelCard,
    PlannedBuffer,
    Runtime,
    Score,
    SetResult,
    SetWords,
    SizeReport,
    TensorSpec,
    Ticks,
    Verdict,
    Verification,
)
from toolkit.data import Samples
from toolkit.data.digits import convention
from toolkit.data.digits.convention import CLASSES, PREPARED, SIDE, Pixels
from toolkit.statistics import confusion_matrix, histogram, wilson_interval

MODEL_SHA256 = "4aa1481dde942f39a8ef3c5ffdcdbbb19de65f3d03cc292610c4887e547fdeff"
BUILD_ID = "6c1f0a9be2d4375f"
DIGITS = 400
EXTERNAL = 10


def _first(failed: list[InputResult]) -> FirstDifference | None:
    if not failed:
        return None
    return FirstDifference(f"{failed[0].set} image {failed[0].index}", failed[0].set, failed[0].index)


def build() -> Build:
    """The int8 proposed model for the emulated Cortex-M4F, with everything that a compiler and a linker tell."""
    size = SizeReport(
        flash_bytes=14_236,
        flash_limit=983_040,
        ram_bytes=2_604,
        ram_limit=262_144,
        stack_bytes=4_096,
        flash_by_owner={"model": 2_980, "kernels": 4_120, "core": 1_804, "port": 2_012, "libc": 3_100},
        ram_by_owner={"model": 1_612, "core": 600, "port": 392},
        layers={"layer_4_dense": LayerSize(536, 240), "layer_5_softmax": LayerSize(20, 212)},
        kernels={"aot_softmax_s8.c": 756},
    )
    return Build(
        board="nano33",
        model="proposed",
        dtype=DType.INT8,
        runtime=Runtime.AOT,
        toolchain="arm_gcc",
        project=Path("build/nano33/project"),
        image=Path("build/nano33/project/firmware.elf"),
        model_path=Path("build/nano33/project/model/proposed.tflite"),
        model_bytes=4_000,
        flash_bytes=size.flash_bytes,
        flash_limit=size.flash_limit,
        ram_bytes=size.ram_bytes,
        ram_limit=size.ram_limit,
        build_id=BUILD_ID,
        model_sha256=MODEL_SHA256,
        size=size,
        board_name="Arduino Nano 33 BLE",
        mcu="nRF52840, cortex-m4f",
        clock_hz=64_000_000,
        optimise="-O3",
        image_sha256="91f0" * 16,
        tools={"arm-none-eabi-gcc": "12.2.1"},
        inputs=(TensorSpec("image", (1, 28, 28, 1), ElementType.INT8, 1 / 255, -128),),
        outputs=(TensorSpec("probabilities", (1, 10), ElementType.INT8, 1 / 256, -128),),
        macs=26_902,
        arena_bytes=1_612,
        layers=(
            LayerReport("layer_1_conv", ("CONV_2D", "LEAKY_RELU", "MAX_POOL_2D"), 76, 18_252),
            LayerReport("layer_2_conv", ("CONV_2D", "LEAKY_RELU", "MAX_POOL_2D"), 172, 8_100),
            LayerReport("layer_3_dense", ("FULLY_CONNECTED", "LEAKY_RELU"), 580, 500),
            LayerReport("layer_4_dense", ("FULLY_CONNECTED",), 130, 50),
            LayerReport("layer_5_softmax", ("SOFTMAX",), 1_024, 0, ("aot_softmax_s8.c",)),
        ),
        plan=(
            PlannedBuffer("input", 0, 784, -1, 0),
            PlannedBuffer("scratch of layer 1", 1_292, 320, 0, 0),
            PlannedBuffer("pool 1", 784, 507, 0, 1),
            PlannedBuffer("pool 2", 0, 100, 1, 2),
            PlannedBuffer("dense 1", 100, 5, 2, 3),
            PlannedBuffer("dense 2", 0, 10, 3, 4),
            PlannedBuffer("output", 12, 10, 4, 5),
        ),
        card=ModelCard(
            name="proposed",
            architecture="proposed",
            recipe="best",
            seed=1,
            params=707,
            epochs=38,
            training_images=55_000,
            validation_images=5_000,
            validation=0.9776,
            accuracy={},
            files={},
            sizes={},
            versions={"python": "3.11.7", "tensorflow": "2.21.0", "keras": "3.15.1"},
            seconds=111.0,
            date="2026-11-23T21:19:45+00:00",
        ),
    )


def outputs(labels: npt.NDArray[np.int64], seed: int) -> npt.NDArray[np.int8]:
    """int8 [N, 10] probabilities, scale 1/256 and zero point -128, right about 9 times in 10."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 1.2, (len(labels), 10))
    logits[np.arange(len(labels)), labels] += 4.2
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return np.asarray(np.clip(np.round(256 * shares) - 128, -128, 127), np.int8)


def results(name: str, labels: npt.NDArray[np.int64], expected: npt.NDArray[np.int8]) -> list[InputResult]:
    """What a device that computes rightly says."""
    ticks = np.random.default_rng(3).normal(71_140, 160, len(labels)).astype(int)
    return [
        InputResult(
            set=name,
            index=index,
            name=f"{label}.png" if name == "external" else "",
            label=int(label),
            predicted=int(expected[index].argmax()),
            expected=expected[index].tobytes().hex(),
            got=expected[index].tobytes().hex(),
            exact=True,
            ticks=int(ticks[index]),
            within_tolerance=True,
        )
        for index, label in enumerate(labels)
    ]


def changed(result: InputResult, got: bytes | None) -> InputResult:
    """The same image with another answer, or with none."""
    return dataclasses.replace(
        result,
        got=None if got is None else got.hex(),
        predicted=None if got is None else int(np.frombuffer(got, np.int8).argmax()),
        exact=False,
        within_tolerance=False,
    )


WORDS = {
    "mnist": SetWords("MNIST test set", "MNIST test image", "mnist image", "digit"),
    "external": SetWords("external images", "external image", "external image", "digit", PREPARED),
    "random": SetWords("made-up inputs", "made-up input", "made-up input"),
}


def of_set(name: str, members: list[InputResult]) -> SetResult:
    """What came of a set of digits."""
    correct = sum(r.predicted == r.label for r in members)
    pairs = [(r.label, r.predicted) for r in members if r.label is not None and r.predicted is not None]
    return SetResult(
        name=name,
        words=WORDS[name],
        asked=len(members),
        failed=sum(not r.passed for r in members),
        score=Score(correct, len(members), wilson_interval(correct, len(members))),
        confusion=confusion_matrix(pairs, 10),
        classes=CLASSES,
        picture=(SIDE, SIDE),
        singly=tuple(members) if name == "external" else (),
    )


def made_up(asked: int, failed: int = 0) -> SetResult:
    """What came of inputs without labels."""
    return SetResult("random", WORDS["random"], asked, failed)


def singly(verification: Verification, *shown: InputResult) -> Verification:
    """The same with these in place of the first external images."""
    return dataclasses.replace(
        verification,
        sets=tuple(
            dataclasses.replace(each, singly=(*shown, *each.singly[len(shown) :])) if each.singly else each
            for each in verification.sets
        ),
    )


def judged(everything: list[InputResult], link: LinkStats | None = None) -> Verification:
    """A verification of these results, its counts taken from them."""
    sets = {name: [r for r in everything if r.set == name] for name in dict.fromkeys(r.set for r in everything)}
    failed = [r for r in everything if not r.passed]
    times = sorted(r.ticks for r in everything if r.got is not None and r.ticks is not None)
    link = link or LinkStats(bytes_up=2_250_480, bytes_down=300_300, frames_sent=len(everything))
    return Verification(
        board="nano33",
        model="proposed",
        dtype=DType.INT8,
        asked=len(everything),
        answered=sum(r.got is not None for r in everything),
        bit_exact=sum(r.exact for r in everything),
        within_tolerance=len(everything) - len(failed),
        tolerance=0.0,
        max_difference=0.0 if not failed else 3.0,
        resent=link.resent,
        verdict=Verdict.DIFFERS if failed else Verdict.PROVEN,
        inputs="400 MNIST images, 10 hand-drawn ones; pixels as 0..1, as the input's quantisation tells",
        distinct_outputs=408,
        reference="TensorFlow Lite Micro's reference kernels (tflite-micro 0.dev20250901)",
        first_difference=_first(failed),
        ticks=Ticks("cycles", times[0], times[len(times) // 2], times[-1], histogram(times)) if times else None,
        seconds=136.2,
        inputs_per_second=round(len(everything) / 136.2, 1),
        device=DeviceIdentity("nano33", "aot", MODEL_SHA256, BUILD_ID, 1_612, 412),
        link=link,
        sets=tuple(of_set(name, members) for name, members in sets.items()),
        wrong=tuple(r for r in everything if not r.passed or r.predicted != r.label),
        date="2026-11-23T22:04:11+00:00",
        port="socket://127.0.0.1:40123",
        emulated=True,
        data={"mnist": "the four original IDX files, checked by SHA-256"},
        tools={"tinyml": "0.1.0", "python": "3.11.7", "qemu-system-arm": "7.2.22"},
    )


def all_results() -> list[InputResult]:
    """DIGITS made-up digits and EXTERNAL external images, all answered rightly."""
    labels = np.random.default_rng(1).integers(0, 10, DIGITS)
    drawn = np.arange(EXTERNAL)
    return results("mnist", labels, outputs(labels, 2)) + results("external", drawn, outputs(drawn, 4))


def proven() -> Verification:
    """Everything equal."""
    return judged(all_results())


def broken() -> Verification:
    """One wrong output, in two bytes, at image 123; one image never answered; a link that suffered."""
    everything = all_results()
    output = bytearray.fromhex(everything[123].expected)
    output[3] = (output[3] + 3) % 256
    output[7] ^= 0x40
    everything[123] = changed(everything[123], bytes(output))
    everything[307] = changed(everything[307], None)
    link = LinkStats(2_312_004, 301_200, 10_231, resent=221, damaged=208, timeouts=2, resets=3)
    return judged(everything, link)


def pixels(count: int, seed: int = 5) -> Pixels:
    """uint8 [count, 28, 28]: made-up strokes, white on black."""
    generator = np.random.default_rng(seed)
    images = np.zeros((count, 28, 28), np.uint8)
    for place in range(count):
        picture = Image.new("L", (28, 28))
        points = [tuple(map(int, generator.integers(5, 23, 2))) for _ in range(4)]
        ImageDraw.Draw(picture).line(points, fill=255, width=3)
        images[place] = np.asarray(picture)
    return images


def drawing() -> bytes:
    """A picture file as a person draws it: dark on light, 280x280."""
    picture = Image.new("L", (280, 280), 225)
    ImageDraw.Draw(picture).line([(80, 60), (190, 70), (110, 220)], fill=40, width=18)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def images() -> tuple[Samples, ...]:
    """The inputs behind `proven` and `broken`."""
    mnist = convention.samples("mnist", pixels(DIGITS), np.zeros(DIGITS, np.uint8))
    names = tuple(f"{digit}.png" for digit in range(EXTERNAL))
    external = convention.samples("external", pixels(EXTERNAL), np.arange(EXTERNAL, dtype=np.uint8), names=names)
    return mnist, dataclasses.replace(external, files={name: drawing() for name in names})
