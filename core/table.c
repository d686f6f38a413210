/* core/table.c -- CSV and TSV by one scanner: the file is read whole, fields are cut out of it in place.
 *
 * Source: RFC 4180. Beyond it, as spreadsheets write: other delimiters, a byte order mark, blanks about
 * fields, blank lines. Short of it, a quote inside a field without quotes stands for itself (5" slices). */
#include "core/table.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>
#include "core/file.h"
#include "core/log.h"

/* Where the scanner stands. Fields are ended by zeros that overwrite their delimiter or their quote. */
typedef struct scanner {
    const char *path;
    char *next;
    const char *end;
    char delimiter;
    int line;
} scanner;

static cc_status fail_at(const char *path, int line, const char *hint, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
static cc_status fail_at(const char *path, int line, const char *hint, const char *format, ...) {
    char where[512], what[512];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    snprintf(where, sizeof where, "%.490s:%d", path, line);
    return cc_fail(CC_EFORMAT, where, hint, "%s", what);
}

/* The delimiter that stands most often in the head line, outside quotes; of equally many a tab before a
 * semicolon before a comma. A table of one column has none, and any would do. */
static char find_delimiter(const char *text) {
    static const char choices[] = "\t;,";
    size_t counts[sizeof choices] = {0};
    bool quoted = false;
    int best = 2;
    for (; *text && (quoted || (*text != '\n' && *text != '\r')); text++) {
        const char *choice = quoted ? NULL : strchr(choices, *text);
        if (*text == '"') quoted = !quoted;
        if (choice) counts[choice - choices]++;
    }
    for (int i = 1; i >= 0; i--)
        if (counts[i] > 0 && counts[i] >= counts[best]) best = i;
    return choices[best];
}

static bool is_blank(char c, char delimiter) {
    return (c == ' ' || c == '\t') && c != delimiter;
}

/* Passes over a line's end; false at the file's. */
static bool pass_line_end(scanner *s) {
    if (s->next == s->end) return false;
    if (*s->next == '\r' && s->next[1] == '\n') s->next++;
    s->next++;
    s->line++;
    return true;
}

/* One field; *more tells that a delimiter, not the end of the row, followed it. */
static cc_status read_field(const char **out, bool *more, scanner *s) {
    char *start, *stop;
    while (is_blank(*s->next, s->delimiter)) s->next++;
    if (*s->next == '"') { /* the text moves down over doubled quotes: *stop is where its next byte goes */
        const int line = s->line;
        start = stop = ++s->next;
        for (;; s->next++) {
            if (s->next == s->end)
                return fail_at(s->path, line, "end it with \"", "a quote is opened and never closed");
            if (*s->next == '"' && *++s->next != '"') break;
            s->line += *s->next == '\n';
            *stop++ = *s->next; /* of a doubled quote the second */
        }
        while (is_blank(*s->next, s->delimiter)) s->next++;
        if (s->next < s->end && !strchr("\r\n", *s->next) && *s->next != s->delimiter)
            return fail_at(s->path, s->line, "put the whole field in quotes, and double those in it",
                           "text follows a closing quote: \"%.20s\"", s->next);
    } else {
        start = s->next;
        while (s->next < s->end && *s->next != s->delimiter && !strchr("\r\n", *s->next)) s->next++;
        for (stop = s->next; stop > start && is_blank(stop[-1], s->delimiter);) stop--;
    }
    /* Past the delimiter, or the line's end, before its place may be overwritten by the field's zero. */
    *more = s->next < s->end && *s->next == s->delimiter;
    const bool ends_line = !*more && s->next < s->end;
    const bool crlf = ends_line && *s->next == '\r' && s->next[1] == '\n';
    s->next += *more || ends_line ? 1 + crlf : 0;
    s->line += ends_line;
    *stop = 0;
    *out = start;
    return CC_OK;
}

/* Passes over lines of blanks alone; false where the file ends. */
static bool find_row(scanner *s) {
    do {
        char *at = s->next;
        while (*at == ' ' || *at == '\t') at++;
        if (at < s->end && *at != '\n' && *at != '\r') return true;
        s->next = at;
    } while (pass_line_end(s));
    return false;
}

/* The fields of a row into cells[most]; *count tells how many there are, also of those beyond. */
static cc_status read_row(const char **cells, size_t most, size_t *count, scanner *s) {
    bool more = true;
    for (*count = 0; more; ++*count) {
        const char *field = NULL;
        CC_TRY(read_field(&field, &more, s));
        if (*count < most) cells[*count] = field;
    }
    return CC_OK;
}

static cc_status check_head(const cc_table *t, int line) {
    for (size_t i = 0; i < t->columns; i++) {
        if (!t->head[i][0])
            return fail_at(t->path, line, "the first line names the columns", "column %zu of %zu has no name",
                           i + 1, t->columns);
        for (size_t k = 0; k < i; k++)
            if (strcasecmp(t->head[i], t->head[k]) == 0)
                return fail_at(t->path, line, "rename one of the two", "two columns are called %.100s",
                               t->head[i]);
    }
    return CC_OK;
}

/* An upper bound of the rows: the lines. */
static size_t count_lines(const char *text, const char *end) {
    size_t lines = 1;
    for (; text < end; text++) lines += *text == '\n' || *text == '\r';
    return lines;
}

cc_status cc_table_read(cc_table *out, const char *path, cc_arena *arena) {
    static const char mark[] = "\xEF\xBB\xBF";
    const char *head[CC_TABLE_COLUMNS_MAX];
    char *text;
    size_t bytes, count;
    CC_TRY(cc_file_read(&text, &bytes, path, CC_TABLE_BYTES_MAX, arena));
    /* Zeros end fields, so there must be none before; UTF-16, as some spreadsheets write, is full of them. */
    const char *zero = memchr(text, 0, bytes);
    if (zero)
        return fail_at(path, (int)count_lines(text, zero), "save it as UTF-8",
                       "a zero byte: it is no text, or UTF-16");
    if (strncmp(text, mark, strlen(mark)) == 0) text += strlen(mark), bytes -= strlen(mark);
    scanner s = {.path = path, .next = text, .end = text + bytes, .line = 1};
    cc_table t = {.path = cc_arena_copy(arena, path)};
    if (!t.path) return CC_ENOMEM;
    if (!find_row(&s))
        return cc_fail(CC_EFORMAT, path, "its first line names the columns", "the table is empty");
    const int head_line = s.line;
    t.delimiter = s.delimiter = find_delimiter(s.next);
    CC_TRY(read_row(head, CC_TABLE_COLUMNS_MAX, &t.columns, &s));
    if (t.columns > CC_TABLE_COLUMNS_MAX)
        return fail_at(path, head_line, NULL, "%zu columns are more than %d", t.columns,
                       CC_TABLE_COLUMNS_MAX);
    const char **names = cc_arena_get_array(arena, t.columns, sizeof *names);
    const size_t most = count_lines(s.next, s.end);
    const char **cells = cc_arena_get_array(arena, most * t.columns, sizeof *cells);
    int *lines = cc_arena_get_array(arena, most, sizeof *lines);
    if (!names || !cells || !lines) return CC_ENOMEM;
    memcpy(names, head, t.columns * sizeof *names);
    t.head = names;
    CC_TRY(check_head(&t, head_line));
    while (find_row(&s)) {
        const int line = lines[t.rows] = s.line; /* a quoted field may move s.line on within the row */
        CC_TRY(read_row(cells + t.rows * t.columns, t.columns, &count, &s));
        if (count != t.columns)
            return fail_at(path, line, "put fields that hold the delimiter in quotes",
                           "%zu fields, where the head line names %zu columns", count, t.columns);
        t.rows++;
    }
    t.cells = cells;
    t.lines = lines;
    *out = t;
    return CC_OK;
}

int cc_table_find(const cc_table *table, const char *name) {
    for (size_t i = 0; i < table->columns; i++)
        if (strcasecmp(table->head[i], name) == 0) return (int)i;
    return CC_TABLE_NO_COLUMN;
}

cc_status cc_table_need(int *out, const cc_table *table, const char *name) {
    char names[256];
    size_t used = 0;
    *out = cc_table_find(table, name);
    if (*out != CC_TABLE_NO_COLUMN) return CC_OK;
    for (size_t i = 0; i < table->columns && used < sizeof names; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%.40s", i ? ", " : "", table->head[i]);
    return cc_fail(CC_EFORMAT, table->path, "the first line names the columns",
                   "there is no column %s: there are %s", name, names);
}

const char *cc_table_cell(const cc_table *table, size_t row, int column) {
    return column == CC_TABLE_NO_COLUMN ? "" : table->cells[row * table->columns + (size_t)column];
}

void cc_table_tell_unread(const cc_table *table, const char *const *known) {
    char names[512];
    size_t used = 0;
    for (size_t i = 0; i < table->columns && used < sizeof names; i++) {
        size_t k = 0;
        while (known[k] && strcasecmp(known[k], table->head[i]) != 0) k++;
        if (!known[k])
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%.60s", used ? ", " : "",
                                     table->head[i]);
    }
    if (used) cc_log(CC_LOG_INFO, "%s: columns that are not read: %s", table->path, names);
}

cc_status cc_table_fail(const cc_table *table, size_t row, int column, const char *hint, const char *format,
                        ...) {
    char where[512], what[768];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    if (column == CC_TABLE_NO_COLUMN)
        snprintf(where, sizeof where, "%.490s:%d", table->path, table->lines[row]);
    else
        snprintf(where, sizeof where, "%.400s:%d: column %.60s", table->path, table->lines[row],
                 table->head[column]);
    return cc_fail(CC_EFORMAT, where, hint, "%s", what);
}

void cc_table_put_field(FILE *out, const char *field) {
    const size_t length = strlen(field);
    const bool blank = length && (is_blank(field[0], ',') || is_blank(field[length - 1], ','));
    if (!blank && field[strcspn(field, ",;\t\"\r\n")] == 0) {
        fputs(field, out);
        return;
    }
    fputc('"', out);
    for (; *field; field++) {
        if (*field == '"') fputc('"', out);
        fputc(*field, out);
    }
    fputc('"', out);
}
