// SPDX-License-Identifier: GPL-2.0-only
/* Variables of rules ($HOME_NET, $HTTP_PORTS ...): defaults, and configured values. */
#include <stdlib.h>
#include <string.h>
#include "base/grow.h"
#include "rules/internal.h"

static const char *const defaults[][2] = {
	{"HOME_NET", "any"},
	{"EXTERNAL_NET", "any"},
	{"HTTP_SERVERS", "$HOME_NET"},
	{"SMTP_SERVERS", "$HOME_NET"},
	{"SQL_SERVERS", "$HOME_NET"},
	{"DNS_SERVERS", "$HOME_NET"},
	{"TELNET_SERVERS", "$HOME_NET"},
	{"FTP_SERVERS", "$HOME_NET"},
	{"SSH_SERVERS", "$HOME_NET"},
	{"SIP_SERVERS", "$HOME_NET"},
	{"SNMP_SERVERS", "$HOME_NET"},
	{"DC_SERVERS", "$HOME_NET"},
	{"DNP3_SERVER", "$HOME_NET"},
	{"DNP3_CLIENT", "$HOME_NET"},
	{"MODBUS_CLIENT", "$HOME_NET"},
	{"MODBUS_SERVER", "$HOME_NET"},
	{"ENIP_CLIENT", "$HOME_NET"},
	{"ENIP_SERVER", "$HOME_NET"},
	{"AIM_SERVERS", "$EXTERNAL_NET"},
	{"HTTP_PORTS",
	 "[80,81,591,2082,3000,5000,7001,8000,8008,8080,8081,8088,8180,8888,9000,9080,"
	 "9090,9200]"},
	/* FTP, SSH, telnet, SMTP, POP3, IMAP, submission, MySQL, PostgreSQL, Redis */
	{"ANSWER_PORTS", "[21,22,23,25,110,143,587,2121,2222,2323,2525,3306,5432,6379]"},
	{"TLS_PORTS", "[443,465,563,636,853,989,990,993,995,4443,8443]"},
	{"SHELLCODE_PORTS", "!80"},
	{"ORACLE_PORTS", "1521"},
	{"SSH_PORTS", "22"},
	{"FTP_PORTS", "21"},
	{"DNP3_PORTS", "20000"},
	{"MODBUS_PORTS", "502"},
	{"FILE_DATA_PORTS", "[$HTTP_PORTS,110,143]"},
	{"GENEVE_PORTS", "6081"},
	{"VXLAN_PORTS", "4789"},
	{"TEREDO_PORTS", "3544"},
	{"SIP_PORTS", "[5060,5061,5600]"},
	{"GTP_PORTS", "[2123,2152,3386]"},
};

const char *sw_rules_variable(const struct sw_rules *r, const char *name)
{
	const struct sw_rules_internal *in = r->internal;

	for (size_t i = 0; i < in->variables; i++)
		if (!strcmp(in->variable[i].name, name))
			return in->variable[i].value;
	return NULL;
}

int sw_rules_variable_set(struct sw_rules *r, const char *name, size_t length, const char *value,
			  bool fixed, struct sw_err *e)
{
	struct sw_rules_internal *in = r->internal;
	struct variable v = {strndup(name, length), strdup(value), fixed};
	struct variable *old;

	if (!v.name || !v.value)
		goto fail;
	for (size_t i = 0; i < in->variables; i++) {
		old = &in->variable[i];
		if (strcmp(old->name, v.name))
			continue;
		free(v.name);
		if (old->fixed && !fixed) {
			free(v.value);
			return 0;
		}
		free(old->value);
		old->value = v.value;
		old->fixed = fixed;
		return 0;
	}
	if (sw_grow((void **)&in->variable, &in->variable_room, in->variables, sizeof(v), e))
		goto fail;
	in->variable[in->variables++] = v;
	return 0;
fail:
	free(v.name);
	free(v.value);
	return sw_fail(e, SW_EXIT_FAILED, "out of memory for rules");
}

/* Values given by the caller win over the defaults, and over what a file sets. */
int sw_rules_variables_init(struct sw_rules *r, const char *const *given, struct sw_err *e)
{
	const char *equals;

	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++)
		if (sw_rules_variable_set(r, defaults[i][0], strlen(defaults[i][0]), defaults[i][1],
					  false, e))
			return -1;
	for (; given && *given; given++) {
		equals = strchr(*given, '=');
		if (!equals || equals == *given)
			return sw_fail(e, SW_EXIT_USAGE,
				       "invalid variable \"%s\" (expected NAME=VALUE)", *given);
		if (sw_rules_variable_set(r, *given, equals - *given, equals + 1, true, e))
			return -1;
	}
	return 0;
}
