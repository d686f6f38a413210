/* core/yaml_tree.c -- lookups in YAML trees, typed values, and joining trees. Trees share their members
 * (an alias, or what several variants of a matrix have in common), so what changes is copied first, one
 * map at a time: cc_yaml_set copies the maps on the way to its key and no others. */
#include "core/yaml_tree.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

cc_yaml *cc_yaml_create(cc_yaml_kind kind, const char *text, const char *file, int line, cc_arena *arena) {
    cc_yaml *node = cc_arena_get(arena, sizeof *node);
    if (node) *node = (cc_yaml){.kind = kind, .text = text, .file = file, .line = line};
    return node;
}

static bool has_key(const cc_yaml *map, size_t i, const char *key, size_t length) {
    return strncmp(map->keys[i], key, length) == 0 && map->keys[i][length] == 0;
}

/* Where a map has a key, else its count. */
static size_t find_key(const cc_yaml *map, const char *key, size_t length) {
    size_t i = 0;
    while (i < map->count && !has_key(map, i, key, length)) i++;
    return i;
}

cc_yaml *cc_yaml_get(const cc_yaml *map, const char *dotted_key) {
    /* One part of the dotted key a round, down the maps; anything but a map on the way ends it. */
    for (const char *key = dotted_key; map && map->kind == CC_YAML_MAP;) {
        size_t length = strcspn(key, "."), i = find_key(map, key, length);
        cc_yaml *item = i < map->count ? map->items[i] : NULL;
        if (!key[length]) return item;
        map = item;
        key += length + 1;
    }
    return NULL;
}

bool cc_yaml_is_null(const cc_yaml *node) {
    if (!node) return true;
    if (node->kind != CC_YAML_SCALAR || node->quoted) return false;
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(node->text, words[i]) == 0) return true;
    return false;
}

static bool is_plain(const cc_yaml *node) {
    return node && node->kind == CC_YAML_SCALAR && !node->quoted;
}

bool cc_yaml_as_integer(long long *out, const cc_yaml *node) {
    if (!is_plain(node)) return false;
    const char *digits = node->text + (node->text[0] == '-' || node->text[0] == '+');
    /* "007" is refused: YAML 1.1 reads it as octal, people as decimal. */
    size_t length = strspn(digits, "0123456789");
    if (length == 0 || digits[length] || (length > 1 && digits[0] == '0')) return false;
    errno = 0;
    long long value = strtoll(node->text, NULL, 10);
    if (errno) return false;
    *out = value;
    return true;
}

bool cc_yaml_as_real(double *out, const cc_yaml *node) {
    /* strtod also reads "inf", "nan" and hexadecimal numbers, and none of these is meant here. */
    if (!is_plain(node) || !node->text[0] || node->text[strspn(node->text, "0123456789+-.eE")]) return false;
    char *end;
    double value = strtod(node->text, &end);
    if (*end || !isfinite(value)) return false;
    *out = value;
    return true;
}

bool cc_yaml_as_boolean(bool *out, const cc_yaml *node) {
    if (!is_plain(node)) return false;
    bool yes = strcmp(node->text, "true") == 0;
    if (!yes && strcmp(node->text, "false") != 0) return false;
    *out = yes;
    return true;
}

/* Gives a map its own arrays, with room for `extra` more members. */
static cc_status own_arrays(cc_yaml *map, size_t extra, cc_arena *arena) {
    size_t room = map->count + extra;
    cc_yaml **items = cc_arena_get_array(arena, room, sizeof *items);
    const char **keys = cc_arena_get_array(arena, room, sizeof *keys);
    int *lines = cc_arena_get_array(arena, room, sizeof *lines);
    if (!items || !keys || !lines) return CC_ENOMEM;
    if (map->count) {
        memcpy(items, map->items, map->count * sizeof *items);
        memcpy(keys, map->keys, map->count * sizeof *keys);
        memcpy(lines, map->key_lines, map->count * sizeof *lines);
    }
    map->items = items;
    map->keys = keys;
    map->key_lines = lines;
    return CC_OK;
}

/* Puts a member into a map whose arrays are its own or may be replaced. */
static cc_status put(cc_yaml *map, const char *key, int line, cc_yaml *node, cc_arena *arena) {
    /* find_key gives the count where the key is new: the place behind the last. */
    size_t i = find_key(map, key, strlen(key));
    CC_TRY(own_arrays(map, 1, arena));
    map->keys[i] = key;
    map->key_lines[i] = line;
    map->items[i] = node;
    if (i == map->count) map->count++;
    return CC_OK;
}

/* A map that may be changed, in the place of what stands at `key`: a copy of that map, or an empty one. */
static cc_yaml *open_map(cc_yaml *map, const char *key, const cc_yaml *for_node, cc_arena *arena) {
    const cc_yaml *there = cc_yaml_get(map, key);
    cc_yaml *own = cc_yaml_create(CC_YAML_MAP, NULL, for_node->file, for_node->line, arena);
    /* A shallow copy: its arrays are shared until a member is put, which makes new ones (own_arrays). */
    if (own && there && there->kind == CC_YAML_MAP) *own = *there;
    return own && put(map, key, for_node->line, own, arena) == CC_OK ? own : NULL;
}

cc_status cc_yaml_set(cc_yaml *map, const char *dotted_key, cc_yaml *node, cc_arena *arena) {
    int level = 0;
    for (const char *rest = dotted_key;; level++) {
        size_t length = strcspn(rest, ".");
        if (length == 0) return cc_fail(CC_ECONFIG, dotted_key, NULL, "a part of this key is empty");
        if (level == CC_YAML_LEVELS_MAX)
            return cc_fail(CC_ECONFIG, dotted_key, NULL, "a key of more than %d parts", CC_YAML_LEVELS_MAX);
        const char *key = cc_arena_copy_n(arena, rest, length);
        if (!key) return CC_ENOMEM;
        if (!rest[length]) return put(map, key, node->line, node, arena);
        map = open_map(map, key, node, arena);
        if (!map) return CC_ENOMEM;
        rest += length + 1;
    }
}

typedef struct key_index {
    const char *key;
    size_t index;
} key_index;

static int by_key(const void *a, const void *b) {
    return strcmp(((const key_index *)a)->key, ((const key_index *)b)->key);
}

/* The members of a map sorted by key, so that merging maps of many keys takes no quadratic time. */
static cc_status sort_keys(key_index **out, const cc_yaml *map, cc_arena *arena) {
    key_index *places = cc_arena_get_array(arena, map->count, sizeof *places);
    if (!places) return CC_ENOMEM;
    for (size_t i = 0; i < map->count; i++) places[i] = (key_index){map->keys[i], i};
    if (map->count) qsort(places, map->count, sizeof *places, by_key);
    *out = places;
    return CC_OK;
}

cc_status cc_yaml_merge(cc_yaml **out, const cc_yaml *base, const cc_yaml *over, cc_arena *arena) {
    /* Two maps are joined; of anything else `over` stands for both. */
    bool joined = base->kind == CC_YAML_MAP && over->kind == CC_YAML_MAP;
    key_index *places = NULL;
    cc_yaml *map = cc_yaml_create(CC_YAML_MAP, NULL, NULL, 0, arena);
    if (!map) return CC_ENOMEM;
    *map = joined ? *base : *over;
    if (joined) {
        CC_TRY(sort_keys(&places, base, arena));
        CC_TRY(own_arrays(map, over->count, arena));
    }
    for (size_t i = 0; joined && i < over->count; i++) {
        key_index key = {over->keys[i], 0};
        const key_index *found =
            /* A key of both is merged in its place; a new one goes behind. */
            base->count ? bsearch(&key, places, base->count, sizeof *places, by_key) : NULL;
        size_t at = found ? found->index : map->count++;
        cc_yaml *item = over->items[i];
        if (found) CC_TRY(cc_yaml_merge(&item, base->items[at], item, arena));
        map->keys[at] = over->keys[i];
        map->key_lines[at] = over->key_lines[i];
        map->items[at] = item;
    }
    *out = map;
    return CC_OK;
}
