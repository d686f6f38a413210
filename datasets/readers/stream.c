/* datasets/readers/stream.c -- the bytes of a part of a file, inflated by zlib where they are compressed.
 *
 * A gzip file may hold several members in a row, and zero bytes behind any of them, as tapes and object
 * stores pad (RFC 1952, 2.2; Python's gzip module reads both); what else follows is refused. Nothing is
 * read ahead but one chunk, so a file that claims much and holds little costs 64 KiB. Source: RFC 1950,
 * 1951, 1952; zlib.h. */
#include "datasets/readers/stream.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include "core/file.h"
#include "datasets/readers/trace.h"

/* 1032: a match of 258 bytes takes at least 2 bits of deflate, 258 * 8 / 2. 15 + 32: zlib tells a zlib
 * wrapper from a gzip one by itself; negative: there is none. */
enum { CHUNK = 1 << 16, DEFLATE_MAX_RATIO = 1032, ZLIB_OR_GZIP = 15 + 32, NO_WRAPPER = -15 };

struct cc_stream {
    char path[CC_PATH_MAX];
    FILE *file;
    uint64_t left; /* bytes of the file's part not yet read */
    bool compressed, ended;
    bool behind; /* at least one member is read to its end, and more bytes follow it */
    z_stream inflater;
    unsigned char input[CHUNK];
};

cc_status cc_stream_open(cc_stream **out, const char *path, uint64_t offset, uint64_t length,
                         cc_packing packing) {
    uint64_t size;
    cc_read_trace_note(path);
    CC_TRY(cc_file_size(&size, path));
    if (offset > size || length > size - offset)
        return cc_fail(CC_EFORMAT, path, "the file is cut off or its header is wrong",
                       "the data should end at byte %llu, but the file has %llu bytes",
                       (unsigned long long)offset + length, (unsigned long long)size);
    cc_stream *s = calloc(1, sizeof *s);
    if (!s) return cc_fail_memory("a file's stream", sizeof *s);
    cc_status status = cc_path_join(s->path, "", path);
    bool compressed = packing != CC_PACKING_NONE;
    int window = packing == CC_PACKING_ZLIB ? ZLIB_OR_GZIP : NO_WRAPPER;
    if (status == CC_OK && compressed && inflateInit2(&s->inflater, window) != Z_OK)
        status = cc_fail_memory("a decompressor", 0);
    s->compressed = compressed && status == CC_OK;
    s->left = length ? length : size - offset;
    if (status == CC_OK) {
        s->file = fopen(path, "rb");
        if (!s->file || fseeko(s->file, (off_t)offset, SEEK_SET) != 0) status = cc_fail_errno(path, "open");
    }
    if (status != CC_OK) {
        cc_stream_close(s);
        return status;
    }
    *out = s;
    return CC_OK;
}

void cc_stream_close(cc_stream *stream) {
    if (!stream) return;
    if (stream->compressed) inflateEnd(&stream->inflater);
    if (stream->file) fclose(stream->file);
    free(stream);
}

const char *cc_stream_path(const cc_stream *stream) {
    return stream->path;
}

uint64_t cc_stream_bound(const cc_stream *stream) {
    if (!stream->compressed) return stream->left;
    /* What is still in the file and what was read and not yet inflated. */
    uint64_t input = stream->left + stream->inflater.avail_in;
    return input > UINT64_MAX / DEFLATE_MAX_RATIO ? UINT64_MAX : input * DEFLATE_MAX_RATIO;
}

static cc_status read_plain(size_t *got, cc_stream *s, void *bytes, size_t count) {
    size_t want = count < s->left ? count : (size_t)s->left;
    *got = fread(bytes, 1, want, s->file);
    if (ferror(s->file)) return cc_fail_errno(s->path, "read");
    s->left = *got < want ? 0 : s->left - *got;
    return CC_OK;
}

static cc_status refill(cc_stream *s) {
    size_t got;
    CC_TRY(read_plain(&got, s, s->input, sizeof s->input));
    s->inflater.next_in = s->input;
    s->inflater.avail_in = (unsigned)got;
    return CC_OK;
}

/* Behind a member: zeros are passed over, and then comes another member or nothing. A member never begins
 * with a zero byte. */
static cc_status start_member(cc_stream *s) {
    z_stream *z = &s->inflater;
    do {
        for (; z->avail_in > 0 && *z->next_in == 0; z->avail_in--) z->next_in++;
        if (z->avail_in == 0) CC_TRY(refill(s));
    } while (z->avail_in > 0 && *z->next_in == 0);
    s->ended = z->avail_in == 0;
    if (s->ended) return CC_OK;
    if (inflateReset(z) != Z_OK) return cc_fail_memory("a decompressor", 0);
    s->behind = true;
    return CC_OK;
}

/* One call of inflate. */
static cc_status inflate_more(cc_stream *s) {
    if (s->inflater.avail_in == 0) CC_TRY(refill(s));
    if (s->inflater.avail_in == 0)
        return cc_fail(CC_EFORMAT, s->path, "the file is cut off", "the compressed data ends too early");
    int result = inflate(&s->inflater, Z_NO_FLUSH);
    if (result == Z_MEM_ERROR) return cc_fail_memory("a decompressor", 0);
    if (result == Z_STREAM_END) return start_member(s);
    if (result == Z_OK) return CC_OK;
    if (s->behind && s->inflater.total_out == 0)
        return cc_fail(CC_EFORMAT, s->path, "cut them off, or get the file again",
                       "bytes follow the compressed data that are neither zero nor compressed data");
    return cc_fail(CC_EFORMAT, s->path, "the file is damaged", "the compressed data is broken: %s",
                   s->inflater.msg ? s->inflater.msg : "no deflate data");
}

cc_status cc_stream_read_some(size_t *got, cc_stream *stream, void *bytes, size_t count) {
    if (!stream->compressed) return read_plain(got, stream, bytes, count);
    unsigned room = count > CHUNK ? CHUNK : (unsigned)count;
    size_t done = 0;
    while (done < count && !stream->ended) {
        stream->inflater.next_out = (unsigned char *)bytes + done;
        stream->inflater.avail_out = room = count - done > CHUNK ? CHUNK : (unsigned)(count - done);
        CC_TRY(inflate_more(stream));
        done += room - stream->inflater.avail_out;
    }
    *got = done;
    return CC_OK;
}

cc_status cc_stream_read(cc_stream *stream, void *bytes, size_t count) {
    size_t got;
    CC_TRY(cc_stream_read_some(&got, stream, bytes, count));
    if (got < count)
        return cc_fail(CC_EFORMAT, stream->path, "the file is cut off or its header is wrong",
                       "the data ends %llu bytes too early", (unsigned long long)(count - got));
    return CC_OK;
}

cc_status cc_stream_skip(cc_stream *stream, uint64_t count) {
    char waste[4096];
    if (count > cc_stream_bound(stream))
        return cc_fail(CC_EFORMAT, stream->path, "the file is cut off or its header is wrong",
                       "the data should start %llu bytes on, behind the file's end",
                       (unsigned long long)count);
    if (!stream->compressed) {
        stream->left -= count;
        return fseeko(stream->file, (off_t)count, SEEK_CUR) == 0 ? CC_OK
                                                                 : cc_fail_errno(stream->path, "read");
    }
    while (count > 0) {
        size_t part = count < sizeof waste ? (size_t)count : sizeof waste;
        CC_TRY(cc_stream_read(stream, waste, part));
        count -= part;
    }
    return CC_OK;
}
