"""The chain model -> .tflite -> firmware -> device, with every hash, and what made each link."""

from __future__ import annotations

from dataclasses import dataclass

from toolkit.artifacts import Build, TensorSpec, Verification
from toolkit.report import text


@dataclass(frozen=True)
class Fact:
    """One line of a step.

    Attributes:
        mono: for hashes and ports.
        check: whether what was compared is equal; None if nothing was.
    """

    name: str
    value: str
    mono: bool = False
    check: bool | None = None


@dataclass(frozen=True)
class Step:
    """One link of the chain."""

    title: str
    what: str
    facts: tuple[Fact, ...]


def _given(*facts: Fact) -> tuple[Fact, ...]:
    return tuple(fact for fact in facts if fact.value)


def _model(build: Build) -> Step:
    card = build.card
    if card is None and build.original is not None:
        return Step(
            "Model",
            build.original.name,
            (
                Fact("built", f"with {' and '.join(build.changes)}"),
                Fact("SHA-256", build.original_sha256, mono=True),
            ),
        )
    if card is None:
        return Step("Model", build.model, (Fact("training", "not known: there is no model card beside the file"),))
    accuracy = "" if card.validation is None else text.share(card.validation, 1)
    return Step(
        "Model",
        card.name,
        _given(
            Fact("parameters", text.count(card.params)),
            Fact("architecture", card.architecture),
            Fact("recipe", f"{card.recipe}, seed {card.seed}, {text.many(card.epochs, 'epoch')}"),
            Fact("trained on", text.many(card.training_images, "image")),
            Fact("validation", accuracy),
            Fact("trained", card.date.replace("T", " ").replace("+00:00", " UTC")),
        ),
    )


def _tensor(spec: TensorSpec) -> str:
    shape = "×".join(map(str, spec.shape))  # noqa: RUF001 - the sign of multiplication
    if not spec.quantised:
        return f"{shape} {spec.dtype}"
    return f"{shape} {spec.dtype}, scale {spec.scale:.9g}, zero point {spec.zero_point}"


def _ends(what: str, specs: tuple[TensorSpec, ...]) -> tuple[Fact, ...]:
    many = len(specs) > 1
    return tuple(
        Fact(f"{what} {place}" if many else what, f"{spec.name}: {_tensor(spec)}" if many else _tensor(spec))
        for place, spec in enumerate(specs)
    )


def _file(build: Build) -> Step:
    return Step(
        ".tflite",
        build.model_path.name,
        _given(
            Fact("size", text.many(build.model_bytes, "byte")),
            Fact("type", str(build.dtype)),
            *_ends("input", build.inputs),
            *_ends("output", build.outputs),
            Fact("SHA-256", build.model_sha256, mono=True),
            Fact("TFLM", build.agreement.in_words if build.agreement else ""),
        ),
    )


def _firmware(build: Build) -> Step:
    return Step(
        "Firmware",
        build.image.name,
        _given(
            Fact("board", f"{text.board(build)} ({build.mcu})" if build.mcu else text.board(build)),
            Fact("tried so far", build.standing),
            Fact("runtime", str(build.runtime)),
            Fact("toolchain", " ".join(part for part in (build.toolchain, build.optimise) if part)),
            Fact("build id", build.build_id, mono=True),
            Fact("SHA-256", build.image_sha256, mono=True),
        ),
    )


def _device(verification: Verification, build: Build) -> Step:
    device = verification.device
    return Step(
        "Device",
        "what it said of itself",
        _given(
            Fact("board", f"{device.board}, emulated" if verification.emulated else device.board),
            Fact("runtime", device.runtime, check=device.runtime == build.runtime),
            Fact("arena", text.arena(device, build)),
            Fact("stack", f"{text.many(device.stack_bytes, 'byte')} at most" if device.stack_bytes else ""),
            Fact("port", verification.port, mono=True),
            Fact("build id", device.build_id, mono=True, check=device.build_id == build.build_id),
            Fact("model", device.model_sha256, mono=True, check=device.model_sha256 == build.model_sha256),
        ),
    )


def steps(verification: Verification, build: Build) -> tuple[Step, ...]:
    """The four links, in order."""
    return _model(build), _file(build), _firmware(build), _device(verification, build)


def tools(verification: Verification, build: Build) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """(what for, ((tool, version), ...)) of everything that took part and is known."""
    groups = {
        "trained and converted with": build.card.versions if build.card else {},
        "built with": build.tools,
        "verified with": verification.tools,
    }
    return tuple((purpose, tuple(versions.items())) for purpose, versions in groups.items() if versions)
