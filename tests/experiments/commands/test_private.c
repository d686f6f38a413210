/* tests/experiments/commands/test_private.c -- what a DICOM header says of a patient, and where files lie
 * on the machine, reach neither results nor reports: marks are put into both, and looked for in every file
 * and line that comes out. */
#include <ftw.h>
#include "../../datasets/dicom_made.h"
#include "results/contents.h"
#include "runs.h"

enum { SIDE = 64, PIXELS = SIDE * SIDE, DEPTH = 3, PATIENTS = 4 };

/* In every text of the headers; of the folder that the dataset lies in. */
#define MARK "ZZMARKZZ"
static const char folder_mark[] = "yymarkyy";

static char place[256], data[512];
static outcome all; /* what all commands said */

/* A slice with a disk of calcium, whose header says all that a hospital's does. */
static void write_slice(const char *relative, int patient, int z) {
    static const struct {
        unsigned tag;
        const char *vr, *text;
    } said[] = {{0x00080012, "DA", "19991231"},       {0x00080020, "DA", "19991231"},
                {0x00080050, "SH", MARK "1"},         {0x00080080, "LO", MARK " hospital"},
                {0x00080090, "PN", MARK "^doctor"},   {0x00081010, "SH", MARK "2"},
                {0x00081030, "LO", MARK " study"},    {0x0008103e, "LO", MARK " series"},
                {0x00081070, "PN", MARK "^operator"}, {0x00100010, "PN", MARK "^Name"},
                {0x00100020, "LO", MARK "-ID"},       {0x00100030, "DA", "19500101"},
                {0x00101000, "LO", MARK "-other"},    {0x00101040, "LO", MARK " street"},
                {0x00104000, "LT", MARK " comment"},  {0x00180015, "CS", MARK},
                {0x00181030, "LO", MARK " protocol"}, {0x0020000d, "UI", "1.2.999999.1"},
                {0x00200010, "SH", MARK "3"},         {0x00204000, "LT", MARK " image"}};
    int16_t pixels[PIXELS];
    for (int i = 0; i < PIXELS; i++) {
        const int x = i % SIDE - SIDE / 2, y = i / SIDE - SIDE / 2 - patient;
        pixels[i] = (int16_t)(1024 +
                              (x * x + y * y < 30    ? 400
                               : x * x + y * y < 600 ? 40
                                                     : -900) +
                              (i * 7 + z) % 9);
    }
    const made_slice slice = {SIDE, SIDE, pixels, 3.0 * z - 50, NULL};
    made_set set = made_ct(&slice);
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        made_text(&set, said[i].tag, said[i].vr, said[i].text);
    made_save(&set, data, relative);
}

static void write_dataset(void) {
    static const char outline[] =
        "<?xml version=\"1.0\"?><plist "
        "version=\"1.0\"><dict><key>Images</key><array><dict><key>ImageIndex</key>"
        "<integer>1</integer><key>NumberOfROIs</key><integer>1</integer><key>ROIs</key><array><dict>"
        "<key>Name</key><string>Left Anterior Descending Artery</string><key>NumberOfPoints</key>"
        "<integer>4</integer><key>Point_px</key><array><string>(26, 26)</string><string>(40, 26)</string>"
        "<string>(40, 40)</string><string>(26, "
        "40)</string></array></dict></array></dict></array></dict></plist>\n";
    char path[CC_PATH_MAX];
    for (int p = 0; p < PATIENTS; p++) {
        for (int z = 0; z < DEPTH; z++) {
            snprintf(path, sizeof path, "patient/%d/series/%d.dcm", p, z);
            write_slice(path, p, z);
        }
        snprintf(path, sizeof path, "%s/calcium_xml/%d.xml", data, p);
        if (p == 0) assert_int_equal(cc_test_run(NULL, 0, "mkdir -p %s/calcium_xml", data), 0);
        runs_write(path, outline);
    }
}

/* Runs a command of calcade in `place`; what it says is looked at, too. */
static void go(const char *arguments, bool may_name_folder) {
    char line[2048];
    snprintf(line, sizeof line, "cd %s && %s %s", place, CC_PROGRAM, arguments);
    runs_shell(&all, line);
    if (all.status != 0) print_error("%s: %s", arguments, all.err);
    assert_int_equal(all.status, 0);
    assert_null(strstr(all.out, MARK));
    assert_null(strstr(all.err, MARK));
    if (!may_name_folder) assert_null(strstr(all.out, folder_mark));
}

static const char *looked_for;
static int found, files;

static int look(const char *path, const struct stat *entry, int kind, struct FTW *where) {
    (void)where;
    if (kind != FTW_F) return 0;
    FILE *file = fopen(path, "rb");
    char *bytes = malloc((size_t)entry->st_size + 1);
    assert_true(file && bytes);
    const size_t count = fread(bytes, 1, (size_t)entry->st_size, file);
    fclose(file);
    files++;
    if (memmem(bytes, count, looked_for, strlen(looked_for))) {
        print_message("%s holds \"%s\"\n", path, looked_for);
        found++;
    }
    free(bytes);
    return 0;
}

/* How many files below PLACE/FOLDER hold a text. */
static int holding(const char *folder, const char *text) {
    looked_for = text;
    found = files = 0;
    assert_int_equal(nftw(cc_test_path(place, folder), look, 8, FTW_PHYS), 0);
    assert_true(files > 0);
    return found;
}

static int setup(void **state) {
    (void)state;
    char text[2048];
    setenv("OMP_NUM_THREADS", "1", 1);
    snprintf(place, sizeof place, "%s", cc_test_folder());
    snprintf(data, sizeof data, "%s/%s/coca", place, folder_mark);
    write_dataset();
    snprintf(text, sizeof text,
             "name: test/private\nvariant: a\nstage: roi\n"
             "data: {source: coca, root: %s, split: {train: 2, validation: 1, test: 1}}\n"
             "net: {arch: unet-bn, width: 2, depth: 2}\noptimizer: {type: adam, lr: 1.0e-2}\n"
             "train: {epochs: 2, batch: 2, workers: 1}\n",
             data);
    runs_write(cc_test_path(place, "a.yaml"), text);
    go("check a.yaml", true);
    go("run a.yaml --device cpu --out runs", true);
    return 0;
}

static void no_text_of_a_header_is_in_any_output(void **state) {
    (void)state;
    char line[1024];
    go("report --results runs --out page", false);
    go("rescore runs/test/private/a/fold-0/seed-1.h5 --json", false);
    go("split a.yaml -o runs/split.csv", false);
    go("export runs/test/private/a/fold-0/seed-1.h5 -o runs/w.safetensors", false);
    snprintf(line, sizeof line,
             "predict runs/test/private/a/fold-0/seed-1.h5 %s/patient/3/series --device cpu -o runs/mask.mhd",
             data);
    go(line, true);
    snprintf(line, sizeof line, "info %s/patient/3/series", data);
    go(line, true);
    static const char *const marks[] = {MARK, "19991231", "19500101", "1.2.999999"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        assert_int_equal(holding("runs", marks[i]), 0);
        assert_int_equal(holding("page", marks[i]), 0);
    }
    assert_int_equal(holding(folder_mark, MARK), PATIENTS * DEPTH); /* it is there to be found */
}

static void the_machines_paths_are_in_configs_of_runs_alone(void **state) {
    (void)state;
    go("report --results runs --out page", false);
    go("export --light runs -o light", false);
    assert_int_equal(holding("page", folder_mark), 0);
    assert_int_equal(holding("light", folder_mark), 0);
    assert_int_equal(holding("runs/test", folder_mark), 1); /* what verify and predict go by */
}

static void check_says_what_a_folder_would_publish(void **state) {
    (void)state;
    go("check --results runs", true);
    assert_non_null(strstr(all.out, folder_mark));
    assert_non_null(strstr(all.out, "patients by name                2: "));
    assert_non_null(strstr(all.out, "runs with weights               1\n"));
    go("export --light runs -o light", false);
    go("check --results light", false);
    assert_non_null(strstr(all.out, "absolute paths in their configs none\n"));
    assert_non_null(strstr(all.out, "slices of CT                    0\n"));
    assert_non_null(strstr(all.out, "slices of masks                 0\n"));
    assert_non_null(strstr(all.out, "runs with weights               0\n"));
    go("check --results light --json", false);
    assert_non_null(strstr(all.out, "\"paths\":[]"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_text_of_a_header_is_in_any_output),
        cmocka_unit_test(the_machines_paths_are_in_configs_of_runs_alone),
        cmocka_unit_test(check_says_what_a_folder_would_publish),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
