"""Putting firmware on a board: one method a file, each with a function `flash` of the type `base.Flasher`."""
