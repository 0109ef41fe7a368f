/* Puts the recorder into a program that runs already, where LD_PRELOAD comes too late.
 *
 * Each library reaches libc's functions through pointers that the linker filled in when it was
 * loaded. `holdfast_hook` looks through those of all loaded libraries and turns the ones to the
 * functions of recorder.c and room.c. What is loaded later is not hooked until it is called again.
 *
 * Rejected: starting every simulation anew with LD_PRELOAD, which costs a second each.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *const NAMES[] = {
	"open", "open64", "openat", "openat64", "creat", "creat64", "close", "write", "pwrite",
	"pwrite64", "writev", "ftruncate", "ftruncate64", "fsync", "fdatasync", "rename", "renameat",
	"renameat2", "unlink", "unlinkat", "statvfs", "statvfs64",
};
enum { COUNT = sizeof NAMES / sizeof *NAMES };

static void *ours[COUNT], *theirs[COUNT];
static ElfW(Addr) own_base;
static int turned;

static void *target(const char *name, void *present)
{
	for (int n = 0; n < COUNT; n++)
		if (strcmp(NAMES[n], name) == 0 && present == theirs[n])
			return ours[n];
	return NULL;
}

static void turn(void **place, void *to)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), begin = (uintptr_t)place & ~(page - 1);
	size_t length = (uintptr_t)place + sizeof *place - begin;
	if (mprotect((void *)begin, length, PROT_READ | PROT_WRITE) == 0) {
		*place = to;
		turned++;
	}
}

static void turn_all(const struct dl_phdr_info *info, const ElfW(Rela) *first, size_t bytes,
		     const ElfW(Sym) *symbols, const char *texts)
{
	for (size_t n = 0; first && n < bytes / sizeof *first; n++) {
		size_t symbol = ELF64_R_SYM(first[n].r_info);
		if (!symbol || first[n].r_addend)
			continue;
		void **place = (void **)(info->dlpi_addr + first[n].r_offset);
		const char *name = texts + symbols[symbol].st_name;
		void *present = NULL, *to;
		for (int k = 0; k < COUNT && !present; k++)
			if (strcmp(NAMES[k], name) == 0)
				present = *place;
		if (!present)
			continue;
		/* Not called yet, it still leads to the linker; dlsym says where it would lead. */
		to = target(name, present);
		if (!to)
			to = target(name, dlsym(RTLD_DEFAULT, name));
		if (to && to != present)
			turn(place, to);
	}
}

static int look_at(struct dl_phdr_info *info, size_t size, void *nothing)
{
	(void)size, (void)nothing;
	const ElfW(Dyn) *dynamic = NULL;
	const ElfW(Rela) *rela = NULL, *plt = NULL;
	const ElfW(Sym) *symbols = NULL;
	const char *texts = NULL;
	size_t rela_bytes = 0, plt_bytes = 0;
	for (int n = 0; n < info->dlpi_phnum; n++)
		if (info->dlpi_phdr[n].p_type == PT_DYNAMIC)
			dynamic = (const ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[n].p_vaddr);
	/* Neither ourselves, nor the library whose functions these are, nor the kernel's own. */
	if (!dynamic || info->dlpi_addr == own_base || strstr(info->dlpi_name, "libc.so") ||
	    strstr(info->dlpi_name, "ld-linux") || strstr(info->dlpi_name, "vdso"))
		return 0;
	for (; dynamic->d_tag != DT_NULL; dynamic++) {
		void *at = (void *)dynamic->d_un.d_ptr;
		switch (dynamic->d_tag) {
		case DT_RELA: rela = at; break;
		case DT_RELASZ: rela_bytes = dynamic->d_un.d_val; break;
		case DT_JMPREL: plt = at; break;
		case DT_PLTRELSZ: plt_bytes = dynamic->d_un.d_val; break;
		case DT_SYMTAB: symbols = at; break;
		case DT_STRTAB: texts = at; break;
		}
	}
	if (symbols && texts) {
		turn_all(info, rela, rela_bytes, symbols, texts);
		turn_all(info, plt, plt_bytes, symbols, texts);
	}
	return 0;
}

/* Turns the pointers of everything that is loaded; how many it turned. */
int holdfast_hook(void)
{
	Dl_info self;
	void *own = NULL, *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
	if (dladdr((void *)holdfast_hook, &self)) {
		own_base = (ElfW(Addr))self.dli_fbase;
		own = dlopen(self.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
	}
	if (!own || !libc)
		return 0;
	for (int n = 0; n < COUNT; n++) {
		ours[n] = dlsym(own, NAMES[n]);
		theirs[n] = dlsym(libc, NAMES[n]);
	}
	turned = 0;
	dl_iterate_phdr(look_at, NULL);
	return turned;
}
