/* experiments/planning/report_blocks.c -- configs into the texts of report.yaml: variants in the matrix's
 * order, then the block as the config resolves it.
 *
 * The same configs give the same bytes, whichever process writes them. Seeds and folds are no variants: each
 * name is listed where it first occurs. */
#include "experiments/planning/report_blocks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char head[] =
    "# The table of this experiment, as its config describes it; `calcade run` writes this file.\n";

/* Walks over the variants of all configs that count; NULL after the last. */
typedef struct walk {
    cc_config *const *configs;
    int config_count, config, variant;
} walk;

static const cc_experiment_config *next_variant(walk *w) {
    for (; w->config < w->config_count; w->config++, w->variant = 0) {
        const cc_config *config = w->configs[w->config];
        if (!cc_config_has_own_variants(config) && w->variant < cc_config_count(config))
            return cc_config_get(config, w->variant++);
    }
    return NULL;
}

/* Whether one of the variants before `end` is of this experiment, and, where it is not NULL, has this
 * name. */
static bool is_before(const walk *all, const cc_experiment_config *end, const char *variant) {
    walk w = *all;
    for (const cc_experiment_config *v; (v = next_variant(&w)) != end;)
        if (strcmp(v->name, end->name) == 0 && (!variant || strcmp(v->variant, variant) == 0)) return true;
    return false;
}

/* The text of the experiment whose first variant this is. */
static cc_status make_text(const char **out, const walk *all, const cc_experiment_config *first,
                           cc_arena *arena) {
    char *block, *bytes = NULL;
    size_t size;
    walk w = *all;
    CC_TRY(cc_config_report_text(&block, first, arena));
    FILE *stream = open_memstream(&bytes, &size);
    if (!stream) return cc_fail_memory("the table of an experiment", 0);
    fprintf(stream, "%svariants:\n", head);
    for (const cc_experiment_config *v; (v = next_variant(&w));)
        if (strcmp(v->name, first->name) == 0 && !is_before(all, v, v->variant))
            fprintf(stream, "  - \"%s\"\n", v->variant); /* letters of a folder's name: nothing to escape */
    fputs(block, stream);
    const bool failed = ferror(stream) != 0;
    if (fclose(stream) == 0 && !failed) *out = cc_arena_copy(arena, bytes);
    free(bytes);
    return *out ? CC_OK : cc_fail_memory("the table of an experiment", 0);
}

cc_status cc_report_blocks_make(cc_report_block **out, size_t *count, cc_config *const *configs,
                                int config_count, cc_arena *arena) {
    const walk all = {.configs = configs, .config_count = config_count};
    walk w = all;
    size_t variants = 0;
    while (next_variant(&w)) variants++;
    *count = 0;
    *out = cc_arena_get_array(arena, variants + 1, sizeof **out);
    if (!*out) return CC_ENOMEM;
    w = all;
    for (const cc_experiment_config *v; (v = next_variant(&w));) {
        if (is_before(&all, v, NULL)) continue;
        cc_report_block *block = &(*out)[(*count)++];
        *block = (cc_report_block){.experiment = v->name, .where = v->name};
        CC_TRY(make_text(&block->text, &all, v, arena));
    }
    return CC_OK;
}

cc_status cc_report_blocks_save(cc_config *const *configs, int config_count, const char *results) {
    cc_report_block *blocks;
    size_t count;
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("the tables of experiments", 0);
    cc_status status = cc_report_blocks_make(&blocks, &count, configs, config_count, arena);
    for (size_t i = 0; status == CC_OK && i < count; i++) status = cc_report_block_write(results, &blocks[i]);
    cc_arena_destroy(arena);
    return status;
}
