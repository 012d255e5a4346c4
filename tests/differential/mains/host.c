/* host.c: the end of a program of many networks (programs.py) on this computer: inputs from stdin, outputs to
 * stdout. */
#include <stdio.h>
int main(void) {
  for (uint32_t i = 0; i < NETWORKS; ++i) {
    const network_t *n = networks + i;
    for (uint32_t k = 0; k < n->count; ++k) {
      if (fread(n->input(0), 1, n->input_bytes, stdin) != n->input_bytes) return 2;
      n->invoke();
      if (fwrite(n->output(0), 1, n->output_bytes, stdout) != n->output_bytes) return 3;
    }
  }
  return 0;
}
