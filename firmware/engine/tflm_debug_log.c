/* The two functions that TensorFlow Lite Micro asks of its platform (tensorflow/lite/micro/debug_log.h), for
 * boards whose only output is the link: text between the frames would be taken for damaged frames, and printf
 * costs 10 kB and more of flash. What failed is told by engine_init()'s and engine_invoke()'s status.
 *
 * Only for a library that is linked as an archive: the Arduino libraries bring their own. */
#include <stdarg.h>
#include <stddef.h>

void DebugLog(const char *format, va_list arguments);
int DebugVsnprintf(char *buffer, size_t size, const char *format, va_list arguments);

void DebugLog(const char *format, va_list arguments) {
  (void)format;
  (void)arguments;
}

int DebugVsnprintf(char *buffer, size_t size, const char *format, va_list arguments) {
  (void)format;
  (void)arguments;
  if (size > 0) {
    buffer[0] = '\0';
  }
  return 0;
}
