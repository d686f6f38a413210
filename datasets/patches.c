/* datasets/patches.c -- where patches lie, and their voxels.
 *
 * To draw one of a class's voxels, each as likely, without a list of them all: how many each slice has is
 * counted once; the number that is drawn leads to a slice, and that slice is searched. */
#include "datasets/patches.h"

#include <assert.h>
#include <math.h>
#include <string.h>
#include "core/arena.h"
#include "core/rng.h"
#include "datasets/mirror.h"
#include "datasets/patch_motion.h"

enum { SIDE_MAX = 65536, CHANNELS_MAX = 4096 }; /* of a patch: three such sides and these can be multiplied */

/* The foreground of one volume. */
typedef struct foreground {
    int classes;                /* that occur */
    uint8_t label[UINT8_MAX];   /* [classes] */
    uint64_t total[UINT8_MAX];  /* [classes] voxels */
    uint32_t *slice[UINT8_MAX]; /* [classes][dims[2]] voxels in each slice */
} foreground;

struct cc_patch_sampler {
    cc_patch_options options;
    cc_arena *arena;
    foreground *foregrounds; /* [volume_count] */
    int first_foreground;    /* the place in a batch from which samples lie about foreground */
    cc_patch_random random;  /* where options.random says so, which points here */
    /* Parts of a thread's room: doubles for moving; floats of an elastic field, of values that are worked on,
     * and of a patch. */
    size_t warp_doubles, lattice_floats, value_floats, voxels;
};

/* --- life --- */

static cc_status count_foreground(foreground *f, const cc_patch_volume *v, cc_arena *arena) {
    const size_t plane = (size_t)v->dims[0] * (size_t)v->dims[1];
    int place[UINT8_MAX + 1]; /* in the list, of each label; -1: it has not occurred */
    for (int i = 0; i <= UINT8_MAX; i++) place[i] = -1;
    for (int64_t z = 0; z < v->dims[2]; z++) {
        const uint8_t *labels = v->labels + (size_t)z * plane;
        size_t votes[UINT8_MAX + 1] = {0};
        for (size_t i = 0; i < plane; i++) votes[labels[i]]++;
        for (int label = 1; label < CC_PATCH_IGNORED; label++) {
            if (!votes[label]) continue;
            if (place[label] < 0) {
                place[label] = f->classes++;
                f->label[place[label]] = (uint8_t)label;
                f->slice[place[label]] = cc_arena_get_array(arena, (size_t)v->dims[2], sizeof(uint32_t));
                if (!f->slice[place[label]]) return CC_ENOMEM;
            }
            f->slice[place[label]][z] = (uint32_t)votes[label];
            f->total[place[label]] += votes[label];
        }
    }
    return CC_OK;
}

static cc_status check(const cc_patch_options *o) {
    static const char where[] = "patches";
    if (o->volume_count < 1 || o->volume_count > UINT32_MAX)
        return cc_fail(CC_EINVAL, where, NULL, "%zu volumes", o->volume_count);
    if (o->channels < 1 || o->channels > CHANNELS_MAX || o->batch < 1)
        return cc_fail(CC_EINVAL, where, "each is at least 1", "batches of %d samples, with %zu channels",
                       o->batch, o->channels);
    if (!(o->foreground >= 0 && o->foreground <= 1))
        return cc_fail(CC_EINVAL, where, "use 0 to 1, e.g. 0.33", "a share of foreground of %g",
                       o->foreground);
    for (int k = 0; k < 3; k++)
        if (o->size[k] < 1 || o->size[k] > SIDE_MAX)
            return cc_fail(CC_EINVAL, where, "each side is 1 to 65536", "a patch of %lld voxels along %c",
                           (long long)o->size[k], "xyz"[k]);
    for (size_t i = 0; i < o->volume_count; i++) {
        const int64_t *dims = o->volumes[i].dims;
        /* A slice's count of voxels is kept in 32 bits. */
        if (dims[0] < 1 || dims[1] < 1 || dims[2] < 1 || dims[0] > UINT32_MAX / dims[1])
            return cc_fail(CC_EINVAL, where, NULL,
                           "volume %zu: %lld x %lld x %lld voxels are none or too many", i,
                           (long long)dims[0], (long long)dims[1], (long long)dims[2]);
        for (int k = 0; o->random && k < 3; k++)
            if (!(o->volumes[i].spacing_mm[k] > 0 && isfinite(o->volumes[i].spacing_mm[k])))
                return cc_fail(CC_EINVAL, where, NULL, "volume %zu: a spacing of %g mm along %c", i,
                               o->volumes[i].spacing_mm[k], "xyz"[k]);
    }
    if (o->random && (size_t)cc_channels_count(&o->random->channels) != o->channels)
        return cc_fail(CC_EINVAL, where, NULL, "%zu channels, but %d words of one slice", o->channels,
                       cc_channels_count(&o->random->channels));
    return CC_OK;
}

static cc_patch_place place_of(const cc_patch_sampler *s, const cc_patch_volume *v, const cc_patch *p) {
    cc_patch_place place = {.mirrored = p->mirrored, .in_space = s->random.in_space};
    memcpy(place.size, s->options.size, sizeof place.size);
    memcpy(place.start, p->start, sizeof place.start);
    memcpy(place.spacing_mm, v->spacing_mm, sizeof place.spacing_mm);
    return place;
}

/* What random augmentation needs of each thread, for whatever volume a patch is of. */
static void find_room(cc_patch_sampler *s) {
    const cc_patch_options *o = &s->options;
    s->random = *o->random;
    s->options.random = &s->random;
    s->voxels = (size_t)o->size[0] * (size_t)o->size[1] * (size_t)o->size[2];
    s->value_floats = cc_random_augment_values_work(&s->random.kinds, o->size, s->random.in_space);
    for (size_t i = 0; i < o->volume_count; i++) {
        size_t lattice, doubles;
        const cc_patch_place place = place_of(s, &o->volumes[i], &(cc_patch){0});
        cc_patch_motion_room(&lattice, &doubles, &s->random.kinds, &place);
        if (lattice > s->lattice_floats) s->lattice_floats = lattice;
        if (doubles > s->warp_doubles) s->warp_doubles = doubles;
    }
}

size_t cc_patch_work(const cc_patch_sampler *s) {
    if (!s->options.random) return 0;
    return s->warp_doubles + (s->lattice_floats + s->value_floats + s->voxels + 1) / 2;
}

cc_status cc_patch_sampler_create(cc_patch_sampler **out, const cc_patch_options *options) {
    cc_status status = CC_OK;
    CC_TRY(check(options));
    cc_arena *arena = cc_arena_create();
    if (!arena) return CC_ENOMEM;
    cc_patch_sampler *s = cc_arena_get(arena, sizeof *s);
    if (!s) CC_CHECK(CC_ENOMEM);
    s->options = *options;
    s->arena = arena;
    /* Python's round(), as nnU-Net has it: halves to the even number. */
    s->first_foreground = (int)rint(options->batch * (1 - options->foreground));
    cc_patch_volume *volumes = cc_arena_get_array(arena, options->volume_count, sizeof *volumes);
    s->foregrounds = cc_arena_get_array(arena, options->volume_count, sizeof *s->foregrounds);
    if (!volumes || !s->foregrounds) CC_CHECK(CC_ENOMEM);
    memcpy(volumes, options->volumes, options->volume_count * sizeof *volumes);
    s->options.volumes = volumes;
    if (options->random) find_room(s);
    for (size_t i = 0; i < options->volume_count; i++)
        CC_CHECK(count_foreground(&s->foregrounds[i], &volumes[i], arena));
    *out = s;
    arena = NULL;
done:
    cc_arena_destroy(arena);
    return status;
}

void cc_patch_sampler_destroy(cc_patch_sampler *sampler) {
    if (sampler) cc_arena_destroy(sampler->arena);
}

/* --- a patch --- */

/* A random voxel of the volume's foreground, as x, y, z. */
static void draw_voxel(int64_t voxel[3], cc_rng *rng, const foreground *f, const cc_patch_volume *v) {
    const uint64_t class = cc_rng_below(rng, (uint64_t)f->classes);
    uint64_t left = cc_rng_below(rng, f->total[class]);
    int64_t z = 0;
    while (left >= f->slice[class][z]) left -= f->slice[class][z++];
    const size_t plane = (size_t)v->dims[0] * (size_t)v->dims[1];
    const uint8_t *labels = v->labels + (size_t)z * plane, *at = labels;
    for (;; at++) {
        at = memchr(at, f->label[class], plane - (size_t)(at - labels));
        assert(at); /* the slice has as many as were counted */
        if (left-- == 0) break;
    }
    voxel[0] = (at - labels) % v->dims[0];
    voxel[1] = (at - labels) / v->dims[0];
    voxel[2] = z;
}

void cc_patch_draw(cc_patch *out, const cc_patch_sampler *s, uint64_t epoch, uint64_t sample) {
    const cc_patch_options *o = &s->options;
    cc_rng rng = cc_rng_init(o->seed, CC_PURPOSE_PATCH, epoch, sample);
    *out =
        (cc_patch){.volume = (uint32_t)cc_rng_below(&rng, o->volume_count), .epoch = epoch, .sample = sample};
    const cc_patch_volume *v = &o->volumes[out->volume];
    const foreground *f = &s->foregrounds[out->volume];
    out->foreground = (int)(sample % (uint64_t)o->batch) >= s->first_foreground && f->classes > 0;
    int64_t voxel[3];
    if (out->foreground) draw_voxel(voxel, &rng, f, v);
    for (int k = 0; k < 3; k++) {
        const int64_t last =
            v->dims[k] - o->size[k]; /* where a patch may start at most; below 0: it is larger */
        if (last <= 0)
            out->start[k] = -(-last / 2);
        else if (!out->foreground)
            out->start[k] = (int64_t)cc_rng_below(&rng, (uint64_t)last + 1);
        else
            out->start[k] = voxel[k] - o->size[k] / 2;
        if (last > 0 && out->start[k] < 0) out->start[k] = 0;
        if (last > 0 && out->start[k] > last) out->start[k] = last;
    }
    for (unsigned bit = CC_MIRROR_X; bit <= CC_MIRROR_Z; bit <<= 1)
        if (o->mirror & bit && cc_rng_below(&rng, 2)) out->mirrored |= bit;
}

/* Which voxels of a patch lie in its volume: from <= i < to on each axis, before mirroring. */
typedef struct extent {
    int64_t from[3], to[3];
} extent;

static extent extent_of(const cc_patch_volume *v, const cc_patch *p, const int64_t size[3]) {
    extent e;
    for (int k = 0; k < 3; k++) {
        const int64_t left = v->dims[k] - p->start[k];
        e.from[k] = p->start[k] < 0 ? -p->start[k] : 0;
        e.to[k] = left < size[k] ? left : size[k];
    }
    return e;
}

/* The row of the volume's plane stack that row (y, z) of the patch shows, mirrored or not; -1: beyond the
 * volume. */
static int64_t source_row(const cc_patch_volume *v, const cc_patch *p, const int64_t size[3], const extent *e,
                          int64_t y, int64_t z) {
    if (p->mirrored & CC_MIRROR_Y) y = size[1] - 1 - y;
    if (p->mirrored & CC_MIRROR_Z) z = size[2] - 1 - z;
    if (y < e->from[1] || y >= e->to[1] || z < e->from[2] || z >= e->to[2]) return -1;
    return (p->start[2] + z) * v->dims[1] + p->start[1] + y;
}

/* One plane of the volume, of values or of labels (the other is NULL). */
static void copy_plane(float *out, const float *values, const uint8_t *labels, const cc_patch_volume *v,
                       const cc_patch *p, const int64_t size[3], float fill) {
    const extent e = extent_of(v, p, size);
    /* Along x a patch is walked from either end. */
    const int64_t first = p->mirrored & CC_MIRROR_X ? size[0] - 1 : 0, step = first ? -1 : 1;
    for (int64_t z = 0; z < size[2]; z++)
        for (int64_t y = 0; y < size[1]; y++) {
            const int64_t row = source_row(v, p, size, &e, y, z);
            float *to = out + (z * size[1] + y) * size[0];
            for (int64_t x = 0; x < size[0]; x++) to[x] = fill;
            if (row < 0) continue;
            const int64_t from = row * v->dims[0] + p->start[0];
            for (int64_t x = e.from[0]; x < e.to[0]; x++)
                to[first + step * x] = labels ? (float)labels[from + x] : values[from + x];
        }
}

/* Moves the patch, changes its HU, and makes its channels of them. HU lie in the channel of the first word
 * that is a picture; other windows are taken from there, and that word's own last. */
static void cut_at_random(float *image, float *target, const cc_patch_sampler *s, const cc_patch *p,
                          double *work) {
    const cc_patch_random *r = &s->random;
    const cc_patch_volume *v = &s->options.volumes[p->volume];
    const int64_t *size = s->options.size;
    const size_t in_volume = (size_t)v->dims[0] * (size_t)v->dims[1] * (size_t)v->dims[2];
    const cc_random_item item = {.seed = s->options.seed,
                                 .epoch = p->epoch,
                                 .number = p->sample,
                                 .low_hu = (float)r->window_hu[0],
                                 .high_hu = (float)r->window_hu[1]};
    float *lattice = (float *)(void *)(work + s->warp_doubles), *other = lattice + s->lattice_floats;
    cc_warp_plane planes[CC_CHANNEL_WORDS_MAX + 1];
    size_t count = 0;
    float *hu = NULL;
    for (int w = 0; w < r->channels.word_count && !hu; w++)
        if (!r->channels.words[w].is_mask) hu = image + (size_t)w * s->voxels;
    if (hu) planes[count++] = (cc_warp_plane){.out = hu, .in = v->image, .fill = s->options.fill};
    for (int w = 0; w < r->channels.word_count; w++) {
        if (!r->channels.words[w].is_mask) continue;
        planes[count] = (cc_warp_plane){
            .out = image + (size_t)w * s->voxels, .in = v->image + count * in_volume, .nearest = true};
        count++;
    }

    cc_volume_warp warp;
    const cc_patch_place place = place_of(s, v, p);
    if (cc_patch_motion_draw(&warp, &r->kinds, &item, &place, lattice)) {
        cc_volume_warp_apply(&warp, size, planes, count, target, v->labels, v->dims, work);
    } else {
        for (size_t i = 0; i < count; i++)
            copy_plane(planes[i].out, planes[i].in, NULL, v, p, size, planes[i].fill);
        copy_plane(target, NULL, v->labels, v, p, size, 0);
    }
    if (!hu) return;
    cc_random_augment_values(hu, &r->kinds, &item, size, r->in_space, other, other + s->voxels);
    for (int w = r->channels.word_count - 1; w >= 0; w--) {
        if (r->channels.words[w].is_mask) continue;
        float *to = image + (size_t)w * s->voxels;
        cc_channel_window(to, hu, s->voxels, r->channels.words[w].window_hu);
        cc_random_augment_windowed(to, &r->kinds, &item, s->voxels);
    }
}

void cc_patch_cut(float *image, float *target, const cc_patch_sampler *s, const cc_patch *p, double *work) {
    const cc_patch_options *o = &s->options;
    const cc_patch_volume *v = &o->volumes[p->volume];
    const size_t voxels = (size_t)o->size[0] * (size_t)o->size[1] * (size_t)o->size[2];
    const size_t in_volume = (size_t)v->dims[0] * (size_t)v->dims[1] * (size_t)v->dims[2];
    if (o->random) {
        cut_at_random(image, target, s, p, work);
        return;
    }
    for (size_t c = 0; c < o->channels; c++)
        copy_plane(image + c * voxels, v->image + c * in_volume, NULL, v, p, o->size, o->fill);
    copy_plane(target, NULL, v->labels, v, p, o->size, 0);
}
