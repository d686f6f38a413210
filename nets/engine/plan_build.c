/* nets/engine/plan_build.c -- from a net's description and a size to a plan that can run.
 *
 *   cc_net_build                    the table of blocks becomes a graph; shapes are inferred and checked
 *   cc_plan_memory_find_gradients   which gradients the backward pass computes
 *   plan_kernels                    each node's kernel chooses algorithms, its layout and how much it needs
 *   cc_plan_memory_place            lifetimes, and a place for each buffer in one piece of memory
 *   take_memory                     parameters (first plan), then that piece, in one allocation; kernels
 * learn
 *                                   their pointers
 *
 * Kernels are planned in the order they run, so that each sees the layout in which its inputs were left: a
 * convolution chooses a block, and what follows it keeps that. */
#include "nets/engine/plan_build.h"

#include <stdlib.h>
#include <string.h>
#include "nets/engine/model_memory.h"
#include "nets/engine/model_parts.h"
#include "nets/engine/plan_choices.h"
#include "nets/engine/plan_memory.h"
#include "nets/engine/plan_parts.h"

/* All arrays whose length is the graph's. */
static cc_status allocate(cc_plan *plan) {
    size_t nodes = (size_t)plan->count, values = nodes + 1;
    plan->buffer_count = cc_plan_memory_buffer_count(plan);
    plan->tasks = calloc(nodes, sizeof *plan->tasks);
    plan->input_gradients = calloc(nodes, sizeof *plan->input_gradients);
    plan->blocks = calloc(values, sizeof *plan->blocks);
    plan->first_writer = calloc(values, sizeof *plan->first_writer);
    plan->grad_wanted = calloc(values, sizeof *plan->grad_wanted);
    plan->runner = calloc(nodes, sizeof *plan->runner);
    plan->output = calloc(nodes, sizeof *plan->output);
    plan->buffers = calloc((size_t)plan->buffer_count, sizeof *plan->buffers);
    if (plan->tasks && plan->input_gradients && plan->blocks && plan->first_writer && plan->grad_wanted &&
        plan->runner && plan->output && plan->buffers)
        return CC_OK;
    return cc_fail_memory("plan", nodes * sizeof *plan->tasks);
}

/* What the planner tells a kernel: the first part of cc_task. */
static void fill_task(cc_plan *plan, int i) {
    const cc_node *node = cc_graph_node(plan->graph, i);
    cc_task *task = &plan->tasks[i];
    task->op = node->op;
    task->kernel = plan->model->backend->kernel_of(node->op);
    task->name = node->name;
    task->attr = node->attr;
    task->training = plan->options.training;
    task->measured = plan->options.measured;
    task->draw = plan->draw;
    task->dtype = plan->options.dtype;
    task->tf32 = plan->options.tf32;
    task->tuning = plan->options.tuning;
    task->version = &plan->model->version;
    task->input_count = node->input_count;
    task->parameter_count = node->parameter_count;
    task->output_shape = &node->shape;
    for (int k = 0; k < node->input_count; k++) {
        const cc_value v = node->inputs[k];
        task->input_shapes[k] = v == CC_GRAPH_INPUT ? cc_graph_input_shape(plan->graph)
                                                    : &cc_graph_node(plan->graph, v - 1)->shape;
        task->input_blocks[k] = plan->blocks[v];
        task->input_grad_wanted[k] = plan->input_gradients[i][k].wanted;
    }
    for (int k = 0; k < node->parameter_count; k++)
        task->parameters[k] = &plan->model->slots[node->first_parameter + k];
}

/* The one node that reads node i's output, and nothing else; -1 where there is none, or where that is an
 * output of the net too. */
static int find_follower(const cc_plan *plan, int i) {
    int follower = -1;
    if (cc_graph_is_output(plan->graph, i + 1)) return -1;
    for (int j = i + 1; j < plan->count; j++) {
        const cc_node *node = cc_graph_node(plan->graph, j);
        for (int k = 0; k < node->input_count; k++) {
            if (node->inputs[k] != i + 1) continue;
            if (follower >= 0 || node->input_count > 1) return -1;
            follower = j;
        }
    }
    return follower;
}

/* Lets an inference plan's kernel do the work of the node behind it too, where it can: a convolution that
 * scales its weights by the batch norm behind it, say. In training each node needs its own output. */
static void fuse(cc_plan *plan, int i) {
    cc_task *task = &plan->tasks[i];
    int j = plan->options.training || !task->kernel->fuses ? -1 : find_follower(plan, i);
    if (j < 0) return;
    const cc_node *next = cc_graph_node(plan->graph, j);
    if (!task->kernel->fuses(task, next->op, next->attr)) return;
    plan->runner[j] = i;
    plan->output[i] = j + 1;
    task->fused_op = next->op;
    task->fused_attr = next->attr;
    for (int k = 0; k < next->parameter_count; k++)
        task->fused_parameters[k] = &plan->model->slots[next->first_parameter + k];
}

/* Asks each node's kernel for its algorithms, layout and memory; `recorded`: the algorithms to take, or
 * NULL. */
static cc_status plan_kernels(cc_plan *plan, const cc_recorded *recorded) {
    plan->blocks[CC_GRAPH_INPUT] =
        plan->model->backend->channels_last ? cc_graph_input_shape(plan->graph)->dims[1] : 1;
    for (int i = 0; i < plan->count; i++) {
        plan->runner[i] = i;
        plan->output[i] = i + 1;
    }
    for (int i = 0; i < plan->count; i++) {
        if (plan->runner[i] != i) continue;
        fill_task(plan, i);
        cc_task *task = &plan->tasks[i];
        if (recorded) cc_recorded_apply(task, recorded);
        if (!task->kernel)
            return cc_fail(CC_EUNSUPPORTED, task->name, "use --device cpu", "the backend %s has no op \"%s\"",
                           plan->model->backend->name, task->op->name);
        fuse(plan, i);
        cc_status status = task->kernel->plan(task);
        if (status != CC_OK) return cc_fail_within(status, task->name);
        plan->blocks[plan->output[i]] = task->output_block;
    }
    return CC_OK;
}

/* With the recorded choices, which are of no use once kernels are planned; then the choices as text. */
static cc_status plan_as_recorded(cc_plan *plan) {
    cc_recorded *recorded = NULL;
    if (plan->options.recorded) CC_TRY(cc_recorded_parse(&recorded, plan->options.recorded));
    cc_status status = plan_kernels(plan, recorded);
    for (int i = 0; i < plan->count; i++) memset(plan->tasks[i].recorded, 0, sizeof plan->tasks[i].recorded);
    plan->options.recorded = NULL;
    cc_recorded_destroy(recorded);
    return status == CC_OK ? cc_choices_print(&plan->choices, plan->tasks, plan->count) : status;
}

/* Logits leave the plan plain and in float32, one output behind the other: a buffer of their own, unless
 * the only output is so already. */
static bool has_plain_logits(const cc_plan *plan) {
    const cc_value first = cc_graph_output_at(plan->graph, 0)->value;
    return cc_graph_output_count(plan->graph) > 1 || plan->blocks[first] != 1 ||
           plan->options.dtype != CC_F32;
}

/* The plain copies at both ends of the net, see cc_plan. */
static cc_status take_io_memory(cc_plan *plan) {
    const cc_storage *store = plan->model->backend->store;
    size_t logits = cc_plan_memory_logits_bytes(plan);
    if (has_plain_logits(plan)) CC_TRY(store->get((void **)&plan->plain_logits, logits, "logits"));
    if (!store->device_memory) return CC_OK;
    CC_TRY(
        store->get((void **)&plan->plain_input, cc_plan_memory_plain_bytes(plan, CC_GRAPH_INPUT), "images"));
    if (plan->options.training)
        CC_TRY(store->get((void **)&plan->plain_gradient, logits, "gradient of the logits"));
    return store->get_host((void **)&plan->host_logits, logits, "logits");
}

/* Parameters, activations and io, and the second part of cc_task: pointers. */
static cc_status take_memory(cc_plan *plan) {
    CC_TRY(cc_model_place(plan->model, plan->options.training, plan->options.dtype));
    CC_TRY(plan->model->backend->store->get((void **)&plan->memory, plan->bytes, "activations"));
    CC_TRY(take_io_memory(plan));
    for (int i = 0; i < plan->count; i++) {
        const cc_node *node = cc_graph_node(plan->graph, i);
        cc_task *task = &plan->tasks[i];
        if (plan->runner[i] != i) continue;
        for (int k = 0; k < node->input_count; k++) {
            const cc_input_gradient *g = &plan->input_gradients[i][k];
            const bool separate = g->separate_buffer >= 0;
            task->x[k] = cc_plan_memory_value(plan, node->inputs[k]);
            if (g->wanted)
                task->dx[k] = separate ? cc_plan_memory_at(plan, g->separate_buffer)
                                       : cc_plan_memory_gradient(plan, node->inputs[k]);
            task->accumulate[k] = g->wanted && !g->first && !separate;
        }
        task->y = cc_plan_memory_value(plan, plan->output[i]);
        task->dy = cc_plan_memory_gradient(plan, i + 1);
        task->saved = cc_plan_memory_saved(plan, i);
        task->held = cc_plan_memory_held(plan, i);
        task->scratch = cc_plan_memory_scratch(plan);
        if (task->kernel->bind) CC_TRY(task->kernel->bind(task));
    }
    return CC_OK;
}

/* Before anything is built: a precision that the hardware lacks is no question of memory. */
static cc_status check_precision(const cc_backend *backend, const cc_plan_options *options) {
    bool has = options->tf32 ? backend->has_tf32 && backend->has_tf32() : backend->has(options->dtype);
    if (has) return CC_OK;
    return cc_fail(CC_EUNSUPPORTED, "precision", "use f32", "%s (%s) does not compute in %s", backend->name,
                   backend->describe(), cc_precision_name(options->dtype, options->tf32));
}

cc_status cc_plan_build(cc_plan **out, cc_model *model, const cc_plan_options *options) {
    cc_status status = CC_OK;
    CC_TRY(check_precision(model->backend, options));
    cc_plan *plan = calloc(1, sizeof *plan);
    if (!plan) return cc_fail_memory("plan", sizeof *plan);
    plan->model = model;
    plan->options = *options;
    plan->step_draw.seed = options->seed;
    /* Outputs that only training looks at come last in the model's net: without them the parameters that are
     * left have the same numbers. */
    cc_net_spec net = model->spec;
    if (!options->training) net.deep_supervision = 0;
    CC_CHECK(cc_net_build(&plan->graph, &net, options->n, options->depth, options->height, options->width));
    plan->count = cc_graph_node_count(plan->graph);
    CC_CHECK(allocate(plan));
    if (!options->measured) { /* kernels are planned with the place of what a step draws */
        CC_CHECK(model->backend->store->get((void **)&plan->draw, sizeof *plan->draw, "plan"));
        CC_CHECK(model->backend->store->put(plan->draw, &plan->step_draw, sizeof plan->step_draw));
    }
    cc_plan_memory_find_gradients(plan);
    CC_CHECK(plan_as_recorded(plan));
    CC_CHECK(cc_plan_memory_place(plan));
    if (!options->measured) CC_CHECK(take_memory(plan));
    *out = plan;
    plan = NULL;
done:
    cc_plan_destroy(plan);
    return status;
}

/* Also of a plan whose building failed half way: what is not there yet is NULL. */
void cc_plan_destroy(cc_plan *plan) {
    if (!plan) return;
    const cc_backend *backend = plan->model->backend;
    backend->forget(plan->sequence);
    for (int i = 0; plan->tasks && i < plan->count; i++) {
        cc_task *task = &plan->tasks[i];
        if (task->state && task->kernel->release) task->kernel->release(task);
    }
    free(plan->tasks);
    free(plan->input_gradients);
    free(plan->blocks);
    free(plan->first_writer);
    free(plan->grad_wanted);
    free(plan->runner);
    free(plan->output);
    free(plan->buffers);
    free(plan->times);
    free(plan->choices);
    backend->store->free(plan->memory);
    backend->store->free(plan->plain_logits);
    backend->store->free(plan->plain_input);
    backend->store->free(plan->plain_gradient);
    backend->store->free(plan->draw);
    backend->store->free_host(plan->host_logits);
    cc_graph_destroy(plan->graph);
    free(plan);
}

const cc_graph *cc_plan_graph(const cc_plan *plan) {
    return plan->graph;
}

cc_loss_heads cc_plan_heads(const cc_plan *plan) {
    cc_loss_heads heads = {.count = cc_graph_output_count(plan->graph)};
    for (int i = 0; i < heads.count; i++) {
        const cc_graph_output *output = cc_graph_output_at(plan->graph, i);
        const cc_shape shape = cc_graph_shape(plan->graph, output->value);
        heads.items[i] = (cc_loss_head){.name = output->name,
                                        .shape = {shape.dims[0], shape.dims[1], cc_shape_pixels(&shape)},
                                        .auxiliary = output->auxiliary};
        cc_shape_spatial(heads.items[i].size, &shape);
    }
    return heads;
}

const char *cc_plan_choices(const cc_plan *plan) {
    return plan->choices;
}

cc_choice cc_plan_choice(const cc_plan *plan, int node, cc_pass pass) {
    return plan->tasks[node].choices[pass];
}

size_t cc_plan_bytes(const cc_plan *plan) {
    return plan->bytes + cc_plan_io_bytes(plan);
}

size_t cc_plan_scratch_bytes(const cc_plan *plan) {
    return cc_plan_memory_scratch_bytes(plan);
}

/* What take_io_memory takes of the backend's memory. */
size_t cc_plan_io_bytes(const cc_plan *plan) {
    size_t logits = cc_plan_memory_logits_bytes(plan), bytes = has_plain_logits(plan) ? logits : 0;
    if (!plan->model->backend->store->device_memory) return bytes;
    return bytes + cc_plan_memory_plain_bytes(plan, CC_GRAPH_INPUT) + (plan->options.training ? logits : 0);
}
