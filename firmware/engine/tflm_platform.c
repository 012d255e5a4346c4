/* What TFLM asks of its platform (tensorflow/lite/micro/debug_log.h) and of the C library,
 * for boards whose only output is the link: text between the frames would be taken for damaged frames, and
 * printf with its heap costs about 5 kB of flash. What failed is told by engine_init()'s and
 * engine_invoke()'s status.
 *
 * Only for a library that is linked as an archive: the Arduino libraries bring their own. */
#include <stdarg.h>
#include <stddef.h>

void DebugLog(const char *format, va_list arguments);
int DebugVsnprintf(char *buffer, size_t size, const char *format, va_list arguments);
_Noreturn void __assert_func(const char *file, int line, const char *function, const char *expression);

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

/* newlib's assert(), of a library built without NDEBUG. The device falls silent, and the host reports that.
 */
_Noreturn void __assert_func(const char *file, int line, const char *function, const char *expression) {
  (void)file;
  (void)line;
  (void)function;
  (void)expression;
  for (;;) {
  }
}
