/* experiments/planning/script.c -- a stream in memory, and the ways of quoting. */
#include "experiments/planning/script.h"

#include <stdlib.h>
#include <string.h>
#include "core/file.h"

cc_status cc_script_open(cc_script *script) {
    *script = (cc_script){0};
    script->out = open_memstream(&script->text, &script->bytes);
    return script->out ? CC_OK : cc_fail_memory("a script", 0);
}

cc_status cc_script_save(cc_script *script, const char *folder, const char *name) {
    char path[CC_PATH_MAX];
    const bool whole = !ferror(script->out);
    cc_status status = fclose(script->out) == 0 && whole ? cc_path_join(path, folder, name)
                                                         : cc_fail_memory(name, script->bytes);
    if (status == CC_OK) status = cc_file_write(path, script->text, script->bytes);
    free(script->text);
    *script = (cc_script){0};
    return status;
}

void cc_script_drop(cc_script *script) {
    fclose(script->out);
    free(script->text);
    *script = (cc_script){0};
}

void cc_script_put_word(FILE *out, const char *text) {
    fputc('\'', out);
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else
            fputc(*text, out);
    }
    fputc('\'', out);
}

void cc_script_put_variable(FILE *out, const char *name, const char *text) {
    fprintf(out, "%s=", name);
    cc_script_put_word(out, text);
    fputc('\n', out);
}

void cc_script_put_string(FILE *out, const char *text, const char *doubled) {
    fputc('"', out);
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else if (c < 0x20)
            fprintf(out, "\\u%04x", c);
        else
            fputc(c, out);
        if (doubled && strchr(doubled, c)) fputc(c, out);
    }
    fputc('"', out);
}
