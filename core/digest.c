/* core/digest.c -- SHA-256 by Nettle (FIPS 180-4), which uses the processor's SHA instructions where it
 * has them. Identities of runs, of data and of phantoms are these digests: what is added, and in which
 * order, is part of every stored result. */
#include "core/digest.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <nettle/sha2.h>
#include "core/file.h"

struct cc_digest {
    struct sha256_ctx context;
};

cc_digest *cc_digest_create(void) {
    cc_digest *digest = malloc(sizeof *digest);
    if (!digest) {
        cc_fail_memory("digest", sizeof *digest);
        return NULL;
    }
    sha256_init(&digest->context);
    return digest;
}

void cc_digest_destroy(cc_digest *digest) {
    free(digest);
}

void cc_digest_add(cc_digest *digest, const void *bytes, size_t count) {
    sha256_update(&digest->context, count, bytes);
}

void cc_digest_add_string(cc_digest *digest, const char *text) {
    cc_digest_add(digest, text, strlen(text) + 1);
}

cc_status cc_digest_add_file(cc_digest *digest, const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file) return cc_fail_errno(path, "open");
    /* 64 KiB a read; too large for the stack of a thread */
    static _Thread_local unsigned char buffer[1 << 16];
    size_t count;
    while ((count = fread(buffer, 1, sizeof buffer, file)) > 0) cc_digest_add(digest, buffer, count);
    cc_status status = ferror(file) ? cc_fail_errno(path, "read") : CC_OK;
    fclose(file);
    return status;
}

cc_digest_text cc_digest_finish(cc_digest *digest) {
    uint8_t bytes[SHA256_DIGEST_SIZE];
    cc_digest_text text;
    sha256_digest(&digest->context, sizeof bytes, bytes); /* also starts anew */
    /* Two digits a byte, lower case; the last snprintf ends the string. */
    for (size_t i = 0; i < sizeof bytes; i++) snprintf(text.hex + 2 * i, 3, "%02x", bytes[i]);
    return text;
}

cc_digest_text cc_digest_of(const void *bytes, size_t count) {
    cc_digest digest;
    sha256_init(&digest.context);
    cc_digest_add(&digest, bytes, count);
    return cc_digest_finish(&digest);
}

cc_status cc_digest_of_file(cc_digest_text *out, const char *path) {
    uint64_t bytes;
    CC_TRY(cc_file_size(&bytes, path)); /* a device would never end */
    cc_digest *digest = cc_digest_create();
    if (!digest) return CC_ENOMEM;
    cc_status status = cc_digest_add_file(digest, path);
    if (status == CC_OK) *out = cc_digest_finish(digest);
    cc_digest_destroy(digest);
    return status;
}
