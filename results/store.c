/* results/store.c -- the file of a run, read and checked; made in memory, written, read back and only then
 * given its name.
 *
 * Reading trusts nothing: the digest of the whole file is checked first, which finds damage. Then a child
 * process reads the file, with bounds on time and memory that follow its size: HDF5 1.10 breaks down on some
 * contents, and reads others for ever, which a right digest does not exclude. Only what the child could read
 * is read here. Then every count is checked against the others. Writing trusts no disk: HDF5 makes the file
 * in memory, where its digest is taken, and what lies on disk is read back and compared to the bit before it
 * gets its name. */
#include "results/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "core/file.h"
#include "core/guard.h"
#include "results/compare.h"
#include "results/hdf_read.h"
#include "results/layout.h"
#include "results/masks_group.h"
#include "results/paths.h"
#include "results/pictures.h"
#include "results/seal.h"

/* --- reading --- */

enum {
    ROWS_MAX = 1 << 20,
    TENSORS_MAX = 1 << 16,
    TENSOR_VALUES_MAX = 1 << 30,
    LIBRARIES_MAX = 256,
    CUTS_MAX = 1000,
};

/* Reads what stands in the root group's attributes; the format and its version first. */
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
    /* The kind is the first part of the experiment's name: stored for scripts, checked here. */
    char want[CC_RUN_NAME_MAX];
    cc_run_kind(want, sizeof want, run->experiment);
    if (kind && strcmp(kind, want) != 0)
        return cc_fail(CC_EFORMAT, "kind", NULL, "is \"%s\", but the experiment is %s", kind,
                       run->experiment);
    return CC_OK;
}

/* The libraries of a run, one attribute each. */
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

/* How the run was made; none where the file does not say. */
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
    CC_CHECK(cc_hdf_get_integer(&out->peak_memory_bytes, group, "peak_memory_bytes", false));
    CC_CHECK(read_libraries(out, group, arena));
done:
    H5Gclose(group);
    return status == CC_OK ? CC_OK : cc_fail_within(status, "provenance");
}

/* Files that are older than this attribute were made in the one way that there was then; a script's,
 * which names no runs upstream, is taken at its word. */
static cc_status read_in_sample(cc_run *run, hid_t file) {
    enum { CALCIFICATION = 2, FALSE_POSITIVE = 3 }; /* of cc_run_provenance.upstream */
    const char *const *upstream = run->provenance.upstream;
    int64_t stated = -1;
    CC_TRY(cc_hdf_get_integer(&stated, file, "in_sample_upstream", false));
    run->in_sample_upstream = stated > 0;
    if (stated < 0 && strcmp(run->stage, "false_positive") == 0)
        run->in_sample_upstream = upstream[CALCIFICATION] != NULL;
    if (stated < 0 && strcmp(run->stage, "cascade") == 0)
        run->in_sample_upstream = upstream[FALSE_POSITIVE] != NULL;
    return CC_OK;
}

/* What a writer would have refused is a malformed file to the reader. */
static cc_status as_malformed(void) {
    cc_error error = *cc_error_get();
    return cc_fail(CC_EFORMAT, error.where, error.hint[0] ? error.hint : NULL, "%s", error.what);
}

/* Reads one tensor of the model, whose values must be finite. */
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

/* Reads the weights, or checks them alone where `keep` is not set. */
static cc_status read_model(cc_run *run, hid_t file, bool keep, cc_arena *arena) {
    cc_status status = CC_OK;
    hid_t group;
    const char **names;
    size_t count;
    if (!cc_hdf_has(file, "model")) return CC_OK;
    CC_TRY(cc_hdf_open_group(&group, file, "model"));
    CC_CHECK(cc_hdf_names(&names, &count, group, TENSORS_MAX, arena));
    /* Weights are read and checked even where they are not wanted, one tensor at a time: the scores of a net
     * whose weights are NaN are worthless. */
    for (size_t i = 0; i < count && !keep; i++) {
        cc_run_tensor tensor;
        cc_arena *scratch = cc_arena_create();
        status = scratch ? read_tensor(&tensor, group, names[i], scratch) : cc_fail_memory("weights", 0);
        cc_arena_destroy(scratch);
        CC_CHECK(status);
    }
    if (!keep) goto done;
    cc_run_tensor *tensors = cc_arena_get_array(arena, count + 1, sizeof *tensors);
    if (!tensors) CC_CHECK(CC_ENOMEM);
    for (size_t i = 0; i < count; i++) CC_CHECK(read_tensor(&tensors[i], group, names[i], arena));
    run->tensors = tensors;
    run->tensor_count = count;
done:
    H5Gclose(group);
    return status == CC_OK ? CC_OK : cc_fail_within(status, "model");
}

/* For qsort and bsearch: patients by name. */
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

/* Reads config, plan and all tables of rows; only /slices must be there. */
static cc_status read_tables(cc_run *run, hid_t file, cc_arena *arena) {
    const void *epochs, *slices, *patients, *stages, *baselines, *challenge, *calibration;
    if (cc_hdf_has(file, "config")) CC_TRY(cc_hdf_get_document(&run->config, file, "config", arena));
    if (cc_hdf_has(file, "plan")) CC_TRY(cc_hdf_get_document(&run->plan, file, "plan", arena));
    CC_TRY(cc_hdf_get_rows(&epochs, &run->epoch_count, file, &cc_layout_history, ROWS_MAX, arena));
    CC_TRY(cc_hdf_get_rows(&slices, &run->slice_count, file, &cc_layout_slices, ROWS_MAX, arena));
    CC_TRY(cc_hdf_get_rows(&patients, &run->patient_count, file, &cc_layout_patients, ROWS_MAX, arena));
    CC_TRY(cc_hdf_get_rows(&stages, &run->stage_count, file, &cc_layout_stages, ROWS_MAX, arena));
    CC_TRY(cc_hdf_get_rows(&baselines, &run->baseline_count, file, &cc_layout_baselines, ROWS_MAX, arena));
    CC_TRY(cc_hdf_get_rows(&challenge, &run->challenge_count, file, &cc_layout_challenge, ROWS_MAX, arena));
    CC_TRY(cc_hdf_get_rows(&calibration, &run->calibration_count, file, &cc_layout_calibration, ROWS_MAX,
                           arena));
    if (!slices) return cc_fail(CC_EFORMAT, "slices", "results/README.md describes it", "is missing");
    run->epochs = epochs;
    run->slices = slices;
    run->patients = patients;
    run->stages = stages;
    run->baselines = baselines;
    run->challenge = challenge;
    run->calibration = calibration;
    return CC_OK;
}

/* Reads counts by patient and threshold, [patients][count]. */
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

/* Reads the counts at every threshold, where they are stored. */
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

/* Reads a whole file, which a child has read already, or whose contents were made here. */
static cc_status read_hdf(cc_run *run, const char *path, unsigned parts, cc_arena *arena) {
    cc_status status = CC_OK;
    hid_t file;
    CC_TRY(cc_hdf_open(&file, path));
    run->config = "";
    CC_CHECK(read_attributes(run, file, arena));
    CC_CHECK(read_provenance(&run->provenance, file, arena));
    CC_CHECK(read_in_sample(run, file));
    CC_CHECK(read_tables(run, file, arena));
    CC_CHECK(read_cuts(&run->cuts, file, arena));
    CC_CHECK(read_model(run, file, parts & CC_RUN_MODEL, arena));
    CC_CHECK(cc_pictures_read(run, file, parts, arena));
    if (parts & CC_RUN_MASKS) CC_CHECK(cc_run_masks_read(&run->masks, file, arena));
done:
    H5Fclose(file);
    return status;
}

/* The child's work: reads a file only to see whether HDF5 survives it, and what is wrong with it. */
static cc_status read_in_child(void *parts, size_t bytes, const char *path) {
    cc_run run = {0};
    cc_arena *arena = cc_arena_create();
    (void)bytes;
    cc_status status = arena ? read_hdf(&run, path, *(unsigned *)parts, arena) : CC_ENOMEM;
    cc_arena_destroy(arena);
    return status;
}

/* The child process that reads files first, under cc_hdf_lock. It is kept for the next file only
 * after one that it could read. */
static cc_guard *reader;

/* A file that is announced, and one that the child has begun while this process was at another. Empty paths:
 * none. */
typedef struct later_file {
    char path[CC_PATH_MAX];
    unsigned parts;
} later_file;
static later_file announced, begun;

static void end_reader(void) {
    cc_guard_end(reader);
    reader = NULL;
    begun.path[0] = 0;
}

void cc_run_end_reader(void) {
    if (!reader) return; /* the lock would start HDF5 */
    cc_hdf_lock();
    end_reader();
    cc_hdf_unlock();
}

/* Makes sure of a child process; one that this process inherited by a fork is not its own. */
static cc_status get_reader(void) {
    static bool ends_at_exit;
    const cc_guard_job job = {.work = read_in_child, .bytes = sizeof(unsigned), .by_size = true};
    if (reader && cc_guard_is_own(reader)) return CC_OK;
    end_reader();
    if (!ends_at_exit) ends_at_exit = atexit(end_reader) == 0;
    return cc_guard_start(&reader, &job);
}

/* The child's answer to a file, which it may have begun already. */
static cc_status ask_reader(cc_guard_fate *fate, const char *path, unsigned parts) {
    const bool has_begun = strcmp(begun.path, path) == 0 && begun.parts == parts;
    /* Something else was announced than is read: its answer interests nobody, but may cost the child's life. */
    if (begun.path[0] && !has_begun && cc_guard_take(fate, reader, &begun.parts, begun.path) != CC_OK) {
        end_reader();
        CC_TRY(get_reader());
    }
    begun.path[0] = 0;
    return has_begun ? cc_guard_take(fate, reader, &parts, path) : cc_guard_ask(fate, reader, &parts, path);
}

/* Has the child begin the file that is announced. */
static void begin_announced(void) {
    if (announced.path[0] && cc_guard_give(reader, &announced.parts, announced.path) == CC_OK)
        begun = announced;
    announced.path[0] = 0;
}

/* A file that HDF5 cannot read. Where its digest is right it is as it was written, and perhaps the machine is
 * at fault: it must not be taken for a damaged one, which a run would replace. */
static cc_status fail_unreadable(const char *path, bool sealed, const char *why) {
    if (!sealed)
        return cc_fail(CC_EFORMAT, "", "restore it, or run the experiment again", "is damaged: %s", why);
    return cc_fail(CC_EIO, path, "try again; if it stays so, move the file away",
                   "its digest is right, but %s", why);
}

/* A child that dies may have been left damaged by an earlier file: a second, fresh one decides. */
static cc_status try_in_child(const char *path, unsigned parts, bool sealed) {
    for (int attempt = 0; attempt < 2; attempt++) {
        cc_guard_fate fate;
        CC_TRY(get_reader());
        const cc_status status = ask_reader(&fate, path, parts);
        if (status == CC_OK) {
            begin_announced();
            return CC_OK;
        }
        end_reader();
        if (fate == CC_GUARD_RAN_OUT)
            return fail_unreadable(path, sealed, "HDF5 does not come to an end of it");
        if (fate == CC_GUARD_LIVES && status == CC_ENOMEM)
            return fail_unreadable(path, sealed, "it asks for more memory than a file of its size may");
        if (fate == CC_GUARD_LIVES) return status;
    }
    return fail_unreadable(path, sealed, "HDF5 breaks down on it");
}

/* `made_here`: what HDF5 finds in the file, if its digest is right, was made by HDF5 in this process. */
static cc_status read_checked(cc_run *out, const char *path, unsigned parts, bool made_here,
                              cc_arena *arena) {
    cc_run run = {0};
    bool sealed;
    cc_status status = cc_seal_check(&sealed, path);
    if (status == CC_OK) {
        cc_hdf_lock();
        if (!made_here) status = try_in_child(path, parts, sealed);
        if (status == CC_OK) status = read_hdf(&run, path, parts, arena);
        cc_hdf_unlock();
    }
    if (status == CC_OK) {
        /* Each dataset is sound: now against each other, by the rules that hold for a writer too. */
        status = cc_layout_check(&run);
        if (status == CC_OK) status = check_patients(&run, arena);
        if (status == CC_OK) status = cc_layout_check_cuts(&run.cuts, run.patients, run.patient_count);
        if (status == CC_EINVAL) status = as_malformed();
    }
    /* A system call's message names the file already. */
    if (status != CC_OK)
        return status == CC_ENOTFOUND || status == CC_EIO ? status : cc_fail_within(status, path);
    *out = run;
    return CC_OK;
}

cc_status cc_run_read(cc_run *out, const char *path, unsigned parts, cc_arena *arena) {
    return read_checked(out, path, parts, false, arena);
}

void cc_run_announce(const char *path, unsigned parts) {
    cc_hdf_lock();
    if (snprintf(announced.path, sizeof announced.path, "%s", path) < (int)sizeof announced.path)
        announced.parts = parts;
    else
        announced.path[0] = 0;
    cc_hdf_unlock();
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

/* --- writing --- */

/* Writes how the run was made; texts that are not known are left out. */
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
    CC_CHECK(cc_hdf_put_integer(group, "peak_memory_bytes", provenance->peak_memory_bytes));
    CC_CHECK(cc_hdf_group(&libraries, group, "libraries"));
    for (size_t i = 0; i < provenance->library_count; i++)
        CC_CHECK(cc_hdf_put_text(libraries, provenance->libraries[i].name, provenance->libraries[i].version));
done:
    return cc_hdf_end_group(group, cc_hdf_end_group(libraries, status));
}

/* Writes the weights, a dataset each; HDF5's names cannot hold '/'. */
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

/* Writes the attributes of the root group. */
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
    CC_TRY(cc_hdf_put_integer(file, "in_sample_upstream", run->in_sample_upstream));
    CC_TRY(cc_hdf_put_integer(file, "parameter_count", run->parameter_count));
    CC_TRY(cc_hdf_put_integer(file, "multiply_adds", run->multiply_adds));
    return cc_hdf_put_integer(file, "best_epoch", run->best_epoch);
}

/* Writes the counts at every threshold, [patients][thresholds]. */
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

/* Makes the whole file in memory, a block of text left free before it. */
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
    if (run->challenge_count)
        CC_CHECK(cc_hdf_put_rows(file, &cc_layout_challenge, run->challenge, run->challenge_count));
    if (run->calibration_count)
        CC_CHECK(cc_hdf_put_rows(file, &cc_layout_calibration, run->calibration, run->calibration_count));
    CC_CHECK(write_model(file, run));
    if (run->stages) CC_CHECK(cc_hdf_put_rows(file, &cc_layout_stages, run->stages, run->stage_count));
    CC_CHECK(cc_pictures_write(file, run));
    CC_CHECK(cc_run_masks_write(file, &run->masks));
done:
    return cc_hdf_end(file, image, status);
}

cc_status cc_run_write(const char *path, const cc_run *run) {
    char folder[CC_PATH_MAX], temporary[CC_PATH_MAX], block[CC_SEAL_BYTES], line[1024];
    cc_run meant = *run, found;
    cc_hdf_image image = {NULL, 0, 0};
    cc_status status = CC_OK;
    CC_TRY(cc_path_folder(folder, path));
    CC_TRY(cc_path_temporary(temporary, path));
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("a run file", 0);
    /* Copies of runs are written without a claim, which would have swept. */
    if (cc_file_sweep_ended(path) != CC_OK) cc_error_clear(); /* the folder is not there yet */

    /* What the file will hold: patients are made from the slices where there are none. What no reader takes
     * is refused before anything lies on disk. */
    status = cc_layout_check(&meant);
    if (status == CC_OK && !meant.patients)
        status = cc_layout_sum_patients(&meant.patients, &meant.patient_count, meant.slices,
                                        meant.slice_count, arena);
    if (status == CC_OK) status = cc_layout_check_cuts(&meant.cuts, meant.patients, meant.patient_count);
    if (status != CC_OK) CC_CHECK(cc_fail_within(status, path));
    CC_CHECK(cc_folder_make(folder));

    /* HDF5 makes the file in memory; its digest is taken there, before any disk has had a part in it. */
    cc_hdf_lock();
    status = write_hdf(&image, &meant);
    cc_hdf_unlock();
    if (status != CC_OK) {
        cc_fail_within(status, path);
    } else {
        const cc_file_piece rest = {image.bytes + CC_SEAL_BYTES, image.count - CC_SEAL_BYTES};
        cc_seal_make(block, rest.bytes, rest.count);
        status = cc_file_stage(temporary, path, (cc_file_piece[]){{block, sizeof block}, rest}, 2);
    }
    free(image.bytes);

    /* What is on disk is read as any reader does, its digest checked, and must be what was meant to the
     * bit. */
    if (status == CC_OK) {
        status = read_checked(&found, temporary, CC_RUN_ALL, true, arena);
        if (status == CC_OK) status = cc_run_compare(&meant, &found);
        if (status != CC_OK && status != CC_ENOMEM) {
            cc_error_line(line, sizeof line);
            status = cc_fail(CC_EIO, path, "is the disk sound? The same command tries again",
                             "what was written reads back otherwise: %s", line);
        }
    }

    /* Only now it gets its name. */
    if (status == CC_OK) status = cc_file_place(temporary, path);
    if (status != CC_OK) unlink(temporary);
done:
    cc_arena_destroy(arena);
    return status;
}
