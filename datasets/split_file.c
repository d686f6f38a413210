/* datasets/split_file.c -- rows out of JSON or of a table, sorted by patient; then laid on the patients of a
 * set, which are sorted alike. Nothing is assumed: whom the file does not name, or the set does not have, is
 * an error. */
#include "datasets/split_file.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "core/file.h"
#include "core/table.h"
#include "core/utf8.h"

enum { BYTES_MAX = 64 << 20, FOLDS_MAX = 1000, SHOWN_MAX = 5, NO_FOLD = -1 };

/* What the file says of a patient: a place, or, in a table of folds, the number of his fold or NO_FOLD. */
typedef struct saying {
    const char *patient;
    int what;
    int line; /* 0: JSON, which keeps no lines */
} saying;

typedef struct list {
    const char *path;
    bool of_folds;
    saying *items;
    size_t count;
} list;

/* "train", "fold 2", "none". */
static void describe(char out[32], const list *l, int what) {
    static const char *const names[CC_SPLIT_PLACES] = {"train", "validation", "test", "train", "none"};
    if (l->of_folds && what != NO_FOLD)
        snprintf(out, 32, "fold %d", what);
    else
        snprintf(out, 32, "%s", names[l->of_folds ? CC_SPLIT_OUT : what]);
}

/* "splits.csv:7", or the file alone. */
static void where_of(char out[512], const list *l, int line) {
    if (line)
        snprintf(out, 512, "%.490s:%d", l->path, line);
    else
        snprintf(out, 512, "%.500s", l->path);
}

static int by_patient(const void *a, const void *b) {
    const saying *x = a, *y = b;
    const int order = strcmp(x->patient, y->patient);
    return order ? order : (x->line > y->line) - (x->line < y->line);
}

/* Sorts what is said and joins what is said of one patient, which must be the same. */
static cc_status join(list *l) {
    size_t kept = 0;
    if (l->count) qsort(l->items, l->count, sizeof *l->items, by_patient);
    for (size_t i = 0; i < l->count; i++) {
        const saying *said = &l->items[i], *before = kept ? &l->items[kept - 1] : NULL;
        if (!before || strcmp(before->patient, said->patient) != 0) {
            l->items[kept++] = *said;
            continue;
        }
        if (before->what == said->what) continue;
        char where[512], here[32], there[32], line[32] = "";
        where_of(where, l, said->line);
        describe(here, l, said->what);
        describe(there, l, before->what);
        if (before->line) snprintf(line, sizeof line, " at line %d", before->line);
        return cc_fail(CC_EFORMAT, where, "a patient is in one part", "patient %s is in %s here, and in %s%s",
                       said->patient, here, there, line);
    }
    l->count = kept;
    return CC_OK;
}

/* --- JSON --- */

static cc_status add_names(list *l, const json_t *entry, const char *key, size_t number, cc_split_place place,
                           cc_arena *arena) {
    const json_t *names = json_object_get(entry, key);
    if (!json_is_array(names))
        return cc_fail(CC_EFORMAT, l->path, "as in [{\"train\": [\"a\"], \"val\": [\"b\"]}]",
                       "entry %zu has no list \"%s\"", number, key);
    for (size_t i = 0; i < json_array_size(names); i++) {
        const json_t *name = json_array_get(names, i);
        if (!json_is_string(name))
            return cc_fail(CC_EFORMAT, l->path, NULL, "entry %zu: \"%s\"[%zu] is no patient's name", number,
                           key, i);
        const char *copy = cc_arena_copy(arena, json_string_value(name));
        if (!copy) return CC_ENOMEM;
        l->items[l->count++] = (saying){.patient = copy, .what = place};
    }
    return CC_OK;
}

/* Every entry is looked at, so that a broken fourth fold is said before the first trains; that of `fold`
 * stays. */
static cc_status read_entries(list *l, const json_t *whole, int fold, cc_arena *arena) {
    const size_t count = json_array_size(whole);
    if (!json_is_array(whole) || count == 0)
        return cc_fail(CC_EFORMAT, l->path, "as in [{\"train\": [\"a\"], \"val\": [\"b\"]}]",
                       "it is no list of splits");
    if (fold == CC_SPLIT_NO_FOLD && count > 1)
        return cc_fail(CC_ECONFIG, "data.fold", "choose one, from 0", "%s holds %zu folds", l->path, count);
    if (fold == CC_SPLIT_NO_FOLD) fold = 0; /* the only one */
    if ((size_t)fold >= count)
        return cc_fail(CC_ECONFIG, "data.fold", "folds count from 0", "%s holds %zu folds, and none is %d",
                       l->path, count, fold);
    for (size_t i = 0; i <= count; i++) { /* the chosen one last */
        const size_t number = i < count ? i : (size_t)fold;
        const json_t *entry = json_array_get(whole, number);
        const size_t names =
            json_array_size(json_object_get(entry, "train")) + json_array_size(json_object_get(entry, "val"));
        l->count = 0;
        l->items = cc_arena_get_array(arena, names + 1, sizeof *l->items);
        if (!l->items) return CC_ENOMEM;
        CC_TRY(add_names(l, entry, "train", number, CC_SPLIT_REST, arena));
        CC_TRY(add_names(l, entry, "val", number, CC_SPLIT_TEST, arena));
        CC_TRY(join(l));
    }
    return CC_OK;
}

static cc_status read_json(list *l, const char *text, size_t bytes, int fold, cc_arena *arena) {
    json_error_t error;
    json_t *whole = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &error);
    if (!whole) {
        char where[512];
        where_of(where, l, error.line);
        return cc_fail(CC_EFORMAT, where, NULL, "no JSON: %s", error.text);
    }
    cc_status status = read_entries(l, whole, fold, arena);
    json_decref(whole);
    return status;
}

/* --- tables --- */

static bool is_none(const char *word) {
    return !word[0] || strcasecmp(word, "none") == 0;
}

static cc_status read_set(int *out, const cc_table *t, size_t row, int column) {
    static const struct {
        const char *word;
        cc_split_place place;
    } words[] = {{"train", CC_SPLIT_TRAIN},
                 {"training", CC_SPLIT_TRAIN},
                 {"val", CC_SPLIT_VALIDATION},
                 {"validation", CC_SPLIT_VALIDATION},
                 {"test", CC_SPLIT_TEST}};
    const char *word = cc_table_cell(t, row, column);
    *out = CC_SPLIT_OUT;
    if (is_none(word)) return CC_OK;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(words[i].word, word) == 0) {
            *out = words[i].place;
            return CC_OK;
        }
    return cc_table_fail(t, row, column, "train, validation, test or none", "\"%.60s\" is no set", word);
}

static cc_status read_fold(int *out, const cc_table *t, size_t row, int column) {
    char *end;
    const char *word = cc_table_cell(t, row, column);
    *out = NO_FOLD;
    if (is_none(word)) return CC_OK;
    const long number = strtol(word, &end, 10);
    if (*end || number < 0 || number >= FOLDS_MAX)
        return cc_table_fail(t, row, column, "a whole number from 0, or none", "\"%.60s\" is no fold", word);
    *out = (int)number;
    return CC_OK;
}

/* Folds must be 0, 1, ... without a gap; of the one asked for the numbers become places. */
static cc_status choose_fold(list *l, int fold) {
    bool there[FOLDS_MAX] = {false};
    int most = -1;
    for (size_t i = 0; i < l->count; i++) {
        if (l->items[i].what == NO_FOLD) continue;
        there[l->items[i].what] = true;
        if (l->items[i].what > most) most = l->items[i].what;
    }
    for (int k = 0; k <= most; k++)
        if (!there[k])
            return cc_fail(CC_EFORMAT, l->path, "folds count from 0, as data.fold does",
                           "column fold: there is a fold %d, but no patient is in %d", most, k);
    if (most < 1)
        return cc_fail(CC_EFORMAT, l->path, "cross-validation has at least 2 folds", "column fold: %s",
                       most < 0 ? "no patient is in a fold" : "all patients are in one fold");
    if (fold > most)
        return cc_fail(CC_ECONFIG, "data.fold", "folds count from 0", "%s holds %d folds, and none is %d",
                       l->path, most + 1, fold);
    for (size_t i = 0; i < l->count; i++) {
        const int what = l->items[i].what;
        /* The tested fold is fixed; who of the others validates is dealt, as by data.folds. */
        l->items[i].what = what == NO_FOLD ? CC_SPLIT_OUT : what == fold ? CC_SPLIT_TEST : CC_SPLIT_REST;
    }
    l->of_folds = false;
    return CC_OK;
}

static cc_status read_table(list *l, int fold, cc_arena *arena) {
    cc_table t;
    int patient, set, folds;
    CC_TRY(cc_table_read(&t, l->path, arena));
    CC_TRY(cc_table_need(&patient, &t, "patient"));
    set = cc_table_find(&t, "set");
    folds = cc_table_find(&t, "fold");
    if (set == CC_TABLE_NO_COLUMN && folds == CC_TABLE_NO_COLUMN)
        return cc_fail(CC_EFORMAT, l->path,
                       "set is train, validation, test or none; fold is 0, 1, ... or none",
                       "it has no column set, and no column fold");
    if (fold == CC_SPLIT_NO_FOLD && set == CC_TABLE_NO_COLUMN)
        return cc_fail(CC_ECONFIG, "data.fold", "choose one, from 0", "%s tells folds, and none is chosen",
                       l->path);
    if (fold != CC_SPLIT_NO_FOLD && folds == CC_TABLE_NO_COLUMN)
        return cc_fail(CC_ECONFIG, "data.fold", "leave it out", "%s tells sets, not folds", l->path);
    l->of_folds = fold != CC_SPLIT_NO_FOLD; /* with both columns, what the config asks for */
    l->items = cc_arena_get_array(arena, t.rows + 1, sizeof *l->items);
    if (!l->items) return CC_ENOMEM;
    for (size_t i = 0; i < t.rows; i++) {
        saying *said = &l->items[l->count++];
        *said = (saying){.patient = cc_table_cell(&t, i, patient), .line = t.lines[i]};
        if (!said->patient[0]) return cc_table_fail(&t, i, patient, NULL, "it is empty");
        CC_TRY(l->of_folds ? read_fold(&said->what, &t, i, folds) : read_set(&said->what, &t, i, set));
    }
    CC_TRY(join(l));
    return l->of_folds ? choose_fold(l, fold) : CC_OK;
}

/* --- the whole --- */

/* JSON begins with its list; a table does not, as no patient's column is called so. */
static bool is_json(const char *text) {
    if (strncmp(text, "\xEF\xBB\xBF", 3) == 0) text += 3;
    const char first = text[strspn(text, " \t\r\n")];
    return first == '[' || first == '{';
}

/* `has` tells which places somebody is at. */
static cc_status need_parts(const char *path, const bool has[CC_SPLIT_PLACES], const char *of) {
    const char *empty = !has[CC_SPLIT_TRAIN] && !has[CC_SPLIT_REST]        ? "train"
                        : !has[CC_SPLIT_VALIDATION] && !has[CC_SPLIT_REST] ? "validation"
                        : !has[CC_SPLIT_TEST]                              ? "test"
                                                                           : NULL;
    return empty ? cc_fail(CC_EFORMAT, path, "each part needs a patient", "%s is for %s", of, empty) : CC_OK;
}

cc_status cc_split_table_read(cc_split_table *out, const char *path, int fold, cc_arena *arena) {
    char *text;
    size_t bytes;
    bool has[CC_SPLIT_PLACES] = {false};
    list l = {.path = cc_arena_copy(arena, path)};
    if (!l.path) return CC_ENOMEM;
    CC_TRY(cc_file_read(&text, &bytes, path, BYTES_MAX, arena));
    CC_TRY(is_json(text) ? read_json(&l, text, bytes, fold, arena) : read_table(&l, fold, arena));
    cc_split_row *rows = cc_arena_get_array(arena, l.count + 1, sizeof *rows);
    if (!rows) return CC_ENOMEM;
    for (size_t i = 0; i < l.count; i++) {
        rows[i] = (cc_split_row){l.items[i].patient, (cc_split_place)l.items[i].what, l.items[i].line};
        has[rows[i].place] = true;
    }
    *out = (cc_split_table){.path = l.path, .rows = rows, .count = l.count};
    return need_parts(l.path, has, "no patient");
}

cc_status cc_split_table_digest(cc_digest_text *out, const cc_split_table *table) {
    cc_digest *digest = cc_digest_create();
    if (!digest) return CC_ENOMEM;
    for (size_t i = 0; i < table->count; i++) { /* by patient: the order of the file does not count */
        const uint8_t place = (uint8_t)table->rows[i].place;
        cc_digest_add_string(digest, table->rows[i].patient);
        cc_digest_add(digest, &place, 1);
    }
    *out = cc_digest_finish(digest);
    cc_digest_destroy(digest);
    return CC_OK;
}

/* Up to SHOWN_MAX names, and how many more. */
typedef struct names {
    char text[400];
    size_t count;
    int line; /* of the first */
} names;

static void add_name(names *n, const char *name, int line) {
    char shown[CC_PATIENT_NAME_BYTES + 1];
    const size_t used = strlen(n->text);
    cc_utf8_escape(shown, sizeof shown, name);
    if (n->count < SHOWN_MAX)
        snprintf(n->text + used, sizeof n->text - used, "%s%s", used ? ", " : "", shown);
    if (n->count == 0) n->line = line;
    n->count++;
}

static void end_names(names *n) {
    const size_t used = strlen(n->text);
    if (n->count > SHOWN_MAX)
        snprintf(n->text + used, sizeof n->text - used, " and %zu more", n->count - SHOWN_MAX);
}

/* Named rightly, but left out by data.skip_broken. */
static bool is_broken(const cc_slice_set *set, const char *patient) {
    size_t count;
    const cc_slice_broken *broken = cc_slice_set_broken(&count, set);
    for (size_t i = 0; i < count; i++)
        if (strcmp(broken[i].patient, patient) == 0) return true;
    return false;
}

cc_status cc_split_table_apply(cc_split_place *places, const cc_split_table *table, const cc_slice_set *set) {
    names unknown = {.count = 0}, unnamed = {.count = 0};
    bool has[CC_SPLIT_PLACES] = {false};
    char where[512];
    const size_t count = cc_slice_set_patient_count(set);
    const list l = {.path = table->path};
    /* Both are sorted by name, as bytes: one walk over the two. */
    for (size_t p = 0, r = 0; p < count || r < table->count;) {
        const char *patient = p < count ? cc_slice_set_patient(set, p) : NULL;
        const cc_split_row *row = r < table->count ? &table->rows[r] : NULL;
        const int order = !patient ? 1 : !row ? -1 : strcmp(patient, row->patient);
        if (order < 0) add_name(&unnamed, patient, 0);
        if (order > 0 && !is_broken(set, row->patient)) add_name(&unknown, row->patient, row->line);
        if (order == 0) has[places[p] = row->place] = true;
        p += order <= 0;
        r += order >= 0;
    }
    end_names(&unknown);
    end_names(&unnamed);
    where_of(where, &l, unknown.line);
    if (unknown.count)
        return cc_fail(CC_EFORMAT, where, "names are compared as they are, letter case too",
                       "the dataset has no patient of the name%s %s", unknown.count > 1 ? "s" : "",
                       unknown.text);
    if (unnamed.count)
        return cc_fail(CC_EFORMAT, table->path, "name all; in a table the set none leaves a patient out",
                       "%zu patient%s of the dataset %s not named: %s", unnamed.count,
                       unnamed.count > 1 ? "s" : "", unnamed.count > 1 ? "are" : "is", unnamed.text);
    return need_parts(table->path, has, "no patient that the dataset has");
}
