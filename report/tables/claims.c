/* report/tables/claims.c -- the claims of a table, tested and judged.
 *
 * A claim names two rows, or one that is said to be the highest (lowest) of all. Its rows are compared on
 * the patients that all of them have a score of, seed by seed where they share seeds. It holds where two
 * things agree: the exact permutation test of the patients' means (Holm-adjusted over all claims of the
 * table; of several rivals max-T), and the 95 % interval over seeds and patients, which leaves out zero.
 * Patients alone would call a difference real that another seed turns round; seeds alone one that other
 * patients would.
 *
 * Where a test of n patients cannot reach its level, whatever they show, that is said in place of "not
 * resolved": 2 of 2^n patterns of signs are as extreme as the most extreme one. Source of the tests:
 * metrics/paired.h. */
#include "report/tables/claims.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "metrics/statistics.h"
#include "report/tables/patients.h"

/* One row that a claim's row is compared with. */
typedef struct rival {
    const cc_table_row *row;
    cc_table_pairs pairs;
    cc_paired_result result;
    double p; /* adjusted for all rivals */
    double p_equivalence;
} rival;

/* What is known of a claim before all of them are adjusted together. */
typedef struct outcome {
    bool tested;
    /* Every rival's interval leaves out zero on the claim's side; where the claim fails, that of the rival
     * that settles it does on the other. */
    bool clear;
    double p_least;
} outcome;

/* --- one claim's rivals --- */

/* The rows that a claim is about: a's rivals that share a patient with it. */
static cc_status find_rivals(rival **out, size_t *count, const cc_table *table, const cc_spec_claim *claim,
                             const cc_table_row *a, cc_arena *arena) {
    rival *rivals = cc_arena_get_array(arena, table->row_count + 1, sizeof *rivals);
    if (!rivals) return CC_ENOMEM;
    *out = rivals;
    *count = 0;
    for (const cc_table_row *row = table->rows; row < table->rows + table->row_count; row++) {
        const char *const *names;
        size_t common;
        if (row == a || row->run_count == 0 || row->patient_count == 0) continue;
        /* A claim may name a baseline; "the highest" is among rows of runs. */
        if (claim->b ? strcmp(row->spec->label, claim->b) != 0 : row->spec->source != CC_SOURCE_RUNS)
            continue;
        CC_TRY(cc_table_common_patients(&names, &common, (const cc_table_row *[]){a, row}, 2, claim->score,
                                        arena));
        if (common) rivals[(*count)++].row = row;
    }
    return CC_OK;
}

/* Compares a with every rival, on the patients that all of them have. */
static cc_status compare_rivals(rival *rivals, size_t count, const cc_table_row *a, const cc_spec *spec,
                                cc_score score, cc_arena *arena) {
    const char *const *names;
    size_t patients;
    const cc_table_row **rows = cc_arena_get_array(arena, count + 1, sizeof *rows);
    if (!rows) return CC_ENOMEM;
    rows[0] = a;
    for (size_t i = 0; i < count; i++) rows[i + 1] = rivals[i].row;
    CC_TRY(cc_table_common_patients(&names, &patients, rows, count + 1, score, arena));
    if (patients == 0) return CC_OK;

    /* [rivals][patients], of means over seeds: one pattern of signs for all rivals. */
    double *means = cc_arena_get_array(arena, count * patients, sizeof *means);
    double *adjusted = cc_arena_get_array(arena, count, sizeof *adjusted);
    if (!means || !adjusted) return CC_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        rival *r = &rivals[i];
        CC_TRY(cc_table_pair(&r->pairs, a, r->row, names, patients, score, arena));
        const double *d = r->pairs.differences;
        CC_TRY(cc_paired_compare(&r->result, d, r->pairs.seeds, patients));
        for (size_t k = 0; k < r->pairs.seeds * patients; k++)
            means[i * patients + k % patients] += d[k] / (double)r->pairs.seeds;
        r->p = r->result.p;
        r->p_equivalence = NAN;
        if (spec->margin > 0 && patients >= 2)
            CC_TRY(cc_paired_equivalence(&r->p_equivalence, d, r->pairs.seeds, patients, spec->margin));
    }
    if (count == 1) return CC_OK;
    CC_TRY(cc_paired_max_t(adjusted, means, count, patients));
    for (size_t i = 0; i < count; i++) rivals[i].p = adjusted[i];
    return CC_OK;
}

/* The rival that decides: where a leads all of them, the one with the largest p, which must be settled for
 * the claim to hold; else, of those that lead a, the one with the smallest, which settles that it does
 * not. */
static const rival *find_decider(const rival *rivals, size_t count, double sign) {
    const rival *last = NULL, *against = NULL;
    for (const rival *r = rivals; r < rivals + count; r++) {
        if (!last || r->p > last->p) last = r;
        if (sign * r->result.mean < 0 && (!against || r->p < against->p)) against = r;
    }
    return against ? against : last;
}

/* Whether an interval leaves out zero, on the side of `sign`. */
static bool is_clear(const cc_paired_result *result, double sign) {
    return sign > 0 ? result->low > 0 : result->high < 0;
}

/* Tests one claim by itself. */
static cc_status test_claim(cc_table_claim *claim, outcome *o, const cc_table *table, cc_arena *arena) {
    rival *rivals;
    size_t count;
    const cc_spec_claim *spec = claim->spec;
    const double sign = spec->higher ? 1 : -1;
    claim->a = cc_table_row_find(table, spec->a);
    claim->b = spec->b ? cc_table_row_find(table, spec->b) : NULL;
    claim->p = claim->p_adjusted = claim->p_equivalence = NAN;
    if (!claim->a) return CC_OK;
    CC_TRY(find_rivals(&rivals, &count, table, spec, claim->a, arena));
    if (count == 0) return CC_OK;
    CC_TRY(compare_rivals(rivals, count, claim->a, table->spec, spec->score, arena));
    if (rivals->result.patients == 0) return CC_OK;

    const rival *decider = find_decider(rivals, count, sign);
    const bool against = sign * decider->result.mean < 0;
    claim->b = decider->row;
    claim->rivals = count;
    claim->seeds_matched = decider->pairs.seeds_matched;
    claim->result = decider->result;
    claim->p = decider->p;
    o->tested = true;
    o->p_least = decider->result.p_least;
    o->clear = is_clear(&decider->result, against ? -sign : sign);
    for (const rival *r = rivals; r < rivals + count; r++) {
        if (!against) o->clear &= is_clear(&r->result, sign);
        /* Equivalent to all of them, where it is to the one that differs most. */
        if (r == rivals || r->p_equivalence > claim->p_equivalence) claim->p_equivalence = r->p_equivalence;
    }
    return CC_OK;
}

/* --- all claims together --- */

/* Holm's adjustment of the claims that were tested; `p` is replaced. */
static cc_status adjust(double *p, const outcome *outcomes, size_t count, cc_arena *arena) {
    size_t used = 0;
    double *packed = cc_arena_get_array(arena, count + 1, sizeof *packed);
    if (!packed) return CC_ENOMEM;
    for (size_t i = 0; i < count; i++)
        if (outcomes[i].tested && !isnan(p[i])) packed[used++] = p[i];
    if (used) CC_TRY(cc_statistics_holm(packed, packed, used));
    used = 0;
    for (size_t i = 0; i < count; i++)
        if (outcomes[i].tested && !isnan(p[i])) p[i] = packed[used++];
    return CC_OK;
}

/* The smallest adjusted p that claim `at` could have reached with its patients, the others being as they
 * are. */
static cc_status reach(double *least, size_t at, const cc_table_claim *claims, const outcome *outcomes,
                       size_t count, cc_arena *arena) {
    double *p = cc_arena_get_array(arena, count + 1, sizeof *p);
    if (!p) return CC_ENOMEM;
    for (size_t i = 0; i < count; i++) p[i] = i == at ? outcomes[i].p_least : claims[i].p;
    CC_TRY(adjust(p, outcomes, count, arena));
    *least = p[at];
    return CC_OK;
}

/* Sets a claim's verdict. `least` is what its adjusted p could have reached. */
static cc_status set_verdict(cc_table_claim *claim, const outcome *o, double least, double margin,
                             cc_arena *arena) {
    const cc_paired_result *result = &claim->result;
    const bool for_it = (result->mean > 0) == claim->spec->higher;
    /* One seed's interval says nothing that the test of equivalence does not. */
    const bool within = result->seeds < 2 || (result->low > -margin && result->high < margin);
    if (!o->tested)
        claim->verdict = CC_VERDICT_UNTESTED;
    else if (claim->p_adjusted < CC_CLAIM_LEVEL && o->clear)
        claim->verdict = for_it ? CC_VERDICT_HOLDS : CC_VERDICT_FAILS;
    else if (claim->p_equivalence < CC_CLAIM_LEVEL && within)
        claim->verdict = CC_VERDICT_EQUIVALENT;
    else if (!(least < CC_CLAIM_LEVEL))
        claim->verdict = CC_VERDICT_TOO_FEW;
    else
        claim->verdict = CC_VERDICT_OPEN;

    static const char *const texts[CC_VERDICTS] = {[CC_VERDICT_HOLDS] = "holds",
                                                   [CC_VERDICT_FAILS] = "does not hold",
                                                   [CC_VERDICT_OPEN] = "not resolved"};
    claim->verdict_text = texts[claim->verdict];
    if (claim->verdict == CC_VERDICT_EQUIVALENT)
        claim->verdict_text = cc_arena_format(arena, "equivalent within ±%g points", 100 * margin);
    if (claim->verdict == CC_VERDICT_TOO_FEW)
        claim->verdict_text = cc_arena_format(arena, "cannot be resolved with n = %zu", result->patients);
    if (claim->verdict == CC_VERDICT_UNTESTED) {
        const char *without = !claim->a ? claim->spec->a : !claim->b ? claim->spec->b : NULL;
        claim->verdict_text = without          ? cc_arena_format(arena, "not tested: no run of %s", without)
                              : claim->spec->b ? "not tested: no patient in common"
                                               : "not tested: no other row of the same patients";
    }
    return claim->verdict_text ? CC_OK : CC_ENOMEM;
}

/* --- notes --- */

/* "p = 0.023", "p < 0.001". */
static const char *format_p(char out[32], double p) {
    snprintf(out, 32, p < 0.001 ? "p < 0.001" : "p = %.3f", p);
    return out;
}

/* One line with all that a verdict follows from. */
static void note_claim(cc_table *table, const cc_table_claim *claim, size_t tested) {
    char p[32], adjusted[32], interval[64] = "", effect[64] = "", equivalence[64] = "", rivals[64] = "";
    const cc_paired_result *r = &claim->result;
    if (!isnan(r->low)) snprintf(interval, sizeof interval, " [%+.1f, %+.1f]", 100 * r->low, 100 * r->high);
    if (!isnan(r->effect))
        snprintf(effect, sizeof effect, "; effect size dz = %.2f; %.1f points could have been shown",
                 r->effect, 100 * r->detectable);
    if (!isnan(claim->p_equivalence))
        snprintf(equivalence, sizeof equivalence, "; of equivalence within ±%g points %s",
                 100 * table->spec->margin, format_p(p, claim->p_equivalence));
    if (claim->rivals > 1)
        snprintf(rivals, sizeof rivals, " (of %zu other rows the one that decides)", claim->rivals);
    cc_notes_add(&table->notes,
                 "Claim: \"%s\": %s. %s of %s minus %s%s: %+.1f points%s, n = %zu, %zu seed%s%s; %s%s%s%s%s.",
                 claim->spec->text, claim->verdict_text, cc_score_heading(claim->spec->score),
                 claim->a->spec->label, claim->b->spec->label, rivals, 100 * r->mean, interval, r->patients,
                 r->seeds, r->seeds == 1 ? "" : "s",
                 claim->seeds_matched ? "" : " (the rows' seeds differ: means over each row's)",
                 format_p(p, claim->p), tested > 1 ? ", adjusted " : "",
                 tested > 1 ? format_p(adjusted, claim->p_adjusted) : "", effect, equivalence);
}

/* How to read the claims' lines; said once. */
static void note_method(cc_table *table, size_t tested) {
    char holm[80] = "";
    if (tested > 1) snprintf(holm, sizeof holm, ", adjusted by Holm over the %zu claims", tested);
    cc_notes_add(
        &table->notes,
        "A claim holds where the exact permutation test (signs of the patients' differences; against several "
        "rows max-T) gives p < %.2f%s, and the 95 %% interval of the mean difference over patients and seeds "
        "leaves out zero. \"Could have been shown\": the difference that so many patients find with a power "
        "of "
        "80 %%. \"Cannot be resolved\": so few patients differ that p could not fall below %.2f, however "
        "they do.",
        CC_CLAIM_LEVEL, holm, CC_CLAIM_LEVEL);
}

cc_status cc_table_judge(cc_table *table, cc_arena *arena) {
    const size_t count = table->spec->claim_count;
    const double margin = table->spec->margin;
    size_t tested = 0;
    cc_table_claim *claims = cc_arena_get_array(arena, count + 1, sizeof *claims);
    outcome *outcomes = cc_arena_get_array(arena, count + 1, sizeof *outcomes);
    double *p = cc_arena_get_array(arena, 2 * count + 1, sizeof *p), *equal = p + count;
    if (!claims || !outcomes || !p) return CC_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        claims[i].spec = &table->spec->claims[i];
        CC_TRY(test_claim(&claims[i], &outcomes[i], table, arena));
        tested += outcomes[i].tested;
        p[i] = claims[i].p;
        equal[i] = claims[i].p_equivalence;
    }
    /* Differences are one family of tests, equivalences another. */
    CC_TRY(adjust(p, outcomes, count, arena));
    CC_TRY(adjust(equal, outcomes, count, arena));
    if (tested) note_method(table, tested);
    for (size_t i = 0; i < count; i++) {
        double least = 1;
        if (outcomes[i].tested) CC_TRY(reach(&least, i, claims, outcomes, count, arena));
        claims[i].p_adjusted = p[i];
        claims[i].p_equivalence = equal[i];
        CC_TRY(set_verdict(&claims[i], &outcomes[i], least, margin, arena));
        if (outcomes[i].tested) note_claim(table, &claims[i], tested);
    }
    table->claims = claims;
    table->claim_count = count;
    return table->notes.failed ? CC_ENOMEM : CC_OK;
}

/* --- the claims as a table --- */

const char *cc_table_verdict_name(cc_table_verdict verdict) {
    static const char *const names[CC_VERDICTS] = {
        [CC_VERDICT_HOLDS] = "holds",           [CC_VERDICT_FAILS] = "does_not_hold",
        [CC_VERDICT_EQUIVALENT] = "equivalent", [CC_VERDICT_TOO_FEW] = "too_few_patients",
        [CC_VERDICT_OPEN] = "not_resolved",     [CC_VERDICT_UNTESTED] = "not_tested"};
    return names[verdict];
}

cc_status cc_table_listing_claims(cc_listing *out, const cc_table *table, cc_arena *arena) {
    static const char *const heads[] = {"claim",
                                        "verdict",
                                        "score",
                                        "of",
                                        "minus",
                                        "difference (points)",
                                        "low",
                                        "high",
                                        "patients",
                                        "seeds",
                                        "p",
                                        "p, Holm",
                                        "dz",
                                        "rank-biserial",
                                        "could have been shown (points)",
                                        "p of equivalence"};
    enum { TEXTS = 5, COLUMNS = sizeof heads / sizeof *heads };
    CC_TRY(cc_listing_init(out, COLUMNS, table->claim_count, arena));
    out->text_columns = TEXTS;
    out->kind = table->kind;
    out->title = cc_arena_format(arena, "Claims of: %s", table->spec->title);
    out->id = cc_arena_format(arena, "claims-%s", table->spec->id);
    out->caption = cc_arena_format(arena,
                                   "Each claim about the rows of this table, tested on the patients that its "
                                   "cells are over. Difference: the mean "
                                   "over patients and seeds with its 95 %% interval over both. p: exact "
                                   "permutation test of the signs of the "
                                   "patients' differences, against several rows max-T; then adjusted by Holm "
                                   "over the table's claims. dz: the mean "
                                   "difference over its standard deviation; rank-biserial: matched pairs. "
                                   "Could have been shown: the difference "
                                   "that so many patients find with a power of 80 %%. Kind of runs: %s.",
                                   table->kind);
    if (!out->id || !out->title || !out->caption) return CC_ENOMEM;
    for (size_t c = 0; c < COLUMNS; c++) cc_listing_put_head(out, c, "%s", heads[c]);
    for (const cc_table_claim *claim = table->claims; claim < table->claims + table->claim_count; claim++) {
        const cc_paired_result *r = &claim->result;
        const char *texts[TEXTS] = {claim->spec->text, claim->verdict_text, cc_score_name(claim->spec->score),
                                    claim->spec->a,
                                    claim->b         ? claim->b->spec->label
                                    : claim->spec->b ? claim->spec->b
                                                     : ""};
        const size_t at = out->rows++;
        for (size_t c = 0; c < TEXTS; c++) cc_listing_put(out, at, c, "%s", texts[c]);
        if (claim->verdict == CC_VERDICT_UNTESTED) continue;
        cc_listing_put_number(out, at, 5, "%+.2f", 100 * r->mean);
        cc_listing_put_number(out, at, 6, "%+.2f", 100 * r->low);
        cc_listing_put_number(out, at, 7, "%+.2f", 100 * r->high);
        cc_listing_put(out, at, 8, "%zu", r->patients);
        cc_listing_put(out, at, 9, "%zu", r->seeds);
        const double numbers[] = {claim->p,         claim->p_adjusted,   r->effect,
                                  r->rank_biserial, 100 * r->detectable, claim->p_equivalence};
        static const char *const formats[] = {"%.4f", "%.4f", "%.2f", "%.2f", "%.2f", "%.4f"};
        for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++)
            cc_listing_put_number(out, at, 10 + n, formats[n], numbers[n]);
    }
    return CC_OK;
}
