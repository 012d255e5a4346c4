// A stand-in for the flatbuffer's model.
#ifndef FAKE_SCHEMA_GENERATED_H_
#define FAKE_SCHEMA_GENERATED_H_

#include <stdint.h>

namespace fake {
extern uint32_t schema_version;
extern const void *model_read;
}  // namespace fake

namespace tflite {

struct Model {
  uint32_t version() const { return fake::schema_version; }
};

inline const Model *GetModel(const void *data) {
  static const Model model;
  fake::model_read = data;
  return &model;
}

}  // namespace tflite

#endif
