/* datasets/readers/stream.h -- the bytes of a part of a file, inflated on the way where it is compressed. */
#ifndef CC_DATASETS_READERS_STREAM_H
#define CC_DATASETS_READERS_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include "core/status.h"

typedef struct cc_stream cc_stream;

typedef enum cc_packing {
    CC_PACKING_NONE,
    CC_PACKING_ZLIB, /* or gzip */
    CC_PACKING_DEFLATE,
} cc_packing;

/* From `offset` to the file's end, or `length` bytes where it is not 0. */
cc_status cc_stream_open(cc_stream **out, const char *path, uint64_t offset, uint64_t length,
                         cc_packing packing);
/* Takes NULL. */
void cc_stream_close(cc_stream *stream);
/* Borrowed. */
const char *cc_stream_path(const cc_stream *stream);

/* An upper bound of the bytes that are still to come: deflate expands by at most 1032:1. */
uint64_t cc_stream_bound(const cc_stream *stream);

/* Up to `count` bytes; fewer only at the end. CC_EFORMAT where compressed data is damaged or cut off. */
cc_status cc_stream_read_some(size_t *got, cc_stream *stream, void *bytes, size_t count);
/* Exactly `count` bytes, or CC_EFORMAT. */
cc_status cc_stream_read(cc_stream *stream, void *bytes, size_t count);
cc_status cc_stream_skip(cc_stream *stream, uint64_t count);

#endif
