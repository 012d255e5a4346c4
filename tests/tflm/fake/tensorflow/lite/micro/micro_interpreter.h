// A stand-in for TFLM's interpreter with the parts that the engine touches, and switches that make each of
// them fail.
#ifndef FAKE_MICRO_INTERPRETER_H_
#define FAKE_MICRO_INTERPRETER_H_

#include <stddef.h>
#include <stdint.h>

#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/micro/micro_profiler_interface.h"
#include "tensorflow/lite/schema/schema_generated.h"

#define TFLITE_SCHEMA_VERSION (3)

typedef enum {
  kTfLiteNoType = 0,
  kTfLiteFloat32 = 1,
  kTfLiteInt32 = 2,
  kTfLiteUInt8 = 3,
  kTfLiteBool = 6,
  kTfLiteInt16 = 7,
  kTfLiteInt8 = 9
} TfLiteType;

typedef struct {
  TfLiteType type;
  union {
    char *raw;
  } data;
  size_t bytes;
} TfLiteTensor;

typedef struct {
  union {
    char *raw;
  } data;
  size_t bytes;
} TfLiteEvalTensor;

struct TfLiteContext {
  TfLiteEvalTensor *(*GetEvalTensor)(const TfLiteContext *context, int index);
};

namespace fake {
struct Switches {
  bool allocate_fails;
  bool invoke_fails;
  TfLiteType type;
  size_t input_bytes;
  size_t output_bytes;
  bool input_has_data;
  size_t inputs;
  int operators;  // that it tells a profiler of; each has another inside
};
extern Switches switches;
extern int made;       // interpreters constructed
extern int resets;     // of variable tensors
extern int destroyed;  // must stay 0: see the engine
TfLiteEvalTensor *eval_tensor(const TfLiteContext *context, int index);
}  // namespace fake

namespace tflite {

class MicroInterpreter {
 public:
  MicroInterpreter(const Model *model, const MicroOpResolver &resolver, uint8_t *arena, size_t size,
                   void *variables = nullptr, MicroProfilerInterface *profiler = nullptr)
      : arena_(arena), size_(size), profiler_(profiler) {
    (void)model;
    (void)resolver;
    (void)variables;
    for (size_t at = 0; at < size; at++) clean_ = clean_ && arena[at] == 0;
    arena[0] = 0xA5;
    arena[size - 1] = 0xA5;
    ++fake::made;
  }
  ~MicroInterpreter() { ++fake::destroyed; }

  TfLiteStatus AllocateTensors() {
    if (fake::switches.allocate_fails || !clean_) return kTfLiteError;
    input_ = {fake::switches.type, {reinterpret_cast<char *>(arena_ + 16)}, fake::switches.input_bytes};
    output_ = {fake::switches.type, {reinterpret_cast<char *>(arena_ + 32)}, fake::switches.output_bytes};
    if (!fake::switches.input_has_data) input_.data.raw = nullptr;
    return kTfLiteOk;
  }
  TfLiteStatus Invoke() {
    for (int at = 0; profiler_ != nullptr && at < fake::switches.operators; at++) {
      const uint32_t outer = profiler_->BeginEvent("operator");
      profiler_->EndEvent(profiler_->BeginEvent("inside"));
      profiler_->EndEvent(outer);
    }
    output_.data.raw[0] = static_cast<char>(input_.data.raw[0] + 1);
    return fake::switches.invoke_fails ? kTfLiteError : kTfLiteOk;
  }
  TfLiteTensor *input(size_t index) { return index == 0 ? &input_ : nullptr; }
  TfLiteTensor *output(size_t index) { return index == 0 ? &output_ : nullptr; }
  TfLiteStatus Reset() {
    ++fake::resets;
    return kTfLiteOk;
  }
  size_t inputs_size() const { return fake::switches.inputs; }
  size_t outputs_size() const { return 1; }
  size_t arena_used_bytes() const { return size_ - 100; }
  // As the real one, where nobody asked for all tensors to be preserved.
  TfLiteEvalTensor *GetTensor(int, int = 0) { return nullptr; }

 protected:
  const TfLiteContext &context() const { return context_; }

 private:
  uint8_t *arena_;
  size_t size_;
  MicroProfilerInterface *profiler_;
  TfLiteContext context_ = {fake::eval_tensor};
  bool clean_ = true;
  TfLiteTensor input_ = {};
  TfLiteTensor output_ = {};
};

}  // namespace tflite

#endif
