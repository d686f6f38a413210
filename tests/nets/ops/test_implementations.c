/* tests/nets/ops/test_implementations.c -- what oneDNN runs the nets of the paper with: never its `ref`
 * implementations, which are up to a hundred times slower. */
#include "support.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nets/backends/cpu/onednn.h"
#include "nets/engine/model.h"
#include "nets/ops/conv/conv.h"
#include "nets/ops/ops.h"

/* The plan of a whole graph without memory: the kernels alone choose their layouts and implementations. */
typedef struct planned {
    cc_graph *graph;
    cc_task *tasks;
    cc_parameter_slot *slots;
    int64_t *blocks; /* of each value */
} planned;

/* One convolution that has been looked at. */
typedef struct seen {
    cc_conv_attr attr;
    cc_shape in, out;
    int64_t in_block, out_block;
    const cc_op *op;
    cc_dtype dtype;
    bool training, first; /* first: no gradient of its input */
} seen;
enum { SEEN_MAX = 1 << 14 };
static seen known[SEEN_MAX];
static int known_count;

static void fill_task(planned *p, int i, bool training, cc_dtype dtype) {
    const cc_node *node = cc_graph_node(p->graph, i);
    cc_task *task = &p->tasks[i];
    *task = (cc_task){.op = node->op,
                      .kernel = node->op->cpu,
                      .name = node->name,
                      .attr = node->attr,
                      .training = training,
                      .dtype = dtype,
                      .input_count = node->input_count,
                      .parameter_count = node->parameter_count,
                      .output_shape = &node->shape};
    for (int k = 0; k < node->input_count; k++) {
        cc_value v = node->inputs[k];
        task->input_shapes[k] =
            v == CC_GRAPH_INPUT ? cc_graph_input_shape(p->graph) : &cc_graph_node(p->graph, v - 1)->shape;
        task->input_blocks[k] = p->blocks[v];
        task->input_grad_wanted[k] = training && v != CC_GRAPH_INPUT;
    }
    for (int k = 0; k < node->parameter_count; k++)
        task->parameters[k] = &p->slots[node->first_parameter + k];
}

/* The same convolution was planned before: its output has this block; 0 where it is new. */
static int64_t remembered(const seen *s) {
    for (int i = 0; i < known_count; i++) {
        const seen *k = &known[i];
        if (k->op == s->op && k->dtype == s->dtype && k->training == s->training && k->first == s->first &&
            k->in_block == s->in_block && cc_shape_equal(&k->in, &s->in) &&
            cc_shape_equal(&k->out, &s->out) &&
            memcmp(k->attr.kernel, s->attr.kernel, sizeof k->attr.kernel) == 0 &&
            memcmp(k->attr.stride, s->attr.stride, sizeof k->attr.stride) == 0 &&
            memcmp(k->attr.padding, s->attr.padding, sizeof k->attr.padding) == 0 &&
            memcmp(k->attr.dilation, s->attr.dilation, sizeof k->attr.dilation) == 0 &&
            k->attr.groups == s->attr.groups && k->attr.bias == s->attr.bias)
            return k->out_block;
    }
    return 0;
}

static seen what(const cc_task *task) {
    return (seen){.attr = *(const cc_conv_attr *)task->attr,
                  .in = *task->input_shapes[0],
                  .out = *task->output_shape,
                  .in_block = task->input_blocks[0],
                  .op = task->op,
                  .training = task->training,
                  .dtype = task->dtype,
                  .first = !task->input_grad_wanted[0]};
}

static int plan_convolution(cc_task *task, const char *net) {
    int slow = 0;
    seen s = what(task);
    task->output_block = remembered(&s);
    if (task->output_block) return 0;
    assert_ok(task->kernel->plan(task));
    for (int pass = 0; pass < CC_PASSES; pass++) {
        const char *name = task->choices[pass].implementation;
        if (!name) continue;
        if (getenv("CC_PRINT_IMPLEMENTATIONS"))
            printf("%s %s %s pass %d: %s\n", net, task->name, cc_shape_text(task->input_shapes[0]), pass,
                   name);
        if (!strstr(name, "ref")) continue;
        print_error("%s, %s of %s: pass %d is %s\n", net, task->name, cc_shape_text(task->input_shapes[0]),
                    pass, name);
        slow++;
    }
    s.out_block = task->output_block;
    assert_true(known_count < SEEN_MAX);
    known[known_count++] = s;
    return slow;
}

/* How many passes of the net are slow ones, at images of `size` pixels a side or of the next size that it
 * takes. */
static int plan_net(const char *name, int64_t size, bool training, cc_dtype dtype) {
    cc_net_spec spec;
    int64_t stride[CC_SPATIAL_MAX];
    planned p = {0};
    int slow = 0;
    assert_ok(cc_net_find(&spec, name));
    assert_ok(cc_net_stride(stride, &spec));
    size = (size + stride[1] - 1) / stride[1] * stride[1];
    assert_ok(cc_net_build(&p.graph, &spec, 2, 2 * stride[0], size, size)); /* 0 of images */
    int nodes = cc_graph_node_count(p.graph), parameters = cc_graph_parameter_count(p.graph);
    p.tasks = calloc((size_t)nodes, sizeof *p.tasks);
    p.slots = calloc((size_t)parameters, sizeof *p.slots);
    p.blocks = calloc((size_t)nodes + 1, sizeof *p.blocks);
    for (int i = 0; i < parameters; i++) p.slots[i].parameter = cc_graph_parameter(p.graph, i);
    p.blocks[CC_GRAPH_INPUT] = 1;
    for (int i = 0; i < nodes; i++) {
        fill_task(&p, i, training, dtype);
        cc_task *task = &p.tasks[i];
        if (task->op == &cc_op_conv || task->op == &cc_op_conv_transpose)
            slow += plan_convolution(task, name);
        else
            assert_ok(task->kernel->plan(task));
        p.blocks[i + 1] = task->output_block;
    }
    for (int i = 0; i < nodes; i++)
        if (p.tasks[i].state) p.tasks[i].kernel->release(&p.tasks[i]);
    for (int i = 0; i < parameters; i++)
        if (p.slots[i].release) p.slots[i].release(p.slots[i].layout);
    free(p.tasks);
    free(p.slots);
    free(p.blocks);
    cc_graph_destroy(p.graph);
    return slow;
}

static void no_pass_of_any_net_is_a_slow_one(void **state) {
    (void)state;
    static const int64_t sizes[] = {64, 96, 256};
    char name[64];
    int slow = 0;
    for (int i = 0; cc_net_name(name, sizeof name, i); i++)
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++)
            for (int dtype = CC_F32; dtype <= (cc_onednn_has_bf16() ? CC_BF16 : CC_F32); dtype++)
                slow += plan_net(name, sizes[k], true, (cc_dtype)dtype) +
                        plan_net(name, sizes[k], false, (cc_dtype)dtype);
    assert_true(known_count > 100);
    assert_int_equal(slow, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(no_pass_of_any_net_is_a_slow_one)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
