/* tests/experiments/disturbed.h -- commands that are killed, or whose writes fail: what they leave in a
 * folder is compared, file by file, with what an undisturbed one makes there.
 *
 * `out` is the folder in which commands are disturbed, `start` a copy of what is in it before, `want` a copy
 * of what it must come to. */
#ifndef CC_TESTS_EXPERIMENTS_DISTURBED_H
#define CC_TESTS_EXPERIMENTS_DISTURBED_H

#include <ftw.h>
#include <sys/stat.h>
#include "results/compare.h"
#include "runs.h"

enum { NAMES_MAX = 1024 };

static char out[512], want[512], start[512];

static inline int remove_one(const char *path, const struct stat *s, int flag, struct FTW *walk) {
    (void)s, (void)flag, (void)walk;
    return remove(path);
}

static inline void remove_all(const char *path) {
    if (cc_folder_exists(path)) assert_int_equal(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static inline void copy_all(const char *from, const char *to) {
    remove_all(to);
    assert_int_equal(cc_test_run(NULL, 0, "cp -a %s %s", from, to), 0);
}

/* The files below a folder, by their paths in it. */
typedef struct tree {
    char root[512], *names[NAMES_MAX];
    int count;
} tree;

static tree *walked;

static inline int add_name(const char *path, const struct stat *s, int flag, struct FTW *walk) {
    (void)s, (void)walk;
    size_t root = strlen(walked->root);
    if (strlen(path) == root) return 0;
    assert_true(walked->count < NAMES_MAX);
    char *name = NULL;
    assert_true(asprintf(&name, "%s%s", path + root + 1, flag == FTW_D ? "/" : "") > 0);
    walked->names[walked->count++] = name;
    return 0;
}

static inline int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline void tree_init(tree *t, const char *root) {
    *t = (tree){.count = 0};
    snprintf(t->root, sizeof t->root, "%s", root);
    walked = t;
    assert_int_equal(nftw(root, add_name, 16, FTW_PHYS), 0);
    qsort(t->names, (size_t)t->count, sizeof *t->names, by_text);
}

static inline void tree_deinit(tree *t) {
    while (t->count > 0) free(t->names[--t->count]);
}

/* Two run files hold the same, but for times and memory. */
static inline bool same_run(const char *a, const char *b, cc_arena *arena) {
    const unsigned all = CC_RUN_ALL;
    cc_run x, y;
    if (cc_run_read(&x, a, all, arena) != CC_OK || cc_run_read(&y, b, all, arena) != CC_OK) return false;
    y.provenance.started = x.provenance.started;
    y.provenance.finished = x.provenance.finished;
    y.provenance.seconds = x.provenance.seconds;
    y.provenance.peak_memory_bytes = x.provenance.peak_memory_bytes;
    for (size_t i = 0; i < x.epoch_count && i < y.epoch_count; i++)
        ((cc_run_epoch *)y.epochs)[i].seconds = x.epochs[i].seconds;
    return cc_run_compare(&x, &y) == CC_OK;
}

static inline bool same_file(const char *root_a, const char *root_b, const char *name) {
    char a[2048], b[2048], *x, *y;
    size_t x_bytes, y_bytes;
    snprintf(a, sizeof a, "%s/%s", root_a, name);
    snprintf(b, sizeof b, "%s/%s", root_b, name);
    if (!cc_file_exists(a) || !cc_file_exists(b)) return false;
    cc_arena *arena = cc_arena_create();
    bool same = cc_file_read(&x, &x_bytes, a, SIZE_MAX, arena) == CC_OK &&
                cc_file_read(&y, &y_bytes, b, SIZE_MAX, arena) == CC_OK && x_bytes == y_bytes &&
                memcmp(x, y, x_bytes) == 0;
    if (!same && strstr(name, ".h5")) same = same_run(a, b, arena);
    cc_arena_destroy(arena);
    return same;
}

/* What a command that was disturbed may leave for the next one: nothing that looks like a result. */
static inline bool is_private(const char *name) {
    return cc_path_ends_with(name, ".tmp") || cc_path_ends_with(name, ".claim") ||
           cc_path_ends_with(name, ".failed") || cc_path_ends_with(name, ".checkpoint") ||
           strncmp(name, "calcade-verify-", 15) == 0 || strstr(name, "/.writing/") ||
           strstr(name, "/.gnuplot-");
}

static inline bool has(const tree *t, const char *name) {
    return bsearch(&name, t->names, (size_t)t->count, sizeof name, by_text) != NULL;
}

static inline bool is_folder(const char *name) {
    return name[strlen(name) - 1] == '/';
}

/* Whether `out` is what another folder is, no more and no less; else what is not. */
static inline bool is_out_as(const char *other, char *wrong, size_t capacity) {
    tree have, wanted;
    tree_init(&have, out);
    tree_init(&wanted, other);
    wrong[0] = 0;
    for (int i = 0; i < have.count && !wrong[0]; i++)
        if (!has(&wanted, have.names[i]))
            snprintf(wrong, capacity, "%s is there", have.names[i]);
        else if (!is_folder(have.names[i]) && !same_file(out, other, have.names[i]))
            snprintf(wrong, capacity, "%s is not what it must be", have.names[i]);
    for (int i = 0; i < wanted.count && !wrong[0]; i++)
        if (!has(&have, wanted.names[i])) snprintf(wrong, capacity, "%s is missing", wanted.names[i]);
    tree_deinit(&have);
    tree_deinit(&wanted);
    return !wrong[0];
}

/* Whether each file of `out` that has a final name is whole: the one that must come, or the one that was
 * there. */
static inline bool is_out_whole(char *wrong, size_t capacity) {
    tree have;
    tree_init(&have, out);
    wrong[0] = 0;
    for (int i = 0; i < have.count && !wrong[0]; i++) {
        const char *name = have.names[i];
        if (!is_private(name) && !is_folder(name) && !same_file(out, want, name) &&
            !same_file(out, start, name))
            snprintf(wrong, capacity, "%s is not what it must be", name);
    }
    tree_deinit(&have);
    return !wrong[0];
}

/* Whether `out` has all that it must have, as it must be; private files may be there too. */
static inline bool is_out_done(char *wrong, size_t capacity) {
    tree wanted;
    tree_init(&wanted, want);
    wrong[0] = 0;
    for (int i = 0; i < wanted.count && !wrong[0]; i++)
        if (!is_folder(wanted.names[i]) && !same_file(out, want, wanted.names[i]))
            snprintf(wrong, capacity, "%s is missing, or not what it must be", wanted.names[i]);
    tree_deinit(&wanted);
    return !wrong[0];
}

#endif
