/* experiments/commands/config.c -- `calcade config`: what a file resolves to; or the reference of all options,
 * or their schema for editors. */
#include <stdio.h>
#include "core/arena.h"
#include "experiments/commands/command.h"
#include "experiments/commands/flags.h"
#include "experiments/config/config.h"
#include "experiments/config/schema.h"

/* Every variant as one YAML document. */
static cc_status print_variants(const cc_config *config, cc_arena *arena) {
    int count = cc_config_count(config);
    for (int i = 0; i < count; i++) {
        char *text;
        CC_TRY(cc_config_print(&text, cc_config_get(config, i), arena));
        if (count > 1) printf("--- # variant %d of %d\n", i + 1, count);
        fputs(text, stdout);
    }
    return CC_OK;
}

/* What configs/reference.md, or configs/schema.json, holds. */
static cc_status print_table(cc_status (*print)(char **out, cc_arena *arena), cc_arena *arena) {
    char *text;
    CC_TRY(print(&text, arena));
    fputs(text, stdout);
    return CC_OK;
}

cc_status cc_command_config(int argc, char **argv) {
    bool reference = false, schema = false;
    cc_flag_texts sets = {0};
    const cc_flag flags[] = {{"--set", CC_FLAG_TEXTS, &sets, 0, 0},
                             {"--reference", CC_FLAG_SWITCH, &reference, 0, 0},
                             {"--schema", CC_FLAG_SWITCH, &schema, 0, 0},
                             {NULL, CC_FLAG_SWITCH, NULL, 0, 0}};
    const char *path[argc];
    int count;
    CC_TRY(cc_flags_read(argc, argv, flags, path, &count, 0, 1));
    if (reference || schema ? count > 0 || sets.count > 0 || (reference && schema) : count == 0)
        return cc_fail(CC_EUSAGE, argv[0], NULL, "wants one CONFIG, or --reference or --schema alone");
    cc_status status;
    cc_config *config = NULL;
    cc_arena *arena = cc_arena_create();
    if (!arena) return CC_ENOMEM;
    if (reference || schema) {
        status = print_table(reference ? cc_config_reference : cc_schema_print, arena);
    } else {
        CC_CHECK(cc_config_load(&config, path[0], sets.items, sets.count, 0));
        status = print_variants(config, arena);
    }
done:
    cc_config_destroy(config);
    cc_arena_destroy(arena);
    return status;
}
