/* core/utf8.h -- which bytes are printable UTF-8, and how others are shown.
 *
 * Names of files are any bytes. Those that end up in YAML, HDF5, HTML or SVG must be UTF-8 without control
 * characters. Source: The Unicode Standard, table 3-7; XML 1.0, production 2 (Char). */
#ifndef CC_CORE_UTF8_H
#define CC_CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the character at `text`: 1 to 4; 0 where none begins there, at the end, and for what no page can
 * hold: control characters (C0, DEL, C1) and the noncharacters U+FFFE and U+FFFF. */
size_t cc_utf8_printable(const char *text);

bool cc_utf8_is_printable(const char *text);

/* Writes a text with every byte that is not printable as \xNN, cut to capacity between characters. */
void cc_utf8_escape(char *out, size_t capacity, const char *text);

#endif
