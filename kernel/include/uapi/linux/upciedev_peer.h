/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/* upciedev - the part of the user ABI between two boards; include <linux/upciedev.h> */
#ifndef _UAPI_LINUX_UPCIEDEV_PEER_H
#define _UAPI_LINUX_UPCIEDEV_PEER_H

#include <linux/types.h>

/*
 * Peer to peer: an engine writes straight into, or reads from, the memory of another
 * board. Both are named by their open files, the place by BAR and offset. The driver
 * chooses the route of the requests, or refuses, each time anew.
 */

/* struct upciedev_peer_route.route */
#define UPCIEDEV_ROUTE_REFUSED	0
#define UPCIEDEV_ROUTE_DIRECT	1	/* a switch turns the requests round */
#define UPCIEDEV_ROUTE_ROOT	2	/* through the root complex */
#define UPCIEDEV_ROUTE_ROOT_IOMMU 3	/* as well, translated by an IOMMU */

/* struct upciedev_peer_route.reason */
#define UPCIEDEV_REASON_NONE	0
#define UPCIEDEV_REASON_SELF	1	/* both are one board */
#define UPCIEDEV_REASON_WINDOW	2	/* the peer has no such BAR, or does not offer it */
#define UPCIEDEV_REASON_READ	3	/* reading from peers is not allowed here */
#define UPCIEDEV_REASON_ACS	4	/* a port sends requests between peers to the root */
#define UPCIEDEV_REASON_ROOTS	5	/* no switch in common */
#define UPCIEDEV_REASON_KERNEL	6	/* the kernel's own check forbids it */
#define UPCIEDEV_REASON_ADDRESS	7	/* the engine cannot emit an address that high */
#define UPCIEDEV_REASON_MASTER	8	/* the board may not be a bus master */
/* 9 is the SDK's: the two boards are reached by different transports */
#define UPCIEDEV_REASON_LOST	10	/* the peer has reset itself: its BAR has moved */

/* struct upciedev_peer_route.flags */
#define UPCIEDEV_ROUTE_TRANSLATED 0x01U	/* an IOMMU translates for the board */
#define UPCIEDEV_ROUTE_BRIDGE	0x02U	/* @domain, @bus, @devfn tell a bridge */

#define UPCIEDEV_NO_CHANNEL	0xffffffffU

/**
 * struct upciedev_peer_route - can this board reach another one, and how?
 * @size: in: sizeof(struct upciedev_peer_route), else EINVAL
 * @peer: in: an open file of the other board, else EINVAL
 * @bar: in: of the other board, 0 to 5, else EINVAL
 * @channel: in: of this board, or UPCIEDEV_NO_CHANNEL for writing in general
 * @route: out: UPCIEDEV_ROUTE_*
 * @reason: out: UPCIEDEV_REASON_*: why it is refused, or is not direct
 * @flags: out: UPCIEDEV_ROUTE_TRANSLATED, UPCIEDEV_ROUTE_BRIDGE
 * @domain: out: of the port that is the reason (ACS), or of the switch in common
 * @bus: out: of the same
 * @devfn: out: of the same
 * @reserved: in: zero, else EINVAL
 *
 * For UPCIEDEV_PEER_ROUTE. A refused route is not an error. Errors: EINVAL, EBADF (@peer),
 * EFAULT, ENODEV, EHOSTDOWN (the other board has gone).
 */
struct upciedev_peer_route {
	__u32 size;
	__s32 peer;
	__u32 bar;
	__u32 channel;
	__u32 route;
	__u32 reason;
	__u32 flags;
	__u32 domain;
	__u32 bus;
	__u32 devfn;
	__aligned_u64 reserved[2];
};

/**
 * struct upciedev_dma_peer - move between the board and another one
 * @offset: in: into the memory of the channel's board, bytes
 * @peer_offset: in: into the peer's BAR, bytes
 * @length: in: bytes, at least 1
 * @peer: in: an open file of the peer, opened for reading and writing
 * @bar: in: of the peer, 0 to 5
 * @timeout_ms: in: 1 to UPCIEDEV_DMA_MAX_MS
 * @flags: in: zero, else EINVAL
 * @done: out: bytes that were issued, also on error
 * @route: out: as in struct upciedev_peer_route, also on EACCES
 * @reason: out: as well
 * @reserved: in: zero, else EINVAL
 *
 * For UPCIEDEV_DMA_PEER on a channel: from the board writes into the peer, to the board
 * reads from it. All of offsets and length are multiples of the engine's alignment.
 * Writes were issued when it returns, not necessarily done: whatever the same engine
 * writes later arrives later. Errors: as UPCIEDEV_DMA_TRANSFER; EACCES (refused), EBUSY
 * (also: the peer is claimed or the place leased by another), EHOSTDOWN (the peer has
 * gone; nothing arrives there any more).
 */
struct upciedev_dma_peer {
	__aligned_u64 offset;
	__aligned_u64 peer_offset;
	__aligned_u64 length;
	__s32 peer;
	__u32 bar;
	__u32 timeout_ms;
	__u32 flags;
	__aligned_u64 done;
	__u32 route;
	__u32 reason;
	__aligned_u64 reserved[2];
};

/**
 * struct upciedev_dma_peer_ring - a ring whose frames are in a peer's window
 * @frame_length: in: bytes of a frame, at least 1
 * @peer_offset: in: of the first frame, bytes into the peer's BAR
 * @step: in: bytes from a frame to the next one, at least @frame_length
 * @frames: in: 1 to UPCIEDEV_DMA_MAX_FRAMES
 * @bar: in: of the peer, 0 to 5
 * @peer: in: an open file of the peer, opened for reading and writing
 * @flags: in: zero, else EINVAL
 * @head_length: out: as in struct upciedev_dma_ring; there are no frames to map
 * @reserved: in: zero, else EINVAL
 *
 * For UPCIEDEV_DMA_PEER_RING, once on a file and instead of UPCIEDEV_DMA_RING. Started by
 * UPCIEDEV_DMA_START as any ring, it feeds the other board without the CPU; a frame is
 * delivered when it was issued. Ends with EHOSTDOWN when the peer goes, with EACCES when
 * the way is refused. All of @frame_length, @peer_offset and @step are multiples of the
 * engine's alignment. Errors: EINVAL, EBADF, EBUSY, ENXIO, ERANGE, EACCES, ENOMEM,
 * EFAULT, ENODEV, EHOSTDOWN.
 */
struct upciedev_dma_peer_ring {
	__aligned_u64 frame_length;
	__aligned_u64 peer_offset;
	__aligned_u64 step;
	__u32 frames;
	__u32 bar;
	__s32 peer;
	__u32 flags;
	__aligned_u64 head_length;
	__aligned_u64 reserved[2];
};

/**
 * struct upciedev_peer_lease - keep a part of a peer window for oneself
 * @bar: in: of this board, 0 to 5, else EINVAL
 * @flags: in: zero, else EINVAL
 * @offset: in: bytes into the BAR
 * @length: in: bytes, at least 1
 * @fd: out: a file of its own, closed on exec: the lease lives as long as it
 * @reserved32: in: zero, else EINVAL
 * @holder: out: on EBUSY, the process whose lease overlaps
 * @reserved33: in: zero, else EINVAL
 *
 * For UPCIEDEV_PEER_LEASE on a file that may write. Until it is closed, or the board
 * goes, only transfers that name the board by this very file move there by DMA; the CPU
 * is not kept out. Errors: EINVAL, EBADF, ERANGE, EBUSY (overlaps another's), ENXIO (no
 * such window), ENOMEM, EMFILE, ENFILE, EFAULT, ENODEV.
 */
struct upciedev_peer_lease {
	__u32 bar;
	__u32 flags;
	__aligned_u64 offset;
	__aligned_u64 length;
	__s32 fd;
	__u32 reserved32;
	__s32 holder;
	__u32 reserved33;
};

#endif /* _UAPI_LINUX_UPCIEDEV_PEER_H */
