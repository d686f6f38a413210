/* tests/datasets/test_png.c -- PNG files: values come back as written, and claims larger than the file are
 * refused before memory is taken. */
#include "support.h"

#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "core/rng.h"
#include "datasets/png.h"

static void grey_values_come_back_as_written(void **state) {
    (void)state;
    enum { HEIGHT = 7, WIDTH = 13 };
    const char *path = cc_test_path(cc_test_folder(), "a.png");
    uint8_t narrow[HEIGHT * WIDTH];
    uint16_t wide[HEIGHT * WIDTH], *pixels;
    cc_rng rng = cc_rng_init(1, CC_PURPOSE_TEST, 0, 0);
    for (int i = 0; i < HEIGHT * WIDTH; i++) {
        narrow[i] = (uint8_t)cc_rng_u64(&rng);
        wide[i] = (uint16_t)cc_rng_u64(&rng);
    }
    int height, width, bits;
    assert_ok(cc_png_write_gray(path, narrow, HEIGHT, WIDTH, 8));
    assert_ok(cc_png_read_gray(&pixels, &height, &width, &bits, path));
    assert_true(height == HEIGHT && width == WIDTH && bits == 8);
    for (int i = 0; i < HEIGHT * WIDTH; i++) assert_int_equal(pixels[i], narrow[i]);
    free(pixels);
    assert_ok(cc_png_write_gray(path, wide, HEIGHT, WIDTH, 16));
    assert_ok(cc_png_read_gray(&pixels, &height, &width, &bits, path));
    assert_true(height == HEIGHT && width == WIDTH && bits == 16);
    assert_memory_equal(pixels, wide, sizeof wide);
    free(pixels);
}

static void rgb_is_read_where_it_is_grey_and_refused_where_it_is_not(void **state) {
    (void)state;
    const char *path = cc_test_path(cc_test_folder(), "c.png");
    uint8_t rgb[2 * 3 * 3];
    for (int i = 0; i < 6; i++) memset(rgb + 3 * i, 40 * i, 3);
    uint16_t *pixels;
    int height, width, bits;
    assert_ok(cc_png_write_rgb(path, rgb, 2, 3));
    assert_ok(cc_png_read_gray(&pixels, &height, &width, &bits, path));
    for (int i = 0; i < 6; i++) assert_int_equal(pixels[i], 40 * i);
    free(pixels);
    rgb[4] = 200;
    assert_ok(cc_png_write_rgb(path, rgb, 2, 3));
    assert_error(cc_png_read_gray(&pixels, &height, &width, &bits, path), CC_EUNSUPPORTED, "colours");
}

static void damaged_pictures_are_refused(void **state) {
    (void)state;
    const char *folder = cc_test_folder(), *path = cc_test_path(folder, "d.png");
    uint8_t grey[64 * 64];
    for (int i = 0; i < 64 * 64; i++) grey[i] = (uint8_t)(i * i >> 3);
    assert_ok(cc_png_write_gray(path, grey, 64, 64, 8));
    cc_arena *arena = cc_arena_create();
    char *bytes;
    size_t count;
    assert_ok(cc_file_read(&bytes, &count, path, 1 << 20, arena));
    uint16_t *pixels;
    int height, width, bits;
    for (size_t cut = 0; cut < count; cut += 37) {
        assert_ok(cc_file_write(path, bytes, cut));
        assert_error(cc_png_read_gray(&pixels, &height, &width, &bits, path), CC_EFORMAT, "d.png");
    }
    bytes[count / 2] ^= 1;
    assert_ok(cc_file_write(path, bytes, count));
    assert_error(cc_png_read_gray(&pixels, &height, &width, &bits, path), CC_EFORMAT, "d.png");
    assert_error(cc_png_read_gray(&pixels, &height, &width, &bits, cc_test_path(folder, "none.png")),
                 CC_ENOTFOUND, "none.png");
    cc_arena_destroy(arena);
}

static void a_picture_larger_than_its_bytes_can_hold_is_refused(void **state) {
    (void)state;
    /* A sound IHDR of 16384 x 16384 pixels of 16 bits and one empty IDAT. */
    static const uint8_t claim[] = {0x89, 'P', 'N', 'G', 13,  10,   26,   10,   0,    0, 0,    13,
                                    'I',  'H', 'D', 'R', 0,   0,    0x40, 0,    0,    0, 0x40, 0,
                                    16,   0,   0,   0,   0,   0xdc, 0x33, 0x93, 0x1b, 0, 0,    0,
                                    0,    'I', 'D', 'A', 'T', 0x35, 0xaf, 0x06, 0x1e};
    const char *path = cc_test_path(cc_test_folder(), "huge.png");
    uint16_t *pixels;
    int height, width, bits;
    assert_ok(cc_file_write(path, claim, sizeof claim));
    assert_error(cc_png_read_gray(&pixels, &height, &width, &bits, path), CC_EFORMAT, "16384 x 16384");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grey_values_come_back_as_written),
        cmocka_unit_test(rgb_is_read_where_it_is_grey_and_refused_where_it_is_not),
        cmocka_unit_test(damaged_pictures_are_refused),
        cmocka_unit_test(a_picture_larger_than_its_bytes_can_hold_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
