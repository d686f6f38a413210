/* A plan: the graph at one size, laid out by the backend's kernels, its buffers placed by their lifetimes.
 *
 * Time, in steps: node i of n runs forward at step i, the loss at step n, node i backward at step 2n - i. */
#include "nets/engine/plan.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include "core/clock.h"
#include "nets/engine/memory.h"
#include "nets/engine/needs.h"
#include "nets/engine/placement.h"
#include "nets/engine/plan_choices.h"

/* The gradient that one node owes to one of its inputs. */
typedef struct debt {
    bool wanted, first; /* first: nobody has written this value's gradient before */
    int aside;          /* buffer to compute it in before it is added, or -1 */
} debt;

struct cc_plan {
    cc_model *model;
    cc_graph *graph;
    cc_plan_options options;
    int count; /* nodes; values are count + 1 */
    cc_task *tasks;
    debt (*debts)[CC_OP_INPUTS_MAX];
    int64_t *blocks;   /* a value's channel block */
    int *first_writer; /* the node whose backward writes the value's gradient first; -1: none */
    bool *grad_wanted; /* a value has trained parameters before it */
    int *runner;       /* the node whose kernel does a node's work: itself, or the one before it */
    cc_buffer *buffers;
    int buffer_count;
    unsigned char *memory;
    size_t bytes;
    void *input, *logits_gradient;
    float *plain_logits;
    float *plain_input; /* the backend's, of what the host brings; NULL where its memory is the host's */
    float *plain_gradient;
    float *host_logits; /* what the host gets; NULL likewise */
    const float *begun_input;
    cc_draw step_draw;
    cc_draw *draw;         /* that, in the backend's memory */
    cc_sequence *sequence; /* of an inference plan */
    bool derived;          /* kernels hold what follows from the parameters ... */
    uint64_t derived_from; /* ... of this version */
    cc_node_time *times;   /* NULL until somebody asks */
    char *choices;
};

/* Buffers, by number: values, gradients of values, saved and held of nodes, then scratch and what is computed
 * aside. */
static int value_buffer(const cc_plan *plan, cc_value value) {
    (void)plan;
    return value;
}
static int grad_buffer(const cc_plan *plan, cc_value value) {
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
static int aside_buffer(const cc_plan *plan, int node, int input) {
    return scratch_buffer(plan) + 1 + node * CC_OP_INPUTS_MAX + input;
}

static void *at(const cc_plan *plan, int buffer) {
    return plan->buffers[buffer].bytes ? plan->memory + plan->buffers[buffer].offset : NULL;
}

static cc_shape value_shape(const cc_plan *plan, cc_value value) {
    return cc_graph_shape(plan->graph, value);
}

static size_t value_count(const cc_plan *plan, cc_value value) {
    cc_shape shape = value_shape(plan, value);
    return (size_t)cc_blocked_count(&shape, plan->blocks[value]);
}
static size_t value_bytes(const cc_plan *plan, cc_value value) {
    return value_count(plan, value) * cc_dtype_bytes(plan->options.dtype);
}

static bool has_trained_parameter(const cc_plan *plan, const cc_node *node) {
    for (int i = 0; i < node->parameter_count; i++)
        if (cc_graph_parameter(plan->graph, node->first_parameter + i)->trained) return true;
    return false;
}

/* Which values want gradients, who writes each one first, and who adds to it. */
static void find_debts(cc_plan *plan) {
    for (int i = 0; i < plan->count; i++) {
        const cc_node *node = cc_graph_node(plan->graph, i);
        bool wanted = has_trained_parameter(plan, node);
        for (int k = 0; k < node->input_count; k++) wanted |= plan->grad_wanted[node->inputs[k]];
        plan->grad_wanted[i + 1] = wanted && plan->options.training;
    }
    for (int v = 0; v <= plan->count; v++) plan->first_writer[v] = -1;
    for (int i = plan->count - 1; i >= 0; i--) {
        const cc_node *node = cc_graph_node(plan->graph, i);
        for (int k = 0; k < node->input_count; k++) {
            debt *d = &plan->debts[i][k];
            cc_value v = node->inputs[k];
            *d = (debt){.wanted = plan->grad_wanted[v] && plan->grad_wanted[i + 1], .aside = -1};
            if (!d->wanted) continue;
            d->first = plan->first_writer[v] < 0;
            if (d->first) plan->first_writer[v] = i;
        }
    }
}

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
        const cc_node *source =
            node->inputs[k] == CC_GRAPH_INPUT ? NULL : cc_graph_node(plan->graph, node->inputs[k] - 1);
        task->input_shapes[k] = source ? &source->shape : cc_graph_input_shape(plan->graph);
        task->input_blocks[k] = plan->blocks[node->inputs[k]];
        task->input_grad_wanted[k] = plan->debts[i][k].wanted;
    }
    for (int k = 0; k < node->parameter_count; k++)
        task->parameters[k] = &plan->model->slots[node->first_parameter + k];
}

/* The one node that reads node i's output, and nothing else; -1 where there is none. */
static int find_follower(const cc_plan *plan, int i) {
    int follower = -1;
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

/* Lets an inference plan's kernel do the next node's work too, where it can. */
static void fuse(cc_plan *plan, int i) {
    cc_task *task = &plan->tasks[i];
    int j = plan->options.training || !task->kernel->fuses ? -1 : find_follower(plan, i);
    if (j < 0) return;
    const cc_node *next = cc_graph_node(plan->graph, j);
    if (!task->kernel->fuses(task, next->op, next->attr)) return;
    plan->runner[j] = i;
    task->fused_op = next->op;
    task->fused_attr = next->attr;
    for (int k = 0; k < next->parameter_count; k++)
        task->fused_parameters[k] = &plan->model->slots[next->first_parameter + k];
}

/* The value that node i's kernel writes. */
static cc_value output_of(const cc_plan *plan, int i) {
    for (int j = i + 1; plan->tasks[i].fused_op && j < plan->count; j++)
        if (plan->runner[j] == i) return j + 1;
    return i + 1;
}

static cc_status plan_kernels(cc_plan *plan, const cc_recorded *recorded) {
    plan->blocks[CC_GRAPH_INPUT] =
        plan->model->backend->channels_last ? value_shape(plan, CC_GRAPH_INPUT).dims[1] : 1;
    for (int i = 0; i < plan->count; i++) plan->runner[i] = i;
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
        plan->blocks[output_of(plan, i)] = task->output_block;
    }
    return CC_OK;
}

/* The recorded text is of no use once kernels are planned. */
static cc_status plan_as_recorded(cc_plan *plan) {
    cc_recorded *recorded = NULL;
    if (plan->options.recorded) CC_TRY(cc_recorded_parse(&recorded, plan->options.recorded));
    cc_status status = plan_kernels(plan, recorded);
    for (int i = 0; i < plan->count; i++) memset(plan->tasks[i].recorded, 0, sizeof plan->tasks[i].recorded);
    plan->options.recorded = NULL;
    cc_recorded_destroy(recorded);
    return status == CC_OK ? cc_choices_print(&plan->choices, plan->tasks, plan->count) : status;
}

static void live(cc_plan *plan, int buffer, size_t bytes, int first, int last) {
    plan->buffers[buffer] = (cc_buffer){.bytes = bytes, .first = first, .last = last};
}

static void extend(cc_plan *plan, int buffer, int last) {
    if (plan->buffers[buffer].last < last) plan->buffers[buffer].last = last;
}

/* What node i keeps alive: its inputs until it has run, and until its backward pass has where that reads
 * them. */
static void extend_by_node(cc_plan *plan, int i) {
    const cc_node *node = cc_graph_node(plan->graph, i);
    const cc_task *task = &plan->tasks[i];
    int backward = 2 * plan->count - i;
    bool trains = plan->grad_wanted[i + 1];
    unsigned (*backward_reads)(const void *) =
        task->kernel->backward_reads ? task->kernel->backward_reads : node->op->backward_reads;
    unsigned reads = trains ? backward_reads(node->attr) : 0;
    for (int k = 0; k < node->input_count; k++) {
        extend(plan, value_buffer(plan, node->inputs[k]), reads & CC_READS_INPUT ? backward : i);
        debt *d = &plan->debts[i][k];
        if (!d->wanted || d->first || task->kernel->accumulates) continue;
        d->aside = aside_buffer(plan, i, k);
        live(plan, d->aside, value_bytes(plan, node->inputs[k]), backward, backward);
    }
    if (reads & CC_READS_OUTPUT) extend(plan, value_buffer(plan, i + 1), backward);
    if (task->saved_bytes) live(plan, saved_buffer(plan, i), task->saved_bytes, i, trains ? backward : i);
}

static void find_lifetimes(cc_plan *plan) {
    int n = plan->count;
    size_t scratch = 0;
    for (int v = 0; v <= n; v++) {
        int maker = v == CC_GRAPH_INPUT ? 0 : plan->runner[v - 1];
        bool made = v == CC_GRAPH_INPUT || output_of(plan, maker) == v;
        live(plan, value_buffer(plan, v), made ? value_bytes(plan, v) : 0, maker, maker);
        int first = v == n ? n : 2 * n - plan->first_writer[v];
        if (plan->grad_wanted[v])
            live(plan, grad_buffer(plan, v), value_bytes(plan, v), first, 2 * n - (v - 1));
    }
    for (int i = 0; i < n; i++) {
        if (plan->runner[i] != i) continue;
        extend_by_node(plan, i);
        live(plan, held_buffer(plan, i), plan->tasks[i].held_bytes, 0, 2 * n + 1);
        if (plan->tasks[i].scratch_bytes > scratch) scratch = plan->tasks[i].scratch_bytes;
    }
    extend(plan, value_buffer(plan, n), 2 * n + 1);
    live(plan, scratch_buffer(plan), scratch, 0, 2 * n + 1);
}

static cc_status bind_tasks(cc_plan *plan) {
    for (int i = 0; i < plan->count; i++) {
        const cc_node *node = cc_graph_node(plan->graph, i);
        cc_task *task = &plan->tasks[i];
        if (plan->runner[i] != i) continue;
        for (int k = 0; k < node->input_count; k++) {
            const debt *d = &plan->debts[i][k];
            task->x[k] = at(plan, value_buffer(plan, node->inputs[k]));
            if (d->wanted)
                task->dx[k] = at(plan, d->aside >= 0 ? d->aside : grad_buffer(plan, node->inputs[k]));
            task->accumulate[k] = d->wanted && !d->first && d->aside < 0;
        }
        task->y = at(plan, value_buffer(plan, output_of(plan, i)));
        task->dy = at(plan, grad_buffer(plan, i + 1));
        task->saved = at(plan, saved_buffer(plan, i));
        task->held = at(plan, held_buffer(plan, i));
        task->scratch = at(plan, scratch_buffer(plan));
        if (task->kernel->bind) CC_TRY(task->kernel->bind(task));
    }
    plan->input = at(plan, value_buffer(plan, CC_GRAPH_INPUT));
    plan->logits_gradient = at(plan, grad_buffer(plan, plan->count));
    return CC_OK;
}

static cc_status allocate(cc_plan *plan) {
    size_t nodes = (size_t)plan->count, values = nodes + 1;
    plan->buffer_count = aside_buffer(plan, plan->count, 0);
    plan->tasks = calloc(nodes, sizeof *plan->tasks);
    plan->debts = calloc(nodes, sizeof *plan->debts);
    plan->blocks = calloc(values, sizeof *plan->blocks);
    plan->first_writer = calloc(values, sizeof *plan->first_writer);
    plan->grad_wanted = calloc(values, sizeof *plan->grad_wanted);
    plan->runner = calloc(nodes, sizeof *plan->runner);
    plan->buffers = calloc((size_t)plan->buffer_count, sizeof *plan->buffers);
    if (plan->tasks && plan->debts && plan->blocks && plan->first_writer && plan->grad_wanted &&
        plan->runner && plan->buffers)
        return CC_OK;
    return cc_fail_memory("plan", nodes * sizeof *plan->tasks);
}

/* Logits leave the plan plain and in float32: a buffer of their own, unless the last value is so already. */
static bool has_plain_logits(const cc_plan *plan) {
    return plan->blocks[plan->count] != 1 || plan->options.dtype != CC_F32;
}

static size_t plain_bytes(const cc_plan *plan, cc_value value) {
    cc_shape shape = value_shape(plan, value);
    return (size_t)cc_shape_count(&shape) * sizeof(float);
}

static size_t bytes_outside(const cc_plan *plan) {
    size_t logits = plain_bytes(plan, plan->count), bytes = has_plain_logits(plan) ? logits : 0;
    if (!plan->model->backend->store->device_memory) return bytes;
    return bytes + plain_bytes(plan, CC_GRAPH_INPUT) + (plan->options.training ? logits : 0);
}

/* What passes between the host and a backend whose memory is not the host's. */
static cc_status place_ends(cc_plan *plan) {
    const cc_storage *store = plan->model->backend->store;
    size_t logits = plain_bytes(plan, plan->count);
    if (has_plain_logits(plan)) CC_TRY(store->get((void **)&plan->plain_logits, logits, "logits"));
    if (!store->device_memory) return CC_OK;
    CC_TRY(store->get((void **)&plan->plain_input, plain_bytes(plan, CC_GRAPH_INPUT), "images"));
    if (plan->options.training)
        CC_TRY(store->get((void **)&plan->plain_gradient, logits, "gradient of the logits"));
    return store->get_host((void **)&plan->host_logits, logits, "logits");
}

/* Kernels are planned with the place of what a step draws. */
static cc_status place_draw(cc_plan *plan) {
    if (plan->options.measured) return CC_OK;
    CC_TRY(plan->model->backend->store->get((void **)&plan->draw, sizeof *plan->draw, "plan"));
    return cc_plan_set_step(plan, 0);
}

static cc_status take_memory(cc_plan *plan) {
    if (plan->options.measured) return CC_OK;
    CC_TRY(cc_model_place(plan->model, plan->options.training, plan->options.dtype));
    CC_TRY(plan->model->backend->store->get((void **)&plan->memory, plan->bytes, "activations"));
    CC_TRY(place_ends(plan));
    return bind_tasks(plan);
}

static cc_status check_precision(const cc_backend *backend, const cc_plan_options *options) {
    bool has = options->tf32 ? backend->has_tf32 && backend->has_tf32() : backend->has(options->dtype);
    if (has) return CC_OK;
    return cc_fail(CC_EUNSUPPORTED, "precision", "use f32", "%s (%s) does not compute in %s", backend->name,
                   backend->describe(), cc_precision_name(options->dtype, options->tf32));
}

static cc_status explain_memory(const cc_model *model, const cc_plan_options *o) {
    const cc_use use = {.trains = o->training,
                        .infers = !o->training,
                        .n = o->n,
                        .height = o->height,
                        .width = o->width,
                        .dtype = o->dtype,
                        .tf32 = o->tf32};
    return cc_needs_explain(&model->spec, model->backend, &use, cc_model_held(model));
}

cc_status cc_plan_create(cc_plan **out, cc_model *model, const cc_plan_options *options) {
    cc_status status = CC_OK;
    CC_TRY(check_precision(model->backend, options));
    cc_plan *plan = calloc(1, sizeof *plan);
    if (!plan) return cc_fail_memory("plan", sizeof *plan);
    plan->model = model;
    plan->options = *options;
    plan->step_draw.seed = options->seed;
    CC_CHECK(cc_net_build(&plan->graph, &model->spec, options->n, options->height, options->width));
    plan->count = cc_graph_node_count(plan->graph);
    CC_CHECK(allocate(plan));
    CC_CHECK(place_draw(plan));
    find_debts(plan);
    CC_CHECK(plan_as_recorded(plan));
    find_lifetimes(plan);
    CC_CHECK(cc_place(plan->buffers, plan->buffer_count, &plan->bytes));
    CC_CHECK(take_memory(plan));
    *out = plan;
    plan = NULL;
done:
    cc_plan_destroy(plan);
    return status == CC_ENOMEM && !options->measured ? explain_memory(model, options) : status;
}

void cc_plan_destroy(cc_plan *plan) {
    if (!plan) return;
    const cc_backend *backend = plan->model->backend;
    backend->forget(plan->sequence);
    for (int i = 0; plan->tasks && i < plan->count; i++) {
        cc_task *task = &plan->tasks[i];
        if (task->state && task->kernel->release) task->kernel->release(task);
    }
    free(plan->tasks);
    free(plan->debts);
    free(plan->blocks);
    free(plan->first_writer);
    free(plan->grad_wanted);
    free(plan->runner);
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

const char *cc_plan_choices(const cc_plan *plan) {
    return plan->choices;
}

cc_choice cc_plan_choice(const cc_plan *plan, int node, cc_pass pass) {
    return plan->tasks[node].choices[pass];
}

size_t cc_plan_bytes(const cc_plan *plan) {
    return plan->bytes + bytes_outside(plan);
}
size_t cc_plan_scratch_bytes(const cc_plan *plan) {
    return plan->buffers[scratch_buffer(plan)].bytes;
}
size_t cc_plan_ends_bytes(const cc_plan *plan) {
    return bytes_outside(plan);
}

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

/* The seconds since the last call go to *sum; 0 is the first call's. */
static cc_status note_time(double *sum, double *since, const cc_plan *plan) {
    if (!plan->times) return CC_OK;
    CC_TRY(plan->model->backend->store->wait());
    double now = cc_clock_s();
    if (*since > 0) *sum += now - *since;
    *since = now;
    return CC_OK;
}

static cc_status forward_node(cc_plan *plan, int i) {
    cc_task *task = &plan->tasks[i];
    double since = 0, *sum = plan->times ? &plan->times[i].forward_s : NULL;
    CC_TRY(note_time(sum, &since, plan));
    cc_status status = task->kernel->forward(task);
    if (status != CC_OK) return cc_fail_within(status, task->name);
    return note_time(sum, &since, plan);
}

static cc_status derive(cc_plan *plan) {
    if (plan->derived && plan->derived_from == plan->model->version) return CC_OK;
    for (int i = 0; i < plan->count; i++) {
        const cc_kernel *kernel = plan->runner[i] == i ? plan->tasks[i].kernel : NULL;
        if (kernel && kernel->derive) CC_TRY(kernel->derive(&plan->tasks[i]));
    }
    plan->derived = true;
    plan->derived_from = plan->model->version;
    return CC_OK;
}

cc_status cc_plan_start_forward(cc_plan *plan, const float *input, const float **logits) {
    const cc_backend *backend = plan->model->backend;
    cc_shape in = value_shape(plan, CC_GRAPH_INPUT), out = value_shape(plan, plan->count);
    backend->enter();
    if (plan->options.training)
        cc_model_changed(plan->model); /* its running statistics */
    else
        CC_TRY(derive(plan));
    backend->to_blocked(plan->input, input, &in, plan->blocks[CC_GRAPH_INPUT], plan->options.dtype);
    for (int i = 0; i < plan->count; i++)
        if (plan->runner[i] == i) CC_TRY(forward_node(plan, i));
    const void *last = at(plan, value_buffer(plan, plan->count));
    *logits = plan->plain_logits ? plan->plain_logits : last;
    if (!plan->plain_logits) return CC_OK;
    backend->from_blocked(plan->plain_logits, last, &out, plan->blocks[plan->count], plan->options.dtype);
    return CC_OK;
}

static cc_status infer(void *context) {
    cc_plan *plan = context;
    const float *logits;
    return cc_plan_start_forward(plan, plan->plain_input, &logits);
}

/* The recording of an inference leaves what follows from the parameters to whoever runs it: they seldom
 * change. */
cc_status cc_plan_begin(cc_plan *plan, const float *input) {
    const cc_backend *backend = plan->model->backend;
    plan->begun_input = input;
    if (!backend->store->device_memory) return CC_OK;
    CC_TRY(backend->store->feed(plan->plain_input, input, plain_bytes(plan, CC_GRAPH_INPUT)));
    CC_TRY(cc_model_halve(plan->model));
    if (!plan->options.training) CC_TRY(derive(plan));
    return plan->options.training || plan->times ? infer(plan) : backend->run(&plan->sequence, infer, plan);
}

cc_status cc_plan_end(cc_plan *plan, const float **logits) {
    const cc_storage *store = plan->model->backend->store;
    if (!store->device_memory) return cc_plan_start_forward(plan, plan->begun_input, logits);
    *logits = plan->host_logits;
    return store->fetch(plan->host_logits,
                        plan->plain_logits ? plan->plain_logits : at(plan, value_buffer(plan, plan->count)),
                        plain_bytes(plan, plan->count));
}

cc_status cc_plan_forward(cc_plan *plan, const float *input, const float **logits) {
    CC_TRY(cc_plan_begin(plan, input));
    return cc_plan_end(plan, logits);
}

static cc_status backward_node(cc_plan *plan, int i) {
    const cc_node *node = cc_graph_node(plan->graph, i);
    cc_task *task = &plan->tasks[i];
    double since = 0, *sum = plan->times ? &plan->times[i].backward_s : NULL;
    CC_TRY(note_time(sum, &since, plan));
    cc_status status = task->kernel->backward(task);
    if (status != CC_OK) return cc_fail_within(status, task->name);
    for (int k = 0; k < node->input_count; k++)
        if (plan->debts[i][k].aside >= 0)
            plan->model->backend->add(at(plan, grad_buffer(plan, node->inputs[k])), task->dx[k],
                                      value_count(plan, node->inputs[k]), plan->options.dtype);
    return note_time(sum, &since, plan);
}

cc_status cc_plan_start_backward(cc_plan *plan, const float *logits_gradient) {
    assert(plan->options.training);
    const cc_backend *backend = plan->model->backend;
    cc_shape out = value_shape(plan, plan->count);
    backend->enter();
    backend->to_blocked(plan->logits_gradient, logits_gradient, &out, plan->blocks[plan->count],
                        plan->options.dtype);
    for (int i = plan->count - 1; i >= 0; i--)
        if (plan->grad_wanted[i + 1]) CC_TRY(backward_node(plan, i));
    return CC_OK;
}

cc_status cc_plan_backward(cc_plan *plan, const float *logits_gradient) {
    const cc_storage *store = plan->model->backend->store;
    if (!store->device_memory) return cc_plan_start_backward(plan, logits_gradient);
    CC_TRY(store->put(plan->plain_gradient, logits_gradient, plain_bytes(plan, plan->count)));
    CC_TRY(cc_plan_start_backward(plan, plan->plain_gradient));
    return store->wait();
}

/* A plain copy in the backend's memory on the way. */
cc_status cc_plan_get_value(float *values, const cc_plan *plan, cc_value value) {
    const cc_backend *backend = plan->model->backend;
    cc_shape shape = value_shape(plan, value);
    float *plain;
    CC_TRY(backend->store->get((void **)&plain, plain_bytes(plan, value), "a value"));
    backend->from_blocked(plain, at(plan, value_buffer(plan, value)), &shape, plan->blocks[value],
                          plan->options.dtype);
    cc_status status = backend->store->fetch(values, plain, plain_bytes(plan, value));
    backend->store->free(plain);
    return status;
}

cc_status cc_plan_set_value(cc_plan *plan, cc_value value, const float *values) {
    const cc_backend *backend = plan->model->backend;
    cc_shape shape = value_shape(plan, value);
    float *plain;
    CC_TRY(backend->store->get((void **)&plain, plain_bytes(plan, value), "a value"));
    cc_status status = backend->store->put(plain, values, plain_bytes(plan, value));
    backend->to_blocked(at(plan, value_buffer(plan, value)), plain, &shape, plan->blocks[value],
                        plan->options.dtype);
    if (status == CC_OK) status = backend->store->wait();
    backend->store->free(plain);
    return status;
}
