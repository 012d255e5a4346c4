"""A folder of WAV recordings: a folder a class, the label in each file's name, or a list of labels. Raw samples only:
a network that takes spectrograms needs them made by the program that makes them on the device."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from toolkit.data.loaders import labels
from toolkit.data.loaders.base import Elements, Loaded, Wanted, bounded
from toolkit.errors import DatasetError

_FULL = 32768.0
"""Of 16 bits: a sample's real value is its number / 32768, as tf.audio.decode_wav gives it."""


def suits(path: Path) -> bool:
    """Whether it is a folder with `.wav` files in it, or in the folders in it."""
    return path.is_dir() and (any(map(_is_sample, path.iterdir())) or any(map(_is_sample, path.glob("*/*"))))


def _is_sample(path: Path) -> bool:
    return path.suffix.lower() in (".wav", ".wave") and path.is_file()


def load(path: Path, wanted: Wanted) -> Loaded:
    """The samples, int16 [N, length], in the order of the names or, of classes, in turn.

    Raises:
        DatasetError: a file is no PCM of one channel, has another rate than the first, or another length than the
            network takes and `resize` does not say how to mend that.
    """
    takes = wanted.only("folders of WAV").elements
    if wanted.resize == "stretch":
        raise DatasetError(f"{path}: recordings are not stretched", "--resize pad or --resize crop")
    found = labels.find(path, _is_sample, wanted, "WAV files")
    bounded(len(found.paths), 2 * takes, str(path))
    values = np.zeros((len(found.paths), takes), np.int16)
    rate, shorter, longer = 0, 0, 0
    for place, (file, name) in enumerate(zip(found.paths, found.names, strict=True)):
        part, count, this_rate = _part(file, name, takes, wanted.resize)
        if rate not in (0, this_rate):
            raise DatasetError(f"{name} has {this_rate:,} Hz, {found.names[0]} has {rate:,}", "bring all to one rate")
        rate = this_rate
        shorter += count < takes
        longer += count > takes
        values[place, : len(part)] = part
    told = [*found.told, f"{rate:,} samples a second"]
    if longer:
        told.append(f"{longer:,} longer ones cut {'to their middle' if wanted.resize == 'crop' else 'at their end'}")
    if shorter:
        told.append(f"{shorter:,} shorter ones with zeros behind")
    return Loaded((values,), found.truth, found.names, found.classes, (-_FULL, _FULL), told=tuple(told))


def _part(file: Path, name: str, takes: int, how: str | None) -> tuple[Elements, int, int]:
    """What the network takes of a recording, int16 [up to `takes`]; how many samples it has in all; its rate in Hz."""
    try:
        with wave.open(str(file), "rb") as held:
            if held.getnchannels() != 1:
                raise DatasetError(f"{name} has {held.getnchannels()} channels", "mix it to one: sox IN -c 1 OUT")
            count, width = held.getnframes(), held.getsampwidth()
            if count != takes and how is None:
                raise DatasetError(
                    f"{name} has {count:,} samples, the network takes {takes:,}",
                    "--resize pad: longer ones are cut at their end, shorter ones get zeros behind",
                )
            held.setpos((count - takes) // 2 if how == "crop" and count > takes else 0)
            data = held.readframes(min(takes, count))
            if len(data) != width * min(takes, count):
                raise DatasetError(f"{name} is cut off", "record it anew, or take it out")
            return _sixteen_bits(data, width), count, held.getframerate()
    except DatasetError:
        raise
    except Exception as caught:  # the module lets through whatever a broken file makes of its arithmetic
        said = next(iter(str(caught).splitlines()), "") or "it ends too early"
        raise DatasetError(
            f"{name} is no WAV of PCM that can be read: {said}", "sox IN -e signed -b 16 OUT"
        ) from caught


def _sixteen_bits(data: bytes, width: int) -> Elements:
    """PCM as int16: of 24 and 32 bits the upper 16; 8 bits are unsigned in a WAV."""
    held = np.frombuffer(data, np.uint8).reshape(-1, width)
    if width == 1:
        return np.asarray((held[:, 0].astype(np.int16) - 128) * 256, np.int16)
    return np.ascontiguousarray(held[:, -2:]).view("<i2").reshape(-1).astype(np.int16)
