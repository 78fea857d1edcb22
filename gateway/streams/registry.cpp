#include "gateway/streams/registry.h"

#include "gateway/streams/registry_impl.h"

#include <filesystem>
#include <utility>

namespace streams {

namespace {

using base::Problem;

const base::Error kNotLive{Problem::NotFound, "there is no such stream"};

/// Segments of a gateway that did not end in order.
base::Result<void> empty(const std::string& directory) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
        if (entry.path().filename() != ".cache") {
            std::filesystem::remove_all(entry.path(), error);
        }
        if (error) {
            break;
        }
    }
    if (error) {
        return base::fail(Problem::Internal,
                          "the folder " + directory + " can't be emptied: " + error.message());
    }
    return {};
}

} // namespace

base::Result<std::unique_ptr<Registry>> Registry::create(Config config) {
    if (auto emptied = empty(config.runDirectory); !emptied) {
        return base::fail(emptied.error());
    }
    auto sandbox = Sandbox::prepare(config.runDirectory, config.recordingsDirectory);
    if (!sandbox) {
        return base::fail(sandbox.error());
    }
    return std::unique_ptr<Registry>(
        new Registry(std::make_unique<Impl>(std::move(config), std::move(*sandbox))));
}

Registry::Registry(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Registry::~Registry() {
    const std::string directory = impl_->config_.runDirectory;
    impl_.reset();
    [[maybe_unused]] const auto emptied = empty(directory); // else at the next start
}

void Registry::publish(Offer offer, std::function<void(base::Result<Accepted>)> done) {
    if (offer.replaces.empty()) {
        impl_->publish(std::move(offer), std::move(done));
    } else {
        impl_->replace(offer, std::move(done));
    }
}

void Registry::candidate(const std::string& session, int mediaLine, const std::string& candidate) {
    if (Stream* stream = impl_->findSession(session)) {
        stream->candidate(session, mediaLine, candidate);
    }
}

void Registry::unpublish(const std::string& session, const std::string& reason) {
    if (Stream* stream = impl_->findSession(session)) {
        stream->leave(session, reason);
    }
}

std::optional<StreamInfo> Registry::find(const std::string& name) const {
    const Stream* stream = impl_->find(name);
    return stream != nullptr ? std::optional(stream->info()) : std::nullopt;
}

std::vector<StreamInfo> Registry::list() const {
    std::vector<StreamInfo> all;
    for (const auto& [name, stream] : impl_->streams_) {
        all.push_back(stream->info());
    }
    return all;
}

base::Result<void> Registry::remove(const std::string& name, const std::string& reason) {
    Stream* stream = impl_->find(name);
    if (stream == nullptr) {
        return base::fail(kNotLive);
    }
    stream->end(reason, EndCause::Removed);
    return {};
}

base::Result<OutputInfo> Registry::addReceiver(const std::string& name, const Receiver& receiver) {
    Stream* stream = impl_->find(name);
    return stream != nullptr ? stream->addReceiver(receiver) : base::fail(kNotLive);
}

base::Result<void> Registry::removeReceiver(const std::string& name, const std::string& id) {
    Stream* stream = impl_->find(name);
    return stream != nullptr ? stream->removeReceiver(id) : base::fail(kNotLive);
}

hls::Channel* Registry::hls(const std::string& name) {
    const auto heritage = impl_->heritages_.find(name);
    return heritage != impl_->heritages_.end() ? &heritage->second->hls : nullptr;
}

Subscription Registry::subscribe(Listener listener) {
    return impl_->events_.subscribe(std::move(listener));
}

base::Result<void> Registry::canPublish() const {
    if (auto can = impl_->canTake(); !can) {
        return can;
    }
    return impl_->pool_.health();
}

void Registry::shutdown(std::function<void()> onDone) {
    impl_->shutdown(std::move(onDone));
}

} // namespace streams
