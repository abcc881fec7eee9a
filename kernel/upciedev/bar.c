// SPDX-License-Identifier: GPL-2.0-only
/*
 * The BARs: which there are, where they lie, and the kernel's mapping of them
 *
 * Only memory is taken. I/O ports are described, no more: the PCI core may move
 * them under a bound driver when it needs room for a board that was plugged in,
 * and crates often have none to give.
 *
 * The managed ("pcim") variants are avoided: their meaning changed between 6.1
 * and the newest kernel.
 */
#include <linux/nospec.h>

#include "compat.h"
#include "internal.h"

static bool assigned(struct pci_dev *pdev, int index)
{
	const struct resource *res = &pdev->resource[index];

	return !(res->flags & IORESOURCE_UNSET) && res->parent;
}

static u32 bar_flags(struct pci_dev *pdev, int index)
{
	unsigned long res = pci_resource_flags(pdev, index);
	u32 flags = 0;

	if (!pci_resource_len(pdev, index))
		return 0;
	flags |= assigned(pdev, index) ? UPCIEDEV_BAR_PRESENT : UPCIEDEV_BAR_UNASSIGNED;
	if (res & IORESOURCE_IO)
		flags |= UPCIEDEV_BAR_IO;
	if (res & IORESOURCE_MEM_64)
		flags |= UPCIEDEV_BAR_64BIT;
	if (res & IORESOURCE_PREFETCH)
		flags |= UPCIEDEV_BAR_PREFETCH;
	return flags;
}

static bool reachable(const struct upciedev_bar *bar)
{
	return (bar->flags & UPCIEDEV_BAR_PRESENT) && !(bar->flags & UPCIEDEV_BAR_IO);
}

/* A page must not show what lies beside the BAR */
static bool bar_mappable(const struct upciedev_bar *bar, u32 card_flags)
{
	return (card_flags & UPCIEDEV_BAR_MMAP_UC) && PAGE_ALIGNED(bar->start) &&
	       bar->length >= PAGE_SIZE;
}

static bool is_peer(const struct upciedev_card *card, const struct upciedev_card_bar *bar,
		    const struct upciedev_bar *here)
{
	if (!reachable(here))
		return false;
	return bar->flags & UPCIEDEV_BAR_PEER ||
	       (card->peers && READ_ONCE(*card->peers) && here->flags & UPCIEDEV_BAR_PREFETCH);
}

static void bar_describe(struct upciedev_device *device, int index)
{
	const struct upciedev_card_bar *card = &device->card->bars[index];
	struct upciedev_bar *bar = &device->bars[index];

	bar->flags = bar_flags(device->pdev, index);
	bar->start = pci_resource_start(device->pdev, index);
	bar->length = pci_resource_len(device->pdev, index);
	bar->mappable = bar_mappable(bar, card->flags);
	if (!bar->flags)
		return;
	if (is_peer(device->card, card, bar))
		bar->flags |= UPCIEDEV_BAR_PEER;
	if (card->name)
		strscpy(bar->name, card->name, sizeof(bar->name));
	else
		snprintf(bar->name, sizeof(bar->name), "bar%d", index);
}

static void disable(void *pdev)
{
	pci_disable_device(pdev);
}

static int enable(struct pci_dev *pdev)
{
	int err = pci_enable_device_mem(pdev);

	if (err)
		return dev_err_probe(&pdev->dev, err,
				     "cannot be enabled; see the message about its BARs above\n");
	err = devm_add_action_or_reset(&pdev->dev, disable, pdev);
	if (err)
		return err;

	/* Nobody uses interrupts or DMA yet: the board must not either */
	pci_clear_master(pdev);
	pci_intx(pdev, 0);
	return 0;
}

static void release(void *data)
{
	struct upciedev_device *device = data;
	int i;

	for (i = 0; i < UPCIEDEV_NR_BARS; i++) {
		if (!device->bars[i].base)
			continue;
		pci_iounmap(device->pdev, device->bars[i].base);
		pci_release_region(device->pdev, i);
	}
}

static int bar_take(struct upciedev_device *device, int index)
{
	struct upciedev_bar *bar = &device->bars[index];
	int err;

	if (!reachable(bar))
		return 0;
	err = pci_request_region(device->pdev, index, "upciedev");
	if (err)
		return dev_err_probe(&device->pdev->dev, err,
				     "BAR %d is in use; see /proc/iomem\n", index);
	bar->base = pci_iomap(device->pdev, index, 0);
	if (!bar->base) {
		pci_release_region(device->pdev, index);
		return dev_err_probe(&device->pdev->dev, -ENOMEM,
				     "no address space to map BAR %d\n", index);
	}
	return 0;
}

/* As it stands in the board; the PCI core remembers what it wrote there */
static u64 bar_register(struct pci_dev *pdev, u32 index)
{
	u32 low = 0, high = 0;

	pci_read_config_dword(pdev, PCI_BASE_ADDRESS_0 + 4 * index, &low);
	if (pci_resource_flags(pdev, index) & IORESOURCE_MEM_64)
		pci_read_config_dword(pdev, PCI_BASE_ADDRESS_0 + 4 * index + 4, &high);
	return (u64)high << 32 | (low & PCI_BASE_ADDRESS_MEM_MASK);
}

/**
 * upciedev_bar_lost() - does the board answer elsewhere than the kernel thinks?
 * @device: device
 * @index: BAR
 *
 * A board that reset itself, or whose FPGA was loaded anew, has lost its addresses: what is
 * sent to them may arrive at another board.
 */
bool upciedev_bar_lost(const struct upciedev_device *device, u32 index)
{
	const struct upciedev_bar *bar = upciedev_bar(device, index);

	return bar && bar_register(device->pdev, index) !=
		      (u64)pci_bus_address(device->pdev, index);
}

bool upciedev_any_bar_lost(const struct upciedev_device *device)
{
	u32 i;

	for (i = 0; i < UPCIEDEV_NR_BARS; i++)
		if (upciedev_bar_lost(device, i))
			return true;
	return false;
}

/* Refuses a board whose BARs are elsewhere, and says where */
int upciedev_bars_check(const struct upciedev_device *device)
{
	struct pci_dev *pdev = device->pdev;
	u32 i;

	for (i = 0; i < UPCIEDEV_NR_BARS; i++)
		if (upciedev_bar_lost(device, i))
			return dev_err_probe(&pdev->dev, -EIO,
					     "BAR %u is at %#llx, not %#llx where the kernel has put it: remove the board and rescan the bus\n",
					     i, bar_register(pdev, i),
					     (u64)pci_bus_address(pdev, i));
	return 0;
}

int upciedev_bars_init(struct upciedev_device *device)
{
	int i, err;

	for (i = 0; i < UPCIEDEV_NR_BARS; i++)
		bar_describe(device, i);
	/* Before the board decodes them */
	err = upciedev_bars_check(device);
	if (err)
		return err;
	err = enable(device->pdev);
	if (err)
		return err;
	err = devm_add_action(&device->pdev->dev, release, device);
	for (i = 0; !err && i < UPCIEDEV_NR_BARS; i++)
		err = bar_take(device, i);
	return err;
}

/*
 * The BAR if it can be accessed, else NULL; @index may come from a user. Tells
 * the same after removal: only upciedev_gone(), in a section, guards its base.
 */
const struct upciedev_bar *upciedev_bar(const struct upciedev_device *device, u32 index)
{
	const struct upciedev_bar *bar;

	if (index >= UPCIEDEV_NR_BARS)
		return NULL;
	bar = &device->bars[array_index_nospec(index, UPCIEDEV_NR_BARS)];
	return reachable(bar) ? bar : NULL;
}

u64 upciedev_bar_length(const struct upciedev_board *board, u32 index)
{
	const struct upciedev_bar *bar = upciedev_bar(board->device, index);

	return bar ? bar->length : 0;
}
EXPORT_SYMBOL_UPCIEDEV(upciedev_bar_length);
