#include "parse.h"

#include <math.h>
#include <stddef.h>

#include "functions.h"
#include "token.h"

struct parser {
    struct scanner scanner;
    const char *reason;
};

static double sum(struct parser *parser);

static bool accept(struct parser *parser, char operator)
{
    struct token *token = &parser->scanner.current;
    if (token->kind != TOKEN_OPERATOR || token->operator != operator) return false;
    scanner_next(&parser->scanner);
    return true;
}

static double fail(struct parser *parser, const char *reason)
{
    if (parser->reason == NULL) parser->reason = reason;
    return NAN;
}

static double in_parentheses(struct parser *parser)
{
    double value = sum(parser);
    return accept(parser, ')') ? value : fail(parser, "a ) is missing");
}

static double atom(struct parser *parser)
{
    struct token token = parser->scanner.current;
    double value = 0;
    if (accept(parser, '-')) return -atom(parser);
    if (accept(parser, '(')) return in_parentheses(parser);
    if (token.kind != TOKEN_NUMBER && token.kind != TOKEN_NAME) return fail(parser, "a number is missing");
    scanner_next(&parser->scanner);
    if (token.kind == TOKEN_NUMBER) return token.number;
    if (!accept(parser, '(')) return fail(parser, "a function needs (");
    return call_function(token.name, in_parentheses(parser), &value) ? value : fail(parser, "no such function");
}

static double power(struct parser *parser)
{
    double base = atom(parser);
    return accept(parser, '^') ? pow(base, power(parser)) : base;
}

static double product(struct parser *parser)
{
    double value = power(parser);
    for (;;) {
        if (accept(parser, '*')) value *= power(parser);
        else if (accept(parser, '/')) value /= power(parser);
        else return value;
    }
}

static double sum(struct parser *parser)
{
    double value = product(parser);
    for (;;) {
        if (accept(parser, '+')) value += product(parser);
        else if (accept(parser, '-')) value -= product(parser);
        else return value;
    }
}

bool evaluate(const char *text, double *value, const char **reason)
{
    struct parser parser = { .reason = NULL };
    scanner_start(&parser.scanner, text);
    *value = sum(&parser);
    if (parser.reason == NULL && parser.scanner.current.kind != TOKEN_END) parser.reason = "there is something after the end";
    *reason = parser.reason;
    return parser.reason == NULL;
}
