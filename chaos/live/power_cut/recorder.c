/* Records what a program does to the files below one folder, in order: an LD_PRELOAD library.
 *
 * HOLDFAST_RECORD_ROOT  the folder, as an absolute path without symbolic links
 * HOLDFAST_RECORD_LOG   the record, appended to; outside that folder
 * HOLDFAST_RECORD_KILL  optional: die of SIGKILL just before this operation (1 is the first)
 *
 * What is written to standard output is recorded, too: it says what was acknowledged, and when.
 * hooks.c puts it into a program that runs already. room.c bounds the disks.
 * One lock is held over each call and its record, so the record is the order in which things
 * happened, also between threads. -shm files are left out: SQLite makes them anew after a crash.
 *
 * Each record is a `struct head` and its one or two texts or bytes (record.py reads them).
 */
#define _GNU_SOURCE
#include "room.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPENED = 1, WROTE, RESIZED, SYNCED, RENAMED, UNLINKED, SAID };
enum { FRESH = 1, FOLDER = 2, MAY_MAKE = 4 };
enum { FDS = 65536 };

struct head {
	uint32_t op;
	uint32_t pid;
	uint64_t handle;
	int64_t at;
	uint32_t first_bytes;
	uint32_t second_bytes;
};

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX];
static size_t root_length;
static int record_fd = -1;
static long kill_at, calls;
static uint64_t handle_of[FDS], handles;
static short disk_of[FDS];

__attribute__((constructor)) static void begin(void)
{
	const char *folder = getenv("HOLDFAST_RECORD_ROOT");
	const char *log = getenv("HOLDFAST_RECORD_LOG");
	const char *when = getenv("HOLDFAST_RECORD_KILL");
	if (!folder || !log || strlen(folder) >= sizeof root)
		return;
	strcpy(root, folder);
	root_length = strlen(root);
	kill_at = when ? atol(when) : 0;
	record_fd = (int)syscall(SYS_openat, AT_FDCWD, log,
				 O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void enter(int counts)
{
	pthread_mutex_lock(&turn);
	if (counts && ++calls == kill_at)
		syscall(SYS_kill, getpid(), SIGKILL);
}

static void leave(void)
{
	int kept = errno;
	pthread_mutex_unlock(&turn);
	errno = kept;
}

static void record(int op, uint64_t handle, int64_t at, const void *first, size_t first_bytes,
		   const void *second, size_t second_bytes)
{
	int kept = errno;
	struct head head = { (uint32_t)op, (uint32_t)getpid(), handle, at, (uint32_t)first_bytes,
			     (uint32_t)second_bytes };
	struct iovec parts[3] = { { &head, sizeof head },
				  { (void *)first, first_bytes },
				  { (void *)second, second_bytes } };
	size_t whole = sizeof head + first_bytes + second_bytes;
	if (syscall(SYS_writev, record_fd, parts, 3) != (long)whole)
		abort(); /* a record with a hole proves nothing */
	errno = kept;
}

static int is_below(const char *path)
{
	size_t length = strlen(path);
	if (record_fd < 0 || strncmp(path, root, root_length) != 0)
		return 0;
	if (path[root_length] != '/' && path[root_length] != 0)
		return 0;
	return length < 4 || strcmp(path + length - 4, "-shm") != 0;
}

/* The absolute path of `path`, as openat and its like mean it. */
static int absolute(int folder_fd, const char *path, char *out)
{
	char link[64];
	if (path[0] == '/')
		return snprintf(out, PATH_MAX, "%s", path) < PATH_MAX;
	if (folder_fd == AT_FDCWD)
		snprintf(link, sizeof link, "/proc/self/cwd");
	else
		snprintf(link, sizeof link, "/proc/self/fd/%d", folder_fd);
	ssize_t length = readlink(link, out, PATH_MAX - 1);
	if (length < 0)
		return 0;
	return snprintf(out + length, (size_t)(PATH_MAX - length), "/%s", path) < PATH_MAX - length;
}

static uint64_t handle(int fd)
{
	return fd >= 0 && fd < FDS ? handle_of[fd] : 0;
}

static int opened(int folder_fd, const char *path, int flags, mode_t mode)
{
	char whole[PATH_MAX];
	int mine = record_fd >= 0 && absolute(folder_fd, path, whole) && is_below(whole);
	int writes = (flags & (O_CREAT | O_TRUNC)) != 0;
	enter(mine && writes);
	int disk = mine ? disk_of_path(whole) : -1;
	int makes = disk >= 0 && (flags & O_CREAT) && access(whole, F_OK) != 0;
	errno = 0; /* access says what is no error */
	if (makes && !has_room_for_name(disk)) {
		leave();
		return -1;
	}
	int64_t cut_off = disk >= 0 && (flags & O_TRUNC) ? bytes_behind(AT_FDCWD, whole) : 0;
	int fd = (int)syscall(SYS_openat, folder_fd, path, flags, mode);
	if (fd >= 0 && fd < FDS)
		handle_of[fd] = 0;
	if (mine && fd >= 0) {
		if (fd >= FDS)
			abort();
		struct stat status;
		int is_folder = fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
		handle_of[fd] = ((uint64_t)getpid() << 32) | ++handles;
		disk_of[fd] = (short)disk;
		took_room(disk, -cut_off);
		record(OPENED, handle_of[fd],
		       ((flags & O_TRUNC) ? FRESH : 0) | (is_folder ? FOLDER : 0) |
			       ((flags & O_CREAT) ? MAY_MAKE : 0), whole,
		       strlen(whole), NULL, 0);
	}
	leave();
	return fd;
}

#define WITH_MODE(flags, last)                                   \
	mode_t mode = 0;                                         \
	if ((flags) & (O_CREAT | O_TMPFILE)) {                   \
		va_list rest;                                    \
		va_start(rest, last);                            \
		mode = (mode_t)va_arg(rest, unsigned int);       \
		va_end(rest);                                    \
	}

int open(const char *path, int flags, ...) { WITH_MODE(flags, flags) return opened(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { WITH_MODE(flags, flags) return opened(AT_FDCWD, path, flags, mode); }
int openat(int fd, const char *path, int flags, ...) { WITH_MODE(flags, flags) return opened(fd, path, flags, mode); }
int openat64(int fd, const char *path, int flags, ...) { WITH_MODE(flags, flags) return opened(fd, path, flags, mode); }
int creat(const char *path, mode_t mode) { return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

int close(int fd)
{
	enter(0);
	if (fd == record_fd && fd >= 0) { /* a program that closes every descriptor it may have */
		leave();
		return 0;
	}
	if (fd >= 0 && fd < FDS)
		handle_of[fd] = 0;
	int result = (int)syscall(SYS_close, fd);
	leave();
	return result;
}

static off_t written_at(int fd, int64_t size)
{
	return fcntl(fd, F_GETFL) & O_APPEND ? (off_t)size : lseek(fd, 0, SEEK_CUR);
}

ssize_t write(int fd, const void *data, size_t count)
{
	int said = fd == STDOUT_FILENO && record_fd >= 0;
	uint64_t which = handle(fd);
	if (!which && !said)
		return syscall(SYS_write, fd, data, count);
	enter(1);
	int64_t before = which ? size_of(fd) : 0;
	ssize_t done = which ? fitting(disk_of[fd], fd, written_at(fd, before), count) : (ssize_t)count;
	if (done >= 0)
		done = syscall(SYS_write, fd, data, (size_t)done);
	if (done > 0) {
		off_t end = which ? lseek(fd, 0, SEEK_CUR) : 0;
		if (which)
			took_room(disk_of[fd], size_of(fd) - before);
		record(which ? WROTE : SAID, which, which ? end - done : 0, data, (size_t)done, NULL, 0);
	}
	leave();
	return done;
}

ssize_t pwrite64(int fd, const void *data, size_t count, off_t at)
{
	uint64_t which = handle(fd);
	if (!which)
		return syscall(SYS_pwrite64, fd, data, count, at);
	enter(1);
	int64_t before = size_of(fd);
	ssize_t done = fitting(disk_of[fd], fd, at, count);
	if (done >= 0)
		done = syscall(SYS_pwrite64, fd, data, (size_t)done, at);
	if (done > 0) {
		took_room(disk_of[fd], size_of(fd) - before);
		record(WROTE, which, at, data, (size_t)done, NULL, 0);
	}
	leave();
	return done;
}

ssize_t pwrite(int fd, const void *data, size_t count, off_t at)
{
	return pwrite64(fd, data, count, at);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
	if (!handle(fd))
		return syscall(SYS_writev, fd, parts, count);
	for (int n = 0; n < count; n++)
		if (parts[n].iov_len)
			return write(fd, parts[n].iov_base, parts[n].iov_len);
	return 0;
}

int ftruncate64(int fd, off_t size)
{
	uint64_t which = handle(fd);
	if (!which)
		return (int)syscall(SYS_ftruncate, fd, size);
	enter(1);
	int64_t before = size_of(fd);
	int result = (int)syscall(SYS_ftruncate, fd, size);
	if (result == 0) {
		if (size < before)
			took_room(disk_of[fd], size - before);
		record(RESIZED, which, size, NULL, 0, NULL, 0);
	}
	leave();
	return result;
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

static int synced(int fd, long number)
{
	uint64_t which = handle(fd);
	if (!which)
		return (int)syscall(number, fd);
	enter(1);
	int result = (int)syscall(number, fd);
	if (result == 0)
		record(SYNCED, which, 0, NULL, 0, NULL, 0);
	leave();
	return result;
}

int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned int flags)
{
	char first[PATH_MAX], second[PATH_MAX];
	int mine = record_fd >= 0 && absolute(from_fd, from, first) && absolute(to_fd, to, second) &&
		   is_below(first) && is_below(second);
	enter(mine);
	int64_t replaced = mine ? bytes_behind(to_fd, to) : 0;
	int result = (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
	if (mine && result == 0) {
		took_room(disk_of_path(second), -replaced);
		record(RENAMED, 0, 0, first, strlen(first), second, strlen(second));
	}
	leave();
	return result;
}

int renameat(int from_fd, const char *from, int to_fd, const char *to) { return renameat2(from_fd, from, to_fd, to, 0); }
int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }

int unlinkat(int fd, const char *path, int flags)
{
	char whole[PATH_MAX];
	int mine = record_fd >= 0 && absolute(fd, path, whole) && is_below(whole);
	enter(mine);
	int64_t gone = mine ? bytes_behind(fd, path) : 0;
	int result = (int)syscall(SYS_unlinkat, fd, path, flags);
	if (mine && result == 0) {
		took_room(disk_of_path(whole), -gone);
		record(UNLINKED, 0, 0, whole, strlen(whole), NULL, 0);
	}
	leave();
	return result;
}

int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
