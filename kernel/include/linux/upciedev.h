/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * upciedev - what a card plugin sees of the universal PCIe driver
 *
 * A card is data: a plugin fills a struct upciedev_card and ends with
 * module_upciedev_card(card, ids). It has no file operations, no minor numbers
 * and no test of the kernel's version.
 */
#ifndef _LINUX_UPCIEDEV_H
#define _LINUX_UPCIEDEV_H

#include <linux/device/driver.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/types.h>
#include <uapi/linux/upciedev.h>

/* Grows whenever anything in this file changes its meaning or layout */
#define UPCIEDEV_CARD_ABI	5

struct pci_dev;
struct upciedev_board;
struct upciedev_driver;

/* struct upciedev_card_bar.flags */
#define UPCIEDEV_BAR_MMAP_UC	BIT(16)	/* may be mapped, uncached */

/**
 * struct upciedev_card_bar - one BAR of a card
 * @name: at most 15 characters; "bar0" to "bar5" if NULL
 * @flags: UPCIEDEV_BAR_MMAP_UC; without it only the checked calls reach the BAR.
 *	UPCIEDEV_BAR_PEER: memory that other boards' engines may write to
 */
struct upciedev_card_bar {
	const char *name;
	u32 flags;
};

/* struct upciedev_guard.flags */
#define UPCIEDEV_GUARD_READABLE	BIT(0)	/* reading there has no effect */
#define UPCIEDEV_GUARD_OPEN	BIT(1)	/* the opposite: the rest of the BAR is guarded */
#define UPCIEDEV_GUARD_ADMIN	BIT(2)	/* flash and reconfiguration: calls of administrators may */
#define UPCIEDEV_GUARD_ALL	(UPCIEDEV_GUARD_READABLE | UPCIEDEV_GUARD_OPEN | \
				 UPCIEDEV_GUARD_ADMIN)

/**
 * struct upciedev_guard - registers that no user may write
 * @offset: first byte
 * @length: bytes
 * @period: bytes from which to which it repeats all over the BAR, for a board that does not
 *	decode all address lines; 0: it does not repeat
 * @bar: 0 to 5
 * @flags: UPCIEDEV_GUARD_READABLE, else users may not read there either.
 *	UPCIEDEV_GUARD_OPEN, alone and without @period: users may read and write here, and
 *	nowhere else in this BAR; these entries of a BAR ascend.
 *	UPCIEDEV_GUARD_ADMIN: batches, reads and writes of a file that a process with
 *	CAP_SYS_RAWIO opened reach it, unless the kernel was locked down then. Neither an
 *	IOMMU nor unguard opens it to others, and it is never mapped.
 *
 * Whoever sets a bus address owns the machine: every register that takes one,
 * or that starts an engine using it, belongs into a guard. The MSI-X table and
 * its pending bits are guarded by the base driver.
 */
struct upciedev_guard {
	u64 offset;
	u64 length;
	u64 period;
	u32 bar;
	u32 flags;
};

/* struct upciedev_card_bits.flags */
#define UPCIEDEV_BITS_BIG	BIT(0)	/* a big-endian register, for DMA; @mask is of its value */
#define UPCIEDEV_BITS_UNREAD	BIT(1)	/* enable: reading the register does not return it */
#define UPCIEDEV_BITS_ACT	BIT(2)	/* enable: ones act when written, zeros do nothing */

/**
 * struct upciedev_card_bits - bits of a register
 * @offset: of the register
 * @mask: the bits, as the CPU reads and writes them
 * @bar: of the register
 * @width: of the register, in bits; 0: there is none
 * @flags: UPCIEDEV_BITS_*
 */
struct upciedev_card_bits {
	u64 offset;
	u64 mask;
	u32 bar;
	u16 width;
	u16 flags;
};

/**
 * struct upciedev_card_irq - a cause for which a board interrupts
 * @name: of the cause
 * @vector: MSI or MSI-X vector; folded if the kernel grants fewer
 * @status: not 0 while it is pending; none: the vector alone says it
 * @acknowledge: takes the pending bits; none: there is nothing to do
 * @enable: ones let it interrupt; none: it always does. These bits belong to the base
 *	driver: checked writes of users leave them as they are. It remembers what was
 *	written to a register that is UPCIEDEV_BITS_UNREAD, beginning with 0
 *
 * Its place in the table is its bit in struct upciedev_irq_event.status. Causes
 * with one status register are told by one reading of it.
 */
struct upciedev_card_irq {
	const char *name;
	u32 vector;
	struct upciedev_card_bits status;
	struct upciedev_card_bits acknowledge;
	struct upciedev_card_bits enable;
};

#define UPCIEDEV_MAX_CAUSES	64
#define UPCIEDEV_MAX_CARD_VECTORS	2048	/* of MSI-X */

/**
 * struct upciedev_card_step - one register written to start or stop an engine
 * @to: the bits to write; the register's others are kept
 * @value: of the register, in the place of the bits
 */
struct upciedev_card_step {
	struct upciedev_card_bits to;
	u64 value;
};

struct upciedev_engine;

/**
 * struct upciedev_dma_piece - bytes that lie together on both sides
 * @host: bus address
 * @board: offset as the engine counts it
 * @length: bytes, at most the card's max_length
 */
struct upciedev_dma_piece {
	u64 host;
	u64 board;
	u64 length;
};

/**
 * struct upciedev_engine_ops - an engine that the tables cannot describe
 * @max_pieces: that one start can do
 * @descriptor_bytes: memory for descriptors that engine and CPU share
 * @start: of so many pieces; an error ends the transfer, and the engine is stopped, for it
 *	may be running already
 * @running: whether it still is; NULL: the busy register tells, or the interrupt
 * @stop: do not wait for its effect; NULL: the steps do it
 *
 * Called in a process, one at a time for an engine, and also while the board is being
 * removed. The base driver waits, takes the time and recovers what does not stop.
 */
struct upciedev_engine_ops {
	u32 max_pieces;
	u32 descriptor_bytes;
	int (*start)(struct upciedev_engine *engine, const struct upciedev_dma_piece *pieces,
		     u32 count);
	bool (*running)(struct upciedev_engine *engine);
	void (*stop)(struct upciedev_engine *engine);
};

/**
 * struct upciedev_card_dma - one direction of a DMA engine
 * @name: at most 31 characters
 * @flags: UPCIEDEV_DMA_TO_BOARD
 * @engine: number of the engine, for those that have several channels; 0: see below
 * @alignment: bytes, a power of two, at most a page
 * @irq: index of the cause in the card's table that tells the end, or -1
 * @address_bits: of the bus address
 * @max_length: bytes of one start
 * @base: added to offsets for @board
 * @memory: bytes of the memory that it reaches from there; 0: unknown
 * @host: take the bus address: one, or the low and the high half
 * @board: takes the offset; may be none
 * @length: takes the bytes; writing it starts the engine if @nr_start is 0
 * @busy: not 0 while it runs; none: only the interrupt tells the end
 * @error: not 0 after a failure; may be none
 * @nr_start: entries of @start
 * @nr_stop: entries of @stop
 * @start: written in order to start it
 * @stop: written in order to stop it
 * @ops: callbacks, or NULL where the above is all
 *
 * Channels with the same @engine share it: they take turns. Of those that name none, the
 * channels whose start writes the same register share one, and a channel that only
 * callbacks start has one of its own.
 */
struct upciedev_card_dma {
	const char *name;
	u32 flags;
	u32 engine;
	u32 alignment;
	int irq;
	u32 address_bits;
	u64 max_length;
	u64 base;
	u64 memory;
	struct upciedev_card_bits host[2];
	struct upciedev_card_bits board;
	struct upciedev_card_bits length;
	struct upciedev_card_bits busy;
	struct upciedev_card_bits error;
	u32 nr_start;
	u32 nr_stop;
	const struct upciedev_card_step *start;
	const struct upciedev_card_step *stop;
	const struct upciedev_engine_ops *ops;
};

#define UPCIEDEV_MAX_CHANNELS	64

/* struct upciedev_card.flags */
#define UPCIEDEV_CARD_GENERIC	BIT(0)	/* knows nothing of the board */

/**
 * struct upciedev_card - a kind of board
 * @name: at most 31 characters
 * @flags: UPCIEDEV_CARD_*
 * @nr_guards: entries of @guards
 * @guards: windows that users may not write
 * @nr_irqs: entries of @irqs, at most UPCIEDEV_MAX_CAUSES
 * @irqs: causes of interrupts. Without any, and on INTx with one that has no
 *	status register, each interrupt is an event, and INTx stays masked until
 *	a user has served the board
 * @nr_dmas: entries of @dmas, at most UPCIEDEV_MAX_CHANNELS
 * @dmas: DMA channels, numbered for users as they stand here
 * @bars: the BARs
 * @peers: whether all prefetchable BARs are offered to other boards; may be NULL
 * @start: for a quirk: called without users, when a board is taken and again
 *	after each reset or resume; an error refuses the board. May be NULL.
 */
struct upciedev_card {
	const char *name;
	u32 flags;
	u32 nr_guards;
	u32 nr_irqs;
	const struct upciedev_guard *guards;
	const struct upciedev_card_irq *irqs;
	u32 nr_dmas;
	const struct upciedev_card_dma *dmas;
	struct upciedev_card_bar bars[UPCIEDEV_NR_BARS];
	const bool *peers;
	int (*start)(struct upciedev_board *board);
};

/**
 * struct upciedev_plugin - what module_upciedev_card() hands to the base driver
 * @abi: UPCIEDEV_CARD_ABI of the plugin; this and @size never move
 * @size: of its struct upciedev_card
 * @card: the card
 * @ids: what it claims by itself, or NULL
 * @name: of the module
 * @owner: the module
 * @unguard: module parameter: the administrator trusts the users of this card
 * @driver: for the base driver
 */
struct upciedev_plugin {
	u32 abi;
	u32 size;
	const struct upciedev_card *card;
	const struct pci_device_id *ids;
	const char *name;
	struct module *owner;
	const bool *unguard;
	struct upciedev_driver *driver;
};

int upciedev_register_card(struct upciedev_plugin *plugin);
void upciedev_unregister_card(struct upciedev_plugin *plugin);

/**
 * module_upciedev_card() - make a module out of a card
 * @__card: the struct upciedev_card
 * @__ids: array of struct pci_device_id that ends with an empty one, or NULL
 *
 * The ABI number and the size go along, because a kernel without MODVERSIONS
 * would load a plugin that was built for another base driver: that one is
 * refused with -ENOEXEC.
 */
#define module_upciedev_card(__card, __ids)				\
static bool upciedev_unguard;						\
module_param_named(unguard, upciedev_unguard, bool, 0444);		\
MODULE_PARM_DESC(unguard, "Users may write guarded registers of this card, and own the machine"); \
static struct upciedev_plugin upciedev_plugin = {			\
	.abi		= UPCIEDEV_CARD_ABI,				\
	.size		= sizeof(struct upciedev_card),			\
	.card		= &(__card),					\
	.ids		= (__ids),					\
	.name		= KBUILD_MODNAME,				\
	.owner		= THIS_MODULE,					\
	.unguard	= &upciedev_unguard,				\
};									\
module_driver(upciedev_plugin, upciedev_register_card, upciedev_unregister_card); \
MODULE_INFO(import_ns, "UPCIEDEV")

/*
 * Register access. @width is 8, 16, 32 or 64 bit, @offset a multiple of
 * @width / 8. Works in any context; guards do not apply to the plugin.
 * Returns 0, -EINVAL (malformed), -ENXIO (no such BAR), -ERANGE (outside the
 * BAR) or -ENODEV (the board has gone).
 */
int upciedev_read(struct upciedev_board *board, u32 bar, u64 offset,
		  u32 width, u64 *value);
int upciedev_write(struct upciedev_board *board, u32 bar, u64 offset,
		   u32 width, u64 value);
int upciedev_modify(struct upciedev_board *board, u32 bar, u64 offset,
		    u32 width, u64 mask, u64 value, u64 *old);

/* @count registers at rising addresses, or all at @offset if @fixed (a FIFO) */
int upciedev_read_block(struct upciedev_board *board, u32 bar, u64 offset,
			u32 width, bool fixed, void *buffer, u64 count);
int upciedev_write_block(struct upciedev_board *board, u32 bar, u64 offset,
			 u32 width, bool fixed, const void *buffer, u64 count);

static inline int upciedev_read32(struct upciedev_board *board, u32 bar,
				  u64 offset, u32 *value)
{
	u64 wide = 0;
	int err = upciedev_read(board, bar, offset, 32, &wide);

	*value = wide;
	return err;
}

static inline int upciedev_write32(struct upciedev_board *board, u32 bar,
				   u64 offset, u32 value)
{
	return upciedev_write(board, bar, offset, 32, value);
}

/* Bytes of a BAR; 0 if the board has none there or it cannot be reached */
u64 upciedev_bar_length(const struct upciedev_board *board, u32 bar);

/* Physical slot number, or UPCIEDEV_NO_SLOT */
u32 upciedev_slot(const struct upciedev_board *board);

/* For the callbacks of an engine */
struct upciedev_board *upciedev_engine_board(const struct upciedev_engine *engine);
/* Which of the channels that share it is at work */
const struct upciedev_card_dma *upciedev_engine_dma(const struct upciedev_engine *engine);
/* Memory of ops->descriptor_bytes, and its bus address */
void *upciedev_engine_descriptors(const struct upciedev_engine *engine, u64 *address);

/*
 * Another board, by the slot above which root; NULL if there is none. Give it back with
 * upciedev_board_release(); meanwhile it may go at any moment.
 */
struct upciedev_board *upciedev_board_find(int domain, u32 root, u32 slot);
void upciedev_board_release(struct upciedev_board *board);

/**
 * struct upciedev_peer_request - bytes from one board's memory into a window of another
 * @from: board whose engine does it
 * @to: board with the window
 * @channel: of @from. One with UPCIEDEV_DMA_TO_BOARD reads from the window, where the
 *	administrator allows it (peer_reads)
 * @bar: of @to, with UPCIEDEV_BAR_PEER
 * @timeout_ms: 1 to UPCIEDEV_DMA_MAX_MS
 * @offset: in the memory of @from
 * @peer_offset: in the BAR
 * @length: bytes
 */
struct upciedev_peer_request {
	struct upciedev_board *from;
	struct upciedev_board *to;
	u32 channel;
	u32 bar;
	u32 timeout_ms;
	u64 offset;
	u64 peer_offset;
	u64 length;
};

/**
 * struct upciedev_peer_result - what came of it
 * @done: bytes issued, not yet arrived
 * @route: UPCIEDEV_ROUTE_*
 * @reason: UPCIEDEV_REASON_*
 */
struct upciedev_peer_result {
	u64 done;
	u32 route;
	u32 reason;
};

/*
 * Does a transfer between boards by the rules of UPCIEDEV_DMA_PEER: same checks, ways and
 * errors. Leases and claims of the board with the window are all others', so they forbid
 * it (-EBUSY); a claim of the board that writes does not, as with its registers. The
 * caller holds both boards, by upciedev_board_find(), and waits: not in callbacks of an
 * engine or in start(), and with no lock that they or a removal might want. A signal of
 * the calling process ends it (-EINTR), as does either board's leaving (-ENODEV: @from,
 * -EHOSTDOWN: @to).
 */
int upciedev_peer_transfer(const struct upciedev_peer_request *request,
			   struct upciedev_peer_result *result);

/* For messages and properties of the PCI device; never for its BARs */
struct pci_dev *upciedev_pci_dev(const struct upciedev_board *board);

#endif /* _LINUX_UPCIEDEV_H */
