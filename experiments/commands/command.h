/* experiments/commands/command.h -- the commands: one file each, which ends with the command's declaration,
 * and one word in the list below.
 *
 * A command reads its own flags (experiments/commands/flags.h), writes results to standard output and
 * progress to standard error, and returns a status; main prints the error line and chooses the exit
 * status. Help, man page and completion are made of the declarations. */
#ifndef CC_EXPERIMENTS_COMMANDS_COMMAND_H
#define CC_EXPERIMENTS_COMMANDS_COMMAND_H

#include <stdbool.h>
#include <stdio.h>
#include "core/status.h"
#include "experiments/commands/flags.h"

/* What stands on the command line beside the flags: "SCAN"; "[PATH]" may be left out, "CONFIG..." repeat. */
typedef struct cc_operand {
    const char *name;
    cc_completes completes;
} cc_operand;

enum { CC_OPERANDS_MAX = 3 };

typedef struct cc_command {
    const char *name;
    cc_operand operands[CC_OPERANDS_MAX + 1]; /* in their order; a NULL name ends them */
    const cc_flag *flags;                     /* as cc_flags_read takes them */
    const char *usage; /* where forms exclude each other; NULL: the operands, then the flags */
    const char *what;  /* what it does, for people */
    bool without_nets; /* computes with none, and so starts whatever the libraries' settings are (main.c) */
    cc_status (*run)(int argc, char **argv); /* argv[0] is the command's name, argc counts it */
} cc_command;

/* The commands in the order of the help; each is defined in the file of its name. */
// clang-format off
#define CC_COMMAND_LIST(X) \
    X(run) X(plan) X(submit) X(status) X(cancel) X(predict) X(config) X(check) X(split) X(nets) X(phantom) \
    X(parity) X(bench) X(score) X(info) X(export) X(rescore) X(compare) X(verify) X(report) X(audit) \
    X(completion) X(man)
// clang-format on
#define X(name) extern const cc_command cc_command_##name;
CC_COMMAND_LIST(X)
#undef X

/* The command at a place of the list, NULL behind the last; that of a name, or NULL. */
const cc_command *cc_command_at(int index);
const cc_command *cc_command_find(const char *name);

/* "CONFIG... [--set KEY=VALUE]... [--out DIR]". The memory is the caller's; NULL where it is out. */
char *cc_command_usage(const cc_command *command);

/* Every command with its usage; one command, with the meaning of each flag. A failed write is seen at the
 * stream. CC_ENOMEM */
cc_status cc_command_print_all(FILE *out);
cc_status cc_command_print_one(FILE *out, const cc_command *command);

/* What the program is for, and what its exit status means: each one sentence of the help and the man page. */
extern const char cc_command_purpose[], cc_command_exit_status[];

#endif
