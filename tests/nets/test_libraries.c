/* What the CPU backend's libraries bring along: OpenBLAS's kernels, and one runtime of OpenMP for all. */
#include "support.h"
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include "nets/backend.h"
#include "nets/cpu/blas.h"

/* Names as OpenBLAS's driver/others/dynamic.c has them. */
static void kernels_older_than_the_processor_are_replaced_by_those_of_its_instructions(void **state) {
    (void)state;
    static const char *const old[] = {"Prescott", "Core2", "Nehalem", "Barcelona", "Sandybridge", "prescott"};
    for (size_t i = 0; i < sizeof old / sizeof *old; i++) {
        assert_string_equal(cc_blas_kernels_for(old[i], true, true), "SkylakeX");
        assert_string_equal(cc_blas_kernels_for(old[i], true, false), "Haswell");
        assert_null(cc_blas_kernels_for(old[i], false, false));
    }
}

static void kernels_that_know_avx2_stay(void **state) {
    (void)state;
    static const char *const fit[] = {"Haswell",        "Zen",        "Excavator", "SkylakeX", "Cooperlake",
                                      "SapphireRapids", "a newer one"};
    for (size_t i = 0; i < sizeof fit / sizeof *fit; i++)
        assert_null(cc_blas_kernels_for(fit[i], true, true));
}

/* oneDNN and OpenBLAS are linked to gcc's runtime; in a program of clang's its own one serves their calls too:
 * two pools of threads would wait for each other on the same cores. */
static void the_libraries_use_the_programs_own_openmp(void **state) {
    (void)state;
    Dl_info ours, theirs;
    void *program = dlsym(RTLD_DEFAULT, "omp_get_max_threads"),
         *library = dlsym(RTLD_DEFAULT, "GOMP_parallel");
    assert_true(program && library);
    assert_true(dladdr(program, &ours) && dladdr(library, &theirs));
    assert_string_equal(ours.dli_fname, theirs.dli_fname);
#ifdef __clang__
    assert_non_null(strstr(ours.dli_fname, "libomp"));
#endif
}

/* The program, not this test: it starts itself anew with what suits. */
static void the_program_takes_them_and_says_so_once(void **state) {
    (void)state;
    static char output[4096];
    const char *better = cc_blas_better_kernels();
    static const char bench[] = "bench infer --net unet:4x2 --size 8 --batch 1 --steps 1 --device cpu 2>&1";
    assert_int_equal(cc_test_run(output, sizeof output, "env -u OPENBLAS_CORETYPE %s %s", CC_PROGRAM, bench),
                     0);
    const char *said = strstr(output, "OPENBLAS_CORETYPE");
    assert_true((said != NULL) == (better != NULL));
    if (better) {
        assert_memory_equal(said + strlen("OPENBLAS_CORETYPE="), better, strlen(better));
        assert_null(strstr(said + 1, "OPENBLAS_CORETYPE"));
    }
    assert_int_equal(
        cc_test_run(output, sizeof output, "OPENBLAS_CORETYPE=Prescott %s %s", CC_PROGRAM, bench), 0);
    assert_null(strstr(output, "OPENBLAS_CORETYPE")); /* the user's own choice */
    assert_int_equal(
        cc_test_run(output, sizeof output, "env -u OPENBLAS_CORETYPE %s --version 2>&1", CC_PROGRAM), 0);
    assert_null(strstr(output, "OPENBLAS_CORETYPE"));
}

static void the_backend_names_both_with_their_versions(void **state) {
    (void)state;
    char onednn[48];
    snprintf(onednn, sizeof onednn, "oneDNN %s, ", cc_onednn_version());
    assert_memory_equal(cc_backend_cpu.describe(), onednn, strlen(onednn));
    assert_non_null(strstr(cc_backend_cpu.describe(), cc_blas_describe()));
    assert_non_null(strstr(cc_blas_describe(), "OpenBLAS 0."));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernels_older_than_the_processor_are_replaced_by_those_of_its_instructions),
        cmocka_unit_test(kernels_that_know_avx2_stay),
        cmocka_unit_test(the_libraries_use_the_programs_own_openmp),
        cmocka_unit_test(the_program_takes_them_and_says_so_once),
        cmocka_unit_test(the_backend_names_both_with_their_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
