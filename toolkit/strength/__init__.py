"""How strong a proof is: faults are planted in the network on the host, and it is counted how many the inputs show.

library.py  the compiled network as a shared library, whose constants can be changed
faults.py   which faults are planted
rounds.py   runs them over the inputs, within a bounded amount of work
search.py   made-up inputs that reach the layers
measure.py  all of it, as an artifact
"""

from __future__ import annotations

from toolkit.strength.measure import NOT_ASKED, measure
from toolkit.strength.search import look_for

__all__ = ["NOT_ASKED", "look_for", "measure"]
