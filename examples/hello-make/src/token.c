#include "token.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static struct token scan_number(const char **rest)
{
    char *end;
    struct token token = { .kind = TOKEN_NUMBER, .number = strtod(*rest, &end) };
    *rest = end;
    return token;
}

static struct token scan_name(const char **rest)
{
    struct token token = { .kind = TOKEN_NAME };
    size_t length = 0;
    while (isalnum((unsigned char)**rest)) {
        if (length + 1 < sizeof token.name) token.name[length++] = **rest;
        (*rest)++;
    }
    return token;
}

void scanner_next(struct scanner *scanner)
{
    const char **rest = &scanner->rest;
    while (isspace((unsigned char)**rest)) (*rest)++;
    if (**rest == '\0') scanner->current = (struct token){ .kind = TOKEN_END };
    else if (isdigit((unsigned char)**rest) || **rest == '.') scanner->current = scan_number(rest);
    else if (isalpha((unsigned char)**rest)) scanner->current = scan_name(rest);
    else if (strchr("+-*/^()", **rest)) scanner->current = (struct token){ .kind = TOKEN_OPERATOR, .operator = *(*rest)++ };
    else scanner->current = (struct token){ .kind = TOKEN_BAD, .operator = **rest };
}

void scanner_start(struct scanner *scanner, const char *text)
{
    scanner->rest = text;
    scanner_next(scanner);
}
