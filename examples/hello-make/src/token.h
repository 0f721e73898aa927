#ifndef TOKEN_H
#define TOKEN_H

enum token_kind { TOKEN_NUMBER, TOKEN_NAME, TOKEN_OPERATOR, TOKEN_END, TOKEN_BAD };

struct token {
    enum token_kind kind;
    double number;
    char name[32];
    char operator;
};

struct scanner {
    const char *rest;
    struct token current;
};

void scanner_start(struct scanner *scanner, const char *text);
void scanner_next(struct scanner *scanner);

#endif
