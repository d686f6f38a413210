/* tests/core/test_yaml.c -- YAML trees: values with their lines, what is refused and on which line, bounds
 * against hostile input, lookups and joining. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "support.h"
#include "core/file.h"
#include "core/rng.h"
#include "core/yaml.h"

static cc_arena *arena;

static int make_arena(void **state) {
    (void)state;
    arena = cc_arena_create();
    return arena ? 0 : -1;
}

static int end_arena(void **state) {
    (void)state;
    cc_arena_destroy(arena);
    return 0;
}

static cc_yaml *parse(const char *text) {
    cc_yaml *out = NULL;
    assert_ok(cc_yaml_parse(&out, text, strlen(text), "t.yaml", arena));
    return out;
}

static void assert_refused(const char *text, const char *part) {
    cc_yaml *out = NULL;
    assert_error(cc_yaml_parse(&out, text, strlen(text), "t.yaml", arena), CC_ECONFIG, part);
    assert_null(out);
}

static void a_document_is_a_tree_with_lines(void **state) {
    (void)state;
    const cc_yaml *tree = parse("# comment\nnet:\n  arch: unet\n  channels: [8,\n    16]\nname: \"1\"\n");
    assert_int_equal(tree->kind, CC_YAML_MAP);
    assert_int_equal(tree->count, 2);
    assert_int_equal(tree->key_lines[0], 2);
    assert_string_equal(tree->file, "t.yaml");
    const cc_yaml *list = cc_yaml_get(tree, "net.channels");
    assert_int_equal(list->kind, CC_YAML_LIST);
    assert_int_equal(list->line, 4);
    assert_int_equal(list->items[1]->line, 5);
    assert_string_equal(cc_yaml_get(tree, "net.arch")->text, "unet");
    assert_true(cc_yaml_get(tree, "name")->quoted);
    assert_null(cc_yaml_get(tree, "net.arch.x"));
    assert_null(cc_yaml_get(tree, "ne"));
}

static void an_empty_document_is_an_empty_map(void **state) {
    (void)state;
    assert_int_equal(parse("")->kind, CC_YAML_MAP);
    assert_int_equal(parse("# only a comment\n")->count, 0);
    assert_int_equal(parse("---\n")->kind, CC_YAML_MAP);
}

static void scalars_have_types_only_where_they_are_plain(void **state) {
    (void)state;
    const cc_yaml *tree =
        parse("{i: -12, big: 99999999999999999999, octal: 010, r: 1e-4, inf: .inf, hex: 0x10, "
              "text: \"3\", yes: true, none: ~, empty: , quoted: \"\"}");
    long long i = 0;
    double r = 0;
    bool b = false;
    assert_true(cc_yaml_as_integer(&i, cc_yaml_get(tree, "i")) && i == -12);
    assert_true(cc_yaml_as_real(&r, cc_yaml_get(tree, "i")) && r == -12);
    assert_false(cc_yaml_as_integer(&i, cc_yaml_get(tree, "big")));
    assert_false(cc_yaml_as_integer(&i, cc_yaml_get(tree, "octal")));
    assert_false(cc_yaml_as_integer(&i, cc_yaml_get(tree, "r")));
    assert_true(cc_yaml_as_real(&r, cc_yaml_get(tree, "r")) && r == 1e-4);
    assert_false(cc_yaml_as_real(&r, cc_yaml_get(tree, "inf")));
    assert_false(cc_yaml_as_real(&r, cc_yaml_get(tree, "hex")));
    assert_false(cc_yaml_as_integer(&i, cc_yaml_get(tree, "text")));
    assert_false(cc_yaml_as_real(&r, tree));
    assert_true(cc_yaml_as_boolean(&b, cc_yaml_get(tree, "yes")) && b);
    assert_false(cc_yaml_as_boolean(&b, cc_yaml_get(tree, "i")));
    assert_true(cc_yaml_is_null(cc_yaml_get(tree, "none")) && cc_yaml_is_null(cc_yaml_get(tree, "empty")));
    assert_true(cc_yaml_is_null(NULL));
    assert_false(cc_yaml_is_null(cc_yaml_get(tree, "quoted")));
}

static void what_cannot_be_read_is_refused_with_its_line(void **state) {
    (void)state;
    assert_refused("a: 1\nb: 2\na: 3\n", "t.yaml:3: \"a\" stands here for the second time, first on line 1");
    assert_refused("x:\n  b: 1\n  b: 1\n", "t.yaml:3");
    assert_refused("a: 1\n? [1, 2]\n: 3\n", "t.yaml:2: a list or a map cannot be a key");
    assert_refused("a: &x {b: 1}\nc:\n  <<: *x\n", "t.yaml:3: merge keys");
    assert_refused("a: !!int 3\n", "t.yaml:1: the tag");
    assert_refused("a: 1\n--- \nb: 2\n", "a second document");
    assert_refused("a: \"x\\0y\"\n", "zero byte");
    assert_refused("a: *nowhere\n", "no anchor &nowhere");
    assert_refused("\na: &x [1, *x]\n", "t.yaml:2: the alias *x stands inside what it names");
    assert_refused("a: [1\nb: 2\n", "t.yaml:");
    assert_refused("a: 1\nb: \xff\n", "t.yaml:2: not valid YAML");
}

static void an_alias_is_what_it_names(void **state) {
    (void)state;
    cc_yaml *tree = parse("a: &x {b: [1, 2]}\nc: *x\nd: &x 5\ne: *x\n");
    assert_ptr_equal(cc_yaml_get(tree, "a"), cc_yaml_get(tree, "c"));
    assert_string_equal(cc_yaml_get(tree, "e")->text, "5");
    assert_ok(cc_yaml_set(tree, "c.b", cc_yaml_get(tree, "d"), arena)); /* the other is left as it was */
    assert_string_equal(cc_yaml_get(tree, "c.b")->text, "5");
    assert_int_equal(cc_yaml_get(tree, "a.b")->count, 2);
}

static void nesting_and_aliases_have_bounds(void **state) {
    (void)state;
    static char text[CC_YAML_BYTES_MAX + 2];
    memset(text, '[', 500000);
    text[500000] = 0;
    assert_refused(text, "nested deeper than 32 levels");
    memset(text, '[', CC_YAML_LEVELS_MAX);
    memset(text + CC_YAML_LEVELS_MAX, ']', CC_YAML_LEVELS_MAX);
    text[2 * CC_YAML_LEVELS_MAX] = 0;
    parse(text);
    int used = snprintf(text, sizeof text, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 20; i++) /* 10^20 values, were they copied */
        used += snprintf(text + used, sizeof text - (size_t)used,
                         "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i,
                         i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    assert_refused(text, "more than 100000 values");
    memset(text, '#', sizeof text - 1);
    text[sizeof text - 1] = 0;
    assert_refused(text, "1048577 bytes are more");
}

static void a_map_of_many_keys_takes_no_quadratic_time(void **state) {
    (void)state;
    static char text[CC_YAML_BYTES_MAX];
    int used = 0;
    for (int i = 0; i < 90000; i++) used += snprintf(text + used, sizeof text - (size_t)used, "k%d: 1\n", i);
    const cc_yaml *tree = parse(text);
    cc_yaml *merged;
    assert_int_equal(tree->count, 90000);
    assert_ok(cc_yaml_merge(&merged, tree, tree, arena));
    assert_int_equal(merged->count, 90000);
}

static void a_variable_may_stand_in_a_flow_map(void **state) {
    (void)state;
    const cc_yaml *tree = parse("a: {root: ${ROOT:-/x}/y, b: {c: 1}}\nd: '${D}'\ne: ${open\nf: {g: 2}\n");
    assert_string_equal(cc_yaml_get(tree, "a.root")->text, "${ROOT:-/x}/y");
    assert_string_equal(cc_yaml_get(tree, "a.b.c")->text, "1");
    assert_string_equal(cc_yaml_get(tree, "d")->text, "${D}");
    assert_string_equal(cc_yaml_get(tree, "e")->text, "${open");
    assert_string_equal(cc_yaml_get(tree, "f.g")->text, "2");
}

/* They are what the braces of a variable are read as: core/yaml.c. */
static void characters_that_would_come_out_as_braces_are_refused(void **state) {
    (void)state;
    static const char part[] = "t.yaml:2: the characters U+E000 and U+E001 are not read here";
    assert_refused("a: 1\nb: \xee\x80\x80\n", part);
    assert_refused("a: 1\nb: \xee\x80\x81x}\n", part);
    assert_refused("a: 1\nb: \"\\uE000\"\n", part);
    assert_refused("a: 1\nb: \"\\ue001\"\n", part);
    assert_refused("a: 1\nb: \"\\U0000E000\"\n", part);
    assert_string_equal(cc_yaml_get(parse("a: \"\xee\x80\x82\\u00e9\"\n"), "a")->text,
                        "\xee\x80\x82\xc3\xa9");
}

/* UBSan sees the sum of a null pointer and 0, where no member has come before. */
static void a_document_may_be_an_empty_list(void **state) {
    (void)state;
    assert_int_equal(parse("[]")->kind, CC_YAML_LIST);
    assert_int_equal(parse("[]")->count, 0);
    assert_int_equal(parse("{}")->count, 0);
    assert_int_equal(cc_yaml_get(parse("a: []"), "a")->count, 0);
}

static void merging_goes_member_by_member_and_leaves_both_as_they_were(void **state) {
    (void)state;
    const cc_yaml *base = parse("a: {x: 1, y: 2}\nb: [1, 2]\nc: 3\n"),
                  *over = parse("b: [4]\na: {y: 5, z: 6}\nd: 7\n");
    cc_yaml *merged;
    assert_ok(cc_yaml_merge(&merged, base, over, arena));
    assert_string_equal(cc_yaml_get(merged, "a.x")->text, "1");
    assert_string_equal(cc_yaml_get(merged, "a.y")->text, "5");
    assert_string_equal(cc_yaml_get(merged, "a.z")->text, "6");
    assert_int_equal(cc_yaml_get(merged, "b")->count, 1);
    assert_string_equal(cc_yaml_get(merged, "c")->text, "3");
    assert_string_equal(cc_yaml_get(merged, "d")->text, "7");
    assert_string_equal(cc_yaml_get(base, "a.y")->text, "2");
    assert_int_equal(base->count, 3);
    assert_int_equal(over->count, 3);
}

static void a_key_is_set_through_maps_that_are_made(void **state) {
    (void)state;
    cc_yaml *tree = parse("a: 1\n"), *node = parse("[7]");
    char deep[3 * CC_YAML_LEVELS_MAX] = "a";
    assert_ok(cc_yaml_set(tree, "a.b.c", node, arena));
    assert_ptr_equal(cc_yaml_get(tree, "a.b.c"), node);
    assert_error(cc_yaml_set(tree, "a..b", node, arena), CC_ECONFIG, "empty");
    for (int i = 0; i < CC_YAML_LEVELS_MAX; i++) strcat(deep, ".a");
    assert_error(cc_yaml_set(tree, deep, node, arena), CC_ECONFIG, "more than 32 parts");
}

static void a_file_is_read_and_named(void **state) {
    (void)state;
    const char *folder = cc_test_folder(), *path = cc_test_path(folder, "a.yaml");
    cc_yaml *tree;
    assert_ok(cc_file_write(path, "a: 1\na: 2\n", 10));
    assert_error(cc_yaml_read(&tree, path, arena), CC_ECONFIG, "a.yaml:2");
    assert_error(cc_yaml_read(&tree, cc_test_path(folder, "b.yaml"), arena), CC_ENOTFOUND, "b.yaml");
    assert_error(cc_yaml_read(&tree, folder, arena), CC_EIO, "not a regular file");
}

static void random_bytes_never_crash(void **state) {
    (void)state;
    static const char letters[] = "abc:,[]{}&*!|>'\"%@`#-?\n\n  \t<~${}0.\\\xc3\xa9\xff";
    cc_rng rng = cc_rng_init(1, CC_PURPOSE_TEST, 0, 0);
    int good = 0;
    for (int turn = 0; turn < 3000; turn++) {
        char text[64];
        size_t length = cc_rng_below(&rng, sizeof text);
        for (size_t i = 0; i < length; i++) text[i] = letters[cc_rng_below(&rng, sizeof letters)];
        cc_arena *own = cc_arena_create();
        cc_yaml *tree;
        cc_status status = cc_yaml_parse(&tree, text, length, "t.yaml", own);
        assert_true(status == CC_OK || status == CC_ECONFIG);
        good += status == CC_OK;
        cc_arena_destroy(own);
    }
    assert_true(good > 30 && good < 2900);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_document_is_a_tree_with_lines, make_arena, end_arena),
        cmocka_unit_test_setup_teardown(an_empty_document_is_an_empty_map, make_arena, end_arena),
        cmocka_unit_test_setup_teardown(scalars_have_types_only_where_they_are_plain, make_arena, end_arena),
        cmocka_unit_test_setup_teardown(what_cannot_be_read_is_refused_with_its_line, make_arena, end_arena),
        cmocka_unit_test_setup_teardown(an_alias_is_what_it_names, make_arena, end_arena),
        cmocka_unit_test_setup_teardown(nesting_and_aliases_have_bounds, make_arena, end_arena),
        cmocka_unit_test_setup_teardown(a_map_of_many_keys_takes_no_quadratic_time, make_arena, end_arena),
        cmocka_unit_test_setup_teardown(a_variable_may_stand_in_a_flow_map, make_arena, end_arena),
        cmocka_unit_test_setup_teardown(characters_that_would_come_out_as_braces_are_refused, make_arena,
                                        end_arena),
        cmocka_unit_test_setup_teardown(a_document_may_be_an_empty_list, make_arena, end_arena),
        cmocka_unit_test_setup_teardown(merging_goes_member_by_member_and_leaves_both_as_they_were,
                                        make_arena, end_arena),
        cmocka_unit_test_setup_teardown(a_key_is_set_through_maps_that_are_made, make_arena, end_arena),
        cmocka_unit_test_setup_teardown(a_file_is_read_and_named, make_arena, end_arena),
        cmocka_unit_test(random_bytes_never_crash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
