/* calcade nets: the nets there are, and the layers of one. */
#include <stdio.h>
#include "experiments/command.h"
#include "nets/model.h"

typedef struct wanted {
    long long size, batch, channels, classes;
} wanted;

static cc_status build(cc_graph **out, const char *name, const wanted *w) {
    cc_net_spec spec;
    CC_TRY(cc_net_find(&spec, name));
    spec.in_channels = (int)w->channels;
    spec.classes = (int)w->classes;
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

cc_status cc_command_nets(int argc, char **argv) {
    wanted w = {.size = 512, .batch = 1, .channels = 1, .classes = 1};
    const cc_flag flags[] = {
        {.name = "--size", .kind = CC_FLAG_INTEGER, .value = &w.size, .min = 1, .max = 65536},
        {.name = "--batch", .kind = CC_FLAG_INTEGER, .value = &w.batch, .min = 1, .max = 65536},
        {.name = "--channels", .kind = CC_FLAG_INTEGER, .value = &w.channels, .min = 1, .max = 1024},
        {.name = "--classes", .kind = CC_FLAG_INTEGER, .value = &w.classes, .min = 1, .max = 1024},
        {.name = NULL}};
    const char *operands[argc];
    int count;
    CC_TRY(cc_flags_read(argc, argv, flags, operands, &count, 0, 1));
    return count ? print_layers(operands[0], &w) : list(&w);
}
