/* results/seal.c -- the block of text before a run file: made from bytes in memory, checked from a file.
 *
 * The block is fixed text with the SHA-256 of all bytes behind it, so that checking is: read, digest the
 * rest, make the block again, compare. */
#include "results/seal.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/digest.h"

enum { BUFFER = 1 << 18 };

/* The whole block for a digest. */
static void format_block(char block[CC_SEAL_BYTES], const char *hex) {
    memset(block, 0, CC_SEAL_BYTES);
    snprintf(block, CC_SEAL_BYTES,
             "calcade run\nsha256 %s\nThe digest is that of all bytes from byte %d on, where the HDF5 file "
             "begins.\n",
             hex, CC_SEAL_BYTES);
}

void cc_seal_make(char block[CC_SEAL_BYTES], const void *rest, size_t count) {
    cc_digest_text digest = cc_digest_of(rest, count);
    format_block(block, digest.hex);
}

/* The digest of what follows the block. */
static cc_status digest_rest(cc_digest_text *out, int descriptor, const char *path) {
    cc_status status = CC_OK;
    cc_digest *digest = cc_digest_create();
    char *buffer = malloc(BUFFER);
    if (!digest || !buffer) CC_CHECK(cc_fail_memory("a digest", BUFFER));
    /* In pieces: a run file with weights may be larger than memory should hold at once. */
    off_t at = CC_SEAL_BYTES;
    for (ssize_t got; (got = pread(descriptor, buffer, BUFFER, at)) != 0; at += got) {
        if (got < 0) CC_CHECK(cc_fail_errno(path, "read"));
        cc_digest_add(digest, buffer, (size_t)got);
    }
    *out = cc_digest_finish(digest);
done:
    free(buffer);
    cc_digest_destroy(digest);
    return status;
}

/* Checks an open file. One that begins with HDF5's signature has no block: written by a script, or by an old
 * version. */
static cc_status check_open(bool *sealed, int descriptor, const char *path) {
    static const char signature[] = "\x89HDF\r\n\x1a\n";
    char block[CC_SEAL_BYTES] = {0}, want[CC_SEAL_BYTES];
    cc_digest_text digest;
    if (pread(descriptor, block, sizeof block, 0) < 0) return cc_fail_errno(path, "read");
    *sealed = memcmp(block, signature, sizeof signature - 1) != 0;
    if (!*sealed) return CC_OK;
    if (strncmp(block, "calcade run\n", 12) != 0)
        return cc_fail(CC_EFORMAT, "", "restore it, or run the experiment again",
                       "is no run file, or a damaged one");
    CC_TRY(digest_rest(&digest, descriptor, path));
    format_block(want, digest.hex);
    if (memcmp(block, want, sizeof want) == 0) return CC_OK;
    return cc_fail(CC_EFORMAT, "", "restore it, or run the experiment again",
                   "is damaged: its contents do not have the SHA-256 that it states");
}

cc_status cc_seal_check(bool *sealed, const char *path) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return cc_fail_errno(path, "open");
    cc_status status = check_open(sealed, descriptor, path);
    close(descriptor);
    return status;
}
