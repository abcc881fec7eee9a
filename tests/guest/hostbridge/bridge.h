/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_bridge - an emulated PCIe host bridge with a crate behind it
 *
 * Root port, switch, and a downstream port with a numbered slot for each board. Boards have
 * memory behind their BARs and an engine that writes; a thread moves its requests through
 * the emulated bridges as they are configured.
 *
 * hb_lock covers configuration space, presence and the delivery of a request: whatever the
 * kernel has configured holds for all requests after that.
 */
#ifndef TEST_BRIDGE_H
#define TEST_BRIDGE_H

#include <linux/pci.h>
#include <linux/spinlock.h>
#include <linux/types.h>

/* Above those of firmware */
#define HB_DOMAIN	0x10000

#define HB_SLOTS	3
#define HB_FIRST_SLOT	21
#define HB_CONFIG	4096
#define HB_REQUEST	256	/* bytes of payload; none crosses a multiple of it */
#define HB_NOWHERE	U64_MAX

/* Where the capabilities lie */
#define HB_EXP		0x40
#define HB_ACS		0x100

#define HB_REGS_BAR	0
#define HB_REGS_BYTES	SZ_4K
#define HB_MEMORY_BAR	2
#define HB_MEMORY_BYTES	SZ_1M

enum hb_kind { HB_ROOT_PORT, HB_UPSTREAM, HB_DOWNSTREAM, HB_BOARD };

struct hb_function {
	u8 config[HB_CONFIG];
	u8 writable[HB_CONFIG];
	u8 clears[HB_CONFIG];		/* bits that writing 1 clears */
	enum hb_kind kind;
	u32 slot;
	u8 devfn;
	bool present;
	struct hb_function *up;
	struct hb_function *below;	/* of a downstream port */
	u64 unsupported;		/* requests that ended here */

	/* Of a board */
	u64 landed;			/* bytes that came from other boards */
	u64 through_switch;		/* bytes that it sent */
	u64 through_root;
	u64 to_memory;
	bool runs_on;			/* never ends, and does not hear of stopping */
	bool no_flr;			/* from the next reset or plugging on, as the next one */
	u16 image;			/* of its FPGA: the subsystem's number; 0: as always */
	bool reset;			/* the engine has to forget what it does */
	bool translated;		/* by the machine's IOMMU */
	bool busy;
	u64 host;			/* the job, and where it stands */
	u32 offset;
	u32 length;
	u32 done;
};

struct hb_request {
	u64 address;
	u64 at_root;		/* what becomes of it there */
	bool is_memory;		/* of the machine, at @at_root */
	u32 length;
	u8 data[HB_REQUEST];
};

struct hb_iommu {
	struct pci_dev *pdev;
	struct iommu_domain *domain;	/* NULL: no translation */
	bool blocks;
};

extern raw_spinlock_t hb_lock;
extern struct hb_function *hb_functions[2 + 2 * HB_SLOTS];
extern struct resource hb_window;
extern bool hb_root_passes;
extern u64 hb_root_unsupported;

#define hb_root_port	hb_functions[0]
#define hb_upstream	hb_functions[1]
#define hb_port(i)	hb_functions[2 + (i)]
#define hb_board(i)	hb_functions[2 + HB_SLOTS + (i)]

/* bridge.c */
u64 hb_bus_address(u64 cpu);

/* config.c */
u16 hb_get16(const struct hb_function *function, u32 offset);
u32 hb_get32(const struct hb_function *function, u32 offset);
void hb_put16(struct hb_function *function, u32 offset, u16 value);
void hb_put32(struct hb_function *function, u32 offset, u32 value);
extern struct pci_ops hb_pci_ops;

/* layout.c */
int hb_functions_create(void);
void hb_functions_free(void);
void hb_board_config(struct hb_function *board);
void hb_link(struct hb_function *port, bool up);

/* fabric.c */
bool hb_is_memory(u64 address);
void __iomem *hb_behind(const struct hb_function *board, u32 bar);
void __iomem *hb_bar(const struct hb_function *board, u32 bar);
bool hb_emit(struct hb_function *board, const struct hb_request *request);

/* board.c */
int hb_engines_start(void);
void hb_engines_stop(void);
void hb_reset(struct hb_function *board);
void hb_pull(struct hb_function *board);
void hb_plug(struct hb_function *board);

/* iommu.c */
struct hb_iommu hb_iommu_get(struct hb_function *board);
void hb_iommu_put(struct hb_iommu *iommu);
u64 hb_iommu_translate(const struct hb_iommu *iommu, u64 address);

/* window.c */
int hb_window_take(u64 start, u64 length);
void hb_window_give_back(void);
void __iomem *hb_window_at(u64 bus, u32 length);

/* line.c */
int hb_line_create(void);
void hb_line_free(void);
int hb_line_map(const struct pci_dev *pdev, u8 slot, u8 pin);
void hb_line_check(const struct hb_function *port);

/* control.c */
void hb_control_create(void);
void hb_control_free(void);

#endif /* TEST_BRIDGE_H */
