/* calcade nets: the nets there are; the layers of one, and the memory that it takes. */
#include <stdio.h>
#include <string.h>
#include "experiments/commands/command.h"
#include "experiments/config/device.h"
#include "nets/engine/needs.h"

typedef struct wanted {
    long long size, batch, channels, classes;
    const char *device, *precision;
    double memory_gb; /* 0: not given */
} wanted;

static const double mb = 1e6;

static cc_status find_spec(cc_net_spec *spec, const char *name, const wanted *w) {
    CC_TRY(cc_net_find(spec, name));
    spec->in_channels = (int)w->channels;
    spec->classes = (int)w->classes;
    return CC_OK;
}

static cc_status build(cc_graph **out, const char *name, const wanted *w) {
    cc_net_spec spec;
    CC_TRY(find_spec(&spec, name, w));
    return cc_net_build(out, &spec, w->batch, w->size, w->size);
}

static void print_header(const wanted *w) {
    cc_shape input = cc_shape_2d(w->batch, w->channels, w->size, w->size);
    printf("input %s; GFLOP of one forward pass\n", cc_shape_text(&input));
}

static cc_status list(const wanted *w) {
    char name[64];
    print_header(w);
    printf("%-28s %12s %10s %8s\n", "net", "parameters", "GFLOP", "layers");
    for (int i = 0; cc_net_name(name, sizeof name, i); i++) {
        cc_graph *graph;
        CC_TRY(build(&graph, name, w));
        printf("%-28s %12lld %10.3f %8d\n", name, (long long)cc_graph_trained_values(graph),
               2e-9 * cc_graph_multiply_adds(graph), cc_graph_node_count(graph));
        cc_graph_destroy(graph);
    }
    return CC_OK;
}

static cc_status print_layers(const char *name, const wanted *w) {
    cc_graph *graph;
    CC_TRY(build(&graph, name, w));
    print_header(w);
    cc_graph_print(graph, stdout);
    cc_graph_destroy(graph);
    return CC_OK;
}

/* What is asked of memory: a training step, an inference, and the two that a run holds together. */
enum { TRAINING, INFERENCE, RUN, USES };

typedef struct asked {
    cc_net_spec net;
    const cc_backend *backend;
    bool blind; /* no device is there to ask its libraries */
    cc_use uses[USES];
} asked;

static const cc_loss_spec loss = {.type = "dice", .smooth = 1};
static const cc_optimizer_spec adam = {.type = "adam", .lr = 1e-4, .betas = {0.9, 0.999}, .eps = 1e-8};

/* "cuda" need not be there to be measured. */
static cc_status find_device(asked *a, const char *name) {
    if (strcmp(name, "cuda") != 0) return cc_device_find(&a->backend, name);
    a->backend = cc_backend_find(name);
    const cc_backend *usable;
    cc_status status = cc_device_find(&usable, name);
    a->blind = status != CC_OK;
    return a->backend ? CC_OK : status;
}

static cc_status ask(asked *a, const char *name, const wanted *w) {
    *a = (asked){0};
    cc_use use = {.n = w->batch, .height = w->size, .width = w->size, .loss = &loss, .optimizer = &adam};
    CC_TRY(find_spec(&a->net, name, w));
    CC_TRY(cc_precision_find(&use.dtype, &use.tf32, w->precision));
    CC_TRY(find_device(a, w->device));
    for (int i = 0; i < USES; i++) {
        a->uses[i] = use;
        a->uses[i].trains = i != INFERENCE;
        a->uses[i].infers = i != TRAINING;
    }
    return CC_OK;
}

static void print_row(const char *what, const size_t bytes[USES]) {
    printf("%-36s", what);
    for (int i = 0; i < USES; i++) printf(" %12.1f", (double)bytes[i] / mb);
    putchar('\n');
}

static cc_status print_largest(const asked *a, const wanted *w) {
    printf("%-36s", "largest batch");
    for (int i = 0; i < USES; i++) {
        int64_t n;
        CC_TRY(cc_needs_fit(&n, &a->net, a->backend, &a->uses[i], (size_t)(1e9 * w->memory_gb)));
        printf(" %12lld", (long long)n);
    }
    printf("  in %g GB\n", w->memory_gb);
    return CC_OK;
}

static void print_left_out(const asked *a) {
    if (!a->backend->store->device_memory) return;
    printf("beside it: what the driver keeps for a process, some hundred MB");
    if (a->blind)
        printf(", and cuDNN's scratch memory, at most %.0f MB for each of the two: no device is here to ask",
               (double)CC_NEEDS_UNKNOWN / mb);
    putchar('\n');
}

static cc_status print_memory(const char *name, const wanted *w) {
    asked a;
    cc_needs needs[USES];
    size_t totals[USES];
    static const struct {
        const char *what;
        size_t offset;
    } rows[] = {{"weights, statistics", offsetof(cc_needs, weights)},
                {"their gradients", offsetof(cc_needs, gradients)},
                {"optimiser (Adam)", offsetof(cc_needs, optimizer)},
                {"activations and their gradients", offsetof(cc_needs, activations)},
                {"scratch", offsetof(cc_needs, scratch)},
                {"images, masks, logits, loss", offsetof(cc_needs, io)}};
    CC_TRY(ask(&a, name, w));
    for (int i = 0; i < USES; i++) {
        CC_TRY(cc_needs_measure(&needs[i], &a.net, a.backend, &a.uses[i]));
        totals[i] = cc_needs_total(&needs[i]);
    }
    printf("\nmemory in MB: %s, %s, batch %lld\n%-36s %12s %12s %12s\n", a.backend->name, w->precision,
           w->batch, "", "training", "inference", "a run");
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r++) {
        size_t bytes[USES];
        for (int i = 0; i < USES; i++)
            memcpy(&bytes[i], (const char *)&needs[i] + rows[r].offset, sizeof bytes[i]);
        print_row(rows[r].what, bytes);
    }
    print_row("total", totals);
    if (w->memory_gb > 0) CC_TRY(print_largest(&a, w));
    print_left_out(&a);
    return CC_OK;
}

cc_status cc_command_nets(int argc, char **argv) {
    wanted w = {.size = 512, .batch = 1, .channels = 1, .classes = 1, .device = "auto", .precision = "f32"};
    const cc_flag flags[] = {
        {.name = "--size", .kind = CC_FLAG_INTEGER, .value = &w.size, .min = 1, .max = 65536},
        {.name = "--batch", .kind = CC_FLAG_INTEGER, .value = &w.batch, .min = 1, .max = 65536},
        {.name = "--channels", .kind = CC_FLAG_INTEGER, .value = &w.channels, .min = 1, .max = 1024},
        {.name = "--classes", .kind = CC_FLAG_INTEGER, .value = &w.classes, .min = 1, .max = 1024},
        {.name = "--device", .kind = CC_FLAG_TEXT, .value = &w.device},
        {.name = "--precision", .kind = CC_FLAG_TEXT, .value = &w.precision},
        {.name = "--memory", .kind = CC_FLAG_REAL, .value = &w.memory_gb, .min = 0, .max = 1 << 20},
        {.name = NULL}};
    const char *operands[argc];
    int count;
    CC_TRY(cc_flags_read(argc, argv, flags, operands, &count, 0, 1));
    if (count == 0) return list(&w);
    CC_TRY(print_layers(operands[0], &w));
    return print_memory(operands[0], &w);
}
