#ifndef FUNCTIONS_H
#define FUNCTIONS_H

#include <stdbool.h>

/* False when there is no function of that name. */
bool call_function(const char *name, double argument, double *result);

#endif
