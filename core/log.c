#include "core/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { BAR_WIDTH = 24, REDRAW_MS = 100, PLAIN_LINE_MS = 10000 };

struct cc_progress {
    char title[64], detail[160];
    uint64_t total, done;
    double start_s, shown_s;
    bool plain_said; /* a plain line was printed for the present `done` */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static cc_log_level lowest = CC_LOG_INFO;
static cc_progress *bar; /* the bar on the terminal's last line, or NULL */

static double now_s(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool on_terminal(void) {
    return isatty(STDERR_FILENO);
}

static int terminal_width(void) {
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

static void format_duration(char out[16], double seconds) {
    long s = seconds < 0 ? 0 : seconds > 359999 ? 359999 : (long)(seconds + 0.5);
    if (s >= 3600)
        snprintf(out, 16, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
    else
        snprintf(out, 16, "%ld:%02ld", s / 60, s % 60);
}

static double rate_of(const cc_progress *p) {
    double seconds = now_s() - p->start_s;
    return seconds > 0 ? (double)p->done / seconds : 0;
}

static void draw_bar(const cc_progress *p) {
    char cells[BAR_WIDTH * 3 + 1] = "", left[16], line[512];
    int full = p->total ? (int)(BAR_WIDTH * p->done / p->total) : 0;
    for (int i = 0; i < BAR_WIDTH; i++) strcat(cells, i < full ? "━" : "·");
    double rate = rate_of(p);
    format_duration(left, rate > 0 ? (double)(p->total - p->done) / rate : 0);
    int length = snprintf(line, sizeof line, "%s %s %3d%%  %llu/%llu  %.1f/s  %s left  %s", p->title, cells,
                          p->total ? (int)(100 * p->done / p->total) : 0, (unsigned long long)p->done,
                          (unsigned long long)p->total, rate, left, p->detail);
    int room = terminal_width() - 1 + 2 * BAR_WIDTH; /* a cell takes up to three bytes and one column */
    if (length > room) line[room] = 0;
    fprintf(stderr, "\r\033[2K%s", line);
    fflush(stderr);
}

static void print_plain(cc_progress *p) {
    char spent[16];
    format_duration(spent, now_s() - p->start_s);
    fprintf(stderr, "calcade: %s %llu/%llu in %s, %.1f/s%s%s\n", p->title, (unsigned long long)p->done,
            (unsigned long long)p->total, spent, rate_of(p), p->detail[0] ? "  " : "", p->detail);
    p->plain_said = true;
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
    if (bar) draw_bar(bar);
    pthread_mutex_unlock(&mutex);
}

cc_progress *cc_progress_create(const char *title, uint64_t total) {
    cc_progress *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    snprintf(p->title, sizeof p->title, "%s", title);
    p->total = total;
    p->start_s = p->shown_s = now_s();
    pthread_mutex_lock(&mutex);
    if (on_terminal() && !bar && lowest <= CC_LOG_INFO) {
        bar = p;
        draw_bar(p);
    }
    pthread_mutex_unlock(&mutex);
    return p;
}

void cc_progress_update(cc_progress *p, uint64_t done, const char *detail) {
    if (!p) return;
    pthread_mutex_lock(&mutex);
    p->done = done < p->total ? done : p->total;
    p->plain_said = false;
    if (detail) snprintf(p->detail, sizeof p->detail, "%s", detail);
    double since_ms = 1000 * (now_s() - p->shown_s);
    if (bar == p && (since_ms >= REDRAW_MS || p->done == p->total)) {
        draw_bar(p);
        p->shown_s = now_s();
    } else if (!on_terminal() && lowest <= CC_LOG_INFO && since_ms >= PLAIN_LINE_MS) {
        print_plain(p);
        p->shown_s = now_s();
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
    } else if (!on_terminal() && lowest <= CC_LOG_INFO && !p->plain_said) {
        print_plain(p);
    }
    pthread_mutex_unlock(&mutex);
    free(p);
}
