/* tests/datasets/test_broken.c -- one broken patient of a dataset: named in the error or, where asked for,
 * left out, and the rest read as without it. */
#include "coca_made.h"
#include "said.h"
#include "tree.h"

typedef struct dataset_layout {
    const char *source;
    void (*add)(const char *root, const char *patient);
} dataset_layout;

static void add_heart(const char *root, const char *patient) {
    static const uint8_t mask[4 * 4] = {0, 255};
    uint8_t grey[4 * 4];
    char name[256];
    for (int n = 1; n <= 2; n++) {
        for (int i = 0; i < 16; i++) grey[i] = (uint8_t)(10 * i + n + patient[strlen(patient) - 1]);
        snprintf(name, sizeof name, "%s/image/1-%03d.png", patient, n);
        tree_write(root, name, grey, 4, 4, 8);
        snprintf(name, sizeof name, "%s/mask/1-%03d.png", patient, n);
        tree_write(root, name, mask, 4, 4, 8);
    }
}

#define MM                                                                                                   \
    "<key>Point_mm</key><array><string>(0.5, 0.25, -47)</string><string>(2, 0.25, -47)</string>"             \
    "<string>(2, 0.75, -47)</string><string>(0.5, 0.75, -47)</string></array>"
/* An outline on slice 1 of three, at z = -47. */
static void add_coca(const char *root, const char *patient) {
    char name[256];
    snprintf(name, sizeof name, "patient/%s", patient);
    coca_add_scan(root, name, 3, NULL);
    snprintf(name, sizeof name, "calcium_xml/%s.xml", patient);
    coca_write(root, name,
               COCA_LIST(COCA_IMAGE("1", "<dict><key>Name</key><string>Left Coronary Artery</string>" MM
                                         "<key>Point_px</key><array>" COCA_BOX "</array></dict>")));
}

static void add_orca(const char *root, const char *patient) {
    int16_t hu[4 * 4 * 2];
    static const uint8_t labels[4 * 4 * 2] = {0, 1};
    static const int dims[3] = {4, 4, 2};
    char name[256];
    for (int i = 0; i < 32; i++) hu[i] = (int16_t)(10 * i + patient[strlen(patient) - 1]);
    assert_ok(cc_folder_make(cc_test_path(root, "Images")));
    assert_ok(cc_folder_make(cc_test_path(root, "Reference standard")));
    snprintf(name, sizeof name, "Images/%sCTI.mhd", patient);
    tree_write_mha(root, name, dims, 0, "MET_SHORT", hu, sizeof hu);
    snprintf(name, sizeof name, "Reference standard/%sR.mhd", patient);
    tree_write_mha(root, name, dims, 0, "MET_UCHAR", labels, sizeof labels);
}

static const dataset_layout heart = {"ctheart", add_heart}, coca = {"coca", add_coca},
                            orca = {"orcascore", add_orca};

/* One of two roots, empty. */
static const char *empty_root(int which) {
    static char roots[2][256];
    if (!roots[which][0]) snprintf(roots[which], sizeof roots[which], "%s", cc_test_folder());
    assert_int_equal(cc_test_run(NULL, 0, "find '%s' -mindepth 1 -delete", roots[which]), 0);
    return roots[which];
}

/* Patients 1, 2 and 3, or without 2, of names that each layout takes. */
static const char *make(const dataset_layout *l, bool with_b) {
    const char *root = empty_root(with_b);
    l->add(root, "TRV1P1");
    if (with_b) l->add(root, "TRV1P2");
    l->add(root, "TRV1P3");
    return root;
}

static void shell(const char *root, const char *command) {
    assert_int_equal(cc_test_run(NULL, 0, "cd '%s' && %s", root, command), 0);
}

static cc_status open_set(cc_slice_set **out, const dataset_layout *l, const char *root, bool skip) {
    cc_slice_options options = {
        .source = l->source, .root = root, .window_hu = {-200, 800}, .skip_broken = skip, .cache_mb = 1};
    *out = NULL;
    return cc_slice_set_open(out, &options);
}

static cc_digest_text digest_of(const dataset_layout *l, const char *root, bool skip) {
    cc_slice_set *set;
    cc_digest_text digest;
    assert_ok(open_set(&set, l, root, skip));
    assert_ok(cc_slice_set_digest(&digest, set));
    cc_slice_set_close(set);
    return digest;
}

/* Every slice of two sets is the same. */
static void same_slices(const cc_slice_set *a, const cc_slice_set *b) {
    float x[COCA_PIXELS], y[COCA_PIXELS];
    uint8_t m[COCA_PIXELS], n[COCA_PIXELS];
    double p[3], q[3];
    assert_int_equal(cc_slice_set_patient_count(a), cc_slice_set_patient_count(b));
    assert_int_equal(cc_slice_set_count(a), cc_slice_set_count(b));
    for (size_t i = 0; i < cc_slice_set_patient_count(a); i++)
        assert_string_equal(cc_slice_set_patient(a, i), cc_slice_set_patient(b, i));
    for (size_t i = 0; i < cc_slice_set_count(a); i++) {
        const cc_slice *s = cc_slice_set_get(a, i), *t = cc_slice_set_get(b, i);
        const size_t pixels = (size_t)s->height * (size_t)s->width;
        assert_memory_equal(s, t, sizeof *s);
        assert_ok(cc_slice_set_read(a, i, x, m));
        assert_ok(cc_slice_set_read(b, i, y, n));
        assert_memory_equal(x, y, pixels * sizeof *x);
        assert_memory_equal(m, n, pixels);
        assert_int_equal(cc_slice_set_spacing(p, a, i), cc_slice_set_spacing(q, b, i));
        assert_memory_equal(p, q, sizeof p);
    }
}

static const struct {
    const dataset_layout *of;
    const char *fault;
    const char *part; /* of the line that says so */
    bool when_opened; /* else only a slice that is decoded tells */
} cases[] = {
    {&heart, "rm train/TRV1P2/mask/1-002.png", "its mask is not there", true},
    {&heart, "rm -r train/TRV1P2/mask", "TRV1P2/mask", true},
    {&heart, "rm train/TRV1P2/*/*.png", "there is no slice of it", true},
    {&heart, "echo a picture that is none, of some length > train/TRV1P2/image/1-001.png", "not a PNG file",
     true},
    {&heart, "truncate -s 50 train/TRV1P2/image/1-002.png", "1-002.png", false},
    {&heart, "cp train/TRV1P2/image/1-001.png train/TRV1P2/mask/1-001.png", "16 grey values", false},
    {&coca, "rm patient/TRV1P2/IM-0001-0002.dcm", "TRV1P2", true},
    {&coca, "truncate -s 300 patient/TRV1P2/IM-0001-0002.dcm", "IM-0001-0002.dcm", true},
    {&coca, "rm patient/TRV1P2/*", "no .dcm file of this patient", true},
    {&coca, "sed -i 's/>ROIs</>RO</' calcium_xml/TRV1P2.xml", "TRV1P2.xml", true},
    {&coca, "truncate -s 700 calcium_xml/TRV1P2.xml", "TRV1P2.xml", true},
    {&coca, "sed -i 's/-47/-60/g' calcium_xml/TRV1P2.xml", "slices below the scan", true},
    {&orca, "truncate -s 200 Images/TRV1P2CTI.mhd", "TRV1P2CTI.mhd", true},
    {&orca, "rm Images/TRV1P2CTI.mhd", "TRV1P2CTI.mhd", true},
    {&orca, "sed -i 's/ElementType/Offset = 900 0 0\\nElementType/' 'Reference standard/TRV1P2R.mhd'",
     "TRV1P2R.mhd", true},
    {&orca,
     "sed -i 's/MET_UCHAR/MET_CHAR/' 'Reference standard/TRV1P2R.mhd' && printf '\\377' | dd conv=notrunc "
     "of='Reference standard/TRV1P2R.mhd' bs=1 seek=$(($(stat -c %s 'Reference standard/TRV1P2R.mhd') - 3)) "
     "status=none",
     "labels are whole numbers", false},
};
enum { CASES = sizeof cases / sizeof *cases };

static void a_broken_patient_is_named_and_the_way_out_too(void **state) {
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        cc_slice_set *set;
        const char *root = make(cases[i].of, true);
        shell(root, cases[i].fault);
        cc_status status = open_set(&set, cases[i].of, root, false);
        if (cases[i].when_opened) {
            if (status == CC_OK) fail_msg("case %zu was opened", i);
            assert_error(status, status, "patient TRV1P2");
            assert_error(status, status, cases[i].part);
            assert_error(status, status, "data.skip_broken: true leaves this patient out");
        } else {
            assert_ok(status);
            cc_slice_set_close(set);
        }
    }
}

static void left_out_the_rest_reads_as_a_dataset_without_it(void **state) {
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        cc_slice_set *set, *without;
        said s;
        const dataset_layout *l = cases[i].of;
        const char *root = make(l, true), *rest = make(l, false);
        shell(root, cases[i].fault);
        said_start(&s);
        cc_status status = open_set(&set, l, root, true);
        said_end(&s);
        assert_ok(status);
        said_has(&s, "warning: patient TRV1P2");
        said_has(&s, cases[i].part);
        said_has(&s, "1 of 3 patients are left out as broken (data.skip_broken)");
        assert_ok(open_set(&without, l, rest, false));
        same_slices(set, without);
        cc_slice_set_close(set);
        cc_slice_set_close(without);
        assert_string_equal(digest_of(l, root, true).hex, digest_of(l, rest, false).hex);
    }
}

static void where_nothing_is_broken_the_option_changes_nothing(void **state) {
    (void)state;
    static const dataset_layout *const all[] = {&heart, &coca, &orca};
    for (size_t i = 0; i < 3; i++) {
        const char *root = make(all[i], true);
        assert_string_equal(digest_of(all[i], root, true).hex, digest_of(all[i], root, false).hex);
    }
}

static void where_all_are_broken_that_is_an_error(void **state) {
    (void)state;
    static const struct {
        const dataset_layout *of;
        const char *fault;
    } ways[] = {{&heart, "rm -r train/*/mask"},
                {&heart, "for p in train/*; do rm $p/*/*; done"},
                {&coca, "rm patient/*/*"},
                {&orca, "for i in Images/*; do truncate -s 100 $i; done"}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        cc_slice_set *set;
        const char *root = make(ways[i].of, true);
        shell(root, ways[i].fault);
        cc_status status = open_set(&set, ways[i].of, root, true);
        if (status == CC_OK) fail_msg("case %zu was opened", i);
        if (i != 1) assert_error(status, CC_EFORMAT, "all 3 patients are broken");
    }
}

/* The first and the last patient broken, and several: the others take their places. */
static void any_patients_may_be_left_out(void **state) {
    (void)state;
    cc_slice_set *set;
    const char *root = make(&coca, true);
    shell(root, "rm patient/TRV1P1/*-0002.dcm calcium_xml/TRV1P2.xml; truncate -s 9 calcium_xml/TRV1P3.xml");
    assert_ok(open_set(&set, &coca, root, true));
    assert_int_equal(cc_slice_set_patient_count(set), 1);
    assert_string_equal(cc_slice_set_patient(set, 0), "TRV1P2");
    uint8_t mask[COCA_PIXELS];
    assert_ok(cc_slice_set_read(set, 1, NULL, mask));
    for (int i = 0; i < COCA_PIXELS; i++) assert_int_equal(mask[i], 0); /* it has no XML now */
    cc_slice_set_close(set);
}

static void a_name_that_results_cannot_hold_is_refused(void **state) {
    (void)state;
    static const struct {
        const char *name, *shown;
    } names[] = {{"a\nb", "\"a\\x0ab\""},        {"\x1b[31mred", "\"\\x1b[31mred\""},
                 {"tab\there", "tab\\x09here"},  {"caf\xe9", "\"caf\\xe9\""},
                 {"\xc2\x85", "\"\\xc2\\x85\""}, {"x\x7f", "\"x\\x7f\""}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        static const dataset_layout *const all[] = {&heart, &coca};
        for (int l = 0; l < 2; l++) {
            cc_slice_set *set;
            const char *root = make(all[l], true);
            all[l]->add(root, names[i].name);
            cc_status status = open_set(&set, all[l], root, false);
            assert_error(status, CC_EFORMAT, "control characters or is no UTF-8");
            assert_error(status, CC_EFORMAT, names[i].shown);
            assert_ok(open_set(&set, all[l], root, true));
            assert_int_equal(cc_slice_set_patient_count(set), 3);
            cc_slice_set_close(set);
        }
    }
}

static void other_names_are_taken_as_they_are(void **state) {
    (void)state;
    static const char *const names[] = {"'quoted'", "a\"b",    "a\\b", "`id`",       "$HOME",
                                        "@x",       "{a}^b_c", "a b",  "Zo\xc3\xab", "\xe4\xb8\xad",
                                        "50%",      "#1",      "<b>"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        cc_slice_set *set;
        const char *root = empty_root(0);
        add_heart(root, names[i]);
        assert_ok(open_set(&set, &heart, root, false));
        assert_string_equal(cc_slice_set_patient(set, 0), names[i]);
        cc_slice_set_close(set);
    }
}

/* Results hold 63 bytes of a name. */
static void two_names_that_results_would_take_for_one_are_refused(void **state) {
    (void)state;
    cc_slice_set *set;
    char a[72] = "", b[72] = "";
    const char *root = empty_root(0);
    memset(a, 'a', 64);
    memset(b, 'a', 64);
    b[62] = 'b';
    add_heart(root, a);
    add_heart(root, b);
    assert_ok(open_set(&set, &heart, root, false));
    cc_slice_set_close(set);
    memset(b, 'a', 64);
    b[63] = 'b';
    add_heart(root, b);
    assert_error(open_set(&set, &heart, root, false), CC_EFORMAT, "results hold 63 bytes of a name");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broken_patient_is_named_and_the_way_out_too),
        cmocka_unit_test(left_out_the_rest_reads_as_a_dataset_without_it),
        cmocka_unit_test(where_nothing_is_broken_the_option_changes_nothing),
        cmocka_unit_test(where_all_are_broken_that_is_an_error),
        cmocka_unit_test(any_patients_may_be_left_out),
        cmocka_unit_test(a_name_that_results_cannot_hold_is_refused),
        cmocka_unit_test(other_names_are_taken_as_they_are),
        cmocka_unit_test(two_names_that_results_would_take_for_one_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
