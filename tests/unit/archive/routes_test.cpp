#include "gateway/archive/routes.h"

#include "tests/support/run_until.h"
#include "tests/unit/archive/support.h"
#include "tests/unit/finish/fragmented.h"

#include <catch2/catch.hpp>
#include <optional>

using archive::State;
using archive_test::Bench;
using archive_test::Folder;
using archive_test::kFirstId;
using support::runUntil;

namespace {

struct Answer : http::Exchange {
    std::optional<http::Reply> reply;

    void answer(http::Reply given) override { reply = std::move(given); }
    std::shared_ptr<http::EventStream> startEvents() override { return nullptr; }
};

struct Service {
    http::Router router;

    explicit Service(archive::Archive& archive) {
        const auto open = [](const http::Request&) { return base::Result<void>(); };
        const auto closed = [](const http::Request& request) -> base::Result<void> {
            if (request.header("authorization") == nullptr) {
                return base::fail(base::Problem::Unauthorized, "token");
            }
            return {};
        };
        archive::addRoutes(router, archive, {open, closed});
    }

    http::Reply ask(const std::string& method, const std::string& path, bool token = true) {
        const auto answer = std::make_shared<Answer>();
        http::Request request;
        request.method = method;
        request.path = path;
        if (token) {
            request.headers["authorization"] = "Bearer x";
        }
        router.handle(request, http::Responder(answer));
        REQUIRE(runUntil([&] { return answer->reply.has_value(); }));
        return *answer->reply;
    }
};

} // namespace

TEST_CASE("recordings over HTTP: list, one, media, delete") {
    Folder folder;
    fragmented::write(folder.file("20261120T101500.123Z.mp4.part"));
    Bench bench(folder);
    Service service(*bench.archive);
    CHECK(std::get<std::string>(service.ask("GET", "/api/v1/recordings").body) ==
          R"({"recordings":[]})");
    bench.archive->recover();
    REQUIRE(bench.waitFor(State::Finished));
    const std::string one = "/api/v1/recordings/" + std::string(kFirstId);
    const std::string media = "/recordings/" + std::string(kFirstId) + ".mp4";

    const auto list = service.ask("GET", "/api/v1/recordings");
    CHECK(list.status == 200);
    CHECK_THAT(std::get<std::string>(list.body), Catch::StartsWith(R"({"recordings":[{"id":")"));
    const auto single = service.ask("GET", one);
    CHECK(single.status == 200);
    CHECK_THAT(std::get<std::string>(single.body), Catch::Contains(R"("state":"finished")"));

    const auto file = service.ask("GET", media);
    CHECK(file.status == 200);
    CHECK(std::get<http::FileBody>(file.body).path ==
          folder.path / "recordings/demo/20261120T101500.123Z.mp4");
    REQUIRE(file.header("Content-Disposition") != nullptr);
    CHECK(*file.header("Content-Disposition") ==
          "attachment; filename=\"" + std::string(kFirstId) + ".mp4\"");

    CHECK(service.ask("DELETE", one, false).status == 401);
    CHECK(service.ask("DELETE", one).status == 204);
    CHECK(service.ask("DELETE", one).status == 404);
    CHECK(service.ask("GET", one).status == 404);
    CHECK(service.ask("GET", media).status == 404);
}

TEST_CASE("hostile paths are 404") {
    Folder folder;
    Bench bench(folder);
    Service service(*bench.archive);
    for (const char* path :
         {"/recordings/..mp4", "/recordings/.mp4", "/recordings/demo.mp4", "/recordings/../x.mp4",
          "/recordings/passwd", "/api/v1/recordings/..", "/api/v1/recordings/%2e%2e",
          "/recordings/demo-20261120T101500.123Z.mp4.part"}) {
        CAPTURE(path);
        CHECK(service.ask("GET", path).status == 404);
    }
}

TEST_CASE("a recording that grows can't be deleted") {
    Folder folder;
    Bench bench(folder);
    Service service(*bench.archive);
    const auto part = bench.archive->pathFor("demo", archive_test::at(0));
    fragmented::write(*part);
    bench.tell(*part, control::RecordingPhase::Recording);
    CHECK(service.ask("DELETE", "/api/v1/recordings/" + std::string(kFirstId)).status == 409);
}
