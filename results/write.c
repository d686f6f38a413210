/* results/write.c -- the file of a run, made in memory, written, read back and only then given its name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/file.h"
#include "results/compare.h"
#include "results/layout.h"
#include "results/paths.h"
#include "results/pictures.h"
#include "results/seal.h"

static cc_status write_provenance(hid_t file, const cc_run_provenance *provenance) {
    cc_status status = CC_OK;
    hid_t group = -1, libraries = -1;
    CC_CHECK(cc_hdf_group(&group, file, "provenance"));
    for (const cc_layout_text *t = cc_layout_provenance; t->name; t++)
        CC_CHECK(
            cc_hdf_put_text(group, t->name, *(const char *const *)((const char *)provenance + t->offset)));
    CC_CHECK(cc_hdf_put_integer(group, "numerics_version", provenance->numerics_version));
    CC_CHECK(cc_hdf_put_integer(group, "threads", provenance->threads));
    CC_CHECK(cc_hdf_put_real(group, "seconds", provenance->seconds));
    CC_CHECK(cc_hdf_group(&libraries, group, "libraries"));
    for (size_t i = 0; i < provenance->library_count; i++)
        CC_CHECK(cc_hdf_put_text(libraries, provenance->libraries[i].name, provenance->libraries[i].version));
done:
    return cc_hdf_end_group(group, cc_hdf_end_group(libraries, status));
}

static cc_status write_model(hid_t file, const cc_run *run) {
    cc_status status = CC_OK;
    hid_t group = -1;
    CC_CHECK(cc_hdf_group(&group, file, "model"));
    for (size_t i = 0; i < run->tensor_count; i++) {
        const cc_run_tensor *tensor = &run->tensors[i];
        hsize_t dims[CC_RUN_RANK_MAX];
        if (!tensor->name || !tensor->name[0] || strchr(tensor->name, '/') || tensor->rank < 0 ||
            tensor->rank > CC_RUN_RANK_MAX || cc_hdf_has(group, tensor->name))
            CC_CHECK(cc_fail(CC_EINVAL, "model", NULL,
                             "tensor \"%s\" has no good name or shape, or is there twice",
                             tensor->name ? tensor->name : ""));
        CC_CHECK(cc_layout_check_tensor(tensor));
        for (int d = 0; d < tensor->rank; d++) dims[d] = tensor->dims[d];
        CC_CHECK(cc_hdf_put_array(group, tensor->name, H5T_NATIVE_FLOAT, H5T_IEEE_F32LE, tensor->rank, dims,
                                  tensor->data));
    }
done:
    return cc_hdf_end_group(group, status);
}

static cc_status write_attributes(hid_t file, const cc_run *run) {
    char kind[CC_RUN_NAME_MAX];
    cc_run_kind(kind, sizeof kind, run->experiment);
    CC_TRY(cc_hdf_put_text(file, "format", CC_RUN_FORMAT));
    CC_TRY(cc_hdf_put_integer(file, "version", CC_RUN_VERSION));
    CC_TRY(cc_hdf_put_text(file, "experiment", run->experiment));
    CC_TRY(cc_hdf_put_text(file, "variant", run->variant));
    CC_TRY(cc_hdf_put_text(file, "kind", kind));
    CC_TRY(cc_hdf_put_text(file, "stage", run->stage));
    CC_TRY(cc_hdf_put_integer(file, "fold", run->fold));
    CC_TRY(cc_hdf_put_integer(file, "seed", run->seed));
    CC_TRY(cc_hdf_put_integer(file, "leaking_split", run->leaking_split));
    CC_TRY(cc_hdf_put_integer(file, "parameter_count", run->parameter_count));
    CC_TRY(cc_hdf_put_integer(file, "multiply_adds", run->multiply_adds));
    return cc_hdf_put_integer(file, "best_epoch", run->best_epoch);
}

static cc_status write_cuts(hid_t file, const cc_run_cuts *cuts) {
    const hsize_t dims[] = {cuts->patient_count, cuts->count};
    cc_status status = CC_OK;
    hid_t group;
    if (cuts->count == 0) return CC_OK;
    CC_TRY(cc_hdf_group(&group, file, "cuts"));
    CC_CHECK(cc_hdf_put_array(group, "thresholds", H5T_NATIVE_DOUBLE, H5T_IEEE_F64LE, 1, dims + 1,
                              cuts->thresholds));
    CC_CHECK(cc_hdf_put_array(group, "tp", H5T_NATIVE_INT64, H5T_STD_I64LE, 2, dims, cuts->tp));
    CC_CHECK(cc_hdf_put_array(group, "fp", H5T_NATIVE_INT64, H5T_STD_I64LE, 2, dims, cuts->fp));
done:
    return cc_hdf_end_group(group, status);
}

/* What the file will hold: patients made from the slices where there are none. Refuses what no reader
 * takes. */
static cc_status settle(cc_run *run, cc_arena *arena) {
    CC_TRY(cc_layout_check(run));
    if (!run->patients)
        CC_TRY(cc_layout_sum_patients(&run->patients, &run->patient_count, run->slices, run->slice_count,
                                      arena));
    return cc_layout_check_cuts(&run->cuts, run->patients, run->patient_count);
}

static cc_status write_hdf(cc_hdf_image *image, const cc_run *run) {
    cc_status status = CC_OK;
    hid_t file;
    CC_TRY(cc_hdf_create(&file, image, CC_SEAL_BYTES));
    CC_CHECK(write_attributes(file, run));
    CC_CHECK(cc_hdf_put_document(file, "config", run->config));
    if (run->plan) CC_CHECK(cc_hdf_put_document(file, "plan", run->plan));
    CC_CHECK(write_provenance(file, &run->provenance));
    CC_CHECK(cc_hdf_put_rows(file, &cc_layout_history, run->epochs, run->epoch_count));
    CC_CHECK(cc_hdf_put_rows(file, &cc_layout_slices, run->slices, run->slice_count));
    CC_CHECK(cc_hdf_put_rows(file, &cc_layout_patients, run->patients, run->patient_count));
    CC_CHECK(write_cuts(file, &run->cuts));
    if (run->baseline_count)
        CC_CHECK(cc_hdf_put_rows(file, &cc_layout_baselines, run->baselines, run->baseline_count));
    CC_CHECK(write_model(file, run));
    if (run->stages) CC_CHECK(cc_hdf_put_rows(file, &cc_layout_stages, run->stages, run->stage_count));
    CC_CHECK(cc_pictures_write(file, run));
done:
    return cc_hdf_end(file, image, status);
}

/* HDF5 makes the file in memory; its digest is taken there, before any disk has had a part in it. */
static cc_status write_staged(const char *temporary, const char *path, const cc_run *run) {
    cc_hdf_image image = {NULL, 0, 0};
    char block[CC_SEAL_BYTES];
    cc_hdf_lock();
    cc_status status = write_hdf(&image, run);
    cc_hdf_unlock();
    if (status != CC_OK) {
        cc_fail_within(status, path);
    } else {
        const cc_file_piece rest = {image.bytes + CC_SEAL_BYTES, image.count - CC_SEAL_BYTES};
        cc_seal_make(block, rest.bytes, rest.count);
        status = cc_file_stage(temporary, path, (cc_file_piece[]){{block, sizeof block}, rest}, 2);
    }
    free(image.bytes);
    return status;
}

/* What is on disk is read as any reader does, its digest checked, and must be what was meant to the bit. */
static cc_status check_staged(const char *temporary, const char *path, const cc_run *meant, cc_arena *arena) {
    cc_run found;
    cc_status status =
        cc_run_read(&found, temporary, CC_RUN_MODEL | CC_RUN_EXAMPLES | CC_RUN_REFERENCE, arena);
    if (status == CC_OK) status = cc_run_compare(meant, &found);
    if (status == CC_OK || status == CC_ENOMEM) return status;
    char line[1024];
    cc_error_line(line, sizeof line);
    return cc_fail(CC_EIO, path, "is the disk sound? The same command tries again",
                   "what was written reads back otherwise: %s", line);
}

cc_status cc_run_write(const char *path, const cc_run *run) {
    char folder[CC_PATH_MAX], temporary[CC_PATH_MAX];
    cc_run meant = *run;
    cc_status status = CC_OK;
    CC_TRY(cc_path_folder(folder, path));
    CC_TRY(cc_path_temporary(temporary, path));
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("a run file", 0);
    status = settle(&meant, arena);
    if (status != CC_OK) CC_CHECK(cc_fail_within(status, path));
    CC_CHECK(cc_folder_make(folder));
    status = write_staged(temporary, path, &meant);
    if (status == CC_OK) status = check_staged(temporary, path, &meant, arena);
    if (status == CC_OK) status = cc_file_place(temporary, path);
    if (status != CC_OK) unlink(temporary);
done:
    cc_arena_destroy(arena);
    return status;
}
