// TensorFlow Lite Micro behind engine.h: MicroInterpreter over a static arena. No heap, no static constructor
// (start-up code need not run any), C++14.
//
// tflm_config.h is generated with the model: the resolver with exactly its operators, the arena's size, and
// the sizes that the input and the output must have.

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <new>

#include "engine.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/schema/schema_generated.h"
#include "tflm_config.h"
#include "tflm_model.h"

namespace {

// Objects are built in place: as static variables they would need constructors before main, and as local ones
// a guard.
alignas(tflm_config::Resolver) uint8_t resolver_storage[sizeof(tflm_config::Resolver)];
alignas(tflite::MicroInterpreter) uint8_t interpreter_storage[sizeof(tflite::MicroInterpreter)];

// The interpreter wants 16 bytes' alignment; of a less aligned arena it wastes the head.
alignas(16) uint8_t arena[tflm_config::kArenaBytes];

static_assert(sizeof(arena) >= tflm_config::kInputBytes && sizeof(arena) >= tflm_config::kOutputBytes,
              "without an interpreter the arena stands in for input and output");

tflite::MicroInterpreter *interpreter;  // null until engine_init() succeeded
uint8_t *input_data = arena;            // the core writes what it receives, whether init succeeded or not
uint8_t *output_data = arena;

engine_info_t info = {"tflm", tflm_config::kDtype, tflm_config::kInputBytes, tflm_config::kOutputBytes, 0};

bool IsAsBuilt(const TfLiteTensor *tensor, uint32_t bytes) {
  const TfLiteType type = tflm_config::kDtype == ENGINE_INT8 ? kTfLiteInt8 : kTfLiteFloat32;
  return tensor != nullptr && tensor->type == type && tensor->bytes == bytes && tensor->data.raw != nullptr;
}

}  // namespace

extern "C" engine_status_t engine_init(void) {
  interpreter = nullptr;
  input_data = arena;
  output_data = arena;
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
  tflite::MicroInterpreter *made =
      new (interpreter_storage) tflite::MicroInterpreter(model, *resolver, arena, sizeof(arena));
  if (made->AllocateTensors() != kTfLiteOk) {
    return ENGINE_ERROR_ARENA;
  }

  // These also catch headers that lay out TfLiteTensor differently from the library (TF_LITE_STATIC_MEMORY).
  const TfLiteTensor *input = made->input(0);
  const TfLiteTensor *output = made->output(0);
  if (!IsAsBuilt(input, tflm_config::kInputBytes) || !IsAsBuilt(output, tflm_config::kOutputBytes)) {
    return ENGINE_ERROR_MODEL;
  }
  input_data = reinterpret_cast<uint8_t *>(input->data.raw);
  output_data = reinterpret_cast<uint8_t *>(output->data.raw);
  info.arena_bytes = static_cast<uint32_t>(made->arena_used_bytes());
  interpreter = made;
  return ENGINE_OK;
}

extern "C" const engine_info_t *engine_info(void) { return &info; }

extern "C" uint8_t *engine_input(void) { return input_data; }

extern "C" engine_status_t engine_invoke(void) {
  if (interpreter == nullptr || interpreter->Invoke() != kTfLiteOk) {
    return ENGINE_ERROR_INVOKE;
  }
  return ENGINE_OK;
}

extern "C" const uint8_t *engine_output(void) { return output_data; }
