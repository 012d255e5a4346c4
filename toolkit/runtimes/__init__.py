"""What computes the network in a build: `aot`, our compiler's C, or `tflm`, TensorFlow Lite Micro's interpreter."""
