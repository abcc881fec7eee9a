// SPDX-License-Identifier: GPL-2.0-only
/*
 * What stands in the configuration space of ports and boards
 */
#include <linux/module.h>
#include <linux/slab.h>

#include "bridge.h"

#define VENDOR		0x1b36	/* as QEMU's own, which has no devices of these numbers */
#define PORT		0x00b0	/* and the next: root port, upstream, downstream */
#define BOARD		0x00b8
#define LINK		(PCI_EXP_LNKSTA_CLS_5_0GB | PCI_EXP_LNKSTA_NLW_X4)
#define ACS_BITS	(PCI_ACS_SV | PCI_ACS_TB | PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_UF | \
			 PCI_ACS_DT)

static uint root_id = VENDOR << 16 | PORT;
module_param(root_id, uint, 0444);
MODULE_PARM_DESC(root_id, "Vendor and device of the root port, as 0xVVVVDDDD");

struct hb_function *hb_functions[2 + 2 * HB_SLOTS];

static void may_write16(struct hb_function *function, u32 offset, u16 bits)
{
	*(__le16 *)&function->writable[offset] = cpu_to_le16(bits);
}

static void may_write32(struct hb_function *function, u32 offset, u32 bits)
{
	*(__le32 *)&function->writable[offset] = cpu_to_le32(bits);
}

static void clears16(struct hb_function *function, u32 offset, u16 bits)
{
	*(__le16 *)&function->clears[offset] = cpu_to_le16(bits);
}

static void header(struct hb_function *function, u32 id, u32 class)
{
	hb_put32(function, PCI_VENDOR_ID, id << 16 | id >> 16);
	hb_put32(function, PCI_CLASS_REVISION, class << 8 | 1);
	may_write16(function, PCI_COMMAND, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER |
		    PCI_COMMAND_PARITY | PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE);
	function->writable[PCI_CACHE_LINE_SIZE] = 0xff;
	function->writable[PCI_INTERRUPT_LINE] = 0xff;
	clears16(function, PCI_STATUS, 0xf900);
	hb_put16(function, PCI_STATUS, PCI_STATUS_CAP_LIST);
	function->config[PCI_CAPABILITY_LIST] = HB_EXP;
}

static void express(struct hb_function *function, u32 type, u32 capabilities)
{
	u32 at = HB_EXP;

	function->config[at] = PCI_CAP_ID_EXP;
	hb_put16(function, at + PCI_EXP_FLAGS, 2 | type << 4);
	hb_put32(function, at + PCI_EXP_DEVCAP, PCI_EXP_DEVCAP_RBER | 1 | capabilities);
	may_write16(function, at + PCI_EXP_DEVCTL, 0x7fff);
	clears16(function, at + PCI_EXP_DEVSTA, 0xf);
	hb_put32(function, at + PCI_EXP_LNKCAP, LINK);
	may_write16(function, at + PCI_EXP_LNKCTL, 0x01d3);
	hb_put16(function, at + PCI_EXP_LNKSTA, LINK);
	may_write16(function, at + PCI_EXP_DEVCTL2, 0xffff);
	hb_put32(function, at + PCI_EXP_LNKCAP2, PCI_EXP_LNKCAP2_SLS_2_5GB |
		 PCI_EXP_LNKCAP2_SLS_5_0GB);
	hb_put16(function, at + PCI_EXP_LNKCTL2, PCI_EXP_LNKCTL2_TLS_5_0GT);
	may_write16(function, at + PCI_EXP_LNKCTL2, PCI_EXP_LNKCTL2_TLS);
}

/* All windows closed: their base is above their limit */
static void windows(struct hb_function *bridge)
{
	hb_put16(bridge, PCI_MEMORY_BASE, 0xfff0);
	may_write32(bridge, PCI_MEMORY_BASE, 0xfff0fff0);
	hb_put32(bridge, PCI_PREF_MEMORY_BASE, 0x0001fff1);
	may_write32(bridge, PCI_PREF_MEMORY_BASE, 0xfff0fff0);
	may_write32(bridge, PCI_PREF_BASE_UPPER32, ~0U);
	may_write32(bridge, PCI_PREF_LIMIT_UPPER32, ~0U);
	bridge->config[PCI_IO_BASE] = 0xf0;
}

static void port(struct hb_function *bridge, u32 id, u32 type)
{
	header(bridge, id, PCI_CLASS_BRIDGE_PCI_NORMAL);
	bridge->config[PCI_HEADER_TYPE] = PCI_HEADER_TYPE_BRIDGE;
	may_write32(bridge, PCI_PRIMARY_BUS, 0x00ffffff);
	windows(bridge);
	may_write16(bridge, PCI_BRIDGE_CONTROL, PCI_BRIDGE_CTL_PARITY | PCI_BRIDGE_CTL_SERR |
		    PCI_BRIDGE_CTL_BUS_RESET);
	express(bridge, type, 0);
}

static void root_port(struct hb_function *bridge)
{
	port(bridge, root_id, PCI_EXP_TYPE_ROOT_PORT);
	bridge->config[PCI_INTERRUPT_PIN] = 1;
	hb_put16(bridge, HB_EXP + PCI_EXP_LNKSTA, LINK | PCI_EXP_LNKSTA_DLLLA);
	hb_put32(bridge, HB_EXP + PCI_EXP_LNKCAP, LINK | PCI_EXP_LNKCAP_DLLLARC);
	may_write16(bridge, HB_EXP + PCI_EXP_RTCTL, 0x1f);
}

static void access_control(struct hb_function *bridge)
{
	hb_put32(bridge, HB_ACS, PCI_EXT_CAP_ID_ACS | 1 << 16);
	hb_put16(bridge, HB_ACS + PCI_ACS_CAP, ACS_BITS);
	may_write16(bridge, HB_ACS + PCI_ACS_CTRL, ACS_BITS);
}

static void downstream_port(struct hb_function *bridge)
{
	u32 at = HB_EXP;

	port(bridge, VENDOR << 16 | (PORT + 2), PCI_EXP_TYPE_DOWNSTREAM);
	bridge->config[PCI_INTERRUPT_PIN] = 1;
	hb_put16(bridge, at + PCI_EXP_FLAGS, hb_get16(bridge, at + PCI_EXP_FLAGS) |
		 PCI_EXP_FLAGS_SLOT);
	hb_put32(bridge, at + PCI_EXP_LNKCAP, LINK | PCI_EXP_LNKCAP_DLLLARC);
	hb_put32(bridge, at + PCI_EXP_SLTCAP, bridge->slot << 19 | PCI_EXP_SLTCAP_NCCS |
		 PCI_EXP_SLTCAP_HPC | PCI_EXP_SLTCAP_HPS);
	may_write16(bridge, at + PCI_EXP_SLTCTL, 0x1fff);
	clears16(bridge, at + PCI_EXP_SLTSTA, PCI_EXP_SLTSTA_PDC | PCI_EXP_SLTSTA_DLLSC);
	access_control(bridge);
}

/* Slot and link as the slot's port shows them; the caller tells that they changed */
void hb_link(struct hb_function *bridge, bool up)
{
	u16 slot = hb_get16(bridge, HB_EXP + PCI_EXP_SLTSTA) & ~PCI_EXP_SLTSTA_PDS;

	hb_put16(bridge, HB_EXP + PCI_EXP_SLTSTA, slot | (up ? PCI_EXP_SLTSTA_PDS : 0));
	hb_put16(bridge, HB_EXP + PCI_EXP_LNKSTA, LINK | (up ? PCI_EXP_LNKSTA_DLLLA : 0));
}

static void bar(struct hb_function *board, u32 index, u64 bytes, u32 kind)
{
	u32 at = PCI_BASE_ADDRESS_0 + 4 * index;

	hb_put32(board, at, kind);
	may_write32(board, at, lower_32_bits(~(bytes - 1)));
	if (kind & PCI_BASE_ADDRESS_MEM_TYPE_64)
		may_write32(board, at + 4, ~0U);
}

/* As after power-on. It has no interrupt */
void hb_board_config(struct hb_function *board)
{
	u32 subsystem = board->image ?: BOARD;

	memset(board->config, 0, HB_CONFIG);
	header(board, VENDOR << 16 | BOARD, PCI_CLASS_SP_OTHER << 8);
	hb_put32(board, PCI_SUBSYSTEM_VENDOR_ID, subsystem << 16 | VENDOR);
	express(board, PCI_EXP_TYPE_ENDPOINT, board->no_flr ? 0 : PCI_EXP_DEVCAP_FLR);
	bar(board, HB_REGS_BAR, HB_REGS_BYTES, 0);
	bar(board, HB_MEMORY_BAR, HB_MEMORY_BYTES,
	    PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH);
}

static struct hb_function *create(u32 index, enum hb_kind kind, struct hb_function *up,
				  u32 device, u32 slot)
{
	struct hb_function *function = kzalloc(sizeof(*function), GFP_KERNEL);

	hb_functions[index] = function;
	if (!function)
		return NULL;
	function->kind = kind;
	function->up = up;
	function->devfn = PCI_DEVFN(device, 0);
	function->slot = slot;
	function->present = true;
	return function;
}

static int slot_create(u32 i)
{
	struct hb_function *bridge, *board;

	bridge = create(2 + i, HB_DOWNSTREAM, hb_upstream, i, HB_FIRST_SLOT + i);
	if (!bridge)
		return -ENOMEM;
	downstream_port(bridge);
	hb_link(bridge, true);
	board = create(2 + HB_SLOTS + i, HB_BOARD, bridge, 0, HB_FIRST_SLOT + i);
	if (!board)
		return -ENOMEM;
	bridge->below = board;
	hb_board_config(board);
	return 0;
}

int hb_functions_create(void)
{
	int err = 0;
	u32 i;

	if (!create(0, HB_ROOT_PORT, NULL, 1, 0) || !create(1, HB_UPSTREAM, hb_root_port, 0, 0)) {
		hb_functions_free();
		return -ENOMEM;
	}
	root_port(hb_root_port);
	port(hb_upstream, VENDOR << 16 | (PORT + 1), PCI_EXP_TYPE_UPSTREAM);
	for (i = 0; i < HB_SLOTS && !err; i++)
		err = slot_create(i);
	if (err)
		hb_functions_free();
	return err;
}

void hb_functions_free(void)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(hb_functions); i++)
		kfree(hb_functions[i]);
}
