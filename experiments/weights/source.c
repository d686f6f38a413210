#include "experiments/weights/source.h"

#include <stdio.h>
#include <string.h>
#include "core/file.h"

static cc_status read_start(char start[16], const char *path) {
    uint64_t size;
    memset(start, 0, 16);
    CC_TRY(cc_file_size(&size, path)); /* before it is opened: a pipe would wait */
    FILE *file = fopen(path, "rb");
    if (!file) return cc_fail_errno(path, "open");
    size_t got = fread(start, 1, 16, file);
    fclose(file);
    return got > 0 ? CC_OK : cc_fail(CC_EFORMAT, path, NULL, "the file is empty");
}

static cc_status open_result(cc_weight_source *out) {
    cc_run run;
    out->arena = cc_arena_create();
    if (!out->arena) return CC_ENOMEM;
    CC_TRY(cc_run_read(&run, out->path, CC_RUN_MODEL, out->arena));
    out->tensors = run.tensors;
    out->count = run.tensor_count;
    return CC_OK;
}

static cc_status open_safetensors(cc_weight_source *out) {
    CC_TRY(cc_safetensors_open(&out->file, out->path));
    out->tensors = cc_safetensors_tensors(&out->count, out->file);
    return CC_OK;
}

static bool begins(const char start[16], const char *with, size_t length) {
    return memcmp(start, with, length) == 0;
}

cc_status cc_weight_source_open(cc_weight_source *out, const char *path) {
    char start[16];
    *out = (cc_weight_source){.path = path};
    CC_TRY(read_start(start, path));
    if (begins(start, "PK\3\4", 4) || begins(start, "\x80\2", 2))
        return cc_fail(CC_EUNSUPPORTED, path, "in Python: safetensors.torch.save_file(state_dict, FILE)",
                       "is a pickle of PyTorch, which is a program and is not run");
    bool result = begins(start, "\211HDF", 4) || begins(start, "calcade run\n", 12);
    cc_status status = result ? open_result(out) : open_safetensors(out);
    if (status != CC_OK) cc_weight_source_close(out);
    return status;
}

void cc_weight_source_close(cc_weight_source *source) {
    cc_safetensors_close(source->file);
    cc_arena_destroy(source->arena);
}

cc_status cc_weight_source_read(float *values, const cc_weight_source *source, size_t index) {
    const cc_run_tensor *tensor = &source->tensors[index];
    size_t count = 1;
    if (source->file) return cc_safetensors_read(values, source->file, index);
    for (int d = 0; d < tensor->rank; d++) count *= tensor->dims[d];
    memcpy(values, tensor->data, count * sizeof *values);
    return CC_OK;
}
