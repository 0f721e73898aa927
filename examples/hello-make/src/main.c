/* Reads expressions, one a line, and prints their values. */
#include <stdio.h>
#include <string.h>

#include "parse.h"
#include "version.h"

int main(int argc, char **argv)
{
    char line[1024];
    int failed = 0;
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        printf("calc %s, built from %s\n", CALC_VERSION, __FILE__);
        return 0;
    }
    while (fgets(line, sizeof line, stdin) != NULL) {
        double value;
        const char *reason;
        if (evaluate(line, &value, &reason)) {
            printf("%.10g\n", value);
        } else {
            fprintf(stderr, "calc: %s\n", reason);
            failed = 1;
        }
    }
    return failed;
}
