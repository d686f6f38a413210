/* experiments/commands/config.c -- `calcade config`: what a file resolves to; or the reference of all
 * options, or their schema for editors. */
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

/* What the command line says. */
typedef struct values {
    cc_flag_texts sets;
    bool reference, schema;
} values;

/* In the order of the help. */
static const cc_flag flags[] = {
    CC_FLAG_SET(values, sets),
    {.name = "--reference",
     .kind = CC_FLAG_SWITCH,
     CC_FLAG_AT(values, reference),
     .meaning = "prints every option with range, default and meaning, as Markdown"},
    {.name = "--schema",
     .kind = CC_FLAG_SWITCH,
     CC_FLAG_AT(values, schema),
     .meaning = "prints the JSON Schema by which an editor completes and checks configs"},
    {0}};

static cc_status command(int argc, char **argv) {
    values v = {0};
    const char *path[argc];
    int count;
    CC_TRY(cc_flags_read(&v, argc, argv, flags, path, &count, 0, 1));
    /* Both tables are of the program, not of a config. */
    const bool table = v.reference || v.schema;
    if (table ? count > 0 || v.sets.count > 0 || (v.reference && v.schema) : count == 0)
        return cc_fail(CC_EUSAGE, argv[0], NULL, "wants one CONFIG, or --reference or --schema alone");
    cc_status status;
    cc_config *config = NULL;
    cc_arena *arena = cc_arena_create();
    if (!arena) return CC_ENOMEM;
    if (table) {
        status = print_table(v.reference ? cc_config_reference : cc_schema_print, arena);
    } else {
        CC_CHECK(cc_config_load(&config, path[0], v.sets.items, v.sets.count, 0));
        status = print_variants(config, arena);
    }
done:
    cc_config_destroy(config);
    cc_arena_destroy(arena);
    return status;
}

const cc_command cc_command_config = {
    .name = "config",
    .operands = {{"CONFIG", CC_COMPLETES_CONFIG}},
    .flags = flags,
    .usage = "CONFIG [--set KEY=VALUE]... | --reference | --schema",
    .what =
        "prints what a config resolves to, or the reference of all options, or their JSON Schema for editors",
    .without_nets = true,
    .run = command,
};
