// SPDX-License-Identifier: GPL-2.0-only
/* Memory that only loading needs, given back to the system. */
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>
#include "daemon/internal.h"

/* The constants of the program itself: the built-in rules and the BPF object are most of
 * them, and read while they are loaded. The pages are the file's, so the next read, if
 * there is one, has them from there. What is relocated stands in a segment of its own. */
static int drop_constants(struct dl_phdr_info *program, size_t size, void *arg)
{
	const uintptr_t page = sysconf(_SC_PAGESIZE);

	(void)size;
	(void)arg;
	for (int i = 0; i < program->dlpi_phnum; i++) {
		const ElfW(Phdr) *h = &program->dlpi_phdr[i];
		uintptr_t begin = program->dlpi_addr + h->p_vaddr, end = begin + h->p_memsz;

		begin = (begin + page - 1) & -page;
		end &= -page;
		if (h->p_type == PT_LOAD && h->p_flags == PF_R && begin < end)
			madvise((void *)begin, end - begin, MADV_DONTNEED);
	}
	return 1; /* it comes first, before its libraries */
}

void sw_give_back(void)
{
	malloc_trim(0);
	dl_iterate_phdr(drop_constants, NULL);
}
