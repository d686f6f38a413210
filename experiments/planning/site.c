/* experiments/planning/site.c -- a site's file, by a table of its keys. */
#include "experiments/planning/site.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include "core/file.h"
#include "core/words.h"
#include "core/yaml.h"

typedef enum kind { TEXT, NUMBER, LIST } kind;

/* Where a key's value goes; a list's count lies at `count`. */
typedef struct key {
    const char *name;
    kind kind;
    size_t offset, count;
    long long min, max;
} key;

#define AT(member) offsetof(cc_site, member)
#define NUMBER_OF(name, least, most)                                                                         \
    { #name, NUMBER, AT(name), 0, least, most }
#define TEXT_OF(name)                                                                                        \
    { #name, TEXT, AT(name), 0, 0, 0 }

static const key keys[] = {TEXT_OF(partition),
                           TEXT_OF(account),
                           TEXT_OF(qos),
                           TEXT_OF(constraint),
                           TEXT_OF(gres),
                           TEXT_OF(time),
                           TEXT_OF(memory),
                           TEXT_OF(container),
                           TEXT_OF(volume_claim),
                           TEXT_OF(mount_path),
                           {"setup", LIST, AT(setup), AT(setup_count), 0, 0},
                           {"options", LIST, AT(options), AT(option_count), 0, 0},
                           NUMBER_OF(cpus, 1, 4096),
                           NUMBER_OF(at_once, 0, 100000),
                           NUMBER_OF(max_array, 1, 4000000),
                           NUMBER_OF(signal_seconds, 1, 65535),
                           NUMBER_OF(requeues, 0, 1000),
                           NUMBER_OF(wait_seconds, 0, 86400)};
enum { KEYS = sizeof keys / sizeof *keys };

static cc_status fail_at(const cc_yaml *node, const char *name, const char *wanted) {
    char where[CC_PATH_MAX];
    snprintf(where, sizeof where, "%s:%d", node->file, node->line);
    return cc_fail(CC_ECONFIG, where, NULL, "%s wants %s", name, wanted);
}

/* One line of text: a script holds it, and a line break would be another line of it. */
static cc_status take_text(const char **out, const cc_yaml *node, const char *name) {
    if (node->kind != CC_YAML_SCALAR || !node->text[0] || strpbrk(node->text, "\n\r"))
        return fail_at(node, name, "a text of one line");
    *out = node->text;
    return CC_OK;
}

static cc_status take(cc_site *site, const key *k, const cc_yaml *node, cc_arena *arena) {
    char wanted[96];
    void *place = (char *)site + k->offset;
    if (k->kind == TEXT) return take_text(place, node, k->name);
    if (k->kind == NUMBER) {
        long long *number = place;
        snprintf(wanted, sizeof wanted, "a whole number from %lld to %lld", k->min, k->max);
        const bool is_one = cc_yaml_as_integer(number, node) && *number >= k->min && *number <= k->max;
        return is_one ? CC_OK : fail_at(node, k->name, wanted);
    }
    if (node->kind != CC_YAML_LIST) return fail_at(node, k->name, "a list of texts");
    const char **texts = cc_arena_get_array(arena, node->count + 1, sizeof *texts);
    if (!texts) return CC_ENOMEM;
    for (size_t i = 0; i < node->count; i++) CC_TRY(take_text(&texts[i], node->items[i], k->name));
    *(const char *const **)place = texts;
    *(int *)(void *)((char *)site + k->count) = (int)node->count;
    return CC_OK;
}

cc_status cc_site_read(cc_site *out, const char *path, cc_arena *arena) {
    cc_yaml *root;
    const char *names[KEYS];
    *out = (cc_site){.max_array = 1000, .signal_seconds = 120, .requeues = 20, .wait_seconds = 60};
    if (!path) return CC_OK;
    CC_TRY(cc_yaml_read(&root, path, arena));
    if (root->kind != CC_YAML_MAP) return fail_at(root, path, "keys and values");
    for (int k = 0; k < KEYS; k++) names[k] = keys[k].name;
    for (size_t i = 0; i < root->count; i++) {
        const key *found = NULL;
        for (int k = 0; k < KEYS; k++)
            if (strcmp(keys[k].name, root->keys[i]) == 0) found = &keys[k];
        if (!found) {
            char where[CC_PATH_MAX], hint[256];
            snprintf(where, sizeof where, "%s:%d", path, root->key_lines[i]);
            cc_words_hint(hint, sizeof hint, root->keys[i], names, KEYS);
            return cc_fail(CC_ECONFIG, where, hint, "%s is no option of a site", root->keys[i]);
        }
        if (!cc_yaml_is_null(root->items[i])) CC_TRY(take(out, found, root->items[i], arena));
    }
    return CC_OK;
}
