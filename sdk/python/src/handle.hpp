// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <memory>
#include <optional>
#include <unordered_set>
#include <utility>

namespace upciedev::python {

/// What close() of an owner lets go of. All of this happens under the GIL.
class closable {
  public:
    closable() = default;
    closable(const closable&) = delete;
    closable& operator=(const closable&) = delete;
    virtual ~closable() = default;
    virtual void drop() noexcept = 0;
};

[[noreturn]] void throw_closed();

/// The objects made from one crate or board. It outlives both sides, whoever is collected first.
class family {
  public:
    void add(closable& member) {
        if (closed_) throw_closed();
        members_.insert(&member);
    }
    void remove(closable& member) noexcept { members_.erase(&member); }
    void close() noexcept {
        closed_ = true;
        for (closable* member : std::exchange(members_, {}))
            member->drop();
    }

  private:
    std::unordered_set<closable*> members_;
    bool closed_ = false;
};

using family_ptr = std::shared_ptr<family>;

/// A C++ object in a Python one, until it is closed.
template <class T>
class handle : public closable {
  public:
    handle(T what, family_ptr owner) : what_(std::move(what)), owner_(std::move(owner)) {
        if (owner_) owner_->add(*this);
    }
    ~handle() override {
        if (owner_) owner_->remove(*this);
    }
    void drop() noexcept override { what_.reset(); }

    /// \throws ValueError when it is closed
    [[nodiscard]] T& get() {
        if (!what_) [[unlikely]]
            throw_closed();
        return *what_;
    }
    [[nodiscard]] bool closed() const noexcept { return !what_; }
    [[nodiscard]] const family_ptr& owner() const noexcept { return owner_; }

  private:
    std::optional<T> what_;
    family_ptr owner_;
};

/// A handle from which others are made.
template <class T>
class owning_handle : public handle<T> {
  public:
    using handle<T>::handle;
    void drop() noexcept override {
        children_->close();
        handle<T>::drop();
    }
    [[nodiscard]] const family_ptr& children() const noexcept { return children_; }

  private:
    family_ptr children_ = std::make_shared<family>();
};

} // namespace upciedev::python
