#include "app.h"
#include "port.h"

int main(void) {
  port_init();
  tinyml_app_run();
}
