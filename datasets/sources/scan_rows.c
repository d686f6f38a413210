/* datasets/sources/scan_rows.c -- rows to patients, scans and slices; slices out of a store that is filled
 * scan by scan.
 *
 * A scan is read by the first thread that wants a slice of it, under the scan's own lock: others that want it
 * wait for that one reading, and those that want another scan read theirs meanwhile. */
#include "datasets/sources/scan_rows.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/log.h"
#include "datasets/sources/scan_index.h"
#include "datasets/sources/scan_store.h"

typedef struct listed_scan {
    const cc_scan_entry *entry, *regions; /* regions: the same image with its regions as the mask; or NULL */
    pthread_mutex_t lock;
    atomic_bool stored, regions_stored; /* its slices are in the store, at `at`; its regions */
    int64_t at, regions_at;
} listed_scan;

typedef struct rows_state {
    listed_scan *scans;
    size_t count, locks;      /* scans; those whose lock is made, some of patients that were left out */
    uint8_t label[CC_LABELS]; /* what each label of a mask becomes: itself, or 0 where it is not chosen */
    const int *chosen;
    int chosen_count;
    cc_scan_store *store;
} rows_state;

/* --- listing --- */

/* Those of one patient keep the order in which they lie in memory, that of the list: the row's number
 * decides. */
static int by_patient(const void *a, const void *b) {
    const cc_scan_row *const *x = a, *const *y = b;
    const int order = strcmp((*x)->patient, (*y)->patient);
    return order ? order : (*x > *y) - (*x < *y);
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static cc_status check_row(const cc_scan_row *row, bool regions) {
    const char *missing = !row->patient || !row->patient[0] ? "patient"
                          : !row->image || !row->image[0]   ? "image"
                          : !row->mask || !row->mask[0]     ? "mask"
                                                            : NULL;
    if (missing)
        return cc_fail(CC_EFORMAT, row->where, "each scan has a patient, an image and a mask",
                       "the %s is not given", missing);
    if (regions && (!row->regions || !row->regions[0]))
        return cc_fail(CC_EFORMAT, row->where, "data.targets asks for the regions of each scan",
                       "the regions are not given");
    return CC_OK;
}

/* The rows by patient; *texts are the different groups, sorted. */
static cc_status sort_rows(cc_scan_row ***sorted, const char ***texts, size_t *text_count, cc_scan_row *rows,
                           size_t count, bool regions, cc_arena *arena) {
    cc_scan_row **s = *sorted = cc_arena_get_array(arena, count, sizeof *s);
    const char **t = *texts = cc_arena_get_array(arena, count, sizeof *t);
    if (!s || !t) return CC_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        CC_TRY(check_row(&rows[i], regions));
        s[i] = &rows[i];
        t[i] = rows[i].group ? rows[i].group : "";
    }
    qsort(s, count, sizeof *s, by_patient);
    /* Groups of all rows, also of patients that are left out later: a number stands for the same text. */
    qsort(t, count, sizeof *t, by_text);
    *text_count = 0;
    for (size_t i = 0; i < count; i++)
        if (i == 0 || strcmp(t[i], t[*text_count - 1]) != 0) t[(*text_count)++] = t[i];
    for (size_t i = 1; i < count; i++) { /* rows of one patient are neighbours now */
        const char *a = s[i - 1]->group ? s[i - 1]->group : "", *b = s[i]->group ? s[i]->group : "";
        if (strcmp(s[i - 1]->patient, s[i]->patient) == 0 && strcmp(a, b) != 0)
            return cc_fail(CC_EFORMAT, s[i]->where, "a patient is of one group",
                           "patient %s is of group \"%s\" here, and of \"%s\" at %s", s[i]->patient, b, a,
                           s[i - 1]->where);
    }
    return CC_OK;
}

/* An image that two rows name would be in two places of the split, or counted twice. Compared by real
 * path. */
static cc_status check_images(cc_scan_row **rows, const char *const *images, size_t count, cc_arena *arena) {
    const char **sorted = cc_arena_get_array(arena, count + 1, sizeof *sorted);
    size_t found = 0;
    if (!sorted) return CC_ENOMEM;
    for (size_t i = 0; i < count; i++)
        if (images[i]) sorted[found++] = images[i];
    qsort(sorted, found, sizeof *sorted, by_text);
    for (size_t i = 1; i < found; i++) {
        if (strcmp(sorted[i - 1], sorted[i]) != 0) continue;
        size_t at[2], k = 0;
        for (size_t n = 0; n < count && k < 2; n++)
            if (images[n] && strcmp(images[n], sorted[i]) == 0) at[k++] = n;
        const cc_scan_row *a = rows[at[0]], *b = rows[at[1]];
        const bool swap = a > b; /* the later line of the list is at fault */
        return cc_fail(CC_EFORMAT, (swap ? a : b)->where, "leave one of the two out",
                       "its image %s is that of %s already", (swap ? a : b)->image, (swap ? b : a)->where);
    }
    return CC_OK;
}

/* Adds the slices of one scan; its index is the number of scans so far. */
static cc_status add_scan(cc_slice_set *set, rows_state *s, const cc_scan_entry *entry,
                          const cc_scan_entry *regions, uint32_t patient, double (*spacing)[3]) {
    const int64_t *dims = entry->facts.dims;
    cc_slice slice = {.patient = patient, .scan = (uint32_t)s->count};
    slice.width = dims[0] > INT32_MAX ? INT32_MAX : (int32_t)dims[0];
    slice.height = dims[1] > INT32_MAX ? INT32_MAX : (int32_t)dims[1];
    memcpy(spacing[s->count], entry->facts.spacing_mm, sizeof *spacing);
    s->scans[s->count].regions = regions;
    s->scans[s->count++].entry = entry;
    for (int64_t z = 0; z < dims[2]; z++) {
        slice.number = (int32_t)z;
        CC_TRY(cc_slice_set_add(set, &slice, entry->image));
    }
    return CC_OK;
}

typedef struct listing {
    cc_scan_row **rows;  /* by patient */
    const char **images; /* real paths, or NULL where there is none */
    size_t count;
    cc_scan_index *index;
    double (*spacing)[3];
} listing;

/* One patient: rows [first, end). */
static cc_status add_patient(cc_slice_set *set, rows_state *s, listing *l, size_t first, size_t end) {
    uint32_t patient;
    CC_TRY(cc_slice_set_add_patient(&patient, set, l->rows[first]->patient));
    for (size_t i = first; i < end; i++) {
        const cc_scan_row *row = l->rows[i];
        const cc_scan_entry *entry, *of_regions = NULL;
        const char *image, *mask, *regions = NULL;
        cc_status status = cc_slice_set_resolve(&image, set, row->image);
        if (status == CC_OK) status = cc_slice_set_resolve(&mask, set, row->mask);
        if (status == CC_OK && set->regions) status = cc_slice_set_resolve(&regions, set, row->regions);
        if (status == CC_OK && (strcmp(image, mask) == 0 || (regions && strcmp(image, regions) == 0)))
            status = cc_fail(CC_EFORMAT, row->image, NULL, "image and %s are one file",
                             strcmp(image, mask) == 0 ? "mask" : "regions");
        if (status == CC_OK) l->images[i] = image;
        if (status == CC_OK) status = cc_scan_index_get(&entry, l->index, image, mask);
        /* Regions are labels on the scan like those of a mask, and are remembered like these. */
        if (status == CC_OK && regions) status = cc_scan_index_get(&of_regions, l->index, image, regions);
        if (status != CC_OK) return cc_fail_within(status, row->where);
        CC_TRY(add_scan(set, s, entry, of_regions, patient, l->spacing));
    }
    return CC_OK;
}

static cc_status add_patients(cc_slice_set *set, rows_state *s, listing *l, const char **texts,
                              size_t text_count) {
    int *groups = cc_arena_get_array(set->arena, l->count, sizeof *groups);
    if (!groups) return CC_ENOMEM;
    for (size_t first = 0, end; first < l->count; first = end) {
        const char *name = l->rows[first]->patient, *group = l->rows[first]->group;
        for (end = first + 1; end < l->count && strcmp(l->rows[end]->patient, name) == 0;) end++;
        const cc_slice_mark mark = cc_slice_set_mark(set);
        const size_t scans = s->count;
        cc_status status = add_patient(set, s, l, first, end);
        CC_TRY(cc_slice_set_end_patient(set, mark, name, status));
        if (set->patient_count == mark.patients) {
            s->count = scans;
            continue;
        }
        if (!group) group = "";
        const char **found = bsearch(&group, texts, text_count, sizeof *texts, by_text);
        groups[mark.patients] = (int)(found - texts);
    }
    set->groups = text_count > 1 ? groups : NULL;
    return check_images(l->rows, l->images, l->count, set->arena);
}

/* --- labels --- */

/* "1, 2, 3": the labels that the masks hold. */
static void name_labels(char *out, size_t capacity, const uint64_t voxels[CC_LABELS]) {
    size_t used = 0;
    snprintf(out, capacity, "none");
    for (int label = 1; label < CC_LABELS && used < capacity; label++)
        if (voxels[label])
            used += (size_t)snprintf(out + used, capacity - used, "%s%d", used ? ", " : "", label);
}

/* A label that is chosen and that no mask holds is mostly a slip; where no mask holds any of them, nothing
 * could be learnt. */
static cc_status choose_labels(rows_state *s, const cc_slice_set *set, const cc_slice_options *options) {
    uint64_t voxels[CC_LABELS] = {0}, found = 0;
    char there[256];
    for (int label = 0; label < CC_LABELS; label++)
        s->label[label] = options->label_count ? 0 : (uint8_t)label;
    for (int i = 0; i < options->label_count; i++) s->label[options->labels[i]] = (uint8_t)options->labels[i];
    for (size_t i = 0; i < s->count; i++)
        for (int label = 0; label < CC_LABELS; label++)
            voxels[label] += s->scans[i].entry->facts.labels[label];
    name_labels(there, sizeof there, voxels);
    for (int i = 0; i < options->label_count; i++) {
        found += voxels[options->labels[i]];
        if (voxels[options->labels[i]] == 0)
            cc_log(CC_LOG_WARNING, "%s: data.labels: no mask holds label %d; there are: %s", set->root,
                   options->labels[i], there);
    }
    if (s->count && options->label_count && found == 0)
        return cc_fail(CC_EFORMAT, set->root, "choose among those that there are, by data.labels",
                       "none of the labels that are chosen is in any mask; there are: %s", there);
    int *copy = cc_arena_get_array(set->arena, (size_t)options->label_count + 1, sizeof *copy);
    if (!copy) return CC_ENOMEM;
    for (int label = 1; label < CC_LABELS && options->label_count; label++)
        if (s->label[label]) copy[s->chosen_count++] = label;
    s->chosen = copy;
    return CC_OK;
}

cc_status cc_scan_rows_open(cc_slice_set *set, const cc_slice_options *options, cc_scan_row *rows,
                            size_t count, const char *index_path) {
    cc_status status = CC_OK;
    const char **texts;
    size_t text_count;
    listing l = {.count = count};
    cc_arena *scratch = cc_arena_create();
    rows_state *s = set->state = cc_arena_get(set->arena, sizeof *s);
    if (!s || !scratch) CC_CHECK(CC_ENOMEM);
    CC_CHECK(sort_rows(&l.rows, &texts, &text_count, rows, count, set->regions, scratch));
    CC_CHECK(cc_scan_store_create(&s->store));
    s->scans = cc_arena_get_array(set->arena, count, sizeof *s->scans);
    l.spacing = cc_arena_get_array(set->arena, count, sizeof *l.spacing);
    l.images = cc_arena_get_array(scratch, count, sizeof *l.images);
    if (!s->scans || !l.spacing || !l.images) CC_CHECK(CC_ENOMEM);
    for (; s->locks < count; s->locks++) pthread_mutex_init(&s->scans[s->locks].lock, NULL);
    set->slope = 1;
    set->spacing_mm = (const double(*)[3])l.spacing;
    CC_CHECK(cc_scan_index_open(&l.index, index_path, set->root, set->regions ? 2 * count : count,
                                options->checking, set->arena));
    status = add_patients(set, s, &l, texts, text_count);
    cc_scan_index_finish(l.index); /* of a failure, too, what the scans before it hold is remembered */
    if (status != CC_OK) goto done;
    CC_CHECK(choose_labels(s, set, options));
done:
    cc_arena_destroy(scratch);
    return status;
}

void cc_scan_rows_close(void *state) {
    rows_state *s = state;
    if (!s) return;
    cc_scan_store_destroy(s->store);
    for (size_t i = 0; i < s->locks; i++) pthread_mutex_destroy(&s->scans[i].lock);
}

/* --- contents --- */

/* The labels that are chosen change the truth, so they count; where the files lie does not. */
cc_status cc_scan_rows_digest(cc_digest *digest, const cc_slice_set *set) {
    const rows_state *s = set->state;
    uint32_t patient = UINT32_MAX;
    cc_digest_add(digest, s->chosen, (size_t)s->chosen_count * sizeof *s->chosen);
    for (size_t i = 0; i < set->count; i++) {
        const cc_slice *slice = &set->slices[i];
        if (i && slice->scan == set->slices[i - 1].scan) continue;
        const cc_scan_facts *f = &s->scans[slice->scan].entry->facts;
        if (slice->patient != patient) cc_digest_add_string(digest, set->patients[slice->patient]);
        patient = slice->patient;
        cc_digest_add(digest, f->spacing_mm, sizeof f->spacing_mm);
        cc_digest_add_string(digest, f->image.hex);
        cc_digest_add_string(digest, f->mask.hex);
        if (set->regions) cc_digest_add_string(digest, s->scans[slice->scan].regions->facts.mask.hex);
        if (set->groups) cc_digest_add(digest, &set->groups[patient], sizeof *set->groups);
    }
    return CC_OK;
}

const cc_scan_facts *cc_scan_rows_facts(const cc_slice_set *set, uint32_t scan) {
    const rows_state *s = set->state;
    assert(scan < s->count);
    return &s->scans[scan].entry->facts;
}

/* Labels are chosen on the way into the store, so that a slice is copied out of it as it stands. */
static cc_status store_scan(rows_state *s, listed_scan *scan) {
    cc_labelled_scan whole;
    CC_TRY(cc_scan_entry_read(&whole, scan->entry));
    const size_t voxels = (size_t)(whole.grid.dims[0] * whole.grid.dims[1] * whole.grid.dims[2]);
    for (size_t i = 0; i < voxels; i++) whole.labels[i] = s->label[whole.labels[i]];
    cc_status status = cc_scan_store_put(&scan->at, s->store, whole.hu, whole.labels, voxels);
    cc_labelled_scan_deinit(&whole);
    if (status == CC_OK) atomic_store(&scan->stored, true);
    return status;
}

cc_status cc_scan_rows_decode(const cc_slice_set *set, size_t index, int16_t *stored, uint8_t *mask) {
    rows_state *s = set->state;
    const cc_slice *slice = &set->slices[index];
    listed_scan *scan = &s->scans[slice->scan];
    const int64_t *dims = scan->entry->facts.dims;
    if (!atomic_load(&scan->stored)) { /* looked at again under the lock: another thread may have read it */
        pthread_mutex_lock(&scan->lock);
        cc_status status = atomic_load(&scan->stored) ? CC_OK : store_scan(s, scan);
        pthread_mutex_unlock(&scan->lock);
        CC_TRY(status);
    }
    const size_t pixels = (size_t)(dims[0] * dims[1]);
    return cc_scan_store_get(stored, mask, s->store, scan->at, pixels * (size_t)dims[2],
                             (size_t)slice->number * pixels, pixels);
}

static cc_status store_regions(rows_state *s, listed_scan *scan) {
    cc_labelled_scan whole;
    CC_TRY(cc_scan_entry_read(&whole, scan->regions));
    const size_t voxels = (size_t)(whole.grid.dims[0] * whole.grid.dims[1] * whole.grid.dims[2]);
    cc_status status = cc_scan_store_put_bytes(&scan->regions_at, s->store, whole.labels, voxels);
    cc_labelled_scan_deinit(&whole);
    if (status == CC_OK) atomic_store(&scan->regions_stored, true);
    return status;
}

cc_status cc_scan_rows_decode_regions(const cc_slice_set *set, size_t index, uint8_t *regions) {
    rows_state *s = set->state;
    const cc_slice *slice = &set->slices[index];
    listed_scan *scan = &s->scans[slice->scan];
    if (!atomic_load(&scan->regions_stored)) { /* as cc_scan_rows_decode */
        pthread_mutex_lock(&scan->lock);
        cc_status status = atomic_load(&scan->regions_stored) ? CC_OK : store_regions(s, scan);
        pthread_mutex_unlock(&scan->lock);
        CC_TRY(status);
    }
    const size_t pixels = (size_t)slice->height * (size_t)slice->width;
    return cc_scan_store_get_bytes(regions, s->store, scan->regions_at, (size_t)slice->number * pixels,
                                   pixels);
}
