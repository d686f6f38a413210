/* experiments/parity/optimisers.c -- calcade-golden-optimisers: the optimisers against PyTorch's float64
 * results.
 *
 * A fixture has start [count] and grads [steps][count], of very different size as in nets; under expect/NAME
 * the parameters after each step [steps][count], the optimiser's spec an attribute in the config's words.
 * Every step is compared, as an error that a later step hides would be one of the first epoch. */
#include <stdio.h>
#include <string.h>
#include "experiments/config/config.h"
#include "experiments/parity/parity.h"
#include "nets/optimizers/optimizer.h"

typedef struct trajectory {
    cc_fixture_array start, grads;
    size_t steps, count;
} trajectory;

static cc_status read_trajectory(trajectory *out, const cc_fixture *fixture) {
    CC_TRY(cc_fixture_dataset(&out->start, fixture, "/start"));
    CC_TRY(cc_fixture_dataset(&out->grads, fixture, "/grads"));
    out->count = out->start.count;
    if (out->grads.rank < 1 || out->grads.count != out->grads.dims[0] * out->count)
        return cc_fixture_fail(fixture, "/grads", "is not [steps] times as long as /start");
    out->steps = out->grads.dims[0];
    return CC_OK;
}

/* The parameters after each step, [steps][count]. */
static cc_status follow(double **out, const trajectory *t, const cc_optimizer_spec *spec, cc_arena *arena) {
    CC_TRY(cc_optimizer_check(spec));
    size_t states = (size_t)cc_optimizer_state_count(spec);
    float *params = cc_arena_get_array(arena, t->count, sizeof *params);
    float *grads = cc_arena_get_array(arena, t->count, sizeof *grads);
    float *state = cc_arena_get_array(arena, t->count * states + 1, sizeof *state);
    double *path = cc_arena_get_array(arena, t->grads.count, sizeof *path);
    if (!params || !grads || !state || !path) return CC_ENOMEM;
    for (size_t i = 0; i < t->count; i++) params[i] = (float)t->start.values[i];
    for (size_t step = 0; step < t->steps; step++) {
        /* float32, as a net's gradients are: the fixture's values are rounded to it already. */
        const double *now = t->grads.values + step * t->count;
        for (size_t i = 0; i < t->count; i++) grads[i] = (float)now[i];
        CC_TRY(cc_optimizer_step(spec, spec->lr, (int64_t)step + 1, params, grads, state, t->count));
        for (size_t i = 0; i < t->count; i++) path[step * t->count + i] = params[i];
    }
    *out = path;
    return CC_OK;
}

static cc_status check_optimiser(cc_parity *parity, const cc_fixture *fixture, const trajectory *t,
                                 const char *name) {
    char path[512], where[512], what[64], *text;
    double *got;
    cc_status status;
    cc_fixture_array want;
    cc_config *config = NULL;
    snprintf(path, sizeof path, "/expect/%s", name);
    snprintf(where, sizeof where, "%.200s: %.250s", fixture->path, path);
    CC_CHECK(cc_fixture_text(&text, fixture, path, "spec"));
    CC_CHECK(cc_config_parse_text(&config, text, strlen(text), where, "optimizer", 0));
    CC_CHECK(cc_fixture_dataset(&want, fixture, path));
    if (want.count != t->grads.count) CC_CHECK(cc_fixture_fail(fixture, path, "is not as long as /grads"));
    CC_CHECK(follow(&got, t, &cc_config_get(config, 0)->optimizer, fixture->arena));
    for (size_t step = 0; step < t->steps; step++) {
        snprintf(what, sizeof what, "step %zu", step + 1);
        cc_parity_compare(parity, fixture, name, what, got + step * t->count, want.values + step * t->count,
                          t->count, CC_PARITY_BOUND);
    }
done:
    cc_config_destroy(config);
    return status;
}

cc_status cc_parity_optimisers(cc_parity *parity, const cc_fixture *fixture) {
    char **names;
    size_t count;
    trajectory t;
    CC_TRY(read_trajectory(&t, fixture));
    CC_TRY(cc_fixture_members(&names, &count, fixture, "/expect"));
    for (size_t i = 0; i < count; i++) CC_TRY(check_optimiser(parity, fixture, &t, names[i]));
    return CC_OK;
}
