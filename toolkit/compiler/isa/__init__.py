"""Instruction sets: a file each, whose `ISA` says what kernels it has and in what order they are preferred.

A new one is a file here, its kernels in firmware/kernels and its core in boards/cpus; nothing else changes. Another
package's, by the entry point `tinyml.isas`, chooses among the kernels that are there. toolkit.registry finds them.
"""
