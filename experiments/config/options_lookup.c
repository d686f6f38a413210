/* experiments/config/options_lookup.c -- finding rows of the table of options, and saying what they want.
 *
 * Two rows may have one key, as a default may depend on a choice: a key is found by its first row, and
 * cc_option_holds tells which of them counts. Hints for misspelt keys and words are the nearest by
 * Levenshtein's distance. */
#include "experiments/config/options_lookup.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/words.h"
#include "experiments/config/option_rows.h"

/* The parts of the table as one, and its rows by key: a sweep of a thousand variants looks up each key
 * of each of them several times. */
enum { ROWS_MAX = 1024 };
static const cc_option *rows[ROWS_MAX];
static int row_count, by_key[ROWS_MAX];

/* For qsort: rows of one key stay in their order. */
static int compare_rows(const void *a, const void *b) {
    const int x = *(const int *)a, y = *(const int *)b, order = strcmp(rows[x]->key, rows[y]->key);
    return order ? order : x - y;
}

static void join_parts(void) {
    const cc_option_rows *parts[] = {&cc_option_rows_data,      &cc_option_rows_volumes,
                                     cc_option_rows_augment(),  cc_option_rows_net(),
                                     cc_option_rows_training(), cc_option_rows_report()};
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++)
        for (int i = 0; i < parts[p]->count; i++) {
            assert(row_count < ROWS_MAX);
            by_key[row_count] = row_count;
            rows[row_count++] = &parts[p]->rows[i];
        }
    qsort(by_key, (size_t)row_count, sizeof *by_key, compare_rows);
}

static void need_rows(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, join_parts);
}

int cc_option_count(void) {
    need_rows();
    return row_count;
}

const cc_option *cc_option_get(int row) {
    need_rows();
    return rows[row];
}

int cc_option_find(const char *key) {
    int low = 0, high = cc_option_count();
    /* The first place whose key is not before it. */
    while (low < high) {
        const int middle = (low + high) / 2;
        if (strcmp(rows[by_key[middle]]->key, key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < row_count && strcmp(rows[by_key[low]]->key, key) == 0 ? by_key[low] : -1;
}

/* Whether a key lies below a group. */
static bool lies_in(const char *key, const char *group, size_t length) {
    return strncmp(key, group, length) == 0 && key[length] == '.';
}

bool cc_option_is_group(const char *key) {
    for (int i = 0; i < cc_option_count(); i++)
        if (lies_in(cc_option_get(i)->key, key, strlen(key))) return true;
    return false;
}

/* Whether `word` is one of `words`, which '|' separates. */
static bool is_among(const char *words, const char *word) {
    size_t length = strlen(word);
    for (const char *next = words; next; next = strchr(next, '|')) {
        next += *next == '|';
        if (strncmp(next, word, length) == 0 && (next[length] == 0 || next[length] == '|')) return true;
    }
    return false;
}

void cc_option_words(char *out, size_t capacity, const char *words, const char *between) {
    size_t used = 0;
    out[0] = 0;
    for (size_t length; *words && used < capacity; words += length + (words[length] == '|')) {
        length = strcspn(words, "|");
        used +=
            (size_t)snprintf(out + used, capacity - used, "%s%.*s", used ? between : "", (int)length, words);
    }
}

const char *cc_option_word(const cc_option *option, const cc_experiment_config *config) {
    const void *place = (const char *)config + option->offset;
    if (option->kind == CC_OPTION_BOOLEAN) return *(const bool *)place ? "true" : "false";
    return *(const char *const *)place;
}

bool cc_option_holds(const cc_option *option, const cc_experiment_config *config, bool in_term) {
    if (option->only_term && !in_term) return false;
    if (!option->when) return true;
    const cc_option *by = cc_option_get(cc_option_find(option->when));
    if (by->kind == CC_OPTION_TEXTS) {
        const cc_text_list *list = (const void *)((const char *)config + by->offset);
        for (int i = 0; i < list->count; i++)
            if (is_among(option->is, list->items[i])) return true;
        return false;
    }
    const char *word = cc_option_word(by, config);
    return word && is_among(option->is, word);
}

void cc_option_format_real(char out[32], double value) {
    /* 17 digits always read back exactly, 15 often do. */
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(out, 32, "%.*g", digits, value);
        if (strtod(out, NULL) == value) break;
    }
    char *exponent = strchr(out, 'e');
    /* "1e-05" is a text to YAML 1.1: "1.0e-05" is a number. */
    if (!exponent || strchr(out, '.')) return;
    memmove(exponent + 2, exponent, strlen(exponent) + 1);
    memcpy(exponent, ".0", 2);
}

/* "from 0 to 1", "above 0 and up to 1", "from 0 to below 1". */
static void format_range(char out[80], const cc_option *o) {
    char low[32], high[32];
    cc_option_format_real(low, o->min);
    cc_option_format_real(high, o->max);
    snprintf(out, 80, "%s %s%s%s", o->above_min ? "above" : "from", low,
             o->above_min && o->below_max ? " and below "
             : o->above_min               ? " and up to "
             : o->below_max               ? " to below "
                                          : " to ",
             high);
}

/* "pad, scale". */
static void join_choices(char *out, size_t capacity, const cc_option *o) {
    size_t used = 0;
    for (int i = 0; o->choices[i] && used < capacity; i++)
        used += (size_t)snprintf(out + used, capacity - used, "%s%s", i ? ", " : "", o->choices[i]);
}

/* How many items a list has: "4", "at most 4", "2 to 8". */
static void format_count(char *out, size_t capacity, const cc_option *o) {
    if (o->least > 0 && o->least < o->most)
        snprintf(out, capacity, "%d to %d", o->least, o->most);
    else
        snprintf(out, capacity, "%s%d", o->least == 0 ? "at most " : "", o->most);
}

void cc_option_wants(char *out, size_t capacity, const cc_option *o) {
    char range[80], choices[256], count[32];
    format_range(range, o);
    join_choices(choices, sizeof choices, o);
    switch (o->kind) {
    case CC_OPTION_INTEGER:
        snprintf(out, capacity, "a whole number %s%s", range, o->initial || o->needed ? "" : ", or null");
        break;
    case CC_OPTION_SEED:
        snprintf(out, capacity, "a whole number from 0 to 2^63 - 1");
        break;
    case CC_OPTION_REAL:
        snprintf(out, capacity, "a number %s%s", range, o->initial ? "" : ", or null");
        break;
    case CC_OPTION_BOOLEAN:
        snprintf(out, capacity, "true or false");
        break;
    case CC_OPTION_CHOICE:
        snprintf(out, capacity, o->choices[1] ? "one of %s" : "%s", choices);
        break;
    case CC_OPTION_NAME:
        snprintf(out, capacity, "%s of letters, digits and . _ = , + -%s, %d characters at most",
                 o->most > 1 ? "folder names" : "a folder name", o->most > 1 ? ", joined by /" : "",
                 CC_NAME_MAX);
        break;
    case CC_OPTION_PATH:
        snprintf(out, capacity, "a path");
        break;
    case CC_OPTION_CONFIG:
        snprintf(out, capacity, "the FILE of an experiment, or FILE#VARIANT");
        break;
    case CC_OPTION_CONFIGS:
        snprintf(out, capacity, "a list of 1 to %d experiments, each its FILE or FILE#VARIANT", o->most);
        break;
    case CC_OPTION_INTEGERS:
    case CC_OPTION_EXTENTS:
        format_count(count, sizeof count, o);
        snprintf(out, capacity, "a list of %s whole numbers %s%s", count, range,
                 o->kind == CC_OPTION_EXTENTS ? ", or of lists of one number an axis" : "");
        break;
    case CC_OPTION_REALS:
        snprintf(out, capacity, "a list of %s%d numbers %s%s", o->count_offset ? "1 to " : "", o->most, range,
                 o->count_offset ? ", or null" : "");
        break;
    case CC_OPTION_TEXTS:
        snprintf(out, capacity, "a list of %s%d different words, each %s", o->least ? "1 to " : "at most ",
                 o->most, o->item_wants);
        break;
    case CC_OPTION_LOSSES:
        snprintf(out, capacity, "a list of 1 to %d losses", o->most);
        break;
    case CC_OPTION_HEADS:
        snprintf(out, capacity, "a map {NAME: CLASSES} of 1 to %d outputs, CLASSES a whole number %s",
                 o->most, range);
        break;
    case CC_OPTION_TARGETS:
        snprintf(out, capacity,
                 "one of %s, or a map {OUTPUT: WORD} of a net's outputs, WORD one of these or %s", choices,
                 CC_TARGET_REGIONS);
        break;
    case CC_OPTION_TEXT:
        snprintf(out, capacity, "a text of one line");
        break;
    case CC_OPTION_LABELS:
        snprintf(out, capacity, "a map {VARIANT: TEXT}");
        break;
    case CC_OPTION_CLAIMS:
        snprintf(out, capacity, "a list of maps {text, a, b, score, direction}, `b` being optional");
        break;
    }
}

/* Behind the last point of a key. */
static const char *last_part(const char *key) {
    const char *dot = strrchr(key, '.');
    return dot ? dot + 1 : key;
}

/* How near a known key is: as a whole, or, a little farther, by its last part, as for one in the wrong
 * group. */
static int key_distance(const char *unknown, const char *key) {
    /* A right last part in a wrong group is nearer than a wrong key as a whole. */
    int whole = cc_words_distance(unknown, key),
        part = cc_words_distance(last_part(unknown), last_part(key)) + 1;
    return whole < part ? whole : part;
}

/* Keeps the nearest of the groups of a key, and of the key itself. */
static void compare_key(char best[128], int *best_far, const char *unknown, const char *key) {
    char group[128];
    snprintf(group, sizeof group, "%s", key);
    for (char *dot = group + strlen(group); dot; dot = strrchr(group, '.')) {
        *dot = 0;
        int far = key_distance(unknown, group);
        if (far < *best_far) {
            *best_far = far;
            memcpy(best, group, sizeof group);
        }
    }
}

void cc_option_list(char *out, size_t capacity, const char *group) {
    size_t length = strlen(group), used = 0;
    const char *before = "";
    out[0] = 0;
    for (int i = 0; i < cc_option_count() && used < capacity; i++) {
        const char *key = cc_option_get(i)->key;
        if (length && !lies_in(key, group, length)) continue;
        key += length ? length + 1 : 0;
        size_t part = strcspn(key, ".");
        /* Keys of one group follow each other: the group is named once. */
        if (strncmp(before, key, part) == 0 && (before[part] == 0 || before[part] == '.')) continue;
        used += (size_t)snprintf(out + used, capacity - used, "%s%.*s", used ? ", " : "", (int)part, key);
        before = key;
    }
}

void cc_option_hint(char *out, size_t capacity, const char *unknown) {
    char best[128] = "", group[128];
    int far = CC_WORDS_FAR;
    for (int i = 0; i < cc_option_count(); i++) compare_key(best, &far, unknown, cc_option_get(i)->key);
    /* Two keys that are no options, and yet may be meant. */
    compare_key(best, &far, unknown, "matrix");
    compare_key(best, &far, unknown, "extends");
    if (cc_words_is_near(far, last_part(unknown))) {
        snprintf(out, capacity, "did you mean %s?", best);
        return;
    }
    const char *dot = strrchr(unknown, '.');
    snprintf(group, sizeof group, "%.*s", dot ? (int)(dot - unknown) : 0, unknown);
    int used = snprintf(out, capacity, "the keys %s%s are ", dot ? "of " : "here", group);
    if (used > 0 && (size_t)used < capacity) cc_option_list(out + used, capacity - (size_t)used, group);
}

void cc_option_hint_choice(char *out, size_t capacity, const cc_option *o, const char *word) {
    size_t count = 0;
    while (o->choices[count]) count++;
    const char *nearest = cc_words_nearest(word, o->choices, count);
    out[0] = 0;
    if (nearest) snprintf(out, capacity, "did you mean %s?", nearest);
}
