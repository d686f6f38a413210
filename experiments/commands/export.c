/* experiments/commands/export.c -- `calcade export`: the weights that a run kept, as safetensors; or with
 * --light the results of many runs, small enough to be kept with a paper's sources.
 *
 * The config and the identity go into the metadata: weights that come back through net.weights are then known
 * to be ours (experiments/weights/convention.c). */
#include <stdio.h>
#include "core/file.h"
#include "experiments/commands/command.h"
#include "experiments/commands/flags.h"
#include "results/light.h"
#include "results/safetensors.h"
#include "results/store.h"

/* Writes a run's tensors; PyTorch's libraries look for "format: pt". */
static cc_status write_weights(const char *out, const cc_run *run, const char *path) {
    const cc_safetensors_text metadata[] = {
        {"format", "pt"}, {"config", run->config}, {"identity", run->provenance.identity}};
    uint64_t bytes;
    if (run->tensor_count == 0)
        return cc_fail(CC_EINVAL, path, "name a result of calcade run", "holds no weights");
    CC_TRY(cc_safetensors_write(out, run->tensors, run->tensor_count, metadata, 3));
    CC_TRY(cc_file_size(&bytes, out));
    printf("%s: %zu tensors, %.1f MB\n", out, run->tensor_count, 1e-6 * (double)bytes);
    return CC_OK;
}

/* One result's weights. */
static cc_status export_weights(const char *out, const char *path) {
    cc_run run;
    if (!out || !cc_path_ends_with(out, ".safetensors"))
        return cc_fail(CC_EUSAGE, "export", "as in: calcade export seed-1.h5 -o net.safetensors",
                       "wants -o and a file whose name ends in .safetensors");
    cc_arena *arena = cc_arena_create();
    if (!arena) return CC_ENOMEM;
    cc_status status = cc_run_read(&run, path, CC_RUN_MODEL, arena);
    if (status == CC_OK) status = write_weights(out, &run, path);
    cc_arena_destroy(arena);
    return status;
}

/* A folder of results. */
static cc_status export_light(const char *out, const char *results, const char *kind) {
    cc_light_summary summary;
    if (!out)
        return cc_fail(CC_EUSAGE, "export", "as in: calcade export --light results/runs -o DIR",
                       "--light wants -o and a folder");
    CC_TRY(cc_light_copy(&summary, out, results, kind));
    printf("%s: %zu results, %.2f MB\n", out, summary.runs, 1e-6 * (double)summary.bytes);
    return CC_OK;
}

/* What the command line says. */
typedef struct values {
    const char *out, *kind;
    bool light;
} values;

/* In the order of the help. */
static const cc_flag flags[] = {
    {.name = "-o",
     .kind = CC_FLAG_TEXT,
     CC_FLAG_AT(values, out),
     .needed = true,
     .value = "FILE.safetensors",
     .completes = CC_COMPLETES_PATH,
     .meaning = "the file that is written; with --light, the folder"},
    {.name = "--light",
     .kind = CC_FLAG_SWITCH,
     CC_FLAG_AT(values, light),
     .meaning = "copies a folder of results, without weights, pictures and masks"},
    {.name = "--kind",
     .kind = CC_FLAG_TEXT,
     CC_FLAG_AT(values, kind),
     .value = "KIND",
     .meaning = "with --light: the results whose experiment is KIND/NAME alone, as in twin"},
    {0}};

static cc_status command(int argc, char **argv) {
    values v = {0};
    const char *path[argc];
    int count;
    CC_TRY(cc_flags_read(&v, argc, argv, flags, path, &count, 1, 1));
    /* Two forms of one command: a result's weights, or a folder of light results. */
    if (v.light) return export_light(v.out, path[0], v.kind);
    if (v.kind) return cc_fail(CC_EUSAGE, "--kind", "add --light", "chooses among the results of a folder");
    return export_weights(v.out, path[0]);
}

const cc_command cc_command_export = {
    .name = "export",
    .operands = {{"RESULT.h5", CC_COMPLETES_RUN}},
    .flags = flags,
    .usage = "RESULT.h5 -o FILE.safetensors | --light RESULTS -o DIR [--kind KIND]",
    .what =
        "writes the weights of a result as a file that PyTorch, timm and segmentation_models.pytorch read; "
        "--light: copies a folder of results, without weights, pictures and masks: what tables are made from",
    .without_nets = true,
    .run = command,
};
