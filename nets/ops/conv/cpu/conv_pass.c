/* nets/ops/conv/cpu/conv_pass.c -- the table of the CPU's algorithms, and their rows called: nothing here
 * knows one of them by name. */
#include "nets/ops/conv/cpu/conv_pass.h"

#include <omp.h>
#include <string.h>

static const cc_conv_algorithm *const algorithms[] = {
#define X(name) &cc_conv_algorithm_##name,
    CC_CONV_ALGORITHMS(X)
#undef X
};
enum { ALGORITHMS = sizeof algorithms / sizeof *algorithms };

const cc_conv_algorithm *cc_conv_algorithm_at(int i) {
    return i < ALGORITHMS ? algorithms[i] : NULL;
}

int cc_conv_algorithm_count(void) {
    return ALGORITHMS;
}

cc_status cc_conv_pass_init(cc_conv_pass *out, const cc_conv_algorithm *algorithm, const cc_conv_problem *p) {
    *out = (cc_conv_pass){.algorithm = algorithm, .problem = *p, .threads = omp_get_max_threads()};
    /* A recorded algorithm may not suit any more: then the plan is refused. */
    if (!algorithm->suits(p))
        return cc_fail(CC_EUNSUPPORTED, NULL, NULL, "%s does not suit this convolution", algorithm->name);
    return algorithm->init ? algorithm->init(out) : CC_OK;
}

void cc_conv_pass_deinit(cc_conv_pass *pass) {
    if (pass->algorithm && pass->algorithm->deinit) pass->algorithm->deinit(pass);
    pass->state = NULL;
}

size_t cc_conv_pass_scratch(const cc_conv_pass *pass) {
    return pass->algorithm->scratch_bytes(pass);
}

const char *cc_conv_pass_implementation(const cc_conv_pass *pass) {
    return pass->algorithm->implementation ? pass->algorithm->implementation(pass) : "own";
}

cc_status cc_conv_pass_hold(cc_conv_pass *pass, const float *plain) {
    return pass->algorithm->hold(pass, plain);
}

cc_status cc_conv_pass_bind(cc_conv_pass *pass, void *const operands[CC_CONV_OPERANDS], void *scratch) {
    memcpy(pass->operands, operands, sizeof pass->operands);
    pass->scratch = scratch;
    return pass->algorithm->bind ? pass->algorithm->bind(pass) : CC_OK;
}

cc_status cc_conv_pass_run(const cc_conv_pass *pass) {
    return pass->algorithm->run(pass);
}
