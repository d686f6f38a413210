/* experiments/commands/parity.c -- `calcade parity`: fixtures of expected values against this build.
 *
 * A fixture says its format in an attribute; each format is a row below, and a file of experiments/parity. */
#include <stdio.h>
#include <string.h>
#include "core/file.h"
#include "experiments/commands/command.h"
#include "experiments/commands/flags.h"
#include "experiments/config/device.h"
#include "experiments/parity/parity.h"

/* A format of fixtures and what checks it. */
typedef struct fixture_format {
    const char *name; /* attribute `format` of the file */
    double version;
    cc_status (*check)(cc_parity *parity, const cc_fixture *fixture);
} fixture_format;

static const fixture_format formats[] = {
    {"calcade-golden", 1, cc_parity_net},
    {"calcade-golden", 2, cc_parity_net},
    {"calcade-golden-losses", 1, cc_parity_losses},
    {"calcade-golden-losses", 2, cc_parity_losses},
    {"calcade-golden-ops", 1, cc_parity_ops},
    {"calcade-golden-optimisers", 1, cc_parity_optimisers},
    {"calcade-golden-images", 1, cc_parity_images},
    {"calcade-golden-scores", 1, cc_parity_scores},
    {"calcade-golden-scores", 2, cc_parity_rival_scores},
    {"calcade-golden-volumes", 1, cc_parity_volumes},
};
enum { FORMATS = sizeof formats / sizeof *formats };

/* Checks a fixture by its format. */
static cc_status check_fixture(cc_parity *parity, const cc_fixture *fixture) {
    char *name;
    cc_fixture_array version;
    CC_TRY(cc_fixture_text(&name, fixture, "/", "format"));
    CC_TRY(cc_fixture_numbers(&version, fixture, "/", "version"));
    bool known = false;
    for (int i = 0; i < FORMATS; i++) {
        if (strcmp(formats[i].name, name) != 0) continue;
        if (version.values[0] == formats[i].version) return formats[i].check(parity, fixture);
        known = true;
    }
    if (known)
        return cc_fail(CC_EUNSUPPORTED, fixture->path, NULL, "version %g of %.100s is not known",
                       version.values[0], name);
    return cc_fail(CC_EUNSUPPORTED, fixture->path, NULL, "no check for fixtures of format \"%.100s\"", name);
}

/* Opens and checks one file. One that expects nothing has not passed. */
static cc_status check_file(cc_parity *parity, const char *path) {
    cc_arena *arena = cc_arena_create();
    if (!arena) return CC_ENOMEM;
    cc_fixture fixture;
    cc_status status = cc_fixture_open(&fixture, path, arena);
    const int before = parity->passed + parity->failed;
    if (status == CC_OK) status = check_fixture(parity, &fixture);
    if (status == CC_OK && parity->passed + parity->failed == before)
        status = cc_fail(CC_EFORMAT, path, "is the fixture whole?", "it expects nothing");
    cc_fixture_close(&fixture);
    cc_arena_destroy(arena);
    return status;
}

/* What the command line says. */
typedef struct values {
    const char *device, *precision, *plan;
    bool tf32, fast;
} values;

/* In the order of the help. */
static const cc_flag flags[] = {
    CC_FLAG_DEVICE(values, device),
    CC_FLAG_PRECISION(values, precision),
    {.name = "--tf32",
     .kind = CC_FLAG_SWITCH,
     CC_FLAG_AT(values, tf32),
     .meaning = "stands for --precision tf32"},
    CC_FLAG_PLAN(values, plan, "exact|fixed|timed|fast"),
    {.name = "--fast", .kind = CC_FLAG_SWITCH, CC_FLAG_AT(values, fast), .meaning = "stands for --plan fast"},
    {0}};

/* A file that cannot be checked does not keep the others from being checked; the first fault is returned. */
static cc_status command(int argc, char **argv) {
    values v = {.device = "auto"};
    const char *precision, *plan;
    const char *paths[argc];
    int count;
    CC_TRY(cc_flags_read(&v, argc, argv, flags, paths, &count, 1, argc));
    cc_parity parity = {0};
    CC_TRY(cc_flags_precision(&precision, v.precision, v.tf32, "f32"));
    CC_TRY(cc_flags_plan(&plan, v.plan, v.fast, "exact"));
    CC_TRY(cc_precision_find(&parity.dtype, &parity.tf32, precision));
    CC_TRY(cc_tuning_find(&parity.tuning, plan));
    CC_TRY(cc_device_find(&parity.backend, v.device));
    cc_device_note_tuning(parity.backend, parity.tuning);
    cc_error first = {.status = CC_OK};
    for (int i = 0; i < count; i++) {
        if (check_file(&parity, paths[i]) == CC_OK) continue;
        printf("%-24s cannot be checked: %s\n", cc_path_name(paths[i]), cc_error_get()->what);
        if (first.status == CC_OK) first = *cc_error_get();
    }
    printf("%d passed, %d failed\n", parity.passed, parity.failed);
    if (first.status != CC_OK) return cc_fail(first.status, first.where, first.hint, "%s", first.what);
    if (parity.failed > 0)
        return cc_fail(CC_EINVAL, "parity", NULL, "%d of %d quantities lie outside their bounds",
                       parity.failed, parity.passed + parity.failed);
    return CC_OK;
}

const cc_command cc_command_parity = {
    .name = "parity",
    .operands = {{"FILE.h5...", CC_COMPLETES_RUN}},
    .flags = flags,
    .what = "compares fixtures of expected values with this build",
    .run = command,
};
