/* experiments/commands/nets.c -- `calcade nets`: the nets there are; the layers of one, and the memory that
 * it takes.
 *
 * Memory is that of a training step, of inference, and of a run, which holds both plans. It is known without
 * running anything, for a GPU that is not there too, but for what cuDNN would ask for. */
#include <stdio.h>
#include <string.h>
#include "experiments/commands/command.h"
#include "experiments/commands/flags.h"
#include "experiments/config/device.h"
#include "nets/engine/needs.h"

/* What the command line asks for. */
typedef struct wanted {
    long long size, depth, batch, channels, classes; /* depth: 0 where it is not given */
    const char *device, *precision;
    double memory_gb; /* 0: not given */
} wanted;

static const double mb = 1e6;

/* Of volumes, where no depth is given. */
enum { DEPTH = 32 };

/* A net by its name, with the channels and classes asked for. */
static cc_status find_spec(cc_net_spec *spec, const char *name, const wanted *w) {
    CC_TRY(cc_net_find(spec, name));
    spec->in_channels = (int)w->channels;
    spec->classes = (int)w->classes;
    return CC_OK;
}

/* *out: the depth that the net is asked at: of one that takes images what is given, which should be none. */
static cc_status find_depth(int64_t *out, const cc_net_spec *spec, const wanted *w) {
    int64_t stride[CC_SPATIAL_MAX];
    CC_TRY(cc_net_stride(stride, spec));
    *out = w->depth || stride[0] == 0 ? w->depth : DEPTH;
    return CC_OK;
}

/* Its graph at the size asked for; the caller destroys it. */
static cc_status build(cc_graph **out, const char *name, const wanted *w) {
    cc_net_spec spec;
    int64_t depth;
    CC_TRY(find_spec(&spec, name, w));
    CC_TRY(find_depth(&depth, &spec, w));
    return cc_net_build(out, &spec, w->batch, depth, w->size, w->size);
}

/* Every net in one line. */
static cc_status list(const wanted *w) {
    char name[64];
    const cc_shape images = cc_shape_2d(w->batch, w->channels, w->size, w->size),
                   volumes =
                       cc_shape_3d(w->batch, w->channels, w->depth ? w->depth : DEPTH, w->size, w->size);
    printf("images %s, volumes %s; GFLOP of one forward pass\n", cc_shape_text(&images),
           cc_shape_text(&volumes));
    printf("%-28s %12s %10s %8s\n", "net", "parameters", "GFLOP", "layers");
    for (int i = 0; cc_net_name(name, sizeof name, i); i++) {
        cc_graph *graph;
        cc_net_spec spec;
        int64_t stride[CC_SPATIAL_MAX];
        wanted one = *w;
        CC_TRY(cc_net_find(&spec, name));
        CC_TRY(cc_net_stride(stride, &spec));
        if (stride[0] == 0) one.depth = 0; /* it was for the others */
        CC_TRY(build(&graph, name, &one));
        printf("%-28s %12lld %10.3f %8d\n", name, (long long)cc_graph_trained_values(graph),
               2e-9 * cc_graph_multiply_adds(graph), cc_graph_node_count(graph));
        cc_graph_destroy(graph);
    }
    return CC_OK;
}

/* One net, node by node. */
static cc_status print_layers(const char *name, const wanted *w) {
    cc_graph *graph;
    CC_TRY(build(&graph, name, w));
    printf("input %s; GFLOP of one forward pass\n", cc_shape_text(cc_graph_input_shape(graph)));
    cc_graph_print(graph, stdout);
    cc_graph_destroy(graph);
    return CC_OK;
}

/* What is asked of memory: a training step, an inference, and the two that a run holds together. */
enum { TRAINING, INFERENCE, RUN, USES };

/* A question to nets/engine/needs.h: which net, where, and for what. */
typedef struct asked {
    cc_net_spec net;
    const cc_backend *backend;
    bool no_device; /* no device is there to ask its libraries */
    cc_use uses[USES];
} asked;

static const cc_loss_spec loss = {.type = "dice", .smooth = 1};
static const cc_optimizer_spec adam = {.type = "adam", .lr = 1e-4, .betas = {0.9, 0.999}, .eps = 1e-8};

/* "cuda" need not be there to be measured. */
static cc_status find_device(asked *a, const char *name) {
    if (strcmp(name, "cuda") != 0) return cc_device_find(&a->backend, name);
    /* The backend is compiled in even where no GPU is there to run it. */
    a->backend = cc_backend_find(name);
    const cc_backend *usable;
    cc_status status = cc_device_find(&usable, name);
    a->no_device = status != CC_OK;
    return a->backend ? CC_OK : status;
}

/* Fills the three uses of one net. */
static cc_status ask(asked *a, const char *name, const wanted *w) {
    *a = (asked){0};
    cc_use use = {.n = w->batch, .height = w->size, .width = w->size, .loss = &loss, .optimizer = &adam};
    CC_TRY(find_spec(&a->net, name, w));
    CC_TRY(find_depth(&use.depth, &a->net, w));
    CC_TRY(cc_precision_find(&use.dtype, &use.tf32, w->precision));
    CC_TRY(find_device(a, w->device));
    for (int i = 0; i < USES; i++) {
        a->uses[i] = use;
        a->uses[i].trains = i != INFERENCE;
        a->uses[i].infers = i != TRAINING;
    }
    return CC_OK;
}

/* One kind of memory in the three uses. */
static void print_row(const char *what, const size_t bytes[USES]) {
    printf("%-36s", what);
    for (int i = 0; i < USES; i++) printf(" %12.1f", (double)bytes[i] / mb);
    putchar('\n');
}

/* The largest batch that fits, for each use. */
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

/* What the table cannot know of a GPU. */
static void print_left_out(const asked *a) {
    if (!a->backend->store->device_memory) return;
    printf("beside it: what the driver keeps for a process, some hundred MB");
    if (a->no_device)
        printf(", and cuDNN's scratch memory, at most %.0f MB for each of the two: no device is here to ask",
               (double)CC_NEEDS_UNKNOWN / mb);
    putchar('\n');
}

/* The table of memory. */
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

/* In the order of the help. */
static const cc_flag flags[] = {{.name = "--size",
                                 .kind = CC_FLAG_INTEGER,
                                 CC_FLAG_AT(wanted, size),
                                 .min = 1,
                                 .max = 65536,
                                 .value = "S",
                                 .meaning = "side of the square image, pixels; 512 where it is not given"},
                                {.name = "--depth",
                                 .kind = CC_FLAG_INTEGER,
                                 CC_FLAG_AT(wanted, depth),
                                 .min = 1,
                                 .max = 65536,
                                 .value = "D",
                                 .meaning = "depth of the volume, of nets that take volumes; 32 where it is "
                                            "not given"},
                                {.name = "--batch",
                                 .kind = CC_FLAG_INTEGER,
                                 CC_FLAG_AT(wanted, batch),
                                 .min = 1,
                                 .max = 65536,
                                 .value = "B",
                                 .meaning = "images of a step; 1 where it is not given"},
                                {.name = "--channels",
                                 .kind = CC_FLAG_INTEGER,
                                 CC_FLAG_AT(wanted, channels),
                                 .min = 1,
                                 .max = 1024,
                                 .value = "N",
                                 .meaning = "channels of the image"},
                                {.name = "--classes",
                                 .kind = CC_FLAG_INTEGER,
                                 CC_FLAG_AT(wanted, classes),
                                 .min = 1,
                                 .max = 1024,
                                 .value = "N",
                                 .meaning = "channels of the output"},
                                CC_FLAG_DEVICE(wanted, device),
                                CC_FLAG_PRECISION(wanted, precision),
                                {.name = "--memory",
                                 .kind = CC_FLAG_REAL,
                                 CC_FLAG_AT(wanted, memory_gb),
                                 .min = 0,
                                 .max = 1 << 20,
                                 .value = "GB",
                                 .meaning = "what a device has: the largest batch that fits is printed too"},
                                {0}};

static cc_status command(int argc, char **argv) {
    wanted w = {.size = 512, .batch = 1, .channels = 1, .classes = 1, .device = "auto", .precision = "f32"};
    const char *operands[argc];
    int count;
    CC_TRY(cc_flags_read(&w, argc, argv, flags, operands, &count, 0, 1));
    /* Without a name every net is a line, of the same input. */
    if (count == 0) return list(&w);
    CC_TRY(print_layers(operands[0], &w));
    return print_memory(operands[0], &w);
}

const cc_command cc_command_nets = {
    .name = "nets",
    .operands = {{"[NAME[:DECODER]]", CC_COMPLETES_NET}},
    .flags = flags,
    .what = "lists the nets with their parameters and GFLOP, or one net's layers and the memory that it "
            "takes, of "
            "a GPU also where there is none; --memory: the largest batch that fits",
    .run = command,
};
