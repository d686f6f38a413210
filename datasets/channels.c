/* datasets/channels.c -- words of channels as windows and thresholds. */
#include "datasets/channels.h"

#include <stdlib.h>
#include <string.h>
#include "datasets/slice.h"

/* A whole number of HU at *text, which moves behind it; false where there is none within what HU may be. */
static bool read_hu(double *out, const char **text) {
    const char *digits = *text + (**text == '-');
    const size_t length = strspn(digits, "0123456789");
    char *end;
    if (length < 1 || length > 5) return false;
    const long value = strtol(*text, &end, 10);
    *text = end;
    *out = (double)value;
    return value >= CC_WINDOW_HU_MIN && value <= CC_WINDOW_HU_MAX;
}

/* One word; `hu` keeps the window that *out has. */
static bool read_word(cc_channel *out, const char *text) {
    if (strcmp(text, "hu") == 0) return true;
    out->is_mask = strncmp(text, "above_", 6) == 0;
    if (out->is_mask) {
        text += 6;
        return read_hu(&out->above_hu, &text) && !*text;
    }
    if (strncmp(text, "hu_", 3) != 0) return false;
    text += 3;
    return read_hu(&out->window_hu[0], &text) && *text++ == '_' && read_hu(&out->window_hu[1], &text) &&
           !*text && out->window_hu[0] < out->window_hu[1];
}

bool cc_channel_is_name(const char *text) {
    cc_channel ignored = {.is_mask = false};
    return read_word(&ignored, text);
}

cc_status cc_channels_init(cc_channels *out, const char *const *words, int count, int slices,
                           const double window_hu[2]) {
    if (slices < 1 || slices > CC_CHANNEL_SLICES_MAX || slices % 2 == 0)
        return cc_fail(CC_ECONFIG, "data.slices", "use 1, 3 or 5: as many on either side",
                       "%d slices have none in the middle, or are too many", slices);
    if (count < 1 || count > CC_CHANNEL_WORDS_MAX)
        return cc_fail(CC_ECONFIG, "data.channels", "write [hu]", "%d words are not in 1 to %d", count,
                       CC_CHANNEL_WORDS_MAX);
    cc_channels channels = {.word_count = count, .slices = slices};
    for (int i = 0; i < count; i++) {
        memcpy(channels.words[i].window_hu, window_hu, sizeof channels.words[i].window_hu);
        if (!read_word(&channels.words[i], words[i]))
            return cc_fail(CC_ECONFIG, "data.channels", "use " CC_CHANNEL_NAMES, "\"%s\" is no channel",
                           words[i]);
    }
    *out = channels;
    return CC_OK;
}

int cc_channels_count(const cc_channels *channels) {
    return channels->word_count * channels->slices;
}

bool cc_channels_have_mask(const cc_channels *channels) {
    for (int i = 0; i < channels->word_count; i++)
        if (channels->words[i].is_mask) return true;
    return false;
}

void cc_channel_window(float *image, const float *hu, size_t count, const double window_hu[2]) {
    const float low = (float)window_hu[0], scale = (float)(1 / (window_hu[1] - window_hu[0]));
    for (size_t i = 0; i < count; i++) {
        const float value = (hu[i] - low) * scale;
        image[i] = value < 0 ? 0 : value > 1 ? 1 : value;
    }
}
