// A stand-in: counts registrations against its slots, as TFLM's does.
#ifndef FAKE_MICRO_MUTABLE_OP_RESOLVER_H_
#define FAKE_MICRO_MUTABLE_OP_RESOLVER_H_

typedef enum { kTfLiteOk = 0, kTfLiteError = 1 } TfLiteStatus;

namespace fake {
extern bool resolver_fails;
extern unsigned int registered;
}  // namespace fake

namespace tflite {

class MicroOpResolver {
 public:
  virtual TfLiteStatus Find() const = 0;

 protected:
  ~MicroOpResolver() = default;
};

template <unsigned int N>
class MicroMutableOpResolver : public MicroOpResolver {
 public:
  MicroMutableOpResolver() { fake::registered = 0; }
  TfLiteStatus Find() const override { return kTfLiteOk; }
  TfLiteStatus AddConv2D() { return Add(); }
  TfLiteStatus AddLeakyRelu() { return Add(); }
  TfLiteStatus AddMaxPool2D() { return Add(); }
  TfLiteStatus AddReshape() { return Add(); }
  TfLiteStatus AddFullyConnected() { return Add(); }
  TfLiteStatus AddSoftmax() { return Add(); }

 private:
  TfLiteStatus Add() {
    if (fake::registered == N || fake::resolver_fails) return kTfLiteError;
    ++fake::registered;
    return kTfLiteOk;
  }
};

}  // namespace tflite

#endif
