/* tests/datasets/test_masks.c -- what a mask's PNG may say, and what is refused rather than guessed. Files
 * are made by tests/datasets/png_made.h, by the PNG specification; the values asked for are those that
 * were put into them. */
#include "png_made.h"
#include "said.h"
#include "tree.h"

enum { H = 2, W = 4, PIXELS = H * W };

/* A dataset of one slice whose mask is not written yet. */
static const char *start(char mask[CC_PATH_MAX]) {
    static const uint8_t grey[PIXELS] = {0, 10, 20, 30, 40, 50, 60, 70};
    const char *root = cc_test_folder();
    tree_write(root, "p/image/1-001.png", grey, H, W, 8);
    snprintf(mask, CC_PATH_MAX, "%s/train/p/mask/1-001.png", root);
    return root;
}

/* The labels as text, or the error's status; `threshold` NULL: not stated. */
static cc_status read_mask(char got[PIXELS + 1], const made_png *png, const int *threshold) {
    char path[CC_PATH_MAX];
    const char *root = start(path);
    uint8_t mask[PIXELS];
    cc_slice_set *set;
    png_make(path, png);
    cc_slice_options options = tree_options(root);
    options.mask_threshold = threshold;
    assert_ok(cc_slice_set_open(&set, &options));
    cc_status status = cc_slice_set_read(set, 0, NULL, mask);
    for (int i = 0; i < PIXELS; i++) got[i] = (char)('0' + (status == CC_OK ? mask[i] : 0));
    got[PIXELS] = 0;
    cc_slice_set_close(set);
    return status;
}

static void reads(const made_png *png, const int *threshold, const char *want) {
    char got[PIXELS + 1];
    assert_ok(read_mask(got, png, threshold));
    assert_string_equal(got, want);
}

static void refused(const made_png *png, const int *threshold, cc_status status, const char *part) {
    char got[PIXELS + 1];
    assert_error(read_mask(got, png, threshold), status, part);
    assert_error(status, status, "mask/1-001.png");
}

static made_png grey_8(const uint8_t rows[PIXELS]) {
    return (made_png){.width = W, .height = H, .bits = 8, .colour = PNG_GREY, .rows = rows};
}

static void two_values_are_background_and_foreground_whatever_the_second_is(void **state) {
    (void)state;
    static const uint8_t others[] = {1, 2, 128, 254, 255};
    for (size_t k = 0; k < sizeof others; k++) {
        const uint8_t v = others[k], rows[PIXELS] = {0, v, 0, 0, v, v, 0, 0};
        const made_png png = grey_8(rows);
        reads(&png, NULL, "01001100");
    }
    static const uint8_t nothing[PIXELS] = {0}, all[PIXELS] = {9, 9, 9, 9, 9, 9, 9, 9};
    const made_png none = grey_8(nothing), full = grey_8(all);
    reads(&none, NULL, "00000000");
    reads(&full, NULL, "11111111");
}

static void other_forms_of_two_values_read_the_same(void **state) {
    (void)state;
    static const uint8_t bit[] = {0x40, 0xc0}, two_bits[] = {0x10, 0x50},
                         four_bits[] = {0x03, 0x00, 0x33, 0x00};
    static const uint8_t wide[2 * PIXELS] = {0, 0, 0, 7, 0, 0, 0, 0, 0, 7, 0, 7, 0, 0, 0, 0};
    static const uint8_t index[PIXELS] = {0, 1, 0, 0, 1, 1, 0, 0}, palette[] = {0, 0, 0, 90, 90, 90};
    static const uint8_t rgb[3 * PIXELS] = {0, 0, 0, 5, 5, 5, 0, 0, 0, 0, 0, 0, 5, 5, 5, 5, 5, 5};
    uint8_t solid[2 * PIXELS], glass[2 * PIXELS], agreeing[4 * PIXELS];
    for (int i = 0; i < PIXELS; i++) {
        solid[2 * i] = (uint8_t)(index[i] * 255);
        solid[2 * i + 1] = 255; /* opaque throughout */
        glass[2 * i] = (uint8_t)(index[i] * 255);
        glass[2 * i + 1] = 0; /* transparent throughout */
        memset(agreeing + 4 * i, index[i] * 200, 3);
        agreeing[4 * i + 3] = (uint8_t)(index[i] * 128); /* an overlay: opaque where it is marked */
    }
    const made_png cases[] = {
        {W, H, 1, PNG_GREY, bit, .palette = NULL},
        {W, H, 2, PNG_GREY, two_bits, .palette = NULL},
        {W, H, 4, PNG_GREY, four_bits, .palette = NULL},
        {W, H, 16, PNG_GREY, wide, .palette = NULL},
        {W, H, 8, PNG_PALETTE, index, palette, 2, NULL, 0},
        {W, H, 8, PNG_RGB, rgb, .palette = NULL},
        {W, H, 8, PNG_GREY_ALPHA, solid, .palette = NULL},
        {W, H, 8, PNG_GREY_ALPHA, glass, .palette = NULL},
        {W, H, 8, PNG_RGB_ALPHA, agreeing, .palette = NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) reads(&cases[i], NULL, "01001100");
}

static void a_label_in_the_alpha_channel_alone_is_refused(void **state) {
    (void)state;
    static const uint8_t index[PIXELS] = {0, 1, 0, 0, 1, 1, 0, 0}, black[] = {0, 0, 0, 0, 0, 0},
                         clear[] = {0, 255};
    uint8_t dark[2 * PIXELS], white[4 * PIXELS], wide[4 * PIXELS] = {0};
    for (int i = 0; i < PIXELS; i++) {
        dark[2 * i] = 0;
        dark[2 * i + 1] = (uint8_t)(index[i] * 255);
        memset(white + 4 * i, 255, 3);
        white[4 * i + 3] = (uint8_t)(index[i] * 255);
        wide[4 * i + 3] = index[i]; /* the low byte of 16 bits of alpha */
    }
    const made_png cases[] = {
        {W, H, 8, PNG_GREY_ALPHA, dark, .palette = NULL},
        {W, H, 8, PNG_RGB_ALPHA, white, .palette = NULL},
        {W, H, 16, PNG_GREY_ALPHA, wide, .palette = NULL},
        {W, H, 8, PNG_PALETTE, index, black, 2, clear, 2},
    };
    const int threshold = 10;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        refused(&cases[i], NULL, CC_EUNSUPPORTED, "alpha channel: its grey is the same everywhere");
        refused(&cases[i], &threshold, CC_EUNSUPPORTED, "alpha channel");
    }
}

static void an_alpha_channel_that_says_another_thing_is_refused(void **state) {
    (void)state;
    uint8_t rows[2 * PIXELS];
    for (int i = 0; i < PIXELS; i++) {
        rows[2 * i] = i < 3 ? 255 : 0;
        rows[2 * i + 1] = i < 4 ? 255 : 0;
    }
    const made_png png = {W, H, 8, PNG_GREY_ALPHA, rows, .palette = NULL};
    refused(&png, NULL, CC_EFORMAT, "alpha channel marks other pixels");
    /* A grey value that counts as transparent: pixel 3 is background by grey, and opaque. */
    static const uint8_t grey[PIXELS] = {255, 255, 255, 0, 0, 0, 0, 0}, key[] = {0, 255};
    const made_png keyed = {W, H, 8, PNG_GREY, grey, NULL, 0, key, 2};
    refused(&keyed, NULL, CC_EFORMAT, "alpha channel marks other pixels");
}

static void more_grey_values_are_refused_with_their_number(void **state) {
    (void)state;
    static const uint8_t jpeg[PIXELS] = {0, 3, 250, 255, 252, 2, 1, 0}, three[PIXELS] = {0, 1, 2, 0};
    static const uint8_t no_zero[PIXELS] = {1, 2, 1, 1, 2, 2, 1, 1};
    static const uint8_t wide[2 * PIXELS] = {0, 0, 1, 0, 1, 1};
    const made_png a = grey_8(jpeg), b = grey_8(three), c = grey_8(no_zero);
    const made_png d = {W, H, 16, PNG_GREY, wide, .palette = NULL};
    refused(&a, NULL, CC_EFORMAT, "7 grey values (0, 1, 2, 3, 250, 252, ...)");
    refused(&b, NULL, CC_EFORMAT, "3 grey values (0, 1, 2)");
    refused(&c, NULL, CC_EFORMAT, "2 grey values (1, 2)");
    refused(&d, NULL, CC_EFORMAT, "3 grey values (0, 256, 257)");
    refused(&a, NULL, CC_EFORMAT, "data.mask_threshold");
}

static void a_stated_threshold_parts_grey_values(void **state) {
    (void)state;
    static const uint8_t jpeg[PIXELS] = {0, 3, 128, 127, 252, 2, 1, 255};
    static const uint8_t wide[2 * PIXELS] = {0, 255, 1, 0, 1, 1, 0, 0, 255, 255};
    const made_png a = grey_8(jpeg), b = {W, H, 16, PNG_GREY, wide, .palette = NULL};
    const int middle = 127, none = 0, top = 254, above = 255, wide_middle = 256, most = 65534;
    reads(&a, &middle, "00101001");
    reads(&a, &none, "01111111");
    reads(&a, &top, "00000001");
    refused(&a, &above, CC_EINVAL, "data.mask_threshold: 255 is not below 255");
    refused(&a, &wide_middle, CC_EINVAL, "8 bits");
    reads(&b, &wide_middle, "00101000");
    reads(&b, &most, "00001000");
}

static void an_inverted_mask_is_said(void **state) {
    (void)state;
    static const uint8_t inverted[PIXELS] = {255, 0, 255, 255, 255, 255, 0, 255},
                         edge[PIXELS] = {255, 0, 0, 255};
    const made_png a = grey_8(inverted), b = grey_8(edge);
    said s;
    said_start(&s);
    reads(&a, NULL, "10111101");
    reads(&b, NULL, "10010000");
    said_end(&s);
    assert_int_equal(
        said_count(&s, "the mask's foreground reaches all four corners: are its values inverted?"), 1);
}

static void a_picture_in_its_alpha_channel_is_refused_and_another_alpha_said_once(void **state) {
    (void)state;
    static const uint8_t mask[PIXELS] = {0, 255};
    const char *root = cc_test_folder();
    uint8_t rows[2 * PIXELS], mask_out[PIXELS];
    char path[CC_PATH_MAX];
    float image[PIXELS];
    said s;
    cc_slice_set *set;
    for (int number = 1; number <= 3; number++) {
        char name[64];
        for (int i = 0; i < PIXELS; i++) {
            rows[2 * i] = number == 3 ? 7 : (uint8_t)(30 * i);
            rows[2 * i + 1] = (uint8_t)(20 * i);
        }
        const made_png png = {W, H, 8, PNG_GREY_ALPHA, rows, .palette = NULL};
        snprintf(name, sizeof name, "p/mask/1-%03d.png", number);
        tree_write(root, name, mask, H, W, 8);
        snprintf(path, sizeof path, "%s/train/p/image/1-%03d.png", root, number);
        png_make(path, &png);
    }
    set = tree_open(root);
    said_start(&s);
    cc_status first = cc_slice_set_read(set, 0, image, mask_out),
              second = cc_slice_set_read(set, 1, image, NULL);
    said_end(&s);
    assert_ok(first);
    assert_ok(second);
    assert_float_equal(image[2], -200 + 1000 * 60 / 255.0, 1e-3);
    assert_int_equal(said_count(&s, "alpha channel is left out"), 1);
    assert_error(cc_slice_set_read(set, 2, image, NULL), CC_EUNSUPPORTED,
                 "image/1-003.png: the picture is in its alpha");
    cc_slice_set_close(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_values_are_background_and_foreground_whatever_the_second_is),
        cmocka_unit_test(other_forms_of_two_values_read_the_same),
        cmocka_unit_test(a_label_in_the_alpha_channel_alone_is_refused),
        cmocka_unit_test(an_alpha_channel_that_says_another_thing_is_refused),
        cmocka_unit_test(more_grey_values_are_refused_with_their_number),
        cmocka_unit_test(a_stated_threshold_parts_grey_values),
        cmocka_unit_test(an_inverted_mask_is_said),
        cmocka_unit_test(a_picture_in_its_alpha_channel_is_refused_and_another_alpha_said_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
