/* experiments/config/schema.h -- the JSON Schema of a configuration, so that an editor completes keys and
 * choices, shows what they mean, and marks what the program would refuse; and the same words for a shell. */
#ifndef CC_EXPERIMENTS_CONFIG_SCHEMA_H
#define CC_EXPERIMENTS_CONFIG_SCHEMA_H

#include "core/arena.h"
#include "core/status.h"

/* The schema of one file (configs/schema.json), JSON Schema draft-07. It takes whatever the program may take:
 * a file is a part of what its `extends` chain makes, so that which options go together, and which must be
 * given, is said in the descriptions and judged by `calcade config` alone. The arena owns it.
 *   CC_ENOMEM */
cc_status cc_schema_print(char **out, cc_arena *arena);

/* What a shell offers behind --set, a line each: "KEY=WORD" for each word of a choice or boolean, "KEY=" for
 * every other option, and "matrix=null". The arena owns it.
 *   CC_ENOMEM */
cc_status cc_schema_list(char **out, cc_arena *arena);

#endif
