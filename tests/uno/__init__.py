"""Arduino Uno and Mega in simavr."""
