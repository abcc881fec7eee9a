// SPDX-License-Identifier: GPL-2.0-only
/*
 * Peers: all boards, one board's window as memory of another's engine, and leases
 *
 * A transfer to a peer has entered both boards. The end of either waits until it has left,
 * which it does at once, because it sees that one of them is gone. No lock is held
 * meanwhile, so two boards that go at the same time do not wait for each other.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/nospec.h>
#include <linux/pid.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat.h"
#include "internal.h"

static LIST_HEAD(devices);		/* upciedev_device.peers */
static DEFINE_MUTEX(devices_lock);

void upciedev_peer_add(struct upciedev_device *device)
{
	mutex_lock(&devices_lock);
	list_add_tail(&device->peers, &devices);
	mutex_unlock(&devices_lock);
}

void upciedev_peer_remove(struct upciedev_device *device)
{
	mutex_lock(&devices_lock);
	list_del(&device->peers);
	mutex_unlock(&devices_lock);
}

static struct upciedev_board *board_of(struct upciedev_device *device)
{
	struct upciedev_board *board;

	mutex_lock(&device->lock);
	board = device->board;
	if (board)
		kref_get(&board->ref);
	mutex_unlock(&device->lock);
	return board;
}

/* A board has gone: whoever writes into it shall notice */
void upciedev_peers_wake(void)
{
	struct upciedev_device *device;
	struct upciedev_board *board;

	mutex_lock(&devices_lock);
	list_for_each_entry(device, &devices, peers) {
		board = board_of(device);
		if (!board)
			continue;
		wake_up_all(&board->dma_wait);
		upciedev_board_put(board);
	}
	mutex_unlock(&devices_lock);
}

struct upciedev_board *upciedev_board_find(int domain, u32 root, u32 slot)
{
	struct upciedev_board *board = NULL;
	struct upciedev_device *device;

	mutex_lock(&devices_lock);
	list_for_each_entry(device, &devices, peers)
		if (!board && device->slot == slot && device->root == root &&
		    pci_domain_nr(device->pdev->bus) == domain)
			board = board_of(device);
	mutex_unlock(&devices_lock);
	return board;
}
EXPORT_SYMBOL_UPCIEDEV(upciedev_board_find);

void upciedev_board_release(struct upciedev_board *board)
{
	upciedev_board_put(board);
}
EXPORT_SYMBOL_UPCIEDEV(upciedev_board_release);

/* Both have been entered. The address is the one that the way asks for */
static int window_map(struct upciedev_board *from, struct upciedev_memory *memory,
		      const struct upciedev_place *to, u32 kind)
{
	struct upciedev_device *device = to->board->device;
	struct device *dev = &from->device->pdev->dev;
	dma_addr_t address;

	memory->length = to->length;
	memory->address = pci_bus_address(device->pdev, to->bar) + to->offset;
	if (kind != UPCIEDEV_ROUTE_ROOT_IOMMU)
		return 0;
	address = dma_map_resource(dev, device->bars[to->bar].start + to->offset, to->length,
				   DMA_BIDIRECTIONAL, 0);
	if (dma_mapping_error(dev, address))
		return -ENOMEM;
	memory->address = address;
	memory->mapped = true;
	return 0;
}

static void window_unmap(struct upciedev_board *from, struct upciedev_memory *memory)
{
	if (!memory->mapped || !upciedev_memory_safe(from))
		return;
	dma_unmap_resource(&from->device->pdev->dev, memory->address, memory->length,
			   DMA_BIDIRECTIONAL, 0);
}

/* Another one's; the caller holds the device's lock */
static const struct upciedev_lease *lease_of_other(const struct upciedev_place *to)
{
	const struct upciedev_lease *lease;

	lockdep_assert_held(&to->board->device->lock);
	list_for_each_entry(lease, &to->board->leases, node)
		if (lease->owner != to->file &&
		    upciedev_lease_overlaps(lease, to->bar, to->offset, to->length))
			return lease;
	return NULL;
}

static bool leased_to_other(const struct upciedev_place *to)
{
	bool other;

	mutex_lock(&to->board->device->lock);
	other = lease_of_other(to);
	mutex_unlock(&to->board->device->lock);
	return other;
}

/* A plugin has no part in the claim of another board */
static bool claimed_by_other(const struct upciedev_place *to)
{
	if (!to->file)
		return READ_ONCE(to->board->claim);
	return !upciedev_may_write(to->board, to->file);
}

/**
 * upciedev_place_may() - may the channel move from or to this place in a peer's window?
 * @channel: channel
 * @to: place
 * @pages: an IOMMU maps whole pages of the window for the channel's board
 *
 * Returns 0 or an error of upciedev_may_touch().
 */
int upciedev_place_may(const struct upciedev_channel *channel, const struct upciedev_place *to,
		       bool pages)
{
	const struct upciedev_touch touch = {
		.path = to->path, .bar = to->bar, .offset = to->offset, .length = to->length,
		.need = channel->dma->flags & UPCIEDEV_DMA_TO_BOARD ? UPCIEDEV_AREA_CALL_READ :
								      UPCIEDEV_AREA_CALL_WRITE,
		.pages = pages,
	};

	return upciedev_may_touch(to->board->device, to->file, &touch);
}

static int place_check(const struct upciedev_channel *channel, const struct upciedev_place *to)
{
	int err = upciedev_place_may(channel, to, false);

	if (err)
		return err;
	return claimed_by_other(to) || leased_to_other(to) ? -EBUSY : 0;
}

/* A peer that writes into the window counts as a writer of its board */
static int issue(struct upciedev_channel *channel, struct upciedev_memory *memory,
		 const struct upciedev_place *to, u64 offset, const struct upciedev_limit *limit,
		 u64 *done)
{
	bool reads = channel->dma->flags & UPCIEDEV_DMA_TO_BOARD;
	int err = reads ? 0 : upciedev_claim_dma(to->board, to->file);

	if (err)
		return err;
	err = upciedev_engine_move(channel, memory, 0, to->length, offset, limit, done);
	if (!reads)
		upciedev_claim_dma_end(to->board, to->file);
	return err;
}

static int move(struct upciedev_channel *channel, const struct upciedev_place *to, u64 offset,
		const struct upciedev_limit *limit, struct upciedev_route *route, u64 *done)
{
	struct upciedev_memory memory = {};
	int err;

	*route = upciedev_route_find(channel->board->device, to->board->device, to->bar,
				     channel->dma);
	if (route->kind == UPCIEDEV_ROUTE_REFUSED)
		return -EACCES;
	err = upciedev_place_may(channel, to, route->kind == UPCIEDEV_ROUTE_ROOT_IOMMU);
	if (err)
		return err;
	err = window_map(channel->board, &memory, to, route->kind);
	if (err)
		return err;
	err = issue(channel, &memory, to, offset, limit, done);
	window_unmap(channel->board, &memory);
	return err;
}

/**
 * upciedev_peer_move() - between the channel's board and a place in another one
 * @channel: channel
 * @to: place, whose file or board the caller holds
 * @offset: in the memory of the channel's board
 * @limit: what ends it; its peer is set here
 * @route: by which it went, or why not
 * @done: grows by the bytes that were issued
 */
int upciedev_peer_move(struct upciedev_channel *channel, const struct upciedev_place *to,
		       u64 offset, struct upciedev_limit *limit, struct upciedev_route *route,
		       u64 *done)
{
	u64 mask = channel->dma->alignment - 1;
	int err = place_check(channel, to);

	if (err)
		return err;
	if ((offset | to->offset | to->length) & mask)
		return -EINVAL;
	limit->peer = to->board;
	err = upciedev_dma_enter(channel->board);
	if (err)
		return err;
	err = upciedev_dma_enter(to->board);
	if (!err) {
		err = move(channel, to, offset, limit, route, done);
		upciedev_dma_leave(to->board);
	} else {
		err = -EHOSTDOWN;
	}
	upciedev_dma_leave(channel->board);
	return err;
}

/* One transfer; @result is for users and plugins alike, and to be zeroed before */
int upciedev_peer_once(struct upciedev_channel *channel, const struct upciedev_place *to,
		       u64 offset, u32 timeout_ms, struct upciedev_peer_result *result)
{
	struct upciedev_limit limit = upciedev_limit_in(timeout_ms, &channel->cancels);
	struct upciedev_route route = {};
	int err = upciedev_channel_begin(channel);

	if (err)
		return err;
	err = upciedev_channel_check(channel, offset, to->length);
	if (!err)
		err = upciedev_peer_move(channel, to, offset, &limit, &route, &result->done);
	upciedev_channel_end(channel);
	result->route = route.kind;
	result->reason = route.reason;
	return err;
}

static int peer_transfer(struct upciedev_channel *channel, struct upciedev_dma_peer *what,
			 struct upciedev_file *peer)
{
	struct upciedev_peer_result result = {};
	struct upciedev_place to = {
		.board = peer->board, .file = peer, .path = UPCIEDEV_PATH_PEER, .bar = what->bar,
		.offset = what->peer_offset, .length = what->length,
	};
	int err = upciedev_peer_once(channel, &to, what->offset, what->timeout_ms, &result);

	what->done = result.done;
	what->route = result.route;
	what->reason = result.reason;
	return err;
}

static int transfer_check(const struct upciedev_dma_peer *what)
{
	if (what->flags || what->reserved[0] || what->reserved[1] || !what->timeout_ms ||
	    what->timeout_ms > UPCIEDEV_DMA_MAX_MS || what->bar >= UPCIEDEV_NR_BARS)
		return -EINVAL;
	return 0;
}

long upciedev_dma_peer(struct upciedev_channel *channel, struct upciedev_dma_peer __user *arg)
{
	struct upciedev_dma_peer what;
	struct file *filp;
	int err;

	if (copy_from_user(&what, arg, sizeof(what)))
		return -EFAULT;
	err = transfer_check(&what);
	if (err)
		return err;
	what.done = 0;
	what.bar = array_index_nospec(what.bar, UPCIEDEV_NR_BARS);
	filp = upciedev_board_file(what.peer);
	if (IS_ERR(filp))
		return PTR_ERR(filp);
	if ((filp->f_mode & (FMODE_READ | FMODE_WRITE)) == (FMODE_READ | FMODE_WRITE))
		err = peer_transfer(channel, &what, filp->private_data);
	else
		err = -EBADF;
	fput(filp);
	if (copy_to_user(arg, &what, sizeof(what)))
		return -EFAULT;
	return err;
}

static int channel_of(const struct upciedev_file *file, u32 number,
		      const struct upciedev_card_dma **dma)
{
	const struct upciedev_card *card = file->device->card;

	*dma = NULL;
	if (number == UPCIEDEV_NO_CHANNEL)
		return 0;
	if (number >= card->nr_dmas)
		return -EINVAL;
	*dma = &card->dmas[array_index_nospec(number, card->nr_dmas)];
	return 0;
}

/* Both boards stay while their ways are looked at */
static int find_route(struct upciedev_file *file, struct upciedev_file *peer, u32 bar,
		      const struct upciedev_card_dma *dma, struct upciedev_route *route)
{
	int err = upciedev_dma_enter(file->board);

	if (err)
		return err;
	err = upciedev_dma_enter(peer->board);
	if (err) {
		upciedev_dma_leave(file->board);
		return -EHOSTDOWN;
	}
	*route = upciedev_route_find(file->device, peer->device, bar, dma);
	upciedev_dma_leave(peer->board);
	upciedev_dma_leave(file->board);
	return 0;
}

long upciedev_peer_route(struct upciedev_file *file, struct upciedev_peer_route __user *arg)
{
	const struct upciedev_card_dma *dma;
	struct upciedev_peer_route what;
	struct upciedev_route route;
	struct file *filp;
	int err;

	if (copy_from_user(&what, arg, sizeof(what)))
		return -EFAULT;
	if (what.size != sizeof(what) || what.bar >= UPCIEDEV_NR_BARS || what.reserved[0] ||
	    what.reserved[1])
		return -EINVAL;
	err = channel_of(file, what.channel, &dma);
	if (err)
		return err;
	filp = upciedev_board_file(what.peer);
	if (IS_ERR(filp))
		return PTR_ERR(filp);
	err = find_route(file, filp->private_data, array_index_nospec(what.bar, UPCIEDEV_NR_BARS),
			 dma, &route);
	fput(filp);
	if (err)
		return err;
	what.route = route.kind;
	what.reason = route.reason;
	what.flags = route.flags;
	what.domain = route.domain;
	what.bus = route.bus;
	what.devfn = route.devfn;
	return copy_to_user(arg, &what, sizeof(what)) ? -EFAULT : 0;
}
