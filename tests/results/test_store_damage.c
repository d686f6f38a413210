/* tests/results/test_store_damage.c -- run files that are damaged, or whose contents HDF5 does not bear: none is
 * taken, and none does harm. */
#include "run_made.h"
#include <sys/resource.h>
#include <unistd.h>
#include "results/seal.h"

static void any_flipped_byte_is_found(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    const char *path = write_sample();
    size_t count;
    char *bytes = read_bytes(&count, path, arena);
    for (size_t at = 0; at < count; at += at < 600 ? 1 : 97) {
        bytes[at] ^= 0x10;
        put_bytes(path, bytes, count);
        cc_run run;
        assert_error(cc_run_read(&run, path, CC_RUN_BASIC, arena), CC_EFORMAT, "run.h5: is ");
        bytes[at] ^= 0x10;
    }
    cc_arena_destroy(arena);
}

static void a_truncated_file_is_refused(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    const char *path = write_sample();
    size_t count;
    char *bytes = read_bytes(&count, path, arena);
    const size_t lengths[] = {0, 1, 100, 512, 513, 2000, count - 1};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        cc_run run;
        put_bytes(path, bytes, lengths[i]);
        assert_error(cc_run_read(&run, path, CC_RUN_BASIC, arena), CC_EFORMAT, "run.h5: is ");
    }
    cc_arena_destroy(arena);
}

/* Without its first block a file is that of a script: HDF5 itself must then refuse or read it, and never
 * crash. */
static void damage_without_a_digest_never_crashes(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    const char *path = write_sample();
    size_t count, refused = 0, tried = 0;
    char *bytes = read_bytes(&count, path, arena) + 512;
    count -= 512;
    for (size_t at = 48; at < count; at += 311, tried++) {
        cc_run run;
        bytes[at] ^= 0x55;
        put_bytes(path, bytes, count);
        refused += cc_run_read(&run, path, CC_RUN_ALL, arena) != CC_OK;
        bytes[at] ^= 0x55;
    }
    assert_true(tried > 20 && refused > tried / 4);
    cc_arena_destroy(arena);
}

/* Reading processes may use so much at most, however long they run. */
static double processor_s(void) {
    struct rusage own, children;
    getrusage(RUSAGE_SELF, &own);
    getrusage(RUSAGE_CHILDREN, &children);
    return (double)(own.ru_utime.tv_sec + own.ru_stime.tv_sec + children.ru_utime.tv_sec +
                    children.ru_stime.tv_sec) +
           1e-6 * (double)(own.ru_utime.tv_usec + own.ru_stime.tv_usec + children.ru_utime.tv_usec +
                           children.ru_stime.tv_usec);
}

/* What a fuzzing run found: an object of no length in HDF5's heap, which HDF5 1.10 reads for ever. The digest
 * is put right, so that the file is not taken for a damaged one; a run would replace that. */
static void a_file_that_hdf5_reads_without_end_is_refused(void **state) {
    (void)state;
    cc_arena *arena = cc_arena_create();
    const char *path = cc_test_path(cc_test_folder(), "run.h5");
    size_t count;
    cc_run run;
    char *bytes = read_bytes(
        &count, cc_test_source("tests/soak/fuzz/regressions/result/global-heap-without-end"), arena);
    cc_seal_make(bytes, bytes + CC_SEAL_BYTES, count - CC_SEAL_BYTES);
    put_bytes(path, bytes, count);
    alarm(60);
    const double start = processor_s();
    assert_error(cc_run_read(&run, path, CC_RUN_BASIC, arena), CC_EIO,
                 "run.h5: its digest is right, but HDF5 does not come to an end of it");
    assert_true(processor_s() - start < 2);
    put_bytes(path, bytes + CC_SEAL_BYTES, count - CC_SEAL_BYTES);
    assert_error(cc_run_read(&run, path, CC_RUN_BASIC, arena), CC_EFORMAT,
                 "run.h5: is damaged: HDF5 does not come to an end of it");
    alarm(0);
    cc_arena_destroy(arena);
}

/* A tensor of 2^28 values that are not stored (made by h5py): HDF5 would fill 1 GiB with zeros. */
static void a_file_that_asks_for_more_memory_than_its_size_allows_is_refused(void **state) {
    (void)state;
#ifdef CC_SANITIZED
    skip();
#endif
    cc_arena *arena = cc_arena_create();
    cc_run run;
    assert_error(
        cc_run_read(&run,
                    cc_test_source("tests/soak/fuzz/regressions/result/tensor-of-1-gib-that-is-not-stored"),
                    CC_RUN_BASIC, arena),
        CC_EFORMAT, "is damaged: it asks for more memory than a file of its size may");
    cc_arena_destroy(arena);
}

/* Rows that are deflated to a tenth of them, and more. */
static void a_long_table_is_read_within_those_bounds(void **state) {
    (void)state;
    enum { ROWS = 200000 };
    cc_arena *arena = cc_arena_create();
    const char *path = cc_test_path(cc_test_folder(), "long.h5");
    cc_run_slice *many = calloc(ROWS, sizeof *many);
    cc_run run = sample_run(), found;
    assert_non_null(many);
    for (int i = 0; i < ROWS; i++) {
        many[i] = slices[0];
        many[i].slice = i;
    }
    run.slices = many;
    run.slice_count = ROWS;
    run.patients = NULL;
    run.patient_count = 0;
    run.cuts = (cc_run_cuts){0};
    run.stages = NULL;
    run.stage_count = 0;
    run.masks = (cc_run_masks){0};
    assert_ok(cc_run_write(path, &run));
    assert_ok(cc_run_read(&found, path, CC_RUN_ALL, arena));
    assert_int_equal(found.slice_count, ROWS);
    free(many);
    cc_arena_destroy(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_flipped_byte_is_found),
        cmocka_unit_test(a_truncated_file_is_refused),
        cmocka_unit_test(damage_without_a_digest_never_crashes),
        cmocka_unit_test(a_file_that_hdf5_reads_without_end_is_refused),
        cmocka_unit_test(a_file_that_asks_for_more_memory_than_its_size_allows_is_refused),
        cmocka_unit_test(a_long_table_is_read_within_those_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
