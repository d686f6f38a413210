/* datasets/folder_stamp.c -- one walk over a folder, names sorted as bytes, so that every file system gives
 * the same order. Inodes are left out: another mount of the same disk may number them otherwise. */
#include "datasets/folder_stamp.h"

#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include "core/file.h"

/* Adds what lies below FOLDER/below; `below` is "" for the folder itself. */
static cc_status add_folder(cc_digest *digest, const char *folder, const char *below, int level) {
    cc_status status = CC_OK;
    char path[CC_PATH_MAX], name[CC_PATH_MAX];
    char **names;
    size_t count;
    if (level > CC_FOLDER_STAMP_LEVELS)
        return cc_fail(CC_EUNSUPPORTED, folder, "look for a link that leads back",
                       "more than %d folders in one another", CC_FOLDER_STAMP_LEVELS);
    cc_arena *arena = cc_arena_create();
    if (!arena) return cc_fail_memory("a list of files", 0);
    CC_CHECK(cc_path_join(path, folder, below));
    CC_CHECK(cc_folder_list(&names, &count, path, arena));
    for (size_t i = 0; i < count; i++) {
        struct stat entry;
        if (names[i][0] == '.') continue;
        CC_CHECK(cc_path_join(name, below, names[i]));
        CC_CHECK(cc_path_join(path, folder, name));
        /* A link that leads nowhere is left out: nothing can be read from it. */
        if (stat(path, &entry) != 0) continue;
        if (S_ISDIR(entry.st_mode)) {
            CC_CHECK(add_folder(digest, folder, name, level + 1));
            continue;
        }
        const int64_t numbers[] = {entry.st_size, entry.st_mtim.tv_sec, entry.st_mtim.tv_nsec};
        cc_digest_add_string(digest, name);
        cc_digest_add(digest, numbers, sizeof numbers);
    }
done:
    cc_arena_destroy(arena);
    return status;
}

cc_status cc_folder_stamp(cc_digest_text *out, const char *folder) {
    cc_digest *digest = cc_digest_create();
    if (!digest) return cc_fail_memory("a digest", 0);
    cc_status status = add_folder(digest, folder, ".", 1);
    if (status == CC_OK) *out = cc_digest_finish(digest);
    cc_digest_destroy(digest);
    return status;
}
