/* experiments/commands/command.c -- the list of commands, and its print for --help.
 *
 * Lines are filled up to a width, but never broken inside of brackets: "[--out DIR]" stays whole. */
#include "experiments/commands/command.h"

#include <stdlib.h>
#include <string.h>
#include "core/version.h"

#define X(name) &cc_command_##name,
static const cc_command *const commands[] = {CC_COMMAND_LIST(X) NULL};
#undef X

const char cc_command_purpose[] = "train and evaluate cascades that segment coronary calcium in cardiac CT";
const char cc_command_exit_status[] =
    "0 done; 1 it failed at run time; 2 usage or config; 3 a gate did not "
    "hold (report --strict, report --against, verify); "
    "4 a run that it needs is not there yet; 75 stopped, or another process has it: the same command goes on";

/* Of a line; where further lines of a usage begin; where the meaning of a flag does. */
enum { COLUMNS = 110, INDENT = 6, MEANING = 30 };

const cc_command *cc_command_at(int index) {
    return commands[index];
}

/* The NULL that ends the list is what is found of a name that is none. */
const cc_command *cc_command_find(const char *name) {
    int i = 0;
    while (commands[i] && strcmp(commands[i]->name, name) != 0) i++;
    return commands[i];
}

char *cc_command_usage(const cc_command *command) {
    char *text = NULL;
    size_t bytes;
    if (command->usage) return strdup(command->usage);
    FILE *out = open_memstream(&text, &bytes);
    if (!out) return NULL;
    const char *between = "";
    /* "CONFIG... [--set KEY=VALUE]...": what must be there has no brackets. */
    for (const cc_operand *o = command->operands; o->name; o++, between = " ")
        fprintf(out, "%s%s", between, o->name);
    for (const cc_flag *f = command->flags; f->name; f++, between = " ")
        fprintf(out, "%s%s%s%s%s%s%s", between, f->needed ? "" : "[", f->name, f->value ? " " : "",
                f->value ? f->value : "", f->needed ? "" : "]", f->kind == CC_FLAG_TEXTS ? "..." : "");
    if (fclose(out) == 0) return text;
    free(text);
    return NULL;
}

/* Where the word that begins here ends: at a space outside of brackets. */
static size_t word_length(const char *text) {
    size_t length = 0;
    for (int open = 0; text[length] && (open > 0 || text[length] != ' '); length++)
        open += (text[length] == '[') - (text[length] == ']');
    return length;
}

/* A text from `column` on; further lines begin at `indent`. Ends the line. */
static void print_filled(FILE *out, size_t column, size_t indent, const char *text) {
    bool first = true; /* of its line */
    while (*text) {
        const size_t length = word_length(text);
        if (!first && column + 1 + length > COLUMNS) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
            first = true;
        }
        column += (size_t)fprintf(out, "%s%.*s", first ? "" : " ", (int)length, text);
        first = false;
        text += length + strspn(text + length, " ");
    }
    fputc('\n', out);
}

/* "calcade NAME USAGE", begun with so many spaces. */
static cc_status print_usage(FILE *out, int spaces, const cc_command *command) {
    char *usage = cc_command_usage(command);
    if (!usage) return cc_fail_memory("help", 0);
    const int column = fprintf(out, "%*scalcade %s ", spaces, "", command->name);
    print_filled(out, column > 0 ? (size_t)column : 0, INDENT, usage);
    free(usage);
    return CC_OK;
}

cc_status cc_command_print_all(FILE *out) {
    fprintf(out, "calcade %s: %s\n\n", CC_VERSION, cc_command_purpose);
    for (int i = 0; commands[i]; i++) {
        CC_TRY(print_usage(out, 2, commands[i]));
        fprintf(out, "%*s", INDENT, "");
        print_filled(out, INDENT, INDENT, commands[i]->what);
    }
    fprintf(out, "\nExit status: %s.\n", cc_command_exit_status);
    return CC_OK;
}

cc_status cc_command_print_one(FILE *out, const cc_command *command) {
    CC_TRY(print_usage(out, 0, command));
    print_filled(out, 0, 0, command->what);
    for (const cc_flag *f = command->flags; f->name; f++) {
        /* A name that reaches into the column of the meanings has a line of its own. */
        int column = fprintf(out, "  %s%s%s", f->name, f->value ? " " : "", f->value ? f->value : "");
        if (column + 1 >= MEANING) {
            fputc('\n', out);
            column = 0;
        }
        fprintf(out, "%*s", MEANING - column, "");
        print_filled(out, MEANING, MEANING, f->meaning);
    }
    return CC_OK;
}
