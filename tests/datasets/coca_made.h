/* tests/datasets/coca_made.h -- a small dataset in COCA's layout, written for a test. */
#ifndef CC_TESTS_DATASETS_COCA_MADE_H
#define CC_TESTS_DATASETS_COCA_MADE_H

#include "dicom_made.h"
#include "datasets/slices.h"

enum { COCA_HEIGHT = 6, COCA_WIDTH = 8, COCA_PIXELS = COCA_HEIGHT * COCA_WIDTH };

/* HU of a pixel: 130 on even columns, more on odd ones; tells the slice by its first pixel. */
static inline int coca_hu(int z, int i) {
    return i == 0 ? 1000 + z : i % 2 ? 131 + z : 130;
}

/* A patient's slices in a folder, the first file the one next to the head. */
static inline void coca_add_scan(const char *root, const char *folder, int depth, const char *orientation) {
    for (int z = 0; z < depth; z++) {
        int16_t pixels[COCA_PIXELS];
        char path[CC_PATH_MAX];
        for (int i = 0; i < COCA_PIXELS; i++) pixels[i] = (int16_t)(1024 + coca_hu(z, i));
        snprintf(path, sizeof path, "%s/IM-0001-%04d.dcm", folder, depth - z);
        made_dicom(root, path, &(made_slice){COCA_HEIGHT, COCA_WIDTH, pixels, 3.0 * z - 50, orientation});
    }
}

static inline const char *coca_write(const char *root, const char *relative, const char *text) {
    const char *path = cc_test_path(root, relative);
    char folder[CC_PATH_MAX];
    assert_ok(cc_path_folder(folder, path));
    assert_ok(cc_folder_make(folder));
    assert_ok(cc_file_write(path, text, strlen(text)));
    return path;
}

#define COCA_HEAD                                                                                            \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                                           \
    "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "                                                \
    "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
#define COCA_LIST(images)                                                                                    \
    COCA_HEAD "<plist version=\"1.0\">\n<dict><key>Images</key>\n<array>" images "</array></dict></plist>\n"
#define COCA_IMAGE(index, rois)                                                                              \
    "<dict><key>ImageIndex</key><integer>" index "</integer><key>NumberOfROIs</key><integer>1</integer>"     \
    "<key>ROIs</key><array>" rois "</array></dict>\n"
#define COCA_ROI(name, count, points)                                                                        \
    "<dict><key>Area</key><real>0.1</real><key>Name</key><string>" name "</string>"                          \
    "<key>NumberOfPoints</key><integer>" count "</integer>"                                                  \
    "<key>Point_px</key><array>" points "</array></dict>\n"
#define COCA_POINT(x, y) "<string>(" x ", " y ")</string>"
/* Columns 1 to 3 of rows 1 and 2. */
#define COCA_BOX                                                                                             \
    COCA_POINT("1", "1.000000") COCA_POINT("4.0", "1") COCA_POINT("4.0", "3") COCA_POINT("1", "3")

static inline cc_status coca_try(cc_slice_set **out, const char *root, int cache_mb) {
    cc_slice_options options = {.source = "coca", .root = root, .cache_mb = cache_mb};
    *out = NULL;
    return cc_slice_set_open(out, &options);
}

#endif
