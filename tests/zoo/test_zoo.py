import os
import subprocess
import sys

import numpy as np
import pytest

from toolkit import zoo
from toolkit.errors import ModelError

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


@pytest.mark.parametrize("name", zoo.names())
def test_parameter_count_is_exactly_what_is_said_and_the_papers(name: str) -> None:
    architecture = zoo.get(name)
    model = architecture.build()
    count = sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)
    assert count == architecture.params
    assert {figures.params for figures in architecture.paper} <= {count}
    assert model.input_shape == (None, 28, 28, 1)
    assert model.output_shape == (None, 10)


def test_both_tables_are_whole() -> None:
    rows = [figures for name in zoo.names() for figures in zoo.get(name).paper]
    assert sum(figures.table == 1 for figures in rows) == 8
    assert sum(figures.table == 2 for figures in rows) == 3
    assert len(zoo.of_the_paper()) == 10
    assert zoo.names()[:10] == zoo.of_the_paper()
    assert zoo.names()[0] == "proposed"


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ModelError) as caught:
        zoo.get("resnet")
    assert "proposed" in caught.value.hint


def test_listing_the_zoo_loads_no_tensorflow() -> None:
    code = (
        "import sys; from toolkit import zoo; zoo.names(); print('tensorflow' in sys.modules, 'keras' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_capsule_routing_equals_the_authors_einsum() -> None:
    """The routing's agreement as its authors wrote it: '...ij,...kj->...i' over the votes."""
    random = np.random.default_rng(1)
    votes = random.normal(size=(2, 10, 16, 16)).astype(np.float32)
    theirs = np.einsum("...ij,...kj->...i", votes, votes)
    ours = np.sum(votes * votes.sum(axis=-2, keepdims=True), axis=-1)
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)
