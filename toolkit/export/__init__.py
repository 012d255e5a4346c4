"""A network as a library for somebody else's program: sources, one header, a self-test, an example and a page.

network.py  what is known of a network, and how C speaks of it
kernels.py  the kernels' files, made to live beside another export's
inputs.py   the self-test's inputs, as the C makes them
library.py  the files that every kind of export has
kinds/      a file each: where a build system wants them, and what it wants beside
"""

from __future__ import annotations

from toolkit.export.inputs import rows
from toolkit.export.library import Library, files
from toolkit.export.network import Network, SelfTest

__all__ = ["Library", "Network", "SelfTest", "files", "rows"]
