/* tests/datasets/text_made.h -- images with text headers (MetaImage, NRRD) written by hand, and what a
 * reader says about them. Their voxels are twelve int16, 0, 100, ... 1100, of 3 x 2 x 2. */
#ifndef CC_TESTS_DATASETS_TEXT_MADE_H
#define CC_TESTS_DATASETS_TEXT_MADE_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "support.h"
#include "core/file.h"
#include "datasets/volume.h"
#include "datasets/volume_file.h"

enum { MADE_COUNT = 12, MADE_BYTES = 24 };

static inline const int16_t *made_voxels(void) {
    static const int16_t voxels[MADE_COUNT] = {0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000, 1100};
    return voxels;
}

/* FOLDER/NAME: `text`, then `bytes` of `data`. Returns its path, in a buffer of cc_test_path. */
static inline const char *made_write(const char *folder, const char *name, const char *text, const void *data,
                                     size_t bytes) {
    const char *path = cc_test_path(folder, name);
    const cc_file_piece pieces[] = {{text, strlen(text)}, {data, bytes}};
    assert_ok(cc_file_write_pieces(path, pieces, 2));
    return path;
}

/* Files of `bytes` of the voxels each, behind `gap` bytes of something else: NAME as printf has it, from
 * `first`. */
static inline void made_write_parts(const char *folder, const char *name, int first, int step, size_t bytes,
                                    size_t gap) {
    char file[256],
        data[64 + MADE_BYTES] = "this is a header of somebody else, whatever it says, passed over";
    for (size_t done = 0; done < MADE_BYTES; done += bytes, first += step) {
        memcpy(data + gap, (const char *)made_voxels() + done, bytes);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(file, sizeof file, name, first);
#pragma GCC diagnostic pop
        assert_ok(cc_file_write(cc_test_path(folder, file), data, gap + bytes));
    }
}

/* Reads with standard error kept in log[4096]. */
static inline cc_status made_read(cc_volume *out, char log[4096], const char *path, const double spacing[3]) {
    cc_read_options options = {0};
    if (spacing) memcpy(options.spacing_mm, spacing, sizeof options.spacing_mm);
    FILE *kept = tmpfile();
    int before = dup(STDERR_FILENO);
    assert_true(kept && before >= 0);
    dup2(fileno(kept), STDERR_FILENO);
    cc_status status = cc_volume_read_as(out, path, &options);
    dup2(before, STDERR_FILENO);
    close(before);
    rewind(kept);
    log[fread(log, 1, 4095, kept)] = 0;
    fclose(kept);
    return status;
}

/* The made voxels on a grid of 3 x 2 x 2, and nothing said about them but `warning` (NULL: nothing). */
static inline void made_reads(const char *path, const double spacing[3], const double origin[3],
                              const double direction[9], const char *warning) {
    char log[4096];
    cc_volume v = {0};
    assert_ok(made_read(&v, log, path, NULL));
    assert_true(v.grid.dims[0] == 3 && v.grid.dims[1] == 2 && v.grid.dims[2] == 2);
    for (int k = 0; k < 3; k++) {
        assert_float_equal(v.grid.spacing_mm[k], spacing[k], 1e-12);
        assert_float_equal(v.grid.origin_mm[k], origin[k], 1e-12);
    }
    for (int k = 0; k < 9; k++) assert_float_equal(v.grid.direction[k], direction[k], 1e-12);
    for (int i = 0; i < MADE_COUNT; i++) assert_true(v.voxels[i] == made_voxels()[i]);
    if (warning ? !strstr(log, warning) : *log)
        fail_msg("%s: \"%s\", want \"%s\"", path, log, warning ? warning : "");
    cc_volume_deinit(&v);
}

static inline void made_refused(const char *path, cc_status status, const char *part) {
    char log[4096];
    cc_volume v = {0};
    assert_error(made_read(&v, log, path, NULL), status, part);
    assert_null(v.voxels);
}

#endif
