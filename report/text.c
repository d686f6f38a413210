/* report/text.c -- a growing buffer, and what each format of the report wants escaped.
 *
 * Texts come from run files and configs and are trusted by no format: what could end a string, open a tag or
 * name a command there is written in that format's own escape. Memory that runs out is remembered, so that
 * callers add line by line and ask once, at the end. */
#include "report/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "core/utf8.h"

/* Makes room for `more` bytes; false where memory has run out, now or before. */
static bool reserve(cc_text *text, size_t more) {
    if (text->failed) return false;
    if (text->length + more < text->capacity) return true;
    size_t wider = 2 * (text->length + more) + 256;
    char *grown = realloc(text->bytes, wider);
    if (!grown) return !(text->failed = true);
    text->bytes = grown;
    text->capacity = wider;
    return true;
}

void cc_text_add_bytes(cc_text *text, const void *bytes, size_t count) {
    if (!reserve(text, count + 1)) return;
    memcpy(text->bytes + text->length, bytes, count);
    text->length += count;
    text->bytes[text->length] = 0;
}

/* Printed into the room that there is; where it is too small, once more with room enough. A page has
 * millions of short pieces, most of them without anything to print. */
void cc_text_add(cc_text *text, const char *format, ...) {
    va_list args;
    if (!strchr(format, '%')) {
        cc_text_add_bytes(text, format, strlen(format));
        return;
    }
    for (size_t room = 64, again = 0; again < 2 && reserve(text, room); again++) {
        room = text->capacity - text->length;
        va_start(args, format);
        const int length = vsnprintf(text->bytes + text->length, room, format, args);
        va_end(args);
        if (length >= 0 && (size_t)length < room) {
            text->length += (size_t)length;
            return;
        }
        text->bytes[text->length] = 0;
        if (length < 0) return;
        room = (size_t)length + 1;
    }
}

/* A character and what stands for it. */
typedef struct escape {
    char character;
    const char *written;
} escape;

/* Adds `length` bytes with each character of the list replaced; what lies between two of them goes in one
 * piece. */
static void add_escaped_n(cc_text *text, const char *string, size_t length, const escape *escapes,
                          size_t count) {
    size_t plain = 0;
    for (size_t at = 0; at < length; at++) {
        size_t i = 0;
        while (i < count && escapes[i].character != string[at]) i++;
        if (i == count) continue;
        cc_text_add_bytes(text, string + plain, at - plain);
        cc_text_add_bytes(text, escapes[i].written, strlen(escapes[i].written));
        plain = at + 1;
    }
    cc_text_add_bytes(text, string + plain, length - plain);
}

static void add_escaped(cc_text *text, const char *string, const escape *escapes, size_t count) {
    add_escaped_n(text, string, strlen(string), escapes, count);
}

void cc_text_add_latex(cc_text *text, const char *string) {
    static const escape escapes[] = {{'\\', "\\textbackslash{}"},
                                     {'{', "\\{"},
                                     {'}', "\\}"},
                                     {'$', "\\$"},
                                     {'&', "\\&"},
                                     {'#', "\\#"},
                                     {'_', "\\_"},
                                     {'%', "\\%"},
                                     {'~', "\\textasciitilde{}"},
                                     {'^', "\\textasciicircum{}"},
                                     {'<', "\\textless{}"},
                                     {'>', "\\textgreater{}"}};
    add_escaped(text, string, escapes, sizeof escapes / sizeof *escapes);
}

void cc_text_add_markdown(cc_text *text, const char *string) {
    static const escape escapes[] = {{'|', "\\|"}, {'\\', "\\\\"}, {'*', "\\*"},  {'_', "\\_"},
                                     {'`', "\\`"}, {'[', "\\["},   {'<', "&lt;"}, {'&', "&amp;"}};
    add_escaped(text, string, escapes, sizeof escapes / sizeof *escapes);
}

void cc_text_add_csv(cc_text *text, const char *string) {
    static const escape escapes[] = {{'"', "\"\""}};
    /* RFC 4180: a field with a comma, a quote or a line break stands in quotes, and its quotes are
     * doubled. */
    bool quoted = strpbrk(string, ",\"\r\n") != NULL;
    if (quoted) cc_text_add_bytes(text, "\"", 1);
    add_escaped(text, string, escapes, 1);
    if (quoted) cc_text_add_bytes(text, "\"", 1);
}

/* The next character of a string as a page or a figure can hold it: itself, a space for a control character,
 * U+FFFD for a byte that is no UTF-8. Gives the bytes taken. */
static size_t next_shown(char out[8], const char *string) {
    const unsigned char c = (unsigned char)*string;
    const size_t length = cc_utf8_printable(string);
    snprintf(out, 8, "%.*s", (int)length, length ? string : "");
    if (length == 0) snprintf(out, 8, "%s", c < ' ' || c == 0x7f ? " " : "\xef\xbf\xbd");
    return length ? length : 1;
}

void cc_text_add_html(cc_text *text, const char *string) {
    static const escape escapes[] = {
        {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"}};
    char shown[8];
    while (*string) {
        /* Printable ASCII needs no look at what it is, nor do line breaks and tabs: a config is shown as
         * it is. */
        size_t plain = 0;
        while ((string[plain] >= ' ' && string[plain] < 0x7f) || string[plain] == '\n' ||
               string[plain] == '\t')
            plain++;
        add_escaped_n(text, string, plain, escapes, sizeof escapes / sizeof *escapes);
        string += plain;
        if (!*string) break;
        string += next_shown(shown, string);
        add_escaped(text, shown, escapes, sizeof escapes / sizeof *escapes);
    }
}

void cc_text_add_json(cc_text *text, const char *string) {
    static const escape escapes[] = {{'"', "\\\""}, {'\\', "\\\\"}};
    char shown[8];
    while (*string) {
        string += next_shown(shown, string);
        add_escaped(text, shown, escapes, sizeof escapes / sizeof *escapes);
    }
}

void cc_text_add_base64(cc_text *text, const void *bytes, size_t count) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *b = bytes;
    for (size_t i = 0; i < count; i += 3) {
        /* Three bytes are four digits of six bits; what is missing of the last three is '='. */
        size_t left = count - i;
        unsigned group = (unsigned)b[i] << 16 | (left > 1 ? b[i + 1] << 8 : 0) | (left > 2 ? b[i + 2] : 0);
        char four[4] = {digits[group >> 18], digits[group >> 12 & 63],
                        left > 1 ? digits[group >> 6 & 63] : '=', left > 2 ? digits[group & 63] : '='};
        cc_text_add_bytes(text, four, 4);
    }
}

/* In double quotes every ASCII character but letters, digits and the harmless few is written in octal, so
 * that no quote ends the string, no backquote runs a command, and no @ names a macro, wherever it stands. */
static void add_gnuplot(cc_text *text, const char *string, const char *percent) {
    static const char plain[] = " .,-_+=():/";
    char shown[8];
    cc_text_add_bytes(text, "\"", 1);
    while (*string) {
        string += next_shown(shown, string);
        const unsigned char c = (unsigned char)shown[0];
        if (c == '%')
            cc_text_add(text, "%s", percent);
        else if (c >= 0x80 || isalnum(c) || strchr(plain, c))
            cc_text_add(text, "%s", shown);
        else
            cc_text_add(text, "\\%03o", c);
    }
    cc_text_add_bytes(text, "\"", 1);
}

void cc_text_add_gnuplot(cc_text *text, const char *string) {
    add_gnuplot(text, string, "%");
}

/* A tic's label is a format of its place: a % is written twice. */
void cc_text_add_gnuplot_tic(cc_text *text, const char *string) {
    add_gnuplot(text, string, "%%");
}

cc_status cc_text_check(const cc_text *text) {
    return text->failed ? cc_fail_memory("a text of the report", text->capacity) : CC_OK;
}

cc_status cc_text_save(const cc_text *text, const char *path) {
    CC_TRY(cc_text_check(text));
    return cc_file_write(path, text->bytes ? text->bytes : "", text->length);
}

void cc_text_deinit(cc_text *text) {
    free(text->bytes);
    *text = (cc_text){0};
}
