/* stack.h: how deep the stack has been, by painting it at start and looking for the deepest change. */
#ifndef TINYML_STACK_H
#define TINYML_STACK_H

/* Paints everything below the caller's stack pointer. Called once, before anything else has used the stack.
 */
void stack_paint(void);

#endif
