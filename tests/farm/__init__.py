"""A farm on this computer: labgrid's own coordinator and exporter, and emulated boards behind them."""
