/* nets/engine/plan_memory.c -- which buffers a plan has, from when to when each is needed, and where it lies.
 *
 * Time is counted in steps: of n nodes, node i runs forward at step i, the loss at step n, node i backward at
 * step 2n - i; step 2n + 1 is after the pass. A buffer lives from the step that first writes it to the step
 * that last reads it, and shares memory with buffers of other times (nets/engine/placement.h):
 *
 *   value v           from its kernel's forward step to the last node that reads it; where a backward pass
 *                     reads it (CC_READS_INPUT, CC_READS_OUTPUT), to that backward step. The net's outputs,
 *                     and all values of a plan that keeps them, to the end.
 *   gradient of v     from the backward step of the last node that reads v, which writes it first, to that of
 *                     the node that made v; of an output of the net, which the loss writes first, from step n
 *   saved by node i   from its forward to its backward step
 *   separate          the backward step alone: an input's gradient on its way into a sum
 *   held, scratch     always; scratch is one buffer, as large as the largest wish, for kernels run in turn */
#include "nets/engine/plan_memory.h"

/* Buffers by number: values, gradients of values, what nodes save, what they hold, the scratch, separate
 * gradients of inputs. The order is part of the placement, which breaks ties by number. */
static int value_buffer(const cc_plan *plan, cc_value value) {
    (void)plan;
    return value;
}
static int gradient_buffer(const cc_plan *plan, cc_value value) {
    return plan->count + 1 + value;
}
static int saved_buffer(const cc_plan *plan, int node) {
    return 2 * (plan->count + 1) + node;
}
static int held_buffer(const cc_plan *plan, int node) {
    return saved_buffer(plan, plan->count) + node;
}
static int scratch_buffer(const cc_plan *plan) {
    return held_buffer(plan, plan->count);
}
static int separate_buffer(const cc_plan *plan, int node, int input) {
    return scratch_buffer(plan) + 1 + node * CC_OP_INPUTS_MAX + input;
}

int cc_plan_memory_buffer_count(const cc_plan *plan) {
    return separate_buffer(plan, plan->count, 0);
}

void *cc_plan_memory_at(const cc_plan *plan, int buffer) {
    return plan->buffers[buffer].bytes ? plan->memory + plan->buffers[buffer].offset : NULL;
}
void *cc_plan_memory_value(const cc_plan *plan, cc_value value) {
    return cc_plan_memory_at(plan, value_buffer(plan, value));
}
void *cc_plan_memory_gradient(const cc_plan *plan, cc_value value) {
    return cc_plan_memory_at(plan, gradient_buffer(plan, value));
}
void *cc_plan_memory_saved(const cc_plan *plan, int node) {
    return cc_plan_memory_at(plan, saved_buffer(plan, node));
}
void *cc_plan_memory_held(const cc_plan *plan, int node) {
    return cc_plan_memory_at(plan, held_buffer(plan, node));
}
void *cc_plan_memory_scratch(const cc_plan *plan) {
    return cc_plan_memory_at(plan, scratch_buffer(plan));
}
size_t cc_plan_memory_scratch_bytes(const cc_plan *plan) {
    return plan->buffers[scratch_buffer(plan)].bytes;
}

size_t cc_plan_memory_value_count(const cc_plan *plan, cc_value value) {
    cc_shape shape = cc_graph_shape(plan->graph, value);
    return (size_t)cc_blocked_count(&shape, plan->blocks[value]);
}
size_t cc_plan_memory_plain_bytes(const cc_plan *plan, cc_value value) {
    cc_shape shape = cc_graph_shape(plan->graph, value);
    return (size_t)cc_shape_count(&shape) * sizeof(float);
}
size_t cc_plan_memory_logits_bytes(const cc_plan *plan) {
    size_t bytes = 0;
    for (int i = 0; i < cc_graph_output_count(plan->graph); i++)
        bytes += cc_plan_memory_plain_bytes(plan, cc_graph_output_at(plan->graph, i)->value);
    return bytes;
}
static size_t value_bytes(const cc_plan *plan, cc_value value) {
    return cc_plan_memory_value_count(plan, value) * cc_dtype_bytes(plan->options.dtype);
}

void cc_plan_memory_find_gradients(cc_plan *plan) {
    /* Forward over the graph: a value wants a gradient where its node, or one before it, has a parameter that
     * is trained. The input, and what follows from it alone, wants none. */
    for (int i = 0; i < plan->count; i++) {
        const cc_node *node = cc_graph_node(plan->graph, i);
        bool wanted = false;
        for (int k = 0; k < node->parameter_count; k++)
            wanted |= cc_graph_parameter(plan->graph, node->first_parameter + k)->trained;
        for (int k = 0; k < node->input_count; k++) wanted |= plan->grad_wanted[node->inputs[k]];
        plan->grad_wanted[i + 1] = wanted && plan->options.training;
    }
    /* Backward: the first node that comes by writes a value's gradient, those after it add theirs. Before all
     * of them the loss, as node number `count`, writes those of the net's outputs. */
    for (int v = 0; v <= plan->count; v++)
        plan->first_writer[v] = cc_graph_is_output(plan->graph, v) ? plan->count : -1;
    for (int i = plan->count - 1; i >= 0; i--) {
        const cc_node *node = cc_graph_node(plan->graph, i);
        for (int k = 0; k < node->input_count; k++) {
            cc_input_gradient *g = &plan->input_gradients[i][k];
            cc_value v = node->inputs[k];
            *g = (cc_input_gradient){.wanted = plan->grad_wanted[v] && plan->grad_wanted[i + 1],
                                     .separate_buffer = -1};
            if (!g->wanted) continue;
            g->first = plan->first_writer[v] < 0;
            if (g->first) plan->first_writer[v] = i;
        }
    }
}

static void live(cc_plan *plan, int buffer, size_t bytes, int first, int last) {
    plan->buffers[buffer] = (cc_buffer){.bytes = bytes, .first = first, .last = last};
}

static void extend(cc_plan *plan, int buffer, int last) {
    if (plan->buffers[buffer].last < last) plan->buffers[buffer].last = last;
}

/* What node i reads and writes, for its kernel does the work. */
static void find_node_lifetimes(cc_plan *plan, int i) {
    const cc_node *node = cc_graph_node(plan->graph, i);
    const cc_task *task = &plan->tasks[i];
    const int backward = 2 * plan->count - i;
    const bool trains = plan->grad_wanted[i + 1];
    unsigned (*backward_reads)(const void *) =
        task->kernel->backward_reads ? task->kernel->backward_reads : node->op->backward_reads;
    const unsigned reads = trains ? backward_reads(node->attr) : 0;
    for (int k = 0; k < node->input_count; k++) {
        extend(plan, value_buffer(plan, node->inputs[k]), reads & CC_READS_INPUT ? backward : i);
        cc_input_gradient *g = &plan->input_gradients[i][k];
        if (!g->wanted || g->first || task->kernel->accumulates) continue;
        g->separate_buffer = separate_buffer(plan, i, k);
        live(plan, g->separate_buffer, value_bytes(plan, node->inputs[k]), backward, backward);
    }
    if (reads & CC_READS_OUTPUT) extend(plan, value_buffer(plan, i + 1), backward);
    if (task->saved_bytes) live(plan, saved_buffer(plan, i), task->saved_bytes, i, trains ? backward : i);
    live(plan, held_buffer(plan, i), task->held_bytes, 0, 2 * plan->count + 1);
}

cc_status cc_plan_memory_place(cc_plan *plan) {
    const int n = plan->count;
    size_t scratch = 0;
    for (int v = 0; v <= n; v++) {
        /* A value between two fused nodes is never made: it has no bytes. */
        int maker = v == CC_GRAPH_INPUT ? 0 : plan->runner[v - 1];
        bool made = v == CC_GRAPH_INPUT || plan->output[maker] == v;
        live(plan, value_buffer(plan, v), made ? value_bytes(plan, v) : 0, maker,
             plan->options.keeps_values ? 2 * n + 1 : maker);
        if (!plan->grad_wanted[v]) continue;
        live(plan, gradient_buffer(plan, v), value_bytes(plan, v), 2 * n - plan->first_writer[v],
             2 * n - (v - 1));
    }
    for (int i = 0; i < n; i++) {
        if (plan->runner[i] != i) continue;
        find_node_lifetimes(plan, i);
        if (plan->tasks[i].scratch_bytes > scratch) scratch = plan->tasks[i].scratch_bytes;
    }
    for (int i = 0; i < cc_graph_output_count(plan->graph); i++)
        extend(plan, value_buffer(plan, cc_graph_output_at(plan->graph, i)->value), 2 * n + 1);
    live(plan, scratch_buffer(plan), scratch, 0, 2 * n + 1);
    return cc_placement_find(plan->buffers, plan->buffer_count, &plan->bytes);
}
