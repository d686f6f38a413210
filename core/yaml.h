/* core/yaml.h -- a YAML document as a tree that remembers its lines.
 *
 * Parsing is libyaml's; this adds bounds, so that no input takes unbounded memory, time or stack (a document
 * of at most 1 MiB, 32 levels and 100,000 nodes, each alias counted as the whole it stands for), and lookups.
 *
 * One thing is read that YAML itself refuses: a ${NAME} in a flow map, {root: ${ROOT}}, as in block style.
 *
 * Refused with FILE:LINE: duplicate keys, keys that are not scalars, merge keys (<<), tags, a zero byte in a
 * scalar, an alias inside what it names, a second document, the characters U+E000 and U+E001. */
#ifndef CC_CORE_YAML_H
#define CC_CORE_YAML_H

#include <stddef.h>
#include "core/yaml_tree.h"

enum { CC_YAML_BYTES_MAX = 1 << 20, CC_YAML_NODES_MAX = 100000 }; /* of a document */

/* Parses one document. An empty one is an empty map. Errors are CC_ECONFIG with "FILE:LINE". `file` must live
 * as long as the arena. */
cc_status cc_yaml_parse(cc_yaml **out, const char *text, size_t bytes, const char *file, cc_arena *arena);
/* Reads and parses a file; CC_ENOTFOUND and CC_EIO name it. */
cc_status cc_yaml_read(cc_yaml **out, const char *path, cc_arena *arena);

#endif
