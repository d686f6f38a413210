/* nets/engine/plan_run.c -- the passes of a plan: kernels in the graph's order, and in the reverse of it.
 *
 * Both ends of the net are plain float32, N,C,pixels; inside, activations lie as kernels chose. A backend
 * whose memory is the host's reads the caller's input in place; another gets a copy, computes while the host
 * does something else, and records an inference pass to repeat it (cc_backend.run). */
#include "nets/engine/plan_run.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "core/clock.h"
#include "nets/engine/model_memory.h"
#include "nets/engine/model_parts.h"
#include "nets/engine/plan_memory.h"
#include "nets/engine/plan_parts.h"

cc_status cc_plan_set_step(cc_plan *plan, int64_t step) {
    plan->step_draw.step = step;
    return plan->model->backend->store->put(plan->draw, &plan->step_draw, sizeof plan->step_draw);
}

bool cc_plan_is_timed(const cc_plan *plan) {
    return plan->times != NULL;
}

cc_status cc_plan_time(const cc_node_time **out, cc_plan *plan) {
    size_t count = (size_t)plan->count;
    if (!plan->times) plan->times = calloc(count, sizeof *plan->times);
    if (!plan->times) return cc_fail_memory("times", count * sizeof *plan->times);
    memset(plan->times, 0, count * sizeof *plan->times);
    *out = plan->times;
    return CC_OK;
}

/* The seconds since the last call go to *sum; *since is 0 at the first call. Waits for the backend. */
static cc_status note_time(double *sum, double *since, const cc_plan *plan) {
    if (!plan->times) return CC_OK;
    CC_TRY(plan->model->backend->store->wait());
    double now = cc_clock_s();
    if (*since > 0) *sum += now - *since;
    *since = now;
    return CC_OK;
}

/* Lets kernels derive from the parameters what they hold (transformed or folded weights), where the
 * parameters may have changed since they did. */
static cc_status derive(cc_plan *plan) {
    if (plan->derived && plan->derived_version == plan->model->version) return CC_OK;
    for (int i = 0; i < plan->count; i++) {
        const cc_kernel *kernel = plan->runner[i] == i ? plan->tasks[i].kernel : NULL;
        if (kernel && kernel->derive) CC_TRY(kernel->derive(&plan->tasks[i]));
    }
    plan->derived = true;
    plan->derived_version = plan->model->version;
    return CC_OK;
}

/* Where the logits lie in the backend's memory, plain. */
static const float *stored_logits(const cc_plan *plan) {
    if (plan->plain_logits) return plan->plain_logits;
    return cc_plan_memory_value(plan, cc_graph_output_at(plan->graph, 0)->value);
}

cc_status cc_plan_start_forward(cc_plan *plan, const float *input, const float **logits) {
    const cc_backend *backend = plan->model->backend;
    const cc_shape in = cc_graph_shape(plan->graph, CC_GRAPH_INPUT);
    backend->enter();
    if (plan->options.training)
        cc_model_changed(plan->model); /* its running statistics */
    else
        CC_TRY(derive(plan));
    backend->to_blocked(cc_plan_memory_value(plan, CC_GRAPH_INPUT), input, &in, plan->blocks[CC_GRAPH_INPUT],
                        plan->options.dtype);
    for (int i = 0; i < plan->count; i++) {
        if (plan->runner[i] != i) continue; /* done by the node before it */
        cc_task *task = &plan->tasks[i];
        double since = 0, *sum = plan->times ? &plan->times[i].forward_s : NULL;
        CC_TRY(note_time(sum, &since, plan));
        cc_status status = task->kernel->forward(task);
        if (status != CC_OK) return cc_fail_within(status, task->name);
        CC_TRY(note_time(sum, &since, plan));
    }
    float *plain = plan->plain_logits;
    *logits = stored_logits(plan);
    for (int i = 0; plain && i < cc_graph_output_count(plan->graph); i++) {
        const cc_value v = cc_graph_output_at(plan->graph, i)->value;
        const cc_shape out = cc_graph_shape(plan->graph, v);
        backend->from_blocked(plain, cc_plan_memory_value(plan, v), &out, plan->blocks[v],
                              plan->options.dtype);
        plain += cc_shape_count(&out);
    }
    return CC_OK;
}

cc_status cc_plan_start_backward(cc_plan *plan, const float *logits_gradient) {
    assert(plan->options.training);
    const cc_backend *backend = plan->model->backend;
    backend->enter();
    for (int i = 0; i < cc_graph_output_count(plan->graph); i++) {
        const cc_value v = cc_graph_output_at(plan->graph, i)->value;
        const cc_shape out = cc_graph_shape(plan->graph, v);
        if (plan->grad_wanted[v])
            backend->to_blocked(cc_plan_memory_gradient(plan, v), logits_gradient, &out, plan->blocks[v],
                                plan->options.dtype);
        logits_gradient += cc_shape_count(&out);
    }
    for (int i = plan->count - 1; i >= 0; i--) {
        if (!plan->grad_wanted[i + 1]) continue; /* no trained parameter in it or before it */
        const cc_node *node = cc_graph_node(plan->graph, i);
        cc_task *task = &plan->tasks[i];
        double since = 0, *sum = plan->times ? &plan->times[i].backward_s : NULL;
        CC_TRY(note_time(sum, &since, plan));
        cc_status status = task->kernel->backward(task);
        if (status != CC_OK) return cc_fail_within(status, task->name);
        /* A value that several nodes read: what the kernel could not add in place is added here. */
        for (int k = 0; k < node->input_count; k++)
            if (plan->input_gradients[i][k].separate_buffer >= 0)
                backend->add(cc_plan_memory_gradient(plan, node->inputs[k]), task->dx[k],
                             cc_plan_memory_value_count(plan, node->inputs[k]), plan->options.dtype);
        CC_TRY(note_time(sum, &since, plan));
    }
    return CC_OK;
}

/* What cc_backend.run records: an inference from the device's own copy of the images. */
static cc_status infer(void *context) {
    cc_plan *plan = context;
    const float *logits;
    return cc_plan_start_forward(plan, plan->plain_input, &logits);
}

/* A recorded inference does not derive from the parameters again, as these seldom change: that is done here,
 * outside the recording. */
cc_status cc_plan_begin(cc_plan *plan, const float *input) {
    const cc_backend *backend = plan->model->backend;
    plan->begun_input = input;
    if (!backend->store->device_memory) return CC_OK;
    CC_TRY(backend->store->feed(plan->plain_input, input, cc_plan_memory_plain_bytes(plan, CC_GRAPH_INPUT)));
    CC_TRY(cc_model_update_bf16(plan->model));
    if (!plan->options.training) CC_TRY(derive(plan));
    return plan->options.training || plan->times ? infer(plan) : backend->run(&plan->sequence, infer, plan);
}

/* Without memory of its own the backend computes here, from the host's images in place. */
cc_status cc_plan_end(cc_plan *plan, const float **logits) {
    const cc_storage *store = plan->model->backend->store;
    if (!store->device_memory) return cc_plan_start_forward(plan, plan->begun_input, logits);
    *logits = plan->host_logits;
    return store->fetch(plan->host_logits, stored_logits(plan), cc_plan_memory_logits_bytes(plan));
}

cc_status cc_plan_forward(cc_plan *plan, const float *input, const float **logits) {
    CC_TRY(cc_plan_begin(plan, input));
    return cc_plan_end(plan, logits);
}

cc_status cc_plan_backward(cc_plan *plan, const float *logits_gradient) {
    const cc_storage *store = plan->model->backend->store;
    if (!store->device_memory) return cc_plan_start_backward(plan, logits_gradient);
    CC_TRY(store->put(plan->plain_gradient, logits_gradient, cc_plan_memory_logits_bytes(plan)));
    CC_TRY(cc_plan_start_backward(plan, plan->plain_gradient));
    return store->wait();
}

/* By way of a plain copy in the backend's memory. */
cc_status cc_plan_get_value(float *values, const cc_plan *plan, cc_value value) {
    const cc_backend *backend = plan->model->backend;
    cc_shape shape = cc_graph_shape(plan->graph, value);
    float *plain;
    CC_TRY(backend->store->get((void **)&plain, cc_plan_memory_plain_bytes(plan, value), "a value"));
    backend->from_blocked(plain, cc_plan_memory_value(plan, value), &shape, plan->blocks[value],
                          plan->options.dtype);
    cc_status status = backend->store->fetch(values, plain, cc_plan_memory_plain_bytes(plan, value));
    backend->store->free(plain);
    return status;
}

cc_status cc_plan_set_value(cc_plan *plan, cc_value value, const float *values) {
    const cc_backend *backend = plan->model->backend;
    cc_shape shape = cc_graph_shape(plan->graph, value);
    float *plain;
    CC_TRY(backend->store->get((void **)&plain, cc_plan_memory_plain_bytes(plan, value), "a value"));
    cc_status status = backend->store->put(plain, values, cc_plan_memory_plain_bytes(plan, value));
    backend->to_blocked(cc_plan_memory_value(plan, value), plain, &shape, plan->blocks[value],
                        plan->options.dtype);
    if (status == CC_OK) status = backend->store->wait();
    backend->store->free(plain);
    return status;
}

cc_status cc_plan_repeat(cc_plan *plan, int node) {
    assert(plan->options.keeps_values && plan->runner[node] == node);
    cc_task *task = &plan->tasks[node];
    plan->model->backend->enter();
    const cc_status status = task->kernel->forward(task);
    return status == CC_OK ? plan->model->backend->store->wait() : cc_fail_within(status, task->name);
}
