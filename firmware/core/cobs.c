#include "cobs.h"

void cobs_decoder_init(cobs_decoder_t *decoder) {
  decoder->left = 0;
  decoder->zero_pending = false;
  decoder->started = false;
}

cobs_event_t cobs_decode(cobs_decoder_t *decoder, uint8_t byte) {
  if (byte == 0) {
    const bool started = decoder->started;
    const bool broken = decoder->left != 0;
    cobs_decoder_init(decoder);
    return broken ? COBS_BROKEN : started ? COBS_END : COBS_EMPTY;
  }
  if (decoder->left != 0) {
    decoder->left--;
    return COBS_DATA;
  }
  const cobs_event_t event = decoder->zero_pending ? COBS_ZERO : COBS_NOTHING;
  decoder->left = (uint8_t)(byte - 1);
  decoder->zero_pending = byte != 0xFF;
  decoder->started = true;
  return event;
}
