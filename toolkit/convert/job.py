"""A conversion in a process of its own: `python -m toolkit.convert.job FOLDER`.

TensorFlow takes a gigabyte, keeps it, and dies of some files. The child is asked by `job.json` in the folder, and
leaves the `.tflite` files and `done.json` there, or in `done.json` the error that it met.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toolkit import errors, process
from toolkit.artifacts import DType, write_atomically
from toolkit.artifacts.base import Artifact
from toolkit.errors import ModelError, TinymlError
from toolkit.selection import Selection

FLOAT32, INT8 = "float32.tflite", "int8.tflite"
SECONDS = 1800.0
_JOB, _DONE = "job.json", "done.json"


@dataclass(frozen=True)
class Done(Artifact):
    """What a conversion says of itself.

    Attributes:
        changes: what was done to the network, each in words that follow "with ...".
        calibrated: with which samples, in words; empty for float32.
        calibration_sha256: over them.
        error: class, message and hint of what went wrong; empty where nothing did.
    """

    changes: tuple[str, ...] = ()
    calibrated: str = ""
    calibration_sha256: str = ""
    error: tuple[str, ...] = ()


def run(source: Path, dtype: DType, asked: Selection, folder: Path, *, per_tensor: bool = False) -> Done:
    """Convert what lies at `source` into `folder`: to float32, and to int8 where that is asked for.

    Raises:
        TinymlError: as the child says; ModelError: it died.
    """
    job = {
        "source": str(source.resolve()),
        "name": source.name,
        "dtype": str(dtype),
        "per_tensor": per_tensor,
        "asked": {key: _plain(value) for key, value in dataclasses.asdict(asked).items()},
    }
    write_atomically(folder / _JOB, json.dumps(job).encode())
    # -P: a file of the user's that is called numpy.py is none of ours.
    ended = process.run([sys.executable, "-P", "-m", "toolkit.convert.job", str(folder)], timeout=SECONDS, check=False)
    if not (folder / _DONE).is_file():
        why = ended.died or process.first_error(ended)
        raise ModelError(f"the converter dies of {source.name} ({why})", "is the file whole? Save it again")
    done = Done.load(folder / _DONE)
    if done.error:
        kind, message, hint = done.error
        found = getattr(errors, kind, ModelError)
        raise found(message, hint)
    return done


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Path) else value


def _asked(told: dict[str, Any]) -> Selection:
    paths = {key: Path(told[key]) for key in ("data", "images") if told[key] is not None}
    lists = {key: tuple(told[key]) for key in ("inputs", "classes")}
    return Selection(**{**told, **paths, **lists})


def convert(folder: Path) -> Done:
    """What the child does."""
    from toolkit.convert import calibration, finder
    from toolkit.tflite.ends import ends_of

    told = json.loads((folder / _JOB).read_text(encoding="utf-8"))
    source, dtype = Path(told["source"]), DType(told["dtype"])
    found = finder(source)
    if found is None:
        raise ModelError(f"{told['name']} is of no format that is known", "name a .tflite, .keras, .h5 or SavedModel")
    network = found[1].load(source)
    float32 = network.make(DType.FLOAT32, (), False)
    write_atomically(folder / FLOAT32, float32)
    if dtype is DType.FLOAT32:
        return Done(network.changes)
    read = calibration.read(ends_of(float32), _asked(told["asked"]), told["name"])
    write_atomically(folder / INT8, network.make(DType.INT8, read.inputs, told["per_tensor"]))
    return Done(network.changes, read.told, read.sha256)


def main() -> None:
    """The child."""
    folder = Path(sys.argv[1])
    try:
        done = convert(folder)
    except TinymlError as caught:
        done = Done(error=(type(caught).__name__, caught.message, caught.hint))
    done.save(folder / _DONE)


if __name__ == "__main__":
    main()
