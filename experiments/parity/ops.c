/* experiments/parity/ops.c -- calcade-golden-ops: single ops, forward and backward, against PyTorch's float64
 * results.
 *
 * A fixture has a group a case: what goes in (`input`, `weight`, ...), the gradient of the output, and under
 * `expect` the output and a gradient for each of what goes in. The case's spec names an operation and its
 * attributes in PyTorch's words; the table below says which op of ours that is, and where each word goes in
 * its attributes. On a backend that keeps channels in blocks each case runs in every kind of block, and the
 * largest error counts. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/yaml.h"
#include "experiments/parity/op_run.h"
#include "nets/ops/activation/activation.h"
#include "nets/ops/average_pool/average_pool.h"
#include "nets/ops/batch_norm/batch_norm.h"
#include "nets/ops/channel_pool/channel_pool.h"
#include "nets/ops/conv_transpose/conv_transpose.h"
#include "nets/ops/group_norm/group_norm.h"
#include "nets/ops/max_pool/max_pool.h"
#include "nets/ops/ops.h"
#include "nets/ops/resize/resize.h"

/* Where a member of an op's attributes comes from. */
typedef enum word_kind {
    WORD_INTEGER, /* of the spec: an int64_t, */
    WORD_REAL,    /* a double, */
    WORD_BOOLEAN, /* a bool, */
    WORD_EXTENTS, /* a list of [D,] H, W: int64_t[CC_SPATIAL_MAX]; D stays as it is where there is none */
    WORD_GIVEN,   /* of the datasets: a bool, whether there is one of this name, */
    WORD_SIDES,   /* int64_t[CC_SPATIAL_MAX], its extents from the third on, */
    WORD_FIRST,   /* int64_t, its first extent, */
    WORD_SECOND,  /* int64_t, its second */
} word_kind;

typedef struct word {
    const char *key; /* of the spec, or a dataset's name */
    word_kind kind;
    size_t offset;
} word;

enum { WORDS_MAX = 8, ATTR_BYTES_MAX = 256, BLOCKS = 3 };

/* An operation in the fixture's words. */
typedef struct operation {
    const char *name;
    const cc_op *op;
    const void *usual; /* its attributes before words are read */
    word words[WORDS_MAX];
    const char *second; /* the dataset of the second input; NULL: there is none */
    const char *weight; /* the dataset of the parameter "weight" where it has another name */
} operation;

#define CONV_WORDS                                                                                           \
    {"stride", WORD_EXTENTS, offsetof(cc_conv_attr, stride)},                                                \
        {"padding", WORD_EXTENTS, offsetof(cc_conv_attr, padding)},                                          \
        {"weight", WORD_SIDES, offsetof(cc_conv_attr, kernel)}, {                                            \
        "bias", WORD_GIVEN, offsetof(cc_conv_attr, bias)                                                     \
    }

static const cc_conv_attr usual_conv = {
    .groups = 1, .kernel = {1, 1, 1}, .stride = {1, 1, 1}, .dilation = {1, 1, 1}};

static const operation operations[] = {
    {.name = "upsample-bilinear",
     .op = &cc_op_resize,
     .usual = &(const cc_resize_attr){.size = {1, 1, 1}},
     .words = {{"factor", WORD_INTEGER, offsetof(cc_resize_attr, factor)},
               {"size", WORD_EXTENTS, offsetof(cc_resize_attr, size)},
               {"align_corners", WORD_BOOLEAN, offsetof(cc_resize_attr, align_corners)}}},
    {.name = "average-pool",
     .op = &cc_op_average_pool,
     .usual = &(const cc_average_pool_attr){.size = {1, 1, 1}},
     .words = {{"size", WORD_EXTENTS, offsetof(cc_average_pool_attr, size)}}},
    {.name = "max-pool",
     .op = &cc_op_max_pool,
     .usual = &(const cc_max_pool_attr){.kernel = {1, 1, 1}, .stride = {1, 1, 1}},
     .words = {{"kernel", WORD_EXTENTS, offsetof(cc_max_pool_attr, kernel)},
               {"stride", WORD_EXTENTS, offsetof(cc_max_pool_attr, stride)}}},
    {.name = "channel-max",
     .op = &cc_op_channel_pool,
     .usual = &(const cc_channel_pool_attr){CC_CHANNEL_POOL_MAX}},
    {.name = "channel-mean",
     .op = &cc_op_channel_pool,
     .usual = &(const cc_channel_pool_attr){CC_CHANNEL_POOL_MEAN}},
    {.name = "multiply", .op = &cc_op_multiply, .second = "factor"},
    {.name = "leaky-relu",
     .op = &cc_op_activation,
     .usual = &(const cc_activation_attr){.kind = CC_ACTIVATION_LEAKY_RELU},
     .words = {{"slope", WORD_REAL, offsetof(cc_activation_attr, slope)}}},
    {.name = "prelu", .op = &cc_op_prelu, .weight = "slope"},
    {.name = "sigmoid",
     .op = &cc_op_activation,
     .usual = &(const cc_activation_attr){.kind = CC_ACTIVATION_SIGMOID}},
    {.name = "batch-norm",
     .op = &cc_op_batch_norm,
     .usual = &(const cc_batch_norm_attr){.momentum = 0.1},
     .words = {{"eps", WORD_REAL, offsetof(cc_batch_norm_attr, epsilon)}}},
    {.name = "conv",
     .op = &cc_op_conv,
     .usual = &usual_conv,
     .words = {CONV_WORDS,
               {"dilation", WORD_EXTENTS, offsetof(cc_conv_attr, dilation)},
               {"groups", WORD_INTEGER, offsetof(cc_conv_attr, groups)},
               {"weight", WORD_FIRST, offsetof(cc_conv_attr, out_channels)}}},
    {.name = "conv-transpose",
     .op = &cc_op_conv_transpose,
     .usual = &usual_conv,
     .words = {CONV_WORDS,
               {"weight", WORD_SECOND, offsetof(cc_conv_attr, out_channels)},
               {"output_padding", WORD_EXTENTS, offsetof(cc_conv_attr, output_padding)}}},
    {.name = "instance-norm",
     .op = &cc_op_instance_norm,
     .usual = &(const cc_group_norm_attr){0},
     .words = {{"eps", WORD_REAL, offsetof(cc_group_norm_attr, epsilon)},
               {"weight", WORD_GIVEN, offsetof(cc_group_norm_attr, affine)}}},
    {.name = "group-norm",
     .op = &cc_op_group_norm,
     .usual = &(const cc_group_norm_attr){0},
     .words = {{"groups", WORD_INTEGER, offsetof(cc_group_norm_attr, groups)},
               {"eps", WORD_REAL, offsetof(cc_group_norm_attr, epsilon)},
               {"weight", WORD_GIVEN, offsetof(cc_group_norm_attr, affine)}}},
};
enum { OPERATIONS = sizeof operations / sizeof *operations };

/* One case on its way. */
typedef struct op_case {
    cc_parity *parity;
    const cc_fixture *fixture;
    const char *name; /* of the group */
    const cc_yaml *spec;
    const operation *operation;
    char attr[ATTR_BYTES_MAX];
    cc_op_run run;
} op_case;

/* The path of one of the case's datasets, in a buffer. */
static const char *path_of(char path[512], const op_case *c, const char *folder, const char *dataset) {
    snprintf(path, 512, "%.200s/%s%.200s", c->name, folder, dataset);
    return path;
}

/* A case that cannot run is a failure, with the reason behind its line. */
static cc_status report_reason(const op_case *c, const char *reason) {
    c->parity->note = reason;
    cc_parity_report(c->parity, c->fixture, c->name, "op", NAN, 0);
    c->parity->note = NULL;
    return CC_OK;
}

/* A list of [D,] H, W, into the last of three. */
static bool read_extents(int64_t out[CC_SPATIAL_MAX], const cc_yaml *list) {
    if (list->kind != CC_YAML_LIST || list->count < 1 || list->count > CC_SPATIAL_MAX) return false;
    for (size_t i = 0; i < list->count; i++) {
        long long value;
        if (!cc_yaml_as_integer(&value, list->items[i])) return false;
        out[CC_SPATIAL_MAX - list->count + i] = value;
    }
    return true;
}

/* One word of the spec into the attributes; false where it is not what the table says. */
static bool read_word(op_case *c, const word *w, const cc_yaml *node) {
    char *to = c->attr + w->offset;
    long long whole;
    switch (w->kind) {
    case WORD_INTEGER:
        if (!cc_yaml_as_integer(&whole, node)) return false;
        memcpy(to, &(int64_t){whole}, sizeof(int64_t));
        return true;
    case WORD_REAL:
        return cc_yaml_as_real((double *)to, node);
    case WORD_BOOLEAN:
        return cc_yaml_as_boolean((bool *)to, node);
    case WORD_EXTENTS:
        return read_extents((int64_t *)to, node);
    default:
        return false; /* of a dataset */
    }
}

/* What a dataset's extents say. */
static cc_status read_dataset_word(op_case *c, const word *w) {
    char path[512];
    cc_fixture_array array;
    const bool given = cc_fixture_has(c->fixture, path_of(path, c, "", w->key));
    int64_t *to = (int64_t *)(c->attr + w->offset);
    if (w->kind == WORD_GIVEN) {
        memcpy(c->attr + w->offset, &given, sizeof given);
        return CC_OK;
    }
    CC_TRY(cc_fixture_dataset(&array, c->fixture, path));
    if (array.rank < 4 || array.rank > CC_RANK_MAX) return cc_fixture_fail(c->fixture, path, "not a kernel");
    if (w->kind == WORD_SIDES)
        for (int i = 2; i < array.rank; i++) to[CC_SPATIAL_MAX - array.rank + i] = (int64_t)array.dims[i];
    else
        *to = (int64_t)array.dims[w->kind == WORD_FIRST ? 0 : 1];
    return CC_OK;
}

/* The op's attributes: every word of the spec must be one of the table's. *reason: what is not known. */
static cc_status read_attributes(op_case *c, const char **reason) {
    const operation *o = c->operation;
    char text[160];
    *reason = NULL;
    if (o->usual) memcpy(c->attr, o->usual, o->op->attr_bytes);
    for (const word *w = o->words; w < o->words + WORDS_MAX && w->key; w++)
        if (w->kind >= WORD_GIVEN) CC_TRY(read_dataset_word(c, w));
    for (size_t i = 0; i < c->spec->count; i++) {
        bool known = strcmp(c->spec->keys[i], "op") == 0;
        for (const word *w = o->words; w < o->words + WORDS_MAX && w->key; w++)
            if (w->kind < WORD_GIVEN && strcmp(w->key, c->spec->keys[i]) == 0)
                known = read_word(c, w, c->spec->items[i]);
        if (known) continue;
        snprintf(text, sizeof text, "no such attribute, or not with this value: %.60s", c->spec->keys[i]);
        *reason = cc_arena_copy(c->fixture->arena, text);
        return *reason ? CC_OK : CC_ENOMEM;
    }
    return CC_OK;
}

/* A dataset of rank 4 or 5, with its shape. */
static cc_status read_activation(const float **out, cc_shape *shape, const op_case *c, const char *dataset) {
    char path[512];
    cc_fixture_array array;
    CC_TRY(cc_parity_read_floats(out, &array, c->fixture, path_of(path, c, "", dataset)));
    if (array.rank != 4 && array.rank != 5)
        return cc_fixture_fail(c->fixture, path, "not N,C,H,W and not N,C,D,H,W");
    *shape = (cc_shape){.rank = array.rank};
    for (int i = 0; i < array.rank; i++) shape->dims[i] = (int64_t)array.dims[i];
    return CC_OK;
}

/* The name of a parameter's dataset. */
static const char *dataset_of(const op_case *c, int i) {
    const char *suffix = c->run.signature.parameters[i].suffix;
    return c->operation->weight && strcmp(suffix, "weight") == 0 ? c->operation->weight : suffix;
}

/* Parameters; statistics that the case does not give start as a net's do. */
static cc_status read_parameters(op_case *c) {
    char path[512];
    cc_fixture_array array;
    for (int i = 0; i < c->run.signature.parameter_count; i++) {
        const size_t count = (size_t)cc_op_run_parameter_count(&c->run, i);
        const cc_parameter_role role = c->run.signature.parameters[i].role;
        if (role == CC_ROLE_RUNNING_MEAN || role == CC_ROLE_RUNNING_VAR) {
            float *values = cc_arena_get_array(c->fixture->arena, count, sizeof *values);
            if (!values) return CC_ENOMEM;
            for (size_t k = 0; k < count; k++) values[k] = role == CC_ROLE_RUNNING_VAR;
            c->run.p[i] = values;
            continue;
        }
        CC_TRY(
            cc_parity_read_floats(&c->run.p[i], &array, c->fixture, path_of(path, c, "", dataset_of(c, i))));
        if (array.count != count)
            return cc_fixture_fail(c->fixture, path, "not as long as the op's parameter");
    }
    return CC_OK;
}

/* Shapes, parameters and the gradient of the output, which must fit each other. */
static cc_status read_values(op_case *c) {
    cc_op_run *run = &c->run;
    const cc_shape *shapes[CC_OP_INPUTS_MAX];
    cc_shape output;
    char path[512];
    run->op = c->operation->op;
    run->attr = c->attr;
    run->input_count = c->operation->second ? 2 : 1;
    for (int i = 0; i < run->input_count; i++) {
        CC_TRY(read_activation(&run->x[i], &run->shapes[i], c, i ? c->operation->second : "input"));
        shapes[i] = &run->shapes[i];
    }
    CC_TRY(run->op->infer(&run->signature, c->attr, shapes, run->input_count));
    CC_TRY(read_parameters(c));
    CC_TRY(read_activation(&run->dy, &output, c, "grad_output"));
    if (!cc_shape_equal(&output, &run->signature.output))
        return cc_fixture_fail(c->fixture, path_of(path, c, "", "grad_output"),
                               "not of the shape of the op's output");
    return CC_OK;
}

/* The bound of a quantity: 10 times float32's own noise + 1e-5. Rounded to bf16, inputs are off by 2^-9 of
 * themselves and results by as much: 2e-2 is allowed; but which of several values is the largest may change
 * with that, and with it where the whole gradient of a pool goes. */
static cc_status bound_of(double *out, const op_case *c, const char *quantity) {
    char path[512], name[128];
    cc_fixture_array noise;
    const bool pool = c->operation->op == &cc_op_max_pool || strcmp(c->operation->name, "channel-max") == 0;
    snprintf(name, sizeof name, "float32_noise_%.100s", quantity);
    CC_TRY(cc_fixture_numbers(&noise, c->fixture, path_of(path, c, "", "expect"), name));
    if (noise.count != 1) return cc_fixture_fail(c->fixture, path, "a noise is one number");
    *out = 10 * noise.values[0] + 1e-5;
    if (c->parity->dtype == CC_BF16 || c->parity->tf32)
        *out += pool && strcmp(quantity, "output") != 0 ? 0.3 : 2e-2;
    return CC_OK;
}

/* A quantity of the last step and the largest error of it so far. */
typedef struct quantity {
    char name[64];
    double error;
} quantity;

static cc_status measure(quantity *q, const op_case *c, const char *prefix, const char *of, const float *got,
                         int64_t count) {
    char path[512];
    cc_fixture_array want;
    snprintf(q->name, sizeof q->name, "%s%.40s", prefix, of);
    CC_TRY(cc_fixture_dataset(&want, c->fixture, path_of(path, c, "expect/", q->name)));
    if (want.count != (size_t)count)
        return cc_fixture_fail(c->fixture, path, "not as long as the op's result");
    double *values = cc_arena_get_array(c->fixture->arena, want.count, sizeof *values);
    if (!values) return CC_ENOMEM;
    for (size_t i = 0; i < want.count; i++) values[i] = got[i];
    const double error = cc_parity_error(values, want.values, want.count);
    if (!(error <= q->error)) q->error = error; /* NaN stays */
    return CC_OK;
}

/* The output and all gradients of the last step, in the fixture's names. */
static cc_status measure_all(quantity *quantities, int *count, const op_case *c) {
    const cc_op_run *run = &c->run;
    quantity *q = quantities;
    CC_TRY(measure(q++, c, "", "output", run->y, cc_shape_count(&run->signature.output)));
    for (int i = 0; i < run->input_count; i++)
        CC_TRY(measure(q++, c, "grad_", i ? c->operation->second : "input", run->dx[i],
                       cc_shape_count(&run->shapes[i])));
    for (int i = 0; i < run->signature.parameter_count; i++) {
        const cc_parameter_role role = run->signature.parameters[i].role;
        if (role == CC_ROLE_RUNNING_MEAN || role == CC_ROLE_RUNNING_VAR) continue;
        CC_TRY(measure(q++, c, "grad_", dataset_of(c, i), run->dp[i], cc_op_run_parameter_count(run, i)));
    }
    *count = (int)(q - quantities);
    return CC_OK;
}

/* Runs the case in every layout, and reports each quantity once. */
static cc_status run_case(const op_case *c) {
    static const int64_t blocks[BLOCKS] = {1, 8, 16};
    quantity quantities[1 + CC_OP_INPUTS_MAX + CC_OP_PARAMETERS_MAX] = {0};
    int count = 0;
    op_case step = *c;
    step.run.attr = step.attr;
    for (int k = 0; k < (c->parity->backend->channels_last ? 1 : BLOCKS); k++) {
        CC_TRY(cc_op_run_step(&step.run, c->parity, blocks[k], c->fixture->arena));
        CC_TRY(measure_all(quantities, &count, &step));
    }
    for (int i = 0; i < count; i++) {
        double bound = 0;
        CC_TRY(bound_of(&bound, c, quantities[i].name));
        cc_parity_report(c->parity, c->fixture, c->name, quantities[i].name, quantities[i].error, bound);
    }
    return CC_OK;
}

static const operation *find_operation(const cc_yaml *spec) {
    const cc_yaml *name = cc_yaml_get(spec, "op");
    for (int i = 0; name && name->text && i < OPERATIONS; i++)
        if (strcmp(operations[i].name, name->text) == 0) return &operations[i];
    return NULL;
}

/* One case. What the op or the backend refuses is a failure of the case, with the reason; a fixture that is
 * not as it should be is an error. */
static cc_status check_case(cc_parity *parity, const cc_fixture *fixture, const char *name) {
    op_case c = {.parity = parity, .fixture = fixture, .name = name};
    char *text, where[512];
    const char *reason;
    cc_yaml *spec;
    snprintf(where, sizeof where, "%.200s: %.250s", fixture->path, name);
    CC_TRY(cc_fixture_text(&text, fixture, name, "spec"));
    CC_TRY(cc_yaml_parse(&spec, text, strlen(text), where, fixture->arena));
    if (spec->kind != CC_YAML_MAP) return cc_fixture_fail(fixture, name, "a spec is a map");
    c.spec = spec;
    c.operation = find_operation(spec);
    if (!c.operation) return report_reason(&c, "this build has no such op");
    CC_TRY(read_attributes(&c, &reason));
    if (reason) return report_reason(&c, reason);
    cc_status status = read_values(&c);
    if (status == CC_OK) status = run_case(&c);
    if (status != CC_EUNSUPPORTED && status != CC_EINVAL) return status;
    reason = cc_arena_copy(fixture->arena, cc_error_get()->what);
    return reason ? report_reason(&c, reason) : CC_ENOMEM;
}

cc_status cc_parity_ops(cc_parity *parity, const cc_fixture *fixture) {
    char **names;
    size_t count;
    CC_TRY(cc_fixture_members(&names, &count, fixture, "/"));
    for (size_t i = 0; i < count; i++) CC_TRY(check_case(parity, fixture, names[i]));
    return CC_OK;
}
