// SPDX-License-Identifier: GPL-2.0-only
/* Stubs of the libmaxminddb functions in use, loaded late (base/late.h). */
#include <maxminddb.h>
#include "base/late.h"
#include "host/geoip.h"

static struct sw_late library = {.file = "libmaxminddb.so.0"};

#define LATE(result, name, declared, passed) SW_LATE(library, result, name, declared, passed)

bool sw_maxminddb_loads(void)
{
	return sw_late_loads(&library);
}

LATE(int, MMDB_open, (const char *const file, uint32_t flags, MMDB_s *const db), (file, flags, db))
LATE(const char *, MMDB_strerror, (int code), (code))
LATE(MMDB_lookup_result_s, MMDB_lookup_sockaddr,
     (const MMDB_s *const db, const struct sockaddr *const addr, int *const error),
     (db, addr, error))
LATE(int, MMDB_aget_value,
     (MMDB_entry_s *const start, MMDB_entry_data_s *const out, const char *const *const path),
     (start, out, path))

void MMDB_close(MMDB_s *const db)
{
	static __typeof__(MMDB_close) *found;

	if (!found)
		found = sw_late_find(&library, "MMDB_close");
	found(db);
}
