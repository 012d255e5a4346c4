"""How strong a proof is: faults are planted in the network on the host, and it is counted how many the inputs show.

library.py  the compiled network as a shared library, whose constants can be changed
faults.py   which faults are planted
rounds.py   runs them over the inputs, within a bounded amount of work
search.py   made-up inputs that reach the layers
operators.py, interpreted.py  the same in the file that the interpreter computes, where there is no such library
apart.py, jobs.py  that in a process of its own
sums.py     what came of it, as an artifact
measure.py  all of it, as an artifact
"""

from __future__ import annotations

from toolkit.strength.measure import NOT_ASKED, measure
from toolkit.strength.search import look_for

__all__ = ["NOT_ASKED", "look_for", "measure"]
