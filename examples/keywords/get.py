"""Gets what this folder does not carry: MLPerf Tiny's keyword network, and EEMBC's 1,000 inputs for it.

    python examples/keywords/get.py                # from their repositories: pinned commits, checksums held
    python examples/keywords/get.py --from FOLDER  # a folder that has kws_ref_model.tflite and kws01/

The network is Apache-2.0. EEMBC's repository names no licence: its files are for your own use, not ours to copy.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import logging
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pooch

NETWORK = "https://raw.githubusercontent.com/mlcommons/tiny/1afd2c9820f795965a6134facd0b4dfae41ef23f/benchmark/training/keyword_spotting/trained_models/"
INPUTS = "https://raw.githubusercontent.com/eembc/energyrunner/cf7c2f2634608a7c0ea7458ab7cb3379f2863424/datasets/kws01/"
SHA256 = {
    "kws_ref_model.tflite": "aeea436800704fce17b17292e4412630ad856e9d777c044c64ef748a880bd0ae",
    "y_labels.csv": "6cb3709762d53fe64eb00eaf4a75796248bb3c1386f1d1f93ccdb07b071e9698",
}
SHA256_OF_ALL = "c2e5f02def82726f5c49dfe85c311c52f295ad68561f6bae89931fdadaaedc73"
"""Of the 1,000 inputs one after the other, in the order of y_labels.csv: 490,000 bytes."""
AT_ONCE = 8


def _one(base: str, name: str, folder: Path, taken_from: Path | None) -> Path:
    """A file in the folder, copied or downloaded, its checksum held where one is known.

    Raises:
        ValueError: it is another file.
        OSError: it cannot be had.
    """
    known = SHA256.get(name)
    if taken_from is None:
        return Path(pooch.retrieve(base + name, known and f"sha256:{known}", name, folder))
    path = folder / name
    path.write_bytes((taken_from / name).read_bytes())
    if known and hashlib.sha256(path.read_bytes()).hexdigest() != known:
        raise ValueError(f"{taken_from / name} has another checksum than the file that is meant")
    return path


def get(folder: Path, given: Path | None = None) -> None:
    """Network and inputs, into kws_ref_model.tflite and kws01/ of the folder; the inputs whole or not at all.

    Raises:
        ValueError: a checksum is another one.
        OSError: a file cannot be had.
    """
    _one(NETWORK, "kws_ref_model.tflite", folder, given)
    samples, whole = given and given / "kws01", folder / "kws01"
    part = folder / "kws01.part"  # what is there already is not asked for again
    part.mkdir(exist_ok=True)
    labels = _one(INPUTS, "y_labels.csv", part, samples)
    with labels.open(newline="") as stream:
        names = [row[0] for row in csv.reader(stream)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        paths = list(pool.map(lambda name: _one(INPUTS, name, part, samples), names))
    if hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest() != SHA256_OF_ALL:
        shutil.rmtree(part)
        raise ValueError("the inputs are others than those that are meant")
    shutil.rmtree(whole, ignore_errors=True)
    part.rename(whole)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--from", dest="given", type=Path, metavar="FOLDER")
    options.add_argument("--to", type=Path, default=Path(__file__).parent, metavar="FOLDER")
    asked = options.parse_args()
    pooch.get_logger().setLevel(logging.ERROR)  # else it prints a line a file
    try:
        get(asked.to, asked.given)
    except (OSError, ValueError) as caught:  # what requests raises is an OSError
        sys.exit(f"error: {caught}\ntry: --from FOLDER, with kws_ref_model.tflite and kws01/ of a clone")


if __name__ == "__main__":
    main()
