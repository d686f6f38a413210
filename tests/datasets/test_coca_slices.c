/* tests/datasets/test_coca_slices.c -- outlines against the scan's geometry. Right slices are by hand from
 * origin + direction * spacing * index. */
#include <math.h>
#include "coca_made.h"
#include "said.h"
#include "datasets/sources/coca_slices.h"

enum { DEPTH = 6, POINTS = 3, MOST = 8 };

typedef struct outlined_scan {
    cc_grid grid;
    cc_coca_region items[MOST];
    double px[MOST][POINTS][2], mm[MOST][POINTS][3];
    cc_coca_regions regions;
} outlined_scan;

static const cc_grid upright = {
    {64, 48, DEPTH}, {0.5, 0.25, 3}, {-100, 20, -200}, {1, 0, 0, 0, 1, 0, 0, 0, 1}};

static void point_of(double mm[3], const cc_grid *g, const double index[3]) {
    for (int i = 0; i < 3; i++) {
        mm[i] = g->origin_mm[i];
        for (int k = 0; k < 3; k++) mm[i] += g->direction[i * 3 + k] * g->spacing_mm[k] * index[k];
    }
}

/* An outline on the file's slice `place` (along the normal, may be off the scan), called `index` in the
 * XML. */
static void add(outlined_scan *s, double place, int index) {
    static const double corners[POINTS][2] = {{10, 12}, {20, 12}, {15, 30}};
    const size_t n = s->regions.count++;
    for (int i = 0; i < POINTS; i++) {
        memcpy(s->px[n][i], corners[i], sizeof s->px[n][i]);
        point_of(s->mm[n][i], &s->grid, (double[]){corners[i][0], corners[i][1], place});
    }
    s->items[n] = (cc_coca_region){.index = index,
                                   .line = 100 + (long)n,
                                   .label = 1,
                                   .point_count = POINTS,
                                   .points = (const double(*)[2])s->px[n],
                                   .points_mm = (const double(*)[3])s->mm[n]};
    s->regions.items = s->items;
}

static void start(outlined_scan *s, const cc_grid *grid) {
    *s = (outlined_scan){.grid = *grid};
}

/* Outlines on slices 1, 2 and 4, which the XML calls by other numbers. */
static void start_with(outlined_scan *s, int a, int b, int c) {
    start(s, &upright);
    add(s, 1, a);
    add(s, 2, b);
    add(s, 4, c);
}

static void placed(outlined_scan *s, bool by_mm, const char *warning) {
    cc_coca_placement placing;
    said log;
    said_start(&log);
    cc_status status = cc_coca_find_slices(&placing, &s->regions, &s->grid, "7.xml");
    said_end(&log);
    assert_ok(status);
    assert_int_equal(placing.by_mm, by_mm);
    assert_int_equal(said_count(&log, "warning"), warning != NULL);
    if (warning) said_has(&log, warning);
}

static void slices_are(const outlined_scan *s, int a, int b, int c) {
    assert_int_equal(s->items[0].slice, a);
    assert_int_equal(s->items[1].slice, b);
    assert_int_equal(s->items[2].slice, c);
}

static void refused(outlined_scan *s, const char *part) {
    cc_coca_placement placing;
    assert_error(cc_coca_find_slices(&placing, &s->regions, &s->grid, "7.xml"), CC_EFORMAT, part);
}

static void where_both_agree_the_index_is_followed_in_silence(void **state) {
    (void)state;
    outlined_scan s;
    start_with(&s, 1, 2, 4);
    placed(&s, false, NULL);
    slices_are(&s, 1, 2, 4);
    for (int i = 0; i < POINTS; i++) /* off the slice by 0.4 of a distance, and half a pixel */
        for (int k = 0; k < 3; k++) s.mm[1][i][k] += k == 2 ? 1.2 : k == 1 ? -0.125 : -0.25;
    placed(&s, false, NULL);
    slices_are(&s, 1, 2, 4);
}

static void another_way_of_counting_is_told_and_points_are_followed(void **state) {
    (void)state;
    static const struct {
        int index[3];
        const char *said;
    } cases[] = {
        {{2, 3, 5},
         "7.xml:100: ImageIndex 2 contradicts Point_mm, which lies on slice 1 (from 0, towards the head); "
         "it seems to count from 1, or the scan to lack its lowest slice; all 3 outlines"},
        {{4, 5, 7}, "the scan seems to lack its 3 lowest slices"},
        {{0, 1, 3}, "it seems not to count the 1 lowest slices"},
        {{4, 3, 1}, "it seems to count from the head down; all"},
        {{5, 4, 2}, "it seems to count from the head down, from 1"},
        {{1, 2, 3},
         "7.xml:102: ImageIndex 3 contradicts Point_mm, which lies on slice 4 (from 0, towards the head); "
         "it follows no one rule"},
        {{1, 5, 4}, "it follows no one rule"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        outlined_scan s;
        start_with(&s, cases[i].index[0], cases[i].index[1], cases[i].index[2]);
        placed(&s, true, cases[i].said);
        slices_are(&s, 1, 2, 4);
    }
}

/* A feet-first scan's normal points down: slice 0 of the file is nearest the head. A tilted gantry shears the
 * grid. */
static void turned_and_sheared_grids_tell_the_same(void **state) {
    (void)state;
    cc_grid down = upright, sheared = upright;
    outlined_scan s;
    down.direction[0] = down.direction[8] = -1;
    down.origin_mm[0] = 100;
    start(&s, &down);
    add(&s, 4, 1);
    add(&s, 3, 2);
    add(&s, 1, 4);
    placed(&s, false, NULL);
    slices_are(&s, 1, 2, 4);
    for (int i = 0; i < 3; i++) s.items[i].index++;
    placed(&s, true, "it seems to count from 1");
    slices_are(&s, 1, 2, 4);
    sheared.direction[5] = sin(0.35);
    sheared.direction[8] = cos(0.35);
    start(&s, &sheared);
    add(&s, 1, 1);
    add(&s, 2, 2);
    add(&s, 4, 4);
    placed(&s, false, NULL);
    slices_are(&s, 1, 2, 4);
}

static void without_points_the_index_is_believed_within_the_scan(void **state) {
    (void)state;
    outlined_scan s;
    cc_coca_placement placing;
    start_with(&s, 0, 3, 5);
    for (int i = 0; i < 3; i++) s.items[i].points_mm = NULL;
    assert_ok(cc_coca_find_slices(&placing, &s.regions, &s.grid, "7.xml"));
    assert_true(placing.without_mm && !placing.by_mm);
    slices_are(&s, 0, 3, 5);
    s.items[1].index = DEPTH;
    refused(&s, "7.xml:101: ImageIndex: \"6\" is not the number of a slice, from 0 to 5");
}

static void points_that_cannot_stand_in_are_refused(void **state) {
    (void)state;
    outlined_scan s;
    start_with(&s, 2, 3, 5);
    s.items[1].points_mm = NULL;
    refused(
        &s,
        "7.xml:100: ImageIndex 2 contradicts Point_mm, which lies on slice 1, and other outlines have no");
    start_with(&s, 1, 2, 4);
    s.items[1].points_mm = NULL; /* but where what is there agrees, the rest is believed */
    placed(&s, false, NULL);
    start_with(&s, 1, 2, 4);
    add(&s, -1, 0);
    refused(&s,
            "7.xml:103: Point_mm: the outline of ImageIndex 0 lies 1.0 slices below the scan, which has 6");
    start_with(&s, 1, 2, 4);
    add(&s, 7.25, 3);
    refused(&s, "2.2 slices above the scan");
    start_with(&s, 1, 2, 4);
    add(&s, 2.5, 3);
    refused(&s, "Point_mm: the outline lies on no one slice, but about 2.50 of 0 to 5");
    start_with(&s, 1, 2, 4);
    s.mm[2][1][2] += 3; /* one corner on the next slice */
    refused(&s, "7.xml:102: Point_mm: the outline lies on no one slice");
    start_with(&s, 1, 2, 4);
    s.grid.origin_mm[2] += 150; /* another scan's */
    refused(&s, "slices below the scan");
    start_with(&s, 1, 2, 4);
    s.grid.spacing_mm[2] = 1.5; /* thinner slices than were outlined: 2, 4 and off the scan */
    refused(&s, "above the scan");
}

static void outlines_elsewhere_in_the_slice_are_said(void **state) {
    (void)state;
    outlined_scan s;
    start_with(&s, 1, 2, 4);
    for (int i = 0; i < POINTS; i++) s.px[1][i][0] = 63 - s.px[1][i][0]; /* flipped */
    placed(
        &s, false,
        "7.xml:101: Point_px and Point_mm of 1 of 3 outlines lie up to 43.0 pixels apart: Point_px is used");
    slices_are(&s, 1, 2, 4);
    start_with(&s, 1, 2, 4);
    for (int i = 0; i < POINTS; i++) s.px[0][i][1] += 1;
    placed(&s, false, "up to 1.0 pixels apart");
    s.items[0].index = 3;
    refused(&s, "ImageIndex 3 contradicts Point_mm, which lies on slice 1, and Point_px contradicts it too");
}

/* Of the XML. */
static void the_forms_of_a_point_are_read_and_others_refused(void **state) {
    (void)state;
    static const char *const good[] = {"(1, 2, 3)", " ( 1,2 , 3.0 ) ", "[1 2 3]", "{1; 2; 3}", "1, 2, 3e0"};
    static const char *const bad[] = {"(1, 2)",    "(1, 2, 3, 4)", "(1, 2, nan)", "(1, 2, inf)", "(1, 2, 3",
                                      "(1, 2, 3]", "1, 2, 3)",     "(1, 2, 1e9)", "a, b, c",     "",
                                      "(1,, 2, 3)"};
    char text[4096];
    cc_arena *arena = cc_arena_create();
    for (size_t i = 0; i < sizeof good / sizeof *good + sizeof bad / sizeof *bad; i++) {
        const bool is_good = i < sizeof good / sizeof *good;
        const char *form = is_good ? good[i] : bad[i - sizeof good / sizeof *good];
        cc_coca_regions r = {0};
        snprintf(
            text, sizeof text,
            COCA_LIST(COCA_IMAGE(
                "1",
                "<dict><key>Name</key><string>Left Coronary Artery</string><key>Point_mm</key><array>"
                "<string>%s</string><string>(1, 2, 3)</string><string>(1, 2, 3)</string>"
                "<string>(4, 5, 6)</string></array><key>Point_px</key><array>" COCA_BOX "</array></dict>")),
            form);
        cc_status status = cc_coca_xml_read(&r, coca_write(cc_test_folder(), "9.xml", text), arena);
        if (!is_good) {
            assert_error(status, CC_EFORMAT, "Point_mm: ");
            continue;
        }
        assert_ok(status);
        assert_true(r.items[0].points_mm[0][0] == 1 && r.items[0].points_mm[0][1] == 2);
        assert_true(r.items[0].points_mm[0][2] == 3 && r.items[0].points_mm[3][2] == 6);
    }
    cc_coca_regions r = {0};
    const char *few = COCA_LIST(COCA_IMAGE(
        "1", "<dict><key>Name</key><string>Left Coronary Artery</string><key>Point_mm</key><array>"
             "<string>(1, 2, 3)</string></array><key>Point_px</key><array>" COCA_BOX "</array></dict>"));
    assert_error(cc_coca_xml_read(&r, coca_write(cc_test_folder(), "9.xml", few), arena), CC_EFORMAT,
                 "Point_mm: it holds another number of points");
    cc_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_both_agree_the_index_is_followed_in_silence),
        cmocka_unit_test(another_way_of_counting_is_told_and_points_are_followed),
        cmocka_unit_test(turned_and_sheared_grids_tell_the_same),
        cmocka_unit_test(without_points_the_index_is_believed_within_the_scan),
        cmocka_unit_test(points_that_cannot_stand_in_are_refused),
        cmocka_unit_test(outlines_elsewhere_in_the_slice_are_said),
        cmocka_unit_test(the_forms_of_a_point_are_read_and_others_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
