/* experiments/planning/sweep.c -- a plan's runs as JSON lines, and back.
 *
 * A line repeats what all runs of a command have in common (folder, overrides): a file of one kind of line
 * can be cut, counted and sent to a scheduler by the tools that every machine has, line N + 1 being run N. */
#include "experiments/planning/sweep.h"

#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/version.h"
#include "experiments/planning/data.h"
#include "results/store.h"

enum { SWEEP_BYTES_MAX = 1 << 28 };

/* --- writing --- */

/* What a stamp was found for: configs of one dataset share it. */
typedef struct stamped {
    const cc_experiment_config *config;
    cc_digest_text stamp;
} stamped;

/* What writing lines needs beside their runs. */
typedef struct writer {
    const cc_run_plan *plan;
    stamped *stamps; /* at most one a run */
    int stamp_count;
    double *seconds, *bytes; /* of each run that is done; NaN elsewhere */
} writer;

/* The stamp of a run's data, made once for each dataset. */
static cc_status find_stamp(const char **out, writer *w, const cc_experiment_config *config) {
    for (int i = 0; i < w->stamp_count; i++)
        if (cc_data_has_same_slices(w->stamps[i].config, config)) {
            *out = w->stamps[i].stamp.hex;
            return CC_OK;
        }
    stamped *next = &w->stamps[w->stamp_count];
    next->config = config;
    CC_TRY(cc_data_stamp(&next->stamp, config));
    w->stamp_count++;
    *out = next->stamp.hex;
    return CC_OK;
}

/* What the runs that are done took. */
static cc_status find_costs(writer *w) {
    for (int i = 0; i < cc_run_plan_count(w->plan); i++) {
        const cc_planned_run *run = cc_run_plan_get(w->plan, i);
        cc_run read;
        w->seconds[i] = w->bytes[i] = NAN;
        if (run->state != CC_RUN_DONE) continue;
        cc_arena *arena = cc_arena_create();
        if (!arena) return CC_ENOMEM;
        cc_status status = cc_run_read(&read, run->path, CC_RUN_BASIC, arena);
        if (status == CC_OK) {
            w->seconds[i] = read.provenance.seconds;
            if (read.provenance.peak_memory_bytes > 0)
                w->bytes[i] = (double)read.provenance.peak_memory_bytes;
        }
        cc_arena_destroy(arena);
        CC_TRY(status);
    }
    return CC_OK;
}

/* The most that a done run of the same variant has taken, or, where none is done, of the same experiment. */
static double expect(const writer *w, const double *costs, const cc_planned_run *run) {
    double same_variant = NAN, same_name = NAN;
    for (int i = 0; i < cc_run_plan_count(w->plan); i++) {
        const cc_experiment_config *other = cc_run_plan_get(w->plan, i)->config;
        if (strcmp(other->name, run->config->name) != 0) continue;
        same_name = fmax(same_name, costs[i]); /* fmax passes over NaN */
        if (strcmp(other->variant, run->config->variant) == 0) same_variant = fmax(same_variant, costs[i]);
    }
    return isnan(same_variant) ? same_name : same_variant;
}

/* A number, or null where it is not known. */
static json_t *number_or_null(double value) {
    return isnan(value) ? json_null() : json_real(value);
}

/* The runs that a run needs, by index. */
static cc_status list_upstream(cc_sweep_task *t, const cc_run_plan *plan, int index, cc_arena *arena) {
    int *list = cc_arena_get_array(arena, (size_t)index + 1, sizeof *list), count = 0;
    if (!list) return CC_ENOMEM;
    const cc_planned_run *run = cc_run_plan_get(plan, index);
    t->same_as = CC_SWEEP_NONE;
    for (int i = 0; i < index; i++) {
        const cc_planned_run *other = cc_run_plan_get(plan, i);
        if (!cc_planned_run_needs(run, other)) continue;
        if (run->same_as == other) t->same_as = i;
        list[count++] = i;
    }
    t->upstream = list;
    t->upstream_count = count;
    return CC_OK;
}

/* What a plan says of a run, without what only its file needs. */
static cc_status describe(cc_sweep_task *t, const cc_run_plan *plan, int index, cc_arena *arena) {
    const cc_planned_run *run = cc_run_plan_get(plan, index);
    const size_t folder = strlen(run->folder);
    const bool ends_with_slash = folder > 0 && run->folder[folder - 1] == '/';
    char name[256];
    cc_planned_run_name(name, sizeof name, run);
    *t = (cc_sweep_task){.name = cc_arena_copy(arena, name),
                         .file = cc_arena_copy(arena, run->path + folder + !ends_with_slash),
                         .identity = run->identity.hex,
                         .request = run->request.hex,
                         .numerics = CC_NUMERICS_VERSION,
                         .data = run->data_digest.hex,
                         .weights = run->weights_digest.hex,
                         .seconds = NAN,
                         .memory_bytes = NAN,
                         .variant = run->variant_number,
                         .out = run->folder};
    if (!t->name || !t->file) return CC_ENOMEM;
    return list_upstream(t, plan, index, arena);
}

cc_status cc_sweep_of_plan(cc_sweep *out, const cc_run_plan *plan, cc_arena *arena) {
    const int count = cc_run_plan_count(plan);
    cc_sweep_task *tasks = cc_arena_get_array(arena, (size_t)count, sizeof *tasks);
    if (!tasks) return CC_ENOMEM;
    for (int i = 0; i < count; i++) CC_TRY(describe(&tasks[i], plan, i, arena));
    *out = (cc_sweep){tasks, count};
    return CC_OK;
}

/* The line of a run, to be freed; NULL where it has texts that are no UTF-8, which JSON cannot hold. */
static char *print_task(const cc_sweep_task *t, int index) {
    json_t *sets = json_array(), *upstream = json_array();
    for (int i = 0; i < t->set_count; i++) json_array_append_new(sets, json_string(t->sets[i]));
    for (int i = 0; i < t->upstream_count; i++) json_array_append_new(upstream, json_integer(t->upstream[i]));
    json_t *line = json_pack("{s:i, s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:s, s:s, s:s, s:I, s:s, s:i, "
                             "s:s, s:s, s:o, s:b, s:b}",
                             "index", index, "name", t->name, "file", t->file, "identity", t->identity,
                             "request", t->request, "upstream", upstream, "copy_of",
                             t->same_as == CC_SWEEP_NONE ? json_null() : json_integer(t->same_as),
                             "expected_seconds", number_or_null(t->seconds), "expected_memory_bytes",
                             number_or_null(t->memory_bytes), "data", t->data, "data_stamp", t->data_stamp,
                             "weights", t->weights, "numerics", (json_int_t)t->numerics, "config", t->config,
                             "variant", t->variant, "folder", t->folder, "out", t->out, "set", sets, "fast",
                             !!(t->flags & CC_CONFIG_FAST), "tf32", !!(t->flags & CC_CONFIG_TF32));
    char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
    json_decref(line);
    return text;
}

/* Of every config its real path. */
static cc_status find_configs(const char ***out, const cc_run_plan *plan, const cc_sweep_source *source,
                              cc_arena *arena) {
    int most = 0;
    for (int i = 0; i < cc_run_plan_count(plan); i++)
        if (cc_run_plan_get(plan, i)->config_number > most) most = cc_run_plan_get(plan, i)->config_number;
    const char **paths = cc_arena_get_array(arena, (size_t)most + 1, sizeof *paths);
    if (!paths) return CC_ENOMEM;
    for (int i = 0; i <= most; i++) {
        char *real = realpath(source->paths[i], NULL);
        if (!real) return cc_fail_errno(source->paths[i], "find");
        paths[i] = cc_arena_copy(arena, real);
        free(real);
        if (!paths[i]) return CC_ENOMEM;
    }
    *out = paths;
    return CC_OK;
}

cc_status cc_sweep_write(const char *path, const cc_run_plan *plan, const cc_sweep_source *source) {
    cc_status status = CC_OK;
    writer w = {.plan = plan};
    const size_t count = (size_t)cc_run_plan_count(plan);
    char *text = NULL, folder[CC_PATH_MAX];
    const char **configs = NULL;
    size_t bytes = 0;
    cc_sweep sweep;
    FILE *stream = open_memstream(&text, &bytes);
    cc_arena *arena = cc_arena_create();
    if (!stream || !arena) CC_CHECK(cc_fail_memory("a plan", 0));
    if (!getcwd(folder, sizeof folder)) CC_CHECK(cc_fail_errno(".", "find"));
    w.stamps = cc_arena_get_array(arena, count, sizeof *w.stamps);
    w.seconds = cc_arena_get_array(arena, count, sizeof *w.seconds);
    w.bytes = cc_arena_get_array(arena, count, sizeof *w.bytes);
    if (!w.stamps || !w.seconds || !w.bytes) CC_CHECK(CC_ENOMEM);
    CC_CHECK(cc_sweep_of_plan(&sweep, plan, arena));
    CC_CHECK(find_configs(&configs, plan, source, arena));
    CC_CHECK(find_costs(&w));
    for (size_t i = 0; i < count; i++) {
        const cc_planned_run *run = cc_run_plan_get(plan, (int)i);
        cc_sweep_task t = sweep.tasks[i];
        t.seconds = expect(&w, w.seconds, run);
        t.memory_bytes = expect(&w, w.bytes, run);
        t.config = configs[run->config_number];
        t.folder = folder;
        t.sets = source->sets;
        t.set_count = source->set_count;
        t.flags = source->flags;
        CC_CHECK(find_stamp(&t.data_stamp, &w, run->config));
        char *line = print_task(&t, (int)i);
        if (!line)
            CC_CHECK(
                cc_fail(CC_EINVAL, t.name, "use UTF-8 in paths and overrides", "no line can be made of it"));
        fprintf(stream, "%s\n", line);
        free(line);
    }
done:
    if (stream && fclose(stream) != 0 && status == CC_OK) status = cc_fail_memory("a plan", 0);
    if (status == CC_OK) status = cc_file_write(path, text, bytes);
    free(text);
    cc_arena_destroy(arena);
    return status;
}

/* --- reading --- */

/* One line that is read, and where its strings go. */
typedef struct reader {
    const char *path;
    int line; /* from 1 */
    const json_t *object;
    cc_arena *arena;
} reader;

static cc_status fail_field(const reader *r, const char *key, const char *wanted) {
    char where[CC_PATH_MAX + 32];
    snprintf(where, sizeof where, "%s:%d", r->path, r->line);
    return cc_fail(CC_ECONFIG, where, "calcade plan writes such files", "%s is not %s", key, wanted);
}

static cc_status take_text(const char **out, const reader *r, const char *key) {
    const char *text = json_string_value(json_object_get(r->object, key));
    if (!text) return fail_field(r, key, "a string");
    *out = cc_arena_copy(r->arena, text);
    return *out ? CC_OK : CC_ENOMEM;
}

/* null is `absent`. */
static cc_status take_number(double *out, const reader *r, const char *key, double absent) {
    const json_t *value = json_object_get(r->object, key);
    *out = json_is_number(value) ? json_number_value(value) : absent;
    return json_is_number(value) || json_is_null(value) ? CC_OK : fail_field(r, key, "a number or null");
}

/* A run before this one, or a variant. */
static cc_status take_index(int *out, const reader *r, const json_t *value, const char *key, int end) {
    const json_int_t number = json_integer_value(value);
    if (!json_is_integer(value) || number < 0 || number >= end)
        return fail_field(r, key, "a number from 0, below the line's own");
    *out = (int)number;
    return CC_OK;
}

static cc_status take_lists(cc_sweep_task *t, const reader *r) {
    const json_t *upstream = json_object_get(r->object, "upstream"),
                 *sets = json_object_get(r->object, "set");
    if (!json_is_array(upstream) || !json_is_array(sets)) return fail_field(r, "upstream, or set,", "a list");
    t->upstream_count = (int)json_array_size(upstream);
    t->set_count = (int)json_array_size(sets);
    int *numbers = cc_arena_get_array(r->arena, (size_t)t->upstream_count + 1, sizeof *numbers);
    const char **texts = cc_arena_get_array(r->arena, (size_t)t->set_count + 1, sizeof *texts);
    if (!numbers || !texts) return CC_ENOMEM;
    for (int i = 0; i < t->upstream_count; i++)
        CC_TRY(take_index(&numbers[i], r, json_array_get(upstream, (size_t)i), "upstream", r->line - 1));
    for (int i = 0; i < t->set_count; i++) {
        const char *text = json_string_value(json_array_get(sets, (size_t)i));
        if (!text) return fail_field(r, "set", "a list of strings");
        if (!(texts[i] = cc_arena_copy(r->arena, text))) return CC_ENOMEM;
    }
    t->upstream = numbers;
    t->sets = texts;
    return CC_OK;
}

static cc_status take_line(cc_sweep_task *t, const reader *r) {
    const struct {
        const char **out, *key;
    } texts[] = {{&t->name, "name"},       {&t->file, "file"},     {&t->identity, "identity"},
                 {&t->request, "request"}, {&t->data, "data"},     {&t->data_stamp, "data_stamp"},
                 {&t->weights, "weights"}, {&t->config, "config"}, {&t->folder, "folder"},
                 {&t->out, "out"}};
    if (!json_is_object(r->object)) return fail_field(r, "this line", "a JSON object");
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        CC_TRY(take_text(texts[i].out, r, texts[i].key));
    if (json_integer_value(json_object_get(r->object, "index")) != r->line - 1)
        return fail_field(r, "index", "the line's number, from 0: a line was taken out or added");
    /* A result never lies outside of the folder of results. */
    if (t->file[0] == '/' || strstr(t->file, "..")) return fail_field(r, "file", "a path below the results");
    CC_TRY(take_number(&t->seconds, r, "expected_seconds", NAN));
    CC_TRY(take_number(&t->memory_bytes, r, "expected_memory_bytes", NAN));
    CC_TRY(take_index(&t->variant, r, json_object_get(r->object, "variant"), "variant", INT32_MAX));
    t->numerics = json_integer_value(json_object_get(r->object, "numerics"));
    const json_t *copy_of = json_object_get(r->object, "copy_of");
    t->same_as = CC_SWEEP_NONE;
    if (!json_is_null(copy_of)) CC_TRY(take_index(&t->same_as, r, copy_of, "copy_of", r->line - 1));
    t->flags = (json_is_true(json_object_get(r->object, "fast")) ? CC_CONFIG_FAST : 0) |
               (json_is_true(json_object_get(r->object, "tf32")) ? CC_CONFIG_TF32 : 0);
    return take_lists(t, r);
}

cc_status cc_sweep_read(cc_sweep *out, const char *path, cc_arena *arena) {
    char *text;
    size_t bytes, lines = 0;
    CC_TRY(cc_file_read(&text, &bytes, path, SWEEP_BYTES_MAX, arena));
    for (const char *at = text; *at; at++) lines += *at == '\n';
    reader r = {.path = path, .arena = arena};
    if (lines == 0 || bytes == 0 || text[bytes - 1] != '\n') {
        r.line = (int)lines + 1;
        return fail_field(&r, "the last line", "there as a whole");
    }
    cc_sweep_task *tasks = cc_arena_get_array(arena, lines, sizeof *tasks);
    if (!tasks) return CC_ENOMEM;
    for (char *at = text; r.line < (int)lines;) {
        char *end = strchr(at, '\n');
        json_t *object = json_loadb(at, (size_t)(end - at), 0, NULL);
        r.line++;
        r.object = object;
        cc_status status = take_line(&tasks[r.line - 1], &r);
        json_decref(object);
        CC_TRY(status);
        at = end + 1;
    }
    *out = (cc_sweep){tasks, (int)lines};
    return CC_OK;
}

int cc_sweep_levels(int *level, const cc_sweep *sweep) {
    int levels = 0;
    for (int i = 0; i < sweep->count; i++) {
        level[i] = 0;
        for (int k = 0; k < sweep->tasks[i].upstream_count; k++) {
            const int before = level[sweep->tasks[i].upstream[k]];
            if (before >= level[i]) level[i] = before + 1;
        }
        if (level[i] >= levels) levels = level[i] + 1;
    }
    return levels;
}
