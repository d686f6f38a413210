/* experiments/parity/parity.c -- one line a quantity: what was compared, its relative error, its bound, the
 * verdict.
 *
 * An error is that of a whole array, not of its worst element: elements near zero have no relative error that
 * means anything. */
#include "experiments/parity/parity.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/file.h"
#include "core/log.h"

void cc_parity_report(cc_parity *parity, const cc_fixture *fixture, const char *where, const char *what,
                      double error, double bound) {
    bool good = error <= bound;
    printf("%-24s %-18s %-28s %10.2e %8.0e  %s%s%s%s\n", cc_path_name(fixture->path), where, what, error,
           bound, good ? "pass" : "FAIL", parity->note ? " (" : "", parity->note ? parity->note : "",
           parity->note ? ")" : "");
    if (good)
        parity->passed++;
    else
        parity->failed++;
}

double cc_parity_error(const double *got, const double *want, size_t count) {
    double difference = 0, size = 0;
    for (size_t i = 0; i < count; i++) {
        difference += (got[i] - want[i]) * (got[i] - want[i]);
        size += want[i] * want[i];
    }
    size = sqrt(size);
    /* A loss such as 1 - ratio is known to rounding of 1 only; the elements of a gradient to their own. */
    const double least = count == 1 ? 1e-9 : 1e-30;
    return sqrt(difference) / (size > least ? size : 1e-9);
}

void cc_parity_compare(cc_parity *parity, const cc_fixture *fixture, const char *where, const char *what,
                       const double *got, const double *want, size_t count, double bound) {
    cc_parity_report(parity, fixture, where, what, cc_parity_error(got, want, count), bound);
}

cc_status cc_parity_expect(cc_parity *parity, const cc_fixture *fixture, const char *where,
                           const char *object, const double *got, size_t count, double bound) {
    cc_fixture_array want;
    CC_TRY(cc_fixture_dataset(&want, fixture, object));
    if (want.count != count) return cc_fixture_fail(fixture, object, "is not as long as its inputs ask for");
    const char *name = strrchr(object, '/') + 1;
    cc_parity_compare(parity, fixture, where, name, got, want.values, count, bound);
    return CC_OK;
}

cc_status cc_parity_read_floats(const float **out, cc_fixture_array *array, const cc_fixture *fixture,
                                const char *object) {
    CC_TRY(cc_fixture_dataset(array, fixture, object));
    float *values = cc_arena_get_array(fixture->arena, array->count, sizeof *values);
    if (!values) return CC_ENOMEM;
    for (size_t i = 0; i < array->count; i++) values[i] = (float)array->values[i];
    *out = values;
    return CC_OK;
}

cc_status cc_parity_make_mask(const uint8_t **out, const cc_fixture_array *array, const cc_fixture *fixture) {
    uint8_t *mask = cc_arena_get(fixture->arena, array->count);
    if (!mask) return CC_ENOMEM;
    for (size_t i = 0; i < array->count; i++) mask[i] = array->values[i] != 0;
    *out = mask;
    return CC_OK;
}

/* The root's groups that no part belongs to are warned of; of "/tests/signs" that is "tests". */
static cc_status warn_of_others(const cc_fixture *fixture, const cc_parity_part *parts, size_t count) {
    char **names;
    size_t name_count;
    CC_TRY(cc_fixture_members(&names, &name_count, fixture, "/"));
    for (size_t i = 0; i < name_count; i++) {
        bool known = false;
        for (size_t p = 0; p < count; p++) {
            const char *group = parts[p].group + 1;
            known |=
                strlen(names[i]) == strcspn(group, "/") && strncmp(group, names[i], strlen(names[i])) == 0;
        }
        if (!known) cc_log(CC_LOG_WARNING, "%s: /%s is not checked", fixture->path, names[i]);
    }
    return CC_OK;
}

static bool is_beside(const char *const *beside, const char *name) {
    while (beside && *beside)
        if (strcmp(*beside++, name) == 0) return true;
    return false;
}

cc_status cc_parity_check_parts(cc_parity *parity, const cc_fixture *fixture, const cc_parity_part *parts,
                                size_t count) {
    CC_TRY(warn_of_others(fixture, parts, count));
    for (const cc_parity_part *p = parts; p < parts + count; p++) {
        char **names, member[256];
        size_t members;
        if (p->optional && !cc_fixture_has(fixture, p->group)) continue;
        if (!p->members) {
            CC_TRY(p->check(parity, fixture, p->group));
            continue;
        }
        CC_TRY(cc_fixture_members(&names, &members, fixture, p->group));
        for (size_t i = 0; i < members; i++) {
            if (is_beside(p->beside, names[i])) continue;
            snprintf(member, sizeof member, "%s/%.100s", p->group, names[i]);
            CC_TRY(p->check(parity, fixture, member));
        }
    }
    return CC_OK;
}
