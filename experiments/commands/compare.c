/* experiments/commands/compare.c -- `calcade compare`: two run files beside each other: options, provenance,
 * weights, counts, and scores of the patients that both have tested.
 *
 * It is no gate: what differs is a result, and the exit status is 0 with it too. All that is found is one
 * JSON object, which is printed as it is or as lines for people. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "core/yaml.h"
#include "experiments/commands/command.h"
#include "experiments/commands/flags.h"
#include "metrics/overlap.h"
#include "metrics/paired.h"
#include "results/compare.h"
#include "results/store.h"

static const double level = 0.05; /* below which a p is said to show a difference */

/* ---- options ---- */

/* A value on one line: "0.001", "[1, 2]", "[{type: bce, weight: 1}]". */
static void print_node(FILE *out, const cc_yaml *node) {
    if (node->kind == CC_YAML_SCALAR) {
        fputs(node->text, out);
        return;
    }
    const bool map = node->kind == CC_YAML_MAP;
    fputc(map ? '{' : '[', out);
    for (size_t i = 0; i < node->count; i++) {
        fprintf(out, "%s%s%s", i ? ", " : "", map ? node->keys[i] : "", map ? ": " : "");
        print_node(out, node->items[i]);
    }
    fputc(map ? '}' : ']', out);
}

/* The same as a text of the arena; NULL of NULL, and where memory is out. */
static const char *node_text(const cc_yaml *node, cc_arena *arena) {
    char *bytes = NULL, *text = NULL;
    size_t size;
    FILE *out = node ? open_memstream(&bytes, &size) : NULL;
    if (!out) return NULL;
    print_node(out, node);
    if (fclose(out) == 0) text = cc_arena_copy(arena, bytes);
    free(bytes);
    return text;
}

/* What is not there is null. */
static json_t *text_json(const char *text) {
    return text ? json_string(text) : json_null();
}

/* Adds {NAME: what, "a": a, "b": b}. */
static cc_status append(json_t *list, const char *name, const char *what, const char *a, const char *b) {
    json_t *one = json_pack("{s:s, s:o, s:o}", name, what, "a", text_json(a), "b", text_json(b));
    if (json_array_append_new(list, one) == 0) return CC_OK;
    return cc_fail(CC_EFORMAT, what, NULL, "a text of the run is not UTF-8, which JSON must be");
}

/* Adds the options below `key` that differ, whatever their kind; a node is NULL where its run has no such
 * option. */
static cc_status add_options(json_t *list, const char *key, const cc_yaml *a, const cc_yaml *b,
                             cc_arena *arena) {
    const cc_yaml *sides[] = {a, b};
    if ((a && a->kind != CC_YAML_MAP) || (b && b->kind != CC_YAML_MAP)) {
        const char *x = node_text(a, arena), *y = node_text(b, arena);
        if ((a && !x) || (b && !y)) return CC_ENOMEM;
        return x && y && strcmp(x, y) == 0 ? CC_OK : append(list, "key", key, x, y);
    }
    /* The keys of the one, then those that the other alone has. */
    for (int side = 0; side < 2; side++)
        for (size_t i = 0; sides[side] && i < sides[side]->count; i++) {
            const char *name = sides[side]->keys[i];
            const cc_yaml *in_a = a ? cc_yaml_get(a, name) : NULL, *in_b = b ? cc_yaml_get(b, name) : NULL;
            const char *below = cc_arena_format(arena, "%s%s%s", key, key[0] ? "." : "", name);
            if (!below) return CC_ENOMEM;
            if (side == 0 || !in_a) CC_TRY(add_options(list, below, in_a, in_b, arena));
        }
    return CC_OK;
}

/* The options of the resolved configs that the files hold. */
static cc_status compare_options(json_t *list, const cc_run *a, const cc_run *b, cc_arena *arena) {
    cc_yaml *trees[2];
    const char *texts[] = {a->config ? a->config : "", b->config ? b->config : ""};
    for (int i = 0; i < 2; i++)
        CC_TRY(
            cc_yaml_parse(&trees[i], texts[i], strlen(texts[i]), i ? "config of B" : "config of A", arena));
    return add_options(list, "", trees[0], trees[1], arena);
}

/* ---- scores ---- */

/* The patients that both runs have tested. */
typedef struct pairs {
    const cc_run_patient **a, **b; /* [count], of one patient each */
    size_t count;
} pairs;

/* A patient's row by name, which is all that two runs have in common of one; NULL: not tested. */
static const cc_run_patient *find_patient(const cc_run *run, const char *name) {
    for (size_t i = 0; i < run->patient_count; i++)
        if (strcmp(run->patients[i].patient, name) == 0) return &run->patients[i];
    return NULL;
}

/* In the order of run a. */
static cc_status find_pairs(pairs *out, const cc_run *a, const cc_run *b, cc_arena *arena) {
    *out = (pairs){.a = cc_arena_get_array(arena, a->patient_count + 1, sizeof *out->a),
                   .b = cc_arena_get_array(arena, a->patient_count + 1, sizeof *out->b)};
    if (!out->a || !out->b) return CC_ENOMEM;
    for (size_t i = 0; i < a->patient_count; i++) {
        const cc_run_patient *other = find_patient(b, a->patients[i].patient);
        if (!other) continue;
        out->a[out->count] = &a->patients[i];
        out->b[out->count++] = other;
    }
    return CC_OK;
}

/* A score of one patient; NaN where there is none: no truth, or a ratio 0/0 (CC_EMPTY_WITH_TRUTH). */
static cc_status score_patient(double *out, const cc_run_patient *p, cc_score score) {
    cc_scores scores;
    CC_TRY(cc_scores_from_counts(&scores, &(cc_counts){p->tp, p->fp, p->fn, p->tn}, CC_EMPTY_WITH_TRUTH));
    *out = scores.value[score];
    return CC_OK;
}

/* JSON has no NaN. */
static json_t *real_json(double value) {
    return isnan(value) ? json_null() : json_real(value);
}

/* One score over the patients that have it in both runs: means, and the difference b - a with what is known
 * of it. */
static cc_status compare_score(json_t **out, const pairs *p, cc_score score, cc_arena *arena) {
    cc_paired_result r = {.mean = NAN, .low = NAN, .high = NAN, .p = NAN, .p_least = NAN, .detectable = NAN};
    double *differences = cc_arena_get_array(arena, p->count + 1, sizeof *differences);
    double sums[2] = {0};
    size_t n = 0;
    if (!differences) return CC_ENOMEM;
    for (size_t i = 0; i < p->count; i++) {
        double x, y;
        CC_TRY(score_patient(&x, p->a[i], score));
        CC_TRY(score_patient(&y, p->b[i], score));
        if (isnan(x) || isnan(y)) continue;
        sums[0] += x;
        sums[1] += y;
        differences[n++] = y - x;
    }
    if (n > 0) CC_TRY(cc_paired_compare(&r, differences, 1, n));
    const double share = n ? 1.0 / (double)n : NAN; /* of one patient in a mean */
    *out =
        json_pack("{s:s, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "score", cc_score_name(score),
                  "patients", (json_int_t)n, "a", real_json(sums[0] * share), "b", real_json(sums[1] * share),
                  "difference", real_json(r.mean), "low", real_json(r.low), "high", real_json(r.high), "p",
                  real_json(r.p), "p_least", real_json(r.p_least), "detectable", real_json(r.detectable));
    return *out ? CC_OK : cc_fail_memory("scores", 0);
}

/* ---- the whole ---- */

/* What a comparison to the bit says: "same", or "differ" with the first place that does. */
static cc_status verdict(json_t **out, cc_status status) {
    const cc_error *e = cc_error_get();
    if (status != CC_OK && status != CC_EINVAL) return status;
    *out = status == CC_OK ? json_pack("{s:s, s:n}", "verdict", "same", "first")
                           : json_pack("{s:s, s:s++}", "verdict", "differ", "first", e->where, ": ", e->what);
    return *out ? CC_OK : cc_fail_memory("the comparison", 0);
}

/* Everything, as the object that --json prints. */
static cc_status compare(json_t **out, const char *const *paths, const cc_run *a, const cc_run *b,
                         cc_arena *arena) {
    json_t *options = json_array(), *provenance = json_array(), *scores = json_array(), *weights = NULL,
           *counts = NULL;
    cc_run_difference *differences;
    size_t count;
    pairs patients;
    cc_status status;
    CC_CHECK(compare_options(options, a, b, arena));
    CC_CHECK(cc_run_differences(&differences, &count, a, b, arena));
    for (size_t i = 0; i < count; i++)
        CC_CHECK(append(provenance, "field", differences[i].field, differences[i].a, differences[i].b));
    if (a->tensor_count == 0 || b->tensor_count == 0)
        weights = json_pack("{s:s, s:n}", "verdict", "not stored", "first");
    else
        CC_CHECK(verdict(&weights, cc_run_compare_model(a, b)));
    CC_CHECK(verdict(&counts, cc_run_compare_counts(a, b)));
    CC_CHECK(find_pairs(&patients, a, b, arena));
    for (int s = 0; s < CC_SCORES; s++) {
        json_t *score = NULL;
        CC_CHECK(compare_score(&score, &patients, (cc_score)s, arena));
        if (json_array_append_new(scores, score) != 0) CC_CHECK(cc_fail_memory("scores", 0));
    }
    *out = json_pack("{s:s, s:s, s:O, s:O, s:O, s:O, s:{s:I, s:I, s:I}, s:O}", "a", paths[0], "b", paths[1],
                     "weights", weights, "counts", counts, "options", options, "provenance", provenance,
                     "patients", "both", (json_int_t)patients.count, "a_alone",
                     (json_int_t)(a->patient_count - patients.count), "b_alone",
                     (json_int_t)(b->patient_count - patients.count), "scores", scores);
    if (!*out)
        status = cc_fail(CC_EINVAL, paths[0], "rename it", "a path or text is not UTF-8, as JSON must be");
done:
    json_decref(options);
    json_decref(provenance);
    json_decref(scores);
    json_decref(weights);
    json_decref(counts);
    return status;
}

/* A member's text, for people. */
static const char *get_text(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "(none)";
}

/* A text; of a digest its first digits, which tell it from any other. */
static void print_value(const char *text) {
    const bool digest = strlen(text) == 64 && text[strspn(text, "0123456789abcdef")] == 0;
    printf(digest ? "%.12s..." : "%s", text);
}

/* Lines "NAME  A -> B" below a heading, or that there is none. */
static void print_differences(const char *heading, const json_t *list, const char *name) {
    size_t i;
    json_t *one;
    int width = 0;
    json_array_foreach(list, i, one) {
        const int length = (int)strlen(get_text(one, name));
        if (length > width) width = length;
    }
    printf("%-11s %s\n", heading, json_array_size(list) ? "" : "the same");
    json_array_foreach(list, i, one) {
        printf("  %-*s  ", width, get_text(one, name));
        print_value(get_text(one, "a"));
        fputs(" -> ", stdout);
        print_value(get_text(one, "b"));
        putchar('\n');
    }
}

/* What is not known is a hyphen. */
static void print_percent(int width, const char *sign, const json_t *value) {
    if (json_is_real(value))
        printf(sign[0] ? "%+*.2f" : "%*.2f", width, 100 * json_real_value(value));
    else
        printf("%*s", width, "-");
}

/* A line for each score, in per cent, with what the test by patients says of the difference. */
static void print_scores(const json_t *object) {
    const json_t *patients = json_object_get(object, "patients");
    size_t i;
    json_t *s;
    printf("scores      percent, mean over patients with truth; %lld patients in both runs, %lld in A alone, "
           "%lld in "
           "B alone\n",
           (long long)json_integer_value(json_object_get(patients, "both")),
           (long long)json_integer_value(json_object_get(patients, "a_alone")),
           (long long)json_integer_value(json_object_get(patients, "b_alone")));
    printf("  %-10s %8s %8s %8s  %-18s %8s  %s\n", "", "A", "B", "B - A", "95 % interval", "p", "patients");
    json_array_foreach(json_object_get(object, "scores"), i, s) {
        const json_t *low = json_object_get(s, "low"), *p = json_object_get(s, "p");
        char interval[32] = "-", exact[32] = "-";
        if (json_is_real(low))
            snprintf(interval, sizeof interval, "[%+.2f, %+.2f]", 100 * json_real_value(low),
                     100 * json_real_value(json_object_get(s, "high")));
        if (json_is_real(p)) snprintf(exact, sizeof exact, "%.4f", json_real_value(p));
        printf("  %-10s ", get_text(s, "score"));
        print_percent(8, "", json_object_get(s, "a"));
        putchar(' ');
        print_percent(8, "", json_object_get(s, "b"));
        putchar(' ');
        print_percent(8, "+", json_object_get(s, "difference"));
        const bool too_few = json_real_value(json_object_get(s, "p_least")) > level && json_is_real(p);
        printf("  %-18s %8s  %lld%s\n", interval, exact,
               (long long)json_integer_value(json_object_get(s, "patients")),
               too_few ? ": so few differ that no p is below 0.05" : "");
    }
}

/* The whole, the shortest answers first. */
static void print_text(const json_t *object) {
    static const char *const whole[] = {"weights", "counts"};
    printf("A           %s\nB           %s\n", get_text(object, "a"), get_text(object, "b"));
    for (int i = 0; i < 2; i++) {
        const json_t *one = json_object_get(object, whole[i]);
        const bool differ = json_is_string(json_object_get(one, "first"));
        printf("%-11s %s%s%s%s\n", whole[i], get_text(one, "verdict"), differ ? " (" : "",
               differ ? get_text(one, "first") : "", differ ? ")" : "");
    }
    print_differences("options", json_object_get(object, "options"), "key");
    print_differences("provenance", json_object_get(object, "provenance"), "field");
    print_scores(object);
}

/* What the command line says. */
typedef struct values {
    bool exact, json;
} values;

/* In the order of the help. */
static const cc_flag flags[] = {
    {.name = "--exact",
     .kind = CC_FLAG_SWITCH,
     CC_FLAG_AT(values, exact),
     .meaning = "asks whether both hold the same to the bit, but for times and the peak of memory; prints "
                "nothing where they do; exit status 3, with the first that differs, where they do not"},
    CC_FLAG_JSON(values, json),
    {0}};

/* --exact: all that the files hold. */
static cc_status compare_exactly(const char *const *paths, const cc_run *runs) {
    const cc_status status = cc_run_compare_but_times(&runs[0], &runs[1]);
    if (status != CC_EINVAL) return status;
    const cc_error first = *cc_error_get();
    return cc_fail(CC_EGATE, paths[0], "calcade compare without --exact shows more",
                   "does not hold what %s holds: %s: %s", paths[1], first.where, first.what);
}

static cc_status command(int argc, char **argv) {
    values v = {0};
    const char *paths[argc];
    int count;
    cc_run runs[2];
    json_t *object = NULL;
    CC_TRY(cc_flags_read(&v, argc, argv, flags, paths, &count, 2, 2));
    cc_status status;
    cc_arena *arena = cc_arena_create();
    if (!arena) return CC_ENOMEM;
    for (int i = 0; i < 2; i++)
        CC_CHECK(cc_run_read(&runs[i], paths[i], v.exact ? CC_RUN_ALL : CC_RUN_MODEL, arena));
    if (v.exact) {
        status = compare_exactly(paths, runs);
        goto done;
    }
    const char *a = runs[0].provenance.data_digest, *b = runs[1].provenance.data_digest;
    if (a && b && strcmp(a, b) != 0)
        cc_log(CC_LOG_WARNING, "the runs are of different data: patients are paired by their names alone");
    CC_CHECK(compare(&object, paths, &runs[0], &runs[1], arena));
    if (!v.json)
        print_text(object);
    else if (json_dumpf(object, stdout, JSON_COMPACT) != 0 || putchar('\n') == EOF)
        status = cc_fail_errno("standard output", "write");
done:
    json_decref(object);
    cc_arena_destroy(arena);
    return status;
}

const cc_command cc_command_compare = {
    .name = "compare",
    .operands = {{"RUN.h5", CC_COMPLETES_RUN}, {"RUN.h5", CC_COMPLETES_RUN}},
    .flags = flags,
    .what = "two runs beside each other: options, provenance, weights and counts that differ, and scores by "
            "patient with interval and exact p; the exit status is 0 whatever differs, but with --exact",
    .without_nets = true,
    .run = command,
};
