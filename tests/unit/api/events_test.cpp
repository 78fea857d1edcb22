#include "interface.h"

using namespace std::chrono_literals;

namespace {

std::shared_ptr<routed::Events> listen(const Interface& interface) {
    const auto exchange = std::make_shared<routed::Exchange>();
    interface.router.handle(routed::request("GET", "/api/v1/events"), http::Responder(exchange));
    REQUIRE(exchange->events);
    return exchange->events;
}

} // namespace

TEST_CASE("a listener is told what there is, then every change") {
    Interface interface;
    interface.bringLive("demo");
    const auto listener = listen(interface);
    REQUIRE(listener->sent.size() == 1);
    CHECK(listener->sent[0].first == "stream");
    CHECK(listener->sent[0].second.starts_with(
        R"({"type":"stream","stream":"demo","state":"live",)"));

    const auto added =
        interface.registry->addReceiver("demo", {streams::OutputType::Ts, "127.0.0.1", 40000});
    REQUIRE(added);
    CHECK(listener->sent.back().first == "output");
    CHECK(
        listener->sent.back().second ==
        R"({"stream":"demo","id":"r1","type":"ts","state":"starting","host":"127.0.0.1","port":40000,)"
        R"("sdp":"/api/v1/streams/demo/outputs/r1.sdp"})");

    interface.feed->publish("recording", R"({"id":"x"})");
    CHECK(listener->sent.back() ==
          std::make_pair(std::string("recording"), std::string(R"({"id":"x"})")));

    interface.killPipelineOf("demo");
    REQUIRE(interface.waitForEnd("demo", 1s));
    CHECK(holds(listener->sent.back().second, R"("state":"ended")"));
    CHECK(holds(listener->sent.back().second,
                R"("reason":"the pipeline process was killed by signal 9)"));
}

TEST_CASE("a listener that went is forgotten") {
    Interface interface;
    const auto gone = listen(interface);
    gone->isOpen = false;
    interface.feed->publish("recording", "{}");
    CHECK(gone->sent.empty());
    CHECK(gone.use_count() == 1);
}
