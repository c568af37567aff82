#include "engine_tokenizer.h"

#include "libsql/engine/engine.c"

static char kind_of(int type, char first) {
    switch (type) {
        case TK_SPACE:
            return ' ';
        case TK_STRING:
            return '\'';
        case TK_BLOB:
            return 'x';
        case TK_INTEGER:
        case TK_FLOAT:
        case TK_QNUMBER:
            return '0';
        case TK_VARIABLE:
            return '?';
        case TK_SEMI:
            return ';';
        case TK_ILLEGAL:
            return '!';
        default:
            return IdChar(first) || first == '"' || first == '`' || first == '[' ? 'a' : '+';
    }
}

int engine_token(const char* text, char* kind) {
    int type = 0;
    const int length = sqlite3GetToken((const unsigned char*)text, &type);
    *kind = kind_of(type, text[0]);
    return length;
}
