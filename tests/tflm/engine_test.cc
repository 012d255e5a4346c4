// The engine's own logic against a stand-in interpreter: every way in which it can fail, and starting again
// after it.
#include "engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tflm_config.h"
#include "tflm_model.h"

namespace fake {
Switches switches;
int made, destroyed, resets;
bool resolver_fails;
unsigned int registered;
uint32_t schema_version;
const void *model_read;

TfLiteEvalTensor *eval_tensor(const TfLiteContext *, int index) {
  static char bytes[256];
  static TfLiteEvalTensor tensor;
  tensor = {{bytes + index}, static_cast<size_t>(index)};
  return &tensor;
}
}  // namespace fake

#define CHECK(condition)                                          \
  do {                                                            \
    if (!(condition)) {                                           \
      fprintf(stderr, "line %d: not %s\n", __LINE__, #condition); \
      exit(1);                                                    \
    }                                                             \
  } while (0)

static void all_well() {
  fake::switches = {false, false, kTfLiteInt8, 784, 10, true, 1, 11};
  fake::resolver_fails = false;
  fake::schema_version = TFLITE_SCHEMA_VERSION;
}

#if TFLM_TRACED
static uint16_t told;

static void watch(uint16_t layer, const uint8_t *bytes, uint32_t size, uint32_t) {
  CHECK(layer == told && layer < tflm_config::kLayers);
  const int tensor = tflm_config::kTrace[layer].tensor;
  CHECK(bytes == reinterpret_cast<uint8_t *>(fake::eval_tensor(nullptr, tensor)->data.raw));
  CHECK(size == static_cast<uint32_t>(tensor));
  ++told;
}

static void check_traced() {
  CHECK(engine_info()->layers == tflm_config::kLayers && tflm_config::kLayers == 11);
  CHECK(engine_trace(watch) == ENGINE_OK);
  CHECK(told == tflm_config::kLayers);
  CHECK(engine_invoke() == ENGINE_OK && told == tflm_config::kLayers);  // nobody is told of that
  told = 0;
  CHECK(engine_trace(watch) == ENGINE_OK && told == tflm_config::kLayers);
}
#else
static void watch(uint16_t, const uint8_t *, uint32_t, uint32_t) { CHECK(false); }

static void check_traced() {
  CHECK(engine_info()->layers == 0);
  CHECK(engine_trace(watch) == ENGINE_OK);
}
#endif

static void check_refuses() { CHECK(engine_invoke() == ENGINE_ERROR_INVOKE); }

int main() {
  CHECK(strcmp(engine_info()->runtime, "tflm") == 0);
  CHECK(engine_info()->inputs == 1 && engine_info()->outputs == 1);
  CHECK(engine_info()->ends[0].dtype == ENGINE_INT8 && engine_info()->ends[1].dtype == ENGINE_INT8);
  CHECK(engine_info()->ends[0].bytes == 784 && engine_info()->ends[1].bytes == 10);
  check_refuses();  // before engine_init()

  all_well();
  fake::schema_version = 4;
  CHECK(engine_init() == ENGINE_ERROR_MODEL);
  CHECK(fake::made == 0);
  check_refuses();

  all_well();
  fake::resolver_fails = true;
  CHECK(engine_init() == ENGINE_ERROR_MODEL);
  CHECK(fake::made == 0);

  all_well();
  fake::switches.allocate_fails = true;
  CHECK(engine_init() == ENGINE_ERROR_ARENA);
  check_refuses();

  all_well();
  fake::switches.type = kTfLiteFloat32;
  CHECK(engine_init() == ENGINE_ERROR_MODEL);
  all_well();
  fake::switches.input_bytes = 783;
  CHECK(engine_init() == ENGINE_ERROR_MODEL);
  all_well();
  fake::switches.output_bytes = 11;
  CHECK(engine_init() == ENGINE_ERROR_MODEL);
  all_well();
  fake::switches.inputs = 2;
  CHECK(engine_init() == ENGINE_ERROR_MODEL);
  all_well();
  fake::switches.input_has_data = false;
  CHECK(engine_init() == ENGINE_ERROR_MODEL);
  check_refuses();

  all_well();
  CHECK(engine_init() == ENGINE_OK);
  CHECK(fake::model_read == tflm_model);
  CHECK(fake::registered == 6);
  CHECK(engine_info()->arena_bytes == tflm_config::kArenaBytes - 100);
  engine_input(0)[0] = 41;
  CHECK(engine_invoke() == ENGINE_OK);
  CHECK(engine_output(0)[0] == 42);
  CHECK(fake::resets == tflm_config::kKeepsState);
  check_traced();
  fake::switches.invoke_fails = true;
  CHECK(engine_invoke() == ENGINE_ERROR_INVOKE);

  // Again: the arena is clean, and no interpreter was ever destroyed over half-made nodes.
  all_well();
  CHECK(engine_init() == ENGINE_OK);
  engine_input(0)[0] = 1;
  CHECK(engine_invoke() == ENGINE_OK && engine_output(0)[0] == 2);
  CHECK(fake::destroyed == 0);
  return 0;
}
