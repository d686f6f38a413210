/* tests/datasets/test_polygon.c -- the pixels of polygons, drawn by hand: centres, edges that two polygons
 * share, what lies outside the picture. */
#include <string.h>
#include "support.h"
#include "datasets/polygon.h"

enum { HEIGHT = 5, WIDTH = 6 };

/* The rows as text, '#' inside. */
static void fills(const double (*points)[2], size_t count, const char *want) {
    uint8_t inside[HEIGHT * WIDTH] = {0};
    char got[HEIGHT * WIDTH + 1] = "";
    cc_pixel_box box = cc_polygon_fill(inside, HEIGHT, WIDTH, points, count);
    for (int i = 0; i < HEIGHT * WIDTH; i++) {
        got[i] = inside[i] ? '#' : '.';
        int x = i % WIDTH, y = i / WIDTH;
        if (inside[i]) assert_true(x >= box.x0 && x < box.x1 && y >= box.y0 && y < box.y1);
    }
    assert_string_equal(got, want);
}
#define FILLS(want, ...)                                                                                     \
    do {                                                                                                     \
        const double points[][2] = {__VA_ARGS__};                                                            \
        fills(points, sizeof points / sizeof *points, want);                                                 \
    } while (0)

static void centres_inside_belong(void **state) {
    (void)state;
    FILLS("......"
          ".##..."
          ".##..."
          ".##..."
          "......",
          {1, 1}, {3, 1}, {3, 4}, {1, 4});
    FILLS("......"
          ".##..."
          ".##..."
          ".##..."
          "......",
          {1, 4}, {3, 4}, {3, 1}, {1, 1});
    FILLS("......"
          "......"
          "..#..."
          "......"
          "......",
          {2.4, 2.4}, {2.6, 2.4}, {2.6, 2.6}, {2.4, 2.6});
    FILLS("......"
          "......"
          "......"
          "......"
          "......",
          {2.6, 2.6}, {2.9, 2.6}, {2.9, 2.9}, {2.6, 2.9});
}

static void a_shared_edge_belongs_to_one(void **state) {
    (void)state;
    FILLS(".##..."
          ".##..."
          "......"
          "......"
          "......",
          {1.5, .5}, {3.5, .5}, {3.5, 2.5}, {1.5, 2.5});
    FILLS("...##."
          "...##."
          "......"
          "......"
          "......",
          {3.5, .5}, {5.5, .5}, {5.5, 2.5}, {3.5, 2.5});
    FILLS("......"
          "......"
          ".##..."
          ".##..."
          "......",
          {1.5, 2.5}, {3.5, 2.5}, {3.5, 4.5}, {1.5, 4.5});
}

static void what_lies_outside_the_picture_is_cut_off(void **state) {
    (void)state;
    FILLS("######"
          "######"
          "######"
          "######"
          "######",
          {-9, -9}, {99, -9}, {99, 99}, {-9, 99});
    FILLS("......"
          "......"
          "......"
          "......"
          "......",
          {-9, -9}, {-1, -9}, {-1, 99});
    FILLS("......"
          "......"
          "......"
          "......"
          "......",
          {7, 7}, {9, 7}, {9, 9});
    FILLS("##...."
          "##...."
          "......"
          "......"
          "......",
          {-3, -3}, {2, -3}, {2, 2}, {-3, 2});
}

static void an_outline_that_crosses_itself_is_even_odd(void **state) {
    (void)state;
    FILLS("######"
          "#....#"
          "#....#"
          "#....#"
          "######",
          {0, 0}, {6, 0}, {6, 5}, {0, 5}, {0, 0}, {1, 1}, {5, 1}, {5, 4}, {1, 4}, {1, 1});
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(centres_inside_belong),
        cmocka_unit_test(a_shared_edge_belongs_to_one),
        cmocka_unit_test(what_lies_outside_the_picture_is_cut_off),
        cmocka_unit_test(an_outline_that_crosses_itself_is_even_odd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
