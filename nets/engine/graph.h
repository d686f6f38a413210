/* nets/engine/graph.h -- a net as a static graph: nodes in the order they run, each with one output. The
 * net's own outputs are that of its last node, or several values with names (heads).
 *
 * Shapes are inferred while nodes are added, before anything is allocated for them. Building has a sticky
 * error: once a node does not fit, later calls return CC_NO_VALUE and cc_graph_finish returns the first
 * error, so that a net's description reads as a list. */
#ifndef CC_NETS_ENGINE_GRAPH_H
#define CC_NETS_ENGINE_GRAPH_H

#include <stdio.h>
#include "core/status.h"
#include "nets/engine/op.h"
#include "nets/engine/spec.h"

typedef int cc_value; /* an activation: the graph's input is 0, node i's output is i + 1 */
enum { CC_NO_VALUE = -1, CC_GRAPH_INPUT = 0 };

typedef struct cc_parameter {
    char *name; /* "down.0.conv1.weight" */
    cc_op_parameter of;
    bool trained; /* false: a running statistic */
    int64_t count;
} cc_parameter;

typedef struct cc_node {
    char *name; /* "down.0.conv1"; prefix of its parameters' names */
    const cc_op *op;
    const void *attr;
    int input_count;
    cc_value inputs[CC_OP_INPUTS_MAX];
    cc_shape shape; /* of the output */
    int first_parameter, parameter_count;
    double multiply_adds;
} cc_node;

typedef struct cc_graph cc_graph;

/* NULL where memory is out. */
cc_graph *cc_graph_create(const cc_shape *input);
void cc_graph_destroy(cc_graph *graph);

/* Adds a node; attr is copied; the name is formatted. No value is an input twice: kernels write the gradients
 * of all inputs side by side. */
cc_value cc_graph_add(cc_graph *graph, const cc_op *op, const void *attr, const cc_value *inputs,
                      int input_count, const char *name, ...) __attribute__((format(printf, 6, 7)));
/* Puts an error of the net's own description into the graph (the first one stays). */
cc_value cc_graph_fail(cc_graph *graph, const char *where, const char *what);

/* Makes a value one of the net's outputs; the name is copied (NULL: it has none). A net of which nothing is
 * said has one output, its last node's, without a name. */
void cc_graph_add_output(cc_graph *graph, cc_value value, const char *name);
/* Makes a value an output that a training plan alone has, beside the one output of the net, which was added
 * before: both are compared with the same target, see nets/losses/levels.h. */
void cc_graph_add_auxiliary_output(cc_graph *graph, cc_value value, const char *name);

/* The shape of a value; rank 0 after an error. */
cc_shape cc_graph_shape(const cc_graph *graph, cc_value value);

/* Borrowed, as long as the graph. */
const cc_shape *cc_graph_input_shape(const cc_graph *graph);

/* Ends building: CC_OK, or the first error. */
cc_status cc_graph_finish(cc_graph *graph);

/* Of a finished graph: its outputs in the order in which they were added, at least one. */
typedef struct cc_graph_output {
    cc_value value;
    const char *name; /* NULL: it has none; borrowed */
    bool auxiliary;
} cc_graph_output;
int cc_graph_output_count(const cc_graph *graph);
const cc_graph_output *cc_graph_output_at(const cc_graph *graph, int index);
/* Whether a value is one of them. */
bool cc_graph_is_output(const cc_graph *graph, cc_value value);

int cc_graph_node_count(const cc_graph *graph);
const cc_node *cc_graph_node(const cc_graph *graph, int index);
int cc_graph_parameter_count(const cc_graph *graph);
const cc_parameter *cc_graph_parameter(const cc_graph *graph, int index);
/* Values of all trained parameters together. */
int64_t cc_graph_trained_values(const cc_graph *graph);
/* Of one forward pass. */
double cc_graph_multiply_adds(const cc_graph *graph);
/* Prints a line a node: name, op, shape, parameters, GFLOP (1e9 x two for each multiply-add); then the
 * totals. */
void cc_graph_print(const cc_graph *graph, FILE *out);

#endif
