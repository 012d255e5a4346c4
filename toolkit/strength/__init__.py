"""How strong a proof is: faults are planted in the network on the host, and it is counted how many the inputs show.

library.py  the compiled network as a shared library, whose constants can be changed
faults.py   which faults are planted
rounds.py   runs them over the inputs, within a bounded amount of work
measure.py  all of it, as an artifact
"""

from __future__ import annotations

from toolkit.strength.measure import NOT_ASKED, measure

__all__ = ["NOT_ASKED", "measure"]
