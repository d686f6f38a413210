/* experiments/config/config_search.c -- points of a search, and the values that they stand for.
 *
 * A point has one coordinate for each range and list, in the order of the matrix: of Sobol's sequence with
 * Owen's scrambling (core/sobol.h), which spreads few samples evenly, or of Philox. Random points find good
 * values where a grid of as many runs tries few of each option (Bergstra & Bengio, JMLR 13 (2012), 281-305);
 * Sobol's are evener than random ones.
 *
 * Real values are rounded to what a name can hold, and the rounded text is the value: what a table shows is
 * what was trained. Integers and choices are computed in integers; of a real value the last bits, which
 * depend on the C library, are rounded away. So every machine has the same variants. */
#include "experiments/config/config_search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/rng.h"
#include "core/sobol.h"
#include "experiments/config/config_values.h"
#include "experiments/config/options_lookup.h"

/* One coordinate: a list, or a range of numbers. */
typedef struct dimension {
    const cc_yaml *list; /* NULL: a range */
    const cc_yaml *node; /* of the range, for file and line */
    bool whole, logarithmic;
    double low, high;
} dimension;

/* A search on its way. */
typedef struct search {
    const cc_yaml *map;
    const char **keys; /* [dimension_count + repeat_count]: the sampled keys, then those that multiply */
    dimension *dimensions;
    const cc_yaml **repeats; /* the lists of seed and data.fold */
    size_t dimension_count, repeat_count, repeats_total;
    long long samples, seed;
    bool sobol;
} search;

static const struct {
    const char *name;
    bool whole, logarithmic;
} kinds[] = {
#define X(name, whole, logarithmic) {#name, whole, logarithmic},
    CC_CONFIG_RANGE_LIST(X)
#undef X
};
enum { KINDS = sizeof kinds / sizeof *kinds };

bool cc_config_is_search_key(const char *key) {
    return strcmp(key, "samples") == 0 || strcmp(key, "search") == 0 || strcmp(key, "search_seed") == 0;
}

/* The kind of a range, or KINDS where the node is none. */
static int kind_of(const cc_yaml *node) {
    int kind = 0;
    const bool one = node->kind == CC_YAML_MAP && node->count == 1;
    while (kind < KINDS && (!one || strcmp(node->keys[0], kinds[kind].name) != 0)) kind++;
    return kind;
}

bool cc_config_is_search(const cc_yaml *map) {
    for (size_t i = 0; i < map->count; i++)
        if (cc_config_is_search_key(map->keys[i]) || kind_of(map->items[i]) < KINDS) return true;
    return false;
}

/* Seeds and folds repeat a sample; they are no setting of it. */
static bool is_repeat(const char *key) {
    return strcmp(key, "seed") == 0 || strcmp(key, "data.fold") == 0;
}

/* Whether a row of `key` takes both ends of a range; the error is that of the last one that does not. */
static cc_status check_ends(const char *key, const dimension *d, const cc_yaml *ends, int line,
                            cc_arena *arena) {
    cc_status status = CC_ECONFIG;
    bool number = false, other = false;
    for (int row = 0; row < cc_option_count() && status != CC_OK; row++) {
        const cc_option *o = cc_option_get(row);
        cc_experiment_config scratch = {0};
        if (strcmp(o->key, key) != 0) continue;
        other |= o->kind == (d->whole ? CC_OPTION_REAL : CC_OPTION_INTEGER);
        if (o->kind != (d->whole ? CC_OPTION_INTEGER : CC_OPTION_REAL)) continue;
        number = true;
        status = cc_config_read_value(&scratch, o, key, ends->items[0], arena);
        if (status == CC_OK) status = cc_config_read_value(&scratch, o, key, ends->items[1], arena);
    }
    if (number) return status;
    if (other)
        return cc_config_fail(d->node, line, d->whole ? "linear or log" : "integer or integer_log",
                              "matrix: %s takes %s numbers", key, d->whole ? "real" : "whole");
    return cc_config_fail(d->node, line, "list its values: only a number has a range",
                          "matrix: %s takes no range", key);
}

/* "{log: [1.0e-5, 1.0e-2]}" */
static cc_status read_range(dimension *out, const char *key, const cc_yaml *node, int line, cc_arena *arena) {
    static const char example[] = "as in {log: [1.0e-5, 1.0e-2]}, {linear: [0, 0.5]}, {integer: [4, 64]} or "
                                  "{integer_log: [4, 64]}";
    const int kind = kind_of(node);
    if (kind == KINDS)
        return cc_config_fail(node, line, example, "matrix: %s wants one range, or a list of values", key);
    const cc_yaml *ends = node->items[0];
    *out = (dimension){.node = node, .whole = kinds[kind].whole, .logarithmic = kinds[kind].logarithmic};
    long long low, high;
    bool right = ends->kind == CC_YAML_LIST && ends->count == 2;
    if (right && out->whole) {
        right = cc_yaml_as_integer(&low, ends->items[0]) && cc_yaml_as_integer(&high, ends->items[1]);
        if (right) out->low = (double)low, out->high = (double)high;
    } else if (right) {
        right = cc_yaml_as_real(&out->low, ends->items[0]) && cc_yaml_as_real(&out->high, ends->items[1]);
    }
    if (!right || out->low >= out->high)
        return cc_config_fail(ends, 0, example, "matrix: %s: %s wants two %snumbers, the lower one first",
                              key, kinds[kind].name, out->whole ? "whole " : "");
    CC_TRY(check_ends(key, out, ends, line, arena));
    if (out->logarithmic && out->low <= 0)
        return cc_config_fail(ends, 0, out->whole ? "integer takes any" : "linear takes any",
                              "matrix: %s: %s wants numbers above 0", key, kinds[kind].name);
    return CC_OK;
}

/* samples, search and search_seed. */
static cc_status read_words(search *s) {
    const cc_yaml *samples = cc_yaml_get(s->map, "samples"), *way = cc_yaml_get(s->map, "search"),
                  *seed = cc_yaml_get(s->map, "search_seed");
    if (cc_yaml_is_null(samples))
        return cc_config_fail(samples ? samples : s->map, 0, "as in samples: 16",
                              "matrix: a search wants the number of its samples");
    if (!cc_yaml_as_integer(&s->samples, samples) || s->samples < 1 || s->samples > CC_VARIANTS_MAX)
        return cc_config_fail(samples, 0, NULL, "matrix: samples wants a whole number from 1 to %d",
                              CC_VARIANTS_MAX);
    const char *word = cc_yaml_is_null(way) ? "sobol" : way->kind == CC_YAML_SCALAR ? way->text : "";
    s->sobol = strcmp(word, "sobol") == 0;
    if (!s->sobol && strcmp(word, "random") != 0)
        return cc_config_fail(way, 0, NULL, "matrix: search wants one of sobol, random");
    if (!cc_yaml_is_null(seed) && (!cc_yaml_as_integer(&s->seed, seed) || s->seed < 0))
        return cc_config_fail(seed, 0, NULL, "matrix: search_seed wants a whole number from 0 on");
    return CC_OK;
}

/* Sorts the keys of the map into those that are sampled and those that multiply. */
static cc_status read_map(search *s, cc_arena *arena) {
    const cc_yaml *map = s->map;
    s->keys = cc_arena_get_array(arena, map->count, sizeof *s->keys);
    s->dimensions = cc_arena_get_array(arena, map->count, sizeof *s->dimensions);
    s->repeats = cc_arena_get_array(arena, map->count, sizeof *s->repeats);
    if (!s->keys || !s->dimensions || !s->repeats) return CC_ENOMEM;
    s->repeats_total = 1;
    /* Twice over the keys, so that those which multiply come last: the last changes fastest. */
    for (int repeats = 0; repeats < 2; repeats++)
        for (size_t i = 0; i < map->count; i++) {
            const char *key = map->keys[i];
            const cc_yaml *node = map->items[i];
            if (cc_config_is_search_key(key) || is_repeat(key) != repeats) continue;
            const bool list = node->kind == CC_YAML_LIST && node->count > 0;
            if (!list && (repeats || node->kind != CC_YAML_MAP))
                return cc_config_fail(node, map->key_lines[i],
                                      repeats ? "as in seed: [1, 2, 3]" : "as in {log: [1.0e-5, 1.0e-2]}",
                                      "matrix: %s wants a list of values%s", key,
                                      repeats ? "" : ", or a range");
            if (repeats) {
                s->repeats_total *= node->count;
                if (s->repeats_total > CC_VARIANTS_MAX) s->repeats_total = CC_VARIANTS_MAX + 1;
                s->keys[s->dimension_count + s->repeat_count] = key;
                s->repeats[s->repeat_count++] = node;
            } else {
                dimension *d = &s->dimensions[s->dimension_count];
                *d = (dimension){.list = node, .node = node};
                if (!list) CC_TRY(read_range(d, key, node, map->key_lines[i], arena));
                s->keys[s->dimension_count++] = key;
            }
        }
    if (s->dimension_count == 0)
        return cc_config_fail(map, 0, "as in {optimizer.lr: {log: [1.0e-5, 1.0e-2]}, samples: 16}",
                              "matrix: a search wants a range, or a list other than of seeds and folds");
    if (s->sobol && s->dimension_count > CC_SOBOL_DIMENSIONS)
        return cc_config_fail(map, 0, "search: random takes any number",
                              "matrix: sobol takes %d options at most", CC_SOBOL_DIMENSIONS);
    if ((unsigned long long)s->samples * s->repeats_total > CC_VARIANTS_MAX)
        return cc_config_fail(map, 0, NULL, "the matrix has more than %d variants", CC_VARIANTS_MAX);
    return CC_OK;
}

/* A number in its shortest form: decimal from 0.01 to below a million, else as "3.2e-5", which YAML 1.1 wants
 * with a point. */
static void format_real(char out[32], double value) {
    char text[32];
    int digits = 0;
    /* 17 digits always read back exactly. */
    do snprintf(text, sizeof text, "%.*e", digits, value);
    while (strtod(text, NULL) != value && ++digits < 17);
    char *exponent = strchr(text, 'e');
    const int power = atoi(exponent + 1);
    if (power >= -2 && power < 6) {
        snprintf(out, 32, "%.*f", digits > power ? digits - power : 0, value);
        return;
    }
    *exponent = 0;
    snprintf(out, 32, "%s%se%d", text, digits ? "" : ".0", power);
}

/* A real value at u, from 0 to 1, of a range, rounded. Two digits of a logarithmic range tell as much as one
 * wants to know of a learning rate; three, where it covers less than a factor of ten. A linear range is cut
 * in at least 100 steps of a power of ten. */
static double real_at(const dimension *d, double u) {
    char text[400]; /* of a double without an exponent */
    double value;
    if (d->logarithmic) {
        value = exp(log(d->low) + u * (log(d->high) - log(d->low)));
        snprintf(text, sizeof text, "%.*e", d->high < 10 * d->low ? 2 : 1, value);
        value = strtod(text, NULL);
    } else {
        const double span = d->high - d->low;
        const int decimals = 2 - (int)floor(log10(span));
        value = d->low + u * span;
        if (decimals >= 0) {
            snprintf(text, sizeof text, "%.*f", decimals, value);
            value = strtod(text, NULL);
        } else {
            const double step = pow(10, -decimals);
            value = step * floor(value / step + 0.5);
        }
    }
    /* Rounding may leave the range by half a step. */
    return value < d->low ? d->low : value > d->high ? d->high : value;
}

/* The value of a coordinate, in units of 2^-32, as a node. */
static cc_status value_at(cc_yaml **out, const dimension *d, uint32_t coordinate, cc_arena *arena) {
    char text[32];
    if (d->list) {
        *out = d->list->items[(uint64_t)coordinate * d->list->count >> 32];
        return CC_OK;
    }
    if (d->whole && !d->logarithmic) {
        /* Options hold an int: the number of values fits 32 bits, the product 64. */
        const uint64_t values = (uint64_t)(d->high - d->low) + 1;
        snprintf(text, sizeof text, "%lld",
                 (long long)d->low + (long long)((uint64_t)coordinate * values >> 32));
    } else {
        const double u = (coordinate + 0.5) * 0x1p-32;
        if (d->whole) {
            /* Each whole number n has the interval from n - 1/2 to n + 1/2 of a logarithmic axis. */
            const double low = log(d->low - 0.5), high = log(d->high + 0.5);
            const double value = floor(exp(low + u * (high - low)) + 0.5);
            snprintf(text, sizeof text, "%.0f", value < d->low ? d->low : value > d->high ? d->high : value);
        } else {
            format_real(text, real_at(d, u));
        }
    }
    const char *kept = cc_arena_copy(arena, text);
    *out = kept ? cc_yaml_create(CC_YAML_SCALAR, kept, d->node->file, d->node->line, arena) : NULL;
    return *out ? CC_OK : CC_ENOMEM;
}

/* Whether a sample has the values of an earlier one. */
static bool is_repeated(const search *s, cc_yaml *const *values, cc_yaml *const *earlier, size_t count) {
    for (size_t i = 0; i < count; i++) {
        size_t d = 0;
        for (; d < s->dimension_count; d++) {
            const cc_yaml *a = values[d], *b = earlier[i * s->dimension_count + d];
            if (s->dimensions[d].list ? a != b : strcmp(a->text, b->text) != 0) break;
        }
        if (d == s->dimension_count) return true;
    }
    return false;
}

/* The values of all samples, [samples][dimension_count]. A point that repeats an earlier one is passed over:
 * whole numbers and choices leave few different ones, and rounding brings near ones together. */
static cc_status draw(cc_yaml ***out, const search *s, cc_arena *arena) {
    const size_t width = s->dimension_count, samples = (size_t)s->samples;
    const uint32_t points = 256 + 32 * (uint32_t)samples; /* enough to find all where that many are all */
    cc_yaml **values = cc_arena_get_array(arena, samples * width, sizeof *values);
    if (!values) return CC_ENOMEM;
    size_t found = 0;
    for (uint32_t p = 0; p < points && found < samples; p++) {
        cc_yaml **row = values + found * width;
        for (size_t d = 0; d < width; d++) {
            cc_rng rng = cc_rng_init((uint64_t)s->seed, CC_PURPOSE_SEARCH, p, d);
            const uint32_t coordinate = s->sobol ? cc_sobol_scrambled(p, (int)d, (uint64_t)s->seed)
                                                 : (uint32_t)(cc_rng_u64(&rng) >> 32);
            CC_TRY(value_at(&row[d], &s->dimensions[d], coordinate, arena));
        }
        found += !is_repeated(s, row, values, found);
    }
    *out = values;
    if (found == samples) return CC_OK;
    return cc_config_fail(cc_yaml_get(s->map, "samples"), 0, "ask for fewer samples, or wider ranges",
                          "matrix: only %zu different variants came up, not %zu", found, samples);
}

cc_status cc_config_search(cc_config_change **out, int *count, const cc_yaml *map, cc_arena *arena) {
    search s = {.map = map};
    cc_yaml **values;
    CC_TRY(read_words(&s));
    CC_TRY(read_map(&s, arena));
    CC_TRY(draw(&values, &s, arena));
    const size_t width = s.dimension_count + s.repeat_count, total = (size_t)s.samples * s.repeats_total;
    cc_config_change *changes = cc_arena_get_array(arena, total, sizeof *changes);
    if (!changes) return CC_ENOMEM;
    for (size_t v = 0; v < total; v++) {
        changes[v] = (cc_config_change){.count = width, .keys = s.keys};
        changes[v].values = cc_arena_get_array(arena, width, sizeof *changes[v].values);
        if (!changes[v].values) return CC_ENOMEM;
        /* The sample is the highest digit of v, the last repeat its lowest: see multiply of
         * config_matrix.c. */
        size_t rest = v;
        for (size_t r = s.repeat_count; r-- > 0; rest /= s.repeats[r]->count)
            changes[v].values[s.dimension_count + r] = s.repeats[r]->items[rest % s.repeats[r]->count];
        memcpy(changes[v].values, values + rest * s.dimension_count, s.dimension_count * sizeof *values);
    }
    *out = changes;
    *count = (int)total;
    return CC_OK;
}
