/* datasets/readers/samples.h -- sample types of files, and how their bytes become voxels.
 *
 * A value is computed in double, slope * sample + intercept, and rounded once to float32. */
#ifndef CC_DATASETS_READERS_SAMPLES_H
#define CC_DATASETS_READERS_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/status.h"
#include "datasets/readers/stream.h"
#include "datasets/volume.h"

typedef enum cc_sample_type {
    CC_SAMPLE_UINT8,
    CC_SAMPLE_INT8,
    CC_SAMPLE_UINT16,
    CC_SAMPLE_INT16,
    CC_SAMPLE_UINT32,
    CC_SAMPLE_INT32,
    CC_SAMPLE_UINT64,
    CC_SAMPLE_INT64,
    CC_SAMPLE_FLOAT32,
    CC_SAMPLE_FLOAT64,
} cc_sample_type;

typedef struct cc_coding {
    cc_sample_type sample;
    bool big_endian;
    double slope, intercept;
} cc_coding;

/* "uint8" and the like; static. */
const char *cc_sample_name(cc_sample_type sample);
size_t cc_sample_bytes(cc_sample_type sample);

/* Decodes count samples; the bytes need no alignment. CC_EUNSUPPORTED where a value is not finite. */
cc_status cc_samples_decode(float *out, const void *bytes, size_t count, const cc_coding *coding,
                            const char *path);

/* Reads and decodes count samples of a stream. */
cc_status cc_samples_read(float *out, cc_stream *stream, uint64_t count, const cc_coding *coding);

/* Checks that the stream can hold the voxels of out->grid, takes memory for them and decodes them; sets
 * out->type. CC_EFORMAT where the stream is too short. */
cc_status cc_samples_fill(cc_volume *out, cc_stream *stream, const cc_coding *coding);

#endif
