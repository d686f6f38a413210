/* What core/table.h promises of CSV and TSV; the expected fields are those of Python's csv module. */
#include "core/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "said.h"

static cc_arena *arena;

static int begin(void **state) {
    (void)state;
    arena = cc_arena_create();
    return arena ? 0 : -1;
}

static int end(void **state) {
    (void)state;
    cc_arena_destroy(arena);
    return 0;
}

static const char *write_table(const char *bytes, size_t count) {
    const char *path = cc_test_path(cc_test_folder(), "list.csv");
    assert_ok(cc_file_write(path, bytes, count));
    return path;
}

static cc_table read_table(const char *text) {
    cc_table t = {0};
    assert_ok(cc_table_read(&t, write_table(text, strlen(text)), arena));
    return t;
}

static void refused(const char *text, const char *part) {
    cc_table t = {0};
    assert_error(cc_table_read(&t, write_table(text, strlen(text)), arena), CC_EFORMAT, part);
    assert_null(t.cells);
}

static void rows_are(const cc_table *t, size_t columns, const char *const *want) {
    size_t i = 0;
    assert_int_equal(t->columns, columns);
    for (size_t row = 0; row < t->rows; row++)
        for (size_t column = 0; column < columns; column++)
            assert_string_equal(cc_table_cell(t, row, (int)column), want[i++]);
    assert_null(want[i]);
}

static void the_head_line_tells_the_delimiter(void **state) {
    (void)state;
    static const char *const texts[] = {"a,b,c;d\n1,2,3;4\n", "a;b,c;d\n1;2,3;4\n", "a\tb c\n1\t2 3\n",
                                        "a\n1\n", "\"a;b;c\",d\n1,2\n"};
    static const char delimiters[] = ",;\t,,";
    static const size_t columns[] = {3, 3, 2, 1, 2};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        cc_table t = read_table(texts[i]);
        assert_int_equal(t.delimiter, delimiters[i]);
        assert_int_equal(t.columns, columns[i]);
        assert_int_equal(t.rows, 1);
    }
}

static void fields_are_those_of_rfc_4180(void **state) {
    (void)state;
    cc_table t = read_table("\xEF\xBB\xBF"
                            "image,note\r\n\r\n"
                            "a.nii , \"x, \"\"y\"\"\r\nz\" \r\n"
                            "  \n"
                            "\"\",5\" slices\n"
                            " ,\"\"\"\"");
    rows_are(&t, 2, (const char *const[]){"a.nii", "x, \"y\"\r\nz", "", "5\" slices", "", "\"", NULL});
    assert_int_equal(t.lines[0], 3);
    assert_int_equal(t.lines[1], 6); /* the field before it holds a line end */
    assert_int_equal(t.lines[2], 7);
    t = read_table("a\tb\tc\n1\t\t\n\t\t3\n");
    rows_are(&t, 3, (const char *const[]){"1", "", "", "", "", "3", NULL});
}

static void columns_are_found_by_name(void **state) {
    (void)state;
    int column;
    cc_table t = read_table("Image,PATIENT\nx,y\n");
    assert_int_equal(cc_table_find(&t, "image"), 0);
    assert_int_equal(cc_table_find(&t, "patient"), 1);
    assert_int_equal(cc_table_find(&t, "mask"), CC_TABLE_NO_COLUMN);
    assert_string_equal(cc_table_cell(&t, 0, CC_TABLE_NO_COLUMN), "");
    assert_error(cc_table_need(&column, &t, "mask"), CC_EFORMAT,
                 "there is no column mask: there are Image, PATIENT");
    assert_error(cc_table_fail(&t, 0, 1, "hint", "no %s", "such"), CC_EFORMAT,
                 "list.csv:2: column PATIENT: no such (hint)");
    assert_error(cc_table_fail(&t, 0, CC_TABLE_NO_COLUMN, NULL, "no"), CC_EFORMAT, "list.csv:2: no");
}

static void what_is_not_read_is_told_once(void **state) {
    (void)state;
    said s;
    cc_table t = read_table("image,age,site\nx,50,b\n");
    said_start(&s);
    cc_table_tell_unread(&t, (const char *const[]){"image", "mask", NULL});
    cc_table_tell_unread(&t, (const char *const[]){"AGE", "Site", "IMAGE", NULL});
    said_end(&s);
    assert_int_equal(said_count(&s, "columns that are not read: age, site"), 1);
    assert_int_equal(said_count(&s, "not read"), 1);
}

static void what_is_no_table_is_refused_by_line(void **state) {
    (void)state;
    refused("", "the table is empty");
    refused("\n \n\n", "the table is empty");
    refused("a,b,A\n", "list.csv:1: two columns are called A");
    refused("a,,b\n", "list.csv:1: column 2 of 3 has no name");
    refused("\na,b\n1,2\n\n1\n", "list.csv:5: 1 fields, where the head line names 2 columns");
    refused("a,b\n1,2,3\n", "list.csv:2: 3 fields, where the head line names 2 columns");
    refused("a,b\n1,2\n\"3,4\n5,6\n", "list.csv:3: a quote is opened and never closed");
    refused("a,b\n\"1\" x,2\n", "list.csv:2: text follows a closing quote: \"x,2");
    cc_table t = {0};
    assert_error(cc_table_read(&t, write_table("a,b\n1,\0", 7), arena), CC_EFORMAT,
                 "list.csv:2: a zero byte");
    assert_error(cc_table_read(&t, "/nowhere/list.csv", arena), CC_ENOTFOUND, "/nowhere/list.csv");
    const char *large = write_table("a\n", 2);
    assert_int_equal(cc_test_run(NULL, 0, "truncate -s 65M '%s'", large), 0);
    assert_error(cc_table_read(&t, large, arena), CC_EFORMAT, "is more than the 67108864");
}

/* Every cut of a table that holds all there is: read or refused, never beyond its bytes (sanitized
 * builds). */
static void no_cut_is_read_beyond_its_end(void **state) {
    (void)state;
    static const char whole[] = "\xEF\xBB\xBFimage,mask\r\n\"a\"\"\",\"b\nc\" \r\n x , \r\n\r\"\"\r,";
    for (size_t count = 0; count < sizeof whole; count++) {
        cc_table t = {0};
        cc_arena *own = cc_arena_create();
        char path[64];
        snprintf(path, sizeof path, "/tmp/calcade-cut-%ld.csv", (long)getpid());
        assert_ok(cc_file_write(path, whole, count));
        cc_status status = cc_table_read(&t, path, own);
        assert_true(status == CC_OK || status == CC_EFORMAT);
        unlink(path);
        cc_arena_destroy(own);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_head_line_tells_the_delimiter),
        cmocka_unit_test(fields_are_those_of_rfc_4180),
        cmocka_unit_test(columns_are_found_by_name),
        cmocka_unit_test(what_is_not_read_is_told_once),
        cmocka_unit_test(what_is_no_table_is_refused_by_line),
        cmocka_unit_test(no_cut_is_read_beyond_its_end),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
