/* tests/datasets/test_coca_xml.c -- property lists of outlines: what is read, and what is refused with its
 * line. */
#include "coca_made.h"
#include "core/log.h"
#include "datasets/sources/coca_xml.h"

static cc_arena *arena;

static int start(void **state) {
    (void)state;
    arena = cc_arena_create();
    return arena ? 0 : -1;
}

static int stop(void **state) {
    (void)state;
    cc_arena_destroy(arena);
    return 0;
}

static cc_status read_text(cc_coca_regions *out, const char *text) {
    *out = (cc_coca_regions){0};
    return cc_coca_xml_read(out, coca_write(cc_test_folder(), "9.xml", text), arena);
}

static void refused(const char *text, const char *part) {
    cc_coca_regions regions;
    assert_error(read_text(&regions, text), CC_EFORMAT, part);
    assert_null(regions.items);
}

#define ROI(points)  COCA_ROI("Right Coronary Artery", "3", points)
#define WITH(points) COCA_LIST(COCA_IMAGE("1", ROI(points)))
#define TWO          COCA_POINT("1", "2") COCA_POINT("3", "4")

static void regions_come_in_the_files_order(void **state) {
    (void)state;
    cc_coca_regions r;
    assert_ok(read_text(&r, COCA_LIST(COCA_IMAGE("3", ROI(TWO "<!-- x --> <string> ( -1.5e1,7 ) </string>"))
                                          COCA_IMAGE("0", COCA_ROI("Left Coronary Artery", "4", COCA_BOX)))));
    assert_int_equal(r.count, 2);
    assert_int_equal(r.items[0].index, 3);
    assert_int_equal(r.items[0].label, 3);
    assert_int_equal(r.items[0].point_count, 3);
    assert_true(r.items[0].points[1][0] == 3 && r.items[0].points[1][1] == 4);
    assert_true(r.items[0].points[2][0] == -15 && r.items[0].points[2][1] == 7);
    assert_int_equal(r.items[1].index, 0);
    assert_int_equal(r.items[1].label, 1);
    assert_ok(read_text(&r, COCA_LIST("")));
    assert_int_equal(r.count, 0);
}

static void what_is_no_list_is_refused_with_its_line(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"", "9.xml:1"},
        {"no xml", "9.xml:1: XML: "},
        {COCA_HEAD, "9.xml:3: XML: "},
        {COCA_HEAD "<plist><dict><key>Images</key>\n<array>\n", "9.xml:5: XML: "},
        {COCA_HEAD "<html/>", "9.xml:3: plist"},
        {COCA_HEAD "<plist/>", "plist: it wants a dict"},
        {COCA_HEAD "<plist><array/></plist>", "plist: it wants a dict"},
        {COCA_HEAD "<plist><dict/></plist>", "Images: the dict lacks it"},
        {COCA_HEAD "<plist><dict><key>Images</key></dict></plist>", "pairs of a key and a value"},
        {COCA_HEAD "<plist><dict><array/><key>Images</key></dict></plist>", "pairs of a key and a value"},
        {COCA_HEAD "<plist><dict><key>Images</key><string/></dict></plist>", "Images: string, where array"},
        {COCA_LIST("<array/>"), "Images: each is a dict"},
        {COCA_LIST("\n\n<dict/>"), "9.xml:7: ImageIndex: the dict lacks it"},
        {COCA_LIST("<dict><key>ImageIndex</key><integer>1</integer></dict>"), "ROIs: the dict lacks it"},
        {COCA_LIST(COCA_IMAGE("1", "<string/>")), "ROIs: each is a dict"},
        {COCA_LIST(COCA_IMAGE("1", "<dict/>")), "Point_px: the dict lacks it"},
        {COCA_LIST(COCA_IMAGE("1", "<dict><key>Point_px</key><array>" COCA_BOX "</array></dict>")),
         "Name: the dict lacks it"},
        {WITH(TWO), "NumberOfPoints: Point_px holds another number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) refused(cases[i][0], cases[i][1]);
}

static void numbers_are_checked(void **state) {
    (void)state;
    static const char *const indices[] = {"99999999999", "-1",    "1.5", "x",  "",   "99999999999999999999",
                                          "nan",         "1e400", "1 2", "0x", "inf"};
    for (size_t i = 0; i < sizeof indices / sizeof *indices; i++) {
        char text[2048];
        snprintf(text, sizeof text, COCA_LIST(COCA_IMAGE("%s", "")), indices[i]);
        refused(text, "is not the number of a slice, from 0 on");
    }
    static const char *const points[] = {"(nan, 1)", "(1, nan)",   "(inf, 1)", "(1e300, 1)", "(1, -9000)",
                                         "(1; 2)",   "1, 2",       "(1, 2",    "(1, 2) 3",   "(1, 2, 3)",
                                         "(, 2)",    "(1e999, 1)", "",         "(1 2)",      "<b>(1, 2)</b>"};
    for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
        char text[2048];
        snprintf(text, sizeof text, WITH(TWO "\n<string>%s</string>"), points[i]);
        refused(text, "9.xml:6: Point_px: ");
    }
    refused(WITH(TWO "<real>1</real>"), "Point_px: ");
}

static void entities_are_neither_declared_nor_expanded(void **state) {
    (void)state;
#define LIST(inner) "<plist><dict><key>Images</key><array>" inner "</array></dict></plist>"
    refused("<!DOCTYPE plist [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">\n"
            "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\">]>" LIST("&d;"),
            "9.xml:1: XML: it declares an entity");
    refused("<!DOCTYPE plist [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>" LIST("&x;"),
            "declares an entity");
    refused("<!DOCTYPE plist [\n<!ENTITY % x SYSTEM \"file:///etc/hostname\"> %x;]>" LIST(""),
            "declares an entity");
    refused(WITH(TWO "<string>(1, &two;)</string>"), "9.xml:5");
}

static void size_depth_and_number_are_bounded(void **state) {
    (void)state;
    const char *root = cc_test_folder(), *path = cc_test_path(root, "9.xml");
    cc_coca_regions r = {0};
    assert_int_equal(cc_test_run(NULL, 0, "truncate -s 9M '%s'", path), 0);
    assert_error(cc_coca_xml_read(&r, path, arena), CC_EFORMAT, "9.xml");
    assert_int_equal(cc_test_run(NULL, 0, "yes '<dict>' | head -n 100000 > '%s'", path), 0);
    assert_error(cc_coca_xml_read(&r, path, arena), CC_EFORMAT, "XML: ");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("<plist><dict><key>Images</key><array><dict><key>ImageIndex</key><integer>0</integer>"
          "<key>ROIs</key><array>",
          file);
    for (int i = 0; i < 4097; i++) fputs(ROI(TWO COCA_POINT("3", "1")), file);
    fputs("</array></dict></array></dict></plist>", file);
    assert_int_equal(fclose(file), 0);
    assert_error(cc_coca_xml_read(&r, path, arena), CC_EFORMAT, "9.xml:4097: ROIs: a scan has at most 4096");
    assert_error(cc_coca_xml_read(&r, cc_test_path(root, "8.xml"), arena), CC_ENOTFOUND, "8.xml");
}

/* Every way of cutting a sound file short, and every byte of it changed: a status, never a crash. */
static void damage_never_does_more_than_fail(void **state) {
    (void)state;
    static const char sound[] = COCA_LIST(COCA_IMAGE("1", COCA_ROI("Left Coronary Artery", "4", COCA_BOX)));
    static const char changes[] = {0, '<', '&', '9', (char)0xff};
    const char *path = cc_test_path(cc_test_folder(), "9.xml");
    cc_log_set_level(CC_LOG_ERROR);
    for (size_t at = 0; at < sizeof sound - 1; at++)
        for (size_t c = 0; c <= sizeof changes; c++) {
            char text[sizeof sound];
            memcpy(text, sound, sizeof sound);
            if (c < sizeof changes) text[at] = changes[c];
            FILE *file = fopen(path, "wb");
            assert_non_null(file);
            fwrite(text, 1, c < sizeof changes ? sizeof sound - 1 : at, file);
            assert_int_equal(fclose(file), 0);
            cc_coca_regions r;
            cc_status status = cc_coca_xml_read(&r, path, arena);
            assert_true(status == CC_OK || status == CC_EFORMAT);
            if (c == sizeof changes && at < sizeof sound - 10) assert_int_equal(status, CC_EFORMAT);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regions_come_in_the_files_order),
        cmocka_unit_test(what_is_no_list_is_refused_with_its_line),
        cmocka_unit_test(numbers_are_checked),
        cmocka_unit_test(entities_are_neither_declared_nor_expanded),
        cmocka_unit_test(size_depth_and_number_are_bounded),
        cmocka_unit_test(damage_never_does_more_than_fail),
    };
    return cmocka_run_group_tests(tests, start, stop);
}
