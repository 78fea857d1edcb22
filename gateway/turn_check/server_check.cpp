#include "gateway/ice/credentials.h"
#include "gateway/turn_check/check_relay.h"
#include "gateway/turn_check/relay_round_trip.h"

namespace turn_check {

namespace {

using Kind = TurnFault::Kind;

/// A relay whose clock is ahead finds any credentials expired but those that last for years.
bool takesLongerCredentials(const ServerTask& task, GCancellable* cancellable) {
    constexpr std::chrono::hours kYears{24 * 365 * 10}; // longer than any clock is wrong by
    const ice::Credentials made =
        ice::makeCredentials(task.secret, ice::wallClock() + kYears, ice::randomId());
    auto client = TurnClient::open({task.server.uri, made.username, made.password}, cancellable);
    const bool taken = client && (*client)->allocate();
    if (taken) {
        (*client)->release();
    }
    return taken;
}

TurnFault explainRefusal(const ServerTask& task, const TurnClient& client,
                         GCancellable* cancellable) {
    RefusedCredentials refused{client.place(),     task.server.username, client.realm(),
                               task.expectedRealm, task.source,          ice::wallClock()};
    const auto expiry = expiryOf(task.server.username);
    refused.longerOnesTaken = !task.secret.empty() && expiry && *expiry > refused.now &&
                              takesLongerCredentials(task, cancellable);
    return credentialsFault(refused);
}

void noteOddities(const ServerTask& task, const TurnAllocation& allocation,
                  std::vector<std::string>& notes) {
    if (!allocation.guarded) {
        notes.emplace_back("It asks for no name and password: whoever finds it can use it. "
                           "Give it use-auth-secret, and take no-auth away.");
    } else if (!task.expectedRealm.empty() && allocation.realm != task.expectedRealm) {
        notes.push_back("Its realm is \"" + allocation.realm + "\", and [relay] realm says \"" +
                        task.expectedRealm + "\": is this the relay that is meant?");
    }
    const auto expiry = expiryOf(task.server.username);
    if (expiry && *expiry <= ice::wallClock()) {
        notes.emplace_back("It takes credentials that have expired by this machine's clock: one "
                           "of the two clocks is wrong (date -u on both).");
    }
}

TurnResult<void> tryServer(const ServerTask& task, GCancellable* cancellable,
                           ServerReport& report) {
    const ice::IceUri& uri = task.server.uri;
    if (uri.secure() && uri.transportOrDefault() == ice::IceUri::Transport::Udp) {
        return failed(makeFault(Kind::DtlsOnly, {uri, {}}));
    }
    const auto opened = TurnClient::open(task.server, cancellable);
    if (!opened) {
        return failed(opened.error());
    }
    TurnClient& client = **opened;
    const auto bound = client.bind();
    if (bound) {
        report.answers = *bound;
    } else if (!report.relays || bound.error().kind == Kind::NoAnswer) {
        return failed(bound.error());
    } // else an error is an answer too: some relays bind nobody without credentials
    if (!report.relays) {
        return {};
    }
    const base::Nanoseconds started = monotonicNow();
    const auto allocation = client.allocate();
    if (!allocation) {
        return failed(allocation.error().kind == Kind::CredentialsWrong
                          ? explainRefusal(task, client, cancellable)
                          : allocation.error());
    }
    report.allocates = std::chrono::duration_cast<base::Milliseconds>(monotonicNow() - started);
    noteOddities(task, *allocation, report.notes);
    const auto trip = tryRelayRoundTrip(client, allocation->relayed, task.media, task.ports);
    client.release();
    if (!trip) {
        return failed(trip.error());
    }
    report.returns = trip->time;
    if (!trip->note.empty()) {
        report.notes.push_back(trip->note);
    }
    return {};
}

} // namespace

ServerReport checkServer(const ServerTask& task, GCancellable* cancellable) {
    ServerReport report;
    report.source = task.source;
    report.url = task.server.uri.print();
    report.relays = task.server.uri.relays();
    if (auto tried = tryServer(task, cancellable, report); !tried) {
        report.fault = std::move(tried.error());
    }
    return report;
}

} // namespace turn_check
