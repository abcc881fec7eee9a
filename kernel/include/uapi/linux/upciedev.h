/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * upciedev - user ABI, version 1, of the universal PCIe driver for MicroTCA crates
 *
 * Every board is one character device. All structures are made of fixed-width
 * types without holes and are frozen: a new need is a new command. Reserved
 * members must be zero and are checked; an unknown command returns ENOTTY.
 * No physical, bus or kernel address ever appears here.
 */
#ifndef _UAPI_LINUX_UPCIEDEV_H
#define _UAPI_LINUX_UPCIEDEV_H

#include <linux/ioctl.h>
#include <linux/types.h>

#include "upciedev_peer.h"

#define UPCIEDEV_ABI_VERSION	1

/*
 * A position (pread, pwrite, mmap) holds the BAR in bits 62:60 and the byte
 * offset into it in bits 59:0. The value 7 in place of a BAR is the status page.
 */
#define UPCIEDEV_BAR_SHIFT	60
#define UPCIEDEV_NR_BARS	6
#define UPCIEDEV_POS(bar, offset) \
	(((__u64)(bar) << UPCIEDEV_BAR_SHIFT) | (__u64)(offset))
#define UPCIEDEV_POS_STATUS	UPCIEDEV_POS(7, 0)

/* struct upciedev_board_info.slot of a board that sits in no numbered slot */
#define UPCIEDEV_NO_SLOT	0xffffffffU

/* struct upciedev_board_info.flags */
#define UPCIEDEV_BOARD_GENERIC	0x01U	/* bound by the generic plugin */
#define UPCIEDEV_BOARD_IOMMU	0x02U	/* an IOMMU translates and confines its DMA */
#define UPCIEDEV_BOARD_MASTER	0x04U	/* Bus Master is on at this moment */
#define UPCIEDEV_BOARD_WRITABLE	0x08U	/* this file was opened for writing */

/**
 * struct upciedev_board_info - what the driver knows of a board
 * @size: in: sizeof(struct upciedev_board_info), else EINVAL
 * @abi: out: UPCIEDEV_ABI_VERSION of the driver
 * @flags: out: UPCIEDEV_BOARD_*
 * @slot: out: physical slot number of the port above the board, or UPCIEDEV_NO_SLOT
 * @domain: out: PCI domain
 * @root: out: bus number of the root bus that the board hangs from
 * @bus: out: PCI bus number
 * @devfn: out: PCI device and function, as in PCI_DEVFN()
 * @vendor: out: PCI vendor id
 * @device: out: PCI device id
 * @subvendor: out: subsystem vendor id
 * @subdevice: out: subsystem id
 * @class_revision: out: class code in bits 31:8, revision in bits 7:0
 * @nr_irqs: out: interrupt vectors that the kernel granted; 0: it cannot interrupt
 * @generation: out: grows with every board that the driver takes; never reused
 * @card: out: name of the card plugin, NUL-terminated
 * @driver: out: version of the base driver, NUL-terminated
 * @reserved: out: zero
 *
 * Filled by UPCIEDEV_GET_INFO. Errors: EINVAL, EFAULT, ENODEV (board has gone).
 */
struct upciedev_board_info {
	__u32 size;
	__u32 abi;
	__u32 flags;
	__u32 slot;
	__u32 domain;
	__u32 root;
	__u32 bus;
	__u32 devfn;
	__u16 vendor;
	__u16 device;
	__u16 subvendor;
	__u16 subdevice;
	__u32 class_revision;
	__u32 nr_irqs;
	__aligned_u64 generation;
	char card[32];
	char driver[32];
	__aligned_u64 reserved[8];
};

/* struct upciedev_bar_info.flags */
#define UPCIEDEV_BAR_PRESENT	0x01U	/* has a size and an assigned window */
#define UPCIEDEV_BAR_IO		0x02U	/* I/O ports: described, but out of reach */
#define UPCIEDEV_BAR_64BIT	0x04U
#define UPCIEDEV_BAR_PREFETCH	0x08U
#define UPCIEDEV_BAR_WC		0x10U	/* mapped write-combined */
#define UPCIEDEV_BAR_PEER	0x20U	/* offered to other boards' DMA */
#define UPCIEDEV_BAR_UNASSIGNED	0x40U	/* the kernel found no window for it */

/**
 * struct upciedev_bar_info - one BAR of a board
 * @size: in: sizeof(struct upciedev_bar_info), else EINVAL
 * @bar: in: 0 to 5, else EINVAL
 * @flags: out: UPCIEDEV_BAR_*; 0 for a BAR that the board does not have
 * @nr_areas: out: how many areas UPCIEDEV_GET_BAR_AREAS has to tell
 * @length: out: bytes
 * @position: out: UPCIEDEV_POS(bar, 0), for pread, pwrite and mmap
 * @name: out: the card's name of the BAR ("regs", "ddr"), NUL-terminated
 * @reserved: out: zero
 *
 * Filled by UPCIEDEV_GET_BAR. Errors: EINVAL, EFAULT, ENODEV.
 */
struct upciedev_bar_info {
	__u32 size;
	__u32 bar;
	__u32 flags;
	__u32 nr_areas;
	__aligned_u64 length;
	__aligned_u64 position;
	char name[16];
	__aligned_u64 reserved[4];
};

/* struct upciedev_bar_area.rights */
#define UPCIEDEV_AREA_MAP_READ	 0x01U	/* pages can be mapped for reading */
#define UPCIEDEV_AREA_MAP_WRITE	 0x02U	/* pages can be mapped for writing */
#define UPCIEDEV_AREA_CALL_READ	 0x04U	/* pread and batches may read */
#define UPCIEDEV_AREA_CALL_WRITE 0x08U	/* pwrite and batches may write */

/**
 * struct upciedev_bar_area - a stretch of a BAR in which the same rights hold
 * @offset: out: first byte
 * @length: out: bytes
 * @rights: out: UPCIEDEV_AREA_*, as they hold for the asking file
 * @reserved: out: zero
 *
 * Areas come in ascending order, touch each other and cover the whole BAR.
 */
struct upciedev_bar_area {
	__aligned_u64 offset;
	__aligned_u64 length;
	__u32 rights;
	__u32 reserved;
};

/**
 * struct upciedev_bar_areas - the rights inside one BAR
 * @bar: in: 0 to 5, else EINVAL
 * @count: in: room in @areas; out: entries that exist (the first min() are filled)
 * @areas: in: user address of struct upciedev_bar_area[count]
 * @reserved: in: zero, else EINVAL
 *
 * For UPCIEDEV_GET_BAR_AREAS. Errors: EINVAL, EFAULT, ENODEV.
 */
struct upciedev_bar_areas {
	__u32 bar;
	__u32 count;
	__aligned_u64 areas;
	__aligned_u64 reserved;
};

/* struct upciedev_op.op */
#define UPCIEDEV_OP_READ	0	/* value <- register */
#define UPCIEDEV_OP_WRITE	1	/* register <- value */
#define UPCIEDEV_OP_MODIFY	2	/* register <- masked value; value <- old */
#define UPCIEDEV_OP_READ_BLOCK	3	/* user buffer <- count registers */
#define UPCIEDEV_OP_WRITE_BLOCK	4	/* count registers <- user buffer */
#define UPCIEDEV_OP_POLL	5	/* until equal under the mask; value <- last read */

/* struct upciedev_op.flags */
#define UPCIEDEV_OP_FIXED	0x01U	/* block: one address, a FIFO */

#define UPCIEDEV_POLL_MAX_US	10000000U	/* longest time-out of UPCIEDEV_OP_POLL */

/**
 * struct upciedev_op - one entry of a batch
 * @op: in: UPCIEDEV_OP_*
 * @bar: in: 0 to 5
 * @width: in: 8, 16, 32 or 64 bit; @offset is a multiple of width / 8
 * @flags: in: UPCIEDEV_OP_FIXED on block operations, else 0
 * @count: in: block: registers, at least 1; poll: time-out in microseconds, at most
 *	UPCIEDEV_POLL_MAX_US; else 1
 * @offset: in: bytes into the BAR
 * @value: in/out: register value in the low @width bits (upper bits zero), or the
 *	user address of the block's buffer, count * width / 8 bytes in host order
 * @mask: in: modify, poll: bits that count; else 0
 *
 * Values are little-endian on the bus (a register reads 0x11223344 when its lowest
 * byte is 0x44); a board with big-endian registers is swapped by the SDK.
 *
 * Enable bits of the card's interrupts belong to the driver (see struct upciedev_irq_open).
 * Each write here, and by pwrite(), writes the other bits of such a register and leaves
 * its enable bits as the board has them at that moment. A store into a map does not.
 */
struct upciedev_op {
	__u8 op;
	__u8 bar;
	__u8 width;
	__u8 flags;
	__u32 count;
	__aligned_u64 offset;
	__aligned_u64 value;
	__aligned_u64 mask;
};

#define UPCIEDEV_BATCH_MAX	65536U		/* most operations of one batch */

/**
 * struct upciedev_batch - operations done in order in one system call
 * @count: in: operations, 1 to UPCIEDEV_BATCH_MAX
 * @done: out: operations that were carried out, also on error
 * @ops: in: user address of struct upciedev_op[count]
 * @reserved: in: zero
 *
 * For UPCIEDEV_BATCH. Stops at the first operation that fails and returns its
 * error: EINVAL (malformed), ERANGE (outside the BAR), EPERM (guarded register),
 * EBADF (a file not open for writing), ENXIO (no such BAR), ETIMEDOUT (poll),
 * EBUSY (claimed by another), EINTR, EFAULT, ENODEV. A batch is not atomic as a
 * whole, one modify is.
 */
struct upciedev_batch {
	__u32 count;
	__u32 done;
	__aligned_u64 ops;
	__aligned_u64 reserved[2];
};

/**
 * struct upciedev_status - read-only page at UPCIEDEV_POS_STATUS
 * @abi: UPCIEDEV_ABI_VERSION
 * @gone: non-zero once the board has left, failed or is being reset; never goes back
 * @generation: as in struct upciedev_board_info
 *
 * Tells without a system call whether all ones are data or an absent board.
 */
struct upciedev_status {
	__u32 abi;
	__u32 gone;
	__aligned_u64 generation;
};

/* struct upciedev_claim.op */
#define UPCIEDEV_CLAIM_TAKE	0	/* only this file may write from now on */
#define UPCIEDEV_CLAIM_JOIN	1	/* so may this file, which has the lease */
#define UPCIEDEV_CLAIM_QUERY	2	/* change nothing, only tell */

/* struct upciedev_claim.state */
#define UPCIEDEV_CLAIM_FREE	0	/* everybody may write */
#define UPCIEDEV_CLAIM_MINE	1	/* claimed; this file may write */
#define UPCIEDEV_CLAIM_OTHER	2	/* claimed; this file may only read */
#define UPCIEDEV_CLAIM_MAPPED	3	/* free, but another file has a writable map */
#define UPCIEDEV_CLAIM_DMA	4	/* free, but DMA of another file writes to the board */

/**
 * struct upciedev_claim - keep all others from writing
 * @op: in: UPCIEDEV_CLAIM_TAKE, _JOIN or _QUERY, else EINVAL
 * @lease: in: join: a lease of this board; out: take: the new lease, -1 on error
 * @state: out: take, query: UPCIEDEV_CLAIM_FREE, _MINE, _OTHER, _MAPPED or _DMA
 * @holder: out: take, query: process that took the claim, or that opened the file
 *	with the map or the DMA; 0 if there is none, or none that this process could see
 * @reserved: in: zero, else EINVAL
 *
 * For UPCIEDEV_CLAIM. The lease is a file: while it is open in any process, files
 * that neither took nor joined the claim get EBUSY for whatever writes, maps for
 * writing, moves by DMA or resets; they still read, and what moves from the board
 * when the claim is taken goes on. It is closed on exec, and poll() on it reports
 * EPOLLHUP when the board has gone, which ends the claim. Errors: EBUSY (take:
 * @state and @holder tell why), EBADF (take, join: the file is not open for
 * writing, or @lease is no open file), EINVAL (also: @lease is not a lease of this
 * board), EMFILE, ENFILE, ENOMEM, EFAULT, ENODEV.
 */
struct upciedev_claim {
	__u32 op;
	__s32 lease;
	__u32 state;
	__s32 holder;
	__aligned_u64 reserved[2];
};

/*
 * UPCIEDEV_RESET, whose argument must be zero, resets the board by the best way
 * that the kernel knows for it. All files of the board go stale, also this one:
 * open the node again. Errors: EBADF (not open for writing), EBUSY (claimed by
 * another), EOPNOTSUPP (no way to reset it alone), EIO (did not come back),
 * ETIMEDOUT, EINVAL, ENODEV.
 */

/**
 * struct upciedev_offline - take the board off, to load its FPGA
 * @flags: in: zero, else EINVAL
 * @fd: out: a file of its own, closed on exec, for UPCIEDEV_ONLINE
 * @reserved: in: zero, else EINVAL
 *
 * For UPCIEDEV_OFFLINE, which ends the board as a reset does: all its files go stale, also
 * this one, and none can be opened. Its driver stays bound, the board cannot reach memory, and
 * the port above reports no errors until a board is back or @fd is closed. Closing @fd does not
 * bring it back: the board stays off until it is bound again or reset through sysfs.
 * Errors: EINVAL, EBADF (not open for writing), EPERM (the file was opened without
 * CAP_SYS_RAWIO, or under lockdown), EBUSY (claimed by another), ENOMEM, EMFILE, ENFILE,
 * EFAULT, ENODEV.
 */
struct upciedev_offline {
	__u32 flags;
	__s32 fd;
	__aligned_u64 reserved[2];
};

#define UPCIEDEV_ONLINE_MAX_MS	600000U	/* longest time-out */

/**
 * struct upciedev_online - bring a board back that was taken off
 * @timeout_ms: in: 1 to UPCIEDEV_ONLINE_MAX_MS, else EINVAL: how long to wait until it answers
 * @flags: in: zero, else EINVAL
 * @generation: out: of the board that has begun
 * @reserved: in: zero, else EINVAL
 *
 * For UPCIEDEV_ONLINE on the file of UPCIEDEV_OFFLINE. Once the board answers it gets back the
 * configuration that it had, is reset if there is a way to, and begins anew. Where this fails the
 * board stays off, and the command may be tried again. Errors: ETIMEDOUT (does not answer),
 * EINTR (a signal came while it waited), EIO and others of a reset (did not come back), ESTALE (a
 * board with other ids or BARs: remove it and rescan the bus), EALREADY (it is back), EINVAL,
 * EFAULT, ENODEV (its driver has left: unbound, removed by the hot-plug of its slot).
 */
struct upciedev_online {
	__u32 timeout_ms;
	__u32 flags;
	__aligned_u64 generation;
	__aligned_u64 reserved[2];
};

/* struct upciedev_irq_info.kind */
#define UPCIEDEV_IRQ_NONE	0	/* the board cannot interrupt */
#define UPCIEDEV_IRQ_INTX	1
#define UPCIEDEV_IRQ_MSI	2
#define UPCIEDEV_IRQ_MSIX	3

/**
 * struct upciedev_irq_info - how a board interrupts
 * @kind: out: UPCIEDEV_IRQ_*
 * @nr_vectors: out: vectors that the kernel granted, at most 32
 * @nr_causes: out: causes that the card names; 0: an event has no status
 * @reserved32: in: zero, else EINVAL
 * @reserved: in: zero, else EINVAL
 *
 * Filled by UPCIEDEV_IRQ_INFO. Errors: EINVAL, EFAULT, ENODEV.
 */
struct upciedev_irq_info {
	__u32 kind;
	__u32 nr_vectors;
	__u32 nr_causes;
	__u32 reserved32;
	__aligned_u64 reserved[2];
};

#define UPCIEDEV_IRQ_MAX_FILES	64U	/* subscriptions of a user to a board */

#define UPCIEDEV_IRQ_NONBLOCK	0x01U	/* read() gives EAGAIN rather than wait */

/**
 * struct upciedev_irq_open - subscribe to interrupts
 * @vectors: in: bit mask of vectors, not 0, all below nr_vectors, else EINVAL
 * @flags: in: UPCIEDEV_IRQ_NONBLOCK or 0, else EINVAL
 * @eventfd: in: an eventfd to signal with every event, or -1
 * @fd: out: a file of its own, closed on exec
 * @causes: in: causes that the board is to interrupt for while the file is open,
 *	a bit each, else EINVAL; 0: all of @vectors. Events tell of all causes, as
 *	others may have asked for more
 * @reserved: in: zero, else EINVAL
 *
 * The driver alone sets and clears the enable bits of the causes, as files ask for them:
 * no write by call changes them, see struct upciedev_op.
 *
 * For UPCIEDEV_IRQ_OPEN, also on files that may only read. Events queue from its
 * return on. read() of the file gives as many whole struct upciedev_irq_event as
 * fit, oldest first, and waits for the first one; EINVAL if none fits, ENODEV at
 * once when the board has gone, and poll() then tells EPOLLERR | EPOLLHUP.
 * Errors: EINVAL, EBADF (@eventfd), EOPNOTSUPP (the board cannot interrupt), ENOSPC (the
 * user has UPCIEDEV_IRQ_MAX_FILES of this board, or all users together twice as many),
 * ENOMEM, EMFILE, ENFILE, EFAULT, ENODEV.
 */
struct upciedev_irq_open {
	__u32 vectors;
	__u32 flags;
	__s32 eventfd;
	__s32 fd;
	__aligned_u64 causes;
	__aligned_u64 reserved;
};

#define UPCIEDEV_IRQ_MASKED	0x01U	/* of an event: the vector is off */

/**
 * struct upciedev_irq_event - one interrupt
 * @vector: that fired
 * @flags: UPCIEDEV_IRQ_MASKED: none follows until UPCIEDEV_IRQ_UNMASK. So on INTx
 *	where only a user can serve the board, until a DMA channel that waits for the same
 *	cause goes on; and where a storm or a stuck INTx was stopped, until a channel is
 *	opened or started that waits for it
 * @lost: events of this vector that were overwritten since the one read before;
 *	the step of @sequence less one, at most 0xffff
 * @status: causes that were pending, a bit each in the order of the board file;
 *	0 where the card names none, and where what was stopped had no cause
 * @sequence: of the vector; grows by one with each event
 * @time_ns: CLOCK_MONOTONIC, taken in the interrupt handler
 */
struct upciedev_irq_event {
	__u32 vector;
	__u16 flags;
	__u16 lost;
	__aligned_u64 status;
	__aligned_u64 sequence;
	__aligned_u64 time_ns;
};

/*
 * UPCIEDEV_IRQ_UNMASK, on the file of UPCIEDEV_IRQ_OPEN, takes the number of one of
 * its vectors as argument and lets it interrupt again; nothing happens if it was
 * not masked. Errors: EINVAL, ENODEV.
 */

/*
 * DMA. A channel is one direction of one engine of the board, as its board file
 * names them; UPCIEDEV_DMA_OPEN gives a file of its own for one. Users name offsets
 * into the memory that the engine reaches, never addresses. Any number of files may
 * use a channel: they take turns.
 */

/* struct upciedev_dma_info.flags */
#define UPCIEDEV_DMA_TO_BOARD	0x01U	/* else from the board */
#define UPCIEDEV_DMA_DESCRIPTORS 0x02U	/* one start does a whole list of pieces */
#define UPCIEDEV_DMA_STOPPABLE	0x04U	/* the board has registers that stop it */

/**
 * struct upciedev_dma_info - a DMA channel of a board
 * @size: in: sizeof(struct upciedev_dma_info), else EINVAL
 * @channel: in: number, below @nr_channels, else EINVAL (also where there is none)
 * @flags: out: UPCIEDEV_DMA_*
 * @nr_channels: out: that the board has
 * @alignment: out: bytes, a power of two. What is read may begin and end anywhere;
 *	the offset and length of what is written must be multiples of it
 * @address_bits: out: of the host addresses that the engine can emit
 * @max_length: out: bytes of one start of the engine; requests may be longer
 * @memory: out: bytes of board memory that it reaches; 0: the driver does not know
 * @name: out: of the channel, NUL-terminated
 * @reserved: out: zero
 *
 * Filled by UPCIEDEV_DMA_INFO. Errors: EINVAL, EFAULT, ENODEV.
 */
struct upciedev_dma_info {
	__u32 size;
	__u32 channel;
	__u32 flags;
	__u32 nr_channels;
	__u32 alignment;
	__u32 address_bits;
	__aligned_u64 max_length;
	__aligned_u64 memory;
	char name[32];
	__aligned_u64 reserved[4];
};

#define UPCIEDEV_DMA_MAX_FILES	64U	/* that one user may have open on a board */

/**
 * struct upciedev_dma_open - open a channel
 * @channel: in: number, else EINVAL
 * @flags: in: zero, else EINVAL
 * @fd: out: a file of its own, closed on exec; poll() tells EPOLLIN when its ring has
 *	a frame that was not yet seen or has ended, EPOLLERR | EPOLLHUP when the board
 *	has gone
 * @reserved32: in: zero, else EINVAL
 * @reserved: in: zero, else EINVAL
 *
 * For UPCIEDEV_DMA_OPEN. Errors: EINVAL, EBADF (not open for writing), EBUSY (claimed
 * by another), EDQUOT (the user has UPCIEDEV_DMA_MAX_FILES open on this board),
 * EOPNOTSUPP (the board may not be a bus master; or only an interrupt reports the end, and
 * it has no status and shares its vector or INTx), ENOMEM, EMFILE, ENFILE, EFAULT, ENODEV.
 */
struct upciedev_dma_open {
	__u32 channel;
	__u32 flags;
	__s32 fd;
	__u32 reserved32;
	__aligned_u64 reserved[2];
};

#define UPCIEDEV_DMA_MAX_MS	3600000U	/* longest time-out */

#define UPCIEDEV_DMA_RING_MEMORY 0x01U	/* @address is an offset into the ring's frames */

/**
 * struct upciedev_dma_transfer - between the board and memory of the caller
 * @offset: in: into the board's memory, bytes
 * @address: in: user address, or see UPCIEDEV_DMA_RING_MEMORY
 * @length: in: bytes, at least 1
 * @timeout_ms: in: 1 to UPCIEDEV_DMA_MAX_MS, for all of it
 * @flags: in: UPCIEDEV_DMA_RING_MEMORY or 0, else EINVAL: inside one frame, all of offset,
 *	address and length multiples of the engine's alignment
 * @done: out: bytes that have arrived, from the beginning, also on error
 * @bounced: out: of them, those that the CPU had to copy because of the engine's
 *	alignment
 * @reserved: in: zero, else EINVAL
 *
 * For UPCIEDEV_DMA_TRANSFER on a channel; returns at the end. The memory is pinned
 * meanwhile, piece by piece, within the user's RLIMIT_MEMLOCK. Whatever ends it early, the engine
 * has been stopped when it returns: if it cannot be, the board is cut off from the bus
 * and reset, and its files go stale.
 * Errors: EINVAL (also: what is written is not aligned), ERANGE (outside the board's
 * memory or the ring), ETIMEDOUT, EINTR, ECANCELED, EIO (the engine reports an error),
 * EOVERFLOW (only an interrupt reports the end, and a storm of it was stopped),
 * EBUSY (claimed by another), ENOMEM, EFAULT, ENODEV.
 */
struct upciedev_dma_transfer {
	__aligned_u64 offset;
	__aligned_u64 address;
	__aligned_u64 length;
	__u32 timeout_ms;
	__u32 flags;
	__aligned_u64 done;
	__aligned_u64 bounced;
	__aligned_u64 reserved[2];
};

/*
 * UPCIEDEV_DMA_CANCEL, whose argument must be zero, ends the transfers that are under
 * way on this file, which return ECANCELED; it does not wait for them.
 */

#define UPCIEDEV_DMA_MAX_FRAMES	4096U

/**
 * struct upciedev_dma_ring - memory for frames, shared with the kernel
 * @frame_length: in: bytes of a frame, a multiple of the engine's alignment
 * @frames: in: 1 to UPCIEDEV_DMA_MAX_FRAMES
 * @flags: in: zero, else EINVAL
 * @head_length: out: bytes to map at position 0, for reading: a struct
 *	upciedev_dma_head, and behind it the queue, struct upciedev_dma_frame[frames]
 * @position: out: of the first frame, for mmap
 * @step: out: bytes from a frame to the next one, a multiple of the page
 * @reserved: in: zero, else EINVAL
 *
 * For UPCIEDEV_DMA_RING, once on a file. Maps must be MAP_SHARED. The frames are
 * ordinary memory that counts as locked by the user who calls, in whatever process, until
 * the file is closed: RLIMIT_MEMLOCK, ENOMEM. A map of them outlives the board.
 * Errors: EINVAL, EBUSY (has a ring), ENOMEM, EFAULT, ENODEV.
 */
struct upciedev_dma_ring {
	__aligned_u64 frame_length;
	__u32 frames;
	__u32 flags;
	__aligned_u64 head_length;
	__aligned_u64 position;
	__aligned_u64 step;
	__aligned_u64 reserved[2];
};

/* struct upciedev_dma_head.state */
#define UPCIEDEV_DMA_IDLE	0	/* never started */
#define UPCIEDEV_DMA_RUNNING	1
#define UPCIEDEV_DMA_ENDED	2	/* by its count, UPCIEDEV_DMA_STOP or an error */

/**
 * struct upciedev_dma_head - what the kernel tells of a ring, at its position 0
 * @state: UPCIEDEV_DMA_IDLE, _RUNNING or _ENDED
 * @error: errno that ended it, or 0. EOVERFLOW: a storm of interrupts with its @causes was
 *	stopped; the next start lets them interrupt again
 * @ready: frames delivered so far; number n is in queue[n % frames]. Read it before
 *	the entry, with acquire semantics
 * @lost: triggers so far that found no free frame, or the engine still at the last
 * @reserved: zero
 *
 * Written by the kernel only, which never reads it.
 */
struct upciedev_dma_head {
	__u32 state;
	__s32 error;
	__aligned_u64 ready;
	__aligned_u64 lost;
	__aligned_u64 reserved[5];
};

/**
 * struct upciedev_dma_frame - a frame that was delivered
 * @sequence: of the frame: steps by one, and by those lost
 * @time_ns: CLOCK_MONOTONIC of the trigger, else of its end
 * @length: bytes that are valid
 * @index: of the frame in the ring's memory; it is the user's until given back
 * @lost: triggers lost between the frame before and this one
 *
 * From the board: filled. To the board: written, and free to be filled again.
 */
struct upciedev_dma_frame {
	__aligned_u64 sequence;
	__aligned_u64 time_ns;
	__aligned_u64 length;
	__u32 index;
	__u32 lost;
};

/**
 * struct upciedev_dma_start - let frames flow
 * @offset: in: of the first frame in the board's memory, bytes, a multiple of the
 *	engine's alignment
 * @step: in: bytes from a frame to the next one there, as well; 0: always the same place
 * @count: in: frames, after which it ends; 0: without end, then @step is 0
 * @causes: in: a bit each: every interrupt of one of them moves a frame; 0: at once
 * @timeout_ms: in: 1 to UPCIEDEV_DMA_MAX_MS, for the engine to move one frame
 * @flags: in: zero, else EINVAL
 * @reserved: in: zero, else EINVAL
 *
 * For UPCIEDEV_DMA_START. All frames that the user does not hold are free: from the
 * board they get filled in any order; to the board the user fills frames and gives
 * them with UPCIEDEV_DMA_EXCHANGE, in the order in which they are to be written; there
 * all frames are the user's at the first start. Started again, it goes on with
 * @ready, sequence and the frames as they are.
 * Errors: EINVAL (also: no ring), ERANGE, EBUSY (running; claimed by another), ENOMEM,
 * EFAULT, ENODEV.
 */
struct upciedev_dma_start {
	__aligned_u64 offset;
	__aligned_u64 step;
	__aligned_u64 count;
	__aligned_u64 causes;
	__u32 timeout_ms;
	__u32 flags;
	__aligned_u64 reserved[2];
};

/*
 * UPCIEDEV_DMA_STOP, whose argument must be zero, ends it; the engine is at rest and
 * no frame changes any more when it returns. Nothing happens if it has ended.
 */

/**
 * struct upciedev_dma_exchange - give frames back, and wait for the next one
 * @indices: in: user address of __u32[count]: frames that the user holds
 * @count: in: at most UPCIEDEV_DMA_MAX_FRAMES; may be 0
 * @timeout_ms: in: how long to wait; 0: not at all; at most UPCIEDEV_DMA_MAX_MS
 * @seen: in: frames that the user has taken from the queue: waits until @ready of the
 *	head is greater
 * @reserved: in: zero, else EINVAL
 *
 * For UPCIEDEV_DMA_EXCHANGE. While frames wait in the queue no call is needed: give
 * back several at a time. Errors: EINVAL (also: a frame that the user does not hold;
 * those before it were given back), ETIMEDOUT, EINTR, ENODATA (ended, and nothing is
 * left), the error that ended it, EFAULT, ENODEV.
 */
struct upciedev_dma_exchange {
	__aligned_u64 indices;
	__u32 count;
	__u32 timeout_ms;
	__aligned_u64 seen;
	__aligned_u64 reserved[2];
};

#define UPCIEDEV_IOC		0xE7
#define UPCIEDEV_GET_INFO	_IOWR(UPCIEDEV_IOC, 0x00, struct upciedev_board_info)
#define UPCIEDEV_GET_BAR	_IOWR(UPCIEDEV_IOC, 0x01, struct upciedev_bar_info)
#define UPCIEDEV_GET_BAR_AREAS	_IOWR(UPCIEDEV_IOC, 0x02, struct upciedev_bar_areas)
#define UPCIEDEV_BATCH		_IOWR(UPCIEDEV_IOC, 0x10, struct upciedev_batch)
#define UPCIEDEV_CLAIM		_IOWR(UPCIEDEV_IOC, 0x20, struct upciedev_claim)
#define UPCIEDEV_RESET		_IO(UPCIEDEV_IOC, 0x21)
#define UPCIEDEV_OFFLINE	_IOWR(UPCIEDEV_IOC, 0x22, struct upciedev_offline)
#define UPCIEDEV_ONLINE		_IOWR(UPCIEDEV_IOC, 0x23, struct upciedev_online)
#define UPCIEDEV_IRQ_INFO	_IOWR(UPCIEDEV_IOC, 0x30, struct upciedev_irq_info)
#define UPCIEDEV_IRQ_OPEN	_IOWR(UPCIEDEV_IOC, 0x31, struct upciedev_irq_open)
#define UPCIEDEV_IRQ_UNMASK	_IO(UPCIEDEV_IOC, 0x32)
#define UPCIEDEV_DMA_INFO	_IOWR(UPCIEDEV_IOC, 0x40, struct upciedev_dma_info)
#define UPCIEDEV_DMA_OPEN	_IOWR(UPCIEDEV_IOC, 0x41, struct upciedev_dma_open)
#define UPCIEDEV_DMA_TRANSFER	_IOWR(UPCIEDEV_IOC, 0x42, struct upciedev_dma_transfer)
#define UPCIEDEV_DMA_CANCEL	_IO(UPCIEDEV_IOC, 0x43)
#define UPCIEDEV_DMA_RING	_IOWR(UPCIEDEV_IOC, 0x44, struct upciedev_dma_ring)
#define UPCIEDEV_DMA_START	_IOW(UPCIEDEV_IOC, 0x45, struct upciedev_dma_start)
#define UPCIEDEV_DMA_STOP	_IO(UPCIEDEV_IOC, 0x46)
#define UPCIEDEV_DMA_EXCHANGE	_IOW(UPCIEDEV_IOC, 0x47, struct upciedev_dma_exchange)
#define UPCIEDEV_PEER_ROUTE	_IOWR(UPCIEDEV_IOC, 0x50, struct upciedev_peer_route)
#define UPCIEDEV_DMA_PEER	_IOWR(UPCIEDEV_IOC, 0x51, struct upciedev_dma_peer)
#define UPCIEDEV_DMA_PEER_RING	_IOWR(UPCIEDEV_IOC, 0x53, struct upciedev_dma_peer_ring)
#define UPCIEDEV_PEER_LEASE	_IOWR(UPCIEDEV_IOC, 0x52, struct upciedev_peer_lease)

#endif /* _UAPI_LINUX_UPCIEDEV_H */
