/* nets/engine/graph.c -- a graph under construction: nodes and parameters in an arena, shapes inferred node
 * by node.
 *
 * Nothing is freed before the whole graph is: arrays that outgrow their room leave the old one in the arena.
 * The first error is kept with its message, for by the time the builder asks, others may have been reported
 * since. */
#include "nets/engine/graph.h"

#include <stdarg.h>
#include <string.h>
#include "core/arena.h"

struct cc_graph {
    cc_arena *arena;
    cc_shape input;
    cc_node *nodes;
    int node_count, node_capacity;
    cc_parameter *parameters;
    int parameter_count, parameter_capacity;
    cc_graph_output outputs[CC_HEADS_MAX];
    int output_count;
    cc_status status; /* the first error, and its message */
    cc_error error;
};

cc_graph *cc_graph_create(const cc_shape *input) {
    cc_arena *arena = cc_arena_create();
    cc_graph *graph = arena ? cc_arena_get(arena, sizeof *graph) : NULL;
    if (!graph) {
        cc_arena_destroy(arena);
        return NULL;
    }
    graph->arena = arena;
    graph->input = *input;
    return graph;
}

void cc_graph_destroy(cc_graph *graph) {
    if (graph) cc_arena_destroy(graph->arena);
}

static cc_value keep_error(cc_graph *graph, cc_status status) {
    if (graph->status == CC_OK) {
        graph->status = status;
        graph->error = *cc_error_get();
    }
    return CC_NO_VALUE;
}

cc_value cc_graph_fail(cc_graph *graph, const char *where, const char *what) {
    return keep_error(graph, cc_fail(CC_EINVAL, where, NULL, "%s", what));
}

/* Node i's output is value i + 1. */
static const cc_shape *shape_of(const cc_graph *graph, cc_value value) {
    return value == CC_GRAPH_INPUT ? &graph->input : &graph->nodes[value - 1].shape;
}

cc_shape cc_graph_shape(const cc_graph *graph, cc_value value) {
    if (value == CC_NO_VALUE) return (cc_shape){0};
    return *shape_of(graph, value);
}

const cc_shape *cc_graph_input_shape(const cc_graph *graph) {
    return &graph->input;
}

/* Room for one more item of an array in the arena; the old array stays until the arena ends. */
static void *grown(cc_arena *arena, void *items, int count, int *capacity, size_t size) {
    if (count < *capacity) return items;
    int wider = *capacity ? *capacity * 2 : 64;
    void *out = cc_arena_get_array(arena, (size_t)wider, size);
    if (!out) return NULL;
    if (count) memcpy(out, items, (size_t)count * size);
    *capacity = wider;
    return out;
}

/* "down.0.conv1" + "weight"; numbered in the order in which nodes are added, which is the order of files of
 * weights and of the streams of initial values. */
static cc_status add_parameter(cc_graph *graph, const cc_node *node, const cc_op_parameter *of) {
    cc_parameter *items = grown(graph->arena, graph->parameters, graph->parameter_count,
                                &graph->parameter_capacity, sizeof *items);
    if (!items) return CC_ENOMEM;
    graph->parameters = items;
    cc_parameter *p = &items[graph->parameter_count];
    *p = (cc_parameter){.of = *of, .count = 1};
    p->name = cc_arena_format(graph->arena, "%s.%s", node->name, of->suffix);
    if (!p->name) return CC_ENOMEM;
    p->trained = of->role != CC_ROLE_RUNNING_MEAN && of->role != CC_ROLE_RUNNING_VAR;
    for (int i = 0; i < of->rank; i++) p->count *= of->dims[i];
    graph->parameter_count++;
    return CC_OK;
}

/* Copies the attributes, and lets the op infer shape and parameters. A value that is an input twice would
 * have two gradients written into one buffer. */
static cc_status fill_node(cc_graph *graph, cc_node *node, const void *attr) {
    const cc_shape *shapes[CC_OP_INPUTS_MAX];
    cc_op_signature signature = {0};
    void *copy = cc_arena_get(graph->arena, node->op->attr_bytes + 1);
    if (!copy || !node->name) return CC_ENOMEM;
    if (node->op->attr_bytes) memcpy(copy, attr, node->op->attr_bytes);
    node->attr = copy;
    for (int i = 0; i < node->input_count; i++) {
        shapes[i] = shape_of(graph, node->inputs[i]);
        for (int k = 0; k < i; k++)
            if (node->inputs[k] == node->inputs[i])
                return cc_fail(CC_EINVAL, node->name, NULL, "an input is there twice");
    }
    cc_status status = node->op->infer(&signature, node->attr, shapes, node->input_count);
    if (status != CC_OK) return cc_fail_within(status, node->name);
    node->shape = signature.output;
    node->multiply_adds = signature.multiply_adds;
    node->first_parameter = graph->parameter_count;
    node->parameter_count = signature.parameter_count;
    for (int i = 0; i < signature.parameter_count; i++)
        CC_TRY(add_parameter(graph, node, &signature.parameters[i]));
    return CC_OK;
}

/* After an error nothing more is added: a net's description need not look at each value. */
cc_value cc_graph_add(cc_graph *graph, const cc_op *op, const void *attr, const cc_value *inputs,
                      int input_count, const char *name, ...) {
    if (graph->status != CC_OK) return CC_NO_VALUE;
    char text[256];
    va_list args;
    va_start(args, name);
    vsnprintf(text, sizeof text, name, args);
    va_end(args);
    cc_node *items =
        grown(graph->arena, graph->nodes, graph->node_count, &graph->node_capacity, sizeof *items);
    if (!items) return keep_error(graph, CC_ENOMEM);
    graph->nodes = items;
    cc_node *node = &items[graph->node_count];
    *node = (cc_node){.name = cc_arena_copy(graph->arena, text), .op = op, .input_count = input_count};
    memcpy(node->inputs, inputs, (size_t)input_count * sizeof *inputs);
    cc_status status = fill_node(graph, node, attr);
    if (status != CC_OK) return keep_error(graph, status);
    return ++graph->node_count;
}

static void add_output(cc_graph *graph, cc_value value, const char *name, bool auxiliary) {
    if (graph->status != CC_OK) return;
    const char *copy = name ? cc_arena_copy(graph->arena, name) : NULL;
    if (name && !copy)
        keep_error(graph, CC_ENOMEM);
    else if (graph->output_count == CC_HEADS_MAX)
        cc_graph_fail(graph, name, "the net has too many outputs");
    else
        graph->outputs[graph->output_count++] = (cc_graph_output){value, copy, auxiliary};
}

void cc_graph_add_output(cc_graph *graph, cc_value value, const char *name) {
    add_output(graph, value, name, false);
}

void cc_graph_add_auxiliary_output(cc_graph *graph, cc_value value, const char *name) {
    add_output(graph, value, name, true);
}

/* A layer whose output nobody reads would be computed, and its gradient never be written. */
static cc_status check_all_are_read(const cc_graph *graph) {
    for (int i = 0; i < graph->node_count; i++) {
        bool read = cc_graph_is_output(graph, i + 1);
        for (int j = i + 1; j < graph->node_count && !read; j++)
            for (int k = 0; k < graph->nodes[j].input_count; k++) read |= graph->nodes[j].inputs[k] == i + 1;
        if (!read) return cc_fail(CC_EINVAL, graph->nodes[i].name, NULL, "no layer reads its output");
    }
    return CC_OK;
}

cc_status cc_graph_finish(cc_graph *graph) {
    if (graph->status != CC_OK) {
        const cc_error *e = &graph->error;
        return cc_fail(graph->status, e->where, e->hint, "%s", e->what);
    }
    if (graph->node_count == 0) return cc_fail(CC_EINVAL, "net", NULL, "it has no layers");
    if (graph->output_count == 0)
        graph->outputs[graph->output_count++] = (cc_graph_output){.value = graph->node_count};
    return check_all_are_read(graph);
}

int cc_graph_output_count(const cc_graph *graph) {
    return graph->output_count;
}
const cc_graph_output *cc_graph_output_at(const cc_graph *graph, int index) {
    return &graph->outputs[index];
}
bool cc_graph_is_output(const cc_graph *graph, cc_value value) {
    for (int i = 0; i < graph->output_count; i++)
        if (graph->outputs[i].value == value) return true;
    return false;
}

int cc_graph_node_count(const cc_graph *graph) {
    return graph->node_count;
}
const cc_node *cc_graph_node(const cc_graph *graph, int index) {
    return &graph->nodes[index];
}
int cc_graph_parameter_count(const cc_graph *graph) {
    return graph->parameter_count;
}
const cc_parameter *cc_graph_parameter(const cc_graph *graph, int index) {
    return &graph->parameters[index];
}

int64_t cc_graph_trained_values(const cc_graph *graph) {
    int64_t sum = 0;
    for (int i = 0; i < graph->parameter_count; i++)
        if (graph->parameters[i].trained) sum += graph->parameters[i].count;
    return sum;
}

/* In float64, as large nets have more of them than float32 counts. */
double cc_graph_multiply_adds(const cc_graph *graph) {
    double sum = 0;
    for (int i = 0; i < graph->node_count; i++) sum += graph->nodes[i].multiply_adds;
    return sum;
}

/* Trained values of one node. */
static int64_t node_values(const cc_graph *graph, const cc_node *node) {
    int64_t sum = 0;
    for (int i = 0; i < node->parameter_count; i++) {
        const cc_parameter *p = &graph->parameters[node->first_parameter + i];
        if (p->trained) sum += p->count;
    }
    return sum;
}

void cc_graph_print(const cc_graph *graph, FILE *out) {
    fprintf(out, "%-36s %-15s %-18s %12s %10s\n", "layer", "op", "output", "parameters", "GFLOP");
    for (int i = 0; i < graph->node_count; i++) {
        const cc_node *node = &graph->nodes[i];
        fprintf(out, "%-36s %-15s %-18s %12lld %10.3f\n", node->name, node->op->name,
                cc_shape_text(&node->shape), (long long)node_values(graph, node), 2e-9 * node->multiply_adds);
    }
    fprintf(out, "%-36s %-15s %-18s %12lld %10.3f\n", "total", "", "",
            (long long)cc_graph_trained_values(graph), 2e-9 * cc_graph_multiply_adds(graph));
}
