#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "core/file.h"
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
    if (libraries >= 0) H5Gclose(libraries);
    if (group >= 0) H5Gclose(group);
    return status;
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
        for (int d = 0; d < tensor->rank; d++) dims[d] = tensor->dims[d];
        CC_CHECK(cc_hdf_put_array(group, tensor->name, H5T_NATIVE_FLOAT, H5T_IEEE_F32LE, tensor->rank, dims,
                                  tensor->data));
    }
done:
    if (group >= 0) H5Gclose(group);
    return status;
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
    H5Gclose(group);
    return status;
}

static cc_status write_patients(hid_t file, const cc_run *run) {
    cc_status status = CC_OK;
    cc_arena *arena = cc_arena_create();
    const cc_run_patient *patients = run->patients;
    size_t count = run->patient_count;
    if (!arena) return cc_fail_memory("patients", 0);
    if (!patients) CC_CHECK(cc_layout_sum_patients(&patients, &count, run->slices, run->slice_count, arena));
    CC_CHECK(cc_hdf_put_rows(file, &cc_layout_patients, patients, count));
    CC_CHECK(cc_layout_check_cuts(&run->cuts, patients, count));
    CC_CHECK(write_cuts(file, &run->cuts));
done:
    cc_arena_destroy(arena);
    return status;
}

static cc_status write_hdf(const char *path, const cc_run *run) {
    cc_status status = CC_OK;
    hid_t file;
    CC_TRY(cc_hdf_create(&file, path, CC_SEAL_BYTES));
    CC_CHECK(write_attributes(file, run));
    CC_CHECK(cc_hdf_put_document(file, "config", run->config));
    if (run->plan) CC_CHECK(cc_hdf_put_document(file, "plan", run->plan));
    CC_CHECK(write_provenance(file, &run->provenance));
    CC_CHECK(cc_hdf_put_rows(file, &cc_layout_history, run->epochs, run->epoch_count));
    CC_CHECK(cc_hdf_put_rows(file, &cc_layout_slices, run->slices, run->slice_count));
    CC_CHECK(write_patients(file, run));
    if (run->baseline_count)
        CC_CHECK(cc_hdf_put_rows(file, &cc_layout_baselines, run->baselines, run->baseline_count));
    CC_CHECK(write_model(file, run));
    if (run->stages) CC_CHECK(cc_hdf_put_rows(file, &cc_layout_stages, run->stages, run->stage_count));
    CC_CHECK(cc_pictures_write(file, run));
done:
    if (H5Fclose(file) < 0 && status == CC_OK)
        status = cc_fail(CC_EIO, path, "is the disk full?", "HDF5 could not write it");
    return status;
}

/* The new name of a file lasts only once its folder is on disk. Not every file system can flush a folder. */
static void flush_folder(const char *folder) {
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    (void)!fsync(descriptor);
    close(descriptor);
}

cc_status cc_run_write(const char *path, const cc_run *run) {
    char folder[CC_PATH_MAX], temporary[CC_PATH_MAX];
    cc_status checked = cc_layout_check(run);
    if (checked != CC_OK) return cc_fail_within(checked, path);
    CC_TRY(cc_path_folder(folder, path));
    CC_TRY(cc_folder_make(folder));
    CC_TRY(cc_path_temporary(temporary, path));
    cc_hdf_lock();
    cc_status status = write_hdf(temporary, run);
    cc_hdf_unlock();
    if (status == CC_OK) status = cc_seal_write(temporary);
    if (status == CC_OK && rename(temporary, path) != 0) status = cc_fail_errno(path, "write");
    if (status != CC_OK) unlink(temporary);
    if (status == CC_OK) flush_folder(folder);
    return status;
}
