/* datasets/readers/encode.h -- voxels as the bytes of a file: sample types and compression, for writers. */
#ifndef CC_DATASETS_READERS_ENCODE_H
#define CC_DATASETS_READERS_ENCODE_H

#include "datasets/readers/samples.h"

/* Whether `type` is written: "uint8", "int16" or "float32". CC_EINVAL, naming `path`, where it is not. */
cc_status cc_encode_find(cc_sample_type *out, const char *type, const char *path);

typedef enum cc_encode_packing { CC_ENCODE_PLAIN, CC_ENCODE_ZLIB, CC_ENCODE_GZIP } cc_encode_packing;

/* Bytes that are put together before they are written. */
typedef struct cc_encoded {
    char *bytes; /* owned: free() */
    size_t count;
} cc_encoded;

/* `head_bytes` of `head`, then the voxels as little-endian samples, each rounded to the nearest and held to
 * the type's range; packed as one stream. CC_ENOMEM. On failure there is nothing to free. */
cc_status cc_encode_volume(cc_encoded *out, const cc_volume *volume, cc_sample_type sample, const void *head,
                           size_t head_bytes, cc_encode_packing packing);

#endif
