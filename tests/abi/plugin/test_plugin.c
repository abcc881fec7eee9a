// SPDX-License-Identifier: GPL-2.0-only
/*
 * A card plugin for tests/abi/plugin_test.cpp: registers itself rightly or
 * wrongly, and tries what the base driver offers to plugins on the board (an
 * edu) that it is bound to.
 */
#include <linux/pci.h>
#include <linux/upciedev.h>

#define SIZE	0x100000
#define INVERT	0x04		/* reads the complement of what was written */
#define GUARDED	0x80

static char *fault = "none";
module_param(fault, charp, 0444);
MODULE_PARM_DESC(fault, "none, or what is wrong with the registration");

static int failed;

static void expect(int got, int wanted, const char *what)
{
	if (got == wanted)
		return;
	pr_err("test_plugin: %s gave %d, not %d\n", what, got, wanted);
	failed++;
}

#define EXPECT(call, wanted)	expect(call, wanted, #call)

static void try_bad_reads(struct upciedev_board *board)
{
	u64 v;

	EXPECT(upciedev_read(board, 6, 0, 32, &v), -EINVAL);
	EXPECT(upciedev_read(board, U32_MAX, 0, 32, &v), -EINVAL);
	EXPECT(upciedev_read(board, 1, 0, 32, &v), -ENXIO);
	EXPECT(upciedev_read(board, 0, SIZE, 32, &v), -ERANGE);
	EXPECT(upciedev_read(board, 0, U64_MAX - 3, 32, &v), -ERANGE);
	EXPECT(upciedev_read(board, 0, SIZE - 4, 64, &v), -EINVAL);
	EXPECT(upciedev_read(board, 0, 2, 32, &v), -EINVAL);
	EXPECT(upciedev_read(board, 0, 0, 0, &v), -EINVAL);
	EXPECT(upciedev_read(board, 0, 0, 24, &v), -EINVAL);
	EXPECT(upciedev_read(board, 0, 0, 128, &v), -EINVAL);
}

static void try_bad_writes(struct upciedev_board *board)
{
	u64 old;

	EXPECT(upciedev_write(board, 6, 0, 32, 0), -EINVAL);
	EXPECT(upciedev_write(board, 1, 0, 32, 0), -ENXIO);
	EXPECT(upciedev_write(board, 0, SIZE, 32, 0), -ERANGE);
	EXPECT(upciedev_write(board, 0, 1, 16, 0), -EINVAL);
	EXPECT(upciedev_modify(board, 6, 0, 32, 1, 1, &old), -EINVAL);
	EXPECT(upciedev_modify(board, 0, SIZE, 32, 1, 1, &old), -ERANGE);
	EXPECT(upciedev_modify(board, 0, 3, 32, 1, 1, &old), -EINVAL);
}

static void try_blocks(struct upciedev_board *board)
{
	u32 words[2];

	EXPECT(upciedev_read_block(board, 0, SIZE - 8, 32, false, words, 2), 0);
	EXPECT(upciedev_read_block(board, 0, SIZE - 4, 32, true, words, 2), 0);
	EXPECT(upciedev_read_block(board, 0, SIZE - 4, 32, false, words, 2), -ERANGE);
	EXPECT(upciedev_read_block(board, 0, 0, 32, false, words, 0), -EINVAL);
	EXPECT(upciedev_read_block(board, 0, 0, 64, false, words, U64_MAX / 8 + 2), -EINVAL);
	EXPECT(upciedev_read_block(board, 0, 8, 64, false, words, U32_MAX), -ERANGE);
	EXPECT(upciedev_write_block(board, 0, SIZE - 4, 32, false, words, 2), -ERANGE);
	EXPECT(upciedev_write_block(board, 0, 0, 32, false, words, 0), -EINVAL);
}

static void try_good_access(struct upciedev_board *board)
{
	u32 value = 0;

	EXPECT(upciedev_write32(board, 0, INVERT, 0x12345678), 0);
	EXPECT(upciedev_read32(board, 0, INVERT, &value), 0);
	EXPECT(value == ~0x12345678U, true);
	/* Guards are for users, not for the card's own driver */
	EXPECT(upciedev_write(board, 0, GUARDED, 32, 0), 0);
}

static void try_facts(struct upciedev_board *board)
{
	EXPECT(upciedev_bar_length(board, 0) == SIZE, true);
	EXPECT(upciedev_bar_length(board, 1) == 0, true);
	EXPECT(upciedev_bar_length(board, 6) == 0, true);
	EXPECT(upciedev_bar_length(board, U32_MAX) == 0, true);
	EXPECT(upciedev_slot(board) == 4, true);
	EXPECT(upciedev_pci_dev(board)->vendor, 0x1234);
}

static int test_start(struct upciedev_board *board)
{
	failed = 0;
	try_bad_reads(board);
	try_bad_writes(board);
	try_blocks(board);
	try_good_access(board);
	try_facts(board);
	return failed ? -EIO : 0;
}

static struct upciedev_guard guard = { .offset = GUARDED, .length = 0x20 };

static struct upciedev_card_irq irq = { .name = "any", .status = { 0x24, 1, 0, 32 } };

/* For tests/abi/irq_enable_test.cpp */
static const struct upciedev_card_bits unread = {
	.offset = INVERT, .mask = 0xf0, .width = 32, .flags = UPCIEDEV_BITS_UNREAD,
};

static struct upciedev_card card = {
	.name		= "test",
	.guards		= &guard,
	.nr_guards	= 1,
	.irqs		= &irq,
	.nr_irqs	= 1,
	.start		= test_start,
};

static bool unguard;

static struct upciedev_plugin plugin = {
	.abi		= UPCIEDEV_CARD_ABI,
	.size		= sizeof(card),
	.card		= &card,
	.name		= "test_plugin",
	.owner		= THIS_MODULE,
	.unguard	= &unguard,
};

static const struct {
	const char *name;
	void *where;
	u64 value;
	size_t bytes;
} faults[] = {
	{ "abi",		&plugin.abi,	 UPCIEDEV_CARD_ABI + 1,	sizeof(u32) },
	{ "old_abi",		&plugin.abi,	 0,			sizeof(u32) },
	{ "size",		&plugin.size,	 sizeof(card) + 8,	sizeof(u32) },
	{ "small",		&plugin.size,	 sizeof(card) - 8,	sizeof(u32) },
	{ "no_name",		&card.name,	 0,			sizeof(card.name) },
	{ "guard_bar",		&guard.bar,	 UPCIEDEV_NR_BARS,	sizeof(u32) },
	{ "guard_empty",	&guard.length,	 0,			sizeof(u64) },
	{ "guard_overflow",	&guard.length,	 U64_MAX - 8,		sizeof(u64) },
	{ "irq_name",		&irq.name,	 0,			sizeof(irq.name) },
	{ "irq_vector",		&irq.vector,	 UPCIEDEV_MAX_CARD_VECTORS, sizeof(u32) },
	{ "irq_register",	&irq.status.offset, SIZE,		sizeof(u64) },
	{ "irq_mask",		&irq.status.mask, 1ULL << 32,		sizeof(u64) },
	{ "irqs_many",		&card.nr_irqs,	 UPCIEDEV_MAX_CAUSES + 1, sizeof(u32) },
};

static int __init test_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(faults); i++)
		if (!strcmp(fault, faults[i].name))
			memcpy(faults[i].where, &faults[i].value, faults[i].bytes);
	if (!strcmp(fault, "long_name"))
		card.name = "a name of more than thirty-one characters";
	if (!strcmp(fault, "unread")) {
		irq.enable = unread;
		card.start = NULL;	/* which reads there */
	}
	return upciedev_register_card(&plugin);
}
module_init(test_init);

static void __exit test_exit(void)
{
	upciedev_unregister_card(&plugin);
}
module_exit(test_exit);

MODULE_INFO(import_ns, "UPCIEDEV");
MODULE_DESCRIPTION("Test of the plugin interface of upciedev");
MODULE_AUTHOR("The upciedev authors");
MODULE_LICENSE("GPL");
