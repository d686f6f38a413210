/* core/digest.h -- SHA-256, as 64 lower-case hexadecimal digits. */
#ifndef CC_CORE_DIGEST_H
#define CC_CORE_DIGEST_H

#include <stddef.h>
#include "core/status.h"

typedef struct cc_digest cc_digest;

typedef struct cc_digest_text {
    char hex[65];
} cc_digest_text;

/* NULL where memory is out. */
cc_digest *cc_digest_create(void);
void cc_digest_destroy(cc_digest *digest);
void cc_digest_add(cc_digest *digest, const void *bytes, size_t count);
/* A string with its terminator, so that "ab","c" and "a","bc" differ. */
void cc_digest_add_string(cc_digest *digest, const char *text);
/* The contents of a file; CC_ENOTFOUND or CC_EIO name it. */
cc_status cc_digest_add_file(cc_digest *digest, const char *path);
/* The digest of all that was added; the digest starts anew. */
cc_digest_text cc_digest_finish(cc_digest *digest);

cc_digest_text cc_digest_of(const void *bytes, size_t count);
/* That of a regular file's contents; CC_ENOTFOUND or CC_EIO name it. */
cc_status cc_digest_of_file(cc_digest_text *out, const char *path);

#endif
