/* experiments/parity/op_run.c -- what a planner does for a whole net (nets/engine/plan_build.c), done for one op: the
 * task is described, the kernel plans, memory is taken, values go in, both passes run, values come back. */
#include "experiments/parity/op_run.h"

#include <string.h>
#include "nets/engine/graph.h"

enum { MEMORY_MAX = 64 };

/* The op's task, and the backend's memory that it works in. */
typedef struct rig {
    cc_op_run *run;
    const cc_backend *backend;
    cc_arena *arena;
    cc_task task;
    cc_parameter parameters[CC_OP_PARAMETERS_MAX];
    cc_parameter_slot slots[CC_OP_PARAMETERS_MAX];
    void *memory[MEMORY_MAX];
    int memory_count;
} rig;

int64_t cc_op_run_parameter_count(const cc_op_run *run, int i) {
    const cc_op_parameter *p = &run->signature.parameters[i];
    int64_t count = 1;
    for (int k = 0; k < p->rank; k++) count *= p->dims[k];
    return count;
}

/* Zeroed memory of the backend, freed with the rig. */
static cc_status take(void **out, rig *r, size_t bytes) {
    *out = NULL;
    if (bytes == 0) return CC_OK;
    CC_TRY(r->backend->store->get(out, bytes, "op"));
    r->memory[r->memory_count++] = *out;
    return CC_OK;
}

/* Plain values, in the layout and precision of an activation with blocks of `block`. */
static cc_status upload(void **out, rig *r, const float *plain, const cc_shape *shape, int64_t block) {
    const size_t bytes = (size_t)cc_shape_count(shape) * sizeof *plain;
    void *staged;
    CC_TRY(take(&staged, r, bytes));
    CC_TRY(r->backend->store->put(staged, plain, bytes));
    CC_TRY(take(out, r, (size_t)cc_blocked_count(shape, block) * cc_dtype_bytes(r->task.dtype)));
    r->backend->to_blocked(*out, staged, shape, block, r->task.dtype);
    return CC_OK;
}

static cc_status download(float **out, rig *r, const void *values, const cc_shape *shape, int64_t block) {
    const size_t count = (size_t)cc_shape_count(shape);
    void *staged;
    CC_TRY(take(&staged, r, count * sizeof **out));
    r->backend->from_blocked(staged, values, shape, block, r->task.dtype);
    *out = cc_arena_get_array(r->arena, count, sizeof **out);
    if (!*out) return CC_ENOMEM;
    return r->backend->store->fetch(*out, staged, count * sizeof **out);
}

/* The first part of cc_task, and what the kernel says of the second. */
static cc_status plan(rig *r, const cc_parity *parity, int64_t block) {
    cc_op_run *run = r->run;
    cc_task *t = &r->task;
    static const cc_draw draw;
    void *drawn;
    CC_TRY(take(&drawn, r, sizeof draw));
    CC_TRY(r->backend->store->put(drawn, &draw, sizeof draw));
    *t = (cc_task){.op = run->op,
                   .kernel = r->backend->kernel_of(run->op),
                   .name = run->op->name,
                   .attr = run->attr,
                   .training = true,
                   .dtype = parity->dtype,
                   .tf32 = parity->tf32,
                   .tuning = parity->tuning,
                   .draw = drawn,
                   .input_count = run->input_count,
                   .parameter_count = run->signature.parameter_count,
                   .output_shape = &run->signature.output};
    if (!t->kernel)
        return cc_fail(CC_EUNSUPPORTED, "parity", NULL, "the backend %s has no op \"%s\"", r->backend->name,
                       run->op->name);
    for (int i = 0; i < run->input_count; i++) {
        t->input_shapes[i] = &run->shapes[i];
        t->input_blocks[i] = r->backend->channels_last ? run->shapes[i].dims[1] : block;
        t->input_grad_wanted[i] = true;
    }
    for (int i = 0; i < t->parameter_count; i++) {
        r->parameters[i] = (cc_parameter){
            .of = run->signature.parameters[i], .count = cc_op_run_parameter_count(run, i), .trained = true};
        r->slots[i].parameter = &r->parameters[i];
        t->parameters[i] = &r->slots[i];
    }
    return t->kernel->plan(t);
}

/* Parameters in their stored form; where the kernel chose none they are plain, and padded. */
static cc_status place_parameters(rig *r) {
    const cc_backend *b = r->backend;
    for (int i = 0; i < r->task.parameter_count; i++) {
        cc_parameter_slot *s = &r->slots[i];
        const size_t count = (size_t)r->parameters[i].count;
        if (!s->bytes) s->bytes = (count + CC_VECTOR_PAD - 1) / CC_VECTOR_PAD * CC_VECTOR_PAD * sizeof(float);
        CC_TRY(take((void **)&s->value, r, s->bytes));
        CC_TRY(take((void **)&s->grad, r, s->bytes));
        CC_TRY(s->pack ? s->pack(s, s->value, r->run->p[i])
                       : b->store->put(s->value, r->run->p[i], count * sizeof(float)));
        if (!b->arithmetic->round_to_bf16) continue;
        CC_TRY(take(&s->bf16_copy, r, s->bytes / 2));
        CC_TRY(b->arithmetic->round_to_bf16(s->bf16_copy, s->value, s->bytes / sizeof(float)));
    }
    return CC_OK;
}

/* Inputs, the output and its gradient, the inputs' gradients, and what the kernel asked for. */
static cc_status place_values(rig *r) {
    cc_task *t = &r->task;
    void *values;
    for (int i = 0; i < t->input_count; i++) {
        const size_t bytes = (size_t)cc_blocked_count(t->input_shapes[i], t->input_blocks[i]);
        CC_TRY(upload(&values, r, r->run->x[i], t->input_shapes[i], t->input_blocks[i]));
        t->x[i] = values;
        CC_TRY(take(&t->dx[i], r, bytes * cc_dtype_bytes(t->dtype)));
    }
    CC_TRY(upload(&values, r, r->run->dy, t->output_shape, t->output_block));
    t->dy = values;
    CC_TRY(take(&t->y, r,
                (size_t)cc_blocked_count(t->output_shape, t->output_block) * cc_dtype_bytes(t->dtype)));
    CC_TRY(take(&t->saved, r, t->saved_bytes));
    CC_TRY(take(&t->held, r, t->held_bytes));
    CC_TRY(take(&t->scratch, r, t->scratch_bytes));
    return t->kernel->bind ? t->kernel->bind(t) : CC_OK;
}

/* What both passes left, as plain arrays. */
static cc_status read_back(rig *r) {
    cc_op_run *run = r->run;
    const cc_task *t = &r->task;
    CC_TRY(download(&run->y, r, t->y, t->output_shape, t->output_block));
    for (int i = 0; i < t->input_count; i++)
        CC_TRY(download(&run->dx[i], r, t->dx[i], t->input_shapes[i], t->input_blocks[i]));
    for (int i = 0; i < t->parameter_count; i++) {
        const cc_parameter_slot *s = &r->slots[i];
        const size_t count = (size_t)r->parameters[i].count;
        run->dp[i] = cc_arena_get_array(r->arena, count, sizeof *run->dp[i]);
        if (!run->dp[i]) return CC_ENOMEM;
        CC_TRY(s->unpack ? s->unpack(s, run->dp[i], s->grad)
                         : r->backend->store->fetch(run->dp[i], s->grad, count * sizeof(float)));
    }
    return CC_OK;
}

cc_status cc_op_run_step(cc_op_run *run, const cc_parity *parity, int64_t block, cc_arena *arena) {
    cc_status status;
    rig r = {.run = run, .backend = parity->backend, .arena = arena};
    const cc_task *t = &r.task;
    CC_CHECK(plan(&r, parity, block));
    CC_CHECK(place_parameters(&r));
    CC_CHECK(place_values(&r));
    r.backend->enter();
    if (t->kernel->derive) CC_CHECK(t->kernel->derive(&r.task));
    CC_CHECK(t->kernel->forward(&r.task));
    CC_CHECK(t->kernel->backward(&r.task));
    CC_CHECK(read_back(&r));
done:
    if (t->state && t->kernel->release) t->kernel->release(&r.task);
    for (int i = 0; i < CC_OP_PARAMETERS_MAX; i++)
        if (r.slots[i].release) r.slots[i].release(r.slots[i].layout);
    for (int i = 0; i < r.memory_count; i++) r.backend->store->free(r.memory[i]);
    return status;
}
