/* datasets/readers/reader.c -- what every reader needs beside its format: a file's first bytes, a spacing
 * that a person states, and the rule that no header leads out of its own folder. */
#include "datasets/readers/reader.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "core/log.h"
#include "datasets/readers/stream.h"

static cc_status read_head(cc_head *out, const char *path, cc_packing packing) {
    cc_stream *stream;
    CC_TRY(cc_stream_open(&stream, path, 0, 0, packing));
    cc_status status = cc_stream_read_some(&out->count, stream, out->bytes, sizeof out->bytes);
    cc_stream_close(stream);
    return status;
}

cc_status cc_head_read(cc_head *out, const char *path) {
    memset(out, 0, sizeof *out);
    CC_TRY(cc_file_size(&out->file_bytes, path));
    CC_TRY(read_head(out, path, CC_PACKING_NONE));
    /* RFC 1952: a gzip file begins with 1f 8b. Its contents are what tells the format. */
    out->gzipped = out->count >= 2 && out->bytes[0] == 0x1f && out->bytes[1] == 0x8b;
    return out->gzipped ? read_head(out, path, CC_PACKING_ZLIB) : CC_OK;
}

/* Whether a real path lies below a real folder. */
static bool inside(const char *folder, const char *path) {
    size_t length = strlen(folder);
    return strncmp(folder, path, length) == 0 && (path[length] == '/' || folder[length - 1] == '/');
}

/* Whether a name leads up by itself, before any link is followed. */
static bool climbs(const char *name) {
    return strncmp(name, "../", 3) == 0 || strstr(name, "/../") || name[0] == '/';
}

cc_status cc_reader_path_beside(char *out, const char *path, const char *name, const char *field) {
    char folder[CC_PATH_MAX], joined[CC_PATH_MAX];
    CC_TRY(cc_path_folder(folder, path));
    CC_TRY(cc_path_join(joined, folder, name));
    char *real_folder = realpath(folder, NULL), *real = realpath(joined, NULL);
    cc_status status = CC_OK;
    if (climbs(name) || (real && real_folder && !inside(real_folder, real)))
        status = cc_fail(CC_EFORMAT, path, "the data must lie beside its header",
                         "%s: %s leaves the header's folder", field, name);
    else if (!real || !real_folder)
        status = cc_fail(errno == ENOENT ? CC_ENOTFOUND : CC_EIO, path, "put the file beside its header",
                         "%s: cannot open %s: %s", field, name, strerror(errno));
    else
        status = cc_path_join(out, "", real);
    free(real_folder);
    free(real);
    return status;
}

cc_status cc_reader_complete_spacing(cc_grid *grid, const cc_read_options *options, const char *field,
                                     const char *path) {
    for (int k = 0; k < 3; k++) {
        double *said = &grid->spacing_mm[k], stated = options->spacing_mm[k];
        /* What a person states is taken; that it differs from the file is said, to 4 digits, as files
         * round. */
        if (stated > 0 && *said != 0 && fabs(*said - stated) > 1e-4 * stated)
            cc_log(CC_LOG_WARNING, "%s: %s: the file has %g mm along %c; %g mm are taken, as stated", path,
                   field, *said, "xyz"[k], stated);
        if (stated > 0) *said = stated;
        if (*said == 0)
            return cc_fail(CC_EFORMAT, path, "state it: --spacing X,Y,Z in mm",
                           "%s: the file does not say how large a voxel is along %c", field, "xyz"[k]);
    }
    return CC_OK;
}
