/* experiments/commands/command.h -- the commands: one file each, one line below and one in main.c's table.
 *
 * A command reads its own flags (experiments/commands/flags.h), writes results to standard output and
 * progress to standard error, and returns a status; main prints the error line and chooses the exit
 * status. */
#ifndef CC_EXPERIMENTS_COMMANDS_COMMAND_H
#define CC_EXPERIMENTS_COMMANDS_COMMAND_H

#include "core/status.h"

typedef struct cc_command {
    const char *name;
    const char *usage;                       /* "CONFIG... [--set k=v] [--out DIR]" */
    const char *what;                        /* one line */
    cc_status (*run)(int argc, char **argv); /* argv[0] is the command's name */
} cc_command;

/* The commands; each is defined in the file of its name. argv[0] is the name, argc counts it. */
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
