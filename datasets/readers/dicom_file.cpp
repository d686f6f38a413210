#include "datasets/readers/dicom_file.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>
#include <gdcmImageReader.h>
#include <gdcmTrace.h>

namespace {

const gdcm::Tag pixel_data(0x7fe0, 0x0010);

void silence() {
    gdcm::Trace::SetDebug(false);
    gdcm::Trace::SetWarning(false);
    gdcm::Trace::SetError(false);
}

/* The text of an element; empty where it is absent. */
std::string text_of(const gdcm::DataSet &set, uint16_t group, uint16_t element) {
    const gdcm::Tag tag(group, element);
    if (!set.FindDataElement(tag)) return "";
    const gdcm::ByteValue *value = set.GetDataElement(tag).GetByteValue();
    if (!value) return "";
    std::string text(value->GetPointer(), value->GetLength());
    return text.substr(0, text.find('\0'));
}

/* Thrown out of numbers_of, and turned into a status where it leaves this file. */
[[noreturn]] void refuse_text(unsigned group, unsigned element, const std::string &text) {
    char what[128];
    std::snprintf(what, sizeof what, "(%04x,%04x): \"%.40s\" is no number", group, element, text.c_str());
    throw std::invalid_argument(what);
}

/* Numbers of a decimal string, separated by backslashes; how many there were. */
int numbers_of(double *out, int most, const gdcm::DataSet &set, uint16_t group, uint16_t element) {
    const std::string text = text_of(set, group, element);
    const char *next = text.c_str();
    int count = 0;
    while (count < most) {
        char *end;
        double value = std::strtod(next, &end);
        if (end == next) break;
        out[count++] = value;
        while (*end == ' ') end++;
        if (*end && *end != '\\') refuse_text(group, element, text);
        if (!*end) break;
        next = end + 1;
    }
    return count;
}

long long short_of(const gdcm::DataSet &set, uint16_t group, uint16_t element, long long otherwise) {
    const gdcm::Tag tag(group, element);
    if (!set.FindDataElement(tag)) return otherwise;
    const gdcm::ByteValue *value = set.GetDataElement(tag).GetByteValue();
    if (!value || value->GetLength() < 2) return otherwise;
    uint16_t number;
    std::memcpy(&number, value->GetPointer(), sizeof number);
    return number;
}

void read_place(cc_dicom_file *out, const gdcm::DataSet &set) {
    double numbers[6];
    out->spacing_mm[0] = out->spacing_mm[1] = out->spacing_mm[2] = 1;
    if (numbers_of(numbers, 2, set, 0x0028, 0x0030) == 2) { /* the distance of rows, then of columns */
        out->spacing_mm[1] = numbers[0];
        out->spacing_mm[0] = numbers[1];
    }
    if (numbers_of(numbers, 1, set, 0x0018, 0x0088) == 1 || numbers_of(numbers, 1, set, 0x0018, 0x0050) == 1)
        out->spacing_mm[2] = std::fabs(numbers[0]);
    out->has_position = numbers_of(out->position_mm, 3, set, 0x0020, 0x0032) == 3;
    if (!out->has_position) std::memset(out->position_mm, 0, sizeof out->position_mm);
    bool oriented = numbers_of(numbers, 6, set, 0x0020, 0x0037) == 6;
    for (int k = 0; k < 3; k++) {
        out->row[k] = oriented ? numbers[k] : k == 0;
        out->column[k] = oriented ? numbers[3 + k] : k == 1;
    }
}

void read_image(cc_dicom_file *out, const gdcm::DataSet &set) {
    double number;
    out->height = short_of(set, 0x0028, 0x0010, 0);
    out->width = short_of(set, 0x0028, 0x0011, 0);
    out->samples = short_of(set, 0x0028, 0x0002, 1);
    out->bits_allocated = short_of(set, 0x0028, 0x0100, 0);
    out->is_signed = short_of(set, 0x0028, 0x0103, 0) == 1;
    out->frames = numbers_of(&number, 1, set, 0x0028, 0x0008) == 1 && number >= 0 && number < 1e9
                      ? (long long)number
                      : 1;
    out->slope = numbers_of(&number, 1, set, 0x0028, 0x1053) == 1 ? number : 1;
    out->intercept = numbers_of(&number, 1, set, 0x0028, 0x1052) == 1 ? number : 0;
    std::strncpy(out->series, text_of(set, 0x0020, 0x000e).c_str(), sizeof out->series - 1);
}

cc_status broken(const char *path, const char *why) {
    return cc_fail(CC_EFORMAT, path, "the file is cut off or damaged", "DICOM: %s", why);
}

} // namespace

cc_status cc_dicom_file_header(void *bytes, size_t, const char *path) try {
    silence();
    cc_dicom_file *out = static_cast<cc_dicom_file *>(bytes);
    *out = cc_dicom_file();
    gdcm::Reader reader;
    reader.SetFileName(path);
    if (!reader.ReadUpToTag(pixel_data)) return broken(path, "the data elements cannot be read");
    const gdcm::DataSet &set = reader.GetFile().GetDataSet();
    read_image(out, set);
    read_place(out, set);
    return CC_OK;
} catch (const std::invalid_argument &fault) {
    return broken(path, fault.what());
} catch (const std::exception &) {
    return broken(path, "the data elements cannot be read");
}

cc_status cc_dicom_file_pixels(void *bytes, size_t capacity, const char *path) try {
    silence();
    gdcm::ImageReader reader;
    reader.SetFileName(path);
    if (!reader.Read()) return broken(path, "PixelData: it is missing or cannot be read");
    const gdcm::Image &image = reader.GetImage();
    if (image.GetBufferLength() != capacity)
        return cc_fail(CC_EFORMAT, path, "the file is damaged",
                       "PixelData: %lu bytes, where Rows and Columns ask for %zu", image.GetBufferLength(),
                       capacity);
    if (!image.GetBuffer(static_cast<char *>(bytes))) return broken(path, "PixelData: it cannot be decoded");
    return CC_OK;
} catch (const std::exception &) {
    return broken(path, "PixelData: it cannot be decoded");
}
