/* core/yaml_tree.h -- trees of YAML values: lookups by dotted keys, typed values, and joining trees.
 *
 * core/yaml.h makes them from files; configurations also make them by hand, from --set and from the variants
 * of a matrix. */
#ifndef CC_CORE_YAML_TREE_H
#define CC_CORE_YAML_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include "core/arena.h"
#include "core/status.h"

typedef enum cc_yaml_kind { CC_YAML_SCALAR, CC_YAML_LIST, CC_YAML_MAP } cc_yaml_kind;

enum { CC_YAML_LEVELS_MAX = 32 }; /* of maps and lists in one another, and parts of a dotted key */

/* A node may be a member of several others (aliases, and what cc_yaml_set and cc_yaml_merge share): it is
 * never changed once parsed, but for the map that cc_yaml_set is given. */
typedef struct cc_yaml cc_yaml;
struct cc_yaml {
    cc_yaml_kind kind;
    const char *file;  /* as given to the parser */
    int line;          /* 1-based; 0 where there is none */
    const char *text;  /* scalar: its text; NULL otherwise */
    bool quoted;       /* scalar: in quotes, so "null" or "1" is a string */
    size_t count;      /* list, map: members */
    const char **keys; /* map: count keys */
    int *key_lines;    /* map: the line of each key; a member's own line may lie below */
    cc_yaml **items;   /* list, map: count members */
};

/* A scalar, list or map without members, for trees made by hand; NULL where memory is out. Strings are
 * borrowed. */
cc_yaml *cc_yaml_create(cc_yaml_kind kind, const char *text, const char *file, int line, cc_arena *arena);

/* The member of a map, or NULL. "a.b.c" walks down maps. Borrowed. */
cc_yaml *cc_yaml_get(const cc_yaml *map, const char *dotted_key);
/* Whether a node is absent (NULL), or an unquoted null (~, null, nothing). */
bool cc_yaml_is_null(const cc_yaml *node);

/* Typed values. false where the node is not one (a quoted scalar is a string only). */
bool cc_yaml_as_integer(long long *out, const cc_yaml *node); /* decimal; no leading zeros */
bool cc_yaml_as_real(double *out, const cc_yaml *node);       /* integers too; not inf or nan */
bool cc_yaml_as_boolean(bool *out, const cc_yaml *node);      /* true, false */

/* Puts a value at a dotted key of a map, making maps on the way and replacing what is there; `node` is
 * shared, not copied, and so are its neighbours. CC_ECONFIG where the key has an empty part or more than
 * CC_YAML_LEVELS_MAX. */
cc_status cc_yaml_set(cc_yaml *map, const char *dotted_key, cc_yaml *node, cc_arena *arena);
/* Merges `over` onto a copy of `base`: maps member by member, anything else replaced. */
cc_status cc_yaml_merge(cc_yaml **out, const cc_yaml *base, const cc_yaml *over, cc_arena *arena);

#endif
