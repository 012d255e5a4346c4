# %% [markdown]
# From a trained network to a proof, in five cells. Nothing but `toolkit.api` is used; the board is an emulator.

# %%
from pathlib import Path

from toolkit import api

workspace = Path("build/notebook")
for network in api.models(workspace):
    print(f"{network.model:20} {network.params:8,} parameters, {network.trained or 'not trained'}")

# %% Build: convert, compile to C, compile to firmware, hold the size against the board.
build = api.build("host", "proposed", dtype=api.DType.INT8, workspace=workspace)
print(f"{build.model} {build.dtype} for {build.board}: {build.flash_bytes:,} bytes, build {build.build_id}")
for layer in build.layers:
    print(f"  {layer.name:20} {layer.macs:10,} multiplications")

# %% Boot it, and ask it for the hand-drawn digits and for ten of MNIST's.
with api.flash(build, workspace=workspace) as device:
    verification = api.verify(device, api.Selection(limit=0))

# %% The verdict, and what the device got right.
print(verification.verdict, f"{verification.answered} of {verification.asked} answered")

# %% The report to look at.
outcome = api.report(build, workspace=workspace)
print(outcome.report)
