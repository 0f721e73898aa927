#ifndef PARSE_H
#define PARSE_H

#include <stdbool.h>

/* The value of an expression such as "2 * sqrt(9) - 1"; false, and a reason, when the text is none. */
bool evaluate(const char *text, double *value, const char **reason);

#endif
