"""The command line: parses, calls the stages, renders. The only place that prints or exits."""
