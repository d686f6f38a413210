/* datasets/readers/metaimage_write.c -- MetaImage, written with the keys that ITK's MetaIO writes, in its
 * order, so that other programs read it as their own. Numbers of the affine have 17 digits: they read back
 * as the same doubles. */
#include "datasets/readers/metaimage_write.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "datasets/readers/encode.h"

enum { HEADER_MAX = 2048 };

static const char *met_of(cc_sample_type sample) {
    return sample == CC_SAMPLE_UINT8 ? "MET_UCHAR" : sample == CC_SAMPLE_INT16 ? "MET_SHORT" : "MET_FLOAT";
}

/* AnatomicalOrientation as ITK writes it: of each axis the letter of the side that it comes from, by the
 * largest part of its direction ("RAI": from the right, the front and the feet). */
static void name_axes(char out[4], const double direction[9]) {
    for (int axis = 0; axis < 3; axis++) {
        int k = 0;
        for (int i = 1; i < 3; i++)
            if (fabs(direction[i * 3 + axis]) > fabs(direction[k * 3 + axis])) k = i;
        out[axis] = direction[k * 3 + axis] < 0 ? "LPS"[k] : "RAI"[k];
    }
    out[3] = 0;
}

static int make_header(char out[HEADER_MAX], const cc_grid *g, cc_sample_type sample, size_t packed,
                       const char *data) {
    char size[64] = "";
    if (packed) snprintf(size, sizeof size, "CompressedDataSize = %zu\n", packed);
    const double *d = g->direction;
    char axes[4];
    name_axes(axes, d);
    /* TransformMatrix lists the direction of each axis as a row: column by column of our matrix. */
    return snprintf(out, HEADER_MAX,
                    "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
                    "CompressedData = %s\n%s"
                    "TransformMatrix = %.17g %.17g %.17g %.17g %.17g %.17g %.17g %.17g %.17g\n"
                    "Offset = %.17g %.17g %.17g\nCenterOfRotation = 0 0 0\nAnatomicalOrientation = %s\n"
                    "ElementSpacing = %.17g %.17g %.17g\nDimSize = %lld %lld %lld\nElementType = %s\n"
                    "ElementDataFile = %s\n",
                    packed ? "True" : "False", size, d[0], d[3], d[6], d[1], d[4], d[7], d[2], d[5], d[8],
                    g->origin_mm[0], g->origin_mm[1], g->origin_mm[2], axes, g->spacing_mm[0],
                    g->spacing_mm[1], g->spacing_mm[2], (long long)g->dims[0], (long long)g->dims[1],
                    (long long)g->dims[2], met_of(sample), data);
}

cc_status cc_metaimage_data_path(char out[CC_PATH_MAX], const char *path, bool compressed) {
    CC_TRY(cc_path_join(out, "", path));
    if (strlen(out) + 2 > CC_PATH_MAX)
        return cc_fail(CC_EINVAL, path, "use a shorter one", "the path is too long");
    /* The ending has four letters in any case of letters; ".zraw" is one longer, which was checked above. */
    strcpy(out + strlen(out) - strlen(".mhd"), compressed ? ".zraw" : ".raw");
    return CC_OK;
}

cc_status cc_metaimage_write(const char *path, const cc_volume *volume, const char *type, bool compressed) {
    bool single = cc_path_ends_with(path, ".mha");
    char header[HEADER_MAX], data_path[CC_PATH_MAX];
    cc_sample_type sample;
    cc_status status;
    cc_encoded data = {NULL, 0};
    CC_CHECK(cc_encode_find(&sample, type, path));
    if (!single && !cc_path_ends_with(path, ".mhd"))
        return cc_fail(CC_EINVAL, path, "name it .mhd or .mha", "not a name of a MetaImage file");
    CC_CHECK(cc_metaimage_data_path(data_path, path, compressed));
    CC_CHECK(cc_encode_volume(&data, volume, sample, NULL, 0, compressed ? CC_ENCODE_ZLIB : CC_ENCODE_PLAIN));
    int length = make_header(header, &volume->grid, sample, compressed ? data.count : 0,
                             single ? "LOCAL" : cc_path_name(data_path));
    if (length >= HEADER_MAX) CC_CHECK(cc_fail(CC_EINVAL, path, "use a shorter one", "the name is too long"));
    const cc_file_piece pieces[] = {{header, (size_t)length}, {data.bytes, data.count}};
    /* The data before the header that names it: a header is never there without its voxels. */
    if (!single) CC_CHECK(cc_file_write(data_path, data.bytes, data.count));
    CC_CHECK(cc_file_write_pieces(path, pieces, single ? 2 : 1));
done:
    free(data.bytes);
    return status;
}
