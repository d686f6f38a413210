/* tests/datasets/test_label_classes.c -- which class each label of a mask is, and what is refused. */
#include <string.h>
#include "tree.h"
#include "datasets/loader.h"

static void labels_become_the_classes_that_are_asked_for(void **state) {
    (void)state;
    static const int chosen[] = {7, 2, 200};
    cc_label_classes t;
    assert_ok(cc_label_classes_init(&t, "calcium", chosen, 3));
    assert_int_equal(t.count, 1);
    for (int label = 0; label < 256; label++) assert_int_equal(t.of[label], label > 0);
    assert_ok(cc_label_classes_init(&t, "arteries", NULL, 0));
    assert_int_equal(t.count, 3);
    assert_true(t.arteries);
    for (int label = 0; label < 256; label++)
        assert_int_equal(t.of[label], label <= 3 ? label : CC_LABEL_CLASS_NONE);
    assert_ok(cc_label_classes_init(&t, "arteries", chosen, 3)); /* LAD is 7, LCX 2, RCA 200 */
    assert_int_equal(t.of[7], 1);
    assert_int_equal(t.of[2], 2);
    assert_int_equal(t.of[200], 3);
    assert_int_equal(t.of[1], CC_LABEL_CLASS_NONE);
    assert_ok(cc_label_classes_init(&t, "labels", chosen, 2));
    assert_int_equal(t.count, 2);
    assert_false(t.arteries);
    assert_int_equal(t.of[7], 1);
    assert_int_equal(t.of[200], CC_LABEL_CLASS_NONE);
}

static void what_makes_no_classes_is_refused(void **state) {
    (void)state;
    static const int eight[] = {1, 2, 3, 4, 5, 6, 7, 8}, twice[] = {4, 4, 5};
    cc_label_classes t;
    assert_error(cc_label_classes_init(&t, "arteries", eight, 2), CC_ECONFIG, "takes three labels, not 2");
    assert_error(cc_label_classes_init(&t, "labels", eight, 0), CC_ECONFIG, "takes 1 to 7 labels, not 0");
    assert_error(cc_label_classes_init(&t, "labels", eight, 8), CC_ECONFIG, "takes 1 to 7 labels, not 8");
    assert_error(cc_label_classes_init(&t, "labels", twice, 3), CC_ECONFIG, "label 4 would be two classes");
    assert_error(cc_label_classes_init(&t, "regions", eight, 3), CC_ECONFIG,
                 "no target is called \"regions\"");
}

/* Classes reach the net as numbers; a label that is none of them ends the epoch with its name. */
static void a_target_is_the_class_of_the_label(void **state) {
    (void)state;
    const char *root = cc_test_folder();
    static const int dims[3] = {4, 2, 2}, chosen[] = {3, 1};
    static const uint8_t labels[16] = {0, 1, 3, 3, 1, 0, 0, 1, 0, 0, 9};
    static const float want[8] = {0, 2, 1, 1, 2, 0, 0, 2};
    static const int16_t hu[16] = {0};
    static const uint32_t slices[] = {0, 1};
    const cc_batch *batch;
    cc_slice_set *set;
    cc_loader *loader;
    cc_label_classes classes;
    tree_write_mha(root, "ct.mha", dims, 0, "MET_SHORT", hu, sizeof hu);
    tree_write_mha(root, "mask.mha", dims, 0, "MET_UCHAR", labels, sizeof labels);
    const cc_slice_options volume = {.source = "volume", .root = root, .image = "ct.mha", .mask = "mask.mha"};
    assert_ok(cc_slice_set_open(&set, &volume));
    assert_ok(cc_label_classes_init(&classes, "labels", chosen, 2));
    const cc_loader_options options = {.set = set,
                                       .slices = slices,
                                       .slice_count = 2,
                                       .fit = {.mode = "pad", .height = 2, .width = 4},
                                       .window_hu = {-200, 800},
                                       .classes = &classes,
                                       .batch = 1};
    assert_ok(cc_loader_create(&loader, &options));
    cc_loader_start(loader, 0);
    assert_ok(cc_loader_next(loader, &batch));
    for (int i = 0; i < 8; i++) assert_true(batch->targets[i] == want[i]);
    assert_error(cc_loader_next(loader, &batch), CC_EFORMAT, "slice 1 has the label 9, which is no class");
    cc_loader_destroy(loader);
    cc_slice_set_close(set);
}

/* Two targets of one slice: of the mask, and of regions, which move as the picture does (here mirrored); the
 * next target's items lie behind those of a full batch. */
static void an_item_has_a_target_of_its_regions_too(void **state) {
    (void)state;
    const char *root = cc_test_folder();
    static const int dims[3] = {4, 2, 1};
    static const uint8_t labels[8] = {0, 1, 0, 0, 9, 0, 0, 0}, regions[8] = {0, 1, 2, 3, 255, 2, 0, 0};
    static const int16_t hu[8] = {0};
    static const uint32_t slices[] = {0};
    static const float of_mask[2][8] = {{0, 1, 0, 0, 1, 0, 0, 0}, {0, 0, 1, 0, 0, 0, 0, 1}},
                       of_regions[2][8] = {{0, 1, 2, 3, 255, 2, 0, 0}, {3, 2, 1, 0, 0, 0, 2, 255}};
    const char *flip = "hflip";
    char list[512];
    const cc_batch *batch;
    cc_slice_set *set;
    cc_loader *loader;
    cc_augment augment;
    cc_label_classes classes[2];
    tree_write_mha(root, "ct.mha", dims, 0, "MET_SHORT", hu, sizeof hu);
    tree_write_mha(root, "mask.mha", dims, 0, "MET_UCHAR", labels, sizeof labels);
    tree_write_mha(root, "r.mha", dims, 0, "MET_UCHAR", regions, sizeof regions);
    snprintf(list, sizeof list, "%s", cc_test_path(root, "list.csv"));
    static const char text[] = "patient,image,mask,regions\na,ct.mha,mask.mha,r.mha\n";
    assert_ok(cc_file_write(list, text, strlen(text)));
    const cc_slice_options options = {.source = "list", .list = list, .regions = true};
    assert_ok(cc_slice_set_open(&set, &options));
    assert_ok(cc_label_classes_init(&classes[0], "calcium", NULL, 0));
    classes[1] = cc_label_classes_of_regions(3);
    assert_ok(cc_augment_init(&augment, &flip, 1));
    cc_loader_options o = {.set = set,
                           .slices = slices,
                           .slice_count = 1,
                           .augment = &augment,
                           .fit = {.mode = "pad", .height = 2, .width = 4},
                           .window_hu = {-200, 800},
                           .classes = classes,
                           .targets = 2,
                           .batch = 3};
    assert_ok(cc_loader_create(&loader, &o));
    cc_loader_start(loader, 0);
    assert_ok(cc_loader_next(loader, &batch));
    assert_int_equal(batch->count, 2);
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < 8; i++) {
            assert_true(batch->targets[k * 8 + i] == of_mask[k][i]);
            assert_true(batch->targets[3 * 8 + k * 8 + i] == of_regions[k][i]);
        }
    cc_loader_destroy(loader);
    classes[1] = cc_label_classes_of_regions(2); /* and the label 3 is none */
    assert_ok(cc_loader_create(&loader, &o));
    cc_loader_start(loader, 0);
    assert_error(cc_loader_next(loader, &batch), CC_EFORMAT, "slice 0 has the region 3, which is no class");
    cc_loader_destroy(loader);
    cc_slice_set_close(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_become_the_classes_that_are_asked_for),
        cmocka_unit_test(what_makes_no_classes_is_refused),
        cmocka_unit_test(a_target_is_the_class_of_the_label),
        cmocka_unit_test(an_item_has_a_target_of_its_regions_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
