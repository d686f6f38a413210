/* tests/report/tables/test_stages.c -- where a cascade loses and makes lesions, of one run and of several. */
#include "made_tables.h"
#include "report/tables/stages.h"

static const cc_run_stage stages[] = {{"roi", "a", 90, 0, 10, 0, 10, 9, 0},
                                      {"roi", "b", 50, 0, 0, 0, 5, 5, 0},
                                      {"calcification", "a", 80, 30, 20, 0, 10, 7, 4},
                                      {"calcification", "b", 45, 10, 5, 0, 5, 5, 2},
                                      {"false_positive", "a", 78, 5, 22, 0, 10, 6, 1},
                                      {"false_positive", "b", 45, 0, 5, 0, 5, 5, 0}};

static void add_run(made *m, int64_t seed, const cc_run_stage *rows, size_t count) {
    cc_report_run *run = made_run(m, "With", 0, seed, 'a', (const int[]){80, 90}, 2);
    run->stages = rows;
    run->stage_count = count;
}

static void make_listing(cc_listing *listing, made *m) {
    const cc_published nothing = {0};
    m->spec.shape = CC_SHAPE_STAGES;
    assert_ok(cc_report_runs_index(&m->all, m->arena));
    assert_ok(cc_table_build(&m->table, &m->spec, "twin", &m->all, &nothing, m->arena));
    assert_ok(cc_table_listing_stages(listing, &m->table, m->arena));
}

static void assert_row(cc_listing *listing, size_t row, const char *const texts[9]) {
    for (size_t c = 0; c < 9; c++) {
        const char *text = cc_listing_at(listing, row, c)->text;
        assert_string_equal(text ? text : "–", texts[c]);
    }
}

/* Once, and three copies that differ in their seed: the counts are the same. */
static void stages_tell_where_lesions_are_lost_and_made(void **state) {
    (void)state;
    for (int copies = 1; copies <= 3; copies += 2) {
        made m;
        cc_listing listing;
        made_init(&m);
        made_row(&m, "With");
        for (int seed = 1; seed <= copies; seed++) add_run(&m, seed, stages, 6);
        make_listing(&listing, &m);
        assert_int_equal(listing.rows, 4);
        assert_row(&listing, 0,
                   (const char *[]){"Lesions, all patients", "15", "1", "2", "1", "11", "6", "5", "1"});
        assert_row(&listing, 1,
                   (const char *[]){"Pixels, all patients", "150", "10", "15", "2", "123", "40", "35", "5"});
        assert_row(&listing, 3, (const char *[]){"Lesions, b", "5", "0", "0", "0", "5", "2", "2", "0"});
        assert_int_equal(strstr(listing.caption, "the mean over the seeds of a fold") != NULL, copies > 1);
        made_deinit(&m);
    }
}

static void a_run_without_stages_has_no_part_in_the_mean(void **state) {
    (void)state;
    made m;
    cc_listing listing;
    made_init(&m);
    made_row(&m, "With");
    add_run(&m, 1, stages, 6);
    add_run(&m, 2, NULL, 0);
    make_listing(&listing, &m);
    assert_row(&listing, 0,
               (const char *[]){"Lesions, all patients", "15", "1", "2", "1", "11", "6", "5", "1"});
    made_deinit(&m);

    made_init(&m);
    made_row(&m, "With");
    add_run(&m, 1, NULL, 0);
    make_listing(&listing, &m);
    assert_int_equal(listing.rows, 0);
    made_deinit(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stages_tell_where_lesions_are_lost_and_made),
        cmocka_unit_test(a_run_without_stages_has_no_part_in_the_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
