// SPDX-License-Identifier: GPL-2.0-only
/*
 * A card for tests/abi/containment_test.cpp and tests/guest/iommu.py: takes memory for registers
 * of which some are guarded, and offers all of it to peers.
 */
#include <linux/pci.h>
#include <linux/upciedev.h>

static char *shape = "ranges";
module_param(shape, charp, 0444);
MODULE_PARM_DESC(shape, "ranges, repeats, open, admin; wrong: short_period, mixed, falling");

static uint bar = 2;
module_param(bar, uint, 0444);
MODULE_PARM_DESC(bar, "that has them");

static const struct {
	const char *name;
	struct upciedev_guard guards[2];
} shapes[] = {
	{ "ranges",	{ { .offset = 0x1000, .length = 0x40 },
			  { .offset = 0x3000, .length = 0x40,
			    .flags = UPCIEDEV_GUARD_READABLE } } },
	{ "repeats",	{ { .offset = 0x2010, .length = 8, .period = 0x800 },
			  { .offset = 0x30, .length = 4, .period = 0x8000,
			    .flags = UPCIEDEV_GUARD_READABLE } } },
	{ "open",	{ { .offset = 0x2000, .length = 0x1000, .flags = UPCIEDEV_GUARD_OPEN },
			  { .offset = 0x8000, .length = 0x100, .flags = UPCIEDEV_GUARD_OPEN } } },
	{ "admin",	{ { .offset = 0x1000, .length = 0x40, .flags = UPCIEDEV_GUARD_ADMIN },
			  { .offset = 0x3000, .length = 0x40,
			    .flags = UPCIEDEV_GUARD_ADMIN | UPCIEDEV_GUARD_READABLE } } },
	{ "short_period", { { .offset = 0x10, .length = 8, .period = 4 },
			    { .offset = 0x1000, .length = 8 } } },
	{ "mixed",	{ { .offset = 0x10, .length = 8 },
			  { .offset = 0x1000, .length = 8,
			    .flags = UPCIEDEV_GUARD_OPEN | UPCIEDEV_GUARD_READABLE } } },
	{ "falling",	{ { .offset = 0x2000, .length = 0x1000, .flags = UPCIEDEV_GUARD_OPEN },
			  { .offset = 0x2800, .length = 0x1000, .flags = UPCIEDEV_GUARD_OPEN } } },
};

static struct upciedev_guard guards[2];

static struct upciedev_card card = {
	.name		= "guards",
	.guards		= guards,
	.nr_guards	= ARRAY_SIZE(guards),
};

static bool unguard;
module_param(unguard, bool, 0444);
MODULE_PARM_DESC(unguard, "As that of a card plugin");

static struct upciedev_plugin plugin = {
	.abi		= UPCIEDEV_CARD_ABI,
	.size		= sizeof(card),
	.card		= &card,
	.name		= KBUILD_MODNAME,
	.owner		= THIS_MODULE,
	.unguard	= &unguard,
};

static int __init guards_init(void)
{
	int i, j;

	if (bar >= UPCIEDEV_NR_BARS)
		return -EINVAL;
	card.bars[bar].flags = UPCIEDEV_BAR_MMAP_UC | UPCIEDEV_BAR_PEER;
	for (i = 0; i < ARRAY_SIZE(shapes); i++)
		if (!strcmp(shape, shapes[i].name))
			memcpy(guards, shapes[i].guards, sizeof(guards));
	for (j = 0; j < ARRAY_SIZE(guards); j++)
		guards[j].bar = bar;
	return upciedev_register_card(&plugin);
}
module_init(guards_init);

static void __exit guards_exit(void)
{
	upciedev_unregister_card(&plugin);
}
module_exit(guards_exit);

MODULE_INFO(import_ns, "UPCIEDEV");
MODULE_DESCRIPTION("Test of guards");
MODULE_AUTHOR("The upciedev authors");
MODULE_LICENSE("GPL");
