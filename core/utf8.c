/* core/utf8.c -- one character after the other, by the well-formed sequences of the Unicode Standard's
 * table 3-7: no overlong form, no surrogate, nothing above U+10FFFF. Code that is stricter than a decoder
 * needs to be: what passes here goes into XML, where an ill-formed byte makes a whole page unreadable. */
#include "core/utf8.h"

#include <stdio.h>
#include <string.h>

size_t cc_utf8_printable(const char *text) {
    const unsigned char *t = (const unsigned char *)text, c = t[0];
    if (c < 0x80) return c >= 0x20 && c != 0x7f;
    size_t length = c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
    for (size_t i = 1; i < length; i++)
        if ((t[i] & 0xc0) != 0x80) return 0;
    /* U+0080 to U+009F, the C1 controls. */
    bool control = c == 0xc2 && t[1] < 0xa0;
    /* Three bytes for less than U+0800, four for less than U+10000. */
    bool overlong = (c == 0xe0 && t[1] < 0xa0) || (c == 0xf0 && t[1] < 0x90);
    bool surrogate = c == 0xed && t[1] >= 0xa0, above = c == 0xf4 && t[1] >= 0x90;
    /* U+FFFE and U+FFFF. */
    bool none = c == 0xef && t[1] == 0xbf && t[2] >= 0xbe;
    return control || overlong || surrogate || above || none ? 0 : length;
}

bool cc_utf8_is_printable(const char *text) {
    for (size_t length; *text; text += length)
        if ((length = cc_utf8_printable(text)) == 0) return false;
    return true;
}

void cc_utf8_escape(char *out, size_t capacity, const char *text) {
    size_t used = 0;
    while (*text) {
        char piece[8];
        size_t length = cc_utf8_printable(text);
        int bytes = length ? snprintf(piece, sizeof piece, "%.*s", (int)length, text)
                           : snprintf(piece, sizeof piece, "\\x%02x", (unsigned)(unsigned char)*text);
        if (used + (size_t)bytes >= capacity) break;
        memcpy(out + used, piece, (size_t)bytes);
        used += (size_t)bytes;
        text += length ? length : 1;
    }
    out[used] = 0;
}
