#include "nets/cpu/onednn_parts.h"

#include <pthread.h>
#include <stdio.h>

static dnnl_engine_t engine;
static dnnl_stream_t stream;
static dnnl_status_t engine_status;

static void make_engine(void) {
    engine_status = dnnl_engine_create(&engine, dnnl_cpu, 0);
    if (engine_status == dnnl_success)
        engine_status = dnnl_stream_create(&stream, engine, dnnl_stream_default_flags);
}

cc_status cc_onednn_fail(dnnl_status_t code, const char *what) {
    cc_status status = code == dnnl_out_of_memory   ? CC_ENOMEM
                       : code == dnnl_unimplemented ? CC_EUNSUPPORTED
                                                    : CC_EDEVICE;
    return cc_fail(status, NULL, NULL, "oneDNN cannot %s (its status %d)", what, (int)code);
}

cc_status cc_onednn_start(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_engine);
    DNNL_TRY(engine_status, "start");
    return CC_OK;
}

dnnl_engine_t cc_onednn_engine(void) {
    return engine;
}
dnnl_stream_t cc_onednn_stream(void) {
    return stream;
}

const char *cc_onednn_describe(void) {
    static char text[64];
    const dnnl_version_t *v = dnnl_version();
    dnnl_cpu_isa_t isa = dnnl_get_effective_cpu_isa();
    snprintf(text, sizeof text, "oneDNN %d.%d.%d, %s", v->major, v->minor, v->patch,
             isa >= dnnl_cpu_isa_avx512_core_amx    ? "AMX"
             : isa >= dnnl_cpu_isa_avx512_core_bf16 ? "AVX-512 with bf16"
             : isa >= dnnl_cpu_isa_avx512_core      ? "AVX-512"
             : isa >= dnnl_cpu_isa_avx2             ? "AVX2"
                                                    : "SSE4.1 or AVX");
    return text;
}

int64_t cc_onednn_block(void) {
    return dnnl_get_effective_cpu_isa() >= dnnl_cpu_isa_avx512_core ? 16 : 8;
}

bool cc_onednn_has_bf16(void) {
    return dnnl_get_effective_cpu_isa() >= dnnl_cpu_isa_avx512_core_bf16;
}

bool cc_onednn_has_amx(void) {
    return dnnl_get_effective_cpu_isa() >= dnnl_cpu_isa_avx512_core_amx;
}
