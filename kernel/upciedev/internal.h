/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of the base driver share
 *
 * Two objects, two lifetimes:
 *
 * struct upciedev_device: a PCI device bound to a plugin, from probe to remove.
 *	Owns the BARs' mappings, the guards, the node. Embeds a struct device,
 *	whose reference keeps the memory.
 * struct upciedev_board: that device between two resets, one generation. A file
 *	belongs to the board it was opened on; once the board is gone the file
 *	stays stale for ever, whatever comes back at the same place.
 *
 * Hardware is touched only inside a section of device->srcu in which the board
 * was seen alive. No section spans a copy from or to user space, nor a wait but
 * for memory, so that synchronize_srcu() in upciedev_board_end() returns soon.
 * Memory that is allocated in a section, or between upciedev_dma_enter() and
 * upciedev_dma_leave(), must not be waited for by I/O (memalloc_noio_save()): it
 * could be that of a disk that waits for the end of this board, in recovery from
 * an error of their bus.
 */
#ifndef UPCIEDEV_INTERNAL_H
#define UPCIEDEV_INTERNAL_H

#include <linux/atomic.h>
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/scatterlist.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/upciedev.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#define UPCIEDEV_VERSION	"0.1.0"

#define UPCIEDEV_RIGHTS_MAP	(UPCIEDEV_AREA_MAP_READ | UPCIEDEV_AREA_MAP_WRITE)
#define UPCIEDEV_RIGHTS_CALL	(UPCIEDEV_AREA_CALL_READ | UPCIEDEV_AREA_CALL_WRITE)

/* Objects alive, see debugfs upciedev/counters */
enum upciedev_counter {
	UPCIEDEV_COUNT_DEVICES,
	UPCIEDEV_COUNT_BOARDS,
	UPCIEDEV_COUNT_FILES,
	UPCIEDEV_COUNT_LEASES,
	UPCIEDEV_COUNT_OFFLINE_FILES,
	UPCIEDEV_COUNT_IRQ_FILES,
	UPCIEDEV_COUNT_EVENT_RINGS,
	UPCIEDEV_COUNT_CHANNELS,
	UPCIEDEV_COUNT_PEER_LEASES,
	UPCIEDEV_COUNT_RING_PAGES,
	UPCIEDEV_COUNT_PINNED_PAGES,
	UPCIEDEV_COUNT_MAPS,
	UPCIEDEV_COUNT_STATUS_PAGES,
	UPCIEDEV_COUNT_REPLACEMENT_PAGES,
	UPCIEDEV_NR_COUNTERS
};

struct upciedev_driver {
	struct pci_driver pci;
	const struct upciedev_plugin *plugin;
};

struct upciedev_bar {
	void __iomem *base;
	resource_size_t start;	/* as the CPU sees it, for mmap only */
	u64 length;
	u32 flags;		/* UPCIEDEV_BAR_* of the user ABI */
	bool mappable;
	char name[16];
	u64 kept_start;		/* all enable bits lie from here */
	u64 kept_end;		/* to here; 0: there are none */
};

/* Registers in which users have at most @rights, UPCIEDEV_AREA_* */
struct upciedev_window {
	u64 start;
	u64 end;
	u64 period;		/* it repeats all over the BAR; 0: it does not */
	u32 bar;
	u32 rights;
	u32 admin_rights;	/* of files with upciedev_file.admin */
};

/*
 * A register with enable bits of interrupts, which belong to the driver: a user's write leaves
 * them as they are. Members but @written are set at probe.
 */
struct upciedev_kept {
	u64 offset;
	u64 mask;		/* the bits, as the CPU reads and writes them */
	u64 acting;		/* those of them that ones act on: users write zeros */
	u64 written;		/* what an @unread register has; write_lock */
	u32 bar;
	u32 width;
	bool unread;		/* reading it does not return what was written */
};

/* See containment.c */
enum upciedev_state {
	UPCIEDEV_QUIET,
	UPCIEDEV_MASTER,
	UPCIEDEV_CUT_OFF,
	UPCIEDEV_RESETTING,
	UPCIEDEV_LOST,
};

/* What shows that the board has forgotten what its engines were doing */
enum upciedev_reset_proof {
	UPCIEDEV_NO_PROOF,
	UPCIEDEV_PROOF_FUNCTION,	/* a function level reset of ours succeeded */
	UPCIEDEV_PROOF_RESET,		/* one of the PCI core did, not by power management */
	UPCIEDEV_PROOF_LINK,		/* the link above was reset after a fatal error */
};

struct upciedev_containment {
	spinlock_t lock;		/* the Command register, and the members below */
	enum upciedev_state state;
	u32 masters;			/* vectors and channels that need Bus Master */
	bool owes_reset;		/* an engine was cut off, and no reset proven since */
};

struct upciedev_device {
	struct device dev;
	struct cdev cdev;
	struct pci_dev *pdev;
	const struct upciedev_plugin *plugin;
	const struct upciedev_card *card;
	struct module *owner;	/* of the card; valid while bound or a file is open */
	int index;
	u32 slot;
	u32 root;
	u32 host_bridge;	/* its vendor and device, as in route.c */
	bool confined;		/* by an IOMMU, when the board began */
	bool resetting;		/* by reset.c; device lock of the PCI device, as the next two */
	bool off;		/* taken offline: no board begins */
	bool held_off;		/* by an open file, so that resets do not change that */
	bool link_reset;	/* the error that is being recovered from reset the link */
	struct upciedev_containment containment;
	struct work_struct reset_work;	/* an engine was cut off */
	struct pci_saved_state *config;	/* of the board when it last began */
	struct upciedev_bar bars[UPCIEDEV_NR_BARS];
	struct upciedev_window *windows;
	u32 nr_windows;
	struct upciedev_kept *kept;
	u32 nr_kept;
	atomic64_t interrupts;	/* counters in sysfs */
	atomic64_t spurious;
	atomic64_t storms;
	atomic64_t lost;

	struct srcu_struct srcu;
	spinlock_t write_lock;	/* makes a modify atomic against all writes; @kept */
	struct mutex lock;	/* @board, @files, claims and counts of writers */
	struct upciedev_board *board;	/* NULL while gone */
	struct list_head files;
	struct list_head peers;		/* of all devices */
};

struct seq_file;
struct upciedev_engine;
struct upciedev_ring;

/* How often a cause came, for whoever waits for it in the kernel */
struct upciedev_cause {
	atomic64_t raised;
	u64 time_ns;		/* of the last one */
};

#define UPCIEDEV_MAX_VECTORS	32
#define UPCIEDEV_RING_EVENTS	4096	/* a power of two */

/* One interrupt vector of a board; @lock is taken in the handler */
struct upciedev_vector {
	spinlock_t lock;		/* the ring, its head, the readers, @masked */
	struct upciedev_board *board;
	struct upciedev_irq_event *ring;	/* while it has readers and the board is there */
	u64 head;			/* sequence of the next event */
	struct list_head readers;	/* struct upciedev_watch.node */
	u32 index;
	int irq;			/* of Linux, for as long as the board has its vectors */
	u32 users;			/* device->lock, as the next */
	bool requested;
	bool masked;			/* written under @lock, as the next */
	bool stormed;			/* masked; UPCIEDEV_IRQ_UNMASK or a start ends that */
	bool handed;			/* to its thread: set by the handler, cleared under @lock */
	bool missed;			/* a message came while @masked or @handed; under @lock */
	u64 window_start;		/* storm: ns */
	u32 window_count;
	u32 unexplained;		/* on INTx, of the handler alone */
};

struct upciedev_board {
	struct kref ref;
	struct upciedev_device *device;
	u64 generation;
	bool gone;		/* for users */
	bool closed;		/* for all: engines and interrupts have ended, too */
	struct wait_queue_head wait;	/* woken when gone */
	struct upciedev_status *status;	/* a page of its own */
	unsigned long claim;	/* number of the claim in force, or 0 */
	u32 dma_writes;		/* of peers that no file named, into its windows */
	struct pid *holder;	/* of it */
	u32 irq_kind;		/* UPCIEDEV_IRQ_* */
	bool served_by_user;	/* its INTx stays masked until a user has served it */
	u32 nr_vectors;
	struct upciedev_vector *vectors;
	struct list_head irq_files;	/* struct upciedev_irq_file.node; device->lock */
	u32 users[UPCIEDEV_MAX_CAUSES]; /* of each cause; device->lock, as the next two */
	u32 holders[UPCIEDEV_MAX_CAUSES]; /* of them, engines and streams */
	u64 held;			/* causes that have a holder; read in the handler */
	struct upciedev_cause *causes;

	struct upciedev_engine *engines; /* a channel's own, or of the first that shares it */
	struct list_head channels;	/* device->lock */
	struct list_head leases;	/* of its windows; device->lock */
	wait_queue_head_t dma_wait;	/* interrupts, turns, frames, cancelling, gone */
	spinlock_t dma_lock;		/* turns and the next two */
	u32 dma_users;			/* who uses mapped memory */
	bool dma_ended;
	bool unsafe;			/* an engine may still write to memory */
};

struct upciedev_engine {
	struct upciedev_board *board;
	struct list_head turns;		/* who waits for it; the first one is at work */
	const struct upciedev_card_dma *dma; /* of the one at work */
	void *descriptors;
	dma_addr_t descriptors_at;
	u32 descriptor_bytes;
};

/* One who wants to use an engine */
struct upciedev_turn {
	struct list_head node;
};

/* What ends a wait */
struct upciedev_limit {
	unsigned long deadline;	/* jiffies */
	const u32 *cancels;	/* grows with each cancelling */
	u32 cancels_before;
	struct upciedev_board *peer;	/* that leaves, or NULL */
};

/* Memory that the board reaches: pages, or, without a table, a window of a peer */
struct upciedev_memory {
	struct sg_table table;
	enum dma_data_direction direction;
	bool mapped;
	u64 address;
	u64 length;
};

/* Pages that count against a user's limit of locked memory */
struct upciedev_locked {
	struct user_struct *user;	/* NULL: they do not count */
	u64 pages;
};

/* By which way a board reaches another; all as in struct upciedev_peer_route */
struct upciedev_route {
	u32 kind;
	u32 reason;
	u32 flags;
	u32 domain;
	u32 bus;
	u32 devfn;
};

/* By which users reach registers and memory of boards */
enum upciedev_path {
	UPCIEDEV_PATH_POSITION,
	UPCIEDEV_PATH_BATCH,
	UPCIEDEV_PATH_MAP,
	UPCIEDEV_PATH_PEER,
	UPCIEDEV_PATH_PEER_RING,
	UPCIEDEV_PATH_PLUGIN,
	UPCIEDEV_NR_PATHS
};

/* A place in a peer's window */
struct upciedev_place {
	struct upciedev_board *board;
	struct upciedev_file *file;	/* by which it was named; NULL: a plugin's */
	enum upciedev_path path;
	u32 bar;
	u64 offset;
	u64 length;
};

/* Of a part of a window */
struct upciedev_lease {
	struct list_head node;
	struct file *owner_file;
	const struct upciedev_file *owner;
	struct upciedev_board *board;
	struct pid *holder;
	u32 bar;
	u64 offset;
	u64 length;
};

/* A file of UPCIEDEV_DMA_OPEN */
struct upciedev_channel {
	struct file *board_file;	/* keeps @file, its board and the card's module */
	struct upciedev_file *file;	/* NULL: a plugin's, as @board_file */
	struct upciedev_board *board;
	struct upciedev_engine *engine;
	const struct upciedev_card_dma *dma;
	struct list_head node;		/* board->channels while its board is there */
	kuid_t opener;			/* user whose limit it counts against */
	u32 cancels;
	struct mutex lock;		/* making, starting and stopping of the ring */
	struct upciedev_ring *ring;
};

struct upciedev_file {
	struct upciedev_device *device;
	struct upciedev_board *board;
	struct file *filp;
	struct list_head node;
	struct pid *opener;
	unsigned long claim;	/* it may write under the claim of this number */
	u32 writable_maps;	/* the same for both: a claim of another waits for their end */
	u32 dma_writes;		/* streams and transfers to the board, of peers too */
	bool admin;		/* opened by a process that may own the machine anyway */
};

/* A stretch of registers */
struct upciedev_span {
	u32 bar;
	u32 width;
	u64 offset;
	u64 count;
	bool fixed;
	const struct upciedev_file *file;	/* who writes; NULL: the plugin */
};

struct upciedev_touch {
	enum upciedev_path path;
	u32 need;		/* UPCIEDEV_AREA_* */
	u32 bar;
	u64 offset;
	u64 length;
	bool pages;		/* the whole pages around the stretch are within reach */
};

static inline bool upciedev_lease_overlaps(const struct upciedev_lease *lease, u32 bar,
					   u64 offset, u64 length)
{
	return lease->bar == bar && offset < lease->offset + lease->length &&
	       lease->offset < offset + length;
}

static inline bool upciedev_gone(const struct upciedev_board *board)
{
	return READ_ONCE(board->gone) ||
	       pci_channel_offline(board->device->pdev);
}

/* Exact only inside a section */
static inline bool upciedev_may_write(const struct upciedev_board *board,
				      const struct upciedev_file *file)
{
	unsigned long claim = READ_ONCE(board->claim);

	return !claim || !file || READ_ONCE(file->claim) == claim;
}

/* The driver's own accesses go on until engines and interrupts have ended */
static inline bool upciedev_out_of_reach(const struct upciedev_board *board,
					 const struct upciedev_file *file)
{
	if (file)
		return upciedev_gone(board);
	return READ_ONCE(board->closed) || pci_channel_offline(board->device->pdev);
}

static inline u64 upciedev_span_bytes(const struct upciedev_span *span)
{
	return (span->fixed ? 1 : span->count) * (span->width / 8);
}

/* access.c */
int upciedev_span_check(const struct upciedev_device *device,
			const struct upciedev_span *span);
int upciedev_span_read(struct upciedev_board *board,
		       const struct upciedev_span *span, void *buffer);
int upciedev_span_write(struct upciedev_board *board,
			const struct upciedev_span *span, const void *buffer);
int upciedev_span_get(struct upciedev_board *board, const struct upciedev_span *span, u64 *value);
int upciedev_span_put(struct upciedev_board *board,
		      const struct upciedev_span *span, u64 value);
int upciedev_span_modify(struct upciedev_board *board,
			 const struct upciedev_span *span,
			 u64 mask, u64 value, u64 *old);

/* bar.c */
int upciedev_bars_init(struct upciedev_device *device);
bool upciedev_bar_lost(const struct upciedev_device *device, u32 index);
bool upciedev_any_bar_lost(const struct upciedev_device *device);
int upciedev_bars_check(const struct upciedev_device *device);
const struct upciedev_bar *upciedev_bar(const struct upciedev_device *device,
					u32 index);

/* batch.c */
int upciedev_batch(struct upciedev_file *file, struct upciedev_batch __user *arg);

/* board.c */
int upciedev_board_begin(struct upciedev_device *device);
void upciedev_board_end(struct upciedev_device *device);
void upciedev_board_put(struct upciedev_board *board);
void upciedev_board_fail(struct upciedev_board *board);
void upciedev_config_restore(struct upciedev_device *device);

/* chardev.c */
int upciedev_chardev_init(void);
void upciedev_chardev_exit(void);
struct upciedev_device *upciedev_device_alloc(struct pci_dev *pdev);
int upciedev_chardev_add(struct upciedev_device *device);
struct file *upciedev_board_file(int fd);
int upciedev_copy_span(struct upciedev_board *board, const struct upciedev_span *span,
		       bool write, bool partial, char __user *user, u64 *done);

/* claim.c */
long upciedev_claim(struct upciedev_file *file, struct upciedev_claim __user *arg);
int upciedev_claim_map(struct upciedev_file *file);
void upciedev_claim_unmap(struct upciedev_file *file);
int upciedev_claim_dma(struct upciedev_board *board, struct upciedev_file *file);
void upciedev_claim_dma_end(struct upciedev_board *board, struct upciedev_file *file);

/* owed.c */
int upciedev_owed_init(struct upciedev_device *device);
void upciedev_owed_keep(const struct upciedev_device *device, bool owes);
void upciedev_owed_exit(void);

/* containment.c */
void upciedev_containment_init(struct upciedev_device *device);
void upciedev_master_get(struct upciedev_device *device);
void upciedev_master_put(struct upciedev_device *device);
bool upciedev_cut_off(struct upciedev_device *device);
void upciedev_between_boards(struct upciedev_device *device);
void upciedev_lose(struct upciedev_device *device);
bool upciedev_owes_reset(struct upciedev_device *device);
bool upciedev_settle(struct upciedev_device *device, enum upciedev_reset_proof proof);
enum upciedev_reset_proof upciedev_reset_function(struct pci_dev *pdev);
void upciedev_intx(struct upciedev_device *device, bool on);
bool upciedev_check_and_mask_intx(struct upciedev_device *device);
bool upciedev_confined(const struct upciedev_device *device);
bool upciedev_may_master(const struct upciedev_device *device);

/* core.c */
int upciedev_board_again(struct upciedev_device *device, enum upciedev_reset_proof proof);

/* counters.c */
void upciedev_count(enum upciedev_counter which, int change);
void upciedev_counters_init(void);
void upciedev_counters_exit(void);

/* dma.c */
int upciedev_dma_check(const struct upciedev_device *device);
int upciedev_dma_begin(struct upciedev_board *board);
void upciedev_dma_end(struct upciedev_board *board);
void upciedev_dma_free(struct upciedev_board *board);
struct upciedev_engine *upciedev_engine_of(const struct upciedev_board *board, u32 channel);
int upciedev_dma_enter(struct upciedev_board *board);
void upciedev_dma_leave(struct upciedev_board *board);
struct upciedev_limit upciedev_limit_in(u32 timeout_ms, const u32 *cancels);
int upciedev_limit_check(struct upciedev_board *board, const struct upciedev_limit *limit);
long upciedev_limit_left(const struct upciedev_limit *limit);
int upciedev_turn_take(struct upciedev_engine *engine, struct upciedev_turn *turn,
		       const struct upciedev_limit *limit);
void upciedev_turn_end(struct upciedev_engine *engine, struct upciedev_turn *turn);

/* dma_engine.c */
int upciedev_engine_run(struct upciedev_channel *channel, struct upciedev_memory *memory,
			u64 from, u64 length, u64 offset,
			const struct upciedev_limit *limit, u64 *done);
int upciedev_engine_move(struct upciedev_channel *channel, struct upciedev_memory *memory,
			 u64 from, u64 length, u64 offset,
			 const struct upciedev_limit *limit, u64 *done);

/* dma_fd.c */
long upciedev_dma_info(struct upciedev_file *file, struct upciedev_dma_info __user *arg);
long upciedev_dma_open(struct upciedev_file *file, struct upciedev_dma_open __user *arg);
struct upciedev_channel *upciedev_channel_create(struct upciedev_board *board, u32 number,
						 struct upciedev_file *file);
void upciedev_channel_free(struct upciedev_channel *channel);
int upciedev_channel_possible(const struct upciedev_board *board, u32 number);
int upciedev_channel_check(const struct upciedev_channel *channel, u64 offset, u64 length);
void upciedev_channel_leave(struct upciedev_channel *channel);
int upciedev_channel_begin(struct upciedev_channel *channel);
void upciedev_channel_end(struct upciedev_channel *channel);

/* dma_frames.c */
long upciedev_ring_exchange(struct upciedev_channel *channel,
			    struct upciedev_dma_exchange __user *arg);
bool upciedev_ring_has_news(const struct upciedev_channel *channel);

/* dma_memory.c */
int upciedev_memory_map(struct upciedev_board *board, struct upciedev_memory *memory,
			struct page **pages, u32 nr_pages, u32 offset, u64 length,
			enum dma_data_direction direction);
void upciedev_memory_unmap(struct upciedev_board *board, struct upciedev_memory *memory);
bool upciedev_reaches_all_memory(const struct upciedev_board *board);
bool upciedev_memory_safe(const struct upciedev_board *board);
int upciedev_lock_pages(struct upciedev_locked *locked, u64 pages);
void upciedev_unlock_pages(struct upciedev_locked *locked, u64 pages);
void upciedev_pages_free(struct page **pages, u32 count);
int upciedev_pages_alloc(const struct upciedev_board *board, struct page **pages, u32 count);

/* dma_ring.c */
long upciedev_ring_create(struct upciedev_channel *channel, struct upciedev_dma_ring __user *arg);
long upciedev_peer_ring_create(struct upciedev_channel *channel,
			       struct upciedev_dma_peer_ring __user *arg);
int upciedev_ring_mmap(struct upciedev_channel *channel, struct vm_area_struct *vma);
long upciedev_ring_transfer(struct upciedev_channel *channel,
			    struct upciedev_dma_transfer *transfer);
void upciedev_ring_leave(struct upciedev_channel *channel);
void upciedev_ring_free(struct upciedev_channel *channel);

/* dma_stream.c */
long upciedev_stream_start(struct upciedev_channel *channel, struct upciedev_dma_start __user *arg);
long upciedev_stream_stop(struct upciedev_channel *channel);

/* dma_user.c */
long upciedev_dma_transfer(struct upciedev_channel *channel,
			   struct upciedev_dma_transfer __user *arg);

/* guard.c */
int upciedev_guards_init(struct upciedev_device *device);
void upciedev_guards_begin(struct upciedev_device *device);
bool upciedev_unguarded(const struct upciedev_device *device);
int upciedev_kept_init(struct upciedev_device *device);
void upciedev_kept_begin(struct upciedev_device *device);
bool upciedev_opens_as_admin(void);
u32 upciedev_rights(const struct upciedev_device *device, bool admin, u32 bar,
		    u64 offset, u64 length);
u64 upciedev_area_end(const struct upciedev_device *device, u32 bar, u64 offset);
u32 upciedev_file_rights(const struct upciedev_file *file);

/* ioctl.c */
long upciedev_ioctl(struct file *filp, unsigned int command, unsigned long arg);

/* irq_fd.c */
long upciedev_irq_info(struct upciedev_file *file, struct upciedev_irq_info __user *arg);
long upciedev_irq_open(struct upciedev_file *file, struct upciedev_irq_open __user *arg);
void upciedev_readers_wake(struct upciedev_vector *vector);
void upciedev_event_ring_free(struct upciedev_vector *vector);

/* irq_serve.c */
int upciedev_bits_check(const struct upciedev_device *device,
			const struct upciedev_card_bits *bits);
int upciedev_irqs_check(const struct upciedev_device *device);
void upciedev_causes_get(struct upciedev_board *board, u64 causes);
void upciedev_causes_put(struct upciedev_board *board, u64 causes);

/* irq_vector.c */
int upciedev_irqs_begin(struct upciedev_board *board);
void upciedev_irqs_end(struct upciedev_board *board);
void upciedev_irqs_free(struct upciedev_board *board);
int upciedev_vector_get(struct upciedev_vector *vector);
void upciedev_vector_put(struct upciedev_vector *vector);
void upciedev_vector_unmask(struct upciedev_vector *vector);
void upciedev_causes_rearm(struct upciedev_board *board, u64 causes);
bool upciedev_causes_stormed(const struct upciedev_board *board, u64 causes);
int upciedev_causes_hold(struct upciedev_board *board, u64 causes);
void upciedev_causes_drop(struct upciedev_board *board, u64 causes);
bool upciedev_cause_is_sure(const struct upciedev_board *board, int cause);
u64 upciedev_causes_of(const struct upciedev_board *board, u32 vectors);

/* map.c */
int upciedev_mmap(struct file *filp, struct vm_area_struct *vma);
void upciedev_unmap_all(struct upciedev_device *device);

/* offline.c */
long upciedev_offline(struct upciedev_file *file, struct upciedev_offline __user *arg);

/* peer.c */
void upciedev_peer_add(struct upciedev_device *device);
void upciedev_peer_remove(struct upciedev_device *device);
void upciedev_peers_wake(void);
int upciedev_place_may(const struct upciedev_channel *channel, const struct upciedev_place *to,
		       bool pages);
int upciedev_peer_move(struct upciedev_channel *channel, const struct upciedev_place *to,
		       u64 offset, struct upciedev_limit *limit, struct upciedev_route *route,
		       u64 *done);
int upciedev_peer_once(struct upciedev_channel *channel, const struct upciedev_place *to,
		       u64 offset, u32 timeout_ms, struct upciedev_peer_result *result);
long upciedev_dma_peer(struct upciedev_channel *channel, struct upciedev_dma_peer __user *arg);
long upciedev_peer_route(struct upciedev_file *file, struct upciedev_peer_route __user *arg);

/* peer_lease.c */
long upciedev_peer_lease(struct upciedev_file *file, struct upciedev_peer_lease __user *arg);

/* reset.c */
int upciedev_resets_init(void);
void upciedev_resets_exit(void);
long upciedev_reset(struct upciedev_file *file, unsigned long arg);
void upciedev_reset_work(struct work_struct *work);
void upciedev_reset_soon(struct upciedev_device *device);
int upciedev_reset_device(struct upciedev_device *device);
struct pci_dev *upciedev_lock_for_reset(struct pci_dev *pdev);
void upciedev_unlock_after_reset(struct pci_dev *pdev, struct pci_dev *bridge);

/* route.c */
struct upciedev_route upciedev_route_find(const struct upciedev_device *from,
					  const struct upciedev_device *to, u32 bar,
					  const struct upciedev_card_dma *dma);
u32 upciedev_find_host_bridge(struct pci_dev *pdev);

/* slot.c */
u32 upciedev_find_slot(struct pci_dev *pdev);
u32 upciedev_find_root(struct pci_dev *pdev);

/* touch.c */
int upciedev_may_touch(const struct upciedev_device *device, const struct upciedev_file *file,
		       const struct upciedev_touch *touch);
int upciedev_user_check(const struct upciedev_file *file, enum upciedev_path path,
			const struct upciedev_span *span, u32 need);
int upciedev_paths_show(struct seq_file *seq, void *unused);

/* sysfs.c */
extern const struct attribute_group *upciedev_groups[];

#endif /* UPCIEDEV_INTERNAL_H */
