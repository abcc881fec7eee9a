// SPDX-License-Identifier: GPL-2.0-only
/* One function a command: size first, then the range, then the work */
#include <linux/nospec.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "internal.h"

static_assert(sizeof(struct upciedev_board_info) == 184);
static_assert(offsetof(struct upciedev_board_info, vendor) == 32);
static_assert(offsetof(struct upciedev_board_info, generation) == 48);
static_assert(offsetof(struct upciedev_board_info, reserved) == 120);
static_assert(sizeof(struct upciedev_bar_info) == 80);
static_assert(offsetof(struct upciedev_bar_info, length) == 16);
static_assert(offsetof(struct upciedev_bar_info, reserved) == 48);
static_assert(sizeof(struct upciedev_bar_area) == 24);
static_assert(offsetof(struct upciedev_bar_area, rights) == 16);
static_assert(sizeof(struct upciedev_bar_areas) == 24);
static_assert(offsetof(struct upciedev_bar_areas, areas) == 8);
static_assert(sizeof(struct upciedev_op) == 32);
static_assert(offsetof(struct upciedev_op, offset) == 8);
static_assert(offsetof(struct upciedev_op, mask) == 24);
static_assert(sizeof(struct upciedev_batch) == 32);
static_assert(offsetof(struct upciedev_batch, ops) == 8);
static_assert(sizeof(struct upciedev_claim) == 32);
static_assert(offsetof(struct upciedev_claim, holder) == 12);
static_assert(offsetof(struct upciedev_claim, reserved) == 16);
static_assert(sizeof(struct upciedev_irq_info) == 32);
static_assert(offsetof(struct upciedev_irq_info, reserved) == 16);
static_assert(sizeof(struct upciedev_irq_open) == 32);
static_assert(offsetof(struct upciedev_irq_open, causes) == 16);
static_assert(sizeof(struct upciedev_irq_event) == 32);
static_assert(offsetof(struct upciedev_irq_event, status) == 8);
static_assert(sizeof(struct upciedev_dma_info) == 104);
static_assert(offsetof(struct upciedev_dma_info, max_length) == 24);
static_assert(offsetof(struct upciedev_dma_info, reserved) == 72);
static_assert(sizeof(struct upciedev_dma_open) == 32);
static_assert(offsetof(struct upciedev_dma_open, reserved) == 16);
static_assert(sizeof(struct upciedev_dma_transfer) == 64);
static_assert(offsetof(struct upciedev_dma_transfer, done) == 32);
static_assert(sizeof(struct upciedev_dma_ring) == 56);
static_assert(offsetof(struct upciedev_dma_ring, head_length) == 16);
static_assert(sizeof(struct upciedev_dma_head) == 64);
static_assert(offsetof(struct upciedev_dma_head, ready) == 8);
static_assert(sizeof(struct upciedev_dma_frame) == 32);
static_assert(offsetof(struct upciedev_dma_frame, index) == 24);
static_assert(sizeof(struct upciedev_dma_start) == 56);
static_assert(offsetof(struct upciedev_dma_start, timeout_ms) == 32);
static_assert(sizeof(struct upciedev_dma_exchange) == 40);
static_assert(offsetof(struct upciedev_dma_exchange, seen) == 16);
static_assert(sizeof(struct upciedev_peer_route) == 56);
static_assert(offsetof(struct upciedev_peer_route, reserved) == 40);
static_assert(sizeof(struct upciedev_dma_peer) == 72);
static_assert(offsetof(struct upciedev_dma_peer, done) == 40);
static_assert(sizeof(struct upciedev_dma_peer_ring) == 64);
static_assert(offsetof(struct upciedev_dma_peer_ring, head_length) == 40);
static_assert(sizeof(struct upciedev_peer_lease) == 40);
static_assert(offsetof(struct upciedev_peer_lease, holder) == 32);
static_assert(sizeof(struct upciedev_status) == 16);
static_assert(offsetof(struct upciedev_status, generation) == 8);

static u32 board_flags(const struct upciedev_file *file)
{
	const struct upciedev_device *device = file->device;
	u32 flags = 0;
	u16 command;

	pci_read_config_word(device->pdev, PCI_COMMAND, &command);
	if (device->card->flags & UPCIEDEV_CARD_GENERIC)
		flags |= UPCIEDEV_BOARD_GENERIC;
	if (device->confined)
		flags |= UPCIEDEV_BOARD_IOMMU;
	if (command & PCI_COMMAND_MASTER)
		flags |= UPCIEDEV_BOARD_MASTER;
	if (file->filp->f_mode & FMODE_WRITE)
		flags |= UPCIEDEV_BOARD_WRITABLE;
	return flags;
}

static void fill_board_info(const struct upciedev_file *file,
			    struct upciedev_board_info *info)
{
	const struct upciedev_device *device = file->device;
	struct pci_dev *pdev = device->pdev;

	info->size = sizeof(*info);
	info->abi = UPCIEDEV_ABI_VERSION;
	info->flags = board_flags(file);
	info->slot = device->slot;
	info->domain = pci_domain_nr(pdev->bus);
	info->root = device->root;
	info->bus = pdev->bus->number;
	info->devfn = pdev->devfn;
	info->vendor = pdev->vendor;
	info->device = pdev->device;
	info->subvendor = pdev->subsystem_vendor;
	info->subdevice = pdev->subsystem_device;
	info->class_revision = pdev->class << 8 | pdev->revision;
	info->nr_irqs = file->board->nr_vectors;
	info->generation = file->board->generation;
	strscpy(info->card, device->card->name, sizeof(info->card));
	strscpy(info->driver, UPCIEDEV_VERSION, sizeof(info->driver));
}

static long get_info(struct upciedev_file *file, struct upciedev_board_info __user *arg)
{
	struct upciedev_board_info info = {};
	int section;
	u32 size;

	if (get_user(size, &arg->size))
		return -EFAULT;
	if (size != sizeof(info))
		return -EINVAL;

	/* After removal the PCI device may have lost its bus */
	section = srcu_read_lock(&file->device->srcu);
	if (!upciedev_gone(file->board))
		fill_board_info(file, &info);
	srcu_read_unlock(&file->device->srcu, section);
	if (!info.size)
		return -ENODEV;
	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

/* Moves @area to the next stretch of equal rights; starts with all zero */
static bool next_area(const struct upciedev_file *file, u32 index,
		      struct upciedev_bar_area *area)
{
	const struct upciedev_device *device = file->device;
	const struct upciedev_bar *bar = upciedev_bar(device, index);
	u32 mask = upciedev_file_rights(file);
	u64 end = area->offset + area->length;

	if (!bar || end >= bar->length)
		return false;
	area->offset = end;
	area->rights = upciedev_rights(device, file->admin, index, end, 1) & mask;
	do {
		end = upciedev_area_end(device, index, end);
		cond_resched();
	} while (end < bar->length &&
		 (upciedev_rights(device, file->admin, index, end, 1) & mask) == area->rights);
	area->length = end - area->offset;
	return true;
}

static u32 count_areas(const struct upciedev_file *file, u32 bar)
{
	struct upciedev_bar_area area = {};
	u32 count = 0;

	while (next_area(file, bar, &area))
		count++;
	return count;
}

static long get_bar(struct upciedev_file *file, struct upciedev_bar_info __user *arg)
{
	const struct upciedev_bar *bar;
	struct upciedev_bar_info info;
	u32 index;

	if (copy_from_user(&info, arg, sizeof(info)))
		return -EFAULT;
	if (info.size != sizeof(info) || info.bar >= UPCIEDEV_NR_BARS)
		return -EINVAL;

	index = array_index_nospec(info.bar, UPCIEDEV_NR_BARS);
	bar = &file->device->bars[index];
	memset(&info, 0, sizeof(info));
	info.size = sizeof(info);
	info.bar = index;
	info.flags = bar->flags;
	info.nr_areas = count_areas(file, index);
	info.length = bar->length;
	info.position = UPCIEDEV_POS(index, 0);
	strscpy(info.name, bar->name, sizeof(info.name));
	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static long get_bar_areas(struct upciedev_file *file, struct upciedev_bar_areas __user *arg)
{
	struct upciedev_bar_area area = {};
	struct upciedev_bar_area __user *out;
	struct upciedev_bar_areas areas;
	u32 index = 0;

	if (copy_from_user(&areas, arg, sizeof(areas)))
		return -EFAULT;
	if (areas.bar >= UPCIEDEV_NR_BARS || areas.reserved)
		return -EINVAL;
	out = u64_to_user_ptr(areas.areas);
	for (; next_area(file, areas.bar, &area); index++)
		if (index < areas.count && copy_to_user(&out[index], &area, sizeof(area)))
			return -EFAULT;
	return put_user(index, &arg->count);
}

long upciedev_ioctl(struct file *filp, unsigned int command, unsigned long arg)
{
	struct upciedev_file *file = filp->private_data;
	void __user *user = (void __user *)arg;

	if (upciedev_gone(file->board))
		return -ENODEV;
	switch (command) {
	case UPCIEDEV_GET_INFO:
		return get_info(file, user);
	case UPCIEDEV_GET_BAR:
		return get_bar(file, user);
	case UPCIEDEV_GET_BAR_AREAS:
		return get_bar_areas(file, user);
	case UPCIEDEV_BATCH:
		return upciedev_batch(file, user);
	case UPCIEDEV_CLAIM:
		return upciedev_claim(file, user);
	case UPCIEDEV_RESET:
		return upciedev_reset(file, arg);
	case UPCIEDEV_OFFLINE:
		return upciedev_offline(file, user);
	case UPCIEDEV_IRQ_INFO:
		return upciedev_irq_info(file, user);
	case UPCIEDEV_IRQ_OPEN:
		return upciedev_irq_open(file, user);
	case UPCIEDEV_DMA_INFO:
		return upciedev_dma_info(file, user);
	case UPCIEDEV_DMA_OPEN:
		return upciedev_dma_open(file, user);
	case UPCIEDEV_PEER_ROUTE:
		return upciedev_peer_route(file, user);
	case UPCIEDEV_PEER_LEASE:
		return upciedev_peer_lease(file, user);
	default:
		return -ENOTTY;
	}
}
