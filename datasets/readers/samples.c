/* datasets/readers/samples.c -- sample types of files, as one table: names, sizes, and loops that turn
 * bytes of either order into float32.
 *
 * One loop is made for each type by the table's macro, so that the type is known in the loop and the
 * compiler can vectorise it. A value that is not finite is refused here, once for all formats. */
#include "datasets/readers/samples.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* X(name, C type, unsigned integer of the same size, how its bytes are reversed) */
#define SAMPLE_LIST(X)                                                                                       \
    X(UINT8, "uint8", uint8_t, uint8_t, )                                                                    \
    X(INT8, "int8", int8_t, uint8_t, )                                                                       \
    X(UINT16, "uint16", uint16_t, uint16_t, __builtin_bswap16)                                               \
    X(INT16, "int16", int16_t, uint16_t, __builtin_bswap16)                                                  \
    X(UINT32, "uint32", uint32_t, uint32_t, __builtin_bswap32)                                               \
    X(INT32, "int32", int32_t, uint32_t, __builtin_bswap32)                                                  \
    X(UINT64, "uint64", uint64_t, uint64_t, __builtin_bswap64)                                               \
    X(INT64, "int64", int64_t, uint64_t, __builtin_bswap64)                                                  \
    X(FLOAT32, "float32", float, uint32_t, __builtin_bswap32)                                                \
    X(FLOAT64, "float64", double, uint64_t, __builtin_bswap64)

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "byte order: little-endian machines only");

const char *cc_sample_name(cc_sample_type sample) {
    switch (sample) {
#define X(name, text, type, raw, reverse)                                                                    \
    case CC_SAMPLE_##name:                                                                                   \
        return text;
        SAMPLE_LIST(X)
#undef X
    }
    return "";
}

size_t cc_sample_bytes(cc_sample_type sample) {
    switch (sample) {
#define X(name, text, type, raw, reverse)                                                                    \
    case CC_SAMPLE_##name:                                                                                   \
        return sizeof(type);
        SAMPLE_LIST(X)
#undef X
    }
    return 0;
}

/* A loop for each type: bits as they lie in the file, reversed where the file is big-endian (this machine
 * is not, as asserted above), read as the type, scaled in double and rounded once. */
#define X(name, text, type, raw, reverse)                                                                    \
    static void decode_##name(float *out, const char *bytes, size_t count, const cc_coding *coding) {        \
        double slope = coding->slope, intercept = coding->intercept;                                         \
        for (size_t i = 0; i < count; i++) {                                                                 \
            raw bits;                                                                                        \
            type value;                                                                                      \
            memcpy(&bits, bytes + i * sizeof bits, sizeof bits);                                             \
            if (coding->big_endian) bits = reverse(bits);                                                    \
            memcpy(&value, &bits, sizeof value);                                                             \
            out[i] = (float)(slope * (double)value + intercept);                                             \
        }                                                                                                    \
    }
SAMPLE_LIST(X)
#undef X

cc_status cc_samples_decode(float *out, const void *bytes, size_t count, const cc_coding *coding,
                            const char *path) {
    switch (coding->sample) {
#define X(name, text, type, raw, reverse)                                                                    \
    case CC_SAMPLE_##name:                                                                                   \
        decode_##name(out, bytes, count, coding);                                                            \
        break;
        SAMPLE_LIST(X)
#undef X
    }
    /* Also what a finite 64-bit value or a large slope has made infinite in float32. */
    for (size_t i = 0; i < count; i++)
        if (!isfinite(out[i]))
            return cc_fail(CC_EUNSUPPORTED, path, "replace such voxels before",
                           "voxels: a value is %s, which float32 HU cannot be",
                           isnan(out[i]) ? "NaN" : "infinite");
    return CC_OK;
}

cc_status cc_samples_read(float *out, cc_stream *stream, uint64_t count, const cc_coding *coding) {
    enum { CHUNK_SAMPLES = 1 << 13 };
    char bytes[CHUNK_SAMPLES * 8];
    size_t width = cc_sample_bytes(coding->sample);
    for (uint64_t done = 0; done < count;) {
        size_t part = count - done < CHUNK_SAMPLES ? (size_t)(count - done) : CHUNK_SAMPLES;
        CC_TRY(cc_stream_read(stream, bytes, part * width));
        CC_TRY(cc_samples_decode(out + done, bytes, part, coding, cc_stream_path(stream)));
        done += part;
    }
    return CC_OK;
}

cc_status cc_samples_fill(cc_volume *out, cc_stream *stream, const cc_coding *coding) {
    size_t width = cc_sample_bytes(coding->sample);
    const char *path = cc_stream_path(stream);
    CC_TRY(cc_grid_check(&out->grid, path));
    uint64_t count = cc_volume_count(out), bound = cc_stream_bound(stream);
    /* Divided, not multiplied: dims come from the file, and their product may wrap. */
    if (count > bound / width)
        return cc_fail(CC_EFORMAT, path, "the file is cut off or its header is wrong",
                       "dims: %lld x %lld x %lld voxels of %s need %llu bytes, but at most %llu are there",
                       (long long)out->grid.dims[0], (long long)out->grid.dims[1],
                       (long long)out->grid.dims[2], cc_sample_name(coding->sample),
                       (unsigned long long)(count * width), (unsigned long long)bound);
    snprintf(out->type, sizeof out->type, "%s", cc_sample_name(coding->sample));
    CC_TRY(cc_volume_allocate(out, path));
    return cc_samples_read(out->voxels, stream, count, coding);
}
