"""Other engines for the same network, each behind firmware/engine/engine.h. A new peer is one new file here."""
