// SPDX-License-Identifier: GPL-2.0-only
/*
 * A board comes and goes
 *
 * Probe, resume and a finished reset begin a board; removal, suspend, reset and
 * bus errors end it. The PCI core calls all of these under the device's lock.
 */
#include <linux/slab.h>

#include "compat.h"
#include "internal.h"

static void board_free(struct kref *ref)
{
	struct upciedev_board *board = container_of(ref, struct upciedev_board, ref);

	upciedev_dma_free(board);
	upciedev_irqs_free(board);
	free_page((unsigned long)board->status);
	upciedev_count(UPCIEDEV_COUNT_STATUS_PAGES, -1);
	upciedev_count(UPCIEDEV_COUNT_BOARDS, -1);
	put_device(&board->device->dev);
	kfree(board);
}

void upciedev_board_put(struct upciedev_board *board)
{
	kref_put(&board->ref, board_free);
}

static struct upciedev_board *board_alloc(struct upciedev_device *device)
{
	static atomic64_t generations = ATOMIC64_INIT(0);
	struct upciedev_board *board = kzalloc(sizeof(*board), GFP_KERNEL);

	if (!board)
		return NULL;
	board->status = (struct upciedev_status *)get_zeroed_page(GFP_KERNEL);
	if (!board->status) {
		kfree(board);
		return NULL;
	}
	kref_init(&board->ref);
	init_waitqueue_head(&board->wait);
	init_waitqueue_head(&board->dma_wait);
	spin_lock_init(&board->dma_lock);
	INIT_LIST_HEAD(&board->channels);
	INIT_LIST_HEAD(&board->leases);
	board->generation = atomic64_inc_return(&generations);
	board->status->abi = UPCIEDEV_ABI_VERSION;
	board->status->generation = board->generation;
	board->device = device;
	get_device(&device->dev);
	upciedev_count(UPCIEDEV_COUNT_STATUS_PAGES, 1);
	upciedev_count(UPCIEDEV_COUNT_BOARDS, 1);
	return board;
}

static void set_gone(struct upciedev_board *board)
{
	WRITE_ONCE(board->gone, true);
	WRITE_ONCE(board->status->gone, 1);
}

static void wake_all(struct upciedev_board *board)
{
	wake_up_all(&board->wait);
	wake_up_all(&board->dma_wait);
}

/* It has to be reset, which cannot be done here, where it is still in use */
void upciedev_board_fail(struct upciedev_board *board)
{
	set_gone(board);
	wake_all(board);
	upciedev_reset_soon(board->device);
}

/*
 * A copy for a board that loses its configuration while it is bound: one whose FPGA is
 * loaded anew. The PCI core's own is of the last moment before a reset, which is too late.
 */
static void keep_config(struct upciedev_device *device)
{
	pci_save_state(device->pdev);
	kfree(device->config);
	device->config = pci_store_saved_state(device->pdev);
	/* For slot_reset: each restoring uses a saved state up on older kernels */
	pci_save_state(device->pdev);
}

/* As it was when the board began */
void upciedev_config_restore(struct upciedev_device *device)
{
	if (device->config && !pci_load_saved_state(device->pdev, device->config))
		pci_restore_state(device->pdev);
}

/* Gives a board that has lost it its configuration back */
static int regain_config(struct upciedev_device *device)
{
	if (upciedev_any_bar_lost(device))
		upciedev_config_restore(device);
	return upciedev_bars_check(device);
}

static int board_start(struct upciedev_device *device, struct upciedev_board *board)
{
	int err;

	if (!pci_device_is_present(device->pdev))
		return -ENODEV;
	err = regain_config(device);
	if (err)
		return err;
	/* Off until somebody listens, also in the state that is saved here */
	upciedev_intx(device, false);
	keep_config(device);
	upciedev_guards_begin(device);
	upciedev_kept_begin(device);
	err = device->card->start ? device->card->start(board) : 0;
	if (!err)
		err = upciedev_dma_begin(board);
	if (!err)
		err = upciedev_irqs_begin(board);
	if (err) {
		set_gone(board);
		upciedev_dma_end(board);
		WRITE_ONCE(board->closed, true);
	}
	return err;
}

int upciedev_board_begin(struct upciedev_device *device)
{
	struct upciedev_board *board;
	int err;

	device_lock_assert(&device->pdev->dev);
	if (device->board)
		return 0;
	if (!upciedev_settle(device, UPCIEDEV_NO_PROOF))
		return -EIO;
	board = board_alloc(device);
	if (!board)
		return -ENOMEM;
	err = board_start(device, board);
	if (err) {
		upciedev_board_put(board);
		return err;
	}
	mutex_lock(&device->lock);
	device->board = board;
	mutex_unlock(&device->lock);
	return 0;
}

/**
 * upciedev_board_end() - the board leaves, or is about to be reset
 * @device: device; nothing happens if it has no board
 *
 * When this returns nobody touches the hardware any more, nor does the board touch
 * memory. The order matters: engines are stopped with the last accesses; a page fault
 * under way may still insert a page of a BAR until the sections have ended, so the maps
 * are zapped last.
 */
void upciedev_board_end(struct upciedev_device *device)
{
	struct upciedev_board *board;

	device_lock_assert(&device->pdev->dev);
	mutex_lock(&device->lock);
	board = device->board;
	WRITE_ONCE(device->board, NULL);
	mutex_unlock(&device->lock);
	if (!board)
		return;

	set_gone(board);
	wake_all(board);
	upciedev_dma_end(board);
	upciedev_irqs_end(board);
	WRITE_ONCE(board->closed, true);
	synchronize_srcu(&device->srcu);
	upciedev_unmap_all(device);
	upciedev_board_put(board);
}

struct pci_dev *upciedev_pci_dev(const struct upciedev_board *board)
{
	return board->device->pdev;
}
EXPORT_SYMBOL_UPCIEDEV(upciedev_pci_dev);
