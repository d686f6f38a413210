/* results/safetensors.h -- files of named tensors, as Hugging Face's library of that name writes them.
 *
 * The layout: 8 bytes, the length of a header in little-endian order; the header, one JSON object {"NAME":
 * {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, ..., "__metadata__": {"KEY": "TEXT"}},
 * spaces allowed behind it; then the tensors' bytes, without gaps. Source: the format's own description,
 * github.com/huggingface/safetensors (README.md).
 *
 * A file is not trusted: the header's length (at most CC_SAFETENSORS_HEADER_MAX, and the file's), each
 * dtype, shape and pair of offsets, and that the tensors fill the rest of the file exactly, are checked
 * before a tensor is read. Tensors are read one by one; a file is never in memory as a whole. */
#ifndef CC_RESULTS_SAFETENSORS_H
#define CC_RESULTS_SAFETENSORS_H

#include "core/status.h"
#include "results/run.h"

enum { CC_SAFETENSORS_HEADER_MAX = 100000000, CC_SAFETENSORS_TENSORS_MAX = 1 << 16 };

typedef struct cc_safetensors cc_safetensors;

/* Opens a file and reads its header. The caller owns *out.
 *   CC_EFORMAT       not a safetensors file, or a broken one; names file, tensor and field
 *   CC_EUNSUPPORTED  more tensors or dimensions than make sense here, or a dtype that is not known
 *   CC_ENOTFOUND, CC_EIO */
cc_status cc_safetensors_open(cc_safetensors **out, const char *path);
void cc_safetensors_close(cc_safetensors *file); /* takes NULL */

/* The tensors, sorted by name; `data` is NULL. Borrowed, until the file is closed. Names hold no control
 * characters. */
const cc_run_tensor *cc_safetensors_tensors(size_t *count, const cc_safetensors *file);

/* A text of the metadata, or NULL. Borrowed as above. */
const char *cc_safetensors_metadata(const cc_safetensors *file, const char *key);

/* Reads one tensor's values, as many as its shape says, into `values`. F64 is rounded; F32, F16 and BF16 are
 * exact. CC_EUNSUPPORTED for any other dtype; CC_EIO. */
cc_status cc_safetensors_read(float *values, const cc_safetensors *file, size_t index);

typedef struct cc_safetensors_text {
    const char *key, *text; /* UTF-8; a NULL text is left out */
} cc_safetensors_text;

/* Writes tensors as F32, in the order given, under another name, flushed and renamed.
 *   CC_EINVAL  a name is not UTF-8, empty, there twice, or "__metadata__"
 *   CC_EIO     the disk */
cc_status cc_safetensors_write(const char *path, const cc_run_tensor *tensors, size_t tensor_count,
                               const cc_safetensors_text *metadata, size_t metadata_count);

#endif
