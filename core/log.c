/* core/log.c -- lines and the progress bar, under one mutex.
 *
 * The bar is the last line of a terminal: whoever prints a line erases it first (ESC[2K) and draws it
 * again below. Where standard error is a file or a pipe, progress is a plain line every ten seconds, and
 * only while nothing else was printed, so that logs of clusters stay short. Whether the bar may be drawn
 * is asked each time, as a program may be sent to the background. */
#include "core/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "core/clock.h"

enum { BAR_CELLS_MAX = 24, BAR_CELLS_MIN = 8, REDRAW_MS = 100, PLAIN_LINE_MS = 10000 };

struct cc_progress {
    char title[160], detail[160];
    uint64_t total, done, first; /* `first` steps were done before */
    double start_s, shown_s;
    uint64_t lines; /* line_count at its last update: tells whether anything was printed since */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static cc_log_level lowest = CC_LOG_INFO;
static cc_progress *bar;    /* the bar on the terminal's last line, or NULL */
static uint64_t line_count; /* lines printed so far, of any kind */
static double line_s;       /* when the last one was */

/* One that can erase a line. */
static bool on_terminal(void) {
    const char *kind = getenv("TERM");
    return isatty(STDERR_FILENO) && !(kind && strcmp(kind, "dumb") == 0);
}

static int terminal_width(void) {
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

static double rate_of(const cc_progress *p) {
    double seconds = cc_clock_s() - p->start_s;
    return seconds > 0 && p->done > p->first ? (double)(p->done - p->first) / seconds : 0;
}

/* How much is done, how fast, how long still, and the detail. */
static int format_numbers(char *out, size_t capacity, const cc_progress *p) {
    char left[16] = "?";
    /* The time left assumes that the steps to come take as long as those of this process so far. */
    double rate = rate_of(p);
    if (rate > 0) cc_clock_format(left, (double)(p->total - p->done) / rate);
    int length =
        snprintf(out, capacity, "%3d%%  %.1f/s  %s left%s%s", p->total ? (int)(100 * p->done / p->total) : 0,
                 rate, left, p->detail[0] ? "  " : "", p->detail);
    return length < (int)capacity ? length : (int)capacity - 1;
}

/* The numbers come first when room is short: the cells shrink before the title goes, and both before a
 * number is cut. */
static void draw_bar(const cc_progress *p) {
    char numbers[256], cells[BAR_CELLS_MAX * 3 + 1] = ""; /* a cell has up to 3 bytes of UTF-8 */
    int room = terminal_width() - 1, title = (int)strlen(p->title) + 1;
    int length = format_numbers(numbers, sizeof numbers, p);
    /* Room is given to the numbers first, then to the title, and what is left to the cells. */
    if (length > room) length = room;
    if (title + BAR_CELLS_MIN + 1 + length > room) title = 0;
    int count = room - title - length - 1;
    if (count > BAR_CELLS_MAX) count = BAR_CELLS_MAX;
    int full = p->total && count > 0 ? (int)((uint64_t)count * p->done / p->total) : 0;
    for (int i = 0; i < count; i++) strcat(cells, i < full ? "━" : "·");
    fprintf(stderr, "\r\033[2K%s%s%s%s%.*s", title ? p->title : "", title ? " " : "", cells,
            count > 0 ? " " : "", length, numbers);
    fflush(stderr);
}

static void note_line(void) {
    line_count++;
    line_s = cc_clock_s();
}

static void print_plain(cc_progress *p) {
    char spent[16];
    cc_clock_format(spent, cc_clock_s() - p->start_s);
    fprintf(stderr, "calcade: %s: %llu/%llu in %s, %.1f/s%s%s\n", p->title, (unsigned long long)p->done,
            (unsigned long long)p->total, spent, rate_of(p), p->detail[0] ? "  " : "", p->detail);
    note_line();
}

void cc_log_set_level(cc_log_level level) {
    lowest = level;
}

void cc_log(cc_log_level level, const char *format, ...) {
    if (level < lowest) return;
    static const char *const prefix[] = {"", "", "warning: ", "error: "};
    char text[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    pthread_mutex_lock(&mutex);
    if (bar) fputs("\r\033[2K", stderr);
    fprintf(stderr, "calcade: %s%s\n", prefix[level], text);
    note_line();
    if (bar) draw_bar(bar);
    pthread_mutex_unlock(&mutex);
}

cc_progress *cc_progress_create(const char *title, uint64_t total) {
    cc_progress *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    snprintf(p->title, sizeof p->title, "%s", title);
    p->total = total;
    p->start_s = p->shown_s = cc_clock_s();
    pthread_mutex_lock(&mutex);
    p->lines = line_count;
    if (on_terminal() && !bar && lowest <= CC_LOG_INFO) {
        bar = p;
        draw_bar(p);
    }
    pthread_mutex_unlock(&mutex);
    return p;
}

void cc_progress_skip(cc_progress *p, uint64_t done) {
    if (!p) return;
    pthread_mutex_lock(&mutex);
    p->done = p->first = done < p->total ? done : p->total;
    if (bar == p && done) draw_bar(p);
    pthread_mutex_unlock(&mutex);
}

void cc_progress_update(cc_progress *p, uint64_t done, const char *detail) {
    if (!p) return;
    pthread_mutex_lock(&mutex);
    p->done = done < p->total ? done : p->total;
    p->lines = line_count;
    if (detail) snprintf(p->detail, sizeof p->detail, "%s", detail);
    /* A bar is drawn ten times a second at most; drawing costs more than many steps do. */
    double now = cc_clock_s(), quiet_s = now - (line_s > p->start_s ? line_s : p->start_s);
    if (bar == p && (1000 * (now - p->shown_s) >= REDRAW_MS || p->done == p->total)) {
        draw_bar(p);
        p->shown_s = now;
    } else if (!on_terminal() && lowest <= CC_LOG_INFO && 1000 * quiet_s >= PLAIN_LINE_MS) {
        print_plain(p);
    }
    pthread_mutex_unlock(&mutex);
}

void cc_progress_destroy(cc_progress *p) {
    if (!p) return;
    pthread_mutex_lock(&mutex);
    if (bar == p) {
        fputs("\r\033[2K", stderr);
        fflush(stderr);
        bar = NULL;
    } else if (!on_terminal() && lowest <= CC_LOG_INFO && p->lines == line_count) {
        print_plain(p);
    }
    pthread_mutex_unlock(&mutex);
    free(p);
}
