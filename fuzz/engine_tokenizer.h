#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/* The length of the token that SQLite's own tokenizer finds at `text`, which a NUL ends; 0 at the
   NUL. *kind: ' ' space or comment, 'a' name or keyword, '\'' string, 'x' blob, '0' number, '?'
   parameter, ';' semicolon, '!' illegal, '+' anything else. */
int engine_token(const char* text, char* kind);

#ifdef __cplusplus
}
#endif
