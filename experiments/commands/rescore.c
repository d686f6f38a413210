/* experiments/commands/rescore.c -- `calcade rescore`: all that the masks of finished runs tell, without net,
 * data or device. Numbers are made one JSON object, which is printed as it is or as lines for people. */
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "experiments/commands/command.h"
#include "experiments/commands/flags.h"
#include "experiments/evaluation/rescore.h"
#include "metrics/calibration.h"
#include "metrics/challenge.h"
#include "metrics/overlap.h"

/* JSON has neither: what is not known is null, and a distance to an empty mask the text "infinite". */
static json_t *real_json(double value) {
    return isnan(value) ? json_null() : isinf(value) ? json_string("infinite") : json_real(value);
}

static json_t *count_json(int64_t value) {
    return value < 0 ? json_null() : json_integer((json_int_t)value);
}

/* Sets a member; the object takes the value, and fails as a whole where memory is out. */
static void put(json_t *object, const char *key, json_t *value) {
    (void)json_object_set_new(object, key, value);
}

/* Every score by its name, 0 to 1. */
static json_t *scores_json(const cc_scores *scores) {
    json_t *object = json_object();
    for (int s = 0; s < CC_SCORES; s++) put(object, cc_score_name((cc_score)s), real_json(scores->value[s]));
    return object;
}

/* Scores of the test set under every convention: {"patient_mean": {"with_truth": {"f1": ...}}}. */
static cc_status put_scores(json_t *object, const cc_rescored *r, cc_arena *arena) {
    cc_count_row *rows = cc_arena_get_array(arena, r->run.slice_count + 1, sizeof *rows);
    if (!rows) return CC_ENOMEM;
    for (size_t i = 0; i < r->run.slice_count; i++) {
        const cc_run_slice *s = &r->slices[i];
        /* Slices of a patient are neighbours. */
        const bool same = i && strcmp(s->patient, r->slices[i - 1].patient) == 0;
        rows[i] = (cc_count_row){.patient = i ? rows[i - 1].patient + !same : 0,
                                 .counts = {s->tp, s->fp, s->fn, s->tn}};
    }
    for (int a = 0; a < CC_AVERAGES; a++) {
        json_t *average = json_object();
        put(object, cc_average_name((cc_average)a), average);
        for (int e = 0; e < CC_EMPTIES; e++) {
            cc_scores scores;
            CC_TRY(cc_scores_average(&scores, rows, r->run.slice_count,
                                     (cc_convention){(cc_average)a, (cc_empty)e}));
            put(average, cc_empty_name((cc_empty)e), scores_json(&scores));
        }
    }
    return CC_OK;
}

/* The challenge's counts and scores of one artery, or of all. */
static json_t *challenge_json(const cc_run_challenge *c) {
    static const char *const names[] = {"all", "LAD", "LCX", "RCA"};
    const bool one_sided = c->lesions_predicted < 0;
    /* What a net that names no artery adds belongs to none: -1 in the file, and no PPV. */
    const cc_challenge_tally tally = {.lesions = {c->lesions_true, c->lesions_found,
                                                  one_sided ? 0 : c->lesions_predicted,
                                                  one_sided ? 0 : c->lesions_false},
                                      .tp_mm3 = c->volume_found_mm3,
                                      .fn_mm3 = c->volume_missed_mm3,
                                      .fp_mm3 = one_sided ? 0 : c->volume_added_mm3,
                                      .one_sided = one_sided};
    const cc_challenge_scores s = cc_challenge_score(&tally, CC_EMPTY_SKIP);
    json_t *object = json_object();
    put(object, "artery", json_string(names[c->artery]));
    put(object, "lesions_true", count_json(c->lesions_true));
    put(object, "lesions_found", count_json(c->lesions_found));
    put(object, "lesions_predicted", count_json(c->lesions_predicted));
    put(object, "lesions_false", count_json(c->lesions_false));
    put(object, "volume_found_mm3", real_json(c->volume_found_mm3));
    put(object, "volume_missed_mm3", real_json(c->volume_missed_mm3));
    put(object, "volume_added_mm3", real_json(c->volume_added_mm3));
    put(object, "lesion_sensitivity", real_json(s.lesion_sensitivity));
    put(object, "lesion_ppv", real_json(s.lesion_ppv));
    put(object, "lesion_f1", real_json(s.lesion_f1));
    put(object, "volume_sensitivity", real_json(s.volume_sensitivity));
    put(object, "volume_ppv", real_json(s.volume_ppv));
    put(object, "volume_f1", real_json(s.volume_f1));
    return object;
}

/* One patient: counts, scores, lesions, calcium, surfaces, and the challenge's rows, which begin at *at. */
static cc_status put_patient(json_t *list, const cc_measures *m, size_t patient, size_t *at) {
    const cc_run_patient *p = &m->patients[patient];
    cc_scores scores;
    CC_TRY(cc_scores_from_counts(&scores, &(cc_counts){p->tp, p->fp, p->fn, p->tn}, CC_EMPTY_SKIP));
    json_t *object = scores_json(&scores), *challenge = json_array();
    put(object, "patient", json_string(p->patient));
    put(object, "slices", count_json(p->slices));
    put(object, "tp", count_json(p->tp));
    put(object, "fp", count_json(p->fp));
    put(object, "fn", count_json(p->fn));
    put(object, "tn", count_json(p->tn));
    put(object, "lesions_true", count_json(p->lesions_true));
    put(object, "lesions_found", count_json(p->lesions_found));
    put(object, "lesions_predicted", count_json(p->lesions_predicted));
    put(object, "lesions_false", count_json(p->lesions_false));
    put(object, "volume_true_mm3", real_json(p->volume_true_mm3));
    put(object, "volume_predicted_mm3", real_json(p->volume_predicted_mm3));
    put(object, "agatston_true", real_json(p->agatston_true));
    put(object, "agatston_predicted", real_json(p->agatston_predicted));
    put(object, "hausdorff_mm", real_json(p->hausdorff_mm));
    put(object, "hausdorff95_mm", real_json(p->hausdorff95_mm));
    put(object, "assd_mm", real_json(p->assd_mm));
    put(object, "nsd", real_json(p->nsd_1mm));
    /* The challenge's rows are in the order of patients, one or four of each. */
    for (; *at < m->challenge_count && strcmp(m->challenge[*at].patient, p->patient) == 0; ++*at)
        (void)json_array_append_new(challenge, challenge_json(&m->challenge[*at]));
    put(object, "challenge", challenge);
    return json_array_append_new(list, object) == 0 ? CC_OK : cc_fail_memory("scores", 0);
}

/* What each stage leaves, and what rules without a net mark: a name, a patient and pixels. */
static json_t *row_json(const char *key, const char *name, const char *patient, const cc_counts *c) {
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I}", key, name, "patient", patient, "tp", (json_int_t)c->tp,
                     "fp", (json_int_t)c->fp, "fn", (json_int_t)c->fn, "tn", (json_int_t)c->tn);
}

/* Brier score and ECE of each set of pixels, from the bins in the file: masks have no probabilities. */
static cc_status put_calibration(json_t *list, const cc_run *run) {
    for (size_t i = 0, end; i < run->calibration_count; i = end) {
        const char *set = run->calibration[i].pixels_of;
        cc_calibration sum = {0};
        for (end = i; end < run->calibration_count && strcmp(run->calibration[end].pixels_of, set) == 0;
             end++) {
            const cc_run_calibration *c = &run->calibration[end];
            if (sum.bins == CC_CALIBRATION_BINS_MAX)
                return cc_fail(CC_EFORMAT, "calibration", NULL, "has more than %d bins",
                               CC_CALIBRATION_BINS_MAX);
            sum.bin[sum.bins++] = (cc_calibration_bin){c->pixels, c->truth, c->probability, c->squared_error};
        }
        /* Brier score and both kinds of ECE follow from the sums (metrics/calibration.h). */
        const cc_calibration_scores s = cc_calibration_score(&sum);
        json_t *object = json_object();
        put(object, "pixels_of", json_string(set));
        put(object, "brier", real_json(s.brier));
        put(object, "ece", real_json(s.ece));
        put(object, "confidence_ece", real_json(s.confidence_ece));
        (void)json_array_append_new(list, object);
    }
    return CC_OK;
}

/* All of one run. */
static cc_status describe(json_t **out, const char *path, double nsd_tolerance_mm, const cc_rescored *r,
                          cc_arena *arena) {
    const cc_run *run = &r->run;
    const cc_measures *m = &r->measures;
    json_t *object = json_object(), *scores = json_object(), *patients = json_array(), *stages = json_array(),
           *baselines = json_array(), *calibration = json_array();
    cc_status status = CC_OK;
    put(object, "run", json_string(path));
    put(object, "experiment", json_string(run->experiment));
    put(object, "variant", json_string(run->variant));
    put(object, "fold", json_integer((json_int_t)run->fold));
    put(object, "seed", json_integer((json_int_t)run->seed));
    put(object, "stage", json_string(run->stage));
    put(object, "slices", json_integer((json_int_t)run->slice_count));
    put(object, "masks_bytes", json_integer((json_int_t)run->masks.bytes));
    put(object, "as_stored", json_boolean(!r->difference));
    put(object, "difference", r->difference ? json_string(r->difference) : json_null());
    put(object, "nsd_tolerance_mm", json_real(nsd_tolerance_mm));
    put(object, "scores", scores);
    put(object, "patients", patients);
    put(object, "stages", stages);
    put(object, "baselines", baselines);
    put(object, "calibration", calibration);
    /* Test set, patients, stages, rules without a net, probabilities: in the order of the file's tables. */
    CC_CHECK(put_scores(scores, r, arena));
    for (size_t p = 0, at = 0; p < m->patient_count; p++) CC_CHECK(put_patient(patients, m, p, &at));
    for (size_t i = 0; i < m->stage_count; i++) {
        const cc_run_stage *s = &m->stages[i];
        json_t *row = row_json("stage", s->stage, s->patient, &(cc_counts){s->tp, s->fp, s->fn, s->tn});
        put(row, "lesions_true", count_json(s->lesions_true));
        put(row, "lesions_found", count_json(s->lesions_found));
        put(row, "lesions_false", count_json(s->lesions_false));
        (void)json_array_append_new(stages, row);
    }
    for (size_t i = 0; i < m->baseline_count; i++) {
        const cc_run_baseline *b = &m->baselines[i];
        (void)json_array_append_new(
            baselines, row_json("name", b->name, b->patient, &(cc_counts){b->tp, b->fp, b->fn, b->tn}));
    }
    CC_CHECK(put_calibration(calibration, run));
    *out = object;
    object = NULL;
done:
    json_decref(object);
    return status;
}

/* --- for people --- */

/* Percent, or a hyphen where there is none. */
static void print_percent(const json_t *value) {
    if (json_is_real(value))
        printf(" %9.2f", 100 * json_real_value(value));
    else
        printf(" %9s", "-");
}

/* The mean of a distance over the patients that have one; how many have an infinite one is said. */
static void print_distance(const char *what, const char *key, double scale, const json_t *patients) {
    size_t i, n = 0, infinite = 0;
    double sum = 0;
    json_t *p;
    json_array_foreach(patients, i, p) {
        const json_t *value = json_object_get(p, key);
        infinite += json_is_string(value);
        n += json_is_real(value);
        sum += json_is_real(value) ? json_real_value(value) : 0;
    }
    if (n + infinite == 0) return; /* not known of anybody: no line */
    printf("  %-22s", what);
    if (n) printf(" %9.2f", scale * sum / (double)n);
    printf("  mean of %zu patients", n);
    if (infinite) printf("; of %zu more it is infinite, as one of the two masks is empty", infinite);
    putchar('\n');
}

/* The challenge's scores of all patients together, artery by artery. */
static void print_challenge(const cc_measures *m) {
    static const char *const names[] = {"", " LAD", " LCX", " RCA"};
    for (int artery = 0; artery <= CC_ARTERIES; artery++) {
        cc_run_challenge sum = {.artery = artery};
        bool any = false;
        /* Lesions of all patients together, as the challenge ranks by them. */
        for (size_t i = 0; i < m->challenge_count; i++) {
            const cc_run_challenge *c = &m->challenge[i];
            if (c->artery != artery) continue;
            any = true;
            sum.lesions_true += c->lesions_true;
            sum.lesions_found += c->lesions_found;
            sum.volume_found_mm3 += c->volume_found_mm3;
            sum.volume_missed_mm3 += c->volume_missed_mm3;
            /* -1 where the net names no artery: all rows of an artery are so, or none. */
            const bool one_sided = c->lesions_predicted < 0;
            sum.lesions_predicted = one_sided ? -1 : sum.lesions_predicted + c->lesions_predicted;
            sum.lesions_false += one_sided ? 0 : c->lesions_false;
            sum.volume_added_mm3 += one_sided ? 0 : c->volume_added_mm3;
        }
        if (!any) continue;
        json_t *object = challenge_json(&sum);
        printf("  challenge%-13s %lld of %lld lesions", names[artery], (long long)sum.lesions_found,
               (long long)sum.lesions_true);
        if (sum.lesions_predicted >= 0) printf(", %lld false", (long long)sum.lesions_false);
        printf("; sensitivity, PPV, F1 of lesions");
        print_percent(json_object_get(object, "lesion_sensitivity"));
        print_percent(json_object_get(object, "lesion_ppv"));
        print_percent(json_object_get(object, "lesion_f1"));
        printf(", of volume");
        print_percent(json_object_get(object, "volume_sensitivity"));
        print_percent(json_object_get(object, "volume_ppv"));
        print_percent(json_object_get(object, "volume_f1"));
        putchar('\n');
        json_decref(object);
    }
}

/* A run in some twenty lines. */
static void print_text(const json_t *object, const cc_rescored *r) {
    const json_t *scores = json_object_get(object, "scores"), *patients = json_object_get(object, "patients");
    const json_t *means = json_object_get(json_object_get(scores, "patient_mean"), "with_truth"),
                 *pooled = json_object_get(json_object_get(scores, "pooled"), "skip");
    char nsd[48];
    size_t i;
    json_t *set;
    printf("%s: %zu patients, %zu slices, masks of %.1f kB; %s%s\n",
           json_string_value(json_object_get(object, "run")), r->measures.patient_count, r->run.slice_count,
           1e-3 * (double)r->run.masks.bytes,
           r->difference ? "not what the file says: " : "all as the file says",
           r->difference ? r->difference : "");
    /* The usual convention beside the one that no choice of patients changes. */
    printf("  %-22s %9s %9s\n", "percent", "patients", "pooled");
    for (int s = 0; s < CC_SCORES; s++) {
        printf("  %-22s", cc_score_heading((cc_score)s));
        print_percent(json_object_get(means, cc_score_name((cc_score)s)));
        print_percent(json_object_get(pooled, cc_score_name((cc_score)s)));
        putchar('\n');
    }
    print_distance("HD95 (mm)", "hausdorff95_mm", 1, patients);
    print_distance("ASSD (mm)", "assd_mm", 1, patients);
    snprintf(nsd, sizeof nsd, "NSD at %g mm (%%)",
             json_real_value(json_object_get(object, "nsd_tolerance_mm")));
    print_distance(nsd, "nsd", 100, patients);
    print_challenge(&r->measures);
    json_array_foreach(json_object_get(object, "calibration"), i, set) {
        printf("  %-22s Brier %.5f, ECE %.5f, ECE of the confidence %.5f\n",
               strcmp(json_string_value(json_object_get(set, "pixels_of")), "all") == 0
                   ? "probability"
                   : "the same above 130 HU",
               json_real_value(json_object_get(set, "brier")), json_real_value(json_object_get(set, "ece")),
               json_real_value(json_object_get(set, "confidence_ece")));
    }
}

/* What the command line says. */
typedef struct values {
    double nsd_tolerance_mm;
    bool json;
} values;

/* In the order of the help. */
static const cc_flag flags[] = {
    {.name = "--nsd-tolerance",
     .kind = CC_FLAG_REAL,
     CC_FLAG_AT(values, nsd_tolerance_mm),
     .max = 1000,
     .value = "MM",
     .meaning = "how far apart two surfaces may lie and still agree, for NSD; 1 where it is not given"},
    CC_FLAG_JSON(values, json),
    {0}};

static cc_status command(int argc, char **argv) {
    values v = {.nsd_tolerance_mm = CC_NSD_TOLERANCE_MM};
    const char *paths[argc];
    int count;
    cc_status status = CC_OK;
    CC_TRY(cc_flags_read(&v, argc, argv, flags, paths, &count, 1, argc));
    json_t *runs = json_array();
    for (int i = 0; i < count && status == CC_OK; i++) {
        cc_rescored r;
        json_t *object = NULL;
        cc_arena *arena = cc_arena_create(); /* of one run: masks of many would not fit */
        status = arena ? cc_rescore(&r, paths[i], v.nsd_tolerance_mm, arena) : CC_ENOMEM;
        if (status == CC_OK) status = describe(&object, paths[i], v.nsd_tolerance_mm, &r, arena);
        if (status == CC_OK && !v.json) print_text(object, &r);
        if (status == CC_OK) (void)json_array_append_new(runs, object);
        cc_arena_destroy(arena);
    }
    /* Of several runs one object, whole or not at all. */
    json_t *whole = json_pack("{s:o}", "runs", runs);
    if (status == CC_OK && v.json &&
        (!whole || json_dumpf(whole, stdout, JSON_COMPACT) != 0 || putchar('\n') == EOF))
        status = whole ? cc_fail_errno("standard output", "write") : cc_fail_memory("the JSON object", 0);
    json_decref(whole);
    return status;
}

const cc_command cc_command_rescore = {
    .name = "rescore",
    .operands = {{"RUN.h5...", CC_COMPLETES_RUN}},
    .flags = flags,
    .what = "finished runs scored again from the masks in their files, without net or data: what the run "
            "counted, "
            "and surface distances, the orCaScore challenge's scores and calibration",
    .without_nets = true,
    .run = command,
};
