/* experiments/commands/command.h -- the command line: one file a command, one line in main.c's table.
 *
 * A command returns a status; main prints the error line and chooses the exit status. */
#ifndef CC_EXPERIMENTS_COMMANDS_COMMAND_H
#define CC_EXPERIMENTS_COMMANDS_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include "core/status.h"

typedef struct cc_command {
    const char *name;
    const char *usage;                       /* "CONFIG... [--set k=v] [--out DIR]" */
    const char *what;                        /* one line */
    cc_status (*run)(int argc, char **argv); /* argv[0] is the command's name */
} cc_command;

typedef enum cc_flag_kind {
    CC_FLAG_SWITCH,
    CC_FLAG_TEXT,
    CC_FLAG_INTEGER,
    CC_FLAG_REAL,
    CC_FLAG_TEXTS
} cc_flag_kind;

enum { CC_FLAG_TEXTS_MAX = 64 };
typedef struct cc_flag_texts {
    const char *items[CC_FLAG_TEXTS_MAX];
    int count;
} cc_flag_texts;

/* One flag: "--out" and where its value goes (bool, const char *, long long, double or cc_flag_texts by
 * kind). */
typedef struct cc_flag {
    const char *name; /* with its dashes */
    cc_flag_kind kind;
    void *value;
    long long min, max; /* CC_FLAG_INTEGER, CC_FLAG_REAL */
} cc_flag;

/* Reads argv[1..): flags in any place ("--out DIR" or "--out=DIR"; "--" ends them), the rest into operands,
 * whose number must lie in [least, most]. Unknown flags, missing values and the wrong number of operands are
 * CC_EUSAGE with the command's name and a hint. `flags` ends with a NULL name. operands has room for argc
 * entries. */
cc_status cc_flags_read(int argc, char **argv, const cc_flag *flags, const char **operands,
                        int *operand_count, int least, int most);

/* "X,Y,Z" of --spacing, each above 0; NULL: nothing is stated. CC_EUSAGE */
cc_status cc_flags_spacing(double out_mm[3], const char *text);

/* What --precision (NULL: not given; then `initial`) and --tf32 say together. CC_EUSAGE where they
 * disagree. */
cc_status cc_flags_precision(const char **out, const char *precision, bool tf32, const char *initial);
/* The same of --plan and --fast. */
cc_status cc_flags_plan(const char **out, const char *plan, bool fast, const char *initial);

/* The commands, in the order of the help. */
#define CC_COMMAND(name) cc_status cc_command_##name(int argc, char **argv)
CC_COMMAND(run);
CC_COMMAND(predict);
CC_COMMAND(report);
CC_COMMAND(audit);
CC_COMMAND(score);
CC_COMMAND(phantom);
CC_COMMAND(info);
CC_COMMAND(export);
CC_COMMAND(parity);
CC_COMMAND(config);
CC_COMMAND(check);
CC_COMMAND(split);
CC_COMMAND(bench);
CC_COMMAND(nets);
#undef CC_COMMAND

#endif
