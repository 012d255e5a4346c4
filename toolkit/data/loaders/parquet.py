"""Parquet, through pyarrow (the extra `tables`); a column holds a number a row, or a list of as many numbers each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from toolkit.data.loaders import columns
from toolkit.data.loaders.base import Elements, Loaded, Wanted, bounded
from toolkit.errors import DatasetError


def suits(path: Path) -> bool:
    """Whether it is called `.parquet`."""
    return path.suffix.lower() in (".parquet", ".pq") and path.is_file()


def load(path: Path, wanted: Wanted) -> Loaded:
    """The columns of the inputs and of the truth.

    Raises:
        DatasetError: pyarrow is missing, the file is damaged, or a column is no such thing.
    """
    try:
        import pyarrow
        import pyarrow.parquet as reader
    except ImportError as caught:
        raise DatasetError(
            f"{path}: Parquet needs pyarrow", "pip install 'tinyml-toolkit[tables]', or save it as CSV or .npz"
        ) from caught
    try:
        with reader.ParquetFile(path) as file:
            schema, about = file.schema_arrow, file.metadata
            lists = any(pyarrow.types.is_nested(field.type) for field in schema)
            chosen = columns.choose(tuple(schema.names), wanted, str(path), 0 if lists else None)
            rows = about.num_rows if wanted.limit is None else min(wanted.limit, about.num_rows)
            if not rows:
                raise DatasetError(f"{path} has no rows", "name another file")
            bounded(rows, max(_bytes(about) // max(about.num_rows, 1), 8 * len(chosen.inputs)), str(path))
            table = _first(file, [*chosen.inputs, *chosen.truth], rows, pyarrow)
    except (pyarrow.ArrowException, OSError, ValueError, MemoryError) as caught:
        said = next(iter(str(caught).splitlines()), "") or type(caught).__name__
        raise DatasetError(f"{path} is damaged or no Parquet file: {said}", "write it anew") from caught
    inputs = np.concatenate([_numbers(table[name], path, name) for name in chosen.inputs], axis=1)
    truth = _truth([table[name] for name in chosen.truth], chosen.truth, path)
    return columns.loaded(inputs, truth, chosen, wanted, str(path), 0)


def _bytes(about: Any) -> int:
    return sum(about.row_group(place).total_byte_size for place in range(about.num_row_groups))


def _first(file: Any, names: list[str], rows: int, pyarrow: Any) -> dict[str, Any]:
    """The first rows of these columns; no more is read than that."""
    batches = []
    have = 0
    for batch in file.iter_batches(batch_size=min(rows, 1 << 16), columns=names):
        batches.append(batch)
        have += batch.num_rows
        if have >= rows:
            break
    table = pyarrow.Table.from_batches(batches).slice(0, rows)
    return {name: table[name].combine_chunks() for name in names}


def _numbers(column: Any, path: Path, name: str) -> Elements:
    """One column, [N, values a row], of its own type.

    Raises:
        DatasetError: it holds something else, nothing, or another count in some row.
    """
    where = f"{path}, column {name!r}"
    empty = np.flatnonzero(np.asarray(column.is_null().to_numpy(zero_copy_only=False)))
    if len(empty):
        raise DatasetError(f"{where} is empty in row {empty[0]}", "fill it in, or leave the row out")
    rows = len(column)
    if hasattr(column, "flatten") and hasattr(column, "value_lengths"):
        lengths = np.asarray(column.value_lengths().to_numpy(zero_copy_only=False))
        other = np.flatnonzero(lengths != lengths[0])
        if len(other):
            raise DatasetError(
                f"{where} has {lengths[other[0]]} values in row {other[0]}, {lengths[0]} in row 0", "mend the row"
            )
        column = column.flatten()
        if column.null_count:
            raise DatasetError(f"{where} has an empty value in a list", "fill it in")
    values = column.to_numpy(zero_copy_only=False)
    if values.dtype.kind not in "biuf":
        raise DatasetError(f"{where} holds {column.type}, no numbers", "name the columns of the inputs: --inputs a,b")
    values = values.reshape(rows, -1)
    wrong = np.flatnonzero(~np.isfinite(values)) if values.dtype.kind == "f" else np.empty(0, np.intp)
    if len(wrong):
        said, row = values.flat[wrong[0]], wrong[0] // values.shape[1]
        raise DatasetError(f"{where} is {said} in row {row}", "leave such rows out")
    return np.asarray(values)


def _truth(held: list[Any], names: tuple[str, ...], path: Path) -> Elements | None:
    if not held:
        return None
    if len(held) > 1:
        return np.concatenate([_numbers(each, path, name) for each, name in zip(held, names, strict=True)], axis=1)
    column = held[0]
    if "string" in str(column.type):
        return np.array(["" if each is None else str(each) for each in column.to_pylist()], np.str_)
    values = _numbers(column, path, names[0])
    return values[:, 0] if values.shape[1] == 1 else values
