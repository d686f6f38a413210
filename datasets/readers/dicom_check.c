/* datasets/readers/dicom_check.c -- walks a DICOM file's elements before GDCM does, and finds its pixels.
 *
 * GDCM takes memory for whatever length an element claims, so a damaged length of 4 GB costs 4 GB. Here each
 * length is held against what contains the element, and nothing is kept but a few bytes. Of the values only
 * sequences are looked into, as they hold elements, too.
 *
 *     file      128 bytes, "DICM", group 2 (explicit, little-endian: names the transfer syntax), data set
 *     element   tag (group, element: 2 + 2 bytes), then
 *               explicit:  VR (2 letters), length (2 bytes; of OB, OW, SQ, UN ...: 2 of zero, then 4), value
 *               implicit:  length (4 bytes), value
 *     sequence  items (fffe,e000) that hold elements; of undefined length (ffffffff) they end at a
 *               delimiter: (fffe,e00d) an item, (fffe,e0dd) a sequence
 *
 * Source: DICOM PS3.5, sections 7.1 (elements), 7.5 (sequences), A.4 (encapsulated pixels), A.5 (deflated);
 * PS3.10, section 7.1 (preamble and group 2). */
#include "datasets/readers/dicom_check.h"

#include <stddef.h>
#include <string.h>
#include "datasets/readers/stream.h"

enum { PREAMBLE = 128, DEPTH_MAX = 16, UID_BYTES = 65 };
static const uint32_t undefined = 0xffffffff, item = 0xfffee000, item_end = 0xfffee00d,
                      sequence_end = 0xfffee0dd, pixel_data = 0x7fe00010, transfer_syntax = 0x00020010;

typedef struct walker {
    cc_stream *stream;
    uint8_t kept[8]; /* bytes that were looked at (peek) and not consumed */
    size_t kept_count;
    uint64_t at; /* bytes consumed */
    bool is_explicit, big_endian;
    char syntax[UID_BYTES];
    cc_dicom_pixels *pixels;
} walker;

typedef struct element {
    uint32_t tag, length;
    bool sequence, unknown;
} element;

static uint32_t u16(const walker *w, const uint8_t *b) {
    return w->big_endian ? (uint32_t)b[0] << 8 | b[1] : (uint32_t)b[1] << 8 | b[0];
}

static uint32_t u32(const walker *w, const uint8_t *b) {
    return w->big_endian ? u16(w, b) << 16 | u16(w, b + 2) : u16(w, b + 2) << 16 | u16(w, b);
}

static cc_status broken(const walker *w, uint32_t tag, const char *what) {
    return cc_fail(CC_EFORMAT, cc_stream_path(w->stream), "the file is cut off or damaged", "(%04x,%04x): %s",
                   tag >> 16, tag & 0xffff, what);
}

/* `got` is less than count at the end only; count is at most 8. */
static cc_status fetch(size_t *got, walker *w, uint8_t *bytes, size_t count) {
    size_t kept = w->kept_count < count ? w->kept_count : count, more = 0;
    memcpy(bytes, w->kept, kept);
    memmove(w->kept, w->kept + kept, w->kept_count - kept);
    w->kept_count -= kept;
    if (kept < count) CC_TRY(cc_stream_read_some(&more, w->stream, bytes + kept, count - kept));
    *got = kept + more;
    w->at += *got;
    return CC_OK;
}

/* The next bytes, which stay to be read. */
static cc_status peek(size_t *got, walker *w, uint8_t *bytes, size_t count) {
    CC_TRY(fetch(got, w, bytes, count));
    memcpy(w->kept, bytes, *got); /* nothing is kept now, as count covers all that was */
    w->kept_count = *got;
    w->at -= *got;
    return CC_OK;
}

static cc_status skip(walker *w, uint32_t tag, uint64_t count) {
    if (count > w->kept_count + cc_stream_bound(w->stream))
        return broken(w, tag, "it is longer than the file");
    size_t kept = w->kept_count < count ? w->kept_count : (size_t)count;
    memmove(w->kept, w->kept + kept, w->kept_count - kept);
    w->kept_count -= kept;
    w->at += count;
    return cc_stream_skip(w->stream, count - kept);
}

static bool is_vr(const uint8_t *b) {
    return b[0] >= 'A' && b[0] <= 'Z' && b[1] >= 'A' && b[1] <= 'Z';
}

/* Whether a value representation's length has 32 bits, behind two reserved bytes (PS3.5, table 7.1-1). */
static bool is_long(const uint8_t *vr) {
    static const char list[] = "OB OD OF OL OV OW SQ SV UC UN UR UT UV ";
    for (const char *p = list; *p; p += 3)
        if (memcmp(p, vr, 2) == 0) return true;
    return false;
}

static cc_status read_element(element *out, walker *w) {
    uint8_t b[8];
    size_t got;
    CC_TRY(fetch(&got, w, b, 8));
    if (got < 8) return broken(w, 0, "the data ends inside an element");
    *out = (element){.tag = u16(w, b) << 16 | u16(w, b + 2), .length = u32(w, b + 4)};
    /* Items and delimiters have no VR in any syntax. */
    if (out->tag >> 16 == 0xfffe || !w->is_explicit) return CC_OK;
    if (!is_vr(b + 4)) return broken(w, out->tag, "its value representation is not two letters");
    out->sequence = memcmp(b + 4, "SQ", 2) == 0;
    out->unknown = memcmp(b + 4, "UN", 2) == 0;
    out->length = u16(w, b + 6);
    if (!is_long(b + 4)) return CC_OK;
    CC_TRY(fetch(&got, w, b, 4));
    if (got < 4) return broken(w, out->tag, "the data ends inside an element");
    out->length = u32(w, b);
    return CC_OK;
}

/* The offset table and the fragments of encapsulated pixels. */
static cc_status walk_fragments(uint64_t *items, walker *w) {
    *items = 0;
    for (;;) {
        element e;
        CC_TRY(read_element(&e, w));
        if (e.tag == sequence_end) return CC_OK;
        if (e.tag != item) return broken(w, pixel_data, "no item where a fragment should be");
        CC_TRY(skip(w, pixel_data, e.length));
        (*items)++;
    }
}

static cc_status walk(walker *w, uint64_t end, int depth);

/* A value that holds elements: its items are read as elements, too. */
static cc_status walk_inside(walker *w, const element *e, uint64_t end, int depth) {
    if (depth == DEPTH_MAX) return broken(w, e->tag, "sequences lie too deep in one another");
    bool was_explicit = w->is_explicit;
    /* A sequence that is written as UN holds implicit little-endian elements, whatever the file is (PS3.5,
     * 6.2.2, note 2). */
    if (e->unknown) w->is_explicit = false;
    /* An undefined length ends at its delimiter, which lies before the end of what contains it. */
    CC_TRY(walk(w, e->length == undefined ? end : w->at + e->length, depth + 1));
    w->is_explicit = was_explicit;
    return CC_OK;
}

/* Whether a value of unknown kind starts as a sequence does. */
static cc_status starts_item(bool *out, walker *w, const element *e) {
    uint8_t b[4];
    size_t got = 0;
    *out = false;
    if (e->length < 8 || (w->is_explicit && !e->unknown)) return CC_OK;
    uint8_t all[8];
    CC_TRY(peek(&got, w, all, 8));
    memcpy(b, all, sizeof b);
    *out = got == 8 && (u16(w, b) << 16 | u16(w, b + 2)) == item;
    return CC_OK;
}

static cc_status walk(walker *w, uint64_t end, int depth) {
    while (w->at < end && !w->pixels->found) {
        element e;
        bool nested;
        uint8_t b[8];
        uint64_t items;
        size_t got;
        CC_TRY(peek(&got, w, b, 8));
        if (got == 0 && depth == 0) return CC_OK;
        CC_TRY(read_element(&e, w));
        if (e.tag == item_end || e.tag == sequence_end) return CC_OK;
        if (e.length != undefined && (w->at > end || e.length > end - w->at))
            return broken(w, e.tag, "it is longer than what holds it");
        /* PixelData of the file itself, not that of an icon image in a sequence (0088,0200). */
        if (e.tag == pixel_data && depth == 0) {
            cc_dicom_pixels *p = w->pixels;
            *p = (cc_dicom_pixels){.found = true, .encapsulated = e.length == undefined, .offset = w->at};
            p->bytes = p->encapsulated ? 0 : e.length;
            if (!p->encapsulated) return skip(w, e.tag, e.length);
            CC_TRY(walk_fragments(&items, w));
            p->fragments = items ? items - 1 : 0; /* the first item is the offset table */
            return CC_OK;
        }
        CC_TRY(starts_item(&nested, w, &e));
        if (e.tag == pixel_data && e.length == undefined)
            CC_TRY(walk_fragments(&items, w));
        else if (e.tag == item || e.sequence || nested || e.length == undefined)
            CC_TRY(walk_inside(w, &e, end, depth));
        else
            CC_TRY(skip(w, e.tag, e.length));
    }
    return CC_OK;
}

/* Group 2, which is explicit and little-endian; keeps the transfer syntax. */
static cc_status read_meta(walker *w) {
    w->is_explicit = true;
    for (;;) {
        uint8_t b[8];
        size_t got;
        element e;
        CC_TRY(peek(&got, w, b, 8));
        if (got < 8 || b[0] != 2 || b[1] != 0) return CC_OK;
        CC_TRY(read_element(&e, w));
        if (e.tag != transfer_syntax || e.length >= UID_BYTES) {
            CC_TRY(skip(w, e.tag, e.length));
            continue;
        }
        for (uint32_t done = 0; done < e.length; done += (uint32_t)got) {
            CC_TRY(fetch(&got, w, (uint8_t *)w->syntax + done, e.length - done < 8 ? e.length - done : 8));
            if (got == 0) return broken(w, e.tag, "it is longer than the file");
        }
        size_t length = strlen(w->syntax);
        if (length && w->syntax[length - 1] == ' ') w->syntax[length - 1] = 0;
    }
}

static cc_status skip_preamble(walker *w, const char *path) {
    uint8_t b[4];
    size_t got = 0;
    CC_TRY(cc_stream_open(&w->stream, path, 0, 0, CC_PACKING_NONE));
    if (cc_stream_bound(w->stream) > PREAMBLE + 4) {
        CC_TRY(skip(w, 0, PREAMBLE));
        CC_TRY(fetch(&got, w, b, 4));
    }
    if (got == 4 && memcmp(b, "DICM", 4) == 0) return CC_OK;
    cc_stream_close(w->stream);
    w->stream = NULL;
    w->at = 0;
    return cc_stream_open(&w->stream, path, 0, 0, CC_PACKING_NONE);
}

cc_status cc_dicom_check(cc_dicom_pixels *out, const char *path) {
    walker w = {.pixels = out};
    cc_status status;
    uint8_t b[8];
    size_t got;
    uint64_t deflated_at = 0;
    memset(out, 0, sizeof *out);
    CC_CHECK(skip_preamble(&w, path));
    CC_CHECK(read_meta(&w));
    /* Deflated explicit little-endian: from here on the file is one deflate stream without a wrapper. */
    if (strcmp(w.syntax, "1.2.840.10008.1.2.1.99") == 0) {
        deflated_at = w.at;
        cc_stream_close(w.stream);
        w.stream = NULL;
        w.kept_count = 0;
        CC_CHECK(cc_stream_open(&w.stream, path, deflated_at, 0, CC_PACKING_DEFLATE));
    }
    w.big_endian = strcmp(w.syntax, "1.2.840.10008.1.2.2") == 0; /* explicit big-endian, retired */
    CC_CHECK(peek(&got, &w, b, 8));
    /* Told by the data, not by the transfer syntax: files without group 2 name none, and some name a wrong
     * one. */
    w.is_explicit = got == 8 && is_vr(b + 4);
    CC_CHECK(walk(&w, UINT64_MAX, 0));
    if (out->found) out->offset -= deflated_at;
    out->deflated_at = deflated_at;
    /* Implicit or explicit little-endian: samples lie in the file as this machine has them. */
    out->plain = !out->encapsulated && (strcmp(w.syntax, "1.2.840.10008.1.2") == 0 ||
                                        strcmp(w.syntax, "1.2.840.10008.1.2.1") == 0 || deflated_at);
done:
    cc_stream_close(w.stream);
    return status;
}
