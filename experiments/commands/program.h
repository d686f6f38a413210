/* experiments/commands/program.h -- where the program lies: what starts it once more. */
#ifndef CC_EXPERIMENTS_COMMANDS_PROGRAM_H
#define CC_EXPERIMENTS_COMMANDS_PROGRAM_H

/* This process's own file; where a launcher has started it through a loader of its own, which is the
 * process's file then (cmake/launcher), the launcher: it says so in CALCADE_LAUNCHER. Borrowed. */
const char *cc_program_path(void);

#endif
