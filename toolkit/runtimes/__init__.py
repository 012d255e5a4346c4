"""What computes the network in a build: `aot.py`, our compiler's C, or `tflm/`, TensorFlow Lite Micro's interpreter.

engines.py chooses, and tells the ways out where a runtime refuses; engine.py is what each gives a project.
"""
