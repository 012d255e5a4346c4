"""Every network that there is, with rows that stream and without, at every optimisation; docs/benchmarks.md."""
