/* Disks that may be full: what recorder.c asks before it lets a program write. */
#include <stdint.h>
#include <sys/types.h>

/* The disk that holds this absolute path; -1: one without a bound. */
int disk_of_path(const char *path);

/* How much of a write of `count` bytes at `at` fits on the disk of this file: a full disk takes a
 * part of it, or says no (-1, with errno). Only growth needs room. */
ssize_t fitting(int disk, int fd, off_t at, size_t count);

/* Whether a file may be made there; sets errno where not. */
int has_room_for_name(int disk);

/* The file is now `grown` bytes longer; shorter, where that is less than nothing. */
void took_room(int disk, int64_t grown);

/* The size of the file that this name leads to, if its bytes go with the name; otherwise 0. */
int64_t bytes_behind(int folder_fd, const char *path);
int64_t size_of(int fd);
