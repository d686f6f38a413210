/* experiments/cascade/masks.c -- masks as bits, and the file that keeps them:
 *
 *     header (magic, key, number of slices, bytes) | bits, slice by slice | SHA-256 of all before
 *
 * Each slice begins at a whole byte; pixel i of a slice is bit i mod 8 of its byte i / 8. */
#include "experiments/cascade/masks.h"

#include <stdlib.h>
#include <string.h>
#include "core/file.h"

struct cc_masks {
    const cc_slice_set *set;
    size_t *starts; /* [slices + 1]: where each slice's bytes begin, and the end */
    uint8_t *bits;  /* [starts[slices]] */
};

typedef struct header {
    char magic[16];
    cc_digest_text key;
    uint64_t slices, bytes;
} header;

static const char magic[16] = "calcade-masks-1";

static size_t pixels_of(const cc_masks *masks, size_t slice) {
    const cc_slice *s = cc_slice_set_get(masks->set, slice);
    return (size_t)s->height * (size_t)s->width;
}

static size_t bytes_of(const cc_masks *masks) {
    return masks->starts[cc_slice_set_count(masks->set)];
}

cc_status cc_masks_create(cc_masks **out, const cc_slice_set *set) {
    cc_status status = CC_OK;
    size_t count = cc_slice_set_count(set);
    cc_masks *masks = calloc(1, sizeof *masks);
    if (!masks) return cc_fail_memory("masks", sizeof *masks);
    masks->set = set;
    masks->starts = calloc(count + 1, sizeof *masks->starts);
    if (!masks->starts) CC_CHECK(cc_fail_memory("masks", (count + 1) * sizeof *masks->starts));
    for (size_t i = 0; i < count; i++)
        masks->starts[i + 1] = masks->starts[i] + (pixels_of(masks, i) + 7) / 8;
    masks->bits = calloc(bytes_of(masks), 1);
    if (!masks->bits) CC_CHECK(cc_fail_memory("masks", bytes_of(masks)));
    *out = masks;
    masks = NULL;
done:
    cc_masks_destroy(masks);
    return status;
}

void cc_masks_destroy(cc_masks *masks) {
    if (!masks) return;
    free(masks->starts);
    free(masks->bits);
    free(masks);
}

void cc_masks_put(cc_masks *masks, size_t slice, const uint8_t *mask) {
    uint8_t *bits = masks->bits + masks->starts[slice];
    size_t pixels = pixels_of(masks, slice);
    memset(bits, 0, (pixels + 7) / 8); /* the last byte's unused bits too: they are digested */
    for (size_t i = 0; i < pixels; i++) bits[i / 8] |= (uint8_t)((mask[i] != 0) << i % 8);
}

void cc_masks_get(uint8_t *mask, const cc_masks *masks, size_t slice) {
    const uint8_t *bits = masks->bits + masks->starts[slice];
    size_t pixels = pixels_of(masks, slice);
    for (size_t i = 0; i < pixels; i++) mask[i] = bits[i / 8] >> i % 8 & 1;
}

/* What a file of these masks must begin with. */
static header header_of(const cc_masks *masks, const cc_digest_text *key) {
    header h;
    memset(&h, 0, sizeof h); /* padding too: it is digested */
    memcpy(h.magic, magic, sizeof magic);
    h.key = *key;
    h.slices = cc_slice_set_count(masks->set);
    h.bytes = bytes_of(masks);
    return h;
}

/* SHA-256 of header and bits. */
static cc_status digest_of(cc_digest_text *out, const header *h, const void *bits) {
    cc_digest *digest = cc_digest_create();
    if (!digest) return CC_ENOMEM;
    cc_digest_add(digest, h, sizeof *h);
    cc_digest_add(digest, bits, (size_t)h->bytes);
    *out = cc_digest_finish(digest);
    cc_digest_destroy(digest);
    return CC_OK;
}

cc_status cc_masks_write(const cc_masks *masks, const char *path, const cc_digest_text *key) {
    char folder[CC_PATH_MAX];
    cc_digest_text sum;
    header h = header_of(masks, key);
    CC_TRY(digest_of(&sum, &h, masks->bits));
    CC_TRY(cc_path_folder(folder, path));
    CC_TRY(cc_folder_make(folder));
    const cc_file_piece pieces[] = {{&h, sizeof h}, {masks->bits, bytes_of(masks)}, {&sum, sizeof sum}};
    return cc_file_write_pieces(path, pieces, 3);
}

cc_status cc_masks_read(cc_masks_state *state, cc_masks *masks, const char *path, const cc_digest_text *key) {
    char *bytes;
    size_t count, want = sizeof(header) + bytes_of(masks) + sizeof(cc_digest_text);
    header h = header_of(masks, key);
    cc_digest_text sum;
    *state = CC_MASKS_NONE;
    if (!cc_file_exists(path)) return CC_OK;
    cc_arena *arena = cc_arena_create();
    if (!arena) return CC_ENOMEM;
    cc_status status = cc_file_read(&bytes, &count, path, want, arena);
    *state = CC_MASKS_DAMAGED; /* until all of it has been found right */
    if (status == CC_EFORMAT) {
        status = CC_OK; /* larger than it may be */
    } else if (status == CC_OK && count == want && memcmp(bytes, &h, sizeof h) == 0) {
        status = digest_of(&sum, &h, bytes + sizeof h);
        memcpy(masks->bits, bytes + sizeof h, bytes_of(masks));
        if (memcmp(&sum, bytes + sizeof h + bytes_of(masks), sizeof sum) == 0) *state = CC_MASKS_WHOLE;
    }
    cc_arena_destroy(arena);
    return status;
}
