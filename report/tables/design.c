/* report/tables/design.c -- from what rows differ in to options with levels.
 *
 * Options that always change together (a variant that sets width and depth at once) cannot be told apart by
 * such rows: they are one option with a joint name, so that no table shows an effect of one that is due to
 * the other. The samples of a search, where each option has a value of its own in every row, are not that. */
#include "report/tables/design.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The value of row r, or the word for an option that does not apply to it. */
static const char *value_of(const cc_differences *d, size_t row, size_t key) {
    const char *value = d->values[row * d->key_count + key];
    return value ? value : "not set";
}

/* A row takes part where it has a value of any option. */
static bool takes_part(const cc_differences *d, size_t row) {
    for (size_t k = 0; k < d->key_count; k++)
        if (d->values[row * d->key_count + k]) return true;
    return false;
}

/* Numbers the values of a key from 0 on, in the order of the rows: level_of[row_count]. */
static size_t number_levels(size_t *level_of, size_t *first_row, const cc_differences *d, size_t row_count,
                            size_t key) {
    size_t count = 0;
    for (size_t r = 0; r < row_count; r++) {
        level_of[r] = CC_DESIGN_NONE;
        if (!takes_part(d, r)) continue;
        size_t l = 0;
        while (l < count && strcmp(value_of(d, r, key), value_of(d, first_row[l], key)) != 0) l++;
        if (l == count) first_row[count++] = r;
        level_of[r] = l;
    }
    return count;
}

/* The option of a key. Levels that are numbers are sorted, and level_of with them. */
static cc_status make_option(cc_design_option *out, const cc_differences *d, size_t row_count, size_t key,
                             cc_arena *arena) {
    size_t *level_of = cc_arena_get_array(arena, row_count + 1, sizeof *level_of);
    size_t *first_row = cc_arena_get_array(arena, row_count + 1, 2 * sizeof *first_row);
    const char **levels = cc_arena_get_array(arena, row_count + 1, sizeof *levels);
    double *numbers = cc_arena_get_array(arena, row_count + 1, 2 * sizeof *numbers);
    if (!level_of || !first_row || !levels || !numbers) return CC_ENOMEM;
    size_t *place = first_row + row_count + 1;
    double *found = numbers + row_count + 1;
    const size_t count = number_levels(level_of, first_row, d, row_count, key);
    bool numeric = true;
    for (size_t l = 0; l < count; l++) {
        char *end;
        const char *text = value_of(d, first_row[l], key);
        found[l] = strtod(text, &end);
        numeric &= end != text && !*end && isfinite(found[l]);
    }
    /* A level's place is the number of those before it: smaller numbers, and equal ones of earlier rows
     * ("1" and "1.0"). */
    for (size_t l = 0; l < count; l++) {
        place[l] = numeric ? 0 : l;
        for (size_t m = 0; m < count && numeric; m++)
            place[l] += found[m] < found[l] || (found[m] == found[l] && m < l);
        levels[place[l]] = value_of(d, first_row[l], key);
        numbers[place[l]] = found[l];
    }
    for (size_t r = 0; r < row_count; r++)
        if (level_of[r] != CC_DESIGN_NONE) level_of[r] = place[level_of[r]];
    *out = (cc_design_option){d->keys[key], count, levels, numeric ? numbers : NULL, level_of};
    return CC_OK;
}

/* Whether two options are numbers drawn apart from each other, as a search draws them: each has a value of
 * its own in every row, and they rise neither together nor one against the other. Three rows are too few to
 * tell. */
static bool are_drawn_apart(const cc_design_option *a, const cc_design_option *b, size_t row_count) {
    size_t rows = 0, equal = 0, opposite = 0;
    if (!a->numbers || !b->numbers) return false;
    for (size_t r = 0; r < row_count; r++) {
        if (a->level_of[r] == CC_DESIGN_NONE) continue;
        rows++;
        equal += a->level_of[r] == b->level_of[r];
        opposite += a->level_of[r] + b->level_of[r] + 1 == a->level_count;
    }
    return rows > 3 && a->level_count == rows && b->level_count == rows && equal < rows && opposite < rows;
}

/* Whether two options change in the same rows: then the levels of one give those of the other, and back. */
static bool change_together(const cc_design_option *a, const cc_design_option *b, size_t row_count) {
    if (are_drawn_apart(a, b, row_count)) return false;
    for (size_t r = 0; r < row_count; r++)
        for (size_t s = 0; s < r; s++)
            if ((a->level_of[r] == a->level_of[s]) != (b->level_of[r] == b->level_of[s])) return false;
    return true;
}

/* Joins b's name and levels to a's: the levels are then no numbers, and stay in a's order. */
static cc_status join_options(cc_design_option *a, const cc_design_option *b, size_t row_count,
                              cc_arena *arena) {
    const char **levels = cc_arena_get_array(arena, a->level_count, sizeof *levels);
    a->name = cc_arena_format(arena, "%s, %s", a->name, b->name);
    if (!levels || !a->name) return CC_ENOMEM;
    for (size_t r = 0; r < row_count; r++) {
        const size_t l = a->level_of[r];
        if (l == CC_DESIGN_NONE || levels[l]) continue;
        levels[l] = cc_arena_format(arena, "%s, %s", a->levels[l], b->levels[b->level_of[r]]);
        if (!levels[l]) return CC_ENOMEM;
    }
    a->levels = levels;
    a->numbers = NULL;
    return CC_OK;
}

/* Whether two rows have the same level of every option. */
static bool same_cell(const cc_design *design, size_t a, size_t b) {
    for (size_t o = 0; o < design->option_count; o++)
        if (design->options[o].level_of[a] != design->options[o].level_of[b]) return false;
    return true;
}

/* Each combination of levels at most once, and at least three quarters of them: less is not a grid with
 * gaps, but a list of variants, of which an option's effect would be that of a pair of rows. */
static bool fills_grid(const cc_design *design) {
    double cells = 1, rows = 0;
    if (design->option_count == 0) return false;
    for (size_t o = 0; o < design->option_count; o++) cells *= (double)design->options[o].level_count;
    for (size_t r = 0; r < design->row_count; r++) {
        if (design->options[0].level_of[r] == CC_DESIGN_NONE) continue;
        rows++;
        for (size_t s = 0; s < r; s++)
            if (same_cell(design, r, s)) return false;
    }
    return 4 * rows >= 3 * cells;
}

cc_status cc_design_find(cc_design *out, const cc_table *table, const cc_differences *differences,
                         cc_arena *arena) {
    const size_t rows = table->row_count;
    cc_design_option *options = cc_arena_get_array(arena, differences->key_count + 1, sizeof *options);
    if (!options) return CC_ENOMEM;
    *out = (cc_design){.options = options, .row_count = rows};
    for (size_t k = 0; k < differences->key_count; k++) {
        cc_design_option option;
        size_t twin = 0;
        CC_TRY(make_option(&option, differences, rows, k, arena));
        while (twin < out->option_count && !change_together(&options[twin], &option, rows)) twin++;
        if (twin < out->option_count)
            CC_TRY(join_options(&options[twin], &option, rows, arena));
        else
            options[out->option_count++] = option;
    }
    out->is_grid = fills_grid(out);
    return CC_OK;
}

size_t cc_design_match(const cc_design *design, size_t row, size_t option, size_t level) {
    for (size_t r = 0; r < design->row_count; r++) {
        if (design->options[option].level_of[r] != level) continue;
        bool same = true;
        for (size_t o = 0; o < design->option_count && same; o++)
            same = o == option || design->options[o].level_of[r] == design->options[o].level_of[row];
        if (same) return r;
    }
    return CC_DESIGN_NONE;
}
