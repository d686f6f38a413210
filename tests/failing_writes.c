/* tests/failing_writes.c -- a preloaded library that counts a program's calls that write below one folder,
 * and lets the n-th fail.
 *
 * It stands before the C library (LD_PRELOAD; see ld.so(8)) and takes these calls over: write, pwrite,
 * writev, pwritev, fsync, fdatasync, truncate, fallocate, copy_file_range, sendfile, close of a file that is
 * open for writing, open and creat for writing, mkdir, mkdtemp, mkstemp, mkostemp, rename, link, symlink,
 * unlink, rmdir and remove, with their 64-bit, `f` and `at` kinds; a mapping of a file that may be written to
 * ends the program, since what is written there could not be counted (calcade has none). A stream that fopen
 * opens for writing writes through the same write: inside the C library it would not be seen. Calls on other
 * files pass. What a call is on is told by its path, or by where the kernel says that its descriptor leads
 * (/proc/self/fd).
 *
 * The environment says what to do; a program that is started by the program inherits it:
 *   FAILING_FOLDER  the folder, absolute; calls on what lies below it are counted
 *   FAILING_STATE   a file of two 64-bit numbers, shared by all processes: calls so far, calls that failed
 *   FAILING_AT      which call fails, from 1 on; 0: none
 *   FAILING_HOW     a name of errno, ENOSPC, EIO, EDQUOT or EINTR: the call does nothing and says that;
 *                   "short": a write takes half of its bytes, other calls pass;
 *                   "zeros": a write goes well, but leaves zeros, as on a disk that is not sound;
 *                   "kill": SIGKILL to the process group before the call; of a write after half of its bytes
 *   FAILING_ON      set: the calls behind the n-th that take space fail too, as on a disk that stays full */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* The next library's function of that name, as a function of the same type. */
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static char folder[PATH_MAX];
static size_t folder_length;
static _Atomic int64_t *state; /* calls, failed */
static int64_t fail_at;
static int fail_errno;
static bool fail_short, fail_zeros, fail_kill, fail_on;

__attribute__((constructor)) static void read_environment(void) {
    static const struct {
        const char *name;
        int value;
    } names[] = {{"ENOSPC", ENOSPC}, {"EIO", EIO}, {"EDQUOT", EDQUOT}, {"EINTR", EINTR}};
    const char *where = getenv("FAILING_FOLDER"), *file = getenv("FAILING_STATE"), *at = getenv("FAILING_AT"),
               *how = getenv("FAILING_HOW");
    if (!where || !file) return;
    int descriptor = NEXT(open)(file, O_RDWR | O_CLOEXEC);
    void *memory = descriptor < 0
                       ? MAP_FAILED
                       : mmap(NULL, 2 * sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (descriptor >= 0) NEXT(close)(descriptor);
    if (memory == MAP_FAILED) {
        fprintf(stderr, "failing_writes: %s: %s\n", file, strerror(errno));
        _exit(99);
    }
    fail_at = at ? atoll(at) : 0;
    fail_short = how && strcmp(how, "short") == 0;
    fail_zeros = how && strcmp(how, "zeros") == 0;
    fail_kill = how && strcmp(how, "kill") == 0;
    fail_on = getenv("FAILING_ON") != NULL;
    for (size_t i = 0; how && i < sizeof names / sizeof *names; i++)
        if (strcmp(how, names[i].name) == 0) fail_errno = names[i].value;
    folder_length = strlen(where);
    memcpy(folder, where, folder_length + 1);
    state = memory;
}

static bool is_below(const char *path) {
    return strncmp(path, folder, folder_length) == 0 && (path[folder_length] == '/' || !path[folder_length]);
}

/* Where a descriptor leads, or the working folder; "" where that is not known. */
static void place_of(char out[PATH_MAX], int descriptor) {
    char link[64];
    snprintf(link, sizeof link, descriptor == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, out, PATH_MAX - 1);
    out[length > 0 ? length : 0] = 0;
}

static bool concerns(int descriptor) {
    char place[PATH_MAX];
    if (!state) return false;
    place_of(place, descriptor);
    return is_below(place);
}

static bool concerns_path(int at, const char *path) {
    char place[PATH_MAX], whole[2 * PATH_MAX];
    if (!state || !path) return false;
    if (path[0] == '/') return is_below(path);
    place_of(place, at);
    snprintf(whole, sizeof whole, "%s/%s", place, path);
    return is_below(whole);
}

typedef enum fate { PASSES, FAILS, CUT, ZEROED, DIES } fate;

/* The process, and those that it has started or that have started it. */
static void die(void) {
    kill(0, SIGKILL);
    for (;;) pause();
}

/* Counts a call and says what becomes of it; errno is set where it fails. `takes_space`: as writing does, and
 * making a file, but not closing or removing one. */
static fate count_call(bool takes_space) {
    int64_t number = atomic_fetch_add(&state[0], 1) + 1;
    if (fail_at == 0 || number < fail_at || (number > fail_at && !(fail_on && takes_space))) return PASSES;
    atomic_fetch_add(&state[1], 1);
    if (fail_short || fail_zeros) return fail_short ? CUT : ZEROED;
    if (fail_kill) return DIES;
    errno = fail_errno;
    return FAILS;
}

#define FAIL_IF(concerned, takes_space, result)                                                              \
    do {                                                                                                     \
        const fate fate_ = (concerned) ? count_call(takes_space) : PASSES;                                   \
        if (fate_ == DIES) die();                                                                            \
        if (fate_ == FAILS) return (result);                                                                 \
    } while (0)

/* ---- bytes into a descriptor ---- */

/* At a place of the file; at none, where that is negative. */
static ssize_t put(int d, const void *bytes, size_t count, off64_t at) {
    fate f = concerns(d) ? count_call(true) : PASSES;
    if (f == FAILS) return -1;
    if ((f == CUT || f == DIES) && count > 1) count /= 2;
    void *zeros = f == ZEROED ? calloc(1, count) : NULL;
    if (zeros) bytes = zeros;
    ssize_t done = at < 0 ? NEXT(write)(d, bytes, count) : NEXT(pwrite64)(d, bytes, count, at);
    free(zeros);
    if (f == DIES) die();
    return done;
}

ssize_t write(int d, const void *bytes, size_t count) {
    return put(d, bytes, count, -1);
}

ssize_t pwrite(int d, const void *bytes, size_t count, off_t at) {
    return put(d, bytes, count, at);
}

ssize_t pwrite64(int d, const void *bytes, size_t count, off64_t at) {
    return put(d, bytes, count, at);
}

ssize_t writev(int d, const struct iovec *parts, int count) {
    FAIL_IF(concerns(d), true, -1);
    return NEXT(writev)(d, parts, count);
}

ssize_t pwritev(int d, const struct iovec *parts, int count, off_t at) {
    FAIL_IF(concerns(d), true, -1);
    return NEXT(pwritev)(d, parts, count, at);
}

int fsync(int d) {
    FAIL_IF(concerns(d), true, -1);
    return NEXT(fsync)(d);
}

int fdatasync(int d) {
    FAIL_IF(concerns(d), true, -1);
    return NEXT(fdatasync)(d);
}

int ftruncate(int d, off_t size) {
    FAIL_IF(concerns(d), true, -1);
    return NEXT(ftruncate)(d, size);
}

int ftruncate64(int d, off64_t size) {
    FAIL_IF(concerns(d), true, -1);
    return NEXT(ftruncate64)(d, size);
}

int truncate(const char *path, off_t size) {
    FAIL_IF(concerns_path(AT_FDCWD, path), true, -1);
    return NEXT(truncate)(path, size);
}

int posix_fallocate(int d, off_t at, off_t size) {
    FAIL_IF(concerns(d), true, fail_errno);
    return NEXT(posix_fallocate)(d, at, size);
}

int fallocate(int d, int mode, off_t at, off_t size) {
    FAIL_IF(concerns(d), true, -1);
    return NEXT(fallocate)(d, mode, at, size);
}

ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t count, unsigned flags) {
    FAIL_IF(concerns(to), true, -1);
    return NEXT(copy_file_range)(from, from_at, to, to_at, count, flags);
}

ssize_t sendfile(int to, int from, off_t *at, size_t count) {
    FAIL_IF(concerns(to), true, -1);
    return NEXT(sendfile)(to, from, at, count);
}

/* Of memory alone, or of a file that is only read, it passes. */
void *mmap(void *place, size_t bytes, int access, int flags, int d, off_t at) {
    if (d >= 0 && access & PROT_WRITE && flags & MAP_SHARED && concerns(d)) {
        fprintf(stderr, "failing_writes: a file is mapped for writing\n");
        _exit(99);
    }
    return NEXT(mmap)(place, bytes, access, flags, d, at);
}

/* A close that fails has closed the file all the same. */
int close(int d) {
    int saved = errno, mode = state ? fcntl(d, F_GETFL) : -1;
    bool concerned = mode >= 0 && (mode & O_ACCMODE) != O_RDONLY && concerns(d);
    errno = saved;
    int result = NEXT(close)(d);
    FAIL_IF(concerned, false, -1);
    return result;
}

/* ---- names ---- */

static bool writes(int flags) {
    return (flags & O_ACCMODE) != O_RDONLY || flags & O_CREAT;
}

static int open_at(int at, const char *path, int flags, va_list rest) {
    mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;
    FAIL_IF(writes(flags) && concerns_path(at, path), true, -1);
    return NEXT(openat)(at, path, flags, mode);
}

#define OPEN(name, parameters, at, last)                                                                     \
    int name parameters {                                                                                    \
        va_list rest;                                                                                        \
        va_start(rest, last);                                                                                \
        int result = open_at(at, path, flags, rest);                                                         \
        va_end(rest);                                                                                        \
        return result;                                                                                       \
    }
OPEN(open, (const char *path, int flags, ...), AT_FDCWD, flags)
OPEN(open64, (const char *path, int flags, ...), AT_FDCWD, flags)
OPEN(openat, (int at, const char *path, int flags, ...), at, flags)
OPEN(openat64, (int at, const char *path, int flags, ...), at, flags)

int creat(const char *path, mode_t mode) {
    return open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

int mkdir(const char *path, mode_t mode) {
    FAIL_IF(concerns_path(AT_FDCWD, path), true, -1);
    return NEXT(mkdir)(path, mode);
}

char *mkdtemp(char *path) {
    FAIL_IF(concerns_path(AT_FDCWD, path), true, NULL);
    return NEXT(mkdtemp)(path);
}

int mkstemp(char *path) {
    FAIL_IF(concerns_path(AT_FDCWD, path), true, -1);
    return NEXT(mkstemp)(path);
}

int mkostemp(char *path, int flags) {
    FAIL_IF(concerns_path(AT_FDCWD, path), true, -1);
    return NEXT(mkostemp)(path, flags);
}

int mkdirat(int at, const char *path, mode_t mode) {
    FAIL_IF(concerns_path(at, path), true, -1);
    return NEXT(mkdirat)(at, path, mode);
}

int rename(const char *from, const char *to) {
    FAIL_IF(concerns_path(AT_FDCWD, to), true, -1);
    return NEXT(rename)(from, to);
}

int renameat(int from_at, const char *from, int to_at, const char *to) {
    FAIL_IF(concerns_path(to_at, to), true, -1);
    return NEXT(renameat)(from_at, from, to_at, to);
}

int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags) {
    FAIL_IF(concerns_path(to_at, to), true, -1);
    return NEXT(renameat2)(from_at, from, to_at, to, flags);
}

int link(const char *from, const char *to) {
    FAIL_IF(concerns_path(AT_FDCWD, to), true, -1);
    return NEXT(link)(from, to);
}

int linkat(int from_at, const char *from, int to_at, const char *to, int flags) {
    FAIL_IF(concerns_path(to_at, to), true, -1);
    return NEXT(linkat)(from_at, from, to_at, to, flags);
}

int symlink(const char *from, const char *to) {
    FAIL_IF(concerns_path(AT_FDCWD, to), true, -1);
    return NEXT(symlink)(from, to);
}

int unlink(const char *path) {
    FAIL_IF(concerns_path(AT_FDCWD, path), false, -1);
    return NEXT(unlink)(path);
}

int unlinkat(int at, const char *path, int flags) {
    FAIL_IF(concerns_path(at, path), false, -1);
    return NEXT(unlinkat)(at, path, flags);
}

int rmdir(const char *path) {
    FAIL_IF(concerns_path(AT_FDCWD, path), false, -1);
    return NEXT(rmdir)(path);
}

int remove(const char *path) {
    FAIL_IF(concerns_path(AT_FDCWD, path), false, -1);
    return NEXT(remove)(path);
}

/* ---- streams ---- */

static ssize_t stream_write(void *cookie, const char *bytes, size_t count) {
    size_t done = 0;
    while (done < count) {
        ssize_t written = write((int)(intptr_t)cookie, bytes + done, count - done);
        if (written < 0) return (ssize_t)done;
        done += (size_t)written;
    }
    return (ssize_t)done;
}

static ssize_t stream_read(void *cookie, char *bytes, size_t count) {
    return read((int)(intptr_t)cookie, bytes, count);
}

static int stream_seek(void *cookie, off64_t *at, int whence) {
    off64_t result = lseek64((int)(intptr_t)cookie, *at, whence);
    if (result < 0) return -1;
    *at = result;
    return 0;
}

static int stream_close(void *cookie) {
    return close((int)(intptr_t)cookie);
}

static FILE *open_stream(const char *path, const char *mode) {
    static const cookie_io_functions_t calls = {stream_read, stream_write, stream_seek, stream_close};
    int access = strchr(mode, '+') ? O_RDWR : O_WRONLY;
    int how = mode[0] == 'a' ? O_CREAT | O_APPEND : mode[0] == 'w' ? O_CREAT | O_TRUNC : 0;
    int descriptor = open(path, access | how, 0666);
    return descriptor < 0 ? NULL : fopencookie((void *)(intptr_t)descriptor, mode, calls);
}

FILE *fopen(const char *path, const char *mode) {
    bool concerned = (mode[0] != 'r' || strchr(mode, '+')) && concerns_path(AT_FDCWD, path);
    return concerned ? open_stream(path, mode) : NEXT(fopen)(path, mode);
}

FILE *fopen64(const char *path, const char *mode) {
    bool concerned = (mode[0] != 'r' || strchr(mode, '+')) && concerns_path(AT_FDCWD, path);
    return concerned ? open_stream(path, mode) : NEXT(fopen64)(path, mode);
}
