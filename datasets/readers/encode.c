/* datasets/readers/encode.c -- voxels as bytes: samples of a file's type, and deflate around them.
 *
 * A volume is encoded whole in memory, then written by core/file.h, which either puts a complete file in
 * its place or none. Values are rounded to the nearest (halves to even, as nearbyint) and held to the
 * type's range, so that 40000 becomes 32767 and not -25536. Source: zlib.h; RFC 1950 (zlib), RFC 1952
 * (gzip). */
#include "datasets/readers/encode.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* zlib's usual level and memory; 15 bits of window, and 16 more ask for a gzip header. */
enum { LEVEL = 6, MEMORY = 8, ZLIB_WRAPPER = 15, GZIP_WRAPPER = 15 + 16 };

cc_status cc_encode_find(cc_sample_type *out, const char *type, const char *path) {
    static const cc_sample_type samples[] = {CC_SAMPLE_UINT8, CC_SAMPLE_INT16, CC_SAMPLE_FLOAT32};
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
        if (strcmp(cc_sample_name(samples[i]), type) == 0) {
            *out = samples[i];
            return CC_OK;
        }
    return cc_fail(CC_EINVAL, path, "uint8, int16 or float32", "type: \"%s\" is not written", type);
}

static void encode(char *out, const float *voxels, size_t count, cc_sample_type sample) {
    if (sample == CC_SAMPLE_FLOAT32) {
        memcpy(out, voxels, count * sizeof *voxels);
        return;
    }
    const double min = sample == CC_SAMPLE_UINT8 ? 0 : INT16_MIN,
                 max = sample == CC_SAMPLE_UINT8 ? UINT8_MAX : INT16_MAX;
    const size_t bytes = cc_sample_bytes(sample);
    for (size_t i = 0; i < count; i++) {
        const double whole = nearbyint(voxels[i]), least = whole > min ? whole : min;
        int16_t sample_value = (int16_t)(least < max ? least : max);
        memcpy(out + i * bytes, &sample_value, bytes); /* low byte first: all of uint8 */
    }
}

/* The stream takes its input in pieces that its counters can hold. */
static bool deflate_all(cc_encoded *out, size_t capacity, z_stream *z, const cc_encoded *plain) {
    int result = Z_OK;
    size_t given = 0;
    while (result == Z_OK) {
        size_t left = plain->count - given, room = capacity - out->count;
        uInt in = left < UINT_MAX ? (uInt)left : UINT_MAX, space = room < UINT_MAX ? (uInt)room : UINT_MAX;
        z->next_in = (Bytef *)plain->bytes + given;
        z->avail_in = in;
        z->next_out = (Bytef *)out->bytes + out->count;
        z->avail_out = space;
        result = deflate(z, in == left ? Z_FINISH : Z_NO_FLUSH);
        given += in - z->avail_in;
        out->count += space - z->avail_out;
    }
    return result == Z_STREAM_END;
}

static cc_status pack(cc_encoded *out, const cc_encoded *plain, cc_encode_packing packing) {
    z_stream z = {0};
    int wrapper = packing == CC_ENCODE_ZLIB ? ZLIB_WRAPPER : GZIP_WRAPPER;
    if (deflateInit2(&z, LEVEL, Z_DEFLATED, wrapper, MEMORY, Z_DEFAULT_STRATEGY) != Z_OK)
        return cc_fail_memory("a compressor", 0);
    size_t capacity = deflateBound(&z, plain->count);
    *out = (cc_encoded){malloc(capacity), 0};
    bool done = out->bytes && deflate_all(out, capacity, &z, plain);
    deflateEnd(&z);
    if (done) return CC_OK;
    free(out->bytes);
    return cc_fail_memory("the compressed voxels", capacity);
}

cc_status cc_encode_volume(cc_encoded *out, const cc_volume *volume, cc_sample_type sample, const void *head,
                           size_t head_bytes, cc_encode_packing packing) {
    size_t count = cc_volume_count(volume), total = head_bytes + count * cc_sample_bytes(sample);
    cc_encoded plain = {malloc(total), total};
    if (!plain.bytes) return cc_fail_memory("the encoded voxels", total);
    if (head_bytes) memcpy(plain.bytes, head, head_bytes);
    encode(plain.bytes + head_bytes, volume->voxels, count, sample);
    *out = plain;
    if (packing == CC_ENCODE_PLAIN) return CC_OK;
    cc_status status = pack(out, &plain, packing);
    free(plain.bytes);
    return status;
}
