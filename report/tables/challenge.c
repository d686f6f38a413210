/* report/tables/challenge.c -- sensitivity, PPV and F1 of lesions and of their volume, as the orCaScore
 * challenge defines them (metrics/challenge.h): over all lesions of the test set together, whatever their
 * patient.
 *
 * Seeds test the same patients: their counts are averaged, those of folds summed. */
#include "report/tables/challenge.h"

#include <string.h>
#include "metrics/challenge.h"

enum { COLUMNS = 11 };
static const char *const artery_names[CC_ARTERIES + 1] = {"", "LAD", "LCX", "RCA"};

/* The counts of one artery (0: of all) over a row's runs; how many rows there are. */
static size_t sum_artery(cc_challenge_sums *out, const cc_table_row *row, int artery) {
    size_t found = 0;
    *out = (cc_challenge_sums){0};
    for (size_t r = 0; r < row->run_count; r++) {
        const double weight = cc_table_run_weight(row, row->runs[r]);
        for (size_t i = 0; i < row->runs[r]->challenge_count; i++) {
            const cc_run_challenge *c = &row->runs[r]->challenge[i];
            if (c->artery != artery) continue;
            found++;
            /* Truth is known by artery; what a net adds is not, where it names none. */
            out->truth += weight * (double)c->lesions_true;
            out->found += weight * (double)c->lesions_found;
            out->tp_mm3 += weight * c->volume_found_mm3;
            out->fn_mm3 += weight * c->volume_missed_mm3;
            if (c->lesions_predicted < 0) {
                out->one_sided = true;
                continue;
            }
            out->predicted += weight * (double)c->lesions_predicted;
            out->spurious += weight * (double)c->lesions_false;
            out->fp_mm3 += weight * c->volume_added_mm3;
        }
    }
    return found;
}

/* A row's lines: all arteries, then each that the labels name. */
static cc_status put_row(cc_listing *listing, const cc_table_row *row) {
    for (int artery = 0; artery <= CC_ARTERIES; artery++) {
        cc_challenge_sums sums;
        if (!sum_artery(&sums, row, artery)) continue;
        const cc_challenge_scores s = cc_challenge_score_sums(&sums, CC_EMPTY_SKIP);
        const size_t at = listing->rows++;
        /* Shares in percent: of lesions, then, behind the true volume, of volume. */
        const double shares[] = {s.lesion_sensitivity, s.lesion_ppv, s.lesion_f1,
                                 s.volume_sensitivity, s.volume_ppv, s.volume_f1};
        cc_listing_put(listing, at, 0, artery ? "%s, %s" : "%s", row->spec->label, artery_names[artery]);
        cc_listing_put_count(listing, at, 1, sums.truth);
        cc_listing_put_count(listing, at, 2, sums.found);
        if (!sums.one_sided) cc_listing_put_count(listing, at, 3, sums.spurious);
        for (size_t k = 0; k < 3; k++) cc_listing_put_number(listing, at, 4 + k, "%.1f", 100 * shares[k]);
        cc_listing_put_number(listing, at, 7, "%.1f", sums.tp_mm3 + sums.fn_mm3);
        for (size_t k = 3; k < 6; k++) cc_listing_put_number(listing, at, 5 + k, "%.1f", 100 * shares[k]);
        cc_table_link_line(listing, at, row);
    }
    return CC_OK;
}

/* Which nets of a table say in which artery a lesion lies, in words for its caption. */
static const char *describe_arteries(const cc_table *table) {
    bool named = false, nameless = false;
    for (size_t r = 0; r < table->row_count; r++)
        for (int artery = 1; artery <= CC_ARTERIES; artery++) {
            cc_challenge_sums sums;
            if (!sum_artery(&sums, &table->rows[r], artery)) continue;
            nameless |= sums.one_sided;
            named |= !sums.one_sided;
        }
    if (!named) return "The nets name no artery, so that what they add belongs to none.";
    return nameless
               ? "Where a net names no artery, what it adds belongs to none; else a lesion's artery is that "
                 "of most of its voxels."
               : "A lesion's artery is that of most of its voxels, in the truth and in the prediction.";
}

cc_status cc_table_listing_challenge(cc_listing *out, const cc_table *table, cc_arena *arena) {
    static const char *const heads[COLUMNS] = {"",
                                               "true lesions",
                                               "found",
                                               "false",
                                               "sensitivity (%)",
                                               "PPV (%)",
                                               "F1 (%)",
                                               "true volume (mm3)",
                                               "volume sensitivity (%)",
                                               "volume PPV (%)",
                                               "volume F1 (%)"};
    bool several = false;
    CC_TRY(cc_listing_init(out, COLUMNS, (1 + CC_ARTERIES) * table->row_count, arena));
    cc_table_name_listing(out, table);
    for (size_t r = 0; r < table->row_count; r++) several |= table->rows[r].run_count > 1;
    out->caption = cc_arena_format(arena,
                                   "%s The challenge's rule: a lesion is a 6-connected group of the scan's "
                                   "voxels above 130 HU, and is one "
                                   "of a mask where at least half of the group is marked. All lesions of the "
                                   "test set together. %s%s Kind of runs: %s.",
                                   table->spec->caption, describe_arteries(table),
                                   several ? CC_TABLE_COUNTS_CAPTION : "", table->kind);
    if (!out->caption) return CC_ENOMEM;
    for (size_t c = 0; c < COLUMNS; c++) cc_listing_put_head(out, c, "%s", heads[c]);
    for (size_t r = 0; r < table->row_count; r++) CC_TRY(put_row(out, &table->rows[r]));
    return cc_listing_check(out);
}
