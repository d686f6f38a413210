/* experiments/parity/losses.c -- calcade-golden-losses: the losses against PyTorch's float64 results.
 *
 * A fixture has groups of logits and target; under expect/NAME each has the value of a loss, whose spec is an
 * attribute in the config's words, and its gradient where that is unique (among equally hard pixels it is
 * not). The spec is read as a config's `loss`, so that fixtures also try the options and their ranges. */
#include <stdio.h>
#include <string.h>
#include "experiments/config/config.h"
#include "experiments/parity/parity.h"
#include "nets/losses/loss.h"

typedef struct loss_case {
    const char *name; /* of the group */
    cc_loss_shape shape;
    size_t count;
    const float *logits, *target; /* [count] */
} loss_case;

/* logits and target: [n][classes][...], of one shape; the rest of the dimensions are pixels. */
static cc_status read_case(loss_case *out, const cc_fixture *fixture, const char *name) {
    cc_fixture_array logits, target;
    char path[512];
    snprintf(path, sizeof path, "%s/logits", name);
    CC_TRY(cc_parity_read_floats(&out->logits, &logits, fixture, path));
    snprintf(path, sizeof path, "%s/target", name);
    CC_TRY(cc_parity_read_floats(&out->target, &target, fixture, path));
    if (logits.rank < 2) return cc_fixture_fail(fixture, name, "logits without images and classes");
    if (target.rank != logits.rank || memcmp(target.dims, logits.dims, sizeof target.dims) != 0)
        return cc_fixture_fail(fixture, name, "logits and target differ in shape");
    out->name = name;
    out->count = logits.count;
    out->shape = (cc_loss_shape){(int64_t)logits.dims[0], (int64_t)logits.dims[1],
                                 (int64_t)(logits.count / logits.dims[0] / logits.dims[1])};
    return CC_OK;
}

static cc_status compare_gradient(cc_parity *parity, const cc_fixture *fixture, const char *path,
                                  const loss_case *c, const char *name, const float *gradient) {
    char object[512], what[128];
    snprintf(object, sizeof object, "%s/grad", path);
    if (!cc_fixture_has(fixture, object)) return CC_OK; /* not unique: any will do */
    cc_fixture_array want;
    CC_TRY(cc_fixture_dataset(&want, fixture, object));
    if (want.count != c->count)
        return cc_fixture_fail(fixture, object, "the gradient is not as long as the logits");
    double *got = cc_arena_get_array(fixture->arena, c->count, sizeof *got);
    if (!got) return CC_ENOMEM;
    for (size_t i = 0; i < c->count; i++) got[i] = gradient[i];
    snprintf(what, sizeof what, "%s grad", name);
    cc_parity_compare(parity, fixture, c->name, what, got, want.values, c->count, CC_PARITY_BOUND);
    return CC_OK;
}

static cc_status compare_loss(cc_parity *parity, const cc_fixture *fixture, const char *path,
                              const loss_case *c, const char *name, const cc_loss_spec *spec) {
    char object[512], what[128];
    double value;
    cc_fixture_array want;
    CC_TRY(cc_loss_check(spec));
    float *gradient = cc_arena_get_array(fixture->arena, c->count, sizeof *gradient);
    void *scratch = cc_arena_get(fixture->arena, cc_loss_scratch_bytes(spec, c->shape));
    if (!gradient || !scratch) return CC_ENOMEM;
    CC_TRY(cc_loss_evaluate(&value, gradient, spec, c->logits, c->target, c->shape, scratch));
    snprintf(object, sizeof object, "%s/loss", path);
    CC_TRY(cc_fixture_dataset(&want, fixture, object));
    if (want.count != 1) return cc_fixture_fail(fixture, object, "a loss is one number");
    snprintf(what, sizeof what, "%s value", name);
    cc_parity_compare(parity, fixture, c->name, what, &value, want.values, 1, CC_PARITY_BOUND);
    return compare_gradient(parity, fixture, path, c, name, gradient);
}

static cc_status check_loss(cc_parity *parity, const cc_fixture *fixture, const loss_case *c,
                            const char *name) {
    char path[512], where[512], *text;
    cc_status status;
    cc_config *config = NULL;
    snprintf(path, sizeof path, "%s/expect/%s", c->name, name);
    snprintf(where, sizeof where, "%.200s: %.250s", fixture->path, path);
    CC_CHECK(cc_fixture_text(&text, fixture, path, "spec"));
    CC_CHECK(cc_config_parse_text(&config, text, strlen(text), where, "loss", 0));
    CC_CHECK(compare_loss(parity, fixture, path, c, name, &cc_config_get(config, 0)->loss));
done:
    cc_config_destroy(config);
    return status;
}

cc_status cc_parity_losses(cc_parity *parity, const cc_fixture *fixture) {
    char **groups, **names, path[512];
    size_t group_count, name_count;
    CC_TRY(cc_fixture_members(&groups, &group_count, fixture, "/"));
    for (size_t i = 0; i < group_count; i++) {
        loss_case c = {0};
        CC_TRY(read_case(&c, fixture, groups[i]));
        snprintf(path, sizeof path, "%s/expect", groups[i]);
        CC_TRY(cc_fixture_members(&names, &name_count, fixture, path));
        for (size_t k = 0; k < name_count; k++) CC_TRY(check_loss(parity, fixture, &c, names[k]));
    }
    return CC_OK;
}
