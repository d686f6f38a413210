/* experiments/parity/uncertain_units.c -- finds the ReLU inputs near zero and the near ties of max pools of a
 * plan after its forward pass, and flips one.
 *
 * Each op that has a ReLU computes its inputs z in float64 from the values, statistics and parameters that
 * the plan holds, with the slope dz/dx of each channel of each image; a unit is flipped by moving its x so
 * that z lies as far on the other side of zero. Of a max pool the value that was passed over is raised above
 * the largest; as a kernel may keep from its forward pass which one it took, that node's is repeated. */
#include "experiments/parity/uncertain_units.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/arena.h"

/* Closer than this, a kernel's own sign may differ from that of float64: such a unit stands in the list
 * twice, once for each side. */
#define UNSURE (8 * FLT_EPSILON)

/* The units found so far, over all nodes. */
typedef struct finder {
    const cc_plan *plan;
    const cc_model *model;
    double bound;
    cc_uncertain_unit *out;
    size_t capacity, kept, units;
} finder;

typedef struct layer { /* one node's plain buffers */
    cc_reference_io io;
    cc_shape shapes[CC_OP_INPUTS_MAX]; /* of the inputs */
    double *z, *slopes;
} layer;

/* Memory for `count` values. */
static cc_status get_floats(float **out, int64_t count, cc_arena *arena) {
    *out = cc_arena_get_array(arena, (size_t)count, sizeof **out);
    return *out ? CC_OK : CC_ENOMEM;
}

/* Fetches a node's inputs and parameters from the device into plain buffers, [n][c][pixels]. */
static cc_status fill_layer(layer *l, const finder *f, const cc_node *node, cc_arena *arena) {
    const cc_graph *graph = cc_plan_graph(f->plan);
    float *values;
    l->io = (cc_reference_io){
        .attr = node->attr, .training = true, .input_count = node->input_count, .output_shape = &node->shape};
    l->z = cc_arena_get_array(arena, (size_t)cc_shape_count(&node->shape), sizeof *l->z);
    l->slopes =
        cc_arena_get_array(arena, (size_t)(node->shape.dims[0] * node->shape.dims[1]), sizeof *l->slopes);
    if (!l->z || !l->slopes) return CC_ENOMEM;
    if (node->op->reference_bytes) {
        l->io.scratch = cc_arena_get(arena, node->op->reference_bytes(node->attr, &node->shape));
        if (!l->io.scratch) return CC_ENOMEM;
    }
    for (int i = 0; i < node->input_count; i++) {
        l->shapes[i] = cc_graph_shape(graph, node->inputs[i]);
        l->io.input_shapes[i] = &l->shapes[i];
        CC_TRY(get_floats(&values, cc_shape_count(&l->shapes[i]), arena));
        CC_TRY(cc_plan_get_value(values, f->plan, node->inputs[i]));
        l->io.x[i] = values;
    }
    for (int i = 0; i < node->parameter_count; i++) {
        int index = node->first_parameter + i;
        CC_TRY(get_floats(&l->io.p[i], cc_graph_parameter(graph, index)->count, arena));
        CC_TRY(cc_model_get(l->io.p[i], f->model, index));
    }
    return CC_OK;
}

/* Keeps `out` sorted, closest first. */
static void insert(finder *f, const cc_uncertain_unit *unit) {
    size_t place = f->kept;
    while (place > 0 && f->out[place - 1].distance > unit->distance) place--;
    if (place == f->capacity) return;
    if (f->kept < f->capacity) f->kept++;
    memmove(f->out + place + 1, f->out + place, (f->kept - 1 - place) * sizeof *f->out);
    f->out[place] = *unit;
}

/* The input that a unit of the output comes from, and its index there: the first, which has the output's
 * shape (others are residuals), or the one of several joined that holds its channel. */
static int input_of(int64_t *at, const cc_reference_io *io, int64_t unit) {
    const int64_t pixels = cc_shape_pixels(io->output_shape), channels = io->output_shape->dims[1],
                  n = unit / (channels * pixels);
    int64_t channel = unit / pixels % channels, count = io->input_shapes[0]->dims[1];
    int input = 0;
    while (channel >= count) {
        channel -= count;
        count = io->input_shapes[++input]->dims[1];
    }
    *at = (n * count + channel) * pixels + unit % pixels;
    return input;
}

/* As far on the other side, and beyond what a kernel's rounding could undo. */
static cc_uncertain_unit crossing(const layer *l, int node, int64_t unit, double size, bool rise) {
    int64_t plane = unit / cc_shape_pixels(l->io.output_shape); /* [n][c] */
    double target = (rise ? 1 : -1) * (fabs(l->z[unit]) + 2 * UNSURE * size);
    int64_t at;
    const int input = input_of(&at, &l->io, unit);
    return (cc_uncertain_unit){.node = node,
                               .unit = unit,
                               .input = input,
                               .at = at,
                               .distance = fabs(l->z[unit]) / size,
                               .other =
                                   (float)(l->io.x[input][at] + (target - l->z[unit]) / l->slopes[plane])};
}

/* Ties of one node. */
typedef struct tie_finder {
    finder *f;
    const float *x; /* of the node's first input */
    double size;
    int node;
} tie_finder;

/* Adds one (cc_op.near_ties). */
static void add_tie(void *context, const cc_near_tie *tie) {
    const tie_finder *t = context;
    const float winner = t->x[tie->winner], other = t->x[tie->other];
    /* Values of exactly zero come out of ReLUs that are shut: no gradient passes either of them. */
    if (winner == 0 && other == 0) return;
    t->f->units++;
    insert(t->f, &(cc_uncertain_unit){.node = t->node,
                                      .unit = tie->unit,
                                      .at = tie->other,
                                      .distance = ((double)winner - (double)other) / t->size,
                                      /* beyond what another kernel's rounding could undo */
                                      .other = (float)(winner + 2 * UNSURE * t->size)});
}

static double root_mean_square(const float *x, int64_t count) {
    double squares = 0;
    for (int64_t i = 0; i < count; i++) squares += (double)x[i] * (double)x[i];
    return sqrt(squares / (double)count);
}

/* Adds the ties of a max pool that lie within the bound times the root mean square of its input. */
static void find_ties(finder *f, const layer *l, int node, const cc_op *op) {
    tie_finder t = {.f = f,
                    .x = l->io.x[0],
                    .size = root_mean_square(l->io.x[0], cc_shape_count(&l->shapes[0])),
                    .node = node};
    if (t.size > 0) op->near_ties(&l->io, f->bound * t.size, add_tie, &t);
}

/* Adds the units of one node whose |z| is at most the bound times the root mean square of the node's z. */
static void find_in(finder *f, const layer *l, int node) {
    int64_t count = cc_shape_count(l->io.output_shape);
    double squares = 0;
    for (int64_t i = 0; i < count; i++) squares += l->z[i] * l->z[i];
    double size = sqrt(squares / (double)count);
    if (!(size > 0)) return;
    for (int64_t i = 0; i < count; i++) {
        if (!(fabs(l->z[i]) <= f->bound * size)) continue;
        /* At most zero: it can rise. Above zero: it can fall. Where float64 does not know, both are
         * candidates. */
        cc_uncertain_unit up = crossing(l, node, i, size, true), down = crossing(l, node, i, size, false);
        bool unsure = fabs(l->z[i]) <= UNSURE * size;
        if (!isfinite(up.other) || !isfinite(down.other)) continue;
        f->units++;
        if (l->z[i] <= 0 || unsure) insert(f, &up);
        if (l->z[i] > 0 || unsure) insert(f, &down);
    }
}

cc_status cc_uncertain_units_find(cc_uncertain_units *out, const cc_plan *plan, const cc_model *model,
                                  double bound) {
    cc_status status = CC_OK;
    const cc_graph *graph = cc_plan_graph(plan);
    finder f = {
        .plan = plan, .model = model, .bound = bound, .out = out->items, .capacity = CC_UNCERTAIN_UNITS_MAX};
    for (int i = 0; i < cc_graph_node_count(graph) && status == CC_OK; i++) {
        const cc_node *node = cc_graph_node(graph, i);
        layer l;
        if (!node->op->relu_inputs && !node->op->near_ties) continue;
        cc_arena *arena = cc_arena_create();
        if (!arena) return CC_ENOMEM;
        status = fill_layer(&l, &f, node, arena);
        if (status == CC_OK && node->op->near_ties)
            find_ties(&f, &l, i, node->op);
        else if (status == CC_OK && node->op->relu_inputs(l.z, l.slopes, &l.io))
            find_in(&f, &l, i);
        cc_arena_destroy(arena);
    }
    out->count = f.kept;
    out->units = f.units;
    return status;
}

cc_status cc_uncertain_unit_flip(cc_plan *plan, const cc_uncertain_unit *unit) {
    const cc_node *node = cc_graph_node(cc_plan_graph(plan), unit->node);
    const cc_value input = node->inputs[unit->input];
    cc_shape shape = cc_graph_shape(cc_plan_graph(plan), input);
    float *values = malloc((size_t)cc_shape_count(&shape) * sizeof *values);
    if (!values) return cc_fail_memory("an activation", (size_t)cc_shape_count(&shape) * sizeof *values);
    cc_status status = cc_plan_get_value(values, plan, input);
    values[unit->at] = unit->other;
    if (status == CC_OK) status = cc_plan_set_value(plan, input, values);
    free(values);
    return status == CC_OK && node->op->near_ties ? cc_plan_repeat(plan, unit->node) : status;
}
