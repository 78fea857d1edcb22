#pragma once

#include <mutex>

/// Which publisher of a stream is on air, by its number. The next one takes over with its first key
/// frame, picture and sound in one moment: what goes on does so under the lock. Thread-safe.
class OnAir {
public:
    explicit OnAir(int publisher) : current_(publisher) {}

    /// This one's next key frame takes over.
    void expect(int publisher) {
        const std::lock_guard lock(mutex_);
        next_ = publisher;
    }
    /// It shall not take over any more; false when it is on air already.
    [[nodiscard]] bool withdraw(int publisher) {
        const std::lock_guard lock(mutex_);
        next_ = next_ == publisher ? kNobody : next_;
        return current_ != publisher;
    }
    [[nodiscard]] int current() const {
        const std::lock_guard lock(mutex_);
        return current_;
    }

    /// Calls pass(takesOver) when this publisher's picture goes on. `pass` must not block.
    template <class F>
    void picture(int publisher, bool keyFrame, F&& pass) {
        const std::lock_guard lock(mutex_);
        const bool takesOver = keyFrame && publisher == next_;
        if (takesOver) {
            current_ = publisher;
            next_ = kNobody;
        }
        if (publisher == current_) {
            pass(takesOver);
        }
    }
    /// Calls pass() when this publisher's sound goes on.
    template <class F>
    void sound(int publisher, F&& pass) {
        const std::lock_guard lock(mutex_);
        if (publisher == current_) {
            pass();
        }
    }

private:
    static constexpr int kNobody = 0;

    mutable std::mutex mutex_;
    int current_;
    int next_ = kNobody;
};
