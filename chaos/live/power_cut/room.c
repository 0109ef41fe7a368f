/* Disks with a bound: each is a folder, and so many bytes that files below it may still grow by.
 *
 * What lies on the disk already is written over without new room, as on a file system that writes in
 * place. What is deleted or cut off gives its room back, also while it is open. A disk without any
 * room takes no new name either. Programs that ask how much is free (statvfs) are told the same.
 */
#define _GNU_SOURCE
#include "room.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { DISKS = 1024 };
enum { UNBOUNDED = -1 };

static struct {
	char folder[PATH_MAX];
	size_t length;
	int64_t room;
} disks[DISKS];
static int known;

/* The files below this folder, an absolute path, may grow by so many bytes; -1: by any. Returns 0, or
 * -1 where there are too many disks. */
int holdfast_room(const char *folder, int64_t room_bytes)
{
	int disk = 0;
	while (disk < known && strcmp(disks[disk].folder, folder) != 0)
		disk++;
	if (disk == DISKS || strlen(folder) >= PATH_MAX)
		return -1;
	if (disk == known) {
		strcpy(disks[disk].folder, folder);
		disks[disk].length = strlen(folder);
		known++;
	}
	disks[disk].room = room_bytes;
	return 0;
}

int64_t holdfast_room_left(const char *folder)
{
	for (int disk = 0; disk < known; disk++)
		if (strcmp(disks[disk].folder, folder) == 0)
			return disks[disk].room;
	return UNBOUNDED;
}

int disk_of_path(const char *path)
{
	for (int disk = 0; disk < known; disk++) {
		size_t length = disks[disk].length;
		if (strncmp(path, disks[disk].folder, length) == 0 &&
		    (path[length] == '/' || path[length] == 0))
			return disk;
	}
	return -1;
}

static int is_bounded(int disk)
{
	return disk >= 0 && disks[disk].room != UNBOUNDED;
}

int64_t size_of(int fd)
{
	struct stat status;
	return fstat(fd, &status) == 0 ? (int64_t)status.st_size : 0;
}

int64_t bytes_behind(int folder_fd, const char *path)
{
	struct stat status;
	if (fstatat(folder_fd, path, &status, AT_SYMLINK_NOFOLLOW) != 0 || status.st_nlink > 1)
		return 0;
	return S_ISREG(status.st_mode) ? (int64_t)status.st_size : 0;
}

ssize_t fitting(int disk, int fd, off_t at, size_t count)
{
	if (!is_bounded(disk))
		return (ssize_t)count;
	int64_t size = size_of(fd), room = disks[disk].room, end = (int64_t)at + (int64_t)count;
	int64_t begin = (int64_t)at > size ? (int64_t)at : size;
	if (end <= begin || end - begin <= room)
		return (ssize_t)count;
	int64_t fits = begin + room - (int64_t)at;
	if (fits > 0)
		return (ssize_t)fits;
	errno = ENOSPC;
	return -1;
}

int has_room_for_name(int disk)
{
	if (!is_bounded(disk) || disks[disk].room > 0)
		return 1;
	errno = ENOSPC;
	return 0;
}

void took_room(int disk, int64_t grown)
{
	if (is_bounded(disk))
		disks[disk].room = disks[disk].room > grown ? disks[disk].room - grown : 0;
}

typedef int asks(const char *path, struct statvfs *found);

/* One function under two names: a 64-bit system has one kind of both. */
int statvfs(const char *path, struct statvfs *found)
{
	static asks *real;
	if (!real)
		real = (asks *)dlsym(RTLD_NEXT, "statvfs");
	int result = real(path, found);
	int disk = disk_of_path(path);
	if (result == 0 && is_bounded(disk))
		found->f_bavail = found->f_bfree =
			(fsblkcnt_t)disks[disk].room / (fsblkcnt_t)found->f_frsize;
	return result;
}

int statvfs64(const char *path, struct statvfs64 *found)
{
	return statvfs(path, (struct statvfs *)found);
}
