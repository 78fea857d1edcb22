#include "gateway/ice/settings.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using ice::Settings;

namespace {

std::string complaint(const Settings& settings) {
    const auto secret = ice::readSecret(settings);
    return secret ? "" : secret.error().message;
}

struct SecretFile {
    explicit SecretFile(const std::string& text) {
        char name[] = "/tmp/unit-relay-XXXXXX";
        path = mkdtemp(name);
        path += "/secret";
        std::ofstream(path) << text;
    }
    ~SecretFile() { std::filesystem::remove_all(std::filesystem::path(path).parent_path()); }
    std::string path;
};

} // namespace

TEST_CASE("our own relay runs when no other is named") {
    Settings settings;
    CHECK(settings.runsRelay());
    settings.stun = {"stun:a"};
    CHECK(settings.runsRelay());
    settings.serviceUrl = "https://a.example/";
    CHECK_FALSE(settings.runsRelay());
    settings.embedded = Settings::Embedded::Yes;
    CHECK(settings.runsRelay());
    settings = {};
    settings.embedded = Settings::Embedded::No;
    CHECK_FALSE(settings.runsRelay());
}

TEST_CASE("a secret in a file") {
    Settings settings;
    const SecretFile good("logen mit leerzeichen \r\n");
    settings.secretFile = good.path;
    CHECK(ice::readSecret(settings) == "logen mit leerzeichen");

    for (const std::string& text :
         {std::string(), std::string("\n"), std::string("one\ntwo\n"), std::string("a\0b", 3),
          std::string(5000, 'x'), std::string("\xc3\xa4")}) {
        const SecretFile bad(text);
        settings.secretFile = bad.path;
        CHECK(complaint(settings).find("secret-file " + bad.path + " must hold") !=
              std::string::npos);
    }
    settings.secretFile = "/nonexistent/secret";
    CHECK(complaint(settings) ==
          "[relay] secret-file /nonexistent/secret cannot be read: No such file or directory");
    settings.secretFile = "/tmp";
    CHECK(complaint(settings).find("Is a directory") != std::string::npos);
    settings.secretFile = "/dev/zero"; // has no end
    CHECK(complaint(settings).find("must hold") != std::string::npos);
    if (::geteuid() != 0) {
        ::chmod(good.path.c_str(), 0);
        settings.secretFile = good.path;
        CHECK(complaint(settings).find("Permission denied; let the user") != std::string::npos);
    }
}
