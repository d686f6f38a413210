/* datasets/readers/dicom_image.c -- one DICOM file with pixels: its samples, padding, and HU by the
 * frame's own rescale.
 *
 * Uncompressed samples are read here, all others decoded by GDCM. Samples are read here because GDCM
 * clears the bits above BitsStored, and padding is written into them: -2000 as 63536 into an image of 12
 * bits would become 2096, which is bone.
 *
 *     HU = RescaleSlope * stored + RescaleIntercept    (PS3.3, C.11.1)
 *
 * where `stored` is the lowest BitsStored bits of a sample, in two's complement where PixelRepresentation
 * is 1 (PS3.5, 8.1.1). Padding (C.7.5.1.1.2: PixelPaddingValue, PixelPaddingRangeLimit) stands for no
 * measurement, outside the circle that was reconstructed; what of it would read above water becomes air. */
#include "datasets/readers/dicom_image.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "core/file.h"
#include "core/guard.h"
#include "datasets/readers/stream.h"

/* Lossless codecs compress an empty slice to nearly nothing: claims of up to 32 MiB are not held against the
 * file's size; larger ones may be 1032 times the file at most, as deflate's. */
static const uint64_t unchecked_bytes = UINT64_C(1) << 25, ratio_max = 1032;

/* More frames than any scan has; bounds products of sizes, too. */
static const double frames_max = 1 << 24;

/* What GDCM may take, beside what file and pixels ask for: it believes the length that an element states,
 * whatever the file's own. */
static const uint64_t decoder_bytes = UINT64_C(1) << 26;

/* The top of the extended CT scale (12 bits, slope 10, intercept -10240), as used about metal. */
static const double highest_hu = 30710, water_hu = 0, air_hu = -1024;

static cc_status read_header(cc_dicom_image *image, size_t frames, cc_arena *arena) {
    const cc_guard_job job = {.work = cc_dicom_file_header,
                              .bytes = cc_dicom_header_bytes(frames),
                              .allowance = decoder_bytes + 4 * image->file_bytes};
    void *header = cc_arena_get(arena, job.bytes);
    if (!header) return CC_ENOMEM;
    image->header = header;
    return cc_guard_run(header, &job, image->path);
}

cc_status cc_dicom_image_open(cc_dicom_image *out, const char *path, const char *name, cc_arena *arena) {
    memset(out, 0, sizeof *out);
    out->path = cc_arena_copy(arena, path);
    out->name = cc_arena_copy(arena, name);
    if (!out->path || !out->name) return CC_ENOMEM;
    CC_TRY(cc_file_size(&out->file_bytes, path));
    CC_TRY(cc_dicom_check(&out->pixels, path));
    CC_TRY(cc_dicom_file_prepare());
    return read_header(out, 1, arena);
}

/* CT, enhanced CT, and legacy converted enhanced CT image storage. */
static bool is_ct_object(const cc_dicom_file *f) {
    static const char *const classes[] = {"1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.1",
                                          "1.2.840.10008.5.1.4.1.1.2.2"};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
        if (strcmp(f->sop_class, classes[i]) == 0) return true;
    return false;
}

bool cc_dicom_image_is_ct(const cc_dicom_image *image) {
    const cc_dicom_file *f = &image->header->file;
    return f->modality[0] ? strcmp(f->modality, "CT") == 0 : is_ct_object(f);
}

bool cc_dicom_image_is_blank(const cc_dicom_image *image) {
    return !image->pixels.found && !is_ct_object(&image->header->file);
}

static uint64_t frame_bytes(const cc_dicom_image *image) {
    const cc_dicom_file *f = &image->header->file;
    return (uint64_t)f->width * (uint64_t)f->height * (uint64_t)f->bits_allocated / 8;
}

/* What a pixel is. Photometric interpretation MONOCHROME1 only asks to be shown with low values bright. */
static cc_status check_format(const cc_dicom_file *f, const char *path) {
    if (f->width < 1 || f->height < 1)
        return cc_fail(CC_EUNSUPPORTED, path, "name a file with pixels", "Rows, Columns: it holds no image");
    if (f->samples != 1 || (f->photometric[0] && strcmp(f->photometric, "MONOCHROME1") != 0 &&
                            strcmp(f->photometric, "MONOCHROME2") != 0))
        return cc_fail(CC_EUNSUPPORTED, path, "one grey value a pixel is read",
                       "PhotometricInterpretation, SamplesPerPixel: %s, %lld", f->photometric, f->samples);
    if (f->has_lut)
        return cc_fail(CC_EUNSUPPORTED, path, "convert it: HU by RescaleSlope and RescaleIntercept are read",
                       "ModalityLUTSequence: a table gives the values of its pixels");
    if (f->bits_allocated != 8 && f->bits_allocated != 16 && f->bits_allocated != 32)
        return cc_fail(CC_EUNSUPPORTED, path, "8, 16 or 32 are read", "BitsAllocated: %lld",
                       f->bits_allocated);
    if (f->bits_stored < 0)
        return cc_fail(CC_EFORMAT, path, "an image must have it", "BitsStored: it is missing");
    if (f->bits_stored < 1 || f->bits_stored > f->bits_allocated)
        return cc_fail(CC_EFORMAT, path, NULL, "BitsStored: %lld, where BitsAllocated is %lld",
                       f->bits_stored, f->bits_allocated);
    if (f->high_bit >= 0 && f->high_bit != f->bits_stored - 1)
        return cc_fail(CC_EUNSUPPORTED, path, "the lowest bits must hold the value",
                       "HighBit: %lld, where BitsStored is %lld", f->high_bit, f->bits_stored);
    if (f->pixel_representation != 0 && f->pixel_representation != 1)
        return cc_fail(CC_EFORMAT, path, "it must be 0 (unsigned) or 1 (signed)", "PixelRepresentation: %s",
                       f->pixel_representation < 0 ? "it is missing" : "it is neither 0 nor 1");
    return CC_OK;
}

/* What the header claims against what the file holds. */
static cc_status check_pixels(const cc_dicom_image *image) {
    const cc_dicom_file *f = &image->header->file;
    const cc_dicom_pixels *pixels = &image->pixels;
    const char *path = image->path;
    if (!pixels->found)
        return cc_fail(CC_EUNSUPPORTED, path, "name a file with pixels", "PixelData: it is missing");
    if (!(f->frames >= 1 && f->frames <= frames_max && f->frames == floor(f->frames)))
        return cc_fail(CC_EFORMAT, path, "it must be a whole number from 1", "NumberOfFrames: %g", f->frames);
    /* Width and height have 16 bits, a sample 32, frames 24: no overflow. */
    uint64_t need = frame_bytes(image) * (uint64_t)f->frames; /* below 2^58 bytes */
    /* Values of elements have an even length: one byte more than needed may follow. */
    if (!pixels->encapsulated && (pixels->bytes < need || pixels->bytes > need + 1))
        return cc_fail(
            CC_EFORMAT, path, "the file is cut off or its header is wrong",
            "PixelData: %llu bytes, where Rows, Columns, BitsAllocated and NumberOfFrames ask for %llu",
            (unsigned long long)pixels->bytes, (unsigned long long)need);
    if (need > unchecked_bytes && need / ratio_max > image->file_bytes)
        return cc_fail(CC_EFORMAT, path, "the file is cut off or its header is wrong",
                       "Rows, Columns, NumberOfFrames: %lld x %lld x %.0f pixels cannot come from %llu bytes",
                       f->height, f->width, f->frames, (unsigned long long)image->file_bytes);
    if (f->frames == 1) return CC_OK;
    if (pixels->encapsulated && pixels->fragments != (uint64_t)f->frames)
        return cc_fail(CC_EUNSUPPORTED, path, "one fragment a frame is read",
                       "PixelData: %llu fragments, where NumberOfFrames is %.0f",
                       (unsigned long long)pixels->fragments, f->frames);
    if (f->frame_groups != (long long)f->frames)
        return cc_fail(CC_EUNSUPPORTED, path, "an item a frame says where the frames lie",
                       "PerFrameFunctionalGroupsSequence: %lld items, where NumberOfFrames is %.0f",
                       f->frame_groups, f->frames);
    return CC_OK;
}

static cc_status check_frame(const cc_dicom_image *image, int number) {
    const cc_dicom_frame *at = &image->header->frames[number];
    if (at->slope == 0)
        return cc_fail(CC_EFORMAT, image->path, NULL, "RescaleSlope: 0 makes all voxels of frame %d alike",
                       number + 1);
    /* Lengths and angle of the two axes: 1, 1 and 0, but for what decimal strings round away. */
    double xx = 0, yy = 0, xy = 0;
    for (int k = 0; k < 3; k++) {
        xx += at->row[k] * at->row[k];
        yy += at->column[k] * at->column[k];
        xy += at->row[k] * at->column[k];
    }
    if (!(fabs(xx - 1) < 0.02 && fabs(yy - 1) < 0.02 && fabs(xy) < 0.01))
        return cc_fail(CC_EFORMAT, image->path, "two unit vectors at right angles are wanted",
                       "ImageOrientationPatient: %g, %g, %g and %g, %g, %g", at->row[0], at->row[1],
                       at->row[2], at->column[0], at->column[1], at->column[2]);
    return CC_OK;
}

cc_status cc_dicom_image_prepare(cc_dicom_image *image, cc_arena *arena) {
    CC_TRY(check_format(&image->header->file, image->path));
    CC_TRY(check_pixels(image));
    int frames = (int)image->header->file.frames;
    if (frames > 1) CC_TRY(read_header(image, (size_t)frames, arena));
    const char *field = image->header->file.contradiction;
    if (field[0])
        return cc_fail(CC_EFORMAT, image->path, "correct one of the two",
                       "%s: the functional groups say otherwise than the file itself", field);
    for (int i = 0; i < frames; i++) CC_TRY(check_frame(image, i));
    return CC_OK;
}

cc_sample_type cc_dicom_image_sample(const cc_dicom_image *image) {
    static const cc_sample_type samples[3][2] = {{CC_SAMPLE_UINT8, CC_SAMPLE_INT8},
                                                 {CC_SAMPLE_UINT16, CC_SAMPLE_INT16},
                                                 {CC_SAMPLE_UINT32, CC_SAMPLE_INT32}};
    const cc_dicom_file *f = &image->header->file;
    return samples[f->bits_allocated / 16][f->pixel_representation];
}

static uint32_t word_at(const uint8_t *bytes, size_t index, size_t width) {
    uint16_t short_word;
    uint32_t word;
    if (width == 1) return bytes[index];
    if (width == 2) return memcpy(&short_word, bytes + 2 * index, sizeof short_word), short_word;
    return memcpy(&word, bytes + 4 * index, sizeof word), word;
}

/* The lowest `bits` of a word as a number; two's complement where it is signed: value - 2^bits with the sign
 * bit set. */
static int64_t number_of(uint32_t word, long long bits, bool is_signed) {
    uint32_t sign = UINT32_C(1) << (bits - 1), value = word & (sign | (sign - 1));
    return is_signed && value & sign ? (int64_t)value - 2 * (int64_t)sign : (int64_t)value;
}

/* Whether a sample stands for no measurement. PixelPaddingValue is believed with either sign, as it is often
 * written with the wrong one, and where a decoder has cleared the bits above BitsStored, without these. So is
 * a negative number in an unsigned image of fewer bits than are allocated, declared or not: its upper bits
 * are all set. */
static bool is_padding(uint32_t word, const cc_dicom_image *image) {
    const cc_dicom_file *f = &image->header->file;
    const bool is_signed = f->pixel_representation == 1;
    const long long unused = f->bits_allocated - f->bits_stored;
    const int64_t stored = number_of(word, f->bits_allocated, is_signed);
    /* All unused bits set in an unsigned image: a negative number that was written as if it were signed. */
    if (!is_signed && unused >= 4 && word >> f->bits_stored == (UINT32_C(1) << unused) - 1) return true;
    if (f->padding < 0) return false;
    int64_t value = number_of((uint32_t)f->padding, 16, true), limit;
    if (stored == f->padding || stored == value) return true;
    /* A decoder has cleared the unused bits: the padding value without these. */
    if (!image->pixels.plain && stored == number_of((uint32_t)f->padding, f->bits_stored, is_signed))
        return true;
    if (f->padding_limit < 0) return false;
    limit = number_of((uint32_t)f->padding_limit, 16, true);
    if (!is_signed) value = f->padding, limit = f->padding_limit;
    /* The range goes either way (C.7.5.1.1.2): from the value up to the limit, or down to it. */
    return value < limit ? stored >= value && stored <= limit : stored >= limit && stored <= value;
}

/* HU of padding: what it is as a signed number of 16 bits where that is no tissue, else air. */
static double padding_hu(int64_t stored, const cc_dicom_frame *frame) {
    double hu = frame->slope * (double)number_of((uint32_t)stored, 16, true) + frame->intercept;
    return stored >= 0 && stored <= UINT16_MAX && hu < air_hu ? hu : air_hu;
}

/* The samples of one frame, in this machine's byte order, as HU. */
static cc_status decode(float *out, uint64_t *padded, const uint8_t *bytes, const cc_dicom_image *image,
                        int number) {
    const cc_dicom_file *f = &image->header->file;
    const cc_dicom_frame *frame = &image->header->frames[number];
    const bool is_signed = f->pixel_representation == 1, is_ct = cc_dicom_image_is_ct(image);
    const size_t width = (size_t)f->bits_allocated / 8, count = (size_t)f->width * (size_t)f->height;
    for (size_t i = 0; i < count; i++) {
        uint32_t word = word_at(bytes, i, width);
        int64_t stored = number_of(word, f->bits_allocated, is_signed);
        bool padding = is_padding(word, image);
        int64_t value = padding ? stored : number_of(word, f->bits_stored, is_signed);
        double hu = frame->slope * (double)value + frame->intercept;
        /* Padding that reads as air already stays as it is; a CT value beyond the extended scale is
         * padding that was not declared. */
        if (hu > (padding ? water_hu : is_ct ? highest_hu : INFINITY)) {
            hu = padding_hu(stored, frame);
            ++*padded;
        }
        out[i] = (float)hu;
        if (!isfinite(out[i]))
            return cc_fail(CC_EUNSUPPORTED, image->path, "the header may be wrong",
                           "RescaleSlope, RescaleIntercept: %g, %g make a value that float32 HU cannot be",
                           frame->slope, frame->intercept);
    }
    return CC_OK;
}

/* The samples of `count` bytes from `offset` on, as they lie in the file or in its deflated part; the caller
 * frees them. */
static cc_status read_plain(uint8_t **out, const cc_dicom_image *image, uint64_t offset, size_t count) {
    const cc_dicom_pixels *pixels = &image->pixels;
    cc_stream *stream = NULL;
    cc_status status;
    *out = malloc(count);
    if (!*out) return cc_fail_memory("a slice", count);
    if (pixels->deflated_at) {
        CC_CHECK(cc_stream_open(&stream, image->path, pixels->deflated_at, 0, CC_PACKING_DEFLATE));
        CC_CHECK(cc_stream_skip(stream, pixels->offset + offset));
    } else
        CC_CHECK(cc_stream_open(&stream, image->path, pixels->offset + offset, count, CC_PACKING_NONE));
    status = cc_stream_read(stream, *out, count);
done:
    cc_stream_close(stream);
    if (status != CC_OK) free(*out);
    return status;
}

/* The samples of all frames, through GDCM; the caller frees them. */
static cc_status read_coded(uint8_t **out, const cc_dicom_image *image, size_t count) {
    const cc_guard_job job = {.work = cc_dicom_file_pixels,
                              .bytes = count,
                              .allowance = decoder_bytes + 4 * image->file_bytes + 8 * count};
    *out = calloc(1, count);
    if (!*out) return cc_fail_memory("the pixels", count);
    cc_status status = cc_guard_run(*out, &job, image->path);
    if (status != CC_OK) free(*out);
    return status;
}

/* Whether a frame can be read without those before it: uncompressed samples, at a known place of the file. */
static bool has_separate_frames(const cc_dicom_image *image) {
    return image->pixels.plain && !image->pixels.deflated_at;
}

static cc_status read_all_samples(uint8_t **out, const cc_dicom_image *image) {
    size_t count = (size_t)(frame_bytes(image) * (uint64_t)image->header->file.frames);
    return image->pixels.plain ? read_plain(out, image, 0, count) : read_coded(out, image, count);
}

cc_status cc_dicom_image_read(float *values, uint64_t *padded, const cc_dicom_image *image, int frame) {
    uint8_t *samples;
    uint64_t bytes = frame_bytes(image), offset = (uint64_t)frame * bytes;
    bool separate = has_separate_frames(image);
    CC_TRY(separate ? read_plain(&samples, image, offset, (size_t)bytes) : read_all_samples(&samples, image));
    cc_status status = decode(values, padded, samples + (separate ? 0 : offset), image, frame);
    free(samples);
    return status;
}

cc_status cc_dicom_image_read_all(float *values, uint64_t *padded, const cc_dicom_image *image,
                                  const int64_t *target) {
    const cc_dicom_file *f = &image->header->file;
    const size_t area = (size_t)f->width * (size_t)f->height;
    uint8_t *samples = NULL;
    cc_status status = has_separate_frames(image) ? CC_OK : read_all_samples(&samples, image);
    if (status != CC_OK) return status;
    for (int i = 0; status == CC_OK && i < (int)f->frames; i++) {
        if (target[i] < 0) continue;
        float *to = values + (size_t)target[i] * area;
        status = samples ? decode(to, padded, samples + (size_t)i * frame_bytes(image), image, i)
                         : cc_dicom_image_read(to, padded, image, i);
    }
    free(samples);
    return status;
}
