/* tests/nets/backends/test_libraries.c -- what the CPU backend's libraries bring along: OpenBLAS's kernels,
 * and one runtime of OpenMP for all. */
#include "support.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "nets/backends/cpu/blas.h"
#include "nets/engine/backend.h"

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

/* oneDNN and OpenBLAS are linked to gcc's runtime; in a program of clang's its own one serves their calls
 * too: two pools of threads would wait for each other on the same cores. */
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

static void what_the_user_chose_stays(void **state) {
    (void)state;
    setenv("OPENBLAS_CORETYPE", "Prescott", 1);
    assert_false(cc_blas_choose_kernels());
    assert_string_equal(getenv("OPENBLAS_CORETYPE"), "Prescott");
    unsetenv("OPENBLAS_CORETYPE");
}

/* What bf16 is refused with names the libraries as the program has them; an error is one line all the
 * same. */
static void the_program_takes_the_kernels_that_suit(void **state) {
    (void)state;
    char output[4096];
    const char *suits = "";
    unsetenv("OPENBLAS_CORETYPE");
    if (cc_blas_choose_kernels()) suits = getenv("OPENBLAS_CORETYPE");
    static const char command[] =
        "DNNL_MAX_CPU_ISA=AVX2 %s %s bench infer --net unet:4x3 --size 16 --batch 1 "
        "--steps 1 --precision bf16 --device cpu";
    assert_int_equal(cc_test_run(output, sizeof output, command, "env -u OPENBLAS_CORETYPE", CC_PROGRAM), 1);
    assert_non_null(strstr(output, suits));
    assert_ptr_equal(strchr(output, '\n'), output + strlen(output) - 1);
    assert_int_equal(cc_test_run(output, sizeof output, command, "OPENBLAS_CORETYPE=Prescott", CC_PROGRAM),
                     1);
    assert_non_null(strstr(output, ", Prescott"));
    unsetenv("OPENBLAS_CORETYPE");
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
        cmocka_unit_test(what_the_user_chose_stays),
        cmocka_unit_test(the_program_takes_the_kernels_that_suit),
        cmocka_unit_test(the_backend_names_both_with_their_versions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
