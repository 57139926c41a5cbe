// SPDX-License-Identifier: GPL-2.0-only
/* The subcommands of the verbs that have any, as verb_table.c has the verbs. Their options
 * are rows of the verb; .takes says which of them a subcommand accepts. */
#include "cli/verbs.h"

#define BIT(option) (1u << (option))

const struct sw_verb sw_config_verbs[] = {
	{
		.name = "check",
		.synopsis = "[FILE]",
		.complete = "file",
		.max_operands = 1,
		.ops = &sw_config_check_ops,
	},
	{
		.name = "show",
		.synopsis = "[--effective]",
		.takes = BIT(SW_CONFIG_EFFECTIVE),
		.needs = SW_NEEDS_LOOK,
		.ops = &sw_config_show_ops,
	},
	{
		.name = "get",
		.synopsis = "KEY",
		.complete = "key",
		.min_operands = 1,
		.max_operands = 1,
		.needs = SW_NEEDS_LOOK,
		.ops = &sw_config_get_ops,
	},
	{
		.name = "set",
		.synopsis = "KEY VALUE [--confirm SPAN]",
		.complete = "key",
		.takes = BIT(SW_CONFIG_CONFIRM),
		.min_operands = 2,
		.max_operands = 2,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "checks the value",
		.ops = &sw_config_set_ops,
	},
	{
		.name = "unset",
		.synopsis = "KEY [--confirm SPAN]",
		.complete = "key",
		.takes = BIT(SW_CONFIG_CONFIRM),
		.min_operands = 1,
		.max_operands = 1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "says which value would apply",
		.ops = &sw_config_set_ops,
	},
	{.name = "sample", .synopsis = "", .ops = &sw_config_sample_ops},
	{0},
};

const struct sw_verb sw_rules_verbs[] = {
	{
		.name = "check",
		.synopsis = "FILE...",
		.complete = "file",
		.takes = BIT(SW_RULES_LENIENT) | BIT(SW_RULES_LIMIT),
		.min_operands = 1,
		.max_operands = -1,
		.ops = &sw_rules_check_ops,
	},
	{
		.name = "load",
		.synopsis = "[FILE...]",
		.complete = "file",
		.takes = BIT(SW_RULES_LIMIT),
		.max_operands = -1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "reads the rules and says which are accepted",
		.ops = &sw_rules_load_ops,
	},
	{
		.name = "list",
		.synopsis = "",
		.needs = SW_NEEDS_LOOK,
		.ops = &sw_rules_list_ops,
	},
	{
		.name = "show",
		.synopsis = "SID",
		.complete = "rule",
		.min_operands = 1,
		.max_operands = 1,
		.needs = SW_NEEDS_LOOK,
		.ops = &sw_rules_show_ops,
	},
	{
		.name = "stats",
		.synopsis = "",
		.takes = BIT(SW_RULES_LIMIT) | BIT(SW_RULES_ALL),
		.needs = SW_NEEDS_LOOK,
		.ops = &sw_rules_stats_ops,
	},
	{
		.name = "enable",
		.synopsis = "SID...",
		.complete = "rule",
		.min_operands = 1,
		.max_operands = -1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "says which are disabled now",
		.ops = &sw_rules_enable_ops,
	},
	{
		.name = "disable",
		.synopsis = "SID...",
		.complete = "rule",
		.min_operands = 1,
		.max_operands = -1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "says which are enabled now",
		.ops = &sw_rules_disable_ops,
	},
	{0},
};

const struct sw_verb sw_key_verbs[] = {
	{
		.name = "add",
		.synopsis = "NAME",
		.min_operands = 1,
		.max_operands = 1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.undo = "scanwall key revoke NAME",
		.dry_run = "prints a key that is not kept",
		.ops = &sw_key_add_ops,
	},
	{.name = "list", .synopsis = "", .needs = SW_NEEDS_LOOK, .ops = &sw_key_list_ops},
	{
		.name = "revoke",
		.synopsis = "NAME",
		.complete = "access-key",
		.min_operands = 1,
		.max_operands = 1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.undo = "scanwall key add NAME, which makes another key",
		.dry_run = "says whose key would be revoked",
		.ops = &sw_key_revoke_ops,
	},
	{0},
};

const struct sw_verb sw_notify_verbs[] = {
	{.name = "run", .synopsis = "", .ops = &sw_notify_run_ops},
	{.name = "test", .synopsis = "", .ops = &sw_notify_test_ops},
	{
		.name = "daily",
		.synopsis = "",
		.needs = SW_NEEDS_LOOK,
		.dry_run = "prints the report and sends nothing",
		.ops = &sw_notify_daily_ops,
	},
	{},
};

const struct sw_verb sw_names_verbs[] = {
	{.name = "list", .synopsis = "", .needs = SW_NEEDS_LOOK, .ops = &sw_names_list_ops},
	{.name = "run", .synopsis = "", .ops = &sw_names_run_ops},
	{},
};

const struct sw_verb sw_port_verbs[] = {
	{
		.name = "allow",
		.synopsis = "PORT from ADDR[/LEN]... [--confirm SPAN]",
		.takes = BIT(SW_PORT_CONFIRM),
		.min_operands = 2,
		.max_operands = -1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "shows the list as it would be",
		.ops = &sw_port_allow_ops,
	},
	{
		.name = "remove",
		.synopsis = "PORT [from ADDR[/LEN]...] [--confirm SPAN]",
		.takes = BIT(SW_PORT_CONFIRM),
		.min_operands = 1,
		.max_operands = -1,
		.needs = SW_NEEDS_LOCK,
		.audited = true,
		.dry_run = "shows the list as it would be",
		.ops = &sw_port_remove_ops,
	},
	{.name = "list", .synopsis = "", .needs = SW_NEEDS_LOOK, .ops = &sw_port_list_ops},
	{},
};
