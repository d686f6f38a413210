/* experiments/parity/losses.c -- calcade-golden-losses: the losses against float64 results of PyTorch's packages.
 *
 * A fixture has groups of logits and target, of one output or of several (logits_HEAD, target_HEAD); under
 * expect/NAME each has the value of a loss, whose spec is an attribute in the config's words, and its gradients
 * where they are unique (among equally hard pixels they are not): by the logits, and by what the loss trains. The
 * spec is read as a config's `loss`, so that fixtures also try the options and their ranges. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "experiments/config/config.h"
#include "experiments/parity/parity.h"
#include "nets/losses/loss.h"

typedef struct loss_case {
    const char *name; /* of the group */
    cc_loss_heads heads;
    size_t target_channels[CC_HEADS_MAX]; /* that the file has */
    size_t count;                         /* of all heads together */
    float *logits, *target;               /* one head behind the other */
} loss_case;

/* One head's logits [n][classes][...] and target [n][classes or 1][...], behind those read before. */
static cc_status read_head(loss_case *out, size_t *targets, const cc_fixture *fixture, const char *head) {
    cc_fixture_array logits, target;
    const float *x, *g;
    char path[512];
    const char *line = head ? "_" : "";
    cc_loss_head *to = &out->heads.items[out->heads.count];
    if (out->heads.count == CC_HEADS_MAX) return cc_fixture_fail(fixture, out->name, "too many outputs");
    snprintf(path, sizeof path, "%s/logits%s%s", out->name, line, head ? head : "");
    CC_TRY(cc_parity_read_floats(&x, &logits, fixture, path));
    snprintf(path, sizeof path, "%s/target%s%s", out->name, line, head ? head : "");
    CC_TRY(cc_parity_read_floats(&g, &target, fixture, path));
    if (logits.rank < 2) return cc_fixture_fail(fixture, out->name, "logits without images and classes");
    out->target_channels[out->heads.count++] = target.dims[1];
    target.dims[1] = logits.dims[1];
    if (target.rank != logits.rank || memcmp(target.dims, logits.dims, sizeof target.dims) != 0)
        return cc_fixture_fail(fixture, out->name, "logits and target differ in shape");
    *to = (cc_loss_head){.name = head,
                         .shape = {(int64_t)logits.dims[0], (int64_t)logits.dims[1],
                                   (int64_t)(logits.count / logits.dims[0] / logits.dims[1])}};
    /* Copied to longer arrays: a group has one head or two. */
    float *more = cc_arena_get_array(fixture->arena, out->count + logits.count, sizeof *more),
          *masks = cc_arena_get_array(fixture->arena, *targets + target.count, sizeof *masks);
    if (!more || !masks) return CC_ENOMEM;
    if (out->count) memcpy(more, out->logits, out->count * sizeof *more);
    if (*targets) memcpy(masks, out->target, *targets * sizeof *masks);
    memcpy(more + out->count, x, logits.count * sizeof *more);
    memcpy(masks + *targets, g, target.count * sizeof *masks);
    out->count += logits.count;
    *targets += target.count;
    out->logits = more;
    out->target = masks;
    return CC_OK;
}

/* The output without a name, or those whose logits the group has, by their names' order. */
static cc_status read_case(loss_case *out, const cc_fixture *fixture, const char *name) {
    char **members, path[512];
    size_t count, targets = 0;
    out->name = name;
    snprintf(path, sizeof path, "%s/logits", name);
    if (cc_fixture_has(fixture, path)) return read_head(out, &targets, fixture, NULL);
    CC_TRY(cc_fixture_members(&members, &count, fixture, name));
    for (size_t i = 0; i < count; i++)
        if (strncmp(members[i], "logits_", 7) == 0) CC_TRY(read_head(out, &targets, fixture, members[i] + 7));
    return out->heads.count > 0 ? CC_OK : cc_fixture_fail(fixture, name, "it has no logits");
}

/* A gradient against the dataset PATH/grad or PATH/grad_WHAT; where there is none, any finite one will do. */
static cc_status compare_gradient(cc_parity *parity, const cc_fixture *fixture, const char *path,
                                  const loss_case *c, const char *name, const char *of, const float *gradient,
                                  size_t count) {
    char object[512], what[160];
    snprintf(object, sizeof object, "%.400s/grad%s%.80s", path, of ? "_" : "", of ? of : "");
    snprintf(what, sizeof what, "%.60s grad%s%.60s", name, of ? " " : "", of ? of : "");
    double *got = cc_arena_get_array(fixture->arena, count, sizeof *got), sum = 0;
    if (!got) return CC_ENOMEM;
    for (size_t i = 0; i < count; i++) sum += got[i] = gradient[i];
    if (!cc_fixture_has(fixture, object)) {
        if (!isfinite(sum)) cc_parity_report(parity, fixture, c->name, what, sum, 0);
        return CC_OK;
    }
    cc_fixture_array want;
    CC_TRY(cc_fixture_dataset(&want, fixture, object));
    if (want.count != count)
        return cc_fixture_fail(fixture, object, "the gradient is not as long as what it is by");
    cc_parity_compare(parity, fixture, c->name, what, got, want.values, count, CC_PARITY_BOUND);
    return CC_OK;
}

static cc_status compare_loss(cc_parity *parity, const cc_fixture *fixture, const char *path,
                              const loss_case *c, const char *name, const cc_loss_spec *spec) {
    char object[512], what[128];
    double value;
    cc_fixture_array want;
    float numbers[CC_LOSS_PARAMETERS_MAX] = {0};
    cc_loss_heads heads = c->heads;
    CC_TRY(cc_loss_check(spec));
    CC_TRY(cc_loss_bind(&heads, spec));
    for (int i = 0; i < heads.count; i++)
        if ((size_t)heads.items[i].target_channels != c->target_channels[i])
            return cc_fixture_fail(fixture, c->name, "the target is not as the loss wants it");
    const int trained = cc_loss_parameters(numbers, spec);
    float *gradient = cc_arena_get_array(fixture->arena, c->count, sizeof *gradient), *by_head = gradient;
    void *scratch = cc_arena_get(fixture->arena, cc_loss_scratch_bytes_of(spec, &heads) + 1);
    if (!gradient || !scratch) return CC_ENOMEM;
    CC_TRY(cc_loss_evaluate_heads(&value, spec,
                                  &(cc_loss_io){.heads = &heads,
                                                .logits = c->logits,
                                                .target = c->target,
                                                .gradient = gradient,
                                                .parameter_gradients = numbers,
                                                .scratch = scratch}));
    snprintf(object, sizeof object, "%s/loss", path);
    CC_TRY(cc_fixture_dataset(&want, fixture, object));
    if (want.count != 1) return cc_fixture_fail(fixture, object, "a loss is one number");
    snprintf(what, sizeof what, "%s value", name);
    cc_parity_compare(parity, fixture, c->name, what, &value, want.values, 1, CC_PARITY_BOUND);
    for (int i = 0; i < heads.count; i++) {
        const cc_loss_head *head = &heads.items[i];
        const size_t count = (size_t)(head->shape.n * head->shape.classes * head->shape.pixels);
        CC_TRY(compare_gradient(parity, fixture, path, c, name, head->name, by_head, count));
        by_head += count;
    }
    if (trained == 0) return CC_OK;
    return compare_gradient(parity, fixture, path, c, name, "log_variance", numbers, (size_t)trained);
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
