/* datasets/readers/nifti_write.c -- NIfTI-1 as one file: header, four bytes that say "no extensions",
 * voxels.
 *
 * The affine is written as the sform, and as a qform too where its axes are at right angles, because some
 * tools read only one of them; both carry the same code (scanner coordinates). Source: nifti1.h. */
#include "datasets/readers/nifti_write.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <nifti2_io.h>
#include "core/file.h"
#include "datasets/readers/encode.h"

enum { HEAD = sizeof(nifti_1_header) + 4 }; /* four zero bytes follow: no extensions */

/* Index to mm, x to the right and y to the front, as NIfTI has them; LPS is the other way. */
static nifti_dmat44 affine_of(const cc_grid *g) {
    nifti_dmat44 m = {{{0}}};
    for (int i = 0; i < 3; i++) {
        double from_lps = i < 2 ? -1 : 1;
        for (int k = 0; k < 3; k++) m.m[i][k] = from_lps * g->direction[i * 3 + k] * g->spacing_mm[k];
        m.m[i][3] = from_lps * g->origin_mm[i];
    }
    m.m[3][3] = 1;
    return m;
}

/* A quaternion holds right angles only. */
static bool is_square(const cc_grid *g) {
    const double *d = g->direction;
    for (int a = 0; a < 3; a++)
        for (int b = 0; b < 3; b++) {
            double product = d[a] * d[b] + d[3 + a] * d[3 + b] + d[6 + a] * d[6 + b];
            if (fabs(product - (a == b)) > 1e-4) return false;
        }
    return true;
}

static void set_quaternion(nifti_1_header *h, nifti_dmat44 m) {
    double b, c, d, x, y, z, dx, dy, dz, handed;
    nifti_dmat44_to_quatern(m, &b, &c, &d, &x, &y, &z, &dx, &dy, &dz, &handed);
    h->qform_code = NIFTI_XFORM_SCANNER_ANAT;
    h->pixdim[0] = (float)handed;
    h->quatern_b = (float)b;
    h->quatern_c = (float)c;
    h->quatern_d = (float)d;
    h->qoffset_x = (float)x;
    h->qoffset_y = (float)y;
    h->qoffset_z = (float)z;
}

static nifti_1_header make_header(const cc_grid *g, cc_sample_type sample) {
    nifti_dmat44 m = affine_of(g);
    nifti_1_header h = {.sizeof_hdr = sizeof h,
                        .dim = {3, 1, 1, 1, 1, 1, 1, 1},
                        .pixdim = {1},
                        .bitpix = (short)(8 * cc_sample_bytes(sample)),
                        .vox_offset = HEAD,
                        .scl_slope = 1,
                        .xyzt_units = NIFTI_UNITS_MM,
                        .sform_code = NIFTI_XFORM_SCANNER_ANAT,
                        .magic = "n+1"};
    h.datatype = sample == CC_SAMPLE_UINT8 ? DT_UINT8 : sample == CC_SAMPLE_INT16 ? DT_INT16 : DT_FLOAT32;
    for (int k = 0; k < 3; k++) {
        h.dim[k + 1] = (short)g->dims[k];
        h.pixdim[k + 1] = (float)g->spacing_mm[k];
    }
    for (int k = 0; k < 4; k++) {
        h.srow_x[k] = (float)m.m[0][k];
        h.srow_y[k] = (float)m.m[1][k];
        h.srow_z[k] = (float)m.m[2][k];
    }
    /* A quaternion cannot hold a shear: a sheared grid has the sform alone. */
    if (is_square(g)) set_quaternion(&h, m);
    return h;
}

cc_status cc_nifti_write(const char *path, const cc_volume *volume, const char *type) {
    cc_sample_type sample;
    cc_encoded file;
    char head[HEAD] = {0};
    const int64_t *dims = volume->grid.dims;
    CC_TRY(cc_encode_find(&sample, type, path));
    for (int k = 0; k < 3; k++)
        if (dims[k] > INT16_MAX)
            return cc_fail(CC_EUNSUPPORTED, path, "name it .mha",
                           "NIfTI-1 holds no %lld voxels along an axis", (long long)dims[k]);
    nifti_1_header h = make_header(&volume->grid, sample);
    memcpy(head, &h, sizeof h);
    CC_TRY(cc_encode_volume(&file, volume, sample, head, sizeof head,
                            cc_path_ends_with(path, ".gz") ? CC_ENCODE_GZIP : CC_ENCODE_PLAIN));
    cc_status status = cc_file_write(path, file.bytes, file.count);
    free(file.bytes);
    return status;
}
