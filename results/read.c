/* results/read.c -- the file of a run, read and checked. */
#include <stdlib.h>
#include <string.h>
#include "core/guard.h"
#include "results/layout.h"
#include "results/paths.h"
#include "results/pictures.h"
#include "results/seal.h"

enum {
    ROWS_MAX = 1 << 20,
    TENSORS_MAX = 1 << 16,
    TENSOR_VALUES_MAX = 1 << 30,
    LIBRARIES_MAX = 256,
    CUTS_MAX = 1000,
};

static cc_status read_attributes(cc_run *run, hid_t file, cc_arena *arena) {
    const char *format = "", *kind = NULL;
    int64_t version = 0, leaking = 0;
    CC_TRY(cc_hdf_get_text(&format, file, "format", true, arena));
    if (strcmp(format, CC_RUN_FORMAT) != 0)
        return cc_fail(CC_EFORMAT, "format", NULL, "is \"%s\", not \"%s\"", format, CC_RUN_FORMAT);
    CC_TRY(cc_hdf_get_integer(&version, file, "version", true));
    if (version < 1 || version > CC_RUN_VERSION)
        return cc_fail(CC_EUNSUPPORTED, "version", "read it with a newer calcade",
                       "is %lld; this program knows 1 to %d", (long long)version, CC_RUN_VERSION);
    CC_TRY(cc_hdf_get_text(&run->experiment, file, "experiment", true, arena));
    CC_TRY(cc_hdf_get_text(&run->variant, file, "variant", true, arena));
    CC_TRY(cc_hdf_get_text(&run->stage, file, "stage", true, arena));
    CC_TRY(cc_hdf_get_integer(&run->fold, file, "fold", true));
    CC_TRY(cc_hdf_get_integer(&run->seed, file, "seed", true));
    CC_TRY(cc_hdf_get_integer(&leaking, file, "leaking_split", false));
    CC_TRY(cc_hdf_get_integer(&run->parameter_count, file, "parameter_count", false));
    CC_TRY(cc_hdf_get_integer(&run->multiply_adds, file, "multiply_adds", false));
    CC_TRY(cc_hdf_get_integer(&run->best_epoch, file, "best_epoch", false));
    CC_TRY(cc_hdf_get_text(&kind, file, "kind", false, arena));
    run->leaking_split = leaking != 0;
    char want[CC_RUN_NAME_MAX];
    cc_run_kind(want, sizeof want, run->experiment);
    if (kind && strcmp(kind, want) != 0)
        return cc_fail(CC_EFORMAT, "kind", NULL, "is \"%s\", but the experiment is %s", kind,
                       run->experiment);
    return CC_OK;
}

static cc_status read_libraries(cc_run_provenance *out, hid_t provenance, cc_arena *arena) {
    cc_status status = CC_OK;
    hid_t group;
    const char **names;
    if (!cc_hdf_has(provenance, "libraries")) return CC_OK;
    CC_TRY(cc_hdf_open_group(&group, provenance, "libraries"));
    CC_CHECK(cc_hdf_attributes(&names, &out->library_count, group, LIBRARIES_MAX, arena));
    cc_run_library *libraries = cc_arena_get_array(arena, out->library_count + 1, sizeof *libraries);
    if (!libraries) CC_CHECK(CC_ENOMEM);
    for (size_t i = 0; i < out->library_count; i++) {
        libraries[i].name = names[i];
        CC_CHECK(cc_hdf_get_text(&libraries[i].version, group, names[i], true, arena));
    }
    out->libraries = libraries;
done:
    H5Gclose(group);
    return status;
}

static cc_status read_provenance(cc_run_provenance *out, hid_t file, cc_arena *arena) {
    cc_status status = CC_OK;
    hid_t group;
    if (!cc_hdf_has(file, "provenance")) return CC_OK;
    CC_TRY(cc_hdf_open_group(&group, file, "provenance"));
    for (const cc_layout_text *t = cc_layout_provenance; t->name; t++)
        CC_CHECK(cc_hdf_get_text((const char **)((char *)out + t->offset), group, t->name, false, arena));
    CC_CHECK(cc_hdf_get_integer(&out->numerics_version, group, "numerics_version", false));
    CC_CHECK(cc_hdf_get_integer(&out->threads, group, "threads", false));
    CC_CHECK(cc_hdf_get_real(&out->seconds, group, "seconds", false));
    CC_CHECK(read_libraries(out, group, arena));
done:
    H5Gclose(group);
    return status == CC_OK ? CC_OK : cc_fail_within(status, "provenance");
}

/* What a writer would have refused is a malformed file to the reader. */
static cc_status as_malformed(void) {
    cc_error error = *cc_error_get();
    return cc_fail(CC_EFORMAT, error.where, error.hint[0] ? error.hint : NULL, "%s", error.what);
}

static cc_status read_tensor(cc_run_tensor *out, hid_t group, const char *name, cc_arena *arena) {
    hsize_t dims[CC_RUN_RANK_MAX];
    void *data;
    CC_TRY(cc_hdf_get_array(&data, &out->rank, dims, group, name, H5T_NATIVE_FLOAT, sizeof(float),
                            CC_RUN_RANK_MAX, TENSOR_VALUES_MAX, arena));
    out->name = name;
    out->data = data;
    for (int d = 0; d < out->rank; d++) out->dims[d] = dims[d];
    return cc_layout_check_tensor(out) == CC_OK ? CC_OK : as_malformed();
}

/* Reads the weights also where nobody wants them: scores of a net whose weights are NaN are no scores. */
static cc_status check_model(hid_t group, const char *const *names, size_t count) {
    cc_status status = CC_OK;
    cc_run_tensor tensor;
    for (size_t i = 0; i < count && status == CC_OK; i++) {
        cc_arena *scratch = cc_arena_create();
        status = scratch ? read_tensor(&tensor, group, names[i], scratch) : cc_fail_memory("weights", 0);
        cc_arena_destroy(scratch);
    }
    return status;
}

static cc_status read_model(cc_run *run, hid_t file, bool keep, cc_arena *arena) {
    cc_status status = CC_OK;
    hid_t group;
    const char **names;
    size_t count;
    if (!cc_hdf_has(file, "model")) return CC_OK;
    CC_TRY(cc_hdf_open_group(&group, file, "model"));
    CC_CHECK(cc_hdf_names(&names, &count, group, TENSORS_MAX, arena));
    if (!keep) {
        status = check_model(group, names, count);
        goto done;
    }
    cc_run_tensor *tensors = cc_arena_get_array(arena, count + 1, sizeof *tensors);
    if (!tensors) CC_CHECK(CC_ENOMEM);
    for (size_t i = 0; i < count; i++) CC_CHECK(read_tensor(&tensors[i], group, names[i], arena));
    run->tensors = tensors;
    run->tensor_count = count;
done:
    H5Gclose(group);
    return status == CC_OK ? CC_OK : cc_fail_within(status, "model");
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const cc_run_patient *)a)->patient, ((const cc_run_patient *)b)->patient);
}

/* Where a file states its patients, they must be the sums of its slices. */
static cc_status check_patients(cc_run *run, cc_arena *arena) {
    const cc_run_patient *sums;
    size_t count;
    CC_TRY(cc_layout_sum_patients(&sums, &count, run->slices, run->slice_count, arena));
    if (!run->patients) {
        run->patients = sums;
        run->patient_count = count;
        return CC_OK;
    }
    cc_run_patient *mine = cc_arena_get_array(arena, run->patient_count + 1, sizeof *mine);
    if (!mine) return CC_ENOMEM;
    if (run->patient_count) memcpy(mine, run->patients, run->patient_count * sizeof *mine);
    qsort(mine, run->patient_count, sizeof *mine, by_name);
    bool same = count == run->patient_count;
    for (size_t i = 0; i < count && same; i++) {
        const cc_run_patient *s = &sums[i], *p = bsearch(s, mine, run->patient_count, sizeof *mine, by_name);
        same = p && p->tp == s->tp && p->fp == s->fp && p->fn == s->fn && p->tn == s->tn;
    }
    return same ? CC_OK : cc_fail(CC_EFORMAT, "patients", NULL, "the rows are not the sums of /slices");
}

static cc_status read_tables(cc_run *run, hid_t file, cc_arena *arena) {
    const void *epochs, *slices, *patients, *stages, *baselines;
    if (cc_hdf_has(file, "config")) CC_TRY(cc_hdf_get_document(&run->config, file, "config", arena));
    if (cc_hdf_has(file, "plan")) CC_TRY(cc_hdf_get_document(&run->plan, file, "plan", arena));
    CC_TRY(cc_hdf_get_rows(&epochs, &run->epoch_count, file, &cc_layout_history, ROWS_MAX, arena));
    CC_TRY(cc_hdf_get_rows(&slices, &run->slice_count, file, &cc_layout_slices, ROWS_MAX, arena));
    CC_TRY(cc_hdf_get_rows(&patients, &run->patient_count, file, &cc_layout_patients, ROWS_MAX, arena));
    CC_TRY(cc_hdf_get_rows(&stages, &run->stage_count, file, &cc_layout_stages, ROWS_MAX, arena));
    CC_TRY(cc_hdf_get_rows(&baselines, &run->baseline_count, file, &cc_layout_baselines, ROWS_MAX, arena));
    if (!slices) return cc_fail(CC_EFORMAT, "slices", "results/README.md describes it", "is missing");
    run->epochs = epochs;
    run->slices = slices;
    run->patients = patients;
    run->stages = stages;
    run->baselines = baselines;
    return CC_OK;
}

static cc_status read_cut_counts(const int64_t **out, hsize_t dims[2], hid_t group, const char *name,
                                 size_t count, cc_arena *arena) {
    int rank;
    void *values;
    CC_TRY(cc_hdf_get_array(&values, &rank, dims, group, name, H5T_NATIVE_INT64, sizeof(int64_t), 2, ROWS_MAX,
                            arena));
    if (rank != 2 || dims[1] != count)
        return cc_fail(CC_EFORMAT, name, NULL, "must have a row a patient, of a number a threshold");
    *out = values;
    return CC_OK;
}

static cc_status read_cuts(cc_run_cuts *out, hid_t file, cc_arena *arena) {
    cc_status status = CC_OK;
    hid_t group;
    void *thresholds;
    hsize_t count, tp[2], fp[2];
    int rank;
    if (!cc_hdf_has(file, "cuts")) return CC_OK;
    CC_TRY(cc_hdf_open_group(&group, file, "cuts"));
    CC_CHECK(cc_hdf_get_array(&thresholds, &rank, &count, group, "thresholds", H5T_NATIVE_DOUBLE,
                              sizeof(double), 1, CUTS_MAX, arena));
    if (rank != 1) CC_CHECK(cc_fail(CC_EFORMAT, "thresholds", NULL, "must be a list"));
    out->thresholds = thresholds;
    out->count = (size_t)count;
    CC_CHECK(read_cut_counts(&out->tp, tp, group, "tp", out->count, arena));
    CC_CHECK(read_cut_counts(&out->fp, fp, group, "fp", out->count, arena));
    out->patient_count = (size_t)tp[0];
    if (fp[0] != tp[0]) CC_CHECK(cc_fail(CC_EFORMAT, "fp", NULL, "has not as many rows as tp"));
done:
    H5Gclose(group);
    return status == CC_OK ? CC_OK : cc_fail_within(status, "cuts");
}

static cc_status read_hdf(cc_run *run, const char *path, unsigned parts, cc_arena *arena) {
    cc_status status = CC_OK;
    hid_t file;
    CC_TRY(cc_hdf_open(&file, path));
    run->config = "";
    CC_CHECK(read_attributes(run, file, arena));
    CC_CHECK(read_provenance(&run->provenance, file, arena));
    CC_CHECK(read_tables(run, file, arena));
    CC_CHECK(read_cuts(&run->cuts, file, arena));
    CC_CHECK(read_model(run, file, parts & CC_RUN_MODEL, arena));
    CC_CHECK(cc_pictures_read(run, file, parts, arena));
done:
    H5Fclose(file);
    return status;
}

/* Which parts of a file to read, to see whether the reader lives; the parent will say what is wrong with it.
 */
static cc_status read_apart(void *parts, size_t bytes, const char *path) {
    cc_run run = {0};
    cc_arena *arena = cc_arena_create();
    (void)bytes;
    cc_status status = arena ? read_hdf(&run, path, *(unsigned *)parts, arena) : CC_ENOMEM;
    cc_arena_destroy(arena);
    return status;
}

/* The child that reads what no digest vouches for, under cc_hdf_lock; it goes on to the next file only after
 * one that it could read. */
static cc_guard *reader;

static cc_status get_reader(void) {
    const cc_guard_job job = {read_apart, sizeof(unsigned), 0};
    if (reader && cc_guard_is_own(reader)) return CC_OK;
    cc_guard_end(reader);
    reader = NULL;
    return cc_guard_start(&reader, &job);
}

static void end_reader(void) {
    cc_guard_end(reader);
    reader = NULL;
}

/* One that dies may have been wounded by an earlier file: a second, fresh one decides. */
static cc_status try_apart(const char *path, unsigned parts) {
    for (int attempt = 0; attempt < 2; attempt++) {
        bool died;
        CC_TRY(get_reader());
        if (cc_guard_ask(&died, reader, &parts, path) == CC_OK) return CC_OK;
        end_reader();
        if (!died) return CC_OK;
    }
    return cc_fail(CC_EFORMAT, "", "restore it, or run the experiment again",
                   "is damaged: HDF5 breaks down on it");
}

static cc_status check_read(cc_run *run, cc_arena *arena) {
    cc_status status = cc_layout_check(run);
    if (status == CC_OK) status = check_patients(run, arena);
    if (status == CC_OK) status = cc_layout_check_cuts(&run->cuts, run->patients, run->patient_count);
    if (status != CC_EINVAL) return status;
    return as_malformed();
}

cc_status cc_run_read(cc_run *out, const char *path, unsigned parts, cc_arena *arena) {
    cc_run run = {0};
    bool sealed;
    cc_status status = cc_seal_check(&sealed, path);
    if (status == CC_OK) {
        cc_hdf_lock();
        if (!sealed) status = try_apart(path, parts);
        if (status == CC_OK) status = read_hdf(&run, path, parts, arena);
        cc_hdf_unlock();
    }
    if (status == CC_OK) status = check_read(&run, arena);
    /* A system call's message names the file already. */
    if (status != CC_OK)
        return status == CC_ENOTFOUND || status == CC_EIO ? status : cc_fail_within(status, path);
    *out = run;
    return CC_OK;
}

cc_status cc_run_read_identity(char out[65], const char *path) {
    cc_run run;
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("a run", 0);
    cc_status status = cc_run_read(&run, path, CC_RUN_BASIC, arena);
    if (status == CC_OK) {
        const char *identity = run.provenance.identity;
        out[0] = 0;
        if (identity) strncat(out, identity, 64);
    }
    cc_arena_destroy(arena);
    return status;
}
