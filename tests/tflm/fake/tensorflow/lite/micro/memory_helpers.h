// The size of a tensor: the stand-in's tensors know it.
#ifndef FAKE_MEMORY_HELPERS_H_
#define FAKE_MEMORY_HELPERS_H_

#include "tensorflow/lite/micro/micro_interpreter.h"

namespace tflite {

inline TfLiteStatus TfLiteEvalTensorByteLength(const TfLiteEvalTensor *tensor, size_t *bytes) {
  *bytes = tensor->bytes;
  return kTfLiteOk;
}

}  // namespace tflite

#endif
