/* datasets/readers/nifti.c -- NIfTI-1 and -2, single files and .hdr/.img pairs, plain or gzipped.
 *
 * nifticlib swaps the header's byte order and converts its quaternion to a matrix; sizes are checked here
 * and voxels are streamed, as nifticlib trusts the header, prints, and holds the file twice. Both versions
 * become the wider NIfTI-2 header first, so that the rest exists once. Source: nifti1.h and nifti2.h of
 * the standard (nifti.nimh.nih.gov).
 *
 *     value = scl_slope * stored + scl_inter, where scl_slope is not 0 (nifti1.h, "Data scaling") */
#include "datasets/readers/reader.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include "core/file.h"
#include "core/log.h"
#include "datasets/readers/nifti_geometry.h"
#include "datasets/readers/samples.h"

enum { HEADER_1 = 348, HEADER_2 = 540 };
enum { REST_MAX = 64 << 20 }; /* bytes behind the voxels that are inflated to reach the checksum */
_Static_assert(sizeof(nifti_1_header) == HEADER_1 && sizeof(nifti_2_header) == HEADER_2, "NIfTI headers");

typedef struct nifti_header {
    nifti_2_header fields; /* NIfTI-1 fields are widened into it */
    bool big_endian, pair;
} nifti_header;

static const struct {
    int code;
    cc_sample_type sample;
} types[] = {
    {DT_UINT8, CC_SAMPLE_UINT8},     {DT_INT8, CC_SAMPLE_INT8},     {DT_UINT16, CC_SAMPLE_UINT16},
    {DT_INT16, CC_SAMPLE_INT16},     {DT_UINT32, CC_SAMPLE_UINT32}, {DT_INT32, CC_SAMPLE_INT32},
    {DT_UINT64, CC_SAMPLE_UINT64},   {DT_INT64, CC_SAMPLE_INT64},   {DT_FLOAT32, CC_SAMPLE_FLOAT32},
    {DT_FLOAT64, CC_SAMPLE_FLOAT64},
};

/* sizeof_hdr, the first field, is 348 or 540 in the file's byte order, and so shows which that is; 0:
 * no NIfTI file. */
static uint32_t header_size(const cc_head *head, bool *big_endian) {
    uint32_t size;
    if (head->count < sizeof size) return 0;
    memcpy(&size, head->bytes, sizeof size);
    *big_endian = size != HEADER_1 && size != HEADER_2;
    if (*big_endian) size = __builtin_bswap32(size);
    return size == HEADER_1 || size == HEADER_2 ? size : 0;
}

static bool probe(const cc_head *head) {
    bool big_endian;
    return header_size(head, &big_endian) != 0;
}

/* A NIfTI-1 header as a NIfTI-2 one: the same fields, most of them wider. */
static void widen(nifti_2_header *out, const nifti_1_header *in) {
    memset(out, 0, sizeof *out);
    memcpy(out->magic, in->magic, sizeof in->magic);
    out->datatype = in->datatype;
    for (int k = 0; k < 8; k++) {
        out->dim[k] = in->dim[k];
        out->pixdim[k] = in->pixdim[k];
    }
    /* A float in NIfTI-1; what no file offset can be becomes -1, which is refused later. */
    out->vox_offset = in->vox_offset >= 0 && in->vox_offset < 1e15F ? (int64_t)in->vox_offset : -1;
    out->scl_slope = in->scl_slope;
    out->scl_inter = in->scl_inter;
    out->qform_code = in->qform_code;
    out->sform_code = in->sform_code;
    out->quatern_b = in->quatern_b;
    out->quatern_c = in->quatern_c;
    out->quatern_d = in->quatern_d;
    out->qoffset_x = in->qoffset_x;
    out->qoffset_y = in->qoffset_y;
    out->qoffset_z = in->qoffset_z;
    for (int k = 0; k < 4; k++) {
        out->srow_x[k] = in->srow_x[k];
        out->srow_y[k] = in->srow_y[k];
        out->srow_z[k] = in->srow_z[k];
    }
    out->xyzt_units = in->xyzt_units;
}

/* The header in this machine's byte order, and whether its voxels lie in a file beside it. */
static cc_status parse(nifti_header *out, const cc_head *head, const char *path) {
    uint32_t size = header_size(head, &out->big_endian);
    if (head->count < size)
        return cc_fail(CC_EFORMAT, path, "the file is cut off", "header: %zu bytes of %u are there",
                       head->count, size);
    if (size == HEADER_1) {
        nifti_1_header first;
        memcpy(&first, head->bytes, sizeof first);
        if (out->big_endian) nifti_swap_as_nifti1(&first);
        widen(&out->fields, &first);
    } else {
        memcpy(&out->fields, head->bytes, sizeof out->fields);
        if (out->big_endian) nifti_swap_as_nifti2(&out->fields);
    }
    const char *single = size == HEADER_1 ? "n+1" : "n+2", *pair = size == HEADER_1 ? "ni1" : "ni2";
    out->pair = memcmp(out->fields.magic, pair, 4) == 0;
    if (!out->pair && memcmp(out->fields.magic, single, 4) != 0)
        return cc_fail(CC_EFORMAT, path, "ANALYZE 7.5 and damaged files are not read",
                       "magic: neither \"%s\" nor \"%s\"", single, pair);
    return CC_OK;
}

static cc_status read_dims(cc_grid *grid, const nifti_2_header *h, const char *path) {
    if (h->dim[0] < 1 || h->dim[0] > 7)
        return cc_fail(CC_EFORMAT, path, "1 to 7 are possible", "dim[0]: %lld dimensions",
                       (long long)h->dim[0]);
    for (int k = 1; k <= h->dim[0]; k++) {
        if (k > 3 && h->dim[k] == 0) continue; /* one volume, as ITK and nifticlib have it */
        if (h->dim[k] < 1)
            return cc_fail(CC_EFORMAT, path, "each must be at least 1", "dim[%d]: %lld voxels", k,
                           (long long)h->dim[k]);
        if (k > 3 && h->dim[k] > 1)
            return cc_fail(CC_EUNSUPPORTED, path, "split it into volumes",
                           "dim[%d]: %lld volumes, where one is wanted", k, (long long)h->dim[k]);
        if (k <= 3) grid->dims[k - 1] = h->dim[k];
    }
    return CC_OK;
}

/* Sample type and scaling. */
static cc_status read_coding(cc_coding *out, const nifti_header *h, const char *path) {
    size_t i = 0, count = sizeof types / sizeof *types;
    while (i < count && types[i].code != h->fields.datatype) i++;
    if (i == count)
        return cc_fail(CC_EUNSUPPORTED, path, "integers of 8 to 64 bits, float32 and float64 are read",
                       "datatype: code %d", h->fields.datatype);
    double slope = h->fields.scl_slope, intercept = h->fields.scl_inter;
    /* scl_slope 0 means that voxels are not scaled; some writers leave NaN for it. */
    bool scaled = isfinite(slope) && slope != 0;
    if (scaled && !isfinite(intercept))
        return cc_fail(CC_EFORMAT, path, NULL, "scl_inter: %g is no number", intercept);
    if (!scaled && isfinite(intercept) && intercept != 0)
        cc_log(CC_LOG_WARNING,
               "%s: scl_inter is %g, but scl_slope is %g: by the standard voxels are not scaled", path,
               intercept, slope);
    *out = (cc_coding){types[i].sample, h->big_endian, scaled ? slope : 1, scaled ? intercept : 0};
    return CC_OK;
}

/* The .img or .img.gz beside a .hdr. */
static cc_status find_pair(char out[CC_PATH_MAX], const char *path) {
    char name[CC_PATH_MAX], real[CC_PATH_MAX];
    CC_TRY(cc_path_join(name, "", cc_path_name(path)));
    size_t length = strlen(name);
    if (cc_path_ends_with(name, ".gz")) name[length -= 3] = 0;
    if (!cc_path_ends_with(name, ".hdr"))
        return cc_fail(CC_EFORMAT, path, "name the .hdr so",
                       "magic: a header alone, but its name does not end in .hdr");
    const char *endings[] = {"img", "img.gz"};
    cc_status status = CC_OK;
    for (int i = 0; i < 2; i++) {
        snprintf(name + length - 3, sizeof name - length, "%s", endings[i]);
        status = cc_reader_path_beside(real, path, name, "the .img");
        if (status == CC_OK) return cc_path_join(out, "", real);
        if (status != CC_ENOTFOUND) return status;
    }
    return status;
}

static cc_status read_voxels(cc_volume *out, const nifti_header *h, const cc_coding *coding,
                             const char *path) {
    cc_head head;
    cc_stream *stream = NULL;
    cc_status status;
    CC_TRY(cc_head_read(&head, path));
    CC_CHECK(cc_stream_open(&stream, path, 0, 0, head.gzipped ? CC_PACKING_ZLIB : CC_PACKING_NONE));
    CC_CHECK(cc_stream_skip(stream, (uint64_t)h->fields.vox_offset));
    CC_CHECK(cc_samples_fill(out, stream, coding));
    /* What may follow the voxels does not matter, but at its end the decompressor checks the sum of all. */
    char more[4096];
    size_t got = 1;
    for (size_t left = REST_MAX; head.gzipped && got > 0 && left > 0; left -= got)
        CC_CHECK(cc_stream_read_some(&got, stream, more, sizeof more));
done:
    cc_stream_close(stream);
    return status;
}

static cc_status read_nifti(cc_volume *out, const char *path, const cc_head *head,
                            const cc_read_options *options) {
    nifti_header h = {0};
    cc_coding coding;
    char data[CC_PATH_MAX];
    CC_TRY(parse(&h, head, path));
    out->grid = cc_grid_unit();
    CC_TRY(read_dims(&out->grid, &h.fields, path));
    CC_TRY(read_coding(&coding, &h, path));
    CC_TRY(cc_nifti_geometry(&out->grid, &h.fields, options, path));
    CC_TRY(cc_grid_check(&out->grid, path));
    /* A pair has its voxels in a file of their own, from its start. */
    int64_t least = h.pair ? 0 : h.fields.sizeof_hdr == HEADER_2 ? HEADER_2 : HEADER_1;
    if (h.fields.vox_offset < least)
        return cc_fail(CC_EFORMAT, path, "the data cannot start inside the header",
                       "vox_offset: %lld is less than %lld", (long long)h.fields.vox_offset,
                       (long long)least);
    if (h.pair) CC_TRY(find_pair(data, path));
    return read_voxels(out, &h, &coding, h.pair ? data : path);
}

const cc_reader cc_reader_nifti = {"nifti", probe, read_nifti};
