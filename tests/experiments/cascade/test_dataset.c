/* Which slices are trained on. */
#include "experiments/config/device.h"
#include "run_data.h"
#include "runs.h"

typedef struct opened {
    cc_config *config;
    cc_run_plan *plan;
    run_data data;
} opened;

static int setup(void **state) {
    char text[1024];
    runs_setup(state);
    assert_int_equal(cc_test_run(NULL, 0,
                                 "%s phantom %s-orca --patients 8 --size 64 --slices 10 --layout orcascore",
                                 CC_PROGRAM, runs_data),
                     0);
    snprintf(text, sizeof text,
             "name: test/small\nstage: calcification\npreprocess: {roi: {mode: none}}\n"
             "data: {source: orcascore, root: %s-orca, split: {train: 4, validation: 2, test: 2}}\n"
             "net: {arch: unet-bn, width: 4, depth: 3}\n",
             runs_data);
    runs_write(runs_config, text);
    return 0;
}

static void open_data(opened *o, const char *share) {
    const cc_backend *backend;
    char set[64];
    snprintf(set, sizeof set, "train.empty_slices=%s", share);
    assert_ok(cc_device_find(&backend, "cpu"));
    assert_ok(cc_config_load(&o->config, runs_config, (const char *[]){set}, 1, CC_CONFIG_RUNNABLE));
    assert_ok(cc_run_plan_create(&o->plan, &o->config, 1, runs_folder(), &cc_backend_cpu, 1));
    assert_ok(run_data_init(&o->data, cc_run_plan_get(o->plan, 0), backend));
}

static void close_data(opened *o) {
    run_data_deinit(&o->data);
    cc_run_plan_destroy(o->plan);
    cc_config_destroy(o->config);
}

static bool has_truth(const cc_dataset *d, uint32_t slice) {
    uint8_t mask[64 * 64];
    assert_ok(cc_slice_set_read(d->base, slice, NULL, mask));
    for (size_t i = 0; i < sizeof mask; i++)
        if (mask[i]) return true;
    return false;
}

static size_t with_truth(const cc_dataset *d, const cc_split_part *part) {
    size_t count = 0;
    for (size_t i = 0; i < part->count; i++) count += has_truth(d, part->slices[i]);
    return count;
}

static void a_share_of_the_slices_without_truth_is_trained_on_and_all_with_it(void **state) {
    (void)state;
    static const char *const shares[] = {"0", "0.5", "1"};
    size_t trained[3];
    for (int i = 0; i < 3; i++) {
        opened o;
        open_data(&o, shares[i]);
        const cc_dataset *d = &o.data.dataset;
        const cc_net_view *v = &o.data.view;
        size_t truth = with_truth(d, &d->split.train);
        assert_true(truth > 0);
        assert_int_equal(with_truth(d, &v->train.items), truth);
        assert_int_equal(v->validation.items.count, d->split.validation.count);
        assert_int_equal(v->test.items.count, d->split.test.count);
        trained[i] = v->train.items.count;
        if (i == 0) assert_int_equal(trained[i], truth);
        if (i == 2) assert_int_equal(trained[i], d->split.train.count);
        close_data(&o);
    }
    assert_true(trained[0] < trained[1] && trained[1] < trained[2]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_share_of_the_slices_without_truth_is_trained_on_and_all_with_it),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
