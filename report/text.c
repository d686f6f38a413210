#include "report/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"

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

void cc_text_add(cc_text *text, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    if (length >= 0 && reserve(text, (size_t)length + 1)) {
        vsnprintf(text->bytes + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
    va_end(args);
}

typedef struct escape {
    char character;
    const char *written;
} escape;

static void add_escaped(cc_text *text, const char *string, const escape *escapes, size_t count) {
    for (; *string; string++) {
        size_t i = 0;
        while (i < count && escapes[i].character != *string) i++;
        if (i < count)
            cc_text_add_bytes(text, escapes[i].written, strlen(escapes[i].written));
        else
            cc_text_add_bytes(text, string, 1);
    }
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
    bool quoted = strpbrk(string, ",\"\r\n") != NULL;
    if (quoted) cc_text_add_bytes(text, "\"", 1);
    add_escaped(text, string, escapes, 1);
    if (quoted) cc_text_add_bytes(text, "\"", 1);
}

void cc_text_add_gnuplot(cc_text *text, const char *string) {
    static const escape escapes[] = {{'\'', "''"}, {'\n', " "}, {'\r', " "}};
    cc_text_add_bytes(text, "'", 1);
    add_escaped(text, string, escapes, sizeof escapes / sizeof *escapes);
    cc_text_add_bytes(text, "'", 1);
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
