/* experiments/commands/bench.c -- `calcade bench`: the time of a training step or of inference, and where it
 * goes.
 *
 * The steps themselves are in bench_run.c; here are the flags and the print. A profile adds the times of each
 * op and pass, and names the slowest layers with the implementation that the plan chose for them. */
#include <jansson.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "experiments/commands/bench_run.h"
#include "experiments/commands/command.h"
#include "experiments/commands/flags.h"
#include "experiments/config/device.h"

enum { STEPS = 7, ROWS_MAX = 64, SLOWEST = 12 };

/* What the command line says. */
typedef struct options {
    const char *net, *device, *plan, *precision;
    long long size, depth, batch, steps, threads; /* depth: 0 for a net of images */
    bool json, profile, fast, tf32;
} options;

/* What every print begins with. */
typedef struct summary {
    double median_ms, min_ms, images_per_s, peak_rss_mb, device_mb;
} summary;

/* One kind of op in one pass, or (op "rest") what no op has taken: loss, optimiser, copies. */
typedef struct profile_row {
    const char *op, *pass;
    double ms; /* a step, in the mean */
} profile_row;

/* Times by op and pass, longest first. */
typedef struct profile {
    profile_row rows[ROWS_MAX];
    int count;
} profile;

/* Of a finished benchmark. */
static summary summarise(const cc_bench *b) {
    struct rusage usage;
    double median_s = cc_bench_median_s(b);
    getrusage(RUSAGE_SELF, &usage);
    return (summary){.median_ms = 1e3 * median_s,
                     .min_ms = 1e3 * b->steps_s[0],
                     .images_per_s = (double)b->request.batch / median_s,
                     .peak_rss_mb = (double)usage.ru_maxrss / 1024,
                     .device_mb = 1e-6 * (double)b->device_bytes};
}

/* Adds to the row of an op and pass; what finds no row any more is in none. */
static void add_time(profile *p, const char *op, const char *pass, double ms) {
    for (int i = 0; i < p->count; i++)
        if (strcmp(p->rows[i].op, op) == 0 && strcmp(p->rows[i].pass, pass) == 0) {
            p->rows[i].ms += ms;
            return;
        }
    if (p->count < ROWS_MAX) p->rows[p->count++] = (profile_row){op, pass, ms};
}

/* For qsort. */
static int longer_first(const void *a, const void *b) {
    double x = ((const profile_row *)a)->ms, y = ((const profile_row *)b)->ms;
    return (x < y) - (x > y);
}

/* Sums the nodes' times by op and pass; what the mean step has beyond them is "rest". */
static void make_profile(profile *p, const cc_bench *b) {
    const cc_graph *graph = cc_plan_graph(b->plan);
    double scale = 1e3 / b->request.steps, rest = 1e3 * b->mean_s;
    p->count = 0;
    for (int i = 0; i < cc_graph_node_count(graph); i++) {
        const char *op = cc_graph_node(graph, i)->op->name;
        add_time(p, op, "forward", scale * b->times[i].forward_s);
        if (b->request.train) add_time(p, op, "backward", scale * b->times[i].backward_s);
        rest -= scale * (b->times[i].forward_s + b->times[i].backward_s);
    }
    add_time(p, "rest", "", rest);
    qsort(p->rows, (size_t)p->count, sizeof *p->rows, longer_first);
}

/* What slower_first compares by: qsort takes no context. */
static const cc_node_time *sorted_times;

static int slower_first(const void *a, const void *b) {
    const cc_node_time *x = &sorted_times[*(const int *)a], *y = &sorted_times[*(const int *)b];
    double dx = x->forward_s + x->backward_s, dy = y->forward_s + y->backward_s;
    return (dx < dy) - (dx > dy);
}

/* What runs the passes of a node, an implementation once where it runs several. */
static void print_choices(const cc_plan *plan, int node) {
    const char *before = "";
    for (int pass = 0; pass < CC_PASSES; pass++) {
        cc_choice c = cc_plan_choice(plan, node, (cc_pass)pass);
        if (!c.algorithm || strcmp(c.implementation, before) == 0) continue;
        printf(" %s", c.implementation);
        before = c.implementation;
    }
    putchar('\n');
}

/* The slowest nodes, with the arithmetic that they reach: a training step does three times the forward
 * pass's. */
static cc_status print_layers(const cc_bench *b) {
    const cc_graph *graph = cc_plan_graph(b->plan);
    int count = cc_graph_node_count(graph), *order = calloc((size_t)count, sizeof *order);
    if (!order) return cc_fail_memory("the layers", (size_t)count * sizeof *order);
    for (int i = 0; i < count; i++) order[i] = i;
    sorted_times = b->times;
    qsort(order, (size_t)count, sizeof *order, slower_first);
    printf("\n%-32s %-16s %10s %10s %10s  %s\n", "slowest layers", "op", "forward ms", "back. ms", "GFLOP/s",
           "implementation");
    for (int i = 0; i < count && i < SLOWEST; i++) {
        const cc_node *node = cc_graph_node(graph, order[i]);
        const cc_node_time *t = &b->times[order[i]];
        /* Backward computes two products of the forward one's size: for the input and for the weights. */
        double passes = b->request.train ? 3 : 1, seconds = t->forward_s + t->backward_s;
        printf("%-32s %-16s %10.2f %10.2f %10.0f ", node->name, node->op->name,
               1e3 * t->forward_s / b->request.steps, 1e3 * t->backward_s / b->request.steps,
               2e-9 * passes * node->multiply_adds * b->request.steps / seconds);
        print_choices(b->plan, order[i]);
    }
    free(order);
    return CC_OK;
}

/* The print for people. */
static cc_status print_text(const options *o, const cc_bench *b) {
    summary s = summarise(b);
    char depth[32] = "";
    if (o->depth) snprintf(depth, sizeof depth, "%lld x ", o->depth);
    printf("%s %s, %s%lld x %lld, batch %lld, %s, %s, %d threads\n", b->request.train ? "train" : "infer",
           o->net, depth, o->size, o->size, o->batch, o->precision, b->request.backend->name,
           omp_get_max_threads());
    printf("  median     %.2f ms of %lld steps, least %.2f ms\n", s.median_ms, o->steps, s.min_ms);
    printf("  images/s   %.2f\n", s.images_per_s);
    printf("  peak RSS   %.0f MB\n", s.peak_rss_mb);
    if (b->device_bytes > 0) printf("  on the %s  %.0f MB\n", b->request.backend->name, s.device_mb);
    printf("  parameters %lld\n", (long long)cc_model_trained_values(b->model));
    if (!b->times) return CC_OK;
    profile p;
    make_profile(&p, b);
    printf("\n%-20s %-10s %10s %8s\n", "op", "pass", "ms", "share");
    for (int i = 0; i < p.count; i++)
        printf("%-20s %-10s %10.2f %7.1f%%\n", p.rows[i].op, p.rows[i].pass, p.rows[i].ms,
               p.rows[i].ms / (10 * b->mean_s));
    return print_layers(b);
}

/* The profile as a list; the caller owns it. */
static json_t *profile_json(const cc_bench *b) {
    profile p;
    json_t *list = json_array();
    make_profile(&p, b);
    for (int i = 0; i < p.count; i++)
        json_array_append_new(list, json_pack("{s:s, s:s, s:f}", "op", p.rows[i].op, "pass", p.rows[i].pass,
                                              "ms", p.rows[i].ms));
    return list;
}

/* The same as one JSON object. */
static cc_status print_json(const options *o, const cc_bench *b) {
    summary s = summarise(b);
    json_t *object =
        json_pack("{s:s, s:I, s:I, s:s, s:s, s:s, s:i, s:I, s:f, s:f, s:f, s:f, s:f, s:f, s:I}", "net",
                  o->net, "size", (json_int_t)o->size, "batch", (json_int_t)o->batch, "precision",
                  o->precision, "plan", o->plan, "device", b->request.backend->name, "threads",
                  omp_get_max_threads(), "steps", (json_int_t)o->steps, "ms_median", s.median_ms, "ms_min",
                  s.min_ms, "images_per_s", s.images_per_s, "peak_rss_mb", s.peak_rss_mb, "device_mb",
                  s.device_mb, "multiply_adds", cc_graph_multiply_adds(cc_plan_graph(b->plan)), "params",
                  (json_int_t)cc_model_trained_values(b->model));
    if (!object) return cc_fail_memory("the JSON object", 0);
    if (o->depth) json_object_set_new(object, "depth", json_integer((json_int_t)o->depth));
    if (b->times) json_object_set_new(object, "profile", profile_json(b));
    cc_status status = json_dumpf(object, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF
                           ? CC_OK
                           : cc_fail_errno("standard output", "write");
    json_decref(object);
    return status;
}

/* Checks the options and turns names into what they name. */
static cc_status fill_request(cc_bench_request *out, options *o, const char *mode) {
    *out = (cc_bench_request){.train = strcmp(mode, "train") == 0,
                              .size = o->size,
                              .depth = o->depth,
                              .batch = o->batch,
                              .steps = (int)o->steps,
                              .profile = o->profile};
    if (!out->train && strcmp(mode, "infer") != 0)
        return cc_fail(CC_EUSAGE, "bench", NULL, "wants train or infer, not \"%s\"", mode);
    if (!o->net || !o->size || !o->batch)
        return cc_fail(CC_EUSAGE, "bench", "see calcade bench --help", "%s is missing",
                       !o->net    ? "--net"
                       : !o->size ? "--size"
                                  : "--batch");
    CC_TRY(cc_flags_plan(&o->plan, o->plan, o->fast, "timed"));
    CC_TRY(cc_flags_precision(&o->precision, o->precision, o->tf32, "f32"));
    CC_TRY(cc_tuning_find(&out->tuning, o->plan));
    CC_TRY(cc_precision_find(&out->dtype, &out->tf32, o->precision));
    CC_TRY(cc_net_find(&out->net, o->net));
    CC_TRY(cc_device_find(&out->backend, o->device));
    cc_device_note_tuning(out->backend, out->tuning);
    return CC_OK;
}

/* In the order of the help. */
static const cc_flag flags[] = {{.name = "--net",
                                 .kind = CC_FLAG_TEXT,
                                 CC_FLAG_AT(options, net),
                                 .needed = true,
                                 .value = "NAME[:DECODER]",
                                 .completes = CC_COMPLETES_NET,
                                 .meaning = "the net, by a name of `calcade nets`"},
                                {.name = "--size",
                                 .kind = CC_FLAG_INTEGER,
                                 CC_FLAG_AT(options, size),
                                 .min = 1,
                                 .max = 1 << 14,
                                 .needed = true,
                                 .value = "S",
                                 .meaning = "side of the square images, pixels"},
                                {.name = "--depth",
                                 .kind = CC_FLAG_INTEGER,
                                 CC_FLAG_AT(options, depth),
                                 .min = 1,
                                 .max = 1 << 14,
                                 .value = "D",
                                 .meaning = "slices of the volumes, of a net that takes volumes"},
                                {.name = "--batch",
                                 .kind = CC_FLAG_INTEGER,
                                 CC_FLAG_AT(options, batch),
                                 .min = 1,
                                 .max = 1 << 14,
                                 .needed = true,
                                 .value = "B",
                                 .meaning = "images of a step"},
                                {.name = "--steps",
                                 .kind = CC_FLAG_INTEGER,
                                 CC_FLAG_AT(options, steps),
                                 .min = 1,
                                 .max = 1 << 20,
                                 .value = "N",
                                 .meaning = "steps that are timed"},
                                CC_FLAG_THREADS(options, threads),
                                CC_FLAG_PRECISION(options, precision),
                                {.name = "--tf32",
                                 .kind = CC_FLAG_SWITCH,
                                 CC_FLAG_AT(options, tf32),
                                 .meaning = "stands for --precision tf32"},
                                CC_FLAG_PLAN(options, plan, "fixed|timed|exact|fast"),
                                {.name = "--fast",
                                 .kind = CC_FLAG_SWITCH,
                                 CC_FLAG_AT(options, fast),
                                 .meaning = "stands for --plan fast"},
                                CC_FLAG_DEVICE(options, device),
                                {.name = "--profile",
                                 .kind = CC_FLAG_SWITCH,
                                 CC_FLAG_AT(options, profile),
                                 .meaning = "the time of each op and pass, and the slowest layers"},
                                CC_FLAG_JSON(options, json),
                                {0}};

static cc_status command(int argc, char **argv) {
    options o = {.device = "auto", .steps = STEPS, .threads = omp_get_max_threads()};
    const char *operands[argc];
    int count;
    cc_bench_request request;
    cc_bench bench;
    CC_TRY(cc_flags_read(&o, argc, argv, flags, operands, &count, 1, 1));
    CC_TRY(fill_request(&request, &o, operands[0]));
    omp_set_num_threads((int)o.threads);
    cc_status status = cc_bench_run(&bench, &request);
    if (status == CC_OK) status = o.json ? print_json(&o, &bench) : print_text(&o, &bench);
    cc_bench_deinit(&bench);
    return status;
}

const cc_command cc_command_bench = {
    .name = "bench",
    .operands = {{"train|infer", CC_COMPLETES_WORDS}},
    .flags = flags,
    .what = "times training steps, or inference, of a net on made-up images of S x S or volumes of D x S x S",
    .run = command,
};
