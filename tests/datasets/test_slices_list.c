/* The source "list": scans by a table, what the index beside it remembers, and the store that slices come
 * from. */
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include "datasets/scan_facts.h"
#include "said.h"
#include "scans_made.h"

/* Two patients of group n, one of group s; of patient a two scans. Formats and folders differ. */
static const char list_text[] = "patient;Image;mask;GROUP;site\n"
                                "c;x/c.mha;x/c m.nii;s;1\n"
                                "a;a1.nrrd;\"a1;mask.mha\";n;1\n"
                                "\n"
                                "b;b.mhd;b-mask.nrrd;n;2\n"
                                "a;a2.nii.gz;a2-mask.nii.gz;n;2\n";
/* The order of patients, then of rows: number k of each made scan. */
static const int order[4] = {1, 3, 2, 0};

static const char *make_dataset(void) {
    const char *dir = made_folder();
    made_image(dir, "x/c.mha", 0);
    made_mask(dir, "x/c m.nii", 0);
    made_image(dir, "a1.nrrd", 1);
    made_mask(dir, "a1;mask.mha", 1);
    made_image(dir, "b.mhd", 2);
    made_mask(dir, "b-mask.nrrd", 2);
    made_image(dir, "a2.nii.gz", 3);
    made_mask(dir, "a2-mask.nii.gz", 3);
    made_text(dir, "list.csv", list_text);
    made_settle_all(dir);
    return dir;
}

static cc_slice_options list_options(const char *dir) {
    static char lists[8][CC_PATH_MAX];
    static int next;
    char *list = lists[next++ % 8];
    snprintf(list, CC_PATH_MAX, "%s/list.csv", dir);
    return (cc_slice_options){.source = "list", .list = list};
}

static void scans_of_any_format_lie_by_patient(void **state) {
    (void)state;
    static const uint32_t patients[4] = {0, 0, 1, 2};
    const cc_slice_options options = list_options(make_dataset());
    cc_slice_set *set = made_open(&options);
    assert_int_equal(cc_slice_set_patient_count(set), 3);
    assert_string_equal(cc_slice_set_patient(set, 0), "a");
    assert_string_equal(cc_slice_set_patient(set, 2), "c");
    assert_int_equal(cc_slice_set_group(set, 0), 0);
    assert_int_equal(cc_slice_set_group(set, 1), 0);
    assert_int_equal(cc_slice_set_group(set, 2), 1);
    assert_int_equal(cc_slice_set_count(set), 4 * MADE_Z);
    for (size_t i = 4 * MADE_Z; i-- > 0;) { /* from the end: decoding asks for no order */
        const cc_slice *slice = cc_slice_set_get(set, i);
        double mm[3];
        assert_int_equal(slice->scan, i / MADE_Z);
        assert_int_equal(slice->patient, patients[i / MADE_Z]);
        assert_int_equal(slice->number, i % MADE_Z);
        assert_int_equal(slice->width, MADE_X);
        assert_int_equal(slice->height, MADE_Y);
        assert_true(cc_slice_set_spacing(mm, set, i));
        assert_true(mm[0] == 0.5 && mm[1] == 0.75 && mm[2] == 2 + order[i / MADE_Z]);
        made_slice_is(set, i, order[i / MADE_Z], (int)(i % MADE_Z), "");
    }
    cc_slice_set_close(set);
}

/* Regions lie on a grid of their own, as masks do, and are those of another made scan here. */
static void regions_are_a_column_of_their_own(void **state) {
    (void)state;
    static const char text[] = "patient;image;mask;regions\na;a.nrrd;a-mask.mha;r.nii.gz\n"
                               "b;b.mhd;b-mask.mha;r2.mhd\n";
    const char *dir = made_folder();
    uint8_t regions[MADE_X * MADE_Y];
    cc_digest_text with, without;
    cc_slice_set *set = NULL;
    made_image(dir, "a.nrrd", 1), made_mask(dir, "a-mask.mha", 1), made_mask(dir, "r.nii.gz", 1);
    made_image(dir, "b.mhd", 2), made_mask(dir, "b-mask.mha", 2);
    /* The labels of scan 5 on the grid of scan 2. */
    float voxels[MADE_VOXELS];
    const cc_volume other = {.grid = made_grid(2), .voxels = voxels};
    for (int i = 0; i < MADE_VOXELS; i++)
        voxels[i] = (float)made_label(5, i % MADE_X, i / MADE_X % MADE_Y, i / MADE_X / MADE_Y);
    made_write(dir, "r2.mhd", &other, "uint8");
    made_text(dir, "list.csv", text);
    made_settle_all(dir);
    cc_slice_options options = list_options(dir);
    assert_ok(cc_slice_set_open(&set, &options)); /* the column is known, and not looked at */
    assert_false(cc_slice_set_has_regions(set));
    assert_error(cc_slice_set_read_regions(set, 0, regions), CC_EUNSUPPORTED, "opened without regions");
    assert_ok(cc_slice_set_digest(&without, set));
    cc_slice_set_close(set);
    options.regions = true;
    set = made_open(&options);
    assert_true(cc_slice_set_has_regions(set));
    assert_ok(cc_slice_set_digest(&with, set));
    assert_string_not_equal(with.hex, without.hex);
    for (size_t i = 2 * MADE_Z; i-- > 0;) {
        const int k = i < MADE_Z ? 1 : 5, z = (int)(i % MADE_Z);
        assert_ok(cc_slice_set_read_regions(set, i, regions));
        for (int p = 0; p < MADE_X * MADE_Y; p++)
            assert_int_equal(regions[p], made_label(k, p % MADE_X, p / MADE_X, z));
        made_slice_is(set, i, i < MADE_Z ? 1 : 2, z, "");
    }
    cc_slice_set_close(set);
    /* Every scan has some. */
    made_text(dir, "list.csv", "patient;image;mask;regions\na;a.nrrd;a-mask.mha;\n");
    assert_error(cc_slice_set_open(&set, &options), CC_EFORMAT, "the regions are not given");
    made_text(dir, "list.csv", "patient;image;mask\na;a.nrrd;a-mask.mha\n");
    assert_error(cc_slice_set_open(&set, &options), CC_EFORMAT, "it has no column regions");
    options.source = "nnunet";
    options.root = dir;
    assert_error(cc_slice_set_open(&set, &options), CC_EUNSUPPORTED, "nnunet has none");
}

static void labels_that_are_not_chosen_are_background(void **state) {
    (void)state;
    said s;
    cc_slice_options options = list_options(make_dataset());
    const int chosen[] = {3, 1}, odd[] = {2, 200}, none[] = {4, 9};
    options.labels = chosen;
    options.label_count = 2;
    cc_slice_set *set = made_open(&options);
    for (size_t i = 0; i < 4 * MADE_Z; i++) made_slice_is(set, i, order[i / MADE_Z], (int)(i % MADE_Z), "13");
    cc_slice_set_close(set);
    options.labels = odd;
    said_start(&s);
    cc_slice_set_close(made_open(&options));
    said_end(&s);
    said_has(&s, "data.labels: no mask holds label 200; there are: 1, 2, 3");
    options.labels = none;
    made_refused(&options, CC_EFORMAT,
                 "none of the labels that are chosen is in any mask; there are: 1, 2, 3");
}

/* Contents count, and what is taken of them; where and how they are stored does not. */
static void the_digest_is_of_contents(void **state) {
    (void)state;
    const char *dir = make_dataset();
    char other[CC_PATH_MAX];
    snprintf(other, sizeof other, "%s", make_dataset());
    cc_slice_options options = list_options(dir), moved = list_options(other);
    const cc_digest_text first = made_digest(&options);
    assert_int_equal(cc_test_run(NULL, 0, "cd '%s' && mkdir y && mv b.mhd b.raw y", other), 0);
    made_image(other, "x/c.nii.gz", 0);
    made_text(other, "list.csv",
              "patient,image,mask,group\na,a1.nrrd,a1;mask.mha,n\nc,x/c.nii.gz,x/c m.nii,s\n"
              "a,a2.nii.gz,a2-mask.nii.gz,n\nb,y/b.mhd,b-mask.nrrd,n\n");
    assert_string_equal(made_digest(&moved).hex, first.hex);
    const int chosen[] = {1, 2};
    moved.labels = chosen;
    moved.label_count = 2;
    assert_string_not_equal(made_digest(&moved).hex, first.hex);
    moved.label_count = 0;
    made_mask(other, "b-mask.nrrd", 4); /* another mask, its spacing too: laid on the scan by the affines */
    const cc_digest_text masked = made_digest(&moved);
    assert_string_not_equal(masked.hex, first.hex);
    made_image(other, "y/b.mhd", 5);
    assert_string_not_equal(made_digest(&moved).hex, masked.hex);
}

/* Two scans of the same voxels, whose masks are empty on any grid: areas and volumes differ. */
static void the_digest_is_of_the_spacing_too(void **state) {
    (void)state;
    const char *dir = made_folder();
    float voxels[MADE_VOXELS] = {-1000, 40};
    cc_volume v = {.grid = made_grid(0), .voxels = voxels};
    made_write(dir, "a.mha", &v, "int16");
    v.grid.spacing_mm[0] = 0.625;
    made_write(dir, "b.mha", &v, "int16");
    voxels[0] = voxels[1] = 0;
    made_write(dir, "mask.mha", &v, "uint8");
    const cc_slice_options options = list_options(dir);
    made_text(dir, "list.csv", "image,mask,patient\na.mha,mask.mha,p\n");
    const cc_digest_text a = made_digest(&options);
    made_text(dir, "list.csv", "image,mask,patient\nb.mha,mask.mha,p\n");
    assert_string_not_equal(made_digest(&options).hex, a.hex);
}

/* Overwrites bytes of a file and gives it the times it had: same size, same inode. */
static void change_unseen(const char *path, const void *bytes, size_t count, long from_end) {
    struct stat s;
    assert_int_equal(stat(path, &s), 0);
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, -from_end, SEEK_END), 0);
    assert_int_equal(fwrite(bytes, 1, count, file), count);
    assert_int_equal(fclose(file), 0);
    const struct timespec times[2] = {s.st_atim, s.st_mtim};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

/* A second plan believes the index: it does not see a change that changes neither size, time nor inode. One
 * that it must see, of a header or of the file beside it, it does. */
static void a_scan_that_did_not_change_is_not_read_again(void **state) {
    (void)state;
    static const int16_t value = 77;
    const char *dir = make_dataset();
    char raw[CC_PATH_MAX], nrrd[CC_PATH_MAX], index[CC_PATH_MAX];
    snprintf(raw, sizeof raw, "%s/b.raw", dir);
    snprintf(nrrd, sizeof nrrd, "%s/a1.nrrd", dir);
    snprintf(index, sizeof index, "%s/list.csv.calcade-index", dir);
    cc_slice_options options = list_options(dir);
    const cc_digest_text first = made_digest(&options);
    assert_true(cc_file_exists(index));
    change_unseen(raw, &value, sizeof value, 2);
    change_unseen(nrrd, &value, sizeof value, 2);
    assert_string_equal(made_digest(&options).hex, first.hex);
    options.checking = true; /* reads all the same */
    const cc_digest_text changed = made_digest(&options);
    assert_string_not_equal(changed.hex, first.hex);
    options.checking = false;
    assert_string_equal(made_digest(&options).hex, changed.hex); /* which was remembered */
    static const int16_t third = 78;
    change_unseen(raw, &third, sizeof third, 2);
    assert_string_equal(made_digest(&options).hex, changed.hex);
    made_settle(raw); /* another time: of the part alone */
    assert_string_not_equal(made_digest(&options).hex, changed.hex);
}

static void what_changed_a_moment_ago_is_not_remembered(void **state) {
    (void)state;
    static const int16_t value = 77;
    const char *dir = make_dataset();
    char nrrd[CC_PATH_MAX];
    snprintf(nrrd, sizeof nrrd, "%s/a1.nrrd", dir);
    made_image(dir, "a1.nrrd", 1);
    const cc_slice_options options = list_options(dir);
    const cc_digest_text first = made_digest(&options);
    change_unseen(nrrd, &value, sizeof value, 2);
    assert_string_not_equal(made_digest(&options).hex, first.hex);
}

/* Damaged, cut, older, or a text of someone's: made anew, to the same. */
static void an_index_that_is_not_ours_is_made_anew(void **state) {
    (void)state;
    said s;
    const char *dir = make_dataset();
    const cc_slice_options options = list_options(dir);
    const cc_digest_text first = made_digest(&options);
    char index[CC_PATH_MAX];
    snprintf(index, sizeof index, "%s/list.csv.calcade-index", dir);
    static const char *const harms[] = {"sed -i 's/\\t5\\t/\\t6\\t/' '%s'",  "truncate -s -1 '%s'",
                                        "sed -i '1s/index 1/index 0/' '%s'", "sed -i '$d' '%s'",
                                        "printf '\\0\\0\\t' > '%s'",         "printf 'sha256 0\\n' >> '%s'"};
    for (size_t i = 0; i < sizeof harms / sizeof *harms; i++) {
        char before[65536], after[65536];
        assert_int_equal(cc_test_run(before, sizeof before, "cat '%s'", index), 0);
        char command[CC_PATH_MAX];
        snprintf(command, sizeof command, harms[i], index);
        assert_int_equal(cc_test_run(NULL, 0, "%s", command), 0);
        said_start(&s);
        assert_string_equal(made_digest(&options).hex, first.hex);
        said_end(&s);
        said_has(&s, "is damaged or of another version: the scans are read anew");
        assert_int_equal(cc_test_run(after, sizeof after, "cat '%s'", index), 0);
        assert_string_equal(before, after);
    }
}

static void where_nothing_can_be_remembered_that_is_said(void **state) {
    (void)state;
    said s;
    const char *dir = make_dataset();
    const cc_slice_options options = list_options(dir);
    assert_ok(cc_folder_make(cc_test_path(dir, "list.csv.calcade-index")));
    said_start(&s);
    cc_slice_set_close(made_open(&options));
    said_end(&s);
    assert_int_equal(said_count(&s, "is not remembered, and the next plan reads them again"), 1);
    assert_int_equal(said_count(&s, "error"), 0);
}

static void a_scan_that_changed_since_is_an_error(void **state) {
    (void)state;
    const char *dir = make_dataset();
    char path[CC_PATH_MAX];
    snprintf(path, sizeof path, "%s/a2.nii.gz", dir);
    const cc_slice_options options = list_options(dir);
    cc_slice_set *set = made_open(&options);
    made_slice_is(set, 0, 1, 0, "");
    made_settle(path);
    assert_error(cc_slice_set_read(set, MADE_Z, NULL, NULL), CC_EIO, "changed since the dataset was opened");
    made_slice_is(set, 1, 1, 1, ""); /* that of another scan is as it was */
    cc_slice_set_close(set);
}

static void a_patient_with_a_broken_scan_is_left_out(void **state) {
    (void)state;
    size_t count;
    said s;
    const char *dir = make_dataset();
    cc_slice_options options = list_options(dir);
    const cc_digest_text whole = made_digest(&options);
    assert_int_equal(cc_test_run(NULL, 0, "truncate -s -3 '%s/a2.nii.gz'", dir), 0);
    made_refused(&options, CC_EFORMAT, "patient a: list.csv:6: ");
    options.skip_broken = true;
    said_start(&s);
    cc_slice_set *set = made_open(&options);
    said_end(&s);
    said_has(&s, "patient a is left out: list.csv:6: ");
    assert_int_equal(cc_slice_set_patient_count(set), 2);
    assert_string_equal(cc_slice_set_patient(set, 0), "b");
    assert_int_equal(cc_slice_set_group(set, 0), 0);
    assert_int_equal(cc_slice_set_group(set, 1), 1);
    for (size_t i = 0; i < 2 * MADE_Z; i++)
        made_slice_is(set, i, order[2 + i / MADE_Z], (int)(i % MADE_Z), "");
    const cc_slice_broken *broken = cc_slice_set_broken(&count, set);
    assert_int_equal(count, 1);
    assert_string_equal(broken[0].patient, "a");
    cc_slice_set_close(set);
    assert_string_not_equal(made_digest(&options).hex, whole.hex);
}

static void what_is_no_list_is_refused_by_line(void **state) {
    (void)state;
    const char *dir = make_dataset();
    const cc_slice_options options = list_options(dir);
    static const struct {
        const char *text;
        cc_status status;
        const char *part;
    } cases[] = {
        {"image,mask\nx/c.mha,x/c m.nii\n", CC_EFORMAT,
         "list.csv: there is no column patient: there are image, mask"},
        {"image,patient\nx/c.mha,c\n", CC_EFORMAT, "there is no column mask"},
        {"image,mask,patient\n", CC_EFORMAT, "list.csv: it lists no scan"},
        {"image,mask,patient\nx/c.mha,x/c m.nii,\n", CC_EFORMAT, "list.csv:2: column patient: it is empty"},
        {"image,mask,patient\n\n,x/c m.nii,c\n", CC_EFORMAT, "list.csv:3: column image: it is empty"},
        {"image,mask,patient\nx/c.mha,x/none.nii,c\n", CC_ENOTFOUND, "patient c: list.csv:2: "},
        {"image,mask,patient\n../list.csv,x/c m.nii,c\n", CC_ENOTFOUND, "list.csv:2: "},
        {"image,mask,patient\n/etc/passwd,x/c m.nii,c\n", CC_EINVAL, "leads out of the dataset's folder"},
        {"image,mask,patient\nlist.csv,x/c m.nii,c\n", CC_EFORMAT,
         "its first bytes are of no known image format"},
        {"image,mask,patient\nx/c.mha,x/c m.nii,c\n./x/../x/c.mha,x/c m.nii,d\n", CC_EFORMAT,
         "list.csv:3: its image ./x/../x/c.mha is that of list.csv:2 already"},
        {"image,mask,patient\nx/c.mha,./x/c.mha,c\n", CC_EFORMAT,
         "list.csv:2: x/c.mha: image and mask are one file"},
        {"image,mask,patient,group\nx/c.mha,x/c m.nii,c,1\na2.nii.gz,a2-mask.nii.gz,c,2\n", CC_EFORMAT,
         "list.csv:3: patient c is of group \"2\" here, and of \"1\" at list.csv:2"},
        {"image,mask,patient\nx/c.mha,x/c m.nii,\"a\nb\"\n", CC_EFORMAT, "control characters"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        made_text(dir, "list.csv", cases[i].text);
        made_refused(&options, cases[i].status, cases[i].part);
    }
    cc_slice_options none = options;
    none.list = NULL;
    none.root = dir;
    made_refused(&none, CC_ECONFIG, "data.list: it is not given");
}

/* A root that is given: paths count from it, and the list may lie elsewhere. */
static void paths_count_from_the_root(void **state) {
    (void)state;
    const char *dir = make_dataset();
    char root[CC_PATH_MAX];
    snprintf(root, sizeof root, "%s/x", dir);
    cc_slice_options options = list_options(dir);
    made_text(dir, "list.csv", "image,mask,patient\nc.mha,c m.nii,c\n");
    options.root = root;
    cc_slice_set *set = made_open(&options);
    made_slice_is(set, 2, 0, 2, "");
    cc_slice_set_close(set);
    made_text(dir, "list.csv", "image,mask,patient\n../a2.nii.gz,../a2-mask.nii.gz,c\n");
    made_refused(&options, CC_EINVAL, "leads out of the dataset's folder");
}

/* --- the store --- */

static void no_room_for_decoded_scans_is_one_line(void **state) {
    (void)state;
    const cc_slice_options options = list_options(make_dataset());
    struct rlimit before, none;
    setenv("TMPDIR", "/nowhere/at/all", 1);
    cc_slice_set *set = made_open(&options);
    assert_error(cc_slice_set_read(set, 0, NULL, NULL), CC_EIO,
                 "/nowhere/at/all: cannot make a temporary file");
    cc_slice_set_close(set);
    setenv("TMPDIR", "/tmp", 1);
    set = made_open(&options);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none = before;
    none.rlim_cur = 64;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    const cc_status status = cc_slice_set_read(set, 0, NULL, NULL);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_error(status, CC_EIO, "/tmp: no room for 0.0 MB more of decoded scans");
    made_slice_is(set, 0, 1, 0, ""); /* once there is room */
    cc_slice_set_close(set);
    unsetenv("TMPDIR");
    assert_int_equal(cc_test_run(NULL, 0, "test -z \"$(ls /var/tmp | grep calcade-scans)\""), 0);
}

typedef struct readers {
    const cc_slice_set *set;
    int seed;
} readers;

static void *read_many(void *context) {
    const readers *r = context;
    unsigned at = (unsigned)r->seed;
    for (int i = 0; i < 300; i++) {
        at = at * 1103515245U + 12345U;
        const size_t index = (at >> 16) % (4 * MADE_Z);
        made_slice_is(r->set, index, order[index / MADE_Z], (int)(index % MADE_Z), "");
    }
    return NULL;
}

static void threads_may_read_at_once(void **state) {
    (void)state;
    const cc_slice_options options = list_options(make_dataset());
    cc_slice_set *set = made_open(&options);
    readers contexts[4];
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        contexts[i] = (readers){set, i};
        assert_int_equal(pthread_create(&threads[i], NULL, read_many, &contexts[i]), 0);
    }
    for (int i = 0; i < 4; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    cc_slice_set_close(set);
}

/* The most memory that this process has ever used, in MiB. */
static long peak_mb(void) {
    char line[256];
    long kb = 0;
    FILE *file = fopen("/proc/self/status", "r");
    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        if (sscanf(line, "VmHWM: %ld", &kb) == 1) break;
    fclose(file);
    return kb >> 10;
}

/* 40 scans of 128 x 128 x 64: 120 MiB once decoded, of which 1 is kept. One scan being read takes about
 * 16. */
static void memory_is_that_of_one_scan(void **state) {
    (void)state;
    enum { SCANS = 40, X = 128, Z = 64 };
#ifdef CC_SANITIZED
    skip(); /* its allocator keeps what was freed */
#endif
    const char *dir = made_folder();
    char text[SCANS * 64] = "image,mask,patient\n";
    float *voxels = calloc((size_t)X * X * Z, sizeof *voxels);
    assert_non_null(voxels);
    cc_volume v = {
        .grid = {.dims = {X, X, Z}, .spacing_mm = {1, 1, 1}, .direction = {1, 0, 0, 0, 1, 0, 0, 0, 1}},
        .voxels = voxels};
    char path[CC_PATH_MAX], mask[CC_PATH_MAX];
    snprintf(mask, sizeof mask, "%s/mask.nii.gz", dir);
    snprintf(path, sizeof path, "%s/0.nii.gz", dir);
    assert_ok(cc_volume_write(mask, &v, "uint8"));
    for (size_t i = 0; i < (size_t)X * X * Z; i++) voxels[i] = (float)(i % 1000);
    assert_ok(cc_volume_write(path, &v, "int16"));
    free(voxels);
    for (int i = 0; i < SCANS; i++) {
        char row[64];
        snprintf(row, sizeof row, "%d.nii.gz,mask.nii.gz,p%02d\n", i, i);
        strcat(text, row);
        if (i) assert_int_equal(cc_test_run(NULL, 0, "cp '%s' '%s/%d.nii.gz'", path, dir, i), 0);
    }
    made_text(dir, "list.csv", text);
    cc_slice_options options = list_options(dir);
    options.cache_mb = 1;
    float *image = malloc(X * X * sizeof *image);
    uint8_t *labels = malloc(X * X);
    assert_true(image && labels);
    cc_slice_set *set = made_open(&options); /* reads every scan once */
    const long before = peak_mb();
    for (size_t i = 0; i < cc_slice_set_count(set); i++) {
        assert_ok(cc_slice_set_read(set, i, image, labels));
        assert_true(image[5] == (float)((i % Z * X * X + 5) % 1000));
    }
    assert_in_range(peak_mb() - before, 0, 40);
    cc_slice_set_close(set);
    free(image);
    free(labels);
}

/* --- real files --- */

/* One row says what the source "volume" says. */
static void the_heart_ct_is_that_of_the_source_volume(void **state) {
    (void)state;
    const char *root = cc_test_shared("data/heart-ct"), *dir = made_folder();
    cc_slice_options list = list_options(dir);
    made_text(dir, "list.csv", "patient\timage\tmask\nct\tct_cropped.nii.gz\theart.nii.gz\n");
    list.root = root;
    const cc_slice_options volume = {
        .source = "volume", .root = root, .image = "ct_cropped.nii.gz", .mask = "heart.nii.gz"};
    cc_slice_set *a = made_open(&list), *b = made_open(&volume);
    size_t labelled = 0;
    assert_int_equal(cc_slice_set_count(a), cc_slice_set_count(b));
    for (size_t i = 0; i < cc_slice_set_count(a); i++) {
        static float x[122 * 102], y[122 * 102];
        static uint8_t p[122 * 102], q[122 * 102];
        assert_ok(cc_slice_set_read(a, i, x, p));
        assert_ok(cc_slice_set_read(b, i, y, q));
        assert_memory_equal(x, y, sizeof x);
        assert_memory_equal(p, q, sizeof p);
        for (size_t k = 0; k < sizeof p; k++) labelled += p[k] != 0;
    }
    assert_int_equal(labelled, 198176); /* as the data's README says */
    cc_slice_set_close(a);
    cc_slice_set_close(b);
}

/* A folder of DICOM files is one image, which changes when one of its files does. Range and number of voxels
 * above 400 HU are SimpleITK's (2.x, ImageSeriesReader). */
static void a_dicom_folder_is_one_image(void **state) {
    (void)state;
    const char *dir = made_folder();
    char folder[CC_PATH_MAX];
    cc_scan_facts facts;
    cc_volume v = {0};
    snprintf(folder, sizeof folder, "%s/qrm", dir);
    assert_int_equal(cc_test_run(NULL, 0, "cp -r '%s' '%s'", cc_test_shared("data/qrm"), folder), 0);
    assert_ok(cc_volume_read(&v, folder));
    for (size_t i = 0; i < cc_volume_count(&v); i++) v.voxels[i] = v.voxels[i] > 400;
    made_write(dir, "mask.nii.gz", &v, "uint8");
    cc_volume_deinit(&v);
    made_text(dir, "list.csv", "patient,image,mask\nqrm,qrm,mask.nii.gz\n");
    made_settle_all(dir);
    const cc_slice_options options = list_options(dir);
    cc_slice_set *set = made_open(&options);
    assert_int_equal(cc_slice_set_count(set), 47);
    assert_ok(cc_scan_facts_read(&facts, set, 0, 47));
    assert_true(facts.hu.min == -2048 && facts.hu.max == 1275);
    assert_int_equal(facts.labels[1], 36486);
    assert_true(fabs(facts.spacing_mm[0] - 0.488) < 1e-9 && facts.spacing_mm[2] == 3);
    cc_slice_set_close(set);
    assert_int_equal(cc_test_run(NULL, 0, "rm \"$(ls -d '%s'/* | head -1)\"", folder), 0);
    set = NULL;
    cc_status status =
        cc_slice_set_open(&set, &options); /* 46 slices, or a gap that is refused: read again */
    assert_true(status != CC_OK || cc_slice_set_count(set) == 46);
    cc_slice_set_close(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scans_of_any_format_lie_by_patient),
        cmocka_unit_test(regions_are_a_column_of_their_own),
        cmocka_unit_test(labels_that_are_not_chosen_are_background),
        cmocka_unit_test(the_digest_is_of_contents),
        cmocka_unit_test(the_digest_is_of_the_spacing_too),
        cmocka_unit_test(a_scan_that_did_not_change_is_not_read_again),
        cmocka_unit_test(what_changed_a_moment_ago_is_not_remembered),
        cmocka_unit_test(an_index_that_is_not_ours_is_made_anew),
        cmocka_unit_test(where_nothing_can_be_remembered_that_is_said),
        cmocka_unit_test(a_scan_that_changed_since_is_an_error),
        cmocka_unit_test(a_patient_with_a_broken_scan_is_left_out),
        cmocka_unit_test(what_is_no_list_is_refused_by_line),
        cmocka_unit_test(paths_count_from_the_root),
        cmocka_unit_test(no_room_for_decoded_scans_is_one_line),
        cmocka_unit_test(threads_may_read_at_once),
        cmocka_unit_test(memory_is_that_of_one_scan),
        cmocka_unit_test(the_heart_ct_is_that_of_the_source_volume),
        cmocka_unit_test(a_dicom_folder_is_one_image),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
