/* datasets/sources/source.h -- what a source of slices is: the inside of a slice set, for sources only.
 *
 * A source lists patients and slices into the set when it opens, and later decodes single slices. Pixels are
 * kept as int16 with one linear rule for the set, HU = slope * stored + intercept, so that a cached slice
 * takes 3 bytes a pixel and gives the same floats as one decoded anew. */
#ifndef CC_DATASETS_SOURCES_SOURCE_H
#define CC_DATASETS_SOURCES_SOURCE_H

#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include "core/arena.h"
#include "core/digest.h"
#include "core/file.h"
#include "core/status.h"
#include "datasets/slice.h"

enum { CC_SLICE_SIDE_MAX = 8192 }; /* pixels; four times what any scanner writes */

typedef struct cc_slice_source {
    const char *name;
    /* Fills patients, slices, slope, intercept and state. `set` has its arena and its root. */
    cc_status (*open)(cc_slice_set *set, const cc_slice_options *options);
    /* Frees what the arena does not; `state` may be half made, or NULL where open failed early. NULL where
     * all is in the arena. */
    void (*close)(void *state);
    cc_status (*digest)(cc_digest *digest, const cc_slice_set *set);
    /* stored[height*width] and mask[height*width]. Any thread may call. */
    cc_status (*decode)(const cc_slice_set *set, size_t index, int16_t *stored, uint8_t *mask);
    /* regions[height*width], of sets that were opened with them. Any thread may call. NULL: it has none. */
    cc_status (*decode_regions)(const cc_slice_set *set, size_t index, uint8_t *regions);
    /* As cc_slice_set_read_near; NULL: the set's own slices are the neighbours, and all are original. */
    cc_status (*read_near)(const cc_slice_set *set, size_t index, int offset, bool original, float *image_hu);
    /* What opening the set has found in a scan; NULL: nothing is kept. Borrowed. */
    const struct cc_scan_facts *(*facts)(const cc_slice_set *set, uint32_t scan);
    /* open has read every voxel of what it lists, now or before: nothing need be decoded to know that it can
     * be */
    bool looked_at;
    bool resident; /* decode only copies from memory: the set keeps no second copy */
} cc_slice_source;

#define X(name) extern const cc_slice_source cc_slice_source_##name;
CC_SLICE_SOURCE_LIST(X)
#undef X

/* A decoded slice, as the cache keeps it: one block of memory. */
typedef struct cc_slice_pixels {
    int16_t *stored; /* [height*width] */
    uint8_t *mask;   /* [height*width] */
} cc_slice_pixels;

struct cc_slice_set {
    const cc_slice_source *source;
    cc_arena *arena;
    const char *root; /* absolute, without links */
    const char **patients;
    size_t patient_count, patient_capacity;
    const int *groups;             /* [patient_count]; NULL: all 0 */
    const double (*spacing_mm)[3]; /* [scans], as cc_slice_set_spacing gives them; NULL: not known */
    cc_slice *slices;
    size_t count, capacity;
    bool regions;                     /* opened with its regions: the source decodes them, too */
    bool skip_broken;                 /* leave broken patients out */
    bool checking;                    /* and do so without a warning */
    cc_slice_broken *broken_patients; /* [broken]: those that were */
    size_t broken, broken_capacity;
    double slope, intercept;           /* HU = slope * stored + intercept */
    void *state;                       /* the source's own */
    _Atomic(cc_slice_pixels *) *cache; /* one a slice; NULL where nothing is kept */
    _Atomic size_t cache_left;         /* bytes that the cache may still take */
};

/* A set without slices yet, for a source that lists them, and what completes it: cc_slice_set_open does both.
 */
cc_status cc_slice_set_start(cc_slice_set **out, const cc_slice_source *source);
cc_status cc_slice_set_complete(cc_slice_set *set, int cache_mb);

/* Decodes a slice by the set's source into memory of its own; the caller frees *out. */
cc_status cc_slice_set_decode(cc_slice_pixels **out, const cc_slice_set *set, size_t index);
/* The size of that memory. */
size_t cc_slice_pixels_bytes(const cc_slice *slice);

/* A finite HU as it is stored where the set's slope is 1 and its intercept 0. */
static inline int16_t cc_slice_store_hu(float hu) {
    const float least = hu > INT16_MIN ? hu : INT16_MIN; /* comparisons, since fmaxf is a call a voxel */
    return (int16_t)lrintf(least < INT16_MAX ? least : INT16_MAX);
}

/* Sets slope and intercept so that the grey range of pictures, stored by cc_slice_store_grey, spans a window.
 * CC_EINVAL where it is none. */
cc_status cc_slice_set_spread_grey(cc_slice_set *set, const double window_hu[2]);

/* A grey value of 8 or 16 bits: 255 divides 65535, so that both fill int16 exactly. */
static inline int16_t cc_slice_store_grey(int grey, int bits) {
    return (int16_t)(UINT16_MAX / ((1 << bits) - 1) * grey + INT16_MIN);
}

/* The real path of root/relative, in the set's arena; refuses one that leads out of the root. */
cc_status cc_slice_set_resolve(const char **out, cc_slice_set *set, const char *relative);

/* A file's size and contents. */
cc_status cc_slice_set_digest_file(cc_digest *digest, const char *path);

/* A patient's files are at fault with this status, the error being set: with skip_broken that is said,
 * counted and CC_OK, and the source goes on to the next patient. Else the error, which then names the patient
 * too. */
cc_status cc_slice_set_leave_out(cc_slice_set *set, const char *patient, cc_status status);

/* What the set held before a patient. */
typedef struct cc_slice_mark {
    size_t patients, slices;
} cc_slice_mark;
cc_slice_mark cc_slice_set_mark(const cc_slice_set *set);

/* Ends a patient whose slices were added since the mark; `status` is how that went. Checks its name, that it
 * has a slice and, with skip_broken, that all decode, for which the source's state must already hold them.
 * What fails is left out as above, and the set is as it was at the mark: the next patient takes its place. */
cc_status cc_slice_set_end_patient(cc_slice_set *set, cc_slice_mark mark, const char *name, cc_status status);

/* CC_EFORMAT where a name holds what results cannot: control characters, or what is no UTF-8. */
cc_status cc_slice_set_check_name(const char *name);

/* Appends a patient, whose name is copied, and gives its index. */
cc_status cc_slice_set_add_patient(uint32_t *out, cc_slice_set *set, const char *name);

/* Appends a slice; calls come in the set's order. Refuses a side above CC_SLICE_SIDE_MAX; `where` names the
 * file in the message. */
cc_status cc_slice_set_add(cc_slice_set *set, const cc_slice *slice, const char *where);

#endif
