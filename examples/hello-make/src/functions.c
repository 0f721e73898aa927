#include "functions.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

static const struct {
    const char *name;
    double (*call)(double);
} functions[] = {
    { "sin", sin }, { "cos", cos }, { "tan", tan }, { "exp", exp }, { "log", log }, { "sqrt", sqrt }, { "abs", fabs }, { "floor", floor },
};

bool call_function(const char *name, double argument, double *result)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (strcmp(functions[i].name, name) != 0) continue;
        *result = functions[i].call(argument);
        return true;
    }
    return false;
}
