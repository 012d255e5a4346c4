// TensorFlow Lite Micro behind engine.h: MicroInterpreter over a static arena. No heap, no static constructor
// (start-up code need not run any), C++14.
//
// tflm_config.h is generated with the model: the resolver with exactly its operators, the arena's size, and
// the types and sizes that the inputs and outputs must have.
//
// A layer of a trace is a tensor that an operator leaves. The interpreter tells a profiler of its operators,
// after each of which what it wrote is still where the memory plan has it. Libraries of which that is not so
// are not traced.

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <new>

#include "engine.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/schema/schema_generated.h"
#include "tflm_config.h"
#if TFLM_TRACED
#include "tensorflow/lite/micro/memory_helpers.h"
#include "tensorflow/lite/micro/micro_profiler_interface.h"
#endif
#include "tflm_model.h"

namespace {

// Objects are built in place: as static variables they would need constructors before main, and as local ones
// a guard.
alignas(tflm_config::Resolver) uint8_t resolver_storage[sizeof(tflm_config::Resolver)];
#if TFLM_TRACED
// GetTensor() knows a tensor only where all of them were asked to be preserved; the way of the kernels knows
// each.
class Interpreter final : public tflite::MicroInterpreter {
 public:
  using tflite::MicroInterpreter::MicroInterpreter;
  const TfLiteEvalTensor *Tensor(int index) const { return context().GetEvalTensor(&context(), index); }
};
#else
using Interpreter = tflite::MicroInterpreter;
#endif

alignas(Interpreter) uint8_t interpreter_storage[sizeof(Interpreter)];

// The interpreter wants 16 bytes' alignment; of a less aligned arena it wastes the head.
alignas(16) uint8_t arena[tflm_config::kArenaBytes];

Interpreter *interpreter;                                     // null until engine_init() succeeded
uint8_t *data[tflm_config::kInputs + tflm_config::kOutputs];  // of each end; null until then

#if TFLM_TRACED
constexpr uint16_t kLayers = tflm_config::kLayers;
#else
constexpr uint16_t kLayers = 0;
#endif
engine_info_t info = {"tflm", tflm_config::kEnds, tflm_config::kInputs, tflm_config::kOutputs, kLayers, 0, 0};

TfLiteType TypeOf(uint8_t dtype) {
  switch (dtype) {
    case ENGINE_INT8:
      return kTfLiteInt8;
    case ENGINE_UINT8:
      return kTfLiteUInt8;
    case ENGINE_INT16:
      return kTfLiteInt16;
    case ENGINE_INT32:
      return kTfLiteInt32;
    case ENGINE_BOOL:
      return kTfLiteBool;
    default:
      return kTfLiteFloat32;
  }
}

#if TFLM_TRACED
class Watcher final : public tflite::MicroProfilerInterface {
 public:
  void Start(engine_watch_t *watch) {
    watch_ = watch;
    place_ = 0;
    layer_ = 0;
    depth_ = 0;
  }
  void Stop() { watch_ = nullptr; }

  uint32_t BeginEvent(const char *) override {
    ++depth_;
    return 0;
  }

  // Operators of a graph that an operator calls, and what a kernel tells of itself, lie deeper.
  void EndEvent(uint32_t) override {
    if (--depth_ != 0 || watch_ == nullptr) {
      return;
    }
    for (; layer_ < tflm_config::kLayers && tflm_config::kTrace[layer_].place == place_; ++layer_) {
      const TfLiteEvalTensor *tensor = interpreter->Tensor(tflm_config::kTrace[layer_].tensor);
      size_t bytes = 0;
      if (tflite::TfLiteEvalTensorByteLength(tensor, &bytes) == kTfLiteOk) {
        watch_(layer_, reinterpret_cast<const uint8_t *>(tensor->data.raw), static_cast<uint32_t>(bytes),
               static_cast<uint32_t>(bytes));
      }
    }
    ++place_;
  }

 private:
  // It is never destroyed, and the real one would bring a heap.
  void operator delete(void *) {}

  engine_watch_t *watch_ = nullptr;
  uint16_t place_ = 0;
  uint16_t layer_ = 0;
  uint16_t depth_ = 0;
};
alignas(Watcher) uint8_t watcher_storage[sizeof(Watcher)];
Watcher *watcher;
#endif

// Every request is independent: what the variable tensors of an LSTM or SVDF hold from the one before is
// forgotten. Libraries before 2022 call it otherwise.
template <typename T>
auto Forget(T *made, int) -> decltype(made->Reset()) {
  return made->Reset();
}
template <typename T>
auto Forget(T *made, long) -> decltype(made->ResetVariableTensors()) {
  return made->ResetVariableTensors();
}

bool IsAsBuilt(const TfLiteTensor *tensor, const engine_end_t &end) {
  return tensor != nullptr && tensor->type == TypeOf(end.dtype) && tensor->bytes == end.bytes &&
         tensor->data.raw != nullptr;
}

}  // namespace

extern "C" engine_status_t engine_init(void) {
  interpreter = nullptr;
  const tflite::Model *model = tflite::GetModel(tflm_model);
  if (model->version() != TFLITE_SCHEMA_VERSION) {
    return ENGINE_ERROR_MODEL;
  }

  // A former interpreter is abandoned, not destroyed: it owns nothing outside the arena, and after a failed
  // AllocateTensors() its destructor would walk nodes that were never filled in.
  memset(arena, 0, sizeof(arena));
  tflm_config::Resolver *resolver = new (resolver_storage) tflm_config::Resolver();
  if (tflm_config::AddOperators(resolver) != kTfLiteOk) {
    return ENGINE_ERROR_MODEL;
  }
#if TFLM_TRACED
  watcher = new (watcher_storage) Watcher();
  Interpreter *made =
      new (interpreter_storage) Interpreter(model, *resolver, arena, sizeof(arena), nullptr, watcher);
#else
  Interpreter *made = new (interpreter_storage) Interpreter(model, *resolver, arena, sizeof(arena));
#endif
  if (made->AllocateTensors() != kTfLiteOk) {
    return ENGINE_ERROR_ARENA;
  }

  // These also catch headers that lay out TfLiteTensor differently from the library (TF_LITE_STATIC_MEMORY).
  if (made->inputs_size() != tflm_config::kInputs || made->outputs_size() != tflm_config::kOutputs) {
    return ENGINE_ERROR_MODEL;
  }
  for (uint8_t place = 0; place < sizeof(data) / sizeof(data[0]); ++place) {
    const bool is_input = place < tflm_config::kInputs;
    const TfLiteTensor *tensor = is_input ? made->input(place) : made->output(place - tflm_config::kInputs);
    if (!IsAsBuilt(tensor, tflm_config::kEnds[place])) {
      return ENGINE_ERROR_MODEL;
    }
    data[place] = reinterpret_cast<uint8_t *>(tensor->data.raw);
  }
  info.arena_bytes = static_cast<uint32_t>(made->arena_used_bytes());
  interpreter = made;
  return ENGINE_OK;
}

extern "C" const engine_info_t *engine_info(void) { return &info; }

extern "C" uint8_t *engine_input(uint8_t index) { return data[index]; }

extern "C" engine_status_t engine_invoke(void) {
  if (interpreter == nullptr) {
    return ENGINE_ERROR_INVOKE;
  }
  if (tflm_config::kKeepsState && Forget(interpreter, 0) != kTfLiteOk) {
    return ENGINE_ERROR_INVOKE;
  }
  return interpreter->Invoke() == kTfLiteOk ? ENGINE_OK : ENGINE_ERROR_INVOKE;
}

extern "C" engine_status_t engine_trace(engine_watch_t *watch) {
#if TFLM_TRACED
  if (interpreter != nullptr) {
    watcher->Start(watch);
  }
  const engine_status_t status = engine_invoke();
  if (interpreter != nullptr) {
    watcher->Stop();
  }
  return status;
#else
  (void)watch;
  return engine_invoke();
#endif
}

// The interpreter wants its inputs whole.
extern "C" void engine_begin(void) {}

extern "C" engine_status_t engine_push(engine_watch_t *) { return ENGINE_ERROR_INVOKE; }

extern "C" uint8_t engine_constant(const uint8_t *base, uint32_t place) {
  return base[static_cast<int32_t>(place)];
}

extern "C" const uint8_t *engine_output(uint8_t index) { return data[tflm_config::kInputs + index]; }
