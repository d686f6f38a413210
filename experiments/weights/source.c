/* experiments/weights/source.c -- opens a file of named tensors by what it begins with.
 *
 * Both kinds that are read (safetensors, results of ours) look alike to the caller. Other programs' files are
 * known by their first bytes, so that the message can say what the file is and how to turn it into
 * safetensors; a pickle is never opened, as loading one runs it. */
#include "experiments/weights/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"

/* Reads the first bytes of a file. */
static cc_status read_head(unsigned char *bytes, size_t *count, size_t most, const char *path) {
    uint64_t size;
    CC_TRY(cc_file_size(&size, path)); /* before it is opened: a pipe would wait */
    FILE *file = fopen(path, "rb");
    if (!file) return cc_fail_errno(path, "open");
    *count = fread(bytes, 1, most, file);
    fclose(file);
    return *count > 0 ? CC_OK : cc_fail(CC_EFORMAT, path, NULL, "the file is empty");
}

/* Takes the weights of a result, all in memory. */
static cc_status open_result(cc_weight_source *out) {
    cc_run run;
    out->arena = cc_arena_create();
    if (!out->arena) return CC_ENOMEM;
    CC_TRY(cc_run_read(&run, out->path, CC_RUN_MODEL, out->arena));
    out->tensors = run.tensors;
    out->count = run.tensor_count;
    out->config = run.config;
    return CC_OK;
}

/* Takes the names and shapes; values are read one tensor at a time. */
static cc_status open_safetensors(cc_weight_source *out) {
    CC_TRY(cc_safetensors_open(&out->file, out->path));
    out->tensors = cc_safetensors_tensors(&out->count, out->file);
    return CC_OK;
}

/* --- files of other programs --- */

enum { HEAD_BYTES = 1 << 16, ZIP_NAME_LENGTH = 26, ZIP_NAME = 30 };

/* The first bytes of a file. */
typedef struct head {
    unsigned char bytes[HEAD_BYTES];
    size_t count;
} head;

static bool begins(const head *h, const char *with, size_t length) {
    return h->count >= length && memcmp(h->bytes, with, length) == 0;
}

static bool mentions(const head *h, const char *word) {
    return memmem(h->bytes, h->count, word, strlen(word)) != NULL;
}

/* Whether a path has an ending, in either case. */
static bool ends(const char *path, const char *ending) {
    const size_t length = strlen(path), count = strlen(ending);
    return length >= count && strcasecmp(path + length - count, ending) == 0;
}

/* A ZIP archive by the name of its first member: NumPy's, Keras' or PyTorch's. */
static const char *kind_of_archive(const head *h) {
    char name[256] = "";
    const size_t length = h->bytes[ZIP_NAME_LENGTH] + 256 * (size_t)h->bytes[ZIP_NAME_LENGTH + 1];
    if (h->count >= ZIP_NAME + length && length < sizeof name) memcpy(name, h->bytes + ZIP_NAME, length);
    if (ends(name, ".npy")) return "numpy";
    if (ends(name, "metadata.json") || ends(name, "config.json") || ends(name, ".weights.h5")) return "keras";
    return "torch";
}

/* What a file is that is neither safetensors nor ours; NULL where nothing is known. */
static const char *kind_of(const head *h, const char *path) {
    if (h->count > 8 && h->bytes[8] == '{') return NULL; /* safetensors, whatever its length begins with */
    if (begins(h, "PK\3\4", 4)) return kind_of_archive(h);
    if (h->count > 2 && h->bytes[0] == 0x80 && h->bytes[1] >= 2 && h->bytes[1] <= 5) return "torch";
    if (begins(h, "\x93NUMPY", 6)) return "numpy";
    if (begins(h, "\211HDF", 4) && (mentions(h, "keras") || mentions(h, "layer_names"))) return "keras";
    if (begins(h, "version https://git-lfs", 23)) return "lfs";
    if (begins(h, "<!DOCTYPE", 9) || begins(h, "<!doctype", 9) || begins(h, "<html", 5)) return "page";
    if (begins(h, "{", 1) && mentions(h, "weight_map")) return "index";
    if (begins(h, "GGUF", 4)) return "gguf";
    if (h->count > 8 && memcmp(h->bytes + 4, "TFL3", 4) == 0) return "tensorflow";
    if (ends(path, ".onnx")) return "onnx";
    if (ends(path, ".pb") || ends(path, ".tflite") || ends(path, ".index")) return "tensorflow";
    return NULL;
}

/* CC_EUNSUPPORTED for a kind, with what it is and what to do. */
static cc_status refuse_kind(const char *kind, const char *path) {
    static const struct {
        const char *kind, *what, *hint;
    } kinds[] = {
        {"torch", "is a pickle of PyTorch, which is a program and is not run",
         "in Python: w = torch.load(FILE, weights_only=True); "
         "safetensors.torch.save_file(w.get('state_dict', w), 'w.safetensors')"},
        {"numpy", "is NumPy's (.npz, .npy), not safetensors",
         "in Python: safetensors.numpy.save_file(dict(numpy.load(FILE)), 'w.safetensors'), with PyTorch's "
         "names and order "
         "of axes"},
        {"keras", "is a file of Keras, whose tensors have other names and another order of axes",
         "load it into a PyTorch net (timm's tf_efficientnet_*, say), then "
         "safetensors.torch.save_file(net.state_dict(), "
         "'w.safetensors')"},
        {"tensorflow", "is a file of TensorFlow, whose tensors have other names and another order of axes",
         "load it into a PyTorch net (timm's tf_efficientnet_*, say), then "
         "safetensors.torch.save_file(net.state_dict(), "
         "'w.safetensors')"},
        {"onnx", "is an ONNX graph, not a file of weights by name",
         "save the PyTorch net that it came from: safetensors.torch.save_file(net.state_dict(), "
         "'w.safetensors')"},
        {"gguf", "is a GGUF file, not safetensors", "save the weights by safetensors.torch.save_file"},
        {"lfs", "is a pointer of Git LFS, not the file itself", "git lfs pull"},
        {"page", "is a web page, not the file that it links to", "download it again"},
        {"index", "is the index of weights in several files",
         "give one .safetensors file that holds them all"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].kind, kind) == 0)
            return cc_fail(CC_EUNSUPPORTED, path, kinds[i].hint, "%s", kinds[i].what);
    return CC_EUNSUPPORTED;
}

cc_status cc_weight_source_open(cc_weight_source *out, const char *path) {
    head *h = calloc(1, sizeof *h);
    *out = (cc_weight_source){.path = path};
    if (!h) return cc_fail_memory("weights", sizeof *h);
    cc_status status = read_head(h->bytes, &h->count, sizeof h->bytes, path);
    const char *kind = status == CC_OK ? kind_of(h, path) : NULL;
    const bool result = begins(h, "\211HDF", 4) || begins(h, "calcade run\n", 12);
    free(h);
    if (status == CC_OK && kind) status = refuse_kind(kind, path);
    if (status != CC_OK) return status;
    status = result ? open_result(out) : open_safetensors(out);
    if (status != CC_OK) cc_weight_source_close(out);
    return status;
}

const char *cc_weight_source_config(const cc_weight_source *source) {
    return source->file && cc_safetensors_metadata(source->file, "identity")
               ? cc_safetensors_metadata(source->file, "config")
               : source->config;
}

const char *cc_weight_source_metadata(const cc_weight_source *source, const char *key) {
    return source->file ? cc_safetensors_metadata(source->file, key) : NULL;
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
