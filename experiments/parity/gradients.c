/* experiments/parity/gradients.c -- the gradients of a fixture and of a model, in one order.
 *
 * A fixture stores of each parameter's gradient its first values (the head) and its Euclidean norm: enough to
 * know it, without hundreds of megabytes. */
#include "experiments/parity/gradients.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The index of a parameter's name, or -1. */
static int find_parameter(const cc_model *model, const char *name) {
    for (int i = 0; i < cc_model_parameter_count(model); i++)
        if (strcmp(cc_model_parameter(model, i)->name, name) == 0) return i;
    return -1;
}

/* Whether a fixture's shape is the parameter's. */
static bool same_shape(const cc_op_parameter *p, const cc_fixture_array *shape) {
    if ((size_t)p->rank != shape->count) return false;
    for (int i = 0; i < p->rank; i++)
        if (shape->values[i] != (double)p->dims[i]) return false;
    return true;
}

/* Reads one parameter's head and norm behind those already read. */
static cc_status read_one(cc_parity_gradients *g, const char *name) {
    char object[512];
    cc_fixture_array head, shape, norm;
    int index = find_parameter(g->model, name);
    snprintf(object, sizeof object, "/expect/grad/%s", name);
    if (index < 0) return cc_fixture_fail(g->fixture, object, "this net has no such parameter");
    const cc_parameter *p = cc_model_parameter(g->model, index);
    CC_TRY(cc_fixture_dataset(&head, g->fixture, object));
    CC_TRY(cc_fixture_numbers(&shape, g->fixture, object, "shape"));
    CC_TRY(cc_fixture_numbers(&norm, g->fixture, object, "l2"));
    if (!same_shape(&p->of, &shape) || head.count > (size_t)p->count || norm.count != 1)
        return cc_fixture_fail(g->fixture, object, "the parameter has another shape here");
    memcpy(g->want + g->head_count, head.values, head.count * sizeof *head.values);
    g->head_count += head.count;
    g->parameters[g->parameter_count] = index;
    g->lengths[g->parameter_count] = head.count;
    g->want_norms[g->parameter_count++] = norm.values[0];
    return CC_OK;
}

/* The most values that any parameter has. */
static int64_t longest_parameter(const cc_model *model) {
    int64_t longest = 0;
    for (int i = 0; i < cc_model_parameter_count(model); i++)
        if (cc_model_parameter(model, i)->count > longest) longest = cc_model_parameter(model, i)->count;
    return longest;
}

cc_status cc_parity_gradients_read(cc_parity_gradients *out, const cc_fixture *fixture,
                                   const cc_model *model) {
    char **names;
    size_t count, room = (size_t)cc_model_trained_values(model);
    cc_arena *arena = fixture->arena;
    CC_TRY(cc_fixture_members(&names, &count, fixture, "/expect/grad"));
    *out = (cc_parity_gradients){.fixture = fixture, .model = model};
    out->parameters = cc_arena_get_array(arena, count, sizeof *out->parameters);
    out->lengths = cc_arena_get_array(arena, count, sizeof *out->lengths);
    out->want = cc_arena_get_array(arena, room, sizeof *out->want);
    out->want_norms = cc_arena_get_array(arena, count, sizeof *out->want_norms);
    out->got_norms = cc_arena_get_array(arena, count, sizeof *out->got_norms);
    out->room = cc_arena_get_array(arena, (size_t)longest_parameter(model), sizeof *out->room);
    if (!out->parameters || !out->lengths || !out->want || !out->want_norms || !out->got_norms || !out->room)
        return CC_ENOMEM;
    for (size_t i = 0; i < count; i++) CC_TRY(read_one(out, names[i]));
    out->got = cc_arena_get_array(arena, out->head_count, sizeof *out->got);
    return out->got ? CC_OK : CC_ENOMEM;
}

cc_status cc_parity_gradients_take(cc_parity_gradients *g) {
    double *head = g->got;
    for (size_t k = 0; k < g->parameter_count; head += g->lengths[k++]) {
        /* In float64: a norm of millions of values must not round more than the values do. */
        double squares = 0;
        CC_TRY(cc_model_get_gradient(g->room, g->model, g->parameters[k]));
        for (int64_t i = 0; i < cc_model_parameter(g->model, g->parameters[k])->count; i++)
            squares += (double)g->room[i] * g->room[i];
        for (size_t i = 0; i < g->lengths[k]; i++) head[i] = g->room[i];
        g->got_norms[k] = sqrt(squares);
    }
    return CC_OK;
}
