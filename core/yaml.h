/* core/yaml.h -- a YAML document as a tree that remembers its lines.
 *
 * Parsing is libyaml's; this adds bounds, so that no input takes unbounded memory, time or stack (a document
 * of at most 1 MiB, 32 levels and 100,000 nodes, each alias counted as the whole it stands for), and lookups.
 *
 * One thing is read that YAML itself refuses: a ${NAME} in a flow map, {root: ${ROOT}}, as in block style.
 *
 * Refused with FILE:LINE: duplicate keys, keys that are not scalars, merge keys (<<), tags, a zero byte in a
 * scalar, an alias inside what it names, a second document. */
#ifndef CC_CORE_YAML_H
#define CC_CORE_YAML_H

#include <stdbool.h>
#include <stddef.h>
#include "core/arena.h"
#include "core/status.h"

typedef enum cc_yaml_kind { CC_YAML_SCALAR, CC_YAML_LIST, CC_YAML_MAP } cc_yaml_kind;

enum { CC_YAML_BYTES_MAX = 1 << 20, CC_YAML_LEVELS_MAX = 32, CC_YAML_NODES_MAX = 100000 };

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

/* Parses one document. An empty one is an empty map. Errors are CC_ECONFIG with "FILE:LINE". `file` must live
 * as long as the arena. */
cc_status cc_yaml_parse(cc_yaml **out, const char *text, size_t bytes, const char *file, cc_arena *arena);
/* Reads and parses a file; CC_ENOTFOUND and CC_EIO name it. */
cc_status cc_yaml_read(cc_yaml **out, const char *path, cc_arena *arena);

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
