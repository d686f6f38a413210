/* experiments/commands/man.c -- `calcade man`: the manual page calcade(1), from the tables of commands and
 * flags.
 *
 * Written in the macros of man(7), without hyphenation, which would break names. A backslash, and a point or
 * quote that begins a line, would be roff's own; a hyphen that a reader may copy into a shell is \-. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "core/version.h"
#include "experiments/commands/command.h"

/* Text as it is, in running lines or behind a macro. */
static void put(const char *text) {
    if (*text == '.' || *text == '\'') fputs("\\&", stdout);
    for (; *text; text++) {
        if (*text == '\\')
            fputs("\\e", stdout);
        else
            printf(*text == '-' ? "\\%c" : "%c", *text);
    }
}

/* Words in capitals are what a person replaces, as in "--out DIR": they are italic, the others bold. */
static void put_usage(const char *usage) {
    while (*usage) {
        const size_t length = strcspn(usage, " ");
        char word[256];
        snprintf(word, sizeof word, "%.*s", (int)length, usage);
        /* In "--out DIR]" the bracket counts as a part of the word. */
        const bool replaced = isupper((unsigned char)word[0]);
        fputs(replaced ? "\\fI" : "\\fB", stdout);
        put(word);
        usage += length + strspn(usage + length, " ");
        fputs(*usage ? "\\fR " : "\\fR\n", stdout);
    }
}

/* A sentence of a table as one of running text: a capital first, a full stop last. */
static void put_sentence(const char *text) {
    putchar(toupper((unsigned char)*text));
    put(text + 1);
    fputs(".\n", stdout);
}

/* A section of one command: its usage, what it does, and its flags as a list of terms (.TP). */
static cc_status put_command(const cc_command *c) {
    char *usage = cc_command_usage(c);
    if (!usage) return cc_fail_memory("the manual page", 0);
    printf(".SS %s\n.B calcade %s\n", c->name, c->name);
    put_usage(usage);
    free(usage);
    puts(".PP");
    put_sentence(c->what);
    for (const cc_flag *f = c->flags; f->name; f++) {
        fputs(".TP\n\\fB", stdout);
        put(f->name);
        fputs("\\fR", stdout);
        if (f->value) {
            fputs(" \\fI", stdout);
            put(f->value);
            fputs("\\fR", stdout);
        }
        putchar('\n');
        put_sentence(f->meaning);
    }
    return CC_OK;
}

static const cc_flag flags[] = {{0}};

static cc_status command(int argc, char **argv) {
    const char *operands[argc];
    int count;
    CC_TRY(cc_flags_read(NULL, argc, argv, flags, operands, &count, 0, 0));
    /* No date: the same program prints the same page. */
    printf(
        ".\\\" `calcade man` writes this page from the tables of commands and flags in the code.\n"
        ".TH CALCADE 1 \"\" \"calcade %s\" \"User Commands\"\n.nh\n.SH NAME\ncalcade \\- %s\n.SH SYNOPSIS\n"
        ".B calcade\n\\fICOMMAND\\fR [\\fIARGUMENT\\fR]...\n.br\n.B calcade\n\\fICOMMAND\\fR "
        "\\fB\\-\\-help\\fR\n.br\n.B calcade\n\\fB\\-\\-version\\fR\n.SH DESCRIPTION\n",
        CC_VERSION, cc_command_purpose);
    put_sentence(
        "a YAML file describes an experiment; run trains it and writes one HDF5 file a run; report makes "
        "tables and figures from those files alone");
    put_sentence(
        "flags may stand anywhere among a command's arguments; \"--flag VALUE\" and \"--flag=VALUE\" "
        "are the same, and \"--\" ends them");
    puts(".SH COMMANDS");
    const cc_command *c;
    for (int i = 0; (c = cc_command_at(i)); i++) CC_TRY(put_command(c));
    puts(".SH EXIT STATUS");
    put_sentence(cc_command_exit_status);
    puts(".SH FILES\n.TP\n\\fIresults/runs\\fR\nThe run files, OUT/EXPERIMENT/VARIANT/fold\\-K/seed\\-S.h5.\n"
         ".TP\n\\fIreport/out\\fR\nThe report; index.html is its page.\n"
         ".SH SEE ALSO\n\\fBcalcade config \\-\\-reference\\fR lists every option of a config.");
    return CC_OK;
}

const cc_command cc_command_man = {
    .name = "man",
    .flags = flags,
    .what = "prints the manual page, calcade(1)",
    .without_nets = true,
    .run = command,
};
