#include "datasets/readers/metaimage.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "core/file.h"

enum { HEADER_MAX = 2048 };

typedef struct buffer {
    char *bytes;
    size_t count;
} buffer;

typedef struct kind {
    const char *type, *met;
    size_t bytes;
    double min, max;
} kind;

static const kind kinds[] = {
    {"uint8", "MET_UCHAR", 1, 0, 255},
    {"int16", "MET_SHORT", 2, -32768, 32767},
    {"float32", "MET_FLOAT", 4, 0, 0},
};

static const kind *find_kind(const char *type) {
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].type, type) == 0) return &kinds[i];
    return NULL;
}

static void encode(char *out, const float *voxels, size_t count, const kind *k) {
    if (k->bytes == 4) {
        memcpy(out, voxels, count * sizeof *voxels);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        double value = fmin(fmax(nearbyint(voxels[i]), k->min), k->max);
        int16_t wide = (int16_t)value;
        memcpy(out + i * k->bytes, &wide, k->bytes);
    }
}

/* Leaves `before` bytes free in front of the data. */
static cc_status make_data(buffer *out, const cc_volume *volume, const kind *k, bool compressed) {
    size_t count = cc_volume_count(volume), plain = count * k->bytes;
    cc_status status = CC_OK;
    char *packed = NULL;
    *out = (buffer){malloc(plain), plain};
    if (!out->bytes) return cc_fail_memory("the encoded voxels", plain);
    encode(out->bytes, volume->voxels, count, k);
    if (!compressed) return CC_OK;
    uLongf length = compressBound(plain);
    packed = malloc(length);
    if (!packed || compress2((Bytef *)packed, &length, (const Bytef *)out->bytes, plain, 6) != Z_OK)
        status = cc_fail_memory("the compressed voxels", length);
    free(out->bytes);
    *out = (buffer){status == CC_OK ? packed : NULL, length};
    if (status != CC_OK) free(packed);
    return status;
}

static int make_header(char out[HEADER_MAX], const cc_grid *g, const kind *k, size_t packed,
                       const char *data) {
    char size[64] = "";
    if (packed) snprintf(size, sizeof size, "CompressedDataSize = %zu\n", packed);
    const double *d = g->direction;
    return snprintf(out, HEADER_MAX,
                    "ObjectType = Image\nNDims = 3\nBinaryData = True\nBinaryDataByteOrderMSB = False\n"
                    "CompressedData = %s\n%s"
                    "TransformMatrix = %.17g %.17g %.17g %.17g %.17g %.17g %.17g %.17g %.17g\n"
                    "Offset = %.17g %.17g %.17g\nCenterOfRotation = 0 0 0\nAnatomicalOrientation = RAI\n"
                    "ElementSpacing = %.17g %.17g %.17g\nDimSize = %lld %lld %lld\nElementType = %s\n"
                    "ElementDataFile = %s\n",
                    packed ? "True" : "False", size, d[0], d[3], d[6], d[1], d[4], d[7], d[2], d[5], d[8],
                    g->origin_mm[0], g->origin_mm[1], g->origin_mm[2], g->spacing_mm[0], g->spacing_mm[1],
                    g->spacing_mm[2], (long long)g->dims[0], (long long)g->dims[1], (long long)g->dims[2],
                    k->met, data);
}

static cc_status write_one(const char *path, const char *header, size_t length, const buffer *data) {
    char *whole = malloc(length + data->count);
    if (!whole) return cc_fail_memory("the encoded volume", length + data->count);
    memcpy(whole, header, length);
    memcpy(whole + length, data->bytes, data->count);
    cc_status status = cc_file_write(path, whole, length + data->count);
    free(whole);
    return status;
}

cc_status cc_metaimage_write(const char *path, const cc_volume *volume, const char *type, bool compressed) {
    const kind *k = find_kind(type);
    bool single = cc_path_ends_with(path, ".mha");
    char header[HEADER_MAX], data_path[CC_PATH_MAX];
    cc_status status;
    buffer data = {NULL, 0};
    if (!k) return cc_fail(CC_EINVAL, path, "uint8, int16 or float32", "type: \"%s\" is not written", type);
    if (!single && !cc_path_ends_with(path, ".mhd"))
        return cc_fail(CC_EINVAL, path, "name it .mhd or .mha", "not a name of a MetaImage file");
    CC_CHECK(cc_path_join(data_path, "", path));
    if (strlen(data_path) + 2 > CC_PATH_MAX)
        CC_CHECK(cc_fail(CC_EINVAL, path, "use a shorter one", "the path is too long"));
    strcpy(data_path + strlen(data_path) - 4, compressed ? ".zraw" : ".raw");
    CC_CHECK(make_data(&data, volume, k, compressed));
    int length = make_header(header, &volume->grid, k, compressed ? data.count : 0,
                             single ? "LOCAL" : cc_path_name(data_path));
    if (length >= HEADER_MAX) CC_CHECK(cc_fail(CC_EINVAL, path, "use a shorter one", "the name is too long"));
    if (single) {
        CC_CHECK(write_one(path, header, (size_t)length, &data));
    } else {
        CC_CHECK(cc_file_write(data_path, data.bytes, data.count));
        CC_CHECK(cc_file_write(path, header, (size_t)length));
    }
done:
    free(data.bytes);
    return status;
}
