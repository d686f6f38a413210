/* datasets/split.c -- which slices train, validate and test.
 *
 * All ways deal units (patients, slices, slabs) to three parts and differ in what a unit is. Patients and
 * slices are permuted by a stream of random numbers that only the seed names (CC_PURPOSE_SPLIT), so that a
 * split does not change with the machine, and adding an augmentation or a thread moves no patient. The
 * tests hold splits of known seeds fixed: a change of the dealing is a change of every stored result. */
#include "datasets/split.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/rng.h"
#include "core/words.h"

enum { TRAIN, VALIDATION, TEST, PARTS, NO_PART = PARTS };

static const char *const share_keys[PARTS] = {"data.split.train", "data.split.validation", "data.split.test"};

/* How one split is being made. */
typedef struct split_job {
    const cc_slice_set *set;
    const cc_split_spec *spec;
    double shares[PARTS];
    uint64_t seed;
    uint8_t *part; /* [slices of the set] */
} split_job;

/* --- dealing --- */

/* Divides `total` by the shares: each gets its quota rounded down, the rest goes one by one to the largest
 * remainders, of equal ones to the first; then a part with a share but nothing takes one from the largest. */
static cc_status divide(size_t counts[PARTS], size_t total, const double shares[PARTS], const char *what) {
    double sum = 0, remainders[PARTS];
    size_t given = 0, wanted = 0;
    for (int i = 0; i < PARTS; i++) {
        sum += shares[i];
        wanted += shares[i] > 0;
    }
    if (total < wanted)
        return cc_fail(CC_ECONFIG, "data.split", "set a share to 0, or add data",
                       "%zu %s cannot fill %zu parts that have a share", total, what, wanted);
    for (int i = 0; i < PARTS; i++) {
        double quota = (double)total * shares[i] / sum;
        counts[i] = (size_t)quota;
        remainders[i] = shares[i] > 0 ? quota - floor(quota) : -1;
        given += counts[i];
    }
    /* At most PARTS - 1 units are left over by rounding down. */
    for (; given < total; given++) {
        int best = 0;
        for (int i = 1; i < PARTS; i++)
            if (remainders[i] > remainders[best]) best = i;
        counts[best]++;
        remainders[best] -= 1;
    }
    for (int i = 0; i < PARTS; i++) {
        if (shares[i] == 0 || counts[i] > 0) continue;
        int largest = 0;
        for (int k = 1; k < PARTS; k++)
            if (counts[k] > counts[largest]) largest = k;
        counts[largest]--;
        counts[i]++;
    }
    return CC_OK;
}

/* Deals `count` units, in this order, to the parts: training first, then validation, then test. */
static cc_status deal(uint8_t *part_of, const uint32_t *units, size_t count, const double shares[PARTS],
                      const char *what) {
    size_t counts[PARTS], next = 0;
    CC_TRY(divide(counts, count, shares, what));
    for (int part = 0; part < PARTS; part++)
        for (size_t i = 0; i < counts[part]; i++) part_of[units[next++]] = (uint8_t)part;
    return CC_OK;
}

/* --- the ways to split --- */

/* Whether the patients are of several groups. */
static bool is_grouped(const cc_slice_set *set) {
    for (size_t i = 1; i < cc_slice_set_patient_count(set); i++)
        if (cc_slice_set_group(set, i) != cc_slice_set_group(set, 0)) return true;
    return false;
}

/* Brings patients of one group together, the groups in ascending order; within a group the order stays. */
static void sort_by_group(uint32_t *patients, size_t count, const cc_slice_set *set) {
    for (size_t i = 1; i < count; i++) {
        uint32_t moved = patients[i];
        size_t at = i;
        for (; at > 0 && cc_slice_set_group(set, patients[at - 1]) > cc_slice_set_group(set, moved); at--)
            patients[at] = patients[at - 1];
        patients[at] = moved;
    }
}

/* Deals patients that are sorted by group: each goes to the part that is furthest behind its share so far, so
 * that any run of neighbours, a group above all, is divided like the whole. */
static cc_status deal_evenly(uint8_t *part_of, const uint32_t *patients, size_t count,
                             const double shares[PARTS], const char *what) {
    size_t counts[PARTS], given[PARTS] = {0};
    CC_TRY(divide(counts, count, shares, what));
    for (size_t i = 0; i < count; i++) {
        int behind = -1;
        double most = 0;
        for (int part = 0; part < PARTS; part++) {
            /* What the part should have by now, less what it has: counts * (i + 1) / count - given. */
            double shortfall = (double)counts[part] * (double)(i + 1) / (double)count - (double)given[part];
            if (given[part] == counts[part] || (behind >= 0 && shortfall <= most)) continue;
            behind = part;
            most = shortfall;
        }
        part_of[patients[i]] = (uint8_t)behind;
        given[behind]++;
    }
    return CC_OK;
}

static void permute(uint32_t *units, size_t count, uint64_t seed) {
    cc_rng rng = cc_rng_init(seed, CC_PURPOSE_SPLIT, 0, 0);
    cc_rng_permutation(&rng, units, (uint32_t)count);
}

/* Where the table says; units[*rest] becomes those who are to be dealt, in the order that they have. */
static cc_status place_patients(size_t *rest, uint8_t *part, uint32_t *units, const split_job *job) {
    const size_t count = cc_slice_set_patient_count(job->set);
    cc_split_place *places = malloc(count * sizeof *places);
    if (!places) return cc_fail_memory("split", count * sizeof *places);
    cc_status status = cc_split_table_apply(places, job->spec->table, job->set);
    for (size_t i = 0; status == CC_OK && i < count; i++) {
        const cc_split_place place = places[units[i]];
        /* Places are numbered as the parts are. */
        part[units[i]] = place == CC_SPLIT_OUT ? NO_PART : (uint8_t)place;
        if (place == CC_SPLIT_REST) units[(*rest)++] = units[i];
    }
    free(places);
    return status;
}

/* The order in which patients are dealt: the seed's, groups brought together where they are spread evenly,
 * which is what it returns. */
static bool order_patients(uint32_t *units, const split_job *job) {
    const size_t count = cc_slice_set_patient_count(job->set);
    const bool evenly = job->spec->stratify && is_grouped(job->set);
    permute(units, count, job->seed);
    if (evenly) sort_by_group(units, count, job->set);
    return evenly;
}

/* Every fold needs a patient. */
static cc_status need_patients(size_t count, int folds, const char *key) {
    if (count >= (size_t)folds) return CC_OK;
    return cc_fail(CC_ECONFIG, key, "use fewer folds", "%zu patients do not make %d folds", count, folds);
}

/* Puts one fold of `count` units into the test part; the others come first in units[], and are counted.
 * Position in the order modulo folds: folds differ by one patient at most. */
static size_t take_fold(uint8_t *part, uint32_t *units, size_t count, int folds, int fold) {
    size_t rest = 0;
    for (size_t i = 0; i < count; i++) {
        if (i % (size_t)folds == (size_t)fold)
            part[units[i]] = TEST;
        else
            units[rest++] = units[i];
    }
    return rest;
}

/* Deals whom `part` has in training and validation once more: an inner fold is tested, and who was tested
 * is in no part. `units` is room for a patient each. */
static cc_status deal_inner(const split_job *job, uint8_t *part, uint32_t *units) {
    const cc_split_spec *spec = job->spec;
    const size_t all = cc_slice_set_patient_count(job->set);
    const double shares[PARTS] = {job->shares[TRAIN], job->shares[VALIDATION], 0};
    const bool evenly = order_patients(units, job);
    size_t count = 0;
    for (size_t i = 0; i < all; i++) {
        const uint8_t was = part[units[i]];
        part[units[i]] = NO_PART;
        if (was == TRAIN || was == VALIDATION) units[count++] = units[i];
    }
    CC_TRY(need_patients(count, spec->inner_folds, "data.split.inner_folds"));
    count = take_fold(part, units, count, spec->inner_folds, spec->inner_fold);
    return (evenly ? deal_evenly : deal)(part, units, count, shares, "patients outside the inner fold");
}

/* Takes training patients out until a share of them is left. They stand in one order whatever the share: the
 * seed's or, stratified, by their place in their group, (rank + 1/2) / size, of which any beginning has of
 * every group about as much as the whole. */
static cc_status keep_share(const split_job *job, uint8_t *part, uint32_t *units) {
    const size_t all = cc_slice_set_patient_count(job->set);
    const bool evenly = job->spec->stratify && is_grouped(job->set);
    size_t count = 0;
    cc_rng rng = cc_rng_init(job->seed, CC_PURPOSE_TRAIN_SHARE, 0, 0);
    cc_rng_permutation(&rng, units, (uint32_t)all);
    for (size_t i = 0; i < all; i++)
        if (part[units[i]] == TRAIN) units[count++] = units[i];
    double *place = calloc(count + 1, sizeof *place);
    if (!place) return cc_fail_memory("split", count * sizeof *place);
    for (size_t i = 0; evenly && i < count; i++) {
        size_t rank = 0, size = 0;
        for (size_t k = 0; k < count; k++) {
            const bool same =
                cc_slice_set_group(job->set, units[k]) == cc_slice_set_group(job->set, units[i]);
            size += same;
            rank += same && k < i;
        }
        place[i] = ((double)rank + 0.5) / (double)size;
    }
    /* Insertion keeps the order of equal places. */
    for (size_t i = 1; i < count; i++) {
        const uint32_t unit = units[i];
        const double its = place[i];
        size_t at = i;
        for (; at > 0 && place[at - 1] > its; at--) units[at] = units[at - 1], place[at] = place[at - 1];
        units[at] = unit;
        place[at] = its;
    }
    const size_t kept = (size_t)(job->spec->train_share * (double)count + 0.5);
    for (size_t i = kept > 1 ? kept : 1; i < count; i++) part[units[i]] = NO_PART;
    free(place);
    return CC_OK;
}

/* `part` and `units` have room for a patient each. */
static cc_status deal_patients(split_job *job, uint8_t *part, uint32_t *units) {
    size_t count = cc_slice_set_patient_count(job->set), rest = 0;
    const bool evenly = order_patients(units, job);
    cc_status (*deal_by)(uint8_t *, const uint32_t *, size_t, const double[PARTS], const char *) =
        evenly ? deal_evenly : deal;
    const double shares[PARTS] = {job->shares[TRAIN], job->shares[VALIDATION], 0};
    if (job->spec->table) {
        CC_TRY(place_patients(&rest, part, units, job));
        return rest ? deal_by(part, units, rest, shares, "patients to be dealt") : CC_OK;
    }
    if (job->spec->fold == CC_SPLIT_NO_FOLD) return deal_by(part, units, count, job->shares, "patients");
    CC_TRY(need_patients(count, job->spec->folds, "data.folds"));
    rest = take_fold(part, units, count, job->spec->folds, job->spec->fold);
    return deal_by(part, units, rest, shares, "patients outside the fold");
}

static cc_status split_by_patient(split_job *job) {
    size_t count = cc_slice_set_patient_count(job->set);
    uint8_t *part = malloc(count);
    uint32_t *units = malloc(count * sizeof *units);
    cc_status status =
        part && units ? deal_patients(job, part, units) : cc_fail_memory("split", count * sizeof *units);
    if (status == CC_OK && job->spec->inner_folds) status = deal_inner(job, part, units);
    if (status == CC_OK && job->spec->train_share > 0) status = keep_share(job, part, units);
    for (size_t i = 0; status == CC_OK && i < cc_slice_set_count(job->set); i++)
        job->part[i] = part[cc_slice_set_get(job->set, i)->patient];
    free(part);
    free(units);
    return status;
}

static cc_status split_by_slice(split_job *job) {
    size_t count = cc_slice_set_count(job->set);
    uint32_t *units = malloc(count * sizeof *units);
    if (!units) return cc_fail_memory("split", count * sizeof *units);
    permute(units, count, job->seed);
    cc_status status = deal(job->part, units, count, job->shares, "slices");
    free(units);
    return status;
}

static cc_status split_by_slab(split_job *job) {
    size_t slab = 0, in_slab = 0, counts[PARTS] = {0};
    for (int i = 0; i < PARTS; i++)
        if (job->shares[i] != floor(job->shares[i]) || job->shares[i] > 1000)
            return cc_fail(CC_ECONFIG, share_keys[i], "e.g. 5, 1 and 1",
                           "%g is not a number of slabs (0 to 1000)", job->shares[i]);
    if (job->spec->slab < 1 || job->spec->slab > CC_SPLIT_SLAB_MAX)
        return cc_fail(CC_ECONFIG, "data.split.slab", NULL, "a slab has 1 to %d slices, not %d",
                       CC_SPLIT_SLAB_MAX, job->spec->slab);
    const size_t train = (size_t)job->shares[TRAIN], validation = (size_t)job->shares[VALIDATION];
    const size_t round = train + validation + (size_t)job->shares[TEST];
    for (size_t i = 0; i < cc_slice_set_count(job->set); i++, in_slab++) {
        /* A slab ends with its scan: it never joins slices of two. */
        const bool new_scan =
            i > 0 && cc_slice_set_get(job->set, i)->scan != cc_slice_set_get(job->set, i - 1)->scan;
        if (new_scan || in_slab == (size_t)job->spec->slab) {
            slab++;
            in_slab = 0;
        }
        /* Of each round of slabs the first go to training, the next to validation, the last to the test. */
        const size_t position = slab % round;
        job->part[i] = position < train ? TRAIN : position < train + validation ? VALIDATION : TEST;
        counts[job->part[i]]++;
    }
    for (int i = 0; i < PARTS; i++)
        if (job->shares[i] > 0 && counts[i] == 0)
            return cc_fail(CC_ECONFIG, share_keys[i], "use smaller slabs (data.split.slab) or shares",
                           "%zu slabs of %d slices leave nothing for it", slab + 1, job->spec->slab);
    return CC_OK;
}

static const struct {
    const char *name;
    cc_status (*split)(split_job *job);
    bool folds;
} ways[] = {
#define X(name, folds) {#name, split_by_##name, folds},
    CC_SPLIT_WAY_LIST(X)
#undef X
};
enum { WAYS = sizeof ways / sizeof *ways };

/* --- the whole --- */

/* Shares and folds that make sense for a way to split; the message names the key. */
static cc_status check(const split_job *job, bool makes_folds) {
    const cc_split_spec *spec = job->spec;
    if (spec->inner_folds && strcmp(spec->by, "patient") != 0)
        return cc_fail(CC_ECONFIG, "data.split.inner_folds", "use data.split.by: patient",
                       "folds are made of patients, not by %s", spec->by);
    if (spec->inner_folds && (spec->inner_fold < 0 || spec->inner_fold >= spec->inner_folds))
        return cc_fail(CC_ECONFIG, "data.split.inner_fold", NULL, "fold %d is not in 0 to %d",
                       spec->inner_fold, spec->inner_folds - 1);
    if (!(spec->train_share >= 0 && spec->train_share <= 1))
        return cc_fail(CC_ECONFIG, "data.train_share", NULL, "%g is no share of 0 to 1", spec->train_share);
    if (spec->train_share > 0 && strcmp(spec->by, "patient") != 0)
        return cc_fail(CC_ECONFIG, "data.train_share", "use data.split.by: patient",
                       "it is a share of patients, and the split is by %s", spec->by);
    /* A fold, or a table, stands in for the test's share. */
    const bool test_is_named = spec->fold != CC_SPLIT_NO_FOLD || spec->table;
    double sum = 0;
    for (int i = 0; i < (test_is_named ? TEST : PARTS); i++) {
        if (!(job->shares[i] >= 0 && job->shares[i] <= CC_SPLIT_SHARE_MAX))
            return cc_fail(CC_ECONFIG, share_keys[i], NULL, "a share is 0 or more, not %g", job->shares[i]);
        sum += job->shares[i];
    }
    if (!(sum > 0))
        return cc_fail(CC_ECONFIG, "data.split", "e.g. {train: 60, validation: 20, test: 20}",
                       test_is_named ? "the shares of train and validation are 0" : "all shares are 0");
    if (!test_is_named || spec->table) return CC_OK; /* a table has its own folds */
    if (!makes_folds)
        return cc_fail(CC_ECONFIG, "data.fold", "use data.split.by: patient, or fold: null",
                       "folds are made of patients, not by %s", spec->by);
    if (spec->folds < 2)
        return cc_fail(CC_ECONFIG, "data.folds", NULL, "there are at least 2 folds, not %d", spec->folds);
    if (spec->fold < 0 || spec->fold >= spec->folds)
        return cc_fail(CC_ECONFIG, "data.fold", NULL, "fold %d is not in 0 to %d", spec->fold,
                       spec->folds - 1);
    return CC_OK;
}

/* The slices of one part, in the set's order. */
static cc_status gather(cc_split_part *out, const split_job *job, int part) {
    size_t all = cc_slice_set_count(job->set), count = 0;
    for (size_t i = 0; i < all; i++) count += job->part[i] == part;
    out->slices = malloc((count ? count : 1) * sizeof *out->slices);
    if (!out->slices) return cc_fail_memory("split", count * sizeof *out->slices);
    for (size_t i = 0; i < all; i++)
        if (job->part[i] == part) out->slices[out->count++] = (uint32_t)i;
    return CC_OK;
}

cc_status cc_split_make(cc_split *out, const cc_slice_set *set, const cc_split_spec *spec, uint64_t seed) {
    cc_status status = CC_OK;
    cc_split split = {0};
    const size_t count = cc_slice_set_count(set);
    assert(count > 0 && count <= UINT32_MAX);
    /* The way to split, by its name. */
    const char *names[WAYS];
    char hint[64] = "use ";
    size_t way = 0;
    for (size_t i = 0; i < WAYS; i++) names[i] = ways[i].name;
    while (way < WAYS && !(spec->by && strcmp(names[way], spec->by) == 0)) way++;
    if (way == WAYS) {
        cc_words_or(hint + 4, sizeof hint - 4, names, WAYS);
        return cc_fail(CC_ECONFIG, "data.split.by", hint, "\"%s\" is no way to split",
                       spec->by ? spec->by : "");
    }
    /* Deal: a part for each slice of the set. */
    split_job job = {.set = set,
                     .spec = spec,
                     .shares = {spec->train, spec->validation, spec->test},
                     .seed = seed,
                     .part = malloc(count)};
    if (!job.part) return cc_fail_memory("split", count);
    memset(job.part, NO_PART, count);
    CC_CHECK(check(&job, ways[way].folds));
    CC_CHECK(ways[way].split(&job));
    /* Gather: a list of slices for each part. */
    CC_CHECK(gather(&split.train, &job, TRAIN));
    CC_CHECK(gather(&split.validation, &job, VALIDATION));
    CC_CHECK(gather(&split.test, &job, TEST));
    assert(strcmp(spec->by, "patient") != 0 || !cc_split_leaks(&split, set));
    *out = split;
    split = (cc_split){0};
done:
    cc_split_deinit(&split);
    free(job.part);
    return status;
}

cc_status cc_split_folds(int *folds, const cc_slice_set *set, const cc_split_spec *spec, uint64_t seed) {
    const size_t count = cc_slice_set_patient_count(set);
    const split_job job = {.set = set, .spec = spec, .seed = seed};
    CC_TRY(need_patients(count, spec->folds, "data.folds"));
    uint32_t *units = malloc(count * sizeof *units);
    if (!units) return cc_fail_memory("split", count * sizeof *units);
    (void)order_patients(units, &job);
    for (size_t i = 0; i < count; i++) folds[units[i]] = (int)(i % (size_t)spec->folds);
    free(units);
    return CC_OK;
}

cc_status cc_split_all(cc_split_part *out, const cc_slice_set *set) {
    out->count = cc_slice_set_count(set);
    out->slices = malloc(out->count * sizeof *out->slices);
    if (!out->slices) return cc_fail_memory("slices", out->count * sizeof *out->slices);
    for (size_t i = 0; i < out->count; i++) out->slices[i] = (uint32_t)i;
    return CC_OK;
}

void cc_split_deinit(cc_split *split) {
    free(split->train.slices);
    free(split->validation.slices);
    free(split->test.slices);
    *split = (cc_split){0};
}

/* Parts list slices in the set's order, and so patients too: two parts are walked side by side. */
static bool share_a_patient(const cc_split_part *a, const cc_split_part *b, const cc_slice_set *set) {
    for (size_t i = 0, k = 0; i < a->count && k < b->count;) {
        uint32_t p = cc_slice_set_get(set, a->slices[i])->patient;
        uint32_t q = cc_slice_set_get(set, b->slices[k])->patient;
        if (p == q) return true;
        if (p < q)
            i++;
        else
            k++;
    }
    return false;
}

bool cc_split_leaks(const cc_split *split, const cc_slice_set *set) {
    return share_a_patient(&split->train, &split->validation, set) ||
           share_a_patient(&split->train, &split->test, set) ||
           share_a_patient(&split->validation, &split->test, set);
}
