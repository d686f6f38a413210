/* datasets/readers/gdcm.cpp -- reads one DICOM file through GDCM: the numbers that stand before its
 * pixels, and the decoded pixels.
 *
 * C++ because GDCM is; nothing of it leaves this file but plain structs and statuses. It runs in a child
 * process (core/guard.h). Numbers are read from the text of their elements here, so that what is no number
 * is refused by the name of its field, and what is empty counts as not given. Source: DICOM PS3.6 (tags
 * and names), PS3.5, 6.2 (DS, IS: decimal strings), PS3.3, C.7.6.16 (functional groups). */
#include "datasets/readers/gdcm.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <gdcmPixmapReader.h>
#include <gdcmTrace.h>

namespace {

typedef gdcm::DataSet set;

const gdcm::Tag pixel_data(0x7fe0, 0x0010);

/* A field of decimal strings: its name stands in messages. */
struct named_tag {
    gdcm::Tag tag;
    const char *name;
};
const named_tag pixel_spacing = {{0x0028, 0x0030}, "PixelSpacing"},
                slice_distance = {{0x0018, 0x0088}, "SpacingBetweenSlices"},
                slice_thickness = {{0x0018, 0x0050}, "SliceThickness"},
                position = {{0x0020, 0x0032}, "ImagePositionPatient"},
                orientation = {{0x0020, 0x0037}, "ImageOrientationPatient"},
                slope = {{0x0028, 0x1053}, "RescaleSlope"},
                intercept = {{0x0028, 0x1052}, "RescaleIntercept"},
                temporal = {{0x0020, 0x0100}, "TemporalPositionIdentifier"},
                acquisition = {{0x0020, 0x0012}, "AcquisitionNumber"},
                frames = {{0x0028, 0x0008}, "NumberOfFrames"},
                series_number = {{0x0020, 0x0011}, "SeriesNumber"},
                tilt = {{0x0018, 0x1120}, "GantryDetectorTilt"};

/* Functional groups, and the sequences ("macros") in them that are read. */
const gdcm::Tag shared_groups(0x5200, 0x9229), frame_groups(0x5200, 0x9230), plane_position(0x0020, 0x9113),
    plane_orientation(0x0020, 0x9116), pixel_measures(0x0028, 0x9110), transformation(0x0028, 0x9145),
    frame_content(0x0020, 0x9111), cardiac(0x0018, 0x9118);

/* GDCM prints what it dislikes to standard output and error. */
void silence() {
    gdcm::Trace::SetDebug(false);
    gdcm::Trace::SetWarning(false);
    gdcm::Trace::SetError(false);
}

/* The bytes of an element; NULL where it is absent or empty. */
const gdcm::ByteValue *bytes_of(const set &in, const gdcm::Tag &tag) {
    const gdcm::ByteValue *value = in.FindDataElement(tag) ? in.GetDataElement(tag).GetByteValue() : nullptr;
    return value && value->GetLength() > 0 ? value : nullptr;
}

/* The text of an element, without spaces at its ends; empty where it is absent. */
std::string text_of(const set &in, const gdcm::Tag &tag) {
    const gdcm::ByteValue *value = bytes_of(in, tag);
    if (!value) return "";
    std::string text(value->GetPointer(), value->GetLength());
    text = text.substr(0, text.find('\0'));
    size_t first = text.find_first_not_of(' '), last = text.find_last_not_of(' ');
    return first == std::string::npos ? "" : text.substr(first, last - first + 1);
}

/* Copies a text; what is no printable ASCII becomes '?'. */
template <size_t N> void keep(char (&out)[N], const std::string &text) {
    std::strncpy(out, text.c_str(), N - 1);
    for (char *c = out; *c; c++)
        if (*c < ' ' || *c > '~') *c = '?';
}

/* Thrown out of numbers_of, and turned into a status where it leaves this file. */
[[noreturn]] void refuse_text(const named_tag &of, const std::string &text) {
    char what[160];
    std::snprintf(what, sizeof what, "%s (%04x,%04x): \"%.40s\" is no number", of.name, of.tag.GetGroup(),
                  of.tag.GetElement(), text.c_str());
    throw std::invalid_argument(what);
}

/* Reads numbers of a decimal string, separated by backslashes. Whether there are `count`, neither more nor
 * less. */
bool numbers_of(double *out, int count, const std::string &text, const named_tag &of) {
    const char *next = text.c_str();
    int found = 0;
    for (bool more = true; more; found++) {
        char *end;
        double value = std::strtod(next, &end);
        if (end == next && (*end == 0 || *end == '\\')) return false;
        while (*end == ' ') end++;
        if ((*end && *end != '\\') || !std::isfinite(value)) refuse_text(of, text);
        if (found < count) out[found] = value;
        more = *end == '\\';
        next = end + 1;
    }
    return found == count;
}

/* A number that only distinguishes images, or is compared: one that is none counts as not given. */
double number_of(const set &in, const named_tag &of, double otherwise) try {
    double number;
    return numbers_of(&number, 1, text_of(in, of.tag), of) ? number : otherwise;
} catch (const std::invalid_argument &) {
    return otherwise;
}

/* A binary value of the type that the standard gives an element. */
template <typename T> double binary_of(const set &in, const gdcm::Tag &tag, double otherwise) {
    const gdcm::ByteValue *value = bytes_of(in, tag);
    T number;
    if (!value || value->GetLength() < sizeof number) return otherwise;
    std::memcpy(&number, value->GetPointer(), sizeof number);
    return (double)number;
}

long long short_of(const set &in, const gdcm::Tag &tag, long long otherwise) {
    return (long long)binary_of<uint16_t>(in, tag, (double)otherwise);
}

/* The items of a sequence; an empty pointer where it is absent. */
gdcm::SmartPointer<gdcm::SequenceOfItems> items_of(const set &in, const gdcm::Tag &tag) {
    if (!in.FindDataElement(tag)) return nullptr;
    return in.GetDataElement(tag).GetValueAsSQ();
}

/* The elements of a sequence's item, from 1; none where there is no such item. */
set item_of(const gdcm::SmartPointer<gdcm::SequenceOfItems> &items, size_t number) {
    return items && items->GetNumberOfItems() >= number ? items->GetItem(number).GetNestedDataSet() : set();
}

/* Where a frame's values stand: its own functional groups, those that all share, the file itself. */
struct levels {
    const set &own, &shared, &outside;
    bool is_one; /* the file has one frame: its position, too, must be the same where it is said twice */
    cc_dicom_file *file;

    std::string text(const gdcm::Tag &macro, const gdcm::Tag &tag) const {
        for (const set *groups : {&own, &shared}) {
            const std::string inner = text_of(item_of(items_of(*groups, macro), 1), tag);
            if (!inner.empty()) return inner;
        }
        return text_of(outside, tag);
    }

    /* `count` numbers of a field; whether they are given. Zero where not. */
    bool numbers(double *out, int count, const gdcm::Tag &macro, const named_tag &of) const {
        const std::string chosen = text(macro, of.tag), other = text_of(outside, of.tag);
        double others[6];
        /* Position and time differ from frame to frame: the file's own value binds only where there is one
         * frame. */
        bool given = numbers_of(out, count, chosen, of), differs = false, binds = is_one || &of != &position;
        if (given && binds && other != chosen && numbers_of(others, count, other, of))
            for (int i = 0; i < count; i++)
                differs |= std::fabs(out[i] - others[i]) > 1e-4 * std::fmax(1, std::fabs(out[i]));
        if (differs) keep(file->contradiction, of.name);
        for (int i = 0; i < count && !given; i++) out[i] = 0;
        return given;
    }
};

void read_frame(cc_dicom_frame *out, const levels &from) {
    double numbers[6];
    /* A spacing of 0 or less counts as not given: the caller asks for it then. */
    if (from.numbers(numbers, 2, pixel_measures, pixel_spacing) && numbers[0] > 0 && numbers[1] > 0) {
        out->spacing_mm[1] = numbers[0]; /* PixelSpacing: the distance of rows (y), then of columns (x) */
        out->spacing_mm[0] = numbers[1];
    }
    for (const named_tag &of : {slice_distance, slice_thickness})
        if (out->spacing_mm[2] == 0 && numbers_of(numbers, 1, from.text(pixel_measures, of.tag), of))
            out->spacing_mm[2] = std::fabs(numbers[0]);
    out->has_position = from.numbers(out->position_mm, 3, plane_position, position);
    out->has_orientation = from.numbers(numbers, 6, plane_orientation, orientation);
    for (int k = 0; k < 3; k++) {
        out->row[k] = out->has_orientation ? numbers[k] : k == 0;
        out->column[k] = out->has_orientation ? numbers[3 + k] : k == 1;
    }
    out->has_slope = from.numbers(&out->slope, 1, transformation, slope);
    out->has_intercept = from.numbers(&out->intercept, 1, transformation, intercept);
    if (!out->has_slope) out->slope = 1;
    const set content = item_of(items_of(from.own, frame_content), 1);
    const set beat = item_of(items_of(from.own, cardiac), 1);
    const gdcm::Tag phase(0x0020, 0x9241);
    keep(out->stack, text_of(content, gdcm::Tag(0x0020, 0x9056)));
    out->time =
        binary_of<uint32_t>(content, gdcm::Tag(0x0020, 0x9128), number_of(from.outside, temporal, -1));
    out->phase = binary_of<double>(beat, phase, binary_of<double>(from.outside, phase, -1));
    out->acquisition = number_of(from.outside, acquisition, -1);
}

void read_pixel_format(cc_dicom_file *out, const set &in) {
    out->height = short_of(in, gdcm::Tag(0x0028, 0x0010), 0);
    out->width = short_of(in, gdcm::Tag(0x0028, 0x0011), 0);
    out->samples = short_of(in, gdcm::Tag(0x0028, 0x0002), 1);
    out->bits_allocated = short_of(in, gdcm::Tag(0x0028, 0x0100), -1);
    out->bits_stored = short_of(in, gdcm::Tag(0x0028, 0x0101), -1);
    out->high_bit = short_of(in, gdcm::Tag(0x0028, 0x0102), -1);
    out->pixel_representation = short_of(in, gdcm::Tag(0x0028, 0x0103), -1);
    out->padding = short_of(in, gdcm::Tag(0x0028, 0x0120), -1);
    out->padding_limit = short_of(in, gdcm::Tag(0x0028, 0x0121), -1);
    if (!numbers_of(&out->frames, 1, text_of(in, frames.tag), frames)) out->frames = 1;
    out->has_lut = in.FindDataElement(gdcm::Tag(0x0028, 0x3000));
    keep(out->photometric, text_of(in, gdcm::Tag(0x0028, 0x0004)));
}

void read_file(cc_dicom_file *out, const set &in) {
    read_pixel_format(out, in);
    keep(out->modality, text_of(in, gdcm::Tag(0x0008, 0x0060)));
    keep(out->contrast, text_of(in, gdcm::Tag(0x0018, 0x0010)));
    keep(out->sop_class, text_of(in, gdcm::Tag(0x0008, 0x0016)));
    keep(out->series, text_of(in, gdcm::Tag(0x0020, 0x000e)));
    keep(out->description, text_of(in, gdcm::Tag(0x0008, 0x103e)));
    keep(out->pixel_spacing, text_of(in, pixel_spacing.tag));
    out->series_number = number_of(in, series_number, -1);
    out->is_localizer = text_of(in, gdcm::Tag(0x0008, 0x0008)).find("LOCALIZER") != std::string::npos;
    out->tilt_degrees = number_of(in, tilt, NAN);
    /* Spacing at the detector (mammography, radiography) or as nominal: not that of the patient, so never
     * taken; named in the error. */
    const std::string detector = text_of(in, gdcm::Tag(0x0018, 0x1164)),
                      nominal = text_of(in, gdcm::Tag(0x0018, 0x2010));
    if (!detector.empty())
        keep(out->other_spacing, "ImagerPixelSpacing " + detector);
    else if (!nominal.empty())
        keep(out->other_spacing, "NominalScannedPixelSpacing " + nominal);
}

void read_header(cc_dicom_header *out, size_t room, const set &in) {
    const gdcm::SmartPointer<gdcm::SequenceOfItems> groups = items_of(in, frame_groups);
    const set shared = item_of(items_of(in, shared_groups), 1);
    cc_dicom_file *file = &out->file;
    read_file(file, in);
    file->frame_groups = groups ? (long long)groups->GetNumberOfItems() : 0;
    for (size_t i = 0; i < room && (i == 0 || (double)i < file->frames); i++) {
        const set own = item_of(groups, i + 1);
        const levels from = {own, shared, in, file->frames == 1, file};
        read_frame(&out->frames[i], from);
        if (i == 0) keep(file->rescale_type, from.text(transformation, gdcm::Tag(0x0028, 0x1054)));
    }
}

/* Sets `fault`. */
cc_status broken(cc_gdcm_fault *fault, const char *why) {
    std::snprintf(fault->what, sizeof fault->what, "DICOM: %s", why);
    fault->hint = "the file is cut off or damaged";
    return CC_EFORMAT;
}

cc_status header(cc_gdcm_fault *fault, void *out, size_t bytes, const char *path) try {
    silence();
    std::memset(out, 0, bytes);
    gdcm::Reader reader;
    reader.SetFileName(path);
    if (!reader.ReadUpToTag(pixel_data)) return broken(fault, "the data elements cannot be read");
    read_header(static_cast<cc_dicom_header *>(out),
                1 + (bytes - sizeof(cc_dicom_header)) / sizeof(cc_dicom_frame),
                reader.GetFile().GetDataSet());
    return CC_OK;
} catch (const std::invalid_argument &invalid) {
    return broken(fault, invalid.what());
} catch (const std::exception &) {
    return broken(fault, "the data elements cannot be read");
}

/* A pixmap is what an image of GDCM is, without its place in space, which functional groups may not give as
 * GDCM expects. */
cc_status pixels(cc_gdcm_fault *fault, void *bytes, size_t capacity, const char *path) try {
    silence();
    gdcm::PixmapReader reader;
    reader.SetFileName(path);
    if (!reader.Read()) return broken(fault, "PixelData: it is missing or cannot be read");
    const gdcm::Pixmap &image = reader.GetPixmap();
    if (image.GetBufferLength() != capacity) {
        std::snprintf(fault->what, sizeof fault->what,
                      "PixelData: %lu bytes, where Rows, Columns and NumberOfFrames ask for %zu",
                      image.GetBufferLength(), capacity);
        fault->hint = "the file is damaged";
        return CC_EFORMAT;
    }
    if (!image.GetBuffer(static_cast<char *>(bytes))) return broken(fault, "PixelData: it cannot be decoded");
    return CC_OK;
} catch (const std::exception &) {
    return broken(fault, "PixelData: it cannot be decoded");
}

} // namespace

const cc_gdcm cc_gdcm_functions = {sizeof(cc_dicom_header), sizeof(cc_dicom_frame), header, pixels};
