#include "packbits.h"

void packbits_decoder_init(packbits_decoder_t *decoder) {
  decoder->left = 0;
  decoder->repeat = false;
}

uint8_t packbits_decode(packbits_decoder_t *decoder, uint8_t byte) {
  if (decoder->left == 0) {
    decoder->repeat = byte > 128;
    if (byte != 128) {
      decoder->left = (uint8_t)(decoder->repeat ? 257 - byte : byte + 1);
    }
    return 0;
  }
  if (decoder->repeat) {
    const uint8_t count = decoder->left;
    decoder->left = 0;
    return count;
  }
  decoder->left--;
  return 1;
}

bool packbits_at_end(const packbits_decoder_t *decoder) { return decoder->left == 0; }
