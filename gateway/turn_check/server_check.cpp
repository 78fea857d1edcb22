#include "gateway/turn_check/server_check.h"

#include "gateway/ice/credentials.h"
#include "gateway/turn_check/credentials_fault.h"

#include <utility>

namespace turn_check {

namespace {

using Kind = TurnFault::Kind;

/// An allocation ends by itself too; nobody waits long for its end to be confirmed.
constexpr base::Milliseconds kLongestRelease{1000};
/// Longer than any clock is wrong by.
constexpr std::chrono::hours kYears{24 * 365 * 10};

base::Milliseconds since(base::Nanoseconds start) {
    return std::chrono::duration_cast<base::Milliseconds>(monotonicNow() - start);
}

} // namespace

ServerCheck::ServerCheck(ServerTask task, Done done)
    : task_(std::move(task)), done_(std::move(done)) {
    const ice::IceUri& uri = task_.server.uri;
    report_.source = task_.source;
    report_.url = uri.print();
    report_.relays = uri.relays();
    deadline_ = base::Timer::once(kLongest, [this] {
        fail({Kind::NoAnswer, "takes too long",
              "Not all was tried within 20 s: see whether the relay or the way to it is "
              "overloaded."});
    });
    open();
}

void ServerCheck::open() {
    const ice::IceUri& uri = task_.server.uri;
    client_ = std::make_unique<TurnClient>(task_.server);
    if (uri.secure() && uri.transportOrDefault() == ice::IceUri::Transport::Udp) {
        base::post([this, alive = std::weak_ptr<bool>(alive_)] {
            if (!alive.expired()) {
                fail({Kind::Unsupported, "no browser can do that",
                      "TLS over UDP (DTLS) is spoken by no browser: use ?transport=tcp with "
                      "turns:."});
            }
        });
        return;
    }
    client_->open([this](const TurnResult<void>& opened) {
        if (opened) {
            bind();
        } else {
            fail(opened.error());
        }
    });
}

void ServerCheck::bind() {
    client_->bind([this](const TurnResult<base::Milliseconds>& bound) {
        if (bound) {
            report_.answers = *bound;
        }
        // An error is an answer too: some relays bind nobody without credentials.
        const bool silent = !bound && bound.error().kind == Kind::NoAnswer;
        if (!bound && (silent || !report_.relays)) {
            fail(bound.error());
        } else if (report_.relays) {
            allocate();
        } else {
            finish();
        }
    });
}

void ServerCheck::allocate() {
    stepStarted_ = monotonicNow();
    client_->allocate([this](const TurnResult<TurnAllocation>& allocation) {
        if (allocation) {
            onAllocated(*allocation);
        } else if (allocation.error().kind == Kind::CredentialsWrong) {
            explainRefusal();
        } else {
            fail(allocation.error());
        }
    });
}

void ServerCheck::onAllocated(const TurnAllocation& allocation) {
    report_.allocates = since(stepStarted_);
    if (!allocation.guarded) {
        report_.notes.emplace_back("It asks for no name and password: whoever finds it can use it. "
                                   "Give it use-auth-secret, and take no-auth away.");
    } else if (!task_.expectedRealm.empty() && allocation.realm != task_.expectedRealm) {
        report_.notes.push_back("Its realm is \"" + allocation.realm +
                                "\", and [relay] realm says \"" + task_.expectedRealm +
                                "\": is this the relay that is meant?");
    }
    noteClocks();
    echo_ = std::make_unique<RelayEcho>(*client_, allocation.relayed, task_.media, task_.ports,
                                        [this](const TurnResult<RelayEcho::Returned>& returned) {
                                            if (returned) {
                                                report_.returns = returned->time;
                                                if (!returned->note.empty()) {
                                                    report_.notes.push_back(returned->note);
                                                }
                                            } else {
                                                report_.fault = returned.error();
                                            }
                                            release(*client_);
                                        });
}

/// Credentials that it takes though they are void by this machine's clock.
void ServerCheck::noteClocks() {
    const auto expiry = expiryOf(task_.server.username);
    if (expiry && *expiry <= ice::wallClock()) {
        report_.notes.emplace_back(
            "It takes credentials that have expired by this machine's clock: one of the two clocks "
            "is wrong (date -u on both).");
    }
}

void ServerCheck::explainRefusal() {
    const auto expiry = expiryOf(task_.server.username);
    if (!task_.secret.empty() && expiry && *expiry > ice::wallClock()) {
        tryLongerCredentials();
        return;
    }
    fail(credentialsFault({client_->place(), task_.server.username, client_->realm(),
                           task_.expectedRealm, task_.source, ice::wallClock()}));
}

/// A relay whose clock is ahead finds any credentials expired but those that last for years.
void ServerCheck::tryLongerCredentials() {
    const ice::Credentials made =
        ice::makeCredentials(task_.secret, ice::wallClock() + kYears, ice::randomId());
    longer_ =
        std::make_unique<TurnClient>(TurnServer{task_.server.uri, made.username, made.password});
    const auto conclude = [this](bool taken) {
        report_.fault =
            credentialsFault({client_->place(), task_.server.username, client_->realm(),
                              task_.expectedRealm, task_.source, ice::wallClock(), taken});
        if (taken) {
            release(*longer_);
        } else {
            finish();
        }
    };
    longer_->open([this, conclude](const TurnResult<void>& opened) {
        if (!opened) {
            conclude(false);
            return;
        }
        longer_->allocate([conclude](const TurnResult<TurnAllocation>& allocation) {
            conclude(allocation.has_value());
        });
    });
}

void ServerCheck::fail(TurnFault fault) {
    report_.fault = std::move(fault);
    finish();
}

void ServerCheck::release(TurnClient& client) {
    deadline_ = base::Timer::once(kLongestRelease, [this] { finish(); });
    client.release([this] { finish(); });
}

void ServerCheck::finish() {
    deadline_.stop();
    if (const auto done = std::exchange(done_, nullptr)) { // it may destroy this
        done(std::move(report_));
    }
}

} // namespace turn_check
