/* tests/soak/fuzz/stores.c -- what calcade itself writes: run files (HDF5), weights (safetensors),
 * checkpoints. */
#include "run_made.h"
#include "fuzz.h"
#include "experiments/training/checkpoint.h"
#include "results/masks.h"
#include "results/safetensors.h"
#include "results/seal.h"

/* ---- run files ---- */

/* The block before HDF5 states the digest of all behind it. */
static void seal_result(uint8_t *bytes, size_t count) {
    if (count > CC_SEAL_BYTES && memcmp(bytes, "calcade run\n", 12) == 0)
        cc_seal_make((char *)bytes, bytes + CC_SEAL_BYTES, count - CC_SEAL_BYTES);
}

static cc_status unpack_all(const cc_run_masks *of) {
    for (size_t i = 0; i < of->count; i++) {
        const cc_run_mask *m = &of->slices[i];
        const size_t bytes = (size_t)m->height * (size_t)m->width * cc_run_masks_depth(of);
        uint8_t *pixels = bytes <= 1 << 20 ? malloc(bytes) : NULL;
        cc_status status = pixels ? cc_run_masks_unpack(pixels, of, i) : CC_OK;
        free(pixels);
        CC_TRY(status);
    }
    return CC_OK;
}

static cc_status read_result(const char *path) {
    cc_run run;
    char identity[65];
    cc_arena *arena = cc_arena_create();
    cc_status status = cc_run_read(&run, path, CC_RUN_ALL, arena);
    if (status == CC_OK) status = cc_run_compare(&run, &run);
    if (status == CC_OK) status = unpack_all(&run.masks);
    if (status == CC_OK) status = cc_run_read_identity(identity, path);
    cc_arena_destroy(arena);
    return status;
}

static void seed_result(const char *folder) {
    const cc_run whole = sample_run();
    const cc_run small = {.experiment = "twin/a",
                          .variant = "b",
                          .stage = "roi",
                          .config = "seed: 0\n",
                          .slices = slices,
                          .slice_count = 1};
    assert_ok(cc_run_write(cc_test_path(folder, "whole.h5"), &whole));
    assert_ok(cc_run_write(cc_test_path(folder, "small.h5"), &small));
}

/* ---- weights ---- */

static cc_status read_safetensors(const char *path) {
    enum { VALUES = 1 << 16 };
    cc_safetensors *file = NULL;
    size_t count;
    CC_TRY(cc_safetensors_open(&file, path));
    cc_status status = CC_OK;
    float *values = malloc(VALUES * sizeof *values);
    const cc_run_tensor *all = cc_safetensors_tensors(&count, file);
    cc_safetensors_metadata(file, "format");
    for (size_t i = 0; i < count && status == CC_OK && values; i++) {
        uint64_t size = 1;
        for (int k = 0; k < all[i].rank; k++) size *= all[i].dims[k];
        if (size <= VALUES) status = cc_safetensors_read(values, file, i);
    }
    free(values);
    cc_safetensors_close(file);
    return status;
}

static void seed_safetensors(const char *folder) {
    const cc_safetensors_text metadata[] = {{"format", "pt"}, {"calcade", "1"}};
    assert_ok(cc_safetensors_write(cc_test_path(folder, "two.safetensors"), tensors, 2, metadata, 2));
}

/* ---- checkpoints ---- */

enum { EPOCHS = 4, VALUES = 6 };

/* The checkpoint that a training of two epochs has; its arrays are the caller's. */
static cc_checkpoint made_checkpoint(cc_run_epoch history[EPOCHS], float values[5][VALUES]) {
    cc_checkpoint c = {.identity = cc_digest_of("fuzz", 4),
                       .machine = "cpu; threads 1",
                       .plan = "a forward direct own 0.000\n",
                       .epoch = 2,
                       .best_epoch = 1,
                       .step = 8,
                       .best = 0.5,
                       .history = history,
                       .history_capacity = EPOCHS,
                       .values = values[0],
                       .best_values = values[1],
                       .value_count = VALUES,
                       .optimizer = values[2],
                       .optimizer_count = 2 * VALUES,
                       .ema = values[4],
                       .ema_count = VALUES};
    return c;
}

static void seal_checkpoint(uint8_t *bytes, size_t count) {
    const size_t sum = sizeof(cc_digest_text);
    if (count < sum) return;
    const cc_digest_text digest = cc_digest_of(bytes, count - sum);
    memcpy(bytes + count - sum, &digest, sum);
}

/* A damaged checkpoint is not used, which is no failure. */
static cc_status read_checkpoint(const char *path) {
    cc_run_epoch history[EPOCHS] = {{0}};
    float values[5][VALUES] = {{0}};
    cc_checkpoint c = made_checkpoint(history, values);
    cc_checkpoint_state state;
    cc_checkpoint_title title;
    char *plan = NULL;
    CC_TRY(cc_checkpoint_title_read(&title, path));
    CC_TRY(cc_checkpoint_read_plan(&plan, &c, path));
    free(plan);
    return cc_checkpoint_read(&state, &c, path);
}

static void seed_checkpoint(const char *folder) {
    cc_run_epoch history[EPOCHS] = {epochs[0], epochs[1]};
    float values[5][VALUES] = {{1, 2, 3}, {4, 5, 6}};
    const cc_checkpoint c = made_checkpoint(history, values);
    assert_ok(cc_checkpoint_write(cc_test_path(folder, "two.checkpoint"), &c));
}

const cc_fuzz_target cc_fuzz_result = {"result", "run.h5", 128 << 10, seal_result, read_result, seed_result};
const cc_fuzz_target cc_fuzz_safetensors = {"safetensors", "weights.safetensors", 16 << 10,
                                            NULL,          read_safetensors,      seed_safetensors};
const cc_fuzz_target cc_fuzz_checkpoint = {"checkpoint",    "run.h5.checkpoint", 16 << 10,
                                           seal_checkpoint, read_checkpoint,     seed_checkpoint};
