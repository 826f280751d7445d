/* A file system that fails, for the tests: preloaded into a program, it lets calls on one file fail in a chosen way.
 *
 *   PMTS_FAULT       what happens: short, full, io, torn (writes); sync (fsync, fdatasync); flip (reads)
 *   PMTS_FAULT_FILE  the name of the file
 *   PMTS_FAULT_AT    the first call on it that fails: 1, 2, 3 ...
 *   PMTS_FAULT_FOR   how many calls fail from there on; 0: all
 *   PMTS_FAULT_EVERY of those only each n-th
 *   PMTS_FAULT_SEED  chooses how much is written, or which bit is turned
 *
 * Each fault that is done is a line on standard error: "fault short pmts.db-wal call 7".
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

enum { WRITES, SYNCS, READS };

static long calls;

static long number(const char *name, long otherwise) {
  const char *value = getenv(name);
  return value ? atol(value) : otherwise;
}

static int on_file(int fd) {
  const char *wanted = getenv("PMTS_FAULT_FILE");
  char link[64], path[4096];
  if (!wanted)
    return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path - 1);
  if (n <= 0)
    return 0;
  path[n] = 0;
  const char *name = strrchr(path, '/');
  return name && strcmp(name + 1, wanted) == 0;
}

/* The number of this call if it is to fail, or 0. */
static long chosen(int fd, int what) {
  const char *fault = getenv("PMTS_FAULT");
  if (!fault)
    return 0;
  int of = strcmp(fault, "flip") == 0 ? READS : strcmp(fault, "sync") == 0 ? SYNCS : WRITES;
  if (of != what || !on_file(fd))
    return 0;
  long call = __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST);
  long at = number("PMTS_FAULT_AT", 1), for_calls = number("PMTS_FAULT_FOR", 1);
  if (call < at || (for_calls > 0 && call >= at + for_calls) || (call - at) % number("PMTS_FAULT_EVERY", 1) != 0)
    return 0;
  dprintf(2, "fault %s %s call %ld\n", fault, getenv("PMTS_FAULT_FILE"), call);
  return call;
}

static uint64_t chance(long call) {
  uint64_t x = (uint64_t)number("PMTS_FAULT_SEED", 1) * 0x9e3779b97f4a7c15u + (uint64_t)call * 0xbf58476d1ce4e5b9u;
  x ^= x >> 31;
  x *= 0x94d049bb133111ebu;
  return x ^ (x >> 29);
}

/* How much of a write that fails reaches the file; -1: it is not to fail. */
static ssize_t part(int fd, size_t n) {
  int e = errno;
  long call = chosen(fd, WRITES);
  errno = e;
  if (!call || n == 0)
    return -1;
  const char *fault = getenv("PMTS_FAULT");
  if (strcmp(fault, "full") == 0) {
    errno = ENOSPC;
    return -2;
  }
  if (strcmp(fault, "io") == 0) {
    errno = EIO;
    return -2;
  }
  return (ssize_t)(chance(call) % n);
}

static ssize_t written(ssize_t n) {
  if (strcmp(getenv("PMTS_FAULT"), "torn") == 0)
    kill(getpid(), SIGKILL);
  return n;
}

ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t at) {
  ssize_t some = part(fd, n);
  if (some == -2)
    return -1;
  if (some >= 0)
    return written(syscall(SYS_pwrite64, fd, buf, some ? (size_t)some : 1, at));
  return syscall(SYS_pwrite64, fd, buf, n, at);
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t at) { return pwrite64(fd, buf, n, at); }

ssize_t write(int fd, const void *buf, size_t n) {
  ssize_t some = part(fd, n);
  if (some == -2)
    return -1;
  if (some >= 0)
    return written(syscall(SYS_write, fd, buf, some ? (size_t)some : 1));
  return syscall(SYS_write, fd, buf, n);
}

static ssize_t turned(int fd, void *buf, ssize_t n) {
  int e = errno;
  long call = n > 0 ? chosen(fd, READS) : 0;
  if (call) {
    uint64_t bit = chance(call) % ((uint64_t)n * 8);
    ((unsigned char *)buf)[bit / 8] ^= (unsigned char)(1u << (bit % 8));
  }
  errno = e;
  return n;
}

ssize_t pread64(int fd, void *buf, size_t n, off64_t at) {
  return turned(fd, buf, syscall(SYS_pread64, fd, buf, n, at));
}

ssize_t pread(int fd, void *buf, size_t n, off_t at) { return pread64(fd, buf, n, at); }

ssize_t read(int fd, void *buf, size_t n) { return turned(fd, buf, syscall(SYS_read, fd, buf, n)); }

int fsync(int fd) {
  if (chosen(fd, SYNCS)) {
    errno = EIO;
    return -1;
  }
  return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd) {
  if (chosen(fd, SYNCS)) {
    errno = EIO;
    return -1;
  }
  return (int)syscall(SYS_fdatasync, fd);
}
