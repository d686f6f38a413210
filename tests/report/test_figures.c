/* tests/report/test_figures.c -- figures are drawn where their data are there, and their SVG holds what they
 * should show. */
#include <libxml/parser.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "report/figures/method.h"
#include "report/figures/plots.h"
#include "report/figures/reliability.h"
#include "support.h"
#include "core/file.h"

enum { SIDE = 40, PIXELS = SIDE * SIDE };

static float image[PIXELS];
static uint8_t truth[PIXELS], found[PIXELS], kept[PIXELS];

/* A true spot that is found, and two others, of which the third stage takes one away. */
static int fill(void **state) {
    (void)state;
    for (int i = 0; i < PIXELS; i++) image[i] = (float)(i % SIDE) * 10;
    for (int y = 5; y < 8; y++)
        for (int x = 5; x < 8; x++) {
            truth[y * SIDE + x] = found[y * SIDE + x] = kept[y * SIDE + x] = 1;
            found[(y + 20) * SIDE + x] = kept[(y + 20) * SIDE + x] = 1;
            found[y * SIDE + x + 20] = 1;
        }
    return 0;
}

static bool is_there(const char *folder, const char *name) {
    struct stat s;
    return stat(cc_test_path(folder, name), &s) == 0 && s.st_size > 200;
}

/* How often `part` stands in a file. */
static int count_in(const char *folder, const char *name, const char *part) {
    char output[64];
    assert_int_equal(
        cc_test_run(output, sizeof output, "grep -o '%s' %s | wc -l", part, cc_test_path(folder, name)), 0);
    return atoi(output);
}

/* How often a text of an SVG file is NAME and what is BEHIND it, whatever quotes these hold. */
static int count_text(const char *folder, const char *file, const char *name, const char *behind) {
    char output[64], pattern[256], text[256];
    snprintf(pattern, sizeof pattern, "%s", cc_test_path(folder, "pattern"));
    snprintf(text, sizeof text, ">%s%s<", name, behind);
    assert_ok(cc_file_write(pattern, text, strlen(text)));
    assert_int_equal(
        cc_test_run(output, sizeof output, "grep -oF -f %s %s | wc -l", pattern, cc_test_path(folder, file)),
        0);
    return atoi(output);
}

static cc_run_panel panel(const char *figure, const char *name, const float *hu, const uint8_t *mask) {
    return (cc_run_panel){.figure = figure,
                          .panel = name,
                          .patient = "Anna & 'Bert' \\ 1",
                          .slice = 3,
                          .height = SIDE,
                          .width = SIDE,
                          .image_hu = hu,
                          .mask = mask};
}

static cc_run_example example(const char *stage, const char *patient, const uint8_t *prediction) {
    return (cc_run_example){.stage = stage,
                            .patient = patient,
                            .slice = 3,
                            .height = SIDE,
                            .width = SIDE,
                            .image_hu = image,
                            .truth = truth,
                            .prediction = prediction};
}

static void each_figure_has_its_panels(void **state) {
    (void)state;
    char folder[256];
    snprintf(folder, sizeof folder, "%s", cc_test_folder());
    cc_run_panel panels[] = {
        panel("matching", "original", image, NULL), panel("matching", "reference", image, NULL),
        panel("matching", "matched", image, NULL),  panel("union", "slice", image, truth),
        panel("union", "union", NULL, truth),       panel("opening", "union", NULL, truth),
        panel("opening", "opened", NULL, truth),    panel("box", "opened", NULL, truth),
        panel("window", "slice", image, found),     panel("paste", "output", NULL, kept),
    };
    panels[7].has_box = true;
    panels[7].box[2] = panels[7].box[3] = 20;
    const cc_run run = {.panels = panels, .panel_count = sizeof panels / sizeof *panels};
    assert_ok(cc_figure_method(folder, "x", &run));
    for (int n = 2; n <= 10; n++) {
        char png[64], svg[64];
        snprintf(png, sizeof png, "figure-%d-x.png", n);
        snprintf(svg, sizeof svg, "figure-%d-x.svg", n);
        if (is_there(folder, png) != (n < 8)) fail_msg("%s", png);
        if (is_there(folder, svg) != (n < 8)) fail_msg("%s", svg);
    }
    assert_int_equal(count_in(folder, "figure-2-x.svg", "Anna"), 3);
    assert_int_equal(count_in(folder, "figure-2-x.svg", "share of pixels"), 3);
    assert_int_equal(count_in(folder, "figure-2-x.svg", "level 90 HU, width 750 HU"), 1);
}

static void a_run_without_pictures_has_no_figures(void **state) {
    (void)state;
    const char *folder = cc_test_folder();
    const cc_run run = {.config = NULL};
    char output[64];
    assert_ok(cc_figure_method(folder, "x", &run));
    assert_int_equal(cc_test_run(output, sizeof output, "ls -A %s | wc -l", folder), 0);
    assert_int_equal(atoi(output), 0);
}

static void regions_are_of_three_patients(void **state) {
    (void)state;
    const char *folder = cc_test_folder();
    const cc_run_example examples[] = {example("roi", "Alpha", found), example("roi", "Alpha", found),
                                       example("roi", "Bravo", found), example("roi", "Charlie", found),
                                       example("roi", "Delta", found)};
    const cc_run run = {.examples = examples, .example_count = 5};
    assert_ok(cc_figure_method(folder, "x", &run));
    assert_int_equal(count_in(folder, "figure-8-x.svg", "Alpha"), 1);
    assert_int_equal(count_in(folder, "figure-8-x.svg", "Bravo"), 1);
    assert_int_equal(count_in(folder, "figure-8-x.svg", "Charlie"), 1);
    assert_int_equal(count_in(folder, "figure-8-x.svg", "Delta"), 0);
    assert_false(is_there(folder, "figure-9-x.svg"));
}

static void false_findings_and_those_taken_away_are_marked(void **state) {
    (void)state;
    const char *folder = cc_test_folder();
    const cc_run_example examples[] = {example("calcification", "Alpha", found),
                                       example("false_positive", "Alpha", kept)};
    const cc_run run = {.examples = examples, .example_count = 2};
    assert_ok(cc_figure_method(folder, "x", &run));
    assert_int_equal(count_in(folder, "figure-9-x.svg", "findings without truth: 2"), 1);
    assert_int_equal(count_in(folder, "figure-10-x.svg", "findings taken away: 1"), 1);
}

/* What gnuplot's language, its enhanced text and its formats give a meaning, and what XML does. */
static const struct {
    const char *name, *shown; /* as SVG has it */
} names[] = {
    {"'first", "'first"},
    {"'", "'"},
    {"''x''", "''x''"},
    {"a'b'", "a'b'"},
    {"say \"x\"", "say \"x\""},
    {"a\\nb\\", "a\\nb\\"},
    {"`id -u`", "`id -u`"},
    {"$HOME", "$HOME"},
    {"@macro", "@macro"},
    {"{/Bold a}", "{/Bold a}"},
    {"x^2_i", "x^2_i"},
    {"50%d %s", "50%d %s"},
    {"# no", "# no"},
    {"a;b", "a;b"},
    {"a|b&c", "a|b&amp;c"},
    {"<b>", "&lt;b>"},
    {"Zo\xc3\xab", "Zo\xc3\xab"},
    {"-dash", "-dash"},
};
enum { NAMES = sizeof names / sizeof *names };

/* By libxml2, which refuses what is not well formed. */
static void is_xml(const char *folder, const char *name) {
    xmlDoc *document = xmlReadFile(cc_test_path(folder, name), NULL, XML_PARSE_NONET | XML_PARSE_NOERROR);
    assert_non_null(document);
    xmlFreeDoc(document);
}

/* Three to a figure. */
static void patients_are_shown_by_their_names_whatever_these_hold(void **state) {
    (void)state;
    char folder[256];
    snprintf(folder, sizeof folder, "%s", cc_test_folder());
    for (size_t i = 0; i < NAMES; i += 3) {
        cc_run_example three[3];
        for (size_t k = 0; k < 3; k++) three[k] = example("roi", names[i + k].name, found);
        const cc_run run = {.examples = three, .example_count = 3};
        assert_ok(cc_figure_method(folder, "x", &run));
        for (size_t k = i; k < i + 3; k++)
            if (count_text(folder, "figure-8-x.svg", names[k].shown, ", slice 3") != 1)
                fail_msg("%s", names[k].name);
        is_xml(folder, "figure-8-x.svg");
    }
}

static void variants_are_shown_by_their_labels_whatever_these_hold(void **state) {
    (void)state;
    char folder[256];
    static const double percent[] = {80, 90}, cuts[] = {0.4, 0.5};
    static const char *const files[] = {"scores.svg", "sizes.svg", "patients.svg", "cuts.svg"};
    cc_plot_score scores[NAMES];
    cc_plot_cut lines[NAMES];
    snprintf(folder, sizeof folder, "%s", cc_test_folder());
    for (size_t i = 0; i < NAMES; i++) {
        const double size = (double)(i + 1);
        scores[i] = (cc_plot_score){names[i].name, 80 + size / 10, 70, 90, NAN, size, size, percent, 2};
        lines[i] = (cc_plot_cut){names[i].name, cuts, percent, percent, 2};
    }
    assert_ok(cc_plot_scores(folder, "scores", "F1", scores, NAMES));
    assert_ok(cc_plot_sizes(folder, "sizes", "F1", scores, NAMES));
    assert_ok(cc_plot_patients(folder, "patients", "F1", scores, NAMES));
    assert_ok(cc_plot_cuts(folder, "cuts", lines, NAMES)); /* of the first eight */
    for (int k = 0; k < 4; k++) {
        for (size_t i = 0; i < (k == 3 ? 8 : NAMES); i++)
            if (count_text(folder, files[k], names[i].shown, "") < 1)
                fail_msg("%s in %s", names[i].name, files[k]);
        is_xml(folder, files[k]);
    }
}

static void a_third_stage_alone_has_no_figure_10(void **state) {
    (void)state;
    const char *folder = cc_test_folder();
    const cc_run_example examples[] = {example("false_positive", "Alpha", kept),
                                       example("calcification", "Bravo", kept)};
    const cc_run run = {.examples = examples, .example_count = 2};
    assert_ok(cc_figure_method(folder, "x", &run));
    assert_true(is_there(folder, "figure-9-x.png"));
    assert_false(is_there(folder, "figure-10-x.png"));
}

static void the_overview_has_the_steps_of_the_config(void **state) {
    (void)state;
    char folder[256];
    snprintf(folder, sizeof folder, "%s", cc_test_folder());
    const cc_run
        whole = {.config =
                     "stage: cascade\npreprocess:\n  histogram_matching: true\n"
                     "  roi: {mode: blank, union: true, opening: 7}\n"
                     "windows: {size: 96, output: replace}\n"
                     "upstream: {roi: /a/heart.yaml, calcification: 'x.yaml#b0', false_positive: y.yaml}\n"},
        part = {.config =
                    "stage: calcification\npreprocess: {roi: {mode: none}}\nnet: {encoder: resnet-34}\n"},
        none = {.config = "x: ["};
    assert_ok(cc_figure_method(folder, "whole", &whole));
    assert_ok(cc_figure_method(folder, "part", &part));
    assert_ok(cc_figure_method(folder, "none", &none));
    static const char *const steps[] = {
        "histogram matching",   ">heart<", ">OR<", "7 × 7 pixels", "blanked", ">b0<", "96 × 96",
        "in place of findings", "Stage 3"};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (count_in(folder, "figure-1-whole.svg", steps[i]) != 1) fail_msg("%s", steps[i]);
        assert_int_equal(count_in(folder, "figure-1-part.svg", steps[i]), 0);
    }
    assert_int_equal(count_in(folder, "figure-1-part.svg", "resnet-34"), 1);
    assert_true(is_there(folder, "figure-1-whole.png"));
    assert_false(is_there(folder, "figure-1-none.png"));
}

static void agatston_scores_agree_within_their_limits(void **state) {
    (void)state;
    char folder[256];
    snprintf(folder, sizeof folder, "%s", cc_test_folder());
    /* Differences 10, 20 and 30: mean 20, deviation 10; the fourth is not known. */
    const cc_run_patient patients[] = {{.patient = "a", .agatston_true = 0, .agatston_predicted = 10},
                                       {.patient = "b", .agatston_true = 50, .agatston_predicted = 70},
                                       {.patient = "c", .agatston_true = 100, .agatston_predicted = 130},
                                       {.patient = "d", .agatston_true = NAN, .agatston_predicted = 900}};
    const cc_run run = {.patients = patients, .patient_count = 4},
                 one = {.patients = patients, .patient_count = 1};
    assert_ok(cc_figure_method(folder, "x", &run));
    assert_ok(cc_figure_method(folder, "one", &one));
    assert_int_equal(count_in(folder, "agatston-x.svg", "mean 20.0"), 1);
    assert_int_equal(count_in(folder, "agatston-x.svg", "1.96 SD 39.6"), 1);
    assert_int_equal(count_in(folder, "agatston-x.svg", "1.96 SD 0.4"), 1);
    assert_true(is_there(folder, "agatston-x.png"));
    assert_false(is_there(folder, "agatston-one.png"));
}

static void reliability_is_of_dense_pixels_where_every_row_has_them(void **state) {
    (void)state;
    char folder[256];
    snprintf(folder, sizeof folder, "%s", cc_test_folder());
    /* Above 130 HU: p = 0.2, 2 of 10 true; p = 0.8, 8 of 10 true. ECE 0; Brier 0.16, as 2 * 0.64 + 8 * 0.04 =
     * 1.6. */
    static const cc_run_calibration rows[] = {{"all", 0, 1000, 2, 200, 30},
                                              {"all", 1, 10, 8, 8, 1.6},
                                              {"above_130_hu", 0, 10, 2, 2, 1.6},
                                              {"above_130_hu", 1, 10, 8, 8, 1.6}};
    const cc_report_run run = {.calibration = rows, .calibration_count = 4},
                        heart = {.calibration = rows, .calibration_count = 2}, none = {0};
    const cc_report_run *of_run[] = {&run}, *of_heart[] = {&heart}, *of_none[] = {&none};
    const cc_spec_row spec = {.source = CC_SOURCE_RUNS, .label = "net"};
    cc_table_row both[] = {{.spec = &spec, .runs = of_run, .run_count = 1},
                           {.spec = &spec, .runs = of_heart, .run_count = 1}},
                 old = {.spec = &spec, .runs = of_none, .run_count = 1};
    const cc_spec dense = {.id = "dense"}, all = {.id = "all"}, without = {.id = "none"};
    assert_ok(cc_figure_reliability(folder,
                                    &(cc_table){.spec = &dense, .kind = "x", .rows = both, .row_count = 1}));
    assert_ok(
        cc_figure_reliability(folder, &(cc_table){.spec = &all, .kind = "x", .rows = both, .row_count = 2}));
    assert_ok(cc_figure_reliability(
        folder, &(cc_table){.spec = &without, .kind = "x", .rows = &old, .row_count = 1}));
    assert_int_equal(count_in(folder, "reliability-dense-x.svg", "net: Brier 0.1600, ECE 0.0000"), 1);
    assert_int_equal(count_in(folder, "reliability-dense-x.svg", "pixels above 130 HU"), 1);
    assert_int_equal(count_in(folder, "reliability-all-x.svg", "all pixels"), 1);
    assert_true(is_there(folder, "reliability-dense-x.png"));
    assert_false(is_there(folder, "reliability-none-x.png"));
}

static void scores_and_patients_are_drawn_with_what_is_known(void **state) {
    (void)state;
    char folder[256];
    snprintf(folder, sizeof folder, "%s", cc_test_folder());
    const double patients[] = {80, 90, NAN};
    const cc_plot_score items[] = {{"one & 'two'", 85, 80, 90, 96, 1, 2.5, patients, 3},
                                   {"no interval", 70, NAN, NAN, NAN, 2, NAN, NULL, 0},
                                   {"paper alone", NAN, NAN, NAN, 90, NAN, NAN, NULL, 0}};
    assert_ok(cc_plot_scores(folder, "scores", "F1-score", items, 3));
    assert_ok(cc_plot_patients(folder, "patients", "F1-score", items, 3));
    assert_ok(cc_plot_scores(folder, "single", "F1-score", items, 1));
    assert_ok(cc_plot_patients(folder, "none", "F1-score", items + 1, 2));
    assert_int_equal(count_in(folder, "scores.svg", "paper alone"), 1);
    assert_int_equal(count_in(folder, "scores.svg", "no interval"), 1);
    assert_true(is_there(folder, "patients.png"));
    assert_false(is_there(folder, "none.png"));
}

static void sizes_are_drawn_where_two_nets_have_one(void **state) {
    (void)state;
    char folder[256];
    snprintf(folder, sizeof folder, "%s", cc_test_folder());
    const cc_plot_score items[] = {{"small", 85, 80, 90, 96, 1, 2.5, NULL, 0},
                                   {"large", 70, NAN, NAN, NAN, 2, NAN, NULL, 0},
                                   {"larger", 75, 70, 80, NAN, 3, 9, NULL, 0},
                                   {"unknown", 60, NAN, NAN, NAN, NAN, NAN, NULL, 0}};
    assert_ok(cc_plot_sizes(folder, "both", "F1-score (%)", items, 4));
    assert_ok(cc_plot_sizes(folder, "parameters", "F1-score (%)", items, 2));
    assert_ok(cc_plot_sizes(folder, "none", "F1-score (%)", items + 2, 2));
    assert_int_equal(count_in(folder, "both.svg", "GFLOP"), 1);
    assert_int_equal(count_in(folder, "both.svg", "parameters (millions)"), 1);
    assert_int_equal(count_in(folder, "both.svg", "<text>large<"), 1);
    assert_int_equal(count_in(folder, "parameters.svg", "GFLOP"), 0);
    assert_int_equal(count_in(folder, "parameters.svg", "parameters (millions)"), 1);
    assert_true(is_there(folder, "both.png"));
    assert_false(is_there(folder, "none.png"));
}

static void precision_and_recall_are_drawn_by_threshold(void **state) {
    (void)state;
    const char *folder = cc_test_folder();
    const double thresholds[] = {0.25, 0.5, 0.75}, precision[] = {60, 70, NAN}, recall[] = {90, 80, 0};
    const cc_plot_cut items[] = {{"one & 'two'", thresholds, precision, recall, 3},
                                 {"other", thresholds, recall, precision, 3}};
    assert_ok(cc_plot_cuts(folder, "cuts", items, 2));
    assert_ok(cc_plot_cuts(folder, "none", items, 0));
    assert_int_equal(count_in(folder, "cuts.svg", "<text>threshold 0.5<"), 1);
    assert_int_equal(count_in(folder, "cuts.svg", "<text>other<"), 1);
    assert_true(is_there(folder, "cuts.png"));
    assert_false(is_there(folder, "none.png"));
}

/* 40 pixels of a millimetre: a bar of 10 mm, as 20 would take half of the picture. */
static void pictures_of_known_spacing_have_a_scale_bar(void **state) {
    (void)state;
    char folder[256];
    snprintf(folder, sizeof folder, "%s", cc_test_folder());
    static const double spacings[] = {0, 1, 4};
    static const char *const lengths[] = {" mm<", ">10 mm<", ">50 mm<"};
    for (int i = 0; i < 3; i++) {
        cc_run_example e = example("roi", "Alpha", found);
        char suffix[8], svg[32];
        e.spacing = (cc_run_spacing){spacings[i], spacings[i]};
        const cc_run run = {.examples = &e, .example_count = 1};
        snprintf(suffix, sizeof suffix, "%d", i);
        snprintf(svg, sizeof svg, "figure-8-%d.svg", i);
        assert_ok(cc_figure_method(folder, suffix, &run));
        assert_int_equal(count_in(folder, svg, lengths[i]) > 0, i > 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_overview_has_the_steps_of_the_config),
        cmocka_unit_test(agatston_scores_agree_within_their_limits),
        cmocka_unit_test(reliability_is_of_dense_pixels_where_every_row_has_them),
        cmocka_unit_test(scores_and_patients_are_drawn_with_what_is_known),
        cmocka_unit_test(sizes_are_drawn_where_two_nets_have_one),
        cmocka_unit_test(precision_and_recall_are_drawn_by_threshold),
        cmocka_unit_test(pictures_of_known_spacing_have_a_scale_bar),
        cmocka_unit_test(each_figure_has_its_panels),
        cmocka_unit_test(a_run_without_pictures_has_no_figures),
        cmocka_unit_test(regions_are_of_three_patients),
        cmocka_unit_test(false_findings_and_those_taken_away_are_marked),
        cmocka_unit_test(patients_are_shown_by_their_names_whatever_these_hold),
        cmocka_unit_test(variants_are_shown_by_their_labels_whatever_these_hold),
        cmocka_unit_test(a_third_stage_alone_has_no_figure_10),
    };
    return cmocka_run_group_tests(tests, fill, NULL);
}
