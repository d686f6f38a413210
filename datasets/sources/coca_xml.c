/* datasets/sources/coca_xml.c -- the outlines of one scan, from a property list through libxml2's tree.
 *
 * Its dicts are walked, each value is checked, and what is none is refused with its line. The file comes
 * from a stranger's tool: it is read whole and bounded (8 MiB), no entity is expanded and nothing is
 * fetched, so that no small file grows and none reaches the network. Source: Apple's property list DTD
 * (PropertyList-1.0.dtd); libxml2's parser.h. */
#include "datasets/sources/coca_xml.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "core/log.h"
#include "datasets/sources/source.h"

enum { FILE_BYTES_MAX = 8 << 20, REGIONS_MAX = 4096, POINTS_MIN = 3, MM_MAX = 1000000 };
static const char *const form_hint = "the set's calcium_xml files show the form";

static const struct {
    const char *name;
    uint8_t label;
} arteries[] = {{"Left Anterior Descending Artery", 1},
                {"Left Coronary Artery", 1},
                {"Left Circumflex Artery", 2},
                {"Right Coronary Artery", 3}};

typedef struct xml_reader {
    const char *path;
    cc_arena *arena;
    cc_coca_region *regions;
    size_t count;
} xml_reader;

static cc_status refuse(const xml_reader *r, const xmlNode *node, const char *key, const char *what) {
    char where[CC_PATH_MAX];
    snprintf(where, sizeof where, "%s:%ld", r->path, xmlGetLineNo(node));
    return cc_fail(CC_EFORMAT, where, form_hint, "%s: %s", key, what);
}

/* Whether a node is an element of that name; NULL is none. */
static bool is(const xmlNode *node, const char *name) {
    return node && strcmp((const char *)node->name, name) == 0;
}

/* The first element from a node on, among its siblings. */
static const xmlNode *element_from(const xmlNode *node) {
    while (node && node->type != XML_ELEMENT_NODE) node = node->next;
    return node;
}

static const xmlNode *next_element(const xmlNode *node) {
    return element_from(node->next);
}

static size_t count_elements(const xmlNode *list) {
    size_t count = 0;
    for (const xmlNode *node = element_from(list->children); node; node = next_element(node)) count++;
    return count;
}

/* Borrowed: the text of an element that holds nothing else; NULL where it holds more. */
static const char *text_of(const xmlNode *node) {
    const xmlNode *inner = node->children;
    if (!inner) return "";
    return inner->type == XML_TEXT_NODE && !inner->next ? (const char *)inner->content : NULL;
}

/* A dict's value under a key, which must be of a type ("array"); NULL where the key is absent. */
static cc_status find(const xmlNode **out, const xml_reader *r, const xmlNode *dict, const char *key,
                      const char *type) {
    const xmlNode *name = element_from(dict->children), *value;
    *out = NULL;
    for (; name; name = next_element(value)) {
        const char *text = is(name, "key") ? text_of(name) : NULL;
        value = next_element(name);
        if (!text || !value) return refuse(r, name, "dict", "it wants pairs of a key and a value");
        if (strcmp(text, key) != 0) continue;
        if (!is(value, type)) {
            char what[64];
            snprintf(what, sizeof what, "%.20s, where %s is wanted", (const char *)value->name, type);
            return refuse(r, value, key, what);
        }
        *out = value;
        return CC_OK;
    }
    return CC_OK;
}

/* As find, but the key must be there. */
static cc_status need(const xmlNode **out, const xml_reader *r, const xmlNode *dict, const char *key,
                      const char *type) {
    CC_TRY(find(out, r, dict, key, type));
    return *out ? CC_OK : refuse(r, dict, key, "the dict lacks it");
}

/* Whether the rest of a text is white space. */
static bool ends(const char *text) {
    return text[strspn(text, " \t\r\n")] == 0;
}

static cc_status read_integer(int64_t *out, const xml_reader *r, const xmlNode *node, const char *key,
                              int64_t end, const char *range) {
    const char *text = text_of(node);
    char *rest = NULL;
    /* As a real number first: "7.0" is 7, "7.5" and "7x" are none. */
    double value = text ? strtod(text, &rest) : NAN;
    if (!text || rest == text || !ends(rest) || !(value >= 0 && value < (double)end) ||
        value != floor(value)) {
        char what[128];
        snprintf(what, sizeof what, "\"%.40s\" is not %s", text ? text : "", range);
        return refuse(r, node, key, what);
    }
    *out = (int64_t)value;
    return CC_OK;
}

/* "(x, y)" */
static bool parse_point(double out[2], const char *text) {
    static const char marks[] = "(,)";
    for (int k = 0; k < 2; k++) {
        char *rest;
        text += strspn(text, " \t\r\n");
        if (*text++ != marks[k]) return false;
        out[k] = strtod(text, &rest);
        if (rest == text || !(fabs(out[k]) <= CC_SLICE_SIDE_MAX)) return false;
        text = rest;
    }
    text += strspn(text, " \t\r\n");
    return *text == marks[2] && ends(text + 1);
}

/* "(x, y, z)"; other brackets, or none, and blanks or semicolons in place of commas are as clear. */
static bool parse_point_mm(double out[3], const char *text) {
    static const char blanks[] = " \t\r\n", open[] = "([{", shut[] = ")]}";
    text += strspn(text, blanks);
    const char *bracket = *text ? strchr(open, *text) : NULL;
    if (bracket) text++;
    for (int k = 0; k < 3; k++) {
        char *rest;
        out[k] = strtod(text, &rest);
        if (rest == text || !(fabs(out[k]) <= MM_MAX)) return false;
        text = rest + strspn(rest, blanks);
        if (k < 2 && (*text == ',' || *text == ';')) text++;
    }
    if (bracket && *text++ != shut[bracket - open]) return false;
    return ends(text);
}

/* Point_mm, which may be missing; if not, it has a point for each of Point_px. */
static cc_status read_points_mm(cc_coca_region *out, const xml_reader *r, const xmlNode *roi) {
    const xmlNode *list;
    CC_TRY(find(&list, r, roi, "Point_mm", "array"));
    const size_t count = list ? count_elements(list) : 0;
    if (count == 0) return CC_OK;
    if (count != out->point_count)
        return refuse(r, list, "Point_mm", "it holds another number of points than Point_px");
    double(*points)[3] = cc_arena_get_array(r->arena, count, sizeof *points);
    if (!points) return CC_ENOMEM;
    const xmlNode *node = element_from(list->children);
    for (size_t i = 0; i < count; i++, node = next_element(node)) {
        const char *text = is(node, "string") ? text_of(node) : NULL;
        if (!text || !parse_point_mm(points[i], text)) {
            char what[128];
            snprintf(what, sizeof what, "\"%.40s\" is not a point (x, y, z) in mm", text ? text : "");
            return refuse(r, node, "Point_mm", what);
        }
    }
    out->points_mm = (const double(*)[3])points;
    return CC_OK;
}

/* Point_px: the outline itself. */
static cc_status read_points(cc_coca_region *out, const xml_reader *r, const xmlNode *list) {
    double(*points)[2] = cc_arena_get_array(r->arena, out->point_count, sizeof *points);
    if (!points) return CC_ENOMEM;
    const xmlNode *node = element_from(list->children);
    for (size_t i = 0; i < out->point_count; i++, node = next_element(node)) {
        const char *text = is(node, "string") ? text_of(node) : NULL;
        if (!text || !parse_point(points[i], text)) {
            char what[128];
            snprintf(what, sizeof what, "\"%.40s\" is not a point (x, y) in pixels", text ? text : "");
            return refuse(r, node, "Point_px", what);
        }
    }
    out->points = (const double(*)[2])points;
    return CC_OK;
}

/* One outline; those of fewer than three points, and of other names than the arteries', are passed over. */
static cc_status read_region(xml_reader *r, const xmlNode *roi, int32_t index) {
    const xmlNode *points, *number, *name;
    cc_coca_region region = {.index = index, .line = xmlGetLineNo(roi)};
    if (!is(roi, "dict")) return refuse(r, roi, "ROIs", "each is a dict");
    CC_TRY(need(&points, r, roi, "Point_px", "array"));
    CC_TRY(find(&number, r, roi, "NumberOfPoints", "integer"));
    region.point_count = count_elements(points);
    if (number) {
        int64_t said;
        CC_TRY(read_integer(&said, r, number, "NumberOfPoints", FILE_BYTES_MAX, "a count of points"));
        if ((size_t)said != region.point_count)
            return refuse(r, number, "NumberOfPoints", "Point_px holds another number of points");
    }
    /* Regions of one or two points have no area; the set holds some. */
    if (region.point_count < POINTS_MIN) return CC_OK;
    CC_TRY(need(&name, r, roi, "Name", "string"));
    const char *text = text_of(name);
    if (!text) return refuse(r, name, "Name", "it is not plain text");
    for (size_t i = 0; i < sizeof arteries / sizeof *arteries && !region.label; i++)
        if (strcmp(arteries[i].name, text) == 0) region.label = arteries[i].label;
    if (!region.label)
        cc_log(CC_LOG_WARNING, "%s:%ld: \"%.60s\" is none of the four arteries: the region is left out",
               r->path, xmlGetLineNo(name), text);
    CC_TRY(read_points(&region, r, points)); /* checked although it is left out: the file may be damaged */
    if (!region.label) return CC_OK;
    CC_TRY(read_points_mm(&region, r, roi));
    if (r->count == REGIONS_MAX) return refuse(r, roi, "ROIs", "a scan has at most 4096 regions");
    r->regions[r->count++] = region;
    return CC_OK;
}

/* plist > dict > Images: each with ImageIndex and ROIs. */
static cc_status read_list(xml_reader *r, const xmlNode *root) {
    const xmlNode *top = is(root, "plist") ? element_from(root->children) : NULL, *images;
    if (!is(top, "dict")) return refuse(r, root, "plist", "it wants a dict");
    CC_TRY(need(&images, r, top, "Images", "array"));
    for (const xmlNode *image = element_from(images->children); image; image = next_element(image)) {
        const xmlNode *number, *rois;
        int64_t index;
        if (!is(image, "dict")) return refuse(r, image, "Images", "each is a dict");
        CC_TRY(need(&number, r, image, "ImageIndex", "integer"));
        CC_TRY(read_integer(&index, r, number, "ImageIndex", INT32_MAX, "the number of a slice, from 0 on"));
        CC_TRY(need(&rois, r, image, "ROIs", "array"));
        for (const xmlNode *roi = element_from(rois->children); roi; roi = next_element(roi))
            CC_TRY(read_region(r, roi, (int32_t)index));
    }
    return CC_OK;
}

/* A property list declares none; one that does is meant to grow. */
static void stop_at_entity(void *context, const xmlChar *name, int type, const xmlChar *public_id,
                           const xmlChar *system_id, xmlChar *content) {
    (void)name, (void)type, (void)public_id, (void)system_id, (void)content;
    xmlStopParser(context);
}

static cc_status refuse_parse(const xmlParserCtxt *context, const char *path) {
    char where[CC_PATH_MAX];
    bool stopped = context->errNo == XML_ERR_USER_STOP;
    const xmlError *e = &context->lastError;
    int line = e->line ? e->line : context->input ? context->input->line : 1;
    snprintf(where, sizeof where, "%s:%d", path, line);
    const char *what = e->message ? e->message : "it cannot be read";
    return cc_fail(CC_EFORMAT, where, stopped ? form_hint : "the file is cut off or damaged", "XML: %s",
                   stopped ? "it declares an entity" : what);
}

/* The caller frees *out. The parser's own bounds hold: 256 elements deep, 10 MB of one text. */
static cc_status parse(xmlDoc **out, const char *path, const char *bytes, size_t count) {
    xmlParserCtxt *context = xmlNewParserCtxt();
    if (!context) return cc_fail_memory("an XML parser", 0);
    /* Nested entities double with every level ("billion laughs"); a property list has none. */
    context->sax->entityDecl = stop_at_entity;
    *out = xmlCtxtReadMemory(context, bytes, (int)count, NULL, NULL,
                             XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES);
    cc_status status = CC_OK;
    if (!*out || context->errNo == XML_ERR_USER_STOP || !xmlDocGetRootElement(*out)) {
        status = refuse_parse(context, path);
        xmlFreeDoc(*out);
    }
    xmlFreeParserCtxt(context);
    return status;
}

static cc_status read_file(xml_reader *r, cc_arena *scratch) {
    char *bytes;
    size_t count;
    xmlDoc *document = NULL;
    CC_TRY(cc_file_read(&bytes, &count, r->path, FILE_BYTES_MAX, scratch));
    CC_TRY(parse(&document, r->path, bytes, count));
    cc_status status = read_list(r, xmlDocGetRootElement(document));
    xmlFreeDoc(document);
    return status;
}

cc_status cc_coca_xml_read(cc_coca_regions *out, const char *path, cc_arena *arena) {
    xml_reader r = {.path = path, .arena = arena};
    cc_status status = CC_ENOMEM;
    cc_arena *scratch = cc_arena_create();
    if (!scratch) return CC_ENOMEM;
    /* Room for all that a file may hold, given back at the end: what is kept is copied. */
    r.regions = cc_arena_get_array(scratch, REGIONS_MAX, sizeof *r.regions);
    cc_coca_region *kept;
    if (!r.regions) goto done;
    CC_CHECK(read_file(&r, scratch));
    kept = cc_arena_get_array(arena, r.count ? r.count : 1, sizeof *kept);
    if (!kept) {
        status = CC_ENOMEM;
        goto done;
    }
    memcpy(kept, r.regions, r.count * sizeof *kept);
    *out = (cc_coca_regions){kept, r.count};
done:
    cc_arena_destroy(scratch);
    return status;
}
