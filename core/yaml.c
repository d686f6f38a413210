/* core/yaml.c -- libyaml's events into a tree.
 *
 * Nothing here recurses on what a file says: open maps and lists stand on a stack of CC_YAML_LEVELS_MAX
 * entries, and their members so far on one shared list, from which a closing map or list takes its own:
 *
 *     a: {b: 1, c: [2, 3       open:     map, map, list (each knows where its members begin)
 *                              members:  b 1 | 2 3
 *
 * Aliases share the node that they name, but are counted as the whole it stands for, so that a few lines of
 * nested aliases cannot grow to billions of values ("billion laughs"). core/yaml_tree.c looks into trees and
 * joins them. Source: YAML 1.1, yaml.org/spec/1.1; libyaml's yaml.h. */
#include "core/yaml.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>
#include "core/file.h"

enum { ANCHORS_MAX = 1000 };

/* In a flow map, {root: ${ROOT}}, YAML takes the braces of a variable for its own. They are parsed as these
 * two characters of Unicode's private use area, and put back in each scalar. A text that has them itself, as
 * they are or as "\uE000", is refused: they would come out as braces. */
static const char open_mark[] = "\uE000", close_mark[] = "\uE001";
enum { MARK_BYTES = 3 };

/* Whether one of the two characters stands at `text`, or an escape for it. */
static bool is_mark(const char *text, size_t bytes) {
    if (text[0] == open_mark[0])
        return bytes >= MARK_BYTES &&
               (memcmp(text, open_mark, MARK_BYTES) == 0 || memcmp(text, close_mark, MARK_BYTES) == 0);
    if (bytes < 2 || text[0] != '\\' || (text[1] != 'u' && text[1] != 'U')) return false;
    const size_t zeros = text[1] == 'U' ? 4 : 0; /* \U has eight digits, \u four */
    return bytes >= zeros + 6 && strncmp(text + 2, "0000", zeros) == 0 &&
           strncasecmp(text + 2 + zeros, "e00", 3) == 0 && (text[5 + zeros] == '0' || text[5 + zeros] == '1');
}

typedef struct member {
    const char *key; /* of a map */
    int key_line;
    cc_yaml *node;
    int nodes;  /* this node and all below, aliases counted as what they stand for */
    int height; /* levels of maps and lists, itself included */
} member;

typedef struct open_node {
    cc_yaml *node;
    size_t first;    /* its first member on the reader's list */
    const char *key; /* map: the key that waits for its value */
    int key_line;
    int anchor; /* index of its anchor, or -1 */
    int nodes, height;
} open_node;

typedef struct anchor {
    const char *name;
    member what; /* what.node is NULL until it is complete */
} anchor;

typedef struct yaml_reader {
    yaml_parser_t parser;
    cc_arena *arena;
    const char *file, *text;
    open_node frames[CC_YAML_LEVELS_MAX];
    int depth, nodes;
    member *members;
    size_t count, capacity;
    anchor *anchors;
    int anchor_count;
    cc_yaml *root;
} yaml_reader;

/* The '}' that ends the variable whose '{' stands at `open`, or NULL. */
static const char *find_close(const char *open, const char *end) {
    for (const char *p = open + 1; p < end && *p && !strchr("{'\"\n", *p); p++)
        if (*p == '}') return p;
    return NULL;
}

/* A copy of the text where each "${...}" has its braces marked. */
static cc_status mark_braces(char **out, size_t *out_bytes, const char *text, size_t bytes,
                             const char *file) {
    char *copy = malloc(MARK_BYTES * bytes + 1), *to = copy, where[512];
    if (!copy) return cc_fail_memory("YAML", MARK_BYTES * bytes + 1);
    const char *end = text + bytes, *close = NULL; /* of the variable that `from` is in */
    for (const char *from = text; from < end; from++) {
        if (is_mark(from, (size_t)(end - from))) {
            int line = 1;
            while (from > text) line += *--from == '\n';
            free(copy);
            snprintf(where, sizeof where, "%.480s:%d", file, line);
            return cc_fail(CC_ECONFIG, where, "write another character",
                           "the characters U+E000 and U+E001 are not read here");
        }
        bool opens = false, closes = from == close;
        /* Only a brace behind a dollar sign opens a variable, and only where a closing one follows on its
         * line. */
        if (!close && *from == '{' && from > text && from[-1] == '$') {
            close = find_close(from, end);
            opens = close != NULL;
        }
        if (closes) close = NULL;
        if (opens || closes)
            to = (char *)memcpy(to, opens ? open_mark : close_mark, MARK_BYTES) + MARK_BYTES;
        else
            *to++ = *from;
    }
    *out = copy;
    *out_bytes = (size_t)(to - copy);
    return CC_OK;
}

/* A scalar's text with its braces put back. */
static char *copy_text(cc_arena *arena, const char *text) {
    char *copy = cc_arena_copy(arena, text);
    if (!copy || !strstr(text, open_mark)) return copy;
    char *to = copy;
    for (const char *from = text; *from;) {
        bool open = strncmp(from, open_mark, MARK_BYTES) == 0,
             close = strncmp(from, close_mark, MARK_BYTES) == 0;
        *to++ = open ? '{' : close ? '}' : *from;
        from += open || close ? MARK_BYTES : 1;
    }
    *to = 0;
    return copy;
}

static int line_of(const yaml_event_t *event) {
    return (int)event->start_mark.line + 1;
}

__attribute__((format(printf, 4, 5))) static cc_status fail_at(const yaml_reader *r, int line,
                                                               const char *hint, const char *format, ...) {
    char where[512], what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    snprintf(where, sizeof where, "%.480s:%d", r->file, line);
    return cc_fail(CC_ECONFIG, where, hint, "%s", what);
}

static cc_status fail_parser(const yaml_reader *r) {
    const yaml_parser_t *p = &r->parser;
    if (p->error == YAML_MEMORY_ERROR) return cc_fail_memory(r->file, CC_YAML_BYTES_MAX);
    int line = (int)p->problem_mark.line + 1;
    if (p->error == YAML_READER_ERROR) { /* carries an offset and no mark */
        line = 1;
        for (size_t i = 0; i < p->problem_offset; i++) line += r->text[i] == '\n';
    }
    return fail_at(r, line, NULL, "not valid YAML: %s%s%s", p->context ? p->context : "",
                   p->context ? ", " : "", p->problem ? p->problem : "unknown error");
}

static int by_key(const void *a, const void *b) {
    const member *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    return order ? order : (x->key_line > y->key_line) - (x->key_line < y->key_line);
}

/* Sorts a copy of a map's members, so that a map of many keys takes no quadratic time. */
static cc_status refuse_duplicates(const yaml_reader *r, const member *members, size_t count) {
    if (count < 2) return CC_OK;
    member *sorted = malloc(count * sizeof *sorted);
    if (!sorted) return cc_fail_memory(r->file, count * sizeof *sorted);
    memcpy(sorted, members, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_key);
    cc_status status = CC_OK;
    for (size_t i = 1; i < count && status == CC_OK; i++)
        if (strcmp(sorted[i - 1].key, sorted[i].key) == 0)
            status = fail_at(r, sorted[i].key_line, "keep one of the two",
                             "\"%s\" stands here for the second time, "
                             "first on line %d",
                             sorted[i].key, sorted[i - 1].key_line);
    free(sorted);
    return status;
}

static cc_status add_member(yaml_reader *r, const member *m) {
    /* The whole document: it has no map or list around it. */
    if (r->depth == 0) {
        r->root = m->node;
        return CC_OK;
    }
    if (r->count == r->capacity) {
        size_t larger = r->capacity ? 2 * r->capacity : 64;
        member *grown = realloc(r->members, larger * sizeof *grown);
        if (!grown) return cc_fail_memory(r->file, larger * sizeof *grown);
        r->members = grown;
        r->capacity = larger;
    }
    open_node *f = &r->frames[r->depth - 1];
    member *added = &r->members[r->count++];
    *added = *m;
    added->key = f->key;
    added->key_line = f->key_line;
    f->key = NULL;
    f->nodes += m->nodes;
    /* The levels that this node has below it, itself included: an alias of it adds as many. */
    if (m->height >= f->height) f->height = m->height + 1;
    return CC_OK;
}

/* Counts `nodes` more, with `height` levels below the open ones. */
static cc_status check_bounds(yaml_reader *r, int line, int nodes, int height) {
    if (r->depth + height > CC_YAML_LEVELS_MAX)
        return fail_at(r, line, NULL, "nested deeper than %d levels", CC_YAML_LEVELS_MAX);
    r->nodes += nodes;
    if (r->nodes > CC_YAML_NODES_MAX) return fail_at(r, line, NULL, "more than %d values", CC_YAML_NODES_MAX);
    return CC_OK;
}

/* Whether the next value is a map's key. */
static bool wants_key(const yaml_reader *r) {
    return r->depth > 0 && r->frames[r->depth - 1].node->kind == CC_YAML_MAP && !r->frames[r->depth - 1].key;
}

/* Remembers an anchor's name; *index is -1 where there is none. */
static cc_status open_anchor(int *index, yaml_reader *r, const yaml_char_t *name, int line) {
    *index = -1;
    if (!name) return CC_OK;
    if (!r->anchors) r->anchors = malloc(ANCHORS_MAX * sizeof *r->anchors);
    if (!r->anchors) return cc_fail_memory(r->file, ANCHORS_MAX * sizeof *r->anchors);
    if (r->anchor_count == ANCHORS_MAX) return fail_at(r, line, NULL, "more than %d anchors", ANCHORS_MAX);
    *index = r->anchor_count++;
    r->anchors[*index] = (anchor){.name = cc_arena_copy(r->arena, (const char *)name)};
    return r->anchors[*index].name ? CC_OK : CC_ENOMEM;
}

static cc_status read_key(yaml_reader *r, const yaml_event_t *event) {
    const char *text = (const char *)event->data.scalar.value;
    if (strcmp(text, "<<") == 0 && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        return fail_at(r, line_of(event), "use extends, or write the values out",
                       "merge keys (<<) are not read here");
    open_node *f = &r->frames[r->depth - 1];
    f->key_line = line_of(event);
    f->key = copy_text(r->arena, text);
    return f->key ? CC_OK : CC_ENOMEM;
}

static cc_status read_scalar(yaml_reader *r, const yaml_event_t *event) {
    const char *text = (const char *)event->data.scalar.value;
    int line = line_of(event), index;
    if (event->data.scalar.tag)
        return fail_at(r, line, "leave it out", "the tag %s is not read here",
                       (const char *)event->data.scalar.tag);
    /* Strings of C end at a zero byte, which YAML allows: the rest would be lost in silence. */
    if (strlen(text) != event->data.scalar.length) return fail_at(r, line, NULL, "a zero byte in a text");
    CC_TRY(open_anchor(&index, r, event->data.scalar.anchor, line));
    bool key = wants_key(r);
    CC_TRY(check_bounds(r, line, !key, 0));
    const char *copy = key ? NULL : copy_text(r->arena, text);
    cc_yaml *node = key ? NULL : cc_yaml_create(CC_YAML_SCALAR, copy, r->file, line, r->arena);
    if (key) return read_key(r, event);
    if (!copy || !node) return CC_ENOMEM;
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    member m = {.node = node, .nodes = 1};
    if (index >= 0) r->anchors[index].what = m;
    return add_member(r, &m);
}

static cc_status read_start(yaml_reader *r, int line, cc_yaml_kind kind, const yaml_char_t *tag,
                            const yaml_char_t *name) {
    int index;
    if (tag) return fail_at(r, line, "leave it out", "the tag %s is not read here", (const char *)tag);
    if (wants_key(r)) return fail_at(r, line, "a key is one word", "a list or a map cannot be a key");
    CC_TRY(open_anchor(&index, r, name, line));
    CC_TRY(check_bounds(r, line, 1, 1));
    cc_yaml *node = cc_yaml_create(kind, NULL, r->file, line, r->arena);
    if (!node) return CC_ENOMEM;
    r->frames[r->depth++] =
        (open_node){.node = node, .first = r->count, .anchor = index, .nodes = 1, .height = 1};
    return CC_OK;
}

static cc_status read_end(yaml_reader *r) {
    open_node *f = &r->frames[r->depth - 1];
    cc_yaml *node = f->node;
    node->count = r->count - f->first;
    /* A document that begins with an empty list or map has no members yet, nor an array of them. */
    const member *members = node->count ? r->members + f->first : NULL;
    /* YAML parsers mostly take the last of two equal keys in silence. */
    if (node->kind == CC_YAML_MAP) CC_TRY(refuse_duplicates(r, members, node->count));
    node->items = cc_arena_get_array(r->arena, node->count, sizeof *node->items);
    node->keys = cc_arena_get_array(r->arena, node->count, sizeof *node->keys);
    node->key_lines = cc_arena_get_array(r->arena, node->count, sizeof *node->key_lines);
    if (!node->items || !node->keys || !node->key_lines) return CC_ENOMEM;
    for (size_t i = 0; i < node->count; i++) {
        node->items[i] = members[i].node;
        node->keys[i] = members[i].key;
        node->key_lines[i] = members[i].key_line;
    }
    r->count = f->first;
    r->depth--;
    member m = {.node = node, .nodes = f->nodes, .height = f->height};
    if (f->anchor >= 0) r->anchors[f->anchor].what = m;
    return add_member(r, &m);
}

static cc_status read_alias(yaml_reader *r, const yaml_event_t *event) {
    const char *name = (const char *)event->data.alias.anchor;
    int line = line_of(event), i = r->anchor_count;
    if (wants_key(r)) return fail_at(r, line, "a key is one word", "an alias cannot be a key");
    /* The last anchor of that name above, as YAML has it: an anchor may be set again. */
    while (i > 0 && strcmp(r->anchors[i - 1].name, name) != 0) i--;
    if (i == 0) return fail_at(r, line, NULL, "the alias *%s has no anchor &%s above it", name, name);
    const member *m = &r->anchors[i - 1].what;
    if (!m->node) return fail_at(r, line, NULL, "the alias *%s stands inside what it names", name);
    CC_TRY(check_bounds(r, line, m->nodes, m->height));
    return add_member(r, m);
}

static cc_status read_event(yaml_reader *r, const yaml_event_t *event) {
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        return r->root ? fail_at(r, line_of(event), NULL, "a second document begins here") : CC_OK;
    case YAML_SCALAR_EVENT:
        return read_scalar(r, event);
    case YAML_SEQUENCE_START_EVENT:
        return read_start(r, line_of(event), CC_YAML_LIST, event->data.sequence_start.tag,
                          event->data.sequence_start.anchor);
    case YAML_MAPPING_START_EVENT:
        return read_start(r, line_of(event), CC_YAML_MAP, event->data.mapping_start.tag,
                          event->data.mapping_start.anchor);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return read_end(r);
    case YAML_ALIAS_EVENT:
        return read_alias(r, event);
    default:
        return CC_OK;
    }
}

static cc_status read_events(yaml_reader *r) {
    for (bool ended = false; !ended;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&r->parser, &event)) return fail_parser(r);
        ended = event.type == YAML_STREAM_END_EVENT;
        cc_status status = read_event(r, &event);
        yaml_event_delete(&event);
        CC_TRY(status);
    }
    return CC_OK;
}

cc_status cc_yaml_parse(cc_yaml **out, const char *text, size_t bytes, const char *file, cc_arena *arena) {
    char *marked = NULL;
    if (bytes > CC_YAML_BYTES_MAX)
        return cc_fail(CC_ECONFIG, file, NULL, "%zu bytes are more than the %d that a YAML file may have",
                       bytes, CC_YAML_BYTES_MAX);
    CC_TRY(mark_braces(&marked, &bytes, text, bytes, file));
    yaml_reader r = {.arena = arena, .file = file, .text = marked};
    cc_status status = CC_OK;
    if (!yaml_parser_initialize(&r.parser)) {
        free(marked);
        return cc_fail_memory(file, sizeof r.parser);
    }
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)marked, bytes);
    CC_CHECK(read_events(&r));
    if (!r.root || (cc_yaml_is_null(r.root) && !r.root->text[0]))
        r.root = cc_yaml_create(CC_YAML_MAP, NULL, file, 1, arena);
    if (r.root)
        *out = r.root;
    else
        status = CC_ENOMEM;
done:
    yaml_parser_delete(&r.parser);
    free(r.members);
    free(r.anchors);
    free(marked);
    return status;
}

cc_status cc_yaml_read(cc_yaml **out, const char *path, cc_arena *arena) {
    uint64_t size;
    char *text;
    size_t bytes;
    CC_TRY(cc_file_size(&size, path));
    if (size > CC_YAML_BYTES_MAX)
        return cc_fail(CC_ECONFIG, path, "name a YAML file",
                       "%llu bytes are more than the %d that a YAML file may have", (unsigned long long)size,
                       CC_YAML_BYTES_MAX);
    CC_TRY(cc_file_read(&text, &bytes, path, CC_YAML_BYTES_MAX, arena));
    const char *file = cc_arena_copy(arena, path);
    return file ? cc_yaml_parse(out, text, bytes, file, arena) : CC_ENOMEM;
}
