"""tinyml: put a neural network on a microcontroller, and prove that it computes what the host does."""

__version__ = "0.1.0"
