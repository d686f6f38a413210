/* experiments/cascade/training_volumes.c -- volumes in memory, or in a mapped file without a name. */
#include "experiments/cascade/training_volumes.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "core/file.h"
#include "core/log.h"
#include "datasets/mirror.h"
#include "experiments/planning/data.h"
#include "experiments/planning/interrupt.h"

struct cc_training_volumes {
    cc_patch_volume *volumes; /* [count]; their voxels lie in `kept`, or in `mapped` */
    cc_scan_volume *kept;     /* [count] */
    size_t count, batches;    /* volumes; batches of an epoch */
    int batch;                /* patches of one */
    char *mapped;             /* [bytes]; NULL: memory holds them */
    size_t bytes;
    cc_patch_loader *loader;
};

/* What a volume takes in the file: image, labels, and what rounds it up to whole floats, as the next one's
 * image is to lie where floats do. */
static size_t bytes_of(const cc_scan_volume *v) {
    const size_t voxels = cc_scan_volume_count(v), step = sizeof(float);
    return v->channels * voxels * sizeof(float) + (voxels + step - 1) / step * step;
}

/* A file of the size wanted whose name is gone at once; *descriptor is the caller's. All of it is on the disk
 * before it is mapped: a disk that is full is an error here, and no fault of memory later. */
static cc_status make_file(int *descriptor, const char *folder, size_t bytes) {
    char cache[CC_PATH_MAX], path[CC_PATH_MAX];
    CC_TRY(cc_path_join(cache, folder, ".cache"));
    CC_TRY(cc_folder_make(cache));
    CC_TRY(cc_path_join(path, cache, "volumes-XXXXXX"));
    *descriptor = mkostemp(path, O_CLOEXEC);
    if (*descriptor < 0) return cc_fail_errno(cache, "make a file in");
    unlink(path);
    const int code = posix_fallocate(*descriptor, 0, (off_t)bytes);
    if (code == 0) return CC_OK;
    close(*descriptor);
    *descriptor = -1;
    return cc_fail(CC_EIO, cache, "raise volumes.memory_mb, or --out another disk",
                   "%zu MiB of volumes do not fit there: %s", bytes >> 20, strerror(code));
}

/* Makes the volumes one after another; with a file each is written and given back. */
static cc_status make_volumes(cc_training_volumes *t, const cc_scan_volume_source *source,
                              const uint32_t *scans, int descriptor, const char *folder) {
    for (size_t i = 0; i < t->count; i++) {
        cc_scan_volume *v = &t->kept[i];
        CC_TRY(cc_interrupt_check());
        CC_TRY(cc_scan_volume_make(v, source, scans[i]));
        memcpy(t->volumes[i].dims, v->grid.dims, sizeof v->grid.dims);
        memcpy(t->volumes[i].spacing_mm, v->grid.spacing_mm, sizeof v->grid.spacing_mm);
        t->volumes[i].image = v->image;
        t->volumes[i].labels = v->labels;
        if (descriptor < 0) continue;
        static const char zeros[sizeof(float)];
        const size_t voxels = cc_scan_volume_count(v), image = v->channels * voxels * sizeof(float);
        CC_TRY(cc_file_put(descriptor, folder, v->image, image));
        CC_TRY(cc_file_put(descriptor, folder, v->labels, voxels));
        CC_TRY(cc_file_put(descriptor, folder, zeros, bytes_of(v) - image - voxels));
        cc_scan_volume_deinit(v);
    }
    return CC_OK;
}

/* The file as memory, and where in it each volume lies. */
static cc_status map_file(cc_training_volumes *t, int descriptor, size_t channels, const char *folder) {
    void *mapped = mmap(NULL, t->bytes, PROT_READ, MAP_SHARED, descriptor, 0);
    if (mapped == MAP_FAILED) return cc_fail_errno(folder, "map a file in");
    t->mapped = mapped;
    const char *at = t->mapped;
    for (size_t i = 0; i < t->count; i++) {
        cc_patch_volume *v = &t->volumes[i];
        const size_t voxels = (size_t)v->dims[0] * (size_t)v->dims[1] * (size_t)v->dims[2];
        const size_t step = sizeof(float), image = channels * voxels * sizeof(float);
        v->image = (const void *)at;
        v->labels = (const void *)(at + image);
        at += image + (voxels + step - 1) / step * step;
    }
    return CC_OK;
}

/* How patches are changed at random, and what HU lie beyond a volume: the least that any window has, which
 * all of them show as 0. */
static cc_status find_random(cc_patch_random *out, float *fill, const cc_random_augment *kinds,
                             const cc_experiment_config *net) {
    *out = (cc_patch_random){.kinds = *kinds, .in_space = strcmp(net->volumes.augment_within, "volume") == 0};
    memcpy(out->window_hu, net->preprocess.window_hu, sizeof out->window_hu);
    CC_TRY(cc_data_channels(&out->channels, net));
    *fill = (float)net->preprocess.window_hu[0];
    for (int w = 0; w < out->channels.word_count; w++)
        if (!out->channels.words[w].is_mask) *fill = fminf(*fill, (float)out->channels.words[w].window_hu[0]);
    return CC_OK;
}

static cc_status make_loader(cc_training_volumes *t, const cc_experiment_config *net,
                             const cc_random_augment *random) {
    cc_patch_random changes;
    cc_patch_options options = {.volumes = t->volumes,
                                .volume_count = t->count,
                                .channels = (size_t)net->net.in_channels,
                                .fill = 0, /* the low end of the window, as beyond a sliding window */
                                .foreground = net->volumes.foreground,
                                .batch = net->train.batch,
                                .seed = net->seed};
    /* Lists of a config are z, y, x; sizes in datasets/ are x, y, z. */
    for (int k = 0; k < 3; k++) options.size[k] = net->volumes.patch[2 - k];
    for (int i = 0; i < net->volumes.mirror.count; i++)
        options.mirror |= 1u << (net->volumes.mirror.items[i][0] - 'x'); /* CC_MIRROR_X, _Y, _Z */
    _Static_assert(CC_MIRROR_X == 1 && CC_MIRROR_Y == 2 && CC_MIRROR_Z == 4, "a bit an axis, in order");
    if (random) {
        CC_TRY(find_random(&changes, &options.fill, random, net));
        options.random = &changes;
    }
    t->batch = net->train.batch;
    t->batches = (size_t)(net->volumes.patches / net->train.batch);
    return cc_patch_loader_create(&t->loader, &options, t->batches, net->train.workers);
}

cc_status cc_training_volumes_create(cc_training_volumes **out, const cc_scan_volume_source *source,
                                     const cc_random_augment *random, const cc_split_part *slices,
                                     const char *folder) {
    cc_status status = CC_OK;
    int descriptor = -1;
    uint32_t *scans = calloc(slices->count + 1, sizeof *scans); /* a slice of each */
    cc_training_volumes *t = calloc(1, sizeof *t);
    if (!scans || !t) CC_CHECK(cc_fail_memory("volumes", slices->count * sizeof *scans));
    t->volumes = calloc(slices->count + 1, sizeof *t->volumes);
    t->kept = calloc(slices->count + 1, sizeof *t->kept);
    if (!t->volumes || !t->kept) CC_CHECK(cc_fail_memory("volumes", slices->count * sizeof *t->kept));
    /* The slices of a scan are neighbours, and all in this part: the first stands for it. Grids alone tell
     * how much memory there must be. */
    size_t channels = 1;
    for (size_t i = 0; i < slices->count; i++) {
        cc_scan_volume planned;
        const uint32_t scan = cc_slice_set_get(source->set, slices->slices[i])->scan;
        if (t->count > 0 && cc_slice_set_get(source->set, scans[t->count - 1])->scan == scan) continue;
        scans[t->count++] = slices->slices[i];
        CC_CHECK(cc_scan_volume_plan(&planned, source, slices->slices[i]));
        t->bytes += bytes_of(&planned);
        channels = planned.channels;
    }
    const bool filed = t->bytes >> 20 >= (size_t)source->net->volumes.memory_mb;
    cc_log(CC_LOG_INFO, "%zu volumes to train on, %zu MiB%s", t->count, (t->bytes >> 20) + 1,
           filed ? ", in a file beside the results (volumes.memory_mb)" : "");
    if (filed) CC_CHECK(make_file(&descriptor, folder, t->bytes));
    CC_CHECK(make_volumes(t, source, scans, descriptor, folder));
    if (filed) CC_CHECK(map_file(t, descriptor, channels, folder));
    CC_CHECK(make_loader(t, source->net, source->planes ? random : NULL));
    *out = t;
    t = NULL;
done:
    if (descriptor >= 0) close(descriptor); /* what is mapped stays */
    free(scans);
    cc_training_volumes_destroy(t);
    return status;
}

void cc_training_volumes_destroy(cc_training_volumes *t) {
    if (!t) return;
    cc_patch_loader_destroy(t->loader); /* first: its threads read the volumes */
    for (size_t i = 0; t->kept && i < t->count; i++) cc_scan_volume_deinit(&t->kept[i]);
    if (t->mapped) munmap(t->mapped, t->bytes);
    free(t->volumes);
    free(t->kept);
    free(t);
}

cc_patch_loader *cc_training_volumes_loader(const cc_training_volumes *t) {
    return t->loader;
}

size_t cc_training_volumes_items(const cc_training_volumes *t) {
    return t->batches * (size_t)t->batch;
}

size_t cc_training_volumes_batches(const cc_training_volumes *t) {
    return t->batches;
}
